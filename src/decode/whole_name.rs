//! Names that the model cut short: `Theodor` of `Theodor Est`, `GmbH` of `Lieferant GmbH`.
//!
//! A name seldom shares its piece of a line with anything else. Where the words right before and behind
//! a name, up to the ends of the piece, are plain words that no field has, they are part of the name.

use super::fields::is_field_label;
use super::neighbours::goes_on;
use super::page::PageDecoding;
use super::signatures::begins_signature;
use super::stub::is_receipt_of;
use super::surplus::digits;
use crate::document::Page;

/// More words than this are running text.
const MOST_ADDED: usize = 4;

/// Takes the rest of its piece of line into each name.
pub fn complete_names(decoding: &mut PageDecoding, page: &Page) {
    for index in 0..decoding.entities.len() {
        if !decoding.is_name(index) {
            continue;
        }
        let words = &decoding.words[index];
        let (Some(&first), Some(&last)) = (words.first(), words.last()) else { continue };
        let taken = |word: usize| {
            let entities = decoding.entities.iter().zip(&decoding.words);
            let mut fields = entities.filter(|(entity, _)| is_field_label(&entity.label));
            fields.any(|(_, words)| words.contains(&word))
        };
        let before = (0..first).rev().map_while(|word| next(page, word, word + 1));
        let behind = (last + 1..page.words.len()).map_while(|word| next(page, word - 1, word));
        let mut added: Vec<usize> = Vec::new();
        let ends: [Vec<usize>; 2] = [
            before
                .take_while(|&joint| {
                    !ends_before(page, joint) || is_form_behind(page, words, joint)
                })
                .map(|(left, _)| left)
                .collect(),
            behind.take_while(|&joint| !ends_behind(page, joint)).map(|(_, right)| right).collect(),
        ];
        for end in ends {
            if end.iter().all(|&word| is_plain(page, word) && !taken(word)) {
                added.extend(end);
            }
        }
        if !added.is_empty() && added.len() <= MOST_ADDED {
            added.extend(words);
            added.sort_unstable();
            decoding.set_words(index, page, added);
        }
    }
}

/// Two words, if they are neighbours on a line.
fn next(page: &Page, left: usize, right: usize) -> Option<(usize, usize)> {
    goes_on(page.words[left].bbox, page.words[right].bbox).then_some((left, right))
}

/// Whether the piece of line begins between two words: behind a colon, a comma or a dash, `RECEBEMOS DE` or `payable to`.
fn ends_before(page: &Page, (left, right): (usize, usize)) -> bool {
    let text = page.words[left].text.as_str();
    text.ends_with([':', ',', ';'])
        || is_separator(text)
        || is_receipt_of(&page.words, left)
        || begins_signature(&page.words, right)
}

/// Whether the name found is the legal form behind a comma and nothing more: `Acme Services, Ltd.`
fn is_form_behind(page: &Page, name: &[usize], (left, right): (usize, usize)) -> bool {
    const LONGEST: usize = 5;
    let is_short = page.words[right].text.chars().count() <= LONGEST;
    name == [right] && is_short && page.words[left].text.ends_with(',')
}

/// Whether the piece of line ends between two words.
fn ends_behind(page: &Page, (left, right): (usize, usize)) -> bool {
    page.words[left].text.ends_with([',', ';', ':']) || is_separator(&page.words[right].text)
}

fn is_separator(text: &str) -> bool {
    text != "&" && text != "+" && !text.contains(char::is_alphanumeric)
}

fn is_plain(page: &Page, word: usize) -> bool {
    let text = page.words[word].text.as_str();
    digits(text) == 0 && !text.contains(['@', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::page::{DecodeOptions, HeadPrediction, PagePrediction, decode_page};
    use crate::document::{Word, WordSource};
    use crate::geometry::{PageSize, PixelBox};
    use crate::labels::LabelSet;

    /// Texts of the fields on a line of words; those in brackets are the company, in braces the address.
    fn found(line: &str) -> Vec<String> {
        let labels = LabelSet::bio(&["company", "address"]);
        let mut left = 0;
        let mut words = Vec::new();
        let mut probabilities = Vec::new();
        for word in line.split(' ') {
            let company = word.strip_prefix('[').map(|text| (text, "B-COMPANY"));
            let address = word.strip_prefix('{').map(|text| (text, "B-ADDRESS"));
            let (text, tag) = company.or(address).unwrap_or((word, "O"));
            let right = left + 10 * text.chars().count() as i64;
            let bbox = PixelBox::new(left, 0, right, 20);
            let text = text.to_string();
            words.push(Word { text, bbox, confidence: 1.0, line: 0, block: 0 });
            left = right + 8;
            probabilities.push(labels.names().iter().map(|name| f32::from(name == tag)).collect());
        }
        let page = Page {
            number: 1,
            size: PageSize::new(2000, 100),
            dpi: None,
            rotation: 0,
            source: WordSource::Ocr,
            words,
        };
        let prediction =
            PagePrediction { heads: vec![HeadPrediction { labels, probabilities }], pairs: None };
        let decoding = decode_page(&page, &prediction, &DecodeOptions::default()).expect("fits");
        for (entity, words) in decoding.entities.iter().zip(&decoding.words) {
            assert_eq!(entity.words.len(), words.len());
        }
        decoding.entities.into_iter().map(|entity| entity.text).collect()
    }

    #[test]
    fn a_name_fills_its_piece_of_line() {
        assert_eq!(found("[Theodor Est"), ["Theodor Est"]);
        assert_eq!(found("Lieferant [GmbH"), ["Lieferant GmbH"]);
        assert_eq!(found("Au bon [moulin SARL"), ["Au bon moulin SARL"]);
        assert_eq!(found("[Smith & Sons"), ["Smith & Sons"]);
    }

    #[test]
    fn colons_and_separators_end_the_piece() {
        assert_eq!(found("Kunde: [Theodor Est"), ["Theodor Est"]);
        assert_eq!(found("[Bei Spiel · {Hauptstr. 5"), ["Bei Spiel", "Hauptstr."]);
        assert_eq!(found("[Spiel, in Berlin"), ["Spiel,"]);
    }

    #[test]
    fn a_name_among_numbers_or_in_running_text_stays_as_it_is() {
        assert_eq!(found("[Acme Ltd Reg 12345"), ["Acme"]);
        assert_eq!(found("[Acme {Street"), ["Acme", "Street"]);
        assert_eq!(found("we at [Acme are glad to be of service"), ["Acme"]);
    }
}
