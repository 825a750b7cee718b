//! The bar of a training run: loss, dev score and time left, on standard error.

use super::Context;
use crate::train::trainer::{EpochReport, Observer, StepReport};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Draws a bar on a terminal; elsewhere a line a pass.
pub struct TrainBar<'a> {
    context: &'a Context,
    bar: ProgressBar,
    loss: f64,
    stop: Arc<AtomicBool>,
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
        Self { context, bar, loss: f64::NAN, stop }
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
    }

    fn epoch(&mut self, report: &EpochReport) {
        let fields: Vec<String> =
            report.dev.fields.iter().map(|(label, f1)| format!("{label} {f1:.3}")).collect();
        let line = format!(
            "pass {}: loss {:.4}, dev entity F1 {:.4}, field F1 {:.4} ({}){} {:.0} s",
            report.epoch + 1,
            report.mean_loss,
            report.dev.entity_f1,
            report.dev.field_f1,
            fields.join(", "),
            if report.is_best { ", best so far;" } else { ";" },
            report.seconds
        );
        self.bar.suspend(|| self.context.note(line));
    }

    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
