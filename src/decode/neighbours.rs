//! Words beside each other.

use crate::document::Word;
use crate::geometry::PixelBox;
use std::ops::Range;

/// Words of one phrase or value stand closer than this many heights.
const CLOSE: f32 = 1.0;

/// Whether two words stand side by side on one line.
pub fn goes_on(left: PixelBox, right: PixelBox) -> bool {
    let gap = i64::from(right.left()) - i64::from(left.right());
    let height = left.height().max(right.height()) as f32;
    gap as f32 > -0.5 * height && is_within(CLOSE, left, right)
}

/// Whether two words stand on one line with fewer heights between them, the left one first.
pub fn is_within(heights: f32, left: PixelBox, right: PixelBox) -> bool {
    let gap = right.left() as f32 - left.right() as f32;
    on_one_line(left, right) && gap < heights * left.height().max(right.height()) as f32
}

/// Whether two words stand on one line: by their boxes, or, where a photograph leans, by the line that they were
/// read in.
pub fn share_line(a: &Word, b: &Word) -> bool {
    /// Between what was read as one line, in heights: lines that are numbered alike are farther apart.
    const LEANING: f32 = 0.1;
    let apart =
        i64::from(a.bbox.top().max(b.bbox.top())) - i64::from(a.bbox.bottom().min(b.bbox.bottom()));
    let height = a.bbox.height().min(b.bbox.height()) as f32;
    let leans = (a.line, a.block) == (b.line, b.block) && (apart as f32) < LEANING * height;
    leans || on_one_line(a.bbox, b.bbox)
}

/// Whether two boxes share two fifths of the lower one's height.
pub fn on_one_line(a: PixelBox, b: PixelBox) -> bool {
    let shared = i64::from(a.bottom().min(b.bottom())) - i64::from(a.top().max(b.top()));
    shared as f32 > 0.4 * a.height().min(b.height()).max(1) as f32
}

/// Runs of words that stand close together on a line.
pub fn pieces(words: &[Word]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for end in 1..=words.len() {
        if end == words.len() || !goes_on(words[end - 1].bbox, words[end].bbox) {
            pieces.push(start..end);
            start = end;
        }
    }
    pieces
}

/// The one of [`pieces`] that a word belongs to.
pub fn piece_of(words: &[Word], word: usize) -> Range<usize> {
    let joins = |left: usize| goes_on(words[left].bbox, words[left + 1].bbox);
    let before = (0..word).rev().take_while(|left| joins(*left)).count();
    let behind = (word..words.len().saturating_sub(1)).take_while(|left| joins(*left)).count();
    word - before..word + behind + 1
}

/// The box of a piece, which has a word at least.
pub fn bbox_of(words: &[Word], piece: &Range<usize>) -> PixelBox {
    let boxes = words[piece.clone()].iter().map(|word| word.bbox);
    PixelBox::union_of(boxes).unwrap_or(words[piece.start].bbox)
}
