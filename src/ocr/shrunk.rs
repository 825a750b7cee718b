//! A page shrunk to a few hundred pixels, for questions about the whole of it.

use image::{GrayImage, Luma};

/// Most pixels along the longer side.
const LONGEST: u32 = 480;

/// Half the width of the window that closes print: dark strokes up to twice as thick vanish. Lines of
/// print are some four pixels high here.
const CLOSING: usize = 4;

/// Mean levels of square cells of a picture.
#[derive(Debug, Clone)]
pub struct Shrunk {
    pub width: usize,
    pub height: usize,
    /// Pixels of the picture per pixel here, both ways.
    pub scale: f32,
    levels: Vec<u8>,
}

impl Shrunk {
    /// `None` where too little would be left to tell anything.
    pub fn of(picture: &GrayImage) -> Option<Self> {
        const SMALLEST: u32 = 40;
        let side = picture.width().max(picture.height()).div_ceil(LONGEST).max(1);
        let (width, height) = (picture.width() / side, picture.height() / side);
        if width < SMALLEST || height < SMALLEST {
            return None;
        }
        let (columns, cell) = (width as usize, side as usize);
        let mut levels = Vec::with_capacity(columns * height as usize);
        let mut sums = vec![0u32; columns];
        for rows in picture.as_raw().chunks_exact(picture.width() as usize * cell) {
            sums.fill(0);
            for row in rows.chunks_exact(picture.width() as usize) {
                for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(cell)) {
                    *sum += pixels.iter().map(|level| u32::from(*level)).sum::<u32>();
                }
            }
            levels.extend(sums.iter().map(|sum| (sum / (side * side)) as u8));
        }
        let height = levels.len() / columns;
        Some(Self { width: columns, height, scale: side as f32, levels })
    }

    pub fn at(&self, x: usize, y: usize) -> f32 {
        f32::from(self.levels[y * self.width + x])
    }

    /// The levels as a picture.
    pub fn picture(&self) -> GrayImage {
        let (width, height) = (self.width as u32, self.height as u32);
        GrayImage::from_fn(width, height, |x, y| Luma([self.levels[(y * width + x) as usize]]))
    }

    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.levels.chunks_exact(self.width)
    }

    /// How bright the paper is: brighter than nine tenths of the picture.
    pub fn paper(&self) -> f32 {
        let mut sorted = self.levels.clone();
        let place = sorted.len() * 9 / 10;
        f32::from(*sorted.select_nth_unstable(place).1)
    }

    /// Share of the border's pixels that are darker than a level.
    pub fn border_below(&self, level: f32) -> f32 {
        let (right, bottom) = (self.width - 1, self.height - 1);
        let level_rows = (0..self.width).flat_map(|x| [self.at(x, 0), self.at(x, bottom)]);
        let upright = (0..self.height).flat_map(|y| [self.at(0, y), self.at(right, y)]);
        let dark = level_rows.chain(upright).filter(|pixel| *pixel < level).count();
        dark as f32 / (2 * (self.width + self.height)) as f32
    }

    /// Thin dark things taken out; what is broader keeps its edges.
    pub fn closed(&self) -> Self {
        self.spread(u8::max).spread(u8::min)
    }

    /// Every pixel becomes the greatest, or least, of its neighbourhood.
    fn spread(&self, choose: fn(u8, u8) -> u8) -> Self {
        let (width, height) = (self.width, self.height);
        let over = |levels: &[u8], x: usize, y: usize, down: bool| {
            let (at, end) = if down { (y, height) } else { (x, width) };
            let window = at.saturating_sub(CLOSING)..(at + CLOSING + 1).min(end);
            let pixel = |near: usize| {
                if down { levels[near * width + x] } else { levels[y * width + near] }
            };
            window.map(pixel).reduce(choose).unwrap_or_default()
        };
        let pass = |levels: &[u8], down: bool| -> Vec<u8> {
            let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            places.map(|(x, y)| over(levels, x, y, down)).collect()
        };
        let levels = pass(&pass(&self.levels, false), true);
        Self { levels, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_means_and_what_is_left_over_is_cut() {
        let picture = GrayImage::from_fn(965, 500, |x, _| Luma([if x % 3 == 0 { 90 } else { 0 }]));
        let shrunk = Shrunk::of(&picture).unwrap();
        assert_eq!((shrunk.width, shrunk.height, shrunk.scale), (321, 166, 3.0));
        assert!(shrunk.rows().all(|row| row.iter().all(|level| *level == 30)));
        assert!(Shrunk::of(&GrayImage::new(1000, 20)).is_none());
        assert!(Shrunk::of(&GrayImage::new(0, 0)).is_none());
    }

    #[test]
    fn closing_takes_print_out_and_keeps_edges() {
        let sheet = |x: u32, y: u32| (50..150).contains(&x) && (50..150).contains(&y);
        let bare = GrayImage::from_fn(200, 200, |x, y| Luma([if sheet(x, y) { 220 } else { 60 }]));
        let mut printed = bare.clone();
        for (x, y, pixel) in printed.enumerate_pixels_mut() {
            if sheet(x, y) && y % 12 < 5 {
                *pixel = Luma([100]);
            }
        }
        let closed = Shrunk::of(&printed).unwrap().closed();
        let inner = |rows: &Shrunk| -> Vec<u8> {
            rows.rows().skip(60).take(80).flatten().copied().collect()
        };
        assert_eq!(inner(&closed), inner(&Shrunk::of(&bare).unwrap()));
    }
}
