//! Token labelling as the trainer sees it: batches of labelled windows, the loss of their classes, the
//! score on the dev split.

use super::example::{Example, ExampleSet, HeadTargets, IGNORED, Pair};
use super::exchange::Exchange;
use super::objective::relation::{self, PairBatch};
use super::objective::tagging;
use super::score::{DevPage, score};
use super::trainer::{BatchSource, Loss, Objective, Score};
use super::windows::Batching;
use crate::encode::Window;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::labels::{LabelSet, Tag};
use crate::model::heads::Logits;
use crate::model::trunk::Inputs;
use crate::predict::Predictor;
use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use tch::{Kind, Tensor};

/// Batches of labelled windows.
pub struct LabelledWindows<'a> {
    set: &'a ExampleSet,
    labels: &'a LabelSet,
    batching: Batching,
    /// Names that change places between pages, where that is wanted.
    exchange: Option<Exchange>,
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
    /// `exchange_names` shows names and numbers of other pages in the place of some (see [`Exchange`]).
    pub fn new(
        set: &'a ExampleSet,
        labels: &'a LabelSet,
        batching: Batching,
        exchange_names: bool,
    ) -> Self {
        let exchange = exchange_names.then(|| Exchange::of(&set.examples, labels));
        Self { set, labels, batching, exchange }
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
        let device = self.batching.device;
        HeadBatch { targets: targets.to_device(device), open: open.to_device(device) }
    }
}

impl BatchSource for LabelledWindows<'_> {
    type Job = Vec<usize>;
    type Batch = LabelledBatch;

    fn pass(&self, pass: usize) -> Box<dyn Iterator<Item = Result<Vec<usize>>> + Send + '_> {
        let windows = self.set.examples.iter().map(|example| &example.window);
        Box::new(self.batching.pass(windows, pass).into_iter().map(Ok))
    }

    fn prepare(&self, batch: Vec<usize>, random: &mut ChaCha8Rng) -> Result<LabelledBatch> {
        let examples: Vec<&Example> = batch.iter().map(|&i| &self.set.examples[i]).collect();
        let windows: Vec<Cow<Window>> = examples
            .iter()
            .map(|example| match &self.exchange {
                Some(exchange) => Cow::Owned(exchange.exchanged(example, self.labels, random)),
                None => Cow::Borrowed(&example.window),
            })
            .collect();
        let windows: Vec<&Window> = windows.iter().map(AsRef::as_ref).collect();
        let pictures: Vec<&RgbImage> =
            examples.iter().map(|e| &self.set.pictures[e.picture]).collect();
        let inputs = self.batching.inputs(&windows, &pictures, random);
        let (_, seq) = inputs.size();
        let labels: Vec<&HeadTargets> = examples.iter().map(|e| &e.labels).collect();
        let form: Option<Vec<&HeadTargets>> = examples.iter().map(|e| e.form.as_ref()).collect();
        let labels = self.head(&labels, seq);
        let form = form.map(|form| self.head(&form, seq));
        let pairs: Vec<&[Pair]> = examples.iter().map(|e| e.pairs.as_slice()).collect();
        let pairs = PairBatch::of(&pairs, seq, self.batching.device);
        Ok(LabelledBatch { inputs, labels, form, pairs })
    }
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

    #[test]
    fn short_rows_are_filled_up() {
        let rows = [vec![1, 2, 3], vec![4]];
        let filled = padded(rows.iter().map(Vec::as_slice), 3);
        assert_eq!(filled, [1, 2, 3, 4, IGNORED, IGNORED]);
    }
}
