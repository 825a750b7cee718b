//! What cameras and cheap scans do to a line: a curl of the sheet, light that falls off, a hand that
//! moved, a picture packed too small. Drawn by [`super::augment`].

use super::augment::Grain;
use crate::line_reader::strip::{STRIP_HEIGHT, Strip};
use crate::synth::dice::Dice;
use image::GrayImage;
use image::codecs::jpeg::JpegEncoder;

/// The crop as a JPEG of poor quality gives it back; as it was where the codec fails.
pub fn packed(crop: GrayImage, dice: &mut Dice) -> GrayImage {
    let mut bytes = Vec::new();
    let quality = dice.between(12, 55) as u8;
    let written = JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&crop);
    let read = || image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg).ok();
    match written.ok().and_then(|()| read()) {
        Some(picture) => picture.into_luma8(),
        None => crop,
    }
}

/// Columns moved up and down along a wave, as print on a curled sheet runs.
pub fn bend(strip: &mut Strip, dice: &mut Dice) {
    let rise = dice.real(0.8, 3.0);
    // From half a wave over the strip to one of some ten letters.
    let length = dice.real(120.0, 2.0 * strip.width.max(120) as f32);
    let phase = dice.real(0.0, std::f32::consts::TAU);
    strip.move_columns(|x| rise * (x * std::f32::consts::TAU / length + phase).sin());
}

/// Paper that darkens towards one side, or towards the foot.
pub fn shade(strip: &mut Strip, dice: &mut Dice) {
    let (from, to) = (dice.real(0.0, 0.35), dice.real(0.0, 0.35));
    let level = dice.chance(0.6);
    let (width, height) = (strip.width as usize, STRIP_HEIGHT as usize);
    for (index, value) in strip.ink.iter_mut().enumerate() {
        let along = if level {
            (index % width) as f32 / width as f32
        } else {
            (index / width) as f32 / height as f32
        };
        let dark = from + (to - from) * along;
        *value = dark + (1.0 - dark) * *value;
    }
}

/// A mean over some pixels to the side: the camera, or the sheet in the scanner, was moved.
pub fn smear(strip: &mut Strip, dice: &mut Dice) {
    let reach = dice.between(2, 4) as usize;
    for row in strip.ink.chunks_exact_mut(strip.width as usize) {
        let source = row.to_vec();
        for (x, value) in row.iter_mut().enumerate() {
            let seen = &source[x..(x + reach).min(source.len())];
            *value = seen.iter().sum::<f32>() / seen.len() as f32;
        }
    }
}

/// Spots where print did not take, a few pixels wide: worn ribbons and thermal heads.
pub fn wear(strip: &mut Strip, dice: &mut Dice) {
    let (width, height) = (strip.width as usize, STRIP_HEIGHT as usize);
    let mut grain = Grain::new(dice);
    for _ in 0..width / 24 {
        let mut within = |length: usize| ((grain.next() + 0.5) * length as f32) as usize;
        let (left, top) = (within(width), within(height));
        let (across, down) = (1 + within(3), 1 + within(4));
        let left_ink = dice.real(0.0, 0.5);
        for y in top..(top + down).min(height) {
            for value in &mut strip.ink[y * width..(y + 1) * width]
                [left.min(width)..(left + across).min(width)]
            {
                *value *= left_ink;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_reader::strip::Region;
    use image::Luma;

    fn strip() -> Strip {
        let ink = (0..32 * 200)
            .map(|at| if (8..24).contains(&(at / 200)) && at % 8 < 2 { 1.0 } else { 0.0 })
            .collect();
        let region = Region { left: 0.0, top: 0.0, width: 200.0, height: 32.0 };
        Strip { width: 200, ink, region }
    }

    #[test]
    fn letters_stay_darker_than_their_paper() {
        let plain = strip();
        let mean = |ink: &[f32], inked: bool| {
            let chosen: Vec<f32> = ink
                .iter()
                .zip(&plain.ink)
                .filter(|(_, was)| (**was > 0.5) == inked)
                .map(|(now, _)| *now)
                .collect();
            chosen.iter().sum::<f32>() / chosen.len() as f32
        };
        for spoil in [bend, shade, smear, wear] {
            let mut changed = 0;
            for index in 0..20 {
                let mut spoiled = plain.clone();
                spoil(&mut spoiled, &mut Dice::new(7, index));
                assert!(spoiled.ink.iter().all(|v| (0.0..=1.0).contains(v)));
                changed += usize::from(spoiled.ink != plain.ink);
                assert!(mean(&spoiled.ink, true) > 0.15 + mean(&spoiled.ink, false));
            }
            assert!(changed > 10, "worn spots miss the print now and then: {changed} of 20");
        }
    }

    #[test]
    fn a_packed_crop_keeps_its_size_and_print() {
        let mut crop = GrayImage::from_pixel(90, 40, Luma([230]));
        (20..70).for_each(|x| crop.put_pixel(x, 20, Luma([0])));
        let packed = packed(crop.clone(), &mut Dice::new(1, 1));
        assert_eq!(packed.dimensions(), crop.dimensions());
        assert!(packed.get_pixel(40, 20)[0] < 150 && packed.get_pixel(5, 5)[0] > 180);
    }
}
