use super::*;
use crate::geometry::PixelBox;
use crate::labels::LabelSet;

/// Words at [left, top], 10 pixels a letter and 20 high.
pub(super) fn words(placed: &[(&str, i64, i64)]) -> Vec<Word> {
    let word = |&(text, left, top): &(&str, i64, i64)| Word {
        text: text.to_string(),
        bbox: PixelBox::new(left, top, left + 10 * text.chars().count() as i64, top + 20),
        confidence: 1.0,
        line: 0,
        block: 0,
    };
    placed.iter().map(word).collect()
}

/// Words of one line, a space between them.
pub(super) fn line(text: &str) -> Vec<Word> {
    let mut left = 0;
    let placed: Vec<(&str, i64, i64)> = text
        .split(' ')
        .map(|word| {
            let at = left;
            left += 10 * (word.chars().count() as i64 + 1);
            (word, at, 0)
        })
        .collect();
    words(&placed)
}

/// What is announced of which text.
pub(super) fn found(words: &[Word]) -> Vec<(Option<&'static str>, String)> {
    let texts = |indices: &[usize]| {
        indices.iter().map(|&index| words[index].text.as_str()).collect::<Vec<_>>().join(" ")
    };
    captioned(words, &ValueContext::of_words(words))
        .iter()
        .map(|captioned| (captioned.announced.label, texts(&captioned.words)))
        .collect()
}

#[test]
fn a_caption_names_what_stands_behind_it() {
    let cases = [
        ("Rechnungsnummer 471102", Some("invoice_number"), "471102"),
        ("Invoice No. : INV 2023-08", Some("invoice_number"), "INV 2023-08"),
        ("Factuur nr. n° 993548900", Some("invoice_number"), "993548900"),
        ("Facture n°562044387", Some("invoice_number"), "n°562044387"),
        ("Rechnung Nr.4711", Some("invoice_number"), "Nr.4711"),
        ("Rechnungs - Datum: 05.03.2014", Some("date"), "05.03.2014"),
        ("Date d'émission 3 mars 2014 à Paris", Some("date"), "3 mars 2014"),
        ("Zahlbar bis 20.03.2014", Some("due_date"), "20.03.2014"),
        ("Acme - due 2026-09-01", Some("due_date"), "2026-09-01"),
        ("Grand Total 19 % EUR 1.234,56", Some("total"), "1.234,56"),
        ("Fizetendő: 7 200 Ft", Some("total"), "7 200"),
        ("Fizetend6: 19 600 Ft", Some("total"), "19 600"),
        ("Total 60.00 Pcs. 329.00", Some("total"), "329.00"),
        ("Check: 1082", Some("invoice_number"), "1082"),
        ("FI$ NO : 0280", Some("invoice_number"), "0280"),
        ("Sorszám/Invoice No. 287/2008/V", Some("invoice_number"), "287/2008/V"),
        ("Facture N° 26 614 600 353", Some("invoice_number"), "26 614 600 353"),
        ("Factura de Venta No.: E 5325736367", Some("invoice_number"), "E 5325736367"),
        ("Avoir AV-2017-0005", Some("invoice_number"), "AV-2017-0005"),
        ("FACTURA: A5 / 3127", Some("invoice_number"), "A5 / 3127"),
        ("Inv# : 00243579", Some("invoice_number"), "00243579"),
        ("Kundennummer GE2020211", None, "GE2020211"),
        ("Lieferdatum: 01.03.2014", None, "01.03.2014"),
    ];
    for (text, label, value) in cases {
        assert_eq!(found(&line(text)), [(label, value.to_string())], "{text}");
    }
}

#[test]
fn a_title_gives_number_and_date() {
    let number = |text: &str| (Some("invoice_number"), text.to_string());
    let date = |text: &str| (Some("date"), text.to_string());
    assert_eq!(
        found(&line("Handelsrechnung Nr. 280081 vom 13.07.2018")),
        [date("13.07.2018"), number("280081")]
    );
    assert_eq!(
        found(&line("Facture n° FA-12 du 3 mai 2021")),
        [date("3 mai 2021"), number("FA-12")]
    );
}

#[test]
fn words_that_stand_before_anything_are_no_captions() {
    for text in ["Nr. 4711", "Nummer 4711", "Le 12", "Invoice 12 of 13", "Total", "hello 12.50"] {
        assert_eq!(found(&line(text)), [], "{text}");
    }
}

#[test]
fn the_value_may_stand_below_but_no_sum_does() {
    let cells = words(&[
        ("Factuurnummer", 0, 0),
        ("Factuurdatum", 200, 0),
        ("Totaal", 400, 0),
        ("A-17", 0, 30),
        ("05-03-2014", 200, 30),
        ("12,50", 400, 30),
    ]);
    let expected = [(Some("invoice_number"), "A-17"), (Some("date"), "05-03-2014")];
    assert_eq!(found(&cells), expected.map(|(label, text)| (label, text.to_string())));
    let far = words(&[("Factuurnummer", 0, 0), ("A-17", 0, 300)]);
    assert_eq!(found(&far), []);
}

#[test]
fn a_party_stands_behind_or_below_its_caption() {
    let inline = found(&line("Sold To: Theodor Est"));
    assert_eq!(inline, [(Some("customer"), "Theodor Est".to_string())]);
    assert_eq!(found(&line("Lieferant GmbH")), []);
    let blocks = words(&[
        ("Verkäufer:", 0, 0),
        ("Käufer:", 400, 0),
        ("GLN", 0, 30),
        ("4000001", 40, 30),
        ("Kunden", 400, 30),
        ("AG", 470, 30),
        ("Lieferant", 0, 60),
        ("GmbH", 100, 60),
    ]);
    let expected = [(Some("company"), "Lieferant GmbH"), (Some("customer"), "Kunden AG")];
    assert_eq!(found(&blocks), expected.map(|(label, text)| (label, text.to_string())));
}

/// As seen: in print as wide as a typewriter's, with a blank line below the caption, and a key far before its
/// number.
#[test]
fn keys_of_numbers_are_no_names() {
    let page = words(&[
        ("Käufer:", 0, 0),
        ("Nummer", 0, 70),
        (":", 200, 70),
        ("4711", 230, 70),
        ("Globale", 0, 100),
        ("Nummer:", 95, 100),
        ("4000001", 190, 100),
        ("Kunden", 0, 130),
        ("AG", 75, 130),
    ]);
    assert_eq!(found(&page), [(Some("customer"), "Kunden AG".to_string())]);
    assert_eq!(found(&line("Sold By: Acme (seller profile)")), []);
}

/// As seen: no space between the caption and its value.
#[test]
fn a_value_may_be_glued_to_its_caption() {
    let number = |text: &str| vec![(Some(NUMBER), text.to_string())];
    assert_eq!(found(&line("Kvittering:878786")), number("Kvittering:878786"));
    assert_eq!(found(&line("INVOICE NO:010/2025")), number("NO:010/2025"));
    let date = vec![(Some("date"), "date:27.12.2025".to_string())];
    assert_eq!(found(&line("Invoice date:27.12.2025")), date);
    assert_eq!(found(&line("Ratio:878786")), []);
}

/// As seen on Hungarian invoices.
#[test]
fn sums_with_spaced_thousands_are_whole() {
    let total = |text: &str| vec![(Some("total"), text.to_string())];
    assert_eq!(found(&line("Fizetendő végösszeg: 21 900 Ft")), total("21 900"));
    assert_eq!(found(&line("Fizetendő: 1 007 200,50 Ft")), total("1 007 200,50"));
}

/// Classes O, B/I-INVOICE_NUMBER, B/I-DATE, B/I-DUE_DATE.
fn head(rows: &[[f32; 7]]) -> HeadPrediction {
    HeadPrediction {
        labels: LabelSet::bio(&["invoice_number", "date", "due_date"]),
        probabilities: rows.iter().map(|row| row.to_vec()).collect(),
    }
}

fn heed(text: &str, rows: &[[f32; 7]]) -> Vec<Vec<f32>> {
    let words = line(text);
    let mut head = head(rows);
    heed_captions(&mut head, &words, true, &ValueContext::of_words(&words));
    head.probabilities
}

const OUTSIDE: [f32; 7] = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

#[test]
fn a_caption_speaks_for_its_label_and_against_its_rivals() {
    let unsure = [0.7, 0.0, 0.0, 0.1, 0.0, 0.2, 0.0];
    let rows = heed("Rechnungsdatum 05.03.2014", &[OUTSIDE, unsure]);
    assert_eq!(rows[0], OUTSIDE);
    assert!(rows[1][3] > 0.8 && rows[1][5] < 0.01, "{:?}", rows[1]);
    assert!((rows[1].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    let rows = heed("Lieferdatum 05.03.2014", &[OUTSIDE, unsure]);
    assert!(rows[1][3] < 0.04 && rows[1][5] < 0.08, "{:?}", rows[1]);
}

#[test]
fn what_the_model_is_sure_of_stays_and_other_labels_are_left_alone() {
    let sure = [0.002, 0.0, 0.0, 0.0, 0.0, 0.998, 0.0];
    let other = [0.1, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0];
    let rows = heed("Rechnungsdatum 05.03.2014 04.03.2014", &[OUTSIDE, sure, other]);
    assert!(rows[1][5] > 0.9, "{:?}", rows[1]);
    let rows = heed("Rechnungsdatum 05.03.2014", &[OUTSIDE, sure]);
    assert!(rows[1][3] > 0.9, "{:?}: on a page without another date", rows[1]);
    let number = [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(heed("Rechnungsdatum unklar", &[OUTSIDE, number])[1], number);
    let date = heed("Rechnungsdatum 05.03.2014", &[OUTSIDE, number]);
    assert!(date[1][1] < 0.01, "{:?}: a date is no number", date[1]);
}

#[test]
fn a_name_may_have_a_key_of_its_own() {
    let words = words(&[
        ("Sprzedawca", 0, 0),
        ("NIP:", 0, 30),
        ("9999999999", 50, 30),
        ("Nazwa:", 0, 60),
        ("ABC", 70, 60),
        ("Developex", 110, 60),
    ]);
    assert_eq!(found(&words)[0], (Some("company"), "ABC Developex".to_string()));
}

#[test]
fn a_name_far_behind_a_heading_is_not_its_value_where_one_stands_below() {
    let page = words(&[
        ("CUSTOMER", 50, 0),
        ("INFORMATION", 140, 0),
        ("VEHICLE", 400, 0),
        ("INFORMATION", 480, 0),
        ("DANE", 50, 40),
        ("FETTERMAN", 100, 40),
    ]);
    assert_eq!(found(&page), [(Some("customer"), "DANE FETTERMAN".to_string())]);
    let page = words(&[("BUYER", 50, 0), ("ACME", 400, 0), ("INC", 450, 0)]);
    assert_eq!(found(&page), [(Some("customer"), "ACME INC".to_string())]);
}

#[test]
fn a_sum_stands_below_what_is_due_but_not_below_a_total() {
    let page = |caption: &str| words(&[(caption, 50, 0), ("DUE", 120, 0), ("1,679.34", 50, 40)]);
    assert_eq!(found(&page("AMOUNT")), [(Some("total"), "1,679.34".to_string())]);
    assert_eq!(found(&words(&[("TOTAL", 50, 0), ("1,679.34", 50, 40)])), []);
}

/// The words of a page that are likelier its total than nothing, where the model gives each hardly any.
fn totals(page: &[Word]) -> Vec<String> {
    let labels = LabelSet::bio(&["total"]);
    let row = vec![0.98, 0.01, 0.01];
    let mut head = HeadPrediction { labels, probabilities: vec![row; page.len()] };
    heed_captions(&mut head, page, true, &ValueContext::default());
    let rows = head.probabilities.iter().zip(page);
    rows.filter(|(row, _)| row[1] > 0.5).map(|(_, word)| word.text.clone()).collect()
}

#[test]
fn a_total_has_cents_unless_no_sum_of_the_page_has() {
    assert_eq!(totals(&line("Grand Total 13300")), ["13300"]);
    let items = words(&[("Grand", 0, 0), ("Total", 60, 0), ("13300", 120, 0), ("12.50", 400, 90)]);
    assert!(totals(&items).is_empty());
    assert!(totals(&line("Grand Total 12")).is_empty(), "things are counted, too");
    let due = words(&[("Amount", 0, 0), ("due", 70, 0), ("38290", 0, 30), ("9.99", 400, 90)]);
    assert_eq!(totals(&due), ["38290"]);
}

#[test]
fn who_manages_is_no_party() {
    let page = line("Geschäftsführer: Dominik Richter");
    let labels = LabelSet::bio(&["company"]);
    let begin = labels.names().iter().position(|name| name == "B-COMPANY").unwrap();
    let mut head =
        HeadPrediction { labels, probabilities: vec![vec![0.05, 0.9, 0.05]; page.len()] };
    assert_eq!(begin, 1);
    heed_captions(&mut head, &page, true, &ValueContext::default());
    assert!(head.probabilities[1][begin] < 0.2, "{:?}", head.probabilities);
}

#[test]
fn a_name_may_begin_with_a_digit_and_a_house_number_is_none() {
    let below = |text: &[(&str, i64)]| {
        let mut placed = vec![("Bill", 0, 0), ("to", 50, 0)];
        placed.extend(text.iter().map(|&(word, left)| (word, left, 30)));
        found(&words(&placed))
    };
    let name = [("3Qcode", 0), ("Sp.", 65), ("z", 100), ("o.o.", 115)];
    assert_eq!(below(&name), [(Some("customer"), "3Qcode Sp. z o.o.".to_string())]);
    assert_eq!(below(&[("12a", 0), ("Road", 35)]), []);
}
