//! What a whole document says about its numbers: the order of day and month, the currency, the
//! decimal separator.
//!
//! A date such as `03/04/2018` or a sum such as `$ 8.20` can't be understood alone; the other dates
//! and sums of the document, and words that betray its country, can settle it.

use super::amount::{NumberContext, decimal_evidence, misread_sign};
use super::currency;
use super::date::DateOrder::{self, DayMonthYear, MonthDayYear, YearMonthDay};
use super::date::order_evidence;
use crate::document::{Page, Word, WordSource};

/// What was gathered; the default knows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueContext {
    pub order: Option<DateOrder>,
    /// ISO 4217.
    pub currency: Option<&'static str>,
    pub decimal: Option<char>,
    /// Whether nothing speaks against the document being American.
    pub american: bool,
    /// The figure that the sign of money behind sums was read as ([`misread_sign`]).
    pub sign_read_as: Option<char>,
    /// Whether the words are the page's own text, in which no letter is misread.
    pub as_written: bool,
}

impl Default for ValueContext {
    fn default() -> Self {
        Self {
            order: None,
            currency: None,
            decimal: None,
            american: true,
            sign_read_as: None,
            as_written: false,
        }
    }
}

impl ValueContext {
    /// From all the words of a document.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a Word>) -> Self {
        let texts: Vec<&str> = words.into_iter().map(|word| word.text.as_str()).collect();
        Self::of_text(&texts.join(" "))
    }

    /// From all the words of a page.
    pub fn of_page(page: &Page) -> Self {
        let as_written = page.source != WordSource::Ocr;
        let context = Self::of_words(&page.words);
        let sign_read_as = context.sign_read_as.filter(|_| !as_written);
        Self { as_written, sign_read_as, ..context }
    }

    /// From running text.
    pub fn of_text(text: &str) -> Self {
        let country = Country::of_text(text);
        let language = Language::of_text(text);
        let habits =
            country.map(|(c, _)| (c.order, c.decimal)).or(language.map(|l| (l.order, l.decimal)));
        let evidence = most_frequent(order_evidence(text));
        let abroad = habits.is_some_and(|(order, _)| order != MonthDayYear);
        let american = !abroad && !matches!(evidence, Some(DayMonthYear));
        let currency = currency_of(text, country, american);
        let order = evidence.or(habits.map(|(order, _)| order)).or_else(|| {
            // Of the countries with these currencies one alone writes the month first.
            currency.map(|code| match code {
                "USD" => MonthDayYear,
                _ => DayMonthYear,
            })
        });
        let decimal = most_frequent(text.split_whitespace().filter_map(decimal_evidence).collect());
        let decimal = decimal.or(habits.map(|(_, decimal)| decimal));
        let sign_read_as = misread_sign(text);
        Self { order, currency, decimal, american, sign_read_as, as_written: false }
    }

    /// The part that numbers need.
    pub fn numbers(&self) -> NumberContext<'_> {
        NumberContext {
            currency: self.currency,
            decimal: self.decimal,
            american: self.american,
            sign_read_as: self.sign_read_as,
        }
    }
}

/// The currency whose sign or code stands most often beside a number; signs of several count as the
/// country's, or as one that is named elsewhere. The country's own words count, too: one sign alone
/// may be a speck.
fn currency_of(
    text: &str,
    country: Option<(&Country, usize)>,
    american: bool,
) -> Option<&'static str> {
    let characters: Vec<char> = text.chars().collect();
    let mut marks = currency::marks(&characters);
    marks.retain(|mark| {
        let around = characters[mark.start.saturating_sub(2)..].iter();
        around.take(mark.end - mark.start + 4).any(char::is_ascii_digit)
    });
    let certain = marks.iter().filter(|mark| mark.is_certain());
    let certain = most_frequent(certain.filter_map(|mark| mark.code(None, american)).collect());
    let hint = certain.or(country.map(|(country, _)| country.currency));
    let mut votes: Vec<&str> = marks.iter().filter_map(|mark| mark.code(hint, american)).collect();
    if let Some((country, words)) = country {
        votes.extend(std::iter::repeat_n(country.currency, words.min(MOST_COUNTRY_VOTES)));
    }
    most_frequent(votes)
}

/// A company bills abroad, too: more signs than these outvote its country.
const MOST_COUNTRY_VOTES: usize = 2;

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

/// Habits of a country, and words that occur in its papers and hardly elsewhere: legal forms, names
/// of taxes, places.
#[derive(Debug, PartialEq, Eq)]
struct Country {
    currency: &'static str,
    order: DateOrder,
    decimal: char,
    words: &'static str,
}

#[rustfmt::skip]
const COUNTRIES: &[Country] = &[
    country("MYR", DayMonthYear, '.', " BHD SDN MALAYSIA SST JALAN JLN SELANGOR JOHOR "),
    country("SGD", DayMonthYear, '.', " SINGAPORE UEN "),
    country("IDR", DayMonthYear, ',', " NPWP PB1 PPN PAJAK KEMBALI KEMBALIAN INDONESIA JAKARTA "),
    country("INR", DayMonthYear, '.', " GSTIN CGST SGST INDIA PVT FSSAI DELHI MUMBAI BANGALORE BENGALURU \
        CHENNAI KOLKATA HYDERABAD PUNE GURGAON GURUGRAM NOIDA "),
    country("PKR", DayMonthYear, '.', " PAKISTAN KARACHI LAHORE ISLAMABAD NTN STRN "),
    country("NPR", DayMonthYear, '.', " NEPAL KATHMANDU LALITPUR "),
    country("LKR", DayMonthYear, '.', " LANKA COLOMBO "),
    country("AED", DayMonthYear, '.', " UAE EMIRATES DUBAI DHABI SHARJAH "),
    country("TND", DayMonthYear, ',', " TUNISIE TUNISIA TUNIS SFAX SOUSSE ARIANA MATRICULE MILLIME MILLIMES TND "),
    country("MAD", DayMonthYear, ',', " MAROC MOROCCO CASABLANCA MARRAKECH TANGER DIRHAMS "),
    country("DZD", DayMonthYear, ',', " ALGÉRIE ALGERIE ALGER ORAN DZD "),
    country("KWD", DayMonthYear, '.', " KUWAIT KWD "),
    country("BHD", DayMonthYear, '.', " BAHRAIN MANAMA "),
    country("OMR", DayMonthYear, '.', " OMAN MUSCAT OMR "),
    country("JOD", DayMonthYear, '.', " JORDAN AMMAN JOD "),
    country("SAR", DayMonthYear, '.', " SAUDI RIYADH JEDDAH SAR "),
    country("EGP", DayMonthYear, '.', " EGYPT CAIRO EGP "),
    country("KES", DayMonthYear, '.', " KENYA NAIROBI MPESA "),
    country("UGX", DayMonthYear, '.', " UGANDA KAMPALA UGX "),
    country("TZS", DayMonthYear, '.', " TANZANIA DAR SALAAM TZS "),
    country("GHS", DayMonthYear, '.', " GHANA ACCRA GHS "),
    country("XOF", DayMonthYear, ',', " SÉNÉGAL SENEGAL DAKAR ABIDJAN BAMAKO FCFA XOF "),
    country("NGN", DayMonthYear, '.', " NIGERIA LAGOS ABUJA "),
    country("ZAR", DayMonthYear, '.', " JOHANNESBURG PRETORIA DURBAN GAUTENG "),
    country("NZD", DayMonthYear, '.', " NZBN ZEALAND AUCKLAND WELLINGTON "),
    country("PHP", MonthDayYear, '.', " PHILIPPINES MANILA MAKATI QUEZON VATABLE "),
    country("CAD", MonthDayYear, '.', " CANADA HST ONTARIO TORONTO VANCOUVER "),
    country("MXN", DayMonthYear, '.', " RFC CFDI MÉXICO CDMX "),
    country("PEN", DayMonthYear, '.', " IGV SUNAT PERÚ "),
    country("ARS", DayMonthYear, ',', " CUIT IIBB AFIP ARGENTINA "),
    country("COP", DayMonthYear, ',', " NIT DIAN COLOMBIA BOGOTÁ "),
    country("USD", DayMonthYear, '.', " SALVADOR DTE NRC "),
    country("CLP", DayMonthYear, ',', " RUT CHILE SANTIAGO "),
    country("GBP", DayMonthYear, '.', " LONDON PLC ENGLAND "),
    country("EUR", DayMonthYear, '.', " IRELAND DUBLIN EIRCODE "),
    country("AUD", DayMonthYear, '.', " ABN AUSTRALIA NSW "),
    country("EUR", DayMonthYear, ',', " GMBH UST USTIDNR SARL SIREN SIRET KVK SRL DEUTSCHLAND FRANCE \
        ITALIA ESPAÑA NEDERLAND ÖSTERREICH PORTUGAL ALV OYJ SUOMI DDV SLOVENIJA OIB HRVATSKA \
        SLOVENSKO OÜ EESTI SIA PVN LATVIJA "),
    country("EUR", YearMonthDay, ',', " UAB PVM LIETUVA "),
    country("RON", DayMonthYear, ',', " ROMÂNIA ROMANIA CUI LEI RON "),
    country("TRY", DayMonthYear, ',', " KDV TOPKDV VKN TÜRKİYE ŞTİ "),
    country("CHF", DayMonthYear, '.', " SCHWEIZ SUISSE SVIZZERA ZÜRICH BASEL GENÈVE "),
    country("SEK", YearMonthDay, ',', " ORGNR SVERIGE BANKGIRO FAKTURADATUM FÖRFALLODAG FÖRFALLODATUM BELOPP MOMSREGNR "),
    country("NOK", DayMonthYear, ',', " MVA NORGE KONTONUMMER BELØP FORFALLSDATO "),
    country("DKK", DayMonthYear, ',', " CVR DANMARK BELØB FORFALDSDATO BETALINGSKORT UDGØR MOMSNR "),
    country("PLN", DayMonthYear, ',', " NIP POLSKA PARAGON PTU NABYWCA "),
    country("CZK", DayMonthYear, ',', " DIČ IČO DPH PRAHA "),
    country("HUF", YearMonthDay, ',', " ADÓSZÁM ÁFA BUDAPEST "),
    country("BRL", DayMonthYear, ',', " CNPJ BRASIL LTDA CUPOM DINHEIRO "),
    country("USD", MonthDayYear, '.', " USA LLC "),
];

const fn country(
    currency: &'static str,
    order: DateOrder,
    decimal: char,
    words: &'static str,
) -> Country {
    Country { currency, order, decimal, words }
}

impl Country {
    /// The country whose words stand most often in a text, if one leads, and how often.
    fn of_text(text: &str) -> Option<(&'static Self, usize)> {
        let words = capitals(text);
        leader(COUNTRIES, |country| {
            let places = if country.order == MonthDayYear && country.currency == "USD" {
                american_places(&words)
            } else {
                0
            };
            count(&words, country.words) + places
        })
    }
}

/// Habits of a language's countries, whichever of them it is, and words of its papers.
#[derive(Debug, PartialEq, Eq)]
struct Language {
    order: DateOrder,
    decimal: char,
    words: &'static str,
}

#[rustfmt::skip]
const LANGUAGES: &[Language] = &[
    language(DayMonthYear, ',', " RECHNUNG BETRAG DATUM SUMME MWST STEUER UNTERSCHRIFT STRASSE UND "),
    language(DayMonthYear, ',', " FACTURE MONTANT TTC TVA RUE ADRESSE POUR "),
    language(DayMonthYear, ',', " FACTURA FECHA IMPORTE IVA CALLE NÚMERO PARA "),
    language(DayMonthYear, ',', " FATTURA IMPORTO IVA TOTALE DELLA "),
    language(DayMonthYear, ',', " FATURA VALOR IVA RUA NÚMERO "),
    language(DayMonthYear, ',', " FACTUUR BEDRAG BTW DATUM STRAAT HET "),
    language(DayMonthYear, ',', " FAKTURA KWOTA SPRZEDAŻ NABYWCA RAZEM ULICA "),
    language(DayMonthYear, ',', " FAKTURA DATUM CELKEM KČ ODBĚRATEL SPLATNOST "),
    language(YearMonthDay, ',', " FAKTURA BELOPP MOMS DATUM OCH BETALA "),
    language(DayMonthYear, ',', " FAKTURA BELØP DATO BELØB MOMS "),
    language(DayMonthYear, ',', " FAKTURA FORFALLSDATO BELØP MVA KUNDENUMMER "),
    language(YearMonthDay, ',', " SZÁMLA SZÁMLASZÁM ÁFA FIZETENDŐ ÖSSZESEN KELTE HATÁRIDŐ "),
    language(DayMonthYear, ',', " FACTURĂ TVA SCADENȚEI SCADENȚĂ VALOARE FURNIZOR CUMPĂRĂTOR "),
    language(DayMonthYear, ',', " FAKTÚRA SPOLU DODÁVATEĽ ODBERATEĽ SPLATNOSTI SPLATNOSŤ SUMA "),
    language(DayMonthYear, ',', " RAČUN PDV IZNOS UKUPNO DOSPIJEĆA KUPAC "),
    language(DayMonthYear, ',', " RAČUN DDV ZNESEK SKUPAJ ZAPADLOSTI KUPEC PLAČILO "),
    language(DayMonthYear, ',', " FATURA KDV TUTAR TARİHİ TOPLAM ÖDENECEK "),
    language(DayMonthYear, ',', " LASKU ERÄPÄIVÄ YHTEENSÄ ALV PÄIVÄMÄÄRÄ SUMMA ASIAKAS "),
    language(DayMonthYear, ',', " ARVE KUUPÄEV KÄIBEMAKS MAKSETÄHTAEG KOKKU SUMMA "),
    language(YearMonthDay, ',', " SĄSKAITA PVM MOKĖTI PIRKĖJAS PARDAVĖJAS SUMA "),
    language(DayMonthYear, ',', " RĒĶINS PVN DATUMS KOPĀ SAŅĒMĒJS SUMMA "),
    language(DayMonthYear, ',', " FAKTUR TANGGAL JUMLAH HARGA PPN TEMPO "),
];

const fn language(order: DateOrder, decimal: char, words: &'static str) -> Language {
    Language { order, decimal, words }
}

impl Language {
    fn of_text(text: &str) -> Option<&'static Self> {
        let words = capitals(text);
        // One word alone may be borrowed.
        let score = |language: &Self| count(&words, language.words).saturating_sub(1);
        leader(LANGUAGES, score).map(|(language, _)| language)
    }
}

/// The words of a text in capitals, without punctuation.
fn capitals(text: &str) -> Vec<String> {
    let letters = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let breaks = |c: char| c.is_whitespace() || "=:/".contains(c);
    text.split(breaks).map(|word| letters(word).to_uppercase()).collect()
}

fn count(words: &[String], among: &str) -> usize {
    words.iter().filter(|word| !word.is_empty() && among.contains(&format!(" {word} "))).count()
}

/// The one that scores highest, if it alone does, and its score.
fn leader<T>(all: &'static [T], score: impl Fn(&T) -> usize) -> Option<(&'static T, usize)> {
    let mut scores: Vec<(usize, &T)> = all.iter().map(|one| (score(one), one)).collect();
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    match scores[..] {
        [(first, one), (second, _), ..] if first > second => Some((one, first)),
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
        let cases = [
            ("ACME SDN. BHD. 03/04/2018 TOTAL 23.60", Some(DayMonthYear), Some("MYR"), Some('.')),
            ("ACME SDN BHD 12345 TOTAL 23.60", Some(DayMonthYear), Some("MYR"), Some('.')),
            (
                "ACME SDN BHD 03/04/2018 GST INC 6% 23.60",
                Some(DayMonthYear),
                Some("MYR"),
                Some('.'),
            ),
            ("Date 12/25/18 Total $14.00", Some(MonthDayYear), Some("USD"), Some('.')),
            // Not from the USA, so whose dollars these are is open.
            ("Date 25/12/18 Total $14.00", Some(DayMonthYear), None, Some('.')),
            ("Springfield, IL 62704 03/04/18", Some(MonthDayYear), Some("USD"), Some('.')),
            ("Muster GmbH 19 % MwSt. 1.234,56", Some(DayMonthYear), Some("EUR"), Some(',')),
            ("Rechnung Datum Betrag nach $ 15", Some(DayMonthYear), None, Some(',')),
            ("Pte Ltd Singapore $8.20", Some(DayMonthYear), Some("SGD"), Some('.')),
            ("Sverige 100 kr moms 25 %", Some(YearMonthDay), Some("SEK"), Some(',')),
            ("S$ 4.00 and $ 5.00", Some(DayMonthYear), Some("SGD"), Some('.')),
            ("SDN BHD JALAN 23.60 ¥5", Some(DayMonthYear), Some("MYR"), Some('.')),
            ("Muster GmbH $5 $6 $7 US$8", Some(DayMonthYear), Some("USD"), Some(',')),
            ("06/02/2018 Time 11.14.00 S=GST @6% RM 1", Some(DayMonthYear), Some("MYR"), None),
            (
                "Restaurants Pvt. Ltd. Delhi 03/12/2015 16.75",
                Some(DayMonthYear),
                Some("INR"),
                Some('.'),
            ),
            ("CUIT 30-1-7 IIBB $ 1.234,50", Some(DayMonthYear), Some("ARS"), Some(',')),
            ("hello", None, None, None),
        ];
        for (text, order, currency, decimal) in cases {
            let found = ValueContext::of_text(text);
            assert_eq!(
                (found.order, found.currency, found.decimal),
                (order, currency, decimal),
                "{text}"
            );
        }
    }
}
