//! Windows of pages in batches, as fine-tuning takes them, for labels and for classes: like lengths
//! together, in random order, each page varied from pass to pass where that is wanted.

use super::vary::varied;
use crate::encode::Window;
use crate::encode::batch::stack;
use crate::encode::tokenize::{PlacedToken, WordTokenizer};
use crate::model::Model;
use crate::model::trunk::Inputs;
use image::RgbImage;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use tch::Device;

/// Windows sorted by length together: fewer mix lengths, more group the same windows in each pass.
pub const STRETCH: usize = 256;

/// How batches are put together.
pub struct Batching {
    pub device: Device,
    pad: PlacedToken,
    mask: Option<i64>,
    /// Visual tokens of a window.
    visual: usize,
    batch_tokens: usize,
    seed: u64,
    vary: bool,
}

impl Batching {
    /// Batches of at most `batch_tokens` tokens, padding and visual ones included. `vary` shows pages a
    /// little differently in each pass ([`varied`]).
    pub fn new(
        model: &Model,
        tokenizer: &WordTokenizer,
        batch_tokens: usize,
        seed: u64,
        vary: bool,
    ) -> Self {
        Self {
            device: model.device(),
            pad: tokenizer.pad,
            mask: tokenizer.mask,
            visual: model.config.visual_tokens() as usize,
            batch_tokens,
            seed,
            vary,
        }
    }

    /// The batches of a pass, as indices of windows.
    pub fn pass<'a>(
        &self,
        windows: impl Iterator<Item = &'a Window>,
        pass: usize,
    ) -> Vec<Vec<usize>> {
        let lengths: Vec<usize> = windows.map(|window| window.len() + self.visual).collect();
        let length = |index: usize| lengths[index];
        shuffled_batches(lengths.len(), length, self.batch_tokens, self.seed, pass)
    }

    /// Windows with a 224×224 picture each, stacked.
    pub fn inputs(
        &self,
        windows: &[&Window],
        pictures: &[&RgbImage],
        random: &mut ChaCha8Rng,
    ) -> Inputs {
        let mut shown: Vec<Cow<Window>> =
            windows.iter().map(|window| Cow::Borrowed(*window)).collect();
        if self.vary {
            for window in &mut shown {
                *window = Cow::Owned(varied(window, self.mask, random));
            }
        }
        let shown: Vec<&Window> = shown.iter().map(AsRef::as_ref).collect();
        let pages: Vec<usize> = (0..shown.len()).collect();
        stack(&shown, pictures, &pages, self.pad, self.device)
    }
}

/// The windows `0..count` of a pass in batches of like length, in random order by seed and pass.
fn shuffled_batches(
    count: usize,
    length: impl Fn(usize) -> usize,
    most: usize,
    seed: u64,
    pass: usize,
) -> Vec<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(pass as u64));
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random);
    let mut batches = Vec::new();
    // Sorted within stretches only, so that each pass groups the pages differently.
    for stretch in order.chunks_mut(STRETCH) {
        stretch.sort_by_key(|index| length(*index));
        batches.extend(cut(stretch.iter().copied(), |index| length(*index), most));
    }
    batches.shuffle(&mut random);
    batches
}

/// Groups of things of rising length whose padded sum stays within `most` tokens, one at least.
pub fn cut<T>(
    things: impl IntoIterator<Item = T>,
    length: impl Fn(&T) -> usize,
    most: usize,
) -> Vec<Vec<T>> {
    let mut groups = Vec::new();
    let mut group: Vec<T> = Vec::new();
    for thing in things {
        // The last is the longest: all are padded to it.
        if length(&thing) * (group.len() + 1) > most && !group.is_empty() {
            groups.push(std::mem::take(&mut group));
        }
        group.push(thing);
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_hold_everything_once_and_fit(
            mut lengths in proptest::collection::vec(1usize..600, 0..200), most in 1usize..3000,
        ) {
            lengths.sort_unstable();
            let groups = cut(lengths.iter().copied(), |length| *length, most);
            prop_assert_eq!(groups.concat(), lengths);
            for group in groups {
                let padded = group.last().copied().unwrap_or(0) * group.len();
                prop_assert!(padded <= most || group.len() == 1);
            }
        }
    }
}
