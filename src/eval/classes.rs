//! How well documents are told apart: what a model said about every page and what was true → a report.
//!
//! A document's probabilities are the mean of its pages', as `classify` answers.

use super::metrics::{Confusion, Counts, Interval, Scores, bootstrap_f1};
use super::report::{Calibration, write_confusion, write_counts};
use super::run::EvalOptions;
use crate::decode::sequence::argmax;
use serde::Serialize;
use std::fmt;

/// What was said about a page.
#[derive(Debug, Clone, PartialEq)]
pub struct PageOutcome {
    /// Document that the page belongs to; pages of one stand together.
    pub document: String,
    /// Of every class.
    pub probabilities: Vec<f32>,
    /// The true one.
    pub class: usize,
}

/// Everything that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    pub documents: usize,
    pub pages: usize,
    /// Share of documents whose class is right.
    pub accuracy: f64,
    pub accuracy_interval: Option<Interval>,
    /// Share of pages whose class is right, each judged alone.
    pub page_accuracy: f64,
    /// Mean probability of the true class, over documents.
    pub true_probability: f64,
    pub classes: Scores,
    pub confusion: Confusion,
    /// Over pages.
    pub calibration: Calibration,
}

impl ClassReport {
    pub fn of(names: &[String], outcomes: &[PageOutcome], options: &EvalOptions) -> Self {
        let name = |class: usize| names.get(class).map_or("", String::as_str);
        let (mut classes, mut confusion) = (Scores::default(), Confusion::default());
        let mut counts = Vec::new();
        let mut probability = 0.0;
        for pages in outcomes.chunk_by(|a, b| a.document == b.document) {
            let mean = mean(pages);
            let (class, best) = (pages[0].class, argmax(&mean));
            let right = usize::from(class == best);
            classes.add(name(best), Counts { right, predicted: 1, truth: 0 });
            classes.add(name(class), Counts { right: 0, predicted: 0, truth: 1 });
            confusion.add(name(class), name(best));
            counts.push(Counts { right, predicted: 1, truth: 1 });
            probability += f64::from(mean.get(class).copied().unwrap_or(0.0));
        }
        let right = outcomes.iter().filter(|page| argmax(&page.probabilities) == page.class);
        let rows: Vec<(Vec<f32>, usize)> =
            outcomes.iter().map(|page| (page.probabilities.clone(), page.class)).collect();
        Self {
            documents: counts.len(),
            pages: outcomes.len(),
            accuracy: confusion.accuracy(),
            accuracy_interval: bootstrap_f1(&counts, options.resamples, options.seed),
            page_accuracy: right.count() as f64 / outcomes.len().max(1) as f64,
            true_probability: probability / counts.len().max(1) as f64,
            classes,
            confusion,
            calibration: Calibration::of(names.to_vec(), &rows, options.bins),
        }
    }
}

/// Mean probability of each class over the pages of a document.
fn mean(pages: &[PageOutcome]) -> Vec<f32> {
    let classes = pages.first().map_or(0, |page| page.probabilities.len());
    let sum = |class| pages.iter().filter_map(|page| page.probabilities.get(class)).sum::<f32>();
    (0..classes).map(|class| sum(class) / pages.len() as f32).collect()
}

impl fmt::Display for ClassReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} documents, {} pages: accuracy {:.4}",
            self.documents, self.pages, self.accuracy
        )?;
        if let Some(Interval { low, high }) = self.accuracy_interval {
            write!(f, ", {low:.4} to {high:.4} with 95 % confidence")?;
        }
        writeln!(f, "; of pages alone {:.4}", self.page_accuracy)?;
        writeln!(
            f,
            "\n{:<28}{:>9}{:>9}{:>9}{:>8}",
            "classes", "precision", "recall", "F1", "truth"
        )?;
        for (class, counts) in &self.classes.labels {
            write_counts(f, class, *counts)?;
        }
        writeln!(f, "{:<28}{:>9}{:>9}{:>9.4}", "macro", "", "", self.classes.macro_f1())?;
        write_confusion(f, &self.confusion, "documents")?;
        writeln!(
            f,
            "\ncalibration of {} pages: error {:.4}, {:.4} at temperature {:.2}",
            self.calibration.count,
            self.calibration.error,
            self.calibration.error_at_temperature,
            self.calibration.temperature
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(document: &str, probabilities: [f32; 2], class: usize) -> PageOutcome {
        PageOutcome { document: document.into(), probabilities: probabilities.into(), class }
    }

    #[test]
    fn a_document_is_judged_by_the_mean_of_its_pages() {
        let outcomes = [
            page("a", [0.9, 0.1], 0),
            page("b", [0.4, 0.6], 0),
            page("b", [0.8, 0.2], 0),
            page("c", [0.7, 0.3], 1),
        ];
        let names = ["letter", "form"].map(String::from);
        let report = ClassReport::of(&names, &outcomes, &EvalOptions::default());
        assert_eq!((report.documents, report.pages), (3, 4));
        assert!((report.accuracy - 2.0 / 3.0).abs() < 1e-9);
        assert!((report.page_accuracy - 0.5).abs() < 1e-9);
        assert!((report.true_probability - (0.9 + 0.6 + 0.3) / 3.0).abs() < 1e-6);
        assert_eq!(report.confusion.counts["form"]["letter"], 1);
        let letter = report.classes.labels["letter"];
        assert_eq!((letter.right, letter.predicted, letter.truth), (2, 3, 2));
        let text = report.to_string();
        assert!(
            text.contains("accuracy 0.6667") && text.contains("documents by true label"),
            "{text}"
        );
    }
}
