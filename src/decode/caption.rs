//! What the caption beside a value says it is: `Rechnungsdatum 05.03.2014`, `Customer No. 4711`.
//!
//! The model has learned captions where it has seen them; on a layout that is new to it, it may give
//! the right value little and the neighbour's much. Field names of 23 languages are known
//! ([`crate::lexicon`]), so where one stands before a value on its line, or above it, the odds that the
//! model gives the value's words are multiplied: up for the label that the caption names, down for
//! labels of the same kind that it does not name (a date of delivery is not the day of issue). A word
//! that the model is sure about stays what it is.

use super::ValueContext;
use super::field_names::{Announced, NAMED, NUMBER, caption_at, letters};
use super::page::HeadPrediction;
use super::surplus::digits;
use super::value::{ValueKind, typed_value};
use crate::document::Word;
use crate::geometry::PixelBox;

/// Words of a value at most: `the 4th of March 2024`.
const VALUE_WORDS: usize = 5;
/// Words of a name at most.
const NAME_WORDS: usize = 8;
/// A name stands within so many lines below its caption: numbers of the party may come before it.
const NAME_LINES: usize = 3;
/// Between a caption and the value above which it stands, in heights of the caption.
const BELOW: f32 = 2.2;
/// Words of one phrase or value stand closer than this many heights.
const CLOSE: f32 = 1.0;

/// What the odds of other numbers are multiplied by where a caption names the invoice's.
const OTHER_NUMBER: f32 = 0.1;
/// Words between a number and its date at most: `issued on`.
const JOINT_WORDS: usize = 2;

/// A value beside its caption.
#[derive(Debug, PartialEq, Eq)]
struct Captioned {
    announced: Announced,
    /// Indices of its words.
    words: Vec<usize>,
}

/// Weighs the odds of words that stand beside captions, if the head has labels that captions name.
pub fn heed_captions(head: &mut HeadPrediction, words: &[Word], context: &ValueContext) {
    if !NAMED.iter().any(|(label, _)| head.labels.entity_index(label).is_some()) {
        return;
    }
    let found = captioned(words, context);
    doubt_other_numbers(head, words.len(), &found);
    for Captioned { announced, words } in found {
        let (up, down) = weights(announced);
        for (position, word) in words.into_iter().enumerate() {
            head.weigh(word, |name, begins| {
                if announced.label == Some(name) {
                    if begins == (position == 0) { up } else { 1.0 }
                } else if rivals(name, announced.kind) {
                    down
                } else {
                    1.0
                }
            });
        }
    }
}

/// Where a caption names the number of the invoice, others are hardly it.
fn doubt_other_numbers(head: &mut HeadPrediction, words: usize, found: &[Captioned]) {
    let named = |captioned: &&Captioned| captioned.announced.label == Some(NUMBER);
    let named: Vec<usize> =
        found.iter().filter(named).flat_map(|c| c.words.iter().copied()).collect();
    if named.is_empty() {
        return;
    }
    for word in (0..words).filter(|word| !named.contains(word)) {
        head.weigh(word, |name, _| if name == NUMBER { OTHER_NUMBER } else { 1.0 });
    }
}

/// What odds are multiplied by for the label that a caption names, and for others of its kind. Captions
/// of sums say little: `Total` stands before the sum without tax, the sum before rounding, and the
/// number of things, and the model knows these apart better. A caption of what no label marks (a date of
/// delivery) is as good as a name.
const fn weights(announced: Announced) -> (f32, f32) {
    match (announced.kind, announced.label) {
        (ValueKind::Amount, _) => (2.0, 0.3),
        (ValueKind::Text, _) => (50.0, 0.1),
        (_, Some(_)) => (1000.0, 0.3),
        (_, None) => (1.0, 0.1),
    }
}

/// Whether a label competes for values of a kind: parts of line items have captions of their own.
fn rivals(label: &str, kind: ValueKind) -> bool {
    NAMED.iter().any(|(name, _)| *name == label) && ValueKind::of_label(label) == kind
}

/// Every caption's value, where there is one.
fn captioned(words: &[Word], context: &ValueContext) -> Vec<Captioned> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let Some((length, announced)) = caption_at(words, start) else {
            start += 1;
            continue;
        };
        let end = start + length;
        if announced.kind == ValueKind::Text && !names_a_party(words, end) {
            start += 1;
            continue;
        }
        if let Some(value) = value_of(words, start..end, announced.kind, context) {
            if announced.label == Some(NUMBER) {
                found.extend(date_behind(words, &value, context));
            }
            found.push(Captioned { announced, words: value });
        }
        start = end;
    }
    found
}

/// The date in `Invoice No. 4711 dated 5 March 2024`, `Facture n° 12 du 05/03/2024`.
fn date_behind(words: &[Word], number: &[usize], context: &ValueContext) -> Option<Captioned> {
    let last = *number.last()?;
    let next = last + 1;
    let joint = next..words.len().min(next + JOINT_WORDS + 1);
    let plain = |&index: &usize| digits(&words[index].text) == 0;
    let begin = next + joint.take_while(plain).count();
    let row: Vec<usize> = (begin..words.len().min(begin + VALUE_WORDS)).collect();
    let close = (last..begin)
        .all(|index| index + 1 < words.len() && goes_on(words[index].bbox, words[index + 1].bbox));
    let announced = Announced { kind: ValueKind::Date, label: Some("date") };
    let words = value_at(words, &row, ValueKind::Date, context).filter(|_| close)?;
    Some(Captioned { announced, words })
}

/// Whether the words before `end` are a caption and not part of a name (`Lieferant GmbH`, `Client First`):
/// a colon ends it, or nothing stands behind it.
fn names_a_party(words: &[Word], end: usize) -> bool {
    let colon = words[end - 1].text.ends_with(':');
    colon
        || words.get(end).is_none_or(|next| {
            next.text.starts_with(':') || !goes_on(words[end - 1].bbox, next.bbox)
        })
}

/// Whether two words stand side by side on one line.
pub(super) fn goes_on(left: PixelBox, right: PixelBox) -> bool {
    let gap = i64::from(right.left()) - i64::from(left.right());
    let height = left.height().max(right.height()) as f32;
    on_one_line(left, right) && gap as f32 > -0.5 * height && (gap as f32) < CLOSE * height
}

/// Whether two boxes share two fifths of the lower one's height.
pub(super) fn on_one_line(a: PixelBox, b: PixelBox) -> bool {
    let shared = i64::from(a.bottom().min(b.bottom())) - i64::from(a.top().max(b.top()));
    shared as f32 > 0.4 * a.height().min(b.height()).max(1) as f32
}

/// The words of the value behind a caption on its line, else of the one below.
fn value_of(
    words: &[Word],
    caption: std::ops::Range<usize>,
    kind: ValueKind,
    context: &ValueContext,
) -> Option<Vec<usize>> {
    let area = PixelBox::union_of(words[caption.clone()].iter().map(|word| word.bbox))?;
    let outside = |index: &usize| !caption.contains(index);
    let mut behind: Vec<usize> = (0..words.len())
        .filter(&outside)
        .filter(|&index| {
            let bbox = words[index].bbox;
            on_one_line(area, bbox) && bbox.left() >= area.right().saturating_sub(bbox.height() / 2)
        })
        .collect();
    behind.sort_by_key(|&index| words[index].bbox.left());
    // A mark between the two is neither.
    let marks = behind.iter().take_while(|&&index| is_mark(&words[index].text)).count();
    if let Some(value) = value_at(words, &behind[marks..], kind, context) {
        return Some(value);
    }
    if kind == ValueKind::Amount {
        // What stands below the head of a column is not its sum.
        return None;
    }
    let lines = if kind == ValueKind::Text { NAME_LINES } else { 1 };
    let mut above = area;
    for _ in 0..lines {
        let line = line_below(words, above, outside)?;
        above = PixelBox::union_of(line.iter().map(|&index| words[index].bbox))?;
        if let Some(value) = value_at(words, &line, kind, context) {
            return Some(value);
        }
    }
    None
}

/// The words of the next line below that stand under an area, from left to right.
fn line_below(
    words: &[Word],
    area: PixelBox,
    wanted: impl Fn(&usize) -> bool,
) -> Option<Vec<usize>> {
    let reach = (area.height() as f32 * BELOW) as u32;
    let under = |&index: &usize| {
        let bbox = words[index].bbox;
        bbox.top() >= area.bottom().saturating_sub(area.height() / 3)
            && bbox.top() <= area.bottom() + reach
            && bbox.left() < area.right()
            && bbox.right() > area.left()
    };
    let below: Vec<usize> = (0..words.len()).filter(wanted).filter(under).collect();
    let first = *below.iter().min_by_key(|&&index| words[index].bbox.top())?;
    let mut line: Vec<usize> =
        below.into_iter().filter(|&i| on_one_line(words[first].bbox, words[i].bbox)).collect();
    line.sort_by_key(|&index| words[index].bbox.left());
    // What goes on behind the area belongs to the line as well.
    while let Some(&last) = line.last() {
        let next = last + 1;
        if next >= words.len() || !goes_on(words[last].bbox, words[next].bbox) {
            break;
        }
        line.push(next);
    }
    Some(line)
}

/// `:`, `#`, `n°`, `-`: what stands between a caption and its value.
fn is_mark(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits(text) == 0
        && (letters == 0 || (letters <= 3 && text.contains(['.', '°', 'º', '#', ':'])))
}

/// The value that begins with the first of the words in a row, in the fewest words that make sense;
/// of sums the first with cents.
fn value_at(
    words: &[Word],
    row: &[usize],
    kind: ValueKind,
    context: &ValueContext,
) -> Option<Vec<usize>> {
    let text = |index: usize| words[index].text.as_str();
    let means = |label: &str, run: &[usize]| {
        let joined = run.iter().map(|&index| text(index)).collect::<Vec<_>>().join(" ");
        typed_value(label, &joined, context).is_some()
    };
    if kind == ValueKind::Amount {
        let letters = |index: usize| text(index).chars().filter(|c| c.is_alphabetic()).count();
        let sums = || {
            row.iter().take_while(|&&index| letters(index) <= 3).filter(|&&index| {
                !text(index).contains('%') && digits(text(index)) > 0 && means("total", &[index])
            })
        };
        let has_cents = |&&index: &&usize| has_cents(text(index));
        return sums().find(has_cents).or_else(|| sums().next()).map(|&index| vec![index]);
    }
    if kind == ValueKind::Text {
        return name_at(words, row);
    }
    let run = close_together(words, row);
    let run = &run[..run.len().min(VALUE_WORDS)];
    let length = match kind {
        ValueKind::Date => (1..=run.len()).find(|&length| means("date", &run[..length])),
        ValueKind::Identifier => {
            let numbered = |index: usize| digits(text(index)) > 0;
            match *run {
                [first, ..] if numbered(first) => Some(1),
                [first, second, ..] if text(first).chars().count() <= 4 && numbered(second) => {
                    Some(2)
                }
                _ => None,
            }
        }
        _ => None,
    };
    length.map(|length| run[..length].to_vec())
}

/// The words at the head of a row up to its first wide gap.
fn close_together<'a>(words: &[Word], row: &'a [usize]) -> &'a [usize] {
    let close = row.windows(2).take_while(|w| goes_on(words[w[0]].bbox, words[w[1]].bbox)).count();
    &row[..row.len().min(close + 1)]
}

/// What forms write before a party's name, folded.
const NAME_KEYS: [&str; 16] = [
    "name", "nazwa", "nazev", "naziv", "nazov", "nom", "nome", "nombre", "naam", "navn", "namn",
    "nev", "nume", "nimi", "ad", "unvan",
];

/// The words of a name: those that stand close together, if there is no digit among them; without a
/// key before them (`Name: `).
fn name_at(words: &[Word], row: &[usize]) -> Option<Vec<usize>> {
    let is_key = |text: &str| text.ends_with(':') && NAME_KEYS.contains(&letters(text).as_str());
    let row = match row {
        [first, rest @ ..] if is_key(&words[*first].text) => rest,
        _ => row,
    };
    let run = close_together(words, row);
    let text = |index: usize| words[index].text.as_str();
    let is_name = !run.is_empty()
        && run.len() <= NAME_WORDS
        && text(run[0]).starts_with(char::is_alphabetic)
        && !run.iter().any(|&index| digits(text(index)) > 0 || text(index).contains(':'))
        && caption_at(words, run[0]).is_none_or(|(length, _)| length < run.len());
    is_name.then(|| run.to_vec())
}

/// `12.50`, `1.234,56-`
fn has_cents(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let cents = number.rsplit(['.', ',']).next().unwrap_or(number);
    cents.len() == 2 && cents.len() < number.len() && cents.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
#[path = "caption_tests.rs"]
mod tests;
