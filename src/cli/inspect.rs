//! `layoutlm inspect`: what the model saw of a page, and what each label hangs on.

use super::options::{InputArgs, ModelArgs, WordArgs};
use super::{Context, ExitCode};
use crate::error::{Error, Result, Stage};
use crate::input::{PageImage, Source};
use crate::inspect::text::write_text;
use crate::inspect::{Inspection, inspect};
use crate::model::registry::Named;
use crate::output::stdout::Stdout;
use crate::pipeline::Extractor;
use clap::{Args, ValueEnum, ValueHint};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  layoutlm inspect receipt.jpg                  labelled and doubtful words, as a table
  layoutlm inspect receipt.jpg --all            every word
  layoutlm inspect scan.pdf --pages 2 -f json | jq '.words[] | select(.text == \"Total\")'
  layoutlm inspect receipt.jpg --picture seen/  the 224×224 picture that the model gets";

/// Show what the model saw of a page: windows, word pieces, boxes and scores of every word, and what
/// it would have said without the picture or without positions
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub words: WordArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    /// A table, or a JSON object for each page
    #[arg(short, long, value_name = "FORM", help_heading = "Output", default_value = "text")]
    pub format: Form,
    /// In the table, list words without a label, too
    #[arg(long, help_heading = "Output")]
    pub all: bool,
    /// Write the small picture of each page that the model gets, as PNG in this directory
    #[arg(long, value_name = "DIR", help_heading = "Output", value_hint = ValueHint::DirPath)]
    pub picture: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Json,
}

pub fn run(args: InspectArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let sources = sources(&args.input)?;
    // It reads words, and has no model: that is asked apart.
    let extractor = args.words.reader(&args.input.reading, args.input.naming())?;
    let named = super::model::load(&args.model, context)?;
    context.detail(format_args!("model {} {}", named.name, named.revision));
    let mut stdout = Stdout::open()?;
    for source in sources {
        let name = source.name();
        for page in extractor.open(&source)? {
            let found = page
                .and_then(|page| look(&extractor, &named, &name, page))
                .map_err(|error| error.at(&name))?;
            if let Some(directory) = &args.picture {
                save_picture(directory, &name, &found)?;
            }
            show(&mut stdout, &name, &named, &found, &args)?;
        }
    }
    Ok(ExitCode::Success)
}

fn sources(input: &InputArgs) -> Result<Vec<Source>> {
    let selection = input.selection();
    selection.check()?;
    if input.files_from.is_some() {
        return Err(Error::usage("`inspect` takes its pages by name, not from a list")
            .hint("name the files, or leave `--files-from` to `layoutlm extract`"));
    }
    selection.tasks(input.paths.clone()).collect()
}

fn look(extractor: &Extractor, named: &Named, name: &str, page: PageImage) -> Result<Inspection> {
    let picture = page.image.clone();
    let read = extractor.read(name, page)?.into_page();
    inspect(&named.predictor, read.number, &picture, &read.words)
        .map_err(|error| error.on_page(read.number))
}

/// A page, with where it came from.
#[derive(Serialize)]
struct Told<'a> {
    input: &'a str,
    model: &'a str,
    #[serde(flatten)]
    found: &'a Inspection,
}

fn show(
    to: &mut Stdout,
    name: &str,
    named: &Named,
    found: &Inspection,
    args: &InspectArgs,
) -> anyhow::Result<()> {
    match args.format {
        Form::Json => {
            let told = Told { input: name, model: &named.name, found };
            serde_json::to_writer(&mut *to, &told).map_err(std::io::Error::from)?;
            writeln!(to)?;
        }
        Form::Text => {
            writeln!(to, "{name}, model {} {}", named.name, named.revision)?;
            write_text(to, found, args.all)?;
        }
    }
    Ok(to.flush()?)
}

fn save_picture(directory: &Path, name: &str, found: &Inspection) -> Result<()> {
    let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    let path = directory.join(format!("{stem}.{}.png", found.page));
    std::fs::create_dir_all(directory)
        .map_err(|error| Error::unwritable(Stage::Output, directory, error))?;
    found.picture.save(&path).map_err(|error| Error::unwritable(Stage::Output, &path, error))
}
