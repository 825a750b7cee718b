//! Words that one may expect on a page: those of the built-in model's vocabulary, and field names in 23
//! languages. Of two readings of one place the one that makes words is right far more often than its
//! confidence says (docs/ocr.md).

use crate::lexicon::{Language, Term, lexicon_of};
use crate::model::registry::embedded;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Letters of a word at least.
const FEWEST_LETTERS: usize = 2;
/// Letters of a word of the lexicon at least: it has syllables, too.
const FEWEST_LEXICON_LETTERS: usize = 4;

static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let tokenizer: Value = serde_json::from_slice(embedded::TOKENIZER).unwrap_or_default();
    let vocabulary = tokenizer.pointer("/model/vocab").and_then(Value::as_object);
    let words = vocabulary.into_iter().flat_map(|vocabulary| vocabulary.keys());
    let words = words.filter(|word| word.chars().all(char::is_alphabetic)).cloned();
    words.chain(field_names()).collect()
});

/// Words of the lexicon, lower case.
fn field_names() -> impl Iterator<Item = String> {
    let lexicons = Language::ALL.iter().map(|language| lexicon_of(*language));
    let texts = lexicons.flat_map(|lexicon| Term::ALL.iter().flat_map(|term| lexicon.all(*term)));
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_alphabetic()));
    words.filter(|word| word.chars().count() >= FEWEST_LEXICON_LETTERS).map(str::to_lowercase)
}

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
