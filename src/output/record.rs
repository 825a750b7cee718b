//! The record of one input: what every format is made from, and what JSON output is.
//!
//! Its shape is `assets/schema/layoutlm-1.schema.json`; tests validate every record they see against it.

use crate::document::{Entity, Page, Relation, Word, WordSource};
use crate::error::Error;
use crate::pipeline::ModelIdentity;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Name of the record's shape. A consumer may rely on everything under one name; fields may be added.
pub const SCHEMA: &str = "layoutlm/1";

/// Everything the program has to say about one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub schema: Cow<'static, str>,
    /// As it was given: a path, or `-`.
    pub input: String,
    /// Of the input's bytes; absent where they could not be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<Failure>,
    /// Absent where nothing could be read.
    #[serde(flatten)]
    pub extraction: Option<Extraction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    /// The input, or a page of it, failed; what could be read of it is there all the same.
    Error,
}

/// What was found in an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extraction {
    /// Absent where words were wanted and nothing else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<ModelIdentity>,
    pub ocr: OcrIdentity,
    pub pages: Vec<PageRecord>,
    pub entities: Vec<Entity>,
    pub relations: Vec<Relation>,
    pub fields: BTreeMap<String, serde_json::Value>,
    pub timings_ms: Timings,
}

/// Which reader gave the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OcrIdentity {
    /// Name and version: `tesseract 5.3.0`.
    pub engine: String,
    /// `eng+deu`; empty where words were given.
    pub lang: String,
}

/// One page as it was read. Boxes are in its pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageRecord {
    /// Counted from 1.
    pub page: u32,
    pub width: u32,
    pub height: u32,
    pub dpi: Option<u32>,
    /// Clockwise turn, in degrees, that makes the page upright.
    pub rotation: u16,
    pub source: WordSource,
    /// All words of the page, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<Vec<Word>>,
}

impl PageRecord {
    /// With all words, or without any.
    pub fn new(page: Page, with_words: bool) -> Self {
        Self {
            page: page.number,
            width: page.size.width,
            height: page.size.height,
            dpi: page.dpi,
            rotation: page.rotation,
            source: page.source,
            words: with_words.then_some(page.words),
        }
    }
}

/// Why an input, or a page of it, failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable: one of those in `docs/errors.md`.
    pub code: String,
    pub stage: String,
    /// The page it happened on, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<u32>,
    pub message: String,
    /// What the user can do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code.name().to_string(),
            stage: error.stage.name().to_string(),
            page: error.page,
            message: error.message.clone(),
            hint: error.hint.clone(),
        }
    }
}

/// Milliseconds spent in each stage, summed over pages: work, not the time on the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    pub input: u64,
    pub ocr: u64,
    pub encode: u64,
    pub model: u64,
    pub decode: u64,
}

impl Timings {
    /// Rounded to whole milliseconds.
    pub fn milliseconds(duration: Duration) -> u64 {
        u64::try_from((duration.as_micros() + 500) / 1000).unwrap_or(u64::MAX)
    }
}

impl Record {
    pub fn ok(input: String, sha256: String, extraction: Extraction) -> Self {
        Self {
            schema: SCHEMA.into(),
            input,
            sha256: Some(sha256),
            status: Status::Ok,
            error: None,
            extraction: Some(extraction),
        }
    }

    /// `extraction` is what could be read in spite of the error.
    pub fn failed(
        input: String,
        sha256: Option<String>,
        error: &Error,
        extraction: Option<Extraction>,
    ) -> Self {
        Self {
            schema: SCHEMA.into(),
            input,
            sha256,
            status: Status::Error,
            error: Some(Failure::from(error)),
            extraction,
        }
    }

    pub fn entities(&self) -> &[Entity] {
        self.extraction.as_ref().map_or(&[], |extraction| &extraction.entities)
    }

    pub fn pages(&self) -> &[PageRecord] {
        self.extraction.as_ref().map_or(&[], |extraction| &extraction.pages)
    }
}

/// Probabilities are written with four decimals: more is noise, and differs between machines.
pub fn rounded(probability: f32) -> f32 {
    (probability * 1e4).round() / 1e4
}
