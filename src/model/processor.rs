//! The files beside the weights that say how pages become inputs: tokenizer and image processor, as
//! `AutoProcessor` and `AutoTokenizer` of the Python library read them.

use super::config::ModelType;
use super::write_error;
use crate::encode::image::PICTURE_SIDE;
use crate::encode::vocabulary::tokenizer_json;
use crate::error::Result;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What a model directory says beside `config.json` and weights.
pub struct Processor {
    /// Content of `tokenizer.json`.
    tokenizer: Vec<u8>,
    /// Content of `tokenizer_config.json`.
    settings: Map<String, Value>,
    /// Content of `preprocessor_config.json`, where the source has one.
    image: Option<Value>,
}

impl Processor {
    /// # Errors
    /// `ModelMissing` or `TokenizerMismatch` where there is no usable tokenizer.
    pub fn read(dir: &Path) -> Result<Self> {
        let object = |name: &str| {
            let bytes = std::fs::read(dir.join(name)).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
        };
        let settings = object("tokenizer_config.json").unwrap_or_default();
        let tokenizer = tokenizer_json(dir, &Value::Object(settings.clone()))?;
        let image = object("preprocessor_config.json").map(Value::Object);
        Ok(Self { tokenizer, settings, image })
    }

    /// From the contents of the two tokenizer files.
    pub fn from_bytes(tokenizer: &[u8], settings: &[u8]) -> Self {
        let settings = serde_json::from_slice(settings).unwrap_or_default();
        Self { tokenizer: tokenizer.to_vec(), settings, image: None }
    }

    /// Writes them for a model of this kind.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn write(&self, model_type: ModelType, dir: &Path) -> Result<()> {
        let tokenizer: Value = serde_json::from_slice(&self.tokenizer).unwrap_or_default();
        let kind = Kind::of(model_type, &tokenizer);
        let mut settings = self.settings.clone();
        settings.entry("tokenizer_class").or_insert(json!(kind.tokenizer_class()));
        for (role, token) in kind.special_tokens() {
            settings.entry(role).or_insert(json!(token));
        }
        settings.entry("model_max_length").or_insert(json!(512));
        if let Some(class) = kind.processor_class() {
            settings.entry("processor_class").or_insert(json!(class));
        }
        std::fs::create_dir_all(dir).map_err(|e| write_error(dir, e))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.join(name);
            std::fs::write(&path, bytes).map_err(|e| write_error(&path, e))
        };
        let pretty = |value: &Value| format!("{value:#}\n").into_bytes();
        write("tokenizer.json", &self.tokenizer)?;
        write("special_tokens_map.json", &pretty(&special_tokens(&kind, &settings)))?;
        write("tokenizer_config.json", &pretty(&Value::Object(settings)))?;
        if let Some(lines) = vocabulary_lines(&tokenizer) {
            write("vocab.txt", lines.as_bytes())?;
        }
        match (&self.image, kind.processor_class()) {
            (Some(image), _) => write("preprocessor_config.json", &pretty(image)),
            (None, Some(class)) => {
                write("preprocessor_config.json", &pretty(&image_processor(class)))
            }
            (None, None) => Ok(()),
        }
    }
}

/// Which classes of the Python library belong to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    LayoutLm,
    LayoutLmV2,
    LayoutXlm,
    /// LayoutLM v1 with the vocabulary of RoBERTa.
    Other,
}

impl Kind {
    fn of(model_type: ModelType, tokenizer: &Value) -> Self {
        match (model_type, tokenizer["model"]["type"].as_str()) {
            (ModelType::LayoutLmV2, Some("Unigram")) => Self::LayoutXlm,
            (ModelType::LayoutLmV2, _) => Self::LayoutLmV2,
            (ModelType::LayoutLm, Some("WordPiece")) => Self::LayoutLm,
            (ModelType::LayoutLm, _) => Self::Other,
        }
    }

    fn tokenizer_class(self) -> &'static str {
        match self {
            Self::LayoutLm => "BertTokenizer",
            Self::LayoutLmV2 => "LayoutLMv2Tokenizer",
            Self::LayoutXlm => "LayoutXLMTokenizer",
            Self::Other => "PreTrainedTokenizerFast",
        }
    }

    /// `None` for v1, which looks at no picture.
    fn processor_class(self) -> Option<&'static str> {
        match self {
            Self::LayoutLmV2 => Some("LayoutLMv2Processor"),
            Self::LayoutXlm => Some("LayoutXLMProcessor"),
            Self::LayoutLm | Self::Other => None,
        }
    }

    fn special_tokens(self) -> BTreeMap<&'static str, &'static str> {
        let names = match self {
            Self::LayoutLm | Self::LayoutLmV2 => ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"],
            Self::LayoutXlm | Self::Other => ["<s>", "</s>", "<pad>", "<mask>", "<unk>"],
        };
        let roles = ["cls_token", "sep_token", "pad_token", "mask_token", "unk_token"];
        roles.into_iter().zip(names).collect()
    }
}

fn special_tokens(kind: &Kind, settings: &Map<String, Value>) -> Value {
    let tokens = kind.special_tokens();
    Value::Object(
        tokens.into_keys().map(|role| (role.to_string(), settings[role].clone())).collect(),
    )
}

/// `vocab.txt` of a word-piece tokenizer: older readers know nothing else.
fn vocabulary_lines(tokenizer: &Value) -> Option<String> {
    if tokenizer["model"]["type"] != "WordPiece" {
        return None;
    }
    let ids = tokenizer["model"]["vocab"].as_object()?;
    let mut tokens: Vec<(u64, &str)> =
        ids.iter().filter_map(|(token, id)| Some((id.as_u64()?, token.as_str()))).collect();
    tokens.sort_unstable();
    // The line is the id: with a gap the file would say something else.
    let dense = tokens.iter().enumerate().all(|(line, (id, _))| line as u64 == *id);
    dense.then(|| tokens.into_iter().map(|(_, token)| format!("{token}\n")).collect())
}

/// As the reference's image processor saves itself.
fn image_processor(processor_class: &str) -> Value {
    json!({
        "apply_ocr": true,
        "do_resize": true,
        "image_processor_type": "LayoutLMv2ImageProcessor",
        "ocr_lang": null,
        "processor_class": processor_class,
        "resample": 2,
        "size": {"height": PICTURE_SIDE, "width": PICTURE_SIDE},
        "tesseract_config": "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tokenize::WordTokenizer;

    fn vocabulary(dir: &Path) {
        std::fs::write(dir.join("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ntotal\n")
            .unwrap();
    }

    fn read(dir: &Path, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(dir.join(name)).unwrap()).unwrap()
    }

    #[test]
    fn written_processor_reads_the_same_words() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        vocabulary(from.path());
        Processor::read(from.path()).unwrap().write(ModelType::LayoutLmV2, to.path()).unwrap();
        let tokenizer = WordTokenizer::read(to.path(), 6).unwrap();
        assert_eq!(tokenizer.word_pieces("TOTAL").unwrap(), [5]);
        let lines = |dir: &Path| std::fs::read_to_string(dir.join("vocab.txt")).unwrap();
        assert_eq!(lines(to.path()), lines(from.path()));
        let settings = read(to.path(), "tokenizer_config.json");
        assert_eq!(settings["tokenizer_class"], "LayoutLMv2Tokenizer");
        assert_eq!(settings["sep_token"], "[SEP]");
        let image = read(to.path(), "preprocessor_config.json");
        assert_eq!(image["size"]["height"], 224);
    }

    #[test]
    fn settings_of_the_source_are_kept() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        vocabulary(from.path());
        let settings = r#"{"do_lower_case": false, "sep_token_box": [0, 0, 0, 0]}"#;
        std::fs::write(from.path().join("tokenizer_config.json"), settings).unwrap();
        std::fs::write(from.path().join("preprocessor_config.json"), r#"{"own": 1}"#).unwrap();
        Processor::read(from.path()).unwrap().write(ModelType::LayoutLmV2, to.path()).unwrap();
        let settings = read(to.path(), "tokenizer_config.json");
        assert_eq!(
            (&settings["do_lower_case"], &settings["sep_token_box"][0]),
            (&json!(false), &json!(0))
        );
        assert_eq!(read(to.path(), "preprocessor_config.json"), json!({"own": 1}));
    }

    #[test]
    fn v1_has_no_image_processor() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        vocabulary(from.path());
        Processor::read(from.path()).unwrap().write(ModelType::LayoutLm, to.path()).unwrap();
        assert!(!to.path().join("preprocessor_config.json").exists());
        assert_eq!(read(to.path(), "tokenizer_config.json")["tokenizer_class"], "BertTokenizer");
    }
}
