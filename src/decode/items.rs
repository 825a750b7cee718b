//! Entities of line items → rows: what was bought, how many, at which price.
//!
//! Parts whose boxes overlap from above to below stand in one row; a row that holds only what the
//! item above lacks (`2 x 3.50   7.00` under the name, or the name under these) belongs to that item.

use super::value::{ValueKind, plain};
use crate::document::Entity;
use serde_json::{Map, Value as Json};

/// The keys of an item, in the order of the output.
const KEYS: [&str; 4] = ["description", "quantity", "unit_price", "amount"];

/// Whether entities of this label are parts of line items.
pub fn is_item_label(label: &str) -> bool {
    item_key(label).is_some()
}

/// The key of a label in an item: the default model's labels as they are, CORD's `menu.*` under the
/// same names where there is one.
fn item_key(label: &str) -> Option<&str> {
    let name = label.strip_prefix("menu.").or_else(|| label.strip_prefix("item_"));
    match name {
        Some("nm" | "name") => Some("description"),
        Some("cnt") => Some("quantity"),
        Some("unitprice") => Some("unit_price"),
        Some("price") => Some("amount"),
        Some(other) => Some(other),
        None => KEYS.iter().find(|key| **key == label).copied(),
    }
}

/// The items of a document, from top to bottom.
pub fn line_items(entities: &[Entity], min_score: f32) -> Vec<Map<String, Json>> {
    item_parts(entities, min_score).iter().map(|parts| to_object(parts, entities)).collect()
}

/// The items of a document as indices of their entities.
pub fn item_parts(entities: &[Entity], min_score: f32) -> Vec<Vec<usize>> {
    let mut parts: Vec<usize> = (0..entities.len())
        .filter(|index| {
            entities[*index].score >= min_score && is_item_label(&entities[*index].label)
        })
        .collect();
    let middle = |index: &usize| f64::from(entities[*index].bbox.center_y());
    parts.sort_by(|a, b| {
        let pages = entities[*a].page.cmp(&entities[*b].page);
        pages.then(middle(a).total_cmp(&middle(b)))
    });
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for part in parts {
        match row_of(part, &rows, entities) {
            Some(row) => rows[row].push(part),
            None => rows.push(vec![part]),
        }
    }
    join_rows(rows, entities)
}

/// The row whose nearest part to the left or right overlaps this one most; rows lean on photos, so
/// the nearest is asked and not the row's whole box.
fn row_of(part: usize, rows: &[Vec<usize>], entities: &[Entity]) -> Option<usize> {
    let bbox = entities[part].bbox;
    let mut best: Option<(f32, usize)> = None;
    for (number, row) in rows.iter().enumerate().rev().take(ROWS_BACK) {
        let aside = |other: &usize| (entities[*other].bbox.center_x() - bbox.center_x()).abs();
        let Some(near) = row.iter().min_by(|a, b| aside(a).total_cmp(&aside(b))) else { continue };
        let other = entities[*near].bbox;
        let shared = bbox.bottom().min(other.bottom()).saturating_sub(bbox.top().max(other.top()));
        let overlap = shared as f32 / bbox.height().min(other.height()).max(1) as f32;
        let beside = bbox.left() >= other.right() || other.left() >= bbox.right();
        let same_page = entities[*near].page == entities[part].page;
        let wanted = if beside { 0.4 } else { 0.7 };
        if same_page && overlap > wanted && best.is_none_or(|(held, _)| overlap > held) {
            best = Some((overlap, number));
        }
    }
    best.map(|(_, number)| number)
}

/// Rows that may still take a part when parts come from top to bottom.
const ROWS_BACK: usize = 4;
/// Rows of one item stand closer than this many heights.
const ROWS_APART: f32 = 2.0;

fn join_rows(rows: Vec<Vec<usize>>, entities: &[Entity]) -> Vec<Vec<usize>> {
    let has = |row: &[usize], key: &str| {
        row.iter().any(|index| item_key(&entities[*index].label) == Some(key))
    };
    // Some print the count and the price above the name; the first row tells.
    let names_below = rows.first().is_some_and(|row| !has(row, "description"));
    let mut items: Vec<Vec<usize>> = Vec::new();
    for row in rows {
        let extra = row.iter().all(|index| is_extra(&entities[*index].label));
        let joins = items.last().is_some_and(|item| {
            let news = row
                .iter()
                .all(|index| item_key(&entities[*index].label).is_some_and(|key| !has(item, key)));
            let lacking = if names_below { item.as_slice() } else { row.as_slice() };
            let named = has(item, "description") || has(&row, "description");
            let fits = news && named && !has(lacking, "description");
            (extra || fits) && is_close(item, &row, entities)
        });
        match items.last_mut() {
            Some(item) if joins => item.extend(row),
            _ => items.push(row),
        }
    }
    items
}

/// Whether a label names something added to an item: its parts, its discount. However many rows of
/// these follow, they belong to the item above.
fn is_extra(label: &str) -> bool {
    item_key(label).is_some_and(|key| key.starts_with("sub_") || key.starts_with("discount"))
}

fn is_close(item: &[usize], row: &[usize], entities: &[Entity]) -> bool {
    let bottom = item.iter().map(|index| entities[*index].bbox.bottom()).max().unwrap_or(0);
    let top = row.iter().map(|index| entities[*index].bbox.top()).min().unwrap_or(0);
    let height = row.iter().map(|index| entities[*index].bbox.height()).max().unwrap_or(0);
    let page = |list: &[usize]| list.first().map(|index| entities[*index].page);
    page(item) == page(row) && top as f32 - bottom as f32 <= ROWS_APART * height as f32
}

/// Known keys first; of two parts with one key the surer one, but descriptions are joined.
fn to_object(parts: &[usize], entities: &[Entity]) -> Map<String, Json> {
    let key_of = |entity: &Entity| item_key(&entity.label).unwrap_or_default().to_string();
    let rank = |key: &str| KEYS.iter().position(|known| *known == key).unwrap_or(KEYS.len());
    let mut ordered: Vec<&Entity> = parts.iter().map(|index| &entities[*index]).collect();
    ordered.sort_by_key(|entity| {
        let key = key_of(entity);
        (rank(&key), key, entity.id)
    });
    let mut object = Map::new();
    let mut held_score = 0.0;
    for entity in ordered {
        let key = key_of(entity);
        let text = plain(entity.value.as_ref(), &entity.text);
        match object.get_mut(&key) {
            Some(Json::String(held)) if ValueKind::of_label(&entity.label) == ValueKind::Text => {
                held.push(' ');
                held.push_str(&text);
            }
            Some(Json::String(held)) if is_extra(&entity.label) => {
                held.push_str("; ");
                held.push_str(&text);
            }
            Some(Json::String(held)) => {
                if entity.score > held_score {
                    *held = text;
                    held_score = entity.score;
                }
            }
            _ => {
                object.insert(key, Json::String(text));
                held_score = entity.score;
            }
        }
    }
    object
}

#[cfg(test)]
#[path = "items_tests.rs"]
mod tests;
