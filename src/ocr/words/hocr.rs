//! hOCR 1.2: HTML whose `class` says what an element is and whose `title` says where it lies
//! (`bbox 10 20 30 40; x_wconf 95`). Words are `ocrx_word`; a file that stops at lines gives words by
//! their share of the line.

use super::xml::{Dialect, Element, Visitor, walk};
use super::{Collector, WordsPage, confidence};
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};

pub fn parse(text: &str) -> Result<Vec<WordsPage>> {
    let mut hocr = Hocr::default();
    walk(text, Dialect::Html, &mut hocr)?;
    hocr.close_all();
    Ok(hocr.collector.pages)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Other,
    Line,
    Word,
}

/// An open element: what it is, where, how sure, and the text in it so far.
struct Open {
    role: Role,
    bbox: PixelBox,
    confidence: f32,
    text: String,
    has_words: bool,
}

#[derive(Default)]
struct Hocr {
    collector: Collector,
    open: Vec<Open>,
}

impl Visitor for Hocr {
    fn start(&mut self, element: &Element) -> Result<()> {
        let title = Title::parse(element)?;
        let mut role = Role::Other;
        for class in element.attribute("class").unwrap_or_default().split_whitespace() {
            match class {
                "ocr_page" => self.collector.begin_page(title.number, title.size()),
                "ocr_carea" | "ocr_column" | "ocr_float" => self.collector.begin_block(),
                "ocr_line" | "ocrx_line" | "ocr_header" | "ocr_footer" | "ocr_caption"
                | "ocr_textfloat" => {
                    self.collector.begin_line();
                    role = Role::Line;
                }
                "ocrx_word" => role = Role::Word,
                _ => {}
            }
        }
        let Some(bbox) = title.bbox.or((role == Role::Other).then(PixelBox::default)) else {
            return Err(element.wrong("the title has no bbox"));
        };
        self.open.push(Open {
            role,
            bbox,
            confidence: confidence(title.confidence, 100.0),
            text: String::new(),
            has_words: false,
        });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        // To the nearest word, or else line: `<span class="ocrx_word"><strong>…`.
        let holder = self.open.iter_mut().rev().find(|open| open.role != Role::Other);
        if let Some(holder) = holder {
            holder.text.push_str(text);
        }
    }

    fn end(&mut self, _name: &str) -> Result<()> {
        self.close();
        Ok(())
    }
}

impl Hocr {
    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        match closed.role {
            Role::Word => {
                self.collector.add(&closed.text, closed.bbox, closed.confidence);
                for outer in &mut self.open {
                    outer.has_words = true;
                }
            }
            Role::Line if !closed.has_words => {
                self.collector.add_line(&closed.text, closed.bbox, closed.confidence);
            }
            Role::Line | Role::Other => {}
        }
    }

    fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close();
        }
    }
}

/// The properties of a `title` that matter here.
#[derive(Default)]
struct Title {
    bbox: Option<PixelBox>,
    confidence: Option<f64>,
    number: Option<u32>,
}

impl Title {
    fn parse(element: &Element) -> Result<Self> {
        let mut title = Self::default();
        let is_ocr = element.attribute("class").is_some_and(|class| class.contains("ocr"));
        let Some(text) = element.attribute("title").filter(|_| is_ocr) else { return Ok(title) };
        for property in text.split(';') {
            let mut parts = property.split_whitespace();
            let name = parts.next().unwrap_or_default();
            let mut numbers = parts.map(str::parse::<f64>);
            match name {
                "bbox" => {
                    let mut next = || numbers.next().and_then(std::result::Result::ok);
                    let (Some(x0), Some(y0), Some(x1), Some(y1)) = (next(), next(), next(), next())
                    else {
                        return Err(element.wrong("bbox is not four numbers"));
                    };
                    title.bbox = Some(element.pixel_box([x0, y0, x1, y1])?);
                }
                "x_wconf" => title.confidence = numbers.next().and_then(std::result::Result::ok),
                // Counted from 0 by the standard.
                "ppageno" => {
                    let number = numbers.next().and_then(std::result::Result::ok);
                    title.number = number.filter(|n| (0.0..1e6).contains(n)).map(|n| n as u32 + 1);
                }
                _ => {}
            }
        }
        Ok(title)
    }

    fn size(&self) -> Option<PageSize> {
        let bbox = self.bbox?;
        (bbox.area() > 0).then(|| PageSize::new(bbox.right(), bbox.bottom()))
    }
}
