//! The path of one page through OCR: prepare, read, put the words back onto the page as it came.

use super::engine::{Engine, ReadRequest};
use super::options::{SegmentationMode, TesseractOptions};
use super::{Recognition, Recognizer};
use crate::document::Word;
use crate::error::Result;
use crate::input::PageImage;
use std::sync::Arc;

/// Declared where neither the user nor the file says better.
const DEFAULT_DPI: u32 = 300;

/// Reads pages with an engine.
pub struct PageReader<E> {
    engine: E,
    options: TesseractOptions,
}

impl<E: Engine> PageReader<E> {
    pub fn with_engine(engine: E, options: TesseractOptions) -> Self {
        Self { engine, options }
    }

    fn words(&self, page: &PageImage) -> Result<Vec<Word>> {
        let image = Arc::new(image::imageops::grayscale(&page.image));
        let psm = match self.options.psm {
            SegmentationMode::Auto => 3,
            SegmentationMode::Fixed(mode) => mode,
        };
        let dpi = self.options.dpi.or(page.dpi).unwrap_or(DEFAULT_DPI);
        self.engine.read_all(vec![ReadRequest { image, psm, dpi }]).remove(0)
    }
}

impl<E: Engine> Recognizer for PageReader<E> {
    fn recognize(&self, page: &PageImage) -> Result<Recognition> {
        let words = self.words(page).map_err(|error| error.on_page(page.number))?;
        Ok(Recognition { words, rotation: 0 })
    }

    fn engine(&self) -> String {
        self.engine.name()
    }

    fn language(&self) -> String {
        self.engine.language()
    }
}
