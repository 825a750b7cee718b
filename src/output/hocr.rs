//! hOCR 1.2 (kba.github.io/hocr-spec/1.2): pages, blocks, lines and words with boxes, readable by any
//! browser and by PDF tools.
//!
//! A word that belongs to an entity carries it in the specification's room for extensions:
//! `x_entity 3 total`. Everything else is what Tesseract writes.

use super::RecordWriter;
use super::record::{PageRecord, Record};
use crate::document::Word;
use crate::geometry::PixelBox;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

pub struct Hocr;

impl RecordWriter for Hocr {
    fn start(&mut self, out: &mut dyn Write, _several: bool) -> io::Result<()> {
        write!(
            out,
            "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n\
             <meta charset=\"utf-8\"/>\n<title>layoutlm</title>\n\
             <meta name=\"ocr-system\" content=\"layoutlm {}\"/>\n\
             <meta name=\"ocr-capabilities\" content=\"ocr_page ocr_carea ocr_line ocrx_word \
             ocrp_wconf\"/>\n</head>\n<body>\n",
            env!("CARGO_PKG_VERSION")
        )
    }

    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        index: usize,
        _several: bool,
    ) -> io::Result<()> {
        let mut html = String::new();
        if let Some(error) = &record.error {
            let text = format!("{}: {}: {}", record.input, error.stage, error.message);
            // Two hyphens may not stand in a comment.
            let _ = writeln!(html, "<!-- {} -->", escape(&text).replace("--", "- -"));
        }
        for page in record.pages() {
            page_element(&mut html, record, page, index);
        }
        out.write_all(html.as_bytes())
    }

    fn end(&mut self, out: &mut dyn Write, _count: usize, _several: bool) -> io::Result<()> {
        out.write_all(b"</body>\n</html>\n")
    }
}

/// Words may come as often as they stand in entities; a word is told by its place and its text.
type WordKey<'a> = (PixelBox, &'a str);

fn page_element(html: &mut String, record: &Record, page: &PageRecord, document: usize) {
    let words = page.words.as_deref().unwrap_or_default();
    let mut owners: HashMap<WordKey<'_>, (usize, &str)> = HashMap::new();
    for entity in record.entities().iter().filter(|entity| entity.page == page.page) {
        for word in &entity.words {
            owners.entry((word.bbox, &word.text)).or_insert((entity.id, &entity.label));
        }
    }
    let id = format!("{}_{}", document + 1, page.page);
    // The file name is quoted within the title, so its own quotes and backslashes are escaped.
    let image = record.input.replace('\\', "\\\\").replace('"', "\\\"");
    let image = escape(&image);
    let _ = write!(
        html,
        "<div class=\"ocr_page\" id=\"page_{id}\" title=\"image &quot;{image}&quot;; \
         bbox 0 0 {} {}; ppageno {}",
        page.width,
        page.height,
        page.page - 1
    );
    if let Some(dpi) = page.dpi {
        let _ = write!(html, "; scan_res {dpi} {dpi}");
    }
    html.push_str("\">\n");
    for (number, block) in words.chunk_by(|a, b| a.block == b.block).enumerate() {
        let _ = writeln!(
            html,
            " <div class=\"ocr_carea\" id=\"block_{id}_{number}\" {}>",
            title(block)
        );
        for line in block.chunk_by(|a, b| a.line == b.line) {
            let number = line[0].line;
            let _ = write!(
                html,
                "  <span class=\"ocr_line\" id=\"line_{id}_{number}\" {}>",
                title(line)
            );
            for word in line {
                word_element(html, word, owners.get(&(word.bbox, &word.text)));
            }
            html.push_str("</span>\n");
        }
        html.push_str(" </div>\n");
    }
    html.push_str("</div>\n");
}

fn title(words: &[Word]) -> String {
    let bbox = PixelBox::union_of(words.iter().map(|word| word.bbox)).unwrap_or_default();
    format!("title=\"{}\"", bbox_property(bbox))
}

fn bbox_property(bbox: PixelBox) -> String {
    let [x0, y0, x1, y1]: [u32; 4] = bbox.into();
    format!("bbox {x0} {y0} {x1} {y1}")
}

fn word_element(html: &mut String, word: &Word, owner: Option<&(usize, &str)>) {
    let _ = write!(
        html,
        "<span class=\"ocrx_word\" title=\"{}; x_wconf {:.0}",
        bbox_property(word.bbox),
        word.confidence * 100.0
    );
    if let Some((entity, label)) = owner {
        let _ = write!(html, "; x_entity {entity} {}", escape(label));
    }
    let _ = write!(html, "\">{}</span> ", escape(&word.text));
}

/// For text and for attribute values; characters that XML forbids become a space.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
