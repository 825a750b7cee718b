//! Sums of money and other numbers as people print them → digits with a decimal point.
//!
//! No floating point: the digits of the result are the digits that were read. Points and commas
//! mean grouping in one country and decimals in another; the number itself decides where it can
//! (two kinds of separator, groups that are no threes, two digits at the end), then the currency,
//! then what the rest of the document does.

use super::currency::{self, Mark};
use super::number::{Run, is_decimal_mark, is_separator, runs};
use super::surplus::is_figures;

/// A sum of money in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// `-?[0-9]+(\.[0-9]+)?`, without needless zeros in front; decimals as printed.
    pub amount: String,
    /// ISO 4217.
    pub currency: Option<String>,
}

/// What kind of number is looked for: it decides what three digits after one separator are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `1.234` is over a thousand.
    Money,
    /// `1.234` is little more than one, as on scales; `1,234` unless the document says otherwise
    /// over a thousand.
    Measure,
}

/// What the rest of the document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberContext<'a> {
    /// The currency that its sums are in.
    pub currency: Option<&'a str>,
    /// Its decimal separator.
    pub decimal: Option<char>,
    /// Whether `$` alone may be the US dollar.
    pub american: bool,
    /// The figure that the sign behind its sums was read as: `5,206` for `5,20€`.
    pub sign_read_as: Option<char>,
}

impl Default for NumberContext<'_> {
    fn default() -> Self {
        Self { currency: None, decimal: None, american: true, sign_read_as: None }
    }
}

/// The sum of money in a text. Of several numbers: the one beside a currency, else the last with
/// decimals, else the last.
pub fn parse_amount(text: &str, context: NumberContext<'_>) -> Option<Money> {
    let characters = with_points(text);
    let marks = currency::marks(&characters);
    let found = best_run(&characters, &marks)?;
    let code = nearest(&marks, &found);
    let code = code.and_then(|mark| mark.code(context.currency, context.american));
    let context = NumberContext { currency: code.or(context.currency), ..context };
    let digits = without_sign(&found.digits, context.sign_read_as);
    let amount = normalize(digits, Kind::Money, context)?;
    let sign =
        if found.negative && amount.contains(|c| ('1'..='9').contains(&c)) { "-" } else { "" };
    Some(Money {
        amount: format!("{sign}{amount}"),
        currency: context.currency.map(str::to_string),
    })
}

/// The characters of a text, cents behind `=` (`999=00`, as written in India) behind a point.
fn with_points(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().collect();
    let is_digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
    for at in 1..characters.len() {
        let cents = is_digit(characters.get(at + 1)) && is_digit(characters.get(at + 2));
        let ends = !is_digit(characters.get(at + 3));
        if characters[at] == '=' && is_digit(characters.get(at - 1)) && cents && ends {
            characters[at] = '.';
        }
    }
    characters
}

/// What stands before a last figure that is a sign of money ([`misread_sign`]).
fn without_sign(digits: &str, sign: Option<char>) -> &str {
    let sum = sign.filter(|_| ends_in_three(digits)).and_then(|sign| digits.strip_suffix(sign));
    sum.unwrap_or(digits)
}

/// Whether three figures follow a separator that stands nowhere before, and some stand before it.
fn ends_in_three(digits: &str) -> bool {
    let Some((before, after)) = digits.rsplit_once(is_decimal_mark) else { return false };
    let is_last_mark = |c: char| digits[before.len()..].starts_with(c);
    let is_part = |c: char| c.is_ascii_digit() || (is_decimal_mark(c) && !is_last_mark(c));
    let is_whole = before.starts_with(|c: char| c.is_ascii_digit()) && before.chars().all(is_part);
    is_whole && after.len() == 3 && is_figures(after)
}

/// The figure that the euro sign was read as in some places, where a page sets it right behind sums: some have it
/// behind two decimals, and others, two at least, have three decimals that end alike.
pub fn misread_sign(text: &str) -> Option<char> {
    let is_read = |word: &str| {
        let sum = word.strip_suffix('€').unwrap_or_default();
        let (whole, cents) = sum.split_once(is_decimal_mark).unwrap_or_default();
        !whole.is_empty() && is_figures(whole) && is_figures(cents) && cents.len() == 2
    };
    let odd: Vec<&str> = text.split_whitespace().filter(|word| ends_in_three(word)).collect();
    let figure = odd.first()?.chars().next_back()?;
    let alike = odd.len() > 1 && odd.iter().all(|word| word.ends_with(figure));
    (alike && text.split_whitespace().any(is_read)).then_some(figure)
}

/// The part of a text that is the sum itself, as printed: `TOTAL RM 23.60` → `23.60`.
pub fn printed_amount(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let run = best_run(&characters, &currency::marks(&characters))?;
    let printed: String = characters[run.start..run.end].iter().collect();
    Some(if run.negative { format!("-{printed}") } else { printed })
}

/// The first number of a text, such as a quantity: `2`, `1.5 kg`, `x 3`.
pub fn parse_quantity(text: &str, context: NumberContext<'_>) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let runs = runs(&characters, &currency::marks(&characters));
    let first = runs.into_iter().min_by_key(|run| run.start)?;
    let amount = normalize(&first.digits, Kind::Measure, context)?;
    Some(if first.negative { format!("-{amount}") } else { amount })
}

/// The decimal separator that a number proves, if it does.
pub fn decimal_evidence(text: &str) -> Option<char> {
    let characters: Vec<char> = text.chars().collect();
    let run = best_run(&characters, &currency::marks(&characters))?;
    // `25.12.18` proves nothing: it is no number.
    normalize(&run.digits, Kind::Money, NumberContext::default())?;
    let last = run.digits.rfind(['.', ','])?;
    let tail = run.digits.len() - last - 1;
    let first = run.digits.find(['.', ','])?;
    let separator = run.digits[last..].chars().next()?;
    // Three digits after the only separator prove nothing.
    let two_kinds = !run.digits[first..].starts_with(separator);
    (tail == 2 || two_kinds).then_some(separator)
}

fn best_run(text: &[char], marks: &[Mark]) -> Option<Run> {
    let score = |run: &Run| {
        let beside = marks.iter().any(|mark| distance(mark, run) <= 1);
        let last = run.digits.rfind(['.', ',']);
        let decimals = last.is_some_and(|at| run.digits.len() - at == 3);
        let separated = last.is_some();
        4 * i32::from(beside && !run.percent) + 2 * i32::from(decimals) + i32::from(separated)
            - 3 * i32::from(run.glued)
            - 6 * i32::from(run.percent)
    };
    // The last of equals.
    runs(text, marks).into_iter().max_by_key(|run| (score(run), run.start))
}

/// Characters between a mark and a number; large when something other than spaces or points is.
fn distance(mark: &Mark, run: &Run) -> usize {
    if mark.end <= run.start { run.start - mark.end } else { mark.start.saturating_sub(run.end) }
}

/// The mark that a number's currency is read from.
fn nearest<'a>(marks: &'a [Mark], run: &Run) -> Option<&'a Mark> {
    marks.iter().min_by_key(|mark| distance(mark, run))
}

/// Digits and separators → digits with a decimal point; `None` where the groups make no sense or
/// there are more digits than any sum has.
fn normalize(run: &str, kind: Kind, context: NumberContext<'_>) -> Option<String> {
    let separators: Vec<(usize, char)> =
        run.char_indices().filter(|(_, c)| is_separator(*c)).collect();
    let groups: Vec<&str> = run.split(is_separator).collect();
    let decimal = separators.last().and_then(|(at, mark)| {
        let last = LastSeparator {
            mark: *mark,
            repeated: separators.iter().filter(|(_, c)| c == mark).count() > 1,
            only_kind: separators.iter().all(|(_, c)| c == mark),
            before: groups[0],
            after: groups[groups.len() - 1].len(),
        };
        last.is_decimal(kind, context).then_some(*at)
    });
    let whole = &run[..decimal.unwrap_or(run.len())];
    let grouped: Vec<&str> = whole.split(is_separator).collect();
    if !grouping_is_sound(&grouped) {
        return None;
    }
    let whole: String = grouped.concat();
    let cents = decimal.map_or("", |at| run[at..].trim_start_matches(is_separator));
    let significant = whole.trim_start_matches('0');
    if significant.len() + cents.len() > MOST_DIGITS {
        return None;
    }
    let whole = if significant.is_empty() { "0" } else { significant };
    Some(if cents.is_empty() { whole.to_string() } else { format!("{whole}.{cents}") })
}

/// Longer runs of digits are card and account numbers.
const MOST_DIGITS: usize = 15;

/// The last separator of a number and what tells whether decimals follow it.
struct LastSeparator<'a> {
    mark: char,
    /// The same one stands earlier, too.
    repeated: bool,
    /// There is no other kind.
    only_kind: bool,
    /// Digits before the first separator.
    before: &'a str,
    /// Number of digits after the last.
    after: usize,
}

impl LastSeparator<'_> {
    fn is_decimal(&self, kind: Kind, context: NumberContext<'_>) -> bool {
        if !is_decimal_mark(self.mark) {
            return false;
        }
        match self.after {
            // 1.234.56: the first point was a comma. 1.234.567 has groups only.
            _ if self.repeated => self.after < 3,
            // 1,234.567
            3 if !self.only_kind => true,
            3 if kind == Kind::Money && context.currency.is_some_and(has_no_cents) => false,
            3 => {
                let no_group = matches!(self.before, "" | "0") || self.before.len() > 3;
                no_group || self.has_three_decimals(kind, context)
            }
            _ => true,
        }
    }

    /// What three digits after the only separator are.
    fn has_three_decimals(&self, kind: Kind, context: NumberContext<'_>) -> bool {
        match kind {
            Kind::Money => context.currency.is_some_and(|code| currency::decimals(code) == 3),
            Kind::Measure => context.decimal.unwrap_or('.') == self.mark,
        }
    }
}

fn has_no_cents(code: &str) -> bool {
    currency::decimals(code) == 0
}

/// Groups of three, or the Indian twos before a last three.
fn grouping_is_sound(groups: &[&str]) -> bool {
    match groups {
        [_] => true,
        [first, middle @ .., last] => {
            let twos = middle.iter().all(|g| g.len() == 2) && first.len() <= 2;
            let threes = middle.iter().all(|g| g.len() == 3) && first.len() <= 3;
            last.len() == 3 && !first.is_empty() && (twos || threes)
        }
        [] => false,
    }
}

#[cfg(test)]
#[path = "amount_tests.rs"]
mod tests;
