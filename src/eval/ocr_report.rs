//! What the OCR yardstick found: a table for people, JSON for programs.

use super::ocr::{ConfidenceBin, OcrScore, Share};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Scores by kind of page, and who read them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OcrReport {
    pub engine: String,
    pub language: String,
    pub kinds: BTreeMap<String, OcrFigures>,
}

/// The figures of one kind of page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OcrFigures {
    pub pages: usize,
    pub words: usize,
    pub words_read: usize,
    pub recall: f64,
    /// As `recall`, but words may be parted or joined where the truth has them otherwise.
    pub recall_spaces_aside: f64,
    pub precision: f64,
    pub f1: f64,
    /// On the lines in which anything was read.
    pub character_error_rate: f64,
    /// Share of lines in which anything was read.
    pub lines_met: f64,
    /// Share of key values that stand in the text read, ignoring case, spaces and punctuation.
    pub values_found: f64,
    pub values: BTreeMap<String, ValueFigures>,
    pub seconds_a_page: f64,
    /// How far words' confidences are from the share of them that is right.
    pub calibration_error: f64,
    /// Words by confidence, least sure first; bins without words are left out.
    pub reliability: Vec<ReliabilityFigures>,
}

/// Words of about one confidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityFigures {
    pub words: usize,
    pub confidence: f64,
    pub right: f64,
}

/// How many values of one label there are, and how many of them were read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueFigures {
    pub values: usize,
    pub found: f64,
}

impl From<&OcrScore> for OcrFigures {
    fn from(score: &OcrScore) -> Self {
        let figures = |share: &Share| ValueFigures { values: share.whole, found: share.ratio() };
        Self {
            pages: score.pages,
            words: score.truth_words,
            words_read: score.read_words,
            recall: score.recall(),
            recall_spaces_aside: score.recall_spaces_aside(),
            precision: score.precision(),
            f1: score.f1(),
            character_error_rate: score.character_error_rate(),
            lines_met: score.met_line_share(),
            values_found: score.all_values().ratio(),
            values: score.values.iter().map(|(l, share)| (l.clone(), figures(share))).collect(),
            seconds_a_page: score.seconds_a_page(),
            calibration_error: score.calibration_error(),
            reliability: score.reliability.iter().filter_map(reliability).collect(),
        }
    }
}

fn reliability(bin: &ConfidenceBin) -> Option<ReliabilityFigures> {
    let share = |sum: f64| sum / bin.words as f64;
    (bin.words > 0).then(|| ReliabilityFigures {
        words: bin.words,
        confidence: share(bin.confidence),
        right: share(bin.right as f64),
    })
}

impl fmt::Display for OcrReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {}", self.engine, self.language)?;
        writeln!(
            f,
            "{:<16}{:>6}{:>8}{:>10}{:>10}{:>8}{:>8}{:>10}{:>8}{:>8}",
            "pages of",
            "pages",
            "recall",
            "unspaced",
            "precision",
            "F1",
            "CER",
            "lines met",
            "values",
            "s/page"
        )?;
        for (kind, k) in &self.kinds {
            write!(f, "{kind:<16}{:>6}{:>8.4}", k.pages, k.recall)?;
            write!(f, "{:>10.4}{:>10.4}", k.recall_spaces_aside, k.precision)?;
            write!(f, "{:>8.4}{:>8.4}{:>10.4}", k.f1, k.character_error_rate, k.lines_met)?;
            writeln!(f, "{:>8.4}{:>8.3}", k.values_found, k.seconds_a_page)?;
        }
        write!(f, "values found, by label")?;
        for (kind, figures) in &self.kinds {
            write!(f, "\n{kind:<16}")?;
            for (label, value) in &figures.values {
                write!(f, "{label} {:.4} of {}  ", value.found, value.values)?;
            }
        }
        write!(f, "\nconfidence → share of right words, by confidence; calibration error")?;
        for (kind, figures) in &self.kinds {
            write!(f, "\n{kind:<16}")?;
            for bin in &figures.reliability {
                write!(f, "{:.2} → {:.2} of {}  ", bin.confidence, bin.right, bin.words)?;
            }
            write!(f, "error {:.4}", figures.calibration_error)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_json_tell_the_same() {
        let values = BTreeMap::from([("total".to_owned(), Share { part: 1, whole: 2 })]);
        let score = OcrScore {
            pages: 2,
            truth_words: 4,
            read_words: 5,
            right_words: 3,
            respaced_words: 1,
            values,
            ..OcrScore::default()
        };
        let kinds = BTreeMap::from([("sroie".to_owned(), OcrFigures::from(&score))]);
        let report = OcrReport { engine: "parrot".into(), language: "eng".into(), kinds };
        let table = report.to_string();
        assert!(table.contains("0.7500    1.0000    0.6000  0.6667"), "{table}");
        assert!(table.contains("total 0.5000 of 2  "), "{table}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["kinds"]["sroie"]["values"]["total"]["found"], 0.5);
        assert_eq!(json["kinds"]["sroie"]["recall"], 0.75);
    }
}
