//! Small pages and a small model to start from, for tests.

use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use crate::model::Model;
use crate::model::config::ModelConfig;
use crate::model::heads::Task;
use crate::train::data::shard::ShardWriter;
use crate::train::data::{Picture, Sample};
use image::{Rgb, RgbImage};
use std::path::{Path, PathBuf};
use tch::Device;

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The smallest LayoutLMv2 at hand, with a vocabulary of `vocab` word pieces.
pub fn config(vocab: i64) -> ModelConfig {
    let config = ModelConfig::read(&root("tests/goldens/lmv2_r50_nogroups")).unwrap();
    // With dropout, so that a resumed run has chance to repeat.
    ModelConfig { vocab_size: vocab, hidden_dropout_prob: 0.1, ..config }
}

/// A model directory to start from.
pub fn base(dir: &Path) {
    tch::manual_seed(1);
    let config = config(30_522);
    let model = Model::fresh(config, Task::TokenClassification, Device::Cpu).unwrap();
    model.save(dir).unwrap();
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(root("assets/model").join(file), dir.join(file)).unwrap();
    }
}

/// A page of a document of its own, in a shade of its own.
pub fn sample(number: usize) -> Sample {
    let texts = ["total", "invoice", "date", "amount", "company", "street", "tax"];
    let word = |index: usize| {
        let (column, line) = ((index % 5) as i64, (index / 5) as i64);
        let bbox = PixelBox::new(column * 40, line * 20, column * 40 + 30, line * 20 + 12);
        let text = texts[(index * 3 + number) % texts.len()].to_string();
        Word { text, bbox, confidence: 1.0, line: line as u32, block: 0 }
    };
    let words = (0..10 + number % 17).map(word).collect();
    let id = format!("doc{number}#1");
    let mut sample = Sample::unlabelled(id, "test", PageSize::new(224, 224), words);
    sample.picture = Some(Picture::Image(RgbImage::from_pixel(224, 224, shade(number))));
    sample
}

pub fn shade(number: usize) -> Rgb<u8> {
    Rgb([(number % 200) as u8 + 20, (number / 200) as u8, 77])
}

/// Shards of such pages, `each` in every one.
pub fn shards(dir: &Path, count: usize, each: usize) -> Vec<PathBuf> {
    let write = |index: usize| {
        let path = dir.join(format!("{index}.shard"));
        let mut writer = ShardWriter::create(&path).unwrap();
        for number in index * each..((index + 1) * each).min(count) {
            let mut sample = sample(number);
            let Some(Picture::Image(image)) = sample.picture.take() else { unreachable!() };
            writer.push(&sample, Some(&image)).unwrap();
        }
        writer.finish().unwrap();
        path
    };
    (0..count.div_ceil(each)).map(write).collect()
}
