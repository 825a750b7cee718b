//! Masked visual-language modelling (arXiv 2012.14740, §2.3 and §3.2): 15 % of the text tokens are to
//! be recovered, from the other words, from their place on the page, and from the picture, in which
//! their regions are blank.
//!
//! Tokens are drawn one by one, as in the paper, not by whole words. The layout stays as it is.

use super::choose;
use crate::encode::Window;
use crate::model::pretraining::PretrainingHeads;
use crate::train::example::IGNORED;
use image::Rgb;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Share of text tokens to be recovered.
pub const MASKED_SHARE: f64 = 0.15;
/// Of these, shown as `[MASK]`; half of the rest as a random token, the other half as it is.
pub const SHOWN_AS_MASK: f64 = 0.8;
pub const SHOWN_AS_RANDOM: f64 = 0.1;
/// What a masked token's region shows: paper without ink.
pub const BLANK: Rgb<u8> = Rgb([255; 3]);

/// What masking needs to know of the tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vocabulary {
    /// Id of `[MASK]`.
    pub mask: i64,
    pub size: i64,
}

/// A window's tokens as they are shown, and what is to be recovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masking {
    pub token_ids: Vec<i64>,
    /// The true id of each chosen token, [`IGNORED`] elsewhere.
    pub targets: Vec<i64>,
}

impl Masking {
    /// Nothing masked.
    pub fn none(window: &Window) -> Self {
        Self { token_ids: window.token_ids.clone(), targets: vec![IGNORED; window.len()] }
    }

    /// Chooses tokens of words; special tokens are never masked.
    pub fn draw(window: &Window, vocabulary: Vocabulary, random: &mut ChaCha8Rng) -> Self {
        let text: Vec<usize> =
            (0..window.len()).filter(|&token| window.word_of_token[token].is_some()).collect();
        let mut masking = Self::none(window);
        for chosen in choose(text.len(), MASKED_SHARE, random) {
            let token = text[chosen];
            masking.targets[token] = window.token_ids[token];
            let draw: f64 = random.random();
            if draw < SHOWN_AS_MASK {
                masking.token_ids[token] = vocabulary.mask;
            } else if draw < SHOWN_AS_MASK + SHOWN_AS_RANDOM {
                masking.token_ids[token] = random.random_range(0..vocabulary.size.max(1));
            }
        }
        masking
    }

    /// Tokens that are to be recovered.
    pub fn masked(&self) -> impl Iterator<Item = usize> + '_ {
        self.targets.iter().enumerate().filter(|(_, id)| **id != IGNORED).map(|(token, _)| token)
    }
}

/// Cross-entropy over the whole vocabulary, mean over the masked tokens, and how many of them were
/// recovered; `None` where nothing is masked.
///
/// `text` [batch, seq, hidden], `targets` [batch, seq] i64, `word_table` [vocab, hidden].
pub fn loss(
    heads: &PretrainingHeads,
    text: &Tensor,
    targets: &Tensor,
    word_table: &Tensor,
) -> Option<(Tensor, Tensor)> {
    let targets = targets.reshape([-1]);
    let masked = targets.ne(IGNORED).nonzero().squeeze_dim(1); // [n]
    if masked.numel() == 0 {
        return None;
    }
    let targets = targets.index_select(0, &masked); // [n]
    let states = text.flatten(0, 1).index_select(0, &masked); // [n, hidden]
    let logits = heads.word_pieces(&states, word_table); // [n, vocab]
    let right = logits.argmax(-1, false).eq_tensor(&targets).to_kind(Kind::Float).mean(Kind::Float);
    Some((logits.cross_entropy_for_logits(&targets), right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::NormBox;
    use rand::SeedableRng;

    const VOCABULARY: Vocabulary = Vocabulary { mask: 4, size: 30_000 };

    fn window(words: usize) -> Window {
        let ids: Vec<i64> = (0..words as i64).map(|word| 1000 + word % 7).collect();
        Window {
            token_ids: [vec![2], ids, vec![3]].concat(),
            token_types: vec![0; words + 2],
            boxes: vec![NormBox::new(1, 2, 3, 4); words + 2],
            word_of_token: [vec![None], (0..words).map(Some).collect(), vec![None]].concat(),
        }
    }

    #[test]
    fn fifteen_percent_of_text_tokens_eighty_ten_ten() {
        let window = window(500);
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let (mut masked, mut shown, mut kept, mut other) = (0, 0, 0, 0);
        for _ in 0..400 {
            let drawn = Masking::draw(&window, VOCABULARY, &mut random);
            for token in drawn.masked() {
                assert_eq!(drawn.targets[token], window.token_ids[token]);
                masked += 1;
                match drawn.token_ids[token] {
                    id if id == VOCABULARY.mask => shown += 1,
                    id if id == window.token_ids[token] => kept += 1,
                    _ => other += 1,
                }
            }
        }
        assert_eq!(masked, 400 * 75, "75 of 500 tokens each time");
        let share = |count: i32| f64::from(count) / f64::from(masked);
        assert!((share(shown) - 0.8).abs() < 0.01, "{}", share(shown));
        assert!((share(kept) - 0.1).abs() < 0.01, "{}", share(kept));
        assert!((share(other) - 0.1).abs() < 0.01, "{}", share(other));
    }

    #[test]
    fn what_is_not_masked_stays_and_special_tokens_are_never_masked() {
        let window = window(40);
        let mut random = ChaCha8Rng::seed_from_u64(6);
        for _ in 0..200 {
            let drawn = Masking::draw(&window, VOCABULARY, &mut random);
            for token in 0..window.len() {
                if drawn.targets[token] == IGNORED {
                    assert_eq!(drawn.token_ids[token], window.token_ids[token]);
                }
            }
            assert_eq!((drawn.targets[0], drawn.targets[41]), (IGNORED, IGNORED));
        }
    }
}
