//! Labelled pages in one form, whatever data set they come from.
//!
//! Each data set has a file that reads it; [`read_dataset`] chooses among them. `docs/data.md`
//! describes the formats as they lie on disk.

pub mod align;
pub mod answers;
pub mod apportion;
pub mod convert;
pub mod cord;
pub mod doclaynet;
pub mod fcc;
pub(crate) mod form;
pub mod funsd;
pub(crate) mod json_file;
pub mod jsonl;
pub mod kind;
pub mod label_studio;
mod picture;
pub mod predictions;
pub mod record;
pub mod report;
pub mod reread;
pub mod rows;
pub mod shard;
pub mod shuffle;
pub mod split;
pub mod sroie;
pub mod transfer;
pub mod xfund;

use crate::document::Word;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::{PageSize, PixelBox};
use crate::predict::Question;
use image::RgbImage;
use std::collections::BTreeMap;

pub use kind::{DatasetKind, labels_for, read_dataset};
pub use picture::Picture;
pub use split::{SplitBy, split_dev};
pub use transfer::transfer_labels;

/// The shards of a directory, sorted by name.
///
/// # Errors
/// `NotFound` or `Unreadable` for the directory, `DataInvalid` when it holds none.
pub fn shard_files(dir: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    json_file::data_files(dir, "shard")
}

/// The document that a page belongs to: `a#2` is page 2 of `a`.
pub fn document_of(id: &str) -> &str {
    id.rsplit_once('#').map_or(id, |(document, _)| document)
}

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
    /// What kind of document the page belongs to, where the data set says it.
    pub class: Option<String>,
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
            class: None,
        }
    }
}

impl Sample {
    /// The page as a model is asked about it; `picture` is its own, 224×224.
    pub fn question<'a>(&'a self, picture: &'a RgbImage) -> Question<'a> {
        Question { words: &self.words, size: self.size, segments: &self.segments, picture }
    }

    /// Checks what the types can't: that the lists fit together and the tags are BIO over `annotated`.
    ///
    /// # Errors
    /// `DataInvalid` naming the sample and what does not fit.
    pub fn check(&self) -> Result<()> {
        let count = self.words.len();
        let wrong = |message: String| {
            let message = format!("sample {}: {message}", self.id);
            Err(Error::new(Stage::Train, ErrorCode::DataInvalid, message)
                .hint("see docs/data.md for what a sample holds"))
        };
        let lists = [
            ("tags", self.tags.len()),
            ("segments", self.segments.len()),
            ("ignore", self.ignore.len()),
        ];
        for (name, length) in lists {
            if length != 0 && length != count {
                return wrong(format!("{length} {name} for {count} words"));
            }
        }
        if let Some((from, to)) = self.links.iter().find(|(from, to)| *from.max(to) >= count) {
            return wrong(format!("a link from word {from} to word {to}, of {count}"));
        }
        for (index, tag) in self.tags.iter().enumerate() {
            let entity = tag.strip_prefix("B-").or_else(|| tag.strip_prefix("I-"));
            let known = entity
                .is_some_and(|name| self.annotated.iter().any(|l| l.eq_ignore_ascii_case(name)));
            if tag != "O" && !known {
                return wrong(format!(
                    "word {index} has the tag `{tag}`, which is neither O nor B- or I- with one of \
                     the annotated labels ({})",
                    self.annotated.join(", ")
                ));
            }
        }
        Ok(())
    }
}
