//! Light print on dark bars: heads of tables, the total of a modern invoice. The engine's layout analysis takes such a
//! bar for a picture; turned round, its print is found and read as any other.

use image::GrayImage;
use std::ops::Range;

/// Bars are this much darker than paper at least.
const DARK: f32 = 0.75;
/// Paper is this bright on pages that are looked at: on dim photographs everything is dark.
const PAPER: u8 = 170;
/// Bars are so long at least, as a share of the page's width, and so high, as one of its height: strokes of large letters
/// are none.
const SHORTEST: f32 = 0.12;
const HEIGHT: std::ops::RangeInclusive<f32> = 0.01..=0.08;
/// No bar has fewer rows of pixels.
const LOWEST: usize = 10;
/// Edges of a bar run straight but for so many pixels.
const STRAIGHT: usize = 3;
/// Of a bar's pixels so many are print.
const PRINT: std::ops::RangeInclusive<f32> = 0.004..=0.45;
/// Between a bar and its print, in levels.
const CONTRAST: u8 = 60;

/// A rectangle that is dark along its edges.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    across: Range<usize>,
    down: Range<usize>,
}

/// Turns round dark bars that have light print on them.
pub fn turn_bars_round(picture: &mut GrayImage) {
    let paper = quantile(picture.as_raw().iter().step_by(7).copied(), 0.8);
    if paper < PAPER {
        return;
    }
    let dark = (f32::from(paper) * DARK) as u8;
    for bar in bars(picture, dark) {
        turn_round(picture, &bar, paper);
    }
}

/// The bars of a picture: rows that are dark from end to end, with rows between them that are so at both ends.
fn bars(picture: &GrayImage, dark: u8) -> Vec<Bar> {
    let width = picture.width() as usize;
    let shortest = ((width as f32 * SHORTEST) as usize).max(2 * STRAIGHT + 2);
    let mut found = Vec::new();
    let mut open: Vec<Bar> = Vec::new();
    for (y, row) in picture.as_raw().chunks_exact(width.max(1)).enumerate() {
        let is_dark = |x: usize| row[x] <= dark;
        let (kept, closed): (Vec<Bar>, Vec<Bar>) = open.into_iter().partition(|bar| {
            is_dark(bar.across.start + STRAIGHT) && is_dark(bar.across.end - 1 - STRAIGHT)
        });
        open = kept;
        found.extend(closed);
        for run in dark_runs(row, dark, shortest) {
            let same = |bar: &&mut Bar| {
                bar.across.start.abs_diff(run.start) < STRAIGHT
                    && bar.across.end.abs_diff(run.end) < STRAIGHT
            };
            match open.iter_mut().find(same) {
                Some(bar) => bar.down.end = y + 1,
                None => open.push(Bar { across: run, down: y..y + 1 }),
            }
        }
    }
    found.extend(open);
    let height = picture.height() as usize;
    // What reaches the edge of a picture is the ground that a sheet lies on.
    found.retain(|bar| {
        bar.down.len() >= LOWEST
            && HEIGHT.contains(&(bar.down.len() as f32 / height as f32))
            && bar.across.start > 0
            && bar.across.end < width
            && bar.down.start > 0
            && bar.down.end < height
    });
    found
}

/// The long runs of dark pixels of a row.
fn dark_runs(row: &[u8], dark: u8, shortest: usize) -> Vec<Range<usize>> {
    let step = shortest / 2;
    let mut runs = Vec::new();
    let mut at = step;
    while at < row.len() {
        if row[at] > dark {
            at += step;
            continue;
        }
        let start = row[..at].iter().rposition(|level| *level > dark).map_or(0, |light| light + 1);
        let end =
            row[at..].iter().position(|level| *level > dark).map_or(row.len(), |light| at + light);
        if end - start >= shortest {
            runs.push(start..end);
        }
        at = end + step;
    }
    runs
}

/// Makes a bar as light as paper and its print dark, if it has print.
fn turn_round(picture: &mut GrayImage, bar: &Bar, paper: u8) {
    let width = picture.width() as usize;
    let rows =
        || bar.down.clone().map(|y| y * width + bar.across.start..y * width + bar.across.end);
    let levels: Vec<u8> = rows().flat_map(|row| picture.as_raw()[row].iter().copied()).collect();
    let ground = quantile(levels.iter().copied(), 0.5);
    let light = quantile(levels.iter().copied(), 0.995);
    if light < ground.saturating_add(CONTRAST) {
        return;
    }
    let middle = ground / 2 + light / 2;
    let print = levels.iter().filter(|level| **level > middle).count();
    if !PRINT.contains(&(print as f32 / levels.len().max(1) as f32)) {
        return;
    }
    let range = f32::from(light - ground);
    for row in rows() {
        let levels: &mut [u8] = &mut *picture;
        for level in &mut levels[row] {
            let share = (f32::from(light) - f32::from(*level)) / range;
            *level = (share.clamp(0.0, 1.0) * f32::from(paper)) as u8;
        }
    }
}

/// The level that this share of some levels is below, or at; white of none.
fn quantile(levels: impl Iterator<Item = u8>, share: f32) -> u8 {
    let mut histogram = [0usize; 256];
    let mut count = 0usize;
    for level in levels {
        histogram[usize::from(level)] += 1;
        count += 1;
    }
    let mut left = (count as f32 * share) as usize;
    for (level, here) in (0u8..=255).zip(histogram) {
        if here > left {
            return level;
        }
        left -= here;
    }
    u8::MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// White paper with a bar on it that has strokes of some level.
    fn page(bar: u8, stroke: u8) -> GrayImage {
        GrayImage::from_fn(400, 600, |x, y| {
            let on_bar = (150..380).contains(&x) && (80..120).contains(&y);
            let on_stroke = (170..360).contains(&x) && x % 12 < 3 && (92..108).contains(&y);
            Luma([match (on_bar, on_stroke) {
                (true, true) => stroke,
                (true, false) => bar,
                _ => 255,
            }])
        })
    }

    /// As seen: the total of an invoice in white on blue.
    #[test]
    fn light_print_on_a_dark_bar_becomes_dark_on_light() {
        let mut picture = page(61, 255);
        turn_bars_round(&mut picture);
        assert_eq!(picture.get_pixel(200, 85).0[0], 255, "the bar");
        assert_eq!(picture.get_pixel(181, 100).0[0], 0, "a stroke");
        assert_eq!(picture.get_pixel(10, 10).0[0], 255, "the paper");
    }

    #[test]
    fn bars_without_light_print_stay() {
        for (bar, stroke) in [(61, 61), (61, 90), (220, 255), (0, 0)] {
            let before = page(bar, stroke);
            let mut picture = before.clone();
            turn_bars_round(&mut picture);
            assert_eq!(picture, before, "{bar} {stroke}");
        }
    }

    #[test]
    fn dark_small_and_empty_pictures_stay() {
        for before in [
            GrayImage::from_pixel(300, 200, Luma([30])),
            GrayImage::from_fn(300, 200, |x, _| Luma([if x % 40 < 20 { 20 } else { 255 }])),
            GrayImage::new(1, 1),
            GrayImage::new(0, 0),
        ] {
            let mut picture = before.clone();
            turn_bars_round(&mut picture);
            assert_eq!(picture, before);
        }
    }
}
