//! A page made level, the words that were read on it, and the way back to the page as it came.

use super::bend::Bend;
use super::cents::with_cents;
use super::flat::Flat;
use super::frame::Turn;
use super::leaders::without_leaders;
use super::orient::sureness;
use super::upright::Upright;
use super::{LevelPage, Recognition};
use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use image::GrayImage;
use std::sync::Arc;

/// A page whose lines are level, and the way back.
pub struct Level {
    /// The page's gray levels; of a photograph the sheet's.
    pub gray: Arc<GrayImage>,
    /// How the sheet lies in the photograph.
    pub flat: Option<Flat>,
    /// Whether it is a sheet on some ground.
    pub photographed: bool,
    /// How lines bent that are straight on the upright picture.
    pub bend: Option<Bend>,
    pub upright: Upright,
}

impl Level {
    pub fn of(gray: GrayImage, flat: Option<Flat>) -> Self {
        let upright = as_it_came(&gray);
        Self { gray: Arc::new(gray), flat, photographed: false, bend: None, upright }
    }

    /// Whether lines were found to run from top to bottom.
    pub fn lies_on_its_side(&self) -> bool {
        !self.upright.turn.rotation().is_multiple_of(180)
    }

    /// The same page as it came.
    pub fn not_turned(&self) -> Self {
        let upright = as_it_came(&self.gray);
        Self { gray: Arc::clone(&self.gray), bend: None, upright, ..*self }
    }

    /// The same page with its lines straight, where they bend by at least so many heights of letters.
    pub fn straightened(&self, least: f32) -> Option<Self> {
        let page = &self.upright;
        let bend = Bend::of(&page.blobs, page.content, page.size(), page.letter_height?, least)?;
        let upright = page.straightened(&bend);
        Some(Self { gray: Arc::clone(&self.gray), bend: Some(bend), upright, ..*self })
    }

    /// The same page turned another way.
    pub fn turned(&mut self, turn: Turn) {
        (self.bend, self.upright) = (None, Upright::new(&self.gray, turn));
    }

    /// The same page with dark ground around it as light as paper, if there is any.
    pub fn on_light_ground(&self) -> Option<Self> {
        let upright = self.upright.on_light_ground()?;
        Some(Self { gray: Arc::clone(&self.gray), upright, ..*self })
    }

    /// The same page with the shadows of folds out of what the engine sees.
    pub fn without_folds(&self) -> Self {
        let upright = self.upright.without_folds();
        Self { gray: Arc::clone(&self.gray), upright, ..*self }
    }

    /// Words of the upright picture as those of the page.
    pub fn recognition(self, words: Vec<Word>) -> Recognition {
        let turn = self.upright.turn;
        let on_page = |bbox: PixelBox| {
            let bent = self.bend.map_or(bbox, |bend| bend.to_bent(bbox));
            let turned = turn.to_page(bent);
            self.flat.map_or(turned, |flat| flat.to_page(turned))
        };
        // Those that our reader alone has read.
        let words = with_cents(without_leaders(words)).into_iter();
        let placed = words.map(|word| (word.bbox, Word { bbox: on_page(word.bbox), ..word }));
        let (boxes, words): (Vec<PixelBox>, Vec<Word>) =
            placed.filter(|(level, word)| level.area() > 0 && word.bbox.area() > 0).unzip();
        let came_level = self.flat.is_none() && self.bend.is_none() && turn.is_none();
        let picture = (!came_level).then_some(self.upright.picture);
        let level = picture.map(|picture| LevelPage { picture, boxes });
        Recognition { words, rotation: turn.rotation(), level }
    }
}

/// A picture without any turn.
fn as_it_came(gray: &GrayImage) -> Upright {
    Upright::new(gray, Turn::none(PageSize::new(gray.width(), gray.height())))
}

/// A level page and the words that were read on it.
pub struct Reading {
    pub level: Level,
    pub words: Vec<Word>,
}

impl Reading {
    /// The words as those of the page.
    pub fn recognition(self) -> Recognition {
        self.level.recognition(self.words)
    }
}

/// Of two readings of a page the one that is clearly surer, else the first: what was done to a page for the other costs
/// it logos and faint print, which tell little of how well it reads.
pub fn surer(first: Reading, other: Reading) -> Reading {
    const CLEARLY: f32 = 1.04;
    let [least, most] = [&first, &other].map(|reading| sureness(&reading.words));
    if most > CLEARLY * least.max(0.0) { other } else { first }
}
