//! `layoutlm finder`: gathering pages, training the finder of lines, scoring it.

use super::{Context, ExitCode};
use crate::error::{Error, ErrorCode, Stage};
use crate::line_finder::LineFinder;
use crate::model::precision::Precision;
use crate::output::stdout::Stdout;
use crate::pipeline::Device;
use crate::train::line_finder::score::{FinderScore, score};
use crate::train::line_finder::sources::gather;
use crate::train::line_finder::store::PageWriter;
use crate::train::line_finder::{FinderOptions, FinderTrainer, PageStore};
use crate::train::line_reader::LineSource;
use crate::train::line_reader::sources::LinePart;
use crate::train::optimizer::OptimizerOptions;
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  layoutlm finder pages runs/pages --from sroie=sroie/train --from synth=600
  layoutlm finder pages runs/pages-dev --from sroie=sroie/train --dev
  layoutlm finder train runs/pages --dev runs/pages-dev -o runs/finder
  layoutlm finder eval runs/pages-dev --finder runs/finder/finder";

/// Train the finder of lines that works beside Tesseract
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FinderArgs {
    #[command(subcommand)]
    pub step: FinderStepArgs,
}

#[derive(Debug, Subcommand)]
pub enum FinderStepArgs {
    Pages(PagesArgs),
    Train(TrainArgs),
    Eval(ScoreArgs),
}

/// Gather pages whose lines are known
#[derive(Debug, Args)]
pub struct PagesArgs {
    /// Directory to write
    pub target: PathBuf,
    /// Pages: sroie=DIR, pdf=DIR (text layers), synth=COUNT or typed=COUNT (fixed pitch); several are mixed
    #[arg(long, required = true, value_name = "KIND=WHAT")]
    pub from: Vec<LineSource>,
    /// The pages that are kept for tuning, instead of all others
    #[arg(long)]
    pub dev: bool,
    #[arg(long, default_value_t = FinderOptions::default().seed)]
    pub seed: u64,
}

/// Train a finder on pages
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Directory of pages
    pub pages: PathBuf,
    /// Directory of pages to score on
    #[arg(long, value_name = "DIR")]
    pub dev: PathBuf,
    /// Directory of the run: checkpoint, metrics.jsonl, and the finished finder under `finder/`
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Finder to start from
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    #[arg(long, default_value_t = FinderOptions::default().updates)]
    pub updates: i64,
    /// Parts of pages in an update
    #[arg(long, default_value_t = FinderOptions::default().batch)]
    pub batch: usize,
    #[arg(long, default_value_t = FinderOptions::default().optimizer.rate)]
    pub learning_rate: f64,
    #[arg(long, default_value_t = FinderOptions::default().seed)]
    pub seed: u64,
    /// Updates between scores
    #[arg(long, default_value_t = FinderOptions::default().score_every)]
    pub score_every: i64,
    /// Numbers that matrix products are computed in
    #[arg(long, default_value_t, value_name = "auto|f32|bf16")]
    pub precision: Precision,
    /// Seconds between checkpoints
    #[arg(long, default_value_t = FinderOptions::default().checkpoint_every.as_secs())]
    pub checkpoint_every: u64,
    /// Go on from the run's last checkpoint
    #[arg(long)]
    pub resume: bool,
    #[arg(long, value_name = "DEVICE", default_value_t = Device::default())]
    pub device: Device,
}

/// Score a finder on pages
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// Directory of pages
    pub pages: PathBuf,
    /// Finder to score
    #[arg(long, value_name = "DIR")]
    pub finder: PathBuf,
}

pub fn run(args: FinderArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match args.step {
        FinderStepArgs::Pages(args) => pages(&args, context),
        FinderStepArgs::Train(args) => train(args, context),
        FinderStepArgs::Eval(args) => eval(&args),
    }
}

fn pages(args: &PagesArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let part = if args.dev { LinePart::Dev } else { LinePart::Train };
    let mut writer = PageWriter::create(&args.target)?;
    for source in &args.from {
        let before = writer.count;
        gather(source, part, args.seed, &mut writer)?;
        context.note(format!("{source:?}: {} pages", writer.count - before));
    }
    let count = writer.finish()?;
    context.note(format!("{count} pages written to {}", args.target.display()));
    Ok(ExitCode::Success)
}

fn train(args: TrainArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let device = super::model::usable(args.device)?;
    let train = PageStore::open(&args.pages)?;
    let dev = PageStore::open(&args.dev)?;
    context.note(format!(
        "{} pages to train on, {} held out",
        train.records.len(),
        dev.records.len()
    ));
    tch::manual_seed(args.seed as i64);
    let finder = match &args.base {
        Some(dir) => LineFinder::open_for_training(dir, device)?,
        None => LineFinder::fresh(device),
    };
    let defaults = FinderOptions::default();
    let options = FinderOptions {
        seed: args.seed,
        updates: args.updates,
        batch: args.batch.max(1),
        score_every: args.score_every.max(1),
        optimizer: OptimizerOptions { rate: args.learning_rate, ..defaults.optimizer },
        precision: args.precision,
        checkpoint_every: Duration::from_secs(args.checkpoint_every),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Only one handler can be set in a process; without it Ctrl-C ends the run at once.
    let _ = ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed));
    let bar = super::progress::counter(context, 0);
    let trainer = FinderTrainer { train: &train, dev: &dev, run_dir: &args.output, options };
    let finished = trainer.run(
        &finder,
        args.resume,
        |step| {
            bar.set_length(step.total_steps.max(0) as u64);
            bar.set_position(step.step.max(0) as u64);
            context.detail(format!(
                "step {}/{} loss {:.3} {:.2} s",
                step.step, step.total_steps, step.loss, step.seconds
            ));
            !stop.load(Ordering::Relaxed)
        },
        |step, score| context.note(format!("update {step}: {}", told(&score))),
    )?;
    bar.finish_and_clear();
    if !finished {
        context.note("interrupted; the same command with --resume goes on from here");
        return Ok(ExitCode::Interrupted);
    }
    let target = args.output.join("finder");
    finder.save_packed(&target)?;
    let written = score(&LineFinder::open(&target, device)?, &dev)?;
    context.note(format!("finder written to {}: {}", target.display(), told(&written)));
    Ok(ExitCode::Success)
}

fn told(score: &FinderScore) -> String {
    format!(
        "{:.4} of the dev pages' lines covered, {:.4} found as they are, {:.4} of the boxes right",
        score.covered, score.found, score.right
    )
}

fn eval(args: &ScoreArgs) -> anyhow::Result<ExitCode> {
    let store = PageStore::open(&args.pages)?;
    let finder = LineFinder::open(&args.finder, tch::Device::Cpu)?;
    let report = serde_json::to_string_pretty(&score(&finder, &store)?).map_err(|e| {
        Error::new(Stage::Output, ErrorCode::Internal, "the score can't be written").caused_by(e)
    })?;
    let mut out = Stdout::open()?;
    writeln!(out, "{report}").and_then(|()| out.flush())?;
    Ok(ExitCode::Success)
}
