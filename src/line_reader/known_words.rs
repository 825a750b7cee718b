//! Words that one may expect on a page: those of the built-in model's vocabulary. Of two readings of one
//! place the one that makes words is right far more often than its confidence says (docs/ocr.md).

use crate::model::registry::embedded;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Letters of a word at least: shorter ones are in the vocabulary whatever they are.
const FEWEST_LETTERS: usize = 2;

static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let tokenizer: Value = serde_json::from_slice(embedded::TOKENIZER).unwrap_or_default();
    let vocabulary = tokenizer.pointer("/model/vocab").and_then(Value::as_object);
    let words = vocabulary.into_iter().flat_map(|vocabulary| vocabulary.keys());
    words.filter(|word| word.chars().all(char::is_alphabetic)).cloned().collect()
});

/// Whether a reading has words, and all of them are known. What stands around a word is not looked at,
/// nor what has no letters.
pub fn makes_words<'a>(reading: impl Iterator<Item = &'a str>) -> bool {
    let mut found = false;
    for text in reading {
        let word = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if word.chars().filter(|c| c.is_alphabetic()).count() < FEWEST_LETTERS {
            continue;
        }
        if !KNOWN.contains(&word) {
            return false;
        }
        found = true;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_what_only_looks_like_them() {
        let makes = |text: &str| makes_words(text.split(' '));
        assert!(makes("Invoice total: 12.50"));
        assert!(makes("(Significant)"));
        assert!(!makes("lnvoice total"));
        assert!(!makes("Signifícant"));
        assert!(!makes("12.50 -"), "no word at all");
    }
}
