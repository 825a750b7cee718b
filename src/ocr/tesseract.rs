//! Tesseract itself: the only file that names its bindings. Its threads are in [`super::pool`].
//!
//! Pictures are handed over in memory, and words come back through Tesseract's own TSV, the one
//! structured answer that the safe binding gives; no file is written.

use super::engine::{FoundLine, ReadRequest};
use super::tsv::words_of;
use crate::document::Word;
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::PixelBox;
use std::cmp::Reverse;
use std::ffi::{CStr, CString};
use std::path::PathBuf;
use tesseract_plumbing::TessBaseApi;
use tesseract_plumbing::tesseract_sys::{
    TessPageIteratorLevel, TessPageIteratorLevel_RIL_BLOCK, TessPageIteratorLevel_RIL_TEXTLINE,
    TessPageIteratorLevel_RIL_WORD,
};

/// Tesseract refuses pictures with a longer side.
const LONGEST_SIDE: u32 = 32_767;

/// Smaller pictures hold no text, and Tesseract complains about them.
const SHORTEST_SIDE: u32 = 3;

/// An engine that is ready to read.
pub(super) struct Tesseract(TessBaseApi);

/// What an engine needs to start.
#[derive(Clone)]
pub(super) struct EngineStart {
    pub(super) data: PathBuf,
    pub(super) language: String,
    pub(super) oem: u8,
}

/// Tesseract's version as linked: `5.3.0`.
pub fn version() -> String {
    tesseract_plumbing::version().to_string_lossy().into_owned()
}

impl EngineStart {
    /// Starts one.
    ///
    /// # Errors
    /// `ocr-language`, `ocr-unavailable` where Tesseract does not start with the language.
    pub(super) fn engine(&self) -> Result<Tesseract> {
        silence_leptonica();
        let data = CString::new(self.data.to_string_lossy().into_owned());
        let language = CString::new(self.language.clone());
        let (Ok(data), Ok(language)) = (data, language) else {
            return Err(Error::ocr(ErrorCode::OcrLanguage, "a NUL stands in the language or path"));
        };
        let mut api = TessBaseApi::create();
        // Before the start, because the start itself prints to stderr when a file is broken.
        set(&mut api, c"debug_file", c"/dev/null")?;
        api.init_4(Some(&data), Some(&language), u32::from(self.oem)).map_err(|error| {
            Error::ocr(
                ErrorCode::OcrUnavailable,
                format!(
                    "Tesseract did not start with language `{}`, engine mode {}, from {}",
                    self.language,
                    self.oem,
                    self.data.display()
                ),
            )
            .hint(
                "the language data may be broken or lack this engine mode: \
                 reinstall it, or leave out `--oem`",
            )
            .caused_by(error)
        })?;
        // White print on black is mended before (`light.rs`); doubtful lines would be read twice.
        set(&mut api, c"tessedit_do_invert", c"0")?;
        // Nobody asks for its tables, and on some scans the search for them does not end.
        set(&mut api, c"textord_tabfind_find_tables", c"0")?;
        Ok(Tesseract(api))
    }
}

fn set(api: &mut TessBaseApi, name: &CStr, value: &CStr) -> Result<()> {
    api.set_variable(name, value).map_err(|error| {
        Error::ocr(
            ErrorCode::OcrFailed,
            format!("Tesseract {} does not know the setting {name:?}", version()),
        )
        .caused_by(error)
    })
}

pub(super) fn failed(what: &str) -> Error {
    Error::ocr(ErrorCode::OcrFailed, format!("Tesseract could not {what}"))
}

/// Shows the engine a picture; false where it is too small to hold text.
fn show(api: &mut TessBaseApi, request: &ReadRequest) -> Result<bool> {
    let (width, height) = request.image.dimensions();
    if width < SHORTEST_SIDE || height < SHORTEST_SIDE {
        return Ok(false);
    }
    if width.max(height) > LONGEST_SIDE {
        return Err(Error::ocr(
            ErrorCode::TooLarge,
            format!("a page of {width}×{height} pixels is more than Tesseract takes"),
        )
        .hint(format!("scale it to at most {LONGEST_SIDE} pixels a side")));
    }
    let number = |n: u32| CString::new(n.to_string()).unwrap_or_default();
    set(api, c"tessedit_pageseg_mode", &number(request.psm.into()))?;
    // Both sides are at most LONGEST_SIDE, so nothing is cut here.
    api.set_image(request.image.as_raw(), width as i32, height as i32, 1, width as i32)
        .map_err(|error| failed("take the picture").caused_by(error))?;
    api.set_source_resolution(request.dpi.clamp(70, 2400) as i32);
    Ok(true)
}

impl Tesseract {
    /// The words of a picture.
    pub(super) fn read(&mut self, request: &ReadRequest) -> Result<Vec<Word>> {
        let api = &mut self.0;
        if !show(api, request)? {
            return Ok(Vec::new());
        }
        api.recognize().map_err(|error| failed("read the page").caused_by(error))?;
        let table =
            api.get_tsv_text(0).map_err(|error| failed("give its words").caused_by(error))?;
        let table: &CStr = table.as_ref();
        Ok(words_of(&table.to_string_lossy()))
    }

    /// The lines of a picture, unread.
    pub(super) fn find_lines(&mut self, request: &ReadRequest) -> Result<Vec<FoundLine>> {
        let api = &mut self.0;
        if !show(api, request)? {
            return Ok(Vec::new());
        }
        let mut lines: Vec<FoundLine> = components(api, TessPageIteratorLevel_RIL_TEXTLINE)
            .into_iter()
            .map(|bbox| FoundLine { bbox, block: 0, words: Vec::new() })
            .collect();
        let blocks = components(api, TessPageIteratorLevel_RIL_BLOCK);
        for line in &mut lines {
            let around = (0u32..).zip(&blocks).max_by_key(|(_, b)| b.intersection_area(line.bbox));
            line.block = around.map_or(0, |(number, _)| number);
        }
        for word in components(api, TessPageIteratorLevel_RIL_WORD) {
            // A logo makes its line so high that it covers the next one too: the lower line is meant.
            let fit = |line: &&mut FoundLine| {
                (line.bbox.intersection_area(word), Reverse(line.bbox.height()))
            };
            let around = lines.iter_mut().max_by_key(fit);
            if let Some(line) = around.filter(|line| line.bbox.intersection_area(word) > 0) {
                line.words.push(word);
            }
        }
        for line in &mut lines {
            line.words.sort_by_key(|word| word.left());
        }
        Ok(lines)
    }
}

/// Boxes of the text that the engine's layout analysis finds in the picture shown, in reading order.
/// None is no failure: a blank page has none.
fn components(api: &TessBaseApi, level: TessPageIteratorLevel) -> Vec<PixelBox> {
    const TEXT_ONLY: i32 = 1;
    let Ok(boxes) = api.get_component_images_1(level, TEXT_ONLY) else { return Vec::new() };
    (0..boxes.get_count())
        .filter_map(|index| {
            let (mut left, mut top, mut width, mut height) = (0, 0, 0, 0);
            // It always succeeds where there is a box and a place for an answer.
            boxes.get_box_copied(index)?.get_geometry(
                Some(&mut left),
                Some(&mut top),
                Some(&mut width),
                Some(&mut height),
            );
            let [left, top, width, height] = [left, top, width, height].map(i64::from);
            Some(PixelBox::new(left, top, left + width, top + height))
        })
        .collect()
}

/// Leptonica prints to stderr by default; its complaints come back as null pointers anyway.
#[allow(unsafe_code)]
fn silence_leptonica() {
    use tesseract_plumbing::leptonica_sys::{L_SEVERITY_NONE, setMsgSeverity};
    // SAFETY: sets one global integer of the library, which engine threads only ever set to this
    // same value; no pointer is involved.
    unsafe { setMsgSeverity(L_SEVERITY_NONE as i32) };
}
