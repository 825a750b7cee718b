//! Words → windows of token ids, 0–1000 boxes and the 224×224 picture.

pub mod batch;
pub mod boxes;
pub mod image;
pub mod tokenize;
pub mod vocabulary;
pub mod window;

use crate::document::Word;
use crate::error::{Error, Result};
use crate::geometry::{NormBox, PageSize, PixelBox};
use boxes::LayoutBoxes;
use std::collections::BTreeMap;
use tokenize::{PlacedToken, WordTokenizer};
use window::WindowOptions;

/// One window of a page, as the model reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// [CLS], word pieces, [SEP]; no padding. A question stands before the words, with a [SEP].
    pub token_ids: Vec<i64>,
    /// 0 but for the words after a question, where the tokenizer tells the two apart.
    pub token_types: Vec<i64>,
    /// Of each token.
    pub boxes: Vec<NormBox>,
    /// Word on the page of each token; `None` for special tokens.
    pub word_of_token: Vec<Option<usize>>,
}

impl Window {
    /// Tokens, special ones included.
    pub fn len(&self) -> usize {
        self.token_ids.len()
    }
    pub fn is_empty(&self) -> bool {
        self.token_ids.is_empty()
    }

    /// The first token of each word that has one here: word → token.
    pub fn first_tokens(&self) -> BTreeMap<usize, usize> {
        let mut firsts = BTreeMap::new();
        for (token, word) in self.word_of_token.iter().enumerate() {
            if let Some(word) = word {
                firsts.entry(*word).or_insert(token);
            }
        }
        firsts
    }

    fn push(&mut self, token: PlacedToken, word: Option<usize>) {
        self.token_ids.push(token.id);
        self.token_types.push(0);
        self.boxes.push(token.bbox);
        self.word_of_token.push(word);
    }
}

/// Cuts a page into windows. `boxes` are what the model is shown of the words' places, one a word
/// ([`boxes::LayoutBoxes`]).
///
/// # Errors
/// `TokenizerMismatch` for a word that the tokenizer refuses.
pub fn encode_page(
    words: &[Word],
    boxes: &[PixelBox],
    size: PageSize,
    tokenizer: &WordTokenizer,
    options: WindowOptions,
) -> Result<Vec<Window>> {
    let mut start = Window::default();
    start.push(tokenizer.cls, None);
    cut(start, 0, words, boxes, size, tokenizer, options)
}

/// As [`encode_page`], with a question before the words of every window, as the reference's processor
/// lays it out: the question's tokens stand at the box of padding.
///
/// # Errors
/// `Usage` for a question that leaves the words no room; else as [`encode_page`].
pub fn encode_question(
    question: &str,
    words: &[Word],
    size: PageSize,
    tokenizer: &WordTokenizer,
    options: WindowOptions,
) -> Result<Vec<Window>> {
    let mut start = Window::default();
    start.push(tokenizer.cls, None);
    for id in tokenizer.word_pieces(question)? {
        start.push(PlacedToken { id, bbox: tokenizer.pad.bbox }, None);
    }
    for _ in 0..tokenizer.pair.separators {
        start.push(tokenizer.sep, None);
    }
    if start.len() > options.max_tokens / 2 {
        return Err(Error::usage("the question is too long").hint(format!(
            "it has {} tokens; the model reads {} at once, the page included",
            start.len(),
            options.max_tokens
        )));
    }
    let boxes = LayoutBoxes::Words.of(words, &[]);
    cut(start, tokenizer.pair.words_type, words, &boxes, size, tokenizer, options)
}

/// Windows that all begin with `start`.
fn cut(
    start: Window,
    words_type: i64,
    words: &[Word],
    boxes: &[PixelBox],
    size: PageSize,
    tokenizer: &WordTokenizer,
    options: WindowOptions,
) -> Result<Vec<Window>> {
    let boxes: Vec<NormBox> =
        boxes.iter().map(|bbox| bbox.clamp_to(size).normalize(size)).collect();
    let pieces: Vec<Vec<i64>> =
        words.iter().map(|word| tokenizer.word_pieces(&word.text)).collect::<Result<_>>()?;
    let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
    // [CLS] is counted by the options already.
    let max_tokens = options.max_tokens.saturating_sub(start.len() - 1);
    let options = WindowOptions { max_tokens, ..options };
    let build = |range: std::ops::Range<usize>| {
        let mut window = start.clone();
        let full = start.len() + options.budget();
        for word in range {
            for &id in &pieces[word] {
                // Only a word that is longer than a window is cut short.
                if window.len() < full {
                    window.push(PlacedToken { id, bbox: boxes[word] }, Some(word));
                }
            }
        }
        window.push(tokenizer.sep, None);
        window.token_types[start.len()..].fill(words_type);
        window
    };
    Ok(window::cut(&lengths, options).into_iter().map(build).collect())
}
