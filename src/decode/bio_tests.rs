//! Tests of grouping: pages are written as rows of (text, box), tags as names.

use super::*;
use crate::document::WordSource;
use crate::geometry::PageSize;
use proptest::prelude::*;

fn word(text: &str, x: u32, y: u32) -> Word {
    let right = i64::from(x) + 10 * text.len() as i64;
    Word {
        text: text.to_string(),
        bbox: PixelBox::new(x.into(), y.into(), right, i64::from(y) + 20),
        confidence: 0.9,
        line: 0,
        block: 0,
    }
}

/// Words on one line, close together.
fn line(texts: &[&str]) -> Vec<Word> {
    let mut x = 0;
    texts
        .iter()
        .map(|text| {
            let placed = word(text, x, 0);
            x = placed.bbox.right() + 8;
            placed
        })
        .collect()
}

fn labels() -> LabelSet {
    LabelSet::bio(&["company", "total"])
}

/// One row per tag name, sure to `p`, the rest spread evenly.
fn rows(labels: &LabelSet, tags: &[&str], p: f32) -> Vec<Vec<f32>> {
    let rest = (1.0 - p) / (labels.len() - 1) as f32;
    let row = |tag: &&str| labels.names().iter().map(|n| if n == tag { p } else { rest }).collect();
    tags.iter().map(row).collect()
}

fn groups(words: &[Word], tags: &[&str]) -> Vec<(usize, Vec<usize>)> {
    let labels = labels();
    let found = spans(words, &rows(&labels, tags, 0.9), &labels, BioOptions::default());
    found.expect("fits").into_iter().map(|span| (span.label, span.words)).collect()
}

#[test]
fn an_inside_tag_without_a_beginning_starts_an_entity() {
    let words = line(&["a", "b", "c", "d", "e", "f"]);
    let found = groups(&words, &["I-COMPANY", "I-COMPANY", "O", "I-TOTAL", "O", "I-COMPANY"]);
    assert_eq!(found, [(0, vec![0, 1]), (1, vec![3]), (0, vec![5])]);
}

#[test]
fn a_beginning_splits_neighbours_of_one_label() {
    let words = line(&["a", "b", "c"]);
    let found = groups(&words, &["B-COMPANY", "B-COMPANY", "I-COMPANY"]);
    assert_eq!(found, [(0, vec![0]), (0, vec![1, 2])]);
}

#[test]
fn two_unsure_halves_of_a_label_outweigh_outside() {
    let labels = labels();
    let row = vec![vec![0.4, 0.3, 0.3, 0.0, 0.0]];
    let found = spans(&line(&["a"]), &row, &labels, BioOptions::default()).expect("fits");
    assert_eq!(found.len(), 1);
    assert!((found[0].score - 0.6).abs() < 1e-6);
    let simple = BioOptions { aggregation: Aggregation::Simple, ..BioOptions::default() };
    assert!(spans(&line(&["a"]), &row, &labels, simple).expect("fits").is_empty());
}

#[test]
fn without_aggregation_every_labelled_word_stands_alone() {
    let labels = labels();
    let words = line(&["a", "b"]);
    let options = BioOptions { aggregation: Aggregation::None, ..BioOptions::default() };
    let found = spans(&words, &rows(&labels, &["B-TOTAL", "I-TOTAL"], 0.9), &labels, options)
        .expect("fits");
    assert_eq!(found.len(), 2);
}

#[test]
fn an_entity_goes_on_under_itself_past_words_of_the_other_column() {
    // Two columns read row by row: address lines left, invoice data right.
    let words = vec![
        word("ACME", 0, 0),
        word("Invoice", 400, 0),
        word("12", 500, 0),
        word("LTD", 0, 26),
        word("Date", 400, 26),
    ];
    let found = groups(&words, &["B-COMPANY", "O", "O", "I-COMPANY", "O"]);
    assert_eq!(found, [(0, vec![0, 3])]);
}

#[test]
fn an_inside_tag_in_another_column_starts_anew() {
    let words = vec![word("ACME", 0, 0), word("x", 100, 0), word("LTD", 400, 26)];
    let found = groups(&words, &["B-COMPANY", "O", "I-COMPANY"]);
    assert_eq!(found, [(0, vec![0]), (0, vec![2])]);
}

#[test]
fn an_entity_is_cut_where_the_page_leaves_a_great_gap() {
    let words = vec![word("ACME", 0, 0), word("LTD", 0, 300)];
    assert_eq!(groups(&words, &["B-COMPANY", "I-COMPANY"]).len(), 2);
    let near = vec![word("ACME", 0, 0), word("LTD", 0, 50)];
    assert_eq!(groups(&near, &["B-COMPANY", "I-COMPANY"]).len(), 1);
}

#[test]
fn key_and_value_of_one_entity_may_stand_at_both_margins() {
    // CORD labels `TOTAL … 23,000` as one entity.
    let words = vec![word("TOTAL", 0, 0), word("23,000", 500, 0)];
    assert_eq!(groups(&words, &["B-TOTAL", "I-TOTAL"]).len(), 1);
}

#[test]
fn a_far_word_needs_less_evidence_for_a_new_entity() {
    let labels = labels();
    // I-TOTAL .55, B-TOTAL .35.
    let unsure = vec![0.1, 0.0, 0.0, 0.35, 0.55];
    let first = vec![0.0, 0.0, 0.0, 1.0, 0.0];
    let count = |x: u32| {
        let words = vec![word("1.00", 0, 0), word("2.00", x, 0)];
        let found = spans(&words, &[first.clone(), unsure.clone()], &labels, BioOptions::default());
        found.expect("fits").len()
    };
    assert_eq!((count(48), count(600)), (1, 2));
}

#[test]
fn a_change_of_label_needs_a_word_that_looks_like_a_beginning() {
    let labels = labels();
    // The second word is a little more TOTAL than COMPANY, but plainly no beginning.
    let rows = vec![vec![0.0, 0.9, 0.0, 0.1, 0.0], vec![0.1, 0.0, 0.4, 0.0, 0.5]];
    let labels_of = |constrained: bool| -> Vec<usize> {
        let options = BioOptions { constrained, ..BioOptions::default() };
        let found = spans(&line(&["a", "b"]), &rows, &labels, options).expect("fits");
        found.into_iter().map(|span| span.label).collect()
    };
    assert_eq!(labels_of(true), [0]);
    assert_eq!(labels_of(false), [0, 1]);
}

#[test]
fn an_entity_takes_text_box_and_confidence_from_its_words() {
    let page = Page {
        number: 2,
        size: PageSize::new(800, 600),
        dpi: None,
        rotation: 0,
        source: WordSource::Ocr,
        words: vec![word("RM", 10, 20), word(" ", 40, 20), word("23.60", 60, 22)],
    };
    let span = Span { label: 1, words: vec![0, 1, 2], score: 0.8 };
    let entity = entity(&page, &span, &labels(), 7).expect("has words");
    assert_eq!((entity.text.as_str(), entity.label.as_str()), ("RM 23.60", "total"));
    assert_eq!((entity.id, entity.page), (7, 2));
    assert_eq!(entity.bbox, PixelBox::new(10, 20, 110, 42));
    assert!((entity.ocr_confidence - 0.9).abs() < 1e-6);
    assert_eq!(entity.words.len(), 3);
}

#[test]
fn rows_that_do_not_fit_are_an_error() {
    let error = spans(&line(&["a"]), &[], &labels(), BioOptions::default()).unwrap_err();
    assert_eq!((error.stage, error.code), (Stage::Decode, ErrorCode::LabelsMismatch));
}

/// Any tag sequence in which every `I-x` follows `B-x` or `I-x`.
fn valid_tags() -> impl Strategy<Value = Vec<Tag>> {
    prop::collection::vec((0usize..3, 0usize..2), 0..40).prop_map(|choices| {
        let mut tags = Vec::new();
        for (kind, label) in choices {
            let goes_on = match tags.last() {
                Some(Tag::Begin(held) | Tag::Inside(held)) => *held == label,
                _ => false,
            };
            tags.push(match kind {
                0 => Tag::Outside,
                2 if goes_on => Tag::Inside(label),
                _ => Tag::Begin(label),
            });
        }
        tags
    })
}

proptest! {
    #[test]
    fn tags_to_spans_to_tags_is_identity(tags in valid_tags()) {
        prop_assert_eq!(tags_of_spans(tags.len(), &spans_of_tags(&tags)), tags);
    }

    #[test]
    fn sure_probabilities_give_back_their_tags(tags in valid_tags(), constrained: bool) {
        let labels = labels();
        let names: Vec<&str> = tags
            .iter()
            .map(|tag| labels.names()[labels.id_of(*tag).expect("bio")].as_str())
            .collect();
        let words = line(&vec!["word"; tags.len()]);
        let options = BioOptions { constrained, ..BioOptions::default() };
        let found = spans(&words, &rows(&labels, &names, 0.9), &labels, options).expect("fits");
        prop_assert_eq!(tags_of_spans(tags.len(), &found), tags);
    }

    #[test]
    fn any_probabilities_give_disjoint_ordered_spans(
        raw in prop::collection::vec(prop::collection::vec(0.0f32..1.0, 5), 0..30),
        places in prop::collection::vec((0u32..900, 0u32..900), 30),
        constrained: bool,
    ) {
        let words: Vec<Word> =
            raw.iter().zip(&places).map(|(_, (x, y))| word("w", *x, *y)).collect();
        let options = BioOptions { constrained, ..BioOptions::default() };
        let found = spans(&words, &raw, &labels(), options).expect("fits");
        let mut seen = vec![false; words.len()];
        for span in &found {
            prop_assert!(!span.words.is_empty());
            prop_assert!(span.words.windows(2).all(|pair| pair[0] < pair[1]));
            for word in &span.words {
                prop_assert!(!std::mem::replace(&mut seen[*word], true));
            }
        }
        prop_assert!(found.windows(2).all(|pair| pair[0].words[0] < pair[1].words[0]));
    }
}
