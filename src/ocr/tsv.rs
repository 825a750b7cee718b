//! Words from Tesseract's TSV table.

use crate::document::Word;
use crate::geometry::PixelBox;

/// Words of Tesseract's TSV, lines and blocks counted anew from 0 in reading order.
pub(super) fn words_of(table: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut line, mut block) = (None::<(u32, [u32; 3])>, None::<(u32, u32)>);
    for row in table.lines() {
        let Some(word) = TsvWord::parse(row) else { continue };
        let next = |known: Option<u32>| known.map_or(0, |n| n + 1);
        if block.is_none_or(|(_, key)| key != word.place[0]) {
            block = Some((next(block.map(|b| b.0)), word.place[0]));
        }
        if line.is_none_or(|(_, key)| key != word.place) {
            line = Some((next(line.map(|l| l.0)), word.place));
        }
        words.push(Word {
            text: word.text.to_owned(),
            bbox: word.bbox,
            confidence: word.confidence,
            line: line.map_or(0, |l| l.0),
            block: block.map_or(0, |b| b.0),
        });
    }
    words
}

/// One word row: level page block paragraph line word left top width height confidence text.
struct TsvWord<'a> {
    /// Block, paragraph and line.
    place: [u32; 3],
    bbox: PixelBox,
    confidence: f32,
    text: &'a str,
}

impl<'a> TsvWord<'a> {
    fn parse(row: &'a str) -> Option<Self> {
        const WORD_LEVEL: &str = "5";
        let cells: Vec<&str> = row.splitn(12, '\t').collect();
        let [level, _, block, paragraph, line, _, left, top, width, height, confidence, text] =
            cells.as_slice()
        else {
            return None;
        };
        let text = text.trim();
        if *level != WORD_LEVEL || text.is_empty() {
            return None;
        }
        let number = |cell: &str| cell.parse::<i64>().ok();
        let (left, top) = (number(left)?, number(top)?);
        Some(Self {
            place: [block.parse().ok()?, paragraph.parse().ok()?, line.parse().ok()?],
            bbox: PixelBox::new(left, top, left + number(width)?, top + number(height)?),
            confidence: (confidence.parse::<f32>().ok()? / 100.0).clamp(0.0, 1.0),
            text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
        1\t1\t0\t0\t0\t0\t0\t0\t100\t50\t-1\t\n\
        5\t1\t1\t1\t1\t1\t10\t5\t20\t8\t96.5\tRM\n\
        5\t1\t1\t1\t1\t2\t35\t5\t20\t8\t91\t23.60\n\
        5\t1\t1\t1\t2\t1\t10\t15\t20\t8\t-1\tx\n\
        5\t1\t2\t1\t1\t1\t10\t25\t20\t8\t40\t \n\
        5\t1\t3\t1\t1\t1\t10\t35\t20\t8\t140\ty\n";

    #[test]
    fn words_lines_and_blocks_are_counted_from_nought() {
        let words = words_of(TABLE);
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(texts, ["RM", "23.60", "x", "y"]);
        assert_eq!(words.iter().map(|w| w.line).collect::<Vec<_>>(), [0, 0, 1, 2]);
        assert_eq!(words.iter().map(|w| w.block).collect::<Vec<_>>(), [0, 0, 0, 1]);
        assert_eq!(words[1].bbox, PixelBox::new(35, 5, 55, 13));
    }

    #[test]
    fn confidences_stay_between_nought_and_one() {
        let confidences: Vec<f32> = words_of(TABLE).iter().map(|w| w.confidence).collect();
        assert_eq!(confidences, [0.965, 0.91, 0.0, 1.0]);
    }

    #[test]
    fn broken_rows_are_left_out() {
        assert!(words_of("5\t1\n\n5\ta\tb\tc\td\te\tf\tg\th\ti\tj\tk\n").is_empty());
    }
}
