//! Found lines and the ink that they stand on. A network sees a page from afar: some of its boxes end a letter too early
//! or are higher than their print, and single figures it passes over. On a page whose ink can be told from its paper the
//! letters know better.

use super::ink::Blob;
use super::segment::{self, shares_line};
use super::upright::Upright;
use crate::geometry::PixelBox;
use std::cmp::Reverse;

/// Letters go on at a line's end where they stand no further from it than so many heights of the line …
const NEAR: f32 = 0.45;
/// … and so many where they are lower than this share of it: points, dashes, or the text beside a logo.
const NEAR_LOW: f32 = 0.25;
const LOW: f32 = 0.4;
/// They rise over and hang under it by no more than these.
const BEYOND: f32 = 0.25;
/// Dashes are higher than this share of a line; what is so many heights of it wide is no letter: rules, frames.
const DASH: f32 = 0.03;
const STROKE: f32 = 4.0;
/// Where letters fill so much of a line's width, they tell where it begins above and ends below.
const PRINTED: f32 = 0.35;
/// Paper left behind the last letter of an end that was made whole, in heights.
const ROOM: f32 = 0.15;

/// Lines as their letters have it.
pub fn fitted(lines: &[PixelBox], page: &Upright) -> Vec<PixelBox> {
    let whole = |(n, &line): (usize, &PixelBox)| {
        let is_of_another = |letter: PixelBox| {
            let mut others = lines.iter().enumerate().filter(|(other, _)| *other != n);
            others.any(|(_, other)| 3 * other.intersection_area(letter) > letter.area())
        };
        let blobs = page.blobs.iter().filter(|blob| may_belong_to(line, **blob));
        let mut letters: Vec<PixelBox> = blobs.map(|blob| blob.bbox()).collect();
        letters.retain(|letter| !is_of_another(*letter));
        as_printed(line, letters)
    };
    lines.iter().enumerate().map(whole).collect()
}

/// Whether ink stands at the height of a line, and is of the size of letters or points in it.
fn may_belong_to(line: PixelBox, blob: Blob) -> bool {
    let height = line.height() as f32;
    let beyond = BEYOND * height;
    let letter = blob.bbox();
    (DASH * height..=height + beyond).contains(&(letter.height() as f32))
        && (letter.width() as f32) < STROKE * height
        && letter.top() as f32 >= line.top() as f32 - beyond
        && letter.bottom() as f32 <= line.bottom() as f32 + beyond
        && (line.top() as f32..line.bottom() as f32).contains(&letter.center_y())
}

fn is_high(letter: PixelBox, height: f32) -> bool {
    letter.height() as f32 >= LOW * height
}

/// The line as far as letters go on from its ends, and as high as they are.
fn as_printed(line: PixelBox, mut letters: Vec<PixelBox>) -> PixelBox {
    let height = line.height() as f32;
    let near = |letter: &PixelBox| height * if is_high(*letter, height) { NEAR } else { NEAR_LOW };
    let (mut left, mut right) = (line.left(), line.right());
    letters.sort_unstable_by_key(|letter| Reverse(letter.right()));
    for letter in &letters {
        if letter.left() < left && letter.right() as f32 >= left as f32 - near(letter) {
            left = letter.left();
        }
    }
    letters.sort_unstable_by_key(|letter| letter.left());
    for letter in &letters {
        if letter.right() > right && letter.left() as f32 <= right as f32 + near(letter) {
            right = letter.right();
        }
    }
    letters.retain(|letter| (left..=right).contains(&letter.left()));
    let high = letters.iter().filter(|letter| is_high(**letter, height));
    let printed: u32 = high.map(|letter| letter.width()).sum();
    let is_printed = printed as f32 >= PRINTED * (right - left) as f32;
    let bounds = PixelBox::union_of(letters).filter(|_| is_printed).unwrap_or(line);
    let room = (ROOM * height) as i64;
    let left = i64::from(left) - if left < line.left() { room } else { 0 };
    let right = i64::from(right) + if right > line.right() { room } else { 0 };
    PixelBox::new(left, bounds.top().into(), right, bounds.bottom().into())
}

/// Print that no line covers and that stands beside one: of single figures tables are full. In photographs what looks like
/// them is the table.
pub fn alone_beside(lines: &[PixelBox], page: &Upright) -> Vec<PixelBox> {
    let mut pieces = segment::unread_pieces(page, lines);
    pieces.retain(|piece| lines.iter().any(|line| shares_line(*line, *piece)));
    pieces.into_iter().map(|piece| piece.with_margin(ROOM)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use crate::ocr::frame::Turn;
    use image::{GrayImage, Luma};

    /// Letters of 8 × 12 pixels with tops at 40, at these places; more of them far below.
    fn print_at(lefts: &[u32]) -> Upright {
        let mut picture = GrayImage::from_pixel(400, 300, Luma([255]));
        let below = (0..30).map(|n| (20 + 10 * n, 200));
        for (left, top) in lefts.iter().map(|left| (*left, 40)).chain(below) {
            for (x, y) in (0..12).flat_map(|y| (0..8).map(move |x| (x, y))) {
                picture.put_pixel(left + x, top + y, Luma([0]));
            }
        }
        Upright::new(&picture, Turn::none(PageSize::new(400, 300)))
    }

    fn line(left: i64, right: i64) -> PixelBox {
        PixelBox::new(left, 38, right, 54)
    }

    fn places(lines: Vec<PixelBox>) -> Vec<[u32; 4]> {
        lines.into_iter().map(<[u32; 4]>::from).collect()
    }

    /// As seen: `eservations@hotel.com` without its first letter.
    #[test]
    fn lines_end_and_are_as_high_as_their_print() {
        let page = print_at(&[20, 30, 40, 50, 60, 72]);
        assert_eq!(places(fitted(&[line(33, 58)], &page)), [[18, 40, 82, 52]]);
        let beside = [line(18, 50), line(48, 84)];
        assert_eq!(places(fitted(&beside, &page)), [[18, 40, 50, 52], [48, 40, 84, 52]]);
    }

    /// As seen: `Nights:` and the 5 behind it.
    #[test]
    fn figures_beside_lines_are_found() {
        let page = print_at(&[20, 30, 40, 140]);
        let figure = places(alone_beside(&[line(18, 50)], &page));
        assert_eq!(figure, [[138, 38, 150, 54]], "and nothing of the row below");
    }

    #[test]
    fn faint_print_leaves_lines_as_they_are() {
        let page = print_at(&[]);
        assert_eq!(places(fitted(&[line(33, 158)], &page)), [[33, 38, 158, 54]]);
    }
}
