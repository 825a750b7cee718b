//! The bank that keeps an account neither sells nor buys, and stands among the parties' addresses all the same.

use super::field_names::letters;
use super::neighbours::{bbox_of, pieces};
use super::page::HeadPrediction;
use super::parties::PARTIES;
use super::surplus::digits;
use crate::document::Word;
use std::ops::Range;

/// What the odds of a party are multiplied by for a bank.
const BANK: f32 = 1e-5;

/// Weighs down the parties in the names of banks.
pub fn doubt_banks(head: &mut HeadPrediction, words: &[Word]) {
    let pieces = pieces(words);
    let accounts: Vec<&Range<usize>> =
        pieces.iter().filter(|piece| begins_account(words, piece)).collect();
    let is_bank = |piece: &&Range<usize>| {
        has_code(words, piece)
            || (names_bank(words, piece) && accounts.iter().any(|of| is_above(words, piece, of)))
    };
    for word in pieces.iter().filter(is_bank).cloned().flatten() {
        for party in PARTIES {
            head.weigh_label(word, party, BANK);
        }
    }
}

/// `Musterbank AG`, `Sparkasse Musterstadt`
fn names_bank(words: &[Word], piece: &Range<usize>) -> bool {
    const BANKS: [&str; 8] =
        ["bank", "banque", "banco", "banca", "sparkasse", "pank", "banka", "kasse"];
    words[piece.clone()].iter().any(|word| {
        let text = letters(&word.text);
        BANKS.iter().any(|bank| text.starts_with(bank) || text.ends_with(bank))
    })
}

/// Whether a line of few words has the code of a bank behind its name: `Spk Rhein Neckar Nord BIC MANSDE66XXX`.
fn has_code(words: &[Word], piece: &Range<usize>) -> bool {
    const MOST_WORDS: usize = 8;
    const LETTERS: usize = 6;
    let is_code = |word: &Word| {
        let text = word.text.as_str();
        matches!(text.len(), 8 | 11)
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && text.chars().take(LETTERS).all(|c| c.is_ascii_uppercase())
            && digits(text) > 0
    };
    piece.len() <= MOST_WORDS && words[piece.clone()].iter().any(is_code)
}

/// `IBAN: DE24…`, `BIC MANSDE66XXX`
fn begins_account(words: &[Word], piece: &Range<usize>) -> bool {
    const ACCOUNTS: [&str; 7] = ["iban", "bic", "swift", "swiftbic", "bicswift", "konto", "blz"];
    let first = words[piece.start].text.as_str();
    let key = first.split(':').next().unwrap_or(first);
    (first.contains(':') || piece.len() > 1) && ACCOUNTS.contains(&letters(key).as_str())
}

/// Whether a piece stands right above another.
fn is_above(words: &[Word], piece: &Range<usize>, below: &Range<usize>) -> bool {
    /// In heights.
    const ALIGNED: u32 = 1;
    const BELOW: u32 = 2;
    let (bank, account) = (bbox_of(words, piece), bbox_of(words, below));
    account.top() > bank.top()
        && account.top() < bank.bottom() + BELOW * bank.height()
        && account.left().abs_diff(bank.left()) <= ALIGNED * bank.height()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;
    use crate::labels::LabelSet;

    /// The words that may be a customer where the model takes every word for one.
    fn customers(lines: &[&[&str]]) -> String {
        let words = page(lines);
        let labels = LabelSet::bio(&PARTIES);
        let row = vec![0.2; labels.names().len()];
        let mut head = HeadPrediction { probabilities: vec![row; words.len()], labels };
        doubt_banks(&mut head, &words);
        let seen = (0..words.len()).filter(|&word| head.given(word, 1) > 0.1);
        seen.map(|word| words[word].text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// As seen on German invoices: the model took the bank for the customer.
    #[test]
    fn a_bank_by_its_account_or_code_is_no_party() {
        let below: &[&[&str]] = &[&["Karl Keks"], &["Musterbank AG"], &["IBAN: DE24"]];
        assert_eq!(customers(below), "Karl Keks IBAN: DE24");
        let behind: &[&[&str]] = &[&["Karl Keks"], &["Spk Nord BIC MANSDE66XXX"]];
        assert_eq!(customers(behind), "Karl Keks");
    }

    #[test]
    fn a_bank_may_be_a_customer() {
        let address: &[&[&str]] = &[&["Musterbank AG"], &["Teststr. 23"], &["12345 Stadt"]];
        assert!(customers(address).starts_with("Musterbank AG"));
    }
}
