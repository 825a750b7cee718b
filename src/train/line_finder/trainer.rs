//! The finder's training loop: parts of pages made ready by a thread of their own, a checkpoint on a timer. What is
//! shown comes from the seed and the number of the update alone, so a resumed run does what the uninterrupted one
//! would have done.

use super::super::checkpoint::{self, Progress};
use super::super::metrics::Metrics;
use super::super::optimizer::{AdamW, OptimizerOptions};
use super::loss::{CELLS, loss, target};
use super::score::{FinderScore, score};
use super::spoil::{SIDE, shown};
use super::store::PageStore;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::line_finder::LineFinder;
use crate::model::precision::{Precision, products_in};
use crate::synth::dice::Dice;
use rayon::prelude::*;
use serde::Serialize;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};
use tch::Tensor;

/// How to train a finder.
#[derive(Debug, Clone, PartialEq)]
pub struct FinderOptions {
    pub seed: u64,
    pub updates: i64,
    /// Parts of pages in an update.
    pub batch: usize,
    /// Updates between scores on the dev pages.
    pub score_every: i64,
    pub optimizer: OptimizerOptions,
    pub precision: Precision,
    pub checkpoint_every: Duration,
}

impl Default for FinderOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            updates: 6000,
            batch: 8,
            score_every: 1000,
            optimizer: OptimizerOptions {
                rate: 2e-3,
                warmup: 0.05,
                clip_norm: 5.0,
                ..OptimizerOptions::default()
            },
            precision: Precision::default(),
            checkpoint_every: Duration::from_secs(300),
        }
    }
}

/// What is told after each update.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FinderStep {
    pub step: i64,
    pub total_steps: i64,
    pub loss: f64,
    pub rate: f64,
    pub seconds: f64,
}

/// One batch, ready for the network: `[batch, SIDE, SIDE]` and `[batch, 4, CELLS, CELLS]`.
struct Batch {
    dark: Vec<f32>,
    targets: Vec<f32>,
}

/// A run: what is trained on what, and where its state goes.
pub struct FinderTrainer<'a> {
    pub train: &'a PageStore,
    pub dev: &'a PageStore,
    pub run_dir: &'a Path,
    pub options: FinderOptions,
}

impl FinderTrainer<'_> {
    /// Trains; scores on the dev pages go to `scored`, `stepped` hears of every update and stops the run (with a
    /// checkpoint) by returning `false`.
    ///
    /// # Errors
    /// `DataInvalid` without pages, `OutputFailed` for the run directory.
    pub fn run(
        &self,
        finder: &LineFinder,
        resume: bool,
        mut stepped: impl FnMut(FinderStep) -> bool,
        mut scored: impl FnMut(i64, FinderScore),
    ) -> Result<bool> {
        if self.train.records.is_empty() {
            return Err(Error::new(Stage::Train, ErrorCode::DataInvalid, "there are no pages")
                .hint("gather some with `layoutlm finder pages`"));
        }
        let total = self.options.updates;
        let mut optimizer = AdamW::new(&finder.store, self.options.optimizer, |_| false);
        let mut progress = match checkpoint::find(self.run_dir).filter(|_| resume) {
            Some(dir) => checkpoint::restore(&dir, &finder.store, &mut optimizer)?,
            None => Progress::default(),
        };
        let mut metrics = Metrics::open(self.run_dir, progress.step)?;
        let mut saved = Instant::now();
        let finished = std::thread::scope(|scope| -> Result<bool> {
            let (sender, receiver): (_, Receiver<Batch>) = sync_channel(3);
            let first = progress.step;
            scope.spawn(move || {
                (first..total).all(|update| sender.send(self.prepare(update)).is_ok())
            });
            for batch in receiver {
                let started = Instant::now();
                let rate = optimizer.rate(total);
                let loss = self.update(finder, &batch, &mut optimizer, total)?;
                let seconds = started.elapsed().as_secs_f64();
                progress.step = optimizer.step;
                progress.seconds += seconds;
                let report =
                    FinderStep { step: progress.step, total_steps: total, loss, rate, seconds };
                metrics.write(&report)?;
                if !stepped(report) {
                    return Ok(false);
                }
                if progress.step % self.options.score_every == 0 || progress.step == total {
                    scored(progress.step, score(finder, self.dev)?);
                }
                if saved.elapsed() > self.options.checkpoint_every {
                    self.save(finder, &optimizer, &progress)?;
                    saved = Instant::now();
                }
            }
            Ok(true)
        })?;
        self.save(finder, &optimizer, &progress)?;
        Ok(finished)
    }

    fn update(
        &self,
        finder: &LineFinder,
        batch: &Batch,
        optimizer: &mut AdamW,
        total: i64,
    ) -> Result<f64> {
        let device = finder.store.device();
        let (side, cells) = (SIDE as i64, CELLS as i64);
        let pictures = Tensor::from_slice(&batch.dark).view([-1, 1, side, side]).to_device(device);
        let targets =
            Tensor::from_slice(&batch.targets).view([-1, 4, cells, cells]).to_device(device);
        let output = {
            let _products = products_in(self.options.precision.products(device));
            finder.network.forward(&pictures, true)
        };
        let loss = loss(&output, &targets);
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            return Err(Error::new(
                Stage::Train,
                ErrorCode::Internal,
                format!("the loss became {value}"),
            )
            .hint("lower --learning-rate; the last checkpoint is whole"));
        }
        loss.backward();
        optimizer.update(total);
        Ok(value)
    }

    /// The parts of pages of one update.
    fn prepare(&self, update: i64) -> Batch {
        let batch = self.options.batch as u64;
        let parts: Vec<(Vec<f32>, Vec<f32>)> = (0..batch)
            .into_par_iter()
            .map(|place| {
                let mut dice = Dice::new(self.options.seed, update as u64 * batch + place);
                let page = &self.train.records[dice.index(self.train.records.len())];
                let shown = shown(page, &self.train.picture(page), &mut dice);
                let target = target(&shown);
                (shown.dark, target)
            })
            .collect();
        let (dark, targets): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        Batch { dark: dark.concat(), targets: targets.concat() }
    }

    fn save(&self, finder: &LineFinder, optimizer: &AdamW, progress: &Progress) -> Result<()> {
        checkpoint::save(self.run_dir, |dir| finder.save(dir), optimizer, progress)
    }
}
