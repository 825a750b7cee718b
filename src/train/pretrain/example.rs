//! A window of a page, and what is done to it before the model sees it: tokens masked and their regions
//! blanked, lines covered, the picture exchanged or dropped.

use crate::document::Word;
use crate::encode::boxes::LayoutBoxes;
use crate::encode::image::{PICTURE_SIDE, shrink, white_page};
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::encode::{Window, encode_page};
use crate::error::Result;
use crate::geometry::{NormBox, PixelBox};
use crate::train::data::{Picture, Sample, document_of};
use crate::train::example::IGNORED;
use crate::train::objective::mvlm::{BLANK, Masking, Vocabulary};
use crate::train::objective::tim::Fate;
use crate::train::objective::{PretrainingObjective, paint, tia};
use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Which objectives are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objectives {
    pub mvlm: bool,
    pub tia: bool,
    pub tim: bool,
}

impl Objectives {
    pub fn of(list: &[PretrainingObjective]) -> Self {
        let has = |objective| list.contains(&objective);
        Self {
            mvlm: has(PretrainingObjective::Mvlm),
            tia: has(PretrainingObjective::Tia),
            tim: has(PretrainingObjective::Tim),
        }
    }
}

/// One window of a page.
#[derive(Debug, Clone)]
pub struct PageWindow {
    pub window: Window,
    /// Index into `lines` of each token; `None` for special tokens.
    pub line_of_token: Vec<Option<usize>>,
    /// The page's lines that have tokens here, each at its full length.
    pub lines: Vec<NormBox>,
    /// 224×224; `None` where the page has none: the model then sees a white page and is asked nothing
    /// about it.
    pub picture: Option<Arc<RgbImage>>,
    /// Pages of one document are no mismatch to each other.
    pub document: Arc<str>,
}

impl PageWindow {
    /// The windows of a page.
    ///
    /// # Errors
    /// From the tokenizer, or of a picture that can't be read.
    pub fn of(
        sample: Sample,
        tokenizer: &WordTokenizer,
        options: WindowOptions,
    ) -> Result<Vec<Self>> {
        let boxes = LayoutBoxes::Words.of(&sample.words, &[]);
        let windows = encode_page(&sample.words, &boxes, sample.size, tokenizer, options)?;
        let lines = lines_of(&sample.words);
        let count = lines.iter().max().map_or(0, |last| last + 1);
        let boxes: Vec<NormBox> = (0..count)
            .map(|line| {
                let members = sample.words.iter().zip(&lines).filter(|(_, of)| **of == line);
                let union = PixelBox::union_of(members.map(|(word, _)| word.bbox));
                union.map_or(NormBox::ZERO, |b| b.clamp_to(sample.size).normalize(sample.size))
            })
            .collect();
        let picture = small_picture(sample.picture)?.map(Arc::new);
        let document: Arc<str> = document_of(&sample.id).into();
        let make = |window: Window| {
            let mut present: Vec<usize> =
                window.word_of_token.iter().flatten().map(|&word| lines[word]).collect();
            present.sort_unstable();
            present.dedup();
            let position = |word: usize| present.binary_search(&lines[word]).ok();
            let line_of_token =
                window.word_of_token.iter().map(|word| word.and_then(position)).collect();
            Self {
                line_of_token,
                lines: present.iter().map(|&line| boxes[line]).collect(),
                window,
                picture: picture.clone(),
                document: Arc::clone(&document),
            }
        };
        // A window of special tokens alone teaches nothing.
        Ok(windows.into_iter().filter(|window| window.len() > 2).map(make).collect())
    }
}

/// The picture as the model reads it.
///
/// # Errors
/// As loading and shrinking it.
pub fn small_picture(picture: Option<Picture>) -> Result<Option<RgbImage>> {
    match picture {
        None => Ok(None),
        Some(Picture::Image(image)) if image.dimensions() == (PICTURE_SIDE, PICTURE_SIDE) => {
            Ok(Some(image))
        }
        Some(other) => Ok(Some(shrink(&other.load()?)?)),
    }
}

/// The line of each word, counted from 0: a new one begins where block or line change, and where a
/// word does not stand beside the one before it, since not every source tells lines.
pub fn lines_of(words: &[Word]) -> Vec<usize> {
    let mut line = 0;
    let mut lines = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        if index > 0 && !continues(&words[index - 1], word) {
            line += 1;
        }
        lines.push(line);
    }
    lines
}

fn continues(before: &Word, word: &Word) -> bool {
    let (a, b) = (before.bbox, word.bbox);
    let shared = i64::from(a.bottom().min(b.bottom())) - i64::from(a.top().max(b.top()));
    let lower = i64::from(a.height().min(b.height()));
    before.block == word.block
        && before.line == word.line
        && 2 * shared >= lower
        && b.left() >= a.left()
}

/// A window as the model sees it, and what it is asked.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub window: Window,
    pub picture: RgbImage,
    /// Of each token: the masked piece, or [`IGNORED`].
    pub mvlm: Vec<i64>,
    /// Of each token: [`tia::COVERED`], [`tia::NOT_COVERED`] or [`IGNORED`].
    pub tia: Vec<i64>,
    /// [`crate::train::objective::tim::OWN`] or `OTHER`, or [`IGNORED`].
    pub tim: i64,
}

/// Draws what is masked, covered and exchanged. `donor` is another document's picture.
pub fn prepare(
    page: &PageWindow,
    donor: Option<&RgbImage>,
    objectives: Objectives,
    vocabulary: Vocabulary,
    random: &mut ChaCha8Rng,
) -> Prepared {
    let masking = if objectives.mvlm {
        Masking::draw(&page.window, vocabulary, random)
    } else {
        Masking::none(&page.window)
    };
    let mut prepared = Prepared {
        window: Window { token_ids: masking.token_ids.clone(), ..page.window.clone() },
        picture: white_page(),
        tia: vec![IGNORED; masking.targets.len()],
        tim: IGNORED,
        mvlm: Vec::new(),
    };
    if let Some(own) = page.picture.as_deref() {
        let mut fate = if objectives.tim { Fate::draw(random) } else { Fate::Kept };
        if fate == Fate::Replaced && donor.is_none() {
            // The only document at hand.
            fate = Fate::Kept;
        }
        prepared.picture = match (fate, donor) {
            (Fate::Dropped, _) => white_page(),
            (Fate::Replaced, Some(donor)) => donor.clone(),
            _ => own.clone(),
        };
        for token in masking.masked() {
            paint(&mut prepared.picture, page.window.boxes[token], BLANK);
        }
        if objectives.tia {
            let covered = tia::draw(page.lines.len(), random);
            for (bbox, _) in page.lines.iter().zip(&covered).filter(|(_, covered)| **covered) {
                paint(&mut prepared.picture, *bbox, tia::COVER);
            }
            let is_own = fate == Fate::Kept;
            prepared.tia = tia::targets(&page.line_of_token, &covered, &masking.targets, is_own);
        }
        if objectives.tim {
            prepared.tim = fate.target();
        }
    }
    prepared.mvlm = masking.targets;
    prepared
}

#[cfg(test)]
#[path = "example_tests.rs"]
mod tests;
