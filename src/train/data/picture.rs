//! Where a sample's picture is, and getting it from there.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::input::{InputOptions, PageRange, Source, open};
use image::RgbImage;
use std::path::PathBuf;

/// Where a sample's picture is.
#[derive(Debug, Clone)]
pub enum Picture {
    /// An image file.
    File(PathBuf),
    /// A page (counted from 1) of a PDF.
    PdfPage(PathBuf, u32),
    /// Already in memory.
    Image(RgbImage),
}

/// Resolution for PDF pages that only a model will look at, shrunk to 224×224.
const GLANCE_DPI: u32 = 72;

impl Picture {
    /// The picture itself: upright, RGB; a PDF's page at a resolution good enough to be shrunk.
    ///
    /// # Errors
    /// As [`crate::input::open`], with the file's name.
    pub fn load(&self) -> Result<RgbImage> {
        let (path, page) = match self {
            Picture::Image(image) => return Ok(image.clone()),
            Picture::File(path) => (path, 1),
            Picture::PdfPage(path, page) => (path, *page),
        };
        let options = InputOptions {
            dpi: GLANCE_DPI,
            pages: PageRange::single(page),
            ..InputOptions::default()
        };
        let mut pages = open(&Source::Path(path.clone()), &options)?;
        let page = pages.next().unwrap_or_else(|| {
            Err(Error::new(Stage::Input, ErrorCode::NoSuchPage, format!("it has no page {page}"))
                .at(path.display().to_string())
                .hint("check the page number in the data set"))
        })?;
        Ok(page.image)
    }
}
