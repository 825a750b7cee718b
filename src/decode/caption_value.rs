//! Where the value of a caption stands: behind it on its line, or below it.

use super::ValueContext;
use super::caption_sum::{first_sum, tax_by_rate};
use super::caption_words::caption_at;
use super::currency::has_money_sign;
use super::date::is_written_date;
use super::field_names::{Announced, Nature, letters};
use super::neighbours::{goes_on, is_within, on_one_line, piece_of, share_line};
use super::surplus::{digits, is_figures};
use super::value::{ValueKind, typed_value};
use crate::document::Word;
use crate::geometry::PixelBox;
use std::ops::Range;

/// Words of a value at most: `the 4th of March 2024`.
pub const VALUE_WORDS: usize = 5;
/// Words of a name at most.
const NAME_WORDS: usize = 8;
/// A name stands within so many lines below its caption: numbers of the party may come before it.
const NAME_LINES: usize = 3;
/// Between a caption and the value above which it stands, in heights of the caption.
const BELOW: f32 = 2.8;
/// The same of names, whose captions have letters of any height and a blank line below.
const BELOW_PARTY: f32 = 3.0;

/// The words of the value behind a caption on its line, else of the one below; of a name that stands far
/// behind, the other way round.
pub fn value_of(
    words: &[Word],
    caption: Range<usize>,
    announced: Announced,
    context: &ValueContext,
) -> Option<Vec<usize>> {
    let kind = announced.kind;
    let behind = words_behind(words, &caption)?;
    let value_behind = || {
        let tax = (announced.label == Some("tax")).then(|| tax_by_rate(words, &behind, context));
        tax.flatten().or_else(|| value_at(words, &behind, kind, context))
    };
    let value_below = || value_below(words, &caption, kind, context);
    if kind == ValueKind::Text && heads_column(words, &caption, behind.first()) {
        return value_below().or_else(value_behind);
    }
    // What stands below the head of a column is not its sum.
    let may_be_below = kind != ValueKind::Amount || announced.nature == Nature::HeadsSum;
    value_behind().or_else(|| may_be_below.then(value_below)?)
}

/// The number behind or below a caption that may as well be a day: `2/11/2023`, `4/2022`.
pub fn slashed_number(words: &[Word], caption: Range<usize>) -> Option<Vec<usize>> {
    let area = PixelBox::union_of(words[caption.clone()].iter().map(|word| word.bbox))?;
    let is_slashed = |&&word: &&usize| {
        let parts: Vec<&str> = words[word].text.split('/').collect();
        (2..=3).contains(&parts.len())
            && parts.iter().all(|part| !part.is_empty() && is_figures(part))
            // `29/10/2017` is a day.
            && (parts.len() == 2 || parts[0].len() != 2)
            && parts.last().is_some_and(|year| year.len() == 4 && year.starts_with("20"))
    };
    let behind = words_behind(words, &caption)?;
    let below = || line_below(words, area, BELOW, |index| !caption.contains(index));
    let number = behind.first().filter(is_slashed).copied();
    let number = number.or_else(|| below()?.first().filter(is_slashed).copied())?;
    Some(vec![number])
}

/// The words on a caption's line behind it and behind the marks there (`:`, `#`).
fn words_behind(words: &[Word], caption: &Range<usize>) -> Option<Vec<usize>> {
    let area = PixelBox::union_of(words[caption.clone()].iter().map(|word| word.bbox))?;
    let is_behind = |index: &usize| {
        let bbox = words[*index].bbox;
        let left = area.right().saturating_sub(bbox.height() / 2);
        let on_its_line = || share_line(&words[caption.end - 1], &words[*index]);
        let is_right_of = !caption.contains(index) && bbox.left() >= left;
        is_right_of && (on_one_line(area, bbox) || on_its_line())
    };
    let without_marks = |mut row: Vec<usize>| {
        row.sort_by_key(|&index| words[index].bbox.left());
        let marks = row.iter().take_while(|&&index| is_mark(&words[index].text)).count();
        row.drain(..marks);
        row
    };
    let behind: Vec<usize> = (0..words.len()).filter(is_behind).collect();
    // Lines that stand close reach into each other's height.
    let last = &words[caption.end - 1];
    let of_line = |index: &usize| {
        let word = &words[*index];
        (word.line, word.block) == (last.line, last.block)
    };
    let own = without_marks(behind.iter().copied().filter(of_line).collect());
    Some(if own.is_empty() { without_marks(behind) } else { own })
}

/// The value in the lines below a caption: the first, of names one of [`NAME_LINES`].
fn value_below(
    words: &[Word],
    caption: &Range<usize>,
    kind: ValueKind,
    context: &ValueContext,
) -> Option<Vec<usize>> {
    let mut above = PixelBox::union_of(words[caption.clone()].iter().map(|word| word.bbox))?;
    let (lines, far) = if kind == ValueKind::Text { (NAME_LINES, BELOW_PARTY) } else { (1, BELOW) };
    for _ in 0..lines {
        let line = line_below(words, above, far, |index| !caption.contains(index))?;
        let line = match kind {
            ValueKind::Text => from_its_first_word(words, above, line),
            _ => line,
        };
        above = PixelBox::union_of(line.iter().map(|&index| words[index].bbox))?;
        if let Some(value) = value_at(words, &line, kind, context) {
            return Some(value);
        }
    }
    None
}

/// A line with the words before it, where it then ends as the caption above does or stands in its middle.
fn from_its_first_word(words: &[Word], caption: PixelBox, line: Vec<usize>) -> Vec<usize> {
    /// In heights of the caption.
    const ALIGNED: u32 = 2;
    let Some(&last) = line.last() else { return line };
    let first = piece_of(words, line[0]).start;
    let [left, right] = [words[first].bbox.left(), words[last].bbox.right()];
    let near = |a: u32, b: u32| a.abs_diff(b) < ALIGNED * caption.height();
    let aligned = near(right, caption.right())
        || near((left + right) / 2, (caption.left() + caption.right()) / 2);
    if aligned { (first..line[0]).chain(line).collect() } else { line }
}

/// Whether a caption heads a column of its own: what stands behind it, if anything, is far away, and no
/// colon points there.
fn heads_column(words: &[Word], caption: &Range<usize>, behind: Option<&usize>) -> bool {
    /// In heights of the caption.
    const FAR: u32 = 4;
    let last = &words[caption.end - 1];
    let gap = |next: &usize| words[*next].bbox.left().saturating_sub(last.bbox.right());
    !last.text.ends_with(':') && behind.is_some_and(|next| gap(next) > FAR * last.bbox.height())
}

/// The words of the next line below that stand under an area, `far` of its heights at most, from left to
/// right.
pub fn line_below(
    words: &[Word],
    area: PixelBox,
    far: f32,
    wanted: impl Fn(&usize) -> bool,
) -> Option<Vec<usize>> {
    let reach = (area.height() as f32 * far) as u32;
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
pub fn is_mark(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits(text) == 0
        && (letters == 0 || (letters <= 3 && text.contains(['.', '°', 'º', '#', ':'])))
}

/// The value that begins with the first of the words in a row, in the fewest words that make sense;
/// of sums the first with cents.
pub fn value_at(
    words: &[Word],
    row: &[usize],
    kind: ValueKind,
    context: &ValueContext,
) -> Option<Vec<usize>> {
    let text = |index: usize| words[index].text.as_str();
    let is_date = |run: &[usize]| {
        let joined = run.iter().map(|&index| text(index)).collect::<Vec<_>>().join(" ");
        typed_value("date", &joined, context).is_some()
    };
    if kind == ValueKind::Amount {
        return first_sum(words, row, context);
    }
    if kind == ValueKind::Text {
        return name_at(words, row);
    }
    let run = close_together(words, row);
    let run = &run[..run.len().min(VALUE_WORDS)];
    let length = match kind {
        ValueKind::Date => (1..=run.len()).find(|&length| is_date(&run[..length])),
        ValueKind::Identifier => {
            let numbered = |index: usize| {
                let text = text(index);
                digits(text) > 0
                    && !is_written_date(text)
                    && !is_sum_in_figures(text)
                    && !has_money_sign(text)
            };
            match *run {
                [series, mark, number, ..] if is_joined([series, mark, number].map(text)) => {
                    Some(3)
                }
                [first, second, ..]
                    if numbered(first) && goes_on_with(text(first), text(second)) =>
                {
                    Some(2)
                }
                [first, ..] if numbered(first) => Some(words_of_groups(words, run)),
                // `FV 1/1/2030`: behind letters of a series it is a number.
                [first, second, ..] if is_series(text(first)) && digits(text(second)) > 0 => {
                    Some(2)
                }
                _ => None,
            }
        }
        _ => None,
    };
    length.map(|length| run[..length].to_vec())
}

/// `25 - 5469`, `A5 / 3127`: a series with its number.
pub(super) fn is_joined(parts: [&str; 3]) -> bool {
    const FEWEST_FIGURES: usize = 3;
    let [series, mark, number] = parts;
    is_series(series)
        && digits(series) > 0
        && series.chars().all(char::is_alphanumeric)
        && matches!(mark, "-" | "/")
        && number.len() >= FEWEST_FIGURES
        && is_figures(number)
        && !(number.len() == 4 && number.starts_with("20"))
}

/// `083 -72561`: figures that a dash parts from the rest.
fn goes_on_with(first: &str, second: &str) -> bool {
    const FEWEST_FIGURES: usize = 4;
    let rest = second.strip_prefix('-').unwrap_or_default();
    is_figures(first) && rest.len() >= FEWEST_FIGURES && is_figures(rest)
}

/// `FV`, `E`: a few letters, no word.
fn is_series(text: &str) -> bool {
    const LETTERS: usize = 4;
    text.chars().count() <= LETTERS && text.starts_with(|c: char| !c.is_lowercase())
}

/// How many words of a run are the groups of one number: `26 614 600 353`; 1 where the first is no group.
fn words_of_groups(words: &[Word], run: &[usize]) -> usize {
    const FIGURES: std::ops::RangeInclusive<usize> = 2..=4;
    /// Between groups, in heights.
    const CLOSE: f32 = 0.6;
    /// Two numbers beside each other are more often two.
    const FEWEST: usize = 3;
    let is_group = |index: &usize| {
        let text = words[*index].text.as_str();
        is_figures(text) && FIGURES.contains(&text.len())
    };
    let groups = run.iter().take_while(|index| is_group(index)).count();
    let close = |pair: &[usize]| is_within(CLOSE, words[pair[0]].bbox, words[pair[1]].bbox);
    let length = 1 + run.windows(2).take(groups.saturating_sub(1)).take_while(|p| close(p)).count();
    if length >= FEWEST { length } else { 1 }
}

/// The words at the head of a row up to its first wide gap.
pub fn close_together<'a>(words: &[Word], row: &'a [usize]) -> &'a [usize] {
    let close = row.windows(2).take_while(|w| goes_on(words[w[0]].bbox, words[w[1]].bbox)).count();
    &row[..row.len().min(close + 1)]
}

/// What forms write before a party's name, folded.
const NAME_KEYS: [&str; 17] = [
    "name", "nama", "nazwa", "nazev", "naziv", "nazov", "nom", "nome", "nombre", "naam", "navn",
    "namn", "nev", "nume", "nimi", "ad", "unvan",
];

/// The words of a name: those that stand close together, if there is no digit among them; without a
/// key before them (`Name: `).
fn name_at(words: &[Word], row: &[usize]) -> Option<Vec<usize>> {
    let is_name_key = |text: &str| NAME_KEYS.contains(&letters(text).as_str());
    let text = |index: usize| words[index].text.as_str();
    let row = match row {
        [key, rest @ ..] if is_name_key(text(*key)) && text(*key).ends_with(':') => rest,
        [key, colon, rest @ ..] if is_name_key(text(*key)) && text(*colon) == ":" => rest,
        _ => row,
    };
    // `162 - Acme SRL`: with the buyer's number before it.
    let row = match row {
        [code, dash, rest @ ..] if is_figures(text(*code)) && text(*dash) == "-" => rest,
        _ => row,
    };
    let run = up_to_number(words, close_together(words, row));
    let is_key = |last: &usize| is_key_of_value(words, *last);
    let is_name = !run.is_empty()
        && run.len() <= NAME_WORDS
        && text(run[0]).starts_with(char::is_alphanumeric)
        && !run.iter().any(|&index| {
            is_number(text(index)) || text(index).contains(':') || is_aside(text(index))
        })
        && !run.last().is_some_and(is_key)
        && caption_at(words, run[0]).is_none_or(|(length, _)| length < run.len());
    is_name.then(|| run.to_vec())
}

/// A run without what stands behind its first dash, if there is a number: `ANA LEMES - CPF 444.384.738-37`.
fn up_to_number<'a>(words: &[Word], run: &'a [usize]) -> &'a [usize] {
    let is_dash = |&index: &usize| matches!(words[index].text.as_str(), "-" | "–" | "—");
    match run.iter().position(is_dash) {
        Some(dash) if run[dash..].iter().any(|&index| is_number(&words[index].text)) => {
            &run[..dash]
        }
        _ => run,
    }
}

/// Whether the next word on a line is the mark behind a key or the end of one: `Nummer : 12345`, in widely spaced
/// print `Globale Nummer: 4000001123452`.
fn is_key_of_value(words: &[Word], last: usize) -> bool {
    /// In heights.
    const WIDE_SPACE: u32 = 2;
    let bbox = words[last].bbox;
    let behind = words
        .iter()
        .filter(|word| on_one_line(bbox, word.bbox) && word.bbox.left() >= bbox.right());
    behind.min_by_key(|word| word.bbox.left()).is_some_and(|next| {
        let near = next.bbox.left() - bbox.right() < WIDE_SPACE * bbox.height();
        next.text.starts_with(':') || (near && next.text.ends_with(':'))
    })
}

/// `(seller`: brackets within names hold names.
fn is_aside(text: &str) -> bool {
    text.strip_prefix('(').is_some_and(|inside| inside.starts_with(char::is_lowercase))
}

/// Whether a word has digits and no name has them (`3Qcode`, `7-Eleven`).
fn is_number(text: &str) -> bool {
    const LETTERS_OF_NAME: usize = 3;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits(text) > 0 && (letters < LETTERS_OF_NAME || digits(text) > 2)
}

/// `7,689.39`: figures with cents and nothing else.
pub(super) fn is_sum_in_figures(text: &str) -> bool {
    has_cents(text) && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
}

/// `12.50`, `1.234,56-`
pub fn has_cents(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let cents = number.rsplit(['.', ',']).next().unwrap_or(number);
    cents.len() == 2 && cents.len() < number.len() && cents.bytes().all(|b| b.is_ascii_digit())
}
