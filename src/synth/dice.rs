//! The only source of chance in this room: a seeded stream with the draws that layouts need.
//!
//! Document `index` of seed `seed` reads stream `index` of ChaCha8 keyed by `seed`, so documents are
//! independent of each other and of the order in which they are made.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded generator of choices.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// A whole number, both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// An index below `count`; 0 for an empty range.
    pub fn index(&mut self, count: usize) -> usize {
        if count <= 1 { 0 } else { self.0.random_range(0..count) }
    }

    /// A real number in `low..high`.
    pub fn real(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// A draw near 0, as of a bell curve with this deviation (sum of three uniform draws).
    pub fn bell(&mut self, deviation: f32) -> f32 {
        let sum: f32 = (0..3).map(|_| self.0.random::<f32>()).sum();
        (sum - 1.5) * 2.0 * deviation
    }

    /// One of the choices. Lists in this room are never empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// One of the choices, in proportion to its weight.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u32, T)]) -> T {
        let all: u32 = choices.iter().map(|c| c.0).sum();
        let mut left = self.between(1, i64::from(all.max(1))) as u32;
        for &(weight, choice) in choices {
            if left <= weight {
                return choice;
            }
            left -= weight;
        }
        choices[choices.len() - 1].1
    }

    /// Brings the items into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// Fills a pattern: `#` a digit, `^` a digit but 0, `@` a capital letter, `~` digit or capital;
    /// everything else stands for itself.
    pub fn code(&mut self, pattern: &str) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
        let mut out = String::with_capacity(pattern.len());
        for c in pattern.chars() {
            match c {
                '#' => out.push(char::from(b'0' + self.index(10) as u8)),
                '^' => out.push(char::from(b'1' + self.index(9) as u8)),
                '@' => out.push(char::from(self.pick(LETTERS))),
                '~' if self.chance(0.5) => out.push(char::from(self.pick(LETTERS))),
                '~' => out.push(char::from(b'0' + self.index(10) as u8)),
                other => out.push(other),
            }
        }
        out
    }
}

impl crate::lexicon::Chance for Dice {
    fn index(&mut self, count: usize) -> usize {
        Dice::index(self, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |stream| Dice::new(7, stream).code("@@####~~");
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn weighted_never_takes_a_choice_of_weight_zero() {
        let mut dice = Dice::new(1, 0);
        assert!((0..500).all(|_| dice.weighted(&[(3, 'a'), (0, 'b'), (1, 'c')]) != 'b'));
    }
}
