//! Light: shadows and gradients of photographs taken out, white print on black turned round.
//!
//! Both are left alone where a page does not need them, which is told from a coarse grid of how bright
//! its paper is: a scan's paper is as bright everywhere.

use super::ink;
use super::reversed::turn_bars_round;
use image::GrayImage;

/// Cells of the grid along the longer side.
const CELLS: u32 = 24;

/// Paper is made this bright.
const WHITE: f32 = 250.0;

/// The paper of a page without shadows differs by less than this many levels.
const EVEN: u8 = 40;

/// The picture with dark print on even paper.
pub fn mended(mut picture: GrayImage) -> GrayImage {
    if is_reversed(&picture) {
        image::imageops::invert(&mut picture);
    }
    turn_bars_round(&mut picture);
    let paper = Paper::of(&picture);
    if paper.is_uneven() {
        paper.flatten(&mut picture);
    }
    picture
}

/// The picture of a bare sheet of paper, print on it dark: whatever its light, it becomes even. On shaded
/// paper without anything around it, the threshold that tells white print on black would part shade from
/// light.
pub fn evened(mut sheet: GrayImage) -> GrayImage {
    Paper::of(&sheet).flatten(&mut sheet);
    sheet
}

/// A sheet's print alone: what is lighter than print, as folds of crumpled paper and their shadows are,
/// becomes white. For whatever finds lines; the print itself loses its fine shades.
pub fn print_only(sheet: &GrayImage, letter_height: f32) -> GrayImage {
    /// Strokes are thinner than a cell, and most shadows are wider.
    const CELL: f32 = 0.8;
    const SMALLEST_CELL: u32 = 8;
    /// So much of a sheet is print at least.
    const PRINT: usize = 50;
    /// How far from print to paper white begins.
    const WHITE_FROM: f32 = 0.6;
    /// Darker than this share of print's own level is black.
    const BLACK: f32 = 0.8;
    let paper = Paper::in_cells(sheet, ((CELL * letter_height) as u32).max(SMALLEST_CELL));
    let mut print = sheet.clone();
    paper.divide(
        &mut print,
        &paper.levels.iter().map(|level| f32::from(*level)).collect::<Vec<_>>(),
    );
    let mut histogram = [0usize; 256];
    for level in print.as_raw() {
        histogram[usize::from(*level)] += 1;
    }
    let mut darker = 0;
    let least = print.as_raw().len() / PRINT;
    let ink = histogram.iter().position(|count| {
        darker += count;
        darker > least
    });
    let ink = ink.unwrap_or(0) as f32;
    let (black, white) = (BLACK * ink, ink + WHITE_FROM * (WHITE - ink).max(1.0));
    for level in print.iter_mut() {
        *level = ((f32::from(*level) - black) / (white - black) * WHITE).clamp(0.0, WHITE) as u8;
    }
    print
}

/// Whether most of a page is dark, with light print on it.
fn is_reversed(picture: &GrayImage) -> bool {
    /// Print covers less than a third of a page, whatever its colour.
    const MOST: f64 = 0.7;
    let threshold = ink::otsu_threshold(picture);
    let dark = picture.as_raw().iter().filter(|level| **level <= threshold).count();
    // A page of one gray has no print: nothing to turn round.
    threshold > 0
        && dark as f64 > MOST * picture.as_raw().len() as f64
        && prints_light_on_dark(picture)
}

/// Whether in most cells with print the most of it is dark: a shadow over half of a page makes that half dark
/// as a whole, and its print is darker still.
fn prints_light_on_dark(picture: &GrayImage) -> bool {
    /// Levels between print and paper.
    const CONTRAST: u8 = 40;
    let side = cell_side(picture);
    let (mut light, mut dark) = (0, 0);
    for top in (0..picture.height()).step_by(side as usize) {
        for left in (0..picture.width()).step_by(side as usize) {
            let cell = Cell::of(picture, left, top, side);
            let [low, middle, high] = [0.02, 0.5, 0.98].map(|share| cell.level(share));
            if high.saturating_sub(low) >= CONTRAST {
                let print_is_dark = high - middle < middle - low;
                *(if print_is_dark { &mut dark } else { &mut light }) += 1;
            }
        }
    }
    light > dark
}

/// Side of a cell of the grid, in pixels.
fn cell_side(picture: &GrayImage) -> u32 {
    (picture.width().max(picture.height()) / CELLS).max(16)
}

/// How bright the paper is, by cells.
struct Paper {
    columns: usize,
    rows: usize,
    /// Pixels a cell is wide and high.
    side: u32,
    levels: Vec<u8>,
}

impl Paper {
    fn of(picture: &GrayImage) -> Self {
        Self::in_cells(picture, cell_side(picture))
    }

    fn in_cells(picture: &GrayImage, side: u32) -> Self {
        let (width, height) = picture.dimensions();
        let (columns, rows) = (width.div_ceil(side) as usize, height.div_ceil(side) as usize);
        let mut levels = Vec::with_capacity(columns * rows);
        for row in 0..rows as u32 {
            for column in 0..columns as u32 {
                levels.push(Cell::of(picture, column * side, row * side, side).level(PAPER));
            }
        }
        Self { columns, rows, side, levels }
    }

    /// A lamp's gradient or a shadow moves many cells a little; a black picture or a dark heading
    /// moves few cells a lot. The tenth and ninth tenths tell them apart.
    fn is_uneven(&self) -> bool {
        const TENTH: usize = 10;
        if self.levels.len() < TENTH {
            return false;
        }
        let mut sorted = self.levels.clone();
        sorted.sort_unstable();
        let strays = sorted.len() / TENTH;
        let (low, high) = (sorted[strays], sorted[sorted.len() - 1 - strays]);
        // Deep darkness is print or a picture, not a shadow on paper.
        const DEEPEST_SHADOW: u8 = 60;
        high.saturating_sub(low) > EVEN && low > DEEPEST_SHADOW
    }

    /// Divides every pixel by the paper under it, cells full of print taking theirs from beside them.
    fn flatten(&self, picture: &mut GrayImage) {
        self.divide(picture, &self.smoothed());
    }

    /// Divides every pixel by these levels of cells.
    fn divide(&self, picture: &mut GrayImage, levels: &[f32]) {
        let width = picture.width().max(1) as usize;
        // Between the middles of which two cells a pixel lies, and how far from the first.
        let between = |pixel: u32, cells: usize| {
            let at = (pixel as f32 + 0.5) / self.side as f32 - 0.5;
            let at = at.clamp(0.0, (cells - 1) as f32);
            let first = at as usize;
            (first, (first + 1).min(cells - 1), at - first as f32)
        };
        let places: Vec<_> = (0..width as u32).map(|x| between(x, self.columns)).collect();
        let mut of_row = vec![0.0; self.columns];
        for (row, y) in picture.chunks_exact_mut(width).zip(0u32..) {
            let (upper, lower, down) = between(y, self.rows);
            for (column, level) in of_row.iter_mut().enumerate() {
                let cell = |row: usize| levels[row * self.columns + column];
                *level = cell(upper) * (1.0 - down) + cell(lower) * down;
            }
            for (pixel, &(left, right, across)) in row.iter_mut().zip(&places) {
                let paper = (of_row[left] * (1.0 - across) + of_row[right] * across).max(1.0);
                *pixel = (f32::from(*pixel) * WHITE / paper).min(255.0) as u8;
            }
        }
    }

    /// The brightest of each cell and its neighbours, then their mean: cells full of print take the
    /// paper from beside them.
    fn smoothed(&self) -> Vec<f32> {
        let brightest = self.over_neighbours(|levels| levels.iter().copied().fold(0.0, f32::max));
        let paper = Self { levels: brightest.iter().map(|level| *level as u8).collect(), ..*self };
        paper.over_neighbours(|levels| levels.iter().sum::<f32>() / levels.len() as f32)
    }

    fn over_neighbours(&self, combine: impl Fn(&[f32]) -> f32) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.levels.len());
        let mut near = Vec::with_capacity(9);
        for row in 0..self.rows {
            for column in 0..self.columns {
                near.clear();
                for r in row.saturating_sub(1)..=(row + 1).min(self.rows - 1) {
                    for c in column.saturating_sub(1)..=(column + 1).min(self.columns - 1) {
                        near.push(f32::from(self.levels[r * self.columns + c]));
                    }
                }
                out.push(combine(&near));
            }
        }
        out
    }
}

/// Nine tenths of a cell's pixels are darker than its paper, or as bright.
const PAPER: f32 = 0.9;

/// How bright the pixels of a part of a picture are.
struct Cell {
    histogram: [u32; 256],
    count: u32,
}

impl Cell {
    /// Of a square whose corner lies in the picture.
    fn of(picture: &GrayImage, left: u32, top: u32, side: u32) -> Self {
        // A few dozen pixels tell enough.
        let every = if side < 24 { 1 } else { 3 };
        let right = (left + side).min(picture.width());
        let bottom = (top + side).min(picture.height());
        let width = picture.width() as usize;
        let mut histogram = [0u32; 256];
        let mut count = 0;
        for y in (top..bottom).step_by(every) {
            let row = &picture.as_raw()[y as usize * width..][..width];
            for level in row[left as usize..right as usize].iter().step_by(every) {
                histogram[usize::from(*level)] += 1;
                count += 1;
            }
        }
        Self { histogram, count }
    }

    /// The level that this share of the pixels is below, or at.
    fn level(&self, share: f32) -> u8 {
        let mut above = (self.count as f32 * (1.0 - share)) as u32;
        for level in (0..=255u8).rev() {
            let here = self.histogram[usize::from(level)];
            if here > above {
                return level;
            }
            above -= here;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Strokes on paper whose brightness is given by a function.
    fn page(paper: impl Fn(u32, u32) -> f32) -> GrayImage {
        GrayImage::from_fn(480, 480, |x, y| {
            let ink = (x / 4) % 5 == 0 && (y / 10) % 3 == 0;
            Luma([(paper(x, y) * if ink { 0.3 } else { 1.0 }) as u8])
        })
    }

    #[test]
    fn even_pages_stay_as_they_are() {
        let even = page(|_, _| 240.0);
        assert_eq!(mended(even.clone()), even);
    }

    #[test]
    fn gradients_are_taken_out() {
        let shaded = page(|x, _| 110.0 + x as f32 * 0.27);
        assert!(Paper::of(&shaded).is_uneven());
        let flat = mended(shaded);
        assert!(!Paper::of(&flat).is_uneven());
        // Print of the dark side stays print.
        assert!(flat.get_pixel(1, 1).0[0] < 128);
        assert!(flat.get_pixel(10, 15).0[0] > 200);
    }

    #[test]
    fn shaded_sheets_become_even_and_stay_as_they_are_then() {
        let shaded = page(|x, _| if x < 120 { 220.0 } else { 150.0 - x as f32 / 16.0 });
        let even = evened(shaded);
        assert!(even.get_pixel(400, 15).0[0] > 200 && even.get_pixel(401, 1).0[0] < 128);
        assert_eq!(mended(even.clone()), even);
    }

    #[test]
    fn folds_are_taken_for_paper_where_lines_are_looked_for() {
        // A fold that throws a shadow, lighter than print.
        let fold = |x: u32, y: u32| if (x + y) % 160 < 12 { 150.0 } else { 220.0 };
        let print = print_only(&page(fold), 12.0);
        assert!(print.get_pixel(1, 1).0[0] < 60, "print");
        let light = |x: u32, y: u32| print.get_pixel(x, y).0[0] > 180;
        assert!((0..480).all(|x| light(x, 15)), "between lines, where folds cross");
    }

    #[test]
    fn white_print_on_black_is_turned_round() {
        let mut reversed = page(|_, _| 240.0);
        image::imageops::invert(&mut reversed);
        assert_eq!(mended(reversed), page(|_, _| 240.0));
    }

    #[test]
    fn a_shadow_over_most_of_a_page_is_no_white_print() {
        let shaded = page(|x, y| if x > 420 || y > 440 { 235.0 } else { 120.0 });
        assert!(!is_reversed(&shaded));
        assert!(mended(shaded).get_pixel(1, 1).0[0] < 128, "print stays dark");
    }

    #[test]
    fn black_and_white_and_tiny_pages_are_left_alone() {
        for level in [0, 128, 255] {
            let plain = GrayImage::from_pixel(50, 40, Luma([level]));
            assert_eq!(mended(plain.clone()), plain);
        }
        assert_eq!(mended(GrayImage::new(1, 1)), GrayImage::new(1, 1));
        assert_eq!(mended(GrayImage::new(0, 0)), GrayImage::new(0, 0));
    }
}
