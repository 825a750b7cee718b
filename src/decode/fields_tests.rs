//! Tests of the choice among candidates.

use super::*;
use crate::decode::context::ValueContext;
use crate::decode::value::typed_value;

/// An entity at row `id` of the page.
fn entity(id: usize, label: &str, text: &str, score: f32) -> Entity {
    let top = 30 * id as i64;
    Entity {
        id,
        label: label.to_string(),
        text: text.to_string(),
        value: typed_value(label, text, &ValueContext::default()),
        score,
        ocr_confidence: 0.9,
        page: 1,
        bbox: PixelBox::new(10, top, 200, top + 20),
        words: Vec::new(),
    }
}

fn chosen(entities: &[Entity], label: &str) -> Option<String> {
    let fields = fields(entities, FieldOptions::default());
    fields.get(label).and_then(Json::as_str).map(str::to_string)
}

#[test]
fn fields_hold_the_typed_form_of_the_best_answer() {
    let entities = [
        entity(0, "company", "ACME SDN BHD", 0.9),
        entity(1, "date", "12 MAR 2018", 0.9),
        entity(2, "total", "RM 20.00", 0.5),
        entity(3, "total", "RM 23.60", 0.9),
    ];
    assert_eq!(chosen(&entities, "company").as_deref(), Some("ACME SDN BHD"));
    assert_eq!(chosen(&entities, "date").as_deref(), Some("2018-03-12"));
    assert_eq!(chosen(&entities, "total").as_deref(), Some("23.60"));
    assert_eq!(chosen(&entities, "currency").as_deref(), Some("MYR"));
    assert_eq!(chosen(&entities, "address"), None);
}

#[test]
fn a_text_that_can_be_understood_wins_over_a_surer_one_that_can_not() {
    let entities = [entity(0, "total", "CASH", 0.95), entity(1, "total", "23.60", 0.6)];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("23.60"));
    let only = [entity(0, "total", "CASH", 0.95)];
    assert_eq!(chosen(&only, "total"), None);
}

/// As seen: each was given as a field.
#[test]
fn nonsense_is_no_answer() {
    for (label, text) in [
        ("total", "AGOSTO"),
        ("due_date", "01"),
        ("date", "11-"),
        ("currency", "e"),
        ("customer", "........"),
        ("company", "S"),
        ("invoice_number", "Nr."),
        ("invoice_number", "£92.62"),
        ("subtotal", "910,9kWh"),
    ] {
        assert_eq!(chosen(&[entity(0, label, text, 0.95)], label), None, "{label}: {text}");
    }
    let unread = [entity(0, "date", "25/ 12/ 2O1S8", 0.95)];
    assert_eq!(chosen(&unread, "date").as_deref(), Some("25/ 12/ 2O1S8"), "a letter too many");
}

#[test]
fn another_day_is_due_than_that_of_issue() {
    let issued = entity(0, "date", "20.09.2018", 0.99);
    let same = entity(1, "due_date", "20.09.2018", 0.97);
    let later = entity(2, "due_date", "03.10.2018", 0.95);
    let due = |entities: &[Entity]| chosen(entities, "due_date");
    assert_eq!(due(&[issued.clone(), same.clone(), later]).as_deref(), Some("2018-10-03"));
    assert_eq!(due(&[issued, same]).as_deref(), Some("2018-09-20"));
}

#[test]
fn a_date_is_a_number_only_where_nothing_else_is() {
    let date = entity(0, "invoice_number", "17/03/2026", 0.9);
    let number = entity(1, "invoice_number", "0002130-0", 0.6);
    assert_eq!(chosen(&[date.clone(), number], "invoice_number").as_deref(), Some("0002130-0"));
    assert_eq!(chosen(&[date], "invoice_number").as_deref(), Some("17/03/2026"));
}

#[test]
fn a_tax_of_everything_is_none() {
    let total = entity(0, "total", "612.72", 0.9);
    let tax = entity(1, "tax", "612.72", 0.4);
    assert_eq!(chosen(&[total.clone(), tax.clone()], "tax"), None);
    assert_eq!(chosen(&[tax], "tax").as_deref(), Some("612.72"));
    let nothing = [entity(0, "total", "0.00", 0.9), entity(1, "tax", "0.00", 0.9)];
    assert_eq!(chosen(&nothing, "tax").as_deref(), Some("0.00"));
}

/// As seen: `ORLEN S.A.` below a logo that was read as three letters.
#[test]
fn a_name_that_was_read_yields_to_no_smudge() {
    let mut logo = entity(0, "company", "aaa Bee", 0.95);
    logo.ocr_confidence = 0.3;
    let below = entity(1, "company", "IKEA Retail Sp.", 0.8);
    assert_eq!(chosen(&[logo, below], "company").as_deref(), Some("IKEA Retail Sp."));
    let short = [entity(0, "company", "col", 0.9), entity(1, "company", "ORLEN S.A.", 0.7)];
    assert_eq!(chosen(&short, "company").as_deref(), Some("ORLEN S.A."));
}

/// As seen on receipts: the number of a till, an item's price, the tax of one rate.
#[test]
fn what_is_far_from_the_total_is_no_subtotal() {
    let of = |subtotal: &str, tax: &str| {
        let entities = [
            entity(0, "subtotal", subtotal, 0.9),
            entity(1, "tax", tax, 0.9),
            entity(2, "total", "56.15", 0.9),
        ];
        [chosen(&entities, "subtotal"), chosen(&entities, "tax")]
    };
    assert_eq!(of("4.93", "9.74"), [None, Some("9.74".to_string())]);
    assert_eq!(of("4606", "8"), [None, None], "without cents");
    assert_eq!(of("512.40", "9.74")[0], None, "nine times as much");
    assert_eq!(of("46.41", "9.74"), ["46.41", "9.74"].map(|sum| Some(sum.to_string())));
    assert_eq!(of("30.15", "26.00")[0].as_deref(), Some("30.15"), "they add up");
}

#[test]
fn nothing_is_due_before_it_is_issued() {
    let due = |day: &str| {
        let entities = [entity(0, "date", "01.06.2016", 0.9), entity(1, "due_date", day, 0.9)];
        chosen(&entities, "due_date")
    };
    assert_eq!(due("02.12.2015"), None);
    assert_eq!(due("01.06.2016").as_deref(), Some("2016-06-01"));
}

#[test]
fn level_candidates_are_settled_by_place_and_repetition() {
    let names = [entity(0, "company", "ACME", 0.8), entity(1, "company", "CASHIER", 0.8)];
    assert_eq!(chosen(&names, "company").as_deref(), Some("ACME"));
    let sums = [entity(0, "total", "20.00", 0.8), entity(1, "total", "23.60", 0.8)];
    assert_eq!(chosen(&sums, "total").as_deref(), Some("23.60"));
    let repeated = [
        entity(0, "total", "20.00", 0.8),
        entity(1, "total", "RM 20.00", 0.79),
        entity(2, "total", "50.00", 0.8),
    ];
    assert_eq!(chosen(&repeated, "total").as_deref(), Some("20.00"));
}

#[test]
fn a_sum_without_cents_yields_to_one_with_them() {
    let entities = [entity(0, "total", "250.00", 0.95), entity(1, "total", "258", 0.96)];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("250.00"));
    let whole = [entity(0, "total", "250", 0.95), entity(1, "total", "258", 0.96)];
    assert_eq!(chosen(&whole, "total").as_deref(), Some("258"));
}

#[test]
fn sums_that_add_up_speak_for_each_other() {
    let entities = [
        entity(0, "subtotal", "100.00", 0.8),
        entity(1, "tax", "6.00", 0.7),
        entity(2, "total", "106.00", 0.7),
        entity(3, "total", "110.00", 0.8),
    ];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("106.00"));
    let unchecked = FieldOptions { check_sums: false, ..FieldOptions::default() };
    let fields = fields(&entities, unchecked);
    assert_eq!(fields["total"], "110.00");
}

#[test]
fn sums_never_make_up_a_value() {
    let entities = [
        entity(0, "subtotal", "100.00", 0.8),
        entity(1, "tax", "6.00", 0.7),
        entity(2, "total", "109.00", 0.7),
    ];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("109.00"));
}

#[test]
fn answers_below_the_least_score_are_left_out() {
    let entities = [entity(0, "total", "23.60", 0.4)];
    let options = FieldOptions { min_score: 0.5, ..FieldOptions::default() };
    assert!(answers(&entities, options).is_empty());
}

#[test]
fn an_address_goes_on_under_itself() {
    let entities = [
        entity(0, "company", "ACME", 0.9),
        entity(1, "address", "12 HIGH STREET,", 0.9),
        entity(2, "address", "1234 TOWN", 0.7),
        entity(20, "address", "ELSEWHERE", 0.8),
    ];
    assert_eq!(chosen(&entities, "address").as_deref(), Some("12 HIGH STREET, 1234 TOWN"));
}

#[test]
fn parts_of_forms_are_no_fields() {
    let entities = [entity(0, "question", "Name:", 0.9), entity(1, "answer", "Ann", 0.9)];
    assert!(fields(&entities, FieldOptions::default()).is_empty());
}

#[test]
fn answers_are_freed_from_the_punctuation_around_them() {
    let cases = [
        (": ACME (M) SDN BHD", "ACME (M) SDN BHD"),
        ("(ACME)", "ACME"),
        ("[ACME],", "ACME"),
        ("(A) AND (B)", "(A) AND (B)"),
        ("ACME CO.", "ACME CO."),
        ("#12-03 ORCHARD ROAD,", "#12-03 ORCHARD ROAD"),
        (":", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(without_edges(text), expected, "{text}");
    }
}

#[test]
fn a_name_is_no_number() {
    assert_eq!(chosen(&[entity(0, "invoice_number", "Weena", 0.9)], "invoice_number"), None);
    let both = [entity(0, "invoice_number", "Weena", 0.9), entity(1, "invoice_number", "A7", 0.4)];
    assert_eq!(chosen(&both, "invoice_number").as_deref(), Some("A7"));
}

#[test]
fn a_date_is_no_sum() {
    let entities = [entity(0, "total", "04.04.2018,", 0.9), entity(1, "total", "235,62", 0.4)];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("235.62"));
    assert_eq!(chosen(&entities[..1], "total"), None);
}

#[test]
fn the_customer_is_not_the_company() {
    let entities = [
        entity(0, "customer", "Lieferant GmbH", 0.97),
        entity(1, "customer", "Kunden AG", 0.9),
        entity(2, "company", "LIEFERANT GMBH", 0.95),
    ];
    assert_eq!(chosen(&entities, "customer").as_deref(), Some("Kunden AG"));
    assert_eq!(chosen(&entities, "company").as_deref(), Some("LIEFERANT GMBH"));
    let alone = [entity(0, "customer", "Ann Lee", 0.97), entity(1, "company", "Ann Lee", 0.2)];
    assert_eq!(chosen(&alone, "customer").as_deref(), Some("Ann Lee"));
}

/// As seen: the heading of a table on the second page was a company.
#[test]
fn the_first_page_names_the_company() {
    let head = entity(0, "company", "AD-TRADE", 0.6);
    let second = Entity { page: 2, ..entity(1, "company", "KOPIA Stawka VAT", 0.65) };
    assert_eq!(chosen(&[head, second], "company").as_deref(), Some("AD-TRADE"));
}

#[test]
fn a_tax_in_two_shares_is_told_as_one() {
    let entities = [
        entity(0, "subtotal", "1164240.00", 0.9),
        entity(1, "tax", "104801.00", 0.9),
        entity(2, "tax", "104801.00", 0.8),
        entity(3, "total", "1373842.00", 0.9),
    ];
    let answer = &answers(&entities, FieldOptions::default())["tax"];
    assert_eq!((answer.plain().as_str(), &*answer.entities), ("209602.00", &[1, 2][..]));
    assert_eq!(answer.text, "104801.00 + 104801.00");
    // Where one alone adds up, it is the tax.
    let mut whole = entities.to_vec();
    whole[3] = entity(3, "total", "1269041.00", 0.9);
    assert_eq!(chosen(&whole, "tax").as_deref(), Some("104801.00"));
}

/// As seen in Massachusetts.
#[test]
fn a_state_a_county_and_a_town_share_a_tax() {
    let mut entities = vec![
        entity(0, "subtotal", "25175.00", 0.9),
        entity(1, "tax", "1573.44", 0.9),
        entity(2, "tax", "377.63", 0.8),
        entity(3, "tax", "188.81", 0.9),
        entity(4, "total", "27314.88", 0.9),
    ];
    let answer = &answers(&entities, FieldOptions::default())["tax"];
    assert_eq!((answer.plain().as_str(), &*answer.entities), ("2139.88", &[1, 2, 3][..]));
    entities[4] = entity(4, "total", "27315.00", 0.9);
    assert_ne!(chosen(&entities, "tax").as_deref(), Some("2139.88"));
}

/// As seen: a bill of many accounts, one to a page.
#[test]
fn what_a_bill_is_made_up_of_is_not_the_bill() {
    let on = |page: u32, entity: Entity| Entity { page, ..entity };
    let mut entities = vec![
        entity(0, "total", "864.67", 0.99),
        on(3, entity(1, "subtotal", "9.43", 0.9)),
        on(3, entity(2, "tax", "0.64", 0.99)),
        on(3, entity(3, "total", "10.07", 0.99)),
        on(4, entity(4, "total", "10.07", 0.99)),
    ];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("864.67"));
    entities[0].score = 0.5;
    assert_eq!(chosen(&entities, "total").as_deref(), Some("10.07"), "the first page is unsure");
}

/// As seen on a German receipt and an Indian bill.
#[test]
fn the_greater_of_two_sums_is_the_total() {
    let totals = |entities: &[Entity]| (chosen(entities, "subtotal"), chosen(entities, "total"));
    let of = |subtotal: &str, total: &str| (Some(subtotal.to_string()), Some(total.to_string()));
    let taxed = [
        entity(0, "subtotal", "15.95", 0.9),
        entity(1, "tax", "0.60", 0.9),
        entity(2, "tax", "0.80", 0.9),
        entity(3, "total", "14.55", 0.9),
    ];
    assert_eq!(totals(&taxed), of("14.55", "15.95"));
    let below = [entity(0, "total", "9909.50", 0.9), entity(5, "subtotal", "11193.00", 0.9)];
    assert_eq!(totals(&below), of("9909.50", "11193.00"));
    let discounted = [entity(0, "subtotal", "100.00", 0.9), entity(5, "total", "80.00", 0.9)];
    assert_eq!(totals(&discounted), of("100.00", "80.00"));
}

/// As seen in Malaysia: the exact total, and behind it what is to pay.
#[test]
fn the_rounded_total_is_what_is_to_pay() {
    let entities = [
        entity(0, "subtotal", "45.43", 0.9),
        entity(1, "tax", "2.73", 0.9),
        entity(2, "total", "48.16", 0.9),
        entity(3, "total", "48.15", 0.9),
    ];
    assert_eq!(chosen(&entities, "total").as_deref(), Some("48.15"));
}
