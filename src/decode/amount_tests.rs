//! Tests of amounts: a table of forms, and every form of every sum read back.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Option<String> {
    parse_amount(text, NumberContext::default()).map(|money| match money.currency {
        Some(code) => format!("{} {code}", money.amount),
        None => money.amount,
    })
}

#[test]
fn sums_are_read_in_many_forms() {
    let cases = [
        ("23.60", "23.60"),
        ("RM23.60", "23.60 MYR"),
        ("RM 23.60", "23.60 MYR"),
        ("TOTAL RM 23.60", "23.60 MYR"),
        ("TOTAL: RM23.60", "23.60 MYR"),
        ("Total (3 items) 23.60", "23.60"),
        ("$1,234.56", "1234.56 USD"),
        ("1.234,56 €", "1234.56 EUR"),
        ("1.234.567,89 EUR", "1234567.89 EUR"),
        ("1 234,56 €", "1234.56 EUR"),
        ("1\u{202f}234,56\u{a0}€", "1234.56 EUR"),
        ("12 345 678,90 Kč", "12345678.90 CZK"),
        ("CHF 1'234.50", "1234.50 CHF"),
        ("CHF 1’234’567.50", "1234567.50 CHF"),
        ("₹1,23,456.78", "123456.78 INR"),
        ("Rs. 12,34,567", "1234567 INR"),
        ("Rp 60.000", "60000 IDR"),
        ("Rp60.000,00", "60000.00 IDR"),
        ("60.000", "60000"),
        ("60,000", "60000"),
        ("TOTAL 54,500", "54500"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        ("23,60", "23.60"),
        ("0,5", "0.5"),
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        ("KWD 1.234", "1.234 KWD"),
        ("1.234.56", "1234.56"),
        ("13,098=00", "13098.00"),
        ("5,72,500/-", "572500"),
        ("23.-", "23"),
        ("CHF 23.--", "23 CHF"),
        ("23,-", "23"),
        ("100,- kr", "100"),
        ("£5", "5 GBP"),
        ("S$12.50", "12.50 SGD"),
        ("US$ 12.50", "12.50 USD"),
        ("USD 12.50", "12.50 USD"),
        ("12.50USD", "12.50 USD"),
        ("12,50zł", "12.50 PLN"),
        (".50", "0.50"),
        ("$.50", "0.50 USD"),
        ("Change Rp.34.000", "34000 IDR"),
        ("$ .50", "0.50 USD"),
        ("007.50", "7.50"),
        ("0.00", "0.00"),
        ("23 .60", "23.60"),
        ("23. 60", "23.60"),
        ("RM 1,007 .50", "1007.50 MYR"),
        ("23..60", "23.60"),
        ("23.,60", "23.60"),
        ("2 23.60", "23.60"),
        ("PB1 144,695", "144695"),
        ("1 144,695", "144695"),
        ("Rp 0.000", "0 IDR"),
        ("2 x 3.50 = 7.00", "7.00"),
        ("GST 6% 1.42", "1.42"),
        ("1.42 6%", "1.42"),
        ("23.60 SR", "23.60"),
        ("23.60S", "23.60"),
        ("*23.60*", "23.60"),
        ("**23.60", "23.60"),
        ("Total in 2018 $ 14,725.00", "14725.00 USD"),
        ("14,725.00 No 3", "14725.00"),
        ("¥1,980", "1980 JPY"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn signs_are_read_before_behind_and_around() {
    let cases = [
        ("-5.00", "-5.00"),
        ("−5.00", "-5.00"),
        ("-$5.00", "-5.00 USD"),
        ("$-5.00", "-5.00 USD"),
        ("RM -5.00", "-5.00 MYR"),
        ("- RM 5.00", "-5.00 MYR"),
        ("($76.50)", "-76.50 USD"),
        ("(76.50)", "-76.50"),
        ("(76,50 €)", "-76.50 EUR"),
        ("1,234.5-", "-1234.5"),
        ("5.00 -", "5.00"),
        ("TOTAL - 5.00", "5.00"),
        ("-0.00", "0.00"),
        ("TOTAL (RM) 5.00", "5.00 MYR"),
        ("(incl. GST) 5.00", "5.00"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn misread_characters_are_mended() {
    let cases = [
        ("2O.5O", "20.50"),
        ("RM l2.OO", "12.00 MYR"),
        ("O.OO", "0.00"),
        ("RM5O.0O", "50.00 MYR"),
        ("1,2S0.00", "1250.00"),
        ("B.50", "8.50"),
        ("Z3.60", "23.60"),
        ("l,2OO.OO", "1200.00"),
        ("S8.20", "8.20"),
        ("I0.00", "10.00"),
        ("3.6O", "3.60"),
        ("TOTAL 9.SO", "9.50"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_sum_gives_none() {
    let cases =
        ["", "TOTAL", "RM", "SO", "IS", "BILL", "...", "--", "4111111111111111", "1.23.4.5"];
    for text in cases {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn the_document_settles_the_currency() {
    let read = |text: &str, currency: &str| {
        let context = NumberContext { currency: Some(currency), ..NumberContext::default() };
        parse_amount(text, context).and_then(|money| money.currency)
    };
    assert_eq!(read("$8.20", "SGD").as_deref(), Some("SGD"));
    assert_eq!(read("8.20", "MYR").as_deref(), Some("MYR"));
    assert_eq!(read("8,20 kr", "DKK").as_deref(), Some("DKK"));
    assert_eq!(read("8,20 €", "DKK").as_deref(), Some("EUR"));
}

#[test]
fn a_sign_that_is_read_as_a_figure_is_none_of_the_sum() {
    let page = "Menu 10,00€ Agua 2,506 Vino 8,006 Base 18,64 TOTAL 20,506";
    assert_eq!(misread_sign(page), Some('6'));
    let context = NumberContext { sign_read_as: misread_sign(page), ..NumberContext::default() };
    let amount = |text| parse_amount(text, context).map(|money| money.amount);
    for (text, expected) in [
        ("20,506", "20.50"),
        ("TOTAL 20,506", "20.50"),
        ("10,00€", "10.00"),
        ("1.120,506", "1120.50"),
    ] {
        assert_eq!(amount(text).as_deref(), Some(expected), "{text}");
    }
    for other in [
        "Menu 10,00 Agua 2,506 TOTAL 20,506",
        "Menu 10,00€ Agua 2,506",
        "Menu 10,00€ Agua 2,506 Vino 8,008",
        "Menu 10,00€ 1.250.006 2,506,006",
    ] {
        assert_eq!(misread_sign(other), None, "{other}");
    }
}

#[test]
fn three_digits_of_a_quantity_are_decimals_where_a_scale_prints_them() {
    let quantity = |text: &str, decimal: Option<char>| {
        parse_quantity(text, NumberContext { decimal, ..NumberContext::default() })
    };
    let cases = [
        ("1.250", None, "1.250"),
        ("0,455 kg", None, "0.455"),
        ("1,250", None, "1250"),
        ("1,250", Some(','), "1.250"),
        ("1.250", Some(','), "1250"),
        ("2", None, "2"),
        ("x 3", None, "3"),
        ("2X", None, "2"),
        ("2 pcs", None, "2"),
        ("l", None, ""),
        ("-1", None, "-1"),
        ("3 @ 2.50", None, "3"),
    ];
    for (text, decimal, expected) in cases {
        assert_eq!(quantity(text, decimal).unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn numbers_prove_their_decimal_separator() {
    let cases = [
        ("1.234,56", Some(',')),
        ("23.60", Some('.')),
        ("60.000", None),
        ("1,234.567", Some('.')),
        ("1.234.567", None),
        ("25.12.18", None),
        ("12", None),
    ];
    for (text, expected) in cases {
        assert_eq!(decimal_evidence(text), expected, "{text}");
    }
}

#[test]
fn the_printed_sum_is_cut_out_of_its_text() {
    let cases = [
        ("TOTAL RM 23.60", "23.60"),
        ("RM1,007.50", "1,007.50"),
        ("$8.20", "8.20"),
        ("-1.73", "-1.73"),
        ("23.60", "23.60"),
        ("43.7", "43.7"),
    ];
    for (text, expected) in cases {
        assert_eq!(printed_amount(text).as_deref(), Some(expected), "{text}");
    }
}

/// Digits in groups of three from the right, or Indian: a three, then twos.
fn grouped(digits: &str, separator: &str, indian: bool) -> String {
    let mut groups = Vec::new();
    let mut rest = digits;
    let mut size = 3;
    while rest.len() > size {
        let (left, right) = rest.split_at(rest.len() - size);
        groups.push(right);
        rest = left;
        size = if indian { 2 } else { 3 };
    }
    groups.push(rest);
    groups.reverse();
    groups.join(separator)
}

proptest! {
    #[test]
    fn every_form_of_a_sum_is_read_back(
        units in 0u64..10_000_000_000,
        cents in 0u8..100,
        locale in prop::sample::select(vec![
            (",", ".", false), (".", ",", false), (" ", ",", false), ("\u{202f}", ",", false),
            ("'", ".", false), ("’", ".", false), (",", ".", true), ("", ".", false), ("", ",", false),
        ]),
        currency in prop::sample::select(vec![
            ("", "", None), ("$", "", Some("USD")), ("RM ", "", Some("MYR")), ("RM", "", Some("MYR")),
            ("", " €", Some("EUR")), ("€", "", Some("EUR")), ("", "EUR", Some("EUR")),
            ("CHF ", "", Some("CHF")), ("", " zł", Some("PLN")), ("₹ ", "", Some("INR")),
            ("Rp ", "", Some("IDR")), ("", " Kč", Some("CZK")), ("£", "", Some("GBP")),
        ]),
        sign in prop::sample::select(vec![("", ""), ("-", ""), ("", "-"), ("(", ")")]),
        caption in prop::sample::select(vec!["", "Total: ", "GRAND TOTAL "]),
    ) {
        let (group, decimal, indian) = locale;
        let (front, back, code) = currency;
        let number = format!("{}{decimal}{cents:02}", grouped(&units.to_string(), group, indian));
        // A minus behind stands at the number itself.
        let text = if sign.1 == "-" {
            format!("{caption}{front}{number}-{back}")
        } else {
            format!("{caption}{}{front}{number}{back}{}", sign.0, sign.1)
        };
        let negative = sign != ("", "") && (units, cents) != (0, 0);
        let expected = format!("{}{units}.{cents:02}", if negative { "-" } else { "" });
        let money = parse_amount(&text, NumberContext::default());
        let got = money.as_ref().map(|m| (m.amount.as_str(), m.currency.as_deref()));
        prop_assert_eq!(got, Some((expected.as_str(), code)), "{}", text);
    }

    #[test]
    fn whole_sums_of_currencies_without_cents_are_read_back(units in 0u64..1_000_000_000) {
        for (text, code) in [
            (format!("Rp {}", grouped(&units.to_string(), ".", false)), "IDR"),
            (format!("¥{}", grouped(&units.to_string(), ",", false)), "JPY"),
        ] {
            let money = parse_amount(&text, NumberContext::default());
            let expected = Money { amount: units.to_string(), currency: Some(code.to_string()) };
            prop_assert_eq!(money, Some(expected), "{}", text);
        }
    }

    #[test]
    fn any_text_gives_a_number_or_nothing(text in "[0-9OlIS.,' ()$€%RM-]{0,24}|\\PC{0,30}") {
        let context = NumberContext::default();
        if let Some(money) = parse_amount(&text, context) {
            let digits = money.amount.strip_prefix('-').unwrap_or(&money.amount);
            let (whole, cents) = digits.split_once('.').unwrap_or((digits, "0"));
            prop_assert!(!whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()), "{text}");
            prop_assert!(!cents.is_empty() && cents.bytes().all(|b| b.is_ascii_digit()), "{text}");
            prop_assert!(whole == "0" || !whole.starts_with('0'), "{text}");
            // Reading the result again changes nothing, but for thousands printed without cents.
            if cents.len() != 3 {
                let again = parse_amount(&money.amount, context).map(|m| m.amount);
                prop_assert_eq!(again, Some(money.amount));
            }
        }
        parse_quantity(&text, context);
        printed_amount(&text);
        decimal_evidence(&text);
    }
}
