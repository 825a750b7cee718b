//! A table of documents and what they say: values without places, for those whose books know them.
//!
//! A `.csv` file with the column `file` (relative to the table), if need be `page` (from 1), and a column for
//! each label: `total`, `date`, `company` or one's own. An empty cell says that the page does not show it, `?`
//! that nobody looked; `@left,top,right,bottom` names a place instead of a value. The pages are read as `extract`
//! reads them, and each value is searched in the words ([`align_values`]); one that isn't found, because it was
//! misread, is not taught on that page.

use super::align::stream::fold;
use super::align::values::align_values;
use super::align::{Alignment, KeyKind};
use super::json_file::{invalid, read_text};
use super::{Picture, Sample};
use crate::document::Word;
use crate::encode::image::shrink;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::{NORM_SIDE, NormBox, PageSize};
use crate::input::{InputOptions, PageImage, PageRange, Source, TextLayerMode, open};
use crate::ocr::{self, Recognizer, TesseractOptions};
use image::DynamicImage;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Name of the data set of such pages.
const DATASET: &str = "answers";
const FILE: &str = "file";
const PAGE: &str = "page";
/// Said of a value that nobody looked for.
const UNKNOWN: &str = "?";

/// The label of who sends a page.
const COMPANY: &str = "company";

/// Begins a cell that names places.
const PLACE: char = '@';

/// A line of the table.
#[derive(Debug)]
struct Row {
    /// As the table names it.
    file: String,
    page: u32,
    /// Of the labels that were looked for.
    answers: BTreeMap<String, Answer>,
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq)]
enum Answer {
    NotShown,
    Value(String),
    /// Boxes on the page as it came, 0–1000, that hold the words.
    Places(Vec<NormBox>),
}

impl Answer {
    fn of(cell: &str) -> std::result::Result<Self, String> {
        let Some(places) = cell.strip_prefix(PLACE) else {
            let value = cell.to_string();
            return Ok(if cell.is_empty() { Self::NotShown } else { Self::Value(value) });
        };
        let place = |text: &str| {
            let sides: Vec<i64> = text.split(',').flat_map(str::parse).collect();
            let &[left, top, right, bottom] = sides.as_slice() else {
                return Err(format!("`{text}` is no place: left,top,right,bottom in 0–1000"));
            };
            Ok(NormBox::new(left, top, right, bottom))
        };
        places
            .split([PLACE, ' '])
            .filter(|text| !text.is_empty())
            .map(place)
            .collect::<std::result::Result<_, _>>()
            .map(Self::Places)
    }
}

/// A page as it was read.
struct Read {
    /// Without labels; level where it was photographed.
    sample: Sample,
    /// The centre of each word on the page as it came, 0–1000.
    centres: Vec<(f32, f32)>,
}

impl Read {
    /// The words whose centres lie in one of the places.
    fn words_at(&self, places: &[NormBox]) -> Vec<usize> {
        let within = |&(x, y): &(f32, f32), place: &NormBox| {
            let [left, top, right, bottom] = place.to_array().map(|side| side as f32);
            (left..=right).contains(&x) && (top..=bottom).contains(&y)
        };
        let is_meant = |centre| places.iter().any(|place| within(centre, place));
        (0..self.centres.len()).filter(|&word| is_meant(&self.centres[word])).collect()
    }
}

/// How the pages of a table are read.
#[derive(Debug, Clone, Default)]
pub struct AnswersOptions {
    /// Whether PDFs are read by their own text or as pictures.
    pub text_layer: TextLayerMode,
    pub ocr: TesseractOptions,
}

/// Reads a table and its documents; OCR is started where anything is to be read.
///
/// # Errors
/// `DataInvalid` with the line of the table; of the documents what opening and reading them say.
pub fn read(path: &Path, options: &AnswersOptions) -> Result<Vec<Sample>> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let reader = Reader { options, opened: Mutex::default() };
    let sample = |row: Row| {
        let file = directory.join(&row.file);
        let read = read_page(&file, row.page, &reader).map_err(|error| {
            let error = error.at(file.display().to_string());
            let hint =
                || format!("{} names it; paths in it start at its directory", path.display());
            if error.code == ErrorCode::NotFound { error.hint(hint()) } else { error }
        })?;
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
    let text = read_text(path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut table = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names: Vec<String> = table.headers().map_err(at)?.iter().map(str::to_lowercase).collect();
    if !names.iter().any(|name| name == FILE) || names.iter().all(|n| n == FILE || n == PAGE) {
        return Err(wrong(1, "the table needs the column `file` and at least one label's".into()));
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut pages = BTreeSet::new();
    for record in table.records() {
        let record = record.map_err(at)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row { file: String::new(), page: 1, answers: BTreeMap::new() };
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
                label => {
                    let answer = Answer::of(cell).map_err(|message| wrong(line, message))?;
                    row.answers.insert(label.to_string(), answer);
                }
            }
        }
        if row.file.is_empty() {
            return Err(wrong(line, "no file is named".to_string()));
        }
        if !pages.insert((row.file.clone(), row.page)) {
            return Err(wrong(line, format!("page {} of `{}` comes twice", row.page, row.file)));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// What parts the cells: spreadsheets write semicolons where a comma is the decimal sign.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|&byte| head.contains(char::from(byte))).unwrap_or(b',')
}

fn read_page(file: &Path, number: u32, reader: &Reader) -> Result<Read> {
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
    let (read, _) = ocr::words_of(&mut page, || reader.opened())?;
    let (mut words, size, picture) = (read.words, page.size(), place(file, number, several));
    words.iter_mut().for_each(|word| word.bbox = word.bbox.clamp_to(size));
    let thousandths = |pixels: f32, side: u32| pixels * f32::from(NORM_SIDE) / side.max(1) as f32;
    let centre = |word: &Word| {
        let PageSize { width, height } = size;
        (thousandths(word.bbox.center_x(), width), thousandths(word.bbox.center_y(), height))
    };
    let mut centres: Vec<(f32, f32)> = words.iter().map(centre).collect();
    let (size, picture) = match read.level {
        None => (size, picture),
        Some(level) => {
            let size = PageSize::new(level.picture.width(), level.picture.height());
            for (word, bbox) in words.iter_mut().zip(level.boxes) {
                word.bbox = bbox.clamp_to(size);
            }
            let picture = DynamicImage::ImageLuma8(level.picture).to_rgb8();
            (size, Picture::Image(shrink(&picture)?))
        }
    };
    let mut has_text = words.iter().map(|word| !word.text.trim().is_empty());
    centres.retain(|_| has_text.next().unwrap_or(false));
    words.retain(|word| !word.text.trim().is_empty());
    let mut sample = Sample::unlabelled(String::new(), DATASET, size, words);
    sample.picture = Some(picture);
    Ok(Read { sample, centres })
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

/// The page with the row's answers searched in its words.
fn label(read: Read, row: Row) -> Sample {
    let mut alignment = Alignment::default();
    let mut truth = BTreeMap::new();
    for (label, answer) in &row.answers {
        match answer {
            Answer::NotShown => {}
            Answer::Value(value) => drop(truth.insert(label.clone(), value.clone())),
            Answer::Places(places) => {
                let words = read.words_at(places);
                if !words.is_empty() {
                    alignment.words.insert(label.clone(), words);
                }
            }
        }
    }
    let mut sample = read.sample;
    let found = align_values(&sample.words, &truth);
    let printed = |words: &[usize]| {
        let texts = words.iter().map(|&word| sample.words[word].text.as_str());
        texts.collect::<Vec<_>>().join(" ")
    };
    // Scores compare with what is printed: the table has sums and dates in a form of its own.
    let in_normal_form =
        |label: &&String| matches!(KeyKind::of_label(label), KeyKind::Amount | KeyKind::Date);
    let found_so = found.words.iter().filter(|(label, _)| in_normal_form(label));
    for (label, words) in alignment.words.iter().chain(found_so) {
        truth.insert(label.clone(), printed(words));
    }
    alignment.words.extend(found.words);
    alignment.doubtful.extend(found.doubtful);
    alignment.doubtful.extend(named_beside(&sample.words, &alignment));
    sample.id = if row.page == 1 { row.file } else { format!("{}#{}", row.file, row.page) };
    sample.truth = truth;
    sample.tags = alignment.tags(sample.words.len());
    sample.ignore = alignment.ignore(&sample.tags);
    let taught = |(label, answer): &(String, Answer)| {
        *answer == Answer::NotShown || alignment.words.contains_key(label)
    };
    sample.annotated = row.answers.into_iter().filter(taught).map(|(label, _)| label).collect();
    sample
}

/// Words read beside a text layer, in a logo mostly, that are part of the company's name where the name is taken
/// from the layer: a logo may stand for the company too, and must not teach that logos don't.
fn named_beside(words: &[Word], alignment: &Alignment) -> Vec<usize> {
    const SHORTEST: usize = 4;
    let Some(name) = alignment.words.get(COMPANY) else { return Vec::new() };
    if name.iter().any(|&word| words[word].confidence < 1.0) {
        return Vec::new();
    }
    let folded = |text: &str| fold(text).into_iter().collect::<String>();
    let name: String = name.iter().map(|&word| folded(&words[word].text)).collect();
    let is_part = |word: &Word| {
        let text = folded(&word.text);
        text.chars().count() >= SHORTEST && name.contains(&text)
    };
    let read = (0..words.len()).filter(|&word| words[word].confidence < 1.0);
    read.filter(|&word| is_part(&words[word])).collect()
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
