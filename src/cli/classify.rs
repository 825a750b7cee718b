//! `layoutlm classify`: what kind of document it is.

use super::options::{InputArgs, ModelArgs, OutputArgs, WordArgs};
use super::page_by_page::PageByPage;
use super::{Context, ExitCode};
use crate::output::page_answers::Classes;
use crate::predict::classify::Classifier;
use clap::Args;

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
    pub words: WordArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: ClassifyArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let documents = super::session::tasks(&args.input)?;
    let (lack, class) = ("classifies no pages", "…ForSequenceClassification");
    let (found, model) = super::model::named(&args.model, lack, class, context)?;
    let reader = args.words.reader(&args.input.reading, args.input.naming())?;
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
