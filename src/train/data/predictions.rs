//! What `layoutlm extract --page-words` wrote, as labelled pages: the way from predictions to
//! corrected labels.

use super::json_file::{data_files, invalid, read_text};
use super::{Picture, Sample};
use crate::document::{Entity, Word};
use crate::error::Result;
use crate::geometry::PageSize;
use crate::output::record::{Extraction, PageRecord, Record};
use std::collections::BTreeSet;
use std::path::Path;

/// Name of the data set of such pages.
const DATASET: &str = "predictions";

/// Whether a file is `extract`'s output: its first record says so.
pub fn is_predictions(path: &Path) -> bool {
    let mut start = vec![0; 64];
    let read = std::fs::File::open(path).and_then(|file| {
        use std::io::Read;
        let length = file.take(64).read(&mut start)?;
        start.truncate(length);
        Ok(())
    });
    let text: String = String::from_utf8_lossy(&start).split_whitespace().collect();
    read.is_ok() && text.starts_with("{\"schema\":\"layoutlm/")
}

/// Reads records, one a line or pretty-printed, from a file or the `.json` and `.jsonl` files of a
/// directory. Records of failed inputs are passed over.
///
/// # Errors
/// `DataInvalid` for what is no record, or holds no words of its pages.
pub fn read(path: &Path) -> Result<Vec<Sample>> {
    let files = match path.is_dir() {
        true => {
            let lists = ["json", "jsonl"].map(|extension| data_files(path, extension));
            let mut files: Vec<_> = lists.into_iter().flatten().flatten().collect();
            files.retain(|file| is_predictions(file));
            files
        }
        false => vec![path.to_path_buf()],
    };
    let mut samples = Vec::new();
    for file in files {
        let text = read_text(&file)?;
        for (index, record) in serde_json::Deserializer::from_str(&text).into_iter().enumerate() {
            let record: Record =
                record.map_err(|e| invalid(&file, format!("record {}: {e}", index + 1)))?;
            if let Some(extraction) = &record.extraction {
                let pages = pages_of(&record.input, extraction).ok_or_else(|| {
                    invalid(&file, format!("record {}: pages without words", index + 1))
                        .hint("run `layoutlm extract` with --page-words")
                })?;
                samples.extend(pages);
            }
        }
    }
    // Labels that no page has can't be told from labels nobody looked for.
    let labels: BTreeSet<String> = samples.iter().flat_map(|s| s.annotated.clone()).collect();
    for sample in &mut samples {
        sample.annotated = labels.iter().cloned().collect();
    }
    Ok(samples)
}

/// `None` where the words of a page are missing.
fn pages_of(input: &str, extraction: &Extraction) -> Option<Vec<Sample>> {
    let is_long = extraction.pages.len() > 1;
    extraction.pages.iter().map(|page| page_of(input, is_long, page, extraction)).collect()
}

fn page_of(
    input: &str,
    is_long: bool,
    page: &PageRecord,
    extraction: &Extraction,
) -> Option<Sample> {
    let words = page.words.clone()?;
    let id = if is_long { format!("{input}#{}", page.page) } else { input.to_string() };
    let size = PageSize::new(page.width, page.height);
    let mut tags = vec!["O".to_string(); words.len()];
    let mut firsts = Vec::new();
    for entity in extraction.entities.iter().filter(|entity| entity.page == page.page) {
        let members = places_of(entity, &words, &tags);
        for (rank, &word) in members.iter().enumerate() {
            let prefix = if rank == 0 { "B" } else { "I" };
            tags[word] = format!("{prefix}-{}", entity.label.to_uppercase());
        }
        firsts.extend(members.first().map(|&first| (entity.id, first)));
    }
    let first = |id: usize| firsts.iter().find(|(of, _)| *of == id).map(|(_, word)| *word);
    let links = extraction.relations.iter();
    let links = links.filter_map(|r| Some((first(r.head)?, first(r.tail)?))).collect();
    let annotated: BTreeSet<String> =
        extraction.entities.iter().map(|entity| entity.label.clone()).collect();
    let picture = match input.to_lowercase().ends_with(".pdf") {
        _ if !Path::new(input).is_file() => None,
        true => Some(Picture::PdfPage(input.into(), page.page)),
        false => Some(Picture::File(input.into())),
    };
    let sample = Sample::unlabelled(id, DATASET, size, words);
    Some(Sample { tags, links, annotated: annotated.into_iter().collect(), picture, ..sample })
}

/// Where an entity's words stand among the page's, each word once.
fn places_of(entity: &Entity, words: &[Word], tags: &[String]) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    for word in &entity.words {
        let found = (0..words.len()).find(|&index| {
            let other = &words[index];
            let is_free = tags[index] == "O" && !taken.contains(&index);
            is_free && other.bbox == word.bbox && other.text == word.text
        });
        taken.extend(found);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::data::convert::{DataFormat, write_dataset};
    use crate::train::data::kind::{DatasetKind, read_dataset};
    use serde_json::{Value, json};

    const RECORD: &str = r#"{"schema": "layoutlm/1", "input": "nowhere/a.png", "sha256": "00",
        "status": "ok", "ocr": {"engine": "tesseract 5", "lang": "eng"},
        "pages": [{"page": 1, "width": 100, "height": 50, "dpi": null, "rotation": 0, "source": "ocr",
            "words": [
                {"text": "TOTAL", "bbox": [1, 1, 30, 10], "confidence": 0.9, "line": 0, "block": 0},
                {"text": "RM", "bbox": [40, 1, 50, 10], "confidence": 0.9, "line": 0, "block": 0},
                {"text": "9.00", "bbox": [60, 1, 90, 10], "confidence": 0.9, "line": 0, "block": 0}]}],
        "entities": [{"id": 0, "label": "total", "text": "RM 9.00", "score": 0.9,
            "ocr_confidence": 0.9, "page": 1, "bbox": [40, 1, 90, 10], "words": [
                {"text": "RM", "bbox": [40, 1, 50, 10], "confidence": 0.9, "line": 0, "block": 0},
                {"text": "9.00", "bbox": [60, 1, 90, 10], "confidence": 0.9, "line": 0, "block": 0}]}],
        "relations": [], "fields": {"total": "RM 9.00"},
        "timings_ms": {"input": 1, "ocr": 1, "encode": 1, "model": 1, "decode": 1}}"#;

    #[test]
    fn entities_become_tags_of_the_pages_words() {
        let dir = tempfile::tempdir().unwrap();
        let line: Value = serde_json::from_str(RECORD).unwrap();
        let failed = json!({"schema": "layoutlm/1", "input": "b.png", "status": "error",
            "error": {"code": "not-found", "stage": "input", "message": "no such file"}});
        for (name, text) in [
            ("one.json", RECORD.to_string()),
            ("many.jsonl", format!("{line}\n{failed}\n{line}\n")),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert_eq!(DatasetKind::detect(&path).unwrap(), DatasetKind::Predictions);
            let samples = read_dataset(DatasetKind::Predictions, &path).unwrap();
            assert_eq!(samples[0].tags, ["O", "B-TOTAL", "I-TOTAL"]);
            assert_eq!(samples[0].annotated, ["total"]);
            samples[0].check().unwrap();
        }
    }

    /// The whole way: predicted, corrected in Label Studio, exported, ready to be fine-tuned on.
    #[test]
    fn predictions_corrected_in_label_studio_come_back_as_labels() {
        let dir = tempfile::tempdir().unwrap();
        let (predicted, tasks) = (dir.path().join("p.json"), dir.path().join("tasks.json"));
        std::fs::write(&predicted, RECORD).unwrap();
        let samples = read(&predicted).unwrap();
        write_dataset(DataFormat::LabelStudio, &tasks, &samples).unwrap();
        // A person accepts the prediction, and moves the rectangle's left edge behind the currency.
        let text = std::fs::read_to_string(&tasks).unwrap();
        let mut export: Vec<Value> = serde_json::from_str(&text).unwrap();
        for task in &mut export {
            let mut result = task["predictions"][0]["result"].clone();
            for item in result.as_array_mut().unwrap() {
                let left = item["value"]["x"].as_f64().unwrap();
                let width = item["value"]["width"].as_f64().unwrap();
                item["value"]["x"] = json!(left + 15.0);
                item["value"]["width"] = json!(width - 15.0);
            }
            task["annotations"] = json!([{ "result": result }]);
        }
        let export_path = dir.path().join("export.json");
        std::fs::write(&export_path, serde_json::to_string(&export).unwrap()).unwrap();
        let corrected = read_dataset(DatasetKind::LabelStudio, &export_path).unwrap();
        assert_eq!(corrected[0].tags, ["O", "O", "B-TOTAL"]);
        assert_eq!(corrected[0].words, samples[0].words);
        let jsonl = dir.path().join("corrected.jsonl");
        write_dataset(DataFormat::Jsonl, &jsonl, &corrected).unwrap();
        let again = read_dataset(DatasetKind::Jsonl, &jsonl).unwrap();
        assert_eq!(again[0].tags, corrected[0].tags);
    }

    #[test]
    fn records_without_words_name_the_flag() {
        let dir = tempfile::tempdir().unwrap();
        let mut record: Value = serde_json::from_str(RECORD).unwrap();
        record["pages"][0].as_object_mut().unwrap().remove("words");
        let path = dir.path().join("p.jsonl");
        std::fs::write(&path, record.to_string()).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.hint.unwrap().contains("--page-words"));
    }
}
