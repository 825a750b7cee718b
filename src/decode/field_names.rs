//! The vocabulary of captions: field names of every language known, and which of them stands among
//! the words of a page.

use super::date::parse_date;
use super::months::fold;
use super::neighbours::{goes_on, is_within};
use super::surplus::{digits, is_figures};
use super::value::ValueKind;
use crate::document::Word;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Words of a caption at most.
const LONGEST: usize = 9;
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

/// Names of numbers of authorities, devices and payments that are not asked for in any language's layouts, by their
/// letters: none is the invoice's.
#[rustfmt::skip]
const OTHER_NUMBERS: [&str; 74] = [
    "abn", "acn", "uen", "cin", "pan", "panno", "gstin", "gstno", "gstinno", "gstinuin", "sstno", "sstid", "tinno",
    "ntn", "strn", "fssai", "fssaino", "fssailicno", "dlno", "licno", "liceno", "irn", "irnno", "ackno",
    "ewaybillno", "ewaybill", "vehicleno", "statecode", "hsncode", "udyam", "msmeno", "numerodecertificado",
    "certificadon", "chavedeacesso", "claveacceso", "clavedeacceso", "numerodeautorizacion", "protocolodeautorizacao",
    "terminal", "terminalid", "terminalno", "merchantid", "approvalcode", "apprcode", "authcode", "transaktion",
    "seriennummer", "serialno", "cae", "caen", "caenro", "cbu", "dispatchdocno", "docketno", "awbno", "lrno",
    "quoteid", "serie", "vin", "term", "termno", "mid", "tid", "aid", "tvr", "tsi", "butiksnr", "onaykodu",
    "isyerino", "vinnumber", "npwp", "nik", "siniestro", "matricula",
];

/// The same of dates.
#[rustfmt::skip]
const OTHER_DATES: [&str; 12] = [
    "iniciodeactividades", "iniciodeactividad", "fechadeiniciodeactividades", "fechainiciodeactividades",
    "vtocae", "fechavtocae", "fechadevtodecae", "vencimientocae", "ackdate", "ackdt", "dateofbirth", "expirydate",
];

/// Field names of tax authorities' own layouts that no language's lexicon has, by their letters.
const OF_AUTHORITIES: [(&str, &[&str]); 5] = [
    ("date", &["fechayhoradegeneracion", "fechayhoradeemision", "fechayhoraemision"]),
    ("total", &["invoicevalue", "totalinvoicevalue"]),
    ("company", &["pengusahakenapajak"]),
    (
        "customer",
        &[
            "apellidoynombrerazonsocial",
            "pembelibarangkenapajak",
            "pembelibarangkenapajakpenerimajasakenapajak",
        ],
    ),
    (NUMBER, &["compnro", "kodedannomorserifakturpajak", "numerodecontrol"]),
];

/// Who is named behind these is no party. Where one of them is a party's name too, it is that.
const PERSONS: [Term; 5] =
    [Term::Manager, Term::Contact, Term::Cashier, Term::Salesperson, Term::Bank];

/// What stands in for a field on an order, which has none of its own.
const STAND_INS: [(Term, &str); 2] = [(Term::NumberOrder, NUMBER), (Term::DateOrder, "date")];

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
        found.extend(names.iter().map(|name| ((*name).to_string(), Some(of_label))));
    }
    let other_number = Announced::new(ValueKind::Identifier, None);
    let numbers = OTHERS.iter().filter(|(kind, _)| *kind == ValueKind::Identifier);
    let numbers = numbers.flat_map(|(_, terms)| terms.iter());
    for key in numbers.flat_map(|term| keys_of(*term, FEWEST_OF_OTHER_NUMBER)) {
        found.entry(key).or_insert(Some(other_number));
    }
    for key in OTHER_NUMBERS {
        found.entry(key.to_string()).or_insert(Some(other_number));
    }
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
    all_names(term).filter_map(move |name| {
        // Of a title such as `Invoice No. {number} dated {date}` what stands before the number.
        let name = name.split("{number}").next().unwrap_or(name);
        let key = letters(name);
        let usable = key.len() >= fewest && !name.contains('{');
        (usable && !GENERIC.contains(&key.as_str())).then_some(key)
    })
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
    for title in NUMBERED_TITLES.iter() {
        found.entry(title.clone()).or_insert(OF_NUMBER);
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
    let numbered = [Term::TitleInvoice, Term::TitleReceipt, Term::TitleCredit];
    let names = numbered.into_iter().flat_map(all_names).map(letters);
    names.filter(|name| name.len() >= FEWEST).collect()
});

/// Titles and heads by their letters.
static HEADINGS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let heads = HEAD_TERMS.into_iter().flat_map(all_names).map(letters);
    heads.chain(TITLES_OF_DOCUMENTS.iter().cloned()).collect()
});

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

/// The longest caption that begins with a word, and how many words it has; of a word in two languages
/// (`Sorszám/Invoice No.`) also one that begins with the second.
pub(super) fn caption_at(words: &[Word], start: usize) -> Option<(usize, Announced)> {
    let first = words[start].text.as_str();
    let in_second = || {
        let (_, second) = first.rsplit_once('/')?;
        caption_from(words, start, second)
    };
    caption_from(words, start, first).or_else(in_second)
}

/// As [`caption_at`], of a caption whose first word is `first`.
fn caption_from(words: &[Word], start: usize, first: &str) -> Option<(usize, Announced)> {
    /// Between words of a caption, in heights: fixed print is wide.
    const WITHIN: f32 = 1.3;
    /// Forms in fixed print set `INVOICE   NO.` under `INVOICE DATE`.
    const TO_MARK: f32 = 3.0;
    let mut key = String::new();
    let mut longest = None;
    for length in 1..=LONGEST.min(words.len() - start) {
        let at = start + length - 1;
        let text = without_code(if length == 1 { first } else { &words[at].text });
        let goes_on = || {
            let far = if is_number_mark(text) { TO_MARK } else { WITHIN };
            is_within(far, words[at - 1].bbox, words[at].bbox)
        };
        let apart = length > 1 && !goes_on();
        let mended = without_figure(text);
        if apart || (digits(text) > 0 && mended.is_none()) {
            let is_title = TITLES.contains(&key.as_str()) || NUMBERED_TITLES.contains(&key);
            let titled = is_title.then_some(OF_NUMBER);
            let known = match glued_mark(text).filter(|_| !apart) {
                Some(mark) => CAPTIONS.get(&(key + &letters(mark))).copied().or(titled),
                None => titled.filter(|_| is_numbered_title(words, start, at)),
            };
            if let (Some(announced), true) = (known, length > 1) {
                longest = Some((length - 1, announced));
            }
            break;
        }
        let of_title = is_number_mark(text) && NUMBERED_TITLES.contains(&key);
        let part = letters(mended.as_deref().unwrap_or(text));
        let stem = STEMS.iter().find(|stem| length == 1 && part.ends_with(**stem));
        key.push_str(stem.unwrap_or(&part.as_str()));
        if let Some(announced) = CAPTIONS.get(&key) {
            longest = Some((length, *announced));
        } else if of_title || (text.contains('#') && TITLES.contains(&key.as_str())) {
            longest = Some((length, OF_NUMBER));
        }
    }
    longest
}

/// A long word whose only figure was a letter: `Fizetend6:`.
fn without_figure(text: &str) -> Option<String> {
    const FEWEST_LETTERS: usize = 5;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if digits(text) != 1 || letters < FEWEST_LETTERS {
        return None;
    }
    let letter = |c: char| match c {
        '0' | '6' => 'o',
        '1' => 'i',
        '5' => 's',
        '8' => 'b',
        c => c,
    };
    Some(text.chars().map(letter).collect()).filter(|mended: &String| digits(mended) == 0)
}

/// A caption's word without the code in brackets: `HANDELSRECHNUNG(380)`, `(204)`.
fn without_code(text: &str) -> &str {
    let code = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match code {
        Some((before, code)) if is_figures(code) => before,
        _ => text,
    }
}

/// Whether a title stands alone in front of its number: `INVOICE 1971`, `Rechnung 6844134`, but not `Invoice 2024`.
fn is_numbered_title(words: &[Word], start: usize, number: usize) -> bool {
    const FEWEST_FIGURES: usize = 3;
    let Some(word) = words.get(number) else { return false };
    let goes_on_from = |left: &Word, right: &Word| goes_on(left.bbox, right.bbox);
    let is_year = word.text.len() == 4 && word.text.starts_with("20");
    let before = start.checked_sub(1).map(|before| &words[before]);
    goes_on_from(&words[number - 1], word)
        && digits(&word.text) >= FEWEST_FIGURES
        && word.text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.text.chars().all(|c| c.is_ascii_alphanumeric() || "-/".contains(c))
        && !is_year
        && parse_date(&word.text, None).is_none()
        // A value of another caption may stand before it.
        && !before.is_some_and(|b| digits(&b.text) == 0 && goes_on_from(b, &words[start]))
        && !words.get(number + 1).is_some_and(|next| goes_on_from(word, next))
}

/// What a caption that its value is glued to announces: `Kvittering:878786`; where it begins a piece of line, also a
/// short one of dates: `Date:27.12.2025`.
pub(super) fn caption_in(text: &str, begins: bool) -> Option<Announced> {
    let mark = letters(glued_mark(text).filter(|mark| mark.ends_with([':', '#']))?);
    let of_date = || {
        let head = COLUMN_HEADS.get(&mark).copied();
        head.filter(|announced| begins && announced.kind == ValueKind::Date)
    };
    CAPTIONS.get(&mark).copied().or_else(of_date)
}

/// The mark that a number is glued to, with what is before it: `n°562044387`, `Nr.4711`, `č.FV5040011231`,
/// `number:42`.
fn glued_mark(text: &str) -> Option<&str> {
    const MARKS: [char; 5] = ['°', 'º', '.', ':', '#'];
    /// Behind more letters only a colon or `#` is a mark.
    const SHORT: usize = 3;
    let (before, _) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    let (end, mark) = before.char_indices().rev().find(|(_, c)| MARKS.contains(c))?;
    let letters = before[..end].chars().filter(|c| c.is_alphabetic()).count();
    (letters <= SHORT || matches!(mark, ':' | '#')).then_some(&text[..end + mark.len_utf8()])
}
