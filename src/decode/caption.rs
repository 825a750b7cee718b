//! What the caption beside a value says it is: `Rechnungsdatum 05.03.2014`, `Customer No. 4711`.
//!
//! The model has learned captions where it has seen them; on a layout that is new to it, it may give
//! the right value little and the neighbour's much. Field names of 23 languages are known
//! ([`crate::lexicon`]), so where one stands before a value on its line, or above it, the odds that the
//! model gives the value's words are multiplied: up for the label that the caption names, down for
//! labels of the same kind that it does not name (a date of delivery is not the day of issue). A word
//! that the model is sure about stays what it is, where the page has another value for the caption's label.

use super::ValueContext;
use super::caption_rows::values_of_rows;
use super::caption_value::{VALUE_WORDS, has_cents, value_at, value_of};
use super::caption_words::{caption_at, caption_in};
use super::currency::marks;
use super::date::is_written_date;
use super::field_names::{Announced, NAMED, NUMBER, Nature, OF_NUMBER};
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use super::paid::sum_paid;
use super::sequence::Evidence;
use super::sums::sums_of;
use super::surplus::digits;
use super::unnamed::{
    date_behind_place, first_date, is_in_date, number_before_date, number_of_nota_fiscal,
    number_of_paragon, number_that_says_so, number_under_title,
};
use super::value::ValueKind;
use crate::document::Word;

/// What the odds of other numbers are multiplied by where a caption names the invoice's.
const OTHER_NUMBER: f32 = 0.1;
/// The same of dates, which are no numbers.
const DATE_AS_NUMBER: f32 = 0.01;
/// What the odds of a number or date of an order are multiplied by where it stands in for the invoice's.
const STANDING_IN: f32 = 1e6;
/// What those of a sum are multiplied by where a page has no other that is called so.
const CALLED_SO: f32 = 1e5;
/// The same of a number or date, whose captions are clearer, and of a sum with its currency.
const NAMED_SO: f32 = 1e6;
/// Letters and digits of a number that is taken for its caption alone at least.
const FEWEST_OF_NUMBER: usize = 3;
/// A page has a value of a label where the model, captions heeded, gives it this much.
const HAS: f32 = 0.3;
/// A page that is to be paid or was has this, or names its number.
const TOTAL: &str = "total";
const DATE: &str = "date";
const DUE_DATE: &str = "due_date";
/// Words between a number and its date at most: `issued on`.
const JOINT_WORDS: usize = 2;

/// A value beside its caption.
#[derive(Debug, PartialEq, Eq)]
struct Captioned {
    announced: Announced,
    /// Indices of its words.
    words: Vec<usize>,
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
        head.weigh(word, |name, _| if name == NUMBER { DATE_AS_NUMBER } else { 1.0 });
    }
    doubt_other_numbers(head, words.len(), &found);
    for Captioned { announced, words } in &found {
        let (up, down) = weights(*announced);
        for (position, word) in words.iter().enumerate() {
            head.weigh(*word, |name, begins| {
                if announced.label == Some(name) {
                    if begins == (position == 0) { up } else { 1.0 }
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

/// On a page without a number or date of an invoice the order's are taken, and where the model sees none of a
/// label (a total, a tax, a number, a day to pay by), what is called so; where nothing is called number or date of
/// an invoice, the number below the title and the first day.
fn fill_in(
    head: &mut HeadPrediction,
    words: &[Word],
    is_first: bool,
    found: &[Captioned],
    context: &ValueContext,
) {
    // Smaller numbers without cents count things.
    const FEWEST_DIGITS: usize = 3;
    let no_cents = !words.iter().any(|word| has_cents(&word.text));
    let filling = |Captioned { announced, words: value }: &Captioned| match *announced {
        Announced { nature: Nature::StandsIn(label), .. } => {
            let is_named = found.iter().any(|one| one.announced.label == Some(label));
            (is_first && !is_named).then_some((label, STANDING_IN))
        }
        Announced { kind: ValueKind::Amount, label: Some(label), nature } => {
            let text = |&word: &usize| words[word].text.as_str();
            let in_currency = is_in_currency(words, value);
            let whole = no_cents || nature == Nature::HeadsSum || in_currency;
            let figures: usize = value.iter().map(|word| digits(text(word))).sum();
            let is_sum = value.iter().any(|word| has_cents(text(word)))
                || (whole && figures >= FEWEST_DIGITS);
            is_sum.then_some((label, if in_currency { NAMED_SO } else { CALLED_SO }))
        }
        Announced { kind: ValueKind::Identifier | ValueKind::Date, label: Some(label), .. } => {
            let letters = value.iter().flat_map(|&word| words[word].text.chars());
            let long = letters.filter(|c| c.is_alphanumeric()).count() >= FEWEST_OF_NUMBER;
            long.then_some((label, NAMED_SO))
        }
        _ => None,
    };
    let mut fillings: Vec<(&str, f32, Vec<usize>)> = found
        .iter()
        .filter_map(|captioned| {
            filling(captioned).map(|(label, weight)| (label, weight, captioned.words.clone()))
        })
        .collect();
    let is_called = |label: &str| fillings.iter().any(|(of, ..)| *of == label);
    if is_first && (is_called(NUMBER) || is_called(TOTAL) || has(head, TOTAL)) {
        let called: Vec<usize> = found.iter().flat_map(|c| c.words.iter().copied()).collect();
        let rivals: &[&str] = if is_called(NUMBER) { &[DUE_DATE] } else { &[DUE_DATE, NUMBER] };
        let known = [of_any(head, rivals), called.clone()].concat();
        let day = || {
            date_behind_place(words, &called, context)
                .or_else(|| first_date(words, &known, context))
        };
        let day = (!is_called(DATE)).then(day).flatten();
        let number = || {
            number_under_title(words, context)
                .or_else(|| number_that_says_so(words))
                .or_else(|| number_of_paragon(words, context))
        };
        let number = (!is_called(NUMBER)).then(number).flatten();
        fillings.extend(day.map(|day| (DATE, NAMED_SO, day)));
        fillings.extend(number.map(|number| (NUMBER, NAMED_SO, number)));
    }
    if is_first && !fillings.iter().any(|(of, ..)| *of == TOTAL) && is_receipt(head) {
        let paid = sum_paid(words, &sums_of(head, words, context));
        fillings.extend(paid.map(|sum| (TOTAL, NAMED_SO, sum)));
    }
    let wanted = |label: &str| fillings.iter().any(|(of, ..)| *of == label);
    let labels = NAMED.iter().map(|(label, _)| *label);
    // A number that a caption names is surer than one that the model sees elsewhere.
    let numbered: Vec<&Captioned> =
        found.iter().filter(|one| one.announced.label == Some(NUMBER)).collect();
    let taxes = words_called(found, "tax");
    let lacks = |label: &str| match label {
        NUMBER if is_first && !numbered.is_empty() => {
            let seen = of_any(head, &[NUMBER]);
            !numbered.iter().any(|one| one.words.iter().all(|word| seen.contains(word)))
        }
        // A word of a clear caption of the tax is no total, and a time of day no date, whatever the model sees.
        TOTAL => of_any(head, &[TOTAL]).iter().all(|word| taxes.contains(word)),
        DATE => !of_any(head, &[DATE]).iter().any(|&word| is_in_date(words, word, context)),
        _ => !has(head, label),
    };
    let lacking: Vec<&str> = labels.filter(|label| wanted(label) && lacks(label)).collect();
    for (label, weight, value) in fillings.iter().filter(|(of, ..)| lacking.contains(of)) {
        head.insist(value, label, *weight);
    }
}

/// Whether the model sees a day and sums on a page, of items or of all.
fn is_receipt(head: &HeadPrediction) -> bool {
    has(head, DATE) && ["item_amount", "subtotal", "tax"].iter().any(|label| has(head, label))
}

/// Whether a currency's mark stands right behind a value: `7 200 Ft`.
fn is_in_currency(words: &[Word], value: &[usize]) -> bool {
    let next = value.last().and_then(|&last| Some((&words[last], words.get(last + 1)?)));
    next.is_some_and(|(last, next)| {
        let text: Vec<char> = next.text.chars().collect();
        goes_on(last.bbox, next.bbox)
            && marks(&text)
                .first()
                .is_some_and(|mark| mark.start == 0 && mark.end + 1 >= text.len())
    })
}

/// Words that the model sees as one of some labels.
fn of_any(head: &HeadPrediction, labels: &[&str]) -> Vec<usize> {
    let labels: Vec<usize> =
        labels.iter().filter_map(|label| head.labels.entity_index(label)).collect();
    let seen = |word: &usize| labels.iter().any(|label| head.given(*word, *label) >= HAS);
    (0..head.probabilities.len()).filter(seen).collect()
}

/// Whether a page has a word of a label.
pub(super) fn has(head: &HeadPrediction, label: &str) -> bool {
    let Some(index) = head.labels.entity_index(label) else { return false };
    let given = |row: &Vec<f32>| Evidence::new(row, &head.labels).of(index);
    head.probabilities.iter().any(|row| given(row) >= HAS)
}

/// The words that captions give a label.
fn words_called(found: &[Captioned], label: &str) -> Vec<usize> {
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
        head.weigh(word, |name, _| if name == NUMBER { OTHER_NUMBER } else { 1.0 });
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
            }
            found.push(Captioned { announced, words: value });
        }
        start = end;
    }
    for (announced, value) in values_of_rows(words, context) {
        let is_known = |one: &Captioned| one.words.iter().any(|word| value.contains(word));
        if !found.iter().any(is_known) {
            found.push(Captioned { announced, words: value });
        }
    }
    if !found.iter().any(|one| one.announced.label == Some(NUMBER))
        && let Some((number, date)) = number_before_date(words, context)
    {
        let of_date = Announced::new(ValueKind::Date, Some(DATE));
        found.push(Captioned { announced: OF_NUMBER, words: number });
        found.push(Captioned { announced: of_date, words: date });
    }
    let of_nota_fiscal = number_of_nota_fiscal(words);
    found.extend(of_nota_fiscal.map(|number| Captioned { announced: OF_NUMBER, words: number }));
    found
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
fn names_a_party(words: &[Word], end: usize) -> bool {
    let colon = words[end - 1].text.ends_with(':');
    colon
        || words.get(end).is_none_or(|next| {
            next.text.starts_with(':') || !goes_on(words[end - 1].bbox, next.bbox)
        })
}

#[cfg(test)]
#[path = "caption_tests.rs"]
mod tests;
