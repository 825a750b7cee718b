//! The sums of money on a page, each with what the model gives it as subtotal, tax and total.

use super::ValueContext;
use super::amount::parse_amount;
use super::caption_value::has_cents;
use super::neighbours::on_one_line;
use super::page::HeadPrediction;
use super::sequence::Evidence;
use super::surplus::is_figures;
use super::value::typed_value;
use crate::document::{Value, Word};

/// Sums looked at on a page at most, the last ones: an invoice ends with its totals.
const MOST: usize = 120;
/// Smaller numbers without cents count things; in thousandths.
const LEAST_WITHOUT_CENTS: i128 = 1_000_000;

/// Labels of the three.
pub const ROLES: [&str; 3] = ["subtotal", "tax", "total"];

/// A sum on the page.
pub struct Sum {
    /// One word, or those that spaces between thousands make of it.
    pub words: Vec<usize>,
    /// In thousandths; on a page of what is given back without their minus.
    pub units: i128,
    /// What the model gives it for each of [`ROLES`].
    pub odds: [f32; 3],
}

/// The last sums of a page, from its end; none if the head lacks one of [`ROLES`].
pub fn sums_of(head: &HeadPrediction, words: &[Word], context: &ValueContext) -> Vec<Sum> {
    let [Some(subtotal), Some(tax), Some(total)] = ROLES.map(|role| head.labels.entity_index(role))
    else {
        return Vec::new();
    };
    let labels = [subtotal, tax, total];
    let credits = is_credit(words);
    let mut found = Vec::new();
    let mut end = words.len().min(head.probabilities.len());
    while end > 0 && found.len() < MOST {
        let start = start_of_number(words, end - 1);
        let all = start..end;
        end = start;
        let text: String = words[all.clone()].iter().map(|word| word.text.as_str()).collect();
        let Some(money) = parse_amount(&text, context.numbers()) else { continue };
        let units = thousandths(&money.amount).map(|units| if credits { -units } else { units });
        let Some(units) = units.filter(|units| *units > 0) else { continue };
        let bare = !money.amount.contains('.') && units < LEAST_WITHOUT_CENTS;
        if bare || text.contains('%') {
            continue;
        }
        let rows = || head.probabilities[all.clone()].iter();
        let odds = labels.map(|label| {
            let given = rows().map(|row| Evidence::new(row, &head.labels).of(label));
            given.sum::<f32>() / all.len() as f32
        });
        found.push(Sum { words: all.collect(), units, odds });
    }
    found
}

/// Whether most sums of a page have a minus, as on credit notes.
fn is_credit(words: &[Word]) -> bool {
    let sums = words.iter().map(|word| word.text.as_str()).filter(|text| has_cents(text));
    let (given, asked): (Vec<&str>, Vec<&str>) =
        sums.partition(|text| text.starts_with(['-', '−']));
    given.len() > asked.len()
}

/// The sums with cents; all where none has any.
pub fn with_cents<'a>(words: &[Word], sums: &'a [Sum]) -> Vec<&'a Sum> {
    let cents = |sum: &&Sum| sum.words.iter().any(|&word| has_cents(&words[word].text));
    let none = !sums.iter().any(|sum| cents(&sum));
    sums.iter().filter(|sum| none || cents(sum)).collect()
}

/// How often a sum is printed.
pub fn times(sums: &[&Sum], sum: &Sum) -> usize {
    sums.iter().filter(|other| other.units == sum.units).count()
}

/// The greatest sum, but for those that a star before another one made: tills print `*8.00`, and `18.00` is read.
pub fn greatest<'a>(sums: &[&'a Sum]) -> Option<&'a Sum> {
    let has_star = |sum: &Sum| sums.iter().any(|other| is_starred(sum.units, other.units));
    sums.iter().filter(|sum| !has_star(sum)).max_by_key(|sum| sum.units).copied()
}

/// Whether a sum is another one with a figure before it; `0.35` would be `10.35`.
pub fn is_starred(sum: i128, other: i128) -> bool {
    /// In thousandths.
    const LEAST: i128 = 1000;
    let mut place = 1;
    while place <= other {
        place *= 10;
    }
    other >= LEAST && sum > other && (sum - other) % place == 0 && (sum - other) / place < 10
}

/// The first word of the number that ends with a word: `2 305,00` are two, close together.
fn start_of_number(words: &[Word], end: usize) -> usize {
    let mut start = end;
    while let Some(before) = start.checked_sub(1) {
        if !goes_on_in_thousands(&words[before], &words[start]) {
            break;
        }
        start = before;
        if !is_figures(&words[before].text) {
            break;
        }
    }
    start
}

/// How many words of a row the number has that its first word begins.
pub fn words_of_number(words: &[Word], row: &[usize]) -> usize {
    let joins = |pair: &[usize]| {
        let (head, tail) = (&words[pair[0]], &words[pair[1]]);
        goes_on_in_thousands(head, tail)
    };
    let first = row.len().min(1);
    let others = row
        .windows(2)
        .enumerate()
        .take_while(|(at, pair)| joins(pair) && (*at == 0 || is_figures(&words[pair[0]].text)));
    first + others.count()
}

/// Whether a word is the next three figures of the number that ends with another, a little space between them.
fn goes_on_in_thousands(head: &Word, tail: &Word) -> bool {
    /// Between thousands, in heights.
    const CLOSE: f32 = 0.6;
    let figures = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    // `EUR` or a sign may be glued to the first figures.
    let last = head.text.chars().rev().take_while(char::is_ascii_digit).count();
    let gap = tail.bbox.left() as f32 - head.bbox.right() as f32;
    let close = gap < CLOSE * head.bbox.height().max(tail.bbox.height()) as f32;
    figures(&tail.text) == 3
        && (1..=3).contains(&last)
        && close
        && on_one_line(head.bbox, tail.bbox)
}

/// An amount in thousandths, so that sums are compared without rounding; `None` with more decimals.
pub fn thousandths(amount: &str) -> Option<i128> {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, ""));
    if cents.len() > 3 {
        return None;
    }
    format!("{whole}{cents:0<3}").parse().ok()
}

/// Thousandths as sums are printed: with cents, or with three decimals where they are needed.
pub fn decimal(thousandths: i128) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, rest) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    if rest % 10 == 0 {
        format!("{sign}{whole}.{:02}", rest / 10)
    } else {
        format!("{sign}{whole}.{rest:03}")
    }
}

/// Every sum of a list, and every two together: a tax may be told in two shares.
pub fn one_or_two(units: &[i128]) -> impl Iterator<Item = i128> + '_ {
    let two = units
        .iter()
        .enumerate()
        .flat_map(|(nth, one)| units[nth + 1..].iter().map(move |other| one + other));
    units.iter().copied().chain(two)
}

/// As [`thousandths`], of a typed value.
pub fn amount_units(value: Option<&Value>) -> Option<i128> {
    match value {
        Some(Value::Amount { amount, .. }) => thousandths(amount),
        _ => None,
    }
}

/// The sum that words make, in thousandths.
pub fn units_of(words: &[Word], sum: &[usize], context: &ValueContext) -> Option<i128> {
    let joined: String = sum.iter().map(|&index| words[index].text.as_str()).collect();
    amount_units(typed_value(ROLES[2], &joined, context).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    #[test]
    fn amounts_are_compared_in_thousandths() {
        assert_eq!(thousandths("12.5"), Some(12_500));
        assert_eq!(thousandths("-7"), Some(-7_000));
        assert_eq!(thousandths("0.0375"), None);
    }

    #[test]
    fn sums_are_printed_with_cents_or_thousandths() {
        assert_eq!(
            [12_500, -7_000, 926_401, 0].map(decimal),
            ["12.50", "-7.00", "926.401", "0.00"]
        );
    }

    #[test]
    fn thousands_with_little_space_between_are_one_number() {
        let word = |(text, left): (&str, i64)| Word {
            text: text.into(),
            bbox: PixelBox::new(left, 0, left + 8, 15),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        let row = [("2", 0), ("305,00", 12), ("461,00", 200), ("2", 400), ("766,00", 412)];
        let words: Vec<Word> = row.into_iter().map(word).collect();
        assert_eq!([1, 2, 4].map(|end| start_of_number(&words, end)), [0, 2, 3]);
        let lengths = [0, 2, 3]
            .map(|start| words_of_number(&words, &(start..words.len()).collect::<Vec<_>>()));
        assert_eq!((lengths, words_of_number(&words, &[])), ([2, 1, 2], 0));
    }
}
