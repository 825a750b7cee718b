//! Pages seen a little differently in each pass, so that few pages go further: some word pieces hidden
//! behind `[MASK]` (word dropout), the layout moved and stretched. What is to be learned stays the same.

use crate::encode::Window;
use crate::geometry::NormBox;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Share of word pieces that are hidden.
const HIDDEN: f64 = 0.1;
/// The page's layout is made wider or narrower, taller or lower, by at most this share.
const STRETCH: f64 = 0.06;
/// It is moved by at most so many thousandths of the page.
const SHIFT: f64 = 25.0;

/// A window as it is seen in one pass. `mask` is the id of `[MASK]`; without one nothing is hidden.
pub fn varied(window: &Window, mask: Option<i64>, random: &mut ChaCha8Rng) -> Window {
    let mut seen = window.clone();
    let (across, down) = (Axis::draw(random), Axis::draw(random));
    for token in 0..seen.len() {
        if seen.word_of_token[token].is_none() {
            continue;
        }
        if let Some(mask) = mask.filter(|_| random.random::<f64>() < HIDDEN) {
            seen.token_ids[token] = mask;
        }
        let [x0, y0, x1, y1] = seen.boxes[token].to_array();
        seen.boxes[token] = NormBox::new(across.at(x0), down.at(y0), across.at(x1), down.at(y1));
    }
    seen
}

/// How one direction of the page is changed.
#[derive(Debug, Clone, Copy)]
struct Axis {
    scale: f64,
    shift: f64,
}

impl Axis {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        Self {
            scale: 1.0 + random.random_range(-STRETCH..STRETCH),
            shift: random.random_range(-SHIFT..SHIFT),
        }
    }

    /// Where a place of the 0–1000 page comes to lie, about the page's middle.
    fn at(self, place: i64) -> i64 {
        let moved = 500.0 + (place as f64 - 500.0) * self.scale + self.shift;
        (moved.round() as i64).clamp(0, 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn words_of_a_varied_page_keep_their_order_and_special_tokens_their_place() {
        let words = 200;
        let mut window = Window::default();
        for token in 0..words + 2 {
            let word = (1..=words).contains(&token).then(|| token - 1);
            let left = word.map_or(0, |word| word as i64 * 4);
            let bbox = NormBox::new(left, left, left + i64::from(word.is_some()) * 3, left);
            window.token_ids.push(token as i64 + 1000);
            window.token_types.push(0);
            window.boxes.push(bbox);
            window.word_of_token.push(word);
        }
        let seen = varied(&window, Some(103), &mut ChaCha8Rng::seed_from_u64(3));
        assert_eq!(seen.word_of_token, window.word_of_token);
        assert_eq!(
            (seen.boxes[0], seen.boxes[words + 1]),
            (window.boxes[0], window.boxes[words + 1])
        );
        assert_eq!(seen.token_ids[0], window.token_ids[0]);
        let hidden = seen.token_ids.iter().filter(|id| **id == 103).count();
        assert!((8..40).contains(&hidden), "{hidden} of {words}");
        assert_ne!(seen.boxes, window.boxes);
        let lefts: Vec<i64> = seen.boxes[1..=words].iter().map(|b| b.to_array()[0]).collect();
        assert!(lefts.is_sorted(), "{lefts:?}");
        let unhidden = varied(&window, None, &mut ChaCha8Rng::seed_from_u64(3));
        assert_eq!(unhidden.token_ids, window.token_ids);
    }
}
