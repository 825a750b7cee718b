//! Pages without labels: pictures and PDFs, with the words of their text layer or of OCR.

use crate::batch::sources::{PAGE_EXTENSIONS, Selection};
use crate::encode::image::shrink;
use crate::error::{Error, ErrorCode, Result};
use crate::input::{InputOptions, Source, open};
use crate::ocr::{self, Recognizer};
use crate::train::data::{Picture, Sample};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Name of the data set of such pages.
const DATASET: &str = "pages";

/// Opens the recogniser that reads pictures.
pub type OpenRecognizer<'a> = dyn Fn() -> Result<Box<dyn Recognizer>> + Sync + 'a;

/// Reads documents; OCR is opened when the first page needs it.
pub struct PageReading<'a> {
    open: &'a OpenRecognizer<'a>,
    recognizer: OnceLock<Box<dyn Recognizer>>,
    /// Stands for what shapes the words: language and settings.
    pub settings: String,
}

impl<'a> PageReading<'a> {
    pub fn new(open: &'a OpenRecognizer<'a>, settings: impl Into<String>) -> Self {
        Self { open, recognizer: OnceLock::new(), settings: settings.into() }
    }

    /// The pages of a document that have words, each with its picture shrunk. Ids are `name#page`.
    ///
    /// # Errors
    /// Of input and OCR, with the document's name and the page.
    pub fn document(&self, path: &Path, name: &str) -> Result<Vec<Sample>> {
        let mut samples = Vec::new();
        for page in open(&Source::Path(path.to_path_buf()), &InputOptions::default())? {
            let mut page = page?;
            let number = page.number;
            let read = ocr::words_of(&mut page, || self.recognizer());
            let words = read.map_err(|e| e.at(path.display().to_string()).on_page(number))?.0.words;
            if words.iter().all(|word| word.text.trim().is_empty()) {
                continue;
            }
            let id = format!("{name}#{number}");
            let mut sample = Sample::unlabelled(id, DATASET, page.size(), words);
            sample.picture = Some(Picture::Image(shrink(&page.image)?));
            samples.push(sample);
        }
        Ok(samples)
    }

    fn recognizer(&self) -> Result<&dyn Recognizer> {
        let recognizer = match self.recognizer.get() {
            Some(recognizer) => recognizer,
            None => {
                let opened = (self.open)()?;
                // Another thread may have been quicker: its recogniser serves as well.
                self.recognizer.get_or_init(|| opened)
            }
        };
        Ok(&**recognizer)
    }
}

/// Whether an error would meet every page alike.
pub fn is_fatal(error: &Error) -> bool {
    matches!(error.code, ErrorCode::OcrUnavailable | ErrorCode::OcrLanguage)
}

/// Page files below a path, sorted by name; the path itself, if it is one.
///
/// # Errors
/// `NoInputs` where there are none; `Unreadable` for a directory that can't be listed.
pub fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for task in Selection::default().tasks(vec![path.to_path_buf()]) {
        if let Source::Path(file) = task? {
            files.push(file);
        }
    }
    Ok(files)
}

/// Whether a path is a page, or a directory with pages right in it or one below.
pub fn looks_like_pages(path: &Path) -> bool {
    let is_page = |path: &Path| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        PAGE_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    };
    let entries = |path: &Path| {
        let found = std::fs::read_dir(path).into_iter().flatten().flatten();
        found.map(|entry| entry.path())
    };
    if path.is_file() {
        return is_page(path);
    }
    entries(path).any(|entry| is_page(&entry) || entries(&entry).any(|below| is_page(&below)))
}
