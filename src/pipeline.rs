//! One document through the stages: pages → words → labels → one result. No flags, no
//! printing, no threads of its own; [`crate::batch`] runs the same steps on many.
//!
//! The model's side is behind [`Analyzer`], so that everything around it can be tested with a fake.

use crate::document::{Entity, Page, Relation};
use crate::error::Result;
use image::RgbImage;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Where the model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    #[default]
    Cpu,
    /// The CUDA device of this number; `cuda` alone is number 0.
    Cuda(usize),
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", number)) => number
                .parse()
                .map(Self::Cuda)
                .map_err(|_| format!("`{number}` is no device number")),
            _ => Err("expected cpu, cuda or cuda:N".to_string()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// Which model gave an answer, as the output reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelIdentity {
    /// `layoutlm-compact`, or the directory or hub name that was asked for.
    pub name: String,
    /// Version or a short hash of the weights: the same name with other weights differs here.
    pub revision: String,
}

/// A page as it waits for the model: its words, and its picture only at the size that
/// [`Analyzer::shrink`] wants, so that a queue of them is small.
#[derive(Debug, Clone)]
pub struct ReadPage {
    pub page: Page,
    pub picture: RgbImage,
}

/// What the model found on one page, and what it took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageFindings {
    /// Ids counted from 0 within the page.
    pub entities: Vec<Entity>,
    /// Between those ids.
    pub relations: Vec<Relation>,
    pub encode: Duration,
    pub model: Duration,
    pub decode: Duration,
}

/// The stages encode, model and decode: a page's words and picture → its entities.
///
/// Shared by all threads; [`Analyzer::analyze`] is called from threads that never run OCR.
pub trait Analyzer: Send + Sync {
    fn identity(&self) -> ModelIdentity;

    /// What the model looks at of a page's picture (224×224 for LayoutLMv2). Runs on the thread that
    /// read the page.
    fn shrink(&self, picture: &RgbImage) -> RgbImage;

    /// One answer per page, in order. Pages of different documents may come together; an error of
    /// one must not touch its neighbours.
    fn analyze(&self, pages: &[ReadPage]) -> Vec<Result<PageFindings>>;

    /// Best answer per label over all pages of a document, with the ids of the whole document.
    fn fields(
        &self,
        entities: &[Entity],
        relations: &[Relation],
    ) -> BTreeMap<String, serde_json::Value>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for text in ["cpu", "cuda", "cuda:3"] {
            assert_eq!(text.parse::<Device>().map(|device| device.to_string()), Ok(text.into()));
        }
        for text in ["gpu", "cuda:", "cuda:x", "cpu:0", ""] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }
}
