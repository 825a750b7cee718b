//! Words → windows of token ids, 0–1000 boxes and the 224×224 picture.

pub mod batch;
pub mod image;
pub mod tokenize;
pub mod window;

use crate::document::Word;
use crate::error::Result;
use crate::geometry::{NormBox, PageSize};
use tokenize::WordTokenizer;
use window::WindowOptions;

/// One window of a page, as the model reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// [CLS], word pieces, [SEP]; no padding.
    pub token_ids: Vec<i64>,
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
}

/// Cuts a page into windows. Boxes are the words' own, in the 0–1000 frame.
///
/// # Errors
/// `TokenizerMismatch` for a word that the tokenizer refuses.
pub fn encode_page(
    words: &[Word],
    size: PageSize,
    tokenizer: &WordTokenizer,
    options: WindowOptions,
) -> Result<Vec<Window>> {
    let boxes: Vec<NormBox> =
        words.iter().map(|word| word.bbox.clamp_to(size).normalize(size)).collect();
    let pieces: Vec<Vec<i64>> =
        words.iter().map(|word| tokenizer.word_pieces(&word.text)).collect::<Result<_>>()?;
    let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
    Ok(window::cut(&lengths, options)
        .into_iter()
        .map(|range| build(range, &pieces, &boxes, tokenizer, options.budget()))
        .collect())
}

fn build(
    range: std::ops::Range<usize>,
    pieces: &[Vec<i64>],
    boxes: &[NormBox],
    tokenizer: &WordTokenizer,
    budget: usize,
) -> Window {
    let mut window = Window {
        token_ids: vec![tokenizer.cls.id],
        boxes: vec![tokenizer.cls.bbox],
        word_of_token: vec![None],
    };
    for word in range {
        let room = budget + 1 - window.token_ids.len().min(budget + 1);
        for &id in pieces[word].iter().take(room) {
            window.token_ids.push(id);
            window.boxes.push(boxes[word]);
            window.word_of_token.push(Some(word));
        }
    }
    window.token_ids.push(tokenizer.sep.id);
    window.boxes.push(tokenizer.sep.bbox);
    window.word_of_token.push(None);
    window
}
