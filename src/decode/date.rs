//! Dates as people print them → ISO 8601.
//!
//! A date is looked for anywhere in the text: weekdays, times and captions around it do no harm.
//! Whether `03/04/2018` is March or April is not in the text; the caller says what it knows
//! ([`DateOrder`]), otherwise the day comes first, as in most of the world. Years of two digits lie
//! between 1950 and 2049. Characters read wrongly (`O` for 0, `l` for 1) are mended.

use super::lookalike::mend_numbers;
use super::months::{fold, month_of, month_of_lookalikes};
use chrono::{Datelike, NaiveDate};

/// Which part of a date in figures comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

/// The date in a text; `order` settles what the figures leave open.
pub fn parse_date(text: &str, order: Option<DateOrder>) -> Option<NaiveDate> {
    // Runs of digits and look-alikes with a digit among them are numbers, so these come first:
    // `Z5/12/2018` would else be the fifth.
    let digits = mend_numbers(text, "/-.");
    let found = find_date(&tokens(&digits), order);
    found
        .or_else(|| find_date(&tokens(&mend_months(&digits)), order))
        .or_else(|| find_date(&tokens(&mend_slashes(&digits)), order))
}

/// What the dates of a text say about the order of day and month, one entry per telling date.
pub fn order_evidence(text: &str) -> Vec<DateOrder> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut start = 0;
    while start + 3 <= tokens.len() {
        match figures_of(&tokens[start..start + 3]).filter(|figures| figures.alike()) {
            Some(figures) => {
                found.extend(figures.evidence());
                start += 3;
            }
            None => start += 1,
        }
    }
    found
}

/// A run of digits or letters with what stands before it.
#[derive(Debug, Clone, PartialEq)]
struct Token {
    /// Digits, or a folded word.
    text: String,
    numeric: bool,
    /// Between this token and the one before, without spaces; small words like `of` are left out.
    gap: String,
    /// Whether spaces or small words stand before it.
    spaced: bool,
    /// A colon follows at once: hours, unless it is a year.
    before_colon: bool,
}

/// Words that may stand inside a date.
const FILLERS: [&str; 30] = [
    "a", "d", "da", "dag", "day", "de", "del", "dell", "den", "der", "di", "do", "e", "er", "gada",
    "la", "le", "m", "nam", "nd", "ngay", "of", "rd", "st", "th", "thang", "the", "van", "o", "st",
];

fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens: Vec<Token> = Vec::new();
    let (mut gap, mut spaced) = (String::new(), false);
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        let numeric = characters[at].is_ascii_digit();
        let same = |c: &char| {
            if numeric { c.is_ascii_digit() } else { is_letter(*c) }
        };
        at += characters[at..].iter().take_while(|c| same(c)).count();
        if at == start {
            match characters[at] {
                c if c.is_whitespace() => spaced = true,
                '年' | '月' | '日' => gap.push('.'),
                c => gap.push(c),
            }
            at += 1;
            continue;
        }
        let run: String = characters[start..at].iter().collect();
        let run = if numeric { run } else { fold(&run) };
        if !numeric && FILLERS.contains(&run.as_str()) {
            spaced = true;
            continue;
        }
        let before_colon = characters.get(at) == Some(&':');
        tokens.push(Token { text: run, numeric, gap, spaced, before_colon });
        (gap, spaced) = (String::new(), false);
    }
    tokens
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, '年' | '月' | '日')
}

/// The first date with a year in full, or else the first one.
fn find_date(tokens: &[Token], order: Option<DateOrder>) -> Option<NaiveDate> {
    let mut short = None;
    for start in 0..tokens.len() {
        if let Some(date) = tokens.get(start..start + 3).and_then(|t| of_three(t, order)) {
            if tokens[start..start + 3].iter().any(|t| t.numeric && t.text.len() >= 4) {
                return Some(date);
            }
            short = short.or(Some(date));
        }
        if let Some(date) = compact(&tokens[start], tokens.len() == 1, order) {
            return Some(date);
        }
    }
    short
}

/// A date from three tokens in a row.
fn of_three(window: &[Token], order: Option<DateOrder>) -> Option<NaiveDate> {
    let [first, second, third] = window else { return None };
    if !joins(first, second) || !joins(second, third) {
        return None;
    }
    match (first.numeric, second.numeric, third.numeric) {
        (true, true, true) => figures_of(window)?.resolve(order),
        (true, false, true) => {
            let month = month_of(&second.text).or_else(|| roman(&second.text))?;
            match full_year(first) {
                Some(year) => date(year, month, number(third)?),
                None => date(year_of(third)?, month, number(first)?),
            }
        }
        (false, true, true) => date(year_of(third)?, month_of(&first.text)?, number(second)?),
        (true, true, false) => date(full_year(first)?, month_of(&third.text)?, number(second)?),
        _ => None,
    }
}

/// Whether two tokens can belong to one date, by what stands between them.
fn joins(left: &Token, right: &Token) -> bool {
    let glued = right.gap.is_empty() && !right.spaced;
    let allowed = |c: char| "/-.,'’`–—\\|_()".contains(c);
    right.gap.chars().count() <= 2
        && right.gap.chars().all(allowed)
        && !(glued && left.numeric == right.numeric)
}

/// Three numbers with separators.
#[derive(Debug, Clone, Copy)]
struct Figures<'a> {
    first: &'a Token,
    second: &'a Token,
    third: &'a Token,
}

/// Three numbers that look like a date: both separators alike, or a year in full among them.
fn figures_of(window: &[Token]) -> Option<Figures<'_>> {
    let [first, second, third] = window else { return None };
    if !window.iter().all(|t| t.numeric) || !joins(first, second) || !joins(second, third) {
        return None;
    }
    let figures = Figures { first, second, third };
    let full = full_year(first).is_some() || full_year(third).is_some();
    let short = |t: &Token| t.text.len() <= 2;
    let shape = match (full_year(first), full_year(third)) {
        (Some(_), _) => short(second) && short(third),
        (None, Some(_)) => short(first) && short(second),
        (None, None) => short(first) && short(second) && year_of(third).is_some(),
    };
    (shape && (full || figures.alike())).then_some(figures)
}

/// Years that a date is likely to be of.
const OURS: std::ops::Range<i32> = 2015..2031;

impl Figures<'_> {
    /// Whether both separators are the same mark.
    fn alike(self) -> bool {
        let separates = |c: char| "/-.–—\\|_".contains(c);
        self.second.gap == self.third.gap && self.second.gap.starts_with(separates)
    }

    fn resolve(self, order: Option<DateOrder>) -> Option<NaiveDate> {
        let b = number(self.second)?;
        if let Some(year) = full_year(self.first) {
            let c = number(self.third)?;
            return date(year, b, c).or_else(|| date(year, c, b));
        }
        let a = number(self.first)?;
        let year = year_of(self.third)?;
        let day_first = || date(year, b, a);
        let month_first = || date(year, a, b);
        let year_first = || date(two_digits(a), b, number(self.third)?);
        let dotted = self.second.gap == ".";
        match order {
            Some(DateOrder::YearMonthDay) if full_year(self.third).is_none() => {
                year_first().or_else(day_first).or_else(month_first)
            }
            // Dots are put between day and month where the day comes first.
            // Where the month comes first, the day hardly does: 23/07/12 is of 2023.
            Some(DateOrder::MonthDayYear) if !dotted => month_first()
                .or_else(|| self.of_our_time(day_first(), year_first(), OURS.start))
                .or_else(year_first),
            _ => {
                let plain = day_first().or_else(month_first);
                let plain = if order.is_none() {
                    self.of_our_time(plain, year_first(), 2010)
                } else {
                    plain
                };
                // 18-12-31 read from the left is nearer than the year 2031.
                let near = || year_first().filter(|d| (2000..2031).contains(&d.year()));
                match plain {
                    Some(day) if full_year(self.third).is_none() && day.year() > 2030 => {
                        near().or(plain)
                    }
                    Some(_) => plain,
                    None if full_year(self.third).is_none() => year_first(),
                    None => None,
                }
            }
        }
    }

    /// A date whose year is told by two figures behind day and month, or in front of them where that is likelier: on a
    /// paper that says nothing else, 25/11/03 is hardly of 2003, or of any year from 2000 to the one before `until`.
    fn of_our_time(
        self,
        plain: Option<NaiveDate>,
        year_first: Option<NaiveDate>,
        until: i32,
    ) -> Option<NaiveDate> {
        let old = plain.is_some_and(|day| (2000..until).contains(&day.year()));
        let ours = year_first.filter(|day| OURS.contains(&day.year()));
        if old && full_year(self.third).is_none() { ours.or(plain) } else { plain }
    }

    /// Whether it may be of a recent year as well as of a past one: 23/07/12.
    fn may_begin_with_year(self) -> bool {
        let year = number(self.first).map(two_digits);
        let ends_old = year_of(self.third).is_some_and(|year| (2000..OURS.start).contains(&year));
        let is_short = full_year(self.third).is_none() && self.second.gap == "/";
        is_short && ends_old && year.is_some_and(|year| OURS.contains(&year))
    }

    /// The order, where only one is possible.
    fn evidence(self) -> Option<DateOrder> {
        // A year in full in front says nothing of how this page writes the others.
        let (a, b) = (number(self.first)?, number(self.second)?);
        if a > 31 {
            return (b <= 12).then_some(DateOrder::YearMonthDay);
        }
        // A year of two digits could be a day, so it must rule that out itself.
        let year_last = full_year(self.third).is_some() || number(self.third)? > 31;
        let telling = year_last || "/.".contains(self.second.gap.as_str());
        match (a > 12, b > 12) {
            (true, false) if telling && a <= 31 && !self.may_begin_with_year() => {
                Some(DateOrder::DayMonthYear)
            }
            // Between dots the day comes first, or it is a time.
            (false, true) if telling && b <= 31 && self.second.gap != "." => {
                Some(DateOrder::MonthDayYear)
            }
            _ => None,
        }
    }
}

/// A date in one run of digits: `20181225`, `25122018`, alone also `251218`.
fn compact(token: &Token, alone: bool, order: Option<DateOrder>) -> Option<NaiveDate> {
    let text = token.text.as_str();
    if !token.numeric {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(|s| s.parse::<u32>().ok());
    let year = |from: usize| part(from, from + 4).and_then(plausible);
    let month_first = order == Some(DateOrder::MonthDayYear);
    match text.len() {
        8 => {
            let year_first = || date(year(0)?, part(4, 6)?, part(6, 8)?);
            let year_last = |day: usize, month: usize| {
                date(year(4)?, part(month, month + 2)?, part(day, day + 2)?)
            };
            let day_first = || year_last(0, 2);
            let monthly = || year_last(2, 0);
            let last = if month_first {
                monthly().or_else(day_first)
            } else {
                day_first().or_else(monthly)
            };
            year_first().or(last)
        }
        6 if alone => {
            let (a, b, c) = (part(0, 2)?, part(2, 4)?, part(4, 6)?);
            match order {
                Some(DateOrder::YearMonthDay) => date(two_digits(a), b, c),
                Some(DateOrder::MonthDayYear) => date(two_digits(c), a, b),
                _ => date(two_digits(c), b, a),
            }
        }
        _ => None,
    }
}

fn number(token: &Token) -> Option<u32> {
    if token.text.len() <= 2 { token.text.parse().ok() } else { None }
}

/// A year of four digits; hours glued on (`201810:30`) are cut off.
fn full_year(token: &Token) -> Option<i32> {
    let fits = token.text.len() == 4 || (token.before_colon && matches!(token.text.len(), 5 | 6));
    if !token.numeric || !fits {
        return None;
    }
    plausible(token.text[..4].parse().ok()?)
}

/// A year of four or two digits; `18` before a colon is an hour.
fn year_of(token: &Token) -> Option<i32> {
    full_year(token).or_else(|| match (token.text.len(), token.before_colon) {
        (2, false) | (3 | 4, true) => Some(two_digits(token.text[..2].parse().ok()?)),
        _ => None,
    })
}

fn plausible(year: u32) -> Option<i32> {
    (1900..2100).contains(&year).then(|| year.try_into().ok()).flatten()
}

fn two_digits(year: u32) -> i32 {
    let year = i32::try_from(year).unwrap_or(i32::MAX / 2);
    if year < 50 { 2000 + year } else { 1900 + year }
}

fn roman(word: &str) -> Option<u32> {
    const NUMERALS: [&str; 12] =
        ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    NUMERALS.iter().zip(1..).find(|(numeral, _)| **numeral == word).map(|(_, month)| month)
}

fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// Puts month names for words that are one when look-alike characters count as the same.
fn mend_months(text: &str) -> String {
    const SHORT: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mend = |piece: &str| {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let letters = word.chars().any(char::is_alphabetic);
        match month_of_lookalikes(&fold(word)).filter(|_| letters) {
            Some(month) => format!("{}{}", SHORT[month as usize - 1], &piece[word.len()..]),
            None => piece.to_string(),
        }
    };
    text.split_inclusive(|c: char| !c.is_alphanumeric()).map(mend).collect()
}

/// Puts slashes for the 7 or 1 that they were read for: `21710/2017`, `21/1072017`. Only where five
/// digits stand before a slash and a year, or seven behind one that are month and year.
fn mend_slashes(text: &str) -> String {
    let mend = |part: &str, middle: usize| -> Option<String> {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        let slash = matches!(part.as_bytes().get(middle), Some(b'7' | b'1'));
        (digits && slash).then(|| format!("{}/{}", &part[..middle], &part[middle + 1..]))
    };
    let pieces: Vec<&str> = text.split(' ').collect();
    let mended = pieces.iter().map(|piece| match piece.split_once('/') {
        Some((days, year)) if days.len() == 5 && !year.contains('/') => {
            mend(days, 2).map_or(piece.to_string(), |days| format!("{days}/{year}"))
        }
        Some((day, year)) if year.len() == 7 && day.len() <= 2 => {
            mend(year, 2).map_or(piece.to_string(), |year| format!("{day}/{year}"))
        }
        _ => piece.to_string(),
    });
    mended.collect::<Vec<_>>().join(" ")
}

/// `17/03/2026`, `5.3.2026`: a date in figures and nothing else.
pub fn is_written_date(text: &str) -> bool {
    let parts: Vec<&str> = text.trim_end_matches(['.', ',']).split(['/', '.']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let figures = parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
    figures && matches!(lengths[..], [1..=2, 1..=2, 4]) && parse_date(text, None).is_some()
}

#[cfg(test)]
#[path = "date_tests.rs"]
mod tests;
