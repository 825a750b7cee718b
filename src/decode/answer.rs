//! Start and end scores of tokens → answers, as spans of words. Arithmetic only.
//!
//! Scores are probabilities within a window, over its words' tokens and [CLS], which stands for "not
//! here". Different from the reference's pipeline: spans of tokens that are the same words are one
//! answer and their probabilities are summed, and [CLS] always takes part.

use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Which answers are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerOptions {
    /// Answers kept, best first.
    pub top: usize,
    /// Tokens of an answer at most: an address may take thirty.
    pub max_tokens: usize,
}

impl Default for AnswerOptions {
    fn default() -> Self {
        Self { top: 1, max_tokens: 32 }
    }
}

/// What the model says about a window: logits a token, padding left out.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpans {
    pub start: Vec<f32>,
    pub end: Vec<f32>,
    /// Word on the page of each token; the first token is [CLS].
    pub word_of_token: Vec<Option<usize>>,
}

/// An answer on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// First and last word.
    pub words: RangeInclusive<usize>,
    /// 0–1
    pub score: f32,
}

/// What a page answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageAnswers {
    /// Best first, each span of words once.
    pub answers: Vec<Answer>,
    /// The probability that the page does not answer, 0–1: that of the window which is least sure of
    /// it.
    pub no_answer: f32,
}

/// The best answers of a page from its windows; a span in two windows counts where it is surer.
pub fn best_answers(windows: &[WindowSpans], options: AnswerOptions) -> PageAnswers {
    let mut best: HashMap<(usize, usize), f32> = HashMap::new();
    let mut no_answer = 1.0f32;
    for window in windows {
        let allowed: Vec<usize> = (0..window.word_of_token.len())
            .filter(|&token| token == 0 || window.word_of_token[token].is_some())
            .collect();
        let start = probabilities(&window.start, &allowed);
        let end = probabilities(&window.end, &allowed);
        if let (Some(first), Some(last)) = (start.first(), end.first()) {
            no_answer = no_answer.min(first * last);
        }
        for (span, score) in spans(window, &allowed, &start, &end, options.max_tokens) {
            let known = best.entry(span).or_default();
            *known = known.max(score);
        }
    }
    let mut answers: Vec<Answer> = best
        .into_iter()
        .map(|((first, last), score)| Answer { words: first..=last, score: score.min(1.0) })
        .collect();
    answers.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| (a.words.start(), a.words.end()).cmp(&(b.words.start(), b.words.end())))
    });
    answers.truncate(options.top);
    PageAnswers { answers, no_answer }
}

/// Probability of every span of words in a window.
fn spans(
    window: &WindowSpans,
    allowed: &[usize],
    start: &[f32],
    end: &[f32],
    max_tokens: usize,
) -> HashMap<(usize, usize), f32> {
    let mut found = HashMap::new();
    for from in 0..allowed.len() {
        let Some(first) = window.word_of_token[allowed[from]] else { continue };
        for to in from..allowed.len().min(from + max_tokens) {
            let Some(last) = window.word_of_token[allowed[to]] else { continue };
            *found.entry((first, last)).or_default() += start[from] * end[to];
        }
    }
    found
}

/// Softmax over the allowed tokens, in their order.
fn probabilities(logits: &[f32], allowed: &[usize]) -> Vec<f32> {
    let chosen: Vec<f32> =
        allowed.iter().map(|&token| logits.get(token).copied().unwrap_or(f32::MIN)).collect();
    let highest = chosen.iter().copied().fold(f32::MIN, f32::max);
    let raised: Vec<f32> = chosen.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f32 = raised.iter().sum();
    raised.into_iter().map(|value| value / sum.max(f32::MIN_POSITIVE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// [CLS], a question's token, a separator, then two tokens a word, and a separator.
    fn window(first_word: usize, words: usize, peaks: &[(usize, usize, f32)]) -> WindowSpans {
        let mut word_of_token = vec![None; 3];
        word_of_token.extend((0..2 * words).map(|token| Some(first_word + token / 2)));
        word_of_token.push(None);
        let mut start = vec![0.0; word_of_token.len()];
        let mut end = start.clone();
        for &(from, to, logit) in peaks {
            start[from] += logit;
            end[to] += logit;
        }
        WindowSpans { start, end, word_of_token }
    }

    #[test]
    fn best_span_is_found_with_its_words() {
        let page = best_answers(&[window(0, 10, &[(7, 10, 12.0)])], AnswerOptions::default());
        assert_eq!(page.answers.len(), 1);
        assert_eq!(page.answers[0].words, 2..=3);
        assert!(page.answers[0].score > 0.99 && page.no_answer < 0.01);
    }

    #[test]
    fn question_and_separators_are_no_answers() {
        let tall = [(1, 1, 30.0), (2, 2, 30.0), (23, 23, 30.0)];
        let options = AnswerOptions { top: 1000, ..AnswerOptions::default() };
        let page = best_answers(&[window(0, 10, &tall)], options);
        assert!(page.answers.iter().all(|answer| *answer.words.end() < 10));
        assert!(page.answers[0].score < 0.1);
    }

    #[test]
    fn answers_are_not_backwards_and_not_too_long() {
        let options = AnswerOptions { top: 1000, max_tokens: 4 };
        let page = best_answers(&[window(0, 10, &[(12, 5, 9.0)])], options);
        assert!(page.answers.iter().all(|a| a.words.end() - a.words.start() <= 2));
        assert!(page.answers.iter().all(|a| a.words.start() <= a.words.end()));
    }

    #[test]
    fn tokens_of_one_word_are_one_answer() {
        let halves = [(3, 3, 10.0), (4, 4, 10.0)];
        let options = AnswerOptions { top: 9, ..AnswerOptions::default() };
        let page = best_answers(&[window(0, 5, &halves)], options);
        assert_eq!(page.answers[0].words, 0..=0);
        // Of the four pairs of halves three are forwards.
        assert!((page.answers[0].score - 0.75).abs() < 0.01, "{}", page.answers[0].score);
    }

    #[test]
    fn page_has_an_answer_as_soon_as_one_window_has() {
        let none = window(0, 10, &[(0, 0, 12.0)]);
        let some = window(6, 10, &[(9, 9, 12.0)]);
        assert!(
            best_answers(std::slice::from_ref(&none), AnswerOptions::default()).no_answer > 0.99
        );
        let both = best_answers(&[none, some], AnswerOptions::default());
        assert!(both.no_answer < 0.01);
        assert_eq!(both.answers[0].words, 9..=9);
    }

    #[test]
    fn page_without_words_answers_nothing() {
        let page = best_answers(&[window(0, 0, &[])], AnswerOptions::default());
        assert_eq!(page, PageAnswers { answers: vec![], no_answer: 1.0 });
        assert_eq!(best_answers(&[], AnswerOptions::default()).no_answer, 1.0);
    }

    proptest! {
        #[test]
        fn scores_are_probabilities_and_fall(
            logits in proptest::collection::vec(-50.0f32..50.0, 24),
            ends in proptest::collection::vec(-50.0f32..50.0, 24),
        ) {
            let mut window = window(0, 10, &[]);
            window.start = logits;
            window.end = ends;
            let options = AnswerOptions { top: 500, max_tokens: 500 };
            let page = best_answers(&[window], options);
            let sum: f32 = page.answers.iter().map(|a| a.score).sum();
            prop_assert!(sum + page.no_answer < 1.001);
            prop_assert!(page.answers.windows(2).all(|pair| pair[0].score >= pair[1].score));
        }
    }
}
