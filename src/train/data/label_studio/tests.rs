//! Exports as Label Studio writes them, and the round trip predict → correct → read.

use super::write::{TaskOptions, labelling_config, write};
use super::*;
use crate::train::data::{DatasetKind, read_dataset};
use std::path::PathBuf;

fn read_text(text: &str) -> Result<Vec<Sample>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.json");
    std::fs::write(&path, text).unwrap();
    read(&path)
}

fn fixture(kind: DatasetKind) -> Sample {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(kind.name());
    read_dataset(kind, &path).unwrap().remove(0)
}

/// Writes tasks and turns their predictions into annotations, as accepting them does.
fn accepted(sample: &Sample) -> (tempfile::TempDir, PathBuf, serde_json::Value) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tasks.json");
    write(&path, std::slice::from_ref(sample), &TaskOptions::default()).unwrap();
    let mut tasks: serde_json::Value = read_json(&path).unwrap();
    let predictions = tasks[0].as_object_mut().unwrap().remove("predictions").unwrap();
    tasks[0]["annotations"] = predictions;
    (dir, path, tasks)
}

fn read_back(path: &Path, tasks: &serde_json::Value) -> Sample {
    std::fs::write(path, tasks.to_string()).unwrap();
    read(path).unwrap().remove(0)
}

#[test]
fn ocr_template_with_transcriptions_becomes_words_and_tags() {
    let text = r#"[{"id": 7, "data": {"ocr": "/data/upload/1/0a1b2c3d-r.png"},
      "annotations": [
        {"was_cancelled": true, "result": []},
        {"result": [
          {"id": "b", "type": "rectangle", "original_width": 200, "original_height": 100,
           "value": {"x": 50, "y": 10, "width": 25, "height": 10, "rotation": 0}},
          {"id": "b", "type": "labels", "value": {"x": 50, "y": 10, "width": 25, "height": 10,
           "labels": ["Grand Total"]}},
          {"id": "b", "type": "textarea", "value": {"x": 50, "y": 10, "width": 25, "height": 10,
           "text": ["RM 9.00"]}},
          {"id": "a", "type": "rectanglelabels", "value": {"x": 0, "y": 10, "width": 40,
           "height": 10, "rectanglelabels": ["Key"], "text": "TOTAL"}},
          {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"}]}]},
      {"id": 8, "data": {}, "annotations": []}]"#;
    let samples = read_text(text).unwrap();
    assert_eq!(samples.len(), 1);
    let sample = &samples[0];
    assert_eq!(sample.id, "0a1b2c3d-r");
    let words: Vec<&str> = sample.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["TOTAL", "RM", "9.00"]);
    assert_eq!(sample.tags, ["B-KEY", "B-GRAND_TOTAL", "I-GRAND_TOTAL"]);
    assert_eq!(sample.words[0].bbox, PixelBox::new(0, 10, 80, 20));
    assert_eq!(sample.links, [(0, 1)]);
    assert_eq!(sample.annotated, ["grand_total", "key"]);
}

#[test]
fn accepted_predictions_come_back_with_the_same_tags_and_links() {
    for kind in [DatasetKind::Sroie, DatasetKind::Funsd, DatasetKind::Xfund] {
        let sample = fixture(kind);
        let (_dir, path, tasks) = accepted(&sample);
        let back = read_back(&path, &tasks);
        assert_eq!(back.id, sample.id);
        assert_eq!(back.words, sample.words);
        assert_eq!(back.tags, sample.tags);
        assert_eq!(back.links, sample.links);
        assert_eq!(back.annotated.len(), sample.annotated.len());
    }
}

#[test]
fn a_renamed_and_a_deleted_rectangle_change_the_labels() {
    let sample = fixture(DatasetKind::Xfund);
    let (_dir, path, mut tasks) = accepted(&sample);
    let result = tasks[0]["annotations"][0]["result"].as_array_mut().unwrap();
    result.retain(|item| item["id"] != "w0" && item["type"] != "relation");
    result[0]["value"]["rectanglelabels"][0] = "street".into();
    let back = read_back(&path, &tasks);
    assert_eq!(back.tags, ["O", "B-STREET", "I-STREET"]);
}

#[test]
fn labelling_config_lists_the_labels_escaped() {
    let mut sample = fixture(DatasetKind::Funsd);
    sample.annotated.push("a<b".to_string());
    let config = labelling_config(&[sample]);
    assert!(config.contains("<Label value=\"question\"/>"), "{config}");
    assert!(config.contains("a&lt;b"), "{config}");
}

#[test]
fn broken_exports_name_the_task() {
    let minimal = r#"[{"id": 3, "data": {"image": "a.png"}, "annotations": [{"result": []}]}]"#;
    let error = read_text(minimal).unwrap_err().to_string();
    assert!(error.contains("task 3") && error.contains("export.json"), "{error}");
    let flat = r#"[{"id": 3, "data": {"width": 10, "height": 10}, "annotations": [{"result": [
        {"id": "z", "type": "rectanglelabels", "value": {"x": 1, "y": 1, "rectanglelabels": ["t"]}}
    ]}]}]"#;
    let error = read_text(flat).unwrap_err().to_string();
    assert!(error.contains("without extent"), "{error}");
    assert!(read_text("{}").is_err());
}
