//! Sums and dates that recognition cut apart, put together again.
//!
//! `64.` `15` are two words, and the model may take the second for another sum or for none. Where an
//! entity's text alone is no date, or a sum without its cents, and with the word beside it is one,
//! that word is taken in. Numbers of two parts (`2020 - 001295`, `2 / 2024`, `A5 3127`) or in groups
//! (`26 614 353`) are put together as well, and those behind letters of a series (`Faktura nr FV 7/2021`).

use super::context::ValueContext;
use super::field_names::is_number_mark;
use super::fields::is_form_part;
use super::neighbours::is_within;
use super::page::PageDecoding;
use super::surplus::{digits, is_figures};
use super::value::{ValueKind, typed_value};
use crate::document::{Page, Value};
use crate::geometry::PixelBox;

/// Words of one number stand closer than this many heights.
const CLOSE: f32 = 1.2;
/// The same of a series and its number, which forms print in fields of their own.
const NEAR: f32 = 3.0;

/// Takes neighbouring words into the sums and dates that need them. Values are set by it, too.
pub fn complete(decoding: &mut PageDecoding, page: &Page, context: &ValueContext) {
    let mut index = 0;
    while index < decoding.entities.len() {
        let taken = match ValueKind::of_label(&decoding.entities[index].label) {
            ValueKind::Amount | ValueKind::Date => neighbours(decoding, page, index)
                .into_iter()
                .find(|neighbour| completes(decoding, page, index, neighbour, context)),
            ValueKind::Identifier => {
                other_part(decoding, page, index).or_else(|| series(decoding, page, index))
            }
            _ => None,
        };
        match taken {
            Some(neighbour) => take_in(decoding, page, index, &neighbour, context),
            None => index += 1,
        }
    }
    decoding.count_ids();
}

/// Words that might belong to an entity.
struct Neighbour {
    /// Ascending.
    words: Vec<usize>,
    /// The entity they form, if they are one; it goes up in the other.
    entity: Option<usize>,
}

/// What stands right behind and right before an entity on its line: a word of none, or a whole
/// entity of the same label. Beside part of a date also two words: `10` of `10 luglio 2020`.
fn neighbours(decoding: &PageDecoding, page: &Page, index: usize) -> Vec<Neighbour> {
    let words = &decoding.words[index];
    let (Some(&first), Some(&last)) = (words.first(), words.last()) else { return Vec::new() };
    // Parts of forms are another head's: the same words may be an answer as well.
    let of_entity = |word: usize| {
        let all = decoding.words.iter().zip(&decoding.entities);
        all.into_iter()
            .position(|(words, entity)| !is_form_part(&entity.label) && words.contains(&word))
    };
    let close = |inner: usize, outer: Option<usize>| {
        let outer = outer.filter(|word| *word < page.words.len())?;
        let (left, right) = (inner.min(outer), inner.max(outer));
        are_close(page.words[left].bbox, page.words[right].bbox).then_some(outer)
    };
    let beside = |inner: usize, outer: Option<usize>| {
        let outer = close(inner, outer)?;
        match of_entity(outer) {
            None => Some(Neighbour { words: vec![outer], entity: None }),
            Some(other) if decoding.entities[other].label == decoding.entities[index].label => {
                Some(Neighbour { words: decoding.words[other].clone(), entity: Some(other) })
            }
            Some(_) => None,
        }
    };
    let free = |word: &usize| of_entity(*word).is_none();
    let pair = |from: usize, step: fn(usize) -> Option<usize>| {
        let near = close(from, step(from)).filter(free)?;
        let far = close(near, step(near)).filter(free)?;
        Some(Neighbour { words: vec![near.min(far), near.max(far)], entity: None })
    };
    let on = |word: usize| word.checked_add(1);
    let back = |word: usize| word.checked_sub(1);
    let mut found: Vec<Neighbour> =
        beside(last, on(last)).into_iter().chain(beside(first, back(first))).collect();
    if ValueKind::of_label(&decoding.entities[index].label) == ValueKind::Date {
        found.extend(pair(last, on));
        found.extend(pair(first, back));
        // One on each side: `luglio` of `10 luglio 2020`.
        let before = close(first, back(first)).filter(free);
        let behind = close(last, on(last)).filter(free);
        if let (Some(before), Some(behind)) = (before, behind) {
            found.push(Neighbour { words: vec![before, behind], entity: None });
        }
    }
    found
}

/// The figures, and the sign before them, that go on with a number or go before it, if no entity but a form's part
/// has them.
fn other_part(decoding: &PageDecoding, page: &Page, index: usize) -> Option<Neighbour> {
    let words = &decoding.words[index];
    let (first, last) = (*words.first()?, *words.last()?);
    let text = |word: usize| page.words.get(word).map_or("", |word| word.text.as_str());
    let is_number = |word: usize| digits(text(word)) > 0;
    let is_sign = |text: &str| matches!(text, "-" | "/" | "–");
    // The word on the other side of the joint that a word begins: `2020` `-` `001295`, `2023-` `0144`.
    let far_side = |left: usize| {
        let right = if is_sign(text(left + 1)) { left + 2 } else { left + 1 };
        let joined = right == left + 2
            || text(left).ends_with(['-', '/'])
            || is_series_and_number(text(left), text(right))
            || are_groups(text(left), text(right));
        let near = if is_series_and_number(text(left), text(right)) { NEAR } else { CLOSE };
        let close = |word: usize| is_within(near, page.words[word].bbox, page.words[word + 1].bbox);
        let is_part = joined && right < page.words.len() && is_number(left) && is_number(right);
        (is_part && (left..right).all(close)).then_some(right)
    };
    let free = |word: &usize| is_free(decoding, *word);
    let part = |words: std::ops::Range<usize>| {
        let words: Vec<usize> = words.collect();
        words.iter().all(free).then_some(Neighbour { words, entity: None })
    };
    if let Some(right) = far_side(last) {
        return part(last + 1..right + 1);
    }
    let before = [2, 1].into_iter().filter_map(|steps| first.checked_sub(steps));
    let before = before.into_iter().find(|&left| far_side(left) == Some(first))?;
    part(before..first)
}

/// Whether no entity but a form's part has a word.
fn is_free(decoding: &PageDecoding, word: usize) -> bool {
    let mut all = decoding.words.iter().zip(&decoding.entities);
    !all.any(|(words, entity)| !is_form_part(&entity.label) && words.contains(&word))
}

/// `26` `614`: two groups of a number that is written in threes.
fn are_groups(left: &str, right: &str) -> bool {
    const GROUP: usize = 3;
    is_figures(left) && is_figures(right) && left.len() <= GROUP && right.len() == GROUP
}

/// `A5` `3127`: a letter or two with a figure before nothing but figures.
fn is_series_and_number(left: &str, right: &str) -> bool {
    const SERIES: usize = 3;
    const NUMBER: usize = 3;
    let is_series = left.chars().count() <= SERIES
        && left.starts_with(|c: char| c.is_ascii_uppercase())
        && left.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    is_series && right.len() >= NUMBER && is_figures(right)
}

/// The capitals between a number's caption and the number: `FV` in `Faktura nr FV 7/2021`.
fn series(decoding: &PageDecoding, page: &Page, index: usize) -> Option<Neighbour> {
    const LETTERS: std::ops::RangeInclusive<usize> = 1..=4;
    let first = *decoding.words[index].first()?;
    let series = first.checked_sub(1)?;
    let caption = series.checked_sub(1)?;
    let text = |word: usize| page.words[word].text.as_str();
    let close = |word: usize| are_close(page.words[word].bbox, page.words[word + 1].bbox);
    let is_series = LETTERS.contains(&text(series).len())
        && text(series).bytes().all(|b| b.is_ascii_uppercase())
        && !is_number_mark(text(series));
    let fits = is_series
        && close(caption)
        && close(series)
        && is_number_mark(text(caption))
        && text(first).starts_with(|c: char| c.is_ascii_digit());
    // The model may take the letters for a number of their own.
    let own = decoding.words.iter().position(|words| *words == [series]).filter(|&own| {
        own != index && decoding.entities[own].label == decoding.entities[index].label
    });
    (fits && (own.is_some() || is_free(decoding, series)))
        .then(|| Neighbour { words: vec![series], entity: own })
}

/// Whether two words stand on one line with little between them.
fn are_close(left: PixelBox, right: PixelBox) -> bool {
    is_within(CLOSE, left, right)
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
        decoding.remove(other);
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
        let labels = LabelSet::bio(&["date", "total", "answer", "invoice_number"]);
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

    /// As seen: the day alone of a date in words.
    #[test]
    fn a_date_in_words_is_made_whole() {
        let whole = one("10 luglio 2020", "2020-07-10");
        assert_eq!(found(&[("10", "B-DATE"), ("luglio", "O"), ("2020", "O")]), whole);
        assert_eq!(found(&[("10", "O"), ("luglio", "B-DATE"), ("2020", "O")]), whole);
        assert_eq!(found(&[("10", "O"), ("luglio", "O"), ("2020", "B-DATE")]), whole);
        let far = [("10", "B-DATE"), ("luglio", "O"), ("|", ""), ("2020", "O")];
        assert_eq!(found(&far), one("10", "10"));
    }

    #[test]
    fn parts_of_a_number_are_put_together() {
        let line = |tags: [&'static str; 3]| {
            found(&[("2020", tags[0]), ("-", tags[1]), ("001295", tags[2])])
        };
        let whole = one("2020 - 001295", "2020 - 001295");
        assert_eq!(line(["B-INVOICE_NUMBER", "O", "O"]), whole);
        assert_eq!(line(["O", "O", "B-INVOICE_NUMBER"]), whole);
        assert_eq!(line(["B-INVOICE_NUMBER", "O", "B-DATE"])[0].0, "2020");
        let glued = [("2023-", "B-INVOICE_NUMBER"), ("0144", "O")];
        assert_eq!(found(&glued)[0].0, "2023- 0144");
        assert_eq!(found(&[("2020", "B-INVOICE_NUMBER"), ("-", "O"), ("Page", "O")])[0].0, "2020");
        assert_eq!(found(&[("A5", "B-INVOICE_NUMBER"), ("3127", "O")])[0].0, "A5 3127");
        assert_eq!(found(&[("3127", "O"), ("15", "B-INVOICE_NUMBER")])[0].0, "15");
        let threes = |tags: [&'static str; 3]| {
            found(&[("26", tags[0]), ("614", tags[1]), ("353", tags[2]), ("7", "O")])
        };
        assert_eq!(threes(["B-INVOICE_NUMBER", "O", "O"])[0].0, "26 614 353");
        assert_eq!(threes(["O", "B-INVOICE_NUMBER", "O"])[0].0, "26 614 353");
        assert_eq!(threes(["O", "O", "B-INVOICE_NUMBER"])[0].0, "26 614 353");
        // A form's answer may have the other part.
        let of_form = [("2023-", "B-INVOICE_NUMBER"), ("0144", "B-ANSWER")];
        assert_eq!(found(&of_form)[0].0, "2023- 0144");
    }

    /// As seen on Polish invoices.
    #[test]
    fn letters_of_a_series_belong_to_the_number() {
        let line = |caption, series| {
            found(&[(caption, "O"), (series, "O"), ("7/2021", "B-INVOICE_NUMBER")])[0].0.clone()
        };
        assert_eq!(line("nr", "FV"), "FV 7/2021");
        let both = [("nr", "O"), ("FV", "B-INVOICE_NUMBER"), ("7/2021", "B-INVOICE_NUMBER")];
        assert_eq!(found(&both), one("FV 7/2021", "FV 7/2021"));
        assert_eq!(line("nr:", "FV"), "FV 7/2021");
        assert_eq!(line("Faktura", "NR"), "7/2021");
        assert_eq!(line("przez", "FV"), "7/2021");
    }

    /// As seen: the other words of the date were a form's answer.
    #[test]
    fn answers_of_forms_are_no_other_entities() {
        let line = [("10", "B-DATE"), ("luglio", "B-ANSWER"), ("2020", "I-ANSWER")];
        let all = found(&line);
        assert_eq!(all[0], ("10 luglio 2020".to_string(), "2020-07-10".to_string()));
        assert_eq!(all[1].0, "luglio 2020");
    }

    #[test]
    fn whole_values_and_far_words_stay_as_they_are() {
        assert_eq!(found(&[("64.15", "B-TOTAL"), ("20", "O")]), one("64.15", "64.15"));
        assert_eq!(found(&[("64", "B-TOTAL"), ("20", "O")]), one("64", "64"));
        assert_eq!(found(&[("64.", "B-TOTAL"), ("|", ""), ("15", "O")]), one("64.", "64"));
        assert_eq!(found(&[("x", "B-DATE"), ("28/04/18", "O")]), one("x", "x"));
    }
}
