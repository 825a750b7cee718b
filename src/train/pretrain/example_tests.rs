//! The three objectives on a page of ink: what must be blank is blank, what must be covered is covered.

use super::*;
use crate::geometry::PageSize;
use crate::train::objective::tim;
use image::Rgb;
use rand::SeedableRng;

/// The colour of everything that can be read.
const INK: Rgb<u8> = Rgb([120, 130, 140]);
const FOREIGN: Rgb<u8> = Rgb([7, 8, 9]);
const VOCABULARY: Vocabulary = Vocabulary { mask: 103, size: 30_000 };
const ALL: Objectives = Objectives { mvlm: true, tia: true, tim: true };

/// 20 lines of 6 words on a page of 1000×1000, all ink.
fn page() -> PageWindow {
    let (mut ids, mut boxes, mut words) = (vec![101], vec![NormBox::ZERO], vec![None]);
    let mut line_of_token = vec![None];
    for line in 0..20i64 {
        for column in 0..6i64 {
            ids.push(2000 + line * 6 + column);
            let (x, y) = (20 + column * 160, 20 + line * 48);
            boxes.push(NormBox::new(x, y, x + 130, y + 30));
            words.push(Some((line * 6 + column) as usize));
            line_of_token.push(Some(line as usize));
        }
    }
    ids.push(102);
    boxes.push(NormBox::ZERO);
    words.push(None);
    line_of_token.push(None);
    let lines = (0..20).map(|l| NormBox::new(20, 20 + l * 48, 950, 50 + l * 48)).collect();
    PageWindow {
        window: Window {
            token_types: vec![0; ids.len()],
            token_ids: ids,
            boxes,
            word_of_token: words,
        },
        line_of_token,
        lines,
        picture: Some(Arc::new(RgbImage::from_pixel(224, 224, INK))),
        document: "a".into(),
    }
}

fn foreign() -> RgbImage {
    RgbImage::from_pixel(224, 224, FOREIGN)
}

/// Colours of the pixels that lie wholly or partly in a box.
fn colors(picture: &RgbImage, bbox: NormBox) -> Vec<Rgb<u8>> {
    let [left, top, right, bottom] = bbox.to_array().map(|v| v as f64 * 0.224);
    let mut found = Vec::new();
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (x, y) = (f64::from(x), f64::from(y));
        if x < right && x + 1.0 > left && y < bottom && y + 1.0 > top {
            found.push(*pixel);
        }
    }
    assert!(!found.is_empty());
    found
}

fn draws(objectives: Objectives, count: u64) -> impl Iterator<Item = Prepared> {
    let (page, donor) = (page(), foreign());
    (0..count).map(move |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        prepare(&page, Some(&donor), objectives, VOCABULARY, &mut random)
    })
}

#[test]
fn masked_tokens_cannot_be_read_in_the_picture_and_their_layout_stays() {
    let page = page();
    let mut masked = 0;
    for drawn in draws(ALL, 60) {
        assert_eq!(drawn.window.boxes, page.window.boxes);
        for token in (0..page.window.len()).filter(|t| drawn.mvlm[*t] != IGNORED) {
            masked += 1;
            assert_eq!(drawn.mvlm[token], page.window.token_ids[token]);
            let colors = colors(&drawn.picture, page.window.boxes[token]);
            assert!(colors.iter().all(|c| *c == BLANK || *c == tia::COVER), "{colors:?}");
        }
    }
    assert_eq!(masked, 60 * 18, "15 % of 120 tokens");
}

#[test]
fn covered_lines_are_covered_and_labelled_and_no_others() {
    let page = page();
    let mut covered_lines = 0;
    for drawn in draws(ALL, 60).filter(|drawn| drawn.tim == tim::OWN) {
        for (line, bbox) in page.lines.iter().enumerate() {
            let colors = colors(&drawn.picture, *bbox);
            let is_covered = colors.iter().all(|c| *c == tia::COVER);
            covered_lines += usize::from(is_covered);
            for token in 0..page.window.len() {
                if page.line_of_token[token] != Some(line) {
                    continue;
                }
                let expected = if drawn.mvlm[token] != IGNORED {
                    IGNORED
                } else if is_covered {
                    tia::COVERED
                } else {
                    tia::NOT_COVERED
                };
                assert_eq!(drawn.tia[token], expected, "token {token}");
            }
            assert!(is_covered || colors.iter().all(|c| *c == INK || *c == BLANK));
        }
    }
    assert!(covered_lines > 0);
}

#[test]
fn pictures_of_other_documents_and_dropped_ones_are_labelled_on_cls() {
    let (mut own, mut replaced, mut dropped) = (0, 0, 0);
    for drawn in draws(ALL, 1_000) {
        let seen: Vec<Rgb<u8>> = drawn.picture.pixels().copied().collect();
        if seen.contains(&INK) {
            own += 1;
            assert_eq!(drawn.tim, tim::OWN);
            continue;
        }
        if seen.contains(&FOREIGN) {
            replaced += 1;
        } else {
            dropped += 1;
        }
        assert_eq!(drawn.tim, tim::OTHER);
        let asked = drawn.tia.iter().filter(|class| **class != IGNORED);
        assert!(asked.clone().count() > 90 && asked.clone().all(|class| *class == tia::COVERED));
        assert!(seen.contains(&tia::COVER), "lines are covered here too");
    }
    let share = |count: i32| f64::from(count) / 1_000.0;
    assert!((share(own) - 0.8).abs() < 0.04, "{own}");
    assert!((share(replaced) - 0.15).abs() < 0.04, "{replaced}");
    assert!((share(dropped) - 0.05).abs() < 0.025, "{dropped}");
}

#[test]
fn each_objective_can_be_left_out() {
    let page = page();
    let ignored = |list: &[i64]| list.iter().all(|class| *class == IGNORED);
    for drawn in draws(Objectives { mvlm: false, ..ALL }, 50) {
        assert_eq!(drawn.window.token_ids, page.window.token_ids);
        assert!(ignored(&drawn.mvlm) && !ignored(&drawn.tia) && drawn.tim != IGNORED);
    }
    for drawn in draws(Objectives { tia: false, ..ALL }, 50) {
        assert!(!drawn.picture.pixels().any(|pixel| *pixel == tia::COVER));
        assert!(!ignored(&drawn.mvlm) && ignored(&drawn.tia) && drawn.tim != IGNORED);
    }
    for drawn in draws(Objectives { tim: false, ..ALL }, 50) {
        assert!(drawn.picture.pixels().any(|pixel| *pixel == INK), "no picture is exchanged");
        assert!(!ignored(&drawn.mvlm) && !ignored(&drawn.tia) && drawn.tim == IGNORED);
    }
}

#[test]
fn a_page_without_a_picture_is_asked_for_words_alone() {
    let page = PageWindow { picture: None, ..page() };
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let drawn = prepare(&page, Some(&foreign()), ALL, VOCABULARY, &mut random);
    assert!(drawn.mvlm.iter().any(|id| *id != IGNORED));
    assert!(drawn.tia.iter().all(|class| *class == IGNORED) && drawn.tim == IGNORED);
    assert_eq!(drawn.picture, white_page());
}

#[test]
fn the_only_document_at_hand_keeps_its_picture_or_loses_it() {
    let page = page();
    for seed in 0..200 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let drawn = prepare(&page, None, ALL, VOCABULARY, &mut random);
        let own = drawn.picture.pixels().any(|pixel| *pixel == INK);
        assert_eq!(drawn.tim == tim::OWN, own);
    }
}

fn word(x: i64, y: i64, block: u32, line: u32) -> Word {
    let bbox = PixelBox::new(x, y, x + 40, y + 20);
    Word { text: "word".into(), bbox, confidence: 1.0, line, block }
}

#[test]
fn lines_are_those_of_the_source_or_told_by_place() {
    let told = [word(0, 0, 0, 0), word(50, 2, 0, 0), word(0, 30, 0, 1), word(60, 30, 1, 0)];
    assert_eq!(lines_of(&told), [0, 0, 1, 2]);
    let untold = [word(0, 0, 0, 0), word(50, 4, 0, 0), word(0, 30, 0, 0), word(50, 60, 0, 0)];
    assert_eq!(lines_of(&untold), [0, 0, 1, 2]);
}

#[test]
fn a_window_knows_its_lines_at_full_length() {
    let tokenizer =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model/tokenizer.json"));
    let tokenizer = WordTokenizer::from_bytes(&tokenizer.unwrap(), b"", 30522).unwrap();
    let words = vec![word(0, 0, 0, 0), word(500, 0, 0, 0), word(0, 30, 0, 1), word(500, 30, 0, 1)];
    let sample = Sample::unlabelled("a#2", "test", PageSize::new(1000, 1000), words);
    let options = WindowOptions { max_tokens: 5, overlap: 0 };
    let windows = PageWindow::of(sample, &tokenizer, options).unwrap();
    assert_eq!(windows.len(), 2, "three words fit");
    assert_eq!(windows[0].lines, [NormBox::new(0, 0, 540, 20), NormBox::new(0, 30, 540, 50)]);
    assert_eq!(windows[0].line_of_token, [None, Some(0), Some(0), Some(1), None]);
    assert_eq!(windows[1].lines, [NormBox::new(0, 30, 540, 50)]);
    assert_eq!(&*windows[1].document, "a");
}
