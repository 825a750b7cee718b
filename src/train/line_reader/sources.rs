//! Where lines come from: SROIE's receipts, the text layers of PDFs, synthetic and typed documents.
//!
//! Pages that the OCR yardstick keeps for tuning ([`PagePart::Dev`]) are left out of training and can
//! be cut on their own.

use super::super::data::json_file::{data_files, read_json};
use super::augment::shrunk;
use super::store::{Line, LineWriter};
use crate::document::Word;
use crate::error::{Error, Result};
use crate::eval::ocr_pages::PagePart;
use crate::geometry::PixelBox;
use crate::input::{InputOptions, Source, TextLayerMode, open};
use crate::line_reader::alphabet::Alphabet;
use crate::synth::dice::Dice;
use crate::synth::font::Look;
use crate::synth::{FontBook, Generator, Kind, SynthOptions};
use image::GrayImage;
use rayon::prelude::*;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Page around a line that a crop keeps, in heights of the line: above and below, at the sides.
const MARGIN: [f32; 2] = [0.4, 0.6];
/// Lines higher than this are stored smaller.
const STORED_HEIGHT: f32 = 44.0;
/// Words farther apart than this, in heights of the line, are of two lines.
const WIDEST_GAP: f32 = 1.8;
/// Lines beyond these are no lines: rules, specks, whole paragraphs.
const LEAST_HEIGHT: u32 = 6;
const LONGEST: usize = 160;
/// Lines taken from one page of a PDF, spread over it: pages of one maker are much alike.
const LINES_OF_PDF_PAGE: usize = 24;
/// Share of runs that are cut into pieces.
const CUT_SHARE: f64 = 0.15;
/// Resolutions that pages are rendered at.
pub(in crate::train) const RESOLUTIONS: [u32; 5] = [90, 120, 150, 200, 300];

/// What is typed, with weights.
const TYPED_KINDS: [(u32, Kind); 4] =
    [(4, Kind::Letter), (4, Kind::Form), (2, Kind::Article), (1, Kind::Business)];

/// What lines are cut from.
#[derive(Debug, Clone, PartialEq)]
pub enum LineSource {
    /// A directory with SROIE's `box` and `img`.
    Sroie(PathBuf),
    /// A directory of PDFs with text layers.
    Pdf(PathBuf),
    /// That many synthetic documents.
    Synth(u64),
    /// That many synthetic letters, forms and papers in type of fixed pitch alone, as typewriters and
    /// line printers leave them.
    Typed(u64),
}

impl FromStr for LineSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::usage(format!("`{text}` is no source of lines"))
                .hint("write sroie=DIR, pdf=DIR, synth=COUNT or typed=COUNT")
        };
        let (kind, rest) = text.split_once('=').ok_or_else(wrong)?;
        match kind {
            "sroie" => Ok(Self::Sroie(rest.into())),
            "pdf" => Ok(Self::Pdf(rest.into())),
            "synth" => rest.parse().map(Self::Synth).map_err(|_| wrong()),
            "typed" => rest.parse().map(Self::Typed).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// Which pages of a source are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinePart {
    Train,
    Dev,
}

/// A line and its crop, on the way to the store.
type Cut = (Line, GrayImage);

/// Cuts the lines of a source and adds them to the store.
///
/// # Errors
/// What reading the source says; `OutputFailed` for the store.
pub fn cut(source: &LineSource, part: LinePart, seed: u64, writer: &mut LineWriter) -> Result<()> {
    let alphabet = Alphabet::default();
    let mut keep = |lines: Vec<Cut>| {
        lines
            .iter()
            .filter(|(line, _)| is_line(line, &alphabet))
            .try_for_each(|(line, crop)| writer.add(line, crop))
    };
    match source {
        LineSource::Sroie(dir) => {
            for batch in chosen(&dir.join("box"), "json", part)?.chunks(32) {
                let cuts: Vec<Vec<Cut>> =
                    batch.par_iter().map(|path| sroie_page(dir, path)).collect::<Result<_>>()?;
                cuts.into_iter().try_for_each(&mut keep)?;
            }
        }
        LineSource::Pdf(dir) => {
            for batch in chosen(dir, "pdf", part)?.chunks(8) {
                let cuts: Vec<Vec<Cut>> = batch
                    .par_iter()
                    .enumerate()
                    .map(|(index, path)| pdf_lines(path, RESOLUTIONS[index % RESOLUTIONS.len()]))
                    .collect::<Result<_>>()?;
                cuts.into_iter().try_for_each(&mut keep)?;
            }
        }
        LineSource::Synth(count) | LineSource::Typed(count) => {
            let typed = matches!(source, LineSource::Typed(_));
            for resolution in RESOLUTIONS {
                let share = (*count / RESOLUTIONS.len() as u64).max(1);
                let generator = generator(resolution, part, seed, typed)?;
                for first in (0..share).step_by(16) {
                    let cuts: Vec<Vec<Cut>> = (first..share.min(first + 16))
                        .into_par_iter()
                        .map(|index| synth_page(&generator, index))
                        .collect();
                    cuts.into_iter().try_for_each(&mut keep)?;
                }
            }
        }
    }
    Ok(())
}

/// Files of a directory that are, or are not, among the yardstick's.
pub(in crate::train) fn chosen(
    dir: &Path,
    extension: &str,
    part: LinePart,
) -> Result<Vec<PathBuf>> {
    let files = data_files(dir, extension)?;
    let id = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let held = PagePart::Dev.select(files.iter().map(id).collect());
    let wanted = |path: &PathBuf| held.contains(&id(path)) == (part == LinePart::Dev);
    Ok(files.into_iter().filter(wanted).collect())
}

fn is_line(line: &Line, alphabet: &Alphabet) -> bool {
    !line.text.is_empty()
        && line.text.chars().count() <= LONGEST
        && alphabet.encode(&line.text).is_some()
}

#[derive(Deserialize)]
pub(in crate::train) struct SroieFile {
    pub id: String,
    pub lines: Vec<SroieLine>,
}

#[derive(Deserialize)]
pub(in crate::train) struct SroieLine {
    #[serde(rename = "box")]
    pub bbox: PixelBox,
    pub text: String,
}

/// A receipt of SROIE in gray, with its lines; `None` where it has no picture.
pub(in crate::train) fn sroie_receipt(
    dir: &Path,
    path: &Path,
) -> Result<Option<(GrayImage, SroieFile)>> {
    let file: SroieFile = read_json(path)?;
    let picture = dir.join("img").join(format!("{}.jpg", file.id));
    let page = open(&Source::Path(picture), &InputOptions::default())?.next().transpose()?;
    Ok(page.map(|page| (image::imageops::grayscale(&page.image), file)))
}

fn sroie_page(dir: &Path, path: &Path) -> Result<Vec<Cut>> {
    let Some((page, file)) = sroie_receipt(dir, path)? else { return Ok(Vec::new()) };
    let lines = file.lines.iter().filter_map(|line| {
        let text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
        crop(&page, line.bbox, text, format!("sroie/{}", file.id), true)
    });
    Ok(lines.collect())
}

/// How the pages of a PDF are drawn that has its text in it.
pub(in crate::train) fn with_text_layer(resolution: u32) -> InputOptions {
    InputOptions { dpi: resolution, text_layer: TextLayerMode::Only, ..Default::default() }
}

fn pdf_lines(path: &Path, resolution: u32) -> Result<Vec<Cut>> {
    let options = with_text_layer(resolution);
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut cuts = Vec::new();
    for page in open(&Source::Path(path.to_path_buf()), &options)? {
        let page = page?;
        let gray = image::imageops::grayscale(&page.image);
        let words = page.text_layer.unwrap_or_default().words;
        let lines = cut_words(&gray, &words, &format!("pdf/{id}#{}", page.number));
        let every = lines.len().div_ceil(LINES_OF_PDF_PAGE).max(1);
        cuts.extend(lines.into_iter().step_by(every));
    }
    Ok(cuts)
}

pub(in crate::train) fn generator(
    resolution: u32,
    part: LinePart,
    seed: u64,
    typed: bool,
) -> Result<Generator> {
    // Dev documents are drawn with seeds that training never takes.
    let seed = if part == LinePart::Dev { !seed } else { seed };
    let mut options = SynthOptions { seed, dpi: resolution as f32, ..SynthOptions::default() };
    let mut fonts = FontBook::load(&FontBook::default_directories())?;
    if typed {
        options.kinds = TYPED_KINDS.to_vec();
        fonts = fonts.only(Look::Mono);
    }
    Generator::new(options, fonts)
}

fn synth_page(generator: &Generator, index: u64) -> Vec<Cut> {
    // Resolution in the index: else each would show the same texts again.
    let document = generator.document(index * 1000 + generator.options().dpi as u64);
    let Some(picture) = document.picture else { return Vec::new() };
    let gray = image::imageops::grayscale(&picture);
    let words: Vec<Word> = document.words.into_iter().map(|word| word.word).collect();
    cut_words(&gray, &words, &document.id)
}

/// Lines made of words: runs of one line and block without a wide gap. A part of them is cut into
/// pieces, as engines do.
fn cut_words(page: &GrayImage, words: &[Word], source: &str) -> Vec<Cut> {
    let mut dice = Dice::new(words.len() as u64, 0);
    let mut cuts = Vec::new();
    for run in runs(words) {
        let mut rest = run;
        while !rest.is_empty() {
            let longest =
                if dice.chance(CUT_SHARE) { dice.between(1, 6) as usize } else { rest.len() };
            let (piece, later) = rest.split_at(longest.clamp(1, rest.len()));
            rest = later;
            let text: Vec<&str> = piece.iter().map(|word| word.text.as_str()).collect();
            let bbox = PixelBox::union_of(piece.iter().map(|word| word.bbox));
            cuts.extend(
                bbox.and_then(|bbox| crop(page, bbox, text.join(" "), source.to_string(), false)),
            );
        }
    }
    cuts
}

/// Words of one line and block without a wide gap.
pub(in crate::train) fn runs(words: &[Word]) -> impl Iterator<Item = &[Word]> {
    words.chunk_by(|a, b| {
        let height = a.bbox.height().max(b.bbox.height()) as f32;
        let gap = b.bbox.left() as f32 - a.bbox.right() as f32;
        let level = (a.bbox.center_y() - b.bbox.center_y()).abs() < 0.5 * height;
        a.line == b.line
            && a.block == b.block
            && level
            && gap > -0.5 * height
            && gap < WIDEST_GAP * height
    })
}

fn crop(
    page: &GrayImage,
    bbox: PixelBox,
    text: String,
    source: String,
    caseless: bool,
) -> Option<Cut> {
    let (width, height) = (bbox.width(), bbox.height());
    if height < LEAST_HEIGHT || width < 3 || width > 80 * height {
        return None;
    }
    let [above, aside] = MARGIN.map(|share| (share * height as f32).ceil() as u32);
    let (left, top) = (bbox.left().saturating_sub(aside), bbox.top().saturating_sub(above));
    let right = (bbox.right() + aside).min(page.width());
    let bottom = (bbox.bottom() + above).min(page.height());
    if right <= left || bottom <= top {
        return None;
    }
    let crop = image::imageops::crop_imm(page, left, top, right - left, bottom - top).to_image();
    let scale = (STORED_HEIGHT / height as f32).min(1.0);
    let crop = if scale < 1.0 { shrunk(&crop, scale)? } else { crop };
    let within = |x: u32, start: u32| (x.saturating_sub(start)) as f32 * scale;
    let inner = [
        within(bbox.left(), left),
        within(bbox.top(), top),
        within(bbox.right(), left),
        within(bbox.bottom(), top),
    ];
    Some((Line { text, source, caseless, width: 0, height: 0, inner, offset: 0 }, crop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn sources_are_named_as_documented() {
        assert_eq!("synth=20".parse::<LineSource>().unwrap(), LineSource::Synth(20));
        assert_eq!("typed=5".parse::<LineSource>().unwrap(), LineSource::Typed(5));
        assert_eq!("pdf=a/b".parse::<LineSource>().unwrap(), LineSource::Pdf("a/b".into()));
        for wrong in ["synth", "synth=x", "funsd=x", ""] {
            assert!(wrong.parse::<LineSource>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_far_apart_or_of_other_lines_are_cut_apart() {
        let page = GrayImage::from_pixel(400, 100, Luma([255]));
        let word = |text: &str, left: i64, line: u32| Word {
            text: text.to_string(),
            bbox: PixelBox::new(left, 20, left + 30, 40),
            confidence: 1.0,
            line,
            block: 0,
        };
        let words = [word("a", 10, 0), word("b", 45, 0), word("c", 300, 0), word("d", 335, 1)];
        let texts: Vec<String> =
            cut_words(&page, &words, "test").into_iter().map(|(line, _)| line.text).collect();
        assert_eq!(texts.join(" "), "a b c d");
        assert!(texts.contains(&"c".to_string()) && texts.contains(&"d".to_string()));
    }

    #[test]
    fn a_crop_keeps_the_line_inside_and_is_never_large() {
        let page = GrayImage::from_pixel(2000, 400, Luma([255]));
        let bbox = PixelBox::new(100, 100, 900, 200);
        let (line, crop) = crop(&page, bbox, "x".into(), "s".into(), false).unwrap();
        let [left, top, right, bottom] = line.inner;
        assert!((bottom - top - STORED_HEIGHT).abs() < 1.0);
        assert!(left > 0.0 && top > 0.0);
        assert!(right < crop.width() as f32 && bottom < crop.height() as f32);
    }
}
