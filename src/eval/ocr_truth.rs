//! What truly stands on the pages of data sets, for the OCR yardstick. Reads their own files rather
//! than training samples, which have gone through alignment and know neither lines nor untagged values.

use super::ocr::{PageTruth, TruthLine, TruthWord};
use crate::document::{Word, letters_and_digits};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PixelBox;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

pub fn invalid(path: &Path, message: &str) -> Error {
    Error::new(Stage::Train, ErrorCode::DataInvalid, message).at(path.display().to_string())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path)
        .map_err(|error| invalid(path, "the file can't be read").caused_by(error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| invalid(path, &format!("no valid annotation: {error}")))
}

fn says_anything(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[derive(Deserialize)]
struct SroieBoxes {
    lines: Vec<SroieLine>,
}

#[derive(Deserialize)]
struct SroieLine {
    #[serde(rename = "box")]
    bbox: PixelBox,
    text: String,
}

/// A receipt of SROIE: `box/ID.json` and `key/ID.json`.
///
/// # Errors
/// `data-invalid` where a file is missing or broken.
pub fn sroie(directory: &Path, id: &str) -> Result<PageTruth> {
    let boxes: SroieBoxes = read_json(&directory.join(format!("box/{id}.json")))?;
    let keys: serde_json::Map<String, serde_json::Value> =
        read_json(&directory.join(format!("key/{id}.json")))?;
    let value = |(label, value): (String, serde_json::Value)| {
        value.as_str().filter(|v| says_anything(v)).map(|v| (label, v.to_owned()))
    };
    Ok(PageTruth {
        lines: boxes.lines.iter().map(SroieLine::split).collect(),
        key_values: keys.into_iter().filter_map(value).collect(),
    })
}

impl SroieLine {
    /// Words with their share of the line's width, by number of letters.
    fn split(&self) -> TruthLine {
        let total = self.text.chars().count().max(1) as f64;
        let (left, width) = (f64::from(self.bbox.left()), f64::from(self.bbox.width()));
        let at = |letters: usize| (left + width * letters as f64 / total).round() as i64;
        let (mut words, mut letters) = (Vec::new(), 0);
        for part in self.text.split(' ') {
            let end = letters + part.chars().count();
            if !part.is_empty() {
                let (top, bottom) = (self.bbox.top().into(), self.bbox.bottom().into());
                let bbox = PixelBox::new(at(letters), top, at(end), bottom);
                words.push(TruthWord { text: part.to_owned(), bbox });
            }
            letters = end + 1;
        }
        TruthLine { bbox: self.bbox, words }
    }
}

#[derive(Deserialize)]
struct FunsdPage {
    form: Vec<FunsdEntity>,
}

#[derive(Deserialize)]
struct FunsdEntity {
    text: String,
    label: String,
    words: Vec<FunsdWord>,
}

#[derive(Deserialize)]
struct FunsdWord {
    #[serde(rename = "box")]
    bbox: PixelBox,
    text: String,
}

/// A form of FUNSD: `annotations/ID.json`. Its answers are the key values.
///
/// # Errors
/// `data-invalid` where the file is missing or broken.
pub fn funsd(directory: &Path, id: &str) -> Result<PageTruth> {
    let page: FunsdPage = read_json(&directory.join(format!("annotations/{id}.json")))?;
    let mut truth = PageTruth::default();
    for entity in page.form {
        if entity.label == "answer" && says_anything(&entity.text) {
            truth.key_values.push((entity.label, entity.text));
        }
        let words = entity.words.into_iter().filter(|w| !w.text.trim().is_empty());
        truth.lines.extend(lines_of_entity(
            words.map(|w| TruthWord { text: w.text.trim().to_owned(), bbox: w.bbox }),
        ));
    }
    Ok(truth)
}

/// An entity's words in lines: a word whose centre is below the line so far begins the next.
fn lines_of_entity(words: impl Iterator<Item = TruthWord>) -> Vec<TruthLine> {
    let mut lines: Vec<TruthLine> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if word.bbox.center_y() < line.bbox.bottom() as f32 => {
                line.bbox = line.bbox.union(word.bbox);
                line.words.push(word);
            }
            _ => lines.push(TruthLine { bbox: word.bbox, words: vec![word] }),
        }
    }
    lines
}

/// A paper of the FCC: `ID.truth.json` beside `ID.pdf`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Paper {
    invoice_number: Option<String>,
    advertiser: Option<String>,
    total_text: Option<String>,
    pub pages: u32,
    #[serde(default)]
    pub has_text_layer: bool,
}

impl Paper {
    /// # Errors
    /// `data-invalid` where the file is missing or broken.
    pub fn read(pdf: &Path) -> Result<Self> {
        read_json(&pdf.with_extension("truth.json"))
    }

    /// A page of it whose text layer is the truth. Of the document's values those count that stand on
    /// this page.
    pub fn page(&self, words: &[Word]) -> PageTruth {
        let text: String = words.iter().map(|word| letters_and_digits(&word.text)).collect();
        let values = [
            ("invoice_number", &self.invoice_number),
            ("customer", &self.advertiser),
            ("total", &self.total_text),
        ];
        let here = |(label, value): (&str, &Option<String>)| {
            let value = value.as_ref().filter(|v| says_anything(v))?;
            text.contains(&letters_and_digits(value)).then(|| (label.to_owned(), value.clone()))
        };
        PageTruth {
            lines: lines_of_page(words),
            key_values: values.into_iter().filter_map(here).collect(),
        }
    }
}

fn lines_of_page(words: &[Word]) -> Vec<TruthLine> {
    words
        .chunk_by(|a, b| a.line == b.line)
        .filter_map(|line| {
            let bbox = PixelBox::union_of(line.iter().map(|word| word.bbox))?;
            let words = line.iter().map(|w| TruthWord { text: w.text.clone(), bbox: w.bbox });
            Some(TruthLine { bbox, words: words.collect() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_on_another_page_do_not_count() {
        let word = |text: &str, line| Word {
            text: text.into(),
            bbox: PixelBox::new(0, i64::from(line) * 20, 50, i64::from(line) * 20 + 15),
            confidence: 1.0,
            line,
            block: 0,
        };
        let paper = Paper {
            invoice_number: Some("950-1".into()),
            total_text: Some("$9,000.00".into()),
            advertiser: Some(String::new()),
            ..Paper::default()
        };
        let truth = paper.page(&[word("No.", 0), word("9501", 0), word("Spots", 1)]);
        assert_eq!(truth.key_values, [("invoice_number".to_owned(), "950-1".to_owned())]);
        assert_eq!(truth.lines.iter().map(|l| l.words.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
