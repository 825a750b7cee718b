//! Alignment on small hand-made pages.

use super::*;
use crate::geometry::PixelBox;
use proptest::prelude::*;

/// A page from rows of text: words 10 px a character, rows 20 px apart.
fn page(rows: &[&str]) -> Vec<Word> {
    let mut words = Vec::new();
    for (line, row) in rows.iter().enumerate() {
        let (line, mut x) = (line as u32, 0i64);
        for text in row.split(' ') {
            let width = text.chars().count() as i64 * 10;
            let top = i64::from(line) * 20;
            if !text.is_empty() {
                words.push(Word {
                    text: text.to_string(),
                    bbox: PixelBox::new(x, top, x + width, top + 16),
                    confidence: 1.0,
                    line,
                    block: 0,
                });
            }
            x += width + 10;
        }
    }
    words
}

fn found(rows: &[&str], key: &str, value: &str) -> String {
    let words = page(rows);
    let truth = BTreeMap::from([(key.to_string(), value.to_string())]);
    let alignment = align_keys(&words, &truth);
    let chosen = alignment.words.get(key).cloned().unwrap_or_default();
    chosen.iter().map(|&w| words[w].text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn values_are_found_through_typos_spaces_and_line_breaks() {
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (
            &["BOOK TA .K(TAMAN DAYA) SDN BND", "789417-W"],
            "company",
            "BOOK TA .K (TAMAN DAYA) SDN BHD",
            "BOOK TA .K(TAMAN DAYA) SDN BND",
        ),
        (
            &["AIK HUAT HARDWARE", "ENTERPRISE SDN BHD 822737-X"],
            "company",
            "AIK HUAT HARDWARE ENTERPRISE SDN BHD",
            "AIK HUAT HARDWARE ENTERPRISE SDN BHD",
        ),
        (
            &["GARDENIA BAKERIES (KL) SDN BHD (139386 X)"],
            "company",
            "GARDENIA BAKERIES (KL) SDN BHD",
            "GARDENIA BAKERIES (KL) SDN BHD",
        ),
        (
            &["NO.2, JALAN 19/9,", "TEL: 012-6651783", "43200 CHERAS"],
            "address",
            "NO.2, JALAN 19/9, 43200 CHERAS",
            "NO.2, JALAN 19/9, 43200 CHERAS",
        ),
        (&["A & B FOODS"], "company", "A & B FOODS", "A & B FOODS"),
        (&["NOTHING HERE"], "company", "SOMETHING ELSE LTD", ""),
    ];
    for (rows, key, value, expected) in cases {
        assert_eq!(found(rows, key, value), *expected, "{rows:?}");
    }
}

#[test]
fn total_is_taken_from_the_line_that_names_it() {
    let rows = ["TEA 9.10", "SUBTOTAL: 9.10", "TOTAL: 9.10", "CASH: 9.10", "CHANGE 0.00"];
    let words = page(&rows);
    let truth = BTreeMap::from([("total".to_string(), "9.10".to_string())]);
    let alignment = align_keys(&words, &truth);
    assert_eq!(alignment.words["total"], [5]);
    assert!(alignment.doubtful.is_empty());
}

#[test]
fn a_second_plausible_total_is_marked_doubtful() {
    let words = page(&["TOTAL (INCLUSIVE OF GST): 9.10", "TOTAL: 9.10", "CASH: 9.10"]);
    let truth = BTreeMap::from([("total".to_string(), "9.10".to_string())]);
    let alignment = align_keys(&words, &truth);
    assert_eq!(
        (alignment.words["total"].as_slice(), alignment.doubtful.as_slice()),
        (&[4][..], &[6][..])
    );
    let tags = alignment.tags(words.len());
    assert!(alignment.ignore(&tags)[6]);
}

#[test]
fn currency_is_labelled_where_the_truth_writes_it() {
    assert_eq!(found(&["TOTAL RM 9.00"], "total", "RM 9.00"), "RM 9.00");
    assert_eq!(found(&["TOTAL RM 9.00"], "total", "9.00"), "9.00");
    assert_eq!(found(&["TOTAL RM9.00"], "total", "9.00"), "RM9.00");
}

#[test]
fn dates_are_found_glued_spaced_and_labelled() {
    assert_eq!(found(&["DATE:25/12/2018 8:13"], "date", "25/12/2018"), "DATE:25/12/2018");
    assert_eq!(found(&["05 MAR 2018 10:00"], "date", "05 MAR 2018"), "05 MAR 2018");
    let words = page(&["PRINTED 04-05-18", "DATE 04-05-18"]);
    let truth = BTreeMap::from([("date".to_string(), "04-05-18".to_string())]);
    assert_eq!(align_keys(&words, &truth).words["date"], [3]);
}

#[test]
fn a_neighbouring_day_is_not_the_date() {
    assert_eq!(found(&["DATE 26/12/2018"], "date", "25/12/2018"), "");
}

proptest! {
    #[test]
    fn alignment_never_panics_and_stays_on_the_page(
        rows in prop::collection::vec("[A-C0-2 .,:é€]{0,24}", 0..8),
        company in "[A-C0-2 .é]{0,20}", total in "[0-2.,R$-]{0,8}", date in "[0-2/]{0,10}",
    ) {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let words = page(&rows);
        let truth = BTreeMap::from([
            ("company".to_string(), company), ("total".to_string(), total), ("date".to_string(), date),
        ]);
        let alignment = align_keys(&words, &truth);
        let tags = alignment.tags(words.len());
        prop_assert_eq!(tags.len(), words.len());
        let ignore = alignment.ignore(&tags);
        prop_assert!(ignore.is_empty() || ignore.len() == words.len());
        for chosen in alignment.words.values() {
            prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn distance_is_symmetric_and_zero_only_for_the_same(a in "[a-c018]{0,12}", b in "[a-c018]{0,12}") {
        let (x, y) = (fold(&a), fold(&b));
        prop_assert_eq!(stream::distance(&x, &y), stream::distance(&y, &x));
        prop_assert_eq!(stream::distance(&x, &y) == 0, x == y);
    }
}
