//! Windows → logits: LayoutLMv2 (arXiv 2012.14740), LayoutXLM and LayoutLM v1 on libtorch.
//!
//! The struct tree is the checkpoint's key tree; every module names the tensors it owns through a
//! [`layers::Scope`]. Inputs are checked in `encode`; nothing here reads files but [`weights`].

pub mod attention;
pub mod average;
pub mod backbone;
pub mod config;
pub(crate) mod conv;
pub mod heads;
pub mod hub;
mod layer;
pub mod layers;
mod pickle;
pub mod precision;
pub mod pretraining;
pub mod processor;
pub mod registry;
pub mod relation;
pub mod runtime;
mod stored;
mod text;
mod torch_file;
pub mod trunk;
mod visual;
pub mod weights;

use crate::error::{Error, ErrorCode, Result, Stage};
use config::{ModelConfig, ModelType};
use heads::{Head, Logits, Task, TokenHead};
use layers::Scope;
use precision::{Arithmetic, products_in};
use pretraining::PretrainingHeads;
use relation::RelationHead;
use std::collections::HashMap;
use std::path::Path;
use tch::{Device, Tensor, nn};
use trunk::{Encoded, Inputs, Recording, Trunk};

/// A network with its weights.
pub struct Model {
    pub config: ModelConfig,
    pub task: Task,
    pub trunk: Trunk,
    /// Links of questions and answers, where the configuration says that the model has them.
    pub relation: Option<RelationHead>,
    /// Form parts beside the labels of the task's own head, where the configuration has their names.
    pub form: Option<TokenHead>,
    /// Of inference; training has its own.
    pub arithmetic: Arithmetic,
    head: Head,
    store: nn::VarStore,
}

impl Model {
    /// New weights, drawn from libtorch's generator (seed it with `tch::manual_seed`).
    ///
    /// # Errors
    /// `ModelInvalid` from the configuration.
    pub fn fresh(config: ModelConfig, task: Task, device: Device) -> Result<Self> {
        let deviation = config.initializer_range;
        Self::build(config, task, device, deviation)
    }

    /// Reads a checkpoint directory (`config.json` and weights), ready for inference.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn load(dir: &Path, device: Device) -> Result<Self> {
        let mut model = Self::read(dir, device)?;
        model.freeze();
        Ok(model)
    }

    /// Reads a checkpoint directory as it is, to be trained or saved.
    ///
    /// # Errors
    /// `ModelMissing`, `ModelInvalid`; `WeightsMismatch` names the tensor and both shapes;
    /// `LabelsMismatch` when the label map does not fit the classifier.
    pub fn read(dir: &Path, device: Device) -> Result<Self> {
        let config = ModelConfig::read(dir)?;
        let task = Task::of(&config)?;
        let model = Self::empty(config, task, device)?;
        weights::Checkpoint::open(dir)?.fill(&model.store, weights::Missing::Refuse)?;
        Ok(model)
    }

    /// A network to be filled from a file: until then its weights are undefined.
    ///
    /// # Errors
    /// As [`Self::fresh`].
    pub fn empty(config: ModelConfig, task: Task, device: Device) -> Result<Self> {
        Self::build(config, task, device, 0.0)
    }

    fn build(
        mut config: ModelConfig,
        task: Task,
        device: Device,
        initializer_range: f64,
    ) -> Result<Self> {
        if task != Task::QuestionAnswering {
            config.labels()?;
        } else if config.model_type == ModelType::LayoutLmV2 {
            // The reference's question-answering class switches it on whatever the file says.
            config.has_visual_segment_embedding = true;
        }
        let store = nn::VarStore::new(device);
        let root = Scope::new(store.root(), initializer_range);
        let trunk = Trunk::new(&(&root / config.model_type.prefix()), &config)?;
        let head = Head::new(&root, &config, task);
        let has_links = config.layoutlm.as_ref().is_some_and(|extras| extras.links);
        let relation = has_links.then(|| RelationHead::new(&root, &config));
        let form_classes = config.layoutlm.as_ref().map_or(0, |extras| extras.form_labels.len());
        let form = (form_classes > 0).then(|| TokenHead::form(&root, &config, form_classes));
        let arithmetic = Arithmetic::default();
        Ok(Self { config, task, trunk, relation, form, arithmetic, head, store })
    }

    /// Weights are final: no gradients, norms folded into convolutions where they lie. The model can't
    /// be saved any more.
    pub fn freeze(&mut self) {
        self.store.freeze();
        let _guard = tch::no_grad_guard();
        self.trunk.fold();
    }

    pub fn device(&self) -> Device {
        self.store.device()
    }

    /// The named weights, for training and saving.
    pub fn store(&self) -> &nn::VarStore {
        &self.store
    }

    pub fn store_mut(&mut self) -> &mut nn::VarStore {
        &mut self.store
    }

    /// Inference: logits of a batch of windows.
    pub fn forward(&self, inputs: &Inputs) -> Logits {
        self.forward_with_states(inputs).0
    }

    /// As [`Self::forward`]; also the states, for the relation head.
    pub fn forward_with_states(&self, inputs: &Inputs) -> (Logits, Encoded) {
        let _products = products_in(self.arithmetic.kind());
        tch::no_grad(|| {
            let encoded = self.trunk.forward(inputs, false);
            (self.head.forward(&self.trunk, &encoded, false), encoded)
        })
    }

    /// Training: as [`Self::forward`] with dropout and gradients; also the states, for other heads.
    pub fn forward_train(&self, inputs: &Inputs) -> (Logits, Encoded) {
        let encoded = self.trunk.forward(inputs, true);
        (self.head.forward(&self.trunk, &encoded, true), encoded)
    }

    /// The states of a batch without any head, with dropout and gradients where `train`.
    pub fn encode(&self, inputs: &Inputs, train: bool) -> Encoded {
        self.trunk.forward(inputs, train)
    }

    /// The heads of the three objectives, in a model made for pre-training.
    pub fn pretraining(&self) -> Option<&PretrainingHeads> {
        self.head.pretraining()
    }

    /// Inference that keeps the values on the way.
    pub fn record(&self, inputs: &Inputs, recording: &mut Recording) -> Logits {
        tch::no_grad(|| {
            let encoded = self.trunk.record(inputs, recording);
            self.head.forward(&self.trunk, &encoded, false)
        })
    }

    /// Writes `config.json` and `model.safetensors` as the Python library would, and beside them the
    /// heads that it does not have.
    ///
    /// # Errors
    /// `OutputFailed` names the file; `Internal` for a model that [`Self::freeze`] has changed.
    pub fn save(&self, dir: &Path) -> Result<()> {
        self.save_as(&self.config, dir)
    }

    /// As [`Self::save`], with a configuration that says more than the model's own.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn save_as(&self, config: &ModelConfig, dir: &Path) -> Result<()> {
        if self.trunk.is_folded() {
            let message = "a model that was made ready for inference can't be saved";
            return Err(Error::model(ErrorCode::Internal, message)
                .hint("read it with `Model::read` to save it"));
        }
        std::fs::create_dir_all(dir).map_err(|e| write_error(dir, e))?;
        let path = dir.join("config.json");
        let mut config = config.clone();
        config.architectures = vec![self.task.architecture(config.model_type)];
        let text = serde_json::to_string_pretty(&config).map_err(|e| write_error(&path, e))?;
        std::fs::write(&path, text + "\n").map_err(|e| write_error(&path, e))?;
        let is_ours = |name: &str| {
            [RelationHead::NAME, TokenHead::FORM].iter().any(|head| name.starts_with(head))
        };
        let (ours, theirs): (HashMap<_, _>, HashMap<_, _>) =
            self.store.variables().into_iter().partition(|(name, _)| is_ours(name));
        if !ours.is_empty() {
            weights::write_safetensors(&ours, &dir.join(weights::HEADS_FILE))?;
        }
        weights::write_safetensors(&theirs, &dir.join("model.safetensors"))
    }
}

/// A checkpoint file that can't be written.
pub(crate) fn write_error(
    path: &Path,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::unwritable(Stage::Model, path, cause)
}

/// `probabilities = softmax(logits / temperature)` over the last axis.
pub fn probabilities(logits: &Tensor, temperature: f64) -> Tensor {
    (logits / temperature).softmax(-1, tch::Kind::Float)
}
