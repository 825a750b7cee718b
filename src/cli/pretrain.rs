//! `layoutlm pretrain`: pages without labels in, a model to fine-tune out.

use super::progress_train::{ReadingBar, TrainBar};
use super::{Context, ExitCode};
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::model::Model;
use crate::model::config::LayoutLmExtras;
use crate::model::precision::Precision;
use crate::ocr::TesseractOptions;
use crate::pipeline::Device;
use crate::train::initialise::is_bert;
use crate::train::objective::PretrainingObjective;
use crate::train::optimizer::OptimizerOptions;
use crate::train::pretrain::cache::{Origin, shards_of};
use crate::train::pretrain::example::Objectives;
use crate::train::pretrain::objective::Pretraining;
use crate::train::pretrain::pages::PageReading;
use crate::train::pretrain::source::ShardSource;
use crate::train::pretrain::{prepare_backbone, starting_model, vocabulary};
use crate::train::trainer::{Length, TrainOptions, Trainer};
use crate::train::{checkpoint, finetune};
use clap::{Args, ValueHint};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  layoutlm pretrain --data scans/ --base minilm/ --output runs/trunk
  layoutlm pretrain --data scans/ --data sroie/train --base minilm/ --output runs/trunk --steps 20000
  layoutlm pretrain --data scans/ --output runs/trunk --read-only     OCR now, train elsewhere
  layoutlm pretrain --data runs/trunk/data/ --base minilm/ --output runs/mvlm --objectives mvlm
  layoutlm finetune --data sroie/train --base runs/trunk/model --output runs/receipts

Pages are read once, into shards under OUTPUT/data; docs/training.md says more.";

/// Teach a model pages without labels: masked words, covered lines, pictures that do not match
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PretrainArgs {
    /// Page pictures and PDFs, or a data set of any kind, as PATH or KIND=PATH (kind `pages` for the
    /// first); several are mixed
    #[arg(long, required = true, value_name = "[KIND=]PATH")]
    pub data: Vec<String>,
    /// Model to start from, as directory or hub name: LayoutLMv2, LayoutXLM, LayoutLM, or a BERT to
    /// build a compact LayoutLMv2 around
    #[arg(long, value_name = "DIR|NAME", required_unless_present = "read_only")]
    pub base: Option<PathBuf>,
    /// Directory of the run: pages read, checkpoints, metrics.jsonl, loss.svg, and the finished model
    /// under `model/`
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// What to train: mvlm (masked words), tia (covered lines), tim (pictures of other documents)
    #[arg(long, value_delimiter = ',', value_name = "NAME,…", default_values_t = PretrainingObjective::ALL)]
    pub objectives: Vec<PretrainingObjective>,
    /// Passes over the pages
    #[arg(long, default_value_t = EPOCHS, conflicts_with = "steps")]
    pub epochs: usize,
    /// Updates, over as many passes as they need, instead of --epochs
    #[arg(long, value_name = "N")]
    pub steps: Option<NonZeroUsize>,
    /// Share of documents held out for scores; 0 for none
    #[arg(long, default_value_t = 0.02, value_name = "SHARE")]
    pub dev: f64,
    /// Updates between scores [default: after each pass; with --steps, twenty in all]
    #[arg(long, value_name = "N")]
    pub score_every: Option<NonZeroUsize>,
    /// Tokens of a batch, padding and visual ones included
    #[arg(long, default_value_t = TrainOptions::default().batch_tokens)]
    pub batch_tokens: usize,
    /// Batches whose gradients are added up for one update
    #[arg(long, default_value = "1", value_name = "N")]
    pub accumulate: NonZeroUsize,
    /// The paper's, for a model of base size from good weights, is 2e-5
    #[arg(long, default_value_t = OptimizerOptions::default().rate)]
    pub learning_rate: f64,
    /// Threads that make batches ready ahead of the model
    #[arg(long, default_value_t = TrainOptions::default().workers, value_name = "N")]
    pub workers: usize,
    #[arg(long, default_value_t = TrainOptions::default().seed)]
    pub seed: u64,
    /// Numbers that matrix products are computed in
    #[arg(long, default_value_t = TrainOptions::default().precision, value_name = "auto|f32|bf16")]
    pub precision: Precision,
    /// Name the model carries
    #[arg(long, default_value = "layoutlm-pretrained")]
    pub name: String,
    /// Show the model white pages: text and layout alone, for comparison
    #[arg(long)]
    pub no_pictures: bool,
    /// Language of the pages, as Tesseract names it
    #[arg(short, long, value_name = "LANG")]
    #[arg(default_value_t = TesseractOptions::default().language)]
    pub language: String,
    /// Where pages that were read are kept [default: OUTPUT/data]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub cache: Option<PathBuf>,
    /// Read the pages and stop
    #[arg(long)]
    pub read_only: bool,
    /// Seconds between checkpoints within a pass
    #[arg(long, default_value_t = TrainOptions::default().checkpoint_every.as_secs())]
    pub checkpoint_every: u64,
    /// Go on from the run's last checkpoint
    #[arg(long)]
    pub resume: bool,
    #[arg(long, value_name = "DEVICE", default_value_t = Device::default())]
    pub device: Device,
}

/// As in the paper (§3.2).
const EPOCHS: usize = 5;
/// Scores of a run with --steps, unless told otherwise.
const SCORES: usize = 20;

pub fn run(mut args: PretrainArgs, context: &Context) -> anyhow::Result<ExitCode> {
    if let Some(text) = args.base.as_ref().and_then(|base| base.to_str()) {
        args.base = Some(super::model::directory(text, context)?);
    }
    let device = super::model::usable(args.device)?;
    let shards = read_pages(&args, context)?;
    let Some(base) = args.base.as_ref().filter(|_| !args.read_only) else {
        return Ok(ExitCode::Success);
    };
    let objectives = Objectives::of(&args.objectives);
    let (model, tokenizer) = starting_model(base, objectives, device, args.seed)?;
    prepare_backbone(base, &model, &shards, !args.no_pictures)?;
    let source = source(&args, shards, &model, &tokenizer)?;
    let objective = Pretraining { model: &model, dev: source.dev()?, pad: tokenizer.pad };
    let trainer = Trainer {
        model: &model,
        source: &source,
        objective: &objective,
        run_dir: &args.output,
        options: options(&args),
    };
    let from = args.resume.then(|| checkpoint::find(&args.output)).flatten();
    let is_fresh = finetune::is_fresh(is_bert(base));
    let outcome = trainer.run(is_fresh, from.as_deref(), &mut TrainBar::new(context))?;
    if outcome.interrupted {
        context.note("interrupted; the same command with --resume goes on from here");
        return Ok(ExitCode::Interrupted);
    }
    let extras = LayoutLmExtras { name: args.name.clone(), ..LayoutLmExtras::default() };
    let target = args.output.join("model");
    // The last weights, not the best: the rate has come down to 0 with them.
    finetune::write_model(&model, &finetune::processor_of(base)?, extras, &target)?;
    context.note(format!("model written to {}", target.display()));
    Ok(ExitCode::Success)
}

/// Shards of all data, made where they are missing.
fn read_pages(args: &PretrainArgs, context: &Context) -> anyhow::Result<Vec<PathBuf>> {
    let cache = args.cache.clone().unwrap_or_else(|| args.output.join("data"));
    let ocr = TesseractOptions { language: args.language.clone(), ..TesseractOptions::default() };
    let open = || crate::ocr::open(&ocr);
    let reading = PageReading::new(&open, &args.language);
    let bar = ReadingBar::new(context);
    let mut shards = Vec::new();
    for item in &args.data {
        shards.extend(shards_of(&Origin::parse(item)?, &cache, &reading, &bar)?);
    }
    bar.finish();
    context.note(format!("shards of pages to train on: {}", shards.len()));
    Ok(shards)
}

fn source<'a>(
    args: &PretrainArgs,
    shards: Vec<PathBuf>,
    model: &Model,
    tokenizer: &'a WordTokenizer,
) -> anyhow::Result<ShardSource<'a>> {
    let max_tokens = model.config.max_position_embeddings.min(512) as usize;
    Ok(ShardSource {
        shards,
        tokenizer,
        window: WindowOptions { max_tokens, ..WindowOptions::default() },
        objectives: Objectives::of(&args.objectives),
        vocabulary: vocabulary(model, tokenizer)?,
        batch_tokens: args.batch_tokens,
        visual: model.config.visual_tokens() as usize,
        seed: args.seed,
        held_out: args.dev,
        has_pictures: !args.no_pictures,
        device: model.device(),
    })
}

fn options(args: &PretrainArgs) -> TrainOptions {
    let every = args.score_every.map(NonZeroUsize::get);
    let every = every.or(args.steps.map(|steps| steps.get().div_ceil(SCORES)));
    TrainOptions {
        seed: args.seed,
        length: match args.steps {
            Some(steps) => Length::Steps(steps.get() as i64),
            None => Length::Passes(args.epochs),
        },
        batch_tokens: args.batch_tokens,
        accumulate: args.accumulate.get(),
        workers: args.workers,
        patience: 0,
        score_every: every.map(|every| every as i64),
        optimizer: OptimizerOptions { rate: args.learning_rate, ..OptimizerOptions::default() },
        precision: args.precision,
        checkpoint_every: Duration::from_secs(args.checkpoint_every),
    }
}
