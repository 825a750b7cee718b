//! The typed value of an entity: which labels have one, and what it is.
//!
//! `docs/fields.md` says for users what each label's value means. The text of the entity is never
//! touched; what is mended is mended in the value alone.

use super::access_key::number_of_key;
use super::amount::{parse_amount, parse_quantity};
use super::context::ValueContext;
use super::currency;
use super::date::{is_written_date, parse_date};
use super::lookalike::mend_identifier;
use crate::document::{Entity, Value};

/// What a label's text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    Amount,
    Date,
    /// How many, or how much of it.
    Quantity,
    /// A number that names something, such as an invoice's.
    Identifier,
    Currency,
    /// Nothing but text.
    Text,
}

impl ValueKind {
    /// From a label's name, lower case. Beside the labels of the default model those of CORD, of ad
    /// buys and of models from elsewhere: what ends in `date` is a date, in `price` a sum.
    pub fn of_label(label: &str) -> Self {
        let last = label.rsplit(['.', ' ']).next().unwrap_or(label);
        const DATES: [&str; 4] = ["date", "flight_from", "flight_to", "due"];
        const AMOUNTS: [&str; 12] = [
            "total", "subtotal", "tax", "vat", "amount", "price", "cash", "change", "discount",
            "balance", "tip", "gross",
        ];
        const QUANTITIES: [&str; 5] = ["quantity", "qty", "cnt", "count", "num_items"];
        const IDENTIFIERS: [&str; 6] = [
            "invoice_number",
            "number",
            "order_number",
            "receipt_number",
            "invoice_id",
            "po_number",
        ];
        let ends = |names: &[&str]| {
            names.iter().any(|name| {
                last == *name || last.strip_suffix(name).is_some_and(|rest| rest.ends_with('_'))
            })
        };
        if ends(&QUANTITIES) {
            Self::Quantity
        } else if last == "currency" {
            Self::Currency
        } else if ends(&IDENTIFIERS) {
            Self::Identifier
        } else if ends(&DATES) {
            Self::Date
        } else if ends(&AMOUNTS) || last.ends_with("price") {
            Self::Amount
        } else {
            Self::Text
        }
    }
}

/// Reads an entity's text as its label demands; `None` where the label is plain text or the text
/// can't be understood.
pub fn typed_value(label: &str, text: &str, context: &ValueContext) -> Option<Value> {
    match ValueKind::of_label(label) {
        ValueKind::Amount if is_written_date(text) => None,
        ValueKind::Amount => {
            let money = parse_amount(text, context.numbers())?;
            Some(Value::Amount { amount: money.amount, currency: money.currency })
        }
        ValueKind::Date => {
            let date = parse_date(text, context.order)?;
            Some(Value::Date { date: date.format("%Y-%m-%d").to_string() })
        }
        ValueKind::Quantity => parse_quantity(text, context.numbers()).map(as_text),
        ValueKind::Identifier => identifier(text, context.as_written).map(as_text),
        ValueKind::Currency => {
            let characters: Vec<char> = text.trim().chars().collect();
            let mark = *currency::marks(&characters).first()?;
            mark.code(context.currency, context.american).map(|code| as_text(code.to_string()))
        }
        ValueKind::Text => None,
    }
}

/// A value as one string, the text where there is none.
pub fn plain(value: Option<&Value>, text: &str) -> String {
    match value {
        Some(Value::Amount { amount, .. }) => amount.clone(),
        Some(Value::Date { date }) => date.clone(),
        Some(Value::Text { text }) => text.clone(),
        None => text.to_string(),
    }
}

/// Gives every entity its typed value.
pub fn add_values(entities: &mut [Entity], context: &ValueContext) {
    for entity in entities {
        entity.value = typed_value(&entity.label, &entity.text, context);
    }
}

fn as_text(text: String) -> Value {
    Value::Text { text }
}

/// `wydr.427130` without the word that it is glued to.
fn number_alone(text: &str) -> &str {
    const FEWEST_LETTERS: usize = 2;
    let Some((word, number)) = text.split_once('.') else { return text };
    let is_word = word.chars().count() >= FEWEST_LETTERS && word.chars().all(char::is_lowercase);
    if is_word && number.starts_with(|c: char| c.is_ascii_digit()) { number } else { text }
}

/// An identifier without its caption, and look-alikes of figures mended but where words are as written: `Invoice
/// No.: INV-2018/5` → `INV-2018/5`. Captions have no
/// digits and end at a colon or `#`, or are words that mean number.
fn identifier(text: &str, as_written: bool) -> Option<String> {
    if let Some(number) = number_of_key(text) {
        return Some(number);
    }
    const CAPTIONS: [&str; 14] = [
        "no", "nr", "n°", "nº", "num", "number", "nummer", "invoice", "receipt", "rechnung",
        "facture", "factura", "order", "bill",
    ];
    let edge = |c: char| c.is_whitespace() || ":#.,;=*".contains(c);
    let mut rest = number_alone(text.trim_matches(edge));
    if let Some((before, after)) = rest.rsplit_once([':', '#'])
        && !before.chars().any(|c| c.is_ascii_digit())
        && after.chars().any(char::is_alphanumeric)
    {
        rest = after.trim_matches(edge);
    }
    while let Some((first, others)) = rest.split_once(char::is_whitespace) {
        let word: String = first.trim_matches(edge).to_lowercase();
        if !word.is_empty() && !CAPTIONS.contains(&word.as_str()) {
            break;
        }
        rest = others.trim_matches(edge);
    }
    // Glued on: `n°562044387`, `č.FV5040011231`.
    let marks = ["n°", "nº", "N°", "Nº", "№", "č.", "Č.", "Nr.", "nr.", "No.", "no."];
    rest = marks.iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest).trim_matches(edge);
    let joined = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    // `083 -72561`, `EU-2025- 00142`: a dash with a space on one side joins.
    let joined = joined.replace(" - ", "\u{a0}-\u{a0}").replace("- ", "-").replace(" -", "-");
    let joined = joined.replace('\u{a0}', " ");
    let mended = if as_written { joined } else { mend_identifier(&joined) };
    mended.chars().any(char::is_alphanumeric).then_some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_the_kind_of_their_value() {
        let cases = [
            ("total", ValueKind::Amount),
            ("subtotal", ValueKind::Amount),
            ("tax", ValueKind::Amount),
            ("unit_price", ValueKind::Amount),
            ("menu.unitprice", ValueKind::Amount),
            ("total.total_price", ValueKind::Amount),
            ("menu.cnt", ValueKind::Quantity),
            ("total.menuqty_cnt", ValueKind::Quantity),
            ("quantity", ValueKind::Quantity),
            ("date", ValueKind::Date),
            ("due_date", ValueKind::Date),
            ("flight_from", ValueKind::Date),
            ("invoice_number", ValueKind::Identifier),
            ("currency", ValueKind::Currency),
            ("company", ValueKind::Text),
            ("address", ValueKind::Text),
            ("question", ValueKind::Text),
            ("menu.nm", ValueKind::Text),
        ];
        for (label, kind) in cases {
            assert_eq!(ValueKind::of_label(label), kind, "{label}");
        }
    }

    #[test]
    fn values_are_read_as_the_label_demands() {
        let context = ValueContext::default();
        let value = |label: &str, text: &str| {
            typed_value(label, text, &context).map(|v| serde_json::to_string(&v).expect("plain"))
        };
        let cases = [
            ("total", "RM 23.6O", Some(r#"{"amount":"23.60","currency":"MYR"}"#)),
            ("date", "l2 MAR 2018 10:30", Some(r#"{"date":"2018-03-12"}"#)),
            ("quantity", "x 2", Some(r#"{"text":"2"}"#)),
            ("invoice_number", "Invoice No: INV-2O18/5", Some(r#"{"text":"INV-2018/5"}"#)),
            ("invoice_number", "# 1615119-1", Some(r#"{"text":"1615119-1"}"#)),
            ("invoice_number", "No. 4711", Some(r#"{"text":"4711"}"#)),
            ("invoice_number", "n°562044387", Some(r#"{"text":"562044387"}"#)),
            ("invoice_number", "č.FV5040011231", Some(r#"{"text":"FV5040011231"}"#)),
            ("invoice_number", "TV0179777", Some(r#"{"text":"TV0179777"}"#)),
            ("currency", "RM", Some(r#"{"text":"MYR"}"#)),
            ("company", "ACME SDN BHD", None),
            ("total", "CASH", None),
        ];
        for (label, text, expected) in cases {
            assert_eq!(value(label, text).as_deref(), expected, "{label}: {text}");
        }
    }
}
