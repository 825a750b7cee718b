//! Pages → classes of pages.

use super::{BatchOptions, Question, batches, only_row, whole_windows};
use crate::encode::batch::stack;
use crate::encode::boxes::LayoutBoxes;
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::encode::{Window, encode_page};
use crate::error::{Error, ErrorCode, Result};
use crate::model::heads::{Logits, Task};
use crate::model::{Model, probabilities};
use tch::{Device, Kind};

/// A sequence-classification model with its tokenizer and classes.
pub struct Classifier {
    pub model: Model,
    pub tokenizer: WordTokenizer,
    /// Names of the classes, by id.
    pub classes: Vec<String>,
    pub window: WindowOptions,
    pub batch: BatchOptions,
    /// Whose boxes the model is shown.
    pub boxes: LayoutBoxes,
    /// Scores are softmax(logits / temperature).
    pub temperature: f64,
}

impl Classifier {
    /// # Errors
    /// `ModelInvalid` when the model classifies no pages.
    pub fn new(model: Model, tokenizer: WordTokenizer) -> Result<Self> {
        if model.task != Task::SequenceClassification {
            return Err(Error::model(ErrorCode::ModelInvalid, "the model classifies no pages").hint(
                "name a …ForSequenceClassification model with --model: a directory or owner/name",
            ));
        }
        let extras = model.config.layoutlm.as_ref();
        Ok(Self {
            classes: model.config.id2label.values().cloned().collect(),
            window: whole_windows(&model.config),
            batch: BatchOptions::default(),
            boxes: extras.map(|extras| extras.boxes).unwrap_or_default(),
            temperature: extras.and_then(|extras| extras.temperature).unwrap_or(1.0),
            model,
            tokenizer,
        })
    }

    /// Stage encode: the windows of a page.
    ///
    /// # Errors
    /// `TokenizerMismatch`.
    pub fn encode(&self, page: &Question) -> Result<Vec<Window>> {
        let boxes = self.boxes.of(page.words, page.segments);
        encode_page(page.words, &boxes, page.size, &self.tokenizer, self.window)
    }

    /// A probability for each class. A page of several windows is the mean of them; the reference looks
    /// at the first alone.
    ///
    /// # Errors
    /// `TokenizerMismatch`, `Internal`.
    pub fn classify(&self, page: &Question) -> Result<Vec<f32>> {
        let mut windows = self.encode(page)?;
        windows.sort_by_key(|window| std::cmp::Reverse(window.len()));
        let lengths: Vec<usize> = windows.iter().map(Window::len).collect();
        let visual = self.model.config.visual_tokens() as usize;
        let mut sum = vec![0.0; self.classes.len()];
        for range in batches(&lengths, self.batch.max_tokens, visual) {
            let batch: Vec<_> = windows[range].iter().collect();
            let (pages, device) = (vec![0; batch.len()], self.model.device());
            let inputs = stack(&batch, &[page.picture], &pages, self.tokenizer.pad, device);
            let Logits::Sequence(logits) = self.model.forward(&inputs) else {
                return Err(Error::model(ErrorCode::Internal, "a page head answers per page"));
            };
            let found = probabilities(&logits, self.temperature) // [batch, labels]
                .sum_dim_intlist([0i64].as_slice(), false, Kind::Float)
                .to_device(Device::Cpu);
            sum.iter_mut().zip(only_row(&found)?).for_each(|(sum, value)| *sum += value);
        }
        let count = windows.len().max(1) as f32;
        Ok(sum.into_iter().map(|value| value / count).collect())
    }
}
