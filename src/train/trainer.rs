//! The loop: passes over examples, scores on the dev split, the best model kept, a checkpoint at the
//! end of each pass and on a timer. Everything random comes from the seed, the pass and the step, so
//! that a resumed run does what the uninterrupted one would have done.

use super::checkpoint::{self, Progress};
use super::example::{Example, ExampleSet};
use super::objective::tagging;
use super::optimizer::{AdamW, OptimizerOptions};
use super::score::{DevPage, DevScore, score};
use crate::encode::Window;
use crate::encode::batch::stack;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::labels::Tag;
use crate::model::heads::Logits;
use crate::model::precision::{Precision, products_in};
use crate::model::trunk::Inputs;
use crate::predict::Predictor;
use image::RgbImage;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tch::{Kind, Tensor};

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    pub seed: u64,
    /// Passes over the examples.
    pub epochs: usize,
    /// Tokens of a batch, padding and visual ones included.
    pub batch_tokens: usize,
    /// Passes without a better dev score before training stops; 0 never stops early.
    pub patience: usize,
    pub optimizer: OptimizerOptions,
    pub precision: Precision,
    /// Between checkpoints within a pass.
    pub checkpoint_every: Duration,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 12,
            batch_tokens: 2800,
            patience: 4,
            optimizer: OptimizerOptions::default(),
            precision: Precision::default(),
            checkpoint_every: Duration::from_secs(300),
        }
    }
}

/// One update, as it is reported.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepReport {
    pub step: i64,
    pub total_steps: i64,
    pub epoch: usize,
    pub loss: f64,
    pub rate: f64,
    pub gradient_norm: f64,
    pub tokens_per_second: f64,
}

/// One pass, as it is reported.
#[derive(Debug, Clone, Serialize)]
pub struct EpochReport {
    pub epoch: usize,
    pub step: i64,
    pub mean_loss: f64,
    pub dev: DevScore,
    pub is_best: bool,
    pub seconds: f64,
}

/// Hears how training goes; the command line draws a bar from it.
pub trait Observer {
    fn step(&mut self, report: &StepReport);
    fn epoch(&mut self, report: &EpochReport);
    /// Asked after every step; `true` saves a checkpoint and ends the run.
    fn should_stop(&self) -> bool {
        false
    }
}

/// A run: what is trained, on what, and where its state goes.
pub struct Trainer<'a> {
    pub predictor: &'a Predictor,
    pub set: &'a ExampleSet,
    pub dev: &'a [DevPage],
    /// Directory of checkpoints, metrics and the best model.
    pub run_dir: &'a Path,
    pub options: TrainOptions,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub progress: Progress,
    /// Directory of the model with the best dev score.
    pub best: PathBuf,
    /// Whether it was asked to stop before its end.
    pub interrupted: bool,
}

impl Trainer<'_> {
    /// Trains from `checkpoint`, or from the weights as they are.
    ///
    /// # Errors
    /// `OutputFailed` when the run directory can't be written; `DataInvalid` without examples or when
    /// the checkpoint does not fit; `Internal` when the loss is no number any more.
    pub fn run(
        &self,
        is_fresh: impl Fn(&str) -> bool,
        checkpoint: Option<&Path>,
        observer: &mut dyn Observer,
    ) -> Result<Outcome> {
        if self.set.examples.is_empty() {
            return Err(Error::new(
                Stage::Train,
                ErrorCode::DataInvalid,
                "there is nothing to train on",
            )
            .hint("the data sets hold no labelled pages outside the dev split"));
        }
        let mut optimizer =
            AdamW::new(self.predictor.model.store(), self.options.optimizer, is_fresh);
        let mut progress = match checkpoint {
            Some(dir) => checkpoint::restore(dir, &self.predictor.model, &mut optimizer)?,
            None => Progress::default(),
        };
        let mut metrics = Metrics::open(self.run_dir, checkpoint.is_some())?;
        let per_epoch = self.batches(0).len() as i64;
        let total = per_epoch * self.options.epochs as i64;
        let mut interrupted = false;
        while progress.epoch < self.options.epochs && !interrupted {
            let loss = self.pass(&mut optimizer, &mut progress, total, observer, &mut metrics)?;
            interrupted = loss.is_none();
            if let Some(mean_loss) = loss {
                let report = self.finish_epoch(&mut progress, mean_loss)?;
                metrics.write(&report)?;
                observer.epoch(&report);
                checkpoint::save(self.run_dir, &self.predictor.model, &optimizer, &progress)?;
                let waited = progress.epoch - 1 - progress.best_epoch;
                if self.options.patience > 0 && waited >= self.options.patience {
                    break;
                }
            } else {
                checkpoint::save(self.run_dir, &self.predictor.model, &optimizer, &progress)?;
            }
        }
        Ok(Outcome { progress, best: self.run_dir.join("best"), interrupted })
    }

    /// One pass; its mean loss, or `None` when asked to stop.
    fn pass(
        &self,
        optimizer: &mut AdamW,
        progress: &mut Progress,
        total: i64,
        observer: &mut dyn Observer,
        metrics: &mut Metrics,
    ) -> Result<Option<f64>> {
        let batches = self.batches(progress.epoch);
        let (mut losses, mut counted) = (0.0, 0);
        let mut saved = Instant::now();
        for batch in batches.iter().skip(progress.batch) {
            let started = Instant::now();
            let rate = optimizer.rate(total);
            let (loss, gradient_norm, tokens) = self.update(batch, optimizer, total)?;
            let seconds = started.elapsed().as_secs_f64();
            progress.batch += 1;
            progress.step = optimizer.step;
            progress.seconds += seconds;
            losses += loss;
            counted += 1;
            let report = StepReport {
                step: progress.step,
                total_steps: total,
                epoch: progress.epoch,
                loss,
                rate,
                gradient_norm,
                tokens_per_second: tokens as f64 / seconds,
            };
            metrics.write(&report)?;
            observer.step(&report);
            if observer.should_stop() {
                return Ok(None);
            }
            if saved.elapsed() > self.options.checkpoint_every {
                checkpoint::save(self.run_dir, &self.predictor.model, optimizer, progress)?;
                saved = Instant::now();
            }
        }
        Ok(Some(losses / f64::from(counted.max(1))))
    }

    /// One update: loss, gradient norm, tokens.
    fn update(
        &self,
        batch: &[usize],
        optimizer: &mut AdamW,
        total: i64,
    ) -> Result<(f64, f64, usize)> {
        // Dropout depends on seed and step alone: a resumed run draws the same.
        tch::manual_seed(self.options.seed as i64 ^ (optimizer.step << 20));
        let (inputs, targets, open) = self.tensors(batch);
        let logits = {
            let _products =
                products_in(self.options.precision.products(self.predictor.model.device()));
            self.predictor.model.forward_train(&inputs).0
        };
        let Logits::Tokens(logits) = logits else {
            return Err(Error::new(
                Stage::Train,
                ErrorCode::Internal,
                "a token head answers per token",
            ));
        };
        let outside = self.predictor.labels.id_of(Tag::Outside).unwrap_or(0) as i64;
        let (batch_size, seq) = inputs.size();
        let tokens = (batch_size * seq) as usize;
        let Some(loss) = tagging::loss(&logits, &targets, &open, outside) else {
            optimizer.step += 1;
            return Ok((0.0, 0.0, tokens));
        };
        loss.backward();
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            return Err(Error::new(
                Stage::Train,
                ErrorCode::Internal,
                format!("the loss became {value}"),
            )
            .hint("lower --learning-rate; the last checkpoint is whole"));
        }
        let norm = optimizer.update(total);
        Ok((value, norm, tokens))
    }

    /// Inputs; targets [batch, seq]; open classes [batch, classes].
    fn tensors(&self, batch: &[usize]) -> (Inputs, Tensor, Tensor) {
        let device = self.predictor.model.device();
        let examples: Vec<&Example> = batch.iter().map(|&i| &self.set.examples[i]).collect();
        let windows: Vec<&Window> = examples.iter().map(|e| &e.window).collect();
        let pictures: Vec<&RgbImage> =
            examples.iter().map(|e| &self.set.pictures[e.picture]).collect();
        let pages: Vec<usize> = (0..examples.len()).collect();
        let inputs = stack(&windows, &pictures, &pages, self.predictor.tokenizer.pad, device);
        let (rows, seq) = inputs.size();
        let mut targets = Vec::with_capacity((rows * seq) as usize);
        for example in &examples {
            targets.extend(&example.targets);
            let padding = seq as usize - example.targets.len();
            targets.extend(std::iter::repeat_n(super::example::IGNORED, padding));
        }
        let open: Vec<bool> =
            examples.iter().flat_map(|e| self.set.open_classes[e.open].iter().copied()).collect();
        let targets = Tensor::from_slice(&targets).view([rows, seq]).to_device(device);
        let open = Tensor::from_slice(&open).view([rows, -1]).to_kind(Kind::Bool).to_device(device);
        (inputs, targets, open)
    }

    /// Batches of one pass, by seed and pass: windows of like length together, in random order.
    fn batches(&self, epoch: usize) -> Vec<Vec<usize>> {
        let mut random = ChaCha8Rng::seed_from_u64(self.options.seed.wrapping_add(epoch as u64));
        let mut order: Vec<usize> = (0..self.set.examples.len()).collect();
        order.shuffle(&mut random);
        let visual = self.predictor.model.config.visual_tokens() as usize;
        let length = |index: &usize| self.set.examples[*index].window.len();
        let mut batches = Vec::new();
        // Sorted within stretches only, so that each pass groups the pages differently.
        for stretch in order.chunks_mut(256) {
            stretch.sort_by_key(length);
            let mut batch: Vec<usize> = Vec::new();
            for &index in stretch.iter() {
                let padded = (length(&index) + visual) * (batch.len() + 1);
                if padded > self.options.batch_tokens && !batch.is_empty() {
                    batches.push(std::mem::take(&mut batch));
                }
                batch.push(index);
            }
            if !batch.is_empty() {
                batches.push(batch);
            }
        }
        batches.shuffle(&mut random);
        batches
    }

    fn finish_epoch(&self, progress: &mut Progress, mean_loss: f64) -> Result<EpochReport> {
        let dev = score(self.predictor, self.dev)?;
        let is_best = progress.best_score.is_none_or(|best| dev.overall > best);
        if is_best {
            progress.best_score = Some(dev.overall);
            progress.best_epoch = progress.epoch;
            self.predictor.model.save(&self.run_dir.join("best"))?;
        }
        let report = EpochReport {
            epoch: progress.epoch,
            step: progress.step,
            mean_loss,
            dev,
            is_best,
            seconds: progress.seconds,
        };
        progress.epoch += 1;
        progress.batch = 0;
        Ok(report)
    }
}

/// `metrics.jsonl` of a run.
struct Metrics {
    file: std::fs::File,
    path: PathBuf,
}

impl Metrics {
    fn open(run_dir: &Path, go_on: bool) -> Result<Self> {
        let path = run_dir.join("metrics.jsonl");
        let mut options = std::fs::OpenOptions::new();
        options.create(true).write(true).append(go_on).truncate(!go_on);
        let file = std::fs::create_dir_all(run_dir)
            .and_then(|()| options.open(&path))
            .map_err(|e| unwritable(&path, e))?;
        Ok(Self { file, path })
    }

    fn write(&mut self, report: &impl Serialize) -> Result<()> {
        let line = serde_json::to_string(report).unwrap_or_default();
        writeln!(self.file, "{line}").map_err(|e| unwritable(&self.path, e))
    }
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::unwritable(Stage::Train, path, cause)
}
