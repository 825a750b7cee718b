//! Names exchanged between pages, so that a model learns from where a name stands whose it is, and not the name:
//! the seller's of one page may be the seller's or the buyer's of another. Numbers of documents change places, too.
//!
//! Only names whose words have as many word pieces each change places, so that boxes and classes fit.

use super::example::Example;
use crate::encode::Window;
use crate::labels::{LabelSet, Tag};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::ops::Range;

/// Share of the names that are exchanged where another fits.
const EXCHANGED: f64 = 0.3;
/// Labels whose texts say nothing of the label; those of one row change places with each other.
const ALIKE: [&[&str]; 2] = [&["company", "customer"], &["invoice_number"]];

/// Row of [`ALIKE`] and word pieces of each word.
type Shape = (usize, Vec<usize>);

/// The names of all pages by their shape, as ids of word pieces.
#[derive(Debug, Default)]
pub struct Exchange {
    names: BTreeMap<Shape, Vec<Vec<i64>>>,
    /// Row of [`ALIKE`] for each entity of the label set.
    rows: Vec<Option<usize>>,
}

impl Exchange {
    pub fn of(examples: &[Example], labels: &LabelSet) -> Self {
        let row = |entity: &String| ALIKE.iter().position(|row| row.contains(&entity.as_str()));
        let mut exchange =
            Self { names: BTreeMap::new(), rows: labels.entities().iter().map(row).collect() };
        for example in examples {
            for (shape, tokens) in exchange.found(example, labels) {
                let name = example.window.token_ids[tokens].to_vec();
                exchange.names.entry(shape).or_default().push(name);
            }
        }
        exchange
    }

    /// The window of a page with some of its names exchanged.
    pub fn exchanged(
        &self,
        example: &Example,
        labels: &LabelSet,
        random: &mut ChaCha8Rng,
    ) -> Window {
        let mut window = example.window.clone();
        for (shape, tokens) in self.found(example, labels) {
            let names = self.names.get(&shape).filter(|_| random.random::<f64>() < EXCHANGED);
            if let Some(other) = names.and_then(|names| names.choose(random)) {
                window.token_ids[tokens].copy_from_slice(other);
            }
        }
        window
    }

    /// Shape and tokens of every name that may be exchanged.
    fn found(&self, example: &Example, labels: &LabelSet) -> Vec<(Shape, Range<usize>)> {
        let words = &example.window.word_of_token;
        let mut found: Vec<(Shape, Range<usize>)> = Vec::new();
        let mut open: Option<usize> = None;
        for token in 0..words.len() {
            let begins = words[token].is_some() && (token == 0 || words[token - 1] != words[token]);
            let tag =
                usize::try_from(example.labels.classes[token]).ok().and_then(|c| labels.tag(c));
            match tag {
                Some(Tag::Begin(entity)) => {
                    open = Some(entity);
                    if let Some(row) = self.rows[entity] {
                        found.push(((row, vec![1]), token..token + 1));
                    }
                }
                Some(Tag::Inside(entity)) if begins && open == Some(entity) => {
                    if let Some(((_, pieces), tokens)) =
                        found.last_mut().filter(|_| self.rows[entity].is_some())
                    {
                        pieces.push(1);
                        tokens.end = token + 1;
                    }
                }
                _ if begins || words[token].is_none() => open = None,
                // A further piece of the word before.
                _ => {
                    let ongoing = open.filter(|&entity| self.rows[entity].is_some());
                    if let Some(((_, pieces), tokens)) = ongoing.and(found.last_mut()) {
                        *pieces.last_mut().unwrap_or(&mut 0) += 1;
                        tokens.end = token + 1;
                    }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::example::{HeadTargets, IGNORED};
    use rand::SeedableRng;

    /// A page of words, each so many pieces long, and the class of each word.
    fn page(first_id: i64, words: &[(usize, i64)]) -> Example {
        let mut window = Window::default();
        let mut classes = Vec::new();
        for (word, &(pieces, class)) in words.iter().enumerate() {
            for piece in 0..pieces {
                window.token_ids.push(first_id + window.token_ids.len() as i64);
                window.token_types.push(0);
                window.boxes.push(Default::default());
                window.word_of_token.push(Some(word));
                classes.push(if piece == 0 { class } else { IGNORED });
            }
        }
        let labels = HeadTargets { classes, open: 0 };
        Example { window, labels, form: None, picture: 0, pairs: Vec::new() }
    }

    #[test]
    fn names_of_one_shape_change_places_and_nothing_else_changes() {
        // O, B-COMPANY, I-COMPANY, B-CUSTOMER, I-CUSTOMER, B-TOTAL, I-TOTAL
        let labels = LabelSet::bio(&["company", "customer", "total"]);
        let pages = [
            page(100, &[(1, 0), (2, 1), (1, 2), (1, 0), (1, 5)]),
            page(200, &[(2, 3), (1, 4), (1, 0), (3, 5)]),
            page(300, &[(1, 3), (1, 0), (1, 1), (1, 5)]),
        ];
        let exchange = Exchange::of(&pages, &labels);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut seen = [0, 0];
        for _ in 0..100 {
            let shown = exchange.exchanged(&pages[0], &labels, &mut random);
            let ids = &pages[0].window.token_ids;
            assert_eq!((shown.token_ids[0], &shown.token_ids[4..]), (ids[0], &ids[4..]));
            assert_eq!(shown.word_of_token, pages[0].window.word_of_token);
            match shown.token_ids[1..4] {
                [101, 102, 103] => seen[0] += 1,
                [200, 201, 202] => seen[1] += 1,
                _ => panic!("{:?}", shown.token_ids),
            }
        }
        assert!(seen[0] > 70 && seen[1] > 5, "{seen:?}");
        let alone = exchange.exchanged(&pages[2], &labels, &mut random);
        assert_eq!(alone.token_ids.len(), pages[2].window.token_ids.len());
    }
}
