//! What the threads of a run do: feed, read, ask the model, conclude.

use super::schedule::{DonePage, OpenDocument, PageJob, Schedule, Work};
use super::{Exhibit, Finished, Journal, Observer, Task};
use crate::batch::journal::Key;
use crate::error::{Error, ErrorCode, Result, Stage, panic_reason};
use crate::input::{DocumentPages, Source};
use crate::output::picture::PagePicture;
use crate::output::record::Record;
use crate::pipeline::{Extractor, PageFindings, ReadPage};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What all threads of a run hold together.
pub struct Shared {
    pub schedule: Schedule,
    pub extractor: Extractor,
    pub pictures: bool,
    pub model_processors: Option<NonZeroUsize>,
    pub observer: Arc<dyn Observer>,
    pub exhibit: Option<Arc<dyn Exhibit>>,
    pub journal: Mutex<Option<Journal>>,
}

/// Starts a named thread that shares the run.
pub fn start(
    name: &str,
    shared: &Arc<Shared>,
    body: impl FnOnce(&Shared) + Send + 'static,
) -> Result<JoinHandle<()>> {
    let shared_with_thread = Arc::clone(shared);
    std::thread::Builder::new()
        .name(name.to_string())
        .spawn(move || body(&shared_with_thread))
        .map_err(|error| {
            // Those that run already must not wait for ever.
            shared.schedule.abort();
            Error::new(Stage::Input, ErrorCode::Internal, "no thread could be started")
                .hint("use fewer workers with `-j`, or raise the limit of processes")
                .caused_by(error)
        })
}

impl Shared {
    pub fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The feeder's life.
    pub fn feed(&self, sources: impl Iterator<Item = Task>) {
        for source in sources {
            if !self.schedule.feed(source) {
                return;
            }
        }
        self.observer.total(self.schedule.end_of_sources());
    }

    /// A worker's life.
    pub fn work(&self) {
        while let Some(work) = self.schedule.next_work() {
            match work {
                Work::Open(number, task) => self.open(number, task),
                Work::Read(number, pages) => self.read(number, pages),
                Work::Ask(jobs) => {
                    // The model's own threads are busy beside it.
                    self.extractor.limit_processors(1);
                    self.ask(jobs);
                }
                Work::Conclude(number, document) => self.conclude(number, document),
            }
        }
    }

    /// A model thread's life.
    pub fn run_model(&self) {
        if let Some(most) = self.model_processors {
            self.extractor.limit_processors(most.get());
        }
        while let Some(jobs) = self.schedule.take_pages() {
            self.ask(jobs);
            self.schedule.answered();
        }
    }

    /// Asks the model for pages and takes them on.
    fn ask(&self, jobs: Vec<PageJob>) {
        let (places, reads) = split(jobs);
        for (place, (answer, read)) in places.into_iter().zip(self.analyze(reads)) {
            self.page_done(place, read, answer);
        }
    }

    fn open(&self, number: usize, task: Task) {
        let (name, opened) = match task {
            Ok(source) => (source.name(), self.open_source(&source)),
            Err(error) => (error.input.clone().unwrap_or_default(), Err(error)),
        };
        match opened {
            Ok(Opened::Fresh(document)) => self.schedule.opened(number, document),
            Ok(Opened::Done(record)) => {
                let finished = Finished { record, error: None, resumed: true };
                self.schedule.finish(number, finished);
            }
            Err(error) => self.failed(number, name, error),
        }
    }

    /// A document of which nothing could be read; a failing output ends the run instead.
    fn failed(&self, number: usize, name: String, error: Error) {
        let record = Record::failed(name, None, &error, None);
        let shown = self.exhibit.as_ref().map_or(Ok(()), |exhibit| exhibit.show(&record, &[]));
        match shown {
            _ if error.stage == Stage::Output => self.schedule.fail(error),
            Err(error) => self.schedule.fail(error),
            Ok(()) => {
                let finished = Finished { record, error: Some(error), resumed: false };
                self.schedule.finish(number, finished);
            }
        }
    }

    fn open_source(&self, source: &Source) -> Result<Opened> {
        let start = Instant::now();
        let pages = caught(Stage::Input, || self.extractor.open(source))?;
        let (name, sha256) = (pages.name().to_string(), pages.sha256().to_string());
        let key = Key::new(&name, &sha256, &self.extractor.fingerprint(&name)?);
        if let Some(journal) = &mut *self.journal()
            && let Some(record) = journal.get(key)?
        {
            return Ok(Opened::Done(record));
        }
        Ok(Opened::Fresh(OpenDocument {
            name,
            sha256,
            key,
            opening: start.elapsed(),
            undecoded: Some(pages),
            under_way: 0,
            done: Default::default(),
            errors: Vec::new(),
        }))
    }

    fn read(&self, document: usize, mut pages: DocumentPages) {
        let name = pages.name().to_string();
        let start = Instant::now();
        let decoded = caught(Stage::Input, || pages.next().transpose());
        let input = start.elapsed();
        // Others can go on with the next page now.
        self.schedule.decoded(document, pages);
        let read = decoded.and_then(|page| {
            let page = page.ok_or_else(|| lost("a page was promised and did not come"))?;
            let number = page.number;
            let kept = self.pictures.then(|| caught(Stage::Output, || PagePicture::new(&page)));
            let picture = kept.transpose()?;
            let start = Instant::now();
            let read = caught(Stage::Ocr, || self.extractor.read(&name, page))
                .map_err(|error| error.on_page(number))?;
            Ok((read, start.elapsed(), picture))
        });
        match read {
            Ok((read, ocr, picture)) if self.extractor.has_model() => {
                self.schedule.push_page(PageJob { document, read, input, ocr, picture });
            }
            Ok((read, ocr, picture)) => {
                let place = Place { document, input, ocr, picture };
                self.page_done(place, read, Ok(PageFindings::default()));
            }
            Err(error) => {
                self.schedule.page_done(document, Err(error));
                self.observer.page();
            }
        }
    }

    /// Asks the model. A panic costs only the page that caused it: the others are asked for again.
    fn analyze(&self, reads: Vec<ReadPage>) -> Vec<(Result<PageFindings>, ReadPage)> {
        let together = caught(Stage::Model, || Ok(self.extractor.analyze(&reads)));
        let answers = match together {
            Ok(answers) if answers.len() == reads.len() => answers,
            Err(error) if reads.len() == 1 => vec![Err(error)],
            _ => reads.iter().map(|read| self.analyze_alone(read)).collect(),
        };
        answers.into_iter().zip(reads).collect()
    }

    fn analyze_alone(&self, read: &ReadPage) -> Result<PageFindings> {
        caught(Stage::Model, || {
            let mut answers = self.extractor.analyze(std::slice::from_ref(read));
            answers.pop().unwrap_or_else(|| Err(lost("the model gave no answer")))
        })
    }

    fn page_done(&self, place: Place, read: ReadPage, answer: Result<PageFindings>) {
        let Place { document, input, ocr, picture } = place;
        let number = read.page.number;
        let done = answer
            .map_err(|error| error.on_page(number))
            .map(|findings| DonePage { page: read.analyzed(findings, input, ocr), picture });
        self.schedule.page_done(document, done);
        self.observer.page();
    }

    /// Makes the record of a document whose pages are all through.
    pub fn conclude(&self, number: usize, document: OpenDocument) {
        let name = document.name.clone();
        match caught(Stage::Decode, || self.finished(document)) {
            Ok(finished) => self.schedule.finish(number, finished),
            Err(error) => self.failed(number, name.clone(), error.at(name)),
        }
    }

    /// Record, pictures and journal of a document whose pages are all through.
    fn finished(&self, document: OpenDocument) -> Result<Finished> {
        let OpenDocument { name, sha256, key, opening, done, mut errors, .. } = document;
        let (mut pages, mut pictures) = (Vec::new(), Vec::new());
        for (_, DonePage { page, picture }) in done {
            pages.push(page);
            pictures.extend(picture);
        }
        if let Some(first) = pages.first_mut() {
            first.input += opening;
        }
        errors.sort_by_key(|error| error.page);
        let page_count = pages.len() + errors.len();
        let error_count = errors.len();
        let extraction = (!pages.is_empty()).then(|| self.extractor.conclude(pages));
        let first_error = errors.into_iter().next().map(|mut error| {
            if page_count > 1 {
                error.message =
                    format!("{} ({error_count} of {page_count} pages failed)", error.message);
            }
            error.at(&name)
        });
        let record = match (&first_error, extraction) {
            (None, Some(extraction)) => Record::ok(name, sha256, extraction),
            (Some(error), extraction) => Record::failed(name, Some(sha256), error, extraction),
            (None, None) => {
                Record::failed(name, Some(sha256), &lost("the document has no pages"), None)
            }
        };
        if let Some(exhibit) = &self.exhibit {
            exhibit.show(&record, &pictures)?;
        }
        // What failed is tried again by the next run: its cause may be gone by then.
        if let (Some(journal), None) = (&mut *self.journal(), &first_error) {
            journal.append(key, &record)?;
        }
        Ok(Finished { record, error: first_error, resumed: false })
    }
}

enum Opened {
    Fresh(OpenDocument),
    /// By an earlier run.
    Done(Record),
}

/// Where a page belongs and what it took so far.
struct Place {
    document: usize,
    input: Duration,
    ocr: Duration,
    picture: Option<PagePicture>,
}

fn split(jobs: Vec<PageJob>) -> (Vec<Place>, Vec<ReadPage>) {
    jobs.into_iter()
        .map(|job| {
            let PageJob { document, read, input, ocr, picture } = job;
            (Place { document, input, ocr, picture }, read)
        })
        .unzip()
}

/// The last net: a panic becomes an error of the page or document it happened in, and a bug to report.
/// Every fault that is known is an error long before.
fn caught<T>(stage: Stage, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = panic_reason(&*panic);
        Err(Error::new(stage, ErrorCode::Internal, format!("internal error: {reason}"))
            .hint("this is a bug; please report it with the file"))
    })
}

fn lost(message: &str) -> Error {
    Error::new(Stage::Input, ErrorCode::Internal, message)
        .hint("this is a bug; please report it with the file")
}
