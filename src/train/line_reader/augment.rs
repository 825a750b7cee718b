//! Spoiling lines for training: boxes that lie closer or wider, coarse scans, blur, faint and thick
//! print, noise, a slant, rules of forms, photocopies and faxes, photographs ([`super::photo`]). Drawn
//! anew for every line in every pass.

use super::photo::{bend, packed, shade, smear, wear};
use crate::error::Result;
use crate::line_reader::strip::{Region, STRIP_HEIGHT, Strip};
use crate::synth::dice::Dice;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::GrayImage;

/// Strip of a line as pages to be read will show it; `None` where the crop is too small.
///
/// # Errors
/// As [`Strip::cut`].
pub fn spoiled(crop: &GrayImage, inner: [f32; 4], dice: &mut Dice) -> Result<Option<Strip>> {
    let stretch = dice.real(0.78, 1.25);
    let region = moved(inner, dice);
    let coarse = if dice.chance(0.3) { coarser(crop, inner, dice) } else { None };
    let coarse = if dice.chance(0.1) {
        let (crop, scale) = coarse.unwrap_or_else(|| (crop.clone(), 1.0));
        Some((packed(crop, dice), scale))
    } else {
        coarse
    };
    let strip = match coarse {
        Some((coarse, scale)) => Strip::cut(
            &coarse,
            Region {
                left: region.left * scale,
                top: region.top * scale,
                width: region.width * scale,
                height: region.height * scale,
            },
            stretch,
        )?,
        None => Strip::cut(crop, region, stretch)?,
    };
    Ok(strip.map(|mut strip| {
        spoil(&mut strip, dice);
        strip
    }))
}

/// The line's box as some other engine might have drawn it.
fn moved([left, top, right, bottom]: [f32; 4], dice: &mut Dice) -> Region {
    let height = (bottom - top).max(1.0);
    let mut room = |low: f32, high: f32| dice.real(low, high) * height;
    let (above, below) = (room(-0.03, 0.28), room(-0.03, 0.28));
    let (before, after) = (room(-0.02, 0.4), room(-0.02, 0.4));
    Region {
        left: left - before,
        top: top - above,
        width: right - left + before + after,
        height: bottom - top + above + below,
    }
}

/// The crop at the resolution of a poor scan, and its scale.
fn coarser(crop: &GrayImage, inner: [f32; 4], dice: &mut Dice) -> Option<(GrayImage, f32)> {
    let scale = dice.real(8.0, 20.0) / (inner[3] - inner[1]).max(1.0);
    if scale >= 1.0 {
        return None;
    }
    let small = shrunk(crop, scale)?;
    let scale = small.height() as f32 / crop.height() as f32;
    Some((small, scale))
}

/// The same crop with fewer pixels.
pub(in crate::train) fn shrunk(crop: &GrayImage, scale: f32) -> Option<GrayImage> {
    let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
    let mut small = GrayImage::new(side(crop.width()), side(crop.height()));
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(crop, &mut small, &options).ok()?;
    Some(small)
}

fn spoil(strip: &mut Strip, dice: &mut Dice) {
    if dice.chance(0.15) {
        rules(strip, dice);
    }
    if dice.chance(0.35) {
        let (rise, middle) = (dice.real(-2.5, 2.5), strip.width as f32 / 2.0);
        strip.move_columns(|x| rise * (x / middle - 1.0) / 2.0);
    }
    if dice.chance(0.1) {
        bend(strip, dice);
    }
    if dice.chance(0.06) {
        wear(strip, dice);
    }
    if dice.chance(0.12) {
        across(strip, |a, b, c| a.max(b).max(c));
    } else if dice.chance(0.1) {
        across(strip, |a, b, c| (a.min(b) + b.min(c)) / 2.0);
    }
    for _ in 0..dice.pick(&[0, 0, 0, 1, 1, 2]) {
        across(strip, |a, b, c| (a + 2.0 * b + c) / 4.0);
        along(strip);
    }
    if dice.chance(0.06) {
        smear(strip, dice);
    }
    if dice.chance(0.2) {
        photocopy(strip, dice);
    } else if dice.chance(0.1) {
        shade(strip, dice);
    }
    let gamma = dice.real(0.6, 1.5);
    let noise = if dice.chance(0.5) { dice.real(0.0, 0.2) } else { 0.0 };
    let faint = if dice.chance(0.2) { dice.real(0.4, 1.0) } else { 1.0 };
    let mut grain = Grain::new(dice);
    for value in &mut strip.ink {
        *value = (value.powf(gamma) * faint + grain.next() * noise).clamp(0.0, 1.0);
    }
}

/// A grain for every pixel, −½ to ½. xorshift: a real generator would cost more than all the rest.
pub(in crate::train) struct Grain(u64);

impl Grain {
    pub fn new(dice: &mut Dice) -> Self {
        Self(dice.between(1, i64::MAX) as u64)
    }

    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    }
}

/// What forms print around their text: a rule under or over it, the sides of a cell.
fn rules(strip: &mut Strip, dice: &mut Dice) {
    let (width, height) = (strip.width as usize, STRIP_HEIGHT as usize);
    let ink = dice.real(0.5, 1.0);
    if dice.chance(0.75) {
        let row = if dice.chance(0.8) { dice.between(24, 30) } else { dice.between(0, 4) } as usize;
        let thick = dice.between(1, 2) as usize;
        let whole = dice.chance(0.6);
        let from = if whole { 0 } else { dice.between(0, width as i64 / 2) as usize };
        for y in row..(row + thick).min(height) {
            for value in &mut strip.ink[y * width + from..(y + 1) * width] {
                *value = value.max(ink);
            }
        }
    }
    for side in [0, width.saturating_sub(2)] {
        if dice.chance(0.35) {
            let column = (side as i64 + dice.between(-3, 3)).clamp(0, width as i64 - 1) as usize;
            for y in 0..height {
                let value = &mut strip.ink[y * width + column];
                *value = value.max(ink);
            }
        }
    }
}

/// Ink or none, with ragged edges, gaps where the print was weak and specks where there was none.
fn photocopy(strip: &mut Strip, dice: &mut Dice) {
    let level = dice.real(0.25, 0.65);
    let ragged = dice.real(0.1, 0.6);
    let steep = dice.real(3.0, 12.0);
    let specks = if dice.chance(0.4) { dice.real(0.0, 0.01) } else { 0.0 };
    let mut grain = Grain::new(dice);
    for value in &mut strip.ink {
        let over = *value - level + ragged * grain.next();
        let speck = grain.next() + 0.5 < specks;
        *value = if speck { 1.0 } else { (0.5 + steep * over).clamp(0.0, 1.0) };
    }
    if dice.chance(0.5) {
        across(strip, |a, b, c| (a + 2.0 * b + c) / 4.0);
        along(strip);
    }
}

/// Replaces each pixel by a function of itself and its neighbours in the row.
fn across(strip: &mut Strip, mix: impl Fn(f32, f32, f32) -> f32) {
    for row in strip.ink.chunks_exact_mut(strip.width as usize) {
        let mut before = row[0];
        for x in 0..row.len() {
            let here = row[x];
            let after = row.get(x + 1).copied().unwrap_or(here);
            row[x] = mix(before, here, after);
            before = here;
        }
    }
}

/// Weights 1 2 1 down each column.
fn along(strip: &mut Strip) {
    let width = strip.width as usize;
    let source = strip.ink.clone();
    let rows = STRIP_HEIGHT as usize;
    for y in 1..rows - 1 {
        for x in 0..width {
            let at = |row: usize| source[row * width + x];
            strip.ink[y * width + x] = (at(y - 1) + 2.0 * at(y) + at(y + 1)) / 4.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn crop() -> GrayImage {
        let mut crop = GrayImage::from_pixel(220, 60, Luma([240]));
        for (x, y) in (30..190).step_by(8).flat_map(|x| (20..40).map(move |y| (x, y))) {
            crop.put_pixel(x, y, Luma([10]));
            crop.put_pixel(x + 1, y, Luma([10]));
        }
        crop
    }

    #[test]
    fn spoiled_lines_differ_and_stay_lines() {
        let inner = [28.0, 18.0, 192.0, 42.0];
        let strips: Vec<Strip> = (0..40)
            .map(|index| spoiled(&crop(), inner, &mut Dice::new(3, index)).unwrap().unwrap())
            .collect();
        for strip in &strips {
            assert!(strip.ink.iter().all(|v| (0.0..=1.0).contains(v)));
            assert!((120..420).contains(&strip.width), "{}", strip.width);
            let ink: f32 = strip.ink.iter().sum::<f32>() / strip.ink.len() as f32;
            assert!(ink > 0.02, "the print is still there: {ink}");
        }
        assert!(strips.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn rules_and_photocopies_leave_the_letters() {
        let inner = [28.0, 18.0, 192.0, 42.0];
        let [left, top, right, bottom] = inner;
        let region = Region { left, top, width: right - left, height: bottom - top };
        let plain = Strip::cut(&crop(), region, 1.0).unwrap().unwrap();
        for spoil in [rules, photocopy] {
            for index in 0..20 {
                let mut strip = plain.clone();
                spoil(&mut strip, &mut Dice::new(5, index));
                assert!(strip.ink.iter().all(|v| (0.0..=1.0).contains(v)));
                let pairs = || plain.ink.iter().zip(&strip.ink);
                let kept = pairs().filter(|(a, b)| **a > 0.9 && **b > 0.3).count();
                let inked = plain.ink.iter().filter(|v| **v > 0.9).count();
                assert!(kept as f32 > 0.7 * inked as f32, "{kept} of {inked}");
                let new = pairs().filter(|(a, b)| **a < 0.1 && **b > 0.9).count();
                assert!(new < plain.ink.len() / 5, "{new}");
            }
        }
    }

    #[test]
    fn the_same_draw_spoils_alike() {
        let inner = [28.0, 18.0, 192.0, 42.0];
        let make = || spoiled(&crop(), inner, &mut Dice::new(9, 1)).unwrap().unwrap();
        assert_eq!(make(), make());
    }
}
