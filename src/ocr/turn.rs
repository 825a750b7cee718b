//! Which way a page lies: lines level or upright, and by how many degrees they lean.
//!
//! Lines of text are sharp in profile: letters that stand on one line have their feet in one narrow
//! band. The sharpness of that profile is measured on the letters' boxes alone (after Postl's skew
//! detection, 1988, but over blobs instead of pixels), which takes a millisecond where turning the
//! picture would take a hundred. Whether a page stands on its head can't be told from its profile;
//! `ocr::read` finds that out by reading a sample when the page reads badly.

use super::ink::{Blob, is_letter_like};

/// Fewer letters say nothing certain.
const ENOUGH_LETTERS: usize = 30;

/// The steepest lean that is taken out by turning the picture in its frame.
const STEEPEST: f32 = 6.0;

/// A page that leans more than this counts as one that lies on its side.
const HALF_QUARTER: f32 = 45.0;

/// Where letters stand: horizontally the middle, vertically the foot; `None` where there are too few.
fn feet(blobs: &[Blob], page_height: u32) -> Option<Vec<(f32, f32)>> {
    let feet: Vec<(f32, f32)> = blobs
        .iter()
        .filter(|blob| is_letter_like(**blob, page_height))
        .map(|blob| ((blob.left + blob.right) as f32 / 2.0, blob.bottom as f32))
        .collect();
    (feet.len() >= ENOUGH_LETTERS).then_some(feet)
}

/// Height of the bands of a profile in which the feet of one line lie together.
fn band_of(letter_height: f32) -> f32 {
    (letter_height / 4.0).max(1.0)
}

/// Sharpness of the profile at a lean: the sum of squares of how many feet fall into each band.
fn sharpness(feet: &[(f32, f32)], degrees: f32, band: f32) -> f64 {
    let slope = degrees.to_radians().tan();
    let level = |&(x, y): &(f32, f32)| y - x * slope;
    let (mut low, mut high) = (f32::MAX, f32::MIN);
    for foot in feet {
        let y = level(foot);
        (low, high) = (low.min(y), high.max(y));
    }
    let bands = ((high - low) / band) as usize + 2;
    let mut profile = vec![0u32; bands];
    for foot in feet {
        profile[((level(foot) - low) / band) as usize] += 1;
    }
    profile.iter().map(|n| f64::from(*n) * f64::from(*n)).sum()
}

/// By how many degrees, clockwise, the lines of a page lean; `None` where it can't be told.
///
/// Looked for coarsely over all leans, then finely about the best.
pub fn skew(blobs: &[Blob], page_height: u32, letter_height: f32) -> Option<f32> {
    const COARSE: f32 = 0.5;
    const FINE: f32 = 0.1;
    let feet = feet(blobs, page_height)?;
    let band = band_of(letter_height);
    let best = |from: f32, to: f32, step: f32| {
        let steps = ((to - from) / step).round() as i32;
        (0..=steps)
            .map(|n| from + step * n as f32)
            .map(|degrees| (sharpness(&feet, degrees, band), degrees))
            // The smaller lean wins a tie, so that a page without lines stays as it is.
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.abs().total_cmp(&a.1.abs())))
    };
    let (_, coarse) = best(-STEEPEST, STEEPEST, COARSE)?;
    let (sharpest, degrees) = best(coarse - COARSE, coarse + COARSE, FINE)?;
    let level = sharpness(&feet, 0.0, band);
    // A lean that sharpens nothing is noise.
    Some(if sharpest > level * 1.05 { degrees } else { 0.0 })
}

/// By how many degrees, clockwise, lines lean that lie aslant on the picture, beyond what [`skew`] looks
/// for; `None` where they don't, or there are too few.
pub fn steep_lean(blobs: &[Blob], page_height: u32, letter_height: f32) -> Option<f32> {
    const STEP: f32 = 0.5;
    /// Lines aslant are that much sharper in profile than what is seen level.
    const CLEARLY: f64 = 1.4;
    let feet = feet(blobs, page_height)?;
    let band = band_of(letter_height);
    let steps = (HALF_QUARTER / STEP) as i32;
    let leans = (-steps..=steps).map(|step| step as f32 * STEP);
    // Leaning, a line's feet spread over fewer bands of the picture's rows.
    let sharp = |degrees: f32| sharpness(&feet, degrees, band / degrees.to_radians().cos());
    let (level, aslant): (Vec<f32>, Vec<f32>) = leans.partition(|lean| lean.abs() <= STEEPEST);
    let level = level.into_iter().map(sharp).fold(0.0, f64::max);
    let (sharpest, lean) =
        aslant.into_iter().map(|lean| (sharp(lean), lean)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (sharpest > CLEARLY * level).then_some(lean)
}

/// Whether lines run from top to bottom: the page lies on its side.
pub fn lies_on_its_side(blobs: &[Blob], page_width: u32, page_height: u32) -> bool {
    // Letters' boxes turned by a quarter, so that columns become lines.
    let turned: Vec<Blob> = blobs
        .iter()
        .map(|b| Blob { left: b.top, right: b.bottom, top: b.left, bottom: b.right, ink: b.ink })
        .collect();
    let (Some(level), Some(side)) = (lineness(blobs, page_height), lineness(&turned, page_width))
    else {
        return false;
    };
    side > 1.3 * level
}

/// How sharp the profile is against one without lines.
fn lineness(blobs: &[Blob], page_height: u32) -> Option<f64> {
    let feet = feet(blobs, page_height)?;
    let band = band_of(super::ink::letter_height(blobs, page_height)?);
    let best = (-6..=6).map(|d| sharpness(&feet, d as f32, band)).fold(0.0, f64::max);
    let extent = feet
        .iter()
        .fold((f32::MAX, f32::MIN), |(low, high), foot| (low.min(foot.1), high.max(foot.1)));
    let bands = f64::from(((extent.1 - extent.0) / band).max(1.0));
    let letters = feet.len() as f64;
    Some(best / (letters * letters / bands + letters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Letters of 8 × 12 pixels in lines that lean.
    fn page(degrees: f32) -> Vec<Blob> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let places =
            (0..12).flat_map(|line| (0..25).map(move |n| (n as f32 * 11.0, line as f32 * 22.0)));
        places
            .map(|(along, across)| {
                let x = 400.0 + along * cos - across * sin;
                let y = 300.0 + along * sin + across * cos;
                let (left, top) = (x as u32, y as u32);
                Blob { left, top, right: left + 8, bottom: top + 12, ink: 60 }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn leans_are_measured(degrees in -5f32..5.0, steep in 8f32..40.0, back in any::<bool>()) {
            let measured = skew(&page(degrees), 1000, 12.0).unwrap();
            prop_assert!((measured - degrees).abs() < 0.6, "{measured} is {degrees}");
            prop_assert_eq!(steep_lean(&page(degrees), 1000, 12.0), None);
            let steep = if back { -steep } else { steep };
            let measured = steep_lean(&page(steep), 1000, 12.0).unwrap();
            prop_assert!((measured - steep).abs() < 1.5, "{measured} is {steep}");
        }
    }

    #[test]
    fn few_letters_and_noise_lean_nowhere() {
        assert_eq!(steep_lean(&page(20.0)[..20], 1000, 12.0), None);
        let noise: Vec<Blob> = (0..400u32)
            .map(|n| {
                let scattered = |n: u32| n.wrapping_mul(2_654_435_761) >> 12;
                let (left, top) = (scattered(n) % 800, scattered(scattered(n)) % 900);
                Blob { left, top, right: left + 8, bottom: top + 12, ink: 60 }
            })
            .collect();
        assert_eq!(steep_lean(&noise, 1000, 12.0), None);
    }
}
