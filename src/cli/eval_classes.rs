//! `layoutlm eval` with a model that tells documents apart.

use super::eval::EvalArgs;
use super::finetune_classes::{read, split_by};
use super::{Context, ExitCode};
use crate::error::Error;
use crate::eval::run::EvalOptions;
use crate::model::registry::Found;
use crate::output::stdout::Stdout;
use crate::predict::classify::Classifier;
use crate::train::classes::objective::report;
use crate::train::classes::read::ClassifiedPages;
use crate::train::data::split::split_dev;
use crate::train::finetune::dev_pages;
use std::io::Write;

pub fn run(args: &EvalArgs, found: Found, context: &Context) -> anyhow::Result<ExitCode> {
    if args.own_ocr {
        return Err(Error::usage("pages in directories of classes are read by OCR as it is")
            .hint("leave --own-ocr out")
            .into());
    }
    let classifier = Classifier::new(found.model, found.tokenizer)?;
    let samples = read(&args.data, None, &args.ocr.reading.options(None, None), context)?;
    let pages = ClassifiedPages::of(samples, classifier.classes.clone());
    if pages.left_out > 0 {
        context.warning(format!("{} pages without a class of the model", pages.left_out));
    }
    let (train, dev) = split_dev(pages.samples, args.dev, args.seed, split_by(args.dev_by_group));
    let samples = match args.part.as_str() {
        "train" => train,
        "dev" => dev,
        _ => train.into_iter().chain(dev).collect(),
    };
    let report = report(&classifier, &dev_pages(samples)?, &EvalOptions::default())?;
    let mut stdout = Stdout::open()?;
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(stdout, "{report}")?;
    }
    stdout.flush()?;
    Ok(ExitCode::Success)
}
