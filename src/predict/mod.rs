//! Pages of words → what the model says about every word. Wires encode, model and the merging of
//! windows, for `extract` and for the scores of training alike.

pub mod answer;
pub mod classify;
mod links;

use crate::decode::bio::Aggregation;
use crate::decode::merge::{WindowProbabilities, merge_windows};
use crate::decode::page::{HeadPrediction, PagePrediction};
use crate::decode::whole::label_wholes;
use crate::document::Word;
use crate::encode::batch::stack;
use crate::encode::boxes::LayoutBoxes;
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::encode::{Window, encode_page};
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::{PageSize, PixelBox};
use crate::labels::{LabelSet, Tag};
use crate::model::config::ModelConfig;
use crate::model::heads::{Logits, Task};
use crate::model::{Model, probabilities};
use image::RgbImage;
use std::ops::Range;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// A page as the model is asked about it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub words: &'a [Word],
    pub size: PageSize,
    /// Boxes of the annotated lines or entities, one a word, where they are known; else empty.
    pub segments: &'a [PixelBox],
    /// 224×224
    pub picture: &'a RgbImage,
}

/// How windows are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchOptions {
    /// Tokens (padding and visual ones included) run at once: bounds memory.
    pub max_tokens: usize,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self { max_tokens: 4 * 561 }
    }
}

/// A model with its tokenizer and labels, ready to be asked.
pub struct Predictor {
    pub model: Model,
    pub tokenizer: WordTokenizer,
    pub labels: LabelSet,
    /// Classes of the form head, where the model has one.
    pub form_labels: Option<LabelSet>,
    pub window: WindowOptions,
    pub batch: BatchOptions,
    pub aggregation: Aggregation,
    /// Whose boxes the model is shown.
    pub boxes: LayoutBoxes,
    /// `[labels]`: 1 for classes that were never taught, 0 for the others; `None` where all were.
    untaught: Option<Tensor>,
}

impl Predictor {
    /// Reads a model directory.
    ///
    /// # Errors
    /// `ModelMissing`, `ModelInvalid`, `WeightsMismatch`, `LabelsMismatch`, `TokenizerMismatch`.
    pub fn load(dir: &Path, device: Device) -> Result<Self> {
        let vocab_size = ModelConfig::read(dir)?.vocab_size;
        let (model, tokenizer) =
            rayon::join(|| Model::load(dir, device), || WordTokenizer::read(dir, vocab_size));
        Self::new(model?, tokenizer?)
    }

    /// # Errors
    /// `ModelInvalid` when the model labels no tokens.
    pub fn new(model: Model, tokenizer: WordTokenizer) -> Result<Self> {
        if model.task != Task::TokenClassification {
            let hint = match model.task {
                Task::QuestionAnswering => "`layoutlm ask` runs it",
                _ => "`layoutlm classify` runs it",
            };
            return Err(Error::model(ErrorCode::ModelInvalid, "the model does not label words")
                .hint(format!("name a token-classification model; {hint}")));
        }
        let labels = model.config.labels()?;
        let untaught = untaught_classes(&model, &labels);
        let extras = model.config.layoutlm.as_ref().filter(|_| model.form.is_some());
        Ok(Self {
            labels,
            form_labels: extras.map(|extras| LabelSet::from_names(extras.form_labels.clone())),
            window: whole_windows(&model.config),
            batch: BatchOptions::default(),
            boxes: model.config.layoutlm.as_ref().map(|extras| extras.boxes).unwrap_or_default(),
            aggregation: Aggregation::default(),
            untaught,
            model,
            tokenizer,
        })
    }

    /// One answer a page, in order. An error of one page does not touch the others.
    pub fn predict(&self, pages: &[Question]) -> Vec<Result<PagePrediction>> {
        self.answer(pages, self.encode(pages))
    }

    /// Stage encode: the windows of each page.
    pub fn encode(&self, pages: &[Question]) -> Vec<Result<Vec<Window>>> {
        pages
            .iter()
            .map(|page| {
                let boxes = self.boxes.of(page.words, page.segments);
                encode_page(page.words, &boxes, page.size, &self.tokenizer, self.window)
            })
            .collect()
    }

    /// Stage model: pages and their windows, as [`Self::encode`] made them, → one answer a page.
    pub fn answer(
        &self,
        pages: &[Question],
        encoded: Vec<Result<Vec<Window>>>,
    ) -> Vec<Result<PagePrediction>> {
        let mut jobs: Vec<Job> = Vec::new();
        for (page, windows) in encoded.iter().enumerate() {
            // A blank page has nothing to label: not worth a pass.
            if let (Ok(windows), false) = (windows, pages[page].words.is_empty()) {
                jobs.extend(windows.iter().enumerate().map(|(index, window)| Job {
                    page,
                    index,
                    window,
                }));
            }
        }
        let mut answers: Vec<Vec<Option<WindowAnswer>>> = encoded
            .iter()
            .map(|windows| (0..windows.as_ref().map_or(0, Vec::len)).map(|_| None).collect())
            .collect();
        // By length: a batch pads little.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.window.len()));
        let visual = self.model.config.visual_tokens() as usize;
        let mut failed: Option<String> = None;
        let lengths: Vec<usize> = jobs.iter().map(|job| job.window.len()).collect();
        for range in batches(&lengths, self.batch.max_tokens, visual) {
            let batch = &jobs[range];
            match self.run(batch, pages) {
                Ok(found) => {
                    for (job, answer) in batch.iter().zip(found) {
                        answers[job.page][job.index] = Some(answer);
                    }
                }
                Err(error) => failed = Some(error.message),
            }
        }
        encoded
            .into_iter()
            .zip(answers)
            .zip(pages)
            .map(|((windows, answers), page)| {
                let windows = windows?;
                if page.words.is_empty() {
                    return self.prediction(page, &[], Vec::new());
                }
                let answers: Option<Vec<WindowAnswer>> = answers.into_iter().collect();
                let answers = answers.ok_or_else(|| {
                    let reason = failed.clone().unwrap_or_default();
                    Error::model(ErrorCode::Internal, format!("the model failed: {reason}"))
                })?;
                self.prediction(page, &windows, answers)
            })
            .collect()
    }

    /// Moves the probability of classes that were never taught to `O`: `[…, labels]`, same shape out.
    fn taught_only(&self, probabilities: Tensor) -> Tensor {
        let Some(untaught) = &self.untaught else { return probabilities };
        let outside = self.labels.id_of(Tag::Outside).unwrap_or(0) as i64;
        let moved =
            (&probabilities * untaught).sum_dim_intlist([-1i64].as_slice(), false, Kind::Float);
        let kept: Tensor = &probabilities * (1.0 - untaught);
        let _ = kept.select(-1, outside).g_add_(&moved);
        kept
    }

    /// The answers of a page's windows as one: a head for labels, one for form parts where the model
    /// has it, and the links of the last that knows questions.
    fn prediction(
        &self,
        page: &Question,
        windows: &[Window],
        answers: Vec<WindowAnswer>,
    ) -> Result<PagePrediction> {
        let mut states = Vec::with_capacity(answers.len());
        let (mut labels, mut form) = (Vec::new(), Vec::new());
        for answer in answers {
            labels.push(answer.probabilities);
            form.extend(answer.form);
            states.push(answer.states);
        }
        let merge = |windows: &[WindowProbabilities], labels: &LabelSet| {
            let count = page.words.len();
            let mut probabilities = merge_windows(windows, count, labels, self.aggregation)?;
            if self.boxes == LayoutBoxes::Entities && page.segments.len() == count {
                label_wholes(&mut probabilities, page.segments, labels);
            }
            Ok(HeadPrediction { labels: labels.clone(), probabilities })
        };
        let mut heads = vec![merge(&labels, &self.labels)?];
        if let Some(labels) = &self.form_labels {
            heads.push(merge(&form, labels)?);
        }
        let asked = heads.iter().rev().find(|head| head.labels.entity_index("question").is_some());
        let pairs = self.model.relation.as_ref().zip(asked).map(|(relation, asked)| {
            let stated: Vec<_> =
                windows.iter().zip(states).filter_map(|(w, states)| Some((w, states?))).collect();
            links::pairs(relation, page.words, &asked.probabilities, &asked.labels, &stated)
        });
        Ok(PagePrediction { heads, pairs: pairs.transpose()? })
    }

    fn run(&self, jobs: &[Job], pages: &[Question]) -> Result<Vec<WindowAnswer>> {
        let windows: Vec<&Window> = jobs.iter().map(|job| job.window).collect();
        let mut pictured: Vec<usize> = jobs.iter().map(|job| job.page).collect();
        pictured.sort_unstable();
        pictured.dedup();
        let pictures: Vec<&RgbImage> = pictured.iter().map(|&page| pages[page].picture).collect();
        let page_of_window: Vec<usize> =
            jobs.iter().map(|job| pictured.binary_search(&job.page).unwrap_or_default()).collect();
        let inputs =
            stack(&windows, &pictures, &page_of_window, self.tokenizer.pad, self.model.device());
        let (logits, encoded) = self.model.forward_with_states(&inputs);
        let Logits::Tokens(logits) = logits else {
            return Err(Error::model(ErrorCode::Internal, "a token head answers per token"));
        };
        let extras = self.model.config.layoutlm.as_ref();
        let temperature = extras.and_then(|extras| extras.temperature).unwrap_or(1.0);
        let labels = probabilities(&logits, temperature); // [batch, seq, labels]
        let labels = self.taught_only(labels).to_device(Device::Cpu);
        let form = self.model.form.as_ref().map(|head| {
            let temperature = extras.and_then(|extras| extras.form_temperature).unwrap_or(1.0);
            let logits = tch::no_grad(|| head.forward(&encoded.text, false)); // [batch, seq, parts]
            probabilities(&logits, temperature).to_device(Device::Cpu)
        });
        jobs.iter()
            .enumerate()
            .map(|(row, job)| {
                let row = row as i64;
                let of_row = |all: &Tensor| window_probabilities(&all.get(row), job.window);
                let has_links = self.model.relation.is_some();
                Ok(WindowAnswer {
                    probabilities: of_row(&labels)?,
                    form: form.as_ref().map(of_row).transpose()?,
                    states: has_links.then(|| encoded.text.get(row)),
                })
            })
            .collect()
    }
}

fn untaught_classes(model: &Model, labels: &LabelSet) -> Option<Tensor> {
    let taught = &model.config.layoutlm.as_ref()?.taught;
    if taught.is_empty() {
        return None;
    }
    let untaught: Vec<f32> = (0..labels.len())
        .map(|id| match labels.tag(id) {
            Some(Tag::Begin(entity) | Tag::Inside(entity)) => {
                f32::from(!taught.contains(&labels.entities()[entity]))
            }
            _ => 0.0,
        })
        .collect();
    Some(Tensor::from_slice(&untaught).to_device(model.device()))
}

/// What the model says about a window.
struct WindowAnswer {
    probabilities: WindowProbabilities,
    /// From the form head, where there is one.
    form: Option<WindowProbabilities>,
    /// `[seq, hidden]`; where there is a relation head to ask.
    states: Option<Tensor>,
}

/// A window to run, and where its answer goes.
struct Job<'a> {
    page: usize,
    index: usize,
    window: &'a Window,
}

/// As long as the model can read. LayoutXLM's table has 514 rows for its 512 tokens.
fn whole_windows(config: &ModelConfig) -> WindowOptions {
    let max_tokens = config.max_position_embeddings.min(512) as usize;
    WindowOptions { max_tokens, ..WindowOptions::default() }
}

/// Runs of windows that fit, at least one each; `lengths` are theirs, longest first.
fn batches(lengths: &[usize], max_tokens: usize, visual: usize) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut start = 0;
    while let Some(longest) = lengths.get(start) {
        let fit = (max_tokens / (longest + visual)).clamp(1, lengths.len() - start);
        all.push(start..start + fit);
        start += fit;
    }
    all
}

/// The values of a tensor with one axis.
fn only_row(row: &Tensor) -> Result<Vec<f32>> {
    Vec::<f32>::try_from(row.to_kind(Kind::Float).contiguous().view([-1])).map_err(|e| {
        Error::model(ErrorCode::Internal, "the model's values can't be read back").caused_by(e)
    })
}

/// `row` [seq, labels] → probabilities of the window's own tokens.
fn window_probabilities(row: &Tensor, window: &Window) -> Result<WindowProbabilities> {
    let (_, classes) = row.size2().unwrap_or((0, 0));
    let flat = only_row(&row.narrow(0, 0, window.len() as i64))?;
    Ok(WindowProbabilities {
        word_of_token: window.word_of_token.clone(),
        probabilities: flat.chunks(classes.max(1) as usize).map(<[f32]>::to_vec).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::LayoutLmExtras;

    /// Seen with the first default model: `customer`, which no receipt annotates, took words that
    /// belong to nothing.
    #[test]
    fn classes_never_taught_are_part_of_outside() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/lmv2_nobias");
        let mut model = Model::load(&dir, Device::Cpu).unwrap();
        let labels = LabelSet::bio(&["total"]);
        model.config.set_labels(&labels);
        let tokenizer = std::fs::read(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/model/tokenizer.json"),
        )
        .unwrap();
        let row = Tensor::from_slice(&[0.2f32, 0.5, 0.3]).view([1, 1, 3]);
        for (taught, expected) in
            [(vec![], [0.2, 0.5, 0.3]), (vec!["date".to_string()], [1.0, 0.0, 0.0])]
        {
            model.config.layoutlm = Some(LayoutLmExtras { taught, ..Default::default() });
            let tokenizer = WordTokenizer::from_bytes(&tokenizer, b"", 30522).unwrap();
            let predictor = Predictor::new(model, tokenizer).unwrap();
            let moved = Vec::<f32>::try_from(predictor.taught_only(row.copy()).view([-1])).unwrap();
            for (ours, expected) in moved.iter().zip(expected) {
                assert!((ours - expected).abs() < 1e-6, "{moved:?}");
            }
            model = predictor.model;
        }
    }
}
