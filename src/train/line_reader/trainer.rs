//! The reader's training loop: passes over the lines, batches of like width made ready by a thread of
//! their own, a checkpoint on a timer. Order and spoiling come from the seed and the pass alone, so a
//! resumed run does what the uninterrupted one would have done.

use super::super::checkpoint::{self, Progress};
use super::super::metrics::Metrics;
use super::super::optimizer::{AdamW, OptimizerOptions};
use super::augment::spoiled;
use super::loss::{Target, case_sums, distance, loss};
use super::score::{ReaderScore, score};
use super::store::LineStore;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::line_reader::LineReader;
use crate::line_reader::alphabet::Alphabet;
use crate::line_reader::network::{stack, steps};
use crate::line_reader::strip::Strip;
use crate::model::precision::{Precision, products_in};
use crate::synth::dice::Dice;
use rayon::prelude::*;
use serde::Serialize;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tch::Tensor;

/// What a step's distance from the teacher counts beside a letter's loss: a letter takes some four steps.
const TEACHER_WEIGHT: f64 = 4.0;

/// How to train a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderOptions {
    pub seed: u64,
    /// Passes over the lines.
    pub epochs: usize,
    /// Steps of a batch, padding included; a line of 40 letters has about 130.
    pub batch_steps: usize,
    pub optimizer: OptimizerOptions,
    pub precision: Precision,
    pub checkpoint_every: Duration,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 4,
            batch_steps: 3600,
            optimizer: OptimizerOptions {
                rate: 1.5e-3,
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
pub struct ReaderStep {
    pub step: i64,
    pub total_steps: i64,
    pub epoch: usize,
    pub loss: f64,
    pub rate: f64,
    pub lines_per_second: f64,
}

/// One batch, ready for the network.
struct Batch {
    strips: Vec<Strip>,
    targets: Vec<Target>,
    /// What the teacher says of it: [batch, steps, classes].
    teachers: Option<Tensor>,
}

impl Batch {
    /// With what the teacher says of it.
    fn taught(self, teacher: Option<&Mutex<LineReader>>, precision: Precision) -> Self {
        let Some(teacher) = teacher.filter(|_| !self.strips.is_empty()).map(lock) else {
            return self;
        };
        let device = teacher.store.device();
        let _products = products_in(precision.products(device));
        let strips = stack(&self.strips, device);
        Self { teachers: Some(tch::no_grad(|| teacher.network.forward(&strips, false))), ..self }
    }
}

/// A teacher whose thread panicked says the same as before.
fn lock(teacher: &Mutex<LineReader>) -> MutexGuard<'_, LineReader> {
    teacher.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run: what is trained on what, and where its state goes.
pub struct ReaderTrainer<'a> {
    pub train: &'a LineStore,
    pub dev: &'a LineStore,
    /// A finished reader of the same alphabet, whose probabilities are learned beside the texts. Asked by the
    /// thread that makes batches ready, while the network learns the one before.
    pub teacher: Option<Mutex<LineReader>>,
    pub run_dir: &'a Path,
    pub options: ReaderOptions,
}

impl ReaderTrainer<'_> {
    /// Trains; the score on the dev lines after each pass goes to `passed`, `stepped` hears of every
    /// update and stops the run (with a checkpoint) by returning `false`.
    ///
    /// # Errors
    /// `DataInvalid` without lines or where the teacher has another alphabet, `OutputFailed` for the run directory.
    pub fn run(
        &self,
        reader: &LineReader,
        resume: bool,
        mut stepped: impl FnMut(ReaderStep) -> bool,
        mut passed: impl FnMut(usize, ReaderScore),
    ) -> Result<bool> {
        if self.teacher.as_ref().is_some_and(|teacher| lock(teacher).alphabet != reader.alphabet) {
            return Err(Error::new(
                Stage::Train,
                ErrorCode::DataInvalid,
                "the teacher has another alphabet than the reader",
            )
            .hint(
                "start with --base from a reader of the same alphabet, or name another --teacher",
            ));
        }
        if self.train.records.is_empty() {
            return Err(Error::new(Stage::Train, ErrorCode::DataInvalid, "there are no lines")
                .hint("cut some with `layoutlm reader lines`"));
        }
        let mut optimizer = AdamW::new(&reader.store, self.options.optimizer, |_| false);
        let mut progress = match checkpoint::find(self.run_dir).filter(|_| resume) {
            Some(dir) => checkpoint::restore(&dir, &reader.store, &mut optimizer)?,
            None => Progress::default(),
        };
        let mut metrics = Metrics::open(self.run_dir, progress.step)?;
        let per_epoch = self.batches(0).len() as i64;
        let total = per_epoch * self.options.epochs as i64;
        let caseless = case_sums(&reader.alphabet.caseless()).to_device(reader.store.device());
        let mut saved = Instant::now();
        while progress.epoch < self.options.epochs {
            let batches = self.batches(progress.epoch);
            let ready = std::thread::scope(|scope| -> Result<bool> {
                let (sender, receiver): (_, Receiver<Result<Batch>>) = sync_channel(3);
                let (epoch, skip) = (progress.epoch, progress.batch);
                let (todo, alphabet) = (&batches, &reader.alphabet);
                let (store, seed) = (self.train, self.options.seed);
                let (teacher, precision) = (self.teacher.as_ref(), self.options.precision);
                scope.spawn(move || {
                    for lines in todo.iter().skip(skip) {
                        let batch = prepare(store, lines, seed, epoch, alphabet)
                            .map(|batch| batch.taught(teacher, precision));
                        if sender.send(batch).is_err() {
                            return;
                        }
                    }
                });
                for batch in receiver {
                    let started = Instant::now();
                    let batch = batch?;
                    let rate = optimizer.rate(total);
                    let loss = self.update(reader, &batch, &mut optimizer, total, &caseless)?;
                    let seconds = started.elapsed().as_secs_f64();
                    progress.batch += 1;
                    progress.step = optimizer.step;
                    progress.seconds += seconds;
                    let report = ReaderStep {
                        step: progress.step,
                        total_steps: total,
                        epoch: progress.epoch,
                        loss,
                        rate,
                        lines_per_second: batch.strips.len() as f64 / seconds,
                    };
                    metrics.write(&report)?;
                    let go_on = stepped(report);
                    if !go_on {
                        return Ok(false);
                    }
                    if saved.elapsed() > self.options.checkpoint_every {
                        self.save(reader, &optimizer, &progress)?;
                        saved = Instant::now();
                    }
                }
                Ok(true)
            })?;
            if ready {
                passed(progress.epoch, score(reader, self.dev)?);
                progress.epoch += 1;
                progress.batch = 0;
            }
            self.save(reader, &optimizer, &progress)?;
            if !ready {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn update(
        &self,
        reader: &LineReader,
        batch: &Batch,
        optimizer: &mut AdamW,
        total: i64,
        caseless: &Tensor,
    ) -> Result<f64> {
        if batch.strips.is_empty() {
            optimizer.step += 1;
            return Ok(0.0);
        }
        let device = reader.store.device();
        let output = {
            let _products = products_in(self.options.precision.products(device));
            reader.network.forward(&stack(&batch.strips, device), true)
        };
        let of_texts = loss(&output, &batch.targets, caseless);
        let loss = match &batch.teachers {
            Some(teachers) => {
                let lengths: Vec<i64> = batch.targets.iter().map(|target| target.steps).collect();
                of_texts + distance(&output, teachers, &lengths) * TEACHER_WEIGHT
            }
            None => of_texts,
        };
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

    /// Lines of one pass in batches, by seed and pass: of like width together, in random order.
    fn batches(&self, epoch: usize) -> Vec<Vec<usize>> {
        let mut dice = Dice::new(self.options.seed ^ 0x6c69_6e65, epoch as u64);
        let mut order: Vec<usize> = (0..self.train.records.len()).collect();
        dice.shuffle(&mut order);
        let length = |&index: &usize| {
            let line = &self.train.records[index];
            let [left, top, right, bottom] = line.inner;
            ((right - left) / (bottom - top).max(1.0) * 8.0 * 1.2) as usize + 8
        };
        let mut batches = Vec::new();
        for stretch in order.chunks_mut(1024) {
            stretch.sort_by_key(length);
            let mut batch: Vec<usize> = Vec::new();
            for index in stretch.iter() {
                if (batch.len() + 1) * length(index) > self.options.batch_steps && !batch.is_empty()
                {
                    batches.push(std::mem::take(&mut batch));
                }
                batch.push(*index);
            }
            if !batch.is_empty() {
                batches.push(batch);
            }
        }
        dice.shuffle(&mut batches);
        batches
    }

    fn save(&self, reader: &LineReader, optimizer: &AdamW, progress: &Progress) -> Result<()> {
        checkpoint::save(self.run_dir, |dir| reader.save(dir), optimizer, progress)
    }
}

/// Lines of a batch, spoiled by seed and pass.
fn prepare(
    store: &LineStore,
    lines: &[usize],
    seed: u64,
    epoch: usize,
    alphabet: &Alphabet,
) -> Result<Batch> {
    let fold = alphabet.caseless();
    let made: Vec<Option<(Strip, Target)>> = lines
        .par_iter()
        .map(|&index| {
            let line = &store.records[index];
            let stream = (epoch * store.records.len() + index) as u64;
            let mut dice = Dice::new(seed, stream);
            let strip = spoiled(&store.picture(line), line.inner, &mut dice)?;
            let classes = alphabet.encode(&line.text);
            Ok(strip.zip(classes).map(|(strip, mut classes)| {
                if line.caseless {
                    classes.iter_mut().for_each(|class| *class = fold[*class as usize]);
                }
                let steps = i64::from(steps(strip.width));
                (strip, Target { classes, caseless: line.caseless, steps })
            }))
        })
        .collect::<Result<_>>()?;
    let (strips, targets) = made.into_iter().flatten().unzip();
    Ok(Batch { strips, targets, teachers: None })
}
