//! Words → word pieces, with the checkpoint's own `tokenizer.json` (crate `tokenizers`).
//!
//! Each word is tokenised on its own, as the reference does with pre-split words, so that the word
//! of every token is known; a word of blanks gives no token. Checkpoints that are older than that file
//! have theirs made from their vocabulary ([`super::vocabulary`]).

use super::vocabulary::tokenizer_json;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::NormBox;
use serde_json::Value;
use std::path::Path;
use tokenizers::Tokenizer;

/// A token and the box it stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedToken {
    pub id: i64,
    pub bbox: NormBox,
}

/// The tokenizer of a checkpoint.
pub struct WordTokenizer {
    tokenizer: Tokenizer,
    pub cls: PlacedToken,
    pub sep: PlacedToken,
    pub pad: PlacedToken,
    /// `[MASK]`, where the vocabulary has one.
    pub mask: Option<i64>,
    /// How a question and the words of a page are put together.
    pub pair: PairForm,
}

/// What stands between a question and the words of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairForm {
    /// One separator for BERT's kind, two for RoBERTa's.
    pub separators: usize,
    /// Token type of the words: 1 for BERT's kind, 0 where types are not told apart.
    pub words_type: i64,
}

impl WordTokenizer {
    /// Reads `tokenizer.json`, or an older vocabulary, and where present `tokenizer_config.json` of a
    /// model directory.
    ///
    /// # Errors
    /// `ModelMissing` without the file, `TokenizerMismatch` when it does not fit a vocabulary of
    /// `vocab_size`.
    pub fn read(dir: &Path, vocab_size: i64) -> Result<Self> {
        let settings = std::fs::read(dir.join("tokenizer_config.json")).unwrap_or_default();
        let parsed = serde_json::from_slice(&settings).unwrap_or(Value::Null);
        let bytes = tokenizer_json(dir, &parsed)?;
        Self::from_bytes(&bytes, &settings, vocab_size)
            .map_err(|e| e.at(dir.join("tokenizer.json").display().to_string()))
    }

    /// From the contents of the two files; the second may be empty.
    ///
    /// # Errors
    /// `TokenizerMismatch` when the file can't be understood or does not fit `vocab_size`.
    pub fn from_bytes(tokenizer: &[u8], settings: &[u8], vocab_size: i64) -> Result<Self> {
        let mut tokenizer = Tokenizer::from_bytes(tokenizer)
            .map_err(|e| mismatch(format!("tokenizer.json can't be read: {e}")))?;
        // Windows are cut here, at words; a saved truncation or padding must not interfere.
        let _ = tokenizer.with_truncation(None);
        tokenizer.with_padding(None);
        let settings: Value = serde_json::from_slice(settings).unwrap_or(Value::Null);
        let size = tokenizer.get_vocab_size(true) as i64;
        if size > vocab_size {
            return Err(mismatch(format!(
                "the tokenizer has {size} tokens, config.json a vocab_size of {vocab_size}"
            ))
            .hint("tokenizer.json and the weights belong to different models"));
        }
        let special = |role: &str, names: [&str; 2], bbox: NormBox| -> Result<PlacedToken> {
            let id = token_id(&tokenizer, &settings, role, names).ok_or_else(|| {
                mismatch(format!("the tokenizer has neither `{}` nor `{}`", names[0], names[1]))
            })?;
            Ok(PlacedToken { id, bbox: configured_box(&settings, role).unwrap_or(bbox) })
        };
        Ok(Self {
            cls: special("cls", ["[CLS]", "<s>"], NormBox::ZERO)?,
            // The reference's default; models trained here write zeros into their settings.
            sep: special("sep", ["[SEP]", "</s>"], NormBox::FULL_CORNER)?,
            pad: special("pad", ["[PAD]", "<pad>"], NormBox::ZERO)?,
            pair: pair_form(&tokenizer),
            mask: token_id(&tokenizer, &settings, "mask", ["[MASK]", "<mask>"]),
            tokenizer,
        })
    }

    /// Token ids of one word.
    ///
    /// # Errors
    /// `TokenizerMismatch`, with the word, when the tokenizer refuses it.
    pub fn word_pieces(&self, word: &str) -> Result<Vec<i64>> {
        if word.trim().is_empty() {
            return Ok(Vec::new());
        }
        let encoding = self
            .tokenizer
            .encode_fast(word, false)
            .map_err(|e| mismatch(format!("the tokenizer can't read `{word}`: {e}")))?;
        Ok(encoding.get_ids().iter().map(|&id| i64::from(id)).collect())
    }

    /// How a token is written; empty for numbers that are none.
    pub fn piece(&self, id: i64) -> String {
        u32::try_from(id).ok().and_then(|id| self.tokenizer.id_to_token(id)).unwrap_or_default()
    }
}

/// As the tokenizer's own template does it; the template's absence is told by the name of the separator.
fn pair_form(tokenizer: &Tokenizer) -> PairForm {
    let bert = tokenizer.token_to_id("[SEP]").is_some();
    let by_name = PairForm { separators: if bert { 1 } else { 2 }, words_type: i64::from(bert) };
    let Ok(encoding) = tokenizer.encode_fast(("a", "a"), true) else { return by_name };
    let special = encoding.get_special_tokens_mask();
    // Start, separators, end.
    match special.iter().filter(|&&mark| mark == 1).count() {
        count @ 3.. => PairForm {
            separators: count - 2,
            words_type: encoding.get_type_ids().last().copied().map_or(0, i64::from),
        },
        _ => by_name,
    }
}

fn token_id(tokenizer: &Tokenizer, settings: &Value, role: &str, names: [&str; 2]) -> Option<i64> {
    let setting = &settings[format!("{role}_token")];
    let configured = setting.as_str().or_else(|| setting["content"].as_str());
    configured.into_iter().chain(names).find_map(|name| tokenizer.token_to_id(name)).map(i64::from)
}

fn configured_box(settings: &Value, role: &str) -> Option<NormBox> {
    let list = settings[format!("{role}_token_box")].as_array()?;
    let sides: Vec<i64> = list.iter().filter_map(Value::as_i64).collect();
    <[i64; 4]>::try_from(sides).ok().map(NormBox::from)
}

fn mismatch(message: impl Into<String>) -> Error {
    Error::new(Stage::Encode, ErrorCode::TokenizerMismatch, message)
}
