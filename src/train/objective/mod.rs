//! What training asks of the model: each objective prepares its targets and scores the answer.

pub mod mvlm;
mod paint;
pub mod relation;
pub mod tagging;
pub mod tia;
pub mod tim;

pub use paint::paint;

use crate::error::Error;
use rand::RngExt;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::str::FromStr;

/// The objectives of pre-training (arXiv 2012.14740, §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PretrainingObjective {
    /// Masked visual-language modelling.
    Mvlm,
    /// Text–image alignment.
    Tia,
    /// Text–image matching.
    Tim,
}

impl PretrainingObjective {
    pub const ALL: [Self; 3] = [Self::Mvlm, Self::Tia, Self::Tim];

    /// The name as written on the command line and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mvlm => "mvlm",
            Self::Tia => "tia",
            Self::Tim => "tim",
        }
    }
}

impl FromStr for PretrainingObjective {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|objective| objective.name() == name).ok_or_else(|| {
            Error::usage(format!("`{name}` is no objective; known are mvlm, tia and tim"))
        })
    }
}

impl fmt::Display for PretrainingObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of `count` things are chosen when a `share` of them is to be, in rising order.
///
/// Exactly the share where that is a whole number; else the next lower or higher one, so that the
/// share is right on average even among three lines.
pub(crate) fn choose(count: usize, share: f64, random: &mut ChaCha8Rng) -> Vec<usize> {
    let wanted = count as f64 * share;
    let up = random.random::<f64>() < wanted.fract();
    let amount = (wanted as usize + usize::from(up)).min(count);
    let mut chosen = index::sample(random, count, amount).into_vec();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    proptest! {
        #[test]
        fn chosen_things_are_distinct_and_as_many_as_asked(count in 0usize..500, share in 0.0f64..1.0, seed: u64) {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let chosen = choose(count, share, &mut random);
            prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(chosen.iter().all(|&i| i < count));
            prop_assert!((chosen.len() as f64 - count as f64 * share).abs() < 1.0);
        }
    }

    #[test]
    fn the_share_is_right_on_average_even_among_few() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let chosen: usize = (0..20_000).map(|_| choose(3, 0.15, &mut random).len()).sum();
        let share = chosen as f64 / 60_000.0;
        assert!((share - 0.15).abs() < 0.005, "{share}");
    }
}
