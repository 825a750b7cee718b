//! What can answer for a label at all: entities of the right kind of text. Nothing is better than nonsense.

use super::currency::{has_money_sign, marks};
use super::date::parse_date;
use super::field_names::begins_with_title;
use super::lookalike::digit_of;
use super::parties::{PARTIES, is_legal_form};
use super::surplus::{digits, is_figures};
use super::tax_numbers::is_tax_number;
use super::value::{ValueKind, plain};
use crate::document::{Entity, letters_and_digits};
use std::ops::RangeInclusive;

/// Whether a text can answer at all: a name has letters, a number that names something a digit, a date
/// more than a day, a currency its sign, and a sum is no date. Nothing is better than nonsense.
pub fn may_answer(entity: &Entity) -> bool {
    /// Of a date that can't be read for a letter or two, so much is left; more is a number.
    const DIGITS_OF_DATE: RangeInclusive<usize> = 5..=8;
    const PARTS_OF_DATE: usize = 3;
    /// Keys of access to a tax authority's register have 44.
    const MOST_FIGURES: usize = 30;
    let text = &entity.text;
    let is_date = || {
        // Letters in the place of figures, but no `PI/0225/05`; figures alone that are no date are a time or half of one.
        let of_date = |c: char| !c.is_alphabetic() || digit_of(c).is_some();
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        DIGITS_OF_DATE.contains(&digits(text))
            && parts.count() == PARTS_OF_DATE
            && text.contains(char::is_alphabetic)
            && text.chars().all(of_date)
    };
    match ValueKind::of_label(&entity.label) {
        ValueKind::Text => {
            let is_party = PARTIES.contains(&entity.label.as_str());
            letters_and_digits(text).len() > 1
                && !is_address_of_mail(text)
                && !(is_party && (begins_with_title(text) || is_legal_form(text) || is_copy(text)))
        }
        ValueKind::Identifier => {
            let number = plain(entity.value.as_ref(), text);
            (1..=MOST_FIGURES).contains(&digits(&number))
                && !number.chars().all(|c| c == '0')
                && !is_rate(text)
                && !is_phone(text)
                && !is_time(text)
                && !is_unit(text)
                && !is_tax_number(text)
                && !has_money_sign(text)
        }
        ValueKind::Date => entity.value.is_some() || is_date(),
        ValueKind::Currency => {
            entity.value.is_some() || !marks(&text.chars().collect::<Vec<_>>()).is_empty()
        }
        ValueKind::Amount => {
            !is_account(text)
                && !is_card(text)
                && !is_of_power(text)
                && (entity.value.is_some()
                    || (digits(text) > 0 && parse_date(text, None).is_none()))
        }
        ValueKind::Quantity => true,
    }
}

/// `Oryginał`, `Kopia`, `DUPLICATA`: which copy of a paper it is.
fn is_copy(text: &str) -> bool {
    #[rustfmt::skip]
    const COPIES: [&str; 14] = [
        "original", "originale", "oryginal", "oryginał", "originál", "eredeti", "copy", "kopie", "kopia", "copia",
        "copie", "duplicata", "duplicado", "duplikat",
    ];
    COPIES.contains(&letters_and_digits(text).as_str())
}

/// `************3515`: the last figures of a card. Sums behind stars have cents.
fn is_card(text: &str) -> bool {
    let figures = text.trim_start_matches(['*', ' ', ':']);
    text.contains("***") && figures.len() == 4 && is_figures(figures)
}

/// `someone@example.com`
fn is_address_of_mail(text: &str) -> bool {
    text.contains('@') && !text.contains(char::is_whitespace)
}

/// `85%`
fn is_rate(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|rate| rate.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// `323-603-0004`, `(323) 603-0004`: in groups of three, three and four figures.
fn is_phone(text: &str) -> bool {
    let figures = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    figures.map(str::len).eq([3, 3, 4]) && !text.contains(char::is_alphabetic)
}

/// `910,9kWh`: what was used, not what it costs.
fn is_of_power(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || ".,' ".contains(c));
    unit.len() < text.len() && ["kw", "kwh", "kva", "kvarh"].contains(&unit.to_lowercase().as_str())
}

/// `#03-18`: a shop's floor and unit.
fn is_unit(text: &str) -> bool {
    let parts = text.strip_prefix('#').and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(floor, unit)| {
        floor.len() == 2 && (2..=3).contains(&unit.len()) && is_figures(floor) && is_figures(unit)
    })
}

/// `13:19`
fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| (1..=2).contains(&part.len()) && is_figures(part))
}

/// `123145235345`: so many figures without any point are no sum.
fn is_account(text: &str) -> bool {
    const FIGURES: usize = 10;
    is_figures(text) && text.len() >= FIGURES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figures_of_a_card_are_no_sum() {
        assert!(is_card("************3515") && is_card("***: 3515"));
        for sum in ["***12.50", "3515", "*249,99", "***35150"] {
            assert!(!is_card(sum), "{sum}");
        }
    }

    #[test]
    fn which_copy_a_paper_is_is_nobodys_name() {
        assert!(is_copy("Oryginał") && is_copy("(Copy)") && !is_copy("Original Shop"));
    }
}
