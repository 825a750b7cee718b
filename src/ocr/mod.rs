//! Page → words with pixel boxes, confidence, line and block.

use crate::document::Word;
use crate::error::Result;
use crate::input::PageImage;

/// What was read from one page.
#[derive(Debug, Clone, Default)]
pub struct Recognition {
    /// In reading order; boxes in pixels of the page as it came.
    pub words: Vec<Word>,
    /// Clockwise turn in degrees (0, 90, 180, 270) that makes the page upright.
    pub rotation: u16,
}

/// Reads words from pages. Implemented by Tesseract; tests put fakes in its place.
pub trait Recognizer: Send + Sync {
    /// # Errors
    /// Stage `ocr`, with the page's number.
    fn recognize(&self, page: &PageImage) -> Result<Recognition>;
    /// Name and version, as the output reports it: `tesseract 5.3.0`.
    fn engine(&self) -> String;
    /// Languages in use, as the output reports them: `eng+deu`.
    fn language(&self) -> String;
}
