//! What was paid, on a receipt whose total was not read or is not called so.

use super::caption_value::has_cents;
use super::field_names::letters;
use super::neighbours::share_line;
use super::sums::Sum;
use crate::document::Word;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Cards by their letters: those of every language.
static CARDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    /// `Kart` is many things.
    const FEWEST: usize = 4;
    let names = Language::ALL.iter().flat_map(|language| lexicon_of(*language).all(Term::Card));
    let names = names.flat_map(|name| name.split(' ')).map(letters);
    names.filter(|name| name.len() >= FEWEST).collect()
});

/// The words of the sum that was paid by card, else of the greatest sum if it is printed more than once: as the total
/// and as what was paid. `None` where neither is.
pub fn sum_paid(words: &[Word], sums: &[Sum]) -> Option<Vec<usize>> {
    let cards: Vec<usize> =
        (0..words.len()).filter(|&word| CARDS.contains(&letters(&words[word].text))).collect();
    let cents = |sum: &&Sum| sum.words.iter().any(|&word| has_cents(&words[word].text));
    let all = !sums.iter().any(|sum| cents(&sum));
    let sums: Vec<&Sum> = sums.iter().filter(|sum| all || cents(sum)).collect();
    let by_card = |sum: &&&Sum| {
        let first = sum.words[0];
        cards.iter().any(|&card| card < first && share_line(&words[card], &words[first]))
    };
    let greatest = || {
        let greatest = *sums.iter().max_by_key(|sum| sum.units)?;
        let times = sums.iter().filter(|sum| sum.units == greatest.units).count();
        (times > 1).then_some(greatest)
    };
    let paid =
        sums.iter().filter(by_card).max_by_key(|sum| sum.units).copied().or_else(greatest)?;
    Some(paid.words.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    /// Lines of words, and their sums in thousandths.
    fn paid(lines: &[&str]) -> Option<String> {
        let mut words = Vec::new();
        let mut sums = Vec::new();
        for (number, line) in (0u32..).zip(lines) {
            for (place, text) in (0i64..).zip(line.split(' ')) {
                let top = 30 * i64::from(number);
                let bbox = PixelBox::new(100 * place, top, 100 * place + 80, top + 20);
                if let Ok(amount) = text.parse::<f64>() {
                    let units = (1000.0 * amount).round() as i128;
                    sums.push(Sum { words: vec![words.len()], units, odds: [0.0; 3] });
                }
                words.push(Word {
                    text: text.to_string(),
                    bbox,
                    confidence: 1.0,
                    line: number,
                    block: 0,
                });
            }
        }
        sum_paid(&words, &sums).map(|sum| words[sum[0]].text.clone())
    }

    #[test]
    fn what_was_paid_by_card_is_the_total() {
        let receipt = ["COFFEE 4.50", "CAKE 5.50", "AMEX CHARGE 10.00", "POINTS 25.00"];
        assert_eq!(paid(&receipt).as_deref(), Some("10.00"));
    }

    #[test]
    fn so_is_the_greatest_sum_if_it_is_printed_twice() {
        assert_eq!(paid(&["A 4.50", "B 5.50", "x 10.00", "y 10.00"]).as_deref(), Some("10.00"));
        assert_eq!(paid(&["A 4.50", "B 5.50", "x 10.00"]), None);
        assert_eq!(paid(&[]), None);
    }
}
