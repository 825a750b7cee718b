//! `tokenizer.json` for checkpoints that are older than that file: from BERT's `vocab.txt`, and from
//! the SentencePiece model of LayoutXLM. What the Python library's fast tokenizers are made of.

use crate::error::{Error, ErrorCode, Result, Stage};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::path::Path;

/// The file of a directory, or the same from its vocabulary, whichever is there.
///
/// # Errors
/// `ModelMissing` where the directory has no vocabulary in any form, `TokenizerMismatch` for one that
/// can't be understood.
pub fn tokenizer_json(dir: &Path, settings: &Value) -> Result<Vec<u8>> {
    let read = |name: &str| std::fs::read(dir.join(name));
    let built = match (read("tokenizer.json"), read("vocab.txt"), read("sentencepiece.bpe.model")) {
        (Ok(bytes), _, _) => return Ok(bytes),
        (_, Ok(bytes), _) => word_pieces(&String::from_utf8_lossy(&bytes), settings),
        (_, _, Ok(bytes)) => sentence_pieces(&bytes).ok_or_else(|| {
            Error::new(Stage::Encode, ErrorCode::TokenizerMismatch, "it is no SentencePiece model")
                .at(dir.join("sentencepiece.bpe.model").display().to_string())
                .hint("the file is damaged or incomplete: fetch it again")
        })?,
        (Err(cause), _, _) => {
            return Err(Error::new(
                Stage::Encode,
                ErrorCode::ModelMissing,
                "the model has no readable tokenizer.json, vocab.txt or sentencepiece.bpe.model",
            )
            .at(dir.join("tokenizer.json").display().to_string())
            .hint("save the tokenizer beside the weights (tokenizer.save_pretrained)")
            .caused_by(cause));
        }
    };
    Ok(built.to_string().into_bytes())
}

/// BERT's tokenizer: one token a line of `vocab.txt`, its number the id.
fn word_pieces(vocabulary: &str, settings: &Value) -> Value {
    let tokens: Vec<&str> = vocabulary.lines().map(|line| line.trim_end_matches('\r')).collect();
    let ids: serde_json::Map<String, Value> =
        tokens.iter().enumerate().map(|(id, token)| ((*token).to_string(), json!(id))).collect();
    let special: Vec<Value> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        .iter()
        .filter_map(|token| ids.get(*token).map(|id| added_token(token, id, false)))
        .collect();
    let setting = |key: &str, default: Value| match &settings[key] {
        Value::Null => default,
        value => value.clone(),
    };
    json!({
        "version": "1.0",
        "added_tokens": special,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": setting("tokenize_chinese_chars", json!(true)),
            "strip_accents": setting("strip_accents", Value::Null),
            "lowercase": setting("do_lower_case", json!(true)),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": template("[CLS]", "[SEP]", &ids, 1),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    })
}

/// XLM-RoBERTa's tokenizer. Its ids are not SentencePiece's: four special tokens come first, the model's
/// own three are left out, and `<mask>` is last.
fn sentence_pieces(bytes: &[u8]) -> Option<Value> {
    let model = SentencePieceModel::read(bytes)?;
    let mut pieces = vec![json!(["<s>", 0.0]), json!(["<pad>", 0.0]), json!(["</s>", 0.0])];
    pieces.push(json!(["<unk>", 0.0]));
    pieces.extend(model.pieces.iter().skip(3).map(|(piece, score)| json!([piece, score])));
    let mask = json!(pieces.len());
    pieces.push(json!(["<mask>", 0.0]));
    let ids: serde_json::Map<String, Value> = ["<s>", "<pad>", "</s>", "<unk>"]
        .iter()
        .enumerate()
        .map(|(id, token)| ((*token).to_string(), json!(id)))
        .collect();
    let mut special: Vec<Value> =
        ids.iter().map(|(token, id)| added_token(token, id, false)).collect();
    special.push(added_token("<mask>", &mask, true));
    let mut normalizers = Vec::new();
    if !model.character_map.is_empty() {
        let map = BASE64.encode(&model.character_map);
        normalizers.push(json!({"type": "Precompiled", "precompiled_charsmap": map}));
    }
    normalizers.push(json!({"type": "Strip", "strip_left": false, "strip_right": true}));
    normalizers
        .push(json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "\u{2581}"}));
    let spaces = json!({
        "type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true,
    });
    Some(json!({
        "version": "1.0",
        "added_tokens": special,
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": spaces,
        "post_processor": template("<s>", "</s>", &ids, 0),
        "decoder": spaces,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": false},
    }))
}

fn added_token(token: &str, id: &Value, strips_left: bool) -> Value {
    json!({
        "id": id, "content": token, "single_word": false, "lstrip": strips_left, "rstrip": false,
        "normalized": false, "special": true,
    })
}

/// How one text, and a pair of texts, is framed; `second` is the segment of the second text. XLM-RoBERTa,
/// which knows no segments, stands two separators between the texts.
fn template(cls: &str, sep: &str, ids: &serde_json::Map<String, Value>, second: u8) -> Value {
    let token = |name: &str, segment: u8| json!({"SpecialToken": {"id": name, "type_id": segment}});
    let text = |name: &str, segment: u8| json!({"Sequence": {"id": name, "type_id": segment}});
    let single = [token(cls, 0), text("A", 0), token(sep, 0)];
    let mut pair = single.to_vec();
    if second == 0 {
        pair.push(token(sep, 0));
    }
    pair.extend([text("B", second), token(sep, second)]);
    let special = |name: &str| {
        let id = ids.get(name).cloned().unwrap_or(json!(0));
        json!({"id": name, "ids": [id], "tokens": [name]})
    };
    json!({
        "type": "TemplateProcessing", "single": single, "pair": pair,
        "special_tokens": {cls: special(cls), sep: special(sep)},
    })
}

/// The two parts of SentencePiece's model file that tokenising needs.
#[derive(Debug, Default, PartialEq)]
struct SentencePieceModel {
    pieces: Vec<(String, f32)>,
    /// Compiled rules that unify characters.
    character_map: Vec<u8>,
}

impl SentencePieceModel {
    /// `ModelProto`: field 1 is a piece (1 its text, 2 its score), field 3 the normaliser (2 its map).
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut model = Self::default();
        for field in fields(bytes)? {
            match field {
                (1, Field::Bytes(piece)) => {
                    let (mut text, mut score) = (None, 0.0);
                    for field in fields(piece)? {
                        match field {
                            (1, Field::Bytes(bytes)) => {
                                text = String::from_utf8(bytes.to_vec()).ok()
                            }
                            (2, Field::Float(value)) => score = value,
                            _ => {}
                        }
                    }
                    model.pieces.push((text?, score));
                }
                (3, Field::Bytes(normalizer)) => {
                    for field in fields(normalizer)? {
                        if let (2, Field::Bytes(map)) = field {
                            model.character_map = map.to_vec();
                        }
                    }
                }
                _ => {}
            }
        }
        (model.pieces.len() > 3).then_some(model)
    }
}

enum Field<'a> {
    Bytes(&'a [u8]),
    Float(f32),
    Other,
}

/// The fields of a Protocol Buffers message, by number; `None` where it breaks off.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => {
                varint(&mut bytes)?;
                Field::Other
            }
            1 => {
                bytes = bytes.get(8..)?;
                Field::Other
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let content = bytes.get(..length)?;
                bytes = &bytes[length..];
                Field::Bytes(content)
            }
            5 => {
                let (value, rest) = bytes.split_first_chunk::<4>()?;
                bytes = rest;
                Field::Float(f32::from_le_bytes(*value))
            }
            _ => return None,
        };
        found.push((key >> 3, field));
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokenizers::Tokenizer;

    /// A model file with these pieces and no character map.
    fn model_file(pieces: &[(&str, f32)]) -> Vec<u8> {
        let mut file = Vec::new();
        for (text, score) in pieces {
            let mut piece = vec![0x0a, text.len() as u8];
            piece.extend(text.bytes());
            piece.push(0x15);
            piece.extend(score.to_le_bytes());
            piece.extend([0x18, 1]);
            file.extend([0x0a, piece.len() as u8]);
            file.extend(piece);
        }
        file
    }

    const PIECES: [(&str, f32); 8] = [
        ("<unk>", 0.0),
        ("<s>", 0.0),
        ("</s>", 0.0),
        ("\u{2581}", -4.0),
        ("\u{2581}to", -2.0),
        ("tal", -2.0),
        ("t", -5.0),
        ("al", -5.0),
    ];

    #[test]
    fn vocab_txt_gives_berts_tokenizer() {
        let text = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nto\n##tal\nrm\n.\n23\n";
        let built = word_pieces(text, &Value::Null).to_string();
        let tokenizer = Tokenizer::from_bytes(built.as_bytes()).unwrap();
        let ids = |text: &str| tokenizer.encode(text, false).unwrap().get_ids().to_vec();
        assert_eq!(ids("Total"), [5, 6]);
        assert_eq!(ids("RM23.23"), [1, 8, 9], "an unknown stem, then punctuation");
        let pair = tokenizer.encode(("to", "rm"), true).unwrap();
        assert_eq!(pair.get_ids(), [2, 5, 3, 7, 3]);
        assert_eq!(pair.get_type_ids(), [0, 0, 0, 1, 1]);
        let cased = word_pieces(text, &json!({"do_lower_case": false})).to_string();
        let cased = Tokenizer::from_bytes(cased.as_bytes()).unwrap();
        assert_eq!(cased.encode("RM", false).unwrap().get_ids(), [1]);
    }

    #[test]
    fn sentence_pieces_have_the_ids_of_xlm_roberta() {
        let built = sentence_pieces(&model_file(&PIECES)).unwrap().to_string();
        let tokenizer = Tokenizer::from_bytes(built.as_bytes()).unwrap();
        assert_eq!(tokenizer.get_vocab_size(true), 10);
        assert_eq!(tokenizer.token_to_id("<mask>"), Some(9));
        let encoding = tokenizer.encode("total", false).unwrap();
        assert_eq!(encoding.get_tokens(), ["\u{2581}to", "tal"]);
        assert_eq!(encoding.get_ids(), [5, 6]);
        let pair = tokenizer.encode(("to", "tal"), true).unwrap();
        assert_eq!(pair.get_ids(), [0, 5, 2, 2, 4, 6, 2]);
        assert!(pair.get_type_ids().iter().all(|&segment| segment == 0));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_of_sentence_pieces_panic(bytes: Vec<u8>) {
            let _ = sentence_pieces(&bytes);
        }

        #[test]
        fn a_cut_model_file_is_no_model(length in 0usize..60) {
            let file = model_file(&PIECES);
            // Cut within a piece; between two pieces it is a shorter model.
            if let Some(model) = SentencePieceModel::read(&file[..length]) {
                prop_assert!(model.pieces.len() < PIECES.len());
            }
        }
    }
}
