//! What the caption beside a value says it is: `Rechnungsdatum 05.03.2014`, `Customer No. 4711`.
//!
//! The model has learned captions where it has seen them; on a layout that is new to it, it may give
//! the right value little and the neighbour's much. Field names of 23 languages are known
//! ([`crate::lexicon`]), so where one stands before a value on its line, or above it, the odds that the
//! model gives the value's words are multiplied: up for the label that the caption names, down for
//! labels of the same kind that it does not name (a date of delivery is not the day of issue). A word
//! that the model is sure about stays what it is, where the page has another value for the caption's label.

use super::ValueContext;
use super::access_key::number_by_key;
use super::caption_rows::values_of_rows;
use super::caption_value::{VALUE_WORDS, slashed_number, value_at, value_of};
use super::caption_words::{caption_at, caption_in};
use super::currency::has_money_sign;
use super::date::is_written_date;
use super::field_names::{Announced, NAMED, NUMBER, Nature, OF_NUMBER, letters};
use super::fill_in::fill_in;
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use super::paragon::number_of_paragon;
use super::surplus::digits;
use super::unnamed::{
    has_other_date, number_before_date, number_before_series, number_of_nota_fiscal,
    number_of_series,
};
use super::value::ValueKind;
use crate::document::Word;
use std::ops::Range;

/// What the odds of other numbers are multiplied by where a caption names the invoice's.
const OTHER_NUMBER: f32 = 0.01;
/// The same of dates, which are no numbers.
const DATE_AS_NUMBER: f32 = 0.01;
/// The same of sums: `Your chance to win $1000`.
const SUM_AS_NUMBER: f32 = 1e-5;
/// What those of a sum are multiplied by as the total where a caption names it a tax: rates of a tax add up as well.
const TAX_AS_TOTAL: f32 = 1e-3;
pub(super) const DATE: &str = "date";
/// Words between a number and its date at most: `issued on`.
const JOINT_WORDS: usize = 2;

/// A value beside its caption.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Captioned {
    pub(super) announced: Announced,
    /// Indices of its words.
    pub(super) words: Vec<usize>,
}

impl Captioned {
    fn of_number(words: Vec<usize>) -> Self {
        Self { announced: OF_NUMBER, words }
    }
}

/// Weighs the odds of words that stand beside captions, if the head has labels that captions name.
/// Only on a document's first page does the number of an order stand in for the invoice's.
pub fn heed_captions(
    head: &mut HeadPrediction,
    words: &[Word],
    is_first: bool,
    context: &ValueContext,
) {
    if !NAMED.iter().any(|(label, _)| head.labels.entity_index(label).is_some()) {
        return;
    }
    let found = captioned(words, context);
    // But for `FV 1/09/2019`.
    let numbered = words_called(&found, NUMBER);
    let is_date = |&word: &usize| is_written_date(&words[word].text) && !numbered.contains(&word);
    for word in (0..words.len()).filter(is_date) {
        head.weigh_label(word, NUMBER, DATE_AS_NUMBER);
    }
    for word in (0..words.len()).filter(|&word| has_money_sign(&words[word].text)) {
        head.weigh_label(word, NUMBER, SUM_AS_NUMBER);
    }
    doubt_other_numbers(head, words.len(), &found);
    for Captioned { announced, words } in &found {
        let (up, down) = weights(*announced);
        let is_tax = announced.label == Some("tax");
        for (position, word) in words.iter().enumerate() {
            head.weigh(*word, |name, begins| {
                if announced.label == Some(name) {
                    if begins == (position == 0) { up } else { 1.0 }
                } else if is_tax && name == "total" {
                    TAX_AS_TOTAL
                } else if rivals(name, announced.kind) {
                    down
                } else {
                    1.0
                }
            });
        }
    }
    fill_in(head, words, is_first, &found, context);
}

/// The words that captions give a label.
pub(super) fn words_called(found: &[Captioned], label: &str) -> Vec<usize> {
    let named = found.iter().filter(|captioned| captioned.announced.label == Some(label));
    named.flat_map(|captioned| captioned.words.iter().copied()).collect()
}

/// Where a caption names the number of the invoice, others are hardly it.
fn doubt_other_numbers(head: &mut HeadPrediction, words: usize, found: &[Captioned]) {
    let named = words_called(found, NUMBER);
    if named.is_empty() {
        return;
    }
    for word in (0..words).filter(|word| !named.contains(word)) {
        head.weigh_label(word, NUMBER, OTHER_NUMBER);
    }
}

/// What odds are multiplied by for the label that a caption names, and for others of its kind. Captions
/// of sums say little: `Total` stands before the sum without tax, the sum before rounding, and the
/// number of things, and the model knows these apart better. One of the whole tax (`Suma PTU`) is clear. A
/// caption of what no label marks (a date of delivery) is as good as a name.
fn weights(announced: Announced) -> (f32, f32) {
    match (announced.kind, announced.label) {
        (ValueKind::Amount, Some("tax")) => (30.0, 0.05),
        (ValueKind::Amount, _) => (2.0, 0.3),
        (ValueKind::Text, _) if announced.nature == Nature::Person => (1.0, 0.01),
        (ValueKind::Text, _) => (5000.0, 0.1),
        (_, Some(_)) => (1000.0, 0.3),
        (_, None) => (1.0, 0.1),
    }
}

/// Whether a label competes for values of a kind: parts of line items have captions of their own.
fn rivals(label: &str, kind: ValueKind) -> bool {
    NAMED.iter().any(|(name, _)| *name == label) && ValueKind::of_label(label) == kind
}

/// Every caption's value, where there is one.
fn captioned(words: &[Word], context: &ValueContext) -> Vec<Captioned> {
    let mut found = Vec::new();
    let mut without_value: Vec<Range<usize>> = Vec::new();
    let mut numbers: Vec<(String, Vec<usize>)> = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let Some((length, announced)) = caption_at(words, start) else {
            found.extend(glued(words, start, context));
            start += 1;
            continue;
        };
        let end = start + length;
        if announced.kind == ValueKind::Text && !names_a_party(words, end) {
            start += 1;
            continue;
        }
        if let Some(value) = value_of(words, start..end, announced, context) {
            if announced.label == Some(NUMBER) {
                found.extend(date_behind(words, &value, context));
                numbers.push((letters_of(words, start..end), value.clone()));
            }
            found.push(Captioned { announced, words: value });
        } else if announced.label == Some(NUMBER) {
            without_value.push(start..end);
        }
        start = end;
    }
    let of_others = numbers_of_others(words, &numbers);
    found.retain(|one| !of_others.contains(&one.words));
    for (announced, value) in values_of_rows(words, context) {
        let is_known = |one: &Captioned| one.words.iter().any(|word| value.contains(word));
        if !found.iter().any(is_known) {
            found.push(Captioned { announced, words: value });
        }
    }
    if !names_number(&found)
        && let Some((number, date)) = number_before_date(words, context)
    {
        let of_date = Announced::new(ValueKind::Date, Some(DATE));
        found.push(Captioned::of_number(number));
        found.push(Captioned { announced: of_date, words: date });
    }
    if !names_number(&found) {
        // `2/11/2023` is a day or a number, the latter where the page has another day.
        let number = without_value.into_iter().find_map(|caption| slashed_number(words, caption));
        let number = number.filter(|number| has_other_date(words, number, context));
        let number = number.or_else(|| number_of_series(words));
        found.extend(number.map(Captioned::of_number));
    }
    let is_named = names_number(&found);
    // A key of access is read where nothing names its number.
    let by_key = number_by_key(words).filter(|number| number.len() == 1 || !is_named);
    let of_nota_fiscal = number_of_nota_fiscal(words).or_else(|| number_before_series(words));
    let of_paragon = number_of_paragon(words, context);
    if of_paragon.is_some() {
        // `Nr transakcji`, `Nr sys.`
        found.retain(|one| one.announced.label != Some(NUMBER));
    }
    let number = of_nota_fiscal.or(by_key).or(of_paragon);
    found.extend(number.map(Captioned::of_number));
    found
}

/// Whether a caption names the number.
fn names_number(found: &[Captioned]) -> bool {
    found.iter().any(|one| one.announced.label == Some(NUMBER))
}

/// The letters of a caption.
fn letters_of(words: &[Word], caption: Range<usize>) -> String {
    words[caption].iter().map(|word| letters(&word.text)).collect()
}

/// Numbers whose caption stands before several different ones are of the parties, where another caption names one:
/// `Número de Documento` of seller and buyer beside `FACTURA ELECTRÓNICA DE VENTA No.`
fn numbers_of_others(words: &[Word], numbers: &[(String, Vec<usize>)]) -> Vec<Vec<usize>> {
    let text = |number: &[usize]| -> String {
        number.iter().map(|&word| words[word].text.as_str()).collect()
    };
    let is_of_other = |(caption, number): &&(String, Vec<usize>)| {
        let mut alike = numbers.iter().filter(|(other, _)| other == caption);
        alike.any(|(_, other)| text(other) != text(number))
    };
    let others: Vec<Vec<usize>> =
        numbers.iter().filter(is_of_other).map(|(_, number)| number.clone()).collect();
    if others.len() < numbers.len() { others } else { Vec::new() }
}

/// The word at `start`, if it is a caption and its value in one.
fn glued(words: &[Word], start: usize, context: &ValueContext) -> Option<Captioned> {
    let begins = start == 0 || !goes_on(words[start - 1].bbox, words[start].bbox);
    let announced = caption_in(&words[start].text, begins)?;
    let value = value_at(words, &[start], announced.kind, context)?;
    Some(Captioned { announced, words: value })
}

/// The date in `Invoice No. 4711 dated 5 March 2024`, `Facture n° 12 du 05/03/2024`.
fn date_behind(words: &[Word], number: &[usize], context: &ValueContext) -> Option<Captioned> {
    let last = *number.last()?;
    let next = last + 1;
    let joint = next..words.len().min(next + JOINT_WORDS + 1);
    let plain = |&index: &usize| digits(&words[index].text) == 0;
    let begin = next + joint.take_while(plain).count();
    let row: Vec<usize> = (begin..words.len().min(begin + VALUE_WORDS)).collect();
    let close = (last..begin)
        .all(|index| index + 1 < words.len() && goes_on(words[index].bbox, words[index + 1].bbox));
    let announced = Announced::new(ValueKind::Date, Some(DATE));
    let words = value_at(words, &row, ValueKind::Date, context).filter(|_| close)?;
    Some(Captioned { announced, words })
}

/// Whether the words before `end` are a caption and not part of a name (`Lieferant GmbH`, `Client First`):
/// a colon ends it, or nothing stands behind it.
pub(super) fn names_a_party(words: &[Word], end: usize) -> bool {
    let colon = words[end - 1].text.ends_with(':');
    colon
        || words.get(end).is_none_or(|next| {
            next.text.starts_with(':') || !goes_on(words[end - 1].bbox, next.bbox)
        })
}

#[cfg(test)]
#[path = "caption_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "caption_number_tests.rs"]
mod number_tests;
