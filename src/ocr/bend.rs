//! Lines that bend: print on paper that curls, lies in folds or was photographed aslant, made straight.
//!
//! Every two letters beside each other tell how a line runs where they stand. A smooth field of slopes is fitted to
//! all of them (least squares, weighed anew by what does not fit: letters with descenders, neighbours of other lines);
//! along it a picture's columns are moved up and down. What leans as a whole was made level before
//! ([`super::turn`]).

use super::frame::whole_level;
use super::ink::{Blob, is_letter_like};
use crate::geometry::{PageSize, PixelBox};
use image::GrayImage;

/// Terms of the field: 1, u and u² across the page, each with 1, v and v² down it, but for the last.
const TERMS: usize = 8;
/// Fewer neighbours tell nothing certain.
const ENOUGH: usize = 120;
/// No paper bends more than this: rise by run.
const STEEPEST: f64 = 0.25;

/// How far each place of a straight picture lies from its place in the bent one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bend {
    size: PageSize,
    area: Area,
    /// Of the slope, by [`Area::terms`].
    slopes: [f64; TERMS],
}

/// The part of a picture that letters stand on; in it, places run from -1 to 1 in both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    center: (f64, f64),
    half: (f64, f64),
}

/// Two letters of a line, the left one's middle, and how far the right one is from it.
struct Pair {
    x: f64,
    y: f64,
    dx: f64,
    /// By their feet and by their tops.
    dy: [f64; 2],
}

impl Bend {
    /// The bend of a picture's lines, where they depart from their level by at least so many heights of letters.
    pub fn of(
        blobs: &[Blob],
        content: PixelBox,
        size: PageSize,
        letter_height: f32,
        least: f32,
    ) -> Option<Self> {
        let pairs = pairs(blobs, size.height, letter_height);
        if pairs.len() < ENOUGH {
            return None;
        }
        let half = |length: u32| f64::from(length.max(2)) / 2.0;
        let area = Area {
            center: (f64::from(content.center_x()), f64::from(content.center_y())),
            half: (half(content.width()), half(content.height())),
        };
        let mut bend = Self { size, area, slopes: [0.0; TERMS] };
        const ROUNDS: usize = 8;
        for _ in 0..ROUNDS {
            bend.slopes = bend.fitted(&pairs, f64::from(letter_height))?;
        }
        let heights = bend.greatest() / f64::from(letter_height);
        let sound = bend.steepest() <= STEEPEST;
        (sound && heights >= f64::from(least)).then_some(bend)
    }

    /// The slopes that fit pairs of letters best, those left out that are far from the present ones.
    fn fitted(&self, pairs: &[Pair], letter_height: f64) -> Option<[f64; TERMS]> {
        /// What is farther off by so many heights of letters does not count.
        const FAR: f64 = 0.2;
        /// Against fields that letters say nothing of, in pairs of letters.
        const RIDGE: f64 = 2.0;
        let mut matrix = [[0.0; TERMS]; TERMS];
        let mut right = [0.0; TERMS];
        for pair in pairs {
            let (x, y) = (pair.x + pair.dx / 2.0, pair.y);
            // The field is of the straight picture.
            let y = y - self.shift(x, y - self.shift(x, y));
            let terms = self.area.terms(x, y);
            let slope = self.slope(terms);
            let off = |dy: f64| dy - slope * pair.dx;
            let [feet, tops] = pair.dy;
            let dy = if off(feet).abs() <= off(tops).abs() { feet } else { tops };
            let outside = off(dy) / (FAR * letter_height);
            let weight = (1.0 - outside * outside).max(0.0).powi(2) / (letter_height * pair.dx);
            for (row, a) in terms.iter().enumerate() {
                for (column, b) in terms.iter().enumerate() {
                    matrix[row][column] += weight * pair.dx * pair.dx * a * b;
                }
                right[row] += weight * pair.dx * dy * a;
            }
        }
        for (at, row) in matrix.iter_mut().enumerate().skip(1) {
            row[at] += RIDGE;
        }
        matrix[0][0] += 1e-6;
        solved(matrix, right)
    }

    /// Rise by run of the lines at a place, of which these are the terms.
    fn slope(&self, terms: [f64; TERMS]) -> f64 {
        terms.iter().zip(&self.slopes).map(|(term, slope)| term * slope).sum()
    }

    /// How far below its level a place of the straight picture lies in the bent one.
    fn shift(&self, x: f64, y: f64) -> f64 {
        let (u, v) = self.area.place(x, y);
        let inside = u.clamp(-1.0, 1.0);
        let [a, b, c, d, e, f, g, h] = self.slopes;
        let constant = a + d * v + g * v * v;
        let linear = b + e * v + h * v * v;
        let square = c + f * v;
        // The slopes' integral from the middle on; beyond the letters lines go on as they run.
        let bent = inside * (constant + inside * (linear / 2.0 + inside * square / 3.0));
        let border = constant + inside * (linear + inside * square);
        self.area.half.0 * (bent + (u - inside) * border)
    }

    /// The greatest shift among places of the letters' part, less the whole's lean, which the engine follows.
    fn greatest(&self) -> f64 {
        let places = |at: u8| -1.0 + f64::from(at) / 4.0;
        let mut bent = *self;
        bent.slopes[0] = 0.0;
        let shift = |u: f64, v: f64| {
            let (x, y) = bent.area.at(u, v);
            bent.shift(x, y)
        };
        let all =
            (0..=8).flat_map(|down| (0..=8).map(move |across| (places(across), places(down))));
        all.map(|(u, v)| shift(u, v).abs()).fold(0.0, f64::max)
    }

    fn steepest(&self) -> f64 {
        let corners = [-1.0, 0.0, 1.0].into_iter().flat_map(|u| [-1.0, 0.0, 1.0].map(|v| (u, v)));
        let slope = |(u, v): (f64, f64)| {
            let (x, y) = self.area.at(u, v);
            self.slope(self.area.terms(x, y)).abs()
        };
        corners.map(slope).fold(0.0, f64::max)
    }

    /// The picture with its lines straight; what comes in at the edges is as the edge.
    pub fn apply(&self, picture: &GrayImage) -> GrayImage {
        /// Columns between which shifts are interpolated.
        const STEP: u32 = 16;
        let (width, height) = picture.dimensions();
        let mut straight = GrayImage::new(width, height);
        let source = picture.as_raw();
        let last = height.saturating_sub(1) as usize;
        let nodes = width.div_ceil(STEP) + 1;
        for (y, row) in (0u32..).zip(straight.chunks_exact_mut(width.max(1) as usize)) {
            let y = f64::from(y);
            let shifts: Vec<f64> =
                (0..nodes).map(|node| self.shift(f64::from(node * STEP), y)).collect();
            for (x, pixel) in (0u32..).zip(row.iter_mut()) {
                let (node, part) = ((x / STEP) as usize, f64::from(x % STEP) / f64::from(STEP));
                let shift = shifts[node] * (1.0 - part) + shifts[node + 1] * part;
                let at = (y + shift).clamp(0.0, last as f64);
                let upper = at as usize;
                let part = at - upper as f64;
                let level =
                    |row: usize| f64::from(source[row.min(last) * width as usize + x as usize]);
                *pixel = whole_level(level(upper) * (1.0 - part) + level(upper + 1) * part);
            }
        }
        straight
    }

    /// A box of the straight picture in the bent one.
    pub fn to_bent(self, bbox: PixelBox) -> PixelBox {
        let shift = self.shift(f64::from(bbox.center_x()), f64::from(bbox.center_y()));
        let [left, top, right, bottom] = <[u32; 4]>::from(bbox).map(i64::from);
        let down = shift.round() as i64;
        PixelBox::new(left, top + down, right, bottom + down).clamp_to(self.size)
    }
}

impl Area {
    /// A place of the picture in the area's own measure; beyond its head and foot as there.
    fn place(self, x: f64, y: f64) -> (f64, f64) {
        let v = ((y - self.center.1) / self.half.1).clamp(-1.0, 1.0);
        ((x - self.center.0) / self.half.0, v)
    }

    fn at(self, u: f64, v: f64) -> (f64, f64) {
        (self.center.0 + u * self.half.0, self.center.1 + v * self.half.1)
    }

    fn terms(self, x: f64, y: f64) -> [f64; TERMS] {
        let (u, v) = self.place(x, y);
        let u = u.clamp(-1.0, 1.0);
        [1.0, u, u * u, v, u * v, u * u * v, v * v, u * v * v]
    }
}

/// Letters and those that follow them on their line, one, three and six places on.
fn pairs(blobs: &[Blob], page_height: u32, letter_height: f32) -> Vec<Pair> {
    const STEPS: [usize; 3] = [1, 3, 6];
    let is_letter = |blob: &&Blob| {
        let height = blob.height() as f32 / letter_height;
        is_letter_like(**blob, page_height) && (0.6..1.8).contains(&height)
    };
    let mut letters: Vec<Blob> = blobs.iter().filter(is_letter).copied().collect();
    letters.sort_by_key(|letter| letter.left);
    let next = followers(&letters, letter_height);
    let mut pairs = Vec::new();
    for (start, left) in letters.iter().enumerate() {
        let mut at = start;
        for step in 1..=STEPS[STEPS.len() - 1] {
            let Some(follower) = next[at] else { break };
            at = follower;
            if STEPS.contains(&step) {
                let right = letters[at];
                let middle = |blob: &Blob| f64::from(blob.left + blob.right) / 2.0;
                pairs.push(Pair {
                    x: middle(left),
                    y: f64::from(left.top + left.bottom) / 2.0,
                    dx: middle(&right) - middle(left),
                    dy: [
                        f64::from(right.bottom) - f64::from(left.bottom),
                        f64::from(right.top) - f64::from(left.top),
                    ],
                });
            }
        }
    }
    pairs.retain(|pair| pair.dx > 0.0);
    pairs
}

/// For each letter, sorted from left to right, the nearest one behind it on its line.
fn followers(letters: &[Blob], letter_height: f32) -> Vec<Option<usize>> {
    /// Between letters of a line, in their heights.
    const REACH: f32 = 1.5;
    let reach = (REACH * letter_height) as u32;
    let follows = |left: &Blob, right: &Blob| {
        let shared = i64::from(left.bottom.min(right.bottom)) - i64::from(left.top.max(right.top));
        let [lower, higher] = match [left.height(), right.height()] {
            [a, b] if a > b => [b, a],
            heights => heights,
        };
        2 * shared > i64::from(lower) && higher <= 2 * lower
    };
    let after = |(at, letter): (usize, &Blob)| {
        let others = letters.iter().enumerate().skip(at + 1);
        let near = others.take_while(|(_, other)| other.left <= letter.right + reach);
        near.filter(|(_, other)| (other.left + other.right) / 2 > letter.right)
            .find(|(_, other)| follows(letter, other))
            .map(|(other, _)| other)
    };
    letters.iter().enumerate().map(after).collect()
}

/// The solution of linear equations, by elimination; `None` where there is none.
fn solved(mut matrix: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> Option<[f64; TERMS]> {
    for at in 0..TERMS {
        let pivot =
            (at..TERMS).max_by(|a, b| matrix[*a][at].abs().total_cmp(&matrix[*b][at].abs()))?;
        matrix.swap(at, pivot);
        right.swap(at, pivot);
        if matrix[at][at].abs() < 1e-12 {
            return None;
        }
        for row in at + 1..TERMS {
            let factor = matrix[row][at] / matrix[at][at];
            let upper = matrix[at];
            for (value, above) in matrix[row].iter_mut().zip(upper).skip(at) {
                *value -= factor * above;
            }
            right[row] -= factor * right[at];
        }
    }
    let mut solution = [0.0; TERMS];
    for at in (0..TERMS).rev() {
        let known: f64 = (at + 1..TERMS).map(|column| matrix[at][column] * solution[column]).sum();
        solution[at] = (right[at] - known) / matrix[at][at];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: PageSize = PageSize { width: 900, height: 700 };

    /// Letters of 8 × 12 pixels in lines whose places go down by `bend`.
    fn letters(bend: impl Fn(f64, f64) -> f64) -> Vec<Blob> {
        let places = (0..20).flat_map(|line| (0..60).map(move |n| (100 + 11 * n, 100 + 24 * line)));
        places
            .map(|(left, top): (u32, u32)| {
                let down = bend(f64::from(left + 4), f64::from(top + 6)).round();
                let top = (f64::from(top) + down) as u32;
                Blob { left, top, right: left + 8, bottom: top + 12, ink: 60 }
            })
            .collect()
    }

    fn bend_of(blobs: &[Blob]) -> Option<Bend> {
        Bend::of(blobs, PixelBox::new(100, 90, 760, 580), SIZE, 12.0, 0.3)
    }

    #[test]
    fn lines_that_bow_are_followed() {
        let bow =
            |x: f64, y: f64| 15.0 * ((x - 430.0) / 330.0).powi(2) * (1.0 + (y - 330.0) / 600.0);
        let bend = bend_of(&letters(bow)).expect("bent");
        for (x, y) in [(110.0, 150.0), (430.0, 300.0), (740.0, 150.0), (740.0, 550.0)] {
            let found = bend.shift(x, y);
            assert!((found - bow(x, y)).abs() < 3.0, "{x} {y}: {found} for {}", bow(x, y));
        }
    }

    #[test]
    fn boxes_go_back_to_where_they_were() {
        let bow = |x: f64, _: f64| 20.0 * ((x - 430.0) / 330.0).powi(2);
        let bend = bend_of(&letters(bow)).expect("bent");
        let back = bend.to_bent(PixelBox::new(730, 300, 750, 312));
        assert!(back.top().abs_diff(317) <= 2 && back.height() == 12, "{back:?}");
        let mut picture = GrayImage::from_pixel(SIZE.width, SIZE.height, image::Luma([255]));
        picture.put_pixel(740, 318, image::Luma([0]));
        let straight = bend.apply(&picture);
        let dark = straight.enumerate_pixels().min_by_key(|(_, _, pixel)| pixel.0[0]);
        let (x, y, _) = dark.expect("pixels");
        assert!(x == 740 && y.abs_diff(300) <= 2, "{x} {y}");
    }

    #[test]
    fn straight_lines_and_few_letters_stay() {
        assert_eq!(bend_of(&letters(|_, _| 0.0)), None);
        assert_eq!(bend_of(&letters(|x, _| 30.0 * (x / 900.0).powi(2))[..40]), None);
        assert_eq!(bend_of(&[]), None);
    }
}
