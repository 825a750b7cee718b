//! Whole documents: repeatable, boxes on ink, labels that agree with the truth.
//!
//! They need fonts; DejaVu is in the set-up list, and without any font they are skipped aloud.

use super::document::SynthWord;
use super::*;
use crate::geometry::PageSize;
use crate::lexicon::Term;
use crate::synth::mark::Field;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FONTS: LazyLock<Option<FontBook>> =
    LazyLock::new(|| FontBook::load(&FontBook::default_directories()).ok());

fn generator(options: SynthOptions) -> Option<Generator> {
    if FONTS.is_none() {
        eprintln!("skipped: no fonts on this machine");
    }
    FontBook::load(&FontBook::default_directories())
        .ok()
        .and_then(|fonts| Generator::new(options, fonts).ok())
}

#[test]
fn every_language_has_every_term() {
    for language in Language::ALL {
        for term in Term::ALL {
            let count = lexicon_of(*language).all(*term).len();
            assert!(count > 0, "{} lacks {}", language.code(), term.key());
        }
        assert_eq!(lexicon_of(*language).all(Term::Months).len(), 12);
        assert_eq!(lexicon_of(*language).all(Term::MonthsShort).len(), 12);
    }
}

#[test]
fn lexicon_files_have_no_unknown_keys() {
    for language in Language::ALL {
        for line in language.words().lines().filter(|l| !l.starts_with([';', '|'])) {
            let Some((key, _)) = line.split_once(" =") else { continue };
            let known = Term::ALL.iter().any(|t| t.key() == key.trim());
            assert!(known, "{}: {key}", language.code());
        }
    }
}

#[test]
fn some_font_writes_every_word_of_every_language() {
    let Some(fonts) = FONTS.as_ref() else { return };
    for language in Language::ALL {
        let lexicon = lexicon_of(*language);
        let mut letters: Vec<char> =
            Term::ALL.iter().flat_map(|t| lexicon.all(*t)).flat_map(|w| w.chars()).collect();
        letters.sort_unstable();
        letters.dedup();
        let declared = lexicon.all(Term::Letters).concat();
        for letter in letters.into_iter().filter(|c| !c.is_ascii()) {
            assert!(declared.contains(letter), "{}: `{letter}` undeclared", language.code());
        }
        fonts.require(*language, lexicon).unwrap();
    }
}

#[test]
fn same_seed_and_index_give_the_same_document() {
    let options = || SynthOptions { dpi: 60.0, ..SynthOptions::default() };
    let (Some(one), Some(two)) = (generator(options()), generator(options())) else { return };
    for index in [0, 3, 11] {
        let (a, b) = (one.document(index), two.document(index));
        assert_eq!(a.words, b.words);
        assert_eq!(a.picture, b.picture);
    }
    assert_ne!(one.document(0).words, one.document(1).words);
}

#[test]
fn boxes_lie_on_the_page_and_hold_ink() {
    let options = SynthOptions { dpi: 72.0, degrade: false, ..SynthOptions::default() };
    let Some(generator) = generator(options) else { return };
    for index in 0..40 {
        let document = generator.document(index);
        let picture = document.picture.as_ref().unwrap();
        assert_eq!(document.size, PageSize::new(picture.width(), picture.height()));
        assert!(document.words.len() > 5, "document {index}");
        for SynthWord { word, .. } in &document.words {
            assert_eq!(word.bbox, word.bbox.clamp_to(document.size));
            let columns = word.bbox.left()..word.bbox.right();
            let pixels = columns
                .flat_map(|x| (word.bbox.top()..word.bbox.bottom()).map(move |y| (x, y)))
                .map(|(x, y)| picture.get_pixel(x, y).0);
            let values: Vec<u8> = pixels.map(|p| p[1]).collect();
            let spread = values.iter().max().unwrap() - values.iter().min().unwrap();
            assert!(spread > 40 || values.len() < 12, "document {index}: `{}`", word.text);
        }
    }
}

#[test]
fn labels_agree_with_the_stated_values() {
    let options = SynthOptions { dpi: 50.0, picture: false, ..SynthOptions::default() };
    let Some(generator) = generator(options) else { return };
    for index in 0..150 {
        let document = generator.document(index);
        let sample = document.to_typed_sample();
        sample.check().unwrap();
        document.to_form_sample().check().unwrap();
        for (name, printed) in &sample.truth {
            let Some(value) = document.values.get(name) else { continue };
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            match name.as_str() {
                "total" => assert_eq!(digits(printed), digits(value), "document {index}"),
                "company" => assert_eq!(printed, value, "document {index}"),
                "invoice_number" => {
                    let bare = printed.trim_start_matches('#').trim_end_matches([',', '.']);
                    assert_eq!(bare, value, "document {index}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn invoices_bills_and_receipts_state_what_is_to_be_found() {
    for kind in [Kind::Invoice, Kind::Receipt, Kind::AccountBill, Kind::InvoiceLetter] {
        let options = SynthOptions {
            kinds: vec![(1, kind)],
            dpi: 50.0,
            picture: false,
            ..SynthOptions::default()
        };
        let Some(generator) = generator(options) else { return };
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for index in 0..100 {
            let truth = generator.document(index).to_typed_sample().truth;
            for field in [Field::Company, Field::Date, Field::Total, Field::InvoiceNumber] {
                *found.entry(field.name()).or_default() +=
                    usize::from(truth.contains_key(field.name()));
            }
        }
        assert_eq!(found["company"], 100, "{kind:?}");
        assert_eq!(found["date"], 100, "{kind:?}");
        assert_eq!(found["total"], 100, "{kind:?}");
        assert!(found["invoice_number"] > 70, "{kind:?}");
    }
}

#[test]
fn letters_articles_and_forms_have_no_fields_and_forms_have_links() {
    for kind in [Kind::Letter, Kind::Article, Kind::Form] {
        let options = SynthOptions {
            kinds: vec![(1, kind)],
            dpi: 50.0,
            picture: false,
            ..SynthOptions::default()
        };
        let Some(generator) = generator(options) else { return };
        let mut links = 0;
        for index in 0..40 {
            let document = generator.document(index);
            let sample = document.to_typed_sample();
            assert!(sample.tags.iter().all(|t| t == "O"), "{kind:?} {index}");
            assert!(sample.truth.is_empty());
            links += document.to_form_sample().links.len();
        }
        assert!(kind != Kind::Form || links > 400, "{links}");
    }
}
