//! Pre-training (arXiv 2012.14740, §2.3): pages without labels, three objectives, one summed loss.
//!
//! Pages are read once, into shards ([`cache`]); batches stream from these ([`source`]), are masked,
//! covered and mismatched on the way ([`example`]), and [`objective`] asks the model about them.

pub mod cache;
pub mod example;
pub mod objective;
pub mod pages;
pub mod source;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod resume_tests;

use super::data::shard::ShardReader;
use super::finetune::{Beside, CALIBRATION_PICTURES, Start, prepare_new_backbone};
use super::initialise::is_bert;
use super::objective::mvlm::Vocabulary;
use crate::encode::boxes::LayoutBoxes;
use crate::encode::tokenize::WordTokenizer;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::labels::LabelSet;
use crate::model::Model;
use crate::model::config::ModelType;
use crate::model::heads::Task;
use example::{Objectives, small_picture};
use image::RgbImage;
use std::path::{Path, PathBuf};
use tch::Device;

/// The model to be pre-trained: a checkpoint of the family, or a compact LayoutLMv2 around a BERT.
///
/// # Errors
/// As loading a model; a usage error where the model can't be asked what the objectives ask.
pub fn starting_model(
    dir: &Path,
    objectives: Objectives,
    device: Device,
    seed: u64,
) -> Result<(Model, WordTokenizer)> {
    let labels = LabelSet::from_names(Vec::new());
    let start = Start {
        task: Task::PreTraining,
        labels: &labels,
        beside: Beside::default(),
        boxes: LayoutBoxes::Words,
        device,
        seed,
    };
    let (model, tokenizer) = start.from(dir)?;
    if model.config.model_type == ModelType::LayoutLm && (objectives.tia || objectives.tim) {
        return Err(Error::usage("LayoutLM sees no picture: tia and tim can't be asked of it")
            .hint("pass --objectives mvlm, or start from LayoutLMv2"));
    }
    Ok((model, tokenizer))
}

/// What masking needs of the tokenizer.
///
/// # Errors
/// `TokenizerMismatch` where the vocabulary has no mask token.
pub fn vocabulary(model: &Model, tokenizer: &WordTokenizer) -> Result<Vocabulary> {
    let mask = tokenizer.mask.ok_or_else(|| {
        Error::new(
            Stage::Train,
            ErrorCode::TokenizerMismatch,
            "the tokenizer has no mask token to train with",
        )
        .hint("start from a model whose tokenizer.json has [MASK] or <mask>")
    })?;
    Ok(Vocabulary { mask, size: model.config.vocab_size })
}

/// Lets the norms of a new backbone fit the pages, where `base` brings none.
///
/// # Errors
/// Of a shard that can't be read.
pub fn prepare_backbone(
    base: &Path,
    model: &Model,
    shards: &[PathBuf],
    has_pictures: bool,
) -> Result<()> {
    if !is_bert(base) {
        return Ok(());
    }
    let mut pictures: Vec<RgbImage> = Vec::new();
    let per_shard = CALIBRATION_PICTURES.div_ceil(shards.len().max(1));
    for shard in shards {
        let samples = ShardReader::open(shard)?.take(if has_pictures { per_shard } else { 1 });
        for sample in samples {
            if let Some(picture) = small_picture(sample?.picture)? {
                pictures.push(picture);
            }
        }
    }
    prepare_new_backbone(model, &pictures.iter().collect::<Vec<_>>());
    Ok(())
}
