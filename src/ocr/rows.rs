//! Lines that the engine drew too high: two lines in one box, or a line and the fold of the paper above it.
//! The letters in such a box tell its rows.

use super::ink::{Blob, is_letter_like};
use super::upright::Upright;
use crate::geometry::PixelBox;

/// Lines so many times as high as the page's letters are looked into.
const HIGH: f32 = 1.9;
/// Of fewer letters nothing is made.
const FEWEST_LETTERS: usize = 3;
/// Smaller than this share of a box's letters are points, accents and specks.
const SMALL: f32 = 0.5;
/// Letters further apart than so many heights are in two pieces.
const APART: f32 = 1.5;
/// Room for what is smaller than letters, in heights.
const ROOM: f32 = 0.15;

/// The rows of letters in a line's box, in pieces without wide gaps; none where the line is no higher than
/// letters are.
pub fn rows_in(line: PixelBox, page: &Upright) -> Vec<PixelBox> {
    let high = page.letter_height.is_some_and(|letter| line.height() as f32 > HIGH * letter);
    if !high {
        return Vec::new();
    }
    let rows = rows(letters_in(line, page));
    let as_high = |row: &[PixelBox]| height_of(row) * HIGH >= line.height() as f32;
    match rows.as_slice() {
        [only] if as_high(only) => Vec::new(),
        _ => rows.iter().flat_map(|row| pieces_of(row)).collect(),
    }
}

/// The boxes of the letters in a box, from left to right.
pub fn letters_in(line: PixelBox, page: &Upright) -> Vec<PixelBox> {
    let inside = |blob: &&Blob| {
        let (x, y) = ((blob.left + blob.right) / 2, (blob.top + blob.bottom) / 2);
        (line.left()..line.right()).contains(&x)
            && (line.top()..line.bottom()).contains(&y)
            && is_letter_like(**blob, page.size().height)
    };
    let mut letters: Vec<PixelBox> =
        page.blobs.iter().filter(inside).map(|blob| blob.bbox()).collect();
    let median = height_of(&letters);
    letters.retain(|letter| letter.height() as f32 >= SMALL * median);
    letters.sort_by_key(|letter| letter.left());
    letters
}

/// Letters that stand side by side, from the top row to the lowest; a row of few letters is none.
fn rows(letters: Vec<PixelBox>) -> Vec<Vec<PixelBox>> {
    let mut rows: Vec<Vec<PixelBox>> = Vec::new();
    for letter in letters {
        let beside = |row: &&mut Vec<PixelBox>| {
            row.last().is_some_and(|last| {
                let shared = i64::from(last.bottom().min(letter.bottom()))
                    - i64::from(last.top().max(letter.top()));
                2 * shared > i64::from(last.height().min(letter.height()))
            })
        };
        match rows.iter_mut().find(beside) {
            Some(row) => row.push(letter),
            None => rows.push(vec![letter]),
        }
    }
    rows.retain(|row| row.len() >= FEWEST_LETTERS);
    rows.sort_by_key(|row| row.iter().map(|letter| letter.top()).min());
    rows
}

/// The median height of a row's letters.
fn height_of(row: &[PixelBox]) -> f32 {
    let mut heights: Vec<u32> = row.iter().map(|letter| letter.height()).collect();
    heights.sort_unstable();
    heights.get(heights.len() / 2).map_or(0.0, |height| *height as f32)
}

/// A row in pieces.
fn pieces_of(row: &[PixelBox]) -> Vec<PixelBox> {
    let height = height_of(row);
    let together =
        |a: &PixelBox, b: &PixelBox| b.left() as f32 - a.right() as f32 <= APART * height;
    let room = (ROOM * height).ceil() as i64;
    let pieces = row.chunk_by(together).filter_map(|piece| {
        let [left, top, right, bottom] =
            <[u32; 4]>::from(PixelBox::union_of(piece.iter().copied())?).map(i64::from);
        Some(PixelBox::new(left, top - room, right, bottom + room))
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use crate::ocr::frame::Turn;
    use image::{GrayImage, Luma};

    /// Letters of 8 × 12 pixels at these tops, twelve of each from the left, with a gap after six.
    fn page(tops: &[u32]) -> Upright {
        let mut picture = GrayImage::from_pixel(300, 200, Luma([255]));
        for top in tops {
            for n in 0..12 {
                let left = 20 + n * 11 + if n >= 6 { 30 } else { 0 };
                for (x, y) in (0..12).flat_map(|y| (0..8).map(move |x| (x, y))) {
                    picture.put_pixel(left + x, top + y, Luma([0]));
                }
            }
        }
        Upright::new(&picture, Turn::none(PageSize::new(300, 200)))
    }

    fn rows(top: i64, bottom: i64, page: &Upright) -> Vec<[u32; 4]> {
        let rows = rows_in(PixelBox::new(15, top, 190, bottom), page);
        rows.into_iter().map(<[u32; 4]>::from).collect()
    }

    #[test]
    fn two_lines_in_one_box_are_parted() {
        let pieces = [[20, 28, 83, 44], [116, 28, 179, 44], [20, 48, 83, 64], [116, 48, 179, 64]];
        assert_eq!(rows(28, 64, &page(&[30, 50])), pieces);
    }

    #[test]
    fn a_box_with_much_beside_its_letters_becomes_close() {
        assert_eq!(rows(10, 60, &page(&[40])), [[20, 38, 83, 54], [116, 38, 179, 54]]);
    }

    #[test]
    fn lines_as_high_as_their_letters_stay() {
        let page = page(&[30, 50]);
        assert!(rows(28, 44, &page).is_empty());
        assert!(rows(100, 150, &page).is_empty(), "no letters in it");
    }
}
