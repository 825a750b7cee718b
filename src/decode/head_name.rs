//! The seller's name that stands at the head of a page, where the model sees no name at all.

use super::caption_words::caption_at;
use super::field_names::is_heading;
use super::neighbours::share_line;
use super::surplus::digits;
use crate::document::Word;

/// Of the first lines with words so many are looked at.
const LINES: usize = 3;
/// Words of such a name at most, and letters at least.
const MOST_WORDS: usize = 5;
const FEWEST_LETTERS: usize = 3;
/// A line that is read less surely tells nothing.
const SURELY: f32 = 0.6;

/// The words of the first line that may be a name; `known` are words that are something else.
pub fn name_at_head(words: &[Word], known: &[usize]) -> Option<Vec<usize>> {
    let lines = first_lines(words);
    lines.into_iter().find(|line| may_be_name(words, line, known))
}

/// The highest lines of a page that have a word of some letters.
fn first_lines(words: &[Word]) -> Vec<Vec<usize>> {
    let is_word =
        |word: &Word| word.text.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST_LETTERS;
    let mut rest: Vec<usize> = (0..words.len()).collect();
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let highest = rest.iter().copied().filter(|&at| is_word(&words[at]));
        let Some(first) = highest.min_by_key(|&at| words[at].bbox.top()) else { break };
        let (mut line, others): (Vec<usize>, Vec<usize>) =
            rest.iter().partition(|&&at| at == first || share_line(&words[first], &words[at]));
        line.sort_by_key(|&at| words[at].bbox.left());
        rest = others;
        lines.push(line);
    }
    lines
}

fn may_be_name(words: &[Word], line: &[usize], known: &[usize]) -> bool {
    let text = |at: usize| words[at].text.as_str();
    let texts: Vec<&str> = line.iter().map(|&at| text(at)).collect();
    let sure = line.iter().map(|&at| words[at].confidence).sum::<f32>() / line.len() as f32;
    line.len() <= MOST_WORDS
        && sure >= SURELY
        && texts.iter().all(|text| digits(text) == 0 && !text.contains(['@', '*', '>', '=']))
        && texts[0].starts_with(char::is_uppercase)
        && !texts.iter().any(|text| text.ends_with(':'))
        && !is_heading(&texts.join(" "))
        && !line.iter().any(|at| known.contains(at) || caption_at(words, *at).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    fn name(lines: &[&[&str]]) -> Option<String> {
        let words = page(lines);
        let found = name_at_head(&words, &[])?;
        Some(found.iter().map(|&at| words[at].text.as_str()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_first_line_of_a_receipt_names_the_shop() {
        let receipt: &[&[&str]] = &[&["IHOP"], &["IHOP Store # 9005"], &["Tbl 11/1 Chk 9557"]];
        assert_eq!(name(receipt).as_deref(), Some("IHOP"));
        let behind: &[&[&str]] = &[&[">"], &["RECEIPT"], &["TIPSY MOOSE"], &["5/16/22 9:14 PM"]];
        assert_eq!(name(behind).as_deref(), Some("TIPSY MOOSE"));
    }

    #[test]
    fn items_addresses_and_captions_are_no_names() {
        assert_eq!(name(&[&["ALPRO 750G 25,95"], &["DIPMIX 4,06"]]), None);
        assert_eq!(
            name(&[&["341 PLYMOUTH STREET"], &["HALIFAX, MA 02338"], &["Telephone: 293"]]),
            None
        );
        assert_eq!(name(&[&["Invoice Date"], &["one of us is here today again"]]), None);
        assert_eq!(name(&[]), None);
    }
}
