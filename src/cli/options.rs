//! Groups of flags that several verbs share. Each is what was typed; the methods turn it into the
//! library's own options, which hold every default.

use crate::batch::sources::{Selection, Shard};
use crate::batch::{BatchOptions, Exhibit};
use crate::error::{Error, Result};
use crate::input::{InputOptions, PageRange, TextLayerMode};
use crate::model::precision::Arithmetic;
use crate::ocr::{EngineMode, Reread, SegmentationMode, TesseractOptions};
use crate::output::html::HtmlPages;
use crate::output::naming::Naming;
use crate::output::overlay::Overlays;
use crate::output::sink::Target;
pub use crate::pipeline::Device;
use crate::pipeline::{Extractor, GivenWords, Reader, ReportOptions};
use clap::{Args, ValueHint};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `--max-pixels` counts in these.
const MILLION: u64 = 1_000_000;

/// Which documents, and which pages of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Files and directories; - reads one document from standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    #[arg(required_unless_present = "files_from")]
    pub paths: Vec<PathBuf>,
    /// Read paths from this file, one a line (- for standard input); a line may also be a JSON object
    /// {"input": NAME, "image": BASE64}
    #[arg(long, value_name = "FILE", conflicts_with = "paths", value_hint = ValueHint::FilePath)]
    pub files_from: Option<PathBuf>,
    /// Entries of --files-from end with a NUL byte, as find -print0 writes them
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// In directories, read names that match this glob instead of those that look like pages
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// In directories, leave out what matches this glob
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// In directories, read hidden files too
    #[arg(long)]
    pub hidden: bool,
    /// In directories, follow symbolic links
    #[arg(short = 'L', long)]
    pub follow: bool,
    /// Read part I of N, chosen by name: for job arrays
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

/// Which pages of a document are read, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub struct ReadingArgs {
    /// Pages wanted of every document: 1-3,7 or 5- or last [default: all]
    #[arg(long, value_name = "RANGE")]
    pub pages: Option<PageRange>,
    /// Resolution of the pages, where the file does not tell or lies; PDF pages are rendered at it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(30..=2400))]
    pub dpi: Option<u32>,
    /// Password of encrypted PDFs
    #[arg(long, value_name = "WORD", env = "LAYOUTLM_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Text that PDF pages carry: auto uses it where it is sound and reads what it does not tell, never
    /// reads the picture, only never reads one [default: auto]
    #[arg(long, value_name = "MODE")]
    pub text_layer: Option<TextLayerMode>,
    /// Largest picture that is decoded, in million pixels
    #[arg(long, value_name = "N", default_value_t = InputOptions::default().max_pixels / MILLION)]
    pub max_pixels: u64,
}

impl ReadingArgs {
    pub fn options(&self) -> InputOptions {
        let defaults = InputOptions::default();
        InputOptions {
            max_pixels: self.max_pixels.saturating_mul(MILLION),
            dpi: self.dpi.unwrap_or(defaults.dpi),
            ocr_dpi: self.dpi.unwrap_or(defaults.ocr_dpi),
            pages: self.pages.clone().unwrap_or(defaults.pages),
            password: self.password.clone(),
            text_layer: self.text_layer.unwrap_or(defaults.text_layer),
            ..defaults
        }
    }
}

impl InputArgs {
    pub fn selection(&self) -> Selection {
        Selection {
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            hidden: self.hidden,
            follow_links: self.follow,
            shard: self.shard,
        }
    }

    /// Where results go below an output directory: those of the files in one directory keep their
    /// paths below it.
    pub fn naming(&self) -> Naming {
        match &self.paths[..] {
            [directory] if directory.is_dir() => Naming { base: Some(directory.clone()) },
            _ => Naming::default(),
        }
    }

    /// Whether more than one document may come.
    pub fn several(&self) -> bool {
        !matches!(&self.paths[..], [path] if !path.is_dir())
    }
}

/// How pages are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "OCR")]
pub struct OcrArgs {
    /// Languages, joined by + as Tesseract names them
    #[arg(short, long, value_name = "LANG", default_value_t = TesseractOptions::default().language)]
    pub language: String,
    /// Page segmentation mode: auto, or one of Tesseract's
    #[arg(long, value_name = "MODE", default_value_t = TesseractOptions::default().psm)]
    pub psm: SegmentationMode,
    /// Tesseract's engine mode: 0 legacy, 1 LSTM, 2 both, 3 what the language offers
    #[arg(long, value_name = "MODE", default_value_t = TesseractOptions::default().oem)]
    pub oem: EngineMode,
    /// Lines that the program's own reader reads beside Tesseract: auto (those that Tesseract is not
    /// sure of or passed over), never or always
    #[arg(long, value_name = "LINES", default_value_t = TesseractOptions::default().reread)]
    pub reread: Reread,
    /// Directory of Tesseract's language data [default: the usual places]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub tessdata_dir: Option<PathBuf>,
}

impl OcrArgs {
    pub fn options(&self, dpi: Option<u32>, workers: Option<NonZeroUsize>) -> TesseractOptions {
        TesseractOptions {
            language: self.language.clone(),
            tessdata_dir: self.tessdata_dir.clone(),
            psm: self.psm,
            oem: self.oem,
            dpi,
            reread: self.reread,
            engines: workers,
        }
    }
}

/// Where the words of the pages come from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "OCR")]
pub struct WordArgs {
    #[command(flatten)]
    pub ocr: OcrArgs,
    /// Bring the words instead of OCR: hOCR, ALTO, PAGE, Tesseract's TSV or JSON; a file for one
    /// document, or a directory with a file for each, named like the output of ocr --output-dir
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub words: Option<PathBuf>,
}

impl WordArgs {
    /// The words that were brought.
    ///
    /// # Errors
    /// `words-invalid` where they can't be read.
    pub fn given(&self, naming: Naming) -> Result<Option<Reader>> {
        let given = self.words.as_ref().map(|path| GivenWords::open(path, naming));
        Ok(given.transpose()?.map(|words| Reader::Given(Arc::new(words))))
    }

    /// A reader of pages without a model.
    ///
    /// # Errors
    /// Where Tesseract can't start, or the words can't be read.
    pub fn reader(&self, reading: &ReadingArgs, naming: Naming) -> Result<Extractor> {
        let builder = Extractor::builder()
            .input(reading.options())
            .tesseract(self.ocr.options(reading.dpi, None));
        match self.given(naming)? {
            Some(given) => builder.reader(given).build(),
            None => builder.build(),
        }
    }
}

/// Which model, and where it runs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Model directory in the Hugging Face format, or a hub name [default: the built-in model]
    #[arg(short, long, value_name = "DIR|NAME", value_hint = ValueHint::DirPath)]
    pub model: Option<String>,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value_t = Device::default())]
    pub device: Device,
    /// What the model's products are computed in: f32, bf16 or f16 [default: f32, the built-in model
    /// bf16 where the processor has it]
    #[arg(long, value_name = "KIND")]
    pub precision: Option<Arithmetic>,
}

/// Where results go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Write all results into this file [default: standard output]
    #[arg(short, long, value_name = "FILE", conflicts_with = "output_dir")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write a file for each document into this directory, at its relative path
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output_dir: Option<PathBuf>,
}

impl OutputArgs {
    pub fn target(&self) -> Target {
        match (&self.output, &self.output_dir) {
            (_, Some(directory)) => Target::Directory(directory.clone()),
            (Some(path), None) if !is_stdout(path) => Target::File(path.clone()),
            _ => Target::Stdout,
        }
    }

    /// Ending of the output file's name.
    pub fn extension(&self) -> Option<&str> {
        self.output.as_ref()?.extension()?.to_str()
    }
}

/// Descriptor 1 is no longer standard output once it is guarded, so its names in the file system would
/// lead astray.
fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// What of the findings is reported.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct ReportArgs {
    /// Leave out entities with a lower score, 0 to 1
    #[arg(long, value_name = "P", default_value_t = ReportOptions::default().min_score)]
    pub min_score: f32,
    /// Report these labels only, joined by commas
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub labels: Vec<String>,
    /// Report all words of every page too
    #[arg(long)]
    pub page_words: bool,
}

impl ReportArgs {
    /// `page_words`: the form of the output shows all words anyway.
    ///
    /// # Errors
    /// `usage` for a score outside 0–1.
    pub fn options(&self, page_words: bool) -> Result<ReportOptions> {
        if !(0.0..=1.0).contains(&self.min_score) {
            return Err(Error::usage(format!("a score of {} is impossible", self.min_score))
                .hint("`--min-score` takes a number from 0 to 1"));
        }
        Ok(ReportOptions {
            min_score: self.min_score,
            labels: self.labels.iter().map(|label| label.trim().to_lowercase()).collect(),
            page_words: self.page_words || page_words,
        })
    }
}

/// Pictures of what was found, beside the records.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct ShowArgs {
    /// Draw what was found on every page, as JPEG in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub overlay: Option<PathBuf>,
    /// Write a page to look at and search in: NAME.html for one document, or a directory
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub html: Option<PathBuf>,
}

impl ShowArgs {
    /// # Errors
    /// `usage` where one HTML file is asked for and several documents may come.
    pub fn exhibit(&self, inputs: &InputArgs) -> Result<Option<Arc<dyn Exhibit>>> {
        let mut exhibits: Vec<Arc<dyn Exhibit>> = Vec::new();
        if let Some(directory) = self.overlay.clone() {
            exhibits.push(Arc::new(Overlays { directory, naming: inputs.naming() }));
        }
        if let Some(path) = &self.html {
            let pages = HtmlPages::new(path, inputs.naming());
            if inputs.several() && matches!(pages, HtmlPages::File { .. }) {
                return Err(Error::usage("one HTML file can hold one document")
                    .hint("give `--html` a directory for several documents"));
            }
            exhibits.push(Arc::new(pages));
        }
        Ok((!exhibits.is_empty()).then(|| Arc::new(exhibits) as Arc<dyn Exhibit>))
    }
}

/// How many documents are worked on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Batch")]
pub struct BatchArgs {
    /// Pages read at the same time [default: one a core]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Go on where an interrupted run with the same -o or --output-dir stopped
    #[arg(long, conflicts_with = "restart")]
    pub resume: bool,
    /// Begin again, though an interrupted run could be resumed
    #[arg(long)]
    pub restart: bool,
    /// Keep no journal: the run can't be resumed, and takes half the disk space
    #[arg(long, conflicts_with_all = ["resume", "restart"])]
    pub no_journal: bool,
}

impl BatchArgs {
    pub fn options(&self) -> BatchOptions {
        BatchOptions { workers: self.jobs, ..BatchOptions::default() }
    }
}
