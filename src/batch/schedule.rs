//! Who does what next: the state that all threads of a run share, behind one lock.
//!
//! Nothing slow happens under the lock: a worker takes a piece of work out, does it, and brings the
//! result back.

use super::{BatchOptions, Finished, Interrupt, Task};
use crate::batch::journal::Key;
use crate::error::{Error, Result};
use crate::input::DocumentPages;
use crate::output::picture::PagePicture;
use crate::pipeline::{AnalyzedPage, ReadPage};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the caller's thread looks for an interrupt.
const INTERRUPT_PERIOD: Duration = Duration::from_millis(50);

/// An opened document whose pages are still under way.
pub struct OpenDocument {
    pub name: String,
    pub sha256: String,
    pub key: Key,
    /// Time it took to open; counts as input of its first page.
    pub opening: Duration,
    /// Pages not yet decoded; `None` while a worker decodes one.
    pub undecoded: Option<DocumentPages>,
    /// Pages decoded and not yet through all stages.
    pub under_way: usize,
    /// Pages that are through, by number.
    pub done: BTreeMap<u32, DonePage>,
    /// Pages that failed, in the order in which that was noticed.
    pub errors: Vec<Error>,
}

/// A page through all stages.
pub struct DonePage {
    pub page: AnalyzedPage,
    pub picture: Option<PagePicture>,
}

impl OpenDocument {
    fn is_done(&self) -> bool {
        self.under_way == 0 && self.undecoded.as_ref().is_some_and(|pages| pages.len() == 0)
    }
}

/// A page that waits for the model.
pub struct PageJob {
    pub document: usize,
    pub read: ReadPage,
    pub input: Duration,
    pub ocr: Duration,
    pub picture: Option<PagePicture>,
}

/// A piece of work for a worker.
pub enum Work {
    Open(usize, Task),
    /// Decode and read the next page of a document.
    Read(usize, DocumentPages),
    /// Ask the model: its own threads don't keep up.
    Ask(Vec<PageJob>),
    Conclude(usize, OpenDocument),
}

/// A piece of work for the caller's thread.
pub enum CallerWork {
    Write(Box<Finished>),
    Conclude(usize, Box<OpenDocument>),
}

#[derive(Default)]
struct State {
    /// Sources drawn so far.
    drawn: usize,
    /// No more sources will come.
    drained: bool,
    waiting: VecDeque<(usize, Task)>,
    /// Sources that a worker is opening or concluding.
    in_hand: usize,
    open: BTreeMap<usize, OpenDocument>,
    pages: VecDeque<PageJob>,
    /// Model threads that are at work.
    asking: usize,
    finished: BTreeMap<usize, Finished>,
    /// Documents that the caller has taken.
    written: usize,
    /// Finish the pages in hand and begin nothing.
    stopping: bool,
    /// Do nothing more.
    aborted: bool,
    /// Why, where it was an error.
    fatal: Option<Error>,
}

impl State {
    fn pages_under_way(&self) -> usize {
        self.open.values().map(|document| document.under_way).sum()
    }

    fn is_complete(&self) -> bool {
        self.drained && self.written == self.drawn
    }

    /// The oldest document whose pages are all through.
    fn take_done(&mut self) -> Option<(usize, OpenDocument)> {
        let done = self.open.iter().find(|(_, document)| document.is_done()).map(|(n, _)| *n);
        let number = done?;
        let document = self.open.remove(&number)?;
        self.in_hand += 1;
        Some((number, document))
    }

    /// Up to `most` pages that wait for the model.
    fn take_pages(&mut self, most: usize) -> Vec<PageJob> {
        let count = self.pages.len().min(most);
        self.pages.drain(..count).collect()
    }

    /// The oldest document or page that can be gone on with.
    fn take_reading(&mut self) -> Option<Work> {
        if let Some((number, document)) = self.take_done() {
            return Some(Work::Conclude(number, document));
        }
        if self.stopping {
            return None;
        }
        let page = self.open.iter_mut().find_map(|(number, document)| {
            let pages = document.undecoded.take_if(|pages| pages.len() > 0)?;
            document.under_way += 1;
            Some(Work::Read(*number, pages))
        });
        if page.is_some() {
            return page;
        }
        let (number, task) = self.waiting.pop_front()?;
        self.in_hand += 1;
        Some(Work::Open(number, task))
    }

    /// Whether workers may go home.
    fn nothing_left(&self) -> bool {
        let idle = self.in_hand == 0 && self.pages_under_way() == 0;
        self.aborted
            || idle && self.stopping && !self.open.values().any(OpenDocument::is_done)
            || idle && self.drained && self.waiting.is_empty() && self.open.is_empty()
    }
}

/// See the module.
pub struct Schedule {
    state: Mutex<State>,
    changed: Condvar,
    workers: usize,
    window: usize,
    /// Threads of the model.
    models: usize,
    /// Most pages that one of them takes at once.
    model_batch: usize,
    /// So many pages waiting for the model are too many: workers ask for them before they read on.
    page_queue: usize,
}

impl Schedule {
    pub fn new(options: &BatchOptions, workers: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            workers,
            window: options.window.max(workers),
            models: options.model_threads.max(1),
            model_batch: options.model_batch.max(1),
            page_queue: workers + 2 * options.model_batch.max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock that could leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes everybody who waits for a change.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Adds a source, as soon as the window has room; false when no more are wanted.
    pub fn feed(&self, task: Task) -> bool {
        let mut state = self.lock();
        // A source may hold its whole document, so few are kept waiting.
        let full = |state: &State| {
            state.waiting.len() > self.workers || state.drawn >= state.written + self.window
        };
        while full(&state) && !state.aborted && !state.stopping {
            state = self.wait(state);
        }
        if state.aborted || state.stopping {
            return false;
        }
        let number = state.drawn;
        state.drawn += 1;
        state.waiting.push_back((number, task));
        drop(state);
        self.changed.notify_all();
        true
    }

    /// No more sources will come. Gives the number of all.
    pub fn end_of_sources(&self) -> usize {
        self.change(|state| {
            state.drained = true;
            state.drawn
        })
    }

    /// Work for a worker; `None` when there will be no more.
    pub fn next_work(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if state.nothing_left() {
                drop(state);
                self.changed.notify_all();
                return None;
            }
            if let Some(work) = self.take_work(&mut state) {
                return Some(work);
            }
            state = self.wait(state);
        }
    }

    /// Reading comes first, as it feeds the model's own threads; a worker helps them where pages pile
    /// up, and where nothing is left to be read while they are busy.
    fn take_work(&self, state: &mut State) -> Option<Work> {
        let ask = |state: &mut State| Work::Ask(state.take_pages(self.model_batch));
        if state.pages.len() >= self.page_queue {
            return Some(ask(state));
        }
        let busy = state.asking >= self.models && !state.pages.is_empty();
        state.take_reading().or_else(|| busy.then(|| ask(state)))
    }

    /// A worker opened a source.
    pub fn opened(&self, number: usize, document: OpenDocument) {
        self.change(|state| {
            state.in_hand -= 1;
            state.open.insert(number, document);
        });
    }

    /// A worker brings back the rest of a document after decoding one page of it.
    pub fn decoded(&self, number: usize, rest: DocumentPages) {
        self.change(|state| {
            if let Some(document) = state.open.get_mut(&number) {
                document.undecoded = Some(rest);
            }
        });
    }

    /// A page is through all stages, or failed.
    pub fn page_done(&self, number: usize, page: Result<DonePage>) {
        self.change(|state| {
            let Some(document) = state.open.get_mut(&number) else { return };
            document.under_way -= 1;
            match page {
                Ok(done) => {
                    document.done.insert(done.page.page.number, done);
                }
                Err(error) => document.errors.push(error),
            }
        });
    }

    /// Hands a page to the model.
    pub fn push_page(&self, job: PageJob) {
        self.change(|state| state.pages.push_back(job));
    }

    /// Pages for a model thread, which tells [`Self::answered`] when it is through with them; `None`
    /// when there will be no more.
    pub fn take_pages(&self) -> Option<Vec<PageJob>> {
        let mut state = self.lock();
        while state.pages.is_empty() && !state.nothing_left() {
            state = self.wait(state);
        }
        if state.aborted || state.pages.is_empty() {
            return None;
        }
        let jobs = state.take_pages(self.model_batch);
        state.asking += 1;
        drop(state);
        self.changed.notify_all();
        Some(jobs)
    }

    /// A model thread is free again.
    pub fn answered(&self) {
        self.change(|state| state.asking -= 1);
    }

    /// A document is ready to be written.
    pub fn finish(&self, number: usize, finished: Finished) {
        self.change(|state| {
            state.in_hand -= 1;
            state.finished.insert(number, finished);
        });
    }

    /// The run can't go on.
    pub fn fail(&self, error: Error) {
        self.change(|state| {
            state.aborted = true;
            state.fatal.get_or_insert(error);
        });
    }

    /// Everybody goes home after what is in hand.
    pub fn abort(&self) {
        self.change(|state| state.aborted = true);
    }

    pub fn is_complete(&self) -> bool {
        self.lock().is_complete()
    }

    /// What the caller's thread is to do next: the next document in order, or, while that is not
    /// there, a document that waits to be concluded because all workers are at pages. `None` at the
    /// end, and after an interrupt when all that was in hand is done.
    ///
    /// # Errors
    /// Why the run can't go on.
    pub fn next_for_caller(&self, interrupt: &Interrupt) -> Result<Option<CallerWork>> {
        let mut state = self.lock();
        loop {
            if let Some(error) = state.fatal.take() {
                return Err(error);
            }
            let next = state.written;
            if let Some(finished) = state.finished.remove(&next) {
                state.written += 1;
                drop(state);
                self.changed.notify_all();
                return Ok(Some(CallerWork::Write(Box::new(finished))));
            }
            if let Some((number, document)) = state.take_done() {
                return Ok(Some(CallerWork::Conclude(number, Box::new(document))));
            }
            if interrupt.is_set() && !state.stopping {
                state.stopping = true;
                self.changed.notify_all();
            }
            if state.nothing_left() || state.is_complete() {
                return Ok(None);
            }
            let (next_state, _) = self
                .changed
                .wait_timeout(state, INTERRUPT_PERIOD)
                .unwrap_or_else(PoisonError::into_inner);
            state = next_state;
        }
    }
}
