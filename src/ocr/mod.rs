//! Page → words with pixel boxes, confidence, line and block.

mod again;
mod bands;
mod bend;
mod beside;
mod cents;
pub mod engine;
mod fit;
mod flat;
mod found;
mod frame;
mod ground;
pub mod ink;
pub mod language;
mod lead;
mod leaders;
mod level;
mod light;
#[cfg(feature = "ocr")]
mod openmp;
mod options;
mod orient;
mod outline;
mod plan;
#[cfg(feature = "ocr")]
pub mod pool;
mod read;
pub mod reread;
mod reversed;
mod rows;
pub mod segment;
mod sheet;
mod sheet_edge;
mod shrunk;
#[cfg(feature = "ocr")]
mod tesseract;
#[cfg(feature = "ocr")]
mod tsv;
mod turn;
mod untold;
mod upright;
pub mod words;

pub use bands::BandOptions;
pub use lead::LeadOptions;
pub use options::{EngineMode, SegmentationMode, TesseractOptions};
pub use orient::OrientOptions;
pub use plan::PlanOptions;
pub use read::{PageReader, ReadOptions, SecondReader};
pub use reread::Reread;
pub use sheet::SheetOptions;

use crate::document::{Word, WordSource};
use crate::error::{ErrorCode, Result};
use crate::geometry::PixelBox;
use crate::input::PageImage;
use image::GrayImage;
use std::ops::Deref;

/// What was read from one page.
#[derive(Debug, Clone, Default)]
pub struct Recognition {
    /// In reading order; boxes in pixels of the page as it came.
    pub words: Vec<Word>,
    /// Clockwise turn in degrees (0, 90, 180, 270) that makes the page upright.
    pub rotation: u16,
    /// The page as it was read, where that is not as it came.
    pub level: Option<LevelPage>,
}

/// A page laid flat, turned and made straight, so that its lines run level.
#[derive(Debug, Clone)]
pub struct LevelPage {
    pub picture: GrayImage,
    /// Of the words, in its pixels.
    pub boxes: Vec<PixelBox>,
}

/// Reads words from pages. Implemented by Tesseract; tests put fakes in its place.
pub trait Recognizer: Send + Sync {
    /// # Errors
    /// Stage `ocr`, with the page's number.
    fn recognize(&self, page: &PageImage) -> Result<Recognition>;
    /// The words of a page's text layer, and what stands beside them: logos, text that is a picture. Nothing else is
    /// looked for by readers that can't tell.
    ///
    /// # Errors
    /// Stage `ocr`, with the page's number.
    fn read_beside(&self, _page: &PageImage, known: Vec<Word>) -> Result<Vec<Word>> {
        Ok(known)
    }
    /// Name and version, as the output reports it: `tesseract 5.3.0`.
    fn engine(&self) -> String;
    /// Languages in use, as the output reports them: `eng+deu`.
    fn language(&self) -> String;
}

/// A page's words: those of its text layer and what is read beside them, or all that is read from its picture. The layer is
/// taken out of the page. `open` gives the recogniser for what has to be read; a program without OCR has the layer all the
/// same.
///
/// # Errors
/// Those of `open` and of reading.
pub fn words_of<R>(
    page: &mut PageImage,
    open: impl FnOnce() -> Result<R>,
) -> Result<(Recognition, WordSource)>
where
    R: Deref<Target: Recognizer>,
{
    let Some(layer) = page.text_layer.take() else {
        return Ok((open()?.recognize(page)?, WordSource::Ocr));
    };
    let words = if layer.is_all {
        layer.words
    } else {
        match open() {
            Ok(recognizer) => recognizer.read_beside(page, layer.words)?,
            Err(error) if error.code == ErrorCode::OcrUnavailable => layer.words,
            Err(error) => return Err(error),
        }
    };
    Ok((Recognition { words, ..Recognition::default() }, WordSource::TextLayer))
}

/// The recogniser that the options ask for. Any number of threads may use it at once.
///
/// # Errors
/// `ocr-language` where language data is missing, `ocr-unavailable` where the program was built
/// without OCR.
#[cfg(feature = "ocr")]
pub fn open(options: &TesseractOptions) -> Result<Box<dyn Recognizer>> {
    let engine = pool::TesseractPool::new(options)?;
    let reader = PageReader::new(engine, options.clone());
    Ok(match reread::Rereader::for_language(&options.language, options.reread)? {
        Some(second) => Box::new(reader.led_by(std::sync::Arc::new(second))),
        None => Box::new(reader),
    })
}

/// The recogniser that the options ask for; this build has none.
///
/// # Errors
/// Always `ocr-unavailable`.
#[cfg(not(feature = "ocr"))]
pub fn open(_options: &TesseractOptions) -> Result<Box<dyn Recognizer>> {
    use crate::error::Error;
    Err(Error::ocr(ErrorCode::OcrUnavailable, "this program was built without OCR")
        .hint("build it with the feature `ocr`, or bring words with `--words`"))
}
