//! Class probabilities of words → the labels of all words, chosen together.
//!
//! On 63 receipts held out of SROIE's train split this finds entities with F1 .935 (.765 on own OCR)
//! where the best label of every word gives .931 (.752).

use crate::labels::{LabelSet, Tag};

/// What a word that does not look like the first of its entity is worth as such.
const UNSTARTED: f32 = 0.1;

/// The classes of one word, by label.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub outside: f32,
    /// By entity label.
    pub begin: Vec<f32>,
    pub inside: Vec<f32>,
}

impl Evidence {
    pub fn new(row: &[f32], labels: &LabelSet) -> Self {
        let none = vec![0.0; labels.entities().len()];
        let mut evidence = Self { outside: 0.0, begin: none.clone(), inside: none };
        for (id, p) in row.iter().enumerate() {
            match labels.tag(id).unwrap_or(Tag::Outside) {
                Tag::Outside => evidence.outside += p,
                Tag::Begin(label) => evidence.begin[label] += p,
                Tag::Inside(label) => evidence.inside[label] += p,
            }
        }
        evidence
    }

    /// `B-` and `I-` of a label together.
    pub fn of(&self, label: usize) -> f32 {
        self.begin[label] + self.inside[label]
    }

    /// The most probable label.
    pub fn best(&self) -> Option<usize> {
        let mut best = (None, self.outside);
        for label in 0..self.begin.len() {
            if self.of(label) > best.1 {
                best = (Some(label), self.of(label));
            }
        }
        best.0
    }
}

/// The most probable sequence of labels, if going from one label to another costs what the word
/// lacks of a first word (Viterbi). [`UNSTARTED`] bounds the cost: an `I-` alone, with much
/// evidence, still makes an entity.
pub fn most_probable_labels(words: &[Evidence]) -> Vec<Option<usize>> {
    let cost = |p: f32| -p.max(f32::MIN_POSITIVE).ln();
    let states = words.first().map_or(0, |word| word.begin.len() + 1); // the last one is O
    let mut costs = vec![0.0; states];
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(words.len());
    for (position, word) in words.iter().enumerate() {
        let cheapest = argmin(&costs);
        let mut from = vec![cheapest; states];
        let mut next = vec![0.0; states];
        for state in 0..states {
            let (emission, enter) = if state + 1 == states {
                (cost(word.outside), 0.0)
            } else {
                let (begin, all) = (word.begin[state], word.of(state));
                let share = if all > 0.0 { begin / all } else { 1.0 };
                (cost(all), cost((2.0 * share).clamp(UNSTARTED, 1.0)))
            };
            let entered = costs[cheapest] + enter;
            let stays = position > 0 && costs[state] <= entered;
            from[state] = if stays { state } else { cheapest };
            next[state] = emission + if stays { costs[state] } else { entered };
        }
        costs = next;
        back.push(from);
    }
    let mut path = Vec::with_capacity(words.len());
    let mut state = argmin(&costs);
    for from in back.iter().rev() {
        path.push((state + 1 < states).then_some(state));
        state = from[state];
    }
    path.reverse();
    path
}

fn argmin(row: &[f32]) -> usize {
    let negated: Vec<f32> = row.iter().map(|cost| -cost).collect();
    argmax(&negated)
}

/// Position of the largest value, the first of equals; 0 for none.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (id, p) in row.iter().enumerate() {
        if *p > row[best] {
            best = id;
        }
    }
    best
}
