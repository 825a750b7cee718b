//! One loss summed from the three objectives.

use super::example::Prepared;
use crate::encode::Window;
use crate::encode::batch::stack;
use crate::encode::tokenize::PlacedToken;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::Model;
use crate::model::trunk::Inputs;
use crate::train::labelling::padded;
use crate::train::objective::{mvlm, tia, tim};
use crate::train::trainer::{Loss, Objective, Score};
use image::RgbImage;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use tch::{Device, Tensor};

/// Windows as tensors, with what is asked about them.
pub struct PretrainingBatch {
    pub inputs: Inputs,
    /// `[batch, seq]` i64
    pub mvlm: Tensor,
    /// `[batch, seq]` i64
    pub tia: Tensor,
    /// `[batch]` i64
    pub tim: Tensor,
}

impl PretrainingBatch {
    pub fn of(prepared: &[Prepared], pad: PlacedToken, device: Device) -> Self {
        let windows: Vec<&Window> = prepared.iter().map(|p| &p.window).collect();
        let pictures: Vec<&RgbImage> = prepared.iter().map(|p| &p.picture).collect();
        let pages: Vec<usize> = (0..prepared.len()).collect();
        let inputs = stack(&windows, &pictures, &pages, pad, device);
        let (rows, seq) = inputs.size();
        let targets = |of: fn(&Prepared) -> &Vec<i64>| {
            let all = padded(prepared.iter().map(|p| of(p).as_slice()), seq as usize);
            Tensor::from_slice(&all).view([rows, seq]).to_device(device)
        };
        let tim: Vec<i64> = prepared.iter().map(|p| p.tim).collect();
        Self {
            mvlm: targets(|p| &p.mvlm),
            tia: targets(|p| &p.tia),
            tim: Tensor::from_slice(&tim).to_device(device),
            inputs,
        }
    }
}

/// The three objectives on a model made for pre-training.
pub struct Pretraining<'a> {
    pub model: &'a Model,
    /// Held-out pages in batches, masked once for all scores.
    pub dev: Vec<Vec<Prepared>>,
    pub pad: PlacedToken,
}

/// Losses and accuracies of one batch by objective, each a single number.
type Parts = Vec<(&'static str, Tensor, Tensor)>;

impl Pretraining<'_> {
    fn parts(&self, batch: &PretrainingBatch, train: bool) -> Result<Parts> {
        let heads = self.model.pretraining().ok_or_else(|| {
            let message = "the model has no heads for pre-training";
            Error::new(Stage::Train, ErrorCode::Internal, message)
        })?;
        let text = self.model.encode(&batch.inputs, train).text; // [batch, seq, hidden]
        let table = self.model.trunk.text.word_table();
        let parts = [
            ("mvlm", mvlm::loss(heads, &text, &batch.mvlm, table)),
            ("tia", tia::loss(heads, &text, &batch.tia)),
            ("tim", tim::loss(heads, &text, &batch.tim)),
        ];
        let known = parts.into_iter().filter_map(|(name, part)| part.map(|(l, a)| (name, l, a)));
        Ok(known.collect())
    }
}

impl Objective for Pretraining<'_> {
    type Batch = PretrainingBatch;

    fn loss(&self, batch: &PretrainingBatch) -> Result<Loss> {
        let parts = self.parts(batch, true)?;
        let (rows, seq) = batch.inputs.size();
        let tokens = (rows * (seq + self.model.config.visual_tokens())) as usize;
        let values = parts.iter().map(|(name, loss, _)| (*name, loss.double_value(&[]))).collect();
        let total = parts.into_iter().map(|(_, loss, _)| loss).reduce(|sum, loss| sum + loss);
        Ok(Loss { total, parts: values, tokens })
    }

    /// Mean losses and accuracies over the held-out batches.
    fn score(&self) -> Result<Option<Score>> {
        if self.dev.is_empty() {
            return Ok(None);
        }
        let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
        for prepared in &self.dev {
            let batch = PretrainingBatch::of(prepared, self.pad, self.model.device());
            for (name, loss, right) in tch::no_grad(|| self.parts(&batch, false))? {
                let sums = sums.entry(name).or_default();
                sums.loss += loss.double_value(&[]);
                sums.accuracy += right.double_value(&[]);
                sums.batches += 1.0;
            }
        }
        let loss: f64 = sums.values().map(|sums| sums.loss / sums.batches).sum();
        let mut values = Map::from_iter([("loss".to_string(), json!(loss))]);
        let mut text = format!("loss {loss:.4}");
        for (name, sums) in sums {
            let (loss, accuracy) = (sums.loss / sums.batches, sums.accuracy / sums.batches);
            text += &format!(", {name} {loss:.4} ({:.1} % right)", 100.0 * accuracy);
            values.insert(name.to_string(), json!(loss));
            values.insert(format!("{name}_accuracy"), json!(accuracy));
        }
        Ok(Some(Score { overall: -loss, values, text }))
    }
}

/// Of one objective over held-out batches.
#[derive(Default)]
struct Sums {
    loss: f64,
    accuracy: f64,
    batches: f64,
}

#[cfg(test)]
#[path = "objective_tests.rs"]
mod tests;
