//! A line of a page → the strip that the network reads: 32 pixels high, ink 1, paper 0.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PixelBox;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::GrayImage;

/// Height of a strip in pixels.
pub const STRIP_HEIGHT: u32 = 32;
/// Widest strip; what is longer is squeezed. About 300 letters.
pub const MAX_STRIP_WIDTH: u32 = 4096;
/// Added to a line's box above and below, and at both sides, in heights of the line: boxes differ in
/// how close they lie, and the network was trained with some room.
const ROOM: f32 = 0.12;
/// Shares of the strip's pixels below which ink and above which paper is sure to be found.
const INK_SHARE: f32 = 0.02;
const PAPER_SHARE: f32 = 0.75;
/// Brightness that ink and paper must differ by, in 0–255; below it the strip is taken as empty.
const LEAST_CONTRAST: f32 = 16.0;

/// Where on the picture a strip is cut, in pixels; may reach beyond the edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Region {
    /// The line's box with some room around it.
    pub fn around(line: PixelBox) -> Self {
        let (left, top) = (line.left() as f32, line.top() as f32);
        let (width, height) = (line.width().max(1) as f32, line.height().max(1) as f32);
        Self::with_room([left, top, left + width, top + height])
    }

    /// As [`Self::around`], for edges that lie between pixels: left, top, right, bottom.
    pub fn with_room([left, top, right, bottom]: [f32; 4]) -> Self {
        let room = ROOM * (bottom - top);
        Self {
            left: left - room,
            top: top - room,
            width: right - left + 2.0 * room,
            height: bottom - top + 2.0 * room,
        }
    }

    /// The part inside a picture; `None` where there is none.
    fn within(self, width: u32, height: u32) -> Option<Self> {
        let (left, top) = (self.left.max(0.0), self.top.max(0.0));
        let right = (self.left + self.width).min(width as f32);
        let bottom = (self.top + self.height).min(height as f32);
        (right - left >= 1.0 && bottom - top >= 1.0).then_some(Self {
            left,
            top,
            width: right - left,
            height: bottom - top,
        })
    }
}

/// One line, ready to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Pixels across.
    pub width: u32,
    /// Row-major, [`STRIP_HEIGHT`] × `width`; ink 1, paper 0.
    pub ink: Vec<f32>,
    /// What was cut.
    pub region: Region,
}

impl Strip {
    /// Cuts a region and scales it to the strip's height; `stretch` widens (1 keeps the proportions).
    ///
    /// # Errors
    /// `Internal`, only where the resizer fails. `Ok(None)` where the region lies outside the picture.
    pub fn cut(page: &GrayImage, region: Region, stretch: f32) -> Result<Option<Self>> {
        let Some(inside) = region.within(page.width(), page.height()) else { return Ok(None) };
        let scale = STRIP_HEIGHT as f32 / inside.height;
        let width = (inside.width * scale * stretch).round().clamp(4.0, MAX_STRIP_WIDTH as f32);
        let mut small = GrayImage::new(width as u32, STRIP_HEIGHT);
        // Rounded, the far edge may come to lie a hair outside, which the resizer refuses.
        let [left, top, across, down] =
            [inside.left, inside.top, inside.width, inside.height].map(f64::from);
        let room = (f64::from(page.width()) - left, f64::from(page.height()) - top);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
            .crop(left, top, across.min(room.0), down.min(room.1));
        Resizer::new().resize(page, &mut small, &options).map_err(|e| {
            Error::new(Stage::Ocr, ErrorCode::Internal, "a line can't be cut out").caused_by(e)
        })?;
        Ok(Some(Self { width: width as u32, ink: ink_of(&small), region: inside }))
    }

    /// Page pixel of a strip's column.
    pub fn page_x(&self, column: f32) -> f32 {
        self.region.left + column * self.region.width / self.width as f32
    }

    /// Page pixel of a strip's row.
    pub fn page_y(&self, row: f32) -> f32 {
        self.region.top + row * self.region.height / STRIP_HEIGHT as f32
    }

    /// Moves each column up by so many rows, parts of a row included; rows at the edges go on.
    pub fn move_columns(&mut self, up: impl Fn(f32) -> f32) {
        let (width, last) = (self.width as usize, (STRIP_HEIGHT - 1) as f32);
        let source = self.ink.clone();
        for x in 0..width {
            let shift = up(x as f32);
            for y in 0..STRIP_HEIGHT as usize {
                let at = y as f32 + shift;
                let part = at - at.floor();
                let row = |row: f32| source[row.clamp(0.0, last) as usize * width + x];
                self.ink[y * width + x] =
                    row(at.floor()) * (1.0 - part) + row(at.floor() + 1.0) * part;
            }
        }
    }
}

/// Brightness → ink, so that faint print and grey paper look like black on white; light print on a
/// dark ground is turned round.
pub fn ink_of(gray: &GrayImage) -> Vec<f32> {
    let mut counts = [0u32; 256];
    for value in gray.as_raw() {
        counts[usize::from(*value)] += 1;
    }
    let total = gray.as_raw().len() as f32;
    let level = |share: f32| {
        let wanted = share * total;
        let mut seen = 0.0;
        counts
            .iter()
            .position(|&count| {
                seen += count as f32;
                seen >= wanted
            })
            .unwrap_or(255) as f32
    };
    let (dark, median, light) = (level(INK_SHARE), level(0.5), level(1.0 - INK_SHARE));
    if light - dark < LEAST_CONTRAST {
        return vec![0.0; gray.as_raw().len()];
    }
    let reversed = median - dark < light - median;
    let (ink, paper) =
        if reversed { (light, level(1.0 - PAPER_SHARE)) } else { (dark, level(PAPER_SHARE)) };
    let range = if (paper - ink).abs() < 1.0 { 1.0 } else { paper - ink };
    gray.as_raw().iter().map(|&v| ((paper - f32::from(v)) / range).clamp(0.0, 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;
    use proptest::prelude::*;

    fn page_with_bar(paper: u8, ink: u8) -> GrayImage {
        let mut page = GrayImage::from_pixel(200, 100, Luma([paper]));
        for y in 40..60 {
            for x in 50..60 {
                page.put_pixel(x, y, Luma([ink]));
            }
        }
        page
    }

    #[test]
    fn ink_is_one_and_paper_zero_whatever_the_lighting() {
        for (paper, ink) in [(255, 0), (180, 90), (30, 220)] {
            let page = page_with_bar(paper, ink);
            let region = Region { left: 20.0, top: 34.0, width: 160.0, height: 32.0 };
            let strip = Strip::cut(&page, region, 1.0).unwrap().unwrap();
            assert_eq!(strip.width, 160);
            let at = |x: usize, y: usize| strip.ink[y * 160 + x];
            assert!(at(35, 16) > 0.95, "{paper} {ink}: {}", at(35, 16));
            assert!(at(100, 16) < 0.05, "{paper} {ink}: {}", at(100, 16));
        }
    }

    #[test]
    fn an_even_strip_is_empty_and_a_far_one_is_none() {
        let page = GrayImage::from_pixel(50, 50, Luma([130]));
        let inside = Region { left: 0.0, top: 0.0, width: 50.0, height: 20.0 };
        let strip = Strip::cut(&page, inside, 1.0).unwrap().unwrap();
        assert!(strip.ink.iter().all(|&v| v == 0.0));
        let outside = Region { left: 60.0, ..inside };
        assert_eq!(Strip::cut(&page, outside, 1.0).unwrap(), None);
    }

    proptest! {
        #[test]
        fn any_box_gives_a_strip_that_maps_back_into_the_page(
            left in 0i64..300, top in 0i64..200, width in 0i64..300, height in 0i64..200
        ) {
            let page = GrayImage::from_pixel(200, 100, Luma([200]));
            let line = PixelBox::new(left, top, left + width, top + height);
            if let Some(strip) = Strip::cut(&page, Region::around(line), 1.0).unwrap() {
                prop_assert_eq!(strip.ink.len(), (strip.width * STRIP_HEIGHT) as usize);
                prop_assert!(strip.page_x(strip.width as f32) <= 200.5);
                prop_assert!(strip.page_y(STRIP_HEIGHT as f32) <= 100.5);
            }
        }
    }
}
