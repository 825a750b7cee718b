//! The vocabulary of captions: field names of every language known, and which of them stands among
//! the words of a page.

use super::caption::goes_on;
use super::months::fold;
use super::surplus::digits;
use super::value::ValueKind;
use crate::document::Word;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Words of a caption at most.
const LONGEST: usize = 6;
/// Letters of a caption at least: `Nr.` and `Le` stand before anything.
const FEWEST_LETTERS: usize = 5;

pub(super) const NUMBER: &str = "invoice_number";

/// Labels that captions name, each with its field names.
pub(super) const NAMED: [(&str, &[Term]); 8] = [
    ("company", &[Term::From]),
    ("customer", &[Term::BillTo]),
    (NUMBER, &[Term::NumberInvoice, Term::NumberReceipt, Term::NumberCredit, Term::TitleNumbered]),
    ("date", &[Term::DateInvoice, Term::DateReceipt]),
    ("due_date", &[Term::DateDue]),
    ("subtotal", &[Term::Subtotal]),
    ("tax", &[Term::TaxAmount]),
    ("total", &[Term::Total, Term::TotalReceipt, Term::AmountDue]),
];

/// Field names of what no label marks, by the kind of value that they may be confused with.
const OTHERS: [(ValueKind, &[Term]); 4] = [
    (ValueKind::Text, &[Term::ShipTo]),
    (
        ValueKind::Identifier,
        &[
            Term::NumberOrder,
            Term::NumberQuote,
            Term::NumberDelivery,
            Term::NumberCustomer,
            Term::NumberPo,
            Term::NumberProject,
            Term::NumberContract,
            Term::Reference,
            Term::Phone,
            Term::Fax,
            Term::VatId,
            Term::TaxNumber,
            Term::CompanyRegister,
            Term::Iban,
            Term::Bic,
            Term::AccountNumber,
        ],
    ),
    (
        ValueKind::Date,
        &[Term::DateOrder, Term::DateDelivery, Term::DatePrint, Term::DateOther, Term::Period],
    ),
    (
        ValueKind::Amount,
        &[
            Term::Discount,
            Term::Shipping,
            Term::Tip,
            Term::Paid,
            Term::Cash,
            Term::Change,
            Term::Saved,
            Term::CarriedOver,
        ],
    ),
];

/// Names that stand before numbers of every kind.
const GENERIC: [&str; 12] = [
    "number",
    "nummer",
    "numero",
    "numer",
    "documento",
    "document",
    "invoice",
    "rechnung",
    "facture",
    "factura",
    "fattura",
    "faktura",
];

/// Titles that are captions of the number where a mark stands behind them: `Facture #42`, `INVOICE #`.
const TITLES: [&str; 9] = [
    "invoice", "receipt", "rechnung", "quittung", "facture", "factura", "fattura", "faktura",
    "fatura",
];

/// Compounds are captions as their last part is: `Baurechnung Nr.`, `Verkoopfactuur nr.`
const STEMS: [&str; 3] = ["rechnung", "factuur", "faktura"];

/// What a caption announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) kind: ValueKind,
    /// `None`: something that no label marks.
    pub(super) label: Option<&'static str>,
}

const OF_NUMBER: Announced = Announced { kind: ValueKind::Identifier, label: Some(NUMBER) };

/// Field names by their letters; those that mean two things are left out.
static CAPTIONS: LazyLock<HashMap<String, Announced>> = LazyLock::new(|| {
    let named = NAMED.iter().map(|(label, terms)| {
        (Announced { kind: ValueKind::of_label(label), label: Some(label) }, *terms)
    });
    let others =
        OTHERS.iter().map(|(kind, terms)| (Announced { kind: *kind, label: None }, *terms));
    let mut found: HashMap<String, Option<Announced>> = HashMap::new();
    for (announced, terms) in named.chain(others) {
        let lexicons = Language::ALL.iter().map(|language| lexicon_of(*language));
        for name in lexicons.flat_map(|lexicon| terms.iter().flat_map(|term| lexicon.all(*term))) {
            // Of a title such as `Invoice No. {number} dated {date}` what stands before the number.
            let name = name.split("{number}").next().unwrap_or(name);
            let key = letters(name);
            let usable = key.len() >= FEWEST_LETTERS && !name.contains('{');
            if usable && !GENERIC.contains(&key.as_str()) {
                let entry = found.entry(key).or_insert(Some(announced));
                *entry = entry.filter(|known| *known == announced);
            }
        }
    }
    found.into_iter().filter_map(|(key, announced)| Some((key, announced?))).collect()
});

/// The letters of a text, folded: what OCR does to points, spaces and accents doesn't matter.
pub(super) fn letters(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphabetic()).collect()
}

/// The longest caption that begins with a word, and how many words it has.
pub(super) fn caption_at(words: &[Word], start: usize) -> Option<(usize, Announced)> {
    let mut key = String::new();
    let mut longest = None;
    for length in 1..=LONGEST.min(words.len() - start) {
        let at = start + length - 1;
        let apart = length > 1 && !goes_on(words[at - 1].bbox, words[at].bbox);
        if apart || digits(&words[at].text) > 0 {
            let mark = if apart { None } else { glued_mark(&words[at].text) };
            let known = mark.and_then(|mark| {
                let titled = TITLES.contains(&key.as_str()).then_some(OF_NUMBER);
                CAPTIONS.get(&(key + &letters(mark))).copied().or(titled)
            });
            if let (Some(announced), true) = (known, length > 1) {
                longest = Some((length - 1, announced));
            }
            break;
        }
        let part = letters(&words[at].text);
        let stem = STEMS.iter().find(|stem| length == 1 && part.ends_with(**stem));
        key.push_str(stem.unwrap_or(&part.as_str()));
        if let Some(announced) = CAPTIONS.get(&key) {
            longest = Some((length, *announced));
        } else if words[at].text.contains('#') && TITLES.contains(&key.as_str()) {
            longest = Some((length, OF_NUMBER));
        }
    }
    longest
}

/// The mark that a number is glued to: `n°562044387`, `Nr.4711`, `č.FV5040011231`.
fn glued_mark(text: &str) -> Option<&str> {
    const MARKS: [char; 5] = ['°', 'º', '.', ':', '#'];
    let (before, _) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    let (end, mark) = before.char_indices().rev().find(|(_, c)| MARKS.contains(c))?;
    let mark = &text[..end + mark.len_utf8()];
    let letters = mark.chars().filter(|c| c.is_alphabetic()).count();
    (letters <= 3).then_some(mark)
}
