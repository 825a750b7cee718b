//! Tesseract's TSV, twelve columns: level page block paragraph line word left top width height
//! confidence text. Level 1 is a page, 5 a word.

use super::xml::shortened;
use super::{Collector, WordsPage, confidence, invalid, pixel};
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};

const COLUMNS: usize = 12;
const PAGE_LEVEL: i64 = 1;
const WORD_LEVEL: i64 = 5;

/// Whether the first row could be one of this format.
pub fn looks_like(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let columns = first.split('\t').count();
    columns >= COLUMNS - 1 && (is_header(first) || first.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_header(row: &str) -> bool {
    row.starts_with("level\t")
}

pub fn parse(text: &str) -> Result<Vec<WordsPage>> {
    let mut pages = Collector::default();
    let (mut page, mut block, mut line) = (None, None, None);
    for (number, row) in (1usize..).zip(text.lines()) {
        if row.trim().is_empty() || is_header(row) {
            continue;
        }
        let row = Row::parse(row, number)?;
        if page != Some(row.place[0]) {
            page = Some(row.place[0]);
            (block, line) = (None, None);
            let size = (row.level == PAGE_LEVEL && row.bbox.area() > 0)
                .then(|| PageSize::new(row.bbox.right(), row.bbox.bottom()));
            pages.begin_page(u32::try_from(row.place[0]).ok().filter(|n| *n > 0), size);
        }
        if row.level != WORD_LEVEL {
            continue;
        }
        if block != Some(row.place[1]) {
            block = Some(row.place[1]);
            pages.begin_block();
        }
        if line != Some(row.place) {
            line = Some(row.place);
            pages.begin_line();
        }
        pages.add(row.text, row.bbox, confidence(Some(row.confidence), 100.0));
    }
    Ok(pages.pages)
}

struct Row<'a> {
    level: i64,
    /// Page, block, paragraph, line.
    place: [i64; 4],
    bbox: PixelBox,
    confidence: f64,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn parse(row: &'a str, number: usize) -> Result<Self> {
        let cells: Vec<&str> = row.splitn(COLUMNS, '\t').collect();
        if cells.len() < COLUMNS - 1 {
            return Err(invalid(format!(
                "line {number}: {} columns where Tesseract's TSV has {COLUMNS}",
                cells.len()
            )));
        }
        let wrong = |column: usize| {
            let cell = shortened(cells[column]);
            invalid(format!("line {number}, column {}: `{cell}` is not a number", column + 1))
        };
        let decimal = |column: usize| {
            let value = cells[column].trim().parse::<f64>().map_err(|_| wrong(column))?;
            if value.is_finite() { Ok(value) } else { Err(wrong(column)) }
        };
        let whole = |column: usize| pixel(decimal(column)?).ok_or_else(|| wrong(column));
        let (left, top) = (whole(6)?, whole(7)?);
        Ok(Self {
            level: whole(0)?,
            place: [whole(1)?, whole(2)?, whole(3)?, whole(4)?],
            bbox: PixelBox::new(left, top, left + whole(8)?, top + whole(9)?),
            confidence: decimal(10)?,
            text: cells.get(11).copied().unwrap_or_default(),
        })
    }
}
