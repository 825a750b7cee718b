//! PAGE XML (PRImA, 2013–2019): `Page › TextRegion › TextLine › Word`, polygons in `Coords`, text in
//! `TextEquiv › Unicode`. Of several readings the first is taken. Lines without words give words by
//! their share of the line.

use super::xml::{Dialect, Element, Visitor, shortened, walk};
use super::{Collector, WordsPage, confidence};
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};

pub fn parse(text: &str) -> Result<Vec<WordsPage>> {
    let mut page = PageXml::default();
    walk(text, Dialect::Xml, &mut page)?;
    Ok(page.collector.pages)
}

/// A line or word that is open.
#[derive(Default)]
struct Open {
    is_word: bool,
    bbox: Option<PixelBox>,
    confidence: Option<f64>,
    text: Option<String>,
    has_words: bool,
    line_in_file: usize,
}

#[derive(Default)]
struct PageXml {
    collector: Collector,
    open: Vec<Open>,
    /// Glyphs have coordinates and readings of their own, which are not the word's.
    in_glyph: bool,
    in_unicode: bool,
}

impl Visitor for PageXml {
    fn start(&mut self, element: &Element) -> Result<()> {
        match element.name.as_str() {
            "Page" => self.collector.begin_page(None, page_size(element)?),
            "TextRegion" => self.collector.begin_block(),
            "TextLine" => {
                self.collector.begin_line();
                self.open.push(Open { line_in_file: element.line, ..Open::default() });
            }
            "Word" => {
                self.open.push(Open {
                    is_word: true,
                    line_in_file: element.line,
                    ..Open::default()
                });
            }
            "Glyph" => self.in_glyph = true,
            "Coords" if !self.in_glyph => {
                if let (Some(open), Some(points)) =
                    (self.open.last_mut(), element.attribute("points"))
                {
                    open.bbox = polygon_box(element, points)?;
                }
            }
            // PAGE of 2010 has points as elements.
            "Point" if !self.in_glyph => {
                let (x, y) = (element.number("x")?, element.number("y")?);
                if let (Some(open), Some(x), Some(y)) = (self.open.last_mut(), x, y) {
                    let point = element.pixel_box([x, y, x, y])?;
                    open.bbox = Some(open.bbox.map_or(point, |bbox| bbox.union(point)));
                }
            }
            "TextEquiv" if !self.in_glyph => {
                let sure = element.number("conf")?;
                if let Some(open) = self.open.last_mut().filter(|open| open.text.is_none()) {
                    open.confidence = sure;
                }
            }
            "Unicode" if !self.in_glyph => {
                let fresh = self.open.last_mut().filter(|open| open.text.is_none());
                self.in_unicode = fresh.is_some();
                if let Some(open) = fresh {
                    open.text = Some(String::new());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if !self.in_unicode {
            return;
        }
        if let Some(open_text) = self.open.last_mut().and_then(|open| open.text.as_mut()) {
            open_text.push_str(text);
        }
    }

    fn end(&mut self, name: &str) -> Result<()> {
        match name {
            "Glyph" => self.in_glyph = false,
            "Unicode" => self.in_unicode = false,
            "Word" | "TextLine" => self.close()?,
            _ => {}
        }
        Ok(())
    }
}

impl PageXml {
    fn close(&mut self) -> Result<()> {
        let Some(closed) = self.open.pop() else { return Ok(()) };
        if closed.is_word {
            for outer in &mut self.open {
                outer.has_words = true;
            }
        }
        let Some(text) = closed.text.filter(|text| !text.trim().is_empty()) else { return Ok(()) };
        if !closed.is_word && closed.has_words {
            return Ok(());
        }
        let Some(bbox) = closed.bbox else {
            return Err(super::invalid(format!(
                "line {}: `{}` has no coordinates",
                closed.line_in_file,
                shortened(text.trim()),
            )));
        };
        let sure = confidence(closed.confidence, 1.0);
        if closed.is_word {
            self.collector.add(&text, bbox, sure);
        } else {
            self.collector.add_line(&text, bbox, sure);
        }
        Ok(())
    }
}

fn page_size(element: &Element) -> Result<Option<PageSize>> {
    let (width, height) = (element.number("imageWidth")?, element.number("imageHeight")?);
    let (Some(width), Some(height)) = (width, height) else { return Ok(None) };
    let bounds = element.pixel_box([0.0, 0.0, width, height])?;
    Ok((bounds.area() > 0).then(|| PageSize::new(bounds.right(), bounds.bottom())))
}

/// The box of `x,y x,y …`; none of an empty list.
fn polygon_box(element: &Element, points: &str) -> Result<Option<PixelBox>> {
    let mut bbox: Option<PixelBox> = None;
    for point in points.split_whitespace() {
        let numbers = point
            .split_once(',')
            .and_then(|(x, y)| Some((x.parse::<f64>().ok()?, y.parse::<f64>().ok()?)));
        let Some((x, y)) = numbers else {
            return Err(element.wrong(&format!("`{}` is no point", shortened(point))));
        };
        let point = element.pixel_box([x, y, x, y])?;
        bbox = Some(bbox.map_or(point, |bbox| bbox.union(point)));
    }
    Ok(bbox)
}
