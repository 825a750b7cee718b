//! Fine-tuning for token labels: composes data sets, a model to start from, and the trainer.

use super::data::{Sample, form};
use super::example::{ExampleSet, HeadLabels, picture_of};
use super::initialise::{compact_config, copy_bert, is_bert, is_drawn_anew};
use super::score::DevPage;
use crate::encode::boxes::LayoutBoxes;
use crate::encode::tokenize::WordTokenizer;
use crate::encode::vocabulary::tokenizer_json;
use crate::error::Result;
use crate::labels::LabelSet;
use crate::model::Model;
use crate::model::config::{LayoutLmExtras, ModelConfig, ModelType};
use crate::model::heads::{Task, TokenHead};
use crate::model::processor::Processor;
use crate::model::relation::RelationHead;
use crate::model::weights::{Checkpoint, Missing};
use crate::predict::Predictor;
use crate::predict::classify::Classifier;
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
pub const CALIBRATION_PICTURES: usize = 32;

/// What is to be made of a base model.
pub struct Start<'a> {
    pub task: Task,
    pub labels: &'a LabelSet,
    /// Heads beside the task's own.
    pub beside: Beside,
    /// Whose boxes the model is to be shown.
    pub boxes: LayoutBoxes,
    pub device: Device,
    pub seed: u64,
}

/// Heads that a model may have beside its task's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    /// Links of questions and answers.
    pub links: bool,
    /// The labels of [`form`], on the same words as the task's own.
    pub form: bool,
}

impl Beside {
    /// What `config.json` says of them.
    pub fn extras(self) -> LayoutLmExtras {
        let form_labels =
            if self.form { LabelSet::bio(&form::LABELS).names().to_vec() } else { Vec::new() };
        LayoutLmExtras { links: self.links, form_labels, ..LayoutLmExtras::default() }
    }
}

impl Start<'_> {
    /// As [`Self::from`], ready to be asked.
    ///
    /// # Errors
    /// As loading a model; `ModelInvalid` when the task is not to label words.
    pub fn predictor(&self, dir: &Path) -> Result<Predictor> {
        let (model, tokenizer) = self.from(dir)?;
        Predictor::new(model, tokenizer)
    }

    /// As [`Self::from`], ready to be asked for classes of pages.
    ///
    /// # Errors
    /// As loading a model; `ModelInvalid` when the task is another.
    pub fn classifier(&self, dir: &Path) -> Result<Classifier> {
        let (model, tokenizer) = self.from(dir)?;
        Classifier::new(model, tokenizer)
    }

    /// The trunk of a checkpoint, or of a compact LayoutLMv2 around a BERT, with a new head for the
    /// task; a head of the same name and shape is kept.
    ///
    /// # Errors
    /// As loading a model.
    pub fn from(&self, dir: &Path) -> Result<(Model, WordTokenizer)> {
        tch::manual_seed(self.seed as i64);
        let is_bert = is_bert(dir);
        let mut config = if is_bert { compact_config(dir)? } else { ModelConfig::read(dir)? };
        config.set_labels(self.labels);
        // What the base's second head knows of form parts is not learned again.
        let is_form_head = self.task == Task::TokenClassification
            && !self.beside.form
            && config.layoutlm.as_ref().is_some_and(|e| e.form_labels == self.labels.names());
        // Name, temperature and what was taught belong to the model that was.
        let extras = LayoutLmExtras { boxes: self.boxes, ..self.beside.extras() };
        config.layoutlm = (extras != LayoutLmExtras::default()).then_some(extras);
        let model = Model::fresh(config, self.task, self.device)?;
        let tokenizer = tokenizer_of(dir, model.config.vocab_size)?;
        if is_bert {
            copy_bert(&model, dir)?;
        } else {
            let checkpoint = Checkpoint::open(dir)?;
            checkpoint.fill(model.store(), Missing::Keep(&HEADS))?;
            if is_form_head {
                checkpoint.fill_as(model.store(), TokenHead::FORM, "classifier")?;
            }
        }
        Ok((model, tokenizer))
    }
}

/// Names of heads begin so.
const HEADS: [&str; 5] = ["classifier", "qa_outputs", "cls.", RelationHead::NAME, TokenHead::FORM];

/// The tokenizer of a base model. A BERT's settings know nothing of boxes.
///
/// # Errors
/// `ModelMissing`, `TokenizerMismatch`.
pub fn tokenizer_of(base: &Path, vocab_size: i64) -> Result<WordTokenizer> {
    if is_bert(base) {
        let json = tokenizer_json(base, &serde_json::Value::Null)?;
        return WordTokenizer::from_bytes(&json, ZERO_BOXES.as_bytes(), vocab_size);
    }
    WordTokenizer::read(base, vocab_size)
}

/// What a base model says beside its weights, which the model made from it takes along.
///
/// # Errors
/// As [`tokenizer_of`].
pub fn processor_of(base: &Path) -> Result<Processor> {
    if is_bert(base) {
        let json = tokenizer_json(base, &serde_json::Value::Null)?;
        return Ok(Processor::from_bytes(&json, ZERO_BOXES.as_bytes()));
    }
    Processor::read(base)
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
    move |name| {
        let is_head = HEADS.iter().any(|head| name.starts_with(head));
        is_head || (from_bert && is_drawn_anew(name))
    }
}

/// Examples for training.
///
/// # Errors
/// Of the first sample that can't be used, with its id.
pub fn examples(samples: &[Sample], predictor: &Predictor) -> Result<ExampleSet> {
    let mut set = ExampleSet::default();
    let labels = HeadLabels { labels: &predictor.labels, form: predictor.form_labels.as_ref() };
    for (sample, picture) in samples.iter().zip(pictures(samples)) {
        let add = |picture: RgbImage| {
            let Predictor { tokenizer, boxes, window, .. } = predictor;
            set.add(sample, picture, labels, tokenizer, *boxes, *window)
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

/// The 224×224 picture of each sample.
pub fn pictures(samples: &[Sample]) -> Vec<Result<RgbImage>> {
    samples.par_iter().map(picture_of).collect()
}

/// Lets a new backbone's frozen norms fit real pages, and its norms' weights be trained.
pub fn prepare_new_backbone(model: &Model, pictures: &[&RgbImage]) {
    if model.config.model_type != ModelType::LayoutLmV2 || pictures.is_empty() {
        return;
    }
    let step = (pictures.len() / CALIBRATION_PICTURES).max(1);
    let chosen: Vec<Tensor> = pictures
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
    extras: LayoutLmExtras,
    dir: &Path,
) -> Result<()> {
    let config = ModelConfig { layoutlm: Some(extras), ..model.config.clone() };
    model.save_as(&config, dir)?;
    processor.write(model.config.model_type, dir)
}
