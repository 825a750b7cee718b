//! The loop that fine-tuning and pre-training share: batches made ready ahead, updates, scores on the
//! dev split, the best model kept, checkpoints on a timer and at the end of each pass. Everything random
//! comes from the seed, the pass and the step, so that a resumed run does what the uninterrupted one
//! would have done, to the last bit.

use super::checkpoint::{self, Progress};
use super::curve;
use super::metrics::Metrics;
use super::optimizer::{AdamW, OptimizerOptions};
use super::prefetch::prefetch;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::Model;
use crate::model::precision::{Precision, products_in};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tch::Tensor;

/// How long to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Passes over the data.
    Passes(usize),
    /// Updates, over as many passes as they need.
    Steps(i64),
}

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    pub seed: u64,
    pub length: Length,
    /// Tokens of a batch, padding and visual ones included.
    pub batch_tokens: usize,
    /// Batches whose gradients are added up for one update.
    pub accumulate: usize,
    /// Threads that make batches ready ahead of the model.
    pub workers: usize,
    /// Scores without a better one before training stops; 0 never stops early.
    pub patience: usize,
    /// Updates between scores; `None` scores after each pass.
    pub score_every: Option<i64>,
    pub optimizer: OptimizerOptions,
    pub precision: Precision,
    /// Between checkpoints within a pass.
    pub checkpoint_every: Duration,
}

impl TrainOptions {
    /// Over the data, unless told otherwise.
    pub const PASSES: usize = 12;
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            length: Length::Passes(Self::PASSES),
            batch_tokens: 2800,
            accumulate: 1,
            workers: 2,
            patience: 4,
            score_every: None,
            optimizer: OptimizerOptions::default(),
            precision: Precision::default(),
            checkpoint_every: Duration::from_secs(300),
        }
    }
}

/// Where batches come from; shared by the threads that make them ready.
pub trait BatchSource: Sync {
    /// What a batch is made of.
    type Job: Send;
    type Batch: Send;
    /// The batches of a pass in their order, by seed and pass alone.
    fn pass(&self, pass: usize) -> Box<dyn Iterator<Item = Result<Self::Job>> + Send + '_>;
    /// Makes one ready; all chance in it comes from `random`.
    ///
    /// # Errors
    /// Of the data.
    fn prepare(&self, job: Self::Job, random: &mut ChaCha8Rng) -> Result<Self::Batch>;
}

/// What is asked of the model.
pub trait Objective {
    type Batch;
    /// Runs a batch through the model, with dropout and gradients.
    ///
    /// # Errors
    /// When the model has not the head that is asked.
    fn loss(&self, batch: &Self::Batch) -> Result<Loss>;
    /// How good the model is by now; `None` where there is nothing to tell it by.
    ///
    /// # Errors
    /// From the model.
    fn score(&self) -> Result<Option<Score>>;
}

/// What a batch cost.
pub struct Loss {
    /// A single number; `None` where the batch teaches nothing.
    pub total: Option<Tensor>,
    /// What it is the sum of, by name.
    pub parts: Vec<(&'static str, f64)>,
    /// Tokens run, padding and visual ones included.
    pub tokens: usize,
}

/// How good a model is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Score {
    /// What decides which model is kept: higher is better.
    pub overall: f64,
    #[serde(flatten)]
    pub values: Map<String, Value>,
    /// For people.
    #[serde(skip)]
    pub text: String,
}

/// One update, as it is reported.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    pub step: i64,
    pub total_steps: i64,
    pub epoch: usize,
    pub loss: f64,
    #[serde(flatten)]
    pub parts: Map<String, Value>,
    pub rate: f64,
    pub gradient_norm: f64,
    pub tokens_per_second: f64,
}

/// One score, as it is reported.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreReport {
    pub epoch: usize,
    pub step: i64,
    /// Since the last score.
    pub mean_loss: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<Score>,
    pub is_best: bool,
    pub seconds: f64,
}

/// Hears how training goes; the command line draws a bar from it.
pub trait Observer {
    fn step(&mut self, report: &StepReport);
    fn score(&mut self, report: &ScoreReport);
    /// Asked after every update; `true` saves a checkpoint and ends the run.
    fn should_stop(&self) -> bool {
        false
    }
}

/// A run: what is trained, on what, and where its state goes.
pub struct Trainer<'a, S, O> {
    pub model: &'a Model,
    pub source: &'a S,
    pub objective: &'a O,
    /// Directory of checkpoints, metrics, the curve and the best model.
    pub run_dir: &'a Path,
    pub options: TrainOptions,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub progress: Progress,
    /// Directory of the model with the best score; of the last one where nothing is scored.
    pub best: PathBuf,
    /// Whether it was asked to stop before its end.
    pub interrupted: bool,
}

/// What changes while a run goes on.
struct State<'a> {
    optimizer: AdamW,
    progress: Progress,
    metrics: Metrics,
    saved: Instant,
    observer: &'a mut dyn Observer,
}

/// The batches of one update.
struct Update {
    loss: f64,
    parts: Vec<(&'static str, f64)>,
    tokens: usize,
    batches: usize,
    teaches: bool,
    started: Instant,
}

impl Update {
    fn new() -> Self {
        let parts = Vec::new();
        Self { loss: 0.0, parts, tokens: 0, batches: 0, teaches: false, started: Instant::now() }
    }

    fn parts(&self) -> Map<String, Value> {
        let mut sums: Map<String, Value> = Map::new();
        for (name, value) in &self.parts {
            let sum = sums.get(*name).and_then(Value::as_f64).unwrap_or(0.0);
            sums.insert((*name).to_string(), (sum + value / self.batches as f64).into());
        }
        sums
    }
}

/// How a pass ended.
#[derive(PartialEq)]
enum Ended {
    /// Its data are through.
    Pass,
    /// The run is long enough, or no longer gets better.
    Run,
    Interrupted,
}

impl<S: BatchSource, O: Objective<Batch = S::Batch>> Trainer<'_, S, O> {
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
        let mut optimizer = AdamW::new(self.model.store(), self.options.optimizer, is_fresh);
        let mut progress = match checkpoint {
            Some(dir) => checkpoint::restore(dir, self.model.store(), &mut optimizer)?,
            None => Progress::default(),
        };
        if progress.total == 0 {
            progress.total = self.total_steps()?;
        }
        let metrics = Metrics::open(self.run_dir, progress.step)?;
        let saved = Instant::now();
        let mut state = State { optimizer, progress, metrics, saved, observer };
        let mut ended = Ended::Pass;
        while ended == Ended::Pass && !self.is_over(&state.progress) {
            ended = self.pass(&mut state)?;
            self.save(&state)?;
        }
        curve::draw(self.run_dir)?;
        Ok(Outcome {
            progress: state.progress,
            best: self.run_dir.join("best"),
            interrupted: ended == Ended::Interrupted,
        })
    }

    fn save(&self, state: &State) -> Result<()> {
        let weights = |dir: &Path| self.model.save(dir);
        checkpoint::save(self.run_dir, weights, &state.optimizer, &state.progress)
    }

    /// Updates of the whole run; an error where there is nothing to learn from.
    fn total_steps(&self) -> Result<i64> {
        // The first error says more than that there is nothing.
        self.source.pass(0).next().transpose()?.ok_or_else(|| {
            Error::new(Stage::Train, ErrorCode::DataInvalid, "there is nothing to train on")
                .hint("the data sets hold no usable pages outside the dev split")
        })?;
        let passes = match self.options.length {
            Length::Steps(steps) => return Ok(steps),
            Length::Passes(passes) => passes as i64,
        };
        let batches = self.source.pass(0).filter(Result::is_ok).count();
        Ok(passes * batches.div_ceil(self.options.accumulate.max(1)) as i64)
    }

    fn is_over(&self, progress: &Progress) -> bool {
        let patience = self.options.patience;
        let is_long_enough = match self.options.length {
            Length::Passes(passes) => progress.epoch >= passes,
            Length::Steps(steps) => progress.step >= steps,
        };
        is_long_enough || (patience > 0 && progress.waited >= patience)
    }

    /// One pass, from where it was left.
    fn pass(&self, state: &mut State) -> Result<Ended> {
        let (seed, epoch, first) = (self.options.seed, state.progress.epoch, state.progress.batch);
        let jobs = self.source.pass(epoch).enumerate().skip(first);
        let prepare = |index: usize, job| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(((epoch as u64) << 32) | index as u64);
            self.source.prepare(job, &mut random)
        };
        prefetch(jobs, self.options.workers, prepare, |batches| self.consume(batches, state))
    }

    fn consume(
        &self,
        batches: &mut dyn Iterator<Item = Result<S::Batch>>,
        state: &mut State,
    ) -> Result<Ended> {
        let mut update = Update::new();
        for batch in batches {
            self.learn(&batch?, &mut update, state)?;
            if update.batches < self.options.accumulate.max(1) {
                continue;
            }
            if let Some(ended) = self.finish_update(&mut update, state)? {
                return Ok(ended);
            }
        }
        let ended = match update.batches {
            0 => None,
            _ => self.finish_update(&mut update, state)?,
        };
        if ended == Some(Ended::Interrupted) {
            // The pass is closed, and scored, by the run that goes on.
            return Ok(Ended::Interrupted);
        }
        state.progress.epoch += 1;
        state.progress.batch = 0;
        if ended.is_none() && self.options.score_every.is_none() {
            self.finish_score(state, state.progress.epoch - 1)?;
        }
        Ok(ended.unwrap_or(Ended::Pass))
    }

    /// Adds a batch's gradients.
    fn learn(&self, batch: &S::Batch, update: &mut Update, state: &State) -> Result<()> {
        // Dropout depends on seed, update and batch alone: a resumed run draws the same.
        let seed = self.options.seed as i64;
        tch::manual_seed(seed ^ (state.optimizer.step << 20) ^ ((update.batches as i64) << 50));
        let loss = {
            let kind = self.options.precision.products(self.model.device());
            let _products = products_in(kind);
            self.objective.loss(batch)?
        };
        update.batches += 1;
        update.tokens += loss.tokens;
        update.parts.extend(loss.parts);
        let Some(total) = loss.total else { return Ok(()) };
        let share = self.options.accumulate.max(1) as f64;
        (&total / share).backward();
        let value = total.double_value(&[]);
        if !value.is_finite() {
            return Err(Error::new(
                Stage::Train,
                ErrorCode::Internal,
                format!("the loss became {value}"),
            )
            .hint("lower --learning-rate; the last checkpoint is whole"));
        }
        update.loss += value;
        update.teaches = true;
        Ok(())
    }

    /// Moves the weights, reports, scores and saves where it is time.
    fn finish_update(&self, update: &mut Update, state: &mut State) -> Result<Option<Ended>> {
        let total = state.progress.total;
        let rate = state.optimizer.rate(total);
        let gradient_norm = if update.teaches {
            state.optimizer.update(total)
        } else {
            state.optimizer.step += 1;
            0.0
        };
        let done = std::mem::replace(update, Update::new());
        let seconds = done.started.elapsed().as_secs_f64();
        let loss = done.loss / done.batches as f64;
        let progress = &mut state.progress;
        progress.batch += done.batches;
        progress.step = state.optimizer.step;
        progress.seconds += seconds;
        progress.loss_sum += loss;
        progress.loss_count += 1;
        let report = StepReport {
            step: progress.step,
            total_steps: total,
            epoch: progress.epoch,
            loss,
            parts: done.parts(),
            rate,
            gradient_norm,
            tokens_per_second: done.tokens as f64 / seconds.max(1e-9),
        };
        state.metrics.write(&report)?;
        state.observer.step(&report);
        let is_last = matches!(self.options.length, Length::Steps(steps) if report.step >= steps);
        let every = self.options.score_every;
        if is_last || every.is_some_and(|every| report.step % every.max(1) == 0) {
            self.finish_score(state, report.epoch)?;
        }
        if is_last || (every.is_some() && self.is_over(&state.progress)) {
            return Ok(Some(Ended::Run));
        }
        if state.observer.should_stop() {
            return Ok(Some(Ended::Interrupted));
        }
        if state.saved.elapsed() >= self.options.checkpoint_every {
            self.save(state)?;
            curve::draw(self.run_dir)?;
            state.saved = Instant::now();
        }
        update.started = Instant::now();
        Ok(None)
    }

    fn finish_score(&self, state: &mut State, epoch: usize) -> Result<()> {
        let dev = self.objective.score()?;
        let progress = &mut state.progress;
        // Without a score the latest model is the best known.
        let is_best = match &dev {
            Some(dev) => progress.best_score.is_none_or(|best| dev.overall > best),
            None => true,
        };
        if is_best {
            progress.best_score = dev.as_ref().map(|dev| dev.overall);
            progress.best_epoch = epoch;
            progress.waited = 0;
            self.model.save(&self.run_dir.join("best"))?;
        } else {
            progress.waited += 1;
        }
        let report = ScoreReport {
            epoch,
            step: progress.step,
            mean_loss: progress.loss_sum / progress.loss_count.max(1) as f64,
            dev,
            is_best,
            seconds: progress.seconds,
        };
        (progress.loss_sum, progress.loss_count) = (0.0, 0);
        state.metrics.write(&report)?;
        state.observer.score(&report);
        curve::draw(self.run_dir)
    }
}
