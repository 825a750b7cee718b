//! What letters follow each other: a table of character n-grams that the search through the network's
//! output ([`super::beam`]) asks how likely a letter is after those before it.
//!
//! Letters are folded: upper and lower case count as one, and so do all digits, so that the table can
//! tell a digit from a letter but never one digit from another. A line begins and ends with [`EDGE`].
//! Probabilities are interpolated after Witten and Bell (1991) when the table is made
//! ([`crate::train::line_reader::ngrams`]); here, the longest n-gram that is known says, and each one that
//! is not costs its context's share for the unseen.

use crate::error::{Error, ErrorCode, Result};
use std::borrow::Cow;

/// Letters of the longest n-gram.
pub const ORDER: usize = 6;
/// Stands before and behind a line.
pub const EDGE: char = '\n';
/// Steps of a stored cost, and of a stored share, for each unit of `-ln p`.
pub const COST_STEPS: f32 = 16.0;
pub const SHARE_STEPS: f32 = 32.0;
pub const MAGIC: &[u8; 4] = b"LNG1";
/// N-grams lie in so many groups by the highest bits of their hashes, sorted within each.
pub const GROUPS: usize = 1 << 16;
/// Magic, and the cost of a letter never seen.
pub const HEADER: usize = 8;
/// Bytes of an n-gram: the hash's next 16 bits, cost, share for the unseen behind it.
pub const ENTRY: usize = 4;

/// What the table counts a character as.
pub fn symbol(character: char) -> char {
    if character.is_ascii_digit() {
        '0'
    } else {
        character.to_lowercase().next().unwrap_or(character)
    }
}

/// Hash of an n-gram, from its last symbol to its first: each step is the hash of the n-gram so far.
pub fn hash(before: u64, symbol: char) -> u64 {
    let mixed = (before ^ u64::from(symbol)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

/// The symbols that the next one is looked up behind; the last is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    symbols: [char; ORDER - 1],
    length: usize,
}

impl History {
    /// At the beginning of a line.
    pub const fn start() -> Self {
        let mut symbols = ['\0'; ORDER - 1];
        symbols[ORDER - 2] = EDGE;
        Self { symbols, length: 1 }
    }

    /// With one more character behind it.
    #[must_use]
    pub fn and(mut self, character: char) -> Self {
        self.symbols.rotate_left(1);
        self.symbols[ORDER - 2] = symbol(character);
        self.length = (self.length + 1).min(ORDER - 1);
        self
    }

    /// Hashes of its last symbol, its last two, ….
    fn hashes(&self) -> impl Iterator<Item = u64> {
        self.extended(0)
    }

    /// Hashes of `from` and so many of the last symbols before it, beginning with one.
    fn extended(&self, from: u64) -> impl Iterator<Item = u64> {
        let symbols = self.symbols.iter().rev().take(self.length);
        symbols.scan(from, |hashed, symbol| {
            *hashed = hash(*hashed, *symbol);
            Some(*hashed)
        })
    }
}

/// The table.
#[derive(Debug)]
pub struct Ngrams {
    bytes: Cow<'static, [u8]>,
    /// Where each group begins, in entries, and the end of the last.
    starts: Vec<u32>,
    /// `-ln p` of a symbol never seen.
    unknown: f32,
}

impl Ngrams {
    /// # Errors
    /// `ModelInvalid`, where the bytes are no such table.
    pub fn of(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        let damaged = || {
            Error::model(ErrorCode::ModelInvalid, "the reader's n-grams are damaged")
                .hint("make them again with `layoutlm reader ngrams`")
        };
        let header = bytes.get(..HEADER).ok_or_else(damaged)?;
        let (magic, unknown) = header.split_at(MAGIC.len());
        let unknown = f32::from_le_bytes(unknown.try_into().map_err(|_| damaged())?);
        let counts = bytes.get(HEADER..HEADER + 2 * GROUPS).ok_or_else(damaged)?;
        let mut starts = Vec::with_capacity(GROUPS + 1);
        let mut start = 0u32;
        starts.push(start);
        for count in counts.chunks_exact(2) {
            start += u32::from(u16::from_le_bytes([count[0], count[1]]));
            starts.push(start);
        }
        let length = HEADER + 2 * GROUPS + ENTRY * start as usize;
        if magic != MAGIC || !unknown.is_finite() || bytes.len() != length {
            return Err(damaged());
        }
        Ok(Self { bytes, starts, unknown })
    }

    /// `-ln p` of a character behind a history.
    pub fn cost(&self, history: &History, next: char) -> f32 {
        let alone = hash(0, symbol(next));
        let mut hashes = [alone; ORDER];
        let mut contexts = [0; ORDER];
        for (place, hashed) in hashes[1..].iter_mut().zip(history.extended(alone)) {
            *place = hashed;
        }
        for (place, hashed) in contexts[1..].iter_mut().zip(history.hashes()) {
            *place = hashed;
        }
        let mut cost = 0.0;
        for length in (0..=history.length).rev() {
            if let Some((own, _)) = self.find(hashes[length]) {
                return cost + own;
            }
            if length > 0 {
                cost += self.find(contexts[length]).map_or(0.0, |(_, share)| share);
            }
        }
        cost + self.unknown
    }

    /// Cost of an n-gram, and of what was never seen behind it.
    fn find(&self, hashed: u64) -> Option<(f32, f32)> {
        let group = (hashed >> 48) as usize;
        let tag = ((hashed >> 32) as u16).to_le_bytes();
        let entries = HEADER + 2 * GROUPS;
        let [start, end] = [group, group + 1].map(|at| entries + ENTRY * self.starts[at] as usize);
        let found = self.bytes[start..end].chunks_exact(ENTRY).find(|entry| entry[..2] == tag)?;
        Some((f32::from(found[2]) / COST_STEPS, f32::from(found[3]) / SHARE_STEPS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_tables_are_refused() {
        assert!(Ngrams::of(Vec::new()).is_err());
        assert!(Ngrams::of(vec![0; HEADER + 2 * GROUPS]).is_err());
        let mut empty = [MAGIC.as_slice(), &5f32.to_le_bytes()].concat();
        empty.resize(HEADER + 2 * GROUPS, 0);
        let table = Ngrams::of(empty.clone()).unwrap();
        assert_eq!(table.cost(&History::start(), 'a'), 5.0);
        empty.push(0);
        assert!(Ngrams::of(empty).is_err());
    }

    #[test]
    fn a_history_keeps_the_nearest_symbols() {
        let short = History::start().and('A');
        assert_eq!(short, History::start().and('a'));
        let fill = |first: char| "bcdefg".chars().fold(History::start().and(first), History::and);
        assert_eq!(fill('x'), fill('y'));
        assert_ne!(short, History::start().and('b'));
        assert_eq!(History::start().and('3'), History::start().and('7'));
    }
}
