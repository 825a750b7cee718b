//! How well a data set's key values were aligned to words, and what field scores the labels allow.
//!
//! The oracle decodes the aligned tags back into strings and compares them with the truth: no model
//! trained on these labels can be expected to score higher.

use super::Sample;
use super::align::stream::fold;
use std::collections::BTreeMap;
use std::fmt;

/// Counts for one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Pages that give a value for the key.
    pub given: usize,
    /// Pages where words were found for it.
    pub aligned: usize,
    /// Pages where those words, joined by spaces, are the value to the letter.
    pub exact: usize,
    /// The same without regard to case, spaces and punctuation.
    pub folded: usize,
}

/// Alignment of a whole data set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlignmentReport {
    pub pages: usize,
    pub keys: BTreeMap<String, KeyCounts>,
    /// `page id, key, words found, value given` wherever the folded texts differ.
    pub misses: Vec<(String, String, String, String)>,
}

impl AlignmentReport {
    pub fn of(samples: &[Sample]) -> Self {
        let mut report = Self { pages: samples.len(), ..Self::default() };
        for sample in samples {
            for (key, value) in &sample.truth {
                report.add(sample, key, value);
            }
        }
        report
    }

    fn add(&mut self, sample: &Sample, key: &str, value: &str) {
        let found = tagged_text(sample, key);
        let counts = self.keys.entry(key.to_string()).or_default();
        counts.given += 1;
        counts.aligned += usize::from(!found.is_empty());
        counts.exact += usize::from(found == value);
        if fold(&found) == fold(value) {
            counts.folded += 1;
        } else {
            self.misses.push((sample.id.clone(), key.to_string(), found, value.to_string()));
        }
    }
}

/// The words tagged with a label, joined by single spaces.
pub fn tagged_text(sample: &Sample, label: &str) -> String {
    let words: Vec<&str> = sample
        .words
        .iter()
        .zip(&sample.tags)
        .filter(|(_, tag)| tag.get(2..).is_some_and(|name| name.eq_ignore_ascii_case(label)))
        .map(|(word, _)| word.text.as_str())
        .collect();
    words.join(" ")
}

impl fmt::Display for AlignmentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} pages", self.pages)?;
        for (key, c) in &self.keys {
            let share = |n: usize| n as f64 / c.given.max(1) as f64;
            writeln!(
                f,
                "{key:<16} given {:>5}  aligned {:.4}  equal {:.4}  equal but for case, spaces, punctuation {:.4}",
                c.given,
                share(c.aligned),
                share(c.exact),
                share(c.folded)
            )?;
        }
        Ok(())
    }
}
