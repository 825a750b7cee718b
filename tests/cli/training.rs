//! `pretrain` and `finetune` as a user runs them: killed, resumed, one after the other.

use crate::harness::{Room, answer, output};
use layoutlm::document::Word;
use layoutlm::geometry::{PageSize, PixelBox};
use layoutlm::model::Model;
use layoutlm::model::config::ModelConfig;
use layoutlm::model::heads::Task;
use layoutlm::train::data::shard::ShardWriter;
use layoutlm::train::data::{Picture, Sample, jsonl};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A room with a small model to start from, `base`, and pages to train on, `pages.shard`.
fn room() -> Room {
    let room = Room::new();
    tch::manual_seed(1);
    let config = ModelConfig::read(&root("tests/goldens/lmv2_r50_nogroups")).unwrap();
    let config = ModelConfig { vocab_size: 30_522, hidden_dropout_prob: 0.1, ..config };
    let model = Model::fresh(config, Task::TokenClassification, tch::Device::Cpu).unwrap();
    model.save(&room.path("base")).unwrap();
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(root("assets/model").join(file), room.path("base").join(file)).unwrap();
    }
    let mut writer = ShardWriter::create(&room.path("pages.shard")).unwrap();
    for number in 0..30 {
        let (sample, picture) = page(number);
        writer.push(&sample, Some(&picture)).unwrap();
    }
    writer.finish().unwrap();
    room
}

/// A page whose totals are labelled.
fn page(number: usize) -> (Sample, image::RgbImage) {
    let texts = ["total", "invoice", "date", "12.50", "street", "tax"];
    let word = |index: usize| {
        let (x, y) = ((index % 5 * 40) as i64, (index / 5 * 20) as i64);
        let text = texts[(index * 3 + number) % texts.len()].to_string();
        let bbox = PixelBox::new(x, y, x + 30, y + 12);
        Word { text, bbox, confidence: 1.0, line: (index / 5) as u32, block: 0 }
    };
    let words: Vec<Word> = (0..12 + number % 9).map(word).collect();
    let tag = |word: &Word| if word.text == "12.50" { "B-TOTAL" } else { "O" }.to_string();
    let tags = words.iter().map(tag).collect();
    let size = PageSize::new(224, 224);
    let sample = Sample::unlabelled(format!("page{number}"), "test", size, words);
    let sample = Sample { tags, annotated: vec!["total".into()], ..sample };
    let shade = image::Rgb([number as u8 + 100; 3]);
    (sample, image::RgbImage::from_pixel(224, 224, shade))
}

const PRETRAIN: &str = "pretrain --data pages.shard --base base --steps 10 --batch-tokens 400 \
                        --dev 0.1 --score-every 4 --seed 3 --checkpoint-every 0 --resume -q --output";

fn weights(room: &Room, run: &str) -> Vec<u8> {
    std::fs::read(room.path(run).join("model/model.safetensors")).unwrap()
}

#[test]
fn a_killed_pretraining_resumes_to_the_same_weights_and_is_fine_tuned() {
    let room = room();
    let start = Instant::now();
    let whole = answer(room.layoutlm(&format!("{PRETRAIN} whole")));
    assert!(whole.starts_with("exit code: 0"), "{whole}");
    let mut duration = start.elapsed();
    let mut moment = ChaCha8Rng::seed_from_u64(7);
    let (mut kills, mut hits) = (0, 0);
    // Written last.
    while !room.path("killed/model/tokenizer_config.json").exists() {
        let mut command = room.layoutlm(&format!("{PRETRAIN} killed"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Four kills at most, somewhere on the way; then it may run to its end.
        if kills < 4 {
            std::thread::sleep(duration.mul_f64(moment.random_range(0.3..0.8)));
            let hit = child.try_wait().unwrap().is_none();
            let _ = child.kill();
            child.wait().unwrap();
            (kills, hits) = (kills + 1, hits + usize::from(hit));
            if hits == 0 {
                // The machine was busier when the whole run was timed: sooner, and from the start.
                (duration, kills) = (duration / 2, 0);
                let _ = std::fs::remove_dir_all(room.path("killed"));
            }
        } else {
            child.wait().unwrap();
        }
        assert!(start.elapsed() < Duration::from_secs(600), "it does not get on");
    }
    assert!(hits > 0, "no kill hit a running process");
    assert!(weights(&room, "whole") == weights(&room, "killed"), "after {hits} kills");
    assert!(room.read("killed/loss.svg").contains("loss on held-out pages"));

    let finetune = "finetune --data pages.shard --labels total --base killed/model --output tuned \
                    --epochs 2 --batch-tokens 400 --dev 0.2 --learning-rate 1e-3 --balance-classes -q";
    let tuned = answer(room.layoutlm(finetune));
    assert!(tuned.starts_with("exit code: 0"), "{tuned}");
    assert!(room.read("tuned/report.txt").contains("words by true label"));
    assert!(room.read("tuned/model/config.json").contains("\"temperature\""));
    assert!(room.read("tuned/loss.svg").contains("score on held-out pages"));
    let again = output(room.layoutlm("eval --data pages.shard --model tuned/model"));
    assert!(again.status.success());
}

#[test]
fn form_parts_and_links_are_learned_beside_the_labels_and_kept_apart_from_them() {
    let room = room();
    let form = root("tests/data/funsd");
    let finetune = format!(
        "finetune --data pages.shard --data funsd={} --labels total --form-parts --links --base base \
         --output tuned --epochs 1 --batch-tokens 800 --dev 0.2 -q",
        form.display()
    );
    let tuned = answer(room.layoutlm(&finetune));
    assert!(tuned.starts_with("exit code: 0"), "{tuned}");
    let names = |file: &str| {
        let bytes = std::fs::read(room.path("tuned/model").join(file)).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        tensors.names().into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    let is_ours =
        |name: &String| name.starts_with("form_classifier") || name.starts_with("relation");
    assert!(names("heads.safetensors").iter().all(is_ours));
    assert!(names("heads.safetensors").contains(&"form_classifier.weight".to_string()));
    assert!(!names("model.safetensors").iter().any(is_ours));
    let report =
        answer(room.layoutlm(&format!("eval --data funsd={} --model tuned/model", form.display())));
    assert!(report.contains("question") && report.contains("links"), "{report}");
}

#[test]
fn what_cannot_be_pretrained_is_said() {
    let room = room();
    room.file("empty/readme.txt", b"nothing");
    for (arguments, code, said) in [
        ("pretrain --data empty --base base --output run", 1, "no data set of a known form"),
        ("pretrain --data pages.shard --base base --output run --objectives mvlm,tai", 2, "tai"),
        ("pretrain --data pages.shard --output run", 2, "--base"),
        ("pretrain --data pages.shard --base base --output run --dev 1", 1, "nothing to train on"),
    ] {
        let answer = answer(room.layoutlm(arguments));
        assert!(answer.contains(said), "{arguments}\n{answer}");
        assert!(answer.starts_with(&format!("exit code: {code}")), "{arguments}\n{answer}");
    }
}

#[test]
fn pages_are_read_into_shards_without_a_model() {
    let room = room();
    let answer = answer(room.layoutlm("pretrain --data pages.shard --output run --read-only"));
    assert!(answer.contains("train on: 1") && answer.starts_with("exit code: 0"), "{answer}");
}

#[test]
fn classes_are_learned_from_lines_and_run_by_classify_and_eval() {
    let room = room();
    let sample = |number: usize| {
        let class = ["form", "letter", "order"][number % 3].to_string();
        let (sample, picture) = page(number);
        let picture = Some(Picture::Image(picture));
        Sample { class: Some(class), picture, tags: Vec::new(), annotated: Vec::new(), ..sample }
    };
    let samples: Vec<Sample> = (0..30).map(sample).collect();
    jsonl::write(&room.path("pages.jsonl"), &samples).unwrap();
    let finetune = "finetune --task classify --data pages.jsonl --base base --output kinds --epochs 2 \
                    --batch-tokens 400 --dev 0.2 --balance-classes";
    let tuned = answer(room.layoutlm(finetune));
    assert!(tuned.starts_with("exit code: 0"), "{tuned}");
    assert!(tuned.contains("pages of each class: form 10, letter 10, order 10"), "{tuned}");
    assert!(tuned.contains("24 pages to train on, 6 held out"), "{tuned}");
    assert!(room.read("kinds/report.txt").contains("documents by true label"));
    let config: serde_json::Value =
        serde_json::from_str(&room.read("kinds/model/config.json")).unwrap();
    assert_eq!(config["architectures"][0], "LayoutLMv2ForSequenceClassification");
    assert_eq!(config["id2label"]["2"], "order");
    assert!(config["layoutlm"]["temperature"].is_f64());
    let names = std::fs::read(room.path("kinds/model/model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&names).unwrap();
    assert_eq!(tensors.tensor("classifier.weight").unwrap().shape()[0], 3);

    // What `eval` says of the part held out is what the end of training said.
    let eval = "eval --data pages.jsonl --part dev --dev 0.2 --model kinds/model --json";
    let found: serde_json::Value =
        serde_json::from_str(&crate::harness::stdout(room.layoutlm(eval))).unwrap();
    let told: serde_json::Value = serde_json::from_str(&room.read("kinds/report.json")).unwrap();
    assert_eq!(found["documents"], 6);
    assert_eq!(found["accuracy"], told["accuracy"]);
    assert_eq!(found["confusion"], told["confusion"]);

    room.file("words.json", br#"{"words": [{"text": "total", "bbox": [1, 1, 30, 12]}]}"#);
    let page = room.path("images/page0.png");
    let classify = format!("classify {} --words words.json --model kinds/model", page.display());
    let record: serde_json::Value =
        serde_json::from_str(&crate::harness::stdout(room.layoutlm(&classify))).unwrap();
    assert_eq!(record["labels"].as_array().unwrap().len(), 3);
}

#[test]
fn what_cannot_be_classified_is_said() {
    let room = room();
    for (arguments, code, said) in [
        ("--data pages.shard", 1, "no page has a class"),
        ("--data pages.shard --links", 2, "are learned with labels of words"),
        ("--data pages.shard --labels memo,form", 1, "no page has the class `memo`"),
    ] {
        let command = format!("finetune --task classify --base base --output run {arguments}");
        let answer = answer(room.layoutlm(&command));
        assert!(answer.contains(said), "{arguments}\n{answer}");
        assert!(answer.starts_with(&format!("exit code: {code}")), "{arguments}\n{answer}");
    }
}

/// Before any data is read: it may take an hour to read it.
#[test]
fn training_on_a_device_that_is_not_there_is_refused_at_once() {
    if tch::Cuda::is_available() {
        return;
    }
    let room = Room::new();
    for verb in [
        "finetune --data funsd=nowhere --base . --output run",
        "finetune --task classify --data jsonl=nowhere --base . --output run",
        "pretrain --data nowhere --base . --output run",
        "reader train nowhere --dev nowhere --output run",
    ] {
        let output = output(room.layoutlm(&format!("{verb} --device cuda")));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{verb}: {text}");
        assert!(text.contains("the device cuda can't be used"), "{verb}: {text}");
    }
}
