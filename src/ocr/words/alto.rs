//! ALTO 2–4 (Library of Congress): `Page › TextBlock › TextLine › String`, text in attributes.
//!
//! Boxes may be in pixels, tenths of a millimetre or 1/1200 inch; the page's own WIDTH and HEIGHT are
//! in the same unit, so fitting the page puts all three right.

use super::xml::{Dialect, Element, Visitor, walk};
use super::{Collector, WordsPage, confidence};
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};

pub fn parse(text: &str) -> Result<Vec<WordsPage>> {
    let mut alto = Alto::default();
    walk(text, Dialect::Xml, &mut alto)?;
    Ok(alto.collector.pages)
}

#[derive(Default)]
struct Alto {
    collector: Collector,
}

impl Visitor for Alto {
    fn start(&mut self, element: &Element) -> Result<()> {
        match element.name.as_str() {
            "Page" => {
                let number = element.number("PHYSICAL_IMG_NR")?;
                let number = number.filter(|n| (1.0..1e6).contains(n)).map(|n| n as u32);
                self.collector.begin_page(number, page_size(element)?);
            }
            "TextBlock" => self.collector.begin_block(),
            "TextLine" => self.collector.begin_line(),
            "String" => {
                let Some(text) = element.attribute("CONTENT") else {
                    return Err(element.wrong("CONTENT is missing"));
                };
                let sure = confidence(element.number("WC")?, 1.0);
                self.collector.add(text, string_box(element)?, sure);
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, _text: &str) {}

    fn end(&mut self, _name: &str) -> Result<()> {
        Ok(())
    }
}

fn page_size(element: &Element) -> Result<Option<PageSize>> {
    let (width, height) = (element.number("WIDTH")?, element.number("HEIGHT")?);
    let (Some(width), Some(height)) = (width, height) else { return Ok(None) };
    let bounds = element.pixel_box([0.0, 0.0, width, height])?;
    Ok((bounds.area() > 0).then(|| PageSize::new(bounds.right(), bounds.bottom())))
}

fn string_box(element: &Element) -> Result<PixelBox> {
    let needed = |name: &str| {
        element.number(name)?.ok_or_else(|| element.wrong(&format!("{name} is missing")))
    };
    let (left, top) = (needed("HPOS")?, needed("VPOS")?);
    element.pixel_box([left, top, left + needed("WIDTH")?, top + needed("HEIGHT")?])
}
