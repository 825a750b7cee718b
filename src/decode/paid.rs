//! What was paid, on a receipt whose total was not read or is not called so.

use super::field_names::letters;
use super::neighbours::share_line;
use super::sums::{Sum, greatest, times, with_cents};
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
    let sums = with_cents(words, sums);
    let greatest = || greatest(&sums).filter(|sum| times(&sums, sum) > 1);
    let paid = sums
        .iter()
        .filter(|sum| is_paid(words, sum))
        .max_by_key(|sum| sum.units)
        .copied()
        .or_else(greatest)?;
    Some(paid.words.clone())
}

/// Whether a sum stands behind the name of a card.
pub fn is_paid(words: &[Word], sum: &Sum) -> bool {
    let first = sum.words[0];
    let is_card = |word: usize| CARDS.contains(&letters(&words[word].text));
    (0..first).any(|word| is_card(word) && share_line(&words[word], &words[first]))
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
