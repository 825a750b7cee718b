//! Tesseract's engines, each on a thread of its own, and what is asked of them.
//!
//! An engine costs 50–100 ms and 30 MB to start, so each is started once and kept. The thread matters: Tesseract's
//! OpenMP regions make it several times slower on few cores, and the one switch that tames them inside a process,
//! `omp_set_max_active_levels(0)`, belongs to the thread that calls it. The model's library shares the same OpenMP
//! runtime, so the switch must never be thrown on a thread that runs the model. Engine threads run nothing else.

use super::engine::{Engine, FoundLine, ReadRequest};
use super::language;
use super::openmp::limit_openmp_on_this_thread;
use super::options::TesseractOptions;
use super::tesseract::{EngineStart, Tesseract, failed, version};
use crate::document::Word;
use crate::error::{Error, ErrorCode, Result, panic_reason};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long an engine may take for a picture of so many million pixels before it is given up: on some scans Tesseract does
/// not end, and a folder must.
fn patience(megapixels: f64) -> Duration {
    const LEAST: Duration = Duration::from_secs(60);
    const PER_MEGAPIXEL: Duration = Duration::from_secs(10);
    LEAST + PER_MEGAPIXEL.mul_f64(megapixels)
}

/// How often it is looked at what has begun.
const GLANCE: Duration = Duration::from_secs(1);

/// Engines of one language, each on its own thread; any number of callers at once.
pub struct TesseractPool {
    jobs: Mutex<Sender<Job>>,
    queue: Arc<Mutex<Receiver<Job>>>,
    start: EngineStart,
    started: Mutex<usize>,
    limit: usize,
    /// By millions of pixels.
    patience: fn(f64) -> Duration,
}

struct Job {
    request: ReadRequest,
    answer: Answer,
    watch: Arc<Watch>,
}

/// What asker and engine tell each other of a job.
#[derive(Default)]
struct Watch {
    begun: OnceLock<Instant>,
    given_up: AtomicBool,
}

/// A job that was handed over.
struct Waiting<T> {
    result: Receiver<Result<T>>,
    watch: Arc<Watch>,
    patience: Duration,
}

/// What is wanted of a picture, and where it goes. An asker who has gone wants no answer, so a failure
/// to send is none.
enum Answer {
    Words(Sender<Result<Vec<Word>>>),
    Lines(Sender<Result<Vec<FoundLine>>>),
}

impl Answer {
    fn fail(&self, error: Error) {
        match self {
            Self::Words(asker) => drop(asker.send(Err(error))),
            Self::Lines(asker) => drop(asker.send(Err(error))),
        }
    }

    fn give(&self, engine: &mut Tesseract, request: &ReadRequest) {
        match self {
            Self::Words(asker) => drop(asker.send(engine.read(request))),
            Self::Lines(asker) => drop(asker.send(engine.find_lines(request))),
        }
    }
}

/// A lock whose holder panicked guards nothing that a panic could have left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TesseractPool {
    /// Finds the language data and starts the first engine in the background; the others start when
    /// there is work for them.
    ///
    /// # Errors
    /// `ocr-language` where language data is missing.
    pub fn new(options: &TesseractOptions) -> Result<Self> {
        let data = language::find_data(&options.language, options.tessdata_dir.as_deref())?;
        let (jobs, queue) = channel();
        let pool = Self {
            jobs: Mutex::new(jobs),
            queue: Arc::new(Mutex::new(queue)),
            start: EngineStart {
                data,
                language: options.language.clone(),
                oem: options.oem.number(),
            },
            started: Mutex::new(0),
            limit: options.engine_count().max(1),
            patience,
        };
        pool.start_another()?;
        Ok(pool)
    }

    /// Directory of the language data in use.
    pub fn data_directory(&self) -> &Path {
        &self.start.data
    }

    /// Starts one more engine thread unless all are running. The thread ends with the pool.
    fn start_another(&self) -> Result<()> {
        let mut started = lock(&self.started);
        if *started >= self.limit {
            return Ok(());
        }
        let (queue, start) = (Arc::clone(&self.queue), self.start.clone());
        std::thread::Builder::new()
            .name(format!("ocr-{started}"))
            .spawn(move || serve(&queue, &start))
            .map_err(|error| {
                Error::ocr(ErrorCode::OcrFailed, "no thread could be started for OCR")
                    .caused_by(error)
            })?;
        *started += 1;
        Ok(())
    }

    /// Hands every request to the next free engine, and waits for all answers.
    fn ask<T>(
        &self,
        requests: Vec<ReadRequest>,
        wanted: fn(Sender<Result<T>>) -> Answer,
    ) -> Vec<Result<T>> {
        let mut waiting = Vec::with_capacity(requests.len());
        for request in requests {
            let (answer, result) = channel();
            let watch = Arc::new(Watch::default());
            let (width, height) = request.image.dimensions();
            let megapixels = f64::from(width) * f64::from(height) / 1e6;
            let patience = (self.patience)(megapixels);
            let job = Job { request, answer: wanted(answer), watch: Arc::clone(&watch) };
            let sent =
                self.start_another().and_then(|()| lock(&self.jobs).send(job).map_err(|_| gone()));
            waiting.push(sent.map(|()| Waiting { result, watch, patience }));
        }
        waiting.into_iter().map(|waiting| self.wait(waiting?)).collect()
    }

    /// The answer, or an error where the engine takes too long; another then takes its place.
    fn wait<T>(&self, Waiting { result, watch, patience }: Waiting<T>) -> Result<T> {
        loop {
            match result.recv_timeout(GLANCE.min(patience)) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if watch.begun.get().is_some_and(|begun| begun.elapsed() > patience) {
                watch.given_up.store(true, Ordering::Relaxed);
                *lock(&self.started) -= 1;
                self.start_another()?;
                let seconds = patience.as_secs();
                return Err(failed(&format!("read the page within {seconds} s")).hint(
                    "scale the page down, or read it with another `--psm`; it may be a picture",
                ));
            }
        }
    }
}

impl Engine for TesseractPool {
    fn read_all(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<Word>>> {
        self.ask(requests, Answer::Words)
    }

    fn find_lines(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<FoundLine>>> {
        self.ask(requests, Answer::Lines)
    }

    fn width(&self) -> usize {
        self.limit
    }

    fn name(&self) -> String {
        format!("tesseract {}", version())
    }

    fn language(&self) -> String {
        self.start.language.clone()
    }
}

fn gone() -> Error {
    Error::ocr(ErrorCode::Internal, "the OCR thread ended early")
        .hint("this is a bug; please report it with the page")
}

/// An engine thread's whole life.
fn serve(queue: &Mutex<Receiver<Job>>, start: &EngineStart) {
    limit_openmp_on_this_thread();
    let mut engine = None;
    let warmed = catch_unwind(AssertUnwindSafe(|| start.engine()));
    let mut failure = match warmed {
        Ok(Ok(ready)) => {
            engine = Some(ready);
            None
        }
        Ok(Err(error)) => Some(error),
        Err(panic) => Some(panicked(&*panic)),
    };
    loop {
        // The guard is dropped with the statement, so that the others can take the next job.
        let job = lock(queue).recv();
        let Ok(Job { request, answer, watch }) = job else { return };
        if engine.is_none() {
            match failure.take().map_or_else(|| start.engine(), Err) {
                Ok(ready) => engine = Some(ready),
                Err(error) => {
                    answer.fail(error);
                    continue;
                }
            }
        }
        let Some(ready) = engine.as_mut() else { continue };
        // No job begins twice.
        let _ = watch.begun.set(Instant::now());
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| answer.give(ready, &request))) {
            engine = None;
            answer.fail(panicked(&*panic));
        }
        // Another has taken this one's place.
        if watch.given_up.load(Ordering::Relaxed) {
            return;
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let reason = panic_reason(panic);
    Error::ocr(ErrorCode::Internal, format!("the OCR engine panicked: {reason}"))
        .hint("this is a bug; please report it with the page")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    /// As seen: the search for tables on a scan did not end, and neither did the folder.
    #[test]
    fn an_engine_that_takes_too_long_is_replaced() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/samples/receipt.jpg");
        let image = Arc::new(image::open(path).unwrap().to_luma8());
        let options = TesseractOptions { engines: NonZeroUsize::new(1), ..Default::default() };
        let request = || ReadRequest { image: Arc::clone(&image), psm: 6, dpi: 200 };
        let read = |pool: &TesseractPool| pool.read_all(vec![request()]).remove(0);
        let mut pool = TesseractPool::new(&options).unwrap();
        pool.patience = |_| Duration::from_millis(1);
        let error = read(&pool).unwrap_err().to_string();
        assert!(error.contains("could not read the page within"), "{error}");
        pool.patience = patience;
        assert!(read(&pool).unwrap().len() > 40);
        assert_eq!(*lock(&pool.started), 1);
    }
}
