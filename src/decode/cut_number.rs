//! Numbers that go on in the next line: `714c20e4-05c4-44b8-8b2d-` above `a0e94224b92c`.

use super::field_names::NUMBER;
use super::fields::is_field_label;
use super::neighbours::{piece_of, share_line};
use super::page::PageDecoding;
use super::surplus::digits;
use crate::document::Page;

/// Takes the word at the beginning of the next line into every number that ends with a dash.
pub fn complete_cut_numbers(decoding: &mut PageDecoding, page: &Page) {
    for index in 0..decoding.entities.len() {
        let entity = &decoding.entities[index];
        if entity.label != NUMBER || !entity.text.ends_with('-') {
            continue;
        }
        let words = decoding.words[index].clone();
        let rest = words.last().and_then(|&last| rest_of(page, last));
        let mut fields = decoding.entities.iter().zip(&decoding.words);
        let is_free = |rest: &usize| {
            !fields.any(|(field, of)| is_field_label(&field.label) && of.contains(rest))
        };
        if let Some(rest) = rest.filter(is_free) {
            decoding.set_words(index, page, words.into_iter().chain([rest]).collect());
        }
    }
}

/// The word below that goes on with one: of letters and figures, where that one's column or its line begins.
fn rest_of(page: &Page, last: usize) -> Option<usize> {
    /// In heights.
    const BELOW: f32 = 1.5;
    const ALIGNED: u32 = 1;
    let words = &page.words;
    let own = words[last].bbox;
    let begins = words[piece_of(words, last).start].bbox.left();
    (last + 1..words.len()).find(|&word| {
        let (bbox, text) = (words[word].bbox, words[word].text.as_str());
        let gap = bbox.top() as f32 - own.bottom() as f32;
        let aligned = |left: u32| bbox.left().abs_diff(left) <= ALIGNED * own.height();
        digits(text) > 0
            && text.chars().all(char::is_alphanumeric)
            && !share_line(&words[last], &words[word])
            && gap < BELOW * own.height() as f32
            && bbox.top() > own.top()
            && (aligned(begins) || aligned(own.left()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::page::{DecodeOptions, HeadPrediction, PagePrediction, decode_page};
    use crate::decode::test_words;
    use crate::document::WordSource;
    use crate::geometry::PageSize;
    use crate::labels::LabelSet;

    /// The number of a page whose model sees the word that ends with a dash.
    fn number(lines: &[&[&str]]) -> String {
        let words = test_words::page(lines);
        let labels = LabelSet::bio(&[NUMBER]);
        let seen = |text: &str| if text.ends_with('-') { [0.0, 1.0, 0.0] } else { [1.0, 0.0, 0.0] };
        let probabilities = words.iter().map(|word| seen(&word.text).to_vec()).collect();
        let heads = vec![HeadPrediction { labels, probabilities }];
        let page = Page {
            number: 1,
            size: PageSize::new(1000, 1000),
            dpi: None,
            rotation: 0,
            source: WordSource::Ocr,
            words,
        };
        let prediction = PagePrediction { heads, ..PagePrediction::default() };
        let decoding = decode_page(&page, &prediction, &DecodeOptions::default()).unwrap();
        let number = &decoding.entities[0];
        crate::decode::value::plain(number.value.as_ref(), &number.text)
    }

    /// As seen on a Polish receipt and an Austrian invoice.
    #[test]
    fn a_number_goes_on_where_its_line_or_column_begins() {
        let receipt: &[&[&str]] = &[&["Nr paragonu: 714c20e4-8b2d-"], &["a0e94224b92c"]];
        assert_eq!(number(receipt), "714c20e4-8b2d-a0e94224b92c");
        let column: &[&[&str]] = &[&["Handelsgericht", "EU-2025-"], &["Wien", "00142"]];
        assert_eq!(number(column), "EU-2025-00142");
        let other: &[&[&str]] = &[&["Nr: 714c20e4-8b2d-"], &["_", "_", "00142"]];
        assert_eq!(number(other), "714c20e4-8b2d-");
    }
}
