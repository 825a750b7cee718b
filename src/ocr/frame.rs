//! Pictures of a page and the way back from them: quarter turns and skew taken out, regions cut and
//! scaled for the engine.
//!
//! Three frames. *Page*: the picture as it came, whose pixels all results are in. *Upright*: turned so
//! that lines run level, at the page's own scale. *Cut*: a region of the upright picture at another
//! scale, which an engine reads.

use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::GrayImage;
use image::imageops;
use std::sync::Arc;

/// How a page was turned to make it upright: first by quarters, then by a few degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    page: PageSize,
    /// Clockwise quarter turns, 0–3.
    quarters: u8,
    /// Clockwise degrees, after the quarters.
    degrees: f32,
}

impl Turn {
    pub fn none(page: PageSize) -> Self {
        Self { page, quarters: 0, degrees: 0.0 }
    }

    pub fn new(page: PageSize, quarters: u8, degrees: f32) -> Self {
        Self { page, quarters: quarters % 4, degrees }
    }

    /// The same page turned on by more quarters; the lean is to be found anew.
    pub fn turned_on(self, quarters: u8) -> Self {
        Self::new(self.page, self.quarters + quarters, 0.0)
    }

    /// The same quarters with another lean.
    pub fn leaning(self, degrees: f32) -> Self {
        Self { degrees, ..self }
    }

    /// Clockwise turn in degrees, skew left out: 0, 90, 180 or 270.
    pub fn rotation(self) -> u16 {
        u16::from(self.quarters) * 90
    }

    /// Whether nothing was turned.
    pub fn is_none(self) -> bool {
        self.quarters == 0 && self.degrees == 0.0
    }

    /// Size of the page after the quarter turns.
    fn turned(self) -> PageSize {
        if self.quarters.is_multiple_of(2) {
            self.page
        } else {
            PageSize::new(self.page.height, self.page.width)
        }
    }

    /// Turns the page's picture.
    pub fn apply(self, page: &GrayImage) -> GrayImage {
        let turned = match self.quarters {
            0 => page.clone(),
            1 => imageops::rotate90(page),
            2 => imageops::rotate180(page),
            _ => imageops::rotate270(page),
        };
        if self.degrees == 0.0 { turned } else { rotate(&turned, self.degrees) }
    }

    /// A box of the upright picture as the smallest box around it on the page.
    pub fn to_page(self, bbox: PixelBox) -> PixelBox {
        let turned = self.turned();
        let level = if self.degrees == 0.0 { bbox } else { self.unskew(bbox, turned) };
        let level = level.clamp_to(turned);
        let (width, height) = (i64::from(self.page.width), i64::from(self.page.height));
        let [left, top, right, bottom] = <[u32; 4]>::from(level).map(i64::from);
        let back = match self.quarters {
            0 => PixelBox::new(left, top, right, bottom),
            1 => PixelBox::new(top, height - right, bottom, height - left),
            2 => PixelBox::new(width - right, height - bottom, width - left, height - top),
            _ => PixelBox::new(width - bottom, left, width - top, right),
        };
        back.clamp_to(self.page)
    }

    /// The box around a level box of text before the skew was taken out. Its centre goes back exactly;
    /// of its sides only as much is added as a line that long leans, because the corners of a letter
    /// box are empty.
    fn unskew(self, bbox: PixelBox, turned: PageSize) -> PixelBox {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (cx, cy) = (turned.width as f32 / 2.0, turned.height as f32 / 2.0);
        let (dx, dy) = (bbox.center_x() - cx, bbox.center_y() - cy);
        let (x, y) = (cx + dx * cos + dy * sin, cy - dx * sin + dy * cos);
        let half_width = bbox.width() as f32 / 2.0;
        let half_height = bbox.height() as f32 / 2.0 + half_width * sin.abs();
        PixelBox::new(
            (x - half_width).round() as i64,
            (y - half_height).round() as i64,
            (x + half_width).round() as i64,
            (y + half_height).round() as i64,
        )
    }
}

/// A level between two of a picture, rounded: `round` asks a library for every pixel.
pub fn whole_level(level: f64) -> u8 {
    (level + 0.5) as u8
}

/// Turns a picture clockwise about its centre by a few degrees; what comes in at the edges is white.
fn rotate(image: &GrayImage, degrees: f32) -> GrayImage {
    const PAPER: f32 = 255.0;
    let (width, height) = image.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
    let source = image.as_raw();
    let (columns, rows) = (i64::from(width), i64::from(height));
    let level = |x: i64, y: i64| -> f32 {
        if x < 0 || y < 0 || x >= columns || y >= rows {
            return PAPER;
        }
        f32::from(source[(y * columns + x) as usize])
    };
    // The pixel before a place, and how far the place is from it.
    let before = |at: f32| {
        let whole = at as i64;
        let first = if whole as f32 > at { whole - 1 } else { whole };
        (first, at - first as f32)
    };
    let mut turned = GrayImage::new(width, height);
    for (row, y) in turned.chunks_exact_mut(width.max(1) as usize).zip(0u32..) {
        let dy = y as f32 + 0.5 - cy;
        for (pixel, x) in row.iter_mut().zip(0u32..) {
            let dx = x as f32 + 0.5 - cx;
            // Where this pixel came from: the turn undone.
            let (left, fx) = before(cx + dx * cos + dy * sin - 0.5);
            let (top, fy) = before(cy - dx * sin + dy * cos - 0.5);
            let upper = level(left, top) * (1.0 - fx) + level(left + 1, top) * fx;
            let lower = level(left, top + 1) * (1.0 - fx) + level(left + 1, top + 1) * fx;
            *pixel = whole_level((upper * (1.0 - fy) + lower * fy).into());
        }
    }
    turned
}

/// A region of a picture at the scale an engine likes.
#[derive(Debug, Clone)]
pub struct Cut {
    pub image: Arc<GrayImage>,
    left: u32,
    top: u32,
    /// Pixels of the cut per pixel of the picture.
    across: f32,
    down: f32,
}

impl Cut {
    /// Cuts a region out and scales it. `None` where nothing is left of it.
    pub fn new(picture: &GrayImage, region: PixelBox, scale: f32) -> Option<Self> {
        let region = region.clamp_to(PageSize::new(picture.width(), picture.height()));
        if region.area() == 0 {
            return None;
        }
        let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
        let (width, height) = (side(region.width()), side(region.height()));
        let image = resize(picture, region, width, height)?;
        Some(Self {
            image: Arc::new(image),
            left: region.left(),
            top: region.top(),
            across: width as f32 / region.width() as f32,
            down: height as f32 / region.height() as f32,
        })
    }

    /// A box of the cut, in pixels of the picture.
    pub fn to_picture(&self, bbox: PixelBox) -> PixelBox {
        let across = |x: u32| i64::from(self.left) + (x as f32 / self.across).round() as i64;
        let down = |y: u32| i64::from(self.top) + (y as f32 / self.down).round() as i64;
        PixelBox::new(
            across(bbox.left()),
            down(bbox.top()),
            across(bbox.right()),
            down(bbox.bottom()),
        )
    }

    /// Words of the cut, in pixels of the picture.
    pub fn words_to_picture(&self, words: Vec<Word>) -> Vec<Word> {
        let put = |word: Word| Word { bbox: self.to_picture(word.bbox), ..word };
        words.into_iter().map(put).collect()
    }
}

/// Cubic when enlarging and when shrinking (then over the area that becomes one pixel).
fn resize(picture: &GrayImage, region: PixelBox, width: u32, height: u32) -> Option<GrayImage> {
    if (width, height) == (region.width(), region.height()) {
        let (left, top) = (region.left(), region.top());
        return Some(imageops::crop_imm(picture, left, top, width, height).to_image());
    }
    let source =
        ImageRef::new(picture.width(), picture.height(), picture.as_raw(), PixelType::U8).ok()?;
    let mut target = Image::new(width, height, PixelType::U8);
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(
            region.left().into(),
            region.top().into(),
            region.width().into(),
            region.height().into(),
        );
    Resizer::new().resize(&source, &mut target, &options).ok()?;
    GrayImage::from_raw(width, height, target.into_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;
    use proptest::prelude::*;

    /// The box of the dark pixels.
    fn dark(image: &GrayImage) -> PixelBox {
        let spots = image.enumerate_pixels().filter(|(_, _, p)| p.0[0] < 128);
        let boxes = spots.map(|(x, y, _)| {
            let (x, y) = (i64::from(x), i64::from(y));
            PixelBox::new(x, y, x + 1, y + 1)
        });
        PixelBox::union_of(boxes).unwrap()
    }

    fn page_with(bbox: PixelBox, width: u32, height: u32) -> GrayImage {
        let mut page = GrayImage::from_pixel(width, height, Luma([255]));
        for y in bbox.top()..bbox.bottom() {
            for x in bbox.left()..bbox.right() {
                page.put_pixel(x, y, Luma([0]));
            }
        }
        page
    }

    #[test]
    fn boxes_come_back_from_every_quarter_turn() {
        let mark = PixelBox::new(30, 10, 50, 15);
        let page = page_with(mark, 100, 60);
        for quarters in 0..4 {
            let turn = Turn::new(PageSize::new(100, 60), quarters, 0.0);
            assert_eq!(turn.to_page(dark(&turn.apply(&page))), mark, "{quarters}");
            assert_eq!(turn.rotation(), u16::from(quarters) * 90);
        }
    }

    #[test]
    fn boxes_come_back_from_skew() {
        let mark = PixelBox::new(250, 40, 270, 48);
        let page = page_with(mark, 300, 200);
        for (quarters, degrees) in [(0, 3.0), (1, -2.5), (2, 4.0), (3, 1.0)] {
            let turn = Turn::new(PageSize::new(300, 200), quarters, degrees);
            let back = turn.to_page(dark(&turn.apply(&page)));
            assert!((back.center_x() - mark.center_x()).abs() <= 1.5, "{back:?}");
            assert!((back.center_y() - mark.center_y()).abs() <= 1.5, "{back:?}");
        }
    }

    proptest! {
        #[test]
        fn boxes_stay_on_the_page(
            size in (1u32..500, 1u32..500), corners in any::<[i16; 4]>(),
            quarters in 0u8..4, degrees in -10f32..10.0,
        ) {
            let page = PageSize::new(size.0, size.1);
            let turn = Turn::new(page, quarters, degrees);
            let bbox = turn.to_page(corners.map(i64::from).into());
            prop_assert_eq!(bbox.clamp_to(page), bbox);
        }

        #[test]
        fn cuts_give_boxes_back(
            left in 0i64..80, top in 0i64..50, width in 1i64..40, height in 1i64..30,
            scale in 0.5f32..4.0,
        ) {
            let picture = GrayImage::new(120, 80);
            let region = PixelBox::new(left, top, left + width, top + height);
            if let Some(cut) = Cut::new(&picture, region, scale) {
                let (w, h) = cut.image.dimensions();
                prop_assert_eq!(cut.to_picture(PageSize::new(w, h).bounds()), region);
            }
        }
    }

    #[test]
    fn cuts_outside_the_picture_are_none() {
        let picture = GrayImage::new(20, 20);
        assert!(Cut::new(&picture, PixelBox::new(30, 0, 40, 10), 2.0).is_none());
        assert!(Cut::new(&picture, PixelBox::new(5, 5, 5, 9), 2.0).is_none());
    }
}
