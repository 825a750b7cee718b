//! Labelled pages in one form, whatever data set they come from.
//!
//! Each data set has a file that reads it; [`read_dataset`] chooses among them. `docs/data.md`
//! describes the formats as they lie on disk.

pub mod align;
pub mod apportion;
mod json_file;
pub mod report;
pub mod rows;
pub mod sroie;

use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One page with the labels of its words.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Unique within its data set: `X00016469612`, `0a1b#2` for page 2 of a document.
    pub id: String,
    /// Name of the data set: `sroie`, `cord`, `fcc`, `funsd`, `xfund`, `synth`, `jsonl`.
    pub dataset: String,
    pub size: PageSize,
    /// In reading order.
    pub words: Vec<Word>,
    /// BIO tag name of every word: `O`, `B-TOTAL`, `I-TOTAL`. Empty for unlabelled pages.
    pub tags: Vec<String>,
    /// Entity labels (lower case) that this data set annotates. `O` on a word means only that it is
    /// none of *these*: training gives no loss for the others.
    pub annotated: Vec<String>,
    /// Question → answer links between entities, each entity named by the index of its first word.
    pub links: Vec<(usize, usize)>,
    /// Key values as strings, where the data set gives them (`total` → `23.60`), for field scores.
    pub truth: BTreeMap<String, String>,
    /// The page's picture; `None` where the data set has none (the model then sees a white page).
    pub picture: Option<Picture>,
    /// Box of the annotated line or entity each word belongs to; empty where the set has none.
    pub segments: Vec<PixelBox>,
    /// Words whose label is open to doubt (the same total on a second line): training gives no loss
    /// for them. Empty means none.
    pub ignore: Vec<bool>,
}

impl Sample {
    /// A page with words and nothing else known about it.
    pub fn unlabelled(
        id: impl Into<String>,
        dataset: impl Into<String>,
        size: PageSize,
        words: Vec<Word>,
    ) -> Self {
        Self {
            id: id.into(),
            dataset: dataset.into(),
            size,
            words,
            tags: Vec::new(),
            annotated: Vec::new(),
            links: Vec::new(),
            truth: BTreeMap::new(),
            picture: None,
            segments: Vec::new(),
            ignore: Vec::new(),
        }
    }
}

/// Where a sample's picture is.
#[derive(Debug, Clone)]
pub enum Picture {
    /// An image file.
    File(PathBuf),
    /// A page (counted from 1) of a PDF.
    PdfPage(PathBuf, u32),
    /// Already in memory.
    Image(image::RgbImage),
}

/// The data sets that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatasetKind {
    Sroie,
}

/// Reads a data set, or one of its splits, from its directory.
///
/// # Errors
/// `DataInvalid` naming the file and the element that can't be read.
pub fn read_dataset(kind: DatasetKind, dir: &Path) -> Result<Vec<Sample>> {
    match kind {
        DatasetKind::Sroie => sroie::read(dir),
    }
}
