//! Taxes of several rates: tills print a line for each rate (`24,00 16,30 3,91 20,21`, `MwSt 7% von 12,21 0,80`), and
//! seldom what they make together. Where the lines account for the whole total, their taxes are told as one, with the
//! words of all; where that sum is printed, it is the tax. So are India's two halves (`CGST 344.34`, `SGST 344.34`).

use super::ValueContext;
use super::page::PageDecoding;
use super::rate_lines::{CLOSE, Share, covering, halves, is_sum, lines_of_sums, shares_of_line};
use super::sums::{ROLES, amount_units, decimal, units_of};
use crate::document::{Entity, Page, Value, Word};
use std::collections::HashSet;

/// Tells taxes of several rates as one. What passed for the total and is that of one rate gives way to what the lines
/// make.
pub fn join_rates(decoding: &mut PageDecoding, page: &Page, context: &ValueContext) {
    let [subtotal, tax, total] = ROLES;
    let units = |entity: &Entity| amount_units(entity.value.as_ref());
    let words = &page.words;
    let lines = lines_of_sums(words);
    let shares = last_shares(words, &lines, context);
    let Some((gross, chosen)) = cover(decoding, words, &lines, &shares, context) else { return };
    let of_lines: Vec<usize> =
        chosen.iter().flat_map(|share| lines[share.line].iter().copied()).collect();
    if adds_up(decoding, &of_lines) {
        return;
    }
    let is_on_lines = |at: usize| decoding.words[at].iter().all(|word| of_lines.contains(word));
    let whole = |word: &usize| {
        !of_lines.contains(word) && units_of(words, &[*word], context) == Some(gross)
    };
    let best = best_of(decoding, total);
    let is_right =
        best.is_some_and(|at| !is_on_lines(at) || units(&decoding.entities[at]) == Some(gross));
    if let (false, Some(word)) = (is_right, (0..words.len()).rev().find(whole)) {
        if let Some(at) = best {
            decoding.remove(at);
        }
        insert(decoding, page, total, gross, vec![word]);
    }
    let sum: i128 = chosen.iter().map(|share| share.tax).sum();
    let taxes = decoding.entities.iter().filter(|entity| entity.label == tax);
    if taxes.filter_map(units).any(|units| units == sum) {
        return;
    }
    let printed = (0..words.len()).find(|word| {
        !of_lines.contains(word)
            && is_sum(&words[*word].text)
            && units_of(words, &[*word], context) == Some(sum)
    });
    let mut joined: Vec<usize> =
        printed.map_or_else(|| chosen.iter().map(|share| share.word).collect(), |word| vec![word]);
    joined.sort_unstable();
    // What the lines hold are parts, and so is what else was taken for the tax in the place of their sum.
    let is_part = |at: usize, entity: &Entity| {
        entity.label == tax
            || (entity.label == subtotal
                && units(entity).is_some_and(|net| net + sum != gross)
                && decoding.words[at].iter().any(|word| of_lines.contains(word)))
    };
    let parts: Vec<usize> =
        (0..decoding.entities.len()).filter(|&at| is_part(at, &decoding.entities[at])).collect();
    for at in parts.into_iter().rev() {
        decoding.remove(at);
    }
    insert(decoding, page, tax, sum, joined);
}

/// What the last lines of rates say: a page ends with them, and a table may have a rate in each of many lines.
fn last_shares(words: &[Word], lines: &[Vec<usize>], context: &ValueContext) -> Vec<Share> {
    const MOST: usize = 12;
    let of_lines = (0..lines.len()).map(|line| shares_of_line(words, lines, line, context));
    let told: Vec<Vec<Share>> = of_lines.filter(|shares| !shares.is_empty()).collect();
    told[told.len().saturating_sub(MOST)..].concat()
}

/// Whether a subtotal and a tax that the model sees make a total that it sees, but for those of one rate.
fn adds_up(decoding: &PageDecoding, of_lines: &[usize]) -> bool {
    let of = |label: &'static str| {
        let entities = decoding.entities.iter().zip(&decoding.words);
        let apart = entities.filter(move |(entity, words)| {
            entity.label == label && !words.iter().all(|word| of_lines.contains(word))
        });
        apart.filter_map(|(entity, _)| amount_units(entity.value.as_ref()))
    };
    let [subtotal, tax, total] = ROLES;
    let totals: Vec<i128> = of(total).collect();
    let taxes: Vec<i128> = of(tax).filter(|tax| *tax > 0).collect();
    of(subtotal).any(|net| taxes.iter().any(|tax| totals.contains(&(net + tax))))
}

/// Puts a sum of these words among the entities, scored as the best total.
fn insert(decoding: &mut PageDecoding, page: &Page, label: &str, units: i128, words: Vec<usize>) {
    /// What is certain by arithmetic, where the model sees no total.
    const SCORE: f32 = 0.9;
    let total = best_of(decoding, ROLES[2]).map(|at| &decoding.entities[at]);
    let currency = match total.and_then(|total| total.value.as_ref()) {
        Some(Value::Amount { currency, .. }) => currency.clone(),
        _ => None,
    };
    let entity = Entity {
        id: 0,
        label: label.to_string(),
        text: String::new(),
        value: Some(Value::Amount { amount: decimal(units), currency }),
        score: total.map_or(SCORE, |total| total.score),
        ocr_confidence: 0.0,
        page: page.number,
        bbox: page.words[words[0]].bbox,
        words: Vec::new(),
    };
    let place = decoding.words.partition_point(|others| others.first() < words.first());
    decoding.entities.insert(place, entity);
    decoding.words.insert(place, Vec::new());
    decoding.set_words(place, page, words);
    decoding.count_ids();
}

/// The entity of a label that has the best score.
fn best_of(decoding: &PageDecoding, label: &str) -> Option<usize> {
    let entities = decoding.entities.iter().enumerate();
    let of_label = entities.filter(|(_, entity)| entity.label == label);
    of_label.max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score)).map(|(at, _)| at)
}

/// The lines of rates that make the total, or what is taken for the sum without tax, or, with their bases all printed,
/// any sum of the page; with that sum, in thousandths.
fn cover(
    decoding: &PageDecoding,
    words: &[Word],
    lines: &[Vec<usize>],
    shares: &[Share],
    context: &ValueContext,
) -> Option<(i128, Vec<Share>)> {
    let [subtotal, _, total] = ROLES;
    let seen = [total, subtotal].into_iter().filter_map(|label| {
        amount_units(decoding.entities[best_of(decoding, label)?].value.as_ref())
    });
    let seen: Vec<i128> = seen.filter(|units| *units > 0).collect();
    let of_seen =
        seen.iter().find_map(|&gross| Some((gross, covering(shares, gross as f64, &[])?)));
    let told: Vec<Share> =
        shares.iter().filter(|share| share.tolerance <= CLOSE).copied().collect();
    let of_halves = || Some((*seen.first()?, halves(words, lines, context)?));
    let any = || cover_of_any(words, lines, &told, context);
    of_seen.or_else(any).or_else(of_halves)
}

/// The lines that make a sum printed elsewhere on the page, of the last ones.
fn cover_of_any(
    words: &[Word],
    lines: &[Vec<usize>],
    shares: &[Share],
    context: &ValueContext,
) -> Option<(i128, Vec<Share>)> {
    const MOST: usize = 120;
    let printed = (0..words.len()).rev().filter(|&word| is_sum(&words[word].text)).take(MOST);
    let sums: Vec<(usize, i128)> = printed
        .filter_map(|word| Some((word, units_of(words, &[word], context)?)))
        .filter(|(_, units)| *units > 0)
        .collect();
    let mut tried = HashSet::new();
    let news = sums.iter().map(|(_, units)| *units).filter(|units| tried.insert(*units));
    news.collect::<Vec<_>>().into_iter().find_map(|gross| {
        let chosen = covering(shares, gross as f64, &[])?;
        let is_apart = |(word, units): &(usize, i128)| {
            *units == gross && !chosen.iter().any(|share| lines[share.line].contains(word))
        };
        sums.iter().any(is_apart).then_some((gross, chosen))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::page::{DecodeOptions, HeadPrediction, PagePrediction, decode_page};
    use crate::decode::test_words::page as words_of;
    use crate::document::WordSource;
    use crate::geometry::PageSize;
    use crate::labels::LabelSet;

    /// Tax and total of a page where the model sees what is marked: `!` a total, `?` a tax.
    fn found(lines: &[&[&str]]) -> [Option<String>; 2] {
        let mut words = words_of(lines);
        let labels = LabelSet::bio(&ROLES);
        let mut probabilities = Vec::new();
        for word in &mut words {
            let seen = match word.text.chars().next() {
                Some('!') => "B-TOTAL",
                Some('?') => "B-TAX",
                _ => "O",
            };
            word.text = word.text.trim_start_matches(['!', '?']).to_string();
            let given = |name: &String| if name == seen { 0.94 } else { 0.01 };
            probabilities.push(labels.names().iter().map(given).collect());
        }
        let size = PageSize::new(1000, 1000);
        let source = WordSource::Ocr;
        let page = Page { number: 1, size, dpi: None, rotation: 0, source, words };
        let heads = vec![HeadPrediction { labels, probabilities }];
        let prediction = PagePrediction { heads, pairs: None };
        let options = DecodeOptions { second_choice: 1.0, ..DecodeOptions::default() };
        let entities = decode_page(&page, &prediction, &options).unwrap().entities;
        ["tax", "total"].map(|label| {
            let entity = entities.iter().find(|entity| entity.label == label)?;
            match &entity.value {
                Some(Value::Amount { amount, .. }) => Some(amount.clone()),
                _ => None,
            }
        })
    }

    fn sums(tax: &str, total: &str) -> [Option<String>; 2] {
        [tax, total].map(|sum| Some(sum.to_string()))
    }

    /// As seen on Finnish, German and French receipts.
    #[test]
    fn taxes_of_several_rates_are_one() {
        let columns: &[&[&str]] = &[
            &["Yhteensa", "!164,00"],
            &["24,00 16,30 3,91 20,21"],
            &["14,00 126,13 ?17,66 143,79"],
        ];
        assert_eq!(found(columns), sums("21.57", "164.00"));
        let with_tax: &[&[&str]] = &[
            &["Summe EUR", "!15,95"],
            &["1 MwSt 19% von 3,74", "0,60"],
            &["2 MwSt 7% von 12,21", "?0,80"],
        ];
        assert_eq!(found(with_tax), sums("1.40", "15.95"));
        let without_bases: &[&[&str]] =
            &[&["Total", "!48,70"], &["MwSt 10%", "3,94"], &["MwSt 20%", "?0,90"]];
        assert_eq!(found(without_bases), sums("4.84", "48.70"));
        let above: &[&[&str]] = &[
            &["Bar", "36,20"],
            &["NETTO", "26,18"],
            &["MwSt 10,00%", "2,62"],
            &["NETTO", "6,17"],
            &["MwSt 20,00%", "?1,23"],
        ];
        assert_eq!(found(above), sums("3.85", "36.20"));
    }

    #[test]
    fn the_gross_of_one_rate_is_not_the_total() {
        let hotel: &[&[&str]] = &[
            &["Saldo EUR", "162,00"],
            &["19,00% 15,97 3,03 19,00"],
            &["7,00% 133,64 ?9,36 !143,00"],
        ];
        assert_eq!(found(hotel), sums("12.39", "162.00"));
    }

    #[test]
    fn a_printed_sum_of_taxes_is_the_tax() {
        let polish: &[&[&str]] = &[
            &["SUMA", "!30,75"],
            &["A 23% 12,30 2,30"],
            &["B 8% 18,45 ?1,37"],
            &["SUMA PTU", "3,67"],
        ];
        assert_eq!(found(polish), sums("3.67", "30.75"));
        let halves: &[&[&str]] =
            &[&["CGST", "344.34"], &["SGST", "?344.34"], &["Total", "!4515.00"]];
        assert_eq!(found(halves), sums("688.68", "4515.00"));
    }

    #[test]
    fn one_rate_and_lines_that_do_not_make_the_total_stay() {
        let one: &[&[&str]] = &[&["Total", "!48,70"], &["MwSt 10%", "?4,43"]];
        assert_eq!(found(one), sums("4.43", "48.70"));
        let other: &[&[&str]] =
            &[&["Total", "!60,00"], &["MwSt 10%", "3,94"], &["MwSt 20%", "?0,90"]];
        assert_eq!(found(other), sums("0.90", "60.00"));
    }
}
