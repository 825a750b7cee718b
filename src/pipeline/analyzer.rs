//! The seam between a page's words and what they mean: everything that needs a model is behind it.

use super::as_it_came::AsItCame;
use crate::document::{Entity, Page, Relation};
use crate::error::Result;
use crate::model::precision::Arithmetic;
use image::RgbImage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Which model gave an answer, as the output reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// `layoutlm-compact`, or the directory or hub name that was asked for.
    pub name: String,
    /// Version or a short hash of the weights: the same name with other weights differs here.
    pub revision: String,
    /// Told where it is not the one that gives the reference's numbers.
    #[serde(default, skip_serializing_if = "Arithmetic::is_default")]
    pub precision: Arithmetic,
}

/// A page as it waits for the model: its words, and its picture only at the size that
/// [`Analyzer::shrink`] wants, so that a queue of them is small.
#[derive(Debug, Clone)]
pub struct ReadPage {
    /// With its lines level: turned, and laid flat where it was photographed.
    pub page: Page,
    pub picture: RgbImage,
    /// Where the words stand on the page as it came, if that is elsewhere.
    pub as_it_came: Option<AsItCame>,
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

    /// Said on a thread that will ask, before it does: how many processors one answer may use. A run
    /// over many pages keeps all of them busy with reading; threads that wait for each other inside
    /// the model would only take them away.
    fn limit_processors(&self, _most: usize) {}

    /// Best answer per label over all pages of a document, with the ids of the whole document.
    fn fields(
        &self,
        entities: &[Entity],
        relations: &[Relation],
    ) -> BTreeMap<String, serde_json::Value>;
}
