//! Model directories that can't be used: each is an error that names what is wrong, never a panic.

use layoutlm::ErrorCode;
use layoutlm::predict::Predictor;
use std::io::Write;
use std::path::{Path, PathBuf};
use tch::Device;

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A tiny model in a directory of its own; its vocabulary is too small for the tokenizer.
fn tiny(dir: &Path) {
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(root("tests/goldens/lmv2_nobias").join(file), dir.join(file)).unwrap();
    }
    std::fs::copy(root("assets/model/tokenizer.json"), dir.join("tokenizer.json")).unwrap();
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

#[track_caller]
fn refused(dir: &Path, code: ErrorCode, mentions: &[&str]) {
    let error = Predictor::load(dir, Device::Cpu).err().expect("it must be refused");
    assert_eq!(error.code, code, "{error}");
    let said = error.to_string();
    for mention in mentions {
        assert!(said.contains(mention), "`{said}` does not mention `{mention}`");
    }
    assert!(error.hint.is_some(), "`{said}` has no hint");
}

#[test]
fn directory_without_config_is_named() {
    let dir = tempfile::tempdir().unwrap();
    refused(dir.path(), ErrorCode::ModelMissing, &["config.json"]);
}

#[test]
fn directory_without_weights_is_named() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    refused(dir.path(), ErrorCode::ModelMissing, &["no weights"]);
}

#[test]
fn corrupt_weights_are_refused_wherever_they_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    let path = dir.path().join("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        refused(dir.path(), ErrorCode::ModelInvalid, &["can't be read"]);
    }
}

/// Such a file runs its command in whoever unpickles it; here it is a name that weights have no need of.
#[test]
fn hostile_pickle_is_refused_and_nothing_of_it_is_run() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    let sign = dir.path().join("it-ran");
    let command = format!("touch '{}'", sign.display());
    let mut pickle = b"\x80\x02cposix\nsystem\nX".to_vec();
    pickle.extend((command.len() as u32).to_le_bytes());
    pickle.extend(command.as_bytes());
    pickle.extend(b"\x85R.");
    let file = std::fs::File::create(dir.path().join("pytorch_model.bin")).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    zip.start_file("archive/data.pkl", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&pickle).unwrap();
    zip.finish().unwrap();
    refused(dir.path(), ErrorCode::ModelInvalid, &["posix.system"]);
    assert!(!sign.exists());
}

#[test]
fn mismatched_shape_names_tensor_and_both_shapes() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    let config = dir.path().join("config.json");
    replace(&config, "\"intermediate_size\": 96", "\"intermediate_size\": 80");
    refused(dir.path(), ErrorCode::WeightsMismatch, &["dense", "96", "80"]);
}

#[test]
fn missing_tensor_is_named() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    let config = dir.path().join("config.json");
    replace(&config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
    refused(dir.path(), ErrorCode::WeightsMismatch, &["layer.2", "missing"]);
}

#[test]
fn label_map_that_does_not_fit_the_classifier_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    let config = dir.path().join("config.json");
    replace(&config, "\"2\": \"LABEL_2\"", "\"2\": \"LABEL_2\", \"3\": \"LABEL_3\"");
    refused(dir.path(), ErrorCode::LabelsMismatch, &["classifier", "3", "4"]);
}

#[test]
fn label_map_with_gaps_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    replace(&dir.path().join("config.json"), "\"2\": \"LABEL_2\"", "\"7\": \"LABEL_2\"");
    let error = Predictor::load(dir.path(), Device::Cpu).err().unwrap();
    assert_eq!(error.code, ErrorCode::LabelsMismatch);
}

#[test]
fn tokenizer_with_more_tokens_than_the_model_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    refused(dir.path(), ErrorCode::TokenizerMismatch, &["30522", "200"]);
}

#[test]
fn tokenizer_that_is_no_tokenizer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    std::fs::write(dir.path().join("tokenizer.json"), "{}").unwrap();
    let error = Predictor::load(dir.path(), Device::Cpu).err().unwrap();
    assert_eq!(error.code, ErrorCode::TokenizerMismatch);
}

#[test]
fn unsupported_architecture_lists_what_is_supported() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path());
    let config = dir.path().join("config.json");
    replace(&config, "\"model_type\": \"layoutlmv2\"", "\"model_type\": \"layoutlmv3\"");
    refused(dir.path(), ErrorCode::ModelInvalid, &["layoutlmv3"]);
}
