//! The command line: verbs, one file each, and what they share.
//!
//! A verb is a file with an `Args` struct for what was typed and
//! `pub fn run(args: XArgs, context: &Context) -> anyhow::Result<ExitCode>`, a variant of [`Verb`] and
//! an arm in [`Verb::run`]. What was typed is resolved to the library's option types at the top of
//! `run`; nothing below this module sees a flag. Errors go up as [`crate::Error`] (wrapped by anyhow
//! where context helps); [`main`] prints them and picks the exit code.

pub mod ask;
pub mod bench;
pub mod classify;
pub mod completions;
pub mod context;
pub mod convert;
pub mod doctor;
pub mod eval;
mod eval_classes;
mod eval_ocr;
pub mod exit;
pub mod extract;
pub mod finder;
pub mod finetune;
mod finetune_classes;
pub mod inspect;
pub mod man;
pub mod model;
pub mod models;
pub mod ocr;
pub mod options;
mod page_by_page;
pub mod pretrain;
pub mod progress;
mod progress_hub;
mod progress_train;
pub mod reader;
pub mod session;
pub mod synth;

pub use context::{Context, Verbosity};
pub use exit::ExitCode;

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Style};
use clap::{ArgAction, Args, Parser, Subcommand};
use std::ffi::OsString;

const EXAMPLES: &str = "\
Examples:
  layoutlm extract receipt.jpg                     labelled entities as JSON
  layoutlm extract receipt.jpg | jq .fields.total  one value for a script
  layoutlm extract scans/ -o scans.jsonl           a directory, one line a document
  layoutlm ocr page.png                            words and boxes only

Exit codes: 0 all good, 2 usage, 3 input unreadable, 4 model, 5 OCR, 6 output not writable,
7 some inputs failed, 130 interrupted, 1 anything else.";

/// Labelled entities from page images and PDFs: OCR by Tesseract, LayoutLMv2, JSON out.
#[derive(Debug, Parser)]
#[command(name = "layoutlm", version, after_help = EXAMPLES, styles = styles())]
#[command(arg_required_else_help = true, subcommand_value_name = "VERB")]
#[command(subcommand_help_heading = "Verbs", disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub messages: MessageArgs,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every verb takes.
#[derive(Debug, Clone, Args)]
pub struct MessageArgs {
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Messages")]
    pub quiet: bool,
    /// Say more; twice for the times of every document.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Messages")]
    pub verbose: u8,
}

/// What to do; help lists them in this order.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Extract(extract::ExtractArgs),
    Ask(ask::AskArgs),
    Classify(classify::ClassifyArgs),
    Ocr(ocr::OcrVerbArgs),
    Inspect(inspect::InspectArgs),
    Finetune(finetune::FinetuneArgs),
    Pretrain(pretrain::PretrainArgs),
    Eval(eval::EvalArgs),
    Models(models::ModelsArgs),
    Convert(convert::ConvertArgs),
    Synth(synth::SynthArgs),
    Reader(reader::ReaderArgs),
    Finder(finder::FinderArgs),
    Bench(bench::BenchArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Verb {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Verb::Extract(args) => extract::run(args, context),
            Verb::Ask(args) => ask::run(args, context),
            Verb::Classify(args) => classify::run(args, context),
            Verb::Ocr(args) => ocr::run(args, context),
            Verb::Inspect(args) => inspect::run(args, context),
            Verb::Finetune(args) => finetune::run(args, context),
            Verb::Pretrain(args) => pretrain::run(args, context),
            Verb::Eval(args) => eval::run(args, context),
            Verb::Models(args) => models::run(args, context),
            Verb::Convert(args) => convert::run(args, context),
            Verb::Synth(args) => synth::run(args, context),
            Verb::Reader(args) => reader::run(args, context),
            Verb::Finder(args) => finder::run(args, context),
            Verb::Bench(args) => bench::run(args, context),
            Verb::Doctor(args) => doctor::run(args, context),
            Verb::Completions(args) => completions::run(args, context),
            Verb::Man(args) => man::run(args, context),
        }
    }
}

/// The whole program but for process exit.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(message) => {
            // Help and version are asked for (stdout, 0); the rest is a usage error (stderr, 2).
            let code = if message.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
            // A closed pipe while printing help is no failure.
            let _ = message.print();
            return code;
        }
    };
    // From here on, standard output carries data alone.
    if let Err(error) = crate::output::stdout::guard() {
        eprintln!("error: standard output can't be used: {error}");
        return ExitCode::Output;
    }
    let context = Context::new(Verbosity::from_flags(cli.messages.quiet, cli.messages.verbose));
    cli.verb.run(&context).unwrap_or_else(|error| ended_by(&error, &context))
}

/// Says what ended the run, and gives its exit code.
pub fn ended_by(error: &anyhow::Error, context: &Context) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::Success;
    }
    context.error(error);
    ExitCode::of_chain(error)
}

/// Whether the reader of our output went away: success, as for any tool in a pipe.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn styles() -> Styles {
    Styles::styled()
        .header(Style::new().bold().fg_color(Some(AnsiColor::Green.into())))
        .usage(Style::new().bold().fg_color(Some(AnsiColor::Green.into())))
        .literal(Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())))
        .placeholder(Style::new().fg_color(Some(AnsiColor::Cyan.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
