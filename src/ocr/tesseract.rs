//! Tesseract behind a pool of warm engines: the only file that names its bindings.
//!
//! An engine costs 50–100 ms and 30 MB to start, so each is started once and kept on a thread of its
//! own. The thread matters: Tesseract's OpenMP regions make it several times slower on few cores, and
//! the one switch that tames them inside a process, `omp_set_max_active_levels(0)`, belongs to the
//! thread that calls it. The model's library shares the same OpenMP runtime, so the switch must never
//! be thrown on a thread that runs the model. Engine threads run nothing else.
//!
//! Pictures are handed over in memory, and words come back through Tesseract's own TSV, the one
//! structured answer that the safe binding gives; no file is written.

use super::engine::{Engine, FoundLine, ReadRequest};
use super::language;
use super::openmp::limit_openmp_on_this_thread;
use super::options::TesseractOptions;
use super::tsv::words_of;
use crate::document::Word;
use crate::error::{Error, ErrorCode, Result, panic_reason};
use crate::geometry::PixelBox;
use std::any::Any;
use std::cmp::Reverse;
use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tesseract_plumbing::TessBaseApi;
use tesseract_plumbing::tesseract_sys::{
    TessPageIteratorLevel, TessPageIteratorLevel_RIL_BLOCK, TessPageIteratorLevel_RIL_TEXTLINE,
    TessPageIteratorLevel_RIL_WORD,
};

/// Tesseract refuses pictures with a longer side.
const LONGEST_SIDE: u32 = 32_767;

/// Smaller pictures hold no text, and Tesseract complains about them.
const SHORTEST_SIDE: u32 = 3;

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

/// What an engine needs to start.
#[derive(Clone)]
struct EngineStart {
    data: PathBuf,
    language: String,
    oem: u8,
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

    fn give(&self, api: &mut TessBaseApi, request: &ReadRequest) {
        match self {
            Self::Words(asker) => drop(asker.send(read(api, request))),
            Self::Lines(asker) => drop(asker.send(find_lines(api, request))),
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

/// Tesseract's version as linked: `5.3.0`.
pub fn version() -> String {
    tesseract_plumbing::version().to_string_lossy().into_owned()
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
        let Some(api) = engine.as_mut() else { continue };
        // No job begins twice.
        let _ = watch.begun.set(Instant::now());
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| answer.give(api, &request))) {
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

impl EngineStart {
    fn engine(&self) -> Result<TessBaseApi> {
        silence_leptonica();
        let data = CString::new(self.data.to_string_lossy().into_owned());
        let language = CString::new(self.language.clone());
        let (Ok(data), Ok(language)) = (data, language) else {
            return Err(Error::ocr(ErrorCode::OcrLanguage, "a NUL stands in the language or path"));
        };
        let mut api = TessBaseApi::create();
        // Before the start, because the start itself prints to stderr when a file is broken.
        set(&mut api, c"debug_file", c"/dev/null")?;
        api.init_4(Some(&data), Some(&language), u32::from(self.oem)).map_err(|error| {
            Error::ocr(
                ErrorCode::OcrUnavailable,
                format!(
                    "Tesseract did not start with language `{}`, engine mode {}, from {}",
                    self.language,
                    self.oem,
                    self.data.display()
                ),
            )
            .hint(
                "the language data may be broken or lack this engine mode: \
                 reinstall it, or leave out `--oem`",
            )
            .caused_by(error)
        })?;
        // White print on black is mended before (`light.rs`); doubtful lines would be read twice.
        set(&mut api, c"tessedit_do_invert", c"0")?;
        // Nobody asks for its tables, and on some scans the search for them does not end.
        set(&mut api, c"textord_tabfind_find_tables", c"0")?;
        Ok(api)
    }
}

fn set(api: &mut TessBaseApi, name: &CStr, value: &CStr) -> Result<()> {
    api.set_variable(name, value).map_err(|error| {
        Error::ocr(
            ErrorCode::OcrFailed,
            format!("Tesseract {} does not know the setting {name:?}", version()),
        )
        .caused_by(error)
    })
}

fn failed(what: &str) -> Error {
    Error::ocr(ErrorCode::OcrFailed, format!("Tesseract could not {what}"))
}

/// Shows the engine a picture; false where it is too small to hold text.
fn show(api: &mut TessBaseApi, request: &ReadRequest) -> Result<bool> {
    let (width, height) = request.image.dimensions();
    if width < SHORTEST_SIDE || height < SHORTEST_SIDE {
        return Ok(false);
    }
    if width.max(height) > LONGEST_SIDE {
        return Err(Error::ocr(
            ErrorCode::TooLarge,
            format!("a page of {width}×{height} pixels is more than Tesseract takes"),
        )
        .hint(format!("scale it to at most {LONGEST_SIDE} pixels a side")));
    }
    let number = |n: u32| CString::new(n.to_string()).unwrap_or_default();
    set(api, c"tessedit_pageseg_mode", &number(request.psm.into()))?;
    // Both sides are at most LONGEST_SIDE, so nothing is cut here.
    api.set_image(request.image.as_raw(), width as i32, height as i32, 1, width as i32)
        .map_err(|error| failed("take the picture").caused_by(error))?;
    api.set_source_resolution(request.dpi.clamp(70, 2400) as i32);
    Ok(true)
}

fn read(api: &mut TessBaseApi, request: &ReadRequest) -> Result<Vec<Word>> {
    if !show(api, request)? {
        return Ok(Vec::new());
    }
    api.recognize().map_err(|error| failed("read the page").caused_by(error))?;
    let table = api.get_tsv_text(0).map_err(|error| failed("give its words").caused_by(error))?;
    let table: &CStr = table.as_ref();
    Ok(words_of(&table.to_string_lossy()))
}

fn find_lines(api: &mut TessBaseApi, request: &ReadRequest) -> Result<Vec<FoundLine>> {
    if !show(api, request)? {
        return Ok(Vec::new());
    }
    let mut lines: Vec<FoundLine> = components(api, TessPageIteratorLevel_RIL_TEXTLINE)
        .into_iter()
        .map(|bbox| FoundLine { bbox, block: 0, words: Vec::new() })
        .collect();
    let blocks = components(api, TessPageIteratorLevel_RIL_BLOCK);
    for line in &mut lines {
        let around = (0u32..).zip(&blocks).max_by_key(|(_, b)| b.intersection_area(line.bbox));
        line.block = around.map_or(0, |(number, _)| number);
    }
    for word in components(api, TessPageIteratorLevel_RIL_WORD) {
        // A logo makes its line so high that it covers the next one too: the lower line is meant.
        let fit = |line: &&mut FoundLine| {
            (line.bbox.intersection_area(word), Reverse(line.bbox.height()))
        };
        let around = lines.iter_mut().max_by_key(fit);
        if let Some(line) = around.filter(|line| line.bbox.intersection_area(word) > 0) {
            line.words.push(word);
        }
    }
    for line in &mut lines {
        line.words.sort_by_key(|word| word.left());
    }
    Ok(lines)
}

/// Boxes of the text that the engine's layout analysis finds in the picture shown, in reading order.
/// None is no failure: a blank page has none.
fn components(api: &TessBaseApi, level: TessPageIteratorLevel) -> Vec<PixelBox> {
    const TEXT_ONLY: i32 = 1;
    let Ok(boxes) = api.get_component_images_1(level, TEXT_ONLY) else { return Vec::new() };
    (0..boxes.get_count())
        .filter_map(|index| {
            let (mut left, mut top, mut width, mut height) = (0, 0, 0, 0);
            // It always succeeds where there is a box and a place for an answer.
            boxes.get_box_copied(index)?.get_geometry(
                Some(&mut left),
                Some(&mut top),
                Some(&mut width),
                Some(&mut height),
            );
            let [left, top, width, height] = [left, top, width, height].map(i64::from);
            Some(PixelBox::new(left, top, left + width, top + height))
        })
        .collect()
}

/// Leptonica prints to stderr by default; its complaints come back as null pointers anyway.
#[allow(unsafe_code)]
fn silence_leptonica() {
    use tesseract_plumbing::leptonica_sys::{L_SEVERITY_NONE, setMsgSeverity};
    // SAFETY: sets one global integer of the library, which engine threads only ever set to this
    // same value; no pointer is involved.
    unsafe { setMsgSeverity(L_SEVERITY_NONE as i32) };
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
