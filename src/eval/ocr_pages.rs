//! Pages whose words are known, for the OCR yardstick: SROIE's receipts and FUNSD's forms as their
//! data sets lay them out. Reads their own files rather than training samples, which have gone
//! through alignment and know neither lines nor untagged values.

use super::ocr::{OcrScore, PageTruth, TruthLine, TruthWord, score_page};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PixelBox;
use crate::input::PageImage;
use crate::ocr::Recognizer;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// One page of a data set and where its picture is.
#[derive(Debug, Clone)]
pub struct EvalPage {
    /// File name without extension.
    pub id: String,
    pub picture: PathBuf,
    pub truth: PageTruth,
}

/// Which pages of a directory take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PagePart {
    #[default]
    All,
    /// [`DEV_PAGES`] pages for tuning, the same ones always: those whose names hash lowest.
    Dev,
}

/// Pages of a train split that are kept for tuning.
pub const DEV_PAGES: usize = 64;

impl PagePart {
    /// The names that take part, in the order given.
    pub fn select(self, mut ids: Vec<String>) -> Vec<String> {
        if self == Self::Dev {
            let mut hashes: Vec<_> = ids.iter().map(|id| Sha256::digest(id.as_bytes())).collect();
            hashes.sort();
            if let Some(limit) = hashes.get(DEV_PAGES).copied() {
                ids.retain(|id| Sha256::digest(id.as_bytes()) < limit);
            }
        }
        ids
    }
}

/// Reads the truth of the page of this name in a data set's directory.
type TruthReader = fn(&Path, &str) -> Result<PageTruth>;

/// The pages of a data set's directory, by name. SROIE: `img box key`; FUNSD: `images annotations`.
///
/// # Errors
/// `data-invalid` where the directory has neither form or a file of it is broken.
pub fn load_pages(directory: &Path, part: PagePart) -> Result<Vec<EvalPage>> {
    let (pictures, read): (&str, TruthReader) =
        if directory.join("box").is_dir() && directory.join("img").is_dir() {
            ("img", sroie_truth)
        } else if directory.join("annotations").is_dir() && directory.join("images").is_dir() {
            ("images", funsd_truth)
        } else {
            return Err(invalid(directory, "no pages with known words are in this directory")
                .hint("expected SROIE's `img box key` or FUNSD's `images annotations`"));
        };
    let entries = std::fs::read_dir(directory.join(pictures))
        .map_err(|error| invalid(directory, "the pictures can't be listed").caused_by(error))?;
    let by_id: BTreeMap<String, PathBuf> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            Some((path.file_stem()?.to_str()?.to_owned(), path))
        })
        .collect();
    part.select(by_id.keys().cloned().collect())
        .into_iter()
        .map(|id| Ok(EvalPage { truth: read(directory, &id)?, picture: by_id[&id].clone(), id }))
        .collect()
}

/// Reads every page and scores it; `seen` is told of each.
///
/// # Errors
/// The first picture or page that can't be read: a figure over fewer pages would mislead.
pub fn score_pages(
    pages: &[EvalPage],
    recognizer: &dyn Recognizer,
    mut seen: impl FnMut(&EvalPage, &OcrScore),
) -> Result<OcrScore> {
    let mut sum = OcrScore::default();
    for page in pages {
        let picture = image::open(&page.picture).map_err(|error| {
            invalid(&page.picture, "the picture can't be decoded").caused_by(error)
        })?;
        let image = PageImage { number: 1, image: picture.to_rgb8(), dpi: None, text_layer: None };
        let start = Instant::now();
        let read = recognizer
            .recognize(&image)
            .map_err(|error| error.at(page.picture.display().to_string()))?;
        let elapsed = start.elapsed();
        let score = OcrScore { elapsed, ..score_page(&page.truth, &read.words) };
        seen(page, &score);
        sum += score;
    }
    Ok(sum)
}

fn invalid(path: &Path, message: &str) -> Error {
    Error::new(Stage::Train, ErrorCode::DataInvalid, message).at(path.display().to_string())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path)
        .map_err(|error| invalid(path, "the file can't be read").caused_by(error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| invalid(path, &format!("no valid annotation: {error}")))
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

fn sroie_truth(directory: &Path, id: &str) -> Result<PageTruth> {
    let boxes: SroieBoxes = read_json(&directory.join(format!("box/{id}.json")))?;
    let keys: serde_json::Map<String, serde_json::Value> =
        read_json(&directory.join(format!("key/{id}.json")))?;
    let values = keys.values().filter_map(|v| v.as_str()).map(str::to_owned);
    Ok(PageTruth {
        lines: boxes.lines.iter().map(SroieLine::split).collect(),
        key_values: values.filter(|v| v.chars().any(char::is_alphanumeric)).collect(),
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

fn funsd_truth(directory: &Path, id: &str) -> Result<PageTruth> {
    let page: FunsdPage = read_json(&directory.join(format!("annotations/{id}.json")))?;
    let mut truth = PageTruth::default();
    for entity in page.form {
        if entity.label == "answer" && entity.text.chars().any(char::is_alphanumeric) {
            truth.key_values.push(entity.text);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Word;
    use crate::ocr::Recognition;
    use std::fs;

    /// Reads the same word from every page.
    struct Parrot;

    impl Recognizer for Parrot {
        fn recognize(&self, _page: &PageImage) -> Result<Recognition> {
            let word = Word {
                text: "total".into(),
                bbox: PixelBox::new(0, 0, 50, 20),
                confidence: 0.9,
                line: 0,
                block: 0,
            };
            Ok(Recognition { words: vec![word], rotation: 0 })
        }
        fn engine(&self) -> String {
            "parrot".into()
        }
        fn language(&self) -> String {
            "eng".into()
        }
    }

    fn data_set(files: &[(&str, &str)], picture: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let picture = directory.path().join(picture);
        fs::create_dir_all(picture.parent().unwrap()).unwrap();
        image::RgbImage::new(60, 60).save(picture).unwrap();
        directory
    }

    #[test]
    fn receipt_lines_are_split_at_spaces_and_scored() {
        let data = data_set(
            &[
                ("box/a.json", r#"{"lines":[{"box":[0,0,100,20],"text":"TOTAL 9.00"}]}"#),
                ("key/a.json", r#"{"total":"9.00","company":"Total","date":""}"#),
            ],
            "img/a.png",
        );
        let pages = load_pages(data.path(), PagePart::All).unwrap();
        assert_eq!(pages[0].truth.lines[0].words[1].bbox, PixelBox::new(60, 0, 100, 20));
        let score = score_pages(&pages, &Parrot, |_, _| {}).unwrap();
        assert_eq!((score.right_words, score.truth_words), (1, 2));
        assert_eq!((score.found_values, score.values), (1, 2));
    }

    #[test]
    fn form_entities_are_split_into_lines() {
        let form = r#"{"form":[{"text":"total x y","label":"answer","words":[
            {"box":[0,0,50,20],"text":"total"},{"box":[60,2,70,20],"text":"x"},
            {"box":[0,30,10,50],"text":"y"},{"box":[0,0,0,0],"text":""}]}]}"#;
        let data = data_set(&[("annotations/a.json", form)], "images/a.png");
        let pages = load_pages(data.path(), PagePart::All).unwrap();
        assert_eq!(pages[0].truth.lines.len(), 2);
        assert_eq!(pages[0].truth.key_values, ["total x y"]);
    }

    #[test]
    fn other_directories_and_broken_files_are_errors() {
        let empty = tempfile::tempdir().unwrap();
        let error = load_pages(empty.path(), PagePart::All).unwrap_err();
        assert_eq!(error.code, ErrorCode::DataInvalid);
        let data = data_set(&[("box/a.json", "{"), ("key/a.json", "{}")], "img/a.png");
        let error = load_pages(data.path(), PagePart::All).unwrap_err();
        assert!(error.input.unwrap().ends_with("a.json"));
    }

    #[test]
    fn dev_part_is_fixed_whatever_else_is_there() {
        let ids = |range: std::ops::Range<usize>| range.map(|n| format!("page{n:04}")).collect();
        let held = PagePart::Dev.select(ids(0..600));
        assert_eq!(held.len(), DEV_PAGES);
        assert!(held.is_sorted());
        let fewer = PagePart::Dev.select(ids(0..500));
        assert!(held.iter().filter(|id| id.as_str() < "page0500").all(|id| fewer.contains(id)));
        assert_eq!(PagePart::Dev.select(ids(0..10)).len(), 10);
    }
}
