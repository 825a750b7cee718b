//! Labelled pages and a model → a report, by the same way from prediction to fields that `extract`
//! takes.

use super::fields::{FieldScores, field_scores};
use super::metrics::{
    Counts, LabelledWords, bootstrap_f1, calibration_error, entity_scores, pair_counts,
};
use super::report::{Calibration, Failure, Report};
use crate::decode::fields::answers;
use crate::decode::page::{
    DecodeOptions, HeadPrediction, PageDecoding, PagePrediction, decode_page,
};
use crate::decode::sequence::argmax;
use crate::decode::{ValueContext, bio};
use crate::document::{Entity, Page, WordSource};
use crate::error::Result;
use crate::labels::{LabelSet, Tag};
use crate::train::data::{Sample, document_of};
use std::collections::{BTreeMap, BTreeSet};

/// How to score.
#[derive(Debug, Clone, PartialEq)]
pub struct EvalOptions {
    pub decode: DecodeOptions,
    /// Resamples behind the confidence intervals; 0 leaves them out.
    pub resamples: usize,
    pub seed: u64,
    /// Bins of the reliability diagram.
    pub bins: usize,
}

impl Default for EvalOptions {
    fn default() -> Self {
        Self { decode: DecodeOptions::default(), resamples: 1000, seed: 1, bins: 15 }
    }
}

/// Scores a model on labelled pages. A page that fails is recorded and counts as not found. Pages
/// whose ids differ only behind a `#` are one document.
pub fn evaluate(
    samples: &[Sample],
    mut predict: impl FnMut(&Sample) -> Result<PagePrediction>,
    options: &EvalOptions,
) -> Report {
    let mut tally = Tally::default();
    let mut documents: Vec<Document> = Vec::new();
    for sample in samples {
        let page = page_of(sample);
        let outcome = predict(sample).and_then(|prediction| {
            decode_page(&page, &prediction, &options.decode).map(|found| (prediction, found))
        });
        let (prediction, found) = outcome.unwrap_or_else(|error| {
            let id = sample.id.clone();
            tally.report.failures.push(Failure { id, message: error.to_string() });
            Default::default()
        });
        tally.add_page(sample, &prediction, &found);
        match documents.last_mut() {
            Some(document) if document.id == document_of(&sample.id) => document.add(sample, found),
            _ => {
                let mut document = Document::new(sample);
                document.add(sample, found);
                documents.push(document);
            }
        }
    }
    tally.finish(samples, &documents, options)
}

/// A sample as the page that a reader would hand on.
pub fn page_of(sample: &Sample) -> Page {
    Page {
        number: sample.id.rsplit_once('#').and_then(|(_, n)| n.parse().ok()).unwrap_or(1),
        size: sample.size,
        dpi: None,
        rotation: 0,
        source: WordSource::Given,
        words: sample.words.clone(),
    }
}

/// The entities that BIO tags by name stand for.
pub fn groups_of_tags(tags: &[String]) -> Vec<LabelledWords> {
    // The label set of the sequence itself: its ids are the positions.
    let labels = LabelSet::from_names(tags.to_vec());
    let tags: Vec<Tag> = (0..tags.len()).filter_map(|id| labels.tag(id)).collect();
    let spans = bio::spans_of_tags(&tags);
    spans.into_iter().map(|span| (labels.entities()[span.label].clone(), span.words)).collect()
}

/// What is gathered page by page.
#[derive(Default)]
struct Tally {
    report: Report,
    /// Per page, for the intervals.
    pages: Vec<Counts>,
    links: Counts,
    has_links: bool,
    heads: Vec<HeadOutcomes>,
    entities: Vec<(f32, bool)>,
}

/// What one classifier was sure of and what was true, word by word.
struct HeadOutcomes {
    labels: LabelSet,
    rows: Vec<(Vec<f32>, usize)>,
}

impl Tally {
    fn add_page(&mut self, sample: &Sample, prediction: &PagePrediction, found: &PageDecoding) {
        if sample.tags.len() != sample.words.len() || sample.tags.is_empty() {
            return;
        }
        let truth = groups_of_tags(&sample.tags);
        let annotated = annotated(sample, &truth);
        let doubtful = |words: &[usize]| {
            words.iter().all(|word| sample.ignore.get(*word).copied().unwrap_or(false))
        };
        let mut predicted: Vec<LabelledWords> = Vec::new();
        for (entity, words) in found.entities.iter().zip(&found.words) {
            if annotated.contains(&entity.label) && !doubtful(words) {
                let group = (entity.label.clone(), words.clone());
                self.entities.push((entity.score, truth.contains(&group)));
                predicted.push(group);
            }
        }
        let truth: Vec<LabelledWords> =
            truth.into_iter().filter(|(_, words)| !doubtful(words)).collect();
        let scores = entity_scores(&predicted, &truth);
        self.pages.push(scores.micro);
        self.report.entities.add_all(&scores);
        self.add_links(sample, found, &annotated);
        for (number, head) in prediction.heads.iter().enumerate() {
            self.add_words(number, head, sample, &annotated);
        }
    }

    /// Links are right when both entities begin where the true ones do.
    fn add_links(&mut self, sample: &Sample, found: &PageDecoding, annotated: &BTreeSet<String>) {
        if !annotated.contains("question") || !annotated.contains("answer") {
            return;
        }
        let first = |id: usize| {
            let position = found.entities.iter().position(|entity| entity.id == id)?;
            found.words.get(position)?.first().copied()
        };
        let predicted: Vec<(usize, usize)> = found
            .relations
            .iter()
            .filter_map(|relation| Some((first(relation.head)?, first(relation.tail)?)))
            .collect();
        self.links += pair_counts(&predicted, &sample.links);
        self.has_links = true;
    }

    fn add_words(
        &mut self,
        number: usize,
        head: &HeadPrediction,
        sample: &Sample,
        annotated: &BTreeSet<String>,
    ) {
        if self.heads.len() <= number {
            self.heads.push(HeadOutcomes { labels: head.labels.clone(), rows: Vec::new() });
        }
        if !head.labels.entities().iter().any(|label| annotated.contains(label)) {
            return;
        }
        let Some(outside) = head.labels.id_of(Tag::Outside) else { return };
        for (word, row) in head.probabilities.iter().enumerate() {
            let best = argmax(row);
            let label = label_of(&head.labels, best);
            let ignored = sample.ignore.get(word).copied().unwrap_or(false);
            if ignored || !(label == OUTSIDE || annotated.contains(label)) {
                continue;
            }
            let tag = &sample.tags[word];
            let class = head.labels.names().iter().position(|name| name.eq_ignore_ascii_case(tag));
            let class = class.unwrap_or(outside);
            self.report.confusion.add(label_of(&head.labels, class), label);
            self.heads[number].rows.push((row.clone(), class));
        }
    }

    fn finish(
        mut self,
        samples: &[Sample],
        documents: &[Document],
        options: &EvalOptions,
    ) -> Report {
        let mut report = std::mem::take(&mut self.report);
        let sets: BTreeSet<&str> = samples.iter().map(|sample| sample.dataset.as_str()).collect();
        report.datasets = sets.into_iter().map(str::to_string).collect();
        report.pages = samples.len();
        report.documents = documents.len();
        let interval = |counts: &[Counts]| bootstrap_f1(counts, options.resamples, options.seed);
        report.entity_interval = interval(&self.pages);
        let (fields, exact) = score_documents(documents, options);
        report.field_interval = interval(&exact).filter(|_| fields.exact.micro.truth > 0);
        report.fields = (fields.exact.micro.truth > 0).then_some(fields);
        report.links = self.has_links.then_some(self.links);
        report.word_accuracy = report.confusion.accuracy();
        report.entity_calibration_error = calibration_error(&self.entities, options.bins);
        report.calibration = self
            .heads
            .iter()
            .filter(|h| !h.rows.is_empty())
            .map(|h| Calibration::of(h.labels.entities().to_vec(), &h.rows, options.bins))
            .collect();
        report
    }
}

const OUTSIDE: &str = "o";

/// The entity label behind a class, `o` outside.
fn label_of(labels: &LabelSet, class: usize) -> &str {
    match labels.tag(class) {
        Some(Tag::Begin(label) | Tag::Inside(label)) => &labels.entities()[label],
        _ => OUTSIDE,
    }
}

/// The labels that a page's truth speaks of.
fn annotated(sample: &Sample, truth: &[LabelledWords]) -> BTreeSet<String> {
    if sample.annotated.is_empty() {
        return truth.iter().map(|(label, _)| label.clone()).collect();
    }
    sample.annotated.iter().map(|label| label.to_lowercase()).collect()
}

/// A document over its pages.
struct Document {
    id: String,
    dataset: String,
    entities: Vec<Entity>,
    truth: BTreeMap<String, String>,
    text: Vec<String>,
}

impl Document {
    fn new(sample: &Sample) -> Self {
        Self {
            id: document_of(&sample.id).to_string(),
            dataset: sample.dataset.clone(),
            entities: Vec::new(),
            truth: BTreeMap::new(),
            text: Vec::new(),
        }
    }

    fn add(&mut self, sample: &Sample, found: PageDecoding) {
        let held = self.entities.len();
        self.entities.extend(found.entities.into_iter().map(|mut entity| {
            entity.id += held;
            entity
        }));
        for (label, value) in &sample.truth {
            self.truth.entry(label.clone()).or_insert_with(|| value.clone());
        }
        self.text.extend(sample.words.iter().map(|word| word.text.clone()));
    }
}

/// Field scores over all documents, and each document's exact counts.
fn score_documents(documents: &[Document], options: &EvalOptions) -> (FieldScores, Vec<Counts>) {
    // The labels that each data set gives values for.
    let mut labels: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for document in documents {
        labels.entry(&document.dataset).or_default().extend(document.truth.keys().cloned());
    }
    let mut all = FieldScores::default();
    let mut exact = Vec::new();
    for document in documents {
        let answers = answers(&document.entities, options.decode.fields);
        let context = ValueContext::of_text(&document.text.join(" "));
        let labels = &labels[document.dataset.as_str()];
        let scores = field_scores(&answers, &document.truth, labels, &context);
        exact.push(scores.exact.micro);
        all.add_all(&scores);
    }
    (all, exact)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
