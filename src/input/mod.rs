//! Bytes → pages: pictures in RGB with their resolution, and a PDF page's text layer where it has one.

use crate::document::Word;
use crate::geometry::PageSize;
use image::RgbImage;

/// One page ready to be read.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// Counted from 1 within its document.
    pub number: u32,
    /// 8-bit RGB, upright as a viewer would show it (EXIF orientation applied).
    pub image: RgbImage,
    /// Resolution the file declares, in dots per inch.
    pub dpi: Option<u32>,
    /// Words of the PDF's text layer, in pixels of `image`.
    pub text_layer: Option<Vec<Word>>,
}

impl PageImage {
    pub fn size(&self) -> PageSize {
        PageSize::new(self.image.width(), self.image.height())
    }
}
