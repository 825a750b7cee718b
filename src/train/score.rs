//! Scores on the dev split while training: the same path as `extract`, from words to fields.

use super::data::Sample;
use crate::decode::bio::{Span, spans_of_tags};
use crate::decode::fields::answers;
use crate::decode::page::{DecodeOptions, decode_page};
use crate::error::Result;
use crate::eval::metrics::Counts;
use crate::eval::ocr::letters_and_digits;
use crate::eval::run::page_of;
use crate::labels::{LabelSet, Tag};
use crate::predict::{Predictor, Question};
use image::RgbImage;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A page to be scored on.
pub struct DevPage {
    pub sample: Sample,
    /// 224×224
    pub picture: RgbImage,
}

/// Scores of one pass.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DevScore {
    /// F1 of entities with exactly the true words.
    pub entity_f1: f64,
    /// F1 of key values, without case, spaces and punctuation, where the data set gives them.
    pub field_f1: f64,
    /// What decides which model is kept: fields and entities alike, where both are known.
    pub overall: f64,
    pub fields: BTreeMap<String, f64>,
}

/// Asks the model about every page.
///
/// # Errors
/// From the model; the first.
pub fn score(predictor: &Predictor, pages: &[DevPage]) -> Result<DevScore> {
    let mut entities = Counts::default();
    let mut fields: BTreeMap<String, Counts> = BTreeMap::new();
    for chunk in pages.chunks(16) {
        let questions: Vec<Question> = chunk
            .iter()
            .map(|p| Question { words: &p.sample.words, size: p.sample.size, picture: &p.picture })
            .collect();
        for (page, prediction) in chunk.iter().zip(predictor.predict(&questions)) {
            let decoded =
                decode_page(&page_of(&page.sample), &prediction?, &DecodeOptions::default())?;
            let sample = &page.sample;
            entities += count_entities(sample, &decoded, &predictor.labels);
            let given = answers(&decoded.entities, Default::default());
            for label in sample.annotated.iter().filter(|_| !sample.truth.is_empty()) {
                let truth = sample
                    .truth
                    .get(label)
                    .map(|t| letters_and_digits(t))
                    .filter(|t| !t.is_empty());
                let found = given.get(label).map(|answer| letters_and_digits(&answer.text));
                *fields.entry(label.clone()).or_default() += Counts {
                    right: usize::from(truth.is_some() && truth == found),
                    predicted: usize::from(found.is_some()),
                    truth: usize::from(truth.is_some()),
                };
            }
        }
    }
    let mut all = Counts::default();
    fields.values().for_each(|counts| all += *counts);
    let (entity_f1, field_f1) = (entities.f1(), all.f1());
    let overall = if all.truth > 0 { (entity_f1 + field_f1) / 2.0 } else { entity_f1 };
    let fields = fields.into_iter().map(|(label, counts)| (label, counts.f1())).collect();
    Ok(DevScore { entity_f1, field_f1, overall, fields })
}

/// Entities of annotated labels, by label and words; a doubtful word counts for neither side.
fn count_entities(
    sample: &Sample,
    decoded: &crate::decode::page::PageDecoding,
    labels: &LabelSet,
) -> Counts {
    let doubtful =
        |words: &[usize]| words.iter().any(|&w| sample.ignore.get(w).copied().unwrap_or(false));
    let tags: Vec<Tag> = sample
        .tags
        .iter()
        .map(|tag| {
            let id = labels.names().iter().position(|name| name.eq_ignore_ascii_case(tag));
            id.and_then(|id| labels.tag(id)).unwrap_or(Tag::Outside)
        })
        .collect();
    let truth: BTreeSet<(&str, Vec<usize>)> = spans_of_tags(&tags)
        .into_iter()
        .map(|Span { label, words, .. }| (labels.entities()[label].as_str(), words))
        .filter(|(_, words)| !doubtful(words))
        .collect();
    let found: BTreeSet<(&str, Vec<usize>)> = decoded
        .entities
        .iter()
        .zip(&decoded.words)
        .filter(|(entity, words)| sample.annotated.contains(&entity.label) && !doubtful(words))
        .map(|(entity, words)| (entity.label.as_str(), words.clone()))
        .collect();
    Counts { right: truth.intersection(&found).count(), predicted: found.len(), truth: truth.len() }
}
