//! `layoutlm models`: what can be run, and models in other storage.

use super::options::ModelArgs;
use super::{Context, ExitCode};
use crate::encode::tokenize::WordTokenizer;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::config::{LayoutLmExtras, ModelConfig};
use crate::model::heads::Task;
use crate::model::weights::{Checkpoint, Missing, write_8bit};
use crate::model::{Model, registry};
use crate::output::stdout::Stdout;
use clap::{Args, Subcommand};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  layoutlm models show                       the built-in model
  layoutlm models show --model runs/mine/model
  layoutlm models export default/            the built-in model for the Python library
  layoutlm models pack runs/mine/model small/ --name my-receipts";

/// Show models, write them for the Python library, or pack them in 8 bits
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Name, revision, size and labels of a model, as JSON
    Show {
        #[command(flatten)]
        model: ModelArgs,
    },
    /// Write the built-in model as a directory that `from_pretrained` loads
    Export { output: PathBuf },
    /// Store a model in 8 bits, a quarter of the size; only this program reads it
    Pack {
        source: PathBuf,
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
    match args.action {
        Action::Show { model } => show(&model)?,
        Action::Export { output } => {
            export(&output)?;
            context.note(format!("written to {}", output.display()));
        }
        Action::Pack { source, output, name, temperature } => {
            pack(&source, &output, name, temperature)?;
            context.note(format!("written to {}", output.display()));
        }
    }
    Ok(ExitCode::Success)
}

fn show(args: &ModelArgs) -> anyhow::Result<()> {
    let named = super::model::load(args)?;
    let model = &named.predictor.model;
    let parameters: usize = model.store().variables().values().map(|tensor| tensor.numel()).sum();
    let report = serde_json::json!({
        "name": named.name,
        "revision": named.revision,
        "architecture": model.task.architecture(model.config.model_type),
        "parameters": parameters,
        "layers": model.config.num_hidden_layers,
        "hidden_size": model.config.hidden_size,
        "labels": named.predictor.labels.entities(),
    });
    let mut stdout = Stdout::open()?;
    writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    stdout.flush()?;
    Ok(())
}

fn export(output: &Path) -> anyhow::Result<()> {
    let named = registry::default_model(tch::Device::Cpu)?;
    named.predictor.model.save(output)?;
    for (file, bytes) in registry::default_files() {
        if file.starts_with("tokenizer") {
            write(&output.join(file), bytes)?;
        }
    }
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
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        let from = source.join(file);
        let bytes = std::fs::read(&from).map_err(|e| {
            Error::model(ErrorCode::ModelMissing, format!("can't read {file}: {e}"))
                .at(from.display().to_string())
        })?;
        write(&output.join(file), &bytes)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|e| unwritable(path, e))
}

fn unwritable(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unwritable(Stage::Output, path, cause)
}
