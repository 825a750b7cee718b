//! Text–image matching (arXiv 2012.14740, §2.3 and §3.2): does the picture belong to the text? Asked of
//! the state of `[CLS]`. 15 % of the pictures are another document's, 5 % are dropped.
//!
//! Regions are masked and covered in these pictures as in all others, as the paper has it, so that
//! the marks themselves give nothing away.

use super::tia::binary;
use crate::model::pretraining::PretrainingHeads;
use crate::train::example::IGNORED;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Share of pictures that another document's takes the place of.
pub const REPLACED_SHARE: f64 = 0.15;
/// Share of pictures that are left out: the model sees a white page.
pub const DROPPED_SHARE: f64 = 0.05;

/// Class of a picture.
pub const OTHER: i64 = 0;
pub const OWN: i64 = 1;

/// What becomes of a window's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Kept,
    Replaced,
    Dropped,
}

impl Fate {
    pub fn draw(random: &mut ChaCha8Rng) -> Self {
        let draw: f64 = random.random();
        if draw < REPLACED_SHARE {
            Self::Replaced
        } else if draw < REPLACED_SHARE + DROPPED_SHARE {
            Self::Dropped
        } else {
            Self::Kept
        }
    }

    pub fn target(self) -> i64 {
        if self == Self::Kept { OWN } else { OTHER }
    }
}

/// Binary cross-entropy, mean over the windows that take part, and the share told right; `None` where
/// none does.
///
/// `text` [batch, seq, hidden], of which [CLS] is the first; `targets` [batch] i64.
pub fn loss(heads: &PretrainingHeads, text: &Tensor, targets: &Tensor) -> Option<(Tensor, Tensor)> {
    let counted = targets.ne(IGNORED).nonzero().squeeze_dim(1); // [n]
    if counted.numel() == 0 {
        return None;
    }
    let targets = targets.index_select(0, &counted).to_kind(Kind::Float); // [n]
    let logits = heads.matches(&text.select(1, 0).index_select(0, &counted)); // [n]
    Some(binary(&logits, &targets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn fifteen_percent_are_replaced_and_five_dropped() {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let fates: Vec<Fate> = (0..40_000).map(|_| Fate::draw(&mut random)).collect();
        let share =
            |fate: Fate| fates.iter().filter(|f| **f == fate).count() as f64 / fates.len() as f64;
        assert!((share(Fate::Replaced) - 0.15).abs() < 0.006, "{}", share(Fate::Replaced));
        assert!((share(Fate::Dropped) - 0.05).abs() < 0.004, "{}", share(Fate::Dropped));
    }
}
