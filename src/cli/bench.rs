//! `layoutlm bench`: how fast the program is on this machine, beside others.

use super::options::{ModelArgs, OcrArgs};
use super::{Context, ExitCode};
use crate::batch::sources::Selection;
use crate::bench::{BenchOptions, Report, Subject, chart, run as measure};
use crate::error::{Error, Result, Stage};
use crate::input::Source;
use crate::output::sink::write_whole;
use crate::output::stdout::Stdout;
use crate::pipeline::{Device, Extractor};
use clap::{Args, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  layoutlm bench scans/                              beside the tesseract command
  layoutlm bench scans/ -m microsoft/layoutlmv2-base-uncased -f json > base.json
  layoutlm bench scans/ --join base.json python.json --chart bench.svg
  layoutlm bench --join ours.json python.json        reports made before, in one table
  scripts/bench scans/                               beside Python pipelines too";

/// Measure time, processor time and memory, beside the tesseract command
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchArgs {
    /// Pages to measure with: files and directories
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, required_unless_present = "join")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub ocr: OcrArgs,
    /// Pages at a time where a whole folder is read [default: one a core]
    #[arg(short, long, value_name = "N", help_heading = "Measurement")]
    pub jobs: Option<NonZeroUsize>,
    /// Runs of which the median is reported
    #[arg(long, value_name = "N", default_value_t = BenchOptions::default().runs)]
    #[arg(help_heading = "Measurement")]
    pub runs: usize,
    /// Runs before them that don't count
    #[arg(long, value_name = "N", default_value_t = BenchOptions::default().warm_up)]
    #[arg(help_heading = "Measurement")]
    pub warm_up: usize,
    /// Measure this program alone
    #[arg(long, help_heading = "Measurement")]
    pub alone: bool,
    /// markdown or json
    #[arg(short, long, value_enum, default_value_t = Form::Markdown, value_name = "FORM")]
    #[arg(help_heading = "Output")]
    pub format: Form,
    /// Draw pages a second as SVG
    #[arg(long, value_name = "FILE", help_heading = "Output", value_hint = ValueHint::FilePath)]
    pub chart: Option<PathBuf>,
    /// Add the programs of these reports in JSON to the table
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Output")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub join: Vec<PathBuf>,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Markdown,
    Json,
}

pub fn run(args: BenchArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let mut others =
        args.join.iter().map(|path| Report::read(path)).collect::<Result<Vec<_>>>()?.into_iter();
    let mut report = match others.next() {
        Some(first) if args.paths.is_empty() => first,
        first => {
            let mut report = measured(&args, context)?;
            report.join(first);
            report
        }
    };
    report.join(others);
    if let Some(path) = &args.chart {
        write_whole(path, chart::svg(&report).as_bytes())?;
    }
    let mut stdout = Stdout::open()?;
    match args.format {
        Form::Json => writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?,
        Form::Markdown => write!(stdout, "{report}")?,
    }
    stdout.flush()?;
    Ok(ExitCode::Success)
}

fn measured(args: &BenchArgs, context: &Context) -> Result<Report> {
    let defaults = BenchOptions::default();
    let options = BenchOptions {
        runs: args.runs.max(1),
        warm_up: args.warm_up,
        workers: args.jobs.map_or(defaults.workers, NonZeroUsize::get),
        beside_tesseract: !args.alone,
    };
    let program = std::env::current_exe().map_err(|error| {
        Error::usage(format!("the program can't tell where it is: {error}"))
            .hint("run it by its path")
    })?;
    let analyzer = super::model::open(&args.model, context)?;
    let tesseract = args.ocr.options(None, args.jobs);
    let extractor = Extractor::builder().tesseract(tesseract).analyzer(analyzer).build()?;
    let subject = Subject {
        program,
        flags: flags(args),
        extractor,
        tesseract_flags: tesseract_flags(&args.ocr),
        documents: documents(&args.paths)?,
    };
    measure(&subject, &options, |what| context.note(what))
}

/// The choice of model and reading, as `extract` takes it.
fn flags(args: &BenchArgs) -> Vec<OsString> {
    let BenchArgs { model: ModelArgs { model, device, precision }, ocr, .. } = args;
    let mut flags: Vec<OsString> = Vec::new();
    let mut flag = |name: &str, value: OsString| flags.extend([name.into(), value]);
    if let Some(model) = model {
        flag("--model", model.into());
    }
    if *device != Device::default() {
        flag("--device", device.to_string().into());
    }
    if let Some(arithmetic) = precision {
        flag("--precision", arithmetic.to_string().into());
    }
    flag("--language", ocr.language.clone().into());
    flag("--psm", ocr.psm.to_string().into());
    flag("--oem", ocr.oem.to_string().into());
    flag("--reread", ocr.reread.to_string().into());
    if let Some(directory) = &ocr.tessdata_dir {
        flag("--tessdata-dir", directory.into());
    }
    flags
}

fn tesseract_flags(ocr: &OcrArgs) -> Vec<OsString> {
    let mut flags: Vec<OsString> = vec!["-l".into(), ocr.language.clone().into()];
    if let Some(directory) = &ocr.tessdata_dir {
        flags.extend(["--tessdata-dir".into(), directory.into()]);
    }
    flags
}

fn documents(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let file = |source: Source| match source {
        Source::Path(path) => Ok(path),
        other => Err(Error::usage(format!("`{}` can't be read more than once", other.name()))
            .hint("name files or directories")),
    };
    let tasks = Selection::default().tasks(paths.to_vec());
    let documents: Vec<PathBuf> =
        tasks.map(|task| task.and_then(file)).collect::<Result<Vec<_>>>()?;
    for document in &documents {
        // Told before the first minute of measuring.
        std::fs::File::open(document).map_err(|error| {
            Error::new(Stage::Input, crate::ErrorCode::NotFound, "the page can't be opened")
                .at(document.display().to_string())
                .hint("check the path")
                .caused_by(error)
        })?;
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Verb};
    use clap::Parser;

    #[test]
    fn children_read_as_this_process_does() {
        let typed =
            "layoutlm bench a.png -m dir --device cuda:1 -l deu --reread never --precision bf16";
        let Verb::Bench(args) = Cli::parse_from(typed.split(' ')).verb else { panic!("{typed}") };
        let flags = flags(&args).into_iter().map(|flag| flag.into_string().unwrap());
        let child: Vec<String> =
            ["layoutlm", "extract", "a.png"].map(String::from).into_iter().chain(flags).collect();
        let Verb::Extract(child) = Cli::parse_from(child).verb else { panic!() };
        assert_eq!(child.words.ocr.options(None, None), args.ocr.options(None, None));
        let chosen = |model: ModelArgs| (model.model, model.device, model.precision);
        assert_eq!(chosen(child.model), chosen(args.model));
    }

    #[test]
    fn standard_input_is_no_page_to_measure_with() {
        assert!(documents(&["-".into()]).is_err());
        assert!(documents(&["/no/such/page.png".into()]).is_err());
    }
}
