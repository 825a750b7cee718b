//! A part of a page as a camera or a scanner might have seen it, with where its lines run then.
//!
//! Print of any height from [`HEIGHTS`], the sheet's edge with some ground beside it, lines that lean and bow, uneven
//! light, folds, faint print, blur, noise, JPEG of poor quality.

use super::super::line_reader::augment::Grain;
use super::super::line_reader::photo::packed;
use super::ground::{clouds, ground};
use super::store::Page;
use crate::line_finder::scaled;
use crate::synth::dice::Dice;
use image::GrayImage;

/// Pixels of a shown part, down and across.
pub const SIDE: usize = 512;
/// Heights that a page's median line is shown at.
const HEIGHTS: [f32; 2] = [9.0, 34.0];
/// Pages are enlarged at most so much.
const MOST_ENLARGED: f32 = 1.5;

/// What the network is shown, and what it should say.
pub struct Shown {
    /// Row-major, [`SIDE`] × [`SIDE`], black 1.
    pub dark: Vec<f32>,
    /// Lines as they would stand without the bow: left, top, right, bottom.
    pub lines: Vec<[f32; 4]>,
    /// How far down each column was moved.
    pub moved: Vec<f32>,
}

/// A part of a page, drawn by `dice`.
pub fn shown(page: &Page, picture: &GrayImage, dice: &mut Dice) -> Shown {
    let height = (HEIGHTS[0] * (HEIGHTS[1] / HEIGHTS[0]).powf(dice.real(0.0, 1.0)))
        / page.line_height().max(1.0);
    let down = height.min(MOST_ENLARGED);
    let across = (down * dice.real(0.8, 1.25)).min(MOST_ENLARGED);
    let sheet = resized(picture, across, down);
    let (width, tall) = (sheet.width() as f32, sheet.height() as f32);
    // So much of the part may lie beside the sheet.
    let beside = if dice.chance(0.5) { 0.4 } else { 0.05 } * SIDE as f32;
    let mut start = |length: f32| {
        let last = length - SIDE as f32 + beside;
        if last > -beside { dice.real(-beside, last) } else { dice.real(last, -beside) }
    };
    let (left, top) = (start(width).round(), start(tall).round());
    let photographed = dice.chance(0.6);
    let mut bright = if photographed { ground(SIDE, dice) } else { vec![1.0; SIDE * SIDE] };
    let paper = if photographed { dice.real(0.5, 1.0) } else { 1.0 };
    let faint = if dice.chance(0.35) { dice.real(0.2, 1.0) } else { 1.0 };
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (from_x, from_y) = (x as f32 + left, y as f32 + top);
            if from_x >= 0.0 && from_y >= 0.0 && from_x < width && from_y < tall {
                let value = f32::from(sheet.get_pixel(from_x as u32, from_y as u32)[0]) / 255.0;
                bright[y * SIDE + x] = paper * (1.0 - faint * (1.0 - value));
            }
        }
    }
    let moved = moves(dice);
    bright = columns_moved(&bright, &moved);
    spoil(&mut bright, photographed, dice);
    let lines = page.lines.iter().map(|line| {
        [
            line[0] * across - left,
            line[1] * down - top,
            line[2] * across - left,
            line[3] * down - top,
        ]
    });
    let dark = bright.into_iter().map(|value| 1.0 - value.clamp(0.0, 1.0)).collect();
    Shown { dark, lines: lines.collect(), moved }
}

fn resized(picture: &GrayImage, across: f32, down: f32) -> GrayImage {
    let side = |length: u32, scale: f32| ((length as f32 * scale).round() as u32).max(1);
    scaled(picture, side(picture.width(), across), side(picture.height(), down))
        .unwrap_or_else(|_| picture.clone())
}

/// How far down each column goes: a lean, a bow, a wave, or nothing.
fn moves(dice: &mut Dice) -> Vec<f32> {
    let lean = if dice.chance(0.6) { dice.bell(0.02) } else { 0.0 };
    let bow = if dice.chance(0.25) { dice.bell(10.0) } else { 0.0 };
    let wave = if dice.chance(0.15) { dice.real(1.0, 5.0) } else { 0.0 };
    let (length, phase) = (dice.real(150.0, 600.0), dice.real(0.0, std::f32::consts::TAU));
    let middle = SIDE as f32 / 2.0;
    let of_column = |x: usize| {
        let x = x as f32;
        let off = x / middle - 1.0;
        lean * (x - middle)
            + bow * off * off
            + wave * (x * std::f32::consts::TAU / length + phase).sin()
    };
    (0..SIDE).map(of_column).collect()
}

fn columns_moved(picture: &[f32], moved: &[f32]) -> Vec<f32> {
    if moved.iter().all(|by| *by == 0.0) {
        return picture.to_vec();
    }
    let mut target = vec![0.0; picture.len()];
    for y in 0..SIDE {
        for (x, by) in moved.iter().enumerate() {
            let from = (y as f32 - by).clamp(0.0, (SIDE - 1) as f32);
            let (row, part) = (from as usize, from.fract());
            let next = (row + 1).min(SIDE - 1);
            target[y * SIDE + x] =
                picture[row * SIDE + x] * (1.0 - part) + picture[next * SIDE + x] * part;
        }
    }
    target
}

fn spoil(bright: &mut Vec<f32>, photographed: bool, dice: &mut Dice) {
    if dice.chance(if photographed { 0.3 } else { 0.05 }) {
        folds(bright, dice);
    }
    for _ in 0..dice.pick(&[0, 0, 1, 1, 2, 3]) {
        *bright = blurred(bright);
    }
    if photographed {
        for _ in 0..dice.pick(&[0, 1, 2]) {
            clouds(bright, SIDE, dice);
        }
        let (angle, fall) = (dice.real(0.0, std::f32::consts::TAU), dice.real(0.0, 0.6));
        for (place, value) in bright.iter_mut().enumerate() {
            let (x, y) = ((place % SIDE) as f32, (place / SIDE) as f32);
            let along = (angle.cos() * x + angle.sin() * y) / SIDE as f32;
            *value *= (1.0 - fall * (0.5 + 0.5 * along)).clamp(0.2, 1.2);
        }
        if dice.chance(0.2) {
            shadow(bright, dice);
        }
    }
    let noise = if dice.chance(0.6) { dice.real(0.0, 0.15) } else { 0.0 };
    let mut grain = Grain::new(dice);
    bright.iter_mut().for_each(|value| *value += noise * grain.next());
    if dice.chance(0.03) {
        bright.iter_mut().for_each(|value| *value = 1.0 - *value);
    }
    if dice.chance(0.25) {
        let bytes = bright.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0) as u8).collect();
        let side = SIDE as u32;
        let picture = GrayImage::from_raw(side, side, bytes).unwrap_or_default();
        let packed = packed(picture, dice);
        *bright = packed.as_raw().iter().map(|value| f32::from(*value) / 255.0).collect();
    }
}

/// Creases: lines across the sheet, dark on one side and bright on the other.
fn folds(bright: &mut [f32], dice: &mut Dice) {
    for _ in 0..dice.between(1, 5) {
        let angle = dice.real(0.0, std::f32::consts::TAU);
        let (x0, y0) = (dice.real(0.0, SIDE as f32), dice.real(0.0, SIDE as f32));
        let (width, depth) = (dice.real(1.0, 25.0), dice.real(-0.35, 0.35));
        for (place, value) in bright.iter_mut().enumerate() {
            let (x, y) = ((place % SIDE) as f32 - x0, (place / SIDE) as f32 - y0);
            let off = (angle.cos() * x + angle.sin() * y) / width;
            if off.abs() < 3.0 {
                *value *= 1.0 + depth * off * (-off * off).exp();
            }
        }
    }
}

/// The dark half behind an edge: the photographer's hand.
fn shadow(bright: &mut [f32], dice: &mut Dice) {
    let angle = dice.real(0.0, std::f32::consts::TAU);
    let (x0, y0) = (dice.real(0.0, SIDE as f32), dice.real(0.0, SIDE as f32));
    let (soft, dark) = (dice.real(2.0, 60.0), dice.real(0.3, 0.85));
    for (place, value) in bright.iter_mut().enumerate() {
        let (x, y) = ((place % SIDE) as f32 - x0, (place / SIDE) as f32 - y0);
        let behind = 1.0 / (1.0 + (-(angle.cos() * x + angle.sin() * y) / soft).exp());
        *value *= 1.0 - (1.0 - dark) * behind;
    }
}

/// Weights 1 2 1 down and across.
fn blurred(picture: &[f32]) -> Vec<f32> {
    let weigh = |before: f32, here: f32, after: f32| (before + 2.0 * here + after) / 4.0;
    let last = SIDE - 1;
    let mut across = picture.to_vec();
    for (row, source) in across.chunks_exact_mut(SIDE).zip(picture.chunks_exact(SIDE)) {
        for x in 1..last {
            row[x] = weigh(source[x - 1], source[x], source[x + 1]);
        }
    }
    let mut down = across.clone();
    for y in 1..last {
        for x in 0..SIDE {
            let at = |row: usize| across[row * SIDE + x];
            down[y * SIDE + x] = weigh(at(y - 1), at(y), at(y + 1));
        }
    }
    down
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Lines of 20 pixels with dark bars in them.
    fn page() -> (Page, GrayImage) {
        let mut picture = GrayImage::from_pixel(900, 900, Luma([255]));
        let lines: Vec<[f32; 4]> = (0..20)
            .map(|n| [60.0, 40.0 + n as f32 * 40.0, 840.0, 60.0 + n as f32 * 40.0])
            .collect();
        for line in &lines {
            for y in line[1] as u32..line[3] as u32 {
                (60..840).filter(|x| x % 12 < 6).for_each(|x| picture.put_pixel(x, y, Luma([0])));
            }
        }
        let page = Page { source: "t".into(), width: 900, height: 900, lines, offset: 0 };
        (page, picture)
    }

    #[test]
    fn print_is_where_its_lines_are_said_to_run() {
        let (page, picture) = page();
        let mut seen = 0;
        for stream in 0..30 {
            let shown = shown(&page, &picture, &mut Dice::new(5, stream));
            assert!(shown.dark.iter().all(|value| (0.0..=1.0).contains(value)));
            let spread = |line: &[f32; 4]| {
                let y = (line[1] + line[3]) / 2.0;
                let from = line[0].max(20.0) as usize;
                let values: Vec<f32> = (from..(line[2] as usize).min(SIDE - 20))
                    .filter_map(|x| {
                        let y = (y + shown.moved[x]).round();
                        let inside = (20.0..(SIDE - 20) as f32).contains(&y);
                        inside.then(|| shown.dark[y as usize * SIDE + x])
                    })
                    .collect();
                let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
                let off = values.iter().map(|v| (v - mean).abs()).sum::<f32>();
                (values.len() > 60).then_some(off / values.len() as f32)
            };
            let off: Vec<f32> = shown.lines.iter().filter_map(spread).collect();
            seen += usize::from(!off.is_empty());
            let bars = off.iter().filter(|off| **off > 0.02).count();
            assert!(2 * bars >= off.len(), "{bars} of {} lines show bars", off.len());
        }
        assert!(seen > 20);
    }
}
