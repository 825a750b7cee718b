//! Records of what was found, and the forms they are written in: one file a form, one trait for all.

mod hocr;
pub mod html;
mod json;
mod label_studio;
mod lettering;
pub mod naming;
pub mod overlay;
pub mod page_answers;
pub mod palette;
pub mod picture;
pub mod record;
pub mod sink;
pub mod stdout;
mod stream;
mod table;
mod words_tsv;

pub use stream::RecordStream;

use record::Record;
use std::io::{self, Write};
use std::str::FromStr;

/// The forms that records can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Indented; an array when there are several.
    Json,
    /// One line a document.
    Jsonl,
    /// One row an entity, comma-separated.
    Csv,
    /// One row an entity, tab-separated.
    Tsv,
    /// All words, without entities, as Tesseract's TSV.
    WordsTsv,
    /// hOCR 1.2: all words with their boxes, and the entity each belongs to.
    Hocr,
    /// Tasks with predictions for Label Studio, one a page.
    LabelStudio,
}

impl Format {
    /// Those for entities.
    pub const ALL: [Self; 6] =
        [Self::Json, Self::Jsonl, Self::Csv, Self::Tsv, Self::Hocr, Self::LabelStudio];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv | Self::WordsTsv => "tsv",
            Self::Hocr => "hocr",
            Self::LabelStudio => "label-studio",
        }
    }

    /// Of a file in this form, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::LabelStudio => "json",
            other => other.name(),
        }
    }

    /// Whether it shows words that belong to no entity.
    pub const fn needs_page_words(self) -> bool {
        matches!(self, Self::Hocr | Self::LabelStudio | Self::WordsTsv)
    }

    fn writer(self) -> Box<dyn RecordWriter> {
        match self {
            Self::Json => Box::new(json::Indented),
            Self::Jsonl => Box::new(json::Lines),
            Self::Csv => Box::new(table::Table { delimiter: b',' }),
            Self::Tsv => Box::new(table::Table { delimiter: b'\t' }),
            Self::WordsTsv => Box::new(words_tsv::WordsTsv),
            Self::Hocr => Box::new(hocr::Hocr),
            Self::LabelStudio => Box::new(label_studio::Tasks::default()),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("expected one of {names}")
        })
    }
}

/// How one form writes records. Stateless where the form allows it.
trait RecordWriter: Send {
    /// Before the first record. `several`: more than one may come.
    fn start(&mut self, _out: &mut dyn Write, _several: bool) -> io::Result<()> {
        Ok(())
    }
    /// `index` counts from 0.
    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        index: usize,
        several: bool,
    ) -> io::Result<()>;
    /// After the last of `count` records.
    fn end(&mut self, _out: &mut dyn Write, _count: usize, _several: bool) -> io::Result<()> {
        Ok(())
    }
}
