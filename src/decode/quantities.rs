//! Numbers with a unit behind them: `Total 60.00 Pcs.`, `1.947 kWh`. Whatever stands before them, they are no sums.

use super::field_names::letters;
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use super::sums::ROLES;
use super::surplus::digits;
use crate::document::Word;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::HashSet;
use std::sync::LazyLock;

/// What the odds of such a number are multiplied by as a sum of the document.
const DOWN: f32 = 0.01;
/// Letters of a unit at least: fewer are rates of a tax, or marks.
const FEWEST_LETTERS: usize = 2;

/// Units by their letters: those of every language, and those of bills of supply.
static UNITS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let names = Language::ALL.iter().flat_map(|language| lexicon_of(*language).all(Term::Units));
    let of_supply = ["kWh", "kVA", "kW", "MB", "GB", "Nos", "ltr", "litres", "items"];
    let all = names.copied().chain(of_supply).filter(|name| digits(name) == 0).map(letters);
    all.filter(|name| name.len() >= FEWEST_LETTERS).collect()
});

/// Weighs the odds of numbers that units stand behind.
pub fn doubt_quantities(head: &mut HeadPrediction, words: &[Word]) {
    for word in (0..words.len()).filter(|&word| is_quantity(words, word)) {
        head.weigh(word, |label, _| if ROLES.contains(&label) { DOWN } else { 1.0 });
    }
}

/// Whether a word is a number with a unit right behind it.
pub fn is_quantity(words: &[Word], word: usize) -> bool {
    digits(&words[word].text) > 0
        && words.get(word + 1).is_some_and(|next| {
            digits(&next.text) == 0
                && goes_on(words[word].bbox, next.bbox)
                && UNITS.contains(&letters(&next.text))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    #[test]
    fn numbers_of_things_are_told_from_sums() {
        let words = page(&[&["Total 60.00 Pcs. 329 1.947 kWh 12,00 Kč 5,00 A"]]);
        let quantities: Vec<&str> = (0..words.len())
            .filter(|&word| is_quantity(&words, word))
            .map(|word| words[word].text.as_str())
            .collect();
        assert_eq!(quantities, ["60.00", "1.947"]);
    }
}
