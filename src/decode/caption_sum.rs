//! Sums behind a caption: `Total EUR 12.50`, and the tax among those of `Moms 25 % 189,90 37,98`.

use super::ValueContext;
use super::caption_value::has_cents;
use super::quantities::is_quantity;
use super::sums::{units_of, words_of_number};
use super::surplus::digits;
use super::value::typed_value;
use crate::document::Word;

/// The first sum of a row, before any word, those with cents first.
pub fn first_sum(words: &[Word], row: &[usize], context: &ValueContext) -> Option<Vec<usize>> {
    let sums = sums_of_row(words, row, context);
    let cents = |sum: &&Vec<usize>| sum.iter().any(|&index| has_cents(&words[index].text));
    sums.iter().find(cents).or_else(|| sums.first()).cloned()
}

/// The sum of a row that is the tax of another one at a rate that stands there, too.
pub fn tax_by_rate(words: &[Word], row: &[usize], context: &ValueContext) -> Option<Vec<usize>> {
    /// In thousandths: what rounding leaves.
    const CLOSE: f64 = 15.0;
    let rates: Vec<f64> = (0..row.len())
        .filter_map(|at| rate_at(words, row, at))
        .filter(|rate| *rate > 0.0)
        .collect();
    let sums: Vec<(Vec<usize>, f64)> = sums_of_row(words, row, context)
        .into_iter()
        .filter_map(|sum| units_of(words, &sum, context).map(|units| (sum, units as f64)))
        .collect();
    let is_tax = |tax: f64, of: f64, rate: f64| {
        // Of a sum without it, or with it.
        let shares = [of * rate / 100.0, of * rate / (100.0 + rate)];
        shares.into_iter().any(|share| (tax - share).abs() <= CLOSE)
    };
    let fits = |(_, tax): &&(Vec<usize>, f64)| {
        let others = sums.iter().filter(|(_, of)| of > tax && *tax > 0.0);
        others
            .flat_map(|(_, of)| rates.iter().map(move |rate| (*of, *rate)))
            .any(|(of, rate)| is_tax(*tax, of, rate))
    };
    sums.iter().find(fits).map(|(sum, _)| sum.clone())
}

/// The sums of a row up to its first longer word.
fn sums_of_row(words: &[Word], row: &[usize], context: &ValueContext) -> Vec<Vec<usize>> {
    /// A currency's mark has so many letters at most.
    const LETTERS_OF_MARK: usize = 3;
    let text = |index: usize| words[index].text.as_str();
    let letters = |index: usize| text(index).chars().filter(|c| c.is_alphabetic()).count();
    let length = row.iter().take_while(|&&index| letters(index) <= LETTERS_OF_MARK).count();
    let mut sums: Vec<Vec<usize>> = Vec::new();
    let mut at = 0;
    while at < length {
        let number = &row[at..at + words_of_number(words, &row[at..length]).max(1)];
        let is_rate = rate_at(words, row, at + number.len() - 1).is_some();
        at += number.len();
        let joined: String = number.iter().map(|&index| text(index)).collect();
        let is_sum = !is_rate
            && !joined.contains('%')
            && !is_quantity(words, number[number.len() - 1])
            && digits(&joined) > 0
            && typed_value("total", &joined, context).is_some();
        if is_sum {
            sums.push(number.to_vec());
        }
    }
    sums
}

/// The percentage at a place of a row: `25%`, `20,00` `%`.
fn rate_at(words: &[Word], row: &[usize], at: usize) -> Option<f64> {
    let text = words[row[at]].text.as_str();
    let sign_behind = || row.get(at + 1).is_some_and(|&next| words[next].text.starts_with('%'));
    let number = text.strip_suffix('%').or_else(|| sign_behind().then_some(text))?;
    number.replace(',', ".").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    type Rule = fn(&[Word], &[usize], &ValueContext) -> Option<Vec<usize>>;

    fn found(line: &str, of: Rule) -> Option<String> {
        let words = page(&[&[line]]);
        let row: Vec<usize> = (0..words.len()).collect();
        let sum = of(&words, &row, &ValueContext::of_words(&words))?;
        Some(sum.iter().map(|&word| words[word].text.as_str()).collect::<Vec<_>>().join(" "))
    }

    /// As seen on Swedish receipts, with and without the tax in the sum.
    #[test]
    fn the_tax_of_a_row_is_told_by_its_rate() {
        assert_eq!(found("D 25% 189,90 37,98", tax_by_rate).as_deref(), Some("37,98"));
        assert_eq!(found("20,00 % 10,83 2,17 13,00", tax_by_rate).as_deref(), Some("2,17"));
        assert_eq!(found("D 25% 1 048,00 209,60", tax_by_rate).as_deref(), Some("209,60"));
        assert_eq!(found("25% 189,90", tax_by_rate), None);
        assert_eq!(found("189,90 37,98", tax_by_rate), None);
    }

    #[test]
    fn rates_and_things_are_no_sums() {
        assert_eq!(found("20,00 % 2,17", first_sum).as_deref(), Some("2,17"));
        assert_eq!(found("19% EUR 12 12.50", first_sum).as_deref(), Some("12.50"));
        assert_eq!(found("3 kg", first_sum), None);
    }
}
