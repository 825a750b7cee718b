//! Addresses side by side: seller and buyer stand in columns, and lines are read across both.
//!
//! The model follows the reading, so that one address takes in the lines of the other. What stands beside a line of an address,
//! and what is below that, is parted from it.

use super::bio::Span;
use super::neighbours::{is_within, on_one_line};
use super::page::HeadPrediction;
use crate::document::Word;
use crate::geometry::PixelBox;

const ADDRESS: &str = "address";
/// Words of one column stand closer than this, in heights: fixed print and forms are wide.
const APART: f32 = 2.0;
/// Another column begins farther away than this: a town may stand off its post code.
const BESIDE: f32 = 4.0;
/// What is parted is an address of its own from so many letters on, else nothing.
const FEWEST_LETTERS: usize = 3;

/// Parts every address that runs across columns.
pub fn part_columns(spans: &mut Vec<Span>, head: &HeadPrediction, words: &[Word]) {
    let Some(address) = head.labels.entity_index(ADDRESS) else { return };
    let mut parted = Vec::new();
    for span in spans.iter_mut().filter(|span| span.label == address) {
        let (own, beside) = columns(words, &span.words);
        if beside.is_empty() {
            continue;
        }
        span.words = own;
        let letters =
            |&word: &usize| words[word].text.chars().filter(|c| c.is_alphabetic()).count();
        if beside.iter().map(letters).sum::<usize>() >= FEWEST_LETTERS {
            parted.push(Span { label: address, words: beside, score: span.score });
        }
    }
    spans.extend(parted);
    spans.sort_by_key(|span| span.words.first().copied());
}

/// The words of the column that an address begins in, and the others.
fn columns(words: &[Word], address: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut own: Vec<Vec<usize>> = Vec::new();
    let mut beside: Vec<Vec<usize>> = Vec::new();
    for piece in pieces(words, address) {
        let bbox = bbox_of(words, &piece);
        let is_over =
            |column: &[Vec<usize>]| column.iter().any(|p| overlap(bbox_of(words, p), bbox));
        let is_near = |other: &Vec<usize>| {
            let other = bbox_of(words, other);
            is_within(BESIDE, other, bbox) && other.left() <= bbox.left()
        };
        let is_beside = || {
            let on_line = own.iter().any(|other| on_one_line(bbox_of(words, other), bbox));
            on_line && !own.iter().any(is_near)
        };
        let is_own = own.is_empty() || is_over(&own) || !(is_over(&beside) || is_beside());
        if is_own { own.push(piece) } else { beside.push(piece) }
    }
    (own.concat(), beside.concat())
}

/// Runs of an address's words that stand close on a line.
fn pieces(words: &[Word], address: &[usize]) -> Vec<Vec<usize>> {
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    for &word in address {
        let last = pieces.last_mut().filter(|piece| {
            let last = piece.last().map(|&last| words[last].bbox);
            last.is_some_and(|last| {
                last.left() <= words[word].bbox.left() && is_within(APART, last, words[word].bbox)
            })
        });
        match last {
            Some(piece) => piece.push(word),
            None => pieces.push(vec![word]),
        }
    }
    pieces
}

fn bbox_of(words: &[Word], piece: &[usize]) -> PixelBox {
    let boxes = piece.iter().map(|&word| words[word].bbox);
    PixelBox::union_of(boxes).unwrap_or(words[piece[0]].bbox)
}

/// Whether one box stands over the other, however far.
fn overlap(one: PixelBox, other: PixelBox) -> bool {
    one.left() < other.right() && other.left() < one.right()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;
    use crate::labels::LabelSet;

    /// The texts of the addresses into which one of all words falls.
    fn parts(lines: &[&[&str]]) -> Vec<String> {
        let words = page(lines);
        let labels = LabelSet::bio(&[ADDRESS]);
        let head = HeadPrediction { labels, probabilities: Vec::new() };
        let mut spans = vec![Span { label: 0, words: (0..words.len()).collect(), score: 0.9 }];
        part_columns(&mut spans, &head, &words);
        let text = |span: &Span| {
            span.words.iter().map(|&word| words[word].text.as_str()).collect::<Vec<_>>().join(" ")
        };
        spans.iter().map(text).collect()
    }

    /// As seen on one invoice in ten.
    #[test]
    fn addresses_side_by_side_are_two() {
        let both: &[&[&str]] =
            &[&["Hafenstraße 12", "Industriepark 5"], &["20457 Hamburg", "60486 Frankfurt"]];
        assert_eq!(
            parts(both),
            ["Hafenstraße 12 20457 Hamburg", "Industriepark 5 60486 Frankfurt"]
        );
        let number: &[&[&str]] = &[&["970 Avenue Fabre"], &["38250 Lans", "17"]];
        assert_eq!(parts(number), ["970 Avenue Fabre 38250 Lans"]);
    }

    #[test]
    fn an_address_in_one_column_stays_whole() {
        let plain: &[&[&str]] = &[&["Hafenstraße 12"], &["20457 Hamburg"]];
        assert_eq!(parts(plain), ["Hafenstraße 12 20457 Hamburg"]);
        let shifted: &[&[&str]] = &[&["Sabadell, 2"], &["28320 Pinto"], &["_", "MADRID"]];
        assert_eq!(parts(shifted), ["Sabadell, 2 28320 Pinto MADRID"]);
    }
}
