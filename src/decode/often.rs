//! Totals that are printed again and again: on the slip, as what was paid, with the card's terminal.
//!
//! Where captions were misread, a model takes the change, a sum in another currency or that of a tax for the total. Such
//! a sum is printed once, and no two others make it.

use super::caption_value::has_cents;
use super::date::parse_date;
use super::page::HeadPrediction;
use super::sums::{ROLES, Sum, times};
use crate::document::Word;

/// The model takes a sum for the total where it gives it this much; on a page without a total nothing is to be put right.
const SEEN: f32 = 0.3;
/// A sum that is printed so often …
const OFTEN: usize = 3;
/// … or so often where two others make it, and what the model takes for the total is the change.
const AGAIN: usize = 2;
/// What the odds of that sum are multiplied by, and those of what it takes the place of.
const UP: f32 = 1e5;
const DOWN: f32 = 1e-4;

/// Takes a sum that is printed often for the total where what the model sees most as the total stands alone.
pub fn heed_sums_printed_often(head: &mut HeadPrediction, words: &[Word], sums: &[Sum]) {
    let [_, _, total] = ROLES;
    let is_sum = |sum: &&Sum| {
        let text: String = sum.words.iter().map(|word| words[*word].text.as_str()).collect();
        has_cents(&text) && parse_date(&text, None).is_none()
    };
    let sums: Vec<&Sum> = sums.iter().filter(is_sum).collect();
    let Some(seen) = sums.iter().max_by(|a, b| a.odds[2].total_cmp(&b.odds[2])) else { return };
    if seen.odds[2] < SEEN || times(&sums, seen) > 1 || is_made_of_two(&sums, seen) {
        return;
    }
    let is_there = |units: i128| sums.iter().any(|sum| sum.units == units);
    let leaves_something = |sum: &Sum| is_there(sum.units - seen.units);
    let is_change = sums.iter().find(|sum| {
        times(&sums, sum) >= AGAIN && is_made_of_two(&sums, sum) && is_there(sum.units + seen.units)
    });
    let often = sums.iter().filter(|sum| sum.units > seen.units && times(&sums, sum) >= OFTEN);
    let often = often.max_by_key(|sum| (times(&sums, sum), sum.units));
    let Some(chosen) =
        is_change.or(often.filter(|_| !sums.iter().any(|sum| leaves_something(sum))))
    else {
        return;
    };
    for word in &seen.words {
        head.weigh_label(*word, total, DOWN);
    }
    for sum in sums.iter().filter(|sum| sum.units == chosen.units) {
        head.insist(&sum.words, total, UP);
    }
}

/// Whether two other sums of a page add up to one, the lesser of them a share as taxes are.
fn is_made_of_two(sums: &[&Sum], sum: &Sum) -> bool {
    /// Of the sum.
    const MOST: f64 = 0.3;
    sums.iter().any(|part| {
        let rest = sum.units - part.units;
        rest > 0
            && rest as f64 <= MOST * sum.units as f64
            && sums.iter().any(|other| other.units == rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::ValueContext;
    use crate::decode::sequence::argmax;
    use crate::decode::sums::sums_of;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    /// The sums that are totals after all; `seen` is what the model takes for it.
    fn totals(texts: &[&str], seen: &str) -> Vec<String> {
        let words: Vec<Word> = (0..)
            .zip(texts)
            .map(|(line, text)| Word {
                text: (*text).to_string(),
                bbox: PixelBox::new(0, 30 * i64::from(line), 80, 30 * i64::from(line) + 20),
                confidence: 1.0,
                line,
                block: 0,
            })
            .collect();
        let labels = LabelSet::bio(&["subtotal", "tax", "total"]);
        let row = |text: &&str| {
            let total = if *text == seen { 0.9 } else { 1e-3 };
            vec![1.0 - total, 0.0, 0.0, 0.0, 0.0, total, 0.0]
        };
        let probabilities = texts.iter().map(row).collect();
        let mut head = HeadPrediction { labels, probabilities };
        let sums = sums_of(&head, &words, &ValueContext::of_words(&words));
        heed_sums_printed_often(&mut head, &words, &sums);
        let is_total =
            |(text, row): (&&str, &Vec<f32>)| (argmax(row) == 5).then(|| text.to_string());
        texts.iter().zip(&head.probabilities).filter_map(is_total).collect()
    }

    /// As seen: the card's currency was another one, and its total stands last.
    #[test]
    fn a_sum_printed_three_times_is_the_total() {
        assert_eq!(totals(&["60.00", "60.00", "56.42", "60.00"], "56.42"), ["60.00"; 3]);
        assert_eq!(totals(&["60.00", "60.00", "56.42"], "56.42"), ["56.42"], "twice is too few");
        let cash = ["60.00", "60.00", "60.00", "56.42", "3.58"];
        assert_eq!(totals(&cash, "56.42"), ["56.42"], "what was paid, and the change");
        assert_eq!(totals(&["5.00", "5.00", "5.00", "56.42"], "56.42"), ["56.42"], "prices");
        let amounts = ["60.00", "60.00", "60.00"];
        assert!(totals(&amounts, "").is_empty(), "nothing is a total");
        let dates = ["05.04.23", "05.04.23", "05.04.23", "56.42"];
        assert_eq!(totals(&dates, "56.42"), ["56.42"], "days are no sums");
    }

    /// As seen: `Saldo 16,00`, 15,24 and 0,76 of tax, 50,00 given, 34,00 back.
    #[test]
    fn change_is_not_the_total() {
        let sums = ["16,00", "16,00", "15,24", "0,76", "50,00", "34,00"];
        assert_eq!(totals(&sums, "34,00"), ["16,00"; 2]);
        assert_eq!(totals(&["16,00", "16,00", "50,00", "34,00"], "34,00"), ["34,00"]);
    }
}
