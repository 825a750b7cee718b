//! A page made upright, with what its ink tells: letters, their height, the part of the page they
//! stand on.

use super::bend::Bend;
use super::frame::Turn;
use super::ground::with_light_ground;
use super::ink::{self, Blob};
use super::light;
use crate::geometry::{PageSize, PixelBox};
use image::GrayImage;

/// The picture that is read, and what is known of its ink.
#[derive(Debug)]
pub struct Upright {
    pub picture: GrayImage,
    /// Of crumpled paper, its print alone: what the engine sees.
    print: Option<GrayImage>,
    /// The way back to the page.
    pub turn: Turn,
    pub blobs: Vec<Blob>,
    /// Median height of letters in pixels; `None` where there are too few to tell.
    pub letter_height: Option<f32>,
    /// Where the letters stand, strays left out; the whole picture where there are few.
    pub content: PixelBox,
}

impl Upright {
    /// Turns a page and measures it. Uneven light and white print on black are mended first, so that
    /// every later step can take dark for ink.
    pub fn new(page: &GrayImage, turn: Turn) -> Self {
        Self::measured(light::mended(turn.apply(page)), turn)
    }

    fn measured(picture: GrayImage, turn: Turn) -> Self {
        let blobs = ink::blobs(&picture, ink::otsu_threshold(&picture));
        let letter_height = ink::letter_height(&blobs, picture.height());
        let content = content(&blobs, PageSize::new(picture.width(), picture.height()));
        Self { picture, print: None, turn, blobs, letter_height, content }
    }

    /// The same page, with the shadows of folds out of what the engine sees.
    pub fn without_folds(&self) -> Self {
        let height = self.letter_height.unwrap_or_default();
        let measured = Self::measured(light::print_only(&self.picture, height), self.turn);
        Self { picture: self.picture.clone(), print: Some(measured.picture), ..measured }
    }

    /// The same page with dark ground around it as light as paper, if there is any.
    pub fn on_light_ground(&self) -> Option<Self> {
        let picture = with_light_ground(&self.picture)?;
        Some(Self::measured(light::mended(picture), self.turn))
    }

    /// The same page with its lines straight.
    pub fn straightened(&self, bend: &Bend) -> Self {
        Self::measured(bend.apply(&self.picture), self.turn)
    }

    /// What the engine finds lines on and reads.
    pub fn for_engine(&self) -> &GrayImage {
        self.print.as_ref().unwrap_or(&self.picture)
    }

    pub fn size(&self) -> PageSize {
        PageSize::new(self.picture.width(), self.picture.height())
    }

    /// How many letters would stand side by side across the content.
    pub fn letters_across(&self) -> Option<f32> {
        Some(self.content.width() as f32 / self.letter_height?)
    }
}

/// The box of all letters but the outermost hundredth on each side: specks at a scan's edge don't make
/// a receipt as wide as the glass it lay on.
fn content(blobs: &[Blob], page: PageSize) -> PixelBox {
    const ENOUGH: usize = 12;
    const STRAYS: usize = 100;
    let letters: Vec<&Blob> =
        blobs.iter().filter(|blob| ink::is_letter_like(**blob, page.height)).collect();
    if letters.len() < ENOUGH {
        return page.bounds();
    }
    let strays = letters.len() / STRAYS;
    let side = |edge: fn(&Blob) -> u32, from_end: bool| {
        let mut edges: Vec<u32> = letters.iter().map(|blob| edge(blob)).collect();
        let place = if from_end { edges.len() - 1 - strays } else { strays };
        i64::from(*edges.select_nth_unstable(place).1)
    };
    PixelBox::new(
        side(|b| b.left, false),
        side(|b| b.top, false),
        side(|b| b.right, true),
        side(|b| b.bottom, true),
    )
}
