//! Pieces of lines: words that stand close together, and ink that no word covers.
//!
//! The engine's lines may run across a page with wide gaps in them (an item and its price). What is
//! read again is a piece without such gaps: one doubtful price doesn't drag the sure item along.

use super::ink::{Blob, is_letter_like};
use super::upright::Upright;
use crate::document::Word;
use crate::geometry::PixelBox;

/// Words closer than this many word heights belong to one piece.
const WIDEST_GAP: f32 = 1.5;

/// Consecutive words of one line without wide gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub words: Vec<Word>,
    pub bbox: PixelBox,
}

impl Segment {
    pub fn of(words: Vec<Word>) -> Option<Self> {
        let bbox = PixelBox::union_of(words.iter().map(|word| word.bbox))?;
        Some(Self { words, bbox })
    }

    /// Mean confidence of the words, by their letters.
    pub fn confidence(&self) -> f32 {
        mean_confidence(&self.words)
    }

    /// Numbers of its line and block.
    pub fn place(&self) -> (u32, u32) {
        (self.line(), self.block())
    }

    fn line(&self) -> u32 {
        self.words.first().map_or(0, |word| word.line)
    }

    fn block(&self) -> u32 {
        self.words.first().map_or(0, |word| word.block)
    }

    fn set_line(&mut self, line: u32, block: u32) {
        for word in &mut self.words {
            (word.line, word.block) = (line, block);
        }
    }

    /// Takes another reading of the same piece if it is surer; it stays in its line and block.
    pub fn replace_if_surer(&mut self, reading: Vec<Word>) {
        let Some(first) = self.words.first() else { return };
        if mean_confidence(&reading) <= self.confidence() {
            return;
        }
        let (line, block) = (first.line, first.block);
        let placed = reading.into_iter().map(|word| Word { line, block, ..word }).collect();
        if let Some(surer) = Self::of(placed) {
            *self = surer;
        }
    }
}

/// Mean confidence by letters, 0 without any.
pub fn mean_confidence(words: &[Word]) -> f32 {
    let letters = |word: &Word| word.text.chars().count() as f32;
    let all: f32 = words.iter().map(letters).sum();
    if all == 0.0 {
        return 0.0;
    }
    words.iter().map(|word| word.confidence * letters(word)).sum::<f32>() / all
}

/// Whether a word, read after another, begins a new segment.
pub fn are_apart(before: &Word, word: &Word) -> bool {
    let gap = i64::from(word.bbox.left()) - i64::from(before.bbox.right());
    let height = before.bbox.height().max(word.bbox.height()) as f32;
    before.line != word.line || gap as f32 > WIDEST_GAP * height
}

/// Cuts lines into segments, in reading order.
pub fn segments(words: Vec<Word>) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut open: Vec<Word> = Vec::new();
    for word in words {
        if open.last().is_some_and(|before| are_apart(before, &word)) {
            found.extend(Segment::of(std::mem::take(&mut open)));
        }
        open.push(word);
    }
    found.extend(Segment::of(open));
    found
}

/// The words of all pieces in reading order: each found piece goes into the line that it stands beside,
/// or becomes a line after the one above it. Lines and blocks are numbered anew.
pub fn in_order(mut pieces: Vec<Segment>, mut found: Vec<Segment>) -> Vec<Word> {
    found.sort_by_key(|piece| (piece.bbox.top(), piece.bbox.left()));
    for mut piece in found {
        let place = match pieces.iter().rposition(|other| shares_line(other.bbox, piece.bbox)) {
            Some(beside) => {
                let (line, block) = (pieces[beside].line(), pieces[beside].block());
                piece.set_line(line, block);
                let right_of =
                    |other: &Segment| other.line() == line && other.bbox.left() > piece.bbox.left();
                pieces.iter().position(right_of).unwrap_or(beside + 1)
            }
            None => {
                let above = line_above(&pieces, piece.bbox);
                piece.set_line(NEW_LINE, above.map_or(0, |n| pieces[n].block()));
                above.map_or(0, |n| end_of_line(&pieces, n))
            }
        };
        pieces.insert(place, piece);
    }
    renumbered(pieces)
}

/// The lowest piece that stands over a box.
fn line_above(pieces: &[Segment], bbox: PixelBox) -> Option<usize> {
    let over = |other: PixelBox| {
        other.center_y() < bbox.center_y()
            && other.left() < bbox.right()
            && bbox.left() < other.right()
    };
    let lowest = |n: &usize| pieces[*n].bbox.bottom();
    (0..pieces.len()).filter(|n| over(pieces[*n].bbox)).max_by_key(lowest)
}

/// The place after the last piece of a piece's line.
fn end_of_line(pieces: &[Segment], piece: usize) -> usize {
    let line = pieces[piece].line();
    if line == NEW_LINE {
        return piece + 1;
    }
    pieces.iter().rposition(|other| other.line() == line).unwrap_or(piece) + 1
}

/// Number of lines that were found between lines; every piece with it is a line of its own.
const NEW_LINE: u32 = u32::MAX;

/// Whether two boxes stand beside each other.
pub fn shares_line(a: PixelBox, b: PixelBox) -> bool {
    let shared = i64::from(a.bottom().min(b.bottom())) - i64::from(a.top().max(b.top()));
    shared * 2 > i64::from(a.height().max(b.height()))
}

/// Counts lines and blocks from 0 in the order in which they come.
fn renumbered(pieces: Vec<Segment>) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut line, mut block) = (None::<(u32, u32)>, None::<(u32, u32)>);
    for piece in pieces {
        let next = |known: Option<(u32, u32)>| known.map_or(0, |(number, _)| number + 1);
        let (own_line, own_block) = (piece.line(), piece.block());
        // A line that was found has no number of its own yet.
        if own_line == NEW_LINE || line.is_none_or(|(_, old)| old != own_line) {
            line = Some((next(line), own_line));
        }
        if block.is_none_or(|(_, old)| old != own_block) {
            block = Some((next(block), own_block));
        }
        let (line, block) = (line.map_or(0, |l| l.0), block.map_or(0, |b| b.0));
        words.extend(piece.words.into_iter().map(|word| Word { line, block, ..word }));
    }
    words
}

/// As [`unread_lines`], of a page; none where the height of its letters can't be told.
pub fn unread_lines_of(page: &Upright, words: &[Word]) -> Vec<PixelBox> {
    page.letter_height.map_or_else(Vec::new, |height| {
        unread_lines(&page.blobs, words, page.size().height, height)
    })
}

/// Boxes of lines that letters stand in and no word covers. A lone letter is no line.
pub fn unread_lines(
    blobs: &[Blob],
    words: &[Word],
    page_height: u32,
    letter_height: f32,
) -> Vec<PixelBox> {
    const FEWEST: usize = 2;
    const GAP: f32 = 2.0;
    let covered: Vec<PixelBox> = words.iter().map(|word| word.bbox).collect();
    let free = free_letters(blobs, &covered, page_height, letter_height);
    let lines = chain(free, GAP * letter_height).into_iter();
    lines
        .filter(|(bbox, count)| *count >= FEWEST && bbox.width() as f32 >= letter_height)
        .map(|(bbox, _)| bbox)
        .collect()
}

/// Print that no box covers, in pieces without wide gaps; a lone letter is a piece. None where the height of the page's
/// letters can't be told.
pub fn unread_pieces(page: &Upright, covered: &[PixelBox]) -> Vec<PixelBox> {
    const GAP: f32 = 1.0;
    /// What is higher is no letter of the text, in heights of its letters.
    const HIGHEST: f32 = 1.5;
    let Some(height) = page.letter_height else { return Vec::new() };
    let mut free = free_letters(&page.blobs, covered, page.size().height, height);
    free.retain(|letter| letter.height() as f32 <= HIGHEST * height);
    chain(free, GAP * height).into_iter().map(|(bbox, _)| bbox).collect()
}

/// Boxes of letters that no box covers.
fn free_letters(
    blobs: &[Blob],
    covered: &[PixelBox],
    page_height: u32,
    letter_height: f32,
) -> Vec<PixelBox> {
    let mut free: Vec<PixelBox> = blobs
        .iter()
        .filter(|blob| {
            is_letter_like(**blob, page_height)
                && blob.height() as f32 >= 0.6 * letter_height
                && blob.height() as f32 <= 3.0 * letter_height
        })
        .map(|blob| blob.bbox())
        .collect();
    let covered = Cover::of(covered);
    free.retain(|bbox| !covered.holds(*bbox));
    // So many letters without a word are noise or another script, and chaining them takes long.
    const MOST: usize = 4000;
    if free.len() > MOST {
        return Vec::new();
    }
    free
}

/// Boxes by the rows they cross, so that a letter is compared with few of them.
struct Cover {
    rows: Vec<Vec<PixelBox>>,
}

/// Height of a row of [`Cover`] in pixels.
const COVER_ROW: u32 = 64;

impl Cover {
    fn of(boxes: &[PixelBox]) -> Self {
        let last = boxes.iter().map(|bbox| bbox.bottom() / COVER_ROW).max().unwrap_or(0);
        let mut rows = vec![Vec::new(); last as usize + 1];
        for bbox in boxes {
            for row in bbox.top() / COVER_ROW..=bbox.bottom() / COVER_ROW {
                rows[row as usize].push(*bbox);
            }
        }
        Self { rows }
    }

    /// Whether more than a third of a box is under words.
    fn holds(&self, bbox: PixelBox) -> bool {
        let middle = (bbox.top() + bbox.bottom()) / 2 / COVER_ROW;
        self.rows.get(middle as usize).is_some_and(|row| {
            row.iter().any(|word| word.intersection_area(bbox) * 3 > bbox.area())
        })
    }
}

/// Joins letters that stand beside each other, no further apart than a gap; each with the number of its letters.
fn chain(mut letters: Vec<PixelBox>, widest_gap: f32) -> Vec<(PixelBox, usize)> {
    letters.sort_by_key(|bbox| bbox.left());
    let mut lines: Vec<(PixelBox, usize, PixelBox)> = Vec::new();
    for letter in letters {
        let near = lines.iter_mut().rev().find(|(_, _, last)| {
            let gap = i64::from(letter.left()) - i64::from(last.right());
            let shared = i64::from(letter.bottom().min(last.bottom()))
                - i64::from(letter.top().max(last.top()));
            gap as f32 <= widest_gap && shared * 2 >= i64::from(letter.height().min(last.height()))
        });
        match near {
            Some((bbox, count, last)) => {
                *bbox = bbox.union(letter);
                *count += 1;
                *last = letter;
            }
            None => lines.push((letter, 1, letter)),
        }
    }
    lines.into_iter().map(|(bbox, count, _)| (bbox, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: i64, top: i64, line: u32) -> Word {
        let right = left + 10 * text.chars().count() as i64;
        let bbox = PixelBox::new(left, top, right, top + 12);
        Word { text: text.into(), bbox, confidence: 0.8, line, block: 0 }
    }

    fn texts(words: &[Word]) -> Vec<(&str, u32)> {
        words.iter().map(|word| (word.text.as_str(), word.line)).collect()
    }

    #[test]
    fn wide_gaps_and_line_ends_cut() {
        let words = vec![
            word("two", 0, 0, 0),
            word("teas", 40, 0, 0),
            word("9.00", 200, 0, 0),
            word("x", 250, 20, 1),
        ];
        let pieces = segments(words.clone());
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.words.len()).collect();
        assert_eq!(lengths, [2, 1, 1]);
        assert_eq!(in_order(pieces, Vec::new()), words);
    }

    #[test]
    fn surer_reading_takes_the_place_and_keeps_the_line() {
        let mut piece = Segment::of(vec![word("9.O0", 0, 0, 7)]).unwrap();
        piece.replace_if_surer(vec![Word { confidence: 0.5, ..word("x", 0, 0, 0) }]);
        assert_eq!(piece.words[0].text, "9.O0");
        piece.replace_if_surer(Vec::new());
        assert_eq!(piece.words[0].text, "9.O0");
        piece.replace_if_surer(vec![Word { confidence: 0.9, ..word("9.00", 0, 0, 0) }]);
        assert_eq!(texts(&piece.words), [("9.00", 7)]);
    }

    #[test]
    fn found_pieces_join_their_line_or_stand_below_the_line_above() {
        let pieces = segments(vec![word("item", 0, 30, 0), word("cash", 0, 70, 1)]);
        let found = [("9.00", 200, 31), ("total", 0, 50), ("rm", 100, 69), ("head", 0, 5)]
            .map(|(text, left, top)| Segment::of(vec![word(text, left, top, 0)]).unwrap());
        let words = in_order(pieces, found.to_vec());
        let expected =
            [("head", 0), ("item", 1), ("9.00", 1), ("total", 2), ("cash", 3), ("rm", 3)];
        assert_eq!(texts(&words), expected);
    }

    #[test]
    fn letters_without_words_become_lines() {
        let letter = |n: u32, left: u32, top: u32| Blob {
            left: left + n * 12,
            top,
            right: left + n * 12 + 8,
            bottom: top + 12,
            ink: 50,
        };
        let mut blobs: Vec<Blob> = (0..5).map(|n| letter(n, 0, 0)).collect();
        blobs.extend((0..5).map(|n| letter(n, 0, 30)));
        blobs.extend((0..3).map(|n| letter(n, 300, 30)));
        blobs.push(letter(0, 0, 90));
        let words = [word("hello", 0, 0, 0)];
        let mut lines = unread_lines(&blobs, &words, 1000, 12.0);
        lines.sort_by_key(|bbox| bbox.left());
        assert_eq!(lines, [PixelBox::new(0, 30, 56, 42), PixelBox::new(300, 30, 332, 42)]);
    }

    #[test]
    fn confidence_weighs_letters() {
        let sure = Word { confidence: 1.0, ..word("abc", 0, 0, 0) };
        let unsure = Word { confidence: 0.0, ..word("d", 0, 0, 0) };
        assert_eq!(mean_confidence(&[sure, unsure]), 0.75);
        assert_eq!(mean_confidence(&[]), 0.0);
    }
}
