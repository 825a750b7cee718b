//! One side of a sheet in a photograph: where the picture grows brighter on the way in, and the
//! straight line through most of these places.

use super::sheet::Corners;
use super::shrunk::Shrunk;

/// Gray levels that paper is brighter than the ground beside it.
const LEAST_RISE: f32 = 14.0;
/// Pixels of the shrunk picture that the edge may be off its line.
const OFF_LINE: f32 = 1.3;

/// The side of a picture from which a sheet is looked for. *Depth* is the distance from it inwards,
/// *along* the place on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

impl Side {
    /// As the sides of [`Corners`] follow each other.
    pub(super) const ALL: [Self; 4] = [Self::Top, Self::Right, Self::Bottom, Self::Left];

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
    pub(super) fn of(self, corners: Corners) -> [(f32, f32); 2] {
        let at = self as usize;
        [corners[at], corners[(at + 1) % 4]]
    }
}

/// A straight line through two points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line([(f32, f32); 2]);

impl Line {
    /// Where two lines cross; `None` where they run side by side.
    pub(super) fn meet(self, other: Self) -> Option<(f32, f32)> {
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
pub(super) struct Edge {
    side: Side,
    /// For every step along the side, the first few places: depth, and by how many levels.
    steps: Vec<(f32, Vec<(f32, f32)>)>,
    /// Line of the sheet's side: depth at the start, and its change a pixel.
    fit: Option<(f32, f32)>,
    /// The same as a line of the picture.
    pub(super) ends: Option<Line>,
}

impl Edge {
    pub(super) fn along(shrunk: &Shrunk, side: Side) -> Self {
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
    pub(super) fn support(&self, ends: [(f32, f32); 2], shrunk: &Shrunk) -> f32 {
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
