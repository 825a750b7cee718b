use super::tests::{found, line, words};
use super::*;
use crate::decode::test_words::page;
use crate::labels::LabelSet;

/// As seen on receipts of restaurants and on German viewers of electronic invoices.
#[test]
fn a_title_may_stand_right_before_its_number() {
    let number = |text: &str| vec![(Some(NUMBER), text.to_string())];
    assert_eq!(found(&line("INVOICE 1971")), number("1971"));
    assert_eq!(found(&line("Rechnung 6844134")), number("6844134"));
    assert_eq!(found(&line("Rechnung 11")), number("11"));
    for text in ["Invoice 2024", "Invoice 12/03/2024", "see invoice 1971", "Invoice 1971 of May"] {
        assert_eq!(found(&line(text)), [], "{text}");
    }
    let both = [(Some("date"), "25.04.2018".to_string()), (Some(NUMBER), "1813016".to_string())];
    assert_eq!(found(&line("BAURECHNUNG (204) Nr. 1813016 vom 25.04.2018")), both);
    assert_eq!(found(&line("BAURECHNUNG(204) Nr. 1813016 vom 25.04.2018")), both);
}

/// As seen in Poland: what may be a day is the number, where the day is called so.
#[test]
fn a_number_with_slashes_is_no_day_where_the_day_is_named() {
    let page = |day: &'static str| {
        let mut placed = vec![("Numer", 800, 0), ("faktury", 860, 0), ("2/11/2023", 830, 40)];
        placed.extend([("Data", 0, 90), ("wystawienia:", 50, 90), (day, 180, 90)]);
        words(&placed)
    };
    let number = (Some(NUMBER), "2/11/2023".to_string());
    assert!(found(&page("2023-11-30")).contains(&number));
    assert!(!found(&page("jutro")).contains(&number));
}

/// As seen in Argentina, India and Turkey.
#[test]
fn numbers_and_days_of_authorities_are_not_the_papers() {
    let cases = [
        ("CAE Nº: 73064284586911", None, "73064284586911"),
        ("Ack No : 122212401800407", None, "122212401800407"),
        ("TCKN : 11111111111", None, "11111111111"),
        ("Inicio de Actividades: 01/11/2015", None, "01/11/2015"),
        ("Comp. Nro: 00001475", Some(NUMBER), "00001475"),
        ("Comprobante Nº 20/03/2011", None, ""),
        ("Nama : Budi Jaya", None, ""),
    ];
    for (text, label, value) in cases {
        let expected: Vec<_> =
            Some((label, value.to_string())).filter(|_| !value.is_empty()).into_iter().collect();
        assert_eq!(found(&line(text)), expected, "{text}");
    }
}

/// As seen: the title of the page is the caption of its number, by the mark behind it.
#[test]
fn titles_with_a_mark_are_captions_of_numbers() {
    let number = |text: &str| vec![(Some(NUMBER), text.to_string())];
    assert_eq!(found(&line("Facture #00042")), number("#00042"));
    assert_eq!(found(&line("Faktura č.FV5040011231")), number("č.FV5040011231"));
    let column = words(&[("INVOICE", 0, 0), ("#", 80, 0), ("107162", 0, 30)]);
    assert_eq!(found(&column), number("107162"));
    assert!(found(&line("Facture 2018")).is_empty(), "no mark");
}

#[test]
fn where_a_caption_names_the_number_others_are_doubted() {
    let words = words(&[("Invoice", 0, 0), ("No.:", 80, 0), ("4711", 130, 0), ("8636", 0, 90)]);
    let labels = LabelSet::bio(&["invoice_number"]);
    let probabilities =
        vec![vec![1.0, 0.0, 0.0], vec![1.0, 0.0, 0.0], vec![0.9, 0.1, 0.0], vec![0.2, 0.8, 0.0]];
    let mut head = HeadPrediction { labels, probabilities };
    heed_captions(&mut head, &words, true, &ValueContext::default());
    let number = |word: usize| head.probabilities[word][1];
    assert!(number(2) > 0.9 && number(3) < 0.5, "{} {}", number(2), number(3));
}

/// The words of a page that are likelier its number than nothing, where the model gives each hardly any.
fn numbers(page: &[Word], is_first: bool) -> Vec<String> {
    let labels = LabelSet::bio(&["invoice_number", "date"]);
    let begin = labels.names().iter().position(|name| name == "B-INVOICE_NUMBER").unwrap();
    let mut row = vec![1e-5; labels.names().len()];
    row[0] = 1.0 - 1e-5 * (row.len() - 1) as f32;
    let mut head = HeadPrediction { labels, probabilities: vec![row; page.len()] };
    heed_captions(&mut head, page, is_first, &ValueContext::default());
    let rows = head.probabilities.iter().zip(page);
    rows.filter(|(row, _)| row[begin] > 0.5).map(|(_, word)| word.text.clone()).collect()
}

#[test]
fn the_number_of_an_order_stands_in_where_there_is_no_other() {
    let order = line("Order #113-0416850");
    assert_eq!(numbers(&order, true), ["#113-0416850"]);
    assert_eq!(numbers(&line("Order# 2662642"), true), ["2662642"]);
    assert!(numbers(&order, false).is_empty(), "later pages tell it beside the invoice's");
    let both = words(&[
        ("Invoice", 0, 0),
        ("number:", 80, 0),
        ("4711", 160, 0),
        ("Order", 0, 60),
        ("number:", 60, 60),
        ("815", 140, 60),
    ]);
    let found = numbers(&both, true);
    assert!(!found.contains(&"815".to_string()), "{found:?}");
}

/// As seen on a receipt from a till: `18.00% of sale: $2.94`.
#[test]
fn a_sum_behind_a_title_is_no_number() {
    assert!(found(&line("SALE: $2.94")).is_empty());
    assert_eq!(numbers(&line("TRNS NO: UK201177019134055251"), true), ["UK201177019134055251"]);
}

/// As seen: a clear caption, and a model that sees nothing behind it.
#[test]
fn a_number_that_the_model_does_not_see_is_taken_where_it_is_called_so() {
    let page = line("Invoice Number :HYD8-3001153");
    assert_eq!(numbers(&page, true), [":HYD8-3001153"]);
    assert!(numbers(&line("Invoice Number: 7"), true).is_empty(), "one digit tells little");
}

/// As seen in fixed print, and on a receipt that leans.
#[test]
fn marks_far_from_their_title_and_values_below_their_line_belong_together() {
    let number = Some("invoice_number");
    let wide = words(&[("INVOICE", 0, 0), ("NO.", 110, 0), (":", 200, 0), ("T00156", 250, 0)]);
    assert_eq!(found(&wide), [(number, "T00156".to_string())]);
    let leaning = words(&[("TOPKDV", 0, 0), ("7,01", 300, 14)]);
    assert_eq!(found(&leaning), [(Some("tax"), "7,01".to_string())]);
}

/// As seen on a Salvadoran bill, where the model takes the number of its form.
#[test]
fn a_number_that_a_caption_names_outdoes_what_the_model_sees() {
    let texts = ["Invoice", "No.", "DTE-03-M001", "6067"];
    let words =
        words(&[(texts[0], 0, 0), (texts[1], 80, 0), (texts[2], 120, 0), (texts[3], 0, 90)]);
    let labels = LabelSet::bio(&["invoice_number"]);
    let row = |number: f32| vec![1.0 - number, number, 0.0];
    let rows = vec![row(0.0), row(0.0), row(1e-5), row(0.99)];
    let mut head = HeadPrediction { labels, probabilities: rows };
    heed_captions(&mut head, &words, true, &ValueContext::of_words(&words));
    let given = |word: usize| head.given(word, 0);
    assert!(given(2) > 0.9 && given(2) > given(3), "{} {}", given(2), given(3));
}

/// As seen in the boxes of Chilean invoices.
#[test]
fn the_number_of_a_firm_leaves_room_for_that_under_the_title() {
    let words = page(&[
        &["_", "R.U.T.: 77965620-9"],
        &["Orden de compra: 228693", "FACTURA ELECTRONICA"],
        &["_", "Nº 5.657.289"],
        &["Total: $ 44.530"],
    ]);
    let at = |text: &str| words.iter().position(|word| word.text == text).unwrap();
    let labels = LabelSet::bio(&["invoice_number", "total"]);
    let mut rows = vec![vec![1.0, 0.0, 0.0, 0.0, 0.0]; words.len()];
    rows[at("77965620-9")] = vec![0.1, 0.9, 0.0, 0.0, 0.0];
    rows[at("44.530")] = vec![0.1, 0.0, 0.0, 0.9, 0.0];
    let mut head = HeadPrediction { labels, probabilities: rows };
    heed_captions(&mut head, &words, true, &ValueContext::of_words(&words));
    assert!(head.given(at("5.657.289"), 0) > 0.8);
    assert!(head.given(at("228693"), 0) < 0.1);
}

/// As seen on Colombian invoices.
#[test]
fn a_caption_of_several_numbers_names_the_parties() {
    let lines = |texts: &[&str]| {
        let rows: Vec<[&str; 1]> = texts.iter().map(|text| [*text]).collect();
        page(&rows.iter().map(|row| row.as_slice()).collect::<Vec<_>>())
    };
    let numbers = |texts: &[&str]| -> Vec<String> {
        let found = found(&lines(texts));
        let of_paper = found.into_iter().filter(|(label, _)| *label == Some(NUMBER));
        of_paper.map(|(_, text)| text).collect()
    };
    let [seller, buyer] = ["Número de Documento: 900946973", "Número de Documento: 800134459"];
    let paper = "Factura electrónica de venta No. FV1639";
    assert_eq!(numbers(&[seller, paper, buyer]), ["FV1639"]);
    assert_eq!(numbers(&[seller, paper]), ["900946973", "FV1639"]);
    assert_eq!(numbers(&[seller, buyer]).len(), 2, "one may be the paper's");
}

/// As seen on an Indian invoice, whose number stands beside the seller's address.
#[test]
fn a_number_below_its_caption_is_no_part_of_the_address() {
    let words =
        words(&[("Invoice", 400, 0), ("No.", 480, 0), ("Nagar,", 300, 40), ("DE/32", 400, 40)]);
    let labels = LabelSet::bio(&["invoice_number", "address"]);
    let mut rows = vec![vec![1.0, 0.0, 0.0, 0.0, 0.0]; words.len()];
    rows[3] = vec![1e-3, 1e-9, 0.0, 0.0, 0.999];
    let mut head = HeadPrediction { labels, probabilities: rows };
    heed_captions(&mut head, &words, true, &ValueContext::of_words(&words));
    assert!(head.given(3, 0) > 0.9, "{}", head.given(3, 0));
}

/// As seen on a hotel's bill, a Lithuanian receipt and a Czech one.
#[test]
fn numbers_of_banks_and_registers_are_none_and_a_dash_joins() {
    assert_eq!(found(&line("Rechnungsnr. : 083 -72561")), [(Some(NUMBER), "083 -72561".into())]);
    assert_eq!(found(&line("BANKO KVITO NR. 814831")), [(None, "814831".into())]);
    assert_eq!(found(&line("INVOICE F 247120")), [(Some(NUMBER), "F 247120".into())]);
    assert_eq!(found(&line("Rechnung:83191")), [(Some(NUMBER), "Rechnung:83191".into())]);
    let till = line("TC# 4087 9810 5264 1299 8441");
    assert_eq!(found(&till), [(Some(NUMBER), "4087 9810 5264 1299 8441".into())]);
    assert_eq!(found(&line("TC 8AAB21AD641D3E8A")), []);
    let behind_colon = line("FACTURA: A5 / 3127 2");
    assert_eq!(found(&behind_colon), [(Some(NUMBER), "A5 / 3127".into())]);
    assert_eq!(found(&line("vlozka 19737")), [(None, "19737".into())]);
}
