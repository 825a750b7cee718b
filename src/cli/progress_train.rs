//! The bars of a training run, on standard error: pages read; loss, dev score and time left.

use super::Context;
use crate::error::Error;
use crate::train::pretrain::cache::Watcher;
use crate::train::trainer::{Observer, ScoreReport, StepReport};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Draws a bar on a terminal; elsewhere a line a pass.
pub struct TrainBar<'a> {
    context: &'a Context,
    bar: ProgressBar,
    loss: f64,
    stop: Arc<AtomicBool>,
    /// Update after which the run stops as if it were interrupted.
    pause_after: Option<i64>,
}

impl<'a> TrainBar<'a> {
    pub fn new(context: &'a Context) -> Self {
        let bar =
            if context.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let template = "{bar:30} {pos}/{len} steps  {msg}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        // Only one handler can be set in a process; without it Ctrl-C ends the run at once, and the
        // last checkpoint stands.
        let _ = ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed));
        Self { context, bar, loss: f64::NAN, stop, pause_after: None }
    }

    /// Stops after an update, for training in instalments.
    pub fn pausing_after(self, update: Option<i64>) -> Self {
        Self { pause_after: update, ..self }
    }
}

impl Observer for TrainBar<'_> {
    fn step(&mut self, report: &StepReport) {
        // A running mean over some twenty steps is readable.
        self.loss =
            if self.loss.is_nan() { report.loss } else { 0.95 * self.loss + 0.05 * report.loss };
        self.bar.set_length(report.total_steps.max(0) as u64);
        self.bar.set_position(report.step.max(0) as u64);
        self.bar.set_message(format!(
            "pass {}  loss {:.4}  {:.0} tokens/s",
            report.epoch + 1,
            self.loss,
            report.tokens_per_second
        ));
        self.context.detail(format!(
            "step {}/{} loss {:.4} rate {:.2e} norm {:.2} {:.0} tokens/s",
            report.step,
            report.total_steps,
            report.loss,
            report.rate,
            report.gradient_norm,
            report.tokens_per_second
        ));
        if self.pause_after.is_some_and(|last| report.step >= last) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn score(&mut self, report: &ScoreReport) {
        let dev = report.dev.as_ref().map(|dev| format!(", dev {}", dev.text)).unwrap_or_default();
        let line = format!(
            "pass {}, step {}: loss {:.4}{dev}{} {:.0} s",
            report.epoch + 1,
            report.step,
            report.mean_loss,
            if report.is_best { ", best so far;" } else { ";" },
            report.seconds
        );
        self.bar.suspend(|| self.context.note(line));
    }

    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Counts documents while pages are read for the first time.
pub struct ReadingBar<'a> {
    context: &'a Context,
    bar: ProgressBar,
}

impl<'a> ReadingBar<'a> {
    pub fn new(context: &'a Context) -> Self {
        let bar =
            if context.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} read  {eta} left") {
            bar.set_style(style);
        }
        Self { context, bar }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watcher for ReadingBar<'_> {
    fn begin(&self, documents: usize) {
        self.bar.inc_length(documents as u64);
    }

    fn done(&self) {
        self.bar.inc(1);
    }

    fn failed(&self, error: &Error) {
        let warn = || self.context.warning(format!("{error}; it is passed over"));
        self.bar.suspend(warn);
    }
}
