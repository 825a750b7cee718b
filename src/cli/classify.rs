//! `layoutlm classify`: what kind of document it is.

use super::options::{InputArgs, ModelArgs, OcrArgs, OutputArgs};
use super::page_by_page::{PageByPage, reader};
use super::{Context, ExitCode};
use crate::error::{Error, ErrorCode};
use crate::output::page_answers::Classes;
use crate::pipeline::{GivenWords, ModelIdentity};
use crate::predict::classify::Classifier;
use clap::{Args, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  layoutlm classify scan.png --model owner/name
  layoutlm classify scans/ --model my-classes/ | jq -r '[.input, .label, .score] | @tsv'";

/// Name of the record's shape.
const SCHEMA: &str = "layoutlm-classes/1";

/// Tell which class documents and their pages belong to
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassifyArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Classes to list
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output")]
    pub top: usize,
    #[command(flatten)]
    pub ocr: OcrArgs,
    /// Bring the words instead of OCR, as for extract
    #[arg(long, value_name = "PATH", help_heading = "OCR", value_hint = ValueHint::AnyPath)]
    pub words: Option<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: ClassifyArgs, context: &Context) -> anyhow::Result<ExitCode> {
    if args.model.model.is_none() {
        return Err(Error::model(
            ErrorCode::ModelMissing,
            "the built-in model classifies no pages",
        )
        .hint("name a …ForSequenceClassification model with --model: a directory or owner/name")
        .into());
    }
    let words = args.words.as_ref().map(|path| GivenWords::open(path, args.input.naming()));
    let documents = super::session::tasks(&args.input)?;
    let reader = reader(&args.input.reading, &args.ocr, words.transpose()?)?;
    let found = super::model::find(&args.model, context)?;
    let model = ModelIdentity { name: found.name, revision: found.revision };
    let classifier =
        Classifier::new(found.model, found.tokenizer).map_err(|e| e.at(&model.name))?;
    let run = PageByPage {
        reader,
        model,
        schema: SCHEMA,
        output: &args.output,
        several: args.input.several(),
        context,
    };
    run.run(
        documents,
        |page| classifier.classify(page),
        |pages| {
            let scores: Vec<(u32, &[f32])> =
                pages.iter().map(|(page, scores)| (page.number, scores.as_slice())).collect();
            Classes::new(&classifier.classes, &scores, args.top)
        },
    )
}
