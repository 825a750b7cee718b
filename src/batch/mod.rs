//! Many documents at once: workers that read pages, threads that run the model, output in the order
//! of the inputs, memory bounded, failures as records.
//!
//! ```text
//! sources ─ feeder ─▶ waiting ─ workers: open, decode, OCR ─▶ pages ─ model threads ─▶ documents
//!                                   ▲                                                     │
//!                                   └────────── conclude (record, pictures, journal) ◀────┘
//!                                                      │
//!                            the caller's thread: records in order ▶ output
//! ```
//!
//! Workers take the oldest thing that can be done, so a long document is shared by all of them while
//! small ones are spread, and at most [`BatchOptions::window`] documents lie between the first one
//! unwritten and the last one begun. OCR never runs on a thread that runs the model: they share an
//! OpenMP runtime, and taming it for one would tame it for the other.

mod interrupt;
pub mod journal;
mod schedule;
pub mod sources;
mod worker;

pub use interrupt::Interrupt;
pub use journal::Journal;

use crate::error::{Error, Result};
use crate::input::Source;
use crate::output::picture::PagePicture;
use crate::output::record::{Record, Status};
use crate::pipeline::Extractor;
use schedule::{CallerWork, Schedule};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

/// Something to be read: or why it could not even be named as an input.
pub type Task = Result<Source>;

/// How the work is spread.
#[derive(Debug, Clone)]
pub struct BatchOptions {
    /// Pages read at the same time. `None`: one a core.
    pub workers: Option<NonZeroUsize>,
    /// Threads that run the model.
    pub model_threads: usize,
    /// Processors that one answer of the model may use. `None`: all.
    pub model_processors: Option<NonZeroUsize>,
    /// Most pages that a model thread takes at once.
    pub model_batch: usize,
    /// Most documents begun and not yet written.
    pub window: usize,
    /// Keep the pictures of pages until their document is done, for [`Exhibit`].
    pub pictures: bool,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            workers: None,
            model_threads: 1,
            model_processors: None,
            model_batch: 1,
            window: 64,
            pictures: false,
        }
    }
}

impl BatchOptions {
    /// The number of workers in force.
    pub fn worker_count(&self) -> usize {
        self.workers
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
    }
}

/// A document on its way out.
#[derive(Debug)]
pub struct Finished {
    pub record: Record,
    /// Why it failed, with its exit code; the record holds the same in words.
    pub error: Option<Error>,
    /// Taken from the journal of an earlier run.
    pub resumed: bool,
}

/// Shows a document beside its record: an overlay, a page to look at. Called from workers, in any
/// order, before the document counts as done.
pub trait Exhibit: Send + Sync {
    /// # Errors
    /// Ends the whole run: what can't be written now can't be written for the next one either.
    fn show(&self, record: &Record, pictures: &[PagePicture]) -> Result<()>;
}

impl Exhibit for Vec<Arc<dyn Exhibit>> {
    fn show(&self, record: &Record, pictures: &[PagePicture]) -> Result<()> {
        self.iter().try_for_each(|exhibit| exhibit.show(record, pictures))
    }
}

/// Told how the run is getting on; called from all threads.
pub trait Observer: Send + Sync {
    /// The number of inputs, once it is known.
    fn total(&self, _documents: usize) {}
    /// A page is through all stages, or failed.
    fn page(&self) {}
    /// A document was written.
    fn document(&self, _finished: &Finished) {}
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// What a run needs beside its inputs.
pub struct Batch {
    pub extractor: Extractor,
    pub options: BatchOptions,
    pub interrupt: Interrupt,
    pub observer: Arc<dyn Observer>,
    pub exhibit: Option<Arc<dyn Exhibit>>,
    /// Finished documents are looked up in it and added to it.
    pub journal: Option<Journal>,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Summary {
    /// Documents written, failed ones too.
    pub documents: usize,
    pub failed: usize,
    /// Documents whose records came from the journal.
    pub resumed: usize,
    /// Stopped by [`Interrupt`] before the end.
    pub interrupted: bool,
    /// Of the first document that failed.
    pub first_error: Option<Error>,
    /// Given back for [`Journal::remove`].
    pub journal: Option<Journal>,
}

impl Summary {
    fn count(&mut self, finished: Finished) {
        self.documents += 1;
        self.resumed += usize::from(finished.resumed);
        self.failed += usize::from(finished.record.status == Status::Error);
        if self.first_error.is_none() {
            self.first_error = finished.error;
        }
    }
}

impl Batch {
    /// Reads all sources and hands their records to `write` in the order of the sources, on the
    /// caller's thread.
    ///
    /// Sources are drawn only as far ahead as the window allows, on a thread of their own, so they may
    /// come from a pipe that stays open; that thread is left behind when the run ends early.
    ///
    /// # Errors
    /// What `write`, the exhibit or the journal fail with. A failing input is no error but a record.
    pub fn run<S>(self, sources: S, mut write: impl FnMut(&Record) -> Result<()>) -> Result<Summary>
    where
        S: Iterator<Item = Task> + Send + 'static,
    {
        let workers = self.options.worker_count();
        let models = if self.extractor.has_model() { self.options.model_threads.max(1) } else { 0 };
        let shared = Arc::new(worker::Shared {
            schedule: Schedule::new(&self.options, workers),
            extractor: self.extractor,
            pictures: self.options.pictures,
            model_processors: self.options.model_processors,
            observer: self.observer,
            exhibit: self.exhibit,
            journal: Mutex::new(self.journal),
        });
        let mut threads = vec![worker::start("feeder", &shared, |shared| shared.feed(sources))?];
        for number in 0..workers {
            let name = format!("worker-{number}");
            threads.push(worker::start(&name, &shared, worker::Shared::work)?);
        }
        for number in 0..models {
            let name = format!("model-{number}");
            threads.push(worker::start(&name, &shared, worker::Shared::run_model)?);
        }
        let written = write_in_order(&shared, &self.interrupt, &mut write);
        shared.schedule.abort();
        // The feeder may be waiting for a pipe, and is left to it.
        for thread in threads.drain(1..) {
            // A panic of a thread was caught and recorded inside it.
            let _ = thread.join();
        }
        let mut summary = written?;
        summary.journal = shared.journal().take();
        Ok(summary)
    }
}

/// The caller's side: takes documents in order until all are written or the run is to end.
fn write_in_order(
    shared: &worker::Shared,
    interrupt: &Interrupt,
    write: &mut impl FnMut(&Record) -> Result<()>,
) -> Result<Summary> {
    let mut summary = Summary::default();
    while let Some(work) = shared.schedule.next_for_caller(interrupt)? {
        match work {
            CallerWork::Conclude(number, document) => shared.conclude(number, *document),
            CallerWork::Write(finished) => {
                write(&finished.record)?;
                shared.observer.document(&finished);
                summary.count(*finished);
            }
        }
    }
    summary.interrupted = interrupt.is_set() && !shared.schedule.is_complete();
    Ok(summary)
}
