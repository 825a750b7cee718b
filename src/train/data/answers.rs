//! A table of documents and what they say: values without places, for those whose books know them.
//!
//! A `.csv` file with the column `file` (relative to the table), if need be `page` (from 1), and a column for
//! each label: `total`, `date`, `company` or one's own. An empty cell says that the page does not show it, `?`
//! that nobody looked. The pages are read as `extract` reads them, and each value is searched in the words
//! ([`align_values`]); one that isn't found, because it was misread, is not taught on that page.

use super::align::values::align_values;
use super::json_file::invalid;
use super::{Picture, Sample};
use crate::encode::image::shrink;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PageSize;
use crate::input::{InputOptions, PageImage, PageRange, Source, TextLayerMode, open};
use crate::ocr::{Recognition, Recognizer, TesseractOptions};
use image::DynamicImage;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Name of the data set of such pages.
const DATASET: &str = "answers";
const FILE: &str = "file";
const PAGE: &str = "page";
/// Said of a value that nobody looked for.
const UNKNOWN: &str = "?";

/// A line of the table.
#[derive(Debug)]
struct Row {
    /// As the table names it.
    file: String,
    page: u32,
    /// Labels whose value is known; empty where the page does not show it.
    values: BTreeMap<String, String>,
}

/// How the pages of a table are read.
#[derive(Debug, Clone, Default)]
pub struct AnswersOptions {
    /// Whether PDFs are read by their own text or as pictures.
    pub text_layer: TextLayerMode,
    pub ocr: TesseractOptions,
}

/// Reads a table and its documents; OCR is started only where a page has no text of its own.
///
/// # Errors
/// `DataInvalid` with the line of the table; of the documents what opening and reading them say.
pub fn read(path: &Path, options: &AnswersOptions) -> Result<Vec<Sample>> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let reader = Reader { options, opened: Mutex::default() };
    let sample = |row: Row| {
        let file = directory.join(&row.file);
        let read = read_page(&file, row.page, &reader)
            .map_err(|error| error.at(file.display().to_string()))?;
        Ok(label(read, row))
    };
    rows(path)?.into_par_iter().map(sample).collect()
}

fn rows(path: &Path) -> Result<Vec<Row>> {
    let wrong = |line: u64, message: String| {
        invalid(path, format!("line {line}: {message}"))
            .hint("docs/data.md, \"answers\", shows what such a table holds")
    };
    let at = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        wrong(line, error.to_string())
    };
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(at)?;
    let names: Vec<String> = table.headers().map_err(at)?.iter().map(str::to_lowercase).collect();
    if !names.iter().any(|name| name == FILE) || names.iter().all(|n| n == FILE || n == PAGE) {
        return Err(wrong(1, "the table needs the column `file` and at least one label's".into()));
    }
    let mut rows: Vec<Row> = Vec::new();
    for record in table.records() {
        let record = record.map_err(at)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row { file: String::new(), page: 1, values: BTreeMap::new() };
        for (name, cell) in names.iter().zip(record.iter()) {
            match name.as_str() {
                FILE => row.file = cell.to_string(),
                PAGE if cell.is_empty() => {}
                PAGE => {
                    let page = cell.parse().ok().filter(|page| *page > 0);
                    row.page =
                        page.ok_or_else(|| wrong(line, format!("`{cell}` is no page number")))?;
                }
                _ if cell == UNKNOWN => {}
                label => drop(row.values.insert(label.to_string(), cell.to_string())),
            }
        }
        if row.file.is_empty() {
            return Err(wrong(line, "no file is named".to_string()));
        }
        if rows.iter().any(|other| other.file == row.file && other.page == row.page) {
            return Err(wrong(line, format!("page {} of `{}` comes twice", row.page, row.file)));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A page without labels, level where it was photographed.
fn read_page(file: &Path, number: u32, reader: &Reader) -> Result<Sample> {
    let options = InputOptions {
        pages: PageRange::single(number),
        text_layer: reader.options.text_layer,
        ..InputOptions::default()
    };
    let mut pages = open(&Source::Path(file.to_path_buf()), &options)?;
    let several = pages.page_count() > 1;
    let mut page: PageImage = pages.next().transpose()?.ok_or_else(|| {
        Error::new(Stage::Input, ErrorCode::NoSuchPage, format!("it has no page {number}"))
            .hint("check the page number in the table")
    })?;
    let read = match page.text_layer.take() {
        Some(words) => Recognition { words, ..Recognition::default() },
        None => reader.opened()?.recognize(&page)?,
    };
    let (mut words, size, picture) = (read.words, page.size(), place(file, number, several));
    let (size, picture) = match read.level {
        None => (size, picture),
        Some(level) => {
            for (word, bbox) in words.iter_mut().zip(level.boxes) {
                word.bbox = bbox;
            }
            let size = PageSize::new(level.picture.width(), level.picture.height());
            let picture = DynamicImage::ImageLuma8(level.picture).to_rgb8();
            (size, Picture::Image(shrink(&picture)?))
        }
    };
    words.retain(|word| !word.text.trim().is_empty());
    for word in &mut words {
        word.bbox = word.bbox.clamp_to(size);
    }
    let mut sample = Sample::unlabelled(String::new(), DATASET, size, words);
    sample.picture = Some(picture);
    Ok(sample)
}

fn place(file: &Path, number: u32, several: bool) -> Picture {
    let path: PathBuf = file.to_path_buf();
    let is_pdf = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf"));
    if is_pdf || several { Picture::PdfPage(path, number) } else { Picture::File(path) }
}

/// Opens OCR for the first page that needs it; the others wait for it.
struct Reader<'a> {
    options: &'a AnswersOptions,
    opened: Mutex<Option<Arc<dyn Recognizer>>>,
}

impl Reader<'_> {
    fn opened(&self) -> Result<Arc<dyn Recognizer>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recognizer) = &*opened {
            return Ok(Arc::clone(recognizer));
        }
        let recognizer: Arc<dyn Recognizer> = crate::ocr::open(&self.options.ocr)?.into();
        Ok(Arc::clone(opened.insert(recognizer)))
    }
}

/// The page with the row's values searched in its words.
fn label(mut sample: Sample, row: Row) -> Sample {
    sample.id = if row.page == 1 { row.file } else { format!("{}#{}", row.file, row.page) };
    sample.truth = row
        .values
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let alignment = align_values(&sample.words, &sample.truth);
    sample.tags = alignment.tags(sample.words.len());
    sample.ignore = alignment.ignore(&sample.tags);
    let known = row.values.into_iter();
    let taught = known.filter(|(key, value)| value.is_empty() || alignment.words.contains_key(key));
    sample.annotated = taught.map(|(key, _)| key).collect();
    sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Word;
    use crate::geometry::PixelBox;
    use image::RgbImage;

    fn table(text: &str) -> Result<Vec<Row>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("answers.csv");
        std::fs::write(&path, text).unwrap();
        rows(&path)
    }

    #[test]
    fn empty_cells_are_known_and_question_marks_are_not() {
        let rows = table("File,page,Total,date\na.pdf,2,9.00,?\nb.jpg,,,2024-03-12\n").unwrap();
        assert_eq!((rows[0].file.as_str(), rows[0].page), ("a.pdf", 2));
        assert_eq!(rows[0].values, BTreeMap::from([("total".into(), "9.00".into())]));
        assert_eq!(rows[1].page, 1);
        let known = [("date", "2024-03-12"), ("total", "")];
        assert_eq!(rows[1].values, known.map(|(k, v)| (k.to_string(), v.to_string())).into());
    }

    #[test]
    fn broken_tables_are_named_with_their_line() {
        let cases = [
            ("total,date\n9.00,\n", "line 1: the table needs the column `file`"),
            ("file,page\na.pdf,1\n", "line 1: the table needs the column `file`"),
            ("file,total\n,9.00\n", "line 2: no file is named"),
            ("file,page,total\na.pdf,0,9.00\n", "line 2: `0` is no page number"),
            ("file,total\na.pdf,1\na.pdf,2\n", "line 3: page 1 of `a.pdf` comes twice"),
            ("file,total\na.pdf,1,2\n", "line 2"),
        ];
        for (text, expected) in cases {
            let error = table(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let missing = rows(Path::new("nowhere.csv")).unwrap_err().to_string();
        assert!(missing.contains("nowhere.csv"), "{missing}");
    }

    #[test]
    fn what_is_not_found_is_not_taught() {
        let word = |text: &str, left| Word {
            text: text.to_string(),
            bbox: PixelBox::new(left, 10, left + 30, 20),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        let words = vec![word("Total", 0), word("9.00", 40)];
        let page = Sample::unlabelled("", DATASET, PageSize::new(100, 50), words);
        let row = table("file,total,date,tax\na.jpg,9,2024-03-12,\n").unwrap().remove(0);
        let sample = label(page, row);
        assert_eq!(sample.tags, ["O", "B-TOTAL"]);
        assert_eq!(sample.annotated, ["tax", "total"]);
        assert_eq!(sample.truth.len(), 2);
        sample.check().unwrap();
    }

    #[test]
    fn a_document_that_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("answers.csv");
        std::fs::write(&path, "file,total\ngone.jpg,9.00\n").unwrap();
        let error = read(&path, &AnswersOptions::default()).unwrap_err().to_string();
        assert!(error.contains("gone.jpg"), "{error}");
        RgbImage::new(20, 10).save(dir.path().join("small.png")).unwrap();
        std::fs::write(&path, "file,page,total\nsmall.png,3,9.00\n").unwrap();
        let error = read(&path, &AnswersOptions::default()).unwrap_err().to_string();
        assert!(error.contains("small.png"), "{error}");
    }
}
