//! `layoutlm synth`: labelled pages made up.

use super::{Context, ExitCode};
use crate::error::Error;
use crate::synth::files::{FileOptions, PictureFormat, Task, write};
use crate::synth::noise::NoiseOptions;
use crate::synth::{FontBook, Generator, Kind, Language, SynthOptions};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  layoutlm synth pages --count 20                       pictures and samples.jsonl, to look at
  layoutlm synth train.shard --count 20000 --noise      for finetune and pretrain
  layoutlm synth forms --count 500 --kinds form --task form
  layoutlm synth de.shard --count 5000 --languages de --kinds invoice=3,receipt=1

The same seed, options and fonts always give the same pages.";

/// Make labelled invoices, receipts, letters and forms
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct SynthArgs {
    /// Directory for pictures and samples.jsonl, or a file ending in .shard
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    pub target: PathBuf,
    /// Number of pages
    #[arg(short = 'n', long, default_value_t = 100)]
    pub count: u64,
    /// Number of the first page: runs over different numbers can be made apart and joined
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub start: u64,
    #[arg(long, default_value_t = SynthOptions::default().seed)]
    pub seed: u64,
    /// Languages, as two letters [default: all]
    #[arg(long, value_delimiter = ',', value_name = "LANG,…")]
    pub languages: Vec<String>,
    /// Kinds of documents with their shares [default: a mix of all]
    #[arg(long, value_delimiter = ',', value_name = "KIND[=SHARE],…")]
    pub kinds: Vec<String>,
    /// Labels of the words: typed fields, form parts with links, or a sample of each
    #[arg(long, value_enum, default_value_t = TaskArg::Typed)]
    pub task: TaskArg,
    /// Resolution of the pictures
    #[arg(long, default_value_t = SynthOptions::default().dpi)]
    pub dpi: f32,
    /// Leave out scanner, fax and camera faults
    #[arg(long)]
    pub clean: bool,
    /// Words as OCR would read them: confused letters, words split, joined and lost
    #[arg(long)]
    pub noise: bool,
    /// Store pictures as JPEG instead of PNG
    #[arg(long)]
    pub jpeg: bool,
    /// Directory with fonts, searched through [default: the system's]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub fonts: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TaskArg {
    Typed,
    Form,
    Both,
}

pub fn run(args: SynthArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let directories =
        if args.fonts.is_empty() { FontBook::default_directories() } else { args.fonts.clone() };
    let fonts = FontBook::load(&directories)?;
    let generator = Generator::new(options(&args)?, fonts)?;
    let files = FileOptions {
        task: match args.task {
            TaskArg::Typed => Task::Typed,
            TaskArg::Form => Task::Form,
            TaskArg::Both => Task::Both,
        },
        format: if args.jpeg { PictureFormat::Jpeg } else { PictureFormat::Png },
        noise: args.noise.then(NoiseOptions::default),
    };
    let range = args.start..args.start.saturating_add(args.count);
    let bar = super::progress::counter(context, args.count);
    let outcome = write(&generator, range, &args.target, files, |done| bar.set_position(done));
    bar.finish_and_clear();
    outcome?;
    context.note(format!("{} pages written to {}", args.count, args.target.display()));
    Ok(ExitCode::Success)
}

fn options(args: &SynthArgs) -> Result<SynthOptions, Error> {
    let defaults = SynthOptions::default();
    let languages = args
        .languages
        .iter()
        .map(|code| {
            Language::from_code(code).map(|language| (1, language)).ok_or_else(|| {
                let known: Vec<&str> = Language::ALL.iter().map(|l| l.code()).collect();
                Error::usage(format!("language `{code}` is not known"))
                    .hint(format!("the languages are {}", known.join(", ")))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let kinds = args.kinds.iter().map(|text| kind(text)).collect::<Result<Vec<_>, _>>()?;
    if !(20.0..=600.0).contains(&args.dpi) {
        return Err(Error::usage(format!("--dpi {} is out of range", args.dpi))
            .hint("choose a resolution from 20 to 600"));
    }
    Ok(SynthOptions {
        seed: args.seed,
        languages: if languages.is_empty() { defaults.languages } else { languages },
        kinds: if kinds.is_empty() { defaults.kinds } else { kinds },
        degrade: !args.clean,
        dpi: args.dpi,
        ..defaults
    })
}

/// `invoice` or `invoice=3`.
fn kind(text: &str) -> Result<(u32, Kind), Error> {
    let (name, share) = text.split_once('=').unwrap_or((text, "1"));
    let kind = Kind::from_name(name);
    let share = share.parse::<u32>().ok().filter(|share| (1..=1000).contains(share));
    match (kind, share) {
        (Some(kind), Some(share)) => Ok((share, kind)),
        _ => {
            let known: Vec<&str> = Kind::ALL.iter().map(|k| k.name()).collect();
            Err(Error::usage(format!("`{text}` is no kind of document with a share"))
                .hint(format!("write KIND or KIND=1…1000; kinds are {}", known.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_a_name_and_a_share() {
        assert_eq!(kind("invoice").unwrap(), (1, Kind::Invoice));
        assert_eq!(kind("receipt=7").unwrap(), (7, Kind::Receipt));
        for wrong in ["", "invoice=0", "invoice=x", "bill"] {
            assert!(kind(wrong).is_err(), "{wrong}");
        }
    }
}
