//! What can be chosen about reading a page, and the one place of each default.

use super::reread::Reread;
use crate::error::{Error, ErrorCode, Result};
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// How the engine is to cut a page into blocks and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SegmentationMode {
    /// Chosen for each page by its shape and its text; see `ocr::plan`.
    #[default]
    Auto,
    /// One of Tesseract's modes, 1–13 (0 and 2 recognise nothing).
    Fixed(u8),
}

impl FromStr for SegmentationMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        match text.parse::<u8>() {
            Ok(mode @ (1 | 3..=13)) => Ok(Self::Fixed(mode)),
            _ => Err(Error::ocr(
                ErrorCode::Usage,
                format!("`{text}` is no page segmentation mode that recognises text"),
            )
            .hint("pass `auto`, 1, or 3 to 13 as `tesseract --help-psm` lists them")),
        }
    }
}

impl fmt::Display for SegmentationMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Fixed(mode) => write!(f, "{mode}"),
        }
    }
}

/// Which of Tesseract's recognisers reads the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineMode {
    Legacy,
    Lstm,
    Both,
    /// What the language data offers.
    #[default]
    Available,
}

impl EngineMode {
    /// Tesseract's own number, as `--oem` takes it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Legacy => 0,
            Self::Lstm => 1,
            Self::Both => 2,
            Self::Available => 3,
        }
    }
}

impl FromStr for EngineMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "0" => Ok(Self::Legacy),
            "1" => Ok(Self::Lstm),
            "2" => Ok(Self::Both),
            "3" => Ok(Self::Available),
            _ => Err(Error::ocr(ErrorCode::Usage, format!("`{text}` is no OCR engine mode"))
                .hint("pass 0, 1, 2 or 3 as `tesseract --help-oem` lists them")),
        }
    }
}

impl fmt::Display for EngineMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// Choices of the Tesseract recogniser.
#[derive(Debug, Clone, PartialEq)]
pub struct TesseractOptions {
    /// Languages joined by `+`, as Tesseract names them: `eng+deu`.
    pub language: String,
    /// Directory of the `*.traineddata` files; `None` searches the usual places.
    pub tessdata_dir: Option<PathBuf>,
    pub psm: SegmentationMode,
    pub oem: EngineMode,
    /// Resolution of the page where the user knows better than the file and the measurement.
    pub dpi: Option<u32>,
    /// Which lines our own reader reads beside the engine.
    pub reread: Reread,
    /// Engines kept warm, each on its own thread. `None`: one a core.
    pub engines: Option<NonZeroUsize>,
}

impl Default for TesseractOptions {
    fn default() -> Self {
        Self {
            language: "eng".to_owned(),
            tessdata_dir: None,
            psm: SegmentationMode::default(),
            oem: EngineMode::default(),
            dpi: None,
            reread: Reread::default(),
            engines: None,
        }
    }
}

impl TesseractOptions {
    /// The number of engines in force.
    pub fn engine_count(&self) -> usize {
        self.engines
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segmentation_modes_round_trip_and_silent_ones_are_refused() {
        for text in ["auto", "1", "3", "6", "13"] {
            assert_eq!(text.parse::<SegmentationMode>().unwrap().to_string(), text);
        }
        for text in ["0", "2", "14", "-1", "", "six"] {
            let error = text.parse::<SegmentationMode>().unwrap_err();
            assert_eq!(error.code, ErrorCode::Usage, "{text}");
            assert!(error.hint.is_some());
        }
    }

    #[test]
    fn engine_modes_round_trip() {
        for text in ["0", "1", "2", "3"] {
            assert_eq!(text.parse::<EngineMode>().unwrap().to_string(), text);
        }
        assert!("4".parse::<EngineMode>().is_err());
    }
}
