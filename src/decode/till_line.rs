//! The line that a till prints with the day and the time: what else stands there with many figures is the receipt's
//! number, whatever the chain: `K003 M038443/4291 17.10 12.8.2023`, `5.09.15 19:20 8658145 0535`.

use super::ValueContext;
use super::caption_value::has_cents;
use super::neighbours::share_line;
use super::receipts::is_narrow;
use super::surplus::{digits, is_figures};
use super::unnamed::dates;
use crate::document::Word;
use std::cmp::Reverse;
use std::ops::RangeInclusive;

/// Figures of such a number.
const FIGURES: RangeInclusive<usize> = 4..=14;

/// The number beside a day and a time on a receipt, of several the longest; `known` are words that captions name.
pub fn number_beside_time(
    words: &[Word],
    known: &[usize],
    context: &ValueContext,
) -> Option<Vec<usize>> {
    if !is_narrow(words) {
        return None;
    }
    let all_dates: Vec<Vec<usize>> = dates(words, &[], context).map(|(date, _)| date).collect();
    let is_dated = |word: usize| all_dates.iter().any(|date| date.contains(&word));
    let beside = |date: &Vec<usize>| {
        let on_line = |&word: &usize| share_line(&words[date[0]], &words[word]);
        let line: Vec<usize> = (0..words.len()).filter(on_line).collect();
        let number = |&&word: &&usize| {
            is_number(&words[word].text) && !is_dated(word) && !known.contains(&word)
        };
        let has_time = line.iter().any(|&word| is_time(&words[word].text));
        let numbers = line.iter().filter(number);
        // `*6617 018/005/001/005 20.03.18 17:05`: with a star before it whatever its length.
        let rank = |word: usize| (words[word].text.starts_with('*'), digits(&words[word].text));
        let longest = numbers.min_by_key(|&&word| Reverse(rank(word)));
        longest.filter(|_| has_time).map(|&word| vec![word])
    };
    all_dates.iter().find_map(beside)
}

/// Whether a number has more figures than all that are seen on its line and nowhere else: `0177 599203/04 20.09.14 12:05`.
pub fn outdoes(words: &[Word], number: &[usize], seen: &[usize]) -> bool {
    let [number] = number else { return false };
    let is_shorter = |word: &usize| {
        digits(&words[*word].text) < digits(&words[*number].text)
            && share_line(&words[*word], &words[*number])
    };
    !seen.is_empty() && seen.iter().all(is_shorter)
}

/// `8658145`, `M038443/4291`, `#689457`
fn is_number(text: &str) -> bool {
    const MOST_LETTERS: usize = 3;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    FIGURES.contains(&digits(text))
        && letters <= MOST_LETTERS
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-/#*".contains(c))
        && !has_cents(text)
}

/// `12:29`, `18:54:26`, `14.03`
fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '.']).collect();
    let in_day = |part: &&str, most: u32| {
        (1..=2).contains(&part.len())
            && is_figures(part)
            && part.parse().is_ok_and(|number: u32| number <= most)
    };
    let [hours, rest @ ..] = &parts[..] else { return false };
    (1..=2).contains(&rest.len())
        && in_day(hours, 23)
        && rest.iter().all(|part| part.len() == 2 && in_day(part, 59))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    fn number(line: &str) -> Option<String> {
        let rest: &[&[&str]] = &[
            &["Prisma Kuopio"],
            &["Maito 1,29"],
            &["Leipä 2,49"],
            &["Yhteensä 3,78"],
            &["Kiitos"],
        ];
        let words = page(&[rest, &[&[line][..]], &[&["Puh. 010 322 93 81"][..]]].concat());
        let found = number_beside_time(&words, &[], &ValueContext::of_words(&words))?;
        Some(words[found[0]].text.clone())
    }

    /// As seen on receipts of Finnish, German and Irish tills.
    #[test]
    fn the_number_beside_day_and_time_is_the_receipts() {
        assert_eq!(number("K003 M038443/4291 17.10 12.8.2023").as_deref(), Some("M038443/4291"));
        assert_eq!(number("5.09.2015 19:20 8658145 0535").as_deref(), Some("8658145"));
        assert_eq!(number("REG DANIEL 23-07-2014 00:08 689457").as_deref(), Some("689457"));
    }

    #[test]
    fn nothing_else_is() {
        assert_eq!(number("12.8.2023 8658145"), None, "no time");
        assert_eq!(number("12.8.2023 17:10 1234,50"), None, "a sum");
        assert_eq!(number("12.8.2023 17:10 012"), None, "a desk");
        assert_eq!(number("17:10 8658145"), None, "no day");
    }

    /// As seen on receipts of a chain of many countries, where the model takes the shop's number.
    #[test]
    fn longer_figures_on_the_line_outdo_what_is_seen_there() {
        let words = page(&[&["0177 599203/04 20.09.14 12:05"], &["4711"]]);
        assert!(outdoes(&words, &[1], &[0]));
        assert!(!outdoes(&words, &[0], &[1]) && !outdoes(&words, &[1], &[]));
        assert!(!outdoes(&words, &[1], &[0, 4]), "one stands elsewhere");
    }
}
