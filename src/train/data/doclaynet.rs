//! DocLayNet (Pfitzmann et al. 2022): real PDF pages with text cells, for pre-training. No key values.
//!
//! `ann/ID.json` holds the cells, `img/ID.jpg` the picture. A box is that of a whole paragraph; the
//! lines of the paragraph are cells of their own that all carry it, or one cell holds the whole text.
//! Words get their place by setting the text anew into the box: as many lines as it has room for.

use super::apportion::{SPACE, split_line, text_width};
use super::json_file::{data_files, read_json};
use super::{Picture, Sample};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use serde::Deserialize;
use std::path::Path;

/// Distance of lines, in widths of a digit: a digit is about half as wide as the type is high, and
/// lines are set 1.2 type heights apart.
const LINE_PITCH: f32 = 2.3;
/// Share of a line that text fills on average.
const FILL: f32 = 0.95;

#[derive(Deserialize)]
struct PageFile {
    id: String,
    width: u32,
    height: u32,
    cells: Vec<Cell>,
}

#[derive(Deserialize, Clone)]
struct Cell {
    #[serde(rename = "box")]
    bbox: PixelBox,
    text: String,
    /// Place in the reading order of the page.
    block: u32,
}

/// Reads a directory with `ann` and `img`.
///
/// # Errors
/// `DataInvalid` with the file and the element, when one can't be read.
pub fn read(dir: &Path) -> Result<Vec<Sample>> {
    data_files(&dir.join("ann"), "json")?.iter().map(|path| read_one(dir, path)).collect()
}

fn read_one(dir: &Path, path: &Path) -> Result<Sample> {
    let mut page: PageFile = read_json(path)?;
    page.cells.sort_by_key(|cell| cell.block);
    let size = PageSize::new(page.width, page.height);
    let mut sample = Sample::unlabelled(page.id.as_str(), "doclaynet", size, Vec::new());
    let mut line_number = 0;
    let paragraphs = page.cells.chunk_by(|a, b| a.bbox == b.bbox);
    for (block, cells) in paragraphs.enumerate() {
        let bbox = cells.first().map(|cell| cell.bbox.clamp_to(size)).unwrap_or_default();
        for line in set_paragraph(cells, bbox) {
            for (text, word_box) in line {
                sample.segments.push(bbox);
                let block = u32::try_from(block).unwrap_or(u32::MAX);
                let word = Word { text, bbox: word_box, confidence: 1.0, line: line_number, block };
                sample.words.push(word);
            }
            line_number += 1;
        }
    }
    let picture = dir.join("img").join(format!("{}.jpg", page.id));
    sample.picture = picture.is_file().then_some(Picture::File(picture));
    Ok(sample)
}

type PlacedLine = Vec<(String, PixelBox)>;

/// Sets the cells' text into their common box.
fn set_paragraph(cells: &[Cell], bbox: PixelBox) -> Vec<PlacedLine> {
    let texts: Vec<&str> =
        cells.iter().map(|cell| cell.text.trim()).filter(|text| !text.is_empty()).collect();
    let joined = texts.join(" ");
    let room = lines_with_room(&joined, bbox);
    // Where the cells are about as many as the lines, each is a line.
    let lines: Vec<String> = if texts.len() > 1 && texts.len().abs_diff(room) * 4 <= room {
        texts.iter().map(|text| text.to_string()).collect()
    } else {
        wrap(&joined, room)
    };
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let widest = lines.iter().map(|line| line_width(line)).fold(1.0, f32::max);
    let height = i64::from(bbox.height());
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let index = index as i64;
            let top = i64::from(bbox.top()) + height * index / count;
            let bottom = i64::from(bbox.top()) + height * (index + 1) / count;
            // A short last line keeps the type's width.
            let width = (bbox.width() as f32 * (line_width(line) / widest)).round() as i64;
            let left = i64::from(bbox.left());
            let right = (left + width).min(bbox.right().into());
            split_line(line, PixelBox::new(left, top, right, bottom))
        })
        .collect()
}

/// How many lines of this text fill the box: with a digit `u` wide, lines lie `LINE_PITCH · u` apart
/// and the text is `text · u / width` lines long; both agree for one `u`.
fn lines_with_room(text: &str, bbox: PixelBox) -> usize {
    let words = text.split_whitespace().count().max(1);
    let (width, height) = (bbox.width().max(1) as f32, bbox.height().max(1) as f32);
    let digit = (width * height * FILL / (LINE_PITCH * line_width(text).max(1.0))).sqrt();
    ((height / (LINE_PITCH * digit)).round() as usize).clamp(1, words)
}

fn line_width(text: &str) -> f32 {
    let words = text.split_whitespace();
    words.map(|word| text_width(word) + SPACE).sum::<f32>()
}

/// Breaks a text into at most about `count` lines of equal length.
fn wrap(text: &str, count: usize) -> Vec<String> {
    let longest = line_width(text) / count.max(1) as f32;
    let mut lines = vec![String::new()];
    let mut reached = 0.0;
    for word in text.split_whitespace() {
        let width = text_width(word) + SPACE;
        // A word belongs to the line that holds more than half of it.
        if reached + width / 2.0 > longest && lines.len() < count {
            lines.push(String::new());
            reached = (reached - longest).max(0.0);
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        reached += width;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(text: &str, bbox: PixelBox) -> Cell {
        Cell { bbox, text: text.to_string(), block: 0 }
    }

    #[test]
    fn cells_that_share_a_box_of_their_number_of_lines_are_its_lines() {
        let bbox = PixelBox::new(222, 482, 662, 542);
        let cells =
            [cell("NISSAN IS ABOUT MEETING UNMET NEEDS,", bbox), cell("CRAFTING PRODUCTS", bbox)];
        let lines = set_paragraph(&cells, bbox);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1][0].0, "CRAFTING");
        assert_eq!((lines[1][0].1.left(), lines[1][0].1.top()), (222, 512));
    }

    #[test]
    fn pieces_of_one_line_stand_side_by_side() {
        let bbox = PixelBox::new(39, 1064, 168, 1075);
        let cells = [cell("Nissan", bbox), cell("Annual Report 2004", bbox), cell("16", bbox)];
        assert_eq!(set_paragraph(&cells, bbox).len(), 1);
    }

    proptest! {
        #[test]
        fn every_word_is_set_inside_the_paragraph(
            text in "[a-zA-Z0-9 ]{0,200}", w in 0i64..600, h in 0i64..300
        ) {
            let bbox = PixelBox::new(50, 60, 50 + w, 60 + h);
            let lines = set_paragraph(&[cell(&text, bbox)], bbox);
            let words: Vec<_> = lines.into_iter().flatten().collect();
            prop_assert_eq!(words.len(), text.split_whitespace().count());
            for (_, word_box) in words {
                prop_assert_eq!(word_box.union(bbox), bbox);
            }
        }
    }
}
