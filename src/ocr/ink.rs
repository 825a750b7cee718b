//! What is ink on a page: threshold, connected blobs, and the height of its letters.
//!
//! The threshold is Otsu's (1979), as Tesseract's own, so that what is measured here is what Tesseract
//! will see. Blobs are joined run by run with union–find; only their boxes are kept.

use crate::geometry::PixelBox;
use image::GrayImage;

/// The box and ink of one 8-connected blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    pub left: u32,
    pub top: u32,
    /// One past the last column and row.
    pub right: u32,
    pub bottom: u32,
    pub ink: u32,
}

impl Blob {
    pub fn width(self) -> u32 {
        self.right - self.left
    }
    pub fn height(self) -> u32 {
        self.bottom - self.top
    }
    pub fn bbox(self) -> PixelBox {
        let [left, top, right, bottom] =
            [self.left, self.top, self.right, self.bottom].map(i64::from);
        PixelBox::new(left, top, right, bottom)
    }
}

/// Gray levels at or below this are ink: the split with the greatest variance between classes.
pub fn otsu_threshold(image: &GrayImage) -> u8 {
    let mut histogram = [0u64; 256];
    for &level in image.as_raw() {
        histogram[usize::from(level)] += 1;
    }
    let total: u64 = histogram.iter().sum();
    let weighted: u64 = histogram.iter().zip(0u64..).map(|(count, level)| count * level).sum();
    let (mut dark, mut dark_weighted) = (0u64, 0u64);
    let (mut best, mut best_variance) = (0u8, -1.0f64);
    for level in 0..=254u8 {
        dark += histogram[usize::from(level)];
        dark_weighted += histogram[usize::from(level)] * u64::from(level);
        let light = total - dark;
        if dark == 0 || light == 0 {
            continue;
        }
        let difference =
            dark_weighted as f64 / dark as f64 - (weighted - dark_weighted) as f64 / light as f64;
        let variance = dark as f64 * light as f64 * difference * difference;
        if variance > best_variance {
            (best, best_variance) = (level, variance);
        }
    }
    best
}

/// A horizontal run of ink in one row.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u32,
    end: u32,
    label: u32,
}

/// Blobs of ink: pixels at or below the threshold that touch, corners included.
pub fn blobs(image: &GrayImage, threshold: u8) -> Vec<Blob> {
    let width = image.width() as usize;
    if width == 0 {
        return Vec::new();
    }
    let mut forest = Forest::default();
    let (mut above, mut current): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for (y, row) in (0u32..).zip(image.as_raw().chunks_exact(width)) {
        current.clear();
        runs_of_row(row, threshold, |start, end| {
            let label = forest.add(Blob {
                left: start,
                top: y,
                right: end,
                bottom: y + 1,
                ink: end - start,
            });
            current.push(Run { start, end, label });
        });
        join_rows(&above, &current, &mut forest);
        std::mem::swap(&mut above, &mut current);
    }
    forest.roots()
}

fn runs_of_row(row: &[u8], threshold: u8, mut found: impl FnMut(u32, u32)) {
    let mut start = None;
    for (x, &level) in (0u32..).zip(row) {
        match (level <= threshold, start) {
            (true, None) => start = Some(x),
            (false, Some(from)) => {
                found(from, x);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        found(from, row.len() as u32);
    }
}

/// Runs of neighbouring rows that touch, corners included, become one blob.
fn join_rows(above: &[Run], current: &[Run], forest: &mut Forest) {
    let mut first = 0;
    for run in current {
        while above.get(first).is_some_and(|a| a.end < run.start) {
            first += 1;
        }
        for touching in above[first..].iter().take_while(|a| a.start <= run.end) {
            forest.join(touching.label, run.label);
        }
    }
}

/// Union–find over blobs.
#[derive(Default)]
struct Forest {
    parent: Vec<u32>,
    blob: Vec<Blob>,
}

impl Forest {
    fn add(&mut self, blob: Blob) -> u32 {
        let label = self.parent.len() as u32;
        self.parent.push(label);
        self.blob.push(blob);
        label
    }

    fn root(&mut self, mut label: u32) -> u32 {
        while self.parent[label as usize] != label {
            let grandparent = self.parent[self.parent[label as usize] as usize];
            self.parent[label as usize] = grandparent;
            label = grandparent;
        }
        label
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (kept, gone) = (a.min(b), a.max(b));
        self.parent[gone as usize] = kept;
        let other = self.blob[gone as usize];
        let blob = &mut self.blob[kept as usize];
        blob.left = blob.left.min(other.left);
        blob.top = blob.top.min(other.top);
        blob.right = blob.right.max(other.right);
        blob.bottom = blob.bottom.max(other.bottom);
        blob.ink += other.ink;
    }

    fn roots(self) -> Vec<Blob> {
        (0u32..)
            .zip(&self.parent)
            .filter(|(label, parent)| label == *parent)
            .map(|(label, _)| self.blob[label as usize])
            .collect()
    }
}

/// Blobs of the shape of letters: not specks, not rules, not pictures.
pub fn is_letter_like(blob: Blob, page_height: u32) -> bool {
    let (width, height) = (blob.width(), blob.height());
    height >= 4
        && width >= 2
        && width <= 4 * height
        && height <= 8 * width
        && height <= page_height.max(40) / 8
}

/// Median height of the letter-like blobs, in pixels; `None` where there are too few to tell. Those less
/// than half as high as the print that most ink is in are specks and points; bars of a barcode are no print.
pub fn letter_height(blobs: &[Blob], page_height: u32) -> Option<f32> {
    const ENOUGH: usize = 12;
    let letters: Vec<&Blob> =
        blobs.iter().filter(|b| is_letter_like(**b, page_height) && !is_bar(**b)).collect();
    if letters.len() < ENOUGH {
        return None;
    }
    let weighty = weighted_median(&letters);
    let mut heights: Vec<u32> =
        letters.iter().map(|blob| blob.height()).filter(|height| 2 * height >= weighty).collect();
    let middle = heights.len() / 2;
    Some(*heights.select_nth_unstable(middle).1 as f32)
}

/// Upright, solid, and slimmer than letters are.
fn is_bar(blob: Blob) -> bool {
    let (width, height) = (blob.width(), blob.height());
    height > 5 * width && 10 * blob.ink > 8 * width * height
}

/// Median height of blobs by their ink: however many specks there are, print has more ink. A logo's letters have more
/// than many lines of print; none counts for more than a fiftieth of all.
fn weighted_median(letters: &[&Blob]) -> u32 {
    let all: u64 = letters.iter().map(|blob| u64::from(blob.ink)).sum();
    let weight = |blob: &Blob| u64::from(blob.ink).min(all.div_ceil(50));
    let mut sorted: Vec<(u32, u64)> =
        letters.iter().map(|blob| (blob.height(), weight(blob))).collect();
    sorted.sort_unstable();
    let half = sorted.iter().map(|(_, ink)| ink).sum::<u64>() / 2;
    let mut seen = 0;
    let reached = sorted.iter().find(|(_, ink)| {
        seen += ink;
        seen >= half
    });
    reached.map_or(0, |(height, _)| *height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;
    use proptest::prelude::*;

    fn drawn(rows: &[&str]) -> GrayImage {
        let width = rows[0].len() as u32;
        GrayImage::from_fn(width, rows.len() as u32, |x, y| {
            let ink = rows[y as usize].as_bytes()[x as usize] == b'#';
            Luma([if ink { 20 } else { 230 }])
        })
    }

    #[test]
    fn touching_pixels_are_one_blob_corners_included() {
        let page = drawn(&["#..##", ".#..#", "#....", "...#."]);
        let mut found = blobs(&page, otsu_threshold(&page));
        found.sort_by_key(|blob| blob.ink);
        let boxes: Vec<_> =
            found.iter().map(|b| (b.left, b.top, b.right, b.bottom, b.ink)).collect();
        assert_eq!(boxes, [(3, 3, 4, 4, 1), (0, 0, 2, 3, 3), (3, 0, 5, 2, 3)]);
    }

    #[test]
    fn branches_that_meet_later_are_one_blob() {
        let page = drawn(&["#.#.#", "#.#.#", "#####"]);
        assert_eq!(blobs(&page, 100).len(), 1);
    }

    #[test]
    fn threshold_lies_between_ink_and_paper() {
        let threshold = otsu_threshold(&drawn(&["#..", "..."]));
        assert!((20..230).contains(&threshold), "{threshold}");
        assert!(blobs(&GrayImage::new(0, 0), 100).is_empty());
    }

    #[test]
    fn letter_height_ignores_specks_of_letters_shape() {
        let blob = |left: u32, side: u32| Blob {
            left,
            top: 0,
            right: left + side,
            bottom: side,
            ink: side * side / 2,
        };
        let mut found: Vec<Blob> = (0..30).map(|n| blob(n * 30, 20)).collect();
        found.extend((0..90).map(|n| blob(n * 10, 5)));
        assert_eq!(letter_height(&found, 1000), Some(20.0));
    }

    /// As seen on a bill with a large name and a bar code.
    #[test]
    fn letter_height_ignores_logos_and_barcodes() {
        let letter = |left| Blob { left, top: 0, right: left + 10, bottom: 15, ink: 70 };
        let mut found: Vec<Blob> = (0..200).map(|n| letter(n * 12)).collect();
        let logo = |left| Blob { left, top: 20, right: left + 110, bottom: 140, ink: 8000 };
        found.extend((0..3).map(|n| logo(n * 130)));
        let bar = |left| Blob { left, top: 200, right: left + 8, bottom: 335, ink: 1060 };
        found.extend((0..60).map(|n| bar(n * 12)));
        assert_eq!(letter_height(&found, 2000), Some(15.0));
    }

    #[test]
    fn letter_height_ignores_specks_and_rules() {
        let letter = |left| Blob { left, top: 0, right: left + 8, bottom: 12, ink: 50 };
        let mut found: Vec<Blob> = (0..20).map(|n| letter(n * 10)).collect();
        found.extend((0..50).map(|n| Blob { left: n, top: 50, right: n + 1, bottom: 51, ink: 1 }));
        found.push(Blob { left: 0, top: 90, right: 900, bottom: 94, ink: 3600 });
        assert_eq!(letter_height(&found, 1000), Some(12.0));
        assert_eq!(letter_height(&found[..5], 1000), None);
    }

    proptest! {
        #[test]
        fn blobs_hold_all_ink(width in 1u32..20, pixels in prop::collection::vec(any::<bool>(), 1..200)) {
            let height = pixels.len() as u32 / width;
            let page = GrayImage::from_fn(width, height, |x, y| {
                Luma([if pixels[(y * width + x) as usize] { 0 } else { 255 }])
            });
            let ink = page.as_raw().iter().filter(|level| **level == 0).count();
            let found = blobs(&page, 128);
            prop_assert_eq!(found.iter().map(|blob| blob.ink as usize).sum::<usize>(), ink);
            for blob in found {
                prop_assert!(blob.right <= width && blob.bottom <= height);
                prop_assert!(blob.ink <= blob.width() * blob.height());
            }
        }
    }
}
