//! Heads on the trunk: labels per token, a label per page, an answer span, pre-training.

use super::config::{ModelConfig, ModelType};
use super::layers::{Linear, Scope, linear};
use super::pretraining::PretrainingHeads;
use super::trunk::{Encoded, Trunk};
use crate::error::{Error, ErrorCode, Result};
use tch::{Kind, Tensor};

/// What a checkpoint was made for, by the class name in its `architectures`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    TokenClassification,
    SequenceClassification,
    QuestionAnswering,
    /// The three objectives of §2.3; to be fine-tuned for one of the others.
    PreTraining,
}

impl Task {
    /// # Errors
    /// `ModelInvalid` names what is supported.
    pub fn of(config: &ModelConfig) -> Result<Self> {
        let architecture = config.architectures.first().map_or("", String::as_str);
        let tasks = [
            ("ForTokenClassification", Task::TokenClassification),
            ("ForSequenceClassification", Task::SequenceClassification),
            ("ForQuestionAnswering", Task::QuestionAnswering),
            ("ForPreTraining", Task::PreTraining),
        ];
        tasks.iter().find(|(name, _)| architecture.ends_with(name)).map(|(_, task)| *task).ok_or_else(|| {
            Error::model(
                ErrorCode::ModelInvalid,
                format!("config.json: architecture `{architecture}` has no head that can be run"),
            )
            .hint("supported: …ForTokenClassification, …ForSequenceClassification, …ForQuestionAnswering; a bare encoder can be fine-tuned first")
        })
    }

    /// Class name in `architectures`.
    pub fn architecture(self, model_type: ModelType) -> String {
        let family = match model_type {
            ModelType::LayoutLmV2 => "LayoutLMv2",
            ModelType::LayoutLm => "LayoutLM",
        };
        let task = match self {
            Task::TokenClassification => "ForTokenClassification",
            Task::SequenceClassification => "ForSequenceClassification",
            Task::QuestionAnswering => "ForQuestionAnswering",
            Task::PreTraining => "ForPreTraining",
        };
        format!("{family}{task}")
    }
}

/// What a head says.
pub enum Logits {
    /// `[batch, seq, labels]`; after pre-training `[batch, seq, vocab]`
    Tokens(Tensor),
    /// `[batch, labels]`
    Sequence(Tensor),
    /// Start and end, each `[batch, seq]`.
    Span(Tensor, Tensor),
}

/// Labels per token from a head of its own, beside that of the task. The Python classes know no such
/// head and pass over its weights.
pub struct TokenHead {
    classifier: Linear,
    dropout: f64,
}

impl TokenHead {
    /// Begins the names of the form head's weights.
    pub const FORM: &'static str = "form_classifier";

    /// The head for form parts; `root` is the top of the key tree.
    pub fn form(root: &Scope, config: &ModelConfig, classes: usize) -> Self {
        let classifier = linear(&(root / Self::FORM), config.hidden_size, classes as i64);
        Self { classifier, dropout: config.hidden_dropout_prob }
    }

    /// `states` [batch, seq, hidden] → logits [batch, seq, classes], 32 bits.
    pub fn forward(&self, states: &Tensor, train: bool) -> Tensor {
        self.classifier.forward(&states.dropout(self.dropout, train)).to_kind(Kind::Float)
    }
}

/// The output layer of a task.
pub struct Head {
    task: Task,
    model_type: ModelType,
    output: Output,
    dropout: f64,
}

enum Output {
    Linear(Linear),
    PreTraining(PretrainingHeads),
}

impl Head {
    /// `root` is the top of the key tree: heads stand beside the trunk.
    pub fn new(root: &Scope, config: &ModelConfig, task: Task) -> Self {
        let labels = config.id2label.len() as i64;
        let hidden = config.hidden_size;
        let output = match (task, config.model_type) {
            (Task::TokenClassification, _)
            | (Task::SequenceClassification, ModelType::LayoutLm) => {
                linear(&(root / "classifier"), hidden, labels)
            }
            // [CLS] ‖ mean of initial visual embeddings ‖ mean of final visual states
            (Task::SequenceClassification, ModelType::LayoutLmV2) => {
                linear(&(root / "classifier"), 3 * hidden, labels)
            }
            (Task::QuestionAnswering, _) => linear(&(root / "qa_outputs"), hidden, 2),
            (Task::PreTraining, _) => {
                let output = Output::PreTraining(PretrainingHeads::new(root, config));
                return Self { task, model_type: config.model_type, output, dropout: 0.0 };
            }
        };
        let output = Output::Linear(output);
        Self { task, model_type: config.model_type, output, dropout: config.hidden_dropout_prob }
    }

    pub fn forward(&self, trunk: &Trunk, encoded: &Encoded, train: bool) -> Logits {
        let linear = match &self.output {
            Output::Linear(linear) => linear,
            Output::PreTraining(heads) => {
                return Logits::Tokens(heads.word_pieces(&encoded.text, trunk.text.word_table()));
            }
        };
        // Losses and probabilities are taken in 32 bits, whatever products were computed in.
        let dropped = |states: &Tensor| {
            linear.forward(&states.dropout(self.dropout, train)).to_kind(Kind::Float)
        };
        match self.task {
            Task::TokenClassification | Task::PreTraining => Logits::Tokens(dropped(&encoded.text)),
            Task::SequenceClassification => {
                Logits::Sequence(dropped(&self.page_state(trunk, encoded)))
            }
            Task::QuestionAnswering => {
                let spans = linear.forward(&encoded.text).to_kind(Kind::Float); // [batch, seq, 2]
                Logits::Span(spans.select(2, 0), spans.select(2, 1))
            }
        }
    }

    /// The heads of the three objectives, in a model made for pre-training.
    pub fn pretraining(&self) -> Option<&PretrainingHeads> {
        match &self.output {
            Output::PreTraining(heads) => Some(heads),
            Output::Linear(_) => None,
        }
    }

    /// One vector for the page: `[batch, 3·hidden]`, in v1 `[batch, hidden]`.
    fn page_state(&self, trunk: &Trunk, encoded: &Encoded) -> Tensor {
        let mean = |states: &Tensor| states.mean_dim([1i64].as_slice(), false, Kind::Float);
        match (self.model_type, &encoded.visual_initial, &encoded.visual) {
            (ModelType::LayoutLmV2, Some(initial), Some(last)) => {
                Tensor::cat(&[encoded.text.select(1, 0), mean(initial), mean(last)], -1)
            }
            _ => trunk.pool(&encoded.text),
        }
    }
}
