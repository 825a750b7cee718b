//! Tokens, boxes and pictures against the reference processor's (tests/goldens/encoding,
//! tests/goldens/preprocess).

use layoutlm::document::Word;
use layoutlm::encode::boxes::LayoutBoxes;
use layoutlm::encode::image::{bgr_planes, shrink};
use layoutlm::encode::tokenize::WordTokenizer;
use layoutlm::encode::window::WindowOptions;
use layoutlm::encode::{Window, encode_page, encode_question};
use layoutlm::geometry::{PageSize, PixelBox};
use serde_json::Value;
use std::path::PathBuf;
use tch::{Kind, Tensor};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The tokenizer of the default model is the vocabulary the cases were made with.
fn tokenizer() -> WordTokenizer {
    let json = std::fs::read(path("assets/model/tokenizer.json")).unwrap();
    WordTokenizer::from_bytes(&json, b"", 30522).unwrap()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect()
}

fn boxes(value: &Value) -> Vec<[i64; 4]> {
    value.as_array().unwrap().iter().map(|b| integers(b).try_into().unwrap()).collect()
}

/// The words of a case with the boxes that it has under this name.
fn words(case: &Value, boxes_name: &str) -> Vec<Word> {
    let texts = case["words"].as_array().unwrap().iter();
    texts
        .zip(boxes(&case[boxes_name]))
        .map(|(text, b)| Word {
            text: text.as_str().unwrap().into(),
            bbox: PixelBox::from(b),
            confidence: 1.0,
            line: 0,
            block: 0,
        })
        .collect()
}

fn encode(case: &Value, max_tokens: usize) -> Vec<Window> {
    let page = integers(&case["page"]);
    let words = words(case, "pixel_boxes");
    let size = PageSize::new(page[0] as u32, page[1] as u32);
    let boxes = LayoutBoxes::Words.of(&words, &[]);
    encode_page(&words, &boxes, size, &tokenizer(), WindowOptions { max_tokens, overlap: 32 })
        .unwrap()
}

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(path("tests/goldens/encoding/cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn tokens_boxes_and_words_are_the_references() {
    for case in
        cases().iter().filter(|c| ["short", "padded"].contains(&c["name"].as_str().unwrap()))
    {
        let windows = encode(case, 512);
        assert_eq!(windows.len(), 1);
        let window = &windows[0];
        let used = integers(&case["attention_mask"]).iter().filter(|&&m| m == 1).count();
        assert_eq!(window.token_ids, integers(&case["input_ids"])[..used]);
        let theirs = boxes(&case["bbox"]);
        let ours: Vec<[i64; 4]> = window.boxes.iter().map(|b| b.to_array()).collect();
        assert_eq!(ours, theirs[..used]);
        let words: Vec<Option<usize>> = case["word_ids"].as_array().unwrap()[..used]
            .iter()
            .map(|v| v.as_u64().map(|v| v as usize))
            .collect();
        assert_eq!(window.word_of_token, words);
    }
}

#[test]
fn windows_hold_the_same_tokens_but_never_half_a_word() {
    let all = cases();
    let case = all.iter().find(|c| c["name"] == "windows").unwrap();
    let first = integers(&case["input_ids"][0]);
    let windows = encode(case, 128);
    assert!(windows.len() >= case["input_ids"].as_array().unwrap().len());
    // The first windows begin alike; ours may end a few tokens earlier, at a word.
    let length = windows[0].len() - 1;
    assert!(length > 110);
    assert_eq!(windows[0].token_ids[..length], first[..length]);
    for window in &windows {
        assert!(window.len() <= 128);
    }
}

#[test]
fn pictures_are_the_references_within_one_step() {
    let io: std::collections::HashMap<String, Tensor> =
        Tensor::read_safetensors(path("tests/goldens/preprocess/io.safetensors"))
            .unwrap()
            .into_iter()
            .collect();
    for page in ["small", "tall", "wide"] {
        let file = path(&format!("tests/goldens/preprocess/{page}.png"));
        let small = shrink(&image::open(file).unwrap().to_rgb8()).unwrap();
        let ours = Tensor::from_slice(&bgr_planes(&small)).view([3, 224, 224]).to_kind(Kind::Float);
        let theirs = io[&format!("{page}.pil")].to_kind(Kind::Float);
        let difference = (ours - theirs).abs();
        assert!(difference.max().double_value(&[]) <= 1.0, "{page}");
        assert!(difference.mean(Kind::Float).double_value(&[]) < 0.1, "{page}");
    }
}

#[test]
fn question_before_the_words_is_the_references() {
    let all = cases();
    let case = all.iter().find(|c| c["name"] == "question").unwrap();
    // Boxes are given in the 0–1000 frame: on a page of that size they are pixels, too.
    let words = words(case, "boxes");
    let windows = encode_question(
        case["question"].as_str().unwrap(),
        &words,
        PageSize::new(1000, 1000),
        &tokenizer(),
        WindowOptions::default(),
    )
    .unwrap();
    assert_eq!(windows.len(), 1);
    let window = &windows[0];
    let used = integers(&case["attention_mask"]).iter().filter(|&&m| m == 1).count();
    assert_eq!(window.token_ids, integers(&case["input_ids"])[..used]);
    assert_eq!(window.token_types, integers(&case["token_type_ids"])[..used]);
    let ours: Vec<[i64; 4]> = window.boxes.iter().map(|b| b.to_array()).collect();
    assert_eq!(ours, boxes(&case["bbox"])[..used]);
}
