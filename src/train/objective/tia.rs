//! Text–image alignment (arXiv 2012.14740, §2.3 and §3.2): 15 % of the lines are covered in the
//! picture; each text token is to be told covered or not covered.
//!
//! Tokens that masked language modelling chose take no part: `[MASK]` must not come to mean covered.
//! Where the picture is not the text's own, every token counts as covered.

use super::choose;
use crate::model::pretraining::PretrainingHeads;
use crate::train::example::IGNORED;
use image::Rgb;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Reduction, Tensor};

/// Share of lines that are covered.
pub const COVERED_SHARE: f64 = 0.15;
/// What a covered line looks like: a bar, unlike the blank that masking leaves.
pub const COVER: Rgb<u8> = Rgb([0; 3]);

/// Class of a token.
pub const NOT_COVERED: i64 = 0;
pub const COVERED: i64 = 1;

/// Which of a window's lines are covered: `true` by line.
pub fn draw(lines: usize, random: &mut ChaCha8Rng) -> Vec<bool> {
    let mut covered = vec![false; lines];
    for line in choose(lines, COVERED_SHARE, random) {
        covered[line] = true;
    }
    covered
}

/// The class of each token. `line_of_token` is `None` for special tokens, `masked` holds
/// [`IGNORED`] for tokens that were not masked.
pub fn targets(
    line_of_token: &[Option<usize>],
    covered: &[bool],
    masked: &[i64],
    is_own_picture: bool,
) -> Vec<i64> {
    line_of_token
        .iter()
        .zip(masked)
        .map(|(line, masked)| match line {
            Some(_) if *masked != IGNORED => IGNORED,
            Some(line) if covered[*line] || !is_own_picture => COVERED,
            Some(_) => NOT_COVERED,
            None => IGNORED,
        })
        .collect()
}

/// Binary cross-entropy, mean over the tokens that take part, and the share told right; `None` where
/// none does.
///
/// `text` [batch, seq, hidden], `targets` [batch, seq] i64.
pub fn loss(heads: &PretrainingHeads, text: &Tensor, targets: &Tensor) -> Option<(Tensor, Tensor)> {
    let targets = targets.reshape([-1]);
    let counted = targets.ne(IGNORED).nonzero().squeeze_dim(1); // [n]
    if counted.numel() == 0 {
        return None;
    }
    let targets = targets.index_select(0, &counted).to_kind(Kind::Float); // [n]
    let logits = heads.covered(&text.flatten(0, 1).index_select(0, &counted)); // [n]
    Some(binary(&logits, &targets))
}

/// Loss and accuracy of two classes: `logits` and `targets` (0 or 1) [n], f32.
pub(super) fn binary(logits: &Tensor, targets: &Tensor) -> (Tensor, Tensor) {
    let none = None::<Tensor>;
    let loss = logits.binary_cross_entropy_with_logits(
        targets,
        none.as_ref(),
        none.as_ref(),
        Reduction::Mean,
    );
    let told = logits.gt(0.0).to_kind(Kind::Float);
    (loss, told.eq_tensor(targets).to_kind(Kind::Float).mean(Kind::Float))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn fifteen_percent_of_lines_are_covered() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let covered: usize =
            (0..2_000).map(|_| draw(37, &mut random).iter().filter(|c| **c).count()).sum();
        let share = covered as f64 / (37.0 * 2_000.0);
        assert!((share - 0.15).abs() < 0.003, "{share}");
    }

    #[test]
    fn masked_and_special_tokens_take_no_part() {
        let lines = [None, Some(0), Some(0), Some(1), Some(1), None];
        let masked = [IGNORED, IGNORED, 77, 78, IGNORED, IGNORED];
        let own = targets(&lines, &[true, false], &masked, true);
        assert_eq!(own, [IGNORED, COVERED, IGNORED, IGNORED, NOT_COVERED, IGNORED]);
    }

    #[test]
    fn with_another_picture_every_token_is_covered() {
        let lines = [None, Some(0), Some(1), Some(1), None];
        let masked = [IGNORED, IGNORED, IGNORED, 5, IGNORED];
        let other = targets(&lines, &[true, false], &masked, false);
        assert_eq!(other, [IGNORED, COVERED, COVERED, IGNORED, IGNORED]);
    }
}
