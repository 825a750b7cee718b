//! Totals whose first figures were not read: `.092,66` below `2.071,94` and a tax of `20,72`.
//!
//! Totals are printed large, bold or beside a stamp, and what is cut off is their beginning. Where the sum without
//! tax and its taxes make a total that ends in what was read, it is that; the text stays as it was read.

use super::sums::{ROLES, amount_units, decimal, one_or_two};
use super::surplus::digits;
use crate::document::{Entity, Value};

/// In thousandths: what totals are rounded by.
const ROUNDING: i128 = 50;

/// Completes the values of such totals. What passed for the total and is the sum without tax becomes that.
pub fn complete_cut_totals(entities: &mut [Entity]) {
    let [subtotal, tax, total] = ROLES;
    let of = |label: &str| -> Vec<(usize, i128)> {
        let all = entities.iter().enumerate().filter(|(_, entity)| entity.label == label);
        all.filter_map(|(at, entity)| Some((at, amount_units(entity.value.as_ref())?))).collect()
    };
    let (subtotals, taxes, totals) = (of(subtotal), of(tax), of(total));
    let taxes: Vec<i128> = taxes.into_iter().map(|(_, units)| units).collect();
    let mut found = None;
    'all: for &(cut, read) in &totals {
        let Some(figures) = cents_read(&entities[cut]) else { continue };
        for &(net, units) in subtotals.iter().chain(&totals).filter(|(net, _)| *net != cut) {
            for tax in one_or_two(&taxes).filter(|tax| (1..units).contains(tax)) {
                if let Some(whole) = ending_in(units + tax, read, figures) {
                    found = Some((cut, net, whole));
                    break 'all;
                }
            }
        }
    }
    let Some((cut, net, whole)) = found else { return };
    if let Some(Value::Amount { amount, .. }) = &mut entities[cut].value {
        *amount = decimal(whole);
    }
    if entities[net].label == total {
        entities[net].label = subtotal.to_string();
    }
}

/// How many figures of a sum with cents were read.
fn cents_read(entity: &Entity) -> Option<u32> {
    const FEWEST: usize = 3;
    let read = entity.text.rsplit(|c: char| c.is_alphabetic()).next().unwrap_or_default();
    let has_cents = matches!(&entity.value, Some(Value::Amount { amount, .. })
        if amount.split_once('.').is_some_and(|(_, cents)| cents.len() == 2));
    let figures = digits(read);
    (has_cents && figures >= FEWEST).then_some(figures as u32)
}

/// The sum near `expected` that is longer than what was read and ends in it; all in thousandths.
fn ending_in(expected: i128, read: i128, figures: u32) -> Option<i128> {
    // Cents are tens of thousandths.
    let step = 10i128.checked_pow(figures + 1)?;
    let times = (expected - read + step / 2).div_euclid(step);
    let whole = read + times * step;
    (times > 0 && read < step && (whole - expected).abs() <= ROUNDING).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    fn found(entities: &[(&str, &str, &str)]) -> Vec<(String, String)> {
        let entity = |(id, (label, text, amount)): (usize, &(&str, &str, &str))| Entity {
            id,
            label: (*label).into(),
            text: (*text).into(),
            value: Some(Value::Amount { amount: (*amount).into(), currency: None }),
            score: 0.9,
            ocr_confidence: 1.0,
            page: 1,
            bbox: PixelBox::new(0, 0, 9, 9),
            words: Vec::new(),
        };
        let mut entities: Vec<Entity> = entities.iter().enumerate().map(entity).collect();
        complete_cut_totals(&mut entities);
        let said = |entity: Entity| match entity.value {
            Some(Value::Amount { amount, .. }) => (entity.label, amount),
            _ => (entity.label, String::new()),
        };
        entities.into_iter().map(said).collect()
    }

    /// As seen on a photograph and on a fax.
    #[test]
    fn a_total_without_its_first_figures_is_completed() {
        let bill = [
            ("subtotal", "RM41.30", "41.30"),
            ("tax", "4.13", "4.13"),
            ("tax", "2.48", "2.48"),
            ("total", "7.90", "7.90"),
        ];
        assert_eq!(found(&bill)[3].1, "47.90");
        let fax = [
            ("total", "2.071,94", "2071.94"),
            ("tax", "20,72", "20.72"),
            ("total", ".092,66", "92.66"),
        ];
        assert_eq!(found(&fax)[0].0, "subtotal");
    }

    #[test]
    fn whole_totals_stay() {
        let whole =
            [("subtotal", "10.00", "10.00"), ("tax", "2.00", "2.00"), ("total", "12.00", "12.00")];
        assert_eq!(found(&whole)[2], ("total".into(), "12.00".into()));
        let other =
            [("subtotal", "10.00", "10.00"), ("tax", "2.00", "2.00"), ("total", "3.55", "3.55")];
        assert_eq!(found(&other)[2].1, "3.55");
        assert!(found(&[]).is_empty());
    }
}
