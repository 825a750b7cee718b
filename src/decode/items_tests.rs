//! Tests of rows: parts are written as (label, text, left, top).

use super::*;
use crate::decode::context::ValueContext;
use crate::decode::value::typed_value;
use crate::geometry::PixelBox;

fn items(parts: &[(&str, &str, i64, i64)]) -> Vec<String> {
    let entity = |(id, (label, text, left, top)): (usize, &(&str, &str, i64, i64))| Entity {
        id,
        label: (*label).to_string(),
        text: (*text).to_string(),
        value: typed_value(label, text, &ValueContext::default()),
        score: 0.9,
        ocr_confidence: 1.0,
        page: 1,
        bbox: PixelBox::new(*left, *top, left + 10 * text.len() as i64, top + 20),
        words: Vec::new(),
    };
    let entities: Vec<Entity> = parts.iter().enumerate().map(entity).collect();
    line_items(&entities, 0.0).into_iter().map(|item| Json::Object(item).to_string()).collect()
}

#[test]
fn parts_side_by_side_make_an_item() {
    let found = items(&[
        ("description", "TEA", 100, 0),
        ("quantity", "2", 0, 2),
        ("unit_price", "3.50", 300, 1),
        ("amount", "7.00", 400, -1),
        ("description", "CAKE", 100, 24),
        ("amount", "5,00", 400, 25),
    ]);
    assert_eq!(
        found,
        [
            r#"{"description":"TEA","quantity":"2","unit_price":"3.50","amount":"7.00"}"#,
            r#"{"description":"CAKE","amount":"5.00"}"#,
        ]
    );
}

#[test]
fn a_row_of_prices_under_a_name_belongs_to_it() {
    let found = items(&[
        ("description", "TEA", 0, 0),
        ("quantity", "2", 0, 24),
        ("unit_price", "3.50", 100, 24),
        ("amount", "7.00", 400, 24),
        ("description", "CAKE", 0, 48),
        ("amount", "5.00", 400, 72),
    ]);
    assert_eq!(
        found,
        [
            r#"{"description":"TEA","quantity":"2","unit_price":"3.50","amount":"7.00"}"#,
            r#"{"description":"CAKE","amount":"5.00"}"#,
        ]
    );
}

#[test]
fn the_name_may_stand_under_its_prices() {
    let found = items(&[
        ("quantity", "2", 0, 0),
        ("amount", "7.00", 400, 0),
        ("description", "TEA", 0, 24),
        ("quantity", "1", 0, 48),
        ("description", "CAKE", 0, 72),
        ("amount", "5.00", 400, 72),
    ]);
    assert_eq!(
        found,
        [
            r#"{"description":"TEA","quantity":"2","amount":"7.00"}"#,
            r#"{"description":"CAKE","quantity":"1","amount":"5.00"}"#,
        ]
    );
}

#[test]
fn extras_belong_to_the_item_above() {
    let found = items(&[
        ("menu.nm", "KOPI", 0, 0),
        ("menu.price", "16.500", 400, 0),
        ("menu.sub_nm", "LESS ICE", 20, 24),
        ("menu.sub_nm", "LARGE", 20, 48),
    ]);
    let expected = r#"{"description":"KOPI","amount":"16500","sub_nm":"LESS ICE LARGE"}"#;
    assert_eq!(found, [expected]);
}

#[test]
fn a_leaning_row_stays_one() {
    // Each part is 8 pixels lower than its neighbour; the ends don't overlap.
    let found = items(&[
        ("description", "TEA", 0, 0),
        ("quantity", "2", 100, 8),
        ("unit_price", "3.50", 200, 16),
        ("amount", "7.00", 300, 24),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn labels_of_cord_give_the_same_keys() {
    let found = items(&[
        ("menu.nm", "KOPI", 100, 0),
        ("menu.cnt", "1x", 0, 0),
        ("menu.price", "16.500", 400, 0),
    ]);
    assert_eq!(found, [r#"{"description":"KOPI","quantity":"1","amount":"16500"}"#]);
}

#[test]
fn items_far_apart_stay_apart() {
    let found = items(&[("description", "TEA", 0, 0), ("amount", "7.00", 400, 300)]);
    assert_eq!(found.len(), 2, "{found:?}");
}
