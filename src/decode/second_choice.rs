//! Fields that the model sees no more than half: where a page has no entity of a label at all, the
//! word that comes nearest to being one, if that is near enough.
//!
//! A word is labelled when its label is more probable than `O`. To answer a question about a whole
//! page that asks too much: with F1 as the measure, an answer pays from a probability of half the F1
//! on (Lipton, Elkan and Naryanaswamy, 2014). A sum or date must make sense besides. The score says
//! how sure the model is, as ever.

use super::bio::{Span, are_near};
use super::context::ValueContext;
use super::fields::is_field_label;
use super::page::HeadPrediction;
use super::sequence::Evidence;
use super::value::{ValueKind, typed_value};
use crate::document::Word;

/// A neighbour is taken along from this share of the least probability on.
const ALONG: f32 = 0.7;

/// Spans for the labels that `found` has none of. `least` is the probability from which on a word
/// is taken; words of other spans are not.
pub fn second_choices(
    head: &HeadPrediction,
    words: &[Word],
    found: &[Span],
    context: &ValueContext,
    least: f32,
) -> Vec<Span> {
    let all = head.labels.entities().iter().enumerate();
    let missing: Vec<(usize, &String)> = all
        .filter(|(label, name)| {
            is_field_label(name) && !found.iter().any(|span| span.label == *label)
        })
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let evidence: Vec<Evidence> =
        head.probabilities.iter().map(|row| Evidence::new(row, &head.labels)).collect();
    let mut free = vec![true; words.len()];
    for word in found.iter().flat_map(|span| &span.words) {
        free[*word] = false;
    }
    let mut chosen: Vec<Span> = Vec::new();
    for (label, name) in missing {
        let Some(span) = best_span(&evidence, words, &free, label, least) else { continue };
        if makes_sense(name, &span, words, context) {
            span.words.iter().for_each(|word| free[*word] = false);
            chosen.push(span);
        }
    }
    chosen
}

/// The most probable free word of a label, and what goes with it on both sides.
fn best_span(
    evidence: &[Evidence],
    words: &[Word],
    free: &[bool],
    label: usize,
    least: f32,
) -> Option<Span> {
    let of = |word: usize| if free[word] { evidence[word].of(label) } else { 0.0 };
    let seed = (0..words.len()).max_by(|a, b| of(*a).total_cmp(&of(*b)))?;
    if of(seed) < least {
        return None;
    }
    let goes_with = |from: usize, to: usize| {
        of(to) >= ALONG * least && are_near(words[from].bbox, words[to].bbox)
    };
    let (mut first, mut last) = (seed, seed);
    while first > 0 && goes_with(first, first - 1) {
        first -= 1;
    }
    while last + 1 < words.len() && goes_with(last, last + 1) {
        last += 1;
    }
    let words: Vec<usize> = (first..=last).collect();
    let score = words.iter().map(|word| of(*word)).sum::<f32>() / words.len() as f32;
    Some(Span { label, words, score })
}

fn makes_sense(label: &str, span: &Span, words: &[Word], context: &ValueContext) -> bool {
    let texts: Vec<&str> = span.words.iter().map(|word| words[*word].text.trim()).collect();
    let text = texts.join(" ");
    match ValueKind::of_label(label) {
        ValueKind::Amount | ValueKind::Date => typed_value(label, &text, context).is_some(),
        ValueKind::Identifier => text.chars().any(|c| c.is_ascii_digit()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    fn words(texts: &[&str]) -> Vec<Word> {
        let word = |(index, text): (usize, &&str)| Word {
            text: (*text).to_string(),
            bbox: PixelBox::new(60 * index as i64, 0, 60 * index as i64 + 50, 20),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        texts.iter().enumerate().map(word).collect()
    }

    /// Rows of O, B-DATE, I-DATE, B-TOTAL, I-TOTAL.
    fn head(rows: &[[f32; 5]]) -> HeadPrediction {
        HeadPrediction {
            labels: LabelSet::bio(&["date", "total"]),
            probabilities: rows.iter().map(|row| row.to_vec()).collect(),
        }
    }

    fn choose(texts: &[&str], rows: &[[f32; 5]], found: &[Span]) -> Vec<(usize, Vec<usize>)> {
        let words = words(texts);
        let context = ValueContext::of_words(&words);
        let chosen = second_choices(&head(rows), &words, found, &context, 0.3);
        chosen.into_iter().map(|span| (span.label, span.words)).collect()
    }

    #[test]
    fn the_nearest_to_a_field_is_taken_with_what_belongs_to_it() {
        let rows = [
            [1.0, 0.0, 0.0, 0.0, 0.0],
            [0.6, 0.0, 0.0, 0.25, 0.15],
            [0.7, 0.0, 0.0, 0.0, 0.3],
            [0.9, 0.0, 0.0, 0.1, 0.0],
        ];
        let chosen = choose(&["Total", "12.50", "EUR", "thanks"], &rows, &[]);
        assert_eq!(chosen, [(1, vec![1, 2])]);
    }

    #[test]
    fn nothing_is_taken_beside_an_entity_or_below_the_least_probability_or_without_sense() {
        let sure = [0.6, 0.0, 0.0, 0.4, 0.0];
        let unsure = [0.8, 0.0, 0.0, 0.2, 0.0];
        let total = Span { label: 1, words: vec![0], score: 0.9 };
        assert!(choose(&["9.00", "12.50"], &[sure, sure], &[total]).is_empty());
        assert!(choose(&["12.50"], &[unsure], &[]).is_empty());
        assert!(choose(&["hello"], &[sure], &[]).is_empty());
        assert!(choose(&[], &[], &[]).is_empty());
    }

    #[test]
    fn a_word_is_taken_once() {
        let row = [0.2, 0.4, 0.0, 0.4, 0.0];
        let date = Span { label: 0, words: vec![0], score: 0.4 };
        assert!(choose(&["12.10.2020"], &[row], &[date]).is_empty());
    }
}
