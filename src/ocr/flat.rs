//! A sheet photographed at an angle, laid flat: its picture as seen from straight above, and the way
//! back for boxes.

use super::frame::whole_level;
use super::sheet::Corners;
use crate::geometry::{PageSize, PixelBox};
use crate::homography::Homography;
use image::GrayImage;

/// The map between a flat sheet and the photograph that it lies in.
#[derive(Debug, Clone, Copy)]
pub struct Flat {
    page: PageSize,
    /// Of the flat picture, whose pixels are as fine as the photograph's finest part of the sheet.
    size: PageSize,
    to_page: Homography,
}

impl Flat {
    /// `None` where the corners span nothing.
    pub fn new(page: PageSize, corners: Corners) -> Option<Self> {
        let side = |from: usize, to: usize| {
            let (a, b) = (corners[from], corners[to]);
            (b.0 - a.0).hypot(b.1 - a.1)
        };
        let width = side(0, 1).max(side(3, 2)).round();
        let height = side(0, 3).max(side(1, 2)).round();
        let most = 2.0 * (page.width as f32 + page.height as f32);
        let finite = corners.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        if !finite || !(1.0..most).contains(&width) || !(1.0..most).contains(&height) {
            return None;
        }
        let to_page = Homography::to_quad(width, height, corners)?;
        Some(Self { page, size: PageSize::new(width as u32, height as u32), to_page })
    }

    /// The flat picture, looked up bilinearly; what lies outside of the photograph is its border's.
    pub fn apply(&self, page: &GrayImage) -> GrayImage {
        let mut flat = GrayImage::new(self.size.width, self.size.height);
        let columns = page.width() as usize;
        let source = page.as_raw();
        let (last_x, last_y) = (f64::from(page.width()) - 1.0, f64::from(page.height()) - 1.0);
        if source.is_empty() {
            return flat;
        }
        for (row, y) in flat.chunks_exact_mut(self.size.width as usize).zip(0u32..) {
            let (start, step) = self.to_page.row(f64::from(y) + 0.5);
            for (pixel, x) in row.iter_mut().zip(0u32..) {
                let at = |of: usize| start[of] + step[of] * (f64::from(x) + 0.5);
                let depth = at(2);
                // Pixels' levels are those at their middles.
                let x = (at(0) / depth - 0.5).clamp(0.0, last_x);
                let y = (at(1) / depth - 0.5).clamp(0.0, last_y);
                let (left, top) = (x as usize, y as usize);
                let (fx, fy) = ((x - left as f64) as f32, (y - top as f64) as f32);
                let right = usize::from(left + 1 < columns);
                let below = if (top + 1) * columns < source.len() { columns } else { 0 };
                let corner = top * columns + left;
                let level = |offset: usize| f32::from(source[corner + offset]);
                let upper = level(0) * (1.0 - fx) + level(right) * fx;
                let lower = level(below) * (1.0 - fx) + level(below + right) * fx;
                *pixel = whole_level((upper * (1.0 - fy) + lower * fy).into());
            }
        }
        flat
    }

    /// A box of the flat picture as the smallest upright box around it in the photograph.
    pub fn to_page(self, bbox: PixelBox) -> PixelBox {
        let bounds = <[u32; 4]>::from(bbox.clamp_to(self.size)).map(|side| side as f32);
        let [left, top, right, bottom] = self.to_page.carry(bounds);
        let whole = |side: f32| side.round() as i64;
        PixelBox::new(whole(left), whole(top), whole(right), whole(bottom)).clamp_to(self.page)
    }

    /// Of the flat picture.
    #[cfg(test)]
    pub fn size(&self) -> PageSize {
        self.size
    }

    /// From the photograph's pixels to the flat picture's.
    #[cfg(test)]
    pub fn inverse(&self) -> Option<Homography> {
        self.to_page.inverse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;
    use proptest::prelude::*;

    const PAGE: PageSize = PageSize::new(400, 300);
    const CORNERS: Corners = [(60.0, 40.0), (330.0, 20.0), (380.0, 280.0), (20.0, 260.0)];

    #[test]
    fn a_dark_spot_comes_back_to_where_it_was_photographed() {
        let flat = Flat::new(PAGE, CORNERS).unwrap();
        let spot = PixelBox::new(200, 100, 220, 110);
        let inside = |x: u32, y: u32| {
            (spot.left()..spot.right()).contains(&x) && (spot.top()..spot.bottom()).contains(&y)
        };
        let page = GrayImage::from_fn(400, 300, |x, y| Luma([if inside(x, y) { 0 } else { 255 }]));
        let dark = flat.apply(&page);
        let dark = dark.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] < 128);
        let cells = dark
            .map(|(x, y, _)| PixelBox::new(x.into(), y.into(), i64::from(x) + 1, i64::from(y) + 1));
        let back = flat.to_page(PixelBox::union_of(cells).unwrap());
        assert!(back.iou(spot) > 0.6, "{back:?}");
        assert!((back.center_x() - spot.center_x()).abs() < 1.5, "{back:?}");
        assert!((back.center_y() - spot.center_y()).abs() < 1.5, "{back:?}");
    }

    #[test]
    fn an_upright_sheet_is_cut_out_unchanged() {
        let page = GrayImage::from_fn(90, 70, |x, y| Luma([(x * 3 + y) as u8]));
        let corners = [(10.0, 5.0), (70.0, 5.0), (70.0, 65.0), (10.0, 65.0)];
        let flat = Flat::new(PageSize::new(90, 70), corners).unwrap();
        let cut = image::imageops::crop_imm(&page, 10, 5, 60, 60).to_image();
        assert_eq!(flat.apply(&page), cut);
        assert_eq!(flat.to_page(PixelBox::new(1, 2, 30, 40)), PixelBox::new(11, 7, 40, 45));
    }

    #[test]
    fn corners_without_a_sheet_between_them_are_refused() {
        for corners in [[(5.0, 5.0); 4], [(0.0, 0.0), (9.0, 0.0), (f32::NAN, 9.0), (0.0, 9.0)]] {
            assert!(Flat::new(PAGE, corners).is_none(), "{corners:?}");
        }
    }

    proptest! {
        #[test]
        fn boxes_stay_on_the_page_and_around_their_places(
            jitter in proptest::array::uniform8(-30.0f32..30.0), corners in any::<[i16; 4]>(),
            (across, down) in (0.0f64..1.0, 0.0f64..1.0),
        ) {
            let moved = |at: usize| (CORNERS[at].0 + jitter[2 * at], CORNERS[at].1 + jitter[2 * at + 1]);
            let flat = Flat::new(PAGE, [0, 1, 2, 3].map(moved)).unwrap();
            let bbox = PixelBox::from(corners.map(i64::from)).clamp_to(flat.size);
            let back = flat.to_page(bbox);
            prop_assert_eq!(back.clamp_to(PAGE), back);
            // Every point of the box lies in the box around its image.
            let place = |from: u32, to: u32, share: f64| f64::from(from) + share * f64::from(to - from);
            let x = place(bbox.left(), bbox.right(), across);
            let y = place(bbox.top(), bbox.bottom(), down);
            let (x, y) = flat.to_page.apply(x, y);
            let within = |value: f64, from: u32, to: u32, most: u32| {
                let value = value.clamp(0.0, most.into());
                (f64::from(from) - 0.51..=f64::from(to) + 0.51).contains(&value)
            };
            prop_assert!(within(x, back.left(), back.right(), PAGE.width));
            prop_assert!(within(y, back.top(), back.bottom(), PAGE.height));
        }
    }
}
