//! Label Studio tasks with predictions (labelstud.io/guide/predictions): one a page, so that a person
//! can correct what was found and the export can train the next model.
//!
//! Boxes are in percent of the page, as Label Studio wants them. All words of the page travel along in
//! `data.words`: a corrected box becomes a label of the words below it, without a second OCR.

use super::RecordWriter;
use super::record::{PageRecord, Record};
use crate::document::{Entity, Word};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Names of the controls in the labelling configuration that `docs/output.md` shows.
const LABEL_CONTROL: &str = "label";
const TEXT_CONTROL: &str = "transcription";
const IMAGE_OBJECT: &str = "image";

/// One array of tasks; pages of failed documents are not in it.
#[derive(Default)]
pub struct Tasks {
    written: usize,
}

impl RecordWriter for Tasks {
    fn start(&mut self, out: &mut dyn Write, _several: bool) -> io::Result<()> {
        out.write_all(b"[")
    }

    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        _index: usize,
        _several: bool,
    ) -> io::Result<()> {
        for page in record.pages() {
            out.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, &task(record, page))?;
            self.written += 1;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, _count: usize, _several: bool) -> io::Result<()> {
        out.write_all(if self.written == 0 { b"]\n" } else { b"\n]\n" })
    }
}

fn task(record: &Record, page: &PageRecord) -> Value {
    let entities: Vec<&Entity> =
        record.entities().iter().filter(|entity| entity.page == page.page).collect();
    let mut result = Vec::new();
    for entity in &entities {
        result.extend(regions(entity, page));
    }
    if let Some(extraction) = &record.extraction {
        let here = |id: usize| entities.iter().any(|entity| entity.id == id);
        for relation in
            extraction.relations.iter().filter(|link| here(link.head) && here(link.tail))
        {
            result.push(json!({
                "type": "relation",
                "from_id": region_id(relation.head),
                "to_id": region_id(relation.tail),
                "direction": "right",
                "labels": [relation.label],
            }));
        }
    }
    // The page's score sorts tasks: the least sure first is what a person should look at.
    let score = entities.iter().map(|entity| entity.score).reduce(f32::min).unwrap_or(0.0);
    let model = record.extraction.as_ref().and_then(|extraction| extraction.model.as_ref());
    json!({
        "data": {
            IMAGE_OBJECT: format!("/data/local-files/?d={}", percent_encoded(&record.input)),
            "input": record.input,
            "sha256": record.sha256,
            "page": page.page,
            "width": page.width,
            "height": page.height,
            "words": page.words.iter().flatten().map(word).collect::<Vec<_>>(),
        },
        "predictions": [{
            "model_version": model.map(|model| format!("{} {}", model.name, model.revision)),
            "score": decimal(score),
            "result": result,
        }],
    })
}

/// The labelled rectangle and its text: two results with one id.
fn regions(entity: &Entity, page: &PageRecord) -> [Value; 2] {
    // Four decimals: less than a hundredth of a pixel on any page.
    let percent =
        |length: u32, side: u32| (f64::from(length) * 1e6 / f64::from(side.max(1))).round() / 1e4;
    let place = json!({
        "x": percent(entity.bbox.left(), page.width),
        "y": percent(entity.bbox.top(), page.height),
        "width": percent(entity.bbox.width(), page.width),
        "height": percent(entity.bbox.height(), page.height),
        "rotation": 0,
    });
    let region = |kind: &str, control: &str, key: &str, content: &str| {
        let mut value = place.clone();
        value[key] = json!([content]);
        json!({
            "id": region_id(entity.id),
            "type": kind,
            "from_name": control,
            "to_name": IMAGE_OBJECT,
            "original_width": page.width,
            "original_height": page.height,
            "image_rotation": 0,
            "score": decimal(entity.score),
            "value": value,
        })
    };
    [
        region("rectanglelabels", LABEL_CONTROL, "rectanglelabels", &entity.label),
        region("textarea", TEXT_CONTROL, "text", &entity.text),
    ]
}

fn word(word: &Word) -> Value {
    json!({
        "text": word.text,
        "bbox": word.bbox,
        "confidence": decimal(word.confidence),
        "line": word.line,
        "block": word.block,
    })
}

/// A probability as it is written elsewhere: 0.9, not 0.8999999761581421.
fn decimal(probability: f32) -> f64 {
    (f64::from(probability) * 1e4).round() / 1e4
}

fn region_id(entity: usize) -> String {
    format!("entity-{entity}")
}

/// A path inside a query: everything but letters, digits and `-._~/` is encoded.
fn percent_encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
