//! Every architecture with every head is run: tiny checkpoints with random weights, made here. That
//! their numbers are right is shown by `tests/parity.rs`.

use layoutlm::ErrorCode;
use layoutlm::document::Word;
use layoutlm::geometry::{PageSize, PixelBox};
use layoutlm::model::Model;
use layoutlm::model::config::ModelConfig;
use layoutlm::model::heads::Task;
use layoutlm::model::registry::{self, Found};
use layoutlm::model::weights::Checkpoint;
use layoutlm::predict::Question;
use layoutlm::predict::answer::Answerer;
use layoutlm::predict::classify::Classifier;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tch::Device;

/// Configurations to start from: LayoutLMv2 with fused and with separate qkv, LayoutXLM, LayoutLM.
const FAMILIES: [&str; 4] = ["lmv2_base", "lmv2_large", "lmv2_xlm", "layoutlm_v1"];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)
}

/// A fresh model of a family in a directory of its own, with a vocabulary in the family's form.
fn checkpoint(family: &str, task: Task) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut config = ModelConfig::read(&golden(family)).unwrap();
    config.architectures = vec![task.architecture(config.model_type)];
    let vocabulary = config.vocab_size as usize;
    tch::manual_seed(3);
    Model::fresh(config, task, Device::Cpu).unwrap().save(dir.path()).unwrap();
    if family == "lmv2_xlm" {
        std::fs::write(dir.path().join("sentencepiece.bpe.model"), sentence_pieces(vocabulary))
            .unwrap();
    } else {
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(String::from);
        let words = (0..vocabulary - special.len()).map(|n| format!("w{n}"));
        let lines: Vec<String> = special.into_iter().chain(words).collect();
        std::fs::write(dir.path().join("vocab.txt"), lines.join("\n") + "\n").unwrap();
    }
    dir
}

/// A SentencePiece model of as many pieces as give XLM-R's ids up to `vocabulary`.
fn sentence_pieces(vocabulary: usize) -> Vec<u8> {
    let special = ["<unk>", "<s>", "</s>"].map(String::from);
    let words = (0..vocabulary - 5).map(|n| format!("\u{2581}w{n}"));
    let mut file = Vec::new();
    for text in special.into_iter().chain(words) {
        let mut piece = vec![0x0a, text.len() as u8];
        piece.extend(text.bytes());
        piece.push(0x15);
        piece.extend((-1.0f32).to_le_bytes());
        file.extend([0x0a, piece.len() as u8]);
        file.extend(piece);
    }
    file
}

/// More words than one window holds.
fn words(count: usize) -> Vec<Word> {
    (0..count)
        .map(|n| {
            let (x, y) = ((n % 10 * 90) as i64, (n / 10 * 12) as i64);
            Word {
                text: format!("w{}", n % 90),
                bbox: PixelBox::new(x, y, x + 80, y + 10),
                confidence: 1.0,
                line: (n / 10) as u32,
                block: 0,
            }
        })
        .collect()
}

fn found(dir: &Path) -> Found {
    registry::from_directory(dir, Device::Cpu).unwrap()
}

const SIZE: PageSize = PageSize { width: 1000, height: 1000 };

fn picture() -> image::RgbImage {
    image::RgbImage::from_pixel(224, 224, image::Rgb([200, 100, 50]))
}

#[test]
fn every_family_labels_words() {
    for family in FAMILIES {
        let dir = checkpoint(family, Task::TokenClassification);
        let predictor = found(dir.path()).labelling().unwrap().predictor;
        let (words, picture) = (words(600), picture());
        let page = Question { words: &words, size: SIZE, segments: &[], picture: &picture };
        let prediction = predictor.predict(&[page]).pop().unwrap().unwrap();
        let probabilities = &prediction.heads[0].probabilities;
        assert_eq!(probabilities.len(), 600, "{family}");
        assert!(probabilities.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-3));
    }
}

#[test]
fn every_family_answers_questions() {
    for family in FAMILIES {
        let dir = checkpoint(family, Task::QuestionAnswering);
        let found = found(dir.path());
        let mut answerer = Answerer::new(found.model, found.tokenizer).unwrap();
        answerer.options.top = 3;
        let (words, picture) = (words(600), picture());
        let page = Question { words: &words, size: SIZE, segments: &[], picture: &picture };
        let questions = ["w1 w2?", "w3"].map(String::from);
        let answers = answerer.answer(&page, &questions).unwrap();
        assert_eq!(answers.len(), 2, "{family}");
        for page in &answers {
            assert_eq!(page.answers.len(), 3, "{family}");
            assert!(page.answers.iter().all(|answer| *answer.words.end() < 600));
        }
        assert_ne!(answers[0], answers[1], "{family} reads the question");
        let empty = Question { words: &[], size: SIZE, segments: &[], picture: &picture };
        assert!(answerer.answer(&empty, &questions).unwrap()[0].answers.is_empty());
        let long = vec!["w1 ".repeat(400)];
        assert_eq!(answerer.answer(&page, &long).unwrap_err().code, ErrorCode::Usage);
    }
}

#[test]
fn every_family_classifies_pages() {
    for family in FAMILIES {
        let dir = checkpoint(family, Task::SequenceClassification);
        let found = found(dir.path());
        let classifier = Classifier::new(found.model, found.tokenizer).unwrap();
        for count in [0, 20, 600] {
            let (words, picture) = (words(count), picture());
            let page = Question { words: &words, size: SIZE, segments: &[], picture: &picture };
            let scores = classifier.classify(&page).unwrap();
            assert_eq!(scores.len(), classifier.classes.len(), "{family}");
            assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{family}: {scores:?}");
        }
    }
}

#[test]
fn model_of_another_task_is_refused_with_the_verb_that_runs_it() {
    let dir = checkpoint("layoutlm_v1", Task::QuestionAnswering);
    let labelling = found(dir.path()).labelling().err().unwrap();
    assert_eq!(labelling.code, ErrorCode::ModelInvalid);
    assert!(labelling.hint.unwrap().contains("layoutlm ask"));
    let loaded = found(dir.path());
    assert!(Classifier::new(loaded.model, loaded.tokenizer).is_err());
    let dir = checkpoint("layoutlm_v1", Task::TokenClassification);
    let loaded = found(dir.path());
    let error = Answerer::new(loaded.model, loaded.tokenizer).err().unwrap();
    assert!(error.hint.unwrap().contains("ForQuestionAnswering"));
}

/// A page and its words beside a checkpoint, and the program run on them.
fn layoutlm(dir: &Path, arguments: &[&str]) -> (i32, serde_json::Value, String) {
    let mut page = b"P6 1000 1000 255\n".to_vec();
    page.extend(std::iter::repeat_n(200u8, 3_000_000));
    std::fs::write(dir.join("page.ppm"), page).unwrap();
    let given: Vec<_> = words(30)
        .iter()
        .map(|word| serde_json::json!({"text": word.text, "bbox": word.bbox}))
        .collect();
    let given = serde_json::json!({ "words": given }).to_string();
    std::fs::write(dir.join("words.json"), given).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_layoutlm"))
        .args(arguments)
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let record = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), record, text(output.stderr))
}

#[test]
fn program_answers_with_text_box_page_and_score() {
    let dir = checkpoint("lmv2_base", Task::QuestionAnswering);
    let arguments =
        ["ask", "page.ppm", "w1?", "w2?", "--words", "words.json", "-m", ".", "--top", "4"];
    let (code, record, stderr) = layoutlm(dir.path(), &arguments);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(record["schema"], "layoutlm-answers/1");
    assert_eq!(record["pages"][0]["page"], 1);
    assert_eq!(record["questions"][1]["question"], "w2?");
    let answers = record["questions"][0]["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 4);
    for answer in answers {
        assert_eq!(answer["page"], 1);
        let words: Vec<&str> = answer["words"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word["text"].as_str().unwrap())
            .collect();
        assert_eq!(answer["text"], words.join(" "));
        assert!(
            answer["bbox"].as_array().unwrap().iter().all(|side| side.as_u64().unwrap() <= 1000)
        );
    }
}

#[test]
fn program_classifies_documents_and_goes_on_after_a_broken_one() {
    let dir = checkpoint("lmv2_base", Task::SequenceClassification);
    let arguments = ["classify", "page.ppm", "--words", "words.json", "-m", ".", "--top", "2"];
    let (code, record, stderr) = layoutlm(dir.path(), &arguments);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(record["labels"].as_array().unwrap().len(), 2);
    assert_eq!(record["label"], record["labels"][0]["label"]);
    assert_eq!(record["by_page"][0]["page"], 1);
    let arguments = ["classify", "missing.png", "--words", "words.json", "-m", "."];
    let (code, record, stderr) = layoutlm(dir.path(), &arguments);
    assert_eq!((code, &record["error"]["code"]), (3, &"not-found".into()));
    assert!(stderr.contains("missing.png"));
}

#[test]
fn built_in_model_says_that_it_answers_no_questions() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["ask", "page.ppm", "w1?"][..], &["classify", "page.ppm"]] {
        let (code, _, stderr) = layoutlm(dir.path(), arguments);
        assert_eq!(code, 4);
        assert!(stderr.contains("built-in model") && stderr.contains("--model"), "{stderr}");
    }
}

#[test]
fn pickles_in_shards_are_read_by_their_index() {
    let dir = tempfile::tempdir().unwrap();
    let legacy = golden("lmv2_legacy_bin");
    std::fs::copy(legacy.join("config.json"), dir.path().join("config.json")).unwrap();
    let whole = Checkpoint::open(&legacy).unwrap().tensors().unwrap();
    // Both shards hold everything: what counts is that all files of the index are read.
    let shards = [1, 2].map(|number| format!("pytorch_model-0000{number}-of-00002.bin"));
    for shard in &shards {
        std::fs::copy(legacy.join("pytorch_model.bin"), dir.path().join(shard)).unwrap();
    }
    let map: serde_json::Map<_, _> = whole
        .keys()
        .enumerate()
        .map(|(n, name)| (name.clone(), shards[n % 2].as_str().into()))
        .collect();
    let index = dir.path().join("pytorch_model.bin.index.json");
    std::fs::write(&index, serde_json::json!({ "weight_map": map }).to_string()).unwrap();
    Model::load(dir.path(), Device::Cpu).unwrap();
    let read = Checkpoint::open(dir.path()).unwrap().tensors().unwrap();
    assert!(read.iter().all(|(name, tensor)| *tensor == whole[name]));
    assert_eq!(read.len(), whole.len());

    std::fs::remove_file(dir.path().join(&shards[1])).unwrap();
    let error = Model::load(dir.path(), Device::Cpu).err().unwrap();
    assert!(error.to_string().contains(&shards[1]), "{error}");
}

#[test]
fn exported_model_is_whole_and_says_the_same() {
    let dir = checkpoint("lmv2_xlm", Task::TokenClassification);
    let out = dir.path().join("out");
    let (code, _, stderr) = layoutlm(dir.path(), &["models", "export", "out", "--model", "."]);
    assert_eq!(code, 0, "{stderr}");
    for file in [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "preprocessor_config.json",
    ] {
        assert!(out.join(file).is_file(), "{file}");
    }
    let (words, picture) = (words(40), picture());
    let says = |dir: &Path| {
        let predictor = found(dir).labelling().unwrap().predictor;
        let page = Question { words: &words, size: SIZE, segments: &[], picture: &picture };
        predictor.predict(&[page]).pop().unwrap().unwrap().heads[0].probabilities.clone()
    };
    assert_eq!(says(dir.path()), says(&out));
}
