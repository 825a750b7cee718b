//! Signs and names of currencies → ISO 4217 codes.
//!
//! `$`, `kr`, `¥` and `Rs` belong to several; the caller says what else the document shows, and
//! without that the most used one is taken for `$`, `¥` and `Rs`, none for `kr`.

/// Signs and names as printed, with the codes they may stand for, the most used first. An empty
/// list of letters around is demanded of those that are letters. Longer ones come before their
/// beginnings.
const MARKS: &[(&str, &[&str])] = &[
    ("US$", &["USD"]),
    ("USS", &["USD"]),
    ("CA$", &["CAD"]),
    ("CDN$", &["CAD"]),
    ("AU$", &["AUD"]),
    ("NZ$", &["NZD"]),
    ("HK$", &["HKD"]),
    ("NT$", &["TWD"]),
    ("SG$", &["SGD"]),
    ("MX$", &["MXN"]),
    ("RD$", &["DOP"]),
    ("S$", &["SGD"]),
    ("A$", &["AUD"]),
    ("C$", &["CAD"]),
    ("R$", &["BRL"]),
    ("$", DOLLARS),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("¥", &["JPY", "CNY"]),
    ("₹", &["INR"]),
    ("₩", &["KRW"]),
    ("₫", &["VND"]),
    ("₱", &["PHP"]),
    ("฿", &["THB"]),
    ("₺", &["TRY"]),
    ("₽", &["RUB"]),
    ("₴", &["UAH"]),
    ("₪", &["ILS"]),
    ("₦", &["NGN"]),
    ("₡", &["CRC"]),
    ("zł", &["PLN"]),
    ("zl", &["PLN"]),
    ("Kč", &["CZK"]),
    ("Kc", &["CZK"]),
    ("Kčs", &["CZK"]),
    ("Ft", &["HUF"]),
    ("lei", &["RON"]),
    ("лв", &["BGN"]),
    ("руб", &["RUB"]),
    ("TL", &["TRY"]),
    ("kr", KRONOR),
    ("Kr", KRONOR),
    ("KR", KRONOR),
    ("RM", &["MYR"]),
    ("Rm", &["MYR"]),
    ("Rp", &["IDR"]),
    ("RP", &["IDR"]),
    ("Rs", RUPEES),
    ("RS", RUPEES),
    ("Php", &["PHP"]),
    ("RMB", &["CNY"]),
    ("Fr", FRANCS),
    ("SFr", &["CHF"]),
    ("sFr", &["CHF"]),
    ("EURO", &["EUR"]),
    ("Euro", &["EUR"]),
    ("euro", &["EUR"]),
    ("euros", &["EUR"]),
    ("Dhs", &["AED", "MAD"]),
    ("KSh", &["KES"]),
    ("Ksh", &["KES"]),
    ("₲", &["PYG"]),
    ("S/", &["PEN"]),
];

const DOLLARS: &[&str] =
    &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "CLP", "COP", "ARS", "MYR"];
/// `R$` is read so as well.
const RUPEES: &[&str] = &["INR", "PKR", "LKR", "NPR", "BRL"];
const KRONOR: &[&str] = &["", "SEK", "NOK", "DKK", "ISK"];
const FRANCS: &[&str] = &["CHF", "XAF", "XOF"];

/// Codes that are printed as such; those that are words or parts of machines (`ALL`, `TOP`, `AMD`, `KGS`) are left out.
const CODES: &[&str] = &[
    "AED", "AFN", "AOA", "ARS", "AUD", "AWG", "AZN", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD",
    "BND", "BRL", "BSD", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
    "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR", "ILS",
    "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KHR", "KMF", "KRW", "KWD", "KYD",
    "KZT", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MRU",
    "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PEN",
    "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SDG",
    "SEK", "SGD", "SHP", "SLE", "SRD", "SSP", "STN", "SYP", "SZL", "THB", "TJS", "TMT", "TND",
    "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV", "WST",
    "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW",
];

/// Currencies whose sums have no decimals in print.
const WITHOUT_DECIMALS: &[&str] = &["CLP", "IDR", "ISK", "JPY", "KRW", "VND", "XAF", "XOF"];
/// Currencies with three.
const WITH_THREE: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];

/// Decimals that a sum in this currency is printed with.
pub fn decimals(code: &str) -> usize {
    if WITHOUT_DECIMALS.contains(&code) {
        0
    } else if WITH_THREE.contains(&code) {
        3
    } else {
        2
    }
}

/// Currencies whose smallest coins are gone, so that what is to pay may be rounded to a whole one.
const ROUNDED_TO_WHOLE: &[&str] =
    &["CZK", "DKK", "HUF", "IDR", "INR", "ISK", "NOK", "NPR", "PKR", "SEK"];

/// Whether what is to pay in this currency may be rounded to a whole unit of it.
pub fn is_rounded_to_whole(code: &str) -> bool {
    ROUNDED_TO_WHOLE.contains(&code)
}

/// A currency found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands, in characters: first, and one past the last.
    pub start: usize,
    pub end: usize,
    /// What it may mean, the most used first; an empty code first where no one is.
    pub codes: &'static [&'static str],
}

impl Mark {
    /// The one code it means, given the one that the document speaks of elsewhere. `$` alone is the
    /// US dollar only where the document may be American.
    pub fn code(self, document: Option<&str>, american: bool) -> Option<&'static str> {
        let held = document.and_then(|code| self.codes.iter().find(|c| **c == code));
        let usual = self.codes.first().filter(|_| american || self.codes != DOLLARS);
        held.or(usual).copied().filter(|code| !code.is_empty())
    }

    /// Whether it says which currency it is without further help.
    pub fn is_certain(self) -> bool {
        self.codes.len() == 1
    }
}

/// Whether a text has a sign of money that no number of a paper has.
pub fn has_money_sign(text: &str) -> bool {
    text.contains(['£', '$', '€'])
}

/// Every currency mark of a text, from left to right.
pub fn marks(text: &[char]) -> Vec<Mark> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match mark_at(text, at) {
            Some(mark) => {
                at = mark.end;
                found.push(mark);
            }
            None => at += 1,
        }
    }
    found
}

/// The longest mark that starts here.
fn mark_at(text: &[char], start: usize) -> Option<Mark> {
    let signs = MARKS.iter().map(|(sign, codes)| (*sign, *codes));
    let names = CODES.iter().map(|code| (*code, std::slice::from_ref(code)));
    signs
        .chain(names)
        .filter(|(sign, _)| stands_at(text, start, sign))
        .max_by_key(|(sign, _)| sign.len())
        .map(|(sign, codes)| Mark { start, end: start + sign.chars().count(), codes })
}

/// Whether a sign stands here with no letter of another word at either end.
fn stands_at(text: &[char], start: usize, sign: &str) -> bool {
    let mut end = start;
    for c in sign.chars() {
        if text.get(end) != Some(&c) {
            return false;
        }
        end += 1;
    }
    let letter =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphabetic());
    let first = sign.starts_with(char::is_alphabetic) && letter(start.checked_sub(1));
    let last = sign.ends_with(char::is_alphabetic) && letter(Some(end));
    !first && !last && !is_something_else(text, start, end, sign)
}

/// Marks that are often something else and count in certain company only.
fn is_something_else(text: &[char], start: usize, end: usize, sign: &str) -> bool {
    let digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let cents =
        |at: usize| matches!(text.get(at), Some('.' | ',')) && digit(at + 1) && digit(at + 2);
    match sign {
        // `US$` misread.
        "USS" => !digit(end),
        // `S/B`, `S/N 12` and `S/5` are no soles, `S/5.00` is.
        "S/" => !(end..end + 8).any(cents),
        // `TL` is the total on many receipts; Turkish sums have it behind.
        "TL" => !(start.saturating_sub(4)..start).any(cents),
        // The legal form of Malaysia's companies.
        "BHD" => {
            let before: String = text[start.saturating_sub(5)..start].iter().collect();
            before.to_uppercase().contains("SDN")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str, document: Option<&str>) -> Option<&'static str> {
        let characters: Vec<char> = text.chars().collect();
        marks(&characters).first().and_then(|mark| mark.code(document, true))
    }

    #[test]
    fn signs_and_codes_are_known() {
        let cases = [
            ("RM23.60", "MYR"),
            ("$5", "USD"),
            ("US$ 5", "USD"),
            ("USS5", "USD"),
            ("S$5", "SGD"),
            ("A$5", "AUD"),
            ("5 €", "EUR"),
            ("EUR 5", "EUR"),
            ("5EUR", "EUR"),
            ("£5", "GBP"),
            ("¥500", "JPY"),
            ("₹5", "INR"),
            ("Rs. 5", "INR"),
            ("5 zł", "PLN"),
            ("5 Kč", "CZK"),
            ("CHF 5.00", "CHF"),
            ("Fr. 5.00", "CHF"),
            ("Rp 60.000", "IDR"),
            ("5 Ft", "HUF"),
            ("R$ 5,00", "BRL"),
            ("5 lei", "RON"),
            ("NT$100", "TWD"),
            ("HK$5", "HKD"),
        ];
        for (text, expected) in cases {
            assert_eq!(code(text, None), Some(expected), "{text}");
        }
    }

    #[test]
    fn shared_signs_follow_the_document() {
        assert_eq!(code("$5", Some("SGD")), Some("SGD"));
        assert_eq!(code("$5", Some("EUR")), Some("USD"));
        assert_eq!(code("5 kr", Some("NOK")), Some("NOK"));
        assert_eq!(code("5 kr", None), None);
        assert_eq!(code("¥5", Some("CNY")), Some("CNY"));
    }

    #[test]
    fn a_dollar_of_an_unknown_country_has_no_code() {
        let mark = marks(&['$', '5'])[0];
        assert_eq!(mark.code(None, false), None);
        assert_eq!(mark.code(Some("SGD"), false), Some("SGD"));
        assert_eq!(marks(&['U', 'S', '$', '5'])[0].code(None, false), Some("USD"));
    }

    #[test]
    fn marks_that_are_often_something_else_need_company() {
        let cases = [
            ("S/B 5", None),
            ("S/N 5", None),
            ("S/5.00", Some("PEN")),
            ("S/ 1,250.00", Some("PEN")),
            ("TL 5", None),
            ("5 TL", None),
            ("5,00 TL", Some("TRY")),
            ("5,00TL", Some("TRY")),
            ("ACME SDN BHD 5", None),
            ("BHD 5.000", Some("BHD")),
            ("USS", None),
        ];
        for (text, expected) in cases {
            assert_eq!(code(text, None), expected, "{text}");
        }
    }

    #[test]
    fn letters_of_words_are_no_currency() {
        for text in ["FORM 5", "TOTAL", "karma", "Front", "krone5", "ARMS", "leis 5", "EUROPE"] {
            assert_eq!(code(text, None), None, "{text}");
        }
    }
}
