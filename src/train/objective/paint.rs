//! Blanking a region of the picture that the model is going to see.

use crate::geometry::{NORM_SIDE, NormBox};
use image::{Rgb, RgbImage};

/// Fills every pixel that the box touches. Done on the shrunken picture, right before the backbone:
/// nothing behind it can shine through.
pub fn paint(picture: &mut RgbImage, bbox: NormBox, color: Rgb<u8>) {
    let [left, top, right, bottom] = bbox.to_array().map(|side| side as u64);
    let (width, height) = picture.dimensions();
    let full = u64::from(NORM_SIDE);
    let first = |side: u64, length: u32| (side * u64::from(length) / full) as u32;
    let end = |side: u64, length: u32| ((side * u64::from(length)).div_ceil(full)) as u32;
    for y in first(top, height)..end(bottom, height) {
        for x in first(left, width)..end(right, width) {
            picture.put_pixel(x, y, color);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A small picture: the arithmetic is the same.
    const SIDE: i64 = 37;

    proptest! {
        #[test]
        fn every_touched_pixel_is_filled_and_no_other(
            a in 0i64..=1000, b in 0i64..=1000, c in 0i64..=1000, d in 0i64..=1000,
        ) {
            let bbox = NormBox::new(a, b, c, d);
            let [left, top, right, bottom] = bbox.to_array();
            let mut picture = RgbImage::from_pixel(SIDE as u32, SIDE as u32, Rgb([9; 3]));
            paint(&mut picture, bbox, Rgb([0; 3]));
            for (x, y, pixel) in picture.enumerate_pixels() {
                let (x, y) = (i64::from(x), i64::from(y));
                // Pixel x spans [x, x+1)·1000/SIDE.
                let touches = x * 1000 < right * SIDE && (x + 1) * 1000 > left * SIDE
                    && y * 1000 < bottom * SIDE && (y + 1) * 1000 > top * SIDE
                    && left < right && top < bottom;
                if touches {
                    prop_assert_eq!(pixel.0, [0; 3]);
                }
                let near = x * 1000 <= right * SIDE && (x + 1) * 1000 >= left * SIDE
                    && y * 1000 <= bottom * SIDE && (y + 1) * 1000 >= top * SIDE;
                if !near {
                    prop_assert_eq!(pixel.0, [9; 3]);
                }
            }
        }
    }
}
