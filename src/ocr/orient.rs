//! Which way up a page lies, and by how many degrees it leans.
//!
//! Whether lines run level or upright, and their lean, is told from the letters' boxes (`ocr::turn`).
//! Head and foot look alike there; so a page that reads badly, or lies on its side, has a sample of
//! its lines read both ways round. A page that reads well costs nothing.

use super::frame::{Cut, Turn};
use super::ink::is_letter_like;
use super::segment::mean_confidence;
use super::sheet::Corners;
use super::turn;
use super::upright::Upright;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::PixelBox;
use image::GrayImage;

/// What the choice rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct OrientOptions {
    /// Whether pages are turned at all.
    pub turn: bool,
    /// Smaller leans are left: Tesseract follows them on its own, and turning blurs.
    pub least_lean: f32,
    /// A page read less surely than this may stand on its head.
    pub bad_confidence: f32,
    /// The other way round has to read this much more surely.
    pub margin: f32,
    /// Height of the sample, in letter heights.
    pub sample: f32,
}

impl Default for OrientOptions {
    fn default() -> Self {
        Self { turn: true, least_lean: 0.5, bad_confidence: 0.6, margin: 1.25, sample: 16.0 }
    }
}

impl OrientOptions {
    /// The turn that makes the lines of a page level, where it needs one.
    ///
    /// # Errors
    /// Those of reading a sample.
    pub fn turn(
        &self,
        page: &GrayImage,
        as_it_came: &Upright,
        read: impl Fn(&[Cut]) -> Result<Vec<Vec<Word>>>,
    ) -> Result<Option<Turn>> {
        if !self.turn {
            return Ok(None);
        }
        let size = as_it_came.size();
        if turn::lies_on_its_side(&as_it_came.blobs, size.width, size.height) {
            let right = Upright::new(page, as_it_came.turn.turned_on(1));
            let left = Upright::new(page, as_it_came.turn.turned_on(3));
            let best = self.surest(&[as_it_came, &right, &left], read)?;
            let chosen = [as_it_came, &right, &left][best];
            let turn = self.levelled(chosen);
            return Ok((turn != as_it_came.turn).then_some(turn));
        }
        Ok(self.level(as_it_came))
    }

    /// The corners of the part of a picture on which lines lie aslant, more than a page leans, clockwise from
    /// the one where they begin.
    pub fn aslant(&self, picture: &Upright) -> Option<Corners> {
        /// Around the letters, in letter heights.
        const MARGIN: f32 = 2.0;
        if !self.turn {
            return None;
        }
        let (size, height) = (picture.size(), picture.letter_height?);
        let lean = turn::steep_lean(&picture.blobs, size.height, height)?;
        let (sin, cos) = lean.to_radians().sin_cos();
        // Along the lines and across them.
        let place = |x: f32, y: f32| (x * cos + y * sin, y * cos - x * sin);
        let letters = picture.blobs.iter().filter(|blob| is_letter_like(**blob, size.height));
        let (along, across): (Vec<f32>, Vec<f32>) = letters
            .map(|blob| {
                let middle = |from: u32, to: u32| (from + to) as f32 / 2.0;
                place(middle(blob.left, blob.right), middle(blob.top, blob.bottom))
            })
            .unzip();
        let ((left, right), (top, bottom)) = (extent(along)?, extent(across)?);
        let margin = MARGIN * height;
        let (left, right, top, bottom) =
            (left - margin, right + margin, top - margin, bottom + margin);
        let back = |(u, v): (f32, f32)| (u * cos - v * sin, u * sin + v * cos);
        Some([(left, top), (right, top), (right, bottom), (left, bottom)].map(back))
    }

    /// The page's turn with its lean taken out, if it leans.
    fn level(&self, page: &Upright) -> Option<Turn> {
        let degrees = turn::skew(&page.blobs, page.size().height, page.letter_height?)?;
        (degrees.abs() >= self.least_lean).then(|| page.turn.leaning(-degrees))
    }

    /// The page's turn, its lean taken out.
    fn levelled(&self, page: &Upright) -> Turn {
        self.level(page).unwrap_or(page.turn)
    }

    /// Whether a page with letters gave few or doubtful words.
    pub fn reads_badly(&self, page: &Upright, words: &[Word]) -> bool {
        self.turn && page.letter_height.is_some() && mean_confidence(words) < self.bad_confidence
    }

    /// The turn of a page that stands on its head, if it does.
    ///
    /// # Errors
    /// Those of reading a sample.
    pub fn upside_down(
        &self,
        page: &GrayImage,
        upright: &Upright,
        read: impl Fn(&[Cut]) -> Result<Vec<Vec<Word>>>,
    ) -> Result<Option<Turn>> {
        let turned = Upright::new(page, upright.turn.turned_on(2));
        let best = self.surest(&[upright, &turned], read)?;
        Ok((best == 1).then(|| self.levelled(&turned)))
    }

    /// The turn of a page that is seen to stand on its head.
    pub fn turned_round(&self, page: &GrayImage, upright: &Upright) -> Turn {
        self.levelled(&Upright::new(page, upright.turn.turned_on(2)))
    }

    /// The page among several turns of it whose sample reads most surely; the first unless another is
    /// clearly surer.
    fn surest(
        &self,
        pages: &[&Upright],
        read: impl Fn(&[Cut]) -> Result<Vec<Vec<Word>>>,
    ) -> Result<usize> {
        let mut surest = (0, 0.0f32);
        for (index, page) in pages.iter().enumerate() {
            let sure = match self.sample_of(page) {
                Some(cut) => read(&[cut])?.iter().map(|words| sureness(words)).sum(),
                None => 0.0,
            };
            let needed = if index == 0 { 0.0 } else { surest.1 * self.margin };
            if sure > needed {
                surest = (index, sure);
            }
        }
        Ok(surest.0)
    }

    /// A band of the page where letters are dense.
    fn sample_of(&self, page: &Upright) -> Option<Cut> {
        const READABLE: f32 = 18.0;
        let height = page.letter_height?;
        let rows = ((self.sample * height) as i64).max(1);
        let content = page.content;
        let top = densest_rows(page, rows);
        let region = PixelBox::new(content.left().into(), top, content.right().into(), top + rows);
        let margin = height.ceil() as i64;
        let region = PixelBox::new(
            i64::from(region.left()) - margin,
            i64::from(region.top()),
            i64::from(region.right()) + margin,
            i64::from(region.bottom()),
        );
        Cut::new(page.for_engine(), region, (READABLE / height).clamp(0.3, 3.0))
    }
}

/// From where to where values reach, the outermost hundredth at each end left out.
fn extent(mut values: Vec<f32>) -> Option<(f32, f32)> {
    const STRAYS: usize = 100;
    values.sort_unstable_by(f32::total_cmp);
    let strays = values.len() / STRAYS;
    Some((*values.get(strays)?, *values.get(values.len() - 1 - strays)?))
}

/// The top of the band of so many rows that has most letters in it.
fn densest_rows(page: &Upright, rows: i64) -> i64 {
    let mut tops: Vec<i64> = page
        .blobs
        .iter()
        .filter(|blob| is_letter_like(**blob, page.size().height))
        .map(|blob| i64::from(blob.top))
        .collect();
    tops.sort_unstable();
    let mut best = (0, 0);
    let mut end = 0;
    for (start, top) in tops.iter().enumerate() {
        while end < tops.len() && tops[end] < top + rows {
            end += 1;
        }
        if end - start > best.0 {
            best = (end - start, *top);
        }
    }
    best.1
}

/// How surely words were read, over all their letters: those likely right less those likely wrong, so that the grain of
/// wood, read as words of two letters, does not outweigh a receipt.
pub fn sureness(words: &[Word]) -> f32 {
    const SHORT: usize = 3;
    let of_word = |word: &Word| {
        let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count();
        let sure = letters as f32 * (2.0 * word.confidence - 1.0);
        if letters < SHORT { sure.min(0.0) } else { sure }
    };
    words.iter().map(of_word).sum()
}
