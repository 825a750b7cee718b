//! Letters that a text layer leaves open: the font of a PDF draws glyphs and does not say which letters they are. A hyphen of a
//! height of its own between figures is such a glyph on the receipts of whole payment services.
//!
//! A word with a few of them is read, and the reading fills them where it has the others as they are known.

use super::reread::Rereader;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use image::GrayImage;

const UNKNOWN: char = char::REPLACEMENT_CHARACTER;
/// So many unknown letters make a word that is not told at all.
const FEWEST_UNTOLD: usize = 3;
/// Letters and digits that have to be known of a word to fill in the others.
const FEWEST_KNOWN: usize = 2;
/// Paper around a word that is read, in its heights.
const MARGIN: f32 = 0.1;

/// Whether a word has to be read as if the layer did not have it.
pub(super) fn is_untold(word: &Word) -> bool {
    unknown_in(&word.text) >= FEWEST_UNTOLD
}

/// Fills in what can be read of the letters that words lack.
///
/// # Errors
/// As reading lines.
pub(super) fn fill_in(words: &mut [Word], page: &GrayImage, lead: &Rereader) -> Result<()> {
    let known = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let is_partly_told = |word: &&mut Word| {
        let unknown = unknown_in(&word.text);
        unknown > 0 && known(&word.text) >= FEWEST_KNOWN.max(unknown)
    };
    let mut lacking: Vec<&mut Word> = words.iter_mut().filter(is_partly_told).collect();
    lacking.truncate(lead.options().most_pieces);
    let size = PageSize::new(page.width(), page.height());
    let boxes: Vec<PixelBox> =
        lacking.iter().map(|word| word.bbox.with_margin(MARGIN).clamp_to(size)).collect();
    if boxes.is_empty() {
        return Ok(());
    }
    for (word, reading) in lacking.iter_mut().zip(lead.read(page, &boxes)?) {
        if let Some(text) = filled(&word.text, &reading.text()) {
            word.text = text;
        }
    }
    Ok(())
}

fn unknown_in(text: &str) -> usize {
    text.chars().filter(|c| *c == UNKNOWN).count()
}

/// A text with its unknown letters as they were read, where all others were read as they are. One glyph alone may be of several
/// letters (`ft`).
fn filled(told: &str, read: &str) -> Option<String> {
    const LONGEST_LIGATURE: usize = 3;
    let read: Vec<char> = read.chars().filter(|c| !c.is_whitespace()).collect();
    let told: Vec<char> = told.chars().collect();
    let unknown = told.iter().filter(|c| **c == UNKNOWN).count();
    let more = read.len().checked_sub(told.len())?;
    if more > 0 && (unknown != 1 || more >= LONGEST_LIGATURE) {
        return None;
    }
    let mut rest = read.iter().copied();
    let mut text = String::new();
    for letter in told {
        if letter == UNKNOWN {
            text.extend(rest.by_ref().take(1 + more));
        } else if rest.next().is_some_and(|c| c.to_lowercase().eq(letter.to_lowercase())) {
            text.push(letter);
        } else {
            return None;
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ocr::reread::{Networks, Reread, RereadOptions};

    #[test]
    fn a_reading_fills_only_what_is_unknown() {
        assert_eq!(filled("FC276A99\u{fffd}0017", "FC276a99-0017").unwrap(), "FC276A99-0017");
        assert_eq!(filled("ADDRESS\u{fffd}", "ADDRESS :").unwrap(), "ADDRESS:");
        assert_eq!(
            filled("Geschä\u{fffd}sführer:", "Geschäftsführer:").unwrap(),
            "Geschäftsführer:"
        );
        assert_eq!(filled("A99\u{fffd}0017", "A99-O017"), None);
        assert_eq!(filled("A99\u{fffd}0017", "A990017"), None);
    }

    #[test]
    fn words_get_the_letters_that_their_font_does_not_tell() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/samples/receipt.jpg");
        let page = image::open(path).unwrap().to_luma8();
        let networks = Networks::embedded().unwrap();
        let lead = Rereader::new(networks, Reread::Auto, RereadOptions::default());
        let lines = lead.find_lines(&page).unwrap();
        let readings = lead.read(&page, &lines).unwrap();
        // The longest words, read surely, without one of their letters.
        let mut read: Vec<_> = readings.into_iter().flat_map(|reading| reading.words).collect();
        read.retain(|word| word.text.is_ascii() && word.confidence > 0.95);
        read.sort_by_key(|word| std::cmp::Reverse(word.text.len()));
        read.truncate(6);
        let lacking = |text: &str| format!("{}{UNKNOWN}{}", &text[..2], &text[3..]);
        let word = |text: String, bbox| Word { text, bbox, confidence: 1.0, line: 0, block: 0 };
        let mut words: Vec<Word> = read.iter().map(|of| word(lacking(&of.text), of.bbox)).collect();
        words.push(word(UNKNOWN.to_string(), read[0].bbox));
        fill_in(&mut words, &page, &lead).unwrap();
        let right = read.iter().zip(&words).filter(|(read, word)| read.text == word.text).count();
        assert!(right >= 4, "{words:?}");
        assert_eq!(words[read.len()].text, UNKNOWN.to_string());
        let all = word("\u{fffd}\u{fffd}\u{fffd}".into(), read[0].bbox);
        assert!(is_untold(&all) && !words.iter().take(1).any(is_untold));
    }
}
