//! Several invoices in one file: `fields` are those of the first. A page that has a number of its own and
//! a total is of another invoice, and so are the pages behind it that have no number.

use super::field_names::NUMBER;
use super::surplus::digits;
use crate::document::{Entity, letters_and_digits};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A number and a total that begin another invoice are told from misread ones from these scores on.
const SURE_NUMBER: f32 = 0.9;
const SURE_TOTAL: f32 = 0.8;

/// The entities of the first invoice: all, unless there are several. What has no total is no invoice: then the
/// numbers name other things.
pub fn of_first_invoice(entities: &[Entity]) -> Cow<'_, [Entity]> {
    let others = pages_of_others(entities);
    let own = |entity: &&Entity| !others.contains(&entity.page);
    if others.is_empty() || !entities.iter().filter(own).any(|entity| entity.label == "total") {
        return Cow::Borrowed(entities);
    }
    entities.iter().filter(own).cloned().collect()
}

/// Pages that are not of the invoice whose number stands on the first page.
fn pages_of_others(entities: &[Entity]) -> BTreeSet<u32> {
    let sure = |entity: &&Entity, label: &str, least: f32| {
        entity.label == label && entity.score >= least && digits(&entity.text) > 0
    };
    let pages: BTreeSet<u32> = entities.iter().map(|entity| entity.page).collect();
    let first = pages.first().copied().unwrap_or_default();
    let numbers = || entities.iter().filter(|entity| sure(entity, NUMBER, SURE_NUMBER));
    let own: BTreeSet<String> =
        numbers().filter(|e| e.page == first).map(|e| letters_and_digits(&e.text)).collect();
    let mut others = BTreeSet::new();
    if own.is_empty() {
        return others;
    }
    let mut is_other = false;
    for page in pages.into_iter().filter(|page| *page != first) {
        let here = || entities.iter().filter(|entity| entity.page == page);
        let named = |entity: &Entity| own.contains(&letters_and_digits(&entity.text));
        if here().any(|entity| entity.label == NUMBER && named(entity)) {
            is_other = false;
        } else if numbers().any(|entity| entity.page == page) {
            is_other = here().any(|entity| sure(&entity, "total", SURE_TOTAL));
        }
        if is_other {
            others.insert(page);
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    fn entity(page: u32, label: &str, text: &str, score: f32) -> Entity {
        Entity {
            id: 0,
            label: label.to_string(),
            text: text.to_string(),
            value: None,
            score,
            ocr_confidence: 1.0,
            page,
            bbox: PixelBox::new(0, 0, 10, 10),
            words: Vec::new(),
        }
    }

    #[test]
    fn pages_behind_another_number_are_of_another_invoice() {
        let entities = [
            entity(1, "invoice_number", "4711", 0.99),
            entity(1, "total", "10.00", 0.99),
            entity(2, "item_amount", "1.00", 0.99),
            entity(3, "invoice_number", "4712", 0.97),
            entity(3, "total", "20.00", 0.95),
            entity(4, "tax", "2.00", 0.95),
            entity(5, "invoice_number", "47-11", 0.5),
        ];
        let own = of_first_invoice(&entities);
        assert_eq!(own.iter().map(|entity| entity.page).collect::<Vec<_>>(), [1, 1, 2, 5]);
    }

    #[test]
    fn an_invoice_has_a_total() {
        let entities = [
            entity(1, "invoice_number", "145", 0.99),
            entity(2, "invoice_number", "25", 0.97),
            entity(2, "total", "20.00", 0.95),
        ];
        assert_eq!(of_first_invoice(&entities).len(), 3);
    }

    #[test]
    fn a_number_without_a_total_begins_no_invoice() {
        let entities = [
            entity(1, "invoice_number", "4711", 0.99),
            entity(2, "invoice_number", "A-1", 0.97),
            entity(3, "total", "20.00", 0.95),
        ];
        assert!(matches!(of_first_invoice(&entities), Cow::Borrowed(all) if all.len() == 3));
    }
}
