//! The progress bar, on standard error: documents, pages a second, time left, failures. The only place
//! that knows indicatif.

use super::Context;
use crate::batch::{Finished, Observer};
use crate::output::record::Status;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A bar that counts to `total`, shown only where somebody would see it.
pub fn counter(context: &Context, total: u64) -> ProgressBar {
    if !context.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let template = "{bar:30} {pos}/{len} pages, {per_sec}, {eta} left";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

/// Shown only where somebody would see it.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    pages: AtomicU64,
    failed: AtomicU64,
}

impl Progress {
    pub fn new(context: &Context) -> Self {
        let bar = if context.shows_progress() {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{spinner} {pos} documents {msg} {elapsed}");
        // The template is ours and the test below reads it; the fallback keeps the bar plain.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { bar, start: Instant::now(), pages: AtomicU64::new(0), failed: AtomicU64::new(0) }
    }

    /// Prints a line above the bar.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// `12 pages in 3 s, 4.0 pages/s`
    pub fn rate(&self) -> String {
        let pages = self.pages.load(Ordering::Relaxed);
        let seconds = self.start.elapsed().as_secs_f64().max(1e-3);
        let noun = if pages == 1 { "page" } else { "pages" };
        format!("{pages} {noun} in {seconds:.1} s, {:.1} pages/s", pages as f64 / seconds)
    }

    fn refresh(&self) {
        let pages = self.pages.load(Ordering::Relaxed);
        let rate = pages as f64 / self.start.elapsed().as_secs_f64().max(1e-3);
        let failed = self.failed.load(Ordering::Relaxed);
        let mut message = format!("{rate:.1} pages/s");
        if failed > 0 {
            message.push_str(&format!(", {failed} failed"));
        }
        if let Some(total) = self.bar.length()
            && self.bar.position() > 0
        {
            let left = self.start.elapsed().as_secs_f64() / self.bar.position() as f64
                * total.saturating_sub(self.bar.position()) as f64;
            let left = HumanDuration(Duration::from_secs_f64(left));
            message.push_str(&format!(", {left} left"));
        }
        self.bar.set_message(message);
    }
}

impl Observer for Progress {
    fn total(&self, documents: usize) {
        self.bar.set_length(documents as u64);
        let bar = "{bar:30} {pos}/{len} documents, {msg}";
        if let Ok(style) = ProgressStyle::with_template(bar) {
            self.bar.set_style(style);
        }
    }

    fn page(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
        if !self.bar.is_hidden() {
            self.refresh();
        }
    }

    fn document(&self, finished: &Finished) {
        if finished.record.status == Status::Error {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.bar.inc(1);
        if !self.bar.is_hidden() {
            self.refresh();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_understood() {
        for template in
            ["{spinner} {pos} documents {msg} {elapsed}", "{bar:30} {pos}/{len} documents, {msg}"]
        {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
