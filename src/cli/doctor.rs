//! `layoutlm doctor`: what is installed, what is missing, how to mend it.

use super::{Context, ExitCode};
use crate::doctor::{DoctorOptions, examine};
use crate::error::Stage;
use crate::ocr::TesseractOptions;
use crate::output::stdout::Stdout;
use clap::{Args, ValueHint};
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  layoutlm doctor
  layoutlm doctor --model runs/mine/model -l eng+deu
  layoutlm doctor --json | jq '.checks[] | select(.status != \"ok\")'";

/// Say what is installed, what is missing, and how to mend it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Model directory, or a hub name, to check [default: the built-in model]
    #[arg(short, long, value_name = "DIR|NAME", value_hint = ValueHint::DirPath)]
    pub model: Option<String>,
    /// Languages to check, joined by +
    #[arg(short, long, value_name = "LANG", default_value_t = TesseractOptions::default().language)]
    pub language: String,
    /// Directory of Tesseract's language data
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub tessdata_dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: DoctorArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let model = args.model.map(|text| super::model::directory(&text, context)).transpose()?;
    let report = examine(&DoctorOptions {
        model,
        tesseract: TesseractOptions {
            language: args.language,
            tessdata_dir: args.tessdata_dir,
            ..TesseractOptions::default()
        },
    });
    let mut stdout = Stdout::open()?;
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(stdout, "{report}")?;
    }
    stdout.flush()?;
    Ok(match report.broken_stage() {
        None => ExitCode::Success,
        Some(Stage::Ocr) => ExitCode::Ocr,
        Some(_) => ExitCode::Model,
    })
}
