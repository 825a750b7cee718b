//! Where to cut a page that is longer than the model's 512 tokens: overlapping windows, cut at words
//! (the reference cuts at tokens and may split a word). Arithmetic only.

use std::ops::Range;

/// How pages are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOptions {
    /// Tokens a window holds, [CLS] and [SEP] included.
    pub max_tokens: usize,
    /// Tokens that neighbouring windows share, at most (whole words), so that a word at an edge has
    /// context in one of them.
    pub overlap: usize,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self { max_tokens: 512, overlap: 128 }
    }
}

impl WindowOptions {
    /// Tokens left for words.
    pub fn budget(self) -> usize {
        self.max_tokens.saturating_sub(2).max(1)
    }
}

/// Word ranges of the windows over words of `lengths` tokens each. Every word is in at least one
/// window; one longer than a window stands alone in it and is cut short there.
pub fn cut(lengths: &[usize], options: WindowOptions) -> Vec<Range<usize>> {
    let budget = options.budget();
    // An overlap of a whole window would never advance.
    let overlap = options.overlap.min(budget / 2);
    let mut windows = Vec::new();
    let mut start = 0;
    loop {
        let end = fill(lengths, start, budget);
        windows.push(start..end);
        if end >= lengths.len() {
            return windows;
        }
        start = step_back(lengths, start, end, overlap, budget);
    }
}

/// End of the longest run of words from `start` that fits, at least one word long.
fn fill(lengths: &[usize], start: usize, budget: usize) -> usize {
    let mut used = 0;
    let mut end = start;
    while end < lengths.len() && (used + lengths[end] <= budget || end == start) {
        used += lengths[end];
        end += 1;
    }
    end
}

/// Start of the next window: back from `end` as far as the overlap allows and the word at `end` still
/// fits, but beyond `start`.
fn step_back(lengths: &[usize], start: usize, end: usize, overlap: usize, budget: usize) -> usize {
    let mut shared = 0;
    let mut next = end;
    while next > start + 1 {
        let longer = shared + lengths[next - 1];
        if longer > overlap || longer + lengths[end] > budget {
            break;
        }
        shared = longer;
        next -= 1;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_page_is_one_window() {
        assert_eq!(cut(&[3; 100], WindowOptions::default()), vec![0..100]);
        assert_eq!(cut(&[], WindowOptions::default()), vec![0..0]);
    }

    #[test]
    fn neighbours_share_the_overlap() {
        let options = WindowOptions { max_tokens: 12, overlap: 4 };
        assert_eq!(cut(&[1; 20], options), vec![0..10, 6..16, 12..20]);
    }

    proptest! {
        #[test]
        fn every_word_is_in_a_window_and_windows_fit(
            lengths in proptest::collection::vec(0usize..40, 0..300),
            max_tokens in 3usize..60,
            overlap in 0usize..80,
        ) {
            let options = WindowOptions { max_tokens, overlap };
            let windows = cut(&lengths, options);
            let mut covered = 0;
            for (index, window) in windows.iter().enumerate() {
                prop_assert!(window.start <= covered);
                prop_assert!(window.end > covered || lengths.is_empty());
                covered = window.end;
                let tokens: usize = lengths[window.clone()].iter().sum();
                prop_assert!(tokens <= options.budget() || window.len() == 1, "window {index}");
            }
            prop_assert_eq!(covered, lengths.len());
        }
    }
}
