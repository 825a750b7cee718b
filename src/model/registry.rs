//! Names → models: the default, which is part of the program, directories, and the hub.

use super::Model;
use super::config::ModelConfig;
use super::heads::Task;
use super::hub::HubName;
use super::precision::Arithmetic;
use super::processor::Processor;
use super::weights::{Checkpoint, Missing};
use crate::encode::tokenize::WordTokenizer;
use crate::error::{Error, ErrorCode, Result};
use crate::predict::Predictor;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tch::Device;

/// The default model as `scripts/reproduce-default-model` makes it; matrices are stored in 8 bits and
/// expanded at load. `assets/model/README.md` is its card.
pub(crate) mod embedded {
    pub const CONFIG: &str = include_str!("../../assets/model/config.json");
    pub const WEIGHTS: &[u8] = include_bytes!("../../assets/model/model.safetensors");
    pub const TOKENIZER: &[u8] = include_bytes!("../../assets/model/tokenizer.json");
    pub const TOKENIZER_CONFIG: &[u8] = include_bytes!("../../assets/model/tokenizer_config.json");
}

/// A model of any task with its tokenizer, and what results call it.
pub struct Found {
    pub model: Model,
    pub tokenizer: WordTokenizer,
    pub name: String,
    pub revision: String,
}

impl Found {
    /// For labelling words.
    ///
    /// # Errors
    /// `ModelInvalid` when the model has another task.
    pub fn labelling(self) -> Result<Named> {
        let Self { model, tokenizer, name, revision } = self;
        let predictor = Predictor::new(model, tokenizer).map_err(|e| e.at(&name))?;
        Ok(Named { predictor, name, revision })
    }
}

/// A model that labels words, and what results call it.
pub struct Named {
    pub predictor: Predictor,
    pub name: String,
    pub revision: String,
}

/// Name and revision of the model inside the program, known without loading it.
///
/// # Errors
/// As [`default_model`].
pub fn default_identity() -> Result<(String, String)> {
    let extras = ModelConfig::parse(embedded::CONFIG)?.layoutlm.unwrap_or_default();
    Ok((extras.name, extras.revision))
}

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Directory(PathBuf),
    Hub(HubName),
}

impl Place {
    /// A directory that exists is meant before the hub; what can't be a name of the hub is a directory
    /// that is missing.
    pub fn of(text: &str) -> Self {
        match text.parse() {
            Ok(name) if !Path::new(text).is_dir() => Self::Hub(name),
            _ => Self::Directory(PathBuf::from(text)),
        }
    }
}

/// The model inside the program. Its weights are 8 bits, and products in bfloat16 give the same fields:
/// it computes in what is native to the device.
///
/// # Errors
/// `ModelInvalid` only if the program itself is damaged.
pub fn default_model(device: Device) -> Result<Found> {
    let vocab_size = ModelConfig::parse(embedded::CONFIG)?.vocab_size;
    let (name, revision) = default_identity()?;
    let (model, tokenizer) = rayon::join(
        || default_network(device),
        || WordTokenizer::from_bytes(embedded::TOKENIZER, embedded::TOKENIZER_CONFIG, vocab_size),
    );
    let mut model = model?;
    model.freeze();
    model.arithmetic = Arithmetic::native(device);
    Ok(Found { model, tokenizer: tokenizer?, name, revision })
}

/// The network of the model inside the program as it is stored, to be saved.
///
/// # Errors
/// As [`default_model`].
pub fn default_network(device: Device) -> Result<Model> {
    let config = ModelConfig::parse(embedded::CONFIG)?;
    let model = Model::empty(config, Task::TokenClassification, device)?;
    Checkpoint::embedded("the built-in model", embedded::WEIGHTS)
        .fill(model.store(), Missing::Refuse)?;
    Ok(model)
}

/// How pages become inputs of the default model.
pub fn default_processor() -> Processor {
    Processor::from_bytes(embedded::TOKENIZER, embedded::TOKENIZER_CONFIG)
}

/// A model directory in the Hugging Face format.
///
/// # Errors
/// As [`Model::load`] and [`WordTokenizer::read`]; `ModelMissing` when there is no such directory.
pub fn from_directory(dir: &Path, device: Device) -> Result<Found> {
    if !dir.is_dir() {
        return Err(Error::model(ErrorCode::ModelMissing, "there is no such model directory")
            .at(dir.display().to_string())
            .hint("name a directory with config.json, weights and tokenizer, or a model of the hub as owner/name"));
    }
    let model = Model::load(dir, device)?;
    let tokenizer = WordTokenizer::read(dir, model.config.vocab_size)?;
    let extras = model.config.layoutlm.clone().unwrap_or_default();
    let own_name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned();
    let name = if extras.name.is_empty() { own_name } else { extras.name };
    let revision = if extras.revision.is_empty() { weights_revision(dir) } else { extras.revision };
    Ok(Found { model, tokenizer, name, revision })
}

/// A model of the hub, from its directory in the cache; the directory's name is the commit.
///
/// # Errors
/// As [`from_directory`].
pub fn from_hub(name: &HubName, directory: &Path, device: Device) -> Result<Found> {
    let commit = directory.file_name().unwrap_or_default().to_string_lossy();
    let revision = commit.chars().take(12).collect();
    let found = from_directory(directory, device)?;
    Ok(Found { name: name.repository.clone(), revision, ..found })
}

/// Short hash over the size of the weights and their first and last megabyte: other weights under the
/// same name differs here, and a large model costs no time.
pub fn weights_revision(dir: &Path) -> String {
    use std::io::{Read, Seek, SeekFrom};
    const PIECE: u64 = 1 << 20;
    let mut hash = Sha256::new();
    for name in super::weights::WEIGHT_FILES {
        let Ok(mut file) = std::fs::File::open(dir.join(name)) else { continue };
        let size = file.metadata().map_or(0, |m| m.len());
        hash.update(size.to_le_bytes());
        for start in [0, size.saturating_sub(PIECE)] {
            let mut piece = Vec::new();
            let read = file
                .seek(SeekFrom::Start(start))
                .and_then(|_| (&mut file).take(PIECE).read_to_end(&mut piece));
            if read.is_ok() {
                hash.update(&piece);
            }
        }
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
