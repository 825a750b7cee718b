//! Token labelling as the trainer sees it: batches of labelled windows, the loss of their classes, the
//! score on the dev split.

use super::example::{Example, ExampleSet, HeadTargets, IGNORED, Pair};
use super::objective::relation::{self, PairBatch};
use super::objective::tagging;
use super::score::{DevPage, score};
use super::trainer::{BatchSource, Loss, Objective, Score};
use super::vary::varied;
use crate::encode::Window;
use crate::encode::batch::stack;
use crate::encode::tokenize::PlacedToken;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::labels::{LabelSet, Tag};
use crate::model::heads::Logits;
use crate::model::trunk::Inputs;
use crate::predict::Predictor;
use image::RgbImage;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use tch::{Device, Kind, Tensor};

/// Windows sorted by length together: fewer mix lengths, more group the same windows in each pass.
pub const STRETCH: usize = 256;

/// Batches of labelled windows.
pub struct LabelledWindows<'a> {
    set: &'a ExampleSet,
    pad: PlacedToken,
    mask: Option<i64>,
    visual: usize,
    batch_tokens: usize,
    seed: u64,
    device: Device,
    /// Whether pages are [`varied`] from pass to pass.
    vary: bool,
}

/// Inputs, and what each head is told about them.
pub struct LabelledBatch {
    inputs: Inputs,
    labels: HeadBatch,
    form: Option<HeadBatch>,
    pairs: Option<PairBatch>,
}

/// Targets [batch, seq]; open classes [batch, classes].
struct HeadBatch {
    targets: Tensor,
    open: Tensor,
}

impl HeadBatch {
    /// As [`tagging::loss`]. `logits` [batch, seq, classes].
    fn loss(&self, logits: &Tensor, labels: &LabelSet, weights: Option<&Tensor>) -> Option<Tensor> {
        let outside = labels.id_of(Tag::Outside).unwrap_or(0) as i64;
        tagging::loss(logits, &self.targets, &self.open, outside, weights)
    }
}

impl<'a> LabelledWindows<'a> {
    pub fn new(set: &'a ExampleSet, predictor: &Predictor, batch_tokens: usize, seed: u64) -> Self {
        Self {
            set,
            pad: predictor.tokenizer.pad,
            mask: predictor.tokenizer.mask,
            visual: predictor.model.config.visual_tokens() as usize,
            batch_tokens,
            seed,
            device: predictor.model.device(),
            vary: false,
        }
    }

    /// Shows pages a little differently in each pass, or not.
    pub fn varying(self, vary: bool) -> Self {
        Self { vary, ..self }
    }
}

impl LabelledWindows<'_> {
    fn head(&self, rows: &[&HeadTargets], seq: i64) -> HeadBatch {
        let count = rows.len() as i64;
        let targets = padded(rows.iter().map(|row| row.classes.as_slice()), seq as usize);
        let targets = Tensor::from_slice(&targets).view([count, seq]);
        let open: Vec<bool> =
            rows.iter().flat_map(|row| self.set.open_classes[row.open].iter().copied()).collect();
        let open = Tensor::from_slice(&open).view([count, -1]).to_kind(Kind::Bool);
        HeadBatch { targets: targets.to_device(self.device), open: open.to_device(self.device) }
    }
}

impl BatchSource for LabelledWindows<'_> {
    type Job = Vec<usize>;
    type Batch = LabelledBatch;

    /// Windows of like length together, in random order.
    fn pass(&self, pass: usize) -> Box<dyn Iterator<Item = Result<Vec<usize>>> + Send + '_> {
        let length = |index: usize| self.set.examples[index].window.len() + self.visual;
        let count = self.set.examples.len();
        let batches = shuffled_batches(count, length, self.batch_tokens, self.seed, pass);
        Box::new(batches.into_iter().map(Ok))
    }

    fn prepare(&self, batch: Vec<usize>, random: &mut ChaCha8Rng) -> Result<LabelledBatch> {
        let examples: Vec<&Example> = batch.iter().map(|&i| &self.set.examples[i]).collect();
        let mut windows: Vec<Cow<Window>> =
            examples.iter().map(|e| Cow::Borrowed(&e.window)).collect();
        if self.vary {
            for window in &mut windows {
                *window = Cow::Owned(varied(window, self.mask, random));
            }
        }
        let windows: Vec<&Window> = windows.iter().map(AsRef::as_ref).collect();
        let pictures: Vec<&RgbImage> =
            examples.iter().map(|e| &self.set.pictures[e.picture]).collect();
        let pages: Vec<usize> = (0..examples.len()).collect();
        let inputs = stack(&windows, &pictures, &pages, self.pad, self.device);
        let (_, seq) = inputs.size();
        let labels: Vec<&HeadTargets> = examples.iter().map(|e| &e.labels).collect();
        let form: Option<Vec<&HeadTargets>> = examples.iter().map(|e| e.form.as_ref()).collect();
        let labels = self.head(&labels, seq);
        let form = form.map(|form| self.head(&form, seq));
        let pairs: Vec<&[Pair]> = examples.iter().map(|e| e.pairs.as_slice()).collect();
        let pairs = PairBatch::of(&pairs, seq, self.device);
        Ok(LabelledBatch { inputs, labels, form, pairs })
    }
}

/// The windows `0..count` of a pass in batches of like length, in random order by seed and pass.
pub fn shuffled_batches(
    count: usize,
    length: impl Fn(usize) -> usize,
    most: usize,
    seed: u64,
    pass: usize,
) -> Vec<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(pass as u64));
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random);
    let mut batches = Vec::new();
    // Sorted within stretches only, so that each pass groups the pages differently.
    for stretch in order.chunks_mut(STRETCH) {
        stretch.sort_by_key(|index| length(*index));
        batches.extend(cut(stretch.iter().copied(), |index| length(*index), most));
    }
    batches.shuffle(&mut random);
    batches
}

/// Groups of things of rising length whose padded sum stays within `most` tokens, one at least.
pub fn cut<T>(
    things: impl IntoIterator<Item = T>,
    length: impl Fn(&T) -> usize,
    most: usize,
) -> Vec<Vec<T>> {
    let mut groups = Vec::new();
    let mut group: Vec<T> = Vec::new();
    for thing in things {
        // The last is the longest: all are padded to it.
        if length(&thing) * (group.len() + 1) > most && !group.is_empty() {
            groups.push(std::mem::take(&mut group));
        }
        group.push(thing);
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// Rows of targets one after the other, each filled up to `length` with [`IGNORED`].
pub fn padded<'a>(rows: impl Iterator<Item = &'a [i64]>, length: usize) -> Vec<i64> {
    rows.flat_map(|row| {
        row.iter().copied().chain(std::iter::repeat_n(IGNORED, length.saturating_sub(row.len())))
    })
    .collect()
}

/// The classes of words, scored by entities and fields.
pub struct Labelling<'a> {
    pub predictor: &'a Predictor,
    pub dev: &'a [DevPage],
    /// `[classes]`: how much a token of each class counts; alike without it.
    pub class_weights: Option<Tensor>,
}

impl Objective for Labelling<'_> {
    type Batch = LabelledBatch;

    fn loss(&self, batch: &LabelledBatch) -> Result<Loss> {
        let (logits, encoded) = self.predictor.model.forward_train(&batch.inputs);
        let Logits::Tokens(logits) = logits else {
            let message = "a token head answers per token";
            return Err(Error::new(Stage::Train, ErrorCode::Internal, message));
        };
        let (rows, seq) = batch.inputs.size();
        let visual = self.predictor.model.config.visual_tokens();
        let weights = self.class_weights.as_ref();
        let total = batch.labels.loss(&logits, &self.predictor.labels, weights);
        let links = self.predictor.model.relation.as_ref().zip(batch.pairs.as_ref());
        let links = links
            .map(|(head, pairs)| relation::loss(head, &encoded.text, &batch.inputs.bbox, pairs));
        let form = self.predictor.model.form.as_ref().zip(self.predictor.form_labels.as_ref());
        let form = form.zip(batch.form.as_ref()).and_then(|((head, labels), targets)| {
            let logits = head.forward(&encoded.text, true); // [batch, seq, parts]
            targets.loss(&logits, labels, None)
        });
        let named = [("labels", total), ("form", form), ("links", links)];
        let named: Vec<(&str, Tensor)> =
            named.into_iter().filter_map(|(name, loss)| Some((name, loss?))).collect();
        let parts = if named.len() > 1 {
            named.iter().map(|(name, loss)| (*name, loss.double_value(&[]))).collect()
        } else {
            Vec::new()
        };
        let total = named.into_iter().map(|(_, loss)| loss).reduce(|sum, part| sum + part);
        Ok(Loss { total, parts, tokens: (rows * (seq + visual)) as usize })
    }

    fn score(&self) -> Result<Option<Score>> {
        if self.dev.is_empty() {
            return Ok(None);
        }
        Ok(Some(score(self.predictor, self.dev)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_hold_everything_once_and_fit(
            mut lengths in proptest::collection::vec(1usize..600, 0..200), most in 1usize..3000,
        ) {
            lengths.sort_unstable();
            let groups = cut(lengths.iter().copied(), |length| *length, most);
            prop_assert_eq!(groups.concat(), lengths);
            for group in groups {
                let padded = group.last().copied().unwrap_or(0) * group.len();
                prop_assert!(padded <= most || group.len() == 1);
            }
        }
    }

    #[test]
    fn short_rows_are_filled_up() {
        let rows = [vec![1, 2, 3], vec![4]];
        let filled = padded(rows.iter().map(Vec::as_slice), 3);
        assert_eq!(filled, [1, 2, 3, 4, IGNORED, IGNORED]);
    }
}
