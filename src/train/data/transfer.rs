//! Labels from one reading of a page to another: from annotated words to those of OCR.
//!
//! A model that will read Tesseract's words is best trained on them too, with their broken, glued and
//! mistaken words. Each word takes the label of the annotated word it shows: the one that stands at
//! its place and reads most like it. Annotated boxes may be apportioned and off by a letter or two, so
//! text and place are weighed together.

use super::Sample;
use super::align::align_keys;
use super::align::stream::{fold, similarity};
use super::rows::{shared_height, shared_width};
use crate::document::Word;
use crate::geometry::PixelBox;
use std::collections::BTreeMap;

/// Share of the lower box's height that two words of one line have in common at least.
const SAME_LINE: f32 = 0.3;
/// A pair is trusted by its text from this similarity on,
const SURE_TEXT: f32 = 0.6;
/// and by its place alone where at least this share of the narrower word's width is common.
const SURE_PLACE: f32 = 0.5;
/// A word glued from several takes a label that at least this share of its width shows.
const GLUED_SHARE: f32 = 0.35;

/// The same page with `words` in place of its own; tags, links and segments moved to them.
///
/// Keys of `truth` that reached no word are searched in the new words' text. Words keep their order.
pub fn transfer_labels(truth: &Sample, words: &[Word]) -> Sample {
    let entity_of = entities(&truth.tags);
    let folded: Vec<Vec<char>> = truth.words.iter().map(|word| fold(&word.text)).collect();
    let sources: Vec<Option<usize>> =
        words.iter().map(|word| source_of(truth, &folded, &entity_of, word)).collect();
    let mut moved = Sample { words: words.to_vec(), ..truth.clone() };
    moved.segments = segments(truth, &sources, words);
    moved.ignore = sources
        .iter()
        .map(|source| source.is_some_and(|s| truth.ignore.get(s).copied().unwrap_or(false)))
        .collect();
    if !moved.ignore.contains(&true) {
        moved.ignore.clear();
    }
    let (tags, first_word_of) = tags(truth, &entity_of, &sources);
    moved.tags = tags;
    moved.links = truth
        .links
        .iter()
        .filter_map(|(from, to)| {
            let new = |old: &usize| {
                let entity = entity_of.get(*old).copied().flatten()?;
                first_word_of.get(&entity).copied()
            };
            Some((new(from)?, new(to)?))
        })
        .collect();
    if !truth.tags.is_empty() {
        find_lost_keys(&mut moved);
    }
    moved
}

/// Number of the entity each word belongs to, by its BIO tag.
fn entities(tags: &[String]) -> Vec<Option<usize>> {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    tags.iter()
        .map(|tag| {
            let name = tag.get(2..)?;
            // `I` goes on with the last entity of its name, over a gap too: an address may run round
            // other text.
            if tag.starts_with("B-") || !open.contains_key(name) {
                open.insert(name, count);
                count += 1;
            }
            open.get(name).copied()
        })
        .collect()
}

/// The annotated word that `word` shows.
fn source_of(
    truth: &Sample,
    folded: &[Vec<char>],
    entity_of: &[Option<usize>],
    word: &Word,
) -> Option<usize> {
    let text = fold(&word.text);
    let near: Vec<usize> = (0..truth.words.len())
        .filter(|&index| is_near(truth.words[index].bbox, word.bbox))
        .collect();
    let score = |index: usize| {
        let bbox = truth.words[index].bbox;
        let alike = similarity(&folded[index], &text);
        let place = shared_width(bbox, word.bbox);
        (alike, place, alike + 0.5 * place + 0.5 * shared_height(bbox, word.bbox))
    };
    let best = near.iter().copied().max_by(|&a, &b| score(a).2.total_cmp(&score(b).2))?;
    let (alike, place, _) = score(best);
    if alike >= SURE_TEXT {
        return Some(best);
    }
    // Several annotated words in one: a labelled one that fills enough of it is what it is for.
    let filled = |index: usize| {
        let bbox = truth.words[index].bbox;
        bbox.right().min(word.bbox.right()).saturating_sub(bbox.left().max(word.bbox.left())) as f32
            / word.bbox.width().max(1) as f32
    };
    let labelled = near
        .iter()
        .copied()
        .filter(|&index| entity_of.get(index).copied().flatten().is_some())
        .filter(|&index| filled(index) >= GLUED_SHARE)
        .max_by(|&a, &b| filled(a).total_cmp(&filled(b)));
    labelled.or((place >= SURE_PLACE).then_some(best))
}

/// In one line, and no further apart than the boxes may be wrong.
fn is_near(annotated: PixelBox, read: PixelBox) -> bool {
    let slack = annotated.height().max(read.height());
    let gap = annotated
        .left()
        .saturating_sub(read.right())
        .max(read.left().saturating_sub(annotated.right()));
    shared_height(annotated, read) >= SAME_LINE && gap <= slack
}

/// Tags of the new words, and the first new word of each entity.
fn tags(
    truth: &Sample,
    entity_of: &[Option<usize>],
    sources: &[Option<usize>],
) -> (Vec<String>, BTreeMap<usize, usize>) {
    if truth.tags.is_empty() {
        return (Vec::new(), BTreeMap::new());
    }
    let mut first_word_of = BTreeMap::new();
    let tags = sources
        .iter()
        .enumerate()
        .map(|(index, source)| {
            let found = source.and_then(|s| Some((entity_of[s]?, truth.tags[s].get(2..)?)));
            let Some((entity, name)) = found else { return "O".to_string() };
            let begins = *first_word_of.entry(entity).or_insert(index) == index;
            format!("{}-{name}", if begins { "B" } else { "I" })
        })
        .collect();
    (tags, first_word_of)
}

/// The segment of the annotated word, or the word's own box where it shows none.
fn segments(truth: &Sample, sources: &[Option<usize>], words: &[Word]) -> Vec<PixelBox> {
    if truth.segments.is_empty() {
        return Vec::new();
    }
    let own = words.iter().map(|word| word.bbox);
    sources.iter().zip(own).map(|(s, own)| s.map_or(own, |s| truth.segments[s])).collect()
}

/// Labels keys that no word got, by their text.
fn find_lost_keys(sample: &mut Sample) {
    let mut lost = sample.truth.clone();
    lost.retain(|key, _| {
        let has = |tag: &String| tag.get(2..).is_some_and(|name| name.eq_ignore_ascii_case(key));
        sample.annotated.contains(key) && !sample.tags.iter().any(has)
    });
    if lost.is_empty() {
        return;
    }
    let found = align_keys(&sample.words, &lost).tags(sample.words.len());
    for (tag, new) in sample.tags.iter_mut().zip(found) {
        if tag == "O" && new != "O" {
            *tag = new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use proptest::prelude::*;

    fn word(text: &str, left: i64, top: i64, width: i64) -> Word {
        let bbox = PixelBox::new(left, top, left + width, top + 20);
        Word { text: text.to_string(), bbox, confidence: 1.0, line: 0, block: 0 }
    }

    fn truth() -> Sample {
        let words = vec![
            word("BLUE", 0, 0, 40),
            word("LAMP", 50, 0, 40),
            word("TOTAL:", 0, 40, 60),
            word("12.50", 70, 40, 50),
            word("CASH", 0, 70, 40),
            word("12.50", 70, 70, 50),
        ];
        let mut sample = Sample::unlabelled("t", "test", PageSize::new(200, 100), words);
        sample.annotated = vec!["company".into(), "total".into()];
        sample.tags =
            ["B-COMPANY", "I-COMPANY", "O", "B-TOTAL", "O", "O"].map(String::from).to_vec();
        sample.truth = BTreeMap::from([("total".to_string(), "12.50".to_string())]);
        sample
    }

    #[test]
    fn misread_and_shifted_words_keep_their_label() {
        let read = [
            word("BLVE", 4, 2, 38),
            word("LAMP", 58, 1, 40),
            word("TOTAL:", 2, 41, 60),
            word("IZ.5O", 66, 39, 52),
            word("CASH", 0, 71, 40),
            word("12.50", 72, 70, 50),
        ];
        assert_eq!(transfer_labels(&truth(), &read).tags, truth().tags);
    }

    #[test]
    fn glued_and_split_words_take_the_label_they_show() {
        let read =
            [word("BLUELAMP", 0, 0, 90), word("TOTAL:12.50", 0, 40, 120), word("CASH", 0, 70, 40)];
        assert_eq!(transfer_labels(&truth(), &read).tags, ["B-COMPANY", "B-TOTAL", "O"]);
        let read = [word("BL", 0, 0, 18), word("UE", 20, 0, 20), word("12", 70, 40, 22)];
        let moved = transfer_labels(&truth(), &read);
        assert_eq!(moved.tags, ["B-COMPANY", "I-COMPANY", "B-TOTAL"]);
    }

    #[test]
    fn links_follow_their_entities_and_fall_with_lost_ones() {
        let mut forms = truth();
        forms.links = vec![(0, 3)];
        let read = [word("12.50", 70, 40, 50), word("LAMP", 50, 0, 40), word("noise", 150, 90, 30)];
        assert_eq!(transfer_labels(&forms, &read).links, [(1, 0)]);
        assert!(transfer_labels(&forms, &read[1..]).links.is_empty());
    }

    #[test]
    fn key_that_stands_elsewhere_is_found_by_its_text() {
        let read = [word("TOTAL", 100, 80, 60), word("12.50", 165, 80, 30)];
        let mut moved_page = truth();
        moved_page.words[5].bbox = PixelBox::new(0, 0, 1, 1);
        assert_eq!(transfer_labels(&moved_page, &read).tags, ["O", "B-TOTAL"]);
    }

    /// Labels on words of OCR, over every twelfth receipt:
    /// `LAYOUTLM_SROIE=DIR/train cargo test --lib data::transfer -- --ignored --nocapture`.
    #[cfg(feature = "ocr")]
    #[test]
    #[ignore = "needs the data set and Tesseract"]
    fn alignment_on_words_of_ocr() {
        use crate::ocr::{Recognizer, SegmentationMode, TesseractOptions, open};
        use crate::train::data::{Picture, report::AlignmentReport, sroie};
        let Some(dir) = std::env::var_os("LAYOUTLM_SROIE") else { return };
        let psm = SegmentationMode::Fixed(6);
        let options = TesseractOptions { psm, ..TesseractOptions::default() };
        let engine: Box<dyn Recognizer> = open(&options).unwrap();
        let samples = sroie::read(std::path::Path::new(&dir)).unwrap();
        let (mut moved, mut searched) = (Vec::new(), Vec::new());
        for sample in samples.iter().step_by(12) {
            let Some(Picture::File(path)) = &sample.picture else { continue };
            let image = image::open(path).unwrap().into_rgb8();
            let page = crate::input::PageImage { number: 1, image, dpi: None, text_layer: None };
            let words = engine.recognize(&page).unwrap().words;
            moved.push(transfer_labels(sample, &words));
            let tags = align_keys(&words, &sample.truth).tags(words.len());
            searched.push(Sample { words, tags, ..sample.clone() });
        }
        let report = AlignmentReport::of(&moved);
        for (id, key, found, value) in &report.misses {
            eprintln!("{id} {key}\n  found {found}\n  given {value}");
        }
        eprintln!("moved by place and text: {report}");
        eprintln!("searched by text alone: {}", AlignmentReport::of(&searched));
    }

    proptest! {
        #[test]
        fn transfer_never_panics_and_labels_every_word(
            read in prop::collection::vec(("[A-Z0-9.:]{0,8}", 0i64..220, 0i64..110, 0i64..90), 0..12)
        ) {
            let words: Vec<Word> = read.iter().map(|(t, x, y, w)| word(t, *x, *y, *w)).collect();
            let moved = transfer_labels(&truth(), &words);
            prop_assert_eq!(moved.tags.len(), words.len());
            moved.check().unwrap();
        }

        #[test]
        fn transfer_onto_the_same_words_changes_nothing(seed in 0usize..6) {
            let mut sample = truth();
            sample.words.truncate(6 - seed.min(2));
            sample.tags.truncate(6 - seed.min(2));
            let moved = transfer_labels(&sample, &sample.words.clone());
            prop_assert_eq!(moved.tags, sample.tags);
        }
    }
}
