//! SROIE (ICDAR 2019): receipts with line boxes and four key values as strings.
//!
//! `box/ID.json` holds the lines, `key/ID.json` the values, `img/ID.jpg` the picture. Lines are put in
//! reading order and cut into words; the values are aligned to words by [`align_keys`].

use super::align::align_keys;
use super::apportion::split_line_and_cut;
use super::json_file::{data_files, read_json};
use super::rows::find_rows;
use super::{Picture, Sample};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Keys that every receipt is annotated with.
pub const LABELS: [&str; 4] = ["company", "date", "address", "total"];

#[derive(Deserialize)]
struct BoxFile {
    id: String,
    width: u32,
    height: u32,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "box")]
    bbox: PixelBox,
    text: String,
}

/// Reads a directory with `box`, `key` and `img`.
///
/// # Errors
/// `DataInvalid` with the file and the element, when one can't be read.
pub fn read(dir: &Path) -> Result<Vec<Sample>> {
    data_files(&dir.join("box"), "json")?.iter().map(|path| read_one(dir, path)).collect()
}

fn read_one(dir: &Path, path: &Path) -> Result<Sample> {
    let page: BoxFile = read_json(path)?;
    let key_path = dir.join("key").join(path.file_name().unwrap_or_default());
    // A receipt without keys is a page to pre-train on.
    let truth: Option<BTreeMap<String, String>> =
        if key_path.exists() { Some(read_json(&key_path)?) } else { None };
    let picture = dir.join("img").join(format!("{}.jpg", page.id));
    let mut sample = from_lines(&page);
    sample.picture = picture.exists().then_some(Picture::File(picture));
    if let Some(mut truth) = truth {
        truth.retain(|_, value| !value.trim().is_empty());
        let alignment = align_keys(&sample.words, &truth);
        sample.tags = alignment.tags(sample.words.len());
        sample.ignore = alignment.ignore(&sample.tags);
        sample.annotated = LABELS.map(String::from).to_vec();
        sample.truth = truth;
    }
    Ok(sample)
}

fn from_lines(page: &BoxFile) -> Sample {
    let size = PageSize::new(page.width, page.height);
    let boxes: Vec<PixelBox> = page.lines.iter().map(|line| line.bbox.clamp_to(size)).collect();
    let rows = find_rows(&boxes);
    let mut words = Vec::new();
    let mut segments = Vec::new();
    for &index in &rows.order {
        for (text, bbox) in split_line_and_cut(&page.lines[index].text, boxes[index]) {
            segments.push(boxes[index]);
            let line = rows.row_of[index];
            words.push(Word { text, bbox, confidence: 1.0, line, block: 0 });
        }
    }
    Sample { segments, ..Sample::unlabelled(page.id.as_str(), "sroie", size, words) }
}

#[cfg(test)]
mod tests {
    use super::super::report::AlignmentReport;
    use super::*;

    /// Figures on the whole data set:
    /// `LAYOUTLM_SROIE=DIR/train cargo test --lib sroie -- --ignored --nocapture`.
    #[test]
    #[ignore = "needs the data set"]
    fn alignment_of_the_whole_set() {
        let Some(dir) = std::env::var_os("LAYOUTLM_SROIE") else { return };
        let samples = read(Path::new(&dir)).unwrap();
        let report = AlignmentReport::of(&samples);
        for (id, key, found, value) in &report.misses {
            eprintln!("{id} {key}\n  found {found}\n  given {value}");
        }
        eprintln!("{report}");
    }
}
