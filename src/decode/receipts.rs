//! Receipts: narrow pages that name who sells, and hardly ever who buys.

use super::caption::names_a_party;
use super::caption_words::caption_at;
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use super::value::ValueKind;
use crate::document::Word;

/// A page with fewer letters across is a receipt.
const LETTERS_ACROSS: f32 = 60.0;
/// What the odds of a customer or a day of payment are multiplied by on a receipt that names none.
const UNNAMED: f32 = 1e-4;

/// Doubts customers and days of payment on a receipt on which nothing says that one is named: the model takes the chain's
/// legal name, an address or who served for the customer, and the day of issue where it is printed again.
pub fn doubt_unnamed(head: &mut HeadPrediction, words: &[Word]) {
    const SELDOM: [&str; 2] = ["customer", "due_date"];
    if !is_narrow(words) {
        return;
    }
    let called: Vec<&str> = (0..words.len())
        .filter_map(|start| {
            let (length, announced) = caption_at(words, start)?;
            // `Chitanta Client` is a title.
            let begins = start == 0 || !goes_on(words[start - 1].bbox, words[start].bbox);
            let names = announced.kind != ValueKind::Text
                || (begins && names_a_party(words, start + length));
            announced.label.filter(|_| names)
        })
        .collect();
    for word in 0..words.len() {
        head.weigh(word, |label, _| {
            if SELDOM.contains(&label) && !called.contains(&label) { UNNAMED } else { 1.0 }
        });
    }
}

/// Whether a page is as narrow as a receipt.
pub fn is_narrow(words: &[Word]) -> bool {
    letters_across(words).is_some_and(|letters| letters < LETTERS_ACROSS)
}

/// How many letters would stand side by side across the part of a page that has words, strays left out; `None` of few
/// words.
fn letters_across(words: &[Word]) -> Option<f32> {
    const FEWEST_WORDS: usize = 12;
    const STRAYS: usize = 50;
    if words.len() < FEWEST_WORDS {
        return None;
    }
    let sorted = |mut values: Vec<f32>| {
        values.sort_unstable_by(f32::total_cmp);
        values
    };
    let of_letter = |word: &Word| {
        let letters = word.text.chars().count();
        (letters > 0).then(|| word.bbox.width() as f32 / letters as f32)
    };
    let widths = sorted(words.iter().filter_map(of_letter).collect());
    let width = widths.get(widths.len() / 2).filter(|width| **width > 0.0)?;
    let strays = words.len() / STRAYS;
    let lefts = sorted(words.iter().map(|word| word.bbox.left() as f32).collect());
    let rights = sorted(words.iter().map(|word| word.bbox.right() as f32).collect());
    Some((rights[rights.len() - 1 - strays] - lefts[strays]) / width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;
    use crate::labels::LabelSet;

    /// What the first word's odds as a customer become.
    fn customer(lines: &[&[&str]]) -> f32 {
        let words = page(lines);
        let labels = LabelSet::bio(&["customer"]);
        let mut head =
            HeadPrediction { probabilities: vec![vec![0.1, 0.8, 0.1]; words.len()], labels };
        doubt_unnamed(&mut head, &words);
        head.given(0, 0)
    }

    #[test]
    fn a_receipt_that_names_no_customer_has_none() {
        let receipt: &[&[&str]] = &[
            &["CARREFOUR Polska Sp. z o.o."],
            &["ul. Targowa 72 Warszawa"],
            &["CHLEB 5,99 D"],
            &["MUS 120G 5,97 D"],
        ];
        assert!(customer(receipt) < 0.01);
        let named = [receipt, &[&["Customer: Jan"][..]]].concat();
        assert!(customer(&named) > 0.7);
        let titled = [receipt, &[&["Receipt Customer"][..], &["TID 61716012"]]].concat();
        assert!(customer(&titled) < 0.01);
    }

    #[test]
    fn wide_pages_and_few_words_tell_nothing() {
        let invoice: &[&[&str]] = &[
            &["Schmidt AG", "Rechnung", "12.03.2024"],
            &["Hauptstr. 5", "Menge Preis", "Betrag EUR"],
            &["Service", "1 20,00", "20,00"],
        ];
        assert!(customer(invoice) > 0.7);
        assert!(customer(&[&["Schmidt AG"]]) > 0.7);
    }
}
