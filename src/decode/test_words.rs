//! Words for tests: lines of text on a page.

use crate::document::Word;
use crate::geometry::PixelBox;

/// Words of lines 30 pixels apart, 20 high, their columns 300; `_` is an empty column.
pub fn page(lines: &[&[&str]]) -> Vec<Word> {
    let mut words = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        for (column, text) in line.iter().enumerate() {
            let mut left = 300 * column as i64;
            for text in text.split(' ').filter(|text| *text != "_") {
                let right = left + 10 * text.chars().count() as i64;
                let top = 30 * row as i64;
                words.push(Word {
                    text: text.to_string(),
                    bbox: PixelBox::new(left, top, right, top + 20),
                    confidence: 1.0,
                    line: row as u32,
                    block: 0,
                });
                left = right + 8;
            }
        }
    }
    words
}
