//! Words as Tesseract's TSV: the same columns, so that what reads its output reads ours.
//!
//! Levels as there: 1 page, 2 block, 3 paragraph, 4 line, 5 word; each block is one paragraph. Where
//! several documents may come, a last column names the input.

use super::RecordWriter;
use super::record::{PageRecord, Record};
use crate::document::Word;
use crate::geometry::PixelBox;
use std::fmt::Write as _;
use std::io::{self, Write};

const HEADER: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\t\
                      conf\ttext";

pub struct WordsTsv;

impl RecordWriter for WordsTsv {
    fn start(&mut self, out: &mut dyn Write, several: bool) -> io::Result<()> {
        writeln!(out, "{HEADER}{}", if several { "\tinput" } else { "" })
    }

    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        _index: usize,
        several: bool,
    ) -> io::Result<()> {
        let input = if several { format!("\t{}", cell(&record.input)) } else { String::new() };
        let mut rows = Rows { text: String::new(), input };
        for page in record.pages() {
            rows.page(page);
        }
        out.write_all(rows.text.as_bytes())
    }
}

struct Rows {
    text: String,
    /// Last cell of every row, with its tab.
    input: String,
}

impl Rows {
    fn page(&mut self, page: &PageRecord) {
        let bounds = PixelBox::new(0, 0, page.width.into(), page.height.into());
        self.row(1, [page.page, 0, 0, 0, 0], bounds, "-1", "");
        let words = page.words.as_deref().unwrap_or_default();
        for (block, words) in (1..).zip(words.chunk_by(|a, b| a.block == b.block)) {
            self.row(2, [page.page, block, 0, 0, 0], around(words), "-1", "");
            self.row(3, [page.page, block, 1, 0, 0], around(words), "-1", "");
            for (line, words) in (1..).zip(words.chunk_by(|a, b| a.line == b.line)) {
                self.row(4, [page.page, block, 1, line, 0], around(words), "-1", "");
                for (number, word) in (1..).zip(words) {
                    let confidence = format!("{:.2}", f64::from(word.confidence) * 100.0);
                    let place = [page.page, block, 1, line, number];
                    self.row(5, place, word.bbox, &confidence, &cell(&word.text));
                }
            }
        }
    }

    fn row(&mut self, level: u32, place: [u32; 5], bbox: PixelBox, confidence: &str, text: &str) {
        let [page, block, paragraph, line, word] = place;
        let (left, top, width, height) = (bbox.left(), bbox.top(), bbox.width(), bbox.height());
        let input = &self.input;
        // Writing to a string can't fail.
        let _ = writeln!(
            self.text,
            "{level}\t{page}\t{block}\t{paragraph}\t{line}\t{word}\t{left}\t{top}\t{width}\t{height}\t\
             {confidence}\t{text}{input}"
        );
    }
}

fn around(words: &[Word]) -> PixelBox {
    PixelBox::union_of(words.iter().map(|word| word.bbox)).unwrap_or_default()
}

/// The format knows no quoting: what would break a row becomes a space.
fn cell(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}
