//! Scores as pure functions: counts and F1, calibration, confidence intervals, confusion.
//!
//! Entities are scored as seqeval does in its default mode: an entity is right when its label, its
//! first and its last word are. The one difference: entities that skip words, which tags can't
//! express, are compared by all their words.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many were right, of how many given and how many wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub right: usize,
    pub predicted: usize,
    pub truth: usize,
}

impl Counts {
    /// 0 where nothing was predicted.
    pub fn precision(self) -> f64 {
        ratio(self.right, self.predicted)
    }
    /// 0 where nothing was wanted.
    pub fn recall(self) -> f64 {
        ratio(self.right, self.truth)
    }
    /// Harmonic mean of both: 2·right / (predicted + truth).
    pub fn f1(self) -> f64 {
        ratio(2 * self.right, self.predicted + self.truth)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.predicted += other.predicted;
        self.truth += other.truth;
    }
}

impl Serialize for Counts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut object = serializer.serialize_struct("Counts", 6)?;
        object.serialize_field("precision", &self.precision())?;
        object.serialize_field("recall", &self.recall())?;
        object.serialize_field("f1", &self.f1())?;
        object.serialize_field("right", &self.right)?;
        object.serialize_field("predicted", &self.predicted)?;
        object.serialize_field("truth", &self.truth)?;
        object.end()
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Counts by label and over all.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Scores {
    pub labels: BTreeMap<String, Counts>,
    pub micro: Counts,
}

impl Scores {
    /// Adds counts under a label and to the sum.
    pub fn add(&mut self, label: &str, counts: Counts) {
        *self.labels.entry(label.to_string()).or_default() += counts;
        self.micro += counts;
    }

    /// Adds what another page gave.
    pub fn add_all(&mut self, other: &Scores) {
        for (label, counts) in &other.labels {
            self.add(label, *counts);
        }
    }

    /// Mean of the labels' F1.
    pub fn macro_f1(&self) -> f64 {
        let sum: f64 = self.labels.values().map(|counts| counts.f1()).sum();
        if self.labels.is_empty() { 0.0 } else { sum / self.labels.len() as f64 }
    }
}

/// A labelled group of words, as it is compared: label and words.
pub type LabelledWords = (String, Vec<usize>);

/// Scores predicted groups against true ones; a group counts once however often it is given.
pub fn entity_scores(predicted: &[LabelledWords], truth: &[LabelledWords]) -> Scores {
    let predicted: BTreeSet<&LabelledWords> = predicted.iter().collect();
    let truth: BTreeSet<&LabelledWords> = truth.iter().collect();
    let mut scores = Scores::default();
    for group in &predicted {
        let right = usize::from(truth.contains(group));
        scores.add(&group.0, Counts { right, predicted: 1, truth: 0 });
    }
    for group in &truth {
        scores.add(&group.0, Counts { right: 0, predicted: 0, truth: 1 });
    }
    scores
}

/// Right, given and wanted among pairs.
pub fn pair_counts(predicted: &[(usize, usize)], truth: &[(usize, usize)]) -> Counts {
    let predicted: BTreeSet<_> = predicted.iter().collect();
    let truth: BTreeSet<_> = truth.iter().collect();
    Counts {
        right: predicted.intersection(&truth).count(),
        predicted: predicted.len(),
        truth: truth.len(),
    }
}

/// How often each true label was taken for which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Truth → prediction → words.
    pub counts: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Confusion {
    pub fn add(&mut self, truth: &str, predicted: &str) {
        let row = self.counts.entry(truth.to_string()).or_default();
        *row.entry(predicted.to_string()).or_default() += 1;
    }

    /// Share of words whose label is right; 0 without words.
    pub fn accuracy(&self) -> f64 {
        let all: usize = self.counts.values().flat_map(BTreeMap::values).sum();
        let right = self.counts.iter().filter_map(|(label, row)| row.get(label)).sum();
        ratio(right, all)
    }
}

/// Confidences in bins: how sure, how right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bin {
    pub count: usize,
    pub confidence: f64,
    pub accuracy: f64,
}

/// Reliability diagram: equal bins over 0–1, of (confidence, right).
pub fn reliability(outcomes: &[(f32, bool)], bins: usize) -> Vec<Bin> {
    let mut sums = vec![(0usize, 0.0f64, 0usize); bins.max(1)];
    for (confidence, right) in outcomes {
        let position = f64::from(confidence.clamp(0.0, 1.0)) * sums.len() as f64;
        let bin = (position as usize).min(sums.len() - 1);
        sums[bin].0 += 1;
        sums[bin].1 += f64::from(*confidence);
        sums[bin].2 += usize::from(*right);
    }
    sums.into_iter()
        .map(|(count, confidence, right)| Bin {
            count,
            confidence: if count == 0 { 0.0 } else { confidence / count as f64 },
            accuracy: ratio(right, count),
        })
        .collect()
}

/// Expected calibration error: mean gap between confidence and accuracy, weighted by the bins'
/// sizes (Guo et al. 2017, §2).
pub fn calibration_error(outcomes: &[(f32, bool)], bins: usize) -> f64 {
    let all = outcomes.len().max(1) as f64;
    reliability(outcomes, bins)
        .iter()
        .map(|bin| bin.count as f64 / all * (bin.confidence - bin.accuracy).abs())
        .sum()
}

/// Probabilities at another temperature: what `softmax(logits / temperature)` would have given.
pub fn at_temperature(probabilities: &[f32], temperature: f64) -> Vec<f32> {
    let powered: Vec<f64> = probabilities
        .iter()
        .map(|p| f64::from(p.max(f32::MIN_POSITIVE)).ln() / temperature)
        .collect();
    let highest = powered.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = powered.iter().map(|v| (v - highest).exp()).sum();
    powered.iter().map(|v| ((v - highest).exp() / sum) as f32).collect()
}

/// Mean negative log likelihood of the true classes, (probabilities, class), at a temperature.
pub fn negative_log_likelihood(rows: &[(Vec<f32>, usize)], temperature: f64) -> f64 {
    let sum: f64 = rows
        .iter()
        .map(|(row, class)| {
            let p = at_temperature(row, temperature).get(*class).copied().unwrap_or(0.0);
            -f64::from(p.max(f32::MIN_POSITIVE)).ln()
        })
        .sum();
    sum / rows.len().max(1) as f64
}

/// The temperature with the least negative log likelihood, found by golden section on its logarithm
/// between 0.1 and 10; 1 without rows. The likelihood has one minimum in 1/temperature.
pub fn fit_temperature(rows: &[(Vec<f32>, usize)]) -> f64 {
    if rows.is_empty() {
        return 1.0;
    }
    let loss = |logarithm: f64| negative_log_likelihood(rows, logarithm.exp());
    let shrink = (5.0f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.1f64.ln(), 10.0f64.ln());
    let (mut left, mut right) = (high - shrink * (high - low), low + shrink * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    while high - low > 1e-3 {
        if at_left < at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - shrink * (high - low);
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + shrink * (high - low);
            at_right = loss(right);
        }
    }
    f64::midpoint(low, high).exp()
}

/// Between which values a score lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Percentile bootstrap over documents of a micro F1: documents are drawn with replacement, so that
/// what one hard document does to all its entities is not taken for many independent mistakes.
pub fn bootstrap_f1(documents: &[Counts], resamples: usize, seed: u64) -> Option<Interval> {
    if documents.is_empty() || resamples == 0 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut scores: Vec<f64> = (0..resamples)
        .map(|_| {
            let mut sum = Counts::default();
            for _ in 0..documents.len() {
                sum += documents[random.random_range(0..documents.len())];
            }
            sum.f1()
        })
        .collect();
    scores.sort_by(f64::total_cmp);
    let quantile = |q: f64| scores[((scores.len() - 1) as f64 * q).round() as usize];
    Some(Interval { low: quantile(0.025), high: quantile(0.975) })
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
