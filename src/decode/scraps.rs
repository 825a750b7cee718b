//! Scraps at the ends of a name: what recognition made of the logo, the stamp or the shadow beside it.
//! `apne Barnes & Noble` is `Barnes & Noble` where `apne` was hardly read, and the rest surely.

use super::page::PageDecoding;
use crate::document::{Page, Word};

/// Words that are right with less than this probability are hardly read.
const HARDLY: f32 = 0.37;
/// A word of the name is read so surely at least: of a faint page all words are doubtful.
const SURELY: f32 = 0.9;

/// Leaves scraps out of the names of parties.
pub fn leave_out_scraps(decoding: &mut PageDecoding, page: &Page) {
    decoding.shorten_names(page, |name, words| without_scraps(name, words).to_vec());
}

/// The words of a name, by their indices, without scraps at its ends.
fn without_scraps<'a>(name: &'a [usize], words: &[Word]) -> &'a [usize] {
    let confidence = |word: &usize| words.get(*word).map_or(0.0, |word| word.confidence);
    if !name.iter().any(|word| confidence(word) >= SURELY) {
        return name;
    }
    let is_read = |word: &usize| confidence(word) >= HARDLY;
    let first = name.iter().position(is_read).unwrap_or(0);
    let last = name.iter().rposition(is_read).unwrap_or(name.len() - 1);
    &name[first..=last]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    #[test]
    fn what_was_hardly_read_beside_a_name_is_none_of_it() {
        let left = |confidences: &[f32]| {
            let word = |&confidence: &f32| Word {
                text: "x".into(),
                bbox: PixelBox::new(0, 0, 9, 9),
                confidence,
                line: 0,
                block: 0,
            };
            let words: Vec<Word> = confidences.iter().map(word).collect();
            let name: Vec<usize> = (0..words.len()).collect();
            without_scraps(&name, &words).to_vec()
        };
        assert_eq!(left(&[0.26, 1.0, 0.99, 0.3, 0.96]), [1, 2, 3, 4]);
        assert_eq!(left(&[0.9, 0.77, 1.0, 0.28, 0.24]), [0, 1, 2]);
        assert_eq!(left(&[0.3, 0.8, 0.3]), [0, 1, 2], "nothing is sure");
        assert_eq!(left(&[0.45, 0.95]), [0, 1]);
    }
}
