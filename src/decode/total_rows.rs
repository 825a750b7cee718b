//! Rows of sums that end with the total: `Total 507.63 91.37 599.00`.
//!
//! A model takes any of them for the total. The last is it where it is the greatest, and those before it are
//! the sum without tax and the tax, as their sizes tell. Where the row ends before the total (`Total 250.00 60.00`,
//! below it `To pay 310.00`), the sum of both on the page is the total.

use super::neighbours::on_one_line;
use super::page::HeadPrediction;
use super::sums::{ROLES, Sum};
use crate::document::Word;
use crate::geometry::PixelBox;

/// A sum is taken for the total where the model gives it this much.
const TOTAL: f32 = 0.5;
/// What the odds of the last sum of such a row are multiplied by, as the total.
const LAST: f32 = 1e4;
/// The same of those before it.
const BEFORE: f32 = 0.01;
/// What the odds of the sum of a row's net and tax are multiplied by, as the total, wherever it stands, and those of
/// the net: captions of the row may have raised them as far.
const SUM_OF_BOTH: f32 = 1e6;
const NOT_THE_SUM: f32 = 1e-4;
/// What the odds of those before it are multiplied by as what their size says.
const BY_SIZE: f32 = 30.0;
/// No tax is more of a total than this.
const TAX: f64 = 0.22;
/// A currency's mark has so many letters at most; longer words end the row.
const LETTERS_OF_MARK: usize = 3;

/// Weighs the odds of sums that stand in a row with one that the model takes for the total.
pub fn weigh_total_rows(head: &mut HeadPrediction, words: &[Word], sums: &[Sum]) {
    let [subtotal, tax, total] = ROLES;
    let bbox = |sum: &Sum| words[sum.words[0]].bbox;
    let is_total = |sum: &&Sum| sum.odds[2] >= TOTAL;
    let greatest_total = sums.iter().filter(is_total).map(|sum| sum.units).max();
    for sum in sums.iter().filter(is_total) {
        let mut row = row_of(words, sums, bbox(sum));
        row.sort_by_key(|other| bbox(other).left());
        let Some((last, others)) = row.split_last() else { continue };
        if let [net] = others
            && let Some(gross) = sum_of_both(sums, net, last)
        {
            weigh(head, gross, |label| if label == total { SUM_OF_BOTH } else { 1.0 });
            weigh(head, net, |label| match label {
                label if label == total => NOT_THE_SUM,
                label if label == subtotal => BY_SIZE,
                _ => 1.0,
            });
            weigh(head, last, |label| if label == tax { BY_SIZE } else { 1.0 });
            continue;
        }
        let greatest = others.iter().map(|other| other.units).max();
        // Columns of taxes have totals of their own.
        let is_part = greatest_total.is_some_and(|total| total > last.units);
        if is_part || greatest.is_none_or(|greatest| greatest >= last.units) {
            continue;
        }
        weigh(head, last, |label| if label == total { LAST } else { 1.0 });
        for other in others {
            let share = other.units as f64 / last.units as f64;
            weigh(head, other, |label| {
                if label == total {
                    BEFORE
                } else if (label == tax && share <= TAX)
                    || (label == subtotal && share >= 1.0 - TAX)
                {
                    BY_SIZE
                } else {
                    1.0
                }
            });
        }
    }
}

/// The sum on the page that a sum without tax and its tax, side by side, make.
fn sum_of_both<'a>(sums: &'a [Sum], net: &Sum, tax: &Sum) -> Option<&'a Sum> {
    /// A tax is at least this share of the sum without it, and at most that.
    const SHARE: std::ops::RangeInclusive<f64> = 0.04..=0.28;
    let is_tax = SHARE.contains(&(tax.units as f64 / net.units as f64));
    sums.iter().find(|sum| is_tax && sum.units == net.units + tax.units)
}

/// The sums in a row with one, as far as no words stand between them.
fn row_of<'a>(words: &[Word], sums: &'a [Sum], bbox: PixelBox) -> Vec<&'a Sum> {
    let letters = |word: &Word| word.text.chars().filter(|c| c.is_alphabetic()).count();
    let breaks = words
        .iter()
        .filter(|word| on_one_line(bbox, word.bbox) && letters(word) > LETTERS_OF_MARK)
        .map(|word| word.bbox.left());
    let (before, behind): (Vec<u32>, Vec<u32>) = breaks.partition(|left| *left < bbox.left());
    let from = before.into_iter().max().unwrap_or(0);
    let to = behind.into_iter().min().unwrap_or(u32::MAX);
    let in_row = |sum: &&Sum| {
        let other = words[sum.words[0]].bbox;
        // On a page aslant lines below each other share some height.
        let beside = other == bbox || other.left() >= bbox.right() || other.right() <= bbox.left();
        beside && on_one_line(bbox, other) && (from..to).contains(&other.left())
    };
    sums.iter().filter(in_row).collect()
}

/// Multiplies the odds of a sum's words: the first as a beginning, the rest as what goes on.
fn weigh(head: &mut HeadPrediction, sum: &Sum, weight: impl Fn(&str) -> f32) {
    for (position, word) in sum.words.iter().enumerate() {
        head.weigh(*word, |label, begins| {
            let factor = weight(label);
            if factor < 1.0 || begins == (position == 0) { factor } else { 1.0 }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::ValueContext;
    use crate::decode::sequence::argmax;
    use crate::decode::sums::sums_of;
    use crate::labels::LabelSet;

    /// What words in a row, and behind `|` below it, become, if the model takes the one in brackets for the total and
    /// sees nothing much in the others.
    fn labels_of(row: &str) -> Vec<String> {
        let labels = LabelSet::bio(&ROLES);
        let mut words = Vec::new();
        let mut probabilities = Vec::new();
        let mut top = 0;
        for (index, text) in row.split(' ').enumerate() {
            if text == "|" {
                top += 40;
                continue;
            }
            let is_total = text.starts_with('[');
            let share = |name: &String| match name.as_str() {
                "O" => {
                    if is_total {
                        0.05
                    } else {
                        0.9
                    }
                }
                "B-TOTAL" if is_total => 0.9,
                _ => 0.01,
            };
            probabilities.push(labels.names().iter().map(share).collect::<Vec<f32>>());
            let left = 100 * index as i64;
            words.push(Word {
                text: text.trim_start_matches('[').to_string(),
                bbox: PixelBox::new(left, top, left + 80, top + 20),
                confidence: 1.0,
                line: 0,
                block: 0,
            });
        }
        let mut head = HeadPrediction { labels, probabilities };
        let sums = sums_of(&head, &words, &ValueContext::default());
        weigh_total_rows(&mut head, &words, &sums);
        head.probabilities.iter().map(|row| head.labels.names()[argmax(row)].clone()).collect()
    }

    #[test]
    fn the_last_and_greatest_sum_of_a_row_is_the_total() {
        assert_eq!(labels_of("TOTAL: [91.37 599.00"), ["O", "B-TAX", "B-TOTAL"]);
        assert_eq!(labels_of("Total [507.63 91.37 599.00"), ["O", "B-SUBTOTAL", "O", "B-TOTAL"]);
        assert_eq!(labels_of("Total 507.63 EUR [599.00"), ["O", "O", "O", "B-TOTAL"]);
    }

    /// As seen on a Romanian invoice.
    #[test]
    fn a_row_of_net_and_tax_makes_the_sum_of_both_the_total() {
        let rows = "TOTAL [250.00 60.00 | Total de plata 310.00";
        let found = labels_of(rows);
        assert_eq!(found[..2], ["O", "B-SUBTOTAL"]);
        assert_eq!(found.last().map(String::as_str), Some("B-TOTAL"));
        assert_eq!(labels_of("TOTAL [250.00 60.00 | Total de plata 300.00")[1], "B-TOTAL");
    }

    #[test]
    fn other_rows_stay_as_they_are() {
        assert_eq!(labels_of("Total [45.00 Cash 50.00"), ["O", "B-TOTAL", "O", "O"]);
        assert_eq!(labels_of("Total [599.00 91.37"), ["O", "B-TOTAL", "O"]);
        assert_eq!(labels_of("Total [599.00"), ["O", "B-TOTAL"]);
    }
}
