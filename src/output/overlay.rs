//! The page with what was found drawn on it: boxes, labels, links, and a legend below.
//!
//! Boxes have translucent filling and a line style as well as a colour, labels stand outside of their
//! box where there is room, and the legend is added below the page so that nothing is covered.

use super::lettering;
use super::naming::Naming;
use super::palette::{LineStyle, Look};
use super::picture::PagePicture;
use super::record::Record;
use super::sink::write_whole;
use crate::batch::Exhibit;
use crate::document::{Entity, Relation};
use crate::error::Result;
use crate::geometry::PixelBox;
use image::{Rgb, RgbImage, imageops};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Part of the colour in the filling of a box.
const TINT: f32 = 0.16;
/// Colour of links.
const LINK: [u8; 3] = [0x30, 0x30, 0x30];

/// Writes an overlay of every page into a directory.
#[derive(Debug, Clone)]
pub struct Overlays {
    pub directory: PathBuf,
    pub naming: Naming,
}

impl Exhibit for Overlays {
    fn show(&self, record: &Record, pictures: &[PagePicture]) -> Result<()> {
        let relations =
            record.extraction.as_ref().map_or(&[][..], |extraction| &extraction.relations);
        for picture in pictures {
            let drawn = draw(picture.decode()?, picture.page, record.entities(), relations);
            let ending = format!("page-{}.jpg", picture.page);
            let path = self.naming.path(&self.directory, &record.input, &ending);
            write_whole(&path, &super::picture::to_jpeg(&drawn)?)?;
        }
        Ok(())
    }
}

/// Draws what was found on one page; the result is higher than the page by its legend.
pub fn draw(
    mut picture: RgbImage,
    page: u32,
    entities: &[Entity],
    relations: &[Relation],
) -> RgbImage {
    let here: Vec<&Entity> = entities.iter().filter(|entity| entity.page == page).collect();
    let pen = Pen { line: (picture.width().max(picture.height()) / 700).max(1) };
    for entity in &here {
        pen.tint(&mut picture, entity.bbox, Look::of(&entity.label));
    }
    for entity in &here {
        pen.frame(&mut picture, entity.bbox, Look::of(&entity.label));
    }
    let place = |id: usize| here.iter().find(|entity| entity.id == id).map(|entity| entity.bbox);
    for relation in relations {
        if let (Some(head), Some(tail)) = (place(relation.head), place(relation.tail)) {
            pen.arrow(&mut picture, head, tail);
        }
    }
    for entity in &here {
        pen.label(&mut picture, entity);
    }
    pen.with_legend(picture, &here)
}

/// Sizes that go with the picture's.
struct Pen {
    /// Width of lines, and pixels to a square of a letter's grid.
    line: u32,
}

impl Pen {
    fn tint(&self, picture: &mut RgbImage, bbox: PixelBox, look: Look) {
        let right = bbox.right().min(picture.width());
        for y in bbox.top()..bbox.bottom().min(picture.height()) {
            for x in bbox.left()..right {
                let pixel = picture.get_pixel_mut(x, y);
                for (channel, color) in pixel.0.iter_mut().zip(look.color) {
                    let mixed = f32::from(*channel) * (1.0 - TINT) + f32::from(color) * TINT;
                    *channel = mixed.round() as u8;
                }
            }
        }
    }

    fn frame(&self, picture: &mut RgbImage, bbox: PixelBox, look: Look) {
        let (left, top, right, bottom) = (bbox.left(), bbox.top(), bbox.right(), bbox.bottom());
        let line = self.line;
        for (x, along) in (left..right).zip(0..) {
            if self.is_inked(look.style, along) {
                fill(picture, x, top.saturating_sub(line), 1, line, look.color);
                fill(picture, x, bottom, 1, line, look.color);
            }
        }
        for (y, along) in (top.saturating_sub(line)..bottom + line).zip(0..) {
            if self.is_inked(look.style, along) {
                fill(picture, left.saturating_sub(line), y, line, 1, look.color);
                fill(picture, right, y, line, 1, look.color);
            }
        }
    }

    fn is_inked(&self, style: LineStyle, along: u32) -> bool {
        let position = along / self.line;
        match style {
            LineStyle::Solid => true,
            LineStyle::Dashed => position % 9 < 6,
            LineStyle::Dotted => position % 4 < 2,
        }
    }

    /// From the head's edge to the tail's, whichever sides face each other.
    fn arrow(&self, picture: &mut RgbImage, head: PixelBox, tail: PixelBox) {
        let start = nearest(head, tail);
        let end = nearest(tail, head);
        self.stroke(picture, start, end);
        let (dx, dy) = (end.0 - start.0, end.1 - start.1);
        let length = dx.hypot(dy).max(1.0);
        let size = (self.line * 6) as f32;
        let (ux, uy) = (dx / length * size, dy / length * size);
        for side in [-0.5, 0.5] {
            self.stroke(picture, (end.0 - ux - uy * side, end.1 - uy + ux * side), end);
        }
    }

    fn stroke(&self, picture: &mut RgbImage, start: (f32, f32), end: (f32, f32)) {
        let steps = (end.0 - start.0).abs().max((end.1 - start.1).abs()).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let part = step as f32 / steps;
            let x = (start.0 + (end.0 - start.0) * part).max(0.0) as u32;
            let y = (start.1 + (end.1 - start.1) * part).max(0.0) as u32;
            fill(picture, x, y, self.line, self.line, LINK);
        }
    }

    /// Above the box; inside it where the page ends.
    fn label(&self, picture: &mut RgbImage, entity: &Entity) {
        let look = Look::of(&entity.label);
        let height = self.tag_height();
        let top = entity.bbox.top().saturating_sub(self.line);
        let y = top.checked_sub(height).unwrap_or(top);
        let width = lettering::width(&entity.label, self.line) + 4 * self.line;
        let left = entity.bbox.left().saturating_sub(self.line);
        let x = left.min(picture.width().saturating_sub(width));
        self.tag(picture, &entity.label, x, y, look);
    }

    fn tag_height(&self) -> u32 {
        (lettering::HEIGHT + 2) * self.line
    }

    fn tag(&self, picture: &mut RgbImage, text: &str, x: u32, y: u32, look: Look) {
        let width = lettering::width(text, self.line) + 4 * self.line;
        fill(picture, x, y, width, self.tag_height(), look.color);
        lettering::draw(picture, text, x + 2 * self.line, y + self.line, self.line, look.ink());
    }

    /// A strip below the page with every label and how often it was found.
    fn with_legend(&self, picture: RgbImage, entities: &[&Entity]) -> RgbImage {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entity in entities {
            *counts.entry(&entity.label).or_default() += 1;
        }
        let scale = Pen { line: self.line + 1 };
        let gap = scale.line * 4;
        let (mut places, mut x, mut y) = (Vec::new(), gap, gap);
        for (label, count) in counts {
            let text = format!("{label} {count}");
            let width = lettering::width(&text, scale.line) + 4 * scale.line;
            if x > gap && x + width + gap > picture.width() {
                (x, y) = (gap, y + scale.tag_height() + gap);
            }
            places.push((text, Look::of(label), x, y));
            x += width + gap;
        }
        if places.is_empty() {
            return picture;
        }
        let page_height = picture.height();
        let height = page_height + y + scale.tag_height() + gap;
        let mut whole = RgbImage::from_pixel(picture.width(), height, Rgb([0xf4, 0xf4, 0xf4]));
        imageops::replace(&mut whole, &picture, 0, 0);
        for (text, look, x, y) in places {
            scale.tag(&mut whole, &text, x, page_height + y, look);
        }
        whole
    }
}

/// The point on a box's edge, or in it, that is nearest to the other's centre.
fn nearest(bbox: PixelBox, other: PixelBox) -> (f32, f32) {
    (
        other.center_x().clamp(bbox.left() as f32, bbox.right() as f32),
        other.center_y().clamp(bbox.top() as f32, bbox.bottom() as f32),
    )
}

/// Fills a rectangle; what lies outside is cut off.
fn fill(picture: &mut RgbImage, x: u32, y: u32, width: u32, height: u32, color: [u8; 3]) {
    let right = x.saturating_add(width).min(picture.width());
    for y in y..y.saturating_add(height).min(picture.height()) {
        for x in x..right {
            picture.put_pixel(x, y, Rgb(color));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(id: usize, label: &str, bbox: [i64; 4]) -> Entity {
        Entity {
            id,
            label: label.into(),
            text: "x".into(),
            value: None,
            score: 1.0,
            ocr_confidence: 1.0,
            page: 1,
            bbox: bbox.into(),
            words: Vec::new(),
        }
    }

    #[test]
    fn boxes_are_framed_and_their_insides_can_still_be_read() {
        let page = RgbImage::from_pixel(200, 120, Rgb([255; 3]));
        let found = [entity(0, "total", [50, 60, 120, 80])];
        let drawn = draw(page, 1, &found, &[]);
        assert!(drawn.height() > 120, "a legend was added");
        assert_eq!(drawn.width(), 200);
        let look = Look::of("total");
        assert_eq!(drawn.get_pixel(80, 59).0, look.color);
        assert_eq!(drawn.get_pixel(120, 70).0, look.color);
        let inside = drawn.get_pixel(80, 70).0;
        assert!(inside.iter().all(|channel| *channel > 200), "{inside:?}");
    }

    #[test]
    fn anything_that_a_model_may_find_can_be_drawn() {
        let found = [
            entity(0, "a very long label that is wider than the page", [0, 0, 30, 20]),
            entity(1, "", [29, 19, 30, 20]),
            entity(2, "outside", [500, 500, 900, 900]),
            entity(3, "nothing", [5, 5, 5, 5]),
        ];
        let links = [(0, 1), (1, 0), (0, 2), (3, 3), (0, 99)].map(|(head, tail)| Relation {
            head,
            tail,
            label: "question-answer".into(),
            score: 1.0,
        });
        let drawn = draw(RgbImage::new(30, 20), 1, &found, &links);
        assert!(drawn.height() > 20);
        // Another page has none of it.
        let plain = RgbImage::from_pixel(30, 20, Rgb([9; 3]));
        assert_eq!(draw(plain.clone(), 2, &found, &links), plain);
    }
}
