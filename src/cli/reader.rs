//! `layoutlm reader`: cutting lines, training the line reader, scoring it.

use super::{Context, ExitCode};
use crate::document::Word;
use crate::error::{Error, ErrorCode, Stage};
use crate::line_reader::network::Size;
use crate::line_reader::{LineReader, NGRAMS_FILE};
use crate::model::precision::Precision;
use crate::output::stdout::Stdout;
use crate::pipeline::Device;
use crate::train::line_reader::ngrams::{NgramOptions, table};
use crate::train::line_reader::score::score;
use crate::train::line_reader::sources::{LinePart, cut};
use crate::train::line_reader::store::LineWriter;
use crate::train::line_reader::{LineSource, LineStore, ReaderOptions, ReaderTrainer};
use crate::train::optimizer::OptimizerOptions;
use clap::{Args, Subcommand, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  layoutlm reader lines runs/lines --from sroie=sroie/train --from synth=600
  layoutlm reader lines runs/lines-dev --from sroie=sroie/train --dev
  layoutlm reader train runs/lines --dev runs/lines-dev -o runs/reader
  layoutlm reader ngrams runs/lines --data doclaynet -o runs/reader/reader
  layoutlm reader eval runs/lines-dev --reader runs/reader/reader";

/// Train the line reader that reads beside Tesseract
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReaderArgs {
    #[command(subcommand)]
    pub step: ReaderStepArgs,
}

#[derive(Debug, Subcommand)]
pub enum ReaderStepArgs {
    Lines(LinesArgs),
    Train(TrainArgs),
    Ngrams(NgramsArgs),
    Eval(ScoreArgs),
}

/// Cut lines with known text out of pages
#[derive(Debug, Args)]
pub struct LinesArgs {
    /// Directory to write
    pub target: PathBuf,
    /// Pages to cut: sroie=DIR, pdf=DIR (text layers), synth=COUNT or typed=COUNT (fixed pitch); several are mixed
    #[arg(long, required = true, value_name = "KIND=WHAT")]
    pub from: Vec<LineSource>,
    /// The pages that are kept for tuning, instead of all others
    #[arg(long)]
    pub dev: bool,
    #[arg(long, default_value_t = ReaderOptions::default().seed)]
    pub seed: u64,
}

/// Train a reader on lines
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Directory of lines
    pub lines: PathBuf,
    /// Directory of lines to score on after each pass
    #[arg(long, value_name = "DIR")]
    pub dev: PathBuf,
    /// Directory of the run: checkpoint, metrics.jsonl, and the finished reader under `reader/`
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Reader to start from
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// Reader whose probabilities are learned beside the texts
    #[arg(long, value_name = "DIR")]
    pub teacher: Option<PathBuf>,
    /// Width of a reader that starts from nothing: `large` as the one in the program, `small` with half of its arithmetic
    #[arg(long, default_value = "large", value_name = "large|small", conflicts_with = "base")]
    pub size: ReaderSize,
    #[arg(long, default_value_t = ReaderOptions::default().epochs)]
    pub epochs: usize,
    /// Steps of a batch; a line of 40 letters has about 130
    #[arg(long, default_value_t = ReaderOptions::default().batch_steps)]
    pub batch_steps: usize,
    #[arg(long, default_value_t = ReaderOptions::default().optimizer.rate)]
    pub learning_rate: f64,
    #[arg(long, default_value_t = ReaderOptions::default().seed)]
    pub seed: u64,
    /// Numbers that matrix products are computed in
    #[arg(long, default_value_t, value_name = "auto|f32|bf16")]
    pub precision: Precision,
    /// Seconds between checkpoints within a pass
    #[arg(long, default_value_t = ReaderOptions::default().checkpoint_every.as_secs())]
    pub checkpoint_every: u64,
    /// Go on from the run's last checkpoint
    #[arg(long)]
    pub resume: bool,
    #[arg(long, value_name = "DEVICE", default_value_t = Device::default())]
    pub device: Device,
}

/// Widths that `--size` offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReaderSize {
    Large,
    Small,
}

impl ReaderSize {
    fn size(self) -> Size {
        match self {
            Self::Large => Size::LARGE,
            Self::Small => Size::SMALL,
        }
    }
}

/// Count which letters follow each other, for a reader to choose by
#[derive(Debug, Args)]
pub struct NgramsArgs {
    /// Directories of lines
    #[arg(required = true)]
    pub lines: Vec<PathBuf>,
    /// Data set whose lines count as well, as PATH or KIND=PATH
    #[arg(long, value_name = "[KIND=]PATH")]
    pub data: Vec<String>,
    /// Directory of the reader, where ngrams.bin is written
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Longer n-grams than pairs count where they occur so often
    #[arg(long, default_value_t = NgramOptions::default().least)]
    pub least: u32,
}

/// Score a reader on lines
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// Directory of lines
    pub lines: PathBuf,
    /// Reader to score
    #[arg(long, value_name = "DIR")]
    pub reader: PathBuf,
}

pub fn run(args: ReaderArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match args.step {
        ReaderStepArgs::Lines(args) => lines(&args, context),
        ReaderStepArgs::Train(args) => train(args, context),
        ReaderStepArgs::Ngrams(args) => ngrams(&args, context),
        ReaderStepArgs::Eval(args) => eval(&args),
    }
}

fn lines(args: &LinesArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let part = if args.dev { LinePart::Dev } else { LinePart::Train };
    let mut writer = LineWriter::create(&args.target)?;
    for source in &args.from {
        let before = writer.count;
        cut(source, part, args.seed, &mut writer)?;
        context.note(format!("{source:?}: {} lines", writer.count - before));
    }
    let count = writer.finish()?;
    context.note(format!("{count} lines written to {}", args.target.display()));
    Ok(ExitCode::Success)
}

fn train(args: TrainArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let device = super::model::usable(args.device)?;
    let train = LineStore::open(&args.lines)?;
    let dev = LineStore::open(&args.dev)?;
    context.note(format!(
        "{} lines to train on, {} held out",
        train.records.len(),
        dev.records.len()
    ));
    tch::manual_seed(args.seed as i64);
    let teacher = args.teacher.map(|dir| LineReader::open(&dir, device)).transpose()?;
    let reader = match &args.base {
        Some(dir) => LineReader::open_for_training(dir, device)?,
        None => {
            let alphabet = teacher.as_ref().map(|teacher| teacher.alphabet.clone());
            LineReader::fresh(alphabet.unwrap_or_default(), args.size.size(), device)
        }
    };
    let defaults = ReaderOptions::default();
    let options = ReaderOptions {
        seed: args.seed,
        epochs: args.epochs,
        batch_steps: args.batch_steps,
        optimizer: OptimizerOptions { rate: args.learning_rate, ..defaults.optimizer },
        precision: args.precision,
        checkpoint_every: Duration::from_secs(args.checkpoint_every),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Only one handler can be set in a process; without it Ctrl-C ends the run at once.
    let _ = ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed));
    let bar = super::progress::counter(context, 0);
    let trainer = ReaderTrainer {
        train: &train,
        dev: &dev,
        teacher: teacher.map(Mutex::new),
        run_dir: &args.output,
        options,
    };
    let finished = trainer.run(
        &reader,
        args.resume,
        |step| {
            bar.set_length(step.total_steps.max(0) as u64);
            bar.set_position(step.step.max(0) as u64);
            context.detail(format!(
                "step {}/{} loss {:.3} {:.0} lines/s",
                step.step, step.total_steps, step.loss, step.lines_per_second
            ));
            !stop.load(Ordering::Relaxed)
        },
        |epoch, score| {
            context.note(format!(
                "pass {}: {:.4} of the dev lines without a mistake, character errors {:.4}",
                epoch + 1,
                score.exact,
                score.character_error_rate
            ));
        },
    )?;
    bar.finish_and_clear();
    if !finished {
        context.note("interrupted; the same command with --resume goes on from here");
        return Ok(ExitCode::Interrupted);
    }
    let target = args.output.join("reader");
    reader.save_packed(&target)?;
    let written = score(&LineReader::open(&target, device)?, &dev)?;
    context.note(format!(
        "reader written to {}: {:.4} of the dev lines without a mistake",
        target.display(),
        written.exact
    ));
    Ok(ExitCode::Success)
}

fn ngrams(args: &NgramsArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let mut lines: Vec<String> = Vec::new();
    for path in &args.lines {
        lines.extend(LineStore::open(path)?.records.into_iter().map(|line| line.text));
    }
    for sample in super::finetune::read_all(&args.data)? {
        let own = sample.words.chunk_by(|a, b| (a.block, a.line) == (b.block, b.line));
        lines.extend(own.map(text_of));
    }
    let options = NgramOptions { least: args.least };
    let table = table(lines.iter().map(String::as_str), options)?;
    let target = args.output.join(NGRAMS_FILE);
    std::fs::create_dir_all(&args.output)
        .and_then(|()| std::fs::write(&target, &table))
        .map_err(|e| Error::unwritable(Stage::Train, &target, e))?;
    context.note(format!("{} lines counted into {}", lines.len(), target.display()));
    Ok(ExitCode::Success)
}

/// Words joined by single spaces.
fn text_of(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn eval(args: &ScoreArgs) -> anyhow::Result<ExitCode> {
    let store = LineStore::open(&args.lines)?;
    let reader = LineReader::open(&args.reader, tch::Device::Cpu)?;
    let report = serde_json::to_string_pretty(&score(&reader, &store)?).map_err(|e| {
        Error::new(Stage::Output, ErrorCode::Internal, "the score can't be written").caused_by(e)
    })?;
    let mut out = Stdout::open()?;
    writeln!(out, "{report}").and_then(|()| out.flush())?;
    Ok(ExitCode::Success)
}
