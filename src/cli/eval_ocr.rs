//! `layoutlm eval --ocr`: how well pages are read.

use super::eval::EvalArgs;
use super::options::OcrArgs;
use super::progress::counter;
use super::{Context, ExitCode};
use crate::error::Error;
use crate::eval::ocr_pages::{PageChoice, PagePart, load_pages, score_pages};
use crate::eval::ocr_report::{OcrFigures, OcrReport};
use crate::output::stdout::Stdout;
use clap::Args;
use std::io::Write;

/// What `eval --ocr` takes beside the data.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "OCR")]
pub struct EvalOcrArgs {
    /// Score the reading of pages instead of a model: words, characters, key values, time. --part dev
    /// takes 64 pages, or papers, the same ones always
    #[arg(long, conflicts_with_all = ["own_ocr", "model", "dev", "dev_by_group", "seed"])]
    pub ocr: bool,
    /// With --ocr: at most N pages of each data set
    #[arg(long, value_name = "N", requires = "ocr")]
    pub limit: Option<usize>,
    /// With --ocr: resolutions at which PDF pages are drawn to be read, joined by commas
    #[arg(long, value_name = "N,…", requires = "ocr", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u32).range(30..=2400))]
    #[arg(default_values_t = PageChoice::default().render_dpi)]
    pub render_dpi: Vec<u32>,
    #[command(flatten)]
    pub reading: OcrArgs,
}

pub fn run(args: &EvalArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let part = match args.part.as_str() {
        "train" => PagePart::Train,
        "dev" => PagePart::Dev,
        _ => PagePart::All,
    };
    let choice =
        PageChoice { part, limit: args.ocr.limit, render_dpi: args.ocr.render_dpi.clone() };
    let mut pages = Vec::new();
    for item in &args.data {
        let (kind, path) = super::finetune::kind_and_path(item)?;
        pages.extend(load_pages(kind, path, &choice)?);
    }
    if pages.is_empty() {
        return Err(Error::usage("no page takes part").into());
    }
    let recognizer = crate::ocr::open(&args.ocr.reading.options(None, None))?;
    let bar = counter(context, pages.len() as u64);
    let scores = score_pages(&pages, &*recognizer, |_, _| bar.inc(1));
    bar.finish_and_clear();
    let report = OcrReport {
        engine: recognizer.engine(),
        language: recognizer.language(),
        kinds: scores?.iter().map(|(kind, s)| (kind.clone(), OcrFigures::from(s))).collect(),
    };
    let mut stdout = Stdout::open()?;
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        writeln!(stdout, "{report}")?;
    }
    stdout.flush()?;
    Ok(ExitCode::Success)
}
