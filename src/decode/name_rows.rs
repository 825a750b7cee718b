//! What a name ends with, and names that are printed twice: `T & M FRESH ABN` ends before the caption of a number, and of
//! a logo and the same name below it (`GEPREK BEN`, `Geprek Bensu Bandung`) the row that says more is the name.

use super::caption_words::caption_at;
use super::field_names::Announced;
use super::months::fold;
use super::neighbours::share_line;
use super::page::PageDecoding;
use super::value::ValueKind;
use crate::document::{Page, Word, letters_and_digits};

/// Rows begin alike only with so many letters at least.
const FEWEST_LETTERS: usize = 4;

/// Leaves captions behind the names of parties out, and rows that say a name a second time.
pub fn end_names(decoding: &mut PageDecoding, page: &Page) {
    decoding.shorten_names(page, |name, words| said_once(without_caption(name, words), words));
}

/// A name's words, by their indices, up to the caption of a number that its line goes on with.
fn without_caption<'a>(name: &'a [usize], words: &[Word]) -> &'a [usize] {
    let is_caption = |&at: &usize| {
        let rest = name.len() - at;
        let follows = name[at..].windows(2).all(|pair| pair[1] == pair[0] + 1);
        // `Contoso Asia` has no caption behind it, though Finnish has one that reads so.
        let in_capitals =
            name[at..].iter().all(|&word| !words[word].text.contains(char::is_lowercase));
        let is_of_number = |(length, announced): (usize, Announced)| {
            length == rest && announced.kind == ValueKind::Identifier && announced.label.is_none()
        };
        follows && in_capitals && caption_at(words, name[at]).is_some_and(is_of_number)
    };
    let end = (1..name.len()).find(is_caption).unwrap_or(name.len());
    &name[..end]
}

/// A name's words without rows that begin as the next one or the one before, and say less.
fn said_once(name: &[usize], words: &[Word]) -> Vec<usize> {
    let begins_alike = |a: &[usize], b: &[usize]| {
        let [first, second] = [a[0], b[0]].map(|at| fold(&letters_and_digits(&words[at].text)));
        first == second && first.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST_LETTERS
    };
    let mut kept: Vec<&[usize]> = Vec::new();
    for row in name.chunk_by(|&a, &b| share_line(&words[a], &words[b])) {
        match kept.last_mut() {
            Some(before) if begins_alike(before, row) => {
                if row.len() > before.len() {
                    *before = row;
                }
            }
            _ => kept.push(row),
        }
    }
    kept.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    fn name(lines: &[&[&str]]) -> String {
        let words = page(lines);
        let name: Vec<usize> = (0..words.len()).collect();
        let kept = said_once(without_caption(&name, &words), &words);
        kept.iter().map(|&at| words[at].text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// As seen on receipts.
    #[test]
    fn of_a_name_printed_twice_the_row_that_says_more_stands() {
        assert_eq!(name(&[&["GEPREK BEN"], &["Geprek Bensu Bandung"]]), "Geprek Bensu Bandung");
        assert_eq!(name(&[&["Contoso Asia"], &["Contoso Asia"]]), "Contoso Asia");
        assert_eq!(name(&[&["DE ZAAK"], &["DE WINKEL"]]), "DE ZAAK DE WINKEL", "a short word");
        assert_eq!(name(&[&["EDEKA"], &["Franeck Potsdam"]]), "EDEKA Franeck Potsdam");
        assert_eq!(name(&[&["Duran Duran"]]), "Duran Duran", "one row");
    }

    #[test]
    fn a_name_ends_before_the_caption_of_a_number() {
        assert_eq!(name(&[&["T & M FRESH ABN"]]), "T & M FRESH");
        assert_eq!(name(&[&["ABN"]]), "ABN", "nothing else is left");
        assert_eq!(name(&[&["Acme Trading Ltd"]]), "Acme Trading Ltd");
        assert_eq!(name(&[&["Contoso Asia"]]), "Contoso Asia");
    }
}
