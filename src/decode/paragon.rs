//! The number of a Polish till's receipt, which no caption names: the head prints it beside the day, beside the tax number or
//! behind `nr`, above the title `PARAGON FISKALNY`; the foot prints that of the till before who serves.

use super::ValueContext;
use super::field_names::letters;
use super::neighbours::share_line;
use super::surplus::digits;
use super::unnamed::dates;
use crate::document::Word;
use std::ops::RangeInclusive;

/// Figures of such a number.
const FIGURES: RangeInclusive<usize> = 4..=8;

/// The word of the number, if the page is such a receipt.
pub fn number_of_paragon(words: &[Word], context: &ValueContext) -> Option<Vec<usize>> {
    let title = words.iter().position(|word| letters(&word.text) == "paragon")?;
    letters(&words.get(title + 1)?.text).starts_with("fis").then_some(())?;
    let is_tax_number = |word: &usize| letters(&words[*word].text) == "nip";
    let day = dates(words, &[], context).next().map(|(date, _)| date).unwrap_or_default();
    let right_of = |anchor: usize| {
        (0..title).find(|&word| {
            words[word].bbox.left() > words[anchor].bbox.right()
                && share_line(&words[anchor], &words[word])
                && is_number(&words[word].text)
                && !day.contains(&word)
        })
    };
    let behind_mark =
        || (1..title).find(|&w| is_number(&words[w].text) && letters(&words[w - 1].text) == "nr");
    let in_head = day.first().filter(|day| **day < title).and_then(|&day| right_of(day));
    let number = in_head
        .or_else(|| (0..title).find(is_tax_number).and_then(right_of))
        .or_else(behind_mark)
        .or_else(|| number_of_till(words, title))?;
    Some(vec![number])
}

/// `1126876`, `wydr.745220`, `W868966`
fn is_number(text: &str) -> bool {
    let figures = text.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    FIGURES.contains(&figures.len()) && digits(text) == figures.len()
}

/// The number at the beginning of a line below the title that the till goes on with: `00138 #Kasa 15 Kasjer nr 17`.
fn number_of_till(words: &[Word], title: usize) -> Option<usize> {
    let is_till = |word: &Word| word.text.starts_with('#') || letters(&word.text).ends_with("kasa");
    let begins = |word: usize| !share_line(&words[word - 1], &words[word]);
    (title + 1..words.len().saturating_sub(1)).find(|&word| {
        is_number(&words[word].text)
            && begins(word)
            && is_till(&words[word + 1])
            && share_line(&words[word], &words[word + 1])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    fn number(lines: &[&[&str]]) -> Option<String> {
        let words = page(lines);
        let number = number_of_paragon(&words, &ValueContext::of_words(&words))?;
        Some(words[number[0]].text.clone())
    }

    #[test]
    fn the_number_stands_beside_the_day_or_the_tax_number() {
        let title: &[&str] = &["PARAGON FISKALNY"];
        let paid: &[&str] = &["00138 #Kasa 15 Kasjer nr 17"];
        assert_eq!(number(&[&["2017-09-07", "nr wydr.745220"], title]).unwrap(), "wydr.745220");
        assert_eq!(number(&[&["2019-09-30 07:39", "1126876"], title, paid]).unwrap(), "1126876");
        assert_eq!(number(&[&["NIP: 774-00-01-454", "W868966"], title, paid]).unwrap(), "W868966");
        assert_eq!(number(&[&["NIP 7812012913", "nr :11154"], title]).unwrap(), ":11154");
        assert_eq!(number(&[title, paid]).unwrap(), "00138");
    }

    #[test]
    fn other_papers_and_other_figures_have_none() {
        assert_eq!(number(&[&["2017-09-07", "nr wydr.745220"]]), None);
        let bare: &[&[&str]] = &[&["2017-09-07", "12:30"], &["PARAGON FISKALNY"], &["Suma 9999"]];
        assert_eq!(number(bare), None);
    }
}
