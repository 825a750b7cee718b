//! Which caption stands among the words of a page, or in one word with its value.

use super::caption_value::is_joined;
use super::date::parse_date;
use super::field_names::{
    Announced, OF_NUMBER, caption_of, column_head, is_number_mark, is_numbered, letters,
};
use super::neighbours::{goes_on, is_within};
use super::surplus::{digits, is_figures};
use super::value::ValueKind;
use crate::document::Word;

/// Words of a caption at most.
const LONGEST: usize = 9;

/// Compounds are captions as their last part is: `Baurechnung Nr.`, `Verkoopfactuur nr.`
const STEMS: [&str; 3] = ["rechnung", "factuur", "faktura"];

/// The longest caption that begins with a word, and how many words it has; of a word in two languages
/// (`Sorszám/Invoice No.`) also one that begins with the second.
pub(super) fn caption_at(words: &[Word], start: usize) -> Option<(usize, Announced)> {
    let first = words[start].text.as_str();
    let in_second = || {
        let (_, second) = first.rsplit_once('/')?;
        caption_from(words, start, second)
    };
    caption_from(words, start, first).or_else(in_second)
}

/// As [`caption_at`], of a caption whose first word is `first`.
fn caption_from(words: &[Word], start: usize, first: &str) -> Option<(usize, Announced)> {
    /// Between words of a caption, in heights: fixed print is wide.
    const WITHIN: f32 = 1.3;
    /// Forms in fixed print set `INVOICE   NO.` under `INVOICE DATE`.
    const TO_MARK: f32 = 3.0;
    /// Names of numbers that are other words within a sentence: `Tomo 29010, folio 106`.
    const WITHIN_SENTENCES: [&str; 1] = ["folio"];
    let begins = start == 0 || !goes_on(words[start - 1].bbox, words[start].bbox);
    if !begins && WITHIN_SENTENCES.contains(&letters(first).as_str()) {
        return None;
    }
    // `Change Due`, but `Acme - due 2026-09-01`.
    let follows_word = || words[start - 1].text.chars().any(char::is_alphabetic);
    if !begins && letters(first) == "due" && follows_word() {
        return None;
    }
    let mut key = String::new();
    let mut longest = None;
    for length in 1..=LONGEST.min(words.len() - start) {
        let at = start + length - 1;
        let text = without_code(if length == 1 { first } else { &words[at].text });
        let goes_on = || {
            let far = if is_number_mark(text) { TO_MARK } else { WITHIN };
            is_within(far, words[at - 1].bbox, words[at].bbox)
        };
        let apart = length > 1 && !goes_on();
        let mended = without_figure(text);
        if apart || (digits(text) > 0 && mended.is_none()) {
            let titled = is_numbered(&key).then_some(OF_NUMBER);
            let known = match glued_mark(text).filter(|_| !apart) {
                Some(mark) => caption_of(&(key + &letters(mark))).or(titled),
                None => titled.filter(|_| is_numbered_title(words, start, at)),
            };
            // `INVOICE F 247120`
            if !apart && length > 2 && is_numbered_in_series(words, start, at - 1) {
                longest = Some((length - 2, OF_NUMBER));
            }
            if let (Some(announced), true) = (known, length > 1) {
                longest = Some((length - 1, announced));
            }
            break;
        }
        let of_title = is_number_mark(text) && is_numbered(&key);
        // `TC# 4087 9810 5264 1299 8441`: the sign is read as a letter, too, and `TC` alone is a card's.
        let part = if text == "TC#" {
            "tch".to_string()
        } else {
            letters(mended.as_deref().unwrap_or(text))
        };
        let stem = STEMS.iter().find(|stem| length == 1 && part.ends_with(**stem));
        key.push_str(stem.unwrap_or(&part.as_str()));
        if let Some(announced) = caption_of(&key) {
            longest = Some((length, announced));
        } else if of_title || (text.ends_with(['#', ':']) && is_numbered(&key)) {
            longest = Some((length, OF_NUMBER));
        }
    }
    longest
}

/// A long word whose only figure was a letter: `Fizetend6:`.
fn without_figure(text: &str) -> Option<String> {
    const FEWEST_LETTERS: usize = 5;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if digits(text) != 1 || letters < FEWEST_LETTERS {
        return None;
    }
    let letter = |c: char| match c {
        '0' | '6' => 'o',
        '1' => 'i',
        '5' => 's',
        '8' => 'b',
        c => c,
    };
    Some(text.chars().map(letter).collect()).filter(|mended: &String| digits(mended) == 0)
}

/// A caption's word without the code in brackets: `HANDELSRECHNUNG(380)`, `(204)`.
fn without_code(text: &str) -> &str {
    let code = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match code {
        Some((before, code)) if is_figures(code) => before,
        _ => text,
    }
}

/// Whether a title stands alone in front of its number: `INVOICE 1971`, `Rechnung 11`, but not `Invoice 2024`.
fn is_numbered_title(words: &[Word], start: usize, number: usize) -> bool {
    let Some(word) = words.get(number) else { return false };
    let goes_on_from = |left: &Word, right: &Word| goes_on(left.bbox, right.bbox);
    let is_year = word.text.len() == 4 && word.text.starts_with("20");
    let before = start.checked_sub(1).map(|before| &words[before]);
    let is_series = words
        .get(number..number + 3)
        .is_some_and(|parts| is_joined([0, 1, 2].map(|part| parts[part].text.as_str())));
    let last = if is_series { number + 2 } else { number };
    goes_on_from(&words[number - 1], word)
        && digits(&word.text) > 0
        && word.text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.text.chars().all(|c| c.is_ascii_alphanumeric() || "-/".contains(c))
        && !is_year
        && parse_date(&word.text, None).is_none()
        // A value of another caption may stand before it.
        && !before.is_some_and(|b| digits(&b.text) == 0 && goes_on_from(b, &words[start]))
        && !words.get(last + 1).is_some_and(|next| goes_on_from(&words[last], next))
}

/// Whether a title stands alone in front of the letter of a series and its number.
fn is_numbered_in_series(words: &[Word], start: usize, series: usize) -> bool {
    const FEWEST_FIGURES: usize = 4;
    let title: String = words[start..series].iter().map(|word| letters(&word.text)).collect();
    let (letter, number) = (&words[series].text, &words[series + 1].text);
    letter.len() == 1
        && letter.starts_with(|c: char| c.is_ascii_uppercase())
        && number.len() >= FEWEST_FIGURES
        && is_figures(number)
        && is_numbered(&title)
        && start.checked_sub(1).is_none_or(|b| !goes_on(words[b].bbox, words[start].bbox))
        && words.get(series + 2).is_none_or(|n| !goes_on(words[series + 1].bbox, n.bbox))
}

/// What a caption that its value is glued to announces: `Kvittering:878786`; where it begins a piece of line, also a
/// short one of dates: `Date:27.12.2025`.
pub(super) fn caption_in(text: &str, begins: bool) -> Option<Announced> {
    let mark = letters(glued_mark(text).filter(|mark| mark.ends_with([':', '#']))?);
    let of_date =
        || column_head(&mark).filter(|announced| begins && announced.kind == ValueKind::Date);
    let of_title = || is_numbered(&mark).then_some(OF_NUMBER);
    caption_of(&mark).or_else(of_date).or_else(of_title)
}

/// The mark that a number is glued to, with what is before it: `n°562044387`, `Nr.4711`, `č.FV5040011231`,
/// `number:42`.
fn glued_mark(text: &str) -> Option<&str> {
    const MARKS: [char; 5] = ['°', 'º', '.', ':', '#'];
    /// Behind more letters only a colon or `#` is a mark.
    const SHORT: usize = 3;
    let (before, _) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    let (end, mark) = before.char_indices().rev().find(|(_, c)| MARKS.contains(c))?;
    let letters = before[..end].chars().filter(|c| c.is_alphabetic()).count();
    (letters <= SHORT || matches!(mark, ':' | '#')).then_some(&text[..end + mark.len_utf8()])
}
