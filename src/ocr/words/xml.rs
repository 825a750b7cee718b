//! XML as a stream of elements with line numbers, for files that nobody vouches for.
//!
//! No document type is read, so no entity is ever expanded beyond the named characters of HTML that
//! hOCR uses; nesting is limited.

use super::invalid;
use crate::error::{Error, Result};
use crate::geometry::PixelBox;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// Deeper nesting than any real file has.
const DEEPEST: usize = 200;

/// An element that begins.
pub struct Element {
    /// Without a namespace prefix.
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// An attribute that has to be a number where it is given.
    pub fn number(&self, name: &str) -> Result<Option<f64>> {
        let Some(text) = self.attribute(name) else { return Ok(None) };
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(self.wrong(&format!("{name} is not a number: `{}`", shortened(text)))),
        }
    }

    pub fn wrong(&self, what: &str) -> Error {
        invalid(format!("line {}, element `{}`: {what}", self.line, shortened(&self.name)))
    }

    /// A box of four numbers.
    pub fn pixel_box(&self, corners: [f64; 4]) -> Result<PixelBox> {
        let [Some(x0), Some(y0), Some(x1), Some(y1)] = corners.map(super::pixel) else {
            return Err(self.wrong("the box is beyond any page"));
        };
        Ok(PixelBox::new(x0, y0, x1, y1))
    }
}

/// Enough of a text to find it in the file.
pub fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// What a format makes of the stream.
pub trait Visitor {
    fn start(&mut self, element: &Element) -> Result<()>;
    /// Character data; may come in pieces.
    fn text(&mut self, text: &str);
    fn end(&mut self, name: &str) -> Result<()>;
}

/// How strictly tags have to match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Xml,
    /// HTML: elements that never end, tags that end too often.
    Html,
}

/// Elements of HTML that have no end tag.
const VOID: [&str; 8] = ["area", "base", "br", "hr", "img", "input", "link", "meta"];

/// Walks the whole text.
pub fn walk(text: &str, dialect: Dialect, visitor: &mut dyn Visitor) -> Result<()> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = dialect == Dialect::Xml;
    config.allow_unmatched_ends = dialect == Dialect::Html;
    config.allow_dangling_amp = dialect == Dialect::Html;
    let mut lines = LineCounter { text: text.as_bytes(), offset: 0, line: 1 };
    let mut open: Vec<String> = Vec::new();
    loop {
        let line = lines.at(reader.buffer_position());
        let event = reader.read_event().map_err(|error| {
            let line = lines.at(reader.error_position());
            invalid(format!("line {line}: {error}")).caused_by(error)
        })?;
        match event {
            Event::Start(tag) => {
                let element = element_of(&tag, line)?;
                visitor.start(&element)?;
                if dialect == Dialect::Html && VOID.contains(&element.name.as_str()) {
                    visitor.end(&element.name)?;
                } else if open.len() >= DEEPEST {
                    return Err(element.wrong("the elements are nested too deeply"));
                } else {
                    open.push(element.name);
                }
            }
            Event::Empty(tag) => {
                let element = element_of(&tag, line)?;
                visitor.start(&element)?;
                visitor.end(&element.name)?;
            }
            Event::End(tag) => {
                let name = tag.local_name();
                // An end without a start (HTML only) closes nothing; one that skips starts closes
                // them too.
                if let Some(place) = open.iter().rposition(|own| own == name.as_ref()) {
                    for name in open.drain(place..).rev() {
                        visitor.end(&name)?;
                    }
                }
            }
            Event::Text(text) => visitor.text(&text.into_inner()),
            Event::CData(text) => visitor.text(&text.into_inner()),
            Event::GeneralRef(reference) => {
                visitor.text(&resolve(&reference.into_inner()));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match open.last() {
        Some(name) if dialect == Dialect::Xml => {
            Err(invalid(format!("the file ends inside element `{}`", shortened(name))))
        }
        _ => Ok(()),
    }
}

fn element_of(tag: &BytesStart<'_>, line: usize) -> Result<Element> {
    let name = tag.local_name().as_ref().to_owned();
    let mut element = Element { name, line, attributes: Vec::new() };
    for attribute in tag.html_attributes().with_checks(false) {
        let attribute = attribute
            .map_err(|error| element.wrong("an attribute is malformed").caused_by(error))?;
        let name = attribute.key.local_name().as_ref().to_owned();
        element.attributes.push((name, unescape(&attribute.value)));
    }
    Ok(element)
}

/// A reference's character: `amp`, `#233`, `nbsp`. Unknown ones stay as they are written.
fn resolve(reference: &str) -> String {
    let number = reference.strip_prefix('#').and_then(|digits| {
        let hexadecimal = digits.strip_prefix(['x', 'X']);
        let value = match hexadecimal {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        char::from_u32(value.ok()?).filter(|c| *c != '\0')
    });
    let named = || {
        Some(match reference {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => ' ',
            "shy" => '\u{ad}',
            "euro" => '€',
            "pound" => '£',
            "mdash" => '—',
            "ndash" => '–',
            _ => return None,
        })
    };
    number.or_else(named).map_or_else(|| format!("&{reference};"), String::from)
}

fn unescape(value: &str) -> String {
    const LONGEST_REFERENCE: usize = 12;
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        match rest.find(';').filter(|end| *end <= LONGEST_REFERENCE) {
            Some(end) => {
                out.push_str(&resolve(&rest[..end]));
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

/// Line numbers of growing offsets.
struct LineCounter<'a> {
    text: &'a [u8],
    offset: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn at(&mut self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        if offset > self.offset {
            let passed = &self.text[self.offset..offset];
            self.line += passed.iter().filter(|byte| **byte == b'\n').count();
            self.offset = offset;
        }
        self.line
    }
}

/// Name of the first element, without prefix.
pub fn root_name(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(tag.local_name().as_ref().to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}
