//! Keys of access that Brazilian invoices and receipts print: 44 figures that hold who sells, the month, the kind of
//! document and its number, and end with a check digit.
//!
//! They stand in eleven groups beside the bar or QR code, and read well where the number itself, in the smallest print
//! of a till, does not.

use super::surplus::is_figures;
use crate::document::Word;
use std::ops::Range;

/// Figures of a key.
const FIGURES: usize = 44;

/// Where the model of the document stands.
const MODEL: Range<usize> = 20..22;

/// Models of documents (NF-e, NFC-e, CF-e of a SAT till), and where in the key their number stands.
const MODELS: [(&str, Range<usize>); 3] = [("55", 25..34), ("65", 25..34), ("59", 31..37)];

/// The words of the number that a key on the page holds: as it is printed elsewhere, else the key itself.
pub fn number_by_key(words: &[Word]) -> Option<Vec<usize>> {
    let key = (0..words.len()).find_map(|start| key_at(words, start))?;
    let texts: Vec<&str> = key.iter().map(|&word| words[word].text.as_str()).collect();
    let number = number_of_key(&texts.join(" "))?;
    let is_printed = |word: &usize| {
        /// `N.:29529`
        const LETTERS_OF_MARK: usize = 2;
        let text = words[*word].text.as_str();
        let figures: String = text.chars().filter(char::is_ascii_digit).collect();
        text.chars().filter(|c| c.is_alphabetic()).count() <= LETTERS_OF_MARK
            && figures.trim_start_matches('0') == number
            && !key.contains(word)
    };
    Some((0..words.len()).find(is_printed).map_or(key.clone(), |word| vec![word]))
}

/// The number in a text that is a key, without the zeros before it.
pub fn number_of_key(text: &str) -> Option<String> {
    let key: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if key.len() != FIGURES || !is_figures(&key) || !has_check_digit(&key) {
        return None;
    }
    let (_, number) = MODELS.iter().find(|(model, _)| key[MODEL] == **model)?;
    Some(key[number.clone()].trim_start_matches('0').to_string()).filter(|it| !it.is_empty())
}

/// Whether the last figure is that of the others: weights of 2 to 9 from the right, modulo 11.
fn has_check_digit(key: &str) -> bool {
    let mut figures = key.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let Some(check) = figures.next() else { return false };
    let sum: u32 = figures.zip((2..=9).cycle()).map(|(figure, weight)| figure * weight).sum();
    let rest = sum % 11;
    check == if rest < 2 { 0 } else { 11 - rest }
}

/// The words from `start` on that make a key, group by group.
fn key_at(words: &[Word], start: usize) -> Option<Vec<usize>> {
    const GROUP: usize = 4;
    let mut count = 0;
    for (end, word) in words.iter().enumerate().skip(start) {
        let text = word.text.as_str();
        if text.len() < GROUP || !is_figures(text) {
            return None;
        }
        count += text.len();
        if count >= FIGURES {
            return (count == FIGURES).then(|| (start..=end).collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    const NFCE: &str = "3124 0604 6413 7600 5952 6507 1000 3048 4612 8337 7490";
    const SAT: &str = "3524 0161 5858 6507 3620 5900 0647 8651 0710 8233 6023";

    /// As printed on receipts of a supermarket and a pharmacy.
    #[test]
    fn a_key_holds_the_number() {
        assert_eq!(number_of_key(NFCE).as_deref(), Some("304846"));
        assert_eq!(number_of_key(SAT).as_deref(), Some("107108"));
        assert_eq!(number_of_key(&NFCE.replace("3048", "3049")), None, "a figure misread");
        assert_eq!(number_of_key("3124"), None);
        assert_eq!(number_of_key(""), None);
    }

    #[test]
    fn the_number_is_taken_where_it_is_printed() {
        let found = |lines: &[&[&str]]| {
            let words = page(lines);
            let number = number_by_key(&words)?;
            let texts: Vec<&str> = number.iter().map(|&word| words[word].text.as_str()).collect();
            Some(texts.join(" "))
        };
        let printed: &[&[&str]] =
            &[&["Consulte pela Chave de Acesso"], &[NFCE], &["NFC-e n 000304846 Serie 071"]];
        assert_eq!(found(printed).as_deref(), Some("000304846"));
        assert_eq!(found(&[&["Chave de Acesso"], &[NFCE]]).as_deref(), Some(NFCE));
        assert_eq!(found(&[&["Chave de Acesso"]]), None);
    }
}
