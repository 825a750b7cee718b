//! What this installation has, what it lacks, and how to mend it.
//!
//! Every check really uses what it reports on: an engine is started, the model is loaded. A check
//! that only looked for files would call a damaged installation sound.

use crate::error::{Error, Result, Stage};
use crate::model::registry::{self, Found, Named};
use crate::model::runtime::Runtime;
use crate::ocr::{self, TesseractOptions, language};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What to check beside the program itself.
#[derive(Debug, Clone, Default)]
pub struct DoctorOptions {
    /// A model directory instead of the built-in model.
    pub model: Option<PathBuf>,
    pub tesseract: TesseractOptions,
}

/// All checks, in the order they are shown.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub ok: bool,
    pub checks: Vec<Check>,
    /// Where what was downloaded is kept.
    pub cache: PathBuf,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub status: Status,
    /// One line for people.
    pub summary: String,
    /// The same for scripts, and more of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<&'static str, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Of the stage that can't work; for the exit code.
    #[serde(skip)]
    pub stage: Option<Stage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Ok,
    /// Works, but not as well as it could.
    Warning,
    /// `extract` fails without it.
    Broken,
}

impl Check {
    fn new(name: &'static str, status: Status, summary: impl Into<String>) -> Self {
        let summary = summary.into();
        Self { name, status, summary, facts: BTreeMap::new(), hint: None, stage: None }
    }
    fn fact(mut self, key: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.facts.insert(key, value.into());
        self
    }
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    fn broken(name: &'static str, error: &Error) -> Self {
        let place = error.input.as_deref().map(|input| format!("{input}: ")).unwrap_or_default();
        Self {
            hint: error.hint.clone(),
            stage: Some(error.stage),
            ..Self::new(name, Status::Broken, format!("{place}{}", error.message))
                .fact("code", serde_json::to_value(error.code).unwrap_or_default())
        }
    }
}

/// Looks at everything.
pub fn examine(options: &DoctorOptions) -> Report {
    let model = match &options.model {
        None => registry::default_model(tch::Device::Cpu),
        Some(directory) => registry::from_directory(directory, tch::Device::Cpu),
    };
    let checks = vec![
        libtorch(&Runtime::detect()),
        processor(&Surroundings::read()),
        tesseract(&options.tesseract),
        languages(&options.tesseract),
        self::model(model.and_then(Found::labelling), options.model.as_deref()),
        pdf(),
    ];
    let ok = checks.iter().all(|check| check.status != Status::Broken);
    Report { version: env!("CARGO_PKG_VERSION"), ok, checks, cache: cache_directory() }
}

impl Report {
    /// The stage of the first thing that can't work.
    pub fn broken_stage(&self) -> Option<Stage> {
        self.checks.iter().find_map(|check| check.stage)
    }
}

fn libtorch(runtime: &Runtime) -> Check {
    let version = runtime.version.as_deref().unwrap_or("of unknown version");
    let threads = match runtime.threads {
        1 => "1 thread".to_owned(),
        several => format!("{several} threads"),
    };
    let cuda = match runtime.cuda_devices {
        0 => "no CUDA".to_owned(),
        1 => "1 CUDA device".to_owned(),
        several => format!("{several} CUDA devices"),
    };
    let place = runtime.library.as_deref().and_then(Path::parent);
    let place_shown = place.map(|place| format!(", from {}", place.display())).unwrap_or_default();
    let summary = format!("{version}, {threads}, {cuda}{place_shown}");
    Check::new("libtorch", Status::Ok, summary)
        .fact("version", runtime.version.clone())
        .fact("directory", place.map(|place| place.display().to_string()))
        .fact("threads", runtime.threads)
        .fact("cuda_devices", runtime.cuda_devices)
}

/// What the system offers and the user restricts.
struct Surroundings {
    cores: usize,
    /// The widest vector instructions, by which the model's speed differs severalfold.
    vectors: &'static str,
    omp_num_threads: Option<String>,
}

impl Surroundings {
    fn read() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            vectors: widest_vectors(),
            omp_num_threads: std::env::var("OMP_NUM_THREADS").ok(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn widest_vectors() -> &'static str {
    if is_x86_feature_detected!("avx512f") {
        "AVX-512"
    } else if is_x86_feature_detected!("avx2") {
        "AVX2"
    } else {
        "none beyond SSE"
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn widest_vectors() -> &'static str {
    std::env::consts::ARCH
}

fn processor(surroundings: &Surroundings) -> Check {
    let Surroundings { cores, vectors, omp_num_threads } = surroundings;
    let summary = format!("{cores} cores, vector instructions: {vectors}");
    let check = |status| {
        Check::new("processor", status, summary.clone())
            .fact("cores", *cores)
            .fact("vectors", *vectors)
    };
    match omp_num_threads.as_deref().and_then(|text| text.parse::<usize>().ok()) {
        Some(threads) if threads < *cores => check(Status::Warning).hint(format!(
            "OMP_NUM_THREADS={threads} keeps the model from the other cores; unset it"
        )),
        _ => check(Status::Ok),
    }
}

/// One engine is started and dropped: the library, the language data and their versions fit.
fn tesseract(options: &TesseractOptions) -> Check {
    let one = TesseractOptions { engines: Some(NonZeroUsize::MIN), ..options.clone() };
    match ocr::open(&one) {
        Ok(recognizer) => Check::new("ocr", Status::Ok, recognizer.engine())
            .fact("engine", recognizer.engine())
            .fact("language", recognizer.language()),
        Err(error) => Check::broken("ocr", &error),
    }
}

fn languages(options: &TesseractOptions) -> Check {
    let explicit = options.tessdata_dir.as_deref();
    let directories = language::data_directories(explicit);
    let mut found: Vec<String> =
        directories.iter().flat_map(|d| language::languages_in(d)).collect();
    found.sort();
    found.dedup();
    let shown: Vec<String> = directories.iter().map(|d| d.display().to_string()).collect();
    let check = match language::find_data(&options.language, explicit) {
        Ok(_) => Check::new(
            "languages",
            Status::Ok,
            format!("{} in {}", found.join(", "), shown.join(", ")),
        )
        .hint("more languages: install tesseract-ocr-deu, tesseract-ocr-fra and the like"),
        Err(error) => Check::broken("languages", &error),
    };
    check.fact("languages", found).fact("directories", shown)
}

fn model(loaded: Result<Named>, directory: Option<&Path>) -> Check {
    let named = match loaded {
        Ok(named) => named,
        Err(error) => return Check::broken("model", &error),
    };
    let place = directory.map_or("built in".to_owned(), |path| path.display().to_string());
    let labels = named.predictor.labels.entities();
    let summary =
        format!("{} {} ({place}), labels: {}", named.name, named.revision, labels.join(", "));
    Check::new("model", Status::Ok, summary)
        .fact("name", named.name)
        .fact("revision", named.revision)
        .fact("labels", labels.iter().map(ToString::to_string).collect::<Vec<_>>())
        .fact("directory", directory.map(|path| path.display().to_string()))
}

fn pdf() -> Check {
    if cfg!(feature = "pdf") {
        Check::new("pdf", Status::Ok, "built in")
    } else {
        Check::new("pdf", Status::Warning, "this program was built without PDF")
            .hint("build it with the feature `pdf` to read PDF files")
    }
}

/// The same directory that `scripts/setup` uses.
pub fn cache_directory() -> PathBuf {
    cache_from(|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
}

fn cache_from(variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    variable("LAYOUTLM_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("layoutlm")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/layoutlm")))
        .unwrap_or_else(|| std::env::temp_dir().join("layoutlm"))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "layoutlm {}", self.version)?;
        for check in &self.checks {
            let status = match check.status {
                Status::Ok => "ok",
                Status::Warning => "warning",
                Status::Broken => "BROKEN",
            };
            writeln!(f, "{status:>9}  {:<10} {}", check.name, check.summary)?;
            if let Some(hint) = &check.hint {
                writeln!(f, "{:>9}  {:<10} hint: {hint}", "", "")?;
            }
        }
        writeln!(f, "{:>9}  {:<10} {}", "", "cache", self.cache.display())
    }
}

#[cfg(test)]
mod tests;
