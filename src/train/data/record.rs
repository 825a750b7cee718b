//! A sample as it is written: one JSON object, in `.jsonl` files and inside shards.
//!
//! Fields at their default are left out, so a hand-made line needs an id, a size and words.

use super::align::align_keys;
use super::{Picture, Sample};
use crate::document::Word;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::{PageSize, PixelBox};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One page. `docs/data.md` documents the fields for users.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    id: String,
    #[serde(default = "default_dataset")]
    dataset: String,
    width: u32,
    height: u32,
    words: Vec<RecordWord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    annotated: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<(usize, usize)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    truth: BTreeMap<String, String>,
    /// Picture or PDF, relative to the file that holds the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// Page of the PDF, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image_page: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<PixelBox>,
    /// Indices of the words that training passes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignore: Vec<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
}

fn default_dataset() -> String {
    "jsonl".to_string()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordWord {
    text: String,
    bbox: PixelBox,
    #[serde(default = "certain", skip_serializing_if = "is_certain")]
    confidence: f32,
    #[serde(default, skip_serializing_if = "is_zero")]
    line: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    block: u32,
}

fn certain() -> f32 {
    1.0
}
fn is_certain(confidence: &f32) -> bool {
    *confidence == certain()
}
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Record {
    /// The record of a sample, without a picture.
    pub fn of(sample: &Sample) -> Self {
        let words = sample.words.iter().map(|word| RecordWord {
            text: word.text.clone(),
            bbox: word.bbox,
            confidence: word.confidence,
            line: word.line,
            block: word.block,
        });
        let ignore = sample.ignore.iter().enumerate().filter(|(_, skip)| **skip);
        Self {
            id: sample.id.clone(),
            dataset: sample.dataset.clone(),
            width: sample.size.width,
            height: sample.size.height,
            words: words.collect(),
            tags: sample.tags.clone(),
            annotated: sample.annotated.clone(),
            links: sample.links.clone(),
            truth: sample.truth.clone(),
            image: None,
            image_page: None,
            segments: sample.segments.clone(),
            ignore: ignore.map(|(index, _)| index).collect(),
            class: sample.class.clone(),
        }
    }

    /// Names the picture: a path relative to the file that will hold the record.
    pub fn with_image(mut self, path: String, page: Option<u32>) -> Self {
        self.image = Some(path);
        self.image_page = page;
        self
    }

    /// The sample, with the picture's path taken from `directory`. Without tags, key values in `truth`
    /// are searched in the words.
    ///
    /// # Errors
    /// `DataInvalid` where the lists do not fit together; see [`Sample::check`].
    pub fn into_sample(self, directory: &Path) -> Result<Sample> {
        let size = PageSize::new(self.width, self.height);
        let words: Vec<Word> = self
            .words
            .into_iter()
            .map(|word| Word {
                text: word.text,
                bbox: word.bbox.clamp_to(size),
                confidence: word.confidence,
                line: word.line,
                block: word.block,
            })
            .collect();
        let mut sample = Sample::unlabelled(self.id, self.dataset, size, words);
        sample.picture = self.image.map(|image| {
            let path: PathBuf = directory.join(image);
            match self.image_page {
                Some(page) => Picture::PdfPage(path, page),
                None => Picture::File(path),
            }
        });
        sample.tags = self.tags;
        sample.annotated = self.annotated;
        sample.links = self.links;
        sample.truth = self.truth;
        sample.segments = self.segments;
        sample.class = self.class;
        if !self.ignore.is_empty() {
            sample.ignore = mask(&self.ignore, &sample)?;
        }
        if sample.tags.is_empty() && !sample.truth.is_empty() {
            align_truth(&mut sample);
        } else if sample.annotated.is_empty() {
            sample.annotated = labels_of(&sample.tags);
        }
        sample.check()?;
        Ok(sample)
    }
}

fn mask(indices: &[usize], sample: &Sample) -> Result<Vec<bool>> {
    let mut mask = vec![false; sample.words.len()];
    for &index in indices {
        *mask.get_mut(index).ok_or_else(|| {
            let count = sample.words.len();
            let message = format!("sample {}: `ignore` names word {index}, of {count}", sample.id);
            Error::new(Stage::Train, ErrorCode::DataInvalid, message)
                .hint("words are counted from 0")
        })? = true;
    }
    Ok(mask)
}

/// Tags from key values, for those who know the values but not their places.
fn align_truth(sample: &mut Sample) {
    let alignment = align_keys(&sample.words, &sample.truth);
    sample.tags = alignment.tags(sample.words.len());
    if sample.ignore.is_empty() {
        sample.ignore = alignment.ignore(&sample.tags);
    }
    if sample.annotated.is_empty() {
        sample.annotated = sample.truth.keys().cloned().collect();
    }
}

/// The entity labels that tags name, lower case, in order of first appearance.
fn labels_of(tags: &[String]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for tag in tags {
        if let Some(name) = tag.strip_prefix("B-").or_else(|| tag.strip_prefix("I-")) {
            let name = name.to_lowercase();
            if !labels.contains(&name) {
                labels.push(name);
            }
        }
    }
    labels
}
