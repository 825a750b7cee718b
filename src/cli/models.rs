//! `layoutlm models`: what can be run, and models in other storage.

mod cached;

use super::options::ModelArgs;
use super::{Context, ExitCode};
use crate::encode::tokenize::WordTokenizer;
use crate::error::{Error, Result, Stage};
use crate::model::average::average_into;
use crate::model::config::{LayoutLmExtras, ModelConfig};
use crate::model::heads::Task;
use crate::model::hub::HubName;
use crate::model::processor::Processor;
use crate::model::weights::{Checkpoint, Missing, write_8bit};
use crate::model::{Model, registry};
use crate::output::stdout::Stdout;
use clap::{Args, Subcommand};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  layoutlm models                            downloaded models: name, size, licence
  layoutlm models fetch owner/name@v1.0      download a model, or look for newer files
  layoutlm models remove owner/name
  layoutlm models show                       the built-in model
  layoutlm models show --model runs/mine/model
  layoutlm models export default/            the built-in model for the Python library
  layoutlm models export mine/ --model runs/mine/model
  layoutlm models pack runs/mine/model small/ --name my-receipts
  layoutlm models average runs/first/model runs/second/model -o mean/";

/// List, download, remove and show models, write them for the Python library, pack them in 8 bits
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub action: Option<Action>,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the models in the cache (this is also what `models` alone does)
    List(cached::ListArgs),
    /// Download a model of the hub, or the newer files of one that is in the cache
    Fetch {
        /// owner/name, or owner/name@revision
        name: HubName,
    },
    /// Remove a model from the cache, or one revision of it where the name has one
    Remove {
        /// owner/name, or owner/name@revision
        name: String,
    },
    /// Name, revision, size and labels of a model, as JSON
    Show {
        #[command(flatten)]
        model: ModelArgs,
    },
    /// Write a model as a directory that `from_pretrained` loads: safetensors in 32 bits, tokenizer and
    /// processor
    Export {
        output: PathBuf,
        #[command(flatten)]
        model: ModelArgs,
    },
    /// Write the mean of several models' weights: of models fine-tuned from one another it is often better than either
    Average {
        /// Directories or hub names; configuration and tokenizer are the first's
        #[arg(required = true, num_args = 2.., value_name = "MODEL")]
        sources: Vec<String>,
        /// Directory to write
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Store a model in 8 bits, a quarter of the size; only this program reads it
    Pack {
        /// Directory or hub name
        source: String,
        output: PathBuf,
        /// Name that results report
        #[arg(long)]
        name: Option<String>,
        /// Scores become softmax(logits / temperature); `eval` fits it
        #[arg(long)]
        temperature: Option<f64>,
    },
}

pub fn run(args: ModelsArgs, context: &Context) -> anyhow::Result<ExitCode> {
    match args.action.unwrap_or(Action::List(cached::ListArgs::default())) {
        Action::List(args) => cached::list(&args, context)?,
        Action::Fetch { name } => cached::fetch(&name, context)?,
        Action::Remove { name } => cached::remove(&name, context)?,
        Action::Show { model } => show(&model, context)?,
        Action::Export { output, model } => {
            export(&output, &model, context)?;
            context.note(format!("written to {}", output.display()));
        }
        Action::Average { sources, output } => {
            average(&sources, &output, context)?;
            context.note(format!("written to {}", output.display()));
        }
        Action::Pack { source, output, name, temperature } => {
            let source = super::model::directory(&source, context)?;
            pack(&source, &output, name, temperature)?;
            context.note(format!("written to {}", output.display()));
        }
    }
    Ok(ExitCode::Success)
}

fn show(args: &ModelArgs, context: &Context) -> anyhow::Result<()> {
    let found = super::model::find(args, context)?;
    let model = &found.model;
    let parameters: usize = model.store().variables().values().map(|tensor| tensor.numel()).sum();
    let report = serde_json::json!({
        "name": found.name,
        "revision": found.revision,
        "architecture": model.task.architecture(model.config.model_type),
        "parameters": parameters,
        "layers": model.config.num_hidden_layers,
        "hidden_size": model.config.hidden_size,
        "labels": labels(model),
    });
    let mut stdout = Stdout::open()?;
    writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    stdout.flush()?;
    Ok(())
}

/// Entities of a model that labels words, classes of one that labels pages.
fn labels(model: &Model) -> Vec<String> {
    match model.task {
        Task::TokenClassification => {
            model.config.labels().map_or_else(|_| Vec::new(), |set| set.entities().to_vec())
        }
        Task::SequenceClassification => model.config.id2label.values().cloned().collect(),
        Task::QuestionAnswering | Task::PreTraining => Vec::new(),
    }
}

fn export(output: &Path, args: &ModelArgs, context: &Context) -> anyhow::Result<()> {
    let (model, processor) = match &args.model {
        None => (registry::default_network(tch::Device::Cpu)?, registry::default_processor()),
        Some(text) => {
            let directory = super::model::directory(text, context)?;
            (Model::read(&directory, tch::Device::Cpu)?, Processor::read(&directory)?)
        }
    };
    model.save(output)?;
    processor.write(model.config.model_type, output)?;
    Ok(())
}

fn average(sources: &[String], output: &Path, context: &Context) -> anyhow::Result<()> {
    let directories = sources.iter().map(|text| super::model::directory(text, context));
    let directories = directories.collect::<Result<Vec<_>, _>>()?;
    let read = |directory: &PathBuf| Model::read(directory, tch::Device::Cpu);
    let mut models = directories.iter().map(read).collect::<Result<Vec<_>>>()?;
    let (first, others) = (models.remove(0), models);
    average_into(&first, &others)?;
    first.save(output)?;
    Processor::read(&directories[0])?.write(first.config.model_type, output)?;
    Ok(())
}

fn pack(
    source: &Path,
    output: &Path,
    name: Option<String>,
    temperature: Option<f64>,
) -> Result<()> {
    let config = ModelConfig::read(source)?;
    let task = Task::of(&config)?;
    // A model that can't be run must not be packed.
    WordTokenizer::read(source, config.vocab_size)?;
    let model = Model::empty(config.clone(), task, tch::Device::Cpu)?;
    Checkpoint::open(source)?.fill(model.store(), Missing::Refuse)?;
    std::fs::create_dir_all(output).map_err(|e| unwritable(output, e))?;
    let weights = output.join("model.safetensors");
    write_8bit(&model.store().variables(), &weights)?;
    let bytes = std::fs::read(&weights).map_err(|e| unwritable(&weights, e))?;
    let revision: String =
        Sha256::digest(&bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let extras = config.layoutlm.clone().unwrap_or_default();
    let packed = ModelConfig {
        layoutlm: Some(LayoutLmExtras {
            name: name.unwrap_or(extras.name),
            revision,
            temperature: temperature.or(extras.temperature),
            ..extras
        }),
        ..config
    };
    let text = serde_json::to_string_pretty(&packed).map_err(|e| unwritable(output, e))?;
    write(&output.join("config.json"), (text + "\n").as_bytes())?;
    Processor::read(source)?.write(packed.model_type, output)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|e| unwritable(path, e))
}

fn unwritable(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unwritable(Stage::Output, path, cause)
}
