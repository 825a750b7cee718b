//! `layoutlm finetune --task classify`: sorted pages in, a model that tells them apart out.

use super::finetune::{FinetuneArgs, batching, run_training};
use super::progress_train::ReadingBar;
use super::{Context, ExitCode};
use crate::error::Error;
use crate::labels::LabelSet;
use crate::model::config::LayoutLmExtras;
use crate::model::heads::Task;
use crate::ocr::TesseractOptions;
use crate::train::classes::conclude::conclude;
use crate::train::classes::objective::Classifying;
use crate::train::classes::read::{ClassifiedPages, pages_of};
use crate::train::classes::windows::{ClassSet, ClassWindows};
use crate::train::data::Sample;
use crate::train::data::split::{SplitBy, split_dev};
use crate::train::finetune;
use crate::train::finetune::{Beside, Start};
use crate::train::initialise::is_bert;
use crate::train::objective::tagging::balanced_weights;
use crate::train::pretrain::cache::Origin;
use crate::train::pretrain::pages::PageReading;
use std::path::Path;
use tch::Tensor;

pub fn run(
    args: &FinetuneArgs,
    device: tch::Device,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    if args.form_parts || args.links {
        return Err(Error::usage("form parts and links are learned with labels of words")
            .hint("leave --form-parts and --links out, or --task classify")
            .into());
    }
    let ocr = TesseractOptions { language: args.language.clone(), ..TesseractOptions::default() };
    let mut samples = read(&args.data, Some(&args.output.join("data")), &ocr, context)?;
    if args.no_pictures {
        samples.iter_mut().for_each(|sample| sample.picture = None);
    }
    let pages = ClassifiedPages::choose(samples, &args.labels)?;
    context.note(format!("pages of each class: {}", pages.summary()));
    if pages.left_out > 0 {
        context.warning(format!("{} pages without one of these classes", pages.left_out));
    }
    let labels = LabelSet::from_names(pages.classes);
    let (train, dev) = split_dev(pages.samples, args.dev, args.seed, split_by(args.dev_by_group));
    context.note(format!("{} pages to train on, {} held out", train.len(), dev.len()));
    let start = Start {
        task: Task::SequenceClassification,
        labels: &labels,
        beside: Beside::default(),
        boxes: args.boxes,
        device,
        seed: args.seed,
    };
    let classifier = start.classifier(&args.base)?;
    let set = ClassSet::of(&train, &classifier)?;
    let dev = finetune::dev_pages(dev)?;
    if is_bert(&args.base) {
        let pictures: Vec<_> = set.pictures.iter().collect();
        finetune::prepare_new_backbone(&classifier.model, &pictures);
    }
    let batching = batching(args, &classifier.model, &classifier.tokenizer);
    let source = ClassWindows::new(&set, batching);
    let class_weights = args.balance_classes.then(|| {
        let classes: Vec<i64> = set.examples.iter().map(|example| example.class as i64).collect();
        let weights = balanced_weights(std::iter::once(classes.as_slice()), labels.len());
        Tensor::from_slice(&weights).to_device(device)
    });
    let objective = Classifying { classifier: &classifier, dev: &dev, class_weights };
    let Some(outcome) = run_training(args, context, &classifier.model, &source, &objective)? else {
        return Ok(ExitCode::Interrupted);
    };
    let name = args.name.clone();
    let extras = LayoutLmExtras { name, boxes: args.boxes, ..LayoutLmExtras::default() };
    let report = conclude(&args.output, &outcome.best, &args.base, extras, &dev, device)?;
    if let Some(report) = report {
        context.note(report);
    }
    context.note(format!("model written to {}", args.output.join("model").display()));
    Ok(ExitCode::Success)
}

/// What stays together when pages are held out: two pages of one document are no test of each other.
pub fn split_by(group: bool) -> SplitBy {
    if group { SplitBy::Group } else { SplitBy::Document }
}

/// Pages with classes of every `[KIND=]PATH`; those read by OCR are kept in `cache`, where there is one.
pub fn read(
    data: &[String],
    cache: Option<&Path>,
    ocr: &TesseractOptions,
    context: &Context,
) -> crate::Result<Vec<Sample>> {
    let open = || crate::ocr::open(ocr);
    let reading = PageReading::new(&open, &ocr.language);
    let bar = ReadingBar::new(context);
    let mut samples = Vec::new();
    for item in data {
        samples.extend(pages_of(&Origin::parse(item)?, cache, &reading, &bar)?);
    }
    bar.finish();
    Ok(samples)
}
