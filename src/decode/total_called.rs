//! The total that a caption names where the model takes another sum for it: a coupon's worth, an item's price.
//!
//! Captions of totals stand before the sum without tax and the number of things as well, and the model knows these
//! apart better than any rule. But a sum that no caption names and that is less than one that is called the total is
//! not it.

use super::field_names::letters;
use super::neighbours::share_line;
use super::paid::is_paid;
use super::sums::{Sum, greatest, is_starred, times, with_cents};
use super::surplus::is_figures;
use crate::document::Word;
use crate::lexicon::{Language, Term, lexicon_of};
use std::collections::HashSet;
use std::sync::LazyLock;

/// A sum is taken for the total where the model gives it this much.
const TAKEN: f32 = 0.3;

/// Of the sum that is called the total so much at most: what was rounded, or paid in part, is near it.
const LESS: f64 = 0.4;

/// A whole one, in thousandths.
const UNIT: i128 = 1000;

/// What is left to pay, by its letters: the total of a till that knows no other word (`**** BALANCE 35.01`).
static BALANCES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let names = Language::ALL.iter().flat_map(|language| lexicon_of(*language).all(Term::Balance));
    // `Previous balance` is none.
    names.filter(|name| !name.contains(' ')).map(|name| letters(name)).collect()
});

/// What a page's captions of totals say against what the model takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Called {
    /// The words of the sum that is called the total.
    pub total: Vec<usize>,
    /// Whether the model takes none that is called so.
    pub is_news: bool,
    /// The words of sums without captions, or with a star read as a figure, that the model takes.
    pub others: Vec<usize>,
}

/// The sum that is called the total, if the model takes lesser ones that are not, or ones with a star read as a figure. `called` are the words of sums with
/// captions of totals. Of those the model takes, or else of all, the one that is printed most often counts, the last
/// of equals.
pub fn total_called(words: &[Word], sums: &[Sum], called: &[Vec<usize>]) -> Option<Called> {
    let all: Vec<&Sum> = sums.iter().collect();
    let is_called = |sum: &Sum| called.iter().any(|named| named.contains(&sum.words[0]));
    let mut named: Vec<&Sum> = sums.iter().filter(|sum| is_called(sum)).collect();
    if named.is_empty() {
        named = sums.iter().filter(|sum| is_balance(words, sum)).collect();
    }
    if named.is_empty() {
        // As the total whose caption was not read, and as what was paid.
        let sums = with_cents(words, sums);
        named = greatest(&sums).filter(|sum| times(&sums, sum) > 1).into_iter().collect();
    }
    let is_taken = |sum: &Sum| sum.odds[2] >= TAKEN;
    let is_news = !named.iter().any(|sum| is_taken(sum));
    // From the page's end, so the first of equals is the last printed.
    let likely = named.iter().rev().filter(|sum| is_news || is_taken(sum));
    let total = likely.max_by_key(|sum| times(&all, sum))?;
    let without_caption = |sum: &&Sum| !named.iter().any(|one| one.units == sum.units);
    let taken: Vec<&Sum> =
        sums.iter().filter(|sum| is_taken(sum)).filter(without_caption).collect();
    let is_cut = |sum: &Sum| with_one_decimal(words, sum) && !with_one_decimal(words, total);
    let is_less = |sum: &&&Sum| {
        (sum.units as f64) < LESS * total.units as f64
            || (sum.units < total.units && is_cut(sum))
            || sums.iter().any(|other| is_starred(sum.units, other.units))
    };
    let lesser: Vec<usize> =
        taken.iter().filter(is_less).flat_map(|sum| sum.words.iter().copied()).collect();
    let all_less = taken.iter().all(|sum| is_less(&sum));
    (!lesser.is_empty() && all_less).then(|| Called {
        total: total.words.clone(),
        is_news,
        others: lesser,
    })
}

/// What was paid, where the model takes it with the star before it read as a figure for the total (`*30.00` is read
/// `130.00`), or without its cents (`100.`).
pub fn total_without_star(words: &[Word], sums: &[Sum]) -> Option<Called> {
    let taken = sums.iter().filter(|sum| sum.odds[2] >= TAKEN);
    let paid: Vec<&Sum> = sums.iter().filter(|sum| is_paid(words, sum)).collect();
    let mut pairs = taken.flat_map(|sum| paid.iter().map(move |paid| (sum, *paid)));
    let is_paid_whole = |(sum, paid): &(&Sum, &Sum)| {
        let lost_cents = sum.units < paid.units && sum.units == paid.units / UNIT * UNIT;
        lost_cents || is_starred(sum.units, paid.units)
    };
    let (starred, paid) = pairs.find(is_paid_whole)?;
    let alike = sums.iter().filter(|sum| sum.units == starred.units);
    let others = alike.flat_map(|sum| sum.words.iter().copied()).collect();
    Some(Called { total: paid.words.clone(), is_news: true, others })
}

/// `143,7`: the edge of a picture cut its cents.
fn with_one_decimal(words: &[Word], sum: &Sum) -> bool {
    let text = sum.words.last().map_or("", |&word| words[word].text.as_str());
    let decimals = text.rsplit_once([',', '.']).map(|(_, decimals)| decimals);
    decimals.is_some_and(|decimals| decimals.len() == 1 && is_figures(decimals))
}

/// Whether nothing but signs and a balance's name stands before a sum on its line.
fn is_balance(words: &[Word], sum: &Sum) -> bool {
    let first = &words[sum.words[0]];
    let before = words
        .iter()
        .filter(|word| word.bbox.right() <= first.bbox.left() && share_line(word, first));
    let named: String = before.map(|word| letters(&word.text)).collect();
    BALANCES.contains(&named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    /// The total called so on lines of a name and a sum each, `!` before those that a caption names and `?` before
    /// those that the model takes.
    fn called(lines: &[(&str, &str)]) -> Option<String> {
        let texts: Vec<[&str; 2]> =
            lines.iter().map(|(name, sum)| [*name, sum.trim_start_matches(['!', '?'])]).collect();
        let words = page(&texts.iter().map(|line| line.as_slice()).collect::<Vec<_>>());
        let is_sum = |word: &usize| words[*word].bbox.left() >= 300;
        let of_sums: Vec<usize> = (0..words.len()).filter(is_sum).collect();
        let sum = |(&word, (_, text)): (&usize, &(&str, &str))| Sum {
            words: vec![word],
            units: (words[word].text.parse::<f64>().unwrap() * 1000.0).round() as i128,
            odds: [0.0, 0.0, if text.contains('?') { 0.9 } else { 0.0 }],
        };
        // As `sums_of` gives them.
        let sums: Vec<Sum> = of_sums.iter().zip(lines).map(sum).rev().collect();
        let named = of_sums.iter().zip(lines).filter(|(_, (_, text))| text.contains('!'));
        let named: Vec<Vec<usize>> = named.map(|(word, _)| vec![*word]).collect();
        let called = total_called(&words, &sums, &named)?;
        Some(format!("{} {}", words[called.total[0]].text, called.is_news))
    }

    /// As seen: a coupon's worth and an item's price taken for the total.
    #[test]
    fn a_lesser_sum_without_caption_is_no_total() {
        let coupons =
            [("Kopa", "!13.17"), ("Apmaksai", "!9.26"), ("Apmaksai", "!9.26"), ("Kupons", "?2.60")];
        assert_eq!(called(&coupons).as_deref(), Some("9.26 true"));
        let taken = [("Kopa", "!13.17"), ("Apmaksai", "!?9.26"), ("Kupons", "?2.60")];
        assert_eq!(called(&taken).as_deref(), Some("9.26 false"));
        let till = [("AMYS LS", "?3.99"), ("SPINACH", "4.99"), ("**** BALANCE", "35.01")];
        assert_eq!(called(&till).as_deref(), Some("35.01 true"));
    }

    #[test]
    fn what_is_printed_twice_is_the_total_whose_caption_was_not_read() {
        let till = [("otalt", "703.70"), ("Majs", "30.00"), ("st", "?19.90"), ("rt", "703.70")];
        assert_eq!(called(&till).as_deref(), Some("703.70 true"));
    }

    /// As seen on Turkish receipts.
    #[test]
    fn a_star_before_the_total_is_no_figure() {
        let words = page(&[&["TOPLAM", "130.00"], &["KREDI KARTI", "30.00"]]);
        let sum = |word, units, total| Sum { words: vec![word], units, odds: [0.0, 0.0, total] };
        let mut sums = vec![sum(4, 30_000, 0.0), sum(1, 130_000, 1.0)];
        let without = total_without_star(&words, &sums).unwrap();
        assert_eq!((without.total, without.others), (vec![4], vec![1]));
        sums[1].units = 131_000;
        assert_eq!(total_without_star(&words, &sums), None);
    }

    #[test]
    fn the_model_is_believed_elsewhere() {
        assert_eq!(called(&[("Total", "!9.26"), ("To pay", "?10.00")]), None, "greater");
        assert_eq!(called(&[("Total", "!33.92"), ("Rounded", "?33.90")]), None, "rounded");
        assert_eq!(called(&[("Total", "!9.26"), ("Total", "!?8.00")]), None, "called so");
        assert_eq!(called(&[("Total", "!9.26")]), None, "nothing taken");
        assert_eq!(called(&[("Previous balance", "9.26"), ("x", "?8.00")]), None);
    }
}
