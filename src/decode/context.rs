//! What a whole document says about its numbers: the order of day and month, the currency, the
//! decimal separator.
//!
//! A date such as `03/04/2018` or a sum such as `$ 8.20` can't be understood alone; the other dates
//! and sums of the document, and words that betray its country, can settle it.

use super::amount::{NumberContext, decimal_evidence};
use super::currency;
use super::date::{DateOrder, order_evidence};
use crate::document::Word;

/// What was gathered; the default knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueContext {
    pub order: Option<DateOrder>,
    /// ISO 4217.
    pub currency: Option<&'static str>,
    pub decimal: Option<char>,
}

impl ValueContext {
    /// From all the words of a document.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a Word>) -> Self {
        let texts: Vec<&str> = words.into_iter().map(|word| word.text.as_str()).collect();
        Self::of_text(&texts.join(" "))
    }

    /// From running text.
    pub fn of_text(text: &str) -> Self {
        let country = country_of(text);
        let currency = marked_currency(text, country).or(country.map(|c| c.currency));
        let order =
            most_frequent(order_evidence(text)).or(country.map(|c| c.order)).or_else(|| {
                // Of the countries with these currencies one alone writes the month first.
                currency.map(|code| match code {
                    "USD" => DateOrder::MonthDayYear,
                    _ => DateOrder::DayMonthYear,
                })
            });
        let decimal = most_frequent(text.split_whitespace().filter_map(decimal_evidence).collect());
        Self { order, currency, decimal: decimal.or(country.map(|c| c.decimal)) }
    }

    /// The part that numbers need.
    pub fn numbers(&self) -> NumberContext<'_> {
        NumberContext { currency: self.currency, decimal: self.decimal }
    }
}

/// The currency whose sign or code stands most often; signs of several count as the country's, or
/// as one that is named elsewhere.
fn marked_currency(text: &str, country: Option<&Country>) -> Option<&'static str> {
    let characters: Vec<char> = text.chars().collect();
    let mut marks = currency::marks(&characters);
    // Letters count beside a number alone: `SDN BHD` is a company, no dinar of Bahrain.
    marks.retain(|mark| {
        let around =
            characters[mark.start.saturating_sub(2)..].iter().take(mark.end - mark.start + 4);
        !characters[mark.start].is_alphabetic() || around.into_iter().any(char::is_ascii_digit)
    });
    let certain = most_frequent(
        marks.iter().filter(|mark| mark.is_certain()).filter_map(|mark| mark.code(None)).collect(),
    );
    let hint = certain.or(country.map(|c| c.currency));
    most_frequent(marks.iter().filter_map(|mark| mark.code(hint)).collect())
}

/// The value that occurs most often, the first of equals.
fn most_frequent<T: PartialEq + Copy>(values: Vec<T>) -> Option<T> {
    let count = |value: &T| values.iter().filter(|v| *v == value).count();
    let mut best: Option<(T, usize)> = None;
    for value in &values {
        let times = count(value);
        if best.is_none_or(|(_, held)| times > held) {
            best = Some((*value, times));
        }
    }
    best.map(|(value, _)| value)
}

/// Habits of a country.
#[derive(Debug, PartialEq, Eq)]
struct Country {
    currency: &'static str,
    order: DateOrder,
    decimal: char,
    /// Words that occur in its papers and hardly elsewhere: legal forms, names of taxes.
    words: &'static [&'static str],
}

#[rustfmt::skip]
const COUNTRIES: &[Country] = &[
    country("MYR", DateOrder::DayMonthYear, '.', &["BHD", "SDN", "MALAYSIA", "SST", "JALAN"]),
    country("SGD", DateOrder::DayMonthYear, '.', &["SINGAPORE", "UEN"]),
    country("IDR", DateOrder::DayMonthYear, ',', &["NPWP", "PB1", "TUNAI", "KEMBALI", "INDONESIA"]),
    country("INR", DateOrder::DayMonthYear, '.', &["GSTIN", "CGST", "SGST", "INDIA"]),
    country("GBP", DateOrder::DayMonthYear, '.', &["LONDON", "PLC", "ENGLAND"]),
    country("AUD", DateOrder::DayMonthYear, '.', &["ABN", "AUSTRALIA", "NSW"]),
    country("EUR", DateOrder::DayMonthYear, ',', &["GMBH", "UST", "MWST", "USTIDNR", "SARL", "TVA",
        "BTW", "KVK", "IVA", "SRL", "DEUTSCHLAND", "FRANCE", "ITALIA", "ESPAÑA", "NEDERLAND", "ALV"]),
    country("CHF", DateOrder::DayMonthYear, '.', &["SCHWEIZ", "SUISSE", "SVIZZERA", "ZÜRICH"]),
    country("SEK", DateOrder::YearMonthDay, ',', &["MOMS", "ORGNR", "SVERIGE", "BANKGIRO"]),
    country("NOK", DateOrder::DayMonthYear, ',', &["MVA", "NORGE", "KONTONUMMER"]),
    country("DKK", DateOrder::DayMonthYear, ',', &["CVR", "DANMARK"]),
    country("PLN", DateOrder::DayMonthYear, ',', &["NIP", "POLSKA", "PARAGON"]),
    country("CZK", DateOrder::DayMonthYear, ',', &["DIČ", "IČO", "DPH", "PRAHA"]),
    country("HUF", DateOrder::YearMonthDay, ',', &["ADÓSZÁM", "ÁFA", "BUDAPEST"]),
    country("BRL", DateOrder::DayMonthYear, ',', &["CNPJ", "BRASIL", "LTDA"]),
    country("USD", DateOrder::MonthDayYear, '.', &["USA", "LLC", "INC"]),
];

const fn country(
    currency: &'static str,
    order: DateOrder,
    decimal: char,
    words: &'static [&'static str],
) -> Country {
    Country { currency, order, decimal, words }
}

/// The country whose words stand most often in a text, if one leads.
fn country_of(text: &str) -> Option<&'static Country> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase())
        .collect();
    let count = |country: &Country| {
        words.iter().filter(|word| country.words.contains(&word.as_str())).count()
            + if country.currency == "USD" { american_places(&words) } else { 0 }
    };
    let mut scores: Vec<(usize, &Country)> =
        COUNTRIES.iter().map(|country| (count(country), country)).collect();
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    match scores[..] {
        [(first, country), (second, _), ..] if first > second => Some(country),
        _ => None,
    }
}

/// How often a state's letters stand before a ZIP code: `CA 94105`, `TX 75201-1234`.
fn american_places(words: &[String]) -> usize {
    const STATES: &str = " AL AK AZ AR CA CO CT DC DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN \
        MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY ";
    let state = |word: &str| word.len() == 2 && STATES.contains(&format!(" {word} "));
    let zip = |word: &str| matches!(word.len(), 5 | 9) && word.bytes().all(|b| b.is_ascii_digit());
    words.windows(2).filter(|pair| state(&pair[0]) && zip(&pair[1])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_tells_its_order_currency_and_decimals() {
        use DateOrder::{DayMonthYear, MonthDayYear};
        let cases = [
            ("ACME SDN. BHD. 03/04/2018 TOTAL 23.60", Some(DayMonthYear), Some("MYR"), Some('.')),
            ("Date 12/25/18 Total $14.00", Some(MonthDayYear), Some("USD"), Some('.')),
            ("Date 25/12/18 Total $14.00", Some(DayMonthYear), Some("USD"), Some('.')),
            ("Springfield, IL 62704 03/04/18", Some(MonthDayYear), Some("USD"), Some('.')),
            ("Muster GmbH 19 % MwSt. 1.234,56", Some(DayMonthYear), Some("EUR"), Some(',')),
            ("Pte Ltd Singapore $8.20", Some(DayMonthYear), Some("SGD"), Some('.')),
            ("100 kr moms 25 %", Some(DateOrder::YearMonthDay), Some("SEK"), Some(',')),
            ("S$ 4.00 and $ 5.00", Some(DayMonthYear), Some("SGD"), Some('.')),
            ("hello", None, None, None),
        ];
        for (text, order, currency, decimal) in cases {
            let context = ValueContext::of_text(text);
            assert_eq!(context, ValueContext { order, currency, decimal }, "{text}");
        }
    }
}
