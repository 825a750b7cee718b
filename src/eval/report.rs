//! What an evaluation found: a table for people, JSON for programs.

use super::fields::FieldScores;
use super::metrics::{
    Bin, Confusion, Counts, Interval, Scores, at_temperature, calibration_error, fit_temperature,
    negative_log_likelihood, reliability,
};
use crate::decode::sequence::argmax;
use serde::Serialize;
use std::fmt;

/// Everything that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    pub datasets: Vec<String>,
    pub documents: usize,
    pub pages: usize,
    /// Pages that gave no prediction; their entities count as not found.
    pub failures: Vec<Failure>,
    /// Entity level, as seqeval scores.
    pub entities: Scores,
    pub entity_interval: Option<Interval>,
    /// Where the data gives key values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<FieldScores>,
    /// Of the exact micro F1.
    pub field_interval: Option<Interval>,
    /// Question–answer links, where the data has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Counts>,
    /// Share of words with the right entity label.
    pub word_accuracy: f64,
    pub confusion: Confusion,
    /// Between an entity's score and its being right.
    pub entity_calibration_error: f64,
    /// One per classifier, over words.
    pub calibration: Vec<Calibration>,
}

/// A page that could not be scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub id: String,
    pub message: String,
}

/// How far the probabilities of a classifier can be believed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Entity labels, or classes of pages, of the classifier.
    pub labels: Vec<String>,
    /// Words, or pages, that it judged.
    pub count: usize,
    /// Expected calibration error.
    pub error: f64,
    pub negative_log_likelihood: f64,
    /// Divide the logits by this for the best likelihood on these pages.
    pub temperature: f64,
    /// Expected calibration error after that.
    pub error_at_temperature: f64,
    pub reliability: Vec<Bin>,
}

impl Calibration {
    /// Of answers, each its probabilities and the true class.
    pub fn of(labels: Vec<String>, rows: &[(Vec<f32>, usize)], bins: usize) -> Self {
        let temperature = fit_temperature(rows);
        let outcomes = |temperature: f64| -> Vec<(f32, bool)> {
            let surest = |(row, class): &(Vec<f32>, usize)| {
                let row = at_temperature(row, temperature);
                let best = argmax(&row);
                (row.get(best).copied().unwrap_or(0.0), best == *class)
            };
            rows.iter().map(surest).collect()
        };
        let plain = outcomes(1.0);
        Self {
            labels,
            count: rows.len(),
            error: calibration_error(&plain, bins),
            negative_log_likelihood: negative_log_likelihood(rows, 1.0),
            temperature,
            error_at_temperature: calibration_error(&outcomes(temperature), bins),
            reliability: reliability(&plain, bins),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} documents, {} pages, {} failed",
            self.datasets.join(", "),
            self.documents,
            self.pages,
            self.failures.len()
        )?;
        if self.entities.micro.truth > 0 {
            self.write_entities(f)?;
        }
        if let Some(fields) = &self.fields {
            self.write_fields(f, fields)?;
        }
        if let Some(links) = self.links {
            writeln!(
                f,
                "\n{:<28}{:>9}{:>9}{:>9}{:>8}",
                "links", "precision", "recall", "F1", "truth"
            )?;
            write_counts(f, "question-answer", links)?;
        }
        if !self.confusion.counts.is_empty() {
            write_confusion(f, &self.confusion, "words")?;
        }
        if !self.calibration.is_empty() {
            self.write_calibration(f)?;
        }
        for failure in &self.failures {
            writeln!(f, "failed: {}: {}", failure.id, failure.message)?;
        }
        Ok(())
    }
}

impl Report {
    fn write_entities(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<28}{:>9}{:>9}{:>9}{:>8}",
            "entities", "precision", "recall", "F1", "truth"
        )?;
        for (label, counts) in &self.entities.labels {
            write_counts(f, label, *counts)?;
        }
        write_counts(f, "micro", self.entities.micro)?;
        write_interval(f, self.entity_interval)?;
        writeln!(f, "{:<28}{:>9}{:>9}{:>9.4}", "macro", "", "", self.entities.macro_f1())
    }

    fn write_fields(&self, f: &mut fmt::Formatter<'_>, fields: &FieldScores) -> fmt::Result {
        writeln!(
            f,
            "\n{:<28}{:>9}{:>9}{:>9}{:>8}",
            "fields, F1", "exact", "relaxed", "typed", "truth"
        )?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, counts: [Counts; 3]| {
            let [exact, relaxed, typed] = counts.map(Counts::f1);
            writeln!(f, "{name:<28}{exact:>9.4}{relaxed:>9.4}{typed:>9.4}{:>8}", counts[0].truth)
        };
        for (label, exact) in &fields.exact.labels {
            let of = |scores: &Scores| scores.labels.get(label).copied().unwrap_or_default();
            row(f, label, [*exact, of(&fields.relaxed), of(&fields.typed)])?;
        }
        row(f, "micro", [fields.exact.micro, fields.relaxed.micro, fields.typed.micro])?;
        write_interval(f, self.field_interval)
    }

    fn write_calibration(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\ncalibration: word accuracy {:.4}, entity score error {:.4}",
            self.word_accuracy, self.entity_calibration_error
        )?;
        for head in &self.calibration {
            writeln!(
                f,
                "  {} words of {}, …: error {:.4}, {:.4} at temperature {:.2}",
                head.count,
                head.labels.first().map_or("no label", String::as_str),
                head.error,
                head.error_at_temperature,
                head.temperature
            )?;
        }
        Ok(())
    }
}

/// A confusion matrix of words or documents, row by row, without its zeros.
pub(super) fn write_confusion(
    f: &mut fmt::Formatter<'_>,
    confusion: &Confusion,
    what: &str,
) -> fmt::Result {
    let title = format!("{what} by true label");
    writeln!(f, "\n{title:<28}{what:>9}{:>9}  taken for", "right")?;
    for (label, row) in &confusion.counts {
        let all: usize = row.values().sum();
        let right = row.get(label).copied().unwrap_or(0);
        let mut wrong: Vec<(&String, usize)> =
            row.iter().filter(|(other, _)| *other != label).map(|(l, n)| (l, *n)).collect();
        wrong.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let wrong: Vec<String> =
            wrong.iter().map(|(other, count)| format!("{other} {count}")).collect();
        let share = right as f64 / all.max(1) as f64;
        let wrong =
            if wrong.is_empty() { String::new() } else { "  ".to_string() + &wrong.join(", ") };
        writeln!(f, "{label:<28}{all:>9}{share:>9.4}{wrong}")?;
    }
    Ok(())
}

pub(super) fn write_counts(f: &mut fmt::Formatter<'_>, name: &str, counts: Counts) -> fmt::Result {
    let (precision, recall, f1) = (counts.precision(), counts.recall(), counts.f1());
    writeln!(f, "{name:<28}{precision:>9.4}{recall:>9.4}{f1:>9.4}{:>8}", counts.truth)
}

fn write_interval(f: &mut fmt::Formatter<'_>, interval: Option<Interval>) -> fmt::Result {
    match interval {
        Some(Interval { low, high }) => {
            writeln!(f, "{:<28}F1 {low:.4} to {high:.4} with 95 % confidence", "")
        }
        None => Ok(()),
    }
}
