//! Lines that our finder found: their ends, their order, and those that the engine passed over.

use super::ink::Blob;
use super::segment::{Segment, shares_line};
use super::upright::Upright;
use crate::document::Word;
use crate::geometry::PixelBox;
use crate::input::reading_order::{self, Place};
use std::cmp::Reverse;

/// Lines that together are fewer heights of a line wide than this are a receipt's.
const NARROW: f32 = 27.0;
/// A found line is known where so much of it lies under what the engine found.
const KNOWN: f64 = 0.4;

/// Print goes on at a line's end where it stands no further from it than so many heights of the line …
const NEAR: f32 = 0.45;
/// … and rises over and hangs under it by no more than these.
const BEYOND: f32 = 0.25;
/// Points are higher than this share of a line, strokes shorter than so many heights of it.
const POINT: f32 = 0.12;
const STROKE: f32 = 4.0;
/// Paper left behind the last letter of an end that was made whole, in heights.
const ROOM: f32 = 0.15;

/// Lines with the letters that stand right before and behind them: of some the network leaves out the first or last.
pub fn with_whole_ends(lines: &[PixelBox], page: &Upright) -> Vec<PixelBox> {
    let whole = |(n, &line): (usize, &PixelBox)| {
        let is_of_another = |letter: PixelBox| {
            let mut others = lines.iter().enumerate().filter(|(other, _)| *other != n);
            others.any(|(_, other)| 3 * other.intersection_area(letter) > letter.area())
        };
        let mut letters: Vec<PixelBox> = page
            .blobs
            .iter()
            .filter(|blob| may_belong_to(line, **blob))
            .map(|b| b.bbox())
            .collect();
        letters.retain(|letter| !is_of_another(*letter));
        with_letters_beside(line, letters)
    };
    lines.iter().enumerate().map(whole).collect()
}

/// Whether ink stands at the height of a line, and is of the size of letters or points in it.
fn may_belong_to(line: PixelBox, blob: Blob) -> bool {
    let height = line.height() as f32;
    let beyond = BEYOND * height;
    let letter = blob.bbox();
    (POINT * height..=height + beyond).contains(&(letter.height() as f32))
        && (letter.width() as f32) < STROKE * height
        && letter.top() as f32 >= line.top() as f32 - beyond
        && letter.bottom() as f32 <= line.bottom() as f32 + beyond
        && (line.top() as f32..line.bottom() as f32).contains(&letter.center_y())
}

/// The line as far as letters go on from its ends.
fn with_letters_beside(line: PixelBox, mut letters: Vec<PixelBox>) -> PixelBox {
    let near = NEAR * line.height() as f32;
    let room = (ROOM * line.height() as f32) as i64;
    let (mut left, mut right) = (line.left(), line.right());
    letters.sort_unstable_by_key(|letter| letter.left());
    for letter in &letters {
        if letter.right() > right && letter.left() as f32 <= right as f32 + near {
            right = letter.right();
        }
    }
    letters.sort_unstable_by_key(|letter| Reverse(letter.right()));
    for letter in &letters {
        if letter.left() < left && letter.right() as f32 >= left as f32 - near {
            left = letter.left();
        }
    }
    let left = i64::from(left) - if left < line.left() { room } else { 0 };
    let right = i64::from(right) + if right > line.right() { room } else { 0 };
    PixelBox::new(left, line.top().into(), right, line.bottom().into())
}

/// Whether all lines together are as narrow as those of a receipt.
pub fn are_narrow(lines: &[PixelBox]) -> bool {
    let mut heights: Vec<u32> = lines.iter().map(|line| line.height()).collect();
    heights.sort_unstable();
    let all = PixelBox::union_of(lines.iter().copied());
    let height = heights.get(heights.len() / 2);
    all.zip(height).is_some_and(|(all, height)| (all.width() as f32) < NARROW * *height as f32)
}

/// Outlines of lines, not read yet: rows from top to bottom, each from left to right.
pub fn in_rows(mut lines: Vec<PixelBox>) -> Vec<Word> {
    lines.sort_by(|a, b| a.center_y().total_cmp(&b.center_y()));
    let mut rows: Vec<Vec<PixelBox>> = Vec::new();
    for line in lines {
        // Of a row that leans, what stands nearest tells.
        let beside = |row: &&mut Vec<PixelBox>| {
            let apart = |other: &&PixelBox| {
                let gap = |a: PixelBox, b: PixelBox| b.left().saturating_sub(a.right());
                gap(line, **other).max(gap(**other, line))
            };
            row.iter().min_by_key(apart).is_some_and(|other| shares_line(*other, line))
        };
        match rows.iter_mut().rev().take(4).find(beside) {
            Some(row) => row.push(line),
            None => rows.push(vec![line]),
        }
    }
    let outline = |(row, mut boxes): (u32, Vec<PixelBox>)| {
        boxes.sort_by_key(|line| line.left());
        boxes.into_iter().map(move |bbox| Word {
            text: String::new(),
            bbox,
            confidence: 0.0,
            line: row,
            block: 0,
        })
    };
    (0..).zip(rows).flat_map(outline).collect()
}

/// The words of all pieces in reading order, as that of a PDF's text layer: columns of text one after the other, tables row
/// by row. Lines and blocks are numbered anew.
pub fn in_columns(pieces: Vec<Segment>) -> Vec<Word> {
    let place = |piece: &Segment, word: &Word| {
        let [top, bottom] = [piece.bbox.top(), piece.bbox.bottom()].map(f64::from);
        let [left, right] = [word.bbox.left(), word.bbox.right()].map(f64::from);
        Place { left, top, right, bottom, baseline: bottom, size: bottom - top }
    };
    let places: Vec<Place> = pieces
        .iter()
        .flat_map(|piece| piece.words.iter().map(move |word| place(piece, word)))
        .collect();
    let words: Vec<Word> = pieces.into_iter().flat_map(|piece| piece.words).collect();
    let ranked = reading_order::order(&places).into_iter();
    ranked
        .map(|rank| Word { line: rank.line, block: rank.block, ..words[rank.word].clone() })
        .collect()
}

/// Found lines that no outline stands for.
pub fn passed_over(lines: &[PixelBox], outlines: &[Word]) -> Vec<PixelBox> {
    let is_new = |line: &&PixelBox| {
        let shared: u64 = outlines.iter().map(|word| word.bbox.intersection_area(**line)).sum();
        (shared as f64) < KNOWN * line.area() as f64
    };
    lines.iter().filter(is_new).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use crate::ocr::frame::Turn;
    use image::{GrayImage, Luma};
    use proptest::prelude::*;

    fn line(left: i64, top: i64, right: i64) -> PixelBox {
        PixelBox::new(left, top, right, top + 20)
    }

    #[test]
    fn lines_beside_each_other_are_a_row_even_where_it_leans() {
        // The price stands half a line lower than its item, and the next item begins there.
        let lines = vec![line(400, 12, 460), line(0, 0, 90), line(0, 26, 90), line(200, 6, 260)];
        let places: Vec<(u32, u32)> =
            in_rows(lines).iter().map(|word| (word.line, word.bbox.left())).collect();
        assert_eq!(places, [(0, 0), (0, 200), (0, 400), (1, 0)]);
    }

    /// Letters of 8 × 12 pixels with tops at 40, at these places.
    fn print_at(lefts: &[u32]) -> Upright {
        let mut picture = GrayImage::from_pixel(400, 100, Luma([255]));
        for &left in lefts {
            for (x, y) in (0..12).flat_map(|y| (0..8).map(move |x| (x, y))) {
                picture.put_pixel(left + x, 40 + y, Luma([0]));
            }
        }
        Upright::new(&picture, Turn::none(PageSize::new(400, 100)))
    }

    /// As seen: `eservations@hotel.com` and `Nights:` without what stands before and behind.
    #[test]
    fn lines_end_where_their_print_does() {
        let page = print_at(&[20, 30, 40, 50, 60, 72, 140]);
        let found = |left, right| PixelBox::new(left, 38, right, 54);
        assert_eq!(with_whole_ends(&[found(33, 58)], &page), [found(18, 82)]);
        let all_found = [found(18, 84), found(136, 152)];
        assert_eq!(with_whole_ends(&all_found, &page), all_found);
        let beside = [found(18, 50), found(48, 84)];
        assert_eq!(with_whole_ends(&beside, &page), beside, "what is another line's stays there");
    }

    #[test]
    fn columns_of_text_are_read_one_after_the_other_and_tables_in_rows() {
        let piece = |left: i64, top: i64, words: usize| {
            let words = (0..).take(words).map(|n| {
                let left = left + 60 * n;
                let bbox = PixelBox::new(left, top, left + 50, top + 20);
                Word { text: format!("{left},{top}"), bbox, confidence: 1.0, line: 0, block: 0 }
            });
            Segment::of(words.collect()).unwrap()
        };
        let order = |pieces: Vec<Segment>| -> Vec<String> {
            let mut firsts: Vec<(u32, String)> =
                in_columns(pieces).into_iter().map(|word| (word.line, word.text)).collect();
            firsts.dedup_by_key(|(line, _)| *line);
            firsts.into_iter().map(|(_, text)| text).collect()
        };
        // Rows of the right column stand between those of the left one.
        let text = (0..4).flat_map(|n| [piece(0, 26 * n, 4), piece(400, 13 + 26 * n, 4)]);
        let lefts = ["0,0", "0,26", "0,52", "0,78", "400,13", "400,39", "400,65", "400,91"];
        assert_eq!(order(text.collect()), lefts);
        let table = (0..4).flat_map(|n| [piece(0, 26 * n, 4), piece(400, 26 * n, 1)]);
        assert_eq!(order(table.collect()), ["0,0", "0,26", "0,52", "0,78"]);
    }

    #[test]
    fn receipts_are_told_by_their_lines() {
        let lines = |right| (0..9).map(|n| line(100, 30 * n, right)).collect::<Vec<_>>();
        assert!(are_narrow(&lines(600)));
        assert!(!are_narrow(&lines(700)) && !are_narrow(&[]));
    }

    #[test]
    fn only_lines_that_no_outline_stands_for_are_new() {
        let outlines = in_rows(vec![line(0, 0, 100), line(120, 0, 200)]);
        let found = [line(0, 2, 200), line(0, 40, 100), line(150, 5, 600)];
        assert_eq!(passed_over(&found, &outlines), found[1..]);
    }

    proptest! {
        #[test]
        fn no_line_is_lost_in_rows(places in prop::collection::vec((0i64..500, 0i64..500), 0..40)) {
            let lines: Vec<PixelBox> =
                places.into_iter().map(|(left, top)| line(left, top, left + 50)).collect();
            let mut kept: Vec<[u32; 4]> =
                in_rows(lines.clone()).into_iter().map(|word| word.bbox.into()).collect();
            let mut all: Vec<[u32; 4]> = lines.into_iter().map(Into::into).collect();
            kept.sort_unstable();
            all.sort_unstable();
            prop_assert_eq!(kept, all);
        }
    }
}
