//! Rows of captions above a row of values, as tills and accounting programs print them: `Date   N° Client   Echéance`
//! over `31/08/2024   7848   30/09/2024`.
//!
//! In such a row short names say enough: `Date` and `No.` stand before anything, but beside other captions they head
//! columns. Heads of a table of items are none of these.

use super::ValueContext;
use super::caption_value::{line_below, value_at};
use super::field_names::{Announced, column_head, is_head_of_items};
use super::neighbours::{goes_on, share_line};
use super::surplus::{digits, is_figures};
use super::value::ValueKind;
use crate::document::Word;
use crate::geometry::PixelBox;
use std::ops::Range;

/// Between the captions and their values, in heights of the captions.
const BELOW: f32 = 2.0;
/// Captions of a row at least, and values below them.
const FEWEST: usize = 2;

/// A part of a line without wide gaps, and the caption that it is.
struct Cell {
    words: Range<usize>,
    bbox: PixelBox,
    announced: Option<Announced>,
    heads_items: bool,
}

/// The numbers and dates below the captions of every such row.
pub fn values_of_rows(words: &[Word], context: &ValueContext) -> Vec<(Announced, Vec<usize>)> {
    let rows = rows(words);
    let in_print =
        rows.windows(2).flat_map(|pair| values_in_fixed_print(words, &pair[0], &pair[1], context));
    rows.iter().flat_map(|row| values_of_row(words, row, context)).chain(in_print).collect()
}

/// What stands below heads that a till prints a space apart, as many words as there are heads: `Datum Uhrzeit Filiale Pos
/// Bed Bon` over `27.03.17 18:49 4017888 002 014 2001`.
fn values_in_fixed_print(
    words: &[Word],
    heads: &[Cell],
    values: &[Cell],
    context: &ValueContext,
) -> Vec<(Announced, Vec<usize>)> {
    /// Heads of such a row at least; fewer stand apart.
    const FEWEST_HEADS: usize = 4;
    let of = |row: &[Cell]| row.iter().flat_map(|cell| cell.words.clone()).collect::<Vec<_>>();
    let (heads, values) = (of(heads), of(values));
    if heads.len() < FEWEST_HEADS
        || heads.len() != values.len()
        || heads.iter().any(|&head| digits(&words[head].text) > 0)
        || heads.iter().any(|&head| is_head_of_items(&words[head].text))
    {
        return Vec::new();
    }
    let pairs = heads.iter().zip(&values).filter_map(|(&head, &value)| {
        let announced = column_head(&words[head].text)?;
        let of_kind = matches!(announced.kind, ValueKind::Identifier | ValueKind::Date);
        let value = of_kind.then(|| value_at(words, &[value], announced.kind, context))??;
        Some((announced, value))
    });
    let found: Vec<(Announced, Vec<usize>)> = pairs.collect();
    if found.len() < FEWEST { Vec::new() } else { found }
}

/// The lines of a page with their cells, from left to right.
fn rows(words: &[Word]) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let close =
            |&at: &usize| at + 1 < words.len() && goes_on(words[at].bbox, words[at + 1].bbox);
        let end = start + 1 + (start..words.len()).take_while(close).count();
        let cell = cell(words, start..end);
        let beside = |row: &&mut Vec<Cell>| {
            row.last().is_some_and(|last| share_line(&words[last.words.start], &words[start]))
        };
        match rows.last_mut().filter(beside) {
            Some(row) => row.push(cell),
            None => rows.push(vec![cell]),
        }
        start = end;
    }
    for row in &mut rows {
        row.sort_by_key(|cell| cell.bbox.left());
    }
    rows
}

fn cell(words: &[Word], range: Range<usize>) -> Cell {
    let texts: Vec<&str> = words[range.clone()].iter().map(|word| word.text.as_str()).collect();
    let boxes = words[range.clone()].iter().map(|word| word.bbox);
    let bbox = PixelBox::union_of(boxes).unwrap_or(words[range.start].bbox);
    let text = texts.join(" ");
    let (announced, heads_items) = (column_head(&text), is_head_of_items(&text));
    Cell { words: range, bbox, announced, heads_items }
}

fn values_of_row(
    words: &[Word],
    row: &[Cell],
    context: &ValueContext,
) -> Vec<(Announced, Vec<usize>)> {
    let heads = row.iter().filter(|cell| cell.announced.is_some()).count();
    if heads < FEWEST || row.iter().any(|cell| cell.heads_items) {
        return Vec::new();
    }
    let in_row = |index: &usize| row.iter().any(|cell| cell.words.contains(index));
    let mut found = Vec::new();
    for (at, cell) in row.iter().enumerate() {
        let Some(announced) = cell.announced else { continue };
        if !matches!(announced.kind, ValueKind::Identifier | ValueKind::Date) {
            continue;
        }
        // A column reaches half-way to the captions beside it.
        let left = at.checked_sub(1).map_or(0, |before| middle(row[before].bbox, cell.bbox));
        let right = row.get(at + 1).map_or(u32::MAX, |next| middle(cell.bbox, next.bbox));
        let column = PixelBox::new(
            i64::from(left),
            i64::from(cell.bbox.top()),
            i64::from(right.min(cell.bbox.right() + cell.bbox.width())),
            i64::from(cell.bbox.bottom()),
        );
        let Some(below) = line_below(words, column, BELOW, |index| !in_row(index)) else {
            continue;
        };
        let in_column = |&index: &usize| {
            let bbox = words[index].bbox;
            (left..right).contains(&((bbox.left() + bbox.right()) / 2))
        };
        let value: Vec<usize> = below.iter().copied().filter(in_column).collect();
        let longer = |value: Vec<usize>| longer_number(words, &below, announced.kind, value);
        if let Some(value) = value_at(words, &value, announced.kind, context).map(longer) {
            found.push((announced, value));
        }
    }
    if found.len() < FEWEST { Vec::new() } else { found }
}

/// Behind a figure or two, which count a series, the number that follows before any other word: `1   250231`.
fn longer_number(words: &[Word], line: &[usize], kind: ValueKind, value: Vec<usize>) -> Vec<usize> {
    const SERIES: usize = 2;
    const FEWEST: usize = 4;
    let figures = |word: &usize| digits(&words[*word].text);
    let is_series = kind == ValueKind::Identifier
        && value.len() == 1
        && figures(&value[0]) <= SERIES
        && is_figures(&words[value[0]].text);
    let behind = line.iter().position(|word| is_series && *word == value[0]);
    let next = behind.and_then(|at| line.get(at + 1));
    match next.filter(|next| figures(next) >= FEWEST && is_figures(&words[**next].text)) {
        Some(next) => vec![*next],
        None => value,
    }
}

/// Half-way between two boxes that stand side by side.
fn middle(left: PixelBox, right: PixelBox) -> u32 {
    (left.right() + right.left()) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    fn found(lines: &[&[&str]]) -> Vec<(Option<&'static str>, String)> {
        let words = page(lines);
        let text = |value: &Vec<usize>| {
            value.iter().map(|&word| words[word].text.as_str()).collect::<Vec<_>>().join(" ")
        };
        values_of_rows(&words, &ValueContext::of_words(&words))
            .iter()
            .map(|(announced, value)| (announced.label, text(value)))
            .collect()
    }

    /// As seen on a French and a Brazilian bill.
    #[test]
    fn columns_have_their_values_below() {
        let french: &[&[&str]] = &[
            &["Date", "N° Client", "Mode de règlement", "Echéance"],
            &["31/08/2024", "7848-575758", "Chèque", "30/09/2024"],
        ];
        let expected = [
            (Some("date"), "31/08/2024".to_string()),
            (None, "7848-575758".to_string()),
            (Some("due_date"), "30/09/2024".to_string()),
        ];
        assert_eq!(found(french), expected);
    }

    /// As seen on a German receipt.
    #[test]
    fn as_many_words_below_as_heads_belong_to_them() {
        let till: &[&[&str]] =
            &[&["Datum Uhrzeit Filiale Pos Bed Bon"], &["27.03.17 18:49 4017888 002 014 2001"]];
        let expected =
            [(Some("date"), "27.03.17".to_string()), (Some("invoice_number"), "2001".to_string())];
        assert_eq!(found(till), expected);
        assert!(found(&[till[0], &["27.03.17 4017888 002 014 2001"]]).is_empty());
    }

    #[test]
    fn heads_of_items_and_lone_words_are_no_such_row() {
        let items: &[&[&str]] =
            &[&["No.", "Date", "Description", "Qty"], &["12", "05/05/2022", "Training", "2"]];
        assert!(found(items).is_empty());
        assert!(found(&[&["Date"], &["31/08/2024"]]).is_empty());
        assert!(found(&[&["Date", "No."], &["31/08/2024", "none"]]).is_empty());
        assert!(found(&[]).is_empty());
    }
}
