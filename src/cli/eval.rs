//! `layoutlm eval`: a model's scores on labelled pages.

use super::eval_ocr::{self, EvalOcrArgs};
use super::finetune::read_all;
use super::options::ModelArgs;
use super::{Context, ExitCode};
use crate::document::letters_and_digits;
use crate::eval::run::{EvalOptions, evaluate};
use crate::input::PageImage;
use crate::model::heads::Task;
use crate::output::stdout::Stdout;
use crate::train::data::Sample;
use crate::train::data::split::{SplitBy, split_dev};
use crate::train::data::transfer::transfer_labels;
use crate::train::example::{full_picture_of, picture_of};
use clap::Args;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  layoutlm eval --data sroie/test_dev
  layoutlm eval --data sroie/test_dev --own-ocr          words read by this program
  layoutlm eval --data sroie/train --part dev --model runs/receipts/model
  layoutlm eval --data cord-typed=cord/dev --json
  layoutlm eval --data sorted/ --part dev --model runs/kinds/model    a model of classes
  layoutlm eval --ocr --data sroie/train --part dev      how well pages are read
  layoutlm eval --ocr --data fcc_adbuy --limit 20 --render-dpi 100,200";

/// Score a model on labelled pages: entities, fields, links or classes, calibration
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
    /// Read the pictures with OCR instead of taking the data set's words
    #[arg(long)]
    pub own_ocr: bool,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub ocr: EvalOcrArgs,
}

pub fn run(args: EvalArgs, context: &Context) -> anyhow::Result<ExitCode> {
    if args.ocr.ocr {
        return eval_ocr::run(&args, context);
    }
    let found = super::model::find(&args.model, context)?;
    if found.model.task == Task::SequenceClassification {
        return super::eval_classes::run(&args, found, context);
    }
    let predictor = found.labelling()?.predictor;
    let samples = read_all(&args.data)?;
    let by = if args.dev_by_group { SplitBy::Group } else { SplitBy::Id };
    let samples = match args.part.as_str() {
        "train" => split_dev(samples, args.dev, args.seed, by).0,
        "dev" => split_dev(samples, args.dev, args.seed, by).1,
        _ => samples,
    };
    let samples = if args.own_ocr { read_pictures(samples, &args)? } else { samples };
    let report = evaluate(
        &samples,
        |sample| {
            let picture = picture_of(sample)?;
            predictor.predict(&[sample.question(&picture)]).into_iter().next().unwrap_or_else(
                || Err(crate::Error::model(crate::ErrorCode::Internal, "the page got no answer")),
            )
        },
        &EvalOptions::default(),
    );
    let mut stdout = Stdout::open()?;
    let ceiling = args.own_ocr.then(|| share_of_values_read(&samples));
    if args.json {
        let report = serde_json::json!({ "report": report, "values_in_words_read": ceiling });
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        writeln!(stdout, "{report}")?;
        for (label, share) in ceiling.iter().flatten() {
            writeln!(stdout, "value stands in the words read: {label:<12}{share:.4}")?;
        }
    }
    stdout.flush()?;
    Ok(ExitCode::Success)
}

/// The same pages with the words that OCR reads on them; labels go along.
fn read_pictures(samples: Vec<Sample>, args: &EvalArgs) -> anyhow::Result<Vec<Sample>> {
    let recognizer = crate::ocr::open(&args.ocr.reading.options(None, None))?;
    let read: Vec<crate::Result<Sample>> = samples
        .par_iter()
        .map(|sample| {
            let image = full_picture_of(sample)?;
            let page = PageImage { number: 1, image, dpi: None, text_layer: None };
            let recognition = recognizer.recognize(&page).map_err(|e| e.at(&sample.id))?;
            Ok(transfer_labels(sample, &recognition.words))
        })
        .collect();
    Ok(read.into_iter().collect::<crate::Result<_>>()?)
}

/// Per label, and for `all`: the share of true values that stand in the page's words at all, without
/// case, spaces and punctuation. No model on top of these words can find more.
fn share_of_values_read(samples: &[Sample]) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for sample in samples {
        let text: String = sample.words.iter().map(|word| letters_and_digits(&word.text)).collect();
        for (label, value) in &sample.truth {
            let value = letters_and_digits(value);
            for key in [label.as_str(), "all"].iter().filter(|_| !value.is_empty()) {
                let count = counts.entry((*key).to_string()).or_default();
                count.0 += usize::from(text.contains(&value));
                count.1 += 1;
            }
        }
    }
    let share = |(found, all): (usize, usize)| found as f64 / all.max(1) as f64;
    counts.into_iter().map(|(label, count)| (label, share(count))).collect()
}
