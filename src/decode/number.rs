//! Finds the numbers of a text, with their separators, signs and look-alike characters.
//!
//! What the separators mean is settled in [`super::amount`]; here it is only decided which
//! characters belong to one number.

use super::currency::Mark;
use super::lookalike::digit_of;

/// A number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// In characters: first, and one past the last.
    pub start: usize,
    pub end: usize,
    /// Digits and separators, spaces included where they group; look-alikes mended.
    pub digits: String,
    pub negative: bool,
    /// A letter stands right beside it, as in `A4`.
    pub glued: bool,
    pub percent: bool,
}

/// All numbers of a text from left to right.
pub fn runs(text: &[char], marks: &[Mark]) -> Vec<Run> {
    // Marks are taken out, so that the `S` of `S$` is no 5.
    let mut characters: Vec<char> = text.to_vec();
    for mark in marks {
        characters[mark.start..mark.end].fill('¤');
    }
    mend(&mut characters);
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let point = is_bare_cents(&characters, at);
        if !characters[at].is_ascii_digit() && !point {
            at += 1;
            continue;
        }
        let run = run_at(&characters, at);
        at = run.end.max(at + 1);
        found.push(run);
    }
    found
}

/// `.50` with nothing before it; the point of `Rp.34.000` belongs to the currency.
fn is_bare_cents(text: &[char], at: usize) -> bool {
    let digits = text[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    let next = text.get(at + 1 + digits);
    is_decimal_mark(text[at])
        && digits == 2
        && !next.is_some_and(|c| is_decimal_mark(*c))
        && !at.checked_sub(1).is_some_and(|before| text[before].is_alphanumeric())
}

pub fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '’' | '`' | '´') || is_space(c)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// The number that starts at `start`.
fn run_at(text: &[char], start: usize) -> Run {
    let mut end = start;
    let mut digits = String::new();
    while end < text.len() {
        let c = text[end];
        if c.is_ascii_digit() || (end == start && is_separator(c)) {
            digits.push(c);
            end += 1;
        } else if let Some((separator, length)) = separator_at(text, start, end, &digits) {
            digits.push(separator);
            end += length;
        } else {
            break;
        }
    }
    let after = text.get(end).copied();
    let before = start.checked_sub(1).map(|at| text[at]);
    let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let percent = text[end..].iter().find(|c| !is_space(**c)) == Some(&'%');
    Run {
        start,
        end,
        digits,
        negative: is_negative(text, start, end),
        glued: letter(before)
            || (letter(after) && !letter(text.get(end + 1).copied()))
            || matches!(before, Some('#' | '/' | '-'))
                && start >= 2
                && text[start - 2].is_alphanumeric(),
        percent,
    }
}

/// The separator that goes on with a number here, as one character, and how many characters of the
/// text it takes. Points with a stray space beside them count; a space alone only before three
/// digits, or before two at the very end.
fn separator_at(text: &[char], start: usize, at: usize, so_far: &str) -> Option<(char, usize)> {
    let length = text[at..].iter().take_while(|c| is_separator(**c)).count();
    let marks: Vec<char> =
        text[at..at + length].iter().copied().filter(|c| !is_space(*c)).collect();
    let following = text[at + length..].iter().take_while(|c| c.is_ascii_digit()).count();
    if length == 0 || length > 3 || following == 0 {
        return None;
    }
    let spaces = length - marks.len();
    let next = text.get(at + length + following).copied();
    match marks.last() {
        // The last of doubled separators: `23.,60`.
        Some(mark) if spaces == 0 => {
            Some((if *mark == '.' || *mark == ',' { *mark } else { '\'' }, length))
        }
        // `23 .60`, `23. 60`, `23 . 60`: cut apart by recognition.
        Some(mark @ ('.' | ',')) if following == 2 && marks.len() == 1 => {
            let whole = !so_far.contains(['.', ','])
                || so_far.rfind(['.', ',']).is_some_and(|p| so_far.len() - p == 4);
            (whole && !next.is_some_and(is_decimal_mark)).then_some((*mark, length))
        }
        Some(_) => None,
        None => (spaces == 1 && is_group(text, start, at, so_far)).then_some((' ', 1)),
    }
}

/// Whether the space at `at` stands before the next three digits of one number.
fn is_group(text: &[char], start: usize, at: usize, so_far: &str) -> bool {
    let count = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let group = so_far.len() - so_far.rfind(is_separator).map_or(0, |p| p + 1);
    let sound = if so_far.contains(is_separator) { group == 3 } else { group <= 3 };
    // `PB1 144,695` is a name and a sum, `1 144,695` a count and a sum.
    let named = start.checked_sub(1).is_some_and(|before| text[before].is_alphabetic());
    let end = at + 1 + count(at + 1);
    let grouped_after = text.get(end).is_some_and(|c| is_decimal_mark(*c)) && count(end + 1) == 3;
    sound && end == at + 4 && !so_far.contains(['.', ',']) && !named && !grouped_after
}

pub fn is_decimal_mark(c: char) -> bool {
    matches!(c, '.' | ',')
}

/// Minus before or after the number or its currency, or parentheses.
fn is_negative(text: &[char], start: usize, end: usize) -> bool {
    let minus = |c: char| matches!(c, '-' | '−' | '–');
    let mut left = start;
    while left > 0
        && (text[left - 1] == '¤'
            || (is_space(text[left - 1]) && left > 1 && text[left - 2] == '¤'))
    {
        left -= 1;
    }
    let before = left.checked_sub(1).map(|at| text[at]);
    let front = match before {
        Some(c) if minus(c) => {
            // `A-5` is a name, `1-5` a range.
            left < 2 || !text[left - 2].is_alphanumeric()
        }
        // `- RM 5.00`: a minus that opens the text may stand apart.
        Some(c) if is_space(c) => left == 2 && minus(text[0]),
        _ => false,
    };
    let after = text.get(end).copied();
    let back = after.is_some_and(minus) && !text.get(end + 1).is_some_and(|c| c.is_alphanumeric());
    let opened = before == Some('(');
    let closed = text[end..].iter().find(|c| !is_space(**c) && **c != '¤') == Some(&')');
    front || back || (opened && closed)
}

/// Puts digits for look-alikes in pieces that are nothing but digits, look-alikes and separators,
/// with a digit or two places after a separator among them: `2O.5O`, `l,2OO.OO`, `O.OO`.
fn mend(text: &mut [char]) {
    let breaks = |c: char| {
        is_space(c) || matches!(c, '¤' | ':' | '(' | ')' | '-' | '−' | '–' | '=' | '*' | '+' | '/')
    };
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|c| !breaks(**c)).count();
        if length > 0 {
            mend_piece(&mut text[at..at + length]);
        }
        at += length.max(1);
    }
}

fn mend_piece(piece: &mut [char]) {
    let digits = piece.iter().filter(|c| c.is_ascii_digit()).count();
    let possible = piece.iter().all(|c| digit_of(*c).is_some() || is_separator(*c));
    let point = piece.iter().rposition(|c| is_decimal_mark(*c));
    let cents = point.is_some_and(|at| piece.len() - at == 3);
    // `9.SO` has cents, `.DO` ends one sentence and begins the next.
    let tail = &piece[piece.len().saturating_sub(2)..];
    let ends_sentence = cents && tail.iter().all(|c| c.is_alphabetic()) && tail.contains(&'D');
    if !possible || ends_sentence || (digits == 0 && !(cents && piece.len() > 3)) {
        return;
    }
    // A letter after the cents is a tax code: `23.60S`.
    let coded =
        point.is_some_and(|at| piece.len() - at == 4) && piece[piece.len() - 1].is_alphabetic();
    // `S8.20` is `$8.20` misread.
    let dollar = piece[0] == 'S' && cents && piece[1].is_ascii_digit();
    let range = usize::from(dollar)..piece.len() - usize::from(coded);
    for c in &mut piece[range] {
        if let Some(digit) = digit_of(*c) {
            *c = digit;
        }
    }
    if dollar {
        piece[0] = ' ';
    }
}
