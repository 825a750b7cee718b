//! Values in normal form → the words that show them, however the page writes them.
//!
//! A table of answers says `1234.50` and `2024-03-12` where the page prints `1 234,50` and
//! `12. März 2024`. Sums and dates are compared by what they mean, with the same reading that gives
//! entities their typed values; names and numbers are searched as [`super::align_keys`] does. Of several
//! places the one whose caption, in any language of the lexicons, names the key is taken.

use super::context::Context;
use super::stream::WordStream;
use super::{Alignment, KeyKind, number_places, text_places};
use crate::decode::ValueContext;
use crate::decode::amount::{NumberContext, parse_amount};
use crate::decode::date::{DateOrder, parse_date};
use crate::document::Word;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `1 234 567,89`: so many words make a sum at most.
const WORDS_OF_SUM: usize = 3;
/// `Tuesday , 12 March 2024`: so many words make a date at most.
const WORDS_OF_DATE: usize = 6;

/// Finds the words of every value. Values that stand nowhere are left out.
pub fn align_values(words: &[Word], values: &BTreeMap<String, String>) -> Alignment {
    let stream = WordStream::new(words);
    let context = Context::new(words);
    let document = ValueContext::of_words(words);
    Alignment::of(values, |key, value| {
        let places = match KeyKind::of_label(key) {
            KeyKind::Text => return text_places(&stream, &context, key, value),
            KeyKind::Number => number_places(&stream, &context, key, value),
            KeyKind::Amount => places_of(words, WORDS_OF_SUM, is_sum(value, &document)),
            KeyKind::Date => places_of(words, WORDS_OF_DATE, is_date(value, &document)),
        };
        by_caption(&context, key, places)
    })
}

/// Runs of at most `longest` words of one line that show the value, the shortest first where they overlap.
fn places_of(words: &[Word], longest: usize, shows: impl Fn(&str) -> bool) -> Vec<Vec<usize>> {
    let mut taken = vec![false; words.len()];
    let mut places = Vec::new();
    for length in 1..=longest {
        for start in 0..(words.len() + 1).saturating_sub(length) {
            let run = start..start + length;
            let whole = run.clone().all(|at| !taken[at] && words[at].line == words[start].line);
            let edges =
                [start, start + length - 1].iter().all(|&at| tells(&words[at].text, length));
            if !whole || !edges {
                continue;
            }
            let text: Vec<&str> =
                words[run.clone()].iter().map(|word| word.text.as_str()).collect();
            if shows(&text.join(" ")) {
                run.clone().for_each(|at| taken[at] = true);
                places.push(run.collect());
            }
        }
    }
    places.sort();
    places
}

/// Whether a word at the edge of a run of so many words may belong to a value: what has neither digit nor, in
/// dates written out, several letters does not.
fn tells(text: &str, length: usize) -> bool {
    let has_digit = text.chars().any(|c| c.is_ascii_digit());
    has_digit || (length > 1 && text.chars().filter(|c| c.is_alphabetic()).count() > 2)
}

fn is_sum(wanted: &str, document: &ValueContext) -> impl Fn(&str) -> bool {
    let wanted = parse_amount(wanted, NumberContext::default());
    let wanted = wanted.and_then(|money| in_parts(&money.amount));
    move |text| {
        let only_sum = !text.split(' ').any(|word| word.chars().all(char::is_alphabetic));
        let read = |decimal| parse_amount(text, NumberContext { decimal, ..document.numbers() });
        only_sum
            && wanted.is_some()
            && [document.decimal, Some('.'), Some(',')]
                .into_iter()
                .filter_map(read)
                .any(|money| in_parts(&money.amount) == wanted)
    }
}

/// A sum in ten-thousandths, for comparison; `None` for what is no number.
fn in_parts(amount: &str) -> Option<i128> {
    let (sign, digits) = amount.strip_prefix('-').map_or((1, amount), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let figures = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 18 || part.len() > 4 || !figures(whole) || !figures(part) {
        return None;
    }
    format!("{whole}{part:0<4}").parse::<i128>().ok().map(|value| sign * value)
}

fn is_date(wanted: &str, document: &ValueContext) -> impl Fn(&str) -> bool {
    let wanted = parse_date(wanted, None);
    move |text| {
        let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];
        let orders: &[DateOrder] = document.order.as_ref().map_or(&orders, std::slice::from_ref);
        wanted.is_some() && orders.iter().any(|order| parse_date(text, Some(*order)) == wanted)
    }
}

/// The places of a value, those with a caption of their key first, those with another key's last; among equals
/// the later one of sums to pay, which stand at the foot, the first of all others.
fn by_caption(context: &Context, key: &str, mut places: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    if key == "total" {
        places.reverse();
    }
    places.sort_by_cached_key(|place| {
        let first = place.first().copied().unwrap_or_default();
        let said = [context.beside(first), context.over(first)].iter().find_map(|text| named(text));
        match said {
            Some(name) if name == key => 0,
            None => 1,
            Some(_) => 2,
        }
    });
    places
}

/// The key that a folded caption names, `other` for what is none of them: the one with the longest word in it.
fn named(caption: &str) -> Option<&'static str> {
    let names = NAMES.iter().filter(|(word, _)| caption.contains(word.as_str()));
    names.max_by_key(|(word, _)| word.len()).map(|(_, key)| *key)
}

/// Captions of all languages, folded, with the key that each names.
static NAMES: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| {
    const SHORTEST: usize = 3;
    let terms: [(&str, &[Term]); 7] = [
        ("invoice_number", &[Term::NumberInvoice, Term::NumberReceipt, Term::NumberCredit]),
        ("date", &[Term::DateInvoice, Term::DateReceipt]),
        ("due_date", &[Term::DateDue]),
        ("total", &[Term::Total, Term::TotalReceipt, Term::AmountDue, Term::GrossAmount]),
        ("subtotal", &[Term::Subtotal, Term::NetAmount]),
        ("tax", &[Term::Tax, Term::TaxAmount]),
        (
            "other",
            &[
                Term::NumberOrder,
                Term::NumberQuote,
                Term::NumberDelivery,
                Term::NumberCustomer,
                Term::NumberPo,
                Term::DateOrder,
                Term::DateDelivery,
                Term::DatePrint,
                Term::DateOther,
                Term::Period,
                Term::Paid,
                Term::Cash,
                Term::Change,
                Term::Card,
                Term::Discount,
                Term::Shipping,
                Term::Saved,
                Term::Balance,
            ],
        ),
    ];
    let mut names: Vec<(String, &'static str)> = Vec::new();
    for language in Language::ALL {
        for (key, terms) in terms {
            for word in terms.iter().flat_map(|term| lexicon_of(*language).all(*term)) {
                let word: String = super::stream::fold(word).into_iter().collect();
                if word.chars().count() >= SHORTEST
                    && !names.iter().any(|(known, _)| *known == word)
                {
                    names.push((word, key));
                }
            }
        }
    }
    names
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    /// Lines of words, each twenty pixels below the one before.
    fn page(lines: &[&str]) -> Vec<Word> {
        let mut words = Vec::new();
        for (line, text) in lines.iter().enumerate() {
            let mut left = 10;
            for word in text.split(' ') {
                let width = word.chars().count() as i64 * 8;
                let bbox =
                    PixelBox::new(left, line as i64 * 20, left + width, line as i64 * 20 + 15);
                let text = word.to_string();
                words.push(Word { text, bbox, confidence: 1.0, line: line as u32, block: 0 });
                left += width + 6;
            }
        }
        words
    }

    fn found(lines: &[&str], key: &str, value: &str) -> String {
        let words = page(lines);
        let values = BTreeMap::from([(key.to_string(), value.to_string())]);
        let alignment = align_values(&words, &values);
        let place = alignment.words.get(key).cloned().unwrap_or_default();
        place.iter().map(|&at| words[at].text.clone()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sums_and_dates_are_found_however_they_are_written() {
        let lines = [
            "Rechnung Nr. 2024-7 vom 12. März 2024",
            "Menge 1234 Stück",
            "Netto 1 037,39 EUR",
            "Gesamtbetrag 1.234,50 €",
        ];
        assert_eq!(found(&lines, "total", "1234.50"), "1.234,50");
        assert_eq!(found(&lines, "total", "1234.5"), "1.234,50");
        assert_eq!(found(&lines, "total", "1234,50"), "1.234,50");
        assert_eq!(found(&lines, "subtotal", "1037.39"), "1 037,39");
        assert_eq!(found(&lines, "date", "2024-03-12"), "12. März 2024");
        assert_eq!(found(&lines, "date", "12.03.2024"), "12. März 2024");
        assert_eq!(found(&lines, "invoice_number", "2024-7"), "2024-7");
        assert_eq!(found(&lines, "total", "1234.51"), "");
        assert_eq!(found(&lines, "date", "2024-12-03"), "");
    }

    #[test]
    fn of_several_places_the_one_that_is_called_so_counts() {
        let lines = [
            "Subtotal 50.00",
            "Total 50.00",
            "Cash 50.00",
            "Delivered 03/04/2024",
            "Date 03/04/2024",
        ];
        let words = page(&lines);
        let values = [("total", "50.00"), ("subtotal", "50.00"), ("date", "2024-04-03")];
        let values = values.map(|(key, value)| (key.to_string(), value.to_string())).into();
        let alignment = align_values(&words, &values);
        assert_eq!(alignment.words["subtotal"], [1]);
        assert_eq!(alignment.words["total"], [3]);
        assert_eq!(alignment.words["date"], [9]);
        let tags = alignment.tags(words.len());
        assert!(alignment.ignore(&tags)[5], "cash shows the total, too");
    }
}
