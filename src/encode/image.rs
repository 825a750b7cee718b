//! Page picture → the 224×224 BGR the visual backbone reads.
//!
//! Bilinear with antialiasing, aspect ratio ignored, values left at 0–255, as the reference's image
//! processor does (its two resizers differ from each other by up to 1 of 255).

use crate::error::{Error, ErrorCode, Result, Stage};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// Side of the picture that the model reads, in pixels.
pub const PICTURE_SIDE: u32 = 224;

/// Shrinks (or enlarges) to 224×224, RGB.
///
/// # Errors
/// `Internal`; only for a picture without pixels.
pub fn shrink(picture: &RgbImage) -> Result<RgbImage> {
    if picture.dimensions() == (PICTURE_SIDE, PICTURE_SIDE) {
        return Ok(picture.clone());
    }
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    // Rows, then columns, each rounded to 8 bits: the reference's order.
    let mut narrow = RgbImage::new(PICTURE_SIDE, picture.height());
    let mut small = RgbImage::new(PICTURE_SIDE, PICTURE_SIDE);
    let mut resizer = Resizer::new();
    resizer
        .resize(picture, &mut narrow, &options)
        .and_then(|()| resizer.resize(&narrow, &mut small, &options))
        .map_err(|e| {
            Error::new(Stage::Encode, ErrorCode::Internal, "the page can't be shrunk").caused_by(e)
        })?;
    Ok(small)
}

/// As [`shrink`]; a picture without pixels is a white page.
pub fn shrink_or_white(picture: &RgbImage) -> RgbImage {
    shrink(picture).unwrap_or_else(|_| white_page())
}

/// `[3, 224, 224]`, row-major: blue, green, red planes of a shrunken picture.
pub fn bgr_planes(small: &RgbImage) -> Vec<u8> {
    let mut planes = Vec::with_capacity(small.as_raw().len());
    for channel in [2, 1, 0] {
        planes.extend(small.pixels().map(|pixel| pixel.0[channel]));
    }
    planes
}

/// A white page, for documents without a picture.
pub fn white_page() -> RgbImage {
    RgbImage::from_pixel(PICTURE_SIDE, PICTURE_SIDE, image::Rgb([255; 3]))
}
