//! Words that the user brings instead of OCR: one file for one document, or a directory in which each
//! document has its file.

use crate::document::Word;
use crate::error::{Error, ErrorCode, Result};
use crate::input::PageImage;
use crate::ocr::words::{self, WordsPage};
use crate::output::naming::Naming;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Endings that a words file may have; its content tells its form.
const ENDINGS: [&str; 7] = ["tsv", "hocr", "json", "xml", "html", "alto.xml", "page.xml"];

/// Parsed files that are kept: pages of one document come close together.
const KEPT: usize = 16;

/// Where words are found.
pub struct GivenWords {
    place: PathBuf,
    /// Only for a directory.
    naming: Naming,
    /// Latest last.
    parsed: Mutex<VecDeque<(PathBuf, Arc<WordsFile>)>>,
}

struct WordsFile {
    sha256: String,
    pages: Vec<WordsPage>,
}

impl GivenWords {
    /// `naming` finds the words of a document in a directory as it would name its output there, so
    /// what `ocr --output-dir` wrote is found again; `page.hocr` serves `page.png`, too.
    ///
    /// # Errors
    /// `words-invalid` where there is no such file or directory, or the one file can't be understood.
    pub fn open(place: &Path, naming: Naming) -> Result<Self> {
        let given =
            Self { place: place.to_path_buf(), naming, parsed: Mutex::new(VecDeque::new()) };
        if !place.is_dir() {
            given.file("")?;
        }
        Ok(given)
    }

    /// Words of a page. A page that its file does not have has no words.
    pub fn words(&self, input: &str, page: &PageImage) -> Result<Vec<Word>> {
        let file = self.file(input)?;
        let numbered = file.pages.iter().any(|words| words.number.is_some());
        let found = if numbered {
            file.pages.iter().find(|words| words.number == Some(page.number))
        } else {
            file.pages.get(page.number as usize - 1)
        };
        Ok(found.map_or(Vec::new(), |words| words.fit(page.size())))
    }

    /// Of the words that a document would get.
    pub fn sha256(&self, input: &str) -> Result<String> {
        self.file(input).map(|file| file.sha256.clone())
    }

    fn file(&self, input: &str) -> Result<Arc<WordsFile>> {
        let path = self.path(input)?;
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = parsed.iter().find(|(known, _)| *known == path) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(read(&path)?);
        if parsed.len() >= KEPT {
            parsed.pop_front();
        }
        parsed.push_back((path, Arc::clone(&file)));
        Ok(file)
    }

    fn path(&self, input: &str) -> Result<PathBuf> {
        if !self.place.is_dir() {
            return Ok(self.place.clone());
        }
        let beside = ENDINGS.map(|ending| self.naming.path(&self.place, input, ending));
        let stem = Path::new(input).with_extension("");
        let instead =
            ENDINGS.map(|ending| self.naming.path(&self.place, &stem.to_string_lossy(), ending));
        beside.into_iter().chain(instead).find(|path| path.is_file()).ok_or_else(|| {
            let wanted = self.naming.path(&self.place, input, "tsv");
            Error::ocr(ErrorCode::WordsInvalid, "no words were given for it")
                .hint(format!("put them at {}, or one of the other forms there", wanted.display()))
        })
    }
}

fn read(path: &Path) -> Result<WordsFile> {
    let place = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        Error::ocr(ErrorCode::WordsInvalid, format!("the words at {place} can't be read: {error}"))
            .hint("check the path given to `--words`")
            .caused_by(error)
    })?;
    let pages = words::parse(&bytes).map_err(|mut error| {
        error.message = format!("{place}: {}", error.message.trim_start_matches(": "));
        if error.hint.is_some() {
            error
        } else {
            error.hint("see docs/cli.md for the forms of words")
        }
    })?;
    let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(WordsFile { sha256, pages })
}
