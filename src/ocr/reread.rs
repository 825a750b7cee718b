//! The reading of lines by our own reader ([`crate::line_reader`]) beside the engine's: a second look at
//! what the engine read, and what a first look ([`super::lead`]) asks of it.
//!
//! What is read again are pieces of lines without wide gaps, so that a doubtful price doesn't drag a
//! sure item along, and ink that no word covers.

use super::SecondReader;
use super::lead::LeadOptions;
use super::segment::{self, Segment};
use crate::document::Word;
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::PixelBox;
use crate::line_finder::LineFinder;
use crate::line_reader::settle::SettleOptions;
use crate::line_reader::{LineReader, ReadWord, Reading};
use image::GrayImage;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// Tesseract's names of languages whose letters are all in the reader's alphabet.
const LATIN_SCRIPT: [&str; 29] = [
    "eng", "deu", "fra", "spa", "ita", "nld", "por", "swe", "dan", "nor", "fin", "pol", "ces",
    "slk", "slv", "hrv", "bos", "hun", "ron", "est", "lav", "lit", "cat", "glg", "eus", "isl",
    "tur", "sqi", "msa",
];

/// Which lines our reader reads beside the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reread {
    /// Those that the engine is not sure of, and those that it passed over.
    #[default]
    Auto,
    Never,
    Always,
}

impl FromStr for Reread {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            "always" => Ok(Self::Always),
            _ => Err(Error::ocr(ErrorCode::Usage, format!("`{text}` is no choice of lines"))
                .hint("pass `auto`, `never` or `always`")),
        }
    }
}

impl fmt::Display for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Never => "never",
            Self::Always => "always",
        })
    }
}

/// When to read again, and how much to believe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RereadOptions {
    /// With [`Reread::Auto`], pieces that the engine is less sure of than this are read again.
    pub doubt: f32,
    /// More pieces than this are not read again: a page that is all noise is not worth the time.
    pub most_pieces: usize,
    pub settle: SettleOptions,
    /// When our reader reads first.
    pub lead: LeadOptions,
}

impl Default for RereadOptions {
    fn default() -> Self {
        Self {
            doubt: 0.93,
            most_pieces: 2000,
            settle: SettleOptions::default(),
            lead: LeadOptions::default(),
        }
    }
}

/// Our networks that look at pages: one finds lines, the other reads them.
pub struct Networks {
    pub finder: LineFinder,
    pub reader: LineReader,
}

impl Networks {
    /// Those inside the program.
    ///
    /// # Errors
    /// `ModelInvalid` only if the program itself is damaged.
    pub fn embedded() -> Result<Self> {
        let device = tch::Device::Cpu;
        Ok(Self { finder: LineFinder::embedded(device)?, reader: LineReader::embedded(device)? })
    }
}

/// Our networks, shared by all pages that are being read.
pub struct Rereader {
    networks: Mutex<Networks>,
    /// Others like them, so that a second page need not wait; made when one has to.
    spare: Option<Mutex<Option<Networks>>>,
    mode: Reread,
    options: RereadOptions,
}

impl Rereader {
    pub fn new(networks: Networks, mode: Reread, options: RereadOptions) -> Self {
        Self { networks: Mutex::new(networks), spare: None, mode, options }
    }

    /// The boxes of a page's lines.
    ///
    /// # Errors
    /// As [`LineFinder::find`].
    pub fn find_lines(&self, page: &GrayImage) -> Result<Vec<PixelBox>> {
        self.with(|networks| networks.finder.find(page))
    }

    /// Asks those networks that are free, or waits for some.
    fn with<T>(&self, ask: impl FnOnce(&Networks) -> Result<T>) -> Result<T> {
        if let Ok(networks) = self.networks.try_lock() {
            return ask(&networks);
        }
        if let Some(mut spare) = self.spare.as_ref().and_then(|spare| spare.try_lock().ok()) {
            let networks = match spare.take() {
                Some(networks) => networks,
                None => Networks::embedded()?,
            };
            return ask(spare.insert(networks));
        }
        ask(&self.networks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn mode(&self) -> Reread {
        self.mode
    }

    /// Whether pages are read by ours, and by the engine only where ours is not sure.
    pub fn reads_first(&self) -> bool {
        self.mode == Reread::Auto
    }

    pub fn options(&self) -> &RereadOptions {
        &self.options
    }

    /// Our reading of each box.
    ///
    /// # Errors
    /// As [`LineReader::read`].
    pub fn read(&self, page: &GrayImage, boxes: &[PixelBox]) -> Result<Vec<Reading>> {
        self.read_at(page, boxes, 1.0)
    }

    /// As [`Self::read`], with lines shown so many times as wide as they are.
    ///
    /// # Errors
    /// As [`LineReader::read`].
    pub fn read_at(
        &self,
        page: &GrayImage,
        boxes: &[PixelBox],
        stretch: f32,
    ) -> Result<Vec<Reading>> {
        self.with(|networks| networks.reader.read_at(page, boxes, stretch))
    }

    /// All words of a picture, whatever their lines and blocks are; in its pixels.
    ///
    /// # Errors
    /// As [`LineReader::read`].
    pub fn words_on(&self, picture: &GrayImage) -> Result<Vec<Word>> {
        let lines = self.find_lines(picture)?;
        let readings = self.read(picture, &lines)?;
        let word = |ReadWord { text, bbox, confidence }: ReadWord| {
            let confidence = self.options.settle.reader.probability(confidence);
            Word { text, bbox, confidence, line: 0, block: 0 }
        };
        Ok(readings.into_iter().flat_map(|reading| reading.words).map(word).collect())
    }

    /// Whether a reading stands without another.
    pub fn is_sure(&self, reading: &Reading) -> bool {
        self.is_as_sure(reading, self.options.lead.sure)
    }

    /// Whether every word of a reading is right with this probability.
    pub fn is_as_sure(&self, reading: &Reading, sure: f32) -> bool {
        let reader = self.options.settle.reader;
        let is_sure = |word: &ReadWord| reader.probability(word.confidence) >= sure;
        !reading.words.is_empty() && reading.words.iter().all(is_sure)
    }

    /// Whether any word of a reading is right with this probability.
    pub fn may_be_right(&self, reading: &Reading, probability: f32) -> bool {
        let reader = self.options.settle.reader;
        reading.words.iter().any(|word| reader.probability(word.confidence) >= probability)
    }

    /// The networks inside the program, if pages in these languages (`eng+deu`) are to be read again:
    /// they know the Latin script alone.
    ///
    /// # Errors
    /// As [`Networks::embedded`].
    pub fn for_language(language: &str, mode: Reread) -> Result<Option<Self>> {
        let known = language.split('+').all(|code| LATIN_SCRIPT.contains(&code));
        if mode == Reread::Never || !known {
            return Ok(None);
        }
        let spare = Some(Mutex::new(None));
        let networks = Networks::embedded()?;
        Ok(Some(Self { spare, ..Self::new(networks, mode, RereadOptions::default()) }))
    }
}

impl SecondReader for Rereader {
    fn look(&self, page: &GrayImage, words: Vec<Word>, unread: Vec<PixelBox>) -> Result<Vec<Word>> {
        let RereadOptions { doubt, most_pieces, settle, .. } = self.options;
        let mut pieces = segment::segments(words);
        let doubtful = |piece: &Segment| match self.mode {
            Reread::Always => true,
            Reread::Auto => piece.words.iter().any(|word| word.confidence < doubt),
            Reread::Never => false,
        };
        let chosen: Vec<usize> = (0..pieces.len()).filter(|&n| doubtful(&pieces[n])).collect();
        let unread = if self.mode == Reread::Never { Vec::new() } else { unread };
        if chosen.len() + unread.len() > most_pieces {
            return Ok(pieces.into_iter().flat_map(|piece| piece.words).collect());
        }
        let boxes: Vec<PixelBox> = chosen.iter().map(|&n| pieces[n].bbox).chain(unread).collect();
        let readings = self.read(page, &boxes)?;
        let (again, new) = readings.split_at(chosen.len());
        let mut settled = vec![false; pieces.len()];
        for (&n, reading) in chosen.iter().zip(again) {
            let words = settle.settle(std::mem::take(&mut pieces[n].words), reading);
            if let Some(piece) = Segment::of(words) {
                pieces[n] = piece;
            }
            settled[n] = true;
        }
        for (piece, _) in pieces.iter_mut().zip(settled).filter(|(_, settled)| !settled) {
            for word in &mut piece.words {
                word.confidence = settle.engine.probability(word.confidence);
            }
        }
        pieces.retain(|piece| !piece.words.is_empty());
        let found = new.iter().filter_map(|reading| Segment::of(settle.alone(reading, 0, 0)));
        Ok(segment::in_order(pieces, found.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_latin_script_is_read_again_and_only_when_asked() {
        let read = |language, mode| Rereader::for_language(language, mode).unwrap().is_some();
        assert!(read("eng+deu", Reread::Auto));
        assert!(!read("eng+deu", Reread::Never));
        assert!(!read("eng+rus", Reread::Always));
    }

    #[test]
    fn a_page_that_is_all_noise_stays_as_the_engine_read_it() {
        let options = RereadOptions { most_pieces: 1, ..RereadOptions::default() };
        let rereader = Rereader::new(Networks::embedded().unwrap(), Reread::Always, options);
        let word = |line: u32| Word {
            text: "x".into(),
            bbox: PixelBox::new(5, 5 + 20 * i64::from(line), 20, 20 + 20 * i64::from(line)),
            confidence: 0.4,
            line,
            block: 0,
        };
        let words = vec![word(0), word(1)];
        let page = GrayImage::from_pixel(100, 60, image::Luma([255]));
        assert_eq!(rereader.look(&page, words.clone(), Vec::new()).unwrap(), words);
    }

    #[test]
    fn choices_round_trip() {
        for text in ["auto", "never", "always"] {
            assert_eq!(text.parse::<Reread>().unwrap().to_string(), text);
        }
        assert_eq!("sometimes".parse::<Reread>().unwrap_err().code, ErrorCode::Usage);
    }
}
