//! Where the paper lies in a photograph, told by its outline: the largest bright patch on darker ground,
//! whichever way it is turned.
//!
//! Sides that are straight and look at the picture's borders are found better by `ocr::sheet`, to a fraction
//! of a pixel. This is for the others: receipts that lie aslant, curl, are torn off or held in a hand.
//! The patch's convex hull is made a quadrangle by leaving sides out, each time the one whose neighbours
//! meet with the least area added.

use super::ink::otsu_threshold;
use super::sheet::{Corners, area, bright_around};
use super::shrunk::Shrunk;
use image::GrayImage;

/// The patch fills at least this share of its quadrangle.
const LEAST_FILL: f32 = 0.87;
/// The same of one that is tried where a page reads badly without it.
const LEAST_FILL_OF_TRIAL: f32 = 0.75;
/// Such a patch covers at least this share of the picture, and at most that.
const COVER_OF_TRIAL: std::ops::RangeInclusive<f32> = 0.04..=0.9;
/// At least this share of each side is seen as an edge.
const LEAST_SEEN: f32 = 0.6;
/// Gray levels that paper is brighter than the ground beside it.
const LEAST_RISE: f32 = 16.0;
/// Around the sheet, at most this share is as bright as its paper.
const BRIGHT_AROUND: f32 = 0.25;
/// Pixels from its sides on that are around it.
const ASIDE: f32 = 4.0;
/// Pixels between a side and where the picture is looked at on both sides of it.
const BESIDE: f32 = 3.0;
/// The same of paper that may be bent.
const FAR_BESIDE: f32 = 8.0;
/// A sheet is taken so many pixels smaller on each side, so that no ground shows along the edges.
const INSET: f32 = 1.0;
/// One that may be bent is taken so many larger, so that no print is cut off.
const OUTSET: f32 = 3.0;
/// Corners have at least, and their counterparts at most, this many degrees.
const SHARPEST: f32 = 55.0;

type Point = (f32, f32);

/// The corners of a bright patch of a picture that was closed, in its pixels, clockwise from the top
/// left; `None` where there is none that looks like a sheet and covers this share of the picture.
pub fn corners(shrunk: &Shrunk, least_cover: f32) -> Option<Corners> {
    let picture = shrunk.picture();
    levels(&picture)?.darker.into_iter().find_map(|level| {
        let (patch, corners) = patch_above(&picture, level)?;
        let fits = area(corners) >= least_cover * (shrunk.width * shrunk.height) as f32
            && patch.filled() >= LEAST_FILL * area(corners)
            && is_cornered(corners)
            && sides_are_seen(shrunk, corners, BESIDE)
            && bright_around(shrunk, corners, f32::from(level) + 1.0, ASIDE) <= BRIGHT_AROUND;
        fits.then(|| from_the_top(inset(corners, INSET)?)).flatten()
    })
}

/// What may be a sheet where [`corners`] finds none.
pub struct Trial {
    pub corners: Corners,
    /// Its sides are seen, if not to the pixel, as those of a sheet that is bent.
    pub is_likely: bool,
}

/// The patch that fills its quadrangle best, as [`corners`] gives it, but whether its sides are seen or not: worth a
/// trial where nothing else reads.
pub fn trial(shrunk: &Shrunk) -> Option<Trial> {
    let picture = shrunk.picture();
    let whole = (shrunk.width * shrunk.height) as f32;
    let Levels { darker, brighter } = levels(&picture)?;
    let patches = darker.into_iter().chain(brighter).filter_map(|level| {
        let (patch, corners) = patch_above(&picture, level)?;
        let fill = patch.filled() / area(corners);
        let fits = COVER_OF_TRIAL.contains(&(area(corners) / whole))
            && fill >= LEAST_FILL_OF_TRIAL
            && is_cornered(corners);
        fits.then_some((fill, corners))
    });
    let (fill, best) = patches.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let is_likely = fill >= LEAST_FILL && sides_are_seen(shrunk, best, FAR_BESIDE);
    Some(Trial { corners: from_the_top(inset(best, -OUTSET)?)?, is_likely })
}

/// The largest patch above a level and the quadrangle around it.
fn patch_above(picture: &GrayImage, level: u8) -> Option<(Patch, Corners)> {
    let patch = Patch::largest(picture, level)?;
    let corners = quadrangle(&patch.hull())?;
    Some((patch, corners))
}

/// Gray levels that may part paper from ground, the darkest first.
struct Levels {
    /// From the one that parts the whole picture, which takes a part of ground in two brightnesses for paper, or glare
    /// on it, to the one that parts what is brighter.
    darker: Vec<u8>,
    /// Those up to the one that parts what is brighter still: paper may be a small part of what is bright.
    brighter: Vec<u8>,
}

fn levels(picture: &GrayImage) -> Option<Levels> {
    const STEPS: u8 = 5;
    const BRIGHTER_STEPS: u8 = 3;
    let lowest = otsu_threshold(picture);
    let above = brighter(picture, lowest)?;
    let highest = otsu_threshold(&above);
    let brightest = otsu_threshold(&brighter(&above, highest)?).max(highest);
    let between = |from: u8, to: u8, steps: u8| {
        (0..steps).map(move |step| from + (to.saturating_sub(from) / (steps - 1)) * step)
    };
    Some(Levels {
        darker: between(lowest, highest, STEPS).collect(),
        brighter: between(highest, brightest, BRIGHTER_STEPS).skip(1).collect(),
    })
}

/// The pixels above a level, in a row.
fn brighter(picture: &GrayImage, level: u8) -> Option<GrayImage> {
    let pixels: Vec<u8> = picture.as_raw().iter().copied().filter(|pixel| *pixel > level).collect();
    GrayImage::from_raw(pixels.len() as u32, 1, pixels)
}

/// The largest 4-connected patch of pixels above a level.
struct Patch {
    /// Its first and last column in each row that it has a part in.
    rows: Vec<(usize, usize, usize)>,
}

impl Patch {
    fn largest(picture: &GrayImage, level: u8) -> Option<Self> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.as_raw();
        let mut seen = vec![false; pixels.len()];
        let mut largest: Vec<usize> = Vec::new();
        for start in 0..pixels.len() {
            if seen[start] || pixels[start] <= level {
                continue;
            }
            seen[start] = true;
            let mut patch = vec![start];
            let mut next = 0;
            while let Some(&at) = patch.get(next) {
                next += 1;
                let (x, y) = (at % width, at / width);
                let near = [
                    (x > 0).then(|| at - 1),
                    (x + 1 < width).then_some(at + 1),
                    (y > 0).then(|| at - width),
                    (y + 1 < height).then_some(at + width),
                ];
                for at in near.into_iter().flatten() {
                    if !seen[at] && pixels[at] > level {
                        seen[at] = true;
                        patch.push(at);
                    }
                }
            }
            if patch.len() > largest.len() {
                largest = patch;
            }
        }
        let mut spans = vec![None::<(usize, usize)>; height];
        for at in largest {
            let (x, span) = (at % width, &mut spans[at / width]);
            *span = Some(span.map_or((x, x), |(first, last)| (first.min(x), last.max(x))));
        }
        let row = |(y, span): (usize, Option<(usize, usize)>)| Some((y, span?.0, span?.1));
        let rows: Vec<_> = spans.into_iter().enumerate().filter_map(row).collect();
        (rows.len() > 1).then_some(Self { rows })
    }

    /// Its area with the holes that print and pictures make.
    fn filled(&self) -> f32 {
        self.rows.iter().map(|(_, first, last)| (last + 1 - first) as f32).sum()
    }

    /// Its convex hull, clockwise (in a picture, whose rows go down), by Andrew's monotone chain.
    fn hull(&self) -> Vec<Point> {
        let edge = |column: fn(&(usize, usize, usize)) -> usize| {
            self.rows.iter().flat_map(move |row| {
                [(column(row) as f32, row.0 as f32), (column(row) as f32, row.0 as f32 + 1.0)]
            })
        };
        let mut hull = chain(edge(|row| row.2 + 1));
        let left: Vec<Point> = edge(|row| row.1).collect();
        hull.extend(chain(left.into_iter().rev()));
        hull.dedup();
        hull
    }
}

/// The part of a hull that turns right only.
fn chain(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut hull: Vec<Point> = Vec::new();
    for point in points {
        while let [.., before, last] = hull[..] {
            if cross(before, last, point) > 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// Positive where `c` lies to the right of the way from `a` to `b`, rows going down.
fn cross(a: Point, b: Point, c: Point) -> f32 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// From one point to another.
fn way(from: Point, to: Point) -> Point {
    (to.0 - from.0, to.1 - from.1)
}

/// Where two lines cross.
struct Meeting {
    /// Of their ways: 0 where they run side by side.
    across: f32,
    /// Ways of the first line up to the point.
    reach: f32,
    point: Point,
}

/// Where the line from `a` along one way crosses the line from `c` along another.
fn meet(a: Point, along: Point, c: Point, on: Point) -> Meeting {
    let across = along.0 * on.1 - along.1 * on.0;
    let reach = ((c.0 - a.0) * on.1 - (c.1 - a.1) * on.0) / across;
    Meeting { across, reach, point: (a.0 + along.0 * reach, a.1 + along.1 * reach) }
}

/// The quadrangle around a convex hull that is left when its sides are left out one after the other, the one
/// that adds least area first.
fn quadrangle(hull: &[Point]) -> Option<Corners> {
    let mut corners = hull.to_vec();
    while corners.len() > 4 {
        let count = corners.len();
        // Without the side between corners 1 and 2, those before and after it are drawn out to meet.
        let meeting = |at: usize| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|next| corners[(at + next) % count]);
            let Meeting { across, reach, point } = meet(b, way(a, b), c, way(d, c));
            // Sides that part from each other don't meet on this side of the hull.
            (across < -1e-6 && reach >= 0.0).then(|| (-cross(b, point, c).abs(), at, point))
        };
        let (_, at, met) = (0..count).filter_map(meeting).max_by(|a, b| a.0.total_cmp(&b.0))?;
        corners[(at + 1) % count] = met;
        corners.remove((at + 2) % count);
    }
    corners.try_into().ok()
}

/// Whether no corner is far from a right angle.
fn is_cornered(corners: Corners) -> bool {
    (0..4).all(|at| {
        let [a, b, c] = [0, 1, 2].map(|next| corners[(at + next) % 4]);
        let (back, on) = ((a.0 - b.0, a.1 - b.1), (c.0 - b.0, c.1 - b.1));
        let cosine = (back.0 * on.0 + back.1 * on.1) / (back.0.hypot(back.1) * on.0.hypot(on.1));
        cosine.abs() <= SHARPEST.to_radians().cos()
    })
}

/// Whether the picture is clearly brighter inside of the sides than outside, on two that are opposite at least: the
/// border of a shadow has one, the frame that a copier leaves two that meet. What lies along the picture's own
/// border, where a sheet runs out of it, tells nothing.
fn sides_are_seen(shrunk: &Shrunk, corners: Corners, beside: f32) -> bool {
    let level = |(x, y): Point| {
        let inside =
            (0.0..shrunk.width as f32).contains(&x) && (0.0..shrunk.height as f32).contains(&y);
        inside.then(|| shrunk.at(x as usize, y as usize))
    };
    let mut sides = [false; 4];
    for (at, side) in sides.iter_mut().enumerate() {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let out = ((b.1 - a.1) / length * beside, -(b.0 - a.0) / length * beside);
        let steps = length as usize;
        let rises: Vec<bool> = (0..steps)
            .filter_map(|step| {
                let share = (step as f32 + 0.5) / steps as f32;
                let (x, y) = (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
                let (outer, inner) =
                    (level((x + out.0, y + out.1))?, level((x - out.0, y - out.1))?);
                Some(inner - outer >= LEAST_RISE)
            })
            .collect();
        if rises.len() * 2 < steps {
            continue;
        }
        let seen = rises.iter().filter(|rise| **rise).count() as f32;
        if seen < LEAST_SEEN * rises.len() as f32 {
            return false;
        }
        *side = true;
    }
    sides[0] && sides[2] || sides[1] && sides[3]
}

/// The same quadrangle so many pixels smaller on each side, or larger.
fn inset(corners: Corners, pixels: f32) -> Option<Corners> {
    let side = |at: usize| {
        let (a, b) = (corners[at % 4], corners[(at + 1) % 4]);
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let aside = (-(b.1 - a.1) / length * pixels, (b.0 - a.0) / length * pixels);
        [(a.0 + aside.0, a.1 + aside.1), (b.0 + aside.0, b.1 + aside.1)]
    };
    let mut inner = corners;
    for (at, corner) in inner.iter_mut().enumerate() {
        let ([a, b], [c, d]) = (side(at + 3), side(at));
        *corner = meet(a, way(a, b), c, way(c, d)).point;
    }
    inner.iter().all(|(x, y)| x.is_finite() && y.is_finite()).then_some(inner)
}

/// The corners with the one first from which the way to the next goes most to the right.
fn from_the_top(corners: Corners) -> Option<Corners> {
    let rightward = |at: usize| {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        (b.0 - a.0) / (b.0 - a.0).hypot(b.1 - a.1)
    };
    let top = (0..4).max_by(|a, b| rightward(*a).total_cmp(&rightward(*b)))?;
    Some([0, 1, 2, 3].map(|next| corners[(top + next) % 4]))
}

#[cfg(test)]
#[path = "outline_tests.rs"]
mod tests;
