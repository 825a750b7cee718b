//! Fine-tuning for token labels: composes data sets, a model to start from, and the trainer.

use super::data::Sample;
use super::example::{ExampleSet, picture_of};
use super::initialise::{compact_config, copy_bert, is_bert, is_drawn_anew};
use super::score::DevPage;
use crate::encode::tokenize::WordTokenizer;
use crate::encode::vocabulary::tokenizer_json;
use crate::error::Result;
use crate::labels::LabelSet;
use crate::model::Model;
use crate::model::config::{LayoutLmExtras, ModelConfig, ModelType};
use crate::model::heads::Task;
use crate::model::processor::Processor;
use crate::model::weights::{Checkpoint, Missing};
use crate::predict::Predictor;
use image::RgbImage;
use rayon::prelude::*;
use std::path::Path;
use tch::{Device, Tensor};

/// Labels of the typed-field head, in the order of their classes.
pub const TYPED_LABELS: [&str; 14] = [
    "company",
    "address",
    "date",
    "invoice_number",
    "due_date",
    "customer",
    "subtotal",
    "tax",
    "total",
    "currency",
    "item_description",
    "item_quantity",
    "item_unit_price",
    "item_amount",
];

/// Pictures on which the norms of a new backbone are measured.
const CALIBRATION_PICTURES: usize = 32;

/// A model to train: a checkpoint of the family with a head for `labels`, or a compact LayoutLMv2
/// around a BERT.
///
/// # Errors
/// As loading a model.
pub fn starting_model(
    dir: &Path,
    labels: &LabelSet,
    device: Device,
    seed: u64,
) -> Result<Predictor> {
    tch::manual_seed(seed as i64);
    let is_bert = is_bert(dir);
    let mut config = if is_bert { compact_config(dir)? } else { ModelConfig::read(dir)? };
    config.set_labels(labels);
    let model = Model::fresh(config, Task::TokenClassification, device)?;
    let tokenizer = if is_bert {
        copy_bert(&model, dir)?;
        let json = tokenizer_json(dir, &serde_json::Value::Null)?;
        WordTokenizer::from_bytes(&json, ZERO_BOXES.as_bytes(), model.config.vocab_size)?
    } else {
        Checkpoint::open(dir)?.fill(model.store(), Missing::Keep(&["classifier"]))?;
        WordTokenizer::read(dir, model.config.vocab_size)?
    };
    Predictor::new(model, tokenizer)
}

/// `tokenizer_config.json` of models made here: special tokens stand at zeros, as in the paper.
pub const ZERO_BOXES: &str = r#"{
  "tokenizer_class": "LayoutLMv2Tokenizer",
  "do_lower_case": true,
  "cls_token_box": [0, 0, 0, 0],
  "sep_token_box": [0, 0, 0, 0],
  "pad_token_box": [0, 0, 0, 0],
  "cls_token": "[CLS]",
  "sep_token": "[SEP]",
  "pad_token": "[PAD]",
  "mask_token": "[MASK]",
  "unk_token": "[UNK]",
  "model_max_length": 512
}
"#;

/// Whether a weight starts from nothing in a model from [`starting_model`].
pub fn is_fresh(from_bert: bool) -> impl Fn(&str) -> bool {
    move |name| if from_bert { is_drawn_anew(name) } else { name.starts_with("classifier") }
}

/// Examples for training.
///
/// # Errors
/// Of the first sample that can't be used, with its id.
pub fn examples(samples: &[Sample], predictor: &Predictor) -> Result<ExampleSet> {
    let mut set = ExampleSet::default();
    for (sample, picture) in samples.iter().zip(pictures(samples)) {
        let add = |picture: RgbImage| {
            set.add(sample, picture, &predictor.labels, &predictor.tokenizer, predictor.window)
        };
        picture.and_then(add).map_err(|e| e.at(&sample.id))?;
    }
    Ok(set)
}

/// Pages to be scored on.
///
/// # Errors
/// As [`examples`].
pub fn dev_pages(samples: Vec<Sample>) -> Result<Vec<DevPage>> {
    let pictures = pictures(&samples);
    samples
        .into_iter()
        .zip(pictures)
        .map(|(sample, picture)| Ok(DevPage { sample, picture: picture? }))
        .collect()
}

fn pictures(samples: &[Sample]) -> Vec<Result<RgbImage>> {
    samples.par_iter().map(picture_of).collect()
}

/// Lets a new backbone's frozen norms fit real pages, and its norms' weights be trained.
pub fn prepare_new_backbone(predictor: &Predictor, set: &ExampleSet) {
    let model = &predictor.model;
    if model.config.model_type != ModelType::LayoutLmV2 || set.pictures.is_empty() {
        return;
    }
    let step = (set.pictures.len() / CALIBRATION_PICTURES).max(1);
    let chosen: Vec<Tensor> = set
        .pictures
        .iter()
        .step_by(step)
        .take(CALIBRATION_PICTURES)
        .map(|picture| {
            let side = i64::from(picture.width());
            Tensor::from_slice(&crate::encode::image::bgr_planes(picture)).view([3, side, side])
        })
        .collect();
    if let Some(visual) = &model.trunk.visual {
        visual.calibrate(&Tensor::stack(&chosen, 0).to_device(model.device()));
    }
    for (name, tensor) in model.store().variables() {
        if name.ends_with(".norm.weight") || name.ends_with(".norm.bias") {
            let _ = tensor.set_requires_grad(true);
        }
    }
}

/// Writes a finished model with everything needed to run it.
///
/// # Errors
/// `OutputFailed` names the file.
pub fn write_model(
    model: &Model,
    processor: &Processor,
    name: &str,
    taught: Vec<String>,
    dir: &Path,
) -> Result<()> {
    let mut config = model.config.clone();
    let extras = config.layoutlm.unwrap_or_default();
    config.layoutlm = Some(LayoutLmExtras { name: name.to_string(), taught, ..extras });
    model.save_as(&config, dir)?;
    processor.write(model.config.model_type, dir)
}
