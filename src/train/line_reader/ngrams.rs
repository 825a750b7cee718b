//! Counting which letters follow each other, for [`crate::line_reader::ngrams`].

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::line_reader::ngrams::{
    COST_STEPS, EDGE, GROUPS, MAGIC, ORDER, SHARE_STEPS, hash, symbol,
};
use std::collections::HashMap;

/// Kinds of symbols that may occur: what a letter never seen is one of.
const SYMBOLS: f32 = 250.0;

/// What is left out.
#[derive(Debug, Clone, Copy)]
pub struct NgramOptions {
    /// Longer n-grams than pairs have to occur so often.
    pub least: u32,
}

impl Default for NgramOptions {
    fn default() -> Self {
        Self { least: 2 }
    }
}

/// An n-gram as it is counted; its parts by their hashes.
struct Counted {
    count: u32,
    length: usize,
    /// Without its last symbol.
    context: u64,
    /// Without its first symbol.
    shorter: u64,
}

/// What follows a context: how often anything does, and how many different symbols.
#[derive(Clone, Copy, Default)]
struct Followers {
    all: u32,
    kinds: u32,
}

impl Followers {
    /// The share of probability that is left for what was never seen (Witten and Bell 1991, method C).
    fn unseen(self) -> f32 {
        if self.all == 0 { 1.0 } else { self.kinds as f32 / (self.all + self.kinds) as f32 }
    }
}

/// The bytes of the table of these lines.
///
/// # Errors
/// `DataInvalid` where there are more n-grams than a table takes.
pub fn table<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    options: NgramOptions,
) -> Result<Vec<u8>> {
    let mut counted = count(lines);
    counted.retain(|_, ngram| ngram.count >= options.least || ngram.length <= 2);
    let mut followers: HashMap<u64, Followers> = HashMap::new();
    for ngram in counted.values() {
        let entry = followers.entry(ngram.context).or_default();
        entry.all += ngram.count;
        entry.kinds += 1;
    }
    let after = |context: u64| followers.get(&context).copied().unwrap_or_default();
    let unknown = after(0).unseen() / SYMBOLS;
    let mut probabilities: HashMap<u64, f32> = HashMap::with_capacity(counted.len());
    for length in 1..=ORDER {
        for (hashed, ngram) in counted.iter().filter(|(_, ngram)| ngram.length == length) {
            let context = after(ngram.context);
            let shorter = if length == 1 {
                1.0 / SYMBOLS
            } else {
                probabilities.get(&ngram.shorter).copied().unwrap_or(unknown)
            };
            let seen = ngram.count as f32 / (context.all + context.kinds) as f32;
            probabilities.insert(*hashed, seen + context.unseen() * shorter);
        }
    }
    let mut entries: Vec<(u64, u8, u8)> = probabilities
        .into_iter()
        .map(|(hashed, probability)| {
            let cost = stored(probability, COST_STEPS);
            (hashed, cost, stored(after(hashed).unseen(), SHARE_STEPS))
        })
        .collect();
    entries.sort_unstable();
    written(&entries, -unknown.ln())
}

/// Every n-gram of every length, by its hash.
fn count<'a>(lines: impl IntoIterator<Item = &'a str>) -> HashMap<u64, Counted> {
    let mut counted: HashMap<u64, Counted> = HashMap::new();
    for line in lines {
        let symbols: Vec<char> =
            std::iter::once(EDGE).chain(line.chars().map(symbol)).chain([EDGE]).collect();
        for last in 1..symbols.len() {
            let (mut hashed, mut context) = (0, 0);
            for length in 1..=ORDER.min(last + 1) {
                let shorter = hashed;
                hashed = hash(hashed, symbols[last + 1 - length]);
                if length > 1 {
                    context = hash(context, symbols[last + 1 - length]);
                }
                let new = || Counted { count: 0, length, context, shorter };
                counted.entry(hashed).or_insert_with(new).count += 1;
            }
        }
    }
    counted
}

/// `-ln p` in steps, as far as a byte goes.
fn stored(probability: f32, steps: f32) -> u8 {
    (-probability.ln() * steps).round().clamp(0.0, 255.0) as u8
}

/// `entries` are sorted by their hashes.
fn written(entries: &[(u64, u8, u8)], unknown: f32) -> Result<Vec<u8>> {
    let mut sizes = vec![0u16; GROUPS];
    for (hashed, _, _) in entries {
        let size = &mut sizes[(hashed >> 48) as usize];
        *size = size.checked_add(1).ok_or_else(|| {
            Error::new(Stage::Train, ErrorCode::DataInvalid, "too many n-grams for a table")
                .hint("count fewer lines, or raise --least")
        })?;
    }
    let mut bytes = Vec::from(MAGIC);
    bytes.extend(unknown.to_le_bytes());
    bytes.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
    for (hashed, cost, share) in entries {
        bytes.extend(((hashed >> 32) as u16).to_le_bytes());
        bytes.extend([*cost, *share]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_reader::ngrams::{History, Ngrams};

    fn ngrams(text: &str) -> Ngrams {
        Ngrams::of(table(text.lines(), NgramOptions { least: 1 }).unwrap()).unwrap()
    }

    fn after(text: &str) -> History {
        text.chars().fold(History::start(), History::and)
    }

    #[test]
    fn probabilities_of_all_that_may_follow_add_up_to_one() {
        let ngrams = ngrams("total\ntotal 5\ntotal due\ntax 12.50");
        let seen = "totalduexn 05.12\n";
        let mut kinds: Vec<char> = seen.chars().map(symbol).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for history in ["", "t", "to", "tota", "total", "zz", "total d"] {
            let history = after(history);
            let known: f32 = kinds.iter().map(|c| (-ngrams.cost(&history, *c)).exp()).sum();
            let rest = (SYMBOLS - kinds.len() as f32) * (-ngrams.cost(&history, '~')).exp();
            assert!((known + rest - 1.0).abs() < 0.08, "{history:?}: {known} + {rest}");
        }
    }

    #[test]
    fn what_was_seen_more_often_costs_less() {
        let ngrams = ngrams("rate\nrate\nrate\nkate\nTOTAL 12\n");
        let start = after("");
        assert!(ngrams.cost(&start, 'r') < ngrams.cost(&start, 'k'));
        assert!(ngrams.cost(&start, 'k') < ngrams.cost(&start, 'x'));
        assert!(ngrams.cost(&after("rat"), 'E') < 0.6);
        assert!(ngrams.cost(&after("rate"), EDGE) < 0.6);
        assert_eq!(ngrams.cost(&after("total 1"), '9'), ngrams.cost(&after("Total 7"), '2'));
    }

    #[test]
    fn rare_long_ngrams_are_left_out() {
        let size = |least| table("abcdef\nabc".lines(), NgramOptions { least }).unwrap().len();
        assert!(size(2) < size(1));
    }
}
