//! Questions about a page → answers.

use super::{BatchOptions, Question, batches, only_row, whole_windows};
use crate::decode::answer::{AnswerOptions, PageAnswers, WindowSpans, best_answers};
use crate::encode::batch::stack;
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::encode::{Window, encode_question};
use crate::error::{Error, ErrorCode, Result};
use crate::model::Model;
use crate::model::heads::{Logits, Task};
use tch::{Device, Tensor};

/// A question-answering model with its tokenizer.
pub struct Answerer {
    model: Model,
    tokenizer: WordTokenizer,
    pub window: WindowOptions,
    pub batch: BatchOptions,
    pub options: AnswerOptions,
}

impl Answerer {
    /// # Errors
    /// `ModelInvalid` when the model answers no questions.
    pub fn new(model: Model, mut tokenizer: WordTokenizer) -> Result<Self> {
        if model.task != Task::QuestionAnswering {
            return Err(Error::model(ErrorCode::ModelInvalid, "the model answers no questions")
                .hint(
                    "name a …ForQuestionAnswering model with --model: a directory or owner/name",
                ));
        }
        // LayoutXLM's tokenizer may tell types apart where its model has one only.
        tokenizer.pair.words_type = tokenizer.pair.words_type.min(model.config.type_vocab_size - 1);
        Ok(Self {
            window: whole_windows(&model.config),
            batch: BatchOptions::default(),
            options: AnswerOptions::default(),
            model,
            tokenizer,
        })
    }

    /// One answer a question, in order. The page's picture is looked at once.
    ///
    /// # Errors
    /// `Usage` for a question that is too long; `TokenizerMismatch`, `Internal`.
    pub fn answer(&self, page: &Question, questions: &[String]) -> Result<Vec<PageAnswers>> {
        if page.words.is_empty() {
            let nothing = PageAnswers { answers: Vec::new(), no_answer: 1.0 };
            return Ok(vec![nothing; questions.len()]);
        }
        let mut windows: Vec<(usize, Window)> = Vec::new();
        for (number, question) in questions.iter().enumerate() {
            let cut =
                encode_question(question, page.words, page.size, &self.tokenizer, self.window)?;
            windows.extend(cut.into_iter().map(|window| (number, window)));
        }
        let mut spans: Vec<Vec<WindowSpans>> = vec![Vec::new(); questions.len()];
        let visual = self.model.config.visual_tokens() as usize;
        windows.sort_by_key(|(_, window)| std::cmp::Reverse(window.len()));
        let lengths: Vec<usize> = windows.iter().map(|(_, window)| window.len()).collect();
        for range in batches(&lengths, self.batch.max_tokens, visual) {
            let batch = &windows[range];
            for ((number, _), found) in batch.iter().zip(self.run(batch, page)?) {
                spans[*number].push(found);
            }
        }
        Ok(spans.iter().map(|windows| best_answers(windows, self.options)).collect())
    }

    fn run(&self, batch: &[(usize, Window)], page: &Question) -> Result<Vec<WindowSpans>> {
        let windows: Vec<&Window> = batch.iter().map(|(_, window)| window).collect();
        let page_of_window = vec![0; windows.len()];
        let device = self.model.device();
        let inputs = stack(&windows, &[page.picture], &page_of_window, self.tokenizer.pad, device);
        let Logits::Span(start, end) = self.model.forward(&inputs) else {
            return Err(Error::model(ErrorCode::Internal, "an answer head answers in spans"));
        };
        let (start, end) = (start.to_device(Device::Cpu), end.to_device(Device::Cpu)); // [batch, seq]
        let row = |logits: &Tensor, row: usize, length: usize| {
            only_row(&logits.get(row as i64).narrow(0, 0, length as i64))
        };
        windows
            .iter()
            .enumerate()
            .map(|(index, window)| {
                Ok(WindowSpans {
                    start: row(&start, index, window.len())?,
                    end: row(&end, index, window.len())?,
                    word_of_token: window.word_of_token.clone(),
                })
            })
            .collect()
    }
}
