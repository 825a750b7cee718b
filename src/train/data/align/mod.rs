//! Key values given as strings → the words that show them.
//!
//! SROIE, the FCC papers and any JSONL with `truth` say what the total is, not where it stands.
//! [`align_keys`] finds the words: by tolerant search ([`stream`]) and, where a value stands in several
//! places, by what is written beside it ([`context`]). Places that show the same value, and might be
//! meant as well, are marked to be ignored in training, not taught as wrong.

pub mod context;
pub mod stream;
pub mod values;

use crate::document::Word;
use context::{Context, PLAUSIBLE, amount_in_cents};
use std::collections::BTreeMap;
use stream::{EDIT, Match, WordStream, fold};

/// How a key's occurrences are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Names and addresses: the best match, over several lines if need be.
    Text,
    /// Amounts: equal in value, chosen by their label.
    Amount,
    /// Dates: equal in digits, chosen by their label, then the first.
    Date,
    /// Numbers of documents: no wrong character, the first.
    Number,
}

impl KeyKind {
    /// The kind of a label of the project's own label set.
    pub fn of_label(label: &str) -> Self {
        match label {
            "total" | "subtotal" | "tax" | "item_amount" | "item_unit_price" => KeyKind::Amount,
            "date" | "due_date" => KeyKind::Date,
            "invoice_number" => KeyKind::Number,
            _ => KeyKind::Text,
        }
    }
}

/// The words of every key that was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alignment {
    /// Words of each key, in the order of the page.
    pub words: BTreeMap<String, Vec<usize>>,
    /// Words that show a key's value once more.
    pub doubtful: Vec<usize>,
}

impl Alignment {
    /// The best place of every key; the others that `places` gives behind it are in doubt.
    fn of(
        truth: &BTreeMap<String, String>,
        places: impl Fn(&str, &str) -> Vec<Vec<usize>>,
    ) -> Self {
        let mut alignment = Self::default();
        for (key, value) in truth {
            let mut places = places(key, value).into_iter();
            if let Some(best) = places.next() {
                alignment.words.insert(key.clone(), best);
                alignment.doubtful.extend(places.flatten());
            }
        }
        alignment.doubtful.sort_unstable();
        alignment.doubtful.dedup();
        alignment
    }

    /// BIO tags of `count` words. Where two keys claim a word, the shorter key keeps it.
    pub fn tags(&self, count: usize) -> Vec<String> {
        let mut tags = vec!["O".to_string(); count];
        let mut keys: Vec<_> = self.words.iter().collect();
        keys.sort_by_key(|(_, words)| words.len());
        for (key, words) in keys {
            let name = key.to_uppercase();
            let mut prefix = "B";
            for &word in words {
                if tags.get(word).is_some_and(|tag| tag == "O") {
                    tags[word] = format!("{prefix}-{name}");
                    prefix = "I";
                }
            }
        }
        tags
    }

    /// Mask of the words whose label is in doubt; empty when there are none.
    pub fn ignore(&self, tags: &[String]) -> Vec<bool> {
        let mut mask = vec![false; tags.len()];
        for &word in &self.doubtful {
            mask[word] = tags[word] == "O";
        }
        if mask.contains(&true) { mask } else { Vec::new() }
    }
}

/// Finds the words of every key. Values that stand nowhere are left out.
pub fn align_keys(words: &[Word], truth: &BTreeMap<String, String>) -> Alignment {
    let stream = WordStream::new(words);
    let context = Context::new(words);
    Alignment::of(truth, |key, value| match KeyKind::of_label(key) {
        KeyKind::Text => text_places(&stream, &context, key, value),
        KeyKind::Amount => amount_places(words, &context, value),
        KeyKind::Date => date_places(&stream, &context, value),
        KeyKind::Number => number_places(&stream, &context, key, value),
    })
}

/// Share of a text's characters that may be wrong.
const TEXT_TOLERANCE: f32 = 0.3;

/// What is printed before the value of a key, where that helps to choose.
fn printed_labels(key: &str) -> &'static [&'static str] {
    match key {
        "customer" => &["advertiser", "customer", "client", "billto", "soldto"],
        "invoice_number" => &["invoice", "order", "contract", "number"],
        _ => &[],
    }
}

/// Best first: the cheapest match, then others almost as cheap.
fn text_places(stream: &WordStream, context: &Context, key: &str, value: &str) -> Vec<Vec<usize>> {
    let limit = (fold(value).len() as f32 * TEXT_TOLERANCE).max(1.0) as u32 * EDIT;
    let matches = stream.find(value, limit, 0.5);
    let Some(cheapest) = matches.first().map(|m| m.cost) else { return Vec::new() };
    let mut near: Vec<Match> =
        matches.into_iter().filter(|m| m.cost <= cheapest + 2 * EDIT).collect();
    // Equally good places: the labelled one; else the first, since names stand at the top of a page.
    near.sort_by_key(|m| (m.cost, label_order(context, key, m)));
    near.into_iter().map(|m| m.words).collect()
}

/// No wrong character; the labelled place, else the first.
fn number_places(
    stream: &WordStream,
    context: &Context,
    key: &str,
    value: &str,
) -> Vec<Vec<usize>> {
    let mut matches = stream.find(value, EDIT - 1, 0.3);
    matches.sort_by_key(|m| (m.cost, label_order(context, key, m)));
    matches.into_iter().map(|m| m.words).collect()
}

fn label_order(context: &Context, key: &str, found: &Match) -> (i32, usize) {
    let first = found.words.first().copied().unwrap_or_default();
    (-context.label_rank(first, printed_labels(key)), first)
}

fn date_places(stream: &WordStream, context: &Context, value: &str) -> Vec<Vec<usize>> {
    // Glued to other text or confused in a character, but no wrong one: another day's date is one
    // digit away.
    let mut matches = stream.find(value, EDIT - 1, 0.3);
    matches.sort_by_key(|m| {
        let first = m.words.first().copied().unwrap_or_default();
        (std::cmp::Reverse(context.date_score(first)), first)
    });
    matches.into_iter().map(|m| m.words).collect()
}

fn amount_places(words: &[Word], context: &Context, value: &str) -> Vec<Vec<usize>> {
    let Some(wanted) = amount_in_cents(value) else { return Vec::new() };
    let mut places: Vec<(i32, usize)> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| amount_in_cents(&word.text) == Some(wanted))
        .map(|(index, _)| (context.total_score(index), index))
        .collect();
    places.sort_by_key(|&(score, index)| (std::cmp::Reverse(score), index));
    // The currency belongs to the amount where the truth writes it: `RM 9.00`.
    let currency: String = value.chars().take_while(|c| !c.is_ascii_digit()).collect();
    let currency = fold(&currency);
    let mut chosen: Vec<Vec<usize>> = Vec::new();
    for (score, index) in places {
        if !chosen.is_empty() && score < PLAUSIBLE {
            continue;
        }
        let with_currency = index > 0
            && !currency.is_empty()
            && fold(&words[index - 1].text) == currency
            && words[index - 1].line == words[index].line;
        chosen.push(if with_currency { vec![index - 1, index] } else { vec![index] });
    }
    chosen
}

#[cfg(test)]
mod tests;
