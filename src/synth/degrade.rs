//! What scanners, cameras and printers do to a page: turned, bent in perspective, blurred, noisy,
//! unevenly lit, thresholded, pressed into JPEG. Word boxes go the same way as the picture.

use super::dice::Dice;
use super::paint::InkBox;
use super::raster::Raster;
use crate::homography::Homography;
use image::RgbImage;

/// How a page became a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// Rendered from a file: as painted.
    Digital,
    /// Flatbed or feeder.
    Scan,
    /// One bit a pixel, as fax machines and old scanners.
    Fax,
    /// A camera's picture of paper on a table.
    Photo,
}

/// Draws how a page is captured.
pub fn draw_capture(receipt: bool, dice: &mut Dice) -> Capture {
    let weights = if receipt { [2, 10, 4, 4] } else { [9, 8, 2, 1] };
    dice.weighted(&[
        (weights[0], Capture::Digital),
        (weights[1], Capture::Scan),
        (weights[2], Capture::Fax),
        (weights[3], Capture::Photo),
    ])
}

/// Takes the picture; moves the boxes along.
pub fn capture(
    image: RgbImage,
    boxes: &mut [Option<InkBox>],
    how: Capture,
    receipt: bool,
    dice: &mut Dice,
) -> RgbImage {
    if how == Capture::Digital {
        return image;
    }
    let gray = how == Capture::Fax || dice.chance(0.7);
    let mut raster = Raster::of(image, gray);
    if how != Capture::Fax && dice.chance(0.4) {
        wear(&mut raster, dice);
    }
    raster = place(raster, boxes, how, receipt, dice);
    light(&mut raster, how, dice);
    for _ in 0..dice.pick(&[0, 0, 1, 1, 2]) {
        raster.blur();
    }
    if dice.chance(0.7) {
        raster.noise(dice.real(1.0, 10.0), dice);
    }
    if dice.chance(0.3) {
        specks(&mut raster, dice);
    }
    if how == Capture::Fax {
        raster.threshold(dice.between(150, 215) as u8);
    }
    if dice.chance(0.35) {
        raster = raster.through_jpeg(dice.between(18, 75) as u8);
    }
    raster.into_image()
}

/// Faint print: ribbons run dry, thermal paper fades, rollers leave streaks.
fn wear(raster: &mut Raster, dice: &mut Dice) {
    let (bands, streaks) = (dice.chance(0.5), dice.chance(0.35));
    let floor = dice.real(0.55, 0.95);
    let wave = dice.real(0.004, 0.03);
    let phase = dice.real(0.0, 6.0);
    let columns: Vec<f32> = (0..raster.width)
        .map(|_| if streaks && dice.chance(0.004) { dice.real(0.0, 0.4) } else { 1.0 })
        .collect();
    for y in 0..raster.height {
        let fade = if bands {
            let swing = 0.5 + 0.5 * (y as f32 * wave + phase).sin();
            floor + (1.0 - floor) * swing
        } else {
            floor
        };
        raster.each_in_row(y, |x, value| {
            let ink = f32::from(255 - value) * fade * columns[x];
            255 - ink as u8
        });
    }
}

/// Turns the paper, puts it on the glass or the table, and takes the boxes along.
fn place(
    raster: Raster,
    boxes: &mut [Option<InkBox>],
    how: Capture,
    receipt: bool,
    dice: &mut Dice,
) -> Raster {
    let (width, height) = (raster.width as f32, raster.height as f32);
    let photo = how == Capture::Photo;
    if !photo && dice.chance(0.3) {
        return raster;
    }
    let angle = dice.bell(if photo { 2.0 } else { 0.7 }).clamp(-3.0, 3.0).to_radians();
    let border = match (photo, receipt) {
        (true, _) => [dice.real(0.0, 0.12), dice.real(0.0, 0.06)],
        (_, true) => [dice.real(0.0, 0.5) * dice.real(0.0, 1.0), dice.real(0.0, 0.08)],
        _ => [dice.real(-0.01, 0.02), dice.real(-0.01, 0.015)],
    };
    let (aside, above) = (border[0] * width, border[1] * height);
    let out = (width + 2.0 * aside, height + 2.0 * above);
    let skew = if photo { 0.035 } else { 0.0 };
    let (sin, cos) = angle.sin_cos();
    let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|(x, y)| {
        let (dx, dy) = (x - width / 2.0, y - height / 2.0);
        let turned = (dx * cos - dy * sin, dx * sin + dy * cos);
        let (jx, jy) =
            (dice.real(-skew, skew) * width, dice.real(-skew, skew) * height.min(2.0 * width));
        (turned.0 + width / 2.0 + aside + jx, turned.1 + height / 2.0 + above + jy)
    });
    let Some(map) = Homography::to_quad(width, height, corners) else { return raster };
    let Some(back) = map.inverse() else { return raster };
    for ink in boxes.iter_mut().flatten() {
        *ink = map.carry(*ink);
    }
    let ground = match how {
        Capture::Photo => dice.pick(&[60u8, 90, 130, 40, 170]),
        _ if dice.chance(0.12) => dice.pick(&[0u8, 20, 200]),
        _ => 255,
    };
    raster.warp(&back, (out.0.round() as usize, out.1.round() as usize), ground)
}

/// Contrast, paper colour, shade and folds.
fn light(raster: &mut Raster, how: Capture, dice: &mut Dice) {
    let (low, high) = match how {
        Capture::Photo => (dice.real(10.0, 70.0), dice.real(150.0, 245.0)),
        _ => (dice.real(0.0, 60.0), dice.real(215.0, 255.0)),
    };
    raster.levels(low, high);
    let strength = if how == Capture::Photo { dice.real(0.05, 0.4) } else { dice.real(0.0, 0.08) };
    if strength > 0.02 {
        // Not τ exactly: another bound would redraw every page of a seed.
        #[expect(clippy::approx_constant)]
        let angle = dice.real(0.0, 6.28);
        raster.shade(angle, strength);
    }
    if dice.chance(0.12) {
        let level = dice.chance(0.7);
        let at = dice.real(0.25, 0.75);
        raster.fold(level, at, dice.real(0.1, 0.3));
    }
    if how == Capture::Scan && dice.chance(0.12) {
        raster.edge(dice.real(0.004, 0.02), dice.between(0, 3) as u8);
    }
}

/// Dust and punched holes.
fn specks(raster: &mut Raster, dice: &mut Dice) {
    for _ in 0..dice.between(3, 60) {
        let (x, y) = (dice.real(0.0, 1.0), dice.real(0.0, 1.0));
        let radius = dice.real(0.3, 1.4) * raster.width as f32 / 800.0;
        raster.spot(x * raster.width as f32, y * raster.height as f32, radius.max(0.5), 30);
    }
    if dice.chance(0.15) {
        let x = dice.real(0.02, 0.05) * raster.width as f32;
        let radius = raster.width as f32 * 0.012;
        for y in [0.35, 0.62] {
            raster.spot(x, y * raster.height as f32, radius, 20);
        }
    }
}
