//! Where the paper lies in a photograph: the four corners of a bright sheet on darker ground.
//!
//! Works on a picture shrunk to a few hundred pixels. Print is closed (dilated, then eroded, so that
//! edges stay where they are); then every row is followed from outside to where it grows brighter, and
//! the straight line that most of these places agree on is the sheet's side: random sample consensus
//! (Fischler and Bolles, 1981), but over all pairs of a few rows instead of random ones, so that a page
//! always gives the same. A scan shows no ground along its border and is left after one look.

use super::outline;
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
/// Gray levels that paper is brighter than the ground beside it.
const LEAST_RISE: f32 = 14.0;
/// Pixels of the shrunk picture that the edge may be off its line.
const OFF_LINE: f32 = 1.3;

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

/// The side of a picture from which a sheet is looked for. *Depth* is the distance from it inwards,
/// *along* the place on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

impl Side {
    /// As the sides of [`Corners`] follow each other.
    const ALL: [Self; 4] = [Self::Top, Self::Right, Self::Bottom, Self::Left];

    /// Length of the side and depth of the picture behind it.
    fn extent(self, shrunk: &Shrunk) -> (usize, usize) {
        match self {
            Self::Top | Self::Bottom => (shrunk.width, shrunk.height),
            Self::Left | Self::Right => (shrunk.height, shrunk.width),
        }
    }

    fn level(self, shrunk: &Shrunk, along: usize, depth: usize) -> f32 {
        match self {
            Self::Top => shrunk.at(along, depth),
            Self::Right => shrunk.at(shrunk.width - 1 - depth, along),
            Self::Bottom => shrunk.at(along, shrunk.height - 1 - depth),
            Self::Left => shrunk.at(depth, along),
        }
    }

    /// A place as a point of the picture.
    fn point(self, shrunk: &Shrunk, along: f32, depth: f32) -> (f32, f32) {
        match self {
            Self::Top => (along, depth),
            Self::Right => (shrunk.width as f32 - depth, along),
            Self::Bottom => (along, shrunk.height as f32 - depth),
            Self::Left => (depth, along),
        }
    }

    /// Its two ends in a sheet.
    fn of(self, corners: Corners) -> [(f32, f32); 2] {
        let at = self as usize;
        [corners[at], corners[(at + 1) % 4]]
    }
}

/// A straight line through two points.
#[derive(Debug, Clone, Copy)]
struct Line([(f32, f32); 2]);

impl Line {
    /// Where two lines cross; `None` where they run side by side.
    fn meet(self, other: Self) -> Option<(f32, f32)> {
        let [(x1, y1), (x2, y2)] = self.0;
        let [(x3, y3), (x4, y4)] = other.0;
        let across = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4);
        if across.abs() < 1e-3 {
            return None;
        }
        let (a, b) = (x1 * y2 - y1 * x2, x3 * y4 - y3 * x4);
        Some(((a * (x3 - x4) - (x1 - x2) * b) / across, (a * (y3 - y4) - (y1 - y2) * b) / across))
    }
}

/// Where a picture grows brighter on the way in from a side.
struct Edge {
    side: Side,
    /// For every step along the side, the first few places: depth, and by how many levels.
    steps: Vec<(f32, Vec<(f32, f32)>)>,
    /// Line of the sheet's side: depth at the start, and its change a pixel.
    fit: Option<(f32, f32)>,
    /// The same as a line of the picture.
    ends: Option<Line>,
}

impl Edge {
    fn along(shrunk: &Shrunk, side: Side) -> Self {
        const STEP: usize = 2;
        let (length, depth) = side.extent(shrunk);
        let mut levels = vec![0.0; depth];
        let steps = (0..length)
            .step_by(STEP)
            .map(|along| {
                for (level, depth) in levels.iter_mut().zip(0..) {
                    *level = side.level(shrunk, along, depth);
                }
                (along as f32 + 0.5, rises(&levels))
            })
            .collect();
        let mut edge = Self { side, steps, fit: None, ends: None };
        edge.fit = edge.best_line().map(|line| edge.settled(line));
        edge.ends = edge.fit.map(|(start, slope)| {
            let end = length as f32;
            let last = side.point(shrunk, end, start + slope * end);
            Line([side.point(shrunk, 0.0, start), last])
        });
        edge
    }

    /// The line that most places agree on, weighed by how much brighter they grow.
    fn best_line(&self) -> Option<(f32, f32)> {
        const PAIRED: usize = 40;
        const STEEPEST: f32 = 0.6;
        let seen: Vec<_> = self.steps.iter().filter(|(_, places)| !places.is_empty()).collect();
        let every = seen.len().div_ceil(PAIRED).max(1);
        let chosen: Vec<_> = seen.iter().step_by(every).collect();
        let far = chosen.len() / 4;
        let mut best: Option<(f32, (f32, f32))> = None;
        for (index, (from, starts)) in chosen.iter().enumerate() {
            for (to, ends) in chosen.iter().skip(index + far.max(1)) {
                for (start, end) in starts.iter().flat_map(|s| ends.iter().map(move |e| (s.0, e.0)))
                {
                    let slope = (end - start) / (to - from);
                    if slope.abs() > STEEPEST {
                        continue;
                    }
                    let line = (start - slope * from, slope);
                    let weight = chosen.iter().map(|step| agreement(step, line)).sum::<f32>();
                    if best.is_none_or(|(most, _)| weight > most) {
                        best = Some((weight, line));
                    }
                }
            }
        }
        best.map(|(_, line)| line)
    }

    /// The line of least squares through the places that agree with it.
    fn settled(&self, mut line: (f32, f32)) -> (f32, f32) {
        for _ in 0..3 {
            let near: Vec<(f64, f64)> = self
                .steps
                .iter()
                .filter_map(|step| Some((f64::from(step.0), f64::from(nearest(step, line)?.0))))
                .collect();
            line = least_squares(&near).unwrap_or(line);
        }
        line
    }

    /// Share of the sheet's side, between these ends, along which the edge is seen. What lies outside
    /// of the picture can't be seen; of a side at least half has to lie in it.
    fn support(&self, ends: [(f32, f32); 2], shrunk: &Shrunk) -> f32 {
        const LEAST_INSIDE: f32 = 0.5;
        let Some(line) = self.fit else { return 0.0 };
        let (length, depth) = self.side.extent(shrunk);
        let along = |(x, y): (f32, f32)| match self.side {
            Side::Top | Side::Bottom => x,
            Side::Left | Side::Right => y,
        };
        let (from, to) = (along(ends[0]).min(along(ends[1])), along(ends[0]).max(along(ends[1])));
        let inside = |at: f32| {
            (from..=to).contains(&at) && (1.5..depth as f32).contains(&(line.0 + line.1 * at))
        };
        let all: Vec<_> = self.steps.iter().filter(|(at, _)| inside(*at)).collect();
        let seen = all.iter().filter(|step| nearest(step, line).is_some()).count();
        let steps = self.steps.len() as f32 * (to - from) / length.max(1) as f32;
        if (all.len() as f32) < LEAST_INSIDE * steps {
            return 0.0;
        }
        seen as f32 / all.len().max(1) as f32
    }
}

/// The place of a step that lies on a line.
fn nearest((along, places): &(f32, Vec<(f32, f32)>), line: (f32, f32)) -> Option<(f32, f32)> {
    let off = |place: &(f32, f32)| (place.0 - line.0 - line.1 * along).abs();
    let nearest = places.iter().min_by(|a, b| off(a).total_cmp(&off(b)))?;
    (off(nearest) <= OFF_LINE).then_some(*nearest)
}

/// How much a step speaks for a line; strong contrasts count no more than clear ones.
fn agreement(step: &(f32, Vec<(f32, f32)>), line: (f32, f32)) -> f32 {
    const CLEAR: f32 = 50.0;
    nearest(step, line).map_or(0.0, |(_, rise)| rise.min(CLEAR))
}

/// Depths at which levels rise most steeply, and by how much: the first few.
fn rises(levels: &[f32]) -> Vec<(f32, f32)> {
    const REACH: usize = 3;
    const FIRST: usize = 4;
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len().max(1) as f32;
    let rise = |at: usize| {
        if at == 0 || at >= levels.len() {
            return 0.0;
        }
        let after = &levels[at..(at + REACH).min(levels.len())];
        mean(after) - mean(&levels[at.saturating_sub(REACH)..at])
    };
    let all: Vec<f32> = (0..=levels.len()).map(rise).collect();
    let peak = |at: usize| {
        let (before, here, after) = (all[at - 1], all[at], all[at + 1]);
        let near = &all[at.saturating_sub(REACH)..(at + REACH + 1).min(all.len())];
        if here < LEAST_RISE || near.iter().any(|other| *other > here) {
            return None;
        }
        // The top of the parabola through the three.
        let bend = before - 2.0 * here + after;
        let aside = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
        Some((at as f32 + aside.clamp(-0.5, 0.5), here))
    };
    (1..all.len().saturating_sub(1)).filter_map(peak).take(FIRST).collect()
}

/// Start and slope of the line of least squares through points; `None` without two different ones.
fn least_squares(points: &[(f64, f64)]) -> Option<(f32, f32)> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let spread: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    if points.len() < 2 || spread < 1e-9 {
        return None;
    }
    let slope = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f64>() / spread;
    Some(((mean_y - slope * mean_x) as f32, slope as f32))
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
