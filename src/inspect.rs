//! What the model saw of a page and said about each word: windows, word pieces, 0–1000 boxes, scores;
//! and what it would have said without the picture, or without knowing where the words stand.
//!
//! Leaving an input out answers "why this label?" more honestly than attention weights do, and costs
//! two more runs. Positions are taken away by giving every word the box of `[CLS]`, the picture by
//! showing a white page.

pub mod text;

use crate::document::Word;
use crate::encode::Window;
use crate::encode::image::{shrink_or_white, white_page};
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::{NormBox, PageSize, PixelBox};
use crate::labels::LabelSet;
use crate::predict::{Predictor, Question};
use image::RgbImage;
use serde::Serialize;

/// Labels told of each word.
const TOLD: usize = 3;

/// A page as the model met it.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    pub page: u32,
    pub width: u32,
    pub height: u32,
    pub windows: Vec<WindowView>,
    pub words: Vec<WordView>,
    /// 224×224: all that the model sees of the picture.
    #[serde(skip)]
    pub picture: RgbImage,
}

/// A run of words that were read together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowView {
    /// Indices of words; empty on a page without any.
    pub first_word: Option<usize>,
    pub last_word: Option<usize>,
    /// Special tokens included.
    pub tokens: usize,
}

/// A word, and what the model made of it.
#[derive(Debug, Clone, Serialize)]
pub struct WordView {
    pub text: String,
    /// Pixels of the page.
    pub bbox: PixelBox,
    /// As the model gets it, 0–1000.
    pub model_bbox: NormBox,
    /// As the tokenizer cut it.
    pub pieces: Vec<String>,
    /// Windows that it stands in, counted from 0.
    pub windows: Vec<usize>,
    /// Most likely first.
    pub labels: Vec<Score>,
    /// The most likely label on a white page.
    pub without_picture: Score,
    /// The most likely label when all words stand at one place.
    pub without_positions: Score,
}

/// A class of the model and how likely it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    pub label: String,
    pub score: f32,
}

impl WordView {
    /// What the word was taken for.
    pub fn label(&self) -> &str {
        self.labels.first().map_or("", |score| score.label.as_str())
    }
}

/// Asks the model about one page, three times.
///
/// # Errors
/// `TokenizerMismatch` for a word that the tokenizer refuses; `Internal` when the model fails.
pub fn inspect(
    predictor: &Predictor,
    number: u32,
    picture: &RgbImage,
    words: &[Word],
) -> Result<Inspection> {
    let size = PageSize::new(picture.width(), picture.height());
    let (picture, white) = (shrink_or_white(picture), white_page());
    let page = Question { words, size, segments: &[], picture: &picture };
    let windows = only(predictor.encode(std::slice::from_ref(&page)))?;
    let scores = answer(predictor, &page, windows.clone())?;
    let blind = Question { picture: &white, ..page };
    let blind = answer(predictor, &blind, windows.clone())?;
    let placeless = answer(predictor, &page, without_positions(&windows))?;
    let views = words.iter().enumerate().map(|(index, word)| {
        let tokens = tokens_of(&windows, index);
        WordView {
            text: word.text.clone(),
            bbox: word.bbox,
            model_bbox: word.bbox.clamp_to(size).normalize(size),
            pieces: tokens.iter().map(|&id| predictor.tokenizer.piece(id)).collect(),
            windows: windows_of(&windows, index),
            labels: ranked(&scores[index], &predictor.labels, TOLD),
            without_picture: best(&blind[index], &predictor.labels),
            without_positions: best(&placeless[index], &predictor.labels),
        }
    });
    Ok(Inspection {
        page: number,
        width: size.width,
        height: size.height,
        words: views.collect(),
        windows: windows.iter().map(view).collect(),
        picture,
    })
}

/// [words][classes]
fn answer(predictor: &Predictor, page: &Question, windows: Vec<Window>) -> Result<Vec<Vec<f32>>> {
    let prediction = only(predictor.answer(std::slice::from_ref(page), vec![Ok(windows)]))?;
    // The task's own head; form parts have theirs behind it.
    let head = prediction.heads.into_iter().next().ok_or_else(no_answer)?;
    if head.probabilities.len() == page.words.len() {
        Ok(head.probabilities)
    } else {
        Err(no_answer())
    }
}

fn only<T>(answers: Vec<Result<T>>) -> Result<T> {
    answers.into_iter().next().unwrap_or_else(|| Err(no_answer()))
}

fn no_answer() -> Error {
    Error::model(ErrorCode::Internal, "the model gave no answer for the page")
        .hint("this is a bug; please report it with the page")
}

fn without_positions(windows: &[Window]) -> Vec<Window> {
    let nowhere = |window: &Window| {
        let place = window.boxes.first().copied().unwrap_or(NormBox::ZERO);
        Window { boxes: vec![place; window.len()], ..window.clone() }
    };
    windows.iter().map(nowhere).collect()
}

fn view(window: &Window) -> WindowView {
    let mut words = window.word_of_token.iter().flatten().copied();
    let first_word = words.next();
    WindowView { first_word, last_word: words.next_back().or(first_word), tokens: window.len() }
}

/// From the first window that has the word.
fn tokens_of(windows: &[Window], word: usize) -> Vec<i64> {
    let Some(window) = windows.iter().find(|window| window.word_of_token.contains(&Some(word)))
    else {
        return Vec::new();
    };
    let tokens = window.token_ids.iter().zip(&window.word_of_token);
    tokens.filter(|(_, owner)| **owner == Some(word)).map(|(&id, _)| id).collect()
}

fn windows_of(windows: &[Window], word: usize) -> Vec<usize> {
    let having = windows.iter().enumerate();
    let having = having.filter(|(_, window)| window.word_of_token.contains(&Some(word)));
    having.map(|(index, _)| index).collect()
}

fn ranked(probabilities: &[f32], labels: &LabelSet, count: usize) -> Vec<Score> {
    let mut ids: Vec<usize> = (0..probabilities.len().min(labels.len())).collect();
    ids.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let score = |id: usize| Score {
        label: labels.names()[id].clone(),
        score: crate::output::record::rounded(probabilities[id]),
    };
    ids.into_iter().take(count).map(score).collect()
}

fn best(probabilities: &[f32], labels: &LabelSet) -> Score {
    let none = || Score { label: String::new(), score: 0.0 };
    ranked(probabilities, labels, 1).pop().unwrap_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registry;

    fn word(text: &str, left: i64, top: i64) -> Word {
        Word {
            text: text.into(),
            bbox: PixelBox::new(left, top, left + 60, top + 12),
            confidence: 1.0,
            line: 0,
            block: 0,
        }
    }

    /// The numbers of the label that a word has are those that `extract` decides by.
    #[test]
    fn every_word_has_pieces_a_window_and_falling_scores() {
        let named = registry::default_model(tch::Device::Cpu).unwrap().labelling().unwrap();
        let picture = RgbImage::from_pixel(400, 700, image::Rgb([250; 3]));
        let words: Vec<Word> =
            (0..260).map(|i| word(&format!("RM{i}.50"), i % 5 * 70, i / 5 * 13)).collect();
        let found = inspect(&named.predictor, 1, &picture, &words).unwrap();
        assert!(found.windows.len() > 1, "260 words of several pieces do not fit 512 tokens");
        assert_eq!(found.windows[0].first_word, Some(0));
        assert_eq!(found.windows.last().unwrap().last_word, Some(259));
        assert!(found.windows.iter().all(|window| window.tokens <= 512));
        for (index, word) in found.words.iter().enumerate() {
            assert!(!word.windows.is_empty() && !word.pieces.is_empty(), "{index}");
            assert_eq!(word.labels.len(), TOLD);
            assert!(word.labels.windows(2).all(|pair| pair[0].score >= pair[1].score));
        }
        let (size, picture) = (PageSize::new(400, 700), &found.picture);
        let question = Question { words: &words, size, segments: &[], picture };
        let prediction = named.predictor.predict(&[question]).pop().unwrap().unwrap();
        let top = prediction.heads[0].probabilities[7].iter().copied().fold(0.0, f32::max);
        assert!((found.words[7].labels[0].score - top).abs() < 1e-3);
    }

    #[test]
    fn a_page_without_words_has_nothing_to_tell() {
        let named = registry::default_model(tch::Device::Cpu).unwrap().labelling().unwrap();
        let found = inspect(&named.predictor, 3, &RgbImage::new(5, 5), &[]).unwrap();
        assert!(found.words.is_empty());
        assert_eq!((found.page, found.width), (3, 5));
    }
}
