//! `layoutlm eval`: a model's scores on labelled pages.

use super::finetune::read_all;
use super::options::ModelArgs;
use super::{Context, ExitCode};
use crate::eval::run::{EvalOptions, evaluate};
use crate::output::stdout::Stdout;
use crate::predict::Question;
use crate::train::data::split::{SplitBy, split_dev};
use crate::train::example::picture_of;
use clap::Args;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  layoutlm eval --data sroie/test_dev
  layoutlm eval --data sroie/train --part dev --model runs/receipts/model
  layoutlm eval --data cord-typed=cord/dev --json";

/// Score a model on labelled pages: entities, fields, links, calibration
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvalArgs {
    /// Data set, as PATH or KIND=PATH
    #[arg(long, required = true, value_name = "[KIND=]PATH")]
    pub data: Vec<String>,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Pages to score: all of them, or what `finetune` with the same --dev and --seed trains on or
    /// holds out
    #[arg(long, default_value = "all", value_parser = ["all", "train", "dev"])]
    pub part: String,
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    pub dev: f64,
    #[arg(long)]
    pub dev_by_group: bool,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: EvalArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    let predictor = super::model::load(&args.model)?.predictor;
    let samples = read_all(&args.data)?;
    let by = if args.dev_by_group { SplitBy::Group } else { SplitBy::Id };
    let samples = match args.part.as_str() {
        "train" => split_dev(samples, args.dev, args.seed, by).0,
        "dev" => split_dev(samples, args.dev, args.seed, by).1,
        _ => samples,
    };
    let report = evaluate(
        &samples,
        |sample| {
            let picture = picture_of(sample)?;
            let question = Question { words: &sample.words, size: sample.size, picture: &picture };
            predictor.predict(&[question]).into_iter().next().unwrap_or_else(|| {
                Err(crate::Error::model(crate::ErrorCode::Internal, "the page got no answer"))
            })
        },
        &EvalOptions::default(),
    );
    let mut stdout = Stdout::open()?;
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        writeln!(stdout, "{report}")?;
    }
    stdout.flush()?;
    Ok(ExitCode::Success)
}
