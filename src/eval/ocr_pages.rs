//! Pages whose words are known, for the OCR yardstick: SROIE's receipts, FUNSD's forms, and the FCC's
//! papers, drawn at several resolutions, whose PDF text layer is the truth.
//!
//! Pages are opened one at a time, as they are read.

use super::ocr::{OcrScore, PageTruth, score_page};
use super::ocr_truth::{self as truth, Paper, invalid};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::input::{InputOptions, PageImage, Source, TextLayerMode, open};
use crate::ocr::Recognizer;
use crate::train::data::DatasetKind;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// One page of a data set and where its picture is.
#[derive(Debug, Clone)]
pub struct EvalPage {
    /// File name without extension; `#` and the page's number where a file has several.
    pub id: String,
    /// Pages of one kind are reported together: `sroie`, `fcc at 100 dpi`.
    pub kind: String,
    file: PathBuf,
    from: PageSource,
}

#[derive(Debug, Clone)]
enum PageSource {
    Picture(PageTruth),
    Paper { paper: Paper, page: u32, dpi: u32 },
}

/// Which pages of a directory take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PagePart {
    #[default]
    All,
    /// [`DEV_PAGES`] pages (of FCC papers: documents) for tuning, the same ones always: those whose
    /// names hash lowest.
    Dev,
    /// All the others.
    Train,
}

/// Pages of a train split that are kept for tuning.
pub const DEV_PAGES: usize = 64;

impl PagePart {
    /// The names that take part, in the order given.
    pub fn select(self, mut ids: Vec<String>) -> Vec<String> {
        if self == Self::All {
            return ids;
        }
        let mut hashes: Vec<_> = ids.iter().map(|id| hash(id)).collect();
        hashes.sort();
        let limit = hashes.get(DEV_PAGES).copied();
        let is_dev = |id: &String| limit.is_none_or(|limit| hash(id) < limit);
        ids.retain(|id| is_dev(id) == (self == Self::Dev));
        ids
    }
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

/// Which pages are wanted, and how papers are drawn.
#[derive(Debug, Clone)]
pub struct PageChoice {
    pub part: PagePart,
    /// At most so many pages of a data set, chosen by their names' hash.
    pub limit: Option<usize>,
    /// Resolutions that PDF pages are drawn at.
    pub render_dpi: Vec<u32>,
}

impl Default for PageChoice {
    fn default() -> Self {
        Self { part: PagePart::All, limit: None, render_dpi: vec![100, 150, 200, 300] }
    }
}

/// The pages of a data set's directory, by name.
///
/// # Errors
/// `data-invalid` where the kind has no pages with known words or a file is broken.
pub fn load_pages(
    kind: DatasetKind,
    directory: &Path,
    choice: &PageChoice,
) -> Result<Vec<EvalPage>> {
    match kind {
        DatasetKind::Sroie => {
            pictures(kind, &directory.join("img"), choice, &|id| truth::sroie(directory, id))
        }
        DatasetKind::Funsd => {
            pictures(kind, &directory.join("images"), choice, &|id| truth::funsd(directory, id))
        }
        DatasetKind::Fcc => papers(directory, choice),
        _ => Err(invalid(directory, "this kind of data has no pictures with known words")
            .hint("OCR is scored on `sroie`, `funsd` and `fcc`; see docs/ocr.md")),
    }
}

/// Files of a directory by their names without extension.
fn files_by_id(directory: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let entries = std::fs::read_dir(directory)
        .map_err(|error| invalid(directory, "the files can't be listed").caused_by(error))?;
    let name = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths.filter_map(|path| Some((name(&path)?, path))).collect())
}

fn pictures(
    kind: DatasetKind,
    directory: &Path,
    choice: &PageChoice,
    truth_of: &dyn Fn(&str) -> Result<PageTruth>,
) -> Result<Vec<EvalPage>> {
    let files = files_by_id(directory)?;
    let ids = limited(choice.part.select(files.keys().cloned().collect()), choice.limit);
    ids.into_iter()
        .map(|id| {
            let from = PageSource::Picture(truth_of(&id)?);
            Ok(EvalPage { kind: kind.name().to_owned(), file: files[&id].clone(), from, id })
        })
        .collect()
}

/// Every page of the PDFs, at every resolution.
fn papers(directory: &Path, choice: &PageChoice) -> Result<Vec<EvalPage>> {
    let mut files = files_by_id(directory)?;
    files.retain(|_, path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("pdf")));
    let mut pages = BTreeMap::new();
    for id in choice.part.select(files.keys().cloned().collect()) {
        let paper = Paper::read(&files[&id])?;
        for number in (1..=paper.pages).filter(|_| paper.has_text_layer) {
            pages.insert(format!("{id}#{number}"), (files[&id].clone(), paper.clone(), number));
        }
    }
    let ids = limited(pages.keys().cloned().collect(), choice.limit);
    let mut chosen = Vec::new();
    for &dpi in &choice.render_dpi {
        for id in &ids {
            let (file, paper, page) = pages[id].clone();
            let kind = format!("{} at {dpi} dpi", DatasetKind::Fcc.name());
            let from = PageSource::Paper { paper, page, dpi };
            chosen.push(EvalPage { id: id.clone(), kind, file, from });
        }
    }
    Ok(chosen)
}

/// At most so many, in the order given, whatever their number and order.
fn limited(mut ids: Vec<String>, limit: Option<usize>) -> Vec<String> {
    let mut hashes: Vec<_> = ids.iter().map(|id| hash(id)).collect();
    hashes.sort();
    if let Some(end) = limit.and_then(|limit| hashes.get(limit)) {
        ids.retain(|id| hash(id) < *end);
    }
    ids
}

impl EvalPage {
    /// The picture and its truth; `None` for a page of a PDF whose text layer can't be trusted.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn open(&self) -> Result<Option<(PageImage, PageTruth)>> {
        let mut options = InputOptions::default();
        if let PageSource::Paper { page, dpi, .. } = &self.from {
            options.pages = page.to_string().parse()?;
            options.text_layer = TextLayerMode::Auto;
            (options.dpi, options.ocr_dpi) = (*dpi, *dpi);
        }
        let page = open(&Source::Path(self.file.clone()), &options)?.next();
        let mut image = page.unwrap_or_else(|| Err(invalid(&self.file, "it has no pages")))?;
        let layer = image.text_layer.take();
        let truth = match &self.from {
            PageSource::Picture(truth) => Some(truth.clone()),
            PageSource::Paper { paper, .. } => layer.map(|layer| paper.page(&layer.words)),
        };
        Ok(truth.map(|truth| (image, truth)))
    }
}

/// Reads every page and scores it: sums by kind of page. `seen` is told of each.
///
/// # Errors
/// The first picture or page that can't be read: a figure over fewer pages would mislead.
pub fn score_pages(
    pages: &[EvalPage],
    recognizer: &dyn Recognizer,
    mut seen: impl FnMut(&EvalPage, &OcrScore),
) -> Result<BTreeMap<String, OcrScore>> {
    let mut sums: BTreeMap<String, OcrScore> = BTreeMap::new();
    for page in pages {
        let Some((image, truth)) = page.open()? else { continue };
        let start = Instant::now();
        let read = recognizer.recognize(&image).map_err(|error| error.at(&page.id))?;
        let elapsed = start.elapsed();
        let score = OcrScore { elapsed, ..score_page(&truth, &read.words) };
        seen(page, &score);
        *sums.entry(page.kind.clone()).or_default() += score;
    }
    if sums.is_empty() {
        return Err(Error::new(Stage::Train, ErrorCode::DataInvalid, "no page has known words"));
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Word;
    use crate::eval::ocr::Share;
    use crate::geometry::PixelBox;
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
            Ok(Recognition { words: vec![word], ..Recognition::default() })
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
        let pages = load_pages(DatasetKind::Sroie, data.path(), &PageChoice::default()).unwrap();
        let truth = pages[0].open().unwrap().unwrap().1;
        assert_eq!(truth.lines[0].words[1].bbox, PixelBox::new(60, 0, 100, 20));
        let scores = score_pages(&pages, &Parrot, |_, _| {}).unwrap();
        let score = &scores["sroie"];
        assert_eq!((score.right_words, score.truth_words), (1, 2));
        assert_eq!(score.all_values(), Share { part: 1, whole: 2 });
    }

    #[test]
    fn form_entities_are_split_into_lines() {
        let form = r#"{"form":[{"text":"total x y","label":"answer","words":[
            {"box":[0,0,50,20],"text":"total"},{"box":[60,2,70,20],"text":"x"},
            {"box":[0,30,10,50],"text":"y"},{"box":[0,0,0,0],"text":""}]}]}"#;
        let data = data_set(&[("annotations/a.json", form)], "images/a.png");
        let pages = load_pages(DatasetKind::Funsd, data.path(), &PageChoice::default()).unwrap();
        let truth = pages[0].open().unwrap().unwrap().1;
        assert_eq!(truth.lines.len(), 2);
        assert_eq!(truth.key_values, [("answer".to_owned(), "total x y".to_owned())]);
    }

    #[test]
    fn papers_are_listed_page_by_page_and_resolution_by_resolution() {
        let paper = r#"{"pages":2,"has_text_layer":true}"#;
        let files = [("a.truth.json", paper), ("a.pdf", ""), ("b.pdf", ""), ("README.md", "")];
        let scan = ("b.truth.json", r#"{"pages":1,"has_text_layer":false}"#);
        let data = data_set(&[&files[..], &[scan]].concat(), "other.png");
        let choice = PageChoice { render_dpi: vec![100, 200], ..PageChoice::default() };
        let pages = load_pages(DatasetKind::Fcc, data.path(), &choice).unwrap();
        let names: Vec<_> = pages.iter().map(|p| (p.id.as_str(), p.kind.as_str())).collect();
        let (low, high) = ("fcc at 100 dpi", "fcc at 200 dpi");
        assert_eq!(names, [("a#1", low), ("a#2", low), ("a#1", high), ("a#2", high)]);
        assert!(pages[0].open().is_err(), "an empty file is no PDF");
    }

    #[test]
    fn other_directories_and_broken_files_are_errors() {
        let data = data_set(&[("box/a.json", "{"), ("key/a.json", "{}")], "img/a.png");
        let choice = PageChoice::default();
        let error = load_pages(DatasetKind::Sroie, data.path(), &choice).unwrap_err();
        assert!(error.input.unwrap().ends_with("a.json"));
        let error = load_pages(DatasetKind::Cord, data.path(), &choice).unwrap_err();
        assert_eq!(error.code, ErrorCode::DataInvalid);
        assert!(score_pages(&[], &Parrot, |_, _| {}).is_err());
    }

    #[test]
    fn dev_part_is_fixed_whatever_else_is_there() {
        let ids = |range: std::ops::Range<usize>| -> Vec<String> {
            range.map(|n| format!("page{n:04}")).collect()
        };
        let held = PagePart::Dev.select(ids(0..600));
        assert_eq!(held.len(), DEV_PAGES);
        assert!(held.is_sorted());
        let fewer = PagePart::Dev.select(ids(0..500));
        assert!(held.iter().filter(|id| id.as_str() < "page0500").all(|id| fewer.contains(id)));
        assert_eq!(PagePart::Dev.select(ids(0..10)).len(), 10);
        let rest = PagePart::Train.select(ids(0..600));
        assert_eq!(rest.len(), 600 - DEV_PAGES);
        assert!(rest.iter().all(|id| !held.contains(id)));
        let some = limited(held.clone(), Some(5));
        assert!(some.len() == 5 && some.iter().all(|id| held.contains(id)));
    }
}
