//! `layoutlm finetune`: labelled pages in, a model of your own out.

use super::progress_train::TrainBar;
use super::{Context, ExitCode};
use crate::encode::boxes::LayoutBoxes;
use crate::encode::tokenize::WordTokenizer;
use crate::error::Error;
use crate::labels::LabelSet;
use crate::model::Model;
use crate::model::config::LayoutLmExtras;
use crate::model::heads::Task;
use crate::model::precision::Precision;
use crate::ocr::TesseractOptions;
use crate::pipeline::Device;
use crate::train::conclude::conclude;
use crate::train::data::Sample;
use crate::train::data::kind::{DatasetKind, read_dataset};
use crate::train::data::split::{SplitBy, split_dev};
use crate::train::finetune::{Beside, Start};
use crate::train::initialise::is_bert;
use crate::train::labelling::{LabelledWindows, Labelling};
use crate::train::objective::tagging::balanced_weights;
use crate::train::optimizer::OptimizerOptions;
use crate::train::trainer::{BatchSource, Length, Objective, Outcome, TrainOptions, Trainer};
use crate::train::windows::Batching;
use crate::train::{checkpoint, finetune};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tch::Tensor;

const EXAMPLES: &str = "\
Examples:
  layoutlm finetune --data sroie/train --base minilm/ --output runs/receipts
  layoutlm finetune --data my-pages.jsonl --output runs/mine
  layoutlm finetune --data funsd/training --labels header,question,answer --links --base trunk/ \
      --output runs/forms
  layoutlm finetune --data sroie/train --base minilm/ --output runs/receipts --resume
  layoutlm finetune --task classify --data sorted/ --base trunk/ --output runs/kinds
                      sorted/ holds a directory of pictures and PDFs for each class";

/// Train a model to label words or to tell documents apart, from a base model and labelled pages
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FinetuneArgs {
    /// Data set, as PATH or KIND=PATH; several are mixed. To classify, also a directory with one of
    /// page pictures and PDFs for each class (kind `pages`)
    #[arg(long, required = true, value_name = "[KIND=]PATH")]
    pub data: Vec<String>,
    /// Model to start from, as directory or hub name: LayoutLMv2, LayoutXLM, LayoutLM, or a BERT to
    /// build a compact LayoutLMv2 around
    #[arg(long, value_name = "DIR|NAME")]
    pub base: PathBuf,
    /// Directory of the run: checkpoints, metrics.jsonl, loss.svg, the report on the pages held
    /// out, and the finished model under `model/`
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// What to learn: labels of words, or classes of documents
    #[arg(long, value_enum, default_value_t = TaskArg::Label)]
    pub task: TaskArg,
    /// Labels or classes to learn, by name; without it the typed fields, or all classes there are
    #[arg(long, value_delimiter = ',', value_name = "LABEL,…")]
    pub labels: Vec<String>,
    /// Language of pages that are read by OCR, as Tesseract names it
    #[arg(short, long, value_name = "LANG")]
    #[arg(default_value_t = TesseractOptions::default().language)]
    pub language: String,
    /// Name the results report
    #[arg(long, default_value = "layoutlm-custom")]
    pub name: String,
    /// Share of pages held out to choose the best pass
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    pub dev: f64,
    /// Hold out whole companies or layouts instead of pages
    #[arg(long)]
    pub dev_by_group: bool,
    /// Passes over the pages
    #[arg(long, default_value_t = TrainOptions::PASSES)]
    pub epochs: usize,
    /// Tokens of a batch, padding and visual ones included
    #[arg(long, default_value_t = TrainOptions::default().batch_tokens)]
    pub batch_tokens: usize,
    /// Batches whose gradients are added up for one update
    #[arg(long, default_value = "1", value_name = "N")]
    pub accumulate: NonZeroUsize,
    #[arg(long, default_value_t = OptimizerOptions::default().rate)]
    pub learning_rate: f64,
    /// Learn form parts too (header, question, answer), by a second head beside the labels
    #[arg(long)]
    pub form_parts: bool,
    /// Learn which answer belongs to which question too
    #[arg(long)]
    pub links: bool,
    /// Whose boxes the model is shown: each word's own, those of the annotated segments (lines, say)
    /// they stand in, or the same where each segment is one entity and labelled as a whole
    #[arg(long, default_value_t = LayoutBoxes::default(), value_name = LayoutBoxes::NAMES)]
    pub boxes: LayoutBoxes,
    /// Show pages a little differently in each pass: a tenth of the words hidden, the layout moved and
    /// stretched by a few hundredths. Few pages go further
    #[arg(long)]
    pub augment: bool,
    /// Show, in each pass, the names and document numbers of other pages in the place of some: of company,
    /// customer and invoice_number, so that where they stand is learned and not the names
    #[arg(long)]
    pub exchange_names: bool,
    /// Let rare labels count as much as frequent ones
    #[arg(long)]
    pub balance_classes: bool,
    /// Passes without a better dev score before training stops; 0 never stops early
    #[arg(long, default_value_t = TrainOptions::default().patience)]
    pub patience: usize,
    #[arg(long, default_value_t = TrainOptions::default().seed)]
    pub seed: u64,
    /// Numbers that matrix products are computed in
    #[arg(long, default_value_t = TrainOptions::default().precision, value_name = "auto|f32|bf16")]
    pub precision: Precision,
    /// Show the model white pages: text and layout alone, for comparison
    #[arg(long)]
    pub no_pictures: bool,
    /// Seconds between checkpoints within a pass
    #[arg(long, default_value_t = TrainOptions::default().checkpoint_every.as_secs())]
    pub checkpoint_every: u64,
    /// Stop after this update with a checkpoint, as Ctrl-C would: training in instalments
    #[arg(long, value_name = "N")]
    pub pause_after: Option<i64>,
    /// Go on from the run's last checkpoint
    #[arg(long)]
    pub resume: bool,
    #[arg(long, value_name = "DEVICE", default_value_t = Device::default())]
    pub device: Device,
}

/// What a model is to be trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TaskArg {
    /// Words, for `extract`
    Label,
    /// Pages and documents, for `classify`
    Classify,
}

pub fn run(mut args: FinetuneArgs, context: &Context) -> anyhow::Result<ExitCode> {
    if let Some(text) = args.base.to_str() {
        args.base = super::model::directory(text, context)?;
    }
    let device = super::model::usable(args.device)?;
    if args.task == TaskArg::Classify {
        return super::finetune_classes::run(&args, device, context);
    }
    let mut samples = read_all(&args.data)?;
    if args.no_pictures {
        samples.iter_mut().for_each(|sample| sample.picture = None);
    }
    let by = if args.dev_by_group { SplitBy::Group } else { SplitBy::Id };
    let labelled: Vec<Sample> = samples.into_iter().filter(|s| !s.tags.is_empty()).collect();
    let (train, dev) = split_dev(labelled, args.dev, args.seed, by);
    let labels = label_set(&args.labels);
    check_links(&args, &labels)?;
    let taught: BTreeSet<String> = train.iter().flat_map(|s| s.annotated.iter().cloned()).collect();
    let taught: Vec<String> =
        labels.entities().iter().filter(|label| taught.contains(*label)).cloned().collect();
    context.note(format!("{} pages to train on, {} held out", train.len(), dev.len()));
    let beside = Beside { links: args.links, form: args.form_parts };
    let task = Task::TokenClassification;
    let (boxes, seed) = (args.boxes, args.seed);
    let start = Start { task, labels: &labels, beside, boxes, device, seed };
    let predictor = start.predictor(&args.base)?;
    let set = finetune::examples(&train, &predictor)?;
    let dev = finetune::dev_pages(dev)?;
    if is_bert(&args.base) {
        let pictures: Vec<_> = set.pictures.iter().collect();
        finetune::prepare_new_backbone(&predictor.model, &pictures);
    }
    let batching = batching(&args, &predictor.model, &predictor.tokenizer);
    let source = LabelledWindows::new(&set, &predictor.labels, batching, args.exchange_names);
    let class_weights = args.balance_classes.then(|| {
        let targets = set.examples.iter().map(|example| example.labels.classes.as_slice());
        Tensor::from_slice(&balanced_weights(targets, labels.len())).to_device(device)
    });
    let objective = Labelling { predictor: &predictor, dev: &dev, class_weights };
    let Some(outcome) = run_training(&args, context, &predictor.model, &source, &objective)? else {
        return Ok(ExitCode::Interrupted);
    };
    let extras = LayoutLmExtras { name: args.name.clone(), taught, boxes, ..beside.extras() };
    let report = conclude(&args.output, &outcome.best, &args.base, extras, &dev, device)?;
    if let Some(report) = report {
        context.note(report);
    }
    context.note(format!("model written to {}", args.output.join("model").display()));
    Ok(ExitCode::Success)
}

fn check_links(args: &FinetuneArgs, labels: &LabelSet) -> crate::Result<()> {
    let has = |label: &str| labels.entity_index(label).is_some();
    if args.links && !args.form_parts && !(has("question") && has("answer")) {
        return Err(Error::usage("links stand between the labels question and answer")
            .hint("pass --form-parts, or --labels header,question,answer, as well"));
    }
    Ok(())
}

pub fn batching(args: &FinetuneArgs, model: &Model, tokenizer: &WordTokenizer) -> Batching {
    Batching::new(model, tokenizer, args.batch_tokens, args.seed, args.augment)
}

/// Trains to the end; `None` where it was interrupted before.
///
/// # Errors
/// As [`Trainer::run`].
pub fn run_training<S, O>(
    args: &FinetuneArgs,
    context: &Context,
    model: &Model,
    source: &S,
    objective: &O,
) -> crate::Result<Option<Outcome>>
where
    S: BatchSource,
    O: Objective<Batch = S::Batch>,
{
    let trainer =
        Trainer { model, source, objective, run_dir: &args.output, options: options(args) };
    let from = args.resume.then(|| checkpoint::find(&args.output)).flatten();
    let mut bar = TrainBar::new(context).pausing_after(args.pause_after);
    let is_fresh = finetune::is_fresh(is_bert(&args.base));
    let outcome = trainer.run(is_fresh, from.as_deref(), &mut bar)?;
    if outcome.interrupted {
        context.note("interrupted; the same command with --resume goes on from here");
        return Ok(None);
    }
    Ok(Some(outcome))
}

fn options(args: &FinetuneArgs) -> TrainOptions {
    TrainOptions {
        seed: args.seed,
        length: Length::Passes(args.epochs),
        batch_tokens: args.batch_tokens,
        patience: args.patience,
        optimizer: OptimizerOptions { rate: args.learning_rate, ..OptimizerOptions::default() },
        precision: args.precision,
        accumulate: args.accumulate.get(),
        checkpoint_every: Duration::from_secs(args.checkpoint_every),
        ..TrainOptions::default()
    }
}

fn label_set(names: &[String]) -> LabelSet {
    if names.is_empty() {
        return LabelSet::bio(&finetune::TYPED_LABELS);
    }
    LabelSet::bio(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Samples of every `[KIND=]PATH`.
pub fn read_all(data: &[String]) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for item in data {
        let (kind, path) = kind_and_path(item)?;
        samples.extend(read_dataset(kind, path)?);
    }
    Ok(samples)
}

/// The two parts of `[KIND=]PATH`; without a kind, the one that the path's files look like.
pub fn kind_and_path(item: &str) -> crate::Result<(DatasetKind, &Path)> {
    let named = item.split_once('=').filter(|(kind, _)| kind.parse::<DatasetKind>().is_ok());
    match named {
        Some((kind, path)) => Ok((kind.parse()?, Path::new(path))),
        None => Ok((DatasetKind::detect(Path::new(item))?, Path::new(item))),
    }
}
