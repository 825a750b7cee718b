//! Class probabilities per word → spans of words → entities.
//!
//! Differs from the transformers pipeline in three ways, except under `none` and `simple`, which
//! are as there: a word's label is the one with the largest P(B-x) + P(I-x), so that two unsure
//! halves of one label outweigh a third class; where a neighbour lies far off, less evidence is
//! asked for a new entity; and an `I-` that comes after foreign words goes on with the entity whose
//! column it stands in.

use super::sequence::{Evidence, argmax, most_probable_labels};
use crate::document::{Entity, Page, Word};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PixelBox;
use crate::labels::{LabelSet, Tag};

/// How sub-words are merged and words grouped; names of the transformers pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregation {
    /// Each labelled word stands alone.
    None,
    /// Neighbours of one label, cut before a `B-`; word classes as they are most probable.
    Simple,
    /// The first sub-word speaks for its word. The model is trained on first sub-words only.
    #[default]
    First,
    /// Mean of the sub-words.
    Average,
    /// The surest sub-word.
    Max,
}

impl Aggregation {
    /// Whether words are grouped as the transformers pipeline does it, and no better.
    pub fn is_plain(self) -> bool {
        matches!(self, Self::None | Self::Simple)
    }
}

/// Rules of grouping.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BioOptions {
    pub aggregation: Aggregation,
    /// Choose the labels of all words together, so that a change of label needs a word that looks
    /// like the first of an entity, instead of the best label of every word.
    pub constrained: bool,
    /// Let the distance between words speak for or against a new entity.
    pub geometry: bool,
}

impl Default for BioOptions {
    fn default() -> Self {
        Self { aggregation: Aggregation::default(), constrained: true, geometry: true }
    }
}

/// Words of one label that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Index into [`LabelSet::entities`].
    pub label: usize,
    /// Indices of the words on their page, ascending.
    pub words: Vec<usize>,
    /// Mean probability of the label over the words, 0–1.
    pub score: f32,
}

/// A gap counts as far from here on, in heights of the words: 99 in 100 neighbours within an entity
/// of FUNSD, XFUND and CORD (train parts) stand closer, the columns of CORD's totals apart.
const FAR_ACROSS: f32 = 8.0;
const FAR_DOWN: f32 = 2.0;
/// No entity goes on over such a gap between lines; the largest within one in those sets is 7.8.
const TOO_FAR_DOWN: f32 = 10.0;
/// How many times less evidence a new entity needs after a far gap.
const FAR_WEIGHT: f32 = 4.0;

/// Groups the words of a page; `probabilities` is [words][classes].
///
/// # Errors
/// When the probabilities fit neither the words nor the labels.
pub fn spans(
    words: &[Word],
    probabilities: &[Vec<f32>],
    labels: &LabelSet,
    options: BioOptions,
) -> Result<Vec<Span>> {
    check(words, probabilities, labels)?;
    let plain = options.aggregation.is_plain();
    let choices: Vec<Choice> = if plain {
        probabilities.iter().map(|row| Choice::of_class(row, labels)).collect()
    } else {
        let words: Vec<Evidence> =
            probabilities.iter().map(|row| Evidence::new(row, labels)).collect();
        let chosen = if options.constrained {
            most_probable_labels(&words)
        } else {
            words.iter().map(Evidence::best).collect()
        };
        chosen.into_iter().zip(&words).map(|(label, word)| Choice::of_label(label, word)).collect()
    };
    let mut grouping = Grouping {
        words,
        geometry: options.geometry && !plain,
        spans: Vec::new(),
        scores: Vec::new(),
    };
    let mut open = None;
    for (word, choice) in choices.iter().enumerate() {
        open = match choice.label {
            Some(_) if options.aggregation == Aggregation::None => {
                Some(grouping.start(word, choice))
            }
            Some(_) => Some(grouping.place(word, choice, open)),
            None => None,
        };
    }
    Ok(grouping.finish())
}

/// Spans of a sequence of tags, without probabilities or places: an `I-` goes on with the label
/// before it, or else starts anew.
pub fn spans_of_tags(tags: &[Tag]) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut open = false;
    for (word, tag) in tags.iter().enumerate() {
        let (begins, label) = match *tag {
            Tag::Outside => {
                open = false;
                continue;
            }
            Tag::Begin(label) => (true, label),
            Tag::Inside(label) => (false, label),
        };
        match found.last_mut() {
            Some(span) if open && !begins && span.label == label => span.words.push(word),
            _ => found.push(Span { label, words: vec![word], score: 1.0 }),
        }
        open = true;
    }
    found
}

/// Tags of `words` words under these spans, the inverse of [`spans_of_tags`] for unbroken spans.
pub fn tags_of_spans(words: usize, spans: &[Span]) -> Vec<Tag> {
    let mut tags = vec![Tag::Outside; words];
    for span in spans {
        for (position, word) in span.words.iter().enumerate() {
            if let Some(tag) = tags.get_mut(*word) {
                *tag = if position == 0 { Tag::Begin(span.label) } else { Tag::Inside(span.label) };
            }
        }
    }
    tags
}

/// The entity that a span stands for; `None` for a span without words of this page.
pub fn entity(page: &Page, span: &Span, labels: &LabelSet, id: usize) -> Option<Entity> {
    let words: Vec<Word> =
        span.words.iter().filter_map(|word| page.words.get(*word)).cloned().collect();
    let bbox = PixelBox::union_of(words.iter().map(|word| word.bbox))?;
    let texts: Vec<&str> =
        words.iter().map(|word| word.text.trim()).filter(|text| !text.is_empty()).collect();
    Some(Entity {
        id,
        label: labels.entities().get(span.label)?.clone(),
        text: texts.join(" "),
        value: None,
        score: span.score.clamp(0.0, 1.0),
        ocr_confidence: words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32,
        page: page.number,
        bbox,
        words,
    })
}

/// What one word is taken for.
#[derive(Debug, Clone, Copy)]
struct Choice {
    /// Entity label; `None` for `O`.
    label: Option<usize>,
    /// Probability of what was chosen.
    score: f32,
    /// Evidence for the first word of an entity, and for a later one.
    begin: f32,
    inside: f32,
}

impl Choice {
    /// The class alone decides.
    fn of_class(row: &[f32], labels: &LabelSet) -> Self {
        let id = argmax(row);
        let score = row[id];
        match labels.tag(id).unwrap_or(Tag::Outside) {
            Tag::Outside => Self { label: None, score, begin: 0.0, inside: 0.0 },
            Tag::Begin(label) => Self { label: Some(label), score, begin: 1.0, inside: 0.0 },
            Tag::Inside(label) => Self { label: Some(label), score, begin: 0.0, inside: 1.0 },
        }
    }

    /// `B-` and `I-` of a label count together.
    fn of_label(label: Option<usize>, word: &Evidence) -> Self {
        match label {
            None => Self { label, score: word.outside, begin: 0.0, inside: 0.0 },
            Some(l) => {
                Self { label, score: word.of(l), begin: word.begin[l], inside: word.inside[l] }
            }
        }
    }
}

/// Spans under construction.
struct Grouping<'a> {
    words: &'a [Word],
    geometry: bool,
    spans: Vec<Span>,
    scores: Vec<f32>,
}

impl Grouping<'_> {
    /// Puts a labelled word into the span of the word before it (`open`), into an older one whose
    /// column it continues, or into a new one. Returns the span's index.
    fn place(&mut self, word: usize, choice: &Choice, open: Option<usize>) -> usize {
        let label = choice.label;
        if let Some(index) = open.filter(|index| Some(self.spans[*index].label) == label) {
            let weight = match self.gap(index, word) {
                Gap::Near => 1.0,
                Gap::Far => FAR_WEIGHT,
                Gap::TooFar => return self.start(word, choice),
            };
            if choice.begin * weight <= choice.inside {
                return self.append(index, word, choice);
            }
        } else if self.geometry && choice.inside > choice.begin {
            let older = (0..self.spans.len())
                .rev()
                .find(|index| Some(self.spans[*index].label) == label)
                .filter(|index| self.continues_column(*index, word));
            if let Some(index) = older {
                return self.append(index, word, choice);
            }
        }
        self.start(word, choice)
    }

    fn start(&mut self, word: usize, choice: &Choice) -> usize {
        self.spans.push(Span {
            label: choice.label.unwrap_or_default(),
            words: vec![word],
            score: 0.0,
        });
        self.scores.push(choice.score);
        self.spans.len() - 1
    }

    fn append(&mut self, index: usize, word: usize, choice: &Choice) -> usize {
        self.spans[index].words.push(word);
        self.scores[index] += choice.score;
        index
    }

    fn finish(mut self) -> Vec<Span> {
        for (span, sum) in self.spans.iter_mut().zip(self.scores) {
            span.score = sum / span.words.len() as f32;
        }
        self.spans
    }

    fn gap(&self, index: usize, word: usize) -> Gap {
        match self.spans[index].words.last() {
            Some(last) if self.geometry => gap(self.words[*last].bbox, self.words[word].bbox),
            _ => Gap::Near,
        }
    }

    /// Whether a word stands right under the last line of a span, in its column.
    fn continues_column(&self, index: usize, word: usize) -> bool {
        let below = self.words[word].bbox;
        let boxes = self.spans[index].words.iter().map(|word| self.words[*word].bbox);
        let Some(above) = PixelBox::union_of(boxes) else { return false };
        let last = self.spans[index].words.last().map_or(above, |word| self.words[*word].bbox);
        let height = mean_height(last, below);
        let down = below.top() as f32 - above.bottom() as f32;
        let shared = below.right().min(above.right()) > below.left().max(above.left());
        shared && below.center_y() > last.center_y() + height / 2.0 && down <= FAR_DOWN * height
    }
}

/// Distance between a word and the one before it in an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Near,
    Far,
    TooFar,
}

fn gap(before: PixelBox, after: PixelBox) -> Gap {
    let height = mean_height(before, after);
    // Negative where the two overlap.
    let between = |a0: u32, a1: u32, b0: u32, b1: u32| a0.max(b0) as f32 - a1.min(b1) as f32;
    let down = between(before.top(), before.bottom(), after.top(), after.bottom()) / height;
    let across = between(before.left(), before.right(), after.left(), after.right()) / height;
    if down > TOO_FAR_DOWN {
        Gap::TooFar
    } else if down > FAR_DOWN || (down < -0.3 && across > FAR_ACROSS) {
        Gap::Far
    } else {
        Gap::Near
    }
}

/// Whether two words in a row stand as neighbours within an entity do.
pub(super) fn are_near(before: PixelBox, after: PixelBox) -> bool {
    gap(before, after) == Gap::Near
}

fn mean_height(a: PixelBox, b: PixelBox) -> f32 {
    ((a.height() + b.height()) as f32 / 2.0).max(1.0)
}

fn check(words: &[Word], probabilities: &[Vec<f32>], labels: &LabelSet) -> Result<()> {
    let fits = probabilities.len() == words.len()
        && !labels.is_empty()
        && probabilities.iter().all(|row| row.len() == labels.len());
    if fits {
        return Ok(());
    }
    Err(Error::new(
        Stage::Decode,
        ErrorCode::LabelsMismatch,
        format!(
            "{} words have {} rows of probabilities, of {} classes where the label set has {}",
            words.len(),
            probabilities.len(),
            probabilities.first().map_or(0, Vec::len),
            labels.len()
        ),
    )
    .hint("use the label set that the model was trained with (`id2label` of its config.json)"))
}

#[cfg(test)]
#[path = "bio_tests.rs"]
mod tests;
