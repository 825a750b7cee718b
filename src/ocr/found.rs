//! Lines that our finder found: their order, and those that the engine passed over.

use super::segment::{Segment, shares_line};
use crate::document::Word;
use crate::geometry::PixelBox;
use crate::input::reading_order::{self, Place};

/// Lines that together are fewer heights of a line wide than this are a receipt's.
const NARROW: f32 = 27.0;
/// A found line is known where so much of it lies under what the engine found.
const KNOWN: f64 = 0.4;

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
        boxes.into_iter().map(move |bbox| Word::outline(bbox, row, 0))
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
