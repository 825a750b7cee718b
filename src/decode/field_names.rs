//! The vocabulary of captions: field names of every language known, titles, heads of columns.

use super::months::fold;
use super::other_names::{OF_AUTHORITIES, OTHER_DATES, OTHER_NUMBERS};
use super::surplus::digits;
use super::value::ValueKind;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Letters of a caption at least: `Nr.` and `Le` stand before anything.
const FEWEST_LETTERS: usize = 5;
/// Of one before a person: `Bank:`.
const FEWEST_OF_PERSON: usize = 4;
/// Of one before a number that is no invoice's: `NIF`, `TCKN`.
const FEWEST_OF_OTHER_NUMBER: usize = 3;

pub(super) const NUMBER: &str = "invoice_number";

/// Labels that captions name, each with its field names.
pub(super) const NAMED: [(&str, &[Term]); 8] = [
    ("company", &[Term::From]),
    ("customer", &[Term::BillTo]),
    (NUMBER, &[Term::NumberInvoice, Term::NumberReceipt, Term::NumberCredit, Term::TitleNumbered]),
    ("date", &[Term::DateInvoice, Term::DateReceipt]),
    ("due_date", &[Term::DateDue]),
    ("subtotal", &[Term::Subtotal]),
    ("tax", &[Term::TaxAmount, Term::Tax]),
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

/// Who is named behind these is no party. Where one of them is a party's name too, it is that.
const PERSONS: [Term; 5] =
    [Term::Manager, Term::Contact, Term::Cashier, Term::Salesperson, Term::Bank];

/// What stands in for a field on an order, which has none of its own.
const STAND_INS: [(Term, &str); 3] =
    [(Term::NumberOrder, NUMBER), (Term::Reference, NUMBER), (Term::DateOrder, "date")];

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

/// Titles that are captions of the number where a mark stands behind them: `Facture #42`, `INVOICE #`, `Inv# :`.
const TITLES: [&str; 11] = [
    "invoice",
    "receipt",
    "rechnung",
    "quittung",
    "facture",
    "factura",
    "fattura",
    "faktura",
    "fatura",
    "inv",
    "comprobante",
];

/// What a caption announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) kind: ValueKind,
    /// `None`: something that no label marks.
    pub(super) label: Option<&'static str>,
    pub(super) nature: Nature,
}

/// What is special about a caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Plain,
    /// Its value has this label on a page that has no other of it.
    StandsIn(&'static str),
    /// A sum below it is meant as well: `Total` heads a column, `Amount Due` does not.
    HeadsSum,
    /// Names one who takes no part in the deal.
    Person,
}

impl Announced {
    pub(super) const fn new(kind: ValueKind, label: Option<&'static str>) -> Self {
        Self { kind, label, nature: Nature::Plain }
    }

    const fn of(self, nature: Nature) -> Self {
        Self { nature, ..self }
    }

    /// What a name means that is used for both; `None` if that can't be told.
    fn and(self, other: Self) -> Option<Self> {
        let stands_in = |one: Self, named: Self| match one.nature {
            Nature::StandsIn(label) => named.label == Some(label),
            _ => false,
        };
        if stands_in(self, other) {
            return Some(self);
        }
        if stands_in(other, self) {
            return Some(other);
        }
        let same = (self.kind, self.label) == (other.kind, other.label);
        same.then_some(if self.nature == Nature::Plain { other } else { self })
    }
}

pub(super) const OF_NUMBER: Announced = Announced::new(ValueKind::Identifier, Some(NUMBER));

/// Field names by their letters; those that mean two things are left out.
static CAPTIONS: LazyLock<HashMap<String, Announced>> = LazyLock::new(|| {
    let mut found: HashMap<String, Option<Announced>> = HashMap::new();
    for (announced, term) in announcements() {
        for key in keys_of(term, FEWEST_LETTERS) {
            let entry = found.entry(key).or_insert(Some(announced));
            *entry = entry.and_then(|known| known.and(announced));
        }
    }
    for (label, names) in OF_AUTHORITIES {
        let of_label = Announced::new(ValueKind::of_label(label), Some(label));
        // Their forms have sums below their names.
        let of_label = match of_label.kind {
            ValueKind::Amount => of_label.of(Nature::HeadsSum),
            _ => of_label,
        };
        found.extend(names.iter().map(|name| ((*name).to_string(), Some(of_label))));
    }
    let other_number = Announced::new(ValueKind::Identifier, None);
    let numbers = OTHERS.iter().filter(|(kind, _)| *kind == ValueKind::Identifier);
    let numbers = numbers.flat_map(|(_, terms)| terms.iter());
    for key in numbers.flat_map(|term| keys_of(*term, FEWEST_OF_OTHER_NUMBER)) {
        // `C.U.I.T. Nro`
        for mark in ["nro", "nr", "no", "numero"] {
            found.entry(format!("{key}{mark}")).or_insert(Some(other_number));
        }
        found.entry(key).or_insert(Some(other_number));
    }
    for key in OTHER_NUMBERS {
        found.entry(key.to_string()).or_insert(Some(other_number));
    }
    // The tax authority's number of a Mexican invoice, which may have none of its own, and that of some programs.
    for key in ["foliofiscal", "serialno"] {
        found.insert(key.to_string(), Some(other_number.of(Nature::StandsIn(NUMBER))));
    }
    // `due 2026-09-01`
    let due = Announced::new(ValueKind::Date, Some("due_date"));
    found.entry("due".to_string()).or_insert(Some(due));
    let other_date = Announced::new(ValueKind::Date, None);
    for key in OTHER_DATES {
        found.entry(key.to_string()).or_insert(Some(other_date));
    }
    let person = Announced::new(ValueKind::Text, None).of(Nature::Person);
    for key in PERSONS.into_iter().flat_map(|term| keys_of(term, FEWEST_OF_PERSON)) {
        found.entry(key).or_insert(Some(person));
    }
    found.into_iter().filter_map(|(key, announced)| Some((key, announced?))).collect()
});

/// Every term that announces something, and what.
fn announcements() -> impl Iterator<Item = (Announced, Term)> {
    let named = NAMED.iter().flat_map(|(label, terms)| {
        let of_label = Announced::new(ValueKind::of_label(label), Some(*label));
        terms.iter().map(move |term| {
            (if *term == Term::AmountDue { of_label.of(Nature::HeadsSum) } else { of_label }, *term)
        })
    });
    let others = OTHERS.iter().flat_map(|(kind, terms)| {
        terms.iter().map(|term| {
            let stands_in = STAND_INS.iter().find(|(of, _)| of == term);
            let nature = stands_in.map_or(Nature::Plain, |(_, label)| Nature::StandsIn(label));
            (Announced::new(*kind, None).of(nature), *term)
        })
    });
    named.chain(others)
}

/// A term's names in every language.
fn all_names(term: Term) -> impl Iterator<Item = &'static str> {
    Language::ALL.iter().flat_map(move |language| lexicon_of(*language).all(term).iter().copied())
}

/// The letters of a term's names in every language, as far as they are captions: `fewest` at least.
fn keys_of(term: Term, fewest: usize) -> impl Iterator<Item = String> {
    all_names(term).flat_map(with_taxes).filter_map(move |name| {
        let key = letters(&name);
        let usable = key.len() >= fewest && !name.contains('{');
        (usable && !GENERIC.contains(&key.as_str())).then_some(key)
    })
}

/// A name as it is printed: of a title such as `Invoice No. {number} dated {date}` what stands before the number, of
/// `MwSt. {rate}` what stands before the rate, and `Total incl. {tax}` with every tax there is.
fn with_taxes(name: &'static str) -> Vec<String> {
    /// What lexicons leave open, as the country has it.
    const TAXES: [&str; 9] =
        ["VAT", "GST", "SST", "HST", "tax", "MwSt", "USt", "Mehrwertsteuer", "Umsatzsteuer"];
    let name = name.split("{number}").next().unwrap_or(name).replace("{rate}", "");
    if !name.contains("{tax}") {
        return vec![name];
    }
    TAXES.iter().map(|tax| name.replace("{tax}", tax)).collect()
}

/// Titles of documents.
const TITLE_TERMS: [Term; 4] =
    [Term::TitleInvoice, Term::TitleReceipt, Term::TitleCredit, Term::TitleOrder];

/// Heads of columns of items.
const ITEM_TERMS: [Term; 3] = [Term::ColDescription, Term::ColQuantity, Term::ColPrice];

/// What heads a column of values by its letters: captions, short ones too.
static COLUMN_HEADS: LazyLock<HashMap<String, Announced>> = LazyLock::new(|| {
    /// Letters of a head at least: `Nr.`
    const FEWEST: usize = 2;
    let of = |label: &'static str| Announced::new(ValueKind::of_label(label), Some(label));
    let dates = [(Term::DateDue, of("due_date")), (Term::DateInvoice, of("date"))];
    let numbers = [(Term::NumberInvoice, OF_NUMBER), (Term::NumberReceipt, OF_NUMBER)];
    let mut found: HashMap<String, Announced> = HashMap::new();
    for (term, announced) in dates.into_iter().chain(numbers) {
        for name in all_names(term).filter(|name| !name.contains('{')) {
            let key = letters(name);
            if key.len() >= FEWEST {
                found.entry(key).or_insert(announced);
            }
        }
    }
    found.extend(CAPTIONS.iter().map(|(key, announced)| (key.clone(), *announced)));
    for title in NUMBERED_TITLES.iter().map(String::as_str).chain(["bon"]) {
        found.entry(title.to_string()).or_insert(OF_NUMBER);
    }
    found
});

/// The same of items.
static ITEM_HEADS: LazyLock<HashSet<String>> =
    LazyLock::new(|| ITEM_TERMS.into_iter().flat_map(all_names).map(letters).collect());

/// What a text announces as the head of a column beside others.
pub(super) fn column_head(text: &str) -> Option<Announced> {
    if digits(text) > 0 {
        return None;
    }
    COLUMN_HEADS.get(&letters(text)).copied()
}

/// Whether a text heads a column of items.
pub(super) fn is_head_of_items(text: &str) -> bool {
    ITEM_HEADS.contains(&letters(text))
}

/// Heads of columns and blocks, and what stands before a party's numbers.
#[rustfmt::skip]
const HEAD_TERMS: [Term; 22] = [
    Term::BillTo, Term::ShipTo, Term::From, Term::Phone, Term::Fax, Term::Email, Term::Web, Term::VatId,
    Term::TaxNumber, Term::BankDetails, Term::ColSku, Term::ColDescription, Term::ColQuantity, Term::ColUnit,
    Term::ColPrice, Term::ColTax, Term::ColAmount, Term::Subtotal, Term::Total, Term::TotalReceipt, Term::Terms,
    Term::PaymentMethod,
];

/// Titles of documents by their letters.
static TITLES_OF_DOCUMENTS: LazyLock<HashSet<String>> =
    LazyLock::new(|| TITLE_TERMS.into_iter().flat_map(all_names).map(letters).collect());

/// Titles of what has a number of its own, by their letters.
static NUMBERED_TITLES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    /// `Bon` and `Fiş` are words of other things as well.
    const FEWEST: usize = 4;
    let numbered = [Term::TitleInvoice, Term::TitleReceipt, Term::TitleCredit, Term::TitleProforma];
    let names = numbered.into_iter().flat_map(all_names).map(letters);
    names.filter(|name| name.len() >= FEWEST).collect()
});

/// Titles and heads by their letters.
static HEADINGS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let heads = HEAD_TERMS.into_iter().flat_map(all_names).map(letters);
    heads.chain(TITLES_OF_DOCUMENTS.iter().cloned()).collect()
});

/// What letters announce as a caption.
pub(super) fn caption_of(letters: &str) -> Option<Announced> {
    CAPTIONS.get(letters).copied()
}

/// Whether letters are the title of what has a number of its own.
pub(super) fn is_numbered(letters: &str) -> bool {
    TITLES.contains(&letters) || NUMBERED_TITLES.contains(letters)
}

/// Whether a text begins with the title of a document, and is no name: `FACTURA CAMBIARIA ELECTRÓNICA`.
pub(super) fn begins_with_title(text: &str) -> bool {
    /// `Nota` and `Bon` begin names as well.
    const FEWEST: usize = 6;
    let first = letters(text.split_whitespace().next().unwrap_or_default());
    let is_title = TITLES_OF_DOCUMENTS.contains(&first) || TITLES.contains(&first.as_str());
    first.len() >= FEWEST && is_title
}

/// Whether a text is a document's title.
pub(super) fn is_title(text: &str) -> bool {
    TITLES_OF_DOCUMENTS.contains(&letters(text))
}

/// Whether a text is the title of a document or the head of a part of it, and nobody's name.
pub(super) fn is_heading(text: &str) -> bool {
    let letters = letters(text);
    HEADINGS.contains(&letters) || CAPTIONS.contains_key(&letters)
}

/// The letters of a text, folded: what OCR does to points, spaces and accents doesn't matter, nor whether
/// `Nº` has a degree sign.
pub(super) fn letters(text: &str) -> String {
    let mut before = ' ';
    let of_word = |c: char| {
        // `FI$ NO`: recognition knows no cedilla.
        let read = if c == '$' && before.is_alphabetic() { 's' } else { c };
        before = c;
        (read.is_alphabetic() && !matches!(read, 'º' | 'ª')).then_some(read)
    };
    fold(text).chars().filter_map(of_word).collect()
}

/// `nr`, `No.:`, `N°`, `#`, `Number:`: the end of a number's caption.
pub(super) fn is_number_mark(text: &str) -> bool {
    const MARKS: [&str; 10] =
        ["n", "no", "nr", "nro", "num", "nº", "number", "numero", "nummer", "numer"];
    text == "#" || MARKS.contains(&letters(text).as_str())
}
