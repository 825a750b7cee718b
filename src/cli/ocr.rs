//! `layoutlm ocr`: words and boxes only.

use super::options::{BatchArgs, InputArgs, OcrArgs, OutputArgs};
use super::session::Session;
use super::{Context, ExitCode};
use crate::output::Format;
use crate::pipeline::{Extractor, ReportOptions};
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  layoutlm ocr page.png                      words with boxes as TSV, as tesseract writes them
  layoutlm ocr -l deu scan.pdf -f hocr -o scan.hocr
  layoutlm ocr scans/ --output-dir words/    a file for each; extract takes them with --words";

/// Read words and their boxes, and nothing else
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct OcrVerbArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub ocr: OcrArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Form of the output [default: by the name of -o, else tsv]
    #[arg(short, long, value_name = "FORM", help_heading = "Output")]
    pub format: Option<WordFormat>,
    #[command(flatten)]
    pub batch: BatchArgs,
}

/// The forms that words can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WordFormat {
    /// As Tesseract writes it
    Tsv,
    /// HTML with boxes
    Hocr,
    /// A record as extract writes it, indented
    Json,
    /// A record a line
    Jsonl,
}

impl WordFormat {
    fn format(self) -> Format {
        match self {
            Self::Tsv => Format::WordsTsv,
            Self::Hocr => Format::Hocr,
            Self::Json => Format::Json,
            Self::Jsonl => Format::Jsonl,
        }
    }
}

pub fn run(args: OcrVerbArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let by_name = || WordFormat::from_str(args.output.extension()?, true).ok();
    let format = args.format.or_else(by_name).unwrap_or(WordFormat::Tsv).format();
    let input = args.input.reading.options();
    let tesseract = args.ocr.options(args.input.reading.dpi, args.batch.jobs);
    let session = Session::prepare(args.input, args.batch, args.output.target())?;
    let extractor = Extractor::builder()
        .input(input)
        .tesseract(tesseract)
        .report(ReportOptions { page_words: true, ..ReportOptions::default() })
        .build()?;
    Ok(session.run(extractor, format, None, context)?)
}
