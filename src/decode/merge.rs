//! Windows of tokens → one vector of class probabilities per word.
//!
//! A word that stands in several windows is taken from the one where it has most context on its
//! poorer side; the reference pipeline has no windows over boxes and truncates instead. Its
//! sub-words are then merged as the transformers pipeline names it (`first`, `average`, `max`).

use super::bio::Aggregation;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::labels::{LabelSet, Tag};

/// What the model said about one window, token by token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WindowProbabilities {
    /// Word on the page that each token belongs to; `None` for special tokens and padding.
    pub word_of_token: Vec<Option<usize>>,
    /// Class probabilities of each token, [tokens][classes].
    pub probabilities: Vec<Vec<f32>>,
}

impl WindowProbabilities {
    /// From row-major logits, [tokens × classes]; rows beyond the tokens given are padding and
    /// dropped.
    ///
    /// # Errors
    /// When there are fewer rows than tokens.
    pub fn from_logits(
        word_of_token: Vec<Option<usize>>,
        logits: &[f32],
        classes: usize,
    ) -> Result<Self> {
        if classes == 0 || logits.len() < word_of_token.len() * classes {
            return Err(mismatch(format!(
                "{} logits do not cover {} tokens of {classes} classes",
                logits.len(),
                word_of_token.len()
            )));
        }
        let probabilities =
            logits.chunks_exact(classes).take(word_of_token.len()).map(softmax).collect();
        Ok(Self { word_of_token, probabilities })
    }
}

/// Probabilities of one row of logits.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|v| (v - highest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.into_iter().map(|e| e / sum).collect()
}

/// One vector per word, [words][classes]; a word without any token is certainly `O`.
///
/// # Errors
/// When a window names a word that is not there, or its vectors don't fit `labels`.
pub fn merge_windows(
    windows: &[WindowProbabilities],
    words: usize,
    labels: &LabelSet,
    aggregation: Aggregation,
) -> Result<Vec<Vec<f32>>> {
    let mut best: Vec<Option<Occurrence>> = vec![None; words];
    for (index, window) in windows.iter().enumerate() {
        check(window, words, labels)?;
        for (word, occurrence) in occurrences(index, window) {
            if best[word].is_none_or(|held| occurrence.beats(held)) {
                best[word] = Some(occurrence);
            }
        }
    }
    Ok(best
        .into_iter()
        .map(|occurrence| match occurrence {
            Some(o) => {
                merge_subwords(&windows[o.window].probabilities[o.first..=o.last], aggregation)
            }
            None => certainly_outside(labels),
        })
        .collect())
}

/// Where a word stands in one window.
#[derive(Debug, Clone, Copy)]
struct Occurrence {
    window: usize,
    /// First and last token of the word.
    first: usize,
    last: usize,
    /// Tokens of the page before and after it in this window.
    before: usize,
    after: usize,
}

impl Occurrence {
    /// More context on the poorer side, then more in all; the earlier window keeps a tie.
    fn beats(self, other: Self) -> bool {
        let rank = |o: Self| (o.before.min(o.after), o.before + o.after);
        rank(self) > rank(other)
    }
}

/// Every word of a window with its place; tokens of a word are neighbours.
fn occurrences(index: usize, window: &WindowProbabilities) -> Vec<(usize, Occurrence)> {
    let total = window.word_of_token.iter().flatten().count();
    let mut found: Vec<(usize, Occurrence)> = Vec::new();
    let mut seen = 0;
    let mut previous = None;
    for (token, word) in window.word_of_token.iter().enumerate() {
        if let Some(word) = *word {
            seen += 1;
            match found.last_mut() {
                Some((_, held)) if previous == Some(word) => {
                    held.last = token;
                    held.after = total - seen;
                }
                _ => found.push((
                    word,
                    Occurrence {
                        window: index,
                        first: token,
                        last: token,
                        before: seen - 1,
                        after: total - seen,
                    },
                )),
            }
        }
        previous = *word;
    }
    found
}

/// [sub-words][classes] → [classes].
fn merge_subwords(tokens: &[Vec<f32>], aggregation: Aggregation) -> Vec<f32> {
    match aggregation {
        Aggregation::None | Aggregation::Simple | Aggregation::First => tokens[0].clone(),
        Aggregation::Average => {
            let mut mean = vec![0.0; tokens[0].len()];
            for token in tokens {
                for (sum, p) in mean.iter_mut().zip(token) {
                    *sum += p / tokens.len() as f32;
                }
            }
            mean
        }
        Aggregation::Max => {
            let peak = |token: &[f32]| token.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut surest = &tokens[0];
            for token in &tokens[1..] {
                if peak(token) > peak(surest) {
                    surest = token;
                }
            }
            surest.clone()
        }
    }
}

/// All on `O`; spread evenly where the labels have no `O`.
fn certainly_outside(labels: &LabelSet) -> Vec<f32> {
    match labels.id_of(Tag::Outside) {
        Some(outside) => (0..labels.len()).map(|id| f32::from(id == outside)).collect(),
        None => vec![1.0 / labels.len().max(1) as f32; labels.len()],
    }
}

fn check(window: &WindowProbabilities, words: usize, labels: &LabelSet) -> Result<()> {
    if window.word_of_token.len() != window.probabilities.len() {
        return Err(mismatch(format!(
            "a window has {} tokens but {} rows of probabilities",
            window.word_of_token.len(),
            window.probabilities.len()
        )));
    }
    if let Some(word) = window.word_of_token.iter().flatten().find(|word| **word >= words) {
        return Err(mismatch(format!("a window names word {word} of a page with {words} words")));
    }
    if let Some(row) = window.probabilities.iter().find(|row| row.len() != labels.len()) {
        return Err(mismatch(format!(
            "the model gives {} classes, its label set has {}",
            row.len(),
            labels.len()
        )));
    }
    Ok(())
}

fn mismatch(message: String) -> Error {
    Error::new(Stage::Decode, ErrorCode::LabelsMismatch, message)
        .hint("use the label set that the model was trained with (`id2label` of its config.json)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels() -> LabelSet {
        LabelSet::bio(&["total"])
    }

    /// A window whose every token says class `1 + window number` as its first probability.
    fn window(mark: f32, word_of_token: Vec<Option<usize>>) -> WindowProbabilities {
        let probabilities = word_of_token.iter().map(|_| vec![mark, 1.0 - mark, 0.0]).collect();
        WindowProbabilities { word_of_token, probabilities }
    }

    #[test]
    fn a_word_is_taken_from_the_window_with_most_context_on_both_sides() {
        let first = window(0.1, vec![None, Some(0), Some(1), Some(2), Some(3), None]);
        let second = window(0.2, vec![None, Some(2), Some(3), Some(4), Some(5), None]);
        let merged =
            merge_windows(&[first, second], 6, &labels(), Aggregation::First).expect("valid");
        let marks: Vec<f32> = merged.iter().map(|row| row[0]).collect();
        // Word 2: one token after it in the first window, none before it in the second.
        assert_eq!(marks, [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]);
    }

    #[test]
    fn a_word_without_tokens_is_outside_with_certainty() {
        let merged = merge_windows(
            &[window(0.1, vec![None, Some(0), Some(2), None])],
            3,
            &labels(),
            Aggregation::First,
        )
        .expect("valid");
        assert_eq!(merged[1], [1.0, 0.0, 0.0]);
        let none = merge_windows(&[], 1, &labels(), Aggregation::First).expect("valid");
        assert_eq!(none, [[1.0, 0.0, 0.0]]);
    }

    #[test]
    fn subwords_are_merged_as_the_pipeline_names_it() {
        let tokens = [vec![0.6, 0.4, 0.0], vec![0.1, 0.0, 0.9], vec![0.2, 0.8, 0.0]];
        assert_eq!(merge_subwords(&tokens, Aggregation::First), tokens[0]);
        assert_eq!(merge_subwords(&tokens, Aggregation::Max), tokens[1]);
        let average = merge_subwords(&tokens, Aggregation::Average);
        for (got, want) in average.iter().zip([0.3, 0.4, 0.3]) {
            assert!((got - want).abs() < 1e-6, "{average:?}");
        }
    }

    #[test]
    fn classes_that_do_not_fit_the_labels_are_an_error() {
        let wide = WindowProbabilities {
            word_of_token: vec![Some(0)],
            probabilities: vec![vec![0.5, 0.5]],
        };
        let error = merge_windows(&[wide], 1, &labels(), Aggregation::First).unwrap_err();
        assert_eq!(error.code, ErrorCode::LabelsMismatch);
        assert!(error.message.contains("2 classes, its label set has 3"), "{}", error.message);
        let beyond = window(0.1, vec![Some(7)]);
        assert!(merge_windows(&[beyond], 1, &labels(), Aggregation::First).is_err());
    }

    #[test]
    fn logits_become_probabilities_and_padding_rows_are_dropped() {
        let logits = [0.0, 0.0, 1000.0, 0.0, 9.0, 9.0];
        let window =
            WindowProbabilities::from_logits(vec![None, Some(0)], &logits, 2).expect("fits");
        assert_eq!(window.probabilities, [[0.5, 0.5], [1.0, 0.0]]);
        assert!(WindowProbabilities::from_logits(vec![None; 4], &logits, 2).is_err());
    }

    proptest! {
        #[test]
        fn every_word_gets_one_distribution(
            words in 0usize..60,
            length in 1usize..20,
            overlap in 0usize..10,
        ) {
            let step = length.saturating_sub(overlap).max(1);
            let windows: Vec<_> = (0..words)
                .step_by(step)
                .map(|start| {
                    window(0.25, (start..words.min(start + length)).map(Some).collect())
                })
                .collect();
            let merged = merge_windows(&windows, words, &labels(), Aggregation::Average)
                .expect("valid");
            prop_assert_eq!(merged.len(), words);
            for row in merged {
                prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                // Covered, so never the certain O of a word without tokens.
                prop_assert!((row[0] - 0.25).abs() < 1e-6);
            }
        }
    }
}
