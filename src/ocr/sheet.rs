//! Where the paper lies in a photograph: the four corners of a bright sheet on darker ground.
//!
//! Works on a picture shrunk to a few hundred pixels. Print is closed (dilated, then eroded, so that
//! edges stay where they are); then every row is followed from outside to where it grows brighter, and
//! the straight line that most of these places agree on is the sheet's side: random sample consensus
//! (Fischler and Bolles, 1981), but over all pairs of a few rows instead of random ones, so that a page
//! always gives the same. A scan shows no ground along its border and is left after one look.

use super::outline::{self, Trial};
use super::sheet_edge::{Edge, Side};
use super::shrunk::Shrunk;
use image::{GrayImage, RgbImage};

/// What counts as a sheet, and when it is worth being made level.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetOptions {
    /// Whether sheets are looked for at all.
    pub find: bool,
    /// Opposite sides that lean towards each other by fewer degrees are left as they are.
    pub least_convergence: f32,
    /// Sheets that cover a smaller share of the picture are things on a page, not the page.
    pub least_cover: f32,
    /// A side is seen along at least this share of it.
    pub least_support: f32,
    /// Sheets that are told by their outline cover at least this share of the picture.
    pub least_patch: f32,
}

impl Default for SheetOptions {
    fn default() -> Self {
        Self {
            find: true,
            least_convergence: 1.0,
            least_cover: 0.3,
            least_support: 0.6,
            least_patch: 0.1,
        }
    }
}

/// Corners of a sheet in pixels, clockwise from the top left.
pub type Corners = [(f32, f32); 4];

/// Ground is darker than this share of the paper's brightness.
const GROUND: f32 = 0.88;
/// At least this share of a photograph's border is ground.
const GROUND_AROUND: f32 = 0.4;
/// Around the sheet, at most this share is as bright as paper: more is another sheet, or the picture
/// is of something else.
const BRIGHT_AROUND: f32 = 0.1;
/// Pixels of the shrunk picture from the sheet's sides on that are around it.
const ASIDE: f32 = 3.0;

/// Share of a picture's border that is darker than a level in some colour.
fn dark_border(picture: &RgbImage, level: f32) -> f32 {
    let (width, height) = picture.dimensions();
    let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
    let rows = (0..width).flat_map(|x| [(x, 0), (x, bottom)]);
    let border = rows.chain((0..height).flat_map(|y| [(0, y), (right, y)]));
    let least = |(x, y): (u32, u32)| picture.get_pixel(x, y).0.into_iter().min();
    let dark = border.filter_map(least).filter(|least| f32::from(*least) < level).count();
    dark as f32 / (2 * (width + height)).max(1) as f32
}

/// The least of each pixel's three colours.
fn least_channel(picture: &RgbImage) -> GrayImage {
    let least = picture.as_raw().chunks_exact(3).map(|rgb| rgb[0].min(rgb[1]).min(rgb[2]));
    let blank = || GrayImage::new(picture.width(), picture.height());
    GrayImage::from_raw(picture.width(), picture.height(), least.collect()).unwrap_or_else(blank)
}

impl SheetOptions {
    /// The corners of the sheet in a photograph: by its four sides where perspective distorts them, else by
    /// its outline. `None` where the picture is no photograph of a sheet. `gray` is the picture's luminance.
    pub fn corners(&self, picture: &RgbImage, gray: &GrayImage) -> Option<Corners> {
        if !self.find {
            return None;
        }
        let shrunk = Shrunk::of(gray)?;
        let paper = shrunk.paper();
        // Skin, wood and cloth are bright in one colour, paper in all.
        if dark_border(picture, GROUND * paper) < GROUND_AROUND {
            return None;
        }
        let on_gray =
            (shrunk.border_below(GROUND * paper) >= GROUND_AROUND).then(|| shrunk.closed());
        let scale = shrunk.scale;
        let by_sides = on_gray.as_ref().and_then(|shrunk| self.by_sides(shrunk, paper));
        let by_outline = |shrunk: &Shrunk| outline::corners(shrunk, self.least_patch);
        let corners = by_sides
            .or_else(|| by_outline(&Shrunk::of(&least_channel(picture))?.closed()))
            .or_else(|| by_outline(on_gray.as_ref()?))?;
        Some(self.whole(corners.map(|(x, y)| (x * scale, y * scale))))
    }

    /// What may be a sheet in a photograph in which none is sure ([`Self::corners`]): worth a trial where it is likely,
    /// or the photograph reads badly.
    pub fn trial(&self, picture: &RgbImage, gray: &GrayImage) -> Option<Trial> {
        let shrunk = Shrunk::of(gray)?;
        if !self.find || dark_border(picture, GROUND * shrunk.paper()) < GROUND_AROUND {
            return None;
        }
        let trial = outline::trial(&Shrunk::of(&least_channel(picture))?.closed())?;
        let in_picture = trial.corners.map(|(x, y)| (x * shrunk.scale, y * shrunk.scale));
        Some(Trial { corners: self.whole(in_picture), ..trial })
    }

    /// The corners where the straight lines along the sheet's sides meet.
    fn by_sides(&self, shrunk: &Shrunk, paper: f32) -> Option<Corners> {
        let edges = Side::ALL.map(|side| Edge::along(shrunk, side));
        let [top, right, bottom, left] = [0, 1, 2, 3].map(|side| edges[side].ends);
        let (top, right, bottom, left) = (top?, right?, bottom?, left?);
        let corners = [top.meet(left)?, top.meet(right)?, bottom.meet(right)?, bottom.meet(left)?];
        let fits = self.is_sheet(shrunk, corners)
            && Side::ALL
                .iter()
                .zip(&edges)
                .all(|(side, edge)| edge.support(side.of(corners), shrunk) >= self.least_support)
            && bright_around(shrunk, corners, GROUND * paper, ASIDE) <= BRIGHT_AROUND
            && convergence(corners) >= self.least_convergence;
        fits.then_some(corners)
    }

    /// A sheet that lies straight is cut out along whole pixels, and so keeps its own.
    fn whole(&self, corners: Corners) -> Corners {
        const STRAIGHT: f32 = 0.5;
        let lean = |from: usize, to: usize| {
            let (a, b) = (corners[from], corners[to]);
            (b.1 - a.1).atan2(b.0 - a.0).to_degrees().abs()
        };
        if convergence(corners) >= self.least_convergence || lean(0, 1).max(lean(3, 2)) >= STRAIGHT
        {
            return corners;
        }
        let side = |of: fn(&(f32, f32)) -> f32, most: fn(f32, f32) -> f32| {
            corners.iter().map(of).reduce(most).unwrap_or_default()
        };
        let (left, right) = (side(|c| c.0, f32::min).floor(), side(|c| c.0, f32::max).ceil());
        let (top, bottom) = (side(|c| c.1, f32::min).floor(), side(|c| c.1, f32::max).ceil());
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    }

    /// Whether the corners span a convex quadrangle that is large enough and lies in the picture, or
    /// hardly out of it.
    fn is_sheet(&self, shrunk: &Shrunk, corners: Corners) -> bool {
        const OUTSIDE: f32 = 0.08;
        let (width, height) = (shrunk.width as f32, shrunk.height as f32);
        let inside =
            |value: f32, side: f32| (-OUTSIDE * side..=(1.0 + OUTSIDE) * side).contains(&value);
        let turns = (0..4).map(|at| {
            let [a, b, c] = [0, 1, 2].map(|next| corners[(at + next) % 4]);
            (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0)
        });
        corners.iter().all(|&(x, y)| inside(x, width) && inside(y, height))
            && turns.fold(f32::MAX, f32::min) > 0.0
            && area(corners) >= self.least_cover * width * height
    }
}

/// Twice the signed area is the sum of the corners' cross products.
pub(super) fn area(corners: Corners) -> f32 {
    let cross = |at: usize| {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        a.0 * b.1 - b.0 * a.1
    };
    (0..4).map(cross).sum::<f32>() / 2.0
}

/// The larger of the two angles between opposite sides, in degrees.
fn convergence(corners: Corners) -> f32 {
    let direction = |from: usize, to: usize| {
        let (a, b) = (corners[from], corners[to]);
        (b.1 - a.1).atan2(b.0 - a.0)
    };
    let apart = |a: f32, b: f32| {
        let turn = std::f32::consts::TAU;
        let angle = (a - b).rem_euclid(turn);
        angle.min(turn - angle).to_degrees()
    };
    apart(direction(0, 1), direction(3, 2)).max(apart(direction(0, 3), direction(1, 2)))
}

/// Share of the pixels outside of the sheet, so many aside, that are at least so bright.
pub(super) fn bright_around(shrunk: &Shrunk, corners: Corners, level: f32, aside: f32) -> f32 {
    let outside = |x: f32, y: f32| {
        (0..4).any(|at| {
            let (a, b) = (corners[at], corners[(at + 1) % 4]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            dx * (y - a.1) - dy * (x - a.0) < -aside * dx.hypot(dy)
        })
    };
    let (mut around, mut bright) = (0u32, 0u32);
    for (y, row) in shrunk.rows().enumerate() {
        for (x, pixel) in row.iter().enumerate() {
            if outside(x as f32 + 0.5, y as f32 + 0.5) {
                around += 1;
                bright += u32::from(f32::from(*pixel) >= level);
            }
        }
    }
    bright as f32 / around.max(1) as f32
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
