//! A page's picture as it is kept for showing: compressed, because a document may have many pages.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PageSize;
use crate::input::PageImage;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ExtendedColorType, ImageFormat, ImageReader, RgbImage};
use std::io::Cursor;

/// Good enough to read small print; about a tenth of the pixels' bytes.
const QUALITY: u8 = 88;

/// A page's picture as JPEG.
#[derive(Debug, Clone)]
pub struct PagePicture {
    /// Counted from 1.
    pub page: u32,
    pub size: PageSize,
    jpeg: Vec<u8>,
}

impl PagePicture {
    /// # Errors
    /// `output-failed` for pictures that JPEG can't hold (sides over 65,535 pixels).
    pub fn new(page: &PageImage) -> Result<Self> {
        let jpeg = to_jpeg(&page.image).map_err(|error| error.on_page(page.number))?;
        Ok(Self { page: page.number, size: page.size(), jpeg })
    }

    /// The picture again, at its full size.
    ///
    /// # Errors
    /// `internal`: what was just encoded can be decoded.
    pub fn decode(&self) -> Result<RgbImage> {
        ImageReader::with_format(Cursor::new(&self.jpeg), ImageFormat::Jpeg)
            .decode()
            .map(|image| image.into_rgb8())
            .map_err(|error| failed(ErrorCode::Internal, error).on_page(self.page))
    }

    /// As JPEG, no wider or higher than `side`.
    ///
    /// # Errors
    /// As [`PagePicture::decode`].
    pub fn jpeg_within(&self, side: u32) -> Result<Vec<u8>> {
        let longest = self.size.width.max(self.size.height);
        if longest <= side {
            return Ok(self.jpeg.clone());
        }
        let scaled =
            |length: u32| (u64::from(length) * u64::from(side) / u64::from(longest)).max(1);
        let (width, height) = (scaled(self.size.width) as u32, scaled(self.size.height) as u32);
        to_jpeg(&image::imageops::resize(&self.decode()?, width, height, FilterType::Triangle))
    }
}

pub(super) fn to_jpeg(image: &RgbImage) -> Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(image, image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|error| failed(ErrorCode::OutputFailed, error))?;
    Ok(jpeg)
}

fn failed(code: ErrorCode, error: image::ImageError) -> Error {
    Error::new(Stage::Output, code, format!("the page's picture can't be kept: {error}"))
        .hint("do without `--overlay` and `--html` for this document")
        .caused_by(error)
}
