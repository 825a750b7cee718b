//! `layoutlm convert`: data sets from one form into another.

use super::{Context, ExitCode};
use crate::error::{Error, Result, Stage};
use crate::input::TextLayerMode;
use crate::ocr::TesseractOptions;
use crate::train::data::answers::{self, AnswersOptions};
use crate::train::data::convert::{DataFormat, write_dataset};
use crate::train::data::label_studio::write::labelling_config;
use crate::train::data::report::AlignmentReport;
use crate::train::data::reread::reread;
use crate::train::data::{DatasetKind, Sample, read_dataset};
use clap::{Args, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  layoutlm convert sroie/train train.jsonl          one JSON object a page, labels on words
  layoutlm convert --ocr sroie/train train.shard    labels moved to Tesseract's words, pictures shrunk
  layoutlm convert answers.csv mine.shard           a table of files and what they say, values searched
  layoutlm extract scans/ --page-words -o predicted.jsonl
  layoutlm convert predicted.jsonl tasks.json --labelling-config labels.xml
                                                    tasks for Label Studio, to be corrected
  layoutlm convert export.json corrected.jsonl      and back

Kinds of data sets: sroie, funsd, xfund, cord, cord-typed, fcc, doclaynet, jsonl, label-studio,
answers, predictions, shard; docs/data.md shows the files of each.";

/// Turn labelled data from one form into another
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConvertArgs {
    /// Directory or file of the data set
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
    pub source: PathBuf,
    /// File to write
    #[arg(value_name = "TARGET", value_hint = ValueHint::FilePath)]
    pub target: PathBuf,
    /// Kind of the data set [default: told by its files]
    #[arg(long, value_name = "KIND")]
    pub from: Option<DatasetKind>,
    /// jsonl, label-studio or shard [default: by the name of TARGET: .jsonl, .json, .shard]
    #[arg(long, value_name = "FORM")]
    pub to: Option<DataFormat>,
    /// Read the pictures with Tesseract and move the labels to the words it finds
    #[arg(long)]
    pub ocr: bool,
    /// Language for --ocr, as Tesseract names it
    #[arg(short, long, value_name = "LANG", requires = "ocr")]
    #[arg(default_value_t = TesseractOptions::default().language)]
    pub language: String,
    /// Write Label Studio's labelling set-up for these labels into this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub labelling_config: Option<PathBuf>,
}

pub fn run(args: ConvertArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let to = match args.to.or_else(|| DataFormat::of_name(&args.target)) {
        Some(format) => format,
        None => return Err(unknown_target(&args).into()),
    };
    let kind = args.from.map_or_else(|| DatasetKind::detect(&args.source), Ok)?;
    let samples = match (kind, args.ocr) {
        (_, false) => read_dataset(kind, &args.source)?,
        // Values have no places yet that could be moved: they are searched in what OCR reads.
        (DatasetKind::Answers, true) => answers::read(&args.source, &by_ocr(&args))?,
        (_, true) => read_by_ocr(read_dataset(kind, &args.source)?, &args)?,
    };
    let report = AlignmentReport::of(&samples);
    write_dataset(to, &args.target, &samples)?;
    if let Some(path) = &args.labelling_config {
        std::fs::write(path, labelling_config(&samples))
            .map_err(|error| Error::unwritable(Stage::Output, path, error))?;
    }
    context.note(format!("{kind} to {to}: {report}"));
    Ok(ExitCode::Success)
}

fn by_ocr(args: &ConvertArgs) -> AnswersOptions {
    let language = args.language.clone();
    AnswersOptions {
        text_layer: TextLayerMode::Never,
        ocr: TesseractOptions { language, ..TesseractOptions::default() },
    }
}

fn read_by_ocr(samples: Vec<Sample>, args: &ConvertArgs) -> Result<Vec<Sample>> {
    let recognizer = crate::ocr::open(&by_ocr(args).ocr)?;
    reread(samples, recognizer.as_ref(), || ())
}

fn unknown_target(args: &ConvertArgs) -> Error {
    Error::usage(format!("the form of {} can't be told by its name", args.target.display()))
        .hint("end it in .jsonl, .json (Label Studio) or .shard, or pass --to")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use crate::cli::Verbosity;
    use std::path::Path;

    fn convert(source: &Path, target: &Path) -> anyhow::Result<ExitCode> {
        let args = ConvertArgs {
            source: source.to_path_buf(),
            target: target.to_path_buf(),
            from: None,
            to: None,
            ocr: false,
            language: "eng".to_string(),
            labelling_config: None,
        };
        run(args, &Context::new(Verbosity::Quiet))
    }

    #[test]
    fn every_form_is_told_by_its_name_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/funsd");
        let mut source = fixture;
        for name in ["a.jsonl", "b.shard", "c.jsonl"] {
            let target = dir.path().join(name);
            assert_eq!(convert(&source, &target).unwrap(), ExitCode::Success);
            source = target;
        }
        let samples = read_dataset(DatasetKind::Jsonl, &source).unwrap();
        assert_eq!(samples[0].links, [(2, 3)]);
        assert!(samples[0].picture.is_some());
    }

    #[test]
    fn a_name_without_a_form_is_a_usage_error_with_a_remedy() {
        let error = convert(Path::new("nowhere"), Path::new("out.bin")).unwrap_err();
        let error = error.downcast_ref::<Error>().unwrap();
        assert_eq!(error.code, ErrorCode::Usage);
        assert!(error.hint.as_ref().unwrap().contains(".jsonl"));
    }
}
