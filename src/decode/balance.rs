//! Sums that balance: where three sums on a page add up as subtotal + tax = total, the odds that the
//! model gives them as such are raised, and those of other sums are lowered.
//!
//! On a layout that is new to it the model takes the tax of one rate for that of all, or the last item for
//! the subtotal. Arithmetic knows better: three printed sums of which one is the sum of the other two, in
//! the proportion of a tax, are seldom so by chance. The model has still to see something in them
//! ([`Trust`]), and a sum that it is sure about stays what it is. A tax that two authorities share may be
//! printed twice, half each (India's CGST and SGST).

use super::ValueContext;
use super::currency::is_rounded_to_whole;
use super::page::HeadPrediction;
use super::sums::{ROLES, Sum, amount_units, sums_of};
use crate::document::{Entity, Word};
use std::collections::HashMap;

/// A tax is this share of the sum without it.
const TAX_SHARE: std::ops::RangeInclusive<f64> = 0.005..=0.28;
/// A sum that the model does not see as such counts so much.
const FLOOR: f32 = 0.003;
/// The total is seen as such this much at least, against what is most so: paid in cash, total and change
/// add up as well.
const AS_TOTAL: f32 = 0.2;
/// What a balance counts that holds after rounding only.
const ROUNDED: f32 = 0.5;
/// What odds of sums that do not take part are multiplied by.
const DOWN: f32 = 0.3;

/// How far a balance is believed.
struct Trust {
    /// What the model must give the three together, each at least [`FLOOR`].
    least: f32,
    /// What the odds of the three are multiplied by.
    up: f32,
}

/// Whole numbers add up by chance now and then: the model has to see two of the three.
const WHOLE: Trust = Trust { least: 1e-3, up: 30.0 };
/// To the cent they hardly ever do: that it sees the total is enough.
const TO_THE_CENT: Trust = Trust { least: 4e-6, up: 100.0 };
/// What it sees most as the total is the sum without the tax that it sees, and the sum of both is printed: however
/// little it sees in that, it is the total.
const NET_AS_TOTAL: Trust = Trust { least: 0.3, up: 1e4 };

impl Trust {
    fn in_sums(three: [i128; 3]) -> Self {
        if three.iter().all(|units| units % 1000 == 0) { WHOLE } else { TO_THE_CENT }
    }
}

/// Weighs the odds of sums, if the head has the three labels and three sums of the page balance.
pub fn balance_sums(head: &mut HeadPrediction, words: &[Word], context: &ValueContext) {
    let sums = sums_of(head, words, context);
    let rounds = context.currency.is_some_and(is_rounded_to_whole);
    let Some((chosen, trust)) = best_balance(&sums, rounds) else { return };
    for sum in &sums {
        let role = chosen.iter().position(|units| *units == sum.units);
        for word in &sum.words {
            head.weigh(*word, |label, _| match ROLES.iter().position(|of| *of == label) {
                Some(of) if role == Some(of) => trust.up,
                Some(_) => DOWN,
                None => 1.0,
            });
        }
    }
}

/// The three values, in the order of [`ROLES`], that the model is likeliest to mean. `rounds`: whether totals
/// may be rounded to whole ones.
fn best_balance(sums: &[Sum], rounds: bool) -> Option<([i128; 3], Trust)> {
    // Each value by what its best place gives it, and how often it is printed.
    let mut values: HashMap<i128, ([f32; 3], usize)> = HashMap::new();
    for sum in sums {
        let (best, times) = values.entry(sum.units).or_insert(([FLOOR; 3], 0));
        for (best, odds) in best.iter_mut().zip(sum.odds) {
            *best = best.max(odds);
        }
        *times += 1;
    }
    let most_total = values.values().map(|(odds, _)| odds[2]).fold(0.0, f32::max);
    let greatest = values.keys().copied().max()? as f32;
    let mut chosen: Option<(f32, [i128; 3], Trust)> = None;
    for (net, (net_odds, _)) in &values {
        for (tax, (tax_odds, times)) in &values {
            // Whole, or in two halves.
            for parts in 1..=2.min(*times as i128) {
                let exact = net + parts * tax;
                let whole = rounded(exact);
                // What rounding adds or takes is printed where the exact sum is printed as well.
                let tells_rounding = || values.contains_key(&(whole - exact).abs());
                let is_rounded = rounds && (!values.contains_key(&exact) || tells_rounding());
                let gross = if is_rounded { whole } else { exact };
                let Some((total_odds, _)) = values.get(&gross) else { continue };
                if !TAX_SHARE.contains(&((gross - net) as f64 / *net as f64)) {
                    continue;
                }
                let three = [*net, *tax, gross];
                let seen = net_odds[0] * tax_odds[1] * total_odds[2];
                let (odds, trust) = if total_odds[2] >= AS_TOTAL * most_total {
                    (seen, Trust::in_sums(three))
                } else if net_odds[2] >= most_total && gross == exact {
                    (tax_odds[1] * net_odds[2], NET_AS_TOTAL)
                } else {
                    continue;
                };
                if odds < trust.least {
                    continue;
                }
                // The sums of one rate, and of a page carried over, balance as well: the whole is greater.
                let rank =
                    odds * gross as f32 / greatest * if gross == exact { 1.0 } else { ROUNDED };
                if chosen.as_ref().is_none_or(|(held, of, _)| (rank, three) > (*held, *of)) {
                    chosen = Some((rank, three, trust));
                }
            }
        }
    }
    chosen.map(|(_, three, trust)| (three, trust))
}

/// What the model takes for a tax and is no less than every sum without tax is the total, where it sees none but
/// what is left to pay of a bill that was paid.
pub fn relabel_totals(entities: &mut [Entity]) {
    let [subtotal, tax, total] = ROLES;
    let units = |entity: &Entity| amount_units(entity.value.as_ref());
    let of = |label: &'static str| move |entity: &&Entity| entity.label == label;
    let net = entities.iter().filter(of(subtotal)).filter_map(units).max();
    let Some(net) = net.filter(|net| *net > 0) else { return };
    if entities.iter().filter(of(total)).filter_map(units).any(|units| units != 0) {
        return;
    }
    let paid = entities.iter().any(|entity| entity.label == total);
    let taxes = entities.iter_mut().filter(|entity| entity.label == tax);
    for entity in taxes.filter(|entity| {
        amount_units(entity.value.as_ref()).is_some_and(|sum| sum > net || (paid && sum == net))
    }) {
        entity.label = total.to_string();
    }
}

/// To whole units of a currency, as sums to pay in cash are.
fn rounded(thousandths: i128) -> i128 {
    (thousandths + 500).div_euclid(1000) * 1000
}

/// Whether a sum is this total, which may be rounded to a whole one in some currencies.
pub(super) fn makes(sum: i128, total: i128, currency: Option<&str>) -> bool {
    total == sum || (currency.is_some_and(is_rounded_to_whole) && total == rounded(sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Value;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    /// Texts below each other, each with what is given to O, and to `B-` of subtotal, tax, total, item
    /// amount.
    type Given<'a> = (&'a str, [f32; 5]);

    fn words_of(sums: &[Given]) -> Vec<Word> {
        let word = |(index, (text, _)): (usize, &Given)| Word {
            text: (*text).to_string(),
            bbox: PixelBox::new(0, index as i64 * 20, 50, index as i64 * 20 + 15),
            confidence: 1.0,
            line: index as u32,
            block: 0,
        };
        sums.iter().enumerate().map(word).collect()
    }

    fn weighed_words(sums: &[Given], words: &[Word]) -> Vec<Vec<f32>> {
        let labels = LabelSet::bio(&["subtotal", "tax", "total", "item_amount"]);
        let row = |given: &[f32; 5]| {
            let [outside, rest @ ..] = *given;
            std::iter::once(outside).chain(rest.into_iter().flat_map(|p| [p, 0.0])).collect()
        };
        let probabilities = sums.iter().map(|(_, given)| row(given)).collect();
        let mut head = HeadPrediction { labels, probabilities };
        balance_sums(&mut head, words, &ValueContext::of_words(words));
        head.probabilities
    }

    fn weighed(sums: &[Given]) -> Vec<Vec<f32>> {
        weighed_words(sums, &words_of(sums))
    }

    fn best(rows: &[Vec<f32>]) -> Vec<usize> {
        rows.iter().map(|row| crate::decode::sequence::argmax(row)).collect()
    }

    /// As seen: the tax of one of two rates passed for that of both, an item for the subtotal.
    #[test]
    fn sums_that_add_up_are_believed() {
        let rows = weighed(&[
            ("160.00", [0.2, 0.7, 0.0, 0.0, 0.1]),
            ("496.00", [0.9, 0.08, 0.0, 0.02, 0.0]),
            ("63.84", [0.3, 0.0, 0.6, 0.1, 0.0]),
            ("75.04", [0.4, 0.0, 0.2, 0.4, 0.0]),
            ("571.04", [0.0, 0.0, 0.0, 1.0, 0.0]),
        ]);
        assert_eq!(best(&rows)[1..], [1, 0, 3, 5]);
        for row in rows {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn chance_does_not_make_sums_of_what_the_model_does_not_see() {
        let item = [0.1, 0.0, 0.0, 0.0, 0.9];
        let given = [("10.00", item), ("2.00", item), ("12.00", [0.0, 0.0, 0.0, 1.0, 0.0])];
        assert_eq!(best(&weighed(&given)), [7, 7, 5]);
        // Nor what is no tax: as much as the sum itself.
        let sum = [0.6, 0.2, 0.2, 0.0, 0.0];
        let rows = weighed(&[("10.00", sum), ("9.00", sum), ("19.00", [0.0, 0.0, 0.0, 1.0, 0.0])]);
        assert_eq!(best(&rows), [0, 0, 5]);
    }

    /// As seen: what both rates' taxes add up to passed for a total.
    #[test]
    fn the_balance_of_the_whole_is_preferred() {
        let rows = weighed(&[
            ("37.62", [0.3, 0.3, 0.3, 0.1, 0.0]),
            ("11.20", [0.3, 0.1, 0.5, 0.1, 0.0]),
            ("358.00", [0.6, 0.3, 0.0, 0.1, 0.0]),
            ("48.82", [0.2, 0.1, 0.3, 0.4, 0.0]),
            ("406.82", [0.2, 0.0, 0.0, 0.8, 0.0]),
        ]);
        assert_eq!(best(&rows)[2..], [1, 3, 5]);
    }

    #[test]
    fn what_rounding_leaves_is_the_total_where_it_is_printed() {
        let of_total = [0.2, 0.0, 0.0, 0.8, 0.0];
        let given = [
            ("773,25", [0.1, 0.9, 0.0, 0.0, 0.0]),
            ("162,38", [0.1, 0.0, 0.9, 0.0, 0.0]),
            ("935,63", of_total),
            ("0,37", [1.0, 0.0, 0.0, 0.0, 0.0]),
            ("936,00 Kč", of_total),
        ];
        let total = |row: &[f32]| row[5];
        let rows = weighed(&given);
        assert!(total(&rows[2]) < 0.8 && total(&rows[4]) > 0.99, "{rows:?}");
        let without_rounding: Vec<Given> =
            given.into_iter().filter(|(text, _)| *text != "0,37").collect();
        let rows = weighed(&without_rounding);
        assert!(total(&rows[2]) > 0.99 && total(&rows[3]) < 0.8, "{rows:?}");
    }

    #[test]
    fn cash_is_not_the_total_and_change_no_tax() {
        let rows = weighed(&[
            ("45.10", [0.1, 0.1, 0.0, 0.8, 0.0]),
            ("50.00", [0.9, 0.0, 0.0, 0.1, 0.0]),
            ("4.90", [0.8, 0.0, 0.2, 0.0, 0.0]),
        ]);
        assert_eq!(best(&rows), [5, 0, 0]);
    }

    /// As seen: the premium without tax passed for the total of the bill.
    #[test]
    fn the_sum_with_the_tax_is_the_total_if_it_is_printed() {
        let given = |gross| {
            [
                ("50.00", [0.05, 0.05, 0.0, 0.9, 0.0]),
                ("9.50", [0.1, 0.0, 0.9, 0.0, 0.0]),
                (gross, [0.98, 0.0, 0.0, 0.02, 0.0]),
            ]
        };
        assert_eq!(best(&weighed(&given("59.50"))), [1, 3, 5]);
        assert_eq!(best(&weighed(&given("58.50"))), [5, 3, 0]);
    }

    #[test]
    fn thousands_with_spaces_between_are_one_sum() {
        let row = [0.5, 0.2, 0.2, 0.1, 0.0];
        let given = [("2", row), ("305,00", row), ("461,00", row), ("2", row), ("766,00", row)];
        let mut words = words_of(&given);
        // Side by side, the thousands close to the rest.
        for (word, left) in words.iter_mut().zip([0, 12, 200, 400, 412]) {
            word.bbox = PixelBox::new(left, 0, left + 8, 15);
        }
        let rows = weighed_words(&given, &words);
        assert_eq!(best(&rows), [1, 1, 3, 5, 5]);
    }

    /// As seen: a total without a caption that is known taken for the tax.
    #[test]
    fn a_tax_above_the_subtotal_is_the_total() {
        let entity = |id, label: &str, amount: &str| Entity {
            id,
            label: label.into(),
            text: amount.into(),
            value: Some(Value::Amount { amount: amount.into(), currency: None }),
            score: 0.8,
            ocr_confidence: 1.0,
            page: 1,
            bbox: PixelBox::new(0, 0, 9, 9),
            words: Vec::new(),
        };
        let labels = |mut entities: Vec<Entity>| {
            relabel_totals(&mut entities);
            entities.into_iter().map(|entity| entity.label).collect::<Vec<_>>()
        };
        let two = vec![entity(0, "subtotal", "2783.20"), entity(1, "tax", "3479.00")];
        assert_eq!(labels(two.clone()), ["subtotal", "total"]);
        let paid = vec![
            entity(0, "subtotal", "1219.50"),
            entity(1, "tax", "1219.50"),
            entity(2, "total", "0.00"),
        ];
        assert_eq!(labels(paid), ["subtotal", "total", "total"]);
        let three = [two, vec![entity(2, "total", "9.00")]].concat();
        assert_eq!(labels(three), ["subtotal", "tax", "total"]);
        assert_eq!(labels(vec![entity(0, "tax", "5.00")]), ["tax"]);
    }
}
