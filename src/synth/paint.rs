//! Sheet → pixels, with the ink box of every word.
//!
//! Boxes hug the ink as an OCR engine's do, not the font's line height. Glyph bitmaps are cached per
//! page: a page has a thousand letters but hardly a hundred different ones.

use super::font::{FaceId, FontBook};
use super::sheet::{Color, PlacedWord, Shape, Sheet};
use ab_glyph::{Font as _, GlyphId, PxScale, point};
use image::{Rgb, RgbImage};
use std::collections::HashMap;

/// Left, top, right, bottom in pixels, fractions kept for the distortions to come.
pub type InkBox = [f32; 4];

/// Paints the sheet; the second part has a box for every word of the sheet, `None` without ink.
pub fn paint(
    sheet: &Sheet<'_>,
    fonts: &FontBook,
    dpi: f32,
    paper: Color,
) -> (RgbImage, Vec<Option<InkBox>>) {
    let scale = dpi / 72.0;
    let width = (sheet.width * scale).round().max(1.0) as u32;
    let height = (sheet.height * scale).round().max(1.0) as u32;
    let mut canvas = Canvas { image: RgbImage::from_pixel(width, height, Rgb(paper)), scale };
    for shape in &sheet.shapes {
        canvas.shape(shape);
    }
    let mut cache = GlyphCache::default();
    let boxes = sheet.words.iter().map(|word| canvas.word(word, fonts, &mut cache)).collect();
    for shape in &sheet.overlays {
        canvas.shape(shape);
    }
    (canvas.image, boxes)
}

struct Glyph {
    left: i32,
    top: i32,
    width: i32,
    alpha: Vec<u8>,
}

#[derive(PartialEq, Eq, Hash)]
struct GlyphKey {
    face: FaceId,
    glyph: u16,
    /// Size and stretch in 1/16 px, the phase in quarters of a px.
    size: u16,
    width: u16,
    phase: u8,
}

#[derive(Default)]
struct GlyphCache(HashMap<GlyphKey, Glyph>);

impl GlyphCache {
    /// The bitmap of a glyph whose pen stands `phase` quarters of a pixel right of a pixel's edge.
    fn glyph(
        &mut self,
        fonts: &FontBook,
        word: &PlacedWord,
        c: char,
        em: f32,
        phase: u8,
    ) -> &Glyph {
        let face = fonts.face(word.face);
        let glyph = face.font.glyph_id(c);
        let y = em * face.scale_per_em;
        let x = y * word.stretch;
        let key = GlyphKey {
            face: word.face,
            glyph: glyph.0,
            size: (y * 16.0) as u16,
            width: (x * 16.0) as u16,
            phase,
        };
        self.0.entry(key).or_insert_with(|| {
            rasterize(&face.font, glyph, PxScale { x, y }, f32::from(phase) / 4.0)
        })
    }
}

fn rasterize(font: &ab_glyph::FontVec, glyph: GlyphId, scale: PxScale, offset: f32) -> Glyph {
    let placed = glyph.with_scale_and_position(scale, point(offset, 0.0));
    let Some(outline) = font.outline_glyph(placed) else {
        return Glyph { left: 0, top: 0, width: 0, alpha: Vec::new() };
    };
    let bounds = outline.px_bounds();
    let width = bounds.width() as usize;
    let mut alpha = vec![0u8; width * bounds.height() as usize];
    outline.draw(|x, y, coverage| {
        alpha[y as usize * width + x as usize] = (coverage.clamp(0.0, 1.0) * 255.0) as u8;
    });
    Glyph { left: bounds.min.x as i32, top: bounds.min.y as i32, width: width as i32, alpha }
}

struct Canvas {
    image: RgbImage,
    /// Pixels per point.
    scale: f32,
}

impl Canvas {
    fn word(
        &mut self,
        word: &PlacedWord,
        fonts: &FontBook,
        cache: &mut GlyphCache,
    ) -> Option<InkBox> {
        let em = word.size * self.scale;
        let baseline = (word.baseline * self.scale).round() as i32;
        let mut pen = word.x * self.scale;
        let mut ink: Option<[i32; 4]> = None;
        for c in word.text.chars() {
            let phase = ((pen - pen.floor()) * 4.0) as u8;
            let glyph = cache.glyph(fonts, word, c, em, phase);
            if glyph.width > 0 {
                let left = pen.floor() as i32 + glyph.left;
                let top = baseline + glyph.top;
                let right = left + glyph.width;
                let bottom = top + glyph.alpha.len() as i32 / glyph.width;
                self.blend(glyph, left, top, word.color);
                let [l, t, r, b] = ink.unwrap_or([left, top, right, bottom]);
                ink = Some([l.min(left), t.min(top), r.max(right), b.max(bottom)]);
            }
            pen += fonts.face(word.face).advance(c) * em * word.stretch;
        }
        ink.map(|b| b.map(|v| v as f32))
    }

    fn blend(&mut self, glyph: &Glyph, left: i32, top: i32, color: Color) {
        let (width, height) = (self.image.width() as i32, self.image.height() as i32);
        for (row, alphas) in glyph.alpha.chunks_exact(glyph.width as usize).enumerate() {
            let y = top + row as i32;
            if y < 0 || y >= height {
                continue;
            }
            for (column, &alpha) in alphas.iter().enumerate() {
                let x = left + column as i32;
                if alpha > 0 && x >= 0 && x < width {
                    mix(self.image.get_pixel_mut(x as u32, y as u32), color, alpha);
                }
            }
        }
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Fill { x, y, width, height, color } => {
                self.fill(*x, *y, x + width, y + height, *color);
            }
            Shape::Stroke { x0, y0, x1, y1, weight, color, dash } => {
                self.stroke([*x0, *y0, *x1, *y1], *weight, *color, *dash);
            }
            Shape::Disc { x, y, radius, hole, color } => self.disc(*x, *y, *radius, *hole, *color),
            Shape::Curve { points, weight, color } => {
                for pair in points.windows(2) {
                    self.segment(pair[0], pair[1], *weight, *color);
                }
            }
        }
    }

    /// Fills a rectangle given in points; at least one pixel either way.
    fn fill(&mut self, x0: f32, y0: f32, x1: f32, y1: f32, color: Color) {
        let edge = |low: f32, high: f32, end: u32| {
            let low = (low * self.scale).round().max(0.0) as u32;
            let high = ((high * self.scale).round() as u32).max(low + 1);
            (low.min(end), high.min(end))
        };
        let (left, right) = edge(x0, x1, self.image.width());
        let (top, bottom) = edge(y0, y1, self.image.height());
        for y in top..bottom {
            for x in left..right {
                self.image.put_pixel(x, y, Rgb(color));
            }
        }
    }

    fn stroke(&mut self, [x0, y0, x1, y1]: [f32; 4], weight: f32, color: Color, dash: f32) {
        let half = weight / 2.0;
        let level = (y1 - y0).abs() <= (x1 - x0).abs();
        let length = if level { x1 - x0 } else { y1 - y0 };
        let step = if dash > 0.0 { dash } else { length.max(0.1) };
        let mut at = 0.0;
        while at < length {
            let end = (at + step).min(length);
            if level {
                self.fill(x0 + at, y0 - half, x0 + end, y0 + half, color);
            } else {
                self.fill(x0 - half, y0 + at, x0 + half, y0 + end, color);
            }
            at += 2.0 * step;
        }
    }

    fn disc(&mut self, x: f32, y: f32, radius: f32, hole: f32, color: Color) {
        let [cx, cy, outer, inner] = [x, y, radius, hole].map(|v| v * self.scale);
        let reach = outer.ceil() as i32 + 1;
        for row in -reach..=reach {
            for column in -reach..=reach {
                let distance = (row as f32).hypot(column as f32);
                let cover = (outer - distance + 0.5).clamp(0.0, 1.0)
                    * (distance - inner + 0.5).clamp(0.0, 1.0);
                self.dot(cx as i32 + column, cy as i32 + row, color, cover);
            }
        }
    }

    /// A slanted stroke, as a row of dots.
    fn segment(&mut self, from: (f32, f32), to: (f32, f32), weight: f32, color: Color) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = (dx.hypot(dy) * self.scale * 1.5).ceil().max(1.0) as i32;
        let radius = (weight * self.scale / 2.0).max(0.6);
        let reach = radius.ceil() as i32;
        for step in 0..=steps {
            let t = step as f32 / steps as f32;
            let (cx, cy) = ((from.0 + dx * t) * self.scale, (from.1 + dy * t) * self.scale);
            for row in -reach..=reach {
                for column in -reach..=reach {
                    let (px, py) = (cx.floor() as i32 + column, cy.floor() as i32 + row);
                    let distance = (px as f32 + 0.5 - cx).hypot(py as f32 + 0.5 - cy);
                    self.dot(px, py, color, (radius - distance + 0.5).clamp(0.0, 1.0));
                }
            }
        }
    }

    fn dot(&mut self, x: i32, y: i32, color: Color, cover: f32) {
        let inside =
            x >= 0 && y >= 0 && x < self.image.width() as i32 && y < self.image.height() as i32;
        if inside && cover > 0.0 {
            mix(self.image.get_pixel_mut(x as u32, y as u32), color, (cover * 255.0) as u8);
        }
    }
}

fn mix(pixel: &mut Rgb<u8>, color: Color, alpha: u8) {
    let alpha = u32::from(alpha);
    for (channel, ink) in pixel.0.iter_mut().zip(color) {
        *channel = ((u32::from(*channel) * (255 - alpha) + u32::from(ink) * alpha) / 255) as u8;
    }
}
