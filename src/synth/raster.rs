//! Pixels for [`super::degrade`]: one channel or three, and the operations that faults are made of.

use super::dice::Dice;
use crate::homography::Homography;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};

/// A picture with one channel (gray) or three.
pub struct Raster {
    pub width: usize,
    pub height: usize,
    channels: usize,
    data: Vec<u8>,
}

impl Raster {
    pub fn of(image: RgbImage, gray: bool) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let data = image.into_raw();
        if !gray {
            return Self { width, height, channels: 3, data };
        }
        let luma = |p: &[u8]| {
            ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8
        };
        let data = data.chunks_exact(3).map(luma).collect();
        Self { width, height, channels: 1, data }
    }

    pub fn into_image(self) -> RgbImage {
        let data = if self.channels == 3 {
            self.data
        } else {
            self.data.iter().flat_map(|&v| [v; 3]).collect()
        };
        // The buffer has width · height · 3 bytes by construction.
        RgbImage::from_raw(self.width as u32, self.height as u32, data).unwrap_or_default()
    }

    fn row(&mut self, y: usize) -> &mut [u8] {
        let stride = self.width * self.channels;
        &mut self.data[y * stride..(y + 1) * stride]
    }

    /// Changes every value of a row, knowing its column.
    pub fn each_in_row(&mut self, y: usize, change: impl Fn(usize, u8) -> u8) {
        let channels = self.channels;
        for (index, value) in self.row(y).iter_mut().enumerate() {
            *value = change(index / channels, *value);
        }
    }

    /// Looks every pixel of the new picture up in this one, bilinearly.
    pub fn warp(&self, back: &Homography, (width, height): (usize, usize), ground: u8) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let channels = self.channels;
        let mut data = vec![ground; width * height * channels];
        let (last_x, last_y) = ((self.width - 1) as f64, (self.height - 1) as f64);
        let stride = self.width * channels;
        for (y, row) in data.chunks_exact_mut(width * channels).enumerate() {
            let (mut at, step) = back.row(y as f64 + 0.5);
            for (value, step) in at.iter_mut().zip(step) {
                *value += 0.5 * step;
            }
            for pixel in row.chunks_exact_mut(channels) {
                let (u, v) = (at[0] / at[2] - 0.5, at[1] / at[2] - 0.5);
                for (value, step) in at.iter_mut().zip(step) {
                    *value += step;
                }
                if u < -0.5 || v < -0.5 || u > last_x + 0.5 || v > last_y + 0.5 {
                    continue;
                }
                let (u, v) = (u.clamp(0.0, last_x), v.clamp(0.0, last_y));
                let (x, y) = (u as usize, v as usize);
                let (fx, fy) = (((u - x as f64) * 256.0) as u32, ((v - y as f64) * 256.0) as u32);
                let base = y * stride + x * channels;
                let right = if x + 1 < self.width { channels } else { 0 };
                let down = if y + 1 < self.height { stride } else { 0 };
                for (channel, out) in pixel.iter_mut().enumerate() {
                    let get = |offset: usize| u32::from(self.data[base + channel + offset]);
                    let top = get(0) * (256 - fx) + get(right) * fx;
                    let bottom = get(down) * (256 - fx) + get(down + right) * fx;
                    *out = ((top * (256 - fy) + bottom * fy) >> 16) as u8;
                }
            }
        }
        Self { width, height, channels, data }
    }

    /// Black becomes `low`, white `high`.
    pub fn levels(&mut self, low: f32, high: f32) {
        let table: Vec<u8> =
            (0..256).map(|v| (low + (high - low) * v as f32 / 255.0) as u8).collect();
        for value in &mut self.data {
            *value = table[usize::from(*value)];
        }
    }

    /// Darker towards one side, by at most this share.
    pub fn shade(&mut self, angle: f32, strength: f32) {
        let (dy, dx) = angle.sin_cos();
        let (width, height) = (self.width as f32, self.height as f32);
        for y in 0..self.height {
            let across = dy * (y as f32 / height - 0.5);
            self.each_in_row(y, |x, value| {
                let t = 0.5 + across + dx * (x as f32 / width - 0.5);
                let factor = 256.0 * (1.0 - strength * t.clamp(0.0, 1.0));
                ((u32::from(value) * factor as u32) >> 8) as u8
            });
        }
    }

    /// A soft dark line across the page, or down it.
    pub fn fold(&mut self, level: bool, at: f32, strength: f32) {
        let reach = (self.width as f32 * 0.012).max(2.0);
        let (line, end) = if level {
            (at * self.height as f32, self.height)
        } else {
            (at * self.width as f32, self.width)
        };
        let factors: Vec<f32> = (0..end)
            .map(|i| {
                let near = 1.0 - ((i as f32 - line).abs() / reach).min(1.0);
                1.0 - strength * near
            })
            .collect();
        for y in 0..self.height {
            let own = factors.get(y).copied().unwrap_or(1.0);
            self.each_in_row(y, |x, value| {
                let factor = if level { own } else { factors[x] };
                (f32::from(value) * factor) as u8
            });
        }
    }

    /// A black strip along one side, as a lid left open gives.
    pub fn edge(&mut self, share: f32, side: u8) {
        let reach_x = (self.width as f32 * share) as usize;
        let reach_y = (self.height as f32 * share) as usize;
        let (width, height) = (self.width, self.height);
        for y in 0..height {
            let whole = side == 0 && y < reach_y || side == 1 && y + reach_y >= height;
            self.each_in_row(y, |x, value| {
                let dark = whole || side == 2 && x < reach_x || side == 3 && x + reach_x >= width;
                if dark { value / 8 } else { value }
            });
        }
    }

    /// Weights 1 2 1 both ways.
    pub fn blur(&mut self) {
        let (stride, channels) = (self.width * self.channels, self.channels);
        if self.width < 3 || self.height < 3 {
            return;
        }
        let source = self.data.clone();
        for y in 1..self.height - 1 {
            for i in y * stride + channels..(y + 1) * stride - channels {
                let row = |at: usize| {
                    u32::from(source[at - channels])
                        + 2 * u32::from(source[at])
                        + u32::from(source[at + channels])
                };
                self.data[i] = ((row(i - stride) + 2 * row(i) + row(i + stride)) >> 4) as u8;
            }
        }
    }

    /// Grain of about this deviation; a cheap generator of its own, seeded from the dice.
    pub fn noise(&mut self, deviation: f32, dice: &mut Dice) {
        let mut state = dice.between(1, i64::MAX) as u64;
        let scale = (deviation * 3.0) as i32;
        for pixel in self.data.chunks_exact_mut(self.channels) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Two bytes and two more: a triangle's spread, near enough to a bell.
            let sum = (state & 255) as i32 + (state >> 8 & 255) as i32 - 255;
            let shift = (sum * scale) >> 8;
            for value in pixel {
                *value = (i32::from(*value) + shift).clamp(0, 255) as u8;
            }
        }
    }

    pub fn threshold(&mut self, limit: u8) {
        for value in &mut self.data {
            *value = if *value < limit { 0 } else { 255 };
        }
    }

    /// A filled dark disc.
    pub fn spot(&mut self, x: f32, y: f32, radius: f32, level: u8) {
        let (width, height, channels) = (self.width, self.height, self.channels);
        let span = |at: f32, end: usize| {
            let low = (at - radius).max(0.0) as usize;
            let high = ((at + radius).max(0.0) as usize + 1).min(end);
            low..high
        };
        for py in span(y, height) {
            for px in span(x, width) {
                if (px as f32 - x).hypot(py as f32 - y) <= radius {
                    let base = (py * width + px) * channels;
                    self.data[base..base + channels].fill(level);
                }
            }
        }
    }

    /// As a JPEG of this quality shows it; unchanged if it can't be coded.
    pub fn through_jpeg(self, quality: u8) -> Self {
        let color =
            if self.channels == 3 { ExtendedColorType::Rgb8 } else { ExtendedColorType::L8 };
        let mut bytes = Vec::new();
        let coded = JpegEncoder::new_with_quality(&mut bytes, quality).encode(
            &self.data,
            self.width as u32,
            self.height as u32,
            color,
        );
        let decoded = coded
            .and_then(|()| image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg));
        match decoded {
            Ok(image) => Self::of(image.into_rgb8(), self.channels == 1),
            Err(_) => self,
        }
    }
}
