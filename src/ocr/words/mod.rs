//! Words that the user brings instead of OCR: hOCR, ALTO, PAGE XML, Tesseract's TSV, or JSON.
//!
//! All formats end in one form, a list of pages with words in the file's own order. The file is
//! untrusted: whatever its bytes, the answer is pages or an error that names the line.

mod alto;
mod hocr;
mod json;
mod page_xml;
mod tsv;
mod xml;

use crate::document::Word;
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::{PageSize, PixelBox};
use std::fmt;
use std::str::FromStr;

/// How words are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordsFormat {
    Hocr,
    Alto,
    PageXml,
    Tsv,
    Json,
}

impl WordsFormat {
    pub const ALL: [Self; 5] = [Self::Hocr, Self::Alto, Self::PageXml, Self::Tsv, Self::Json];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Hocr => "hocr",
            Self::Alto => "alto",
            Self::PageXml => "page",
            Self::Tsv => "tsv",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for WordsFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for WordsFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            Error::ocr(ErrorCode::Usage, format!("`{text}` is no format of words"))
                .hint("pass hocr, alto, page, tsv or json")
        })
    }
}

/// One page's words as brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WordsPage {
    /// Counted from 1, where the file numbers its pages.
    pub number: Option<u32>,
    /// The page that the boxes are measured on, in whatever unit they are.
    pub size: Option<PageSize>,
    /// In the file's order; lines and blocks counted from 0.
    pub words: Vec<Word>,
}

impl WordsPage {
    /// The words on a page of this size: scaled where the file measured another one (another
    /// resolution, or tenths of a millimetre), cut at the page's edges.
    pub fn fit(&self, page: PageSize) -> Vec<Word> {
        let scale = |own: u32, other: u32| {
            if other == 0 { 1.0 } else { f64::from(own) / f64::from(other) }
        };
        let (across, down) = self.size.map_or((1.0, 1.0), |size| {
            (scale(page.width, size.width), scale(page.height, size.height))
        });
        let put = |v: u32, factor: f64| (f64::from(v) * factor).round() as i64;
        let mut words = self.words.clone();
        for word in &mut words {
            let b = word.bbox;
            word.bbox = PixelBox::new(
                put(b.left(), across),
                put(b.top(), down),
                put(b.right(), across),
                put(b.bottom(), down),
            )
            .clamp_to(page);
        }
        words
    }
}

/// Reads words in any of the formats, found out by content.
///
/// # Errors
/// `words-invalid`, with the line and element that is wrong.
pub fn parse(bytes: &[u8]) -> Result<Vec<WordsPage>> {
    let text = text_of(bytes)?;
    let format = detect(text).ok_or_else(|| {
        invalid("the format of the words is not recognised")
            .hint("bring hOCR, ALTO, PAGE XML, Tesseract TSV or JSON")
    })?;
    parse_text(text, format)
}

/// Reads words in a format that is known.
///
/// # Errors
/// `words-invalid`, with the line and element that is wrong.
pub fn parse_as(bytes: &[u8], format: WordsFormat) -> Result<Vec<WordsPage>> {
    parse_text(text_of(bytes)?, format)
}

fn parse_text(text: &str, format: WordsFormat) -> Result<Vec<WordsPage>> {
    match format {
        WordsFormat::Hocr => hocr::parse(text),
        WordsFormat::Alto => alto::parse(text),
        WordsFormat::PageXml => page_xml::parse(text),
        WordsFormat::Tsv => tsv::parse(text),
        WordsFormat::Json => json::parse(text),
    }
}

fn text_of(bytes: &[u8]) -> Result<&str> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        invalid(format!("line {line}: the words are not in UTF-8"))
            .hint("convert the file, for example with `iconv -t UTF-8`")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The format by its first character, or its first element.
pub fn detect(text: &str) -> Option<WordsFormat> {
    let start = text.trim_start();
    match start.chars().next()? {
        '{' | '[' => Some(WordsFormat::Json),
        '<' => detect_xml(start),
        _ => tsv::looks_like(start).then_some(WordsFormat::Tsv),
    }
}

fn detect_xml(text: &str) -> Option<WordsFormat> {
    match xml::root_name(text)?.to_ascii_lowercase().as_str() {
        "alto" => Some(WordsFormat::Alto),
        "pcgts" => Some(WordsFormat::PageXml),
        _ if text.contains("ocr_page") || text.contains("ocrx_word") => Some(WordsFormat::Hocr),
        "html" => Some(WordsFormat::Hocr),
        _ => None,
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::ocr(ErrorCode::WordsInvalid, message)
}

/// A pixel of an untrusted number: finite, and of a size that any page could have.
fn pixel(value: f64) -> Option<i64> {
    const FARTHEST: f64 = 1e7;
    (value.is_finite() && value.abs() <= FARTHEST).then(|| value.round() as i64)
}

/// A confidence out of an untrusted number; 1 where none is given.
fn confidence(value: Option<f64>, whole: f64) -> f32 {
    match value {
        Some(value) if value.is_finite() => (value / whole).clamp(0.0, 1.0) as f32,
        _ => 1.0,
    }
}

/// Collects pages; lines and blocks are numbered by where they begin.
#[derive(Default)]
struct Collector {
    pages: Vec<WordsPage>,
    lines: u32,
    blocks: u32,
    /// A line or block was begun and has no word yet, so it has no number yet.
    new_line: bool,
    new_block: bool,
}

impl Collector {
    fn begin_page(&mut self, number: Option<u32>, size: Option<PageSize>) {
        self.pages.push(WordsPage { number, size, words: Vec::new() });
        *self = Self { pages: std::mem::take(&mut self.pages), ..Self::default() };
    }

    fn begin_block(&mut self) {
        self.new_block = true;
        self.new_line = true;
    }

    fn begin_line(&mut self) {
        self.new_line = true;
    }

    /// Takes a word unless it is empty.
    fn add(&mut self, text: &str, bbox: PixelBox, confidence: f32) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        if self.pages.is_empty() {
            self.begin_page(None, None);
        }
        let Some(page) = self.pages.last_mut() else { return };
        if !page.words.is_empty() {
            self.lines += u32::from(self.new_line);
            self.blocks += u32::from(self.new_block);
        }
        (self.new_line, self.new_block) = (false, false);
        page.words.push(Word { text, bbox, confidence, line: self.lines, block: self.blocks });
    }

    /// Takes a line that is not cut into words: each gets its share of the width.
    fn add_line(&mut self, text: &str, bbox: PixelBox, confidence: f32) {
        let letters = text.split_whitespace().map(|part| part.chars().count() + 1).sum::<usize>();
        let width = f64::from(bbox.width());
        let place = |letter: usize| {
            i64::from(bbox.left()) + (width * letter as f64 / (letters.max(2) - 1) as f64) as i64
        };
        let mut from = 0;
        for part in text.split_whitespace() {
            let to = from + part.chars().count();
            let (top, bottom) = (bbox.top().into(), bbox.bottom().into());
            self.add(part, PixelBox::new(place(from), top, place(to), bottom), confidence);
            from = to + 1;
        }
    }
}

#[cfg(test)]
mod tests;
