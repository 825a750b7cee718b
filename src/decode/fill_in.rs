//! What a page lacks by the model, captions heeded, and what its captions and places give: the number or date of an
//! order where an invoice names none of its own, the number below the title, the first day, the name at the head.

use super::ValueContext;
use super::caption::{Captioned, DATE, words_called};
use super::caption_value::{has_cents, is_sum_in_figures};
use super::currency::marks;
use super::date::is_written_date;
use super::field_names::{Announced, NAMED, NUMBER, Nature};
use super::head_name::name_at_head;
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use super::paid::sum_paid;
use super::receipts::is_narrow;
use super::sequence::Evidence;
use super::sums::{Sum, sums_of, units_of};
use super::surplus::digits;
use super::tax_numbers::is_tax_number;
use super::till_line::{number_beside_time, outdoes};
use super::total_called::{Called, total_called, total_without_star};
use super::unnamed::{
    date_behind_place, first_date, is_in_date, number_behind_mark, number_that_says_so,
    number_under_title, only_date,
};
use super::value::ValueKind;
use crate::document::Word;

/// What the odds of a number or date of an order are multiplied by where it stands in for the invoice's.
const STANDING_IN: f32 = 1e6;
/// What those of a sum are multiplied by where a page has no other that is called so.
const CALLED_SO: f32 = 1e5;
/// The same of a number or date, whose captions are clearer, and of a sum with its currency.
const NAMED_SO: f32 = 1e6;
/// The same of the invoice's number: the model may take it for a part of the address beside it.
const NUMBERED_SO: f32 = 1e9;
/// What those of other sums are multiplied by where the model takes lesser ones for the total.
const NOT_CALLED_SO: f32 = 1e-6;
/// Letters and digits of a number that is taken for its caption alone at least.
const FEWEST_OF_NUMBER: usize = 3;
/// A page has a value of a label where the model, captions heeded, gives it this much.
const HAS: f32 = 0.3;
/// A page that is to be paid or was has this, or names its number.
const TOTAL: &str = "total";
const DUE_DATE: &str = "due_date";
const COMPANY: &str = "company";

/// A value for a label that a page may lack.
struct Filling {
    label: &'static str,
    /// What its odds are multiplied by.
    weight: f32,
    words: Vec<usize>,
}

/// Insists on values of labels of which the model sees none, or not the one that is called so. Only on a document's
/// first page do numbers and dates of orders, and what has no caption, count.
pub fn fill_in(
    head: &mut HeadPrediction,
    words: &[Word],
    is_first: bool,
    found: &[Captioned],
    context: &ValueContext,
) {
    let mut fillings: Vec<Filling> =
        found.iter().filter_map(|one| filling(words, is_first, found, one)).collect();
    if is_first {
        let sums = sums_of(head, words, context);
        insist_on_total(head, words, &fillings, &sums);
        let unnamed = without_captions(head, words, found, &fillings, &sums, context);
        // The number of an order stands in for none that is found.
        if unnamed.iter().any(|filling| filling.label == NUMBER) {
            fillings.retain(|filling| filling.label != NUMBER);
        }
        fillings.extend(unnamed);
    }
    let greatest = leave_out_lesser_totals(&mut fillings, words, context);
    // A number that a caption names is surer than one that the model sees elsewhere.
    let numbered: Vec<&Captioned> =
        found.iter().filter(|one| one.announced.label == Some(NUMBER)).collect();
    let taxes = words_called(found, "tax");
    // What names a firm, and sums, are no numbers, whatever the model sees, nor is a figure or two on a receipt.
    let is_till = is_narrow(words);
    let is_none = |word: &usize| {
        let text = words[*word].text.as_str();
        is_tax_number(text)
            || is_sum_in_figures(text)
            || (is_till && digits(text) < FEWEST_OF_NUMBER)
    };
    let seen = of_any(head, &[NUMBER]);
    let called: Vec<usize> = found.iter().flat_map(|one| one.words.iter().copied()).collect();
    let of_till = number_beside_time(words, &called, context);
    let is_cut = of_till.filter(|number| outdoes(words, number, &seen)).is_some_and(|number| {
        fillings.iter().any(|filling| filling.label == NUMBER && filling.words == number)
    });
    let lacks = |label: &str| match label {
        NUMBER if is_cut || seen.iter().all(is_none) => true,
        NUMBER if is_first && !numbered.is_empty() => {
            !numbered.iter().any(|one| one.words.iter().all(|word| seen.contains(word)))
        }
        // A word of a clear caption of the tax is no total, whatever the model sees, nor is a day, nor what it takes for
        // the sum without tax rather, where more is called the total; a time of day is no date.
        TOTAL => of_any(head, &[TOTAL]).iter().all(|&word| {
            let text = words[word].text.as_str();
            let is_lesser = || size_of(words, &[word], context) <= greatest;
            taxes.contains(&word)
                || digits(text) == 0
                || is_written_date(text)
                || (is_rather_another(head, word, TOTAL) && is_lesser())
        }),
        DATE => !of_any(head, &[DATE]).iter().any(|&word| is_in_date(words, word, context)),
        _ => !has(head, label),
    };
    let lacking: Vec<&str> =
        NAMED.iter().map(|(label, _)| *label).filter(|label| lacks(label)).collect();
    for Filling { label, weight, words } in &fillings {
        if lacking.contains(label) {
            head.insist(words, label, *weight);
        }
    }
}

/// Of sums that are called the total, leaves out those that are far less than another: that of the tax is called so in
/// some languages, and those of parts. Gives the greatest, in thousandths.
fn leave_out_lesser_totals(
    fillings: &mut Vec<Filling>,
    words: &[Word],
    context: &ValueContext,
) -> i128 {
    /// Of the greatest.
    const LEAST: f64 = 0.4;
    let units = |filling: &Filling| size_of(words, &filling.words, context);
    let totals = fillings.iter().filter(|filling| filling.label == TOTAL);
    let greatest = totals.map(units).max().unwrap_or_default();
    let is_much = |filling: &Filling| units(filling) as f64 >= LEAST * greatest as f64;
    fillings.retain(|filling| filling.label != TOTAL || is_much(filling));
    greatest
}

/// How much words are, in thousandths without a sign; 0 where they are no sum.
fn size_of(words: &[Word], sum: &[usize], context: &ValueContext) -> i128 {
    units_of(words, sum, context).unwrap_or_default().abs()
}

/// What a value with a caption may fill in.
fn filling(
    words: &[Word],
    is_first: bool,
    found: &[Captioned],
    Captioned { announced, words: value }: &Captioned,
) -> Option<Filling> {
    // Smaller numbers without cents count things.
    const FEWEST_DIGITS: usize = 3;
    let text = |&word: &usize| words[word].text.as_str();
    let (label, weight) = match *announced {
        Announced { nature: Nature::StandsIn(label), .. } => {
            let is_named = found.iter().any(|one| one.announced.label == Some(label));
            (is_first && !is_named).then_some((label, STANDING_IN))?
        }
        Announced { kind: ValueKind::Amount, label: Some(label), nature } => {
            let in_currency = is_in_currency(words, value);
            let no_cents = || !words.iter().any(|word| has_cents(&word.text));
            let whole = nature == Nature::HeadsSum || in_currency || no_cents();
            let figures: usize = value.iter().map(|word| digits(text(word))).sum();
            let is_sum = value.iter().any(|word| has_cents(text(word)))
                || (whole && figures >= FEWEST_DIGITS);
            is_sum.then_some((label, if in_currency { NAMED_SO } else { CALLED_SO }))?
        }
        Announced { kind: ValueKind::Identifier | ValueKind::Date, label: Some(label), .. } => {
            let letters = value.iter().flat_map(|word| text(word).chars());
            let long = letters.filter(|c| c.is_alphanumeric()).count() >= FEWEST_OF_NUMBER;
            long.then_some((label, if label == NUMBER { NUMBERED_SO } else { NAMED_SO }))?
        }
        _ => return None,
    };
    Some(Filling { label, weight, words: value.clone() })
}

/// Insists on a sum that is called the total where the model takes lesser ones that are not.
fn insist_on_total(head: &mut HeadPrediction, words: &[Word], fillings: &[Filling], sums: &[Sum]) {
    let called = fillings.iter().filter(|filling| filling.label == TOTAL);
    let called: Vec<Vec<usize>> = called.map(|filling| filling.words.clone()).collect();
    let said = total_without_star(words, sums).or_else(|| total_called(words, sums, &called));
    let Some(Called { total, is_news, others }) = said else { return };
    for word in others {
        head.weigh_label(word, TOTAL, NOT_CALLED_SO);
    }
    if is_news {
        head.insist(&total, TOTAL, NAMED_SO);
    }
}

/// What stands without a caption on the first page of what is to be paid: number, day, sum paid and the seller's name,
/// as far as captions name none.
fn without_captions(
    head: &HeadPrediction,
    words: &[Word],
    found: &[Captioned],
    fillings: &[Filling],
    sums: &[Sum],
    context: &ValueContext,
) -> Vec<Filling> {
    let is_called = |label: &str| fillings.iter().any(|filling| filling.label == label);
    let of =
        |label: &'static str| move |words: Vec<usize>| Filling { label, weight: NAMED_SO, words };
    let mut more = Vec::new();
    let is_dealt = is_called(TOTAL) || has(head, TOTAL);
    if is_dealt || is_called(NUMBER) {
        let called: Vec<usize> = found.iter().flat_map(|c| c.words.iter().copied()).collect();
        let rivals: &[&str] = if is_called(NUMBER) { &[DUE_DATE] } else { &[DUE_DATE, NUMBER] };
        let known = [of_any(head, rivals), called.clone()].concat();
        let day = || {
            date_behind_place(words, &called, context)
                .or_else(|| first_date(words, &known, context))
                .or_else(|| only_date(words, &called, context))
        };
        let number = || {
            number_that_says_so(words)
                .or_else(|| number_behind_mark(words, &called, context))
                .or_else(|| number_beside_time(words, &called, context))
        };
        let is_named = found.iter().any(|one| one.announced.label == Some(NUMBER));
        let number = (!is_named)
            .then(|| number_under_title(words, context))
            .flatten()
            .or_else(|| (!is_called(NUMBER)).then(number).flatten());
        more.extend((!is_called(DATE)).then(day).flatten().map(of(DATE)));
        more.extend(number.map(of(NUMBER)));
    }
    if !is_called(TOTAL) && is_receipt(head, words) {
        more.extend(sum_paid(words, sums).map(of(TOTAL)));
    }
    // On a receipt the day may not be read.
    let is_dated = || is_called(DATE) || has(head, DATE) || is_narrow(words);
    if is_dealt && is_dated() && !is_called(COMPANY) && !has(head, COMPANY) {
        let known = of_any(head, &["address", "customer", "item_description", NUMBER, DATE]);
        more.extend(name_at_head(words, &known).map(of(COMPANY)));
    }
    more
}

/// Whether the model sees a day on a page, and sums or few letters across.
fn is_receipt(head: &HeadPrediction, words: &[Word]) -> bool {
    let has_sums = || ["item_amount", "subtotal", "tax"].iter().any(|label| has(head, label));
    has(head, DATE) && (has_sums() || is_narrow(words))
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

/// Whether the model sees another label rather in a word.
fn is_rather_another(head: &HeadPrediction, word: usize, label: &str) -> bool {
    let Some(label) = head.labels.entity_index(label) else { return false };
    let given = head.given(word, label);
    (0..head.labels.entities().len()).any(|other| head.given(word, other) > given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    /// As seen on Hungarian invoices.
    #[test]
    fn a_currency_stands_right_behind_its_sum() {
        assert!(is_in_currency(&page(&[&["Fizetendő: 7 200 Ft,"]]), &[1, 2]));
        assert!(!is_in_currency(&page(&[&["Fizetendő: 7 200 Forint"]]), &[1, 2]));
    }
}
