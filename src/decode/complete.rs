//! Sums and dates that recognition cut apart, put together again.
//!
//! `64.` `15` are two words, and the model may take the second for another sum or for none. Where an
//! entity's text alone is no date, or a sum without its cents, and with the word beside it is one,
//! that word is taken in.

use super::caption::on_one_line;
use super::context::ValueContext;
use super::page::PageDecoding;
use super::surplus::digits;
use super::value::{ValueKind, typed_value};
use crate::document::{Page, Value};
use crate::geometry::PixelBox;

/// Words of one number stand closer than this many heights.
const CLOSE: f32 = 1.2;

/// Takes neighbouring words into the sums and dates that need them. Values are set by it, too.
pub fn complete(decoding: &mut PageDecoding, page: &Page, context: &ValueContext) {
    let mut index = 0;
    while index < decoding.entities.len() {
        let taken = match ValueKind::of_label(&decoding.entities[index].label) {
            ValueKind::Amount | ValueKind::Date => neighbours(decoding, page, index)
                .into_iter()
                .find(|neighbour| completes(decoding, page, index, neighbour, context)),
            _ => None,
        };
        match taken {
            Some(neighbour) => take_in(decoding, page, index, &neighbour, context),
            None => index += 1,
        }
    }
    for (id, entity) in decoding.entities.iter_mut().enumerate() {
        entity.id = id;
    }
}

/// Words that might belong to an entity.
struct Neighbour {
    /// Ascending.
    words: Vec<usize>,
    /// The entity they form, if they are one; it goes up in the other.
    entity: Option<usize>,
}

/// What stands right behind and right before an entity on its line: a word of none, or a whole
/// entity of the same label.
fn neighbours(decoding: &PageDecoding, page: &Page, index: usize) -> Vec<Neighbour> {
    let words = &decoding.words[index];
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
    let beside = |inner: usize, outer: Option<usize>| {
        let outer = outer.filter(|word| *word < page.words.len())?;
        let (left, right) = if inner < outer { (inner, outer) } else { (outer, inner) };
        if !are_close(page.words[left].bbox, page.words[right].bbox) {
            return None;
        }
        match decoding.words.iter().position(|words| words.contains(&outer)) {
            None => Some(Neighbour { words: vec![outer], entity: None }),
            Some(other) if decoding.entities[other].label == decoding.entities[index].label => {
                Some(Neighbour { words: decoding.words[other].clone(), entity: Some(other) })
            }
            Some(_) => None,
        }
    };
    let behind = beside(*last, last.checked_add(1));
    let before = beside(*first, first.checked_sub(1));
    behind.into_iter().chain(before).collect()
}

/// Whether two words stand on one line with little between them.
fn are_close(left: PixelBox, right: PixelBox) -> bool {
    let gap = right.left() as f32 - left.right() as f32;
    on_one_line(left, right) && gap < CLOSE * left.height().max(right.height()) as f32
}

/// Whether an entity with a neighbour means what it did not without.
fn completes(
    decoding: &PageDecoding,
    page: &Page,
    index: usize,
    neighbour: &Neighbour,
    context: &ValueContext,
) -> bool {
    let entity = &decoding.entities[index];
    let joined = text_of(page, &all_words(decoding, index, neighbour));
    let other = text_of(page, &neighbour.words);
    let value = typed_value(&entity.label, &joined, context);
    match (&entity.value, value) {
        (None, Some(Value::Date { .. })) => {
            // Not where the neighbour alone is the date: that is a matter of labels.
            typed_value(&entity.label, &other, context).is_none()
        }
        (Some(Value::Amount { amount: before, .. }), Some(Value::Amount { amount, .. })) => {
            // Every digit of both is in the sum, and its cents are new.
            digits(&amount) == digits(&entity.text) + digits(&other)
                && digits(&other) > 0
                && amount.split_once('.').is_some_and(|(_, cents)| cents.len() == 2)
                && (!before.contains('.') || entity.text.starts_with(['.', ',']))
        }
        _ => false,
    }
}

fn all_words(decoding: &PageDecoding, index: usize, neighbour: &Neighbour) -> Vec<usize> {
    let mut words = [decoding.words[index].as_slice(), &neighbour.words].concat();
    words.sort_unstable();
    words
}

fn text_of(page: &Page, words: &[usize]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| page.words[*word].text.trim()).collect();
    texts.join(" ")
}

fn take_in(
    decoding: &mut PageDecoding,
    page: &Page,
    index: usize,
    neighbour: &Neighbour,
    context: &ValueContext,
) {
    let indices = all_words(decoding, index, neighbour);
    let other = neighbour.entity.map(|other| decoding.entities[other].score);
    decoding.set_words(index, page, indices);
    let entity = &mut decoding.entities[index];
    // The surer of two parts speaks for the whole.
    entity.score = other.map_or(entity.score, |score| score.max(entity.score));
    entity.value = typed_value(&entity.label, &entity.text, context);
    if let Some(other) = neighbour.entity {
        decoding.entities.remove(other);
        decoding.words.remove(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::page::{DecodeOptions, HeadPrediction, PagePrediction, decode_page};
    use crate::document::{Word, WordSource};
    use crate::geometry::PageSize;
    use crate::labels::LabelSet;

    /// Texts and answers of a line whose words are close together but for `|`.
    fn found(line: &[(&str, &str)]) -> Vec<(String, String)> {
        let labels = LabelSet::bio(&["date", "total"]);
        let mut left = 0;
        let mut words = Vec::new();
        let mut probabilities = Vec::new();
        for (text, tag) in line {
            if *text == "|" {
                left += 200;
                continue;
            }
            let right = left + 10 * text.len() as i64;
            let bbox = PixelBox::new(left, 0, right, 20);
            words.push(Word {
                text: (*text).to_string(),
                bbox,
                confidence: 1.0,
                line: 0,
                block: 0,
            });
            left = right + 10;
            probabilities.push(labels.names().iter().map(|n| f32::from(n == tag)).collect());
        }
        let page = Page {
            number: 1,
            size: PageSize::new(2000, 100),
            dpi: None,
            rotation: 0,
            source: WordSource::Ocr,
            words,
        };
        let heads = vec![HeadPrediction { labels, probabilities }];
        let prediction = PagePrediction { heads, pairs: None };
        let decoding = decode_page(&page, &prediction, &DecodeOptions::default()).expect("fits");
        for (id, (entity, words)) in decoding.entities.iter().zip(&decoding.words).enumerate() {
            assert_eq!((entity.id, entity.words.len()), (id, words.len()));
        }
        let plain = |entity: &crate::document::Entity| {
            crate::decode::value::plain(entity.value.as_ref(), &entity.text)
        };
        decoding.entities.iter().map(|e| (e.text.clone(), plain(e))).collect()
    }

    fn one(text: &str, value: &str) -> Vec<(String, String)> {
        vec![(text.to_string(), value.to_string())]
    }

    #[test]
    fn cents_that_were_cut_off_are_taken_in() {
        assert_eq!(found(&[("64.", "B-TOTAL"), ("15", "O")]), one("64. 15", "64.15"));
        assert_eq!(found(&[("64.", "B-TOTAL"), ("15", "B-TOTAL")]), one("64. 15", "64.15"));
        assert_eq!(found(&[("64", "O"), (".15", "B-TOTAL")]), one("64 .15", "64.15"));
    }

    #[test]
    fn parts_of_a_date_are_put_together() {
        let whole = one("28- 04-18", "2018-04-28");
        assert_eq!(found(&[("28-", "B-DATE"), ("04-18", "B-DATE")]), whole);
        assert_eq!(found(&[("28-", "B-DATE"), ("04-18", "O")]), whole);
        assert_eq!(found(&[("28-", "O"), ("04-18", "B-DATE")]), whole);
    }

    #[test]
    fn whole_values_and_far_words_stay_as_they_are() {
        assert_eq!(found(&[("64.15", "B-TOTAL"), ("20", "O")]), one("64.15", "64.15"));
        assert_eq!(found(&[("64", "B-TOTAL"), ("20", "O")]), one("64", "64"));
        assert_eq!(found(&[("64.", "B-TOTAL"), ("|", ""), ("15", "O")]), one("64.", "64"));
        assert_eq!(found(&[("x", "B-DATE"), ("28/04/18", "O")]), one("x", "x"));
    }
}
