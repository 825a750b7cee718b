//! The pieces that run for every page beside Tesseract and the matrix products:
//!
//! ```text
//! cargo bench --bench hot_pieces
//! ```
//!
//! Whole pages are measured by `layoutlm bench`.

use criterion::{Criterion, criterion_group, criterion_main};
use image::{GrayImage, Luma};
use layoutlm::decode::bio::Aggregation;
use layoutlm::decode::merge::{WindowProbabilities, merge_windows};
use layoutlm::decode::page::{DecodeOptions, HeadPrediction, PagePrediction, decode_page};
use layoutlm::document::{Page, Word, WordSource};
use layoutlm::encode::boxes::LayoutBoxes;
use layoutlm::encode::encode_page;
use layoutlm::encode::tokenize::WordTokenizer;
use layoutlm::encode::window::{WindowOptions, cut};
use layoutlm::geometry::{PageSize, PixelBox};
use layoutlm::labels::LabelSet;
use layoutlm::line_reader::LineReader;
use layoutlm::line_reader::settle::SettleOptions;
use layoutlm::line_reader::strip::{Region, Strip};
use layoutlm::model::attention::RelativeBias;
use layoutlm::model::config::ModelConfig;
use layoutlm::model::layers::Scope;
use std::hint::black_box;
use std::path::Path;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const WORDS: usize = 400;
const LINE_HEIGHT: u32 = 24;
const SIZE: PageSize = PageSize { width: 1000, height: 1400 };

/// Words in lines of eight.
fn words() -> Vec<Word> {
    const TEXTS: [&str; 8] = ["TOTAL", "RM", "23.60", "12/03/2018", "Jalan", "Sdn", "Bhd", "x1"];
    (0..WORDS)
        .map(|number| {
            let (column, line) = ((number % 8) as i64, (number / 8) as i64);
            let (left, top) = (20 + column * 120, 10 + line * i64::from(LINE_HEIGHT));
            Word {
                text: TEXTS[(number * 5 + number / 8) % 8].to_string(),
                bbox: PixelBox::new(left, top, left + 100, top + 16),
                confidence: 0.9,
                line: line as u32,
                block: 0,
            }
        })
        .collect()
}

fn encoding(criterion: &mut Criterion) {
    let lengths: Vec<usize> = (0..10_000).map(|number| 1 + number * 7 % 4).collect();
    criterion.bench_function("windows of 10,000 words", |bencher| {
        bencher.iter(|| cut(black_box(&lengths), WindowOptions::default()));
    });
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/model");
    let file = |name: &str| std::fs::read(assets.join(name)).expect("the built-in model's file");
    let tokenizer =
        WordTokenizer::from_bytes(&file("tokenizer.json"), &file("tokenizer_config.json"), 30522)
            .expect("the built-in tokenizer");
    let words = words();
    let boxes = LayoutBoxes::Words.of(&words, &[]);
    criterion.bench_function("tokens and boxes of 400 words", |bencher| {
        bencher.iter(|| {
            encode_page(black_box(&words), &boxes, SIZE, &tokenizer, WindowOptions::default())
        });
    });
}

fn biases(criterion: &mut Criterion) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/model");
    let config = ModelConfig::read(&assets).expect("the built-in model's configuration");
    let mut store = VarStore::new(Device::Cpu);
    let bias = RelativeBias::new(&Scope::new(store.root(), 0.02), &config);
    store.freeze();
    tch::set_num_threads(1);
    let corner = Tensor::randint(900, [1, 561, 2], (Kind::Int64, Device::Cpu));
    let boxes = Tensor::cat(&[&corner, &(&corner + 50)], 2); // [1, 561, 4]
    criterion.bench_function("2-D buckets and biases of 561 tokens", |bencher| {
        bencher.iter(|| tch::no_grad(|| bias.two_d(black_box(&boxes))));
    });
}

fn decoding(criterion: &mut Criterion) {
    let labels = LabelSet::bio(&["company", "address", "date", "total", "item"]);
    let classes = labels.len();
    // Mostly O, an entity of three words now and then.
    let row = |number: usize| {
        let class = match number % 20 {
            3 => 1 + number / 20 * 2 % (classes - 1),
            4 | 5 => 2 + number / 20 * 2 % (classes - 1),
            _ => 0,
        };
        let mut row = vec![0.01; classes];
        row[class.min(classes - 1)] = 1.0 - 0.01 * (classes - 1) as f32;
        row
    };
    let window = WindowProbabilities {
        word_of_token: (0..WORDS).map(Some).collect(),
        probabilities: (0..WORDS).map(row).collect(),
    };
    let windows = [window.clone(), window];
    criterion.bench_function("two windows merged, 400 words", |bencher| {
        bencher.iter(|| merge_windows(black_box(&windows), WORDS, &labels, Aggregation::default()));
    });
    let page = Page {
        number: 1,
        size: SIZE,
        dpi: None,
        rotation: 0,
        source: WordSource::Ocr,
        words: words(),
    };
    let head = HeadPrediction { labels, probabilities: (0..WORDS).map(row).collect() };
    let prediction = PagePrediction { heads: vec![head], pairs: None };
    criterion.bench_function("labels, entities, values and links of 400 words", |bencher| {
        bencher.iter(|| decode_page(&page, black_box(&prediction), &DecodeOptions::default()));
    });
}

fn line_reader(criterion: &mut Criterion) {
    let page = GrayImage::from_fn(SIZE.width, SIZE.height, |x, y| {
        let inked =
            x % 11 < 6 && y % LINE_HEIGHT < 14 && !(x / 11 + y / LINE_HEIGHT).is_multiple_of(6);
        Luma([if inked { 30 } else { 240 }])
    });
    let line = |number: i64| {
        let top = number * i64::from(LINE_HEIGHT);
        PixelBox::new(20, top, 420, top + 16)
    };
    criterion.bench_function("a line cut out", |bencher| {
        bencher.iter(|| Strip::cut(black_box(&page), Region::around(line(3)), 1.0));
    });
    let reader = LineReader::embedded(Device::Cpu).expect("the built-in reader");
    let lines: Vec<PixelBox> = (0..20).map(line).collect();
    criterion.bench_function("20 lines read", |bencher| {
        bencher.iter(|| reader.read(black_box(&page), &lines));
    });
    let reading = reader.read(&page, &lines[..1]).expect("a reading").remove(0);
    let engine: Vec<Word> = words().into_iter().take(8).collect();
    criterion.bench_function("two readings of a line settled", |bencher| {
        bencher.iter(|| SettleOptions::default().settle(engine.clone(), black_box(&reading)));
    });
}

criterion_group!(pieces, encoding, biases, decoding, line_reader);
criterion_main!(pieces);
