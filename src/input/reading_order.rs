//! Words scattered on a page → lines and blocks in reading order, from geometry alone.
//!
//! Rows of words on one baseline are cut at wide gaps into segments, and the segments are divided
//! into blocks by a recursive cut at white space (the XY-cut of Nagy and Seth, 1984). Deliberately
//! different from it: a vertical cut is made only between columns of *text* and between parts whose
//! rows do not stand side by side. Tables and label–value pairs are wider apart than columns of text,
//! but are read row by row, which is what keeps a value beside its label.

use std::collections::BTreeSet;

/// A word's place. Any unit; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
    pub baseline: f64,
    /// Size of the type, the height of an em.
    pub size: f64,
}

/// Where a word comes in the reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// Index into the words given.
    pub word: usize,
    /// Counted from 0 over the whole page.
    pub line: u32,
    pub block: u32,
}

/// Baselines closer than this share of the smaller type are one row.
const SAME_ROW: f64 = 0.35;
/// Types of which one is so many times as large as the other …
const OTHER_SIZE: f64 = 1.25;
/// … are in one row where so much of the smaller one's height stands beside the larger one.
const BESIDE: f64 = 0.6;
/// A gap wider than this many ems ends a segment (a word space has .25 to .5).
const SEGMENT_GAP: f64 = 1.2;
/// White space between rows, in ems, that separates blocks (between lines it is under .5).
const BLOCK_GAP: f64 = 0.9;
/// Columns of text have on average at least so many words in a row; table cells have fewer.
const TEXT_COLUMN_WORDS: f64 = 2.5;
/// Parts of which at least this share of the rows (of the part with fewer) continue in the other part
/// are one table. Chance alone makes about .4.
const SHARED_ROWS: f64 = 0.7;
/// Columns are at least so many rows high.
const COLUMN_ROWS: usize = 3;

/// Words of one row without a wide gap.
#[derive(Debug, Clone)]
struct Segment {
    words: Vec<usize>,
    row: usize,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Every word once, in reading order.
pub fn order(words: &[Place]) -> Vec<Rank> {
    let mut segments = segments(words);
    let size = median(words.iter().map(|word| word.size));
    let mut blocks = Vec::new();
    cut(&mut segments, size, &mut blocks);
    let mut ranks = Vec::with_capacity(words.len());
    let mut line = 0;
    for (block, mut segments) in (0..).zip(blocks) {
        segments.sort_by(|a, b| a.row.cmp(&b.row).then(a.left.total_cmp(&b.left)));
        for row in segments.chunk_by(|a, b| a.row == b.row) {
            let words = row.iter().flat_map(|segment| &segment.words);
            ranks.extend(words.map(|&word| Rank { word, line, block }));
            line += 1;
        }
    }
    ranks
}

/// Rows from baselines, segments from rows.
fn segments(words: &[Place]) -> Vec<Segment> {
    let mut by_baseline: Vec<usize> = (0..words.len()).collect();
    by_baseline.sort_by(|&a, &b| words[a].baseline.total_cmp(&words[b].baseline));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for word in by_baseline {
        // Against the row's last word, which is the nearest: a row may drift, as scans do.
        let joins = rows
            .last()
            .and_then(|row| row.last())
            .is_some_and(|&last| are_in_one_row(words[last], words[word]));
        match rows.last_mut() {
            Some(row) if joins => row.push(word),
            _ => rows.push(vec![word]),
        }
    }
    let mut segments = Vec::new();
    for (index, mut row) in rows.into_iter().enumerate() {
        row.sort_by(|&a, &b| words[a].left.total_cmp(&words[b].left).then(a.cmp(&b)));
        split_row(words, &row, index, &mut segments);
    }
    segments
}

/// Whether two words share a baseline, or one is set so much smaller that it stands beside the other all
/// the same: a small key in the corner of a box, its value at the foot.
fn are_in_one_row(a: Place, b: Place) -> bool {
    let (small, large) = if a.size <= b.size { (a, b) } else { (b, a) };
    if (a.baseline - b.baseline).abs() <= SAME_ROW * small.size {
        return true;
    }
    let shared = small.bottom.min(large.bottom) - small.top.max(large.top);
    large.size >= OTHER_SIZE * small.size && shared >= BESIDE * (small.bottom - small.top)
}

fn split_row(words: &[Place], row: &[usize], index: usize, segments: &mut Vec<Segment>) {
    let mut current: Option<Segment> = None;
    for &word in row {
        let place = words[word];
        let joins = current
            .as_ref()
            .is_some_and(|segment| place.left - segment.right <= SEGMENT_GAP * place.size);
        match &mut current {
            Some(segment) if joins => {
                segment.words.push(word);
                segment.top = segment.top.min(place.top);
                segment.right = segment.right.max(place.right);
                segment.bottom = segment.bottom.max(place.bottom);
            }
            _ => segments.extend(current.replace(Segment {
                words: vec![word],
                row: index,
                left: place.left,
                top: place.top,
                right: place.right,
                bottom: place.bottom,
            })),
        }
    }
    segments.extend(current);
}

/// Divides a region until nothing separates its parts, and appends the blocks in reading order.
fn cut(region: &mut [Segment], size: f64, blocks: &mut Vec<Vec<Segment>>) {
    if region.is_empty() {
        return;
    }
    if let Some(middle) = column_cut(region, size) {
        region.sort_by(|a, b| a.left.total_cmp(&b.left));
        let (left, right) = region.split_at_mut(middle);
        cut(left, size, blocks);
        cut(right, size, blocks);
        return;
    }
    let middle = band_cut(region, size);
    if middle < region.len() {
        let (upper, lower) = region.split_at_mut(middle);
        cut(upper, size, blocks);
        cut(lower, size, blocks);
    } else {
        blocks.push(region.to_vec());
    }
}

/// Sorts by height and gives the number of segments above the first white band; all of them if
/// there is none.
fn band_cut(region: &mut [Segment], size: f64) -> usize {
    region.sort_by(|a, b| a.top.total_cmp(&b.top));
    let mut bottom = f64::NEG_INFINITY;
    for (index, segment) in region.iter().enumerate() {
        if index > 0 && segment.top - bottom > BLOCK_GAP * size {
            return index;
        }
        bottom = bottom.max(segment.bottom);
    }
    region.len()
}

/// Sorts by the left edge and gives the number of segments left of the first white strip that
/// separates columns.
fn column_cut(region: &mut [Segment], size: f64) -> Option<usize> {
    region.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut right = f64::NEG_INFINITY;
    for index in 0..region.len() {
        let is_gap = index > 0 && region[index].left - right > SEGMENT_GAP * size;
        if is_gap && are_columns(&region[..index], &region[index..]) {
            return Some(index);
        }
        right = right.max(region[index].right);
    }
    None
}

/// Whether two parts side by side are to be read one after the other.
fn are_columns(left: &[Segment], right: &[Segment]) -> bool {
    let rows = |part: &[Segment]| part.iter().map(|segment| segment.row).collect::<BTreeSet<_>>();
    let (left_rows, right_rows) = (rows(left), rows(right));
    let fewer = left_rows.len().min(right_rows.len());
    let shared = left_rows.intersection(&right_rows).count();
    let is_text = |part: &[Segment]| {
        let words: usize = part.iter().map(|segment| segment.words.len()).sum();
        words as f64 >= TEXT_COLUMN_WORDS * part.len() as f64
    };
    let independent = (shared as f64) < SHARED_ROWS * fewer as f64;
    fewer >= COLUMN_ROWS && (independent || (is_text(left) && is_text(right)))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words of equal size from text set in a grid: a character is 5 wide, a line 12 high.
    fn typed(page: &str) -> (Vec<Place>, Vec<String>) {
        let mut places = Vec::new();
        let mut texts = Vec::new();
        for (row, line) in page.lines().enumerate() {
            let mut start = 0;
            for word in line.split(' ') {
                if !word.is_empty() {
                    let (left, top) = (start as f64 * 5.0, row as f64 * 12.0);
                    let right = left + word.len() as f64 * 5.0;
                    let bottom = top + 8.0;
                    places.push(Place { left, top, right, bottom, baseline: bottom, size: 10.0 });
                    texts.push(word.to_string());
                }
                start += word.len() + 1;
            }
        }
        (places, texts)
    }

    fn read(page: &str) -> String {
        let (mut places, mut texts) = typed(page);
        // The order of the input must not matter.
        places.reverse();
        texts.reverse();
        let ranks = order(&places);
        let mut text = String::new();
        for pair in ranks.windows(2) {
            text += &texts[pair[0].word];
            text += match (pair[0].line == pair[1].line, pair[0].block == pair[1].block) {
                (true, _) => " ",
                (false, true) => "|",
                (false, false) => "#",
            };
        }
        ranks.last().map(|last| text + &texts[last.word]).unwrap_or_default()
    }

    #[test]
    fn labels_stay_beside_their_values() {
        let page = "INVOICE           No. 17\n\
                    Date              2020-01-02\n\
                    Net total         11.00\n\
                    Tax                2.00";
        assert_eq!(read(page), "INVOICE No. 17|Date 2020-01-02|Net total 11.00|Tax 2.00");
    }

    #[test]
    fn a_small_key_is_read_before_the_large_value_in_its_box() {
        let place = |row: usize, left: f64, baseline: f64, size: f64| {
            let bottom = 20.0 * row as f64 + baseline;
            let top = bottom - 0.7 * size;
            Place { left, top, right: left + 40.0, bottom, baseline: bottom, size }
        };
        // Keys, then values, as the file may have them.
        let keys = (0..4).map(|row| place(row, 0.0, 8.0, 7.0));
        let values = (0..4).map(|row| place(row, 150.0, 12.0, 11.0));
        let places: Vec<Place> = keys.chain(values).collect();
        let read: Vec<usize> = order(&places).iter().map(|rank| rank.word).collect();
        assert_eq!(read, [0, 4, 1, 5, 2, 6, 3, 7]);
    }

    #[test]
    fn columns_of_text_are_read_one_after_the_other() {
        let page = "This text is set          and here begins the\n\
                    in two columns of         second of them with\n\
                    words and the eye         as many rows as the\n\
                    goes down first           first one has";
        assert_eq!(
            read(page),
            "This text is set|in two columns of|words and the eye|goes down first#\
             and here begins the|second of them with|as many rows as the|first one has"
        );
    }

    #[test]
    fn an_address_beside_a_table_is_not_mixed_with_its_rows() {
        let (mut places, mut texts) = typed(
            "Screen Media                \n11150 Fairfax Blvd             \nSuite 505           \nFairfax",
        );
        // The table's rows are closer together, and begin between the address's.
        let (table, cells) =
            typed("Office     Omaha\nRegion     Local\nType       Cash\nAgency     none");
        for (place, cell) in table.into_iter().zip(cells) {
            let (x, y) = (200.0, 6.0 - place.top * 0.2);
            let (left, right) = (place.left + x, place.right + x);
            let (top, bottom, baseline) = (place.top + y, place.bottom + y, place.baseline + y);
            places.push(Place { left, top, right, bottom, baseline, size: place.size });
            texts.push(cell);
        }
        let read: Vec<&str> = order(&places).iter().map(|rank| texts[rank.word].as_str()).collect();
        assert_eq!(
            read.join(" "),
            "Screen Media 11150 Fairfax Blvd Suite 505 Fairfax \
             Office Omaha Region Local Type Cash Agency none"
        );
    }

    #[test]
    fn blank_lines_separate_blocks() {
        assert_eq!(
            read("first line\nsecond line\n\n\nthird line"),
            "first line|second line#third line"
        );
    }

    #[test]
    fn a_page_without_words_has_no_order() {
        assert!(order(&[]).is_empty());
    }

    prop_compose! {
        fn place()(left in 0.0..500.0, top in 0.0..700.0, width in 0.0..90.0, size in 1.0..40.0)
            -> Place
        {
            let bottom = top + size;
            Place { left, top, right: left + width, bottom, baseline: bottom, size }
        }
    }

    proptest! {
        #[test]
        fn every_word_comes_once_and_lines_and_blocks_only_grow(
            words in prop::collection::vec(place(), 0..60),
        ) {
            let ranks = order(&words);
            let mut seen: Vec<usize> = ranks.iter().map(|rank| rank.word).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..words.len()).collect::<Vec<_>>());
            for pair in ranks.windows(2) {
                let (line, block) = (pair[1].line - pair[0].line, pair[1].block - pair[0].block);
                prop_assert!(line <= 1 && block <= line);
            }
        }
    }
}
