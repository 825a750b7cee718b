//! Time, processor time and memory of this program beside others on the same pages.
//!
//! Programs are measured as their users run them: as processes, whose costs the system counts
//! ([`child`]). Only what a process can't tell, how long a page takes once everything is loaded and
//! where that goes, is measured inside ([`ours`]). Reports of other programs, measured elsewhere in
//! the same form, can be joined ([`report`]); `scripts/bench` does so with Python pipelines.

pub mod chart;
mod child;
mod ours;
mod plain;
pub mod report;
mod statistics;
mod table;

pub use plain::TESSERACT;
pub use report::Report;

use crate::error::{Error, Result};
use crate::pipeline::Extractor;
use std::ffi::OsString;
use std::path::PathBuf;

/// What is measured, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchOptions {
    /// Runs that count, of which the median is reported.
    pub runs: usize,
    /// Runs before them that don't count: files come into memory, processors speed up.
    pub warm_up: usize,
    /// Pages at a time, of this program and of the others.
    pub workers: usize,
    /// Whether the `tesseract` command is measured too.
    pub beside_tesseract: bool,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self { runs: 3, warm_up: 1, workers: report::processors(), beside_tesseract: true }
    }
}

/// The program that is measured, and its pages.
pub struct Subject {
    /// Its executable.
    pub program: PathBuf,
    /// Flags for model and reading that every call gets.
    pub flags: Vec<OsString>,
    /// The same choices, loaded in this process.
    pub extractor: Extractor,
    /// What `tesseract` is told: `-l` and its value, for example.
    pub tesseract_flags: Vec<OsString>,
    /// Files, each a document.
    pub documents: Vec<PathBuf>,
}

/// Measures; `note` is told what comes next.
///
/// # Errors
/// Where a program can't be run or fails on the pages, and those of reading them.
pub fn run(subject: &Subject, options: &BenchOptions, note: impl Fn(&str)) -> Result<Report> {
    if subject.documents.is_empty() {
        return Err(Error::usage("there is no page to measure with")
            .hint("name pictures or directories with pictures"));
    }
    let mut programs = vec![ours::measure(subject, options, &note)?];
    if options.beside_tesseract {
        if plain::version().is_none() {
            note("no `tesseract` command is found; this program is measured alone");
        } else if let Some(document) = plain::unreadable(&subject.documents) {
            note(&format!("tesseract can't read {}; it is left out", document.display()));
        } else {
            programs.extend(plain::measure(subject, options, &note)?);
        }
    }
    Ok(Report::new(subject.documents.len(), options, programs))
}
