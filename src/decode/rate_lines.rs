//! Lines of rates: what a till prints for each rate of a tax, in columns (`24,00 16,30 3,91 20,21`), behind the rate alone
//! (`MwSt 20% 0,90`), or below its base.

use super::ValueContext;
use super::caption_value::has_cents;
use super::field_names::letters;
use super::neighbours::share_line;
use super::sums::units_of;
use super::surplus::is_figures;
use crate::document::Word;
use std::ops::RangeInclusive;

/// Rates of taxes, in percent.
const RATES: RangeInclusive<f64> = 1.5..=28.0;
/// Lines of rates that make a total.
const LINES: RangeInclusive<usize> = 2..=4;
/// In thousandths: what rounding leaves in a line whose base is printed.
pub const CLOSE: f64 = 15.0;

/// The tax of one rate.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    pub line: usize,
    pub rate: f64,
    /// The word of the tax.
    pub word: usize,
    /// In thousandths.
    pub tax: i128,
    /// With its base, in thousandths, and by how much that may be wrong.
    pub gross: f64,
    pub tolerance: f64,
}

/// The lines of a page that have sums with cents, each from left to right.
pub fn lines_of_sums(words: &[Word]) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::new();
    for word in (0..words.len()).filter(|&word| is_sum(&words[word].text)) {
        if !lines.iter().any(|line| line.contains(&word)) {
            let beside = |&other: &usize| share_line(&words[word], &words[other]);
            let mut line: Vec<usize> = (0..words.len()).filter(beside).collect();
            line.sort_by_key(|&word| words[word].bbox.left());
            lines.push(line);
        }
    }
    lines
}

/// What a line may say of a rate: a tax with its base, or, behind the rate alone, a tax.
pub fn shares_of_line(
    words: &[Word],
    lines: &[Vec<usize>],
    number: usize,
    context: &ValueContext,
) -> Vec<Share> {
    let line = &lines[number];
    let mut rates: Vec<(usize, f64)> = line
        .iter()
        .enumerate()
        .filter_map(|(at, &word)| {
            let next = line.get(at + 1).map_or("", |&next| words[next].text.as_str());
            Some((word, rate_in(&words[word].text, next)?))
        })
        .collect();
    let is_told = !rates.is_empty();
    if !is_told {
        rates =
            line.iter().filter_map(|&word| Some((word, bare_rate(&words[word].text)?))).collect();
    }
    let sums_of = |line: &[usize], of_rate: usize| -> Vec<(usize, i128)> {
        line.iter()
            .filter(|&&word| word != of_rate && is_sum(&words[word].text))
            .filter_map(|&word| Some((word, units_of(words, &[word], context)?)))
            .filter(|(_, units)| *units > 0)
            .collect()
    };
    let mut found = Vec::new();
    for (of_rate, rate) in rates {
        let sums = sums_of(line, of_rate);
        let share = |word: usize, tax: i128, gross: f64, tolerance: f64| Share {
            line: number,
            rate,
            word,
            tax,
            gross,
            tolerance,
        };
        let before = found.len();
        let mut take = |bases: &[(usize, i128)]| {
            for &(word, tax) in &sums {
                for &(_, base) in bases.iter().filter(|(_, base)| *base > tax) {
                    let is_tax = |expected: f64| (expected - tax as f64).abs() <= CLOSE;
                    if is_tax(base as f64 * rate / 100.0) {
                        found.push(share(word, tax, (base + tax) as f64, CLOSE));
                    } else if is_tax(base as f64 * rate / (100.0 + rate)) {
                        found.push(share(word, tax, base as f64, CLOSE));
                    }
                }
            }
        };
        take(&sums);
        if let (true, [(word, tax)]) = (is_told, &sums[..]) {
            if let Some(above) = line_above(words, lines, of_rate) {
                take(&sums_of(above, of_rate));
            }
            if found.len() == before {
                let whole = (100.0 + rate) / rate;
                found.push(share(*word, *tax, *tax as f64 * whole, 6.0 * whole));
            }
        }
    }
    found
}

/// The line of sums right above a word: `NETTO 26,18` above `MwSt. 10% 2,62`.
fn line_above<'a>(words: &[Word], lines: &'a [Vec<usize>], word: usize) -> Option<&'a [usize]> {
    let own = words[word].bbox;
    let is_above = |line: &&Vec<usize>| {
        let bbox = words[line[0]].bbox;
        bbox.bottom() < own.bottom()
            && own.top() < bbox.bottom() + own.height()
            && !line.contains(&word)
    };
    let nearest = lines.iter().filter(is_above).max_by_key(|line| words[line[0]].bbox.bottom());
    nearest.map(Vec::as_slice)
}

/// Shares of different lines and rates that make the whole total, with what was chosen before.
pub fn covering(shares: &[Share], gross: f64, chosen: &[Share]) -> Option<Vec<Share>> {
    let rest = gross - chosen.iter().map(|share| share.gross).sum::<f64>();
    let tolerance: f64 = chosen.iter().map(|share| share.tolerance).sum();
    if LINES.contains(&chosen.len()) && rest.abs() <= tolerance {
        return Some(chosen.to_vec());
    }
    if chosen.len() == *LINES.end() || rest < 0.0 {
        return None;
    }
    let is_other = |share: &&Share| {
        chosen.last().is_none_or(|last| share.line > last.line)
            && chosen.iter().all(|one| one.rate != share.rate)
    };
    shares.iter().filter(is_other).find_map(|share| {
        let more = [chosen, &[*share]].concat();
        covering(shares, gross, &more)
    })
}

/// The two halves of an Indian tax, which are the same sum.
pub fn halves(words: &[Word], lines: &[Vec<usize>], context: &ValueContext) -> Option<Vec<Share>> {
    let half = |name: &str| {
        lines.iter().enumerate().find_map(|(line, of_line)| {
            let named =
                of_line.iter().position(|&word| letters(&words[word].text).starts_with(name))?;
            let sums = of_line[named + 1..].iter().rev();
            let word = *sums.clone().find(|&&word| is_sum(&words[word].text))?;
            let tax = units_of(words, &[word], context).filter(|tax| *tax > 0)?;
            Some(Share { line, rate: 0.0, word, tax, gross: 0.0, tolerance: 0.0 })
        })
    };
    let (central, state) = (half("cgst")?, half("sgst")?);
    (central.tax == state.tax && central.line != state.line).then(|| vec![central, state])
}

/// A rate as it is told: `19%`, `(10%)`, `20,00` before `%`.
fn rate_in(text: &str, next: &str) -> Option<f64> {
    let number = match text.split_once('%') {
        Some((number, _)) => number,
        None => Some(text).filter(|_| next.starts_with('%'))?,
    };
    let number = number.trim_start_matches(|c: char| !c.is_ascii_digit());
    let rate: f64 = number.replace(',', ".").parse().ok()?;
    RATES.contains(&rate).then_some(rate)
}

/// A number in a column of rates: `24,00`, `7`.
fn bare_rate(text: &str) -> Option<f64> {
    let whole = text.strip_suffix(",00").or(text.strip_suffix(".00")).unwrap_or(text);
    let rate: f64 = Some(whole).filter(|whole| is_figures(whole))?.parse().ok()?;
    RATES.contains(&rate).then_some(rate)
}

/// `12,50`, `12,50€`, `9.80A`
pub fn is_sum(text: &str) -> bool {
    has_cents(text.trim_end_matches(|c: char| !c.is_ascii_digit()))
}
