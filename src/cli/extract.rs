//! `layoutlm extract`: labelled entities.

use super::options::{BatchArgs, InputArgs, ModelArgs, OutputArgs, ReportArgs, ShowArgs, WordArgs};
use super::session::Session;
use super::{Context, ExitCode};
use crate::ocr::Recognizer;
use crate::output::Format;
use crate::output::sink::Target;
use crate::output::stdout::Stdout;
use crate::pipeline::{Analyzer, Extractor, Reader};
use clap::Args;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  layoutlm extract receipt.jpg                       JSON, indented on a terminal
  layoutlm extract receipt.jpg | jq -r .fields.total
  layoutlm extract scans/ -o scans.jsonl             a directory, one line a document
  layoutlm extract scans/ -o scans.jsonl --resume    go on after an interrupt or a crash
  layoutlm extract scans/ --output-dir found/        a file for each document
  layoutlm extract page.png --words page.hocr        words from another OCR engine
  cat page.png | layoutlm extract -                  standard input
  find . -name '*.pdf' -print0 | layoutlm extract --files-from - -0 -f csv
  layoutlm extract form.png --html form.html --overlay drawn/
  layoutlm extract scans/ --shard 3/10 -o part3.jsonl";

/// Find labelled entities in page images and PDFs
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExtractArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub words: WordArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// json, jsonl, csv, tsv, hocr or label-studio [default: by the name of -o, else json for one
    /// document on a terminal, else jsonl]
    #[arg(short, long, value_name = "FORM", help_heading = "Output")]
    pub format: Option<Format>,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub show: ShowArgs,
    #[command(flatten)]
    pub batch: BatchArgs,
}

/// Parts to use in the place of those that the arguments name; tests put fakes here.
#[derive(Default, Clone)]
pub struct Parts {
    pub recognizer: Option<Arc<dyn Recognizer>>,
    pub analyzer: Option<Arc<dyn Analyzer>>,
}

pub fn run(args: ExtractArgs, context: &Context) -> anyhow::Result<ExitCode> {
    run_with(args, Parts::default(), context)
}

pub fn run_with(args: ExtractArgs, parts: Parts, context: &Context) -> anyhow::Result<ExitCode> {
    let target = args.output.target();
    let format = format(&args, &target)?;
    let report = args.report.options(format.needs_page_words())?;
    let given = args.words.given(args.input.naming())?;
    let exhibit = args.show.exhibit(&args.input)?;
    let (input, dpi) = (args.input.reading.options(), args.input.reading.dpi);
    let tesseract = args.words.ocr.options(dpi, args.batch.jobs);
    // Before the model is loaded: a wrong option is told at once.
    let session = Session::prepare(args.input, args.batch, target)?;
    let analyzer = match parts.analyzer {
        Some(analyzer) => analyzer,
        None => super::model::open(&args.model, context)?,
    };
    let builder =
        Extractor::builder().input(input).tesseract(tesseract).report(report).analyzer(analyzer);
    let builder = match given.or(parts.recognizer.map(Reader::Ocr)) {
        Some(reader) => builder.reader(reader),
        None => builder,
    };
    Ok(session.run(builder.build()?, format, exhibit, context)?)
}

/// The form of the output: as asked for, as the output's name tells, or as its reader likes best.
fn format(args: &ExtractArgs, target: &Target) -> std::io::Result<Format> {
    let by_name = || {
        let extension = args.output.extension()?;
        Format::ALL.into_iter().find(|format| format.name() == extension)
    };
    if let Some(format) = args.format.or_else(by_name) {
        return Ok(format);
    }
    Ok(match target {
        Target::Directory(_) => Format::Json,
        Target::File(_) => Format::Jsonl,
        Target::Stdout if !args.input.several() && Stdout::open()?.is_terminal() => Format::Json,
        Target::Stdout => Format::Jsonl,
    })
}
