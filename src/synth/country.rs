//! Countries: language, money, taxes, dates, addresses, numbers and legal forms.
//!
//! Patterns use [`super::dice::Dice::code`]'s marks; `{…}` is filled in by [`super::party`].

use super::countries::GROUPS;
use super::money::{Currency, NumberStyle};
use crate::lexicon::Language;

/// What makes a document local.
#[derive(Debug)]
pub struct Country {
    pub code: &'static str,
    pub language: Language,
    /// As it stands below an address.
    pub name: &'static str,
    /// Share among the countries of its language.
    pub weight: u32,
    pub currencies: &'static [&'static Currency],
    pub numbers: &'static [NumberStyle],
    /// Names of the sales tax.
    pub taxes: &'static [&'static str],
    /// Rates in hundredths of a per cent, the usual one first.
    pub rates: &'static [i64],
    pub dates: &'static [&'static str],
    pub zip: &'static str,
    /// The line with `{zip}`, `{town}` and `{state}`.
    pub town_line: &'static [&'static str],
    pub states: &'static [&'static str],
    /// Streets with `{n}` (number), `{name}` (made up or a surname).
    pub streets: &'static [&'static str],
    pub towns: &'static [&'static str],
    pub phones: &'static [&'static str],
    pub vat_ids: &'static [&'static str],
    /// Labels of the VAT id where the language's usual ones don't fit.
    pub vat_labels: &'static [&'static str],
    pub tax_numbers: &'static [&'static str],
    pub registers: &'static [&'static str],
    /// IBAN after its two letters and two digits; empty where there is none.
    pub iban: &'static str,
    /// Legal forms, behind the name or around `{name}`.
    pub forms: &'static [&'static str],
    pub domain: &'static str,
    /// US Letter instead of A4.
    pub letter_paper: bool,
}

impl Country {
    /// Every country, in a fixed order.
    pub fn all() -> impl Iterator<Item = &'static Country> {
        GROUPS.iter().flat_map(|group| group.iter())
    }

    /// The countries of a language, with their weights.
    pub fn of(language: Language) -> Vec<(u32, &'static Country)> {
        Self::all().filter(|c| c.language == language).map(|c| (c.weight, c)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_written_somewhere() {
        for language in Language::ALL {
            assert!(!Country::of(*language).is_empty(), "{}", language.code());
            assert_eq!(Language::from_code(language.code()), Some(*language));
        }
    }
}
