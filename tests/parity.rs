//! The network against the reference implementation's values (tests/goldens/README.md), module by
//! module, so that a difference names where it starts.

use layoutlm::model::Model;
use layoutlm::model::attention::relative_bucket;
use layoutlm::model::heads::Logits;
use layoutlm::model::trunk::{Inputs, Recording};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// fp32 on a CPU: the reference itself is within 2e-6 of its float64 self.
const TOLERANCE: f64 = 1e-4;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)
}

fn read(path: &Path) -> HashMap<String, Tensor> {
    Tensor::read_safetensors(path).unwrap().into_iter().collect()
}

fn inputs(io: &HashMap<String, Tensor>) -> Inputs {
    let get = |name: &str| io[&format!("input.{name}")].shallow_clone();
    Inputs {
        input_ids: get("input_ids"),
        bbox: get("bbox"),
        attention_mask: get("attention_mask"),
        token_type_ids: get("token_type_ids"),
        position_ids: Some(get("position_ids")),
        image: io.get("input.image").map(Tensor::shallow_clone),
        page_of_window: None,
    }
}

fn distance(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a.to_kind(Kind::Double) - b.to_kind(Kind::Double)).abs().max().double_value(&[])
}

#[track_caller]
fn same(what: &str, ours: &Tensor, theirs: &Tensor) {
    let difference = distance(ours, theirs);
    eprintln!("{what}: {difference:.2e}");
    assert!(difference <= TOLERANCE, "{what} differs by {difference:.2e}");
}

fn check(weights: &str, values: &str) {
    let model = Model::load(&golden(weights), Device::Cpu).unwrap();
    let io = read(&golden(values).join("io.safetensors"));
    let mut recording = Recording::default();
    let logits = model.record(&inputs(&io), &mut recording);
    for (stage, map) in &recording.visual {
        if let Some(theirs) = io.get(&format!("debug.visual.{stage}")) {
            // Inner maps reach hundreds and are not outputs: compared relative to their size.
            let scale = theirs.abs().max().double_value(&[]).max(1.0);
            same(stage, &(map.narrow(0, 0, 1) / scale), &(theirs / scale));
        }
    }
    if let Some(pooled) = &recording.pooled {
        // Up to 786 in `lmv2_large`, where 1e-4 would be two units in the last place of fp32.
        let theirs = &io["output.visual.pooled"];
        let scale = (theirs.abs().max().double_value(&[]) / 100.0).max(1.0);
        same("visual.pooled", &(pooled / scale), &(theirs / scale));
    }
    for (name, bias) in [("rel_1d", &recording.one_d), ("rel_2d", &recording.two_d)] {
        assert_eq!(bias.is_some(), io.contains_key(&format!("debug.{name}")));
        if let Some(bias) = bias {
            same(name, &bias.narrow(0, 0, 1), &io[&format!("debug.{name}")]);
        }
    }
    if let Some(theirs) = io.get("output.visual.embeddings") {
        let seq = io["input.input_ids"].size()[1];
        let ours = recording.hidden[0].narrow(1, seq, theirs.size()[1]);
        same("visual.embeddings", &ours, theirs);
    }
    for (index, hidden) in recording.hidden.iter().enumerate() {
        same(&format!("hidden.{index}"), hidden, &io[&format!("output.hidden.{index}")]);
    }
    let last = recording.hidden.last().unwrap();
    same("pooler", &tch::no_grad(|| model.trunk.pool(last)), &io["output.pooler"]);
    match &logits {
        Logits::Tokens(ours) | Logits::Sequence(ours) => same("logits", ours, &io["output.logits"]),
        Logits::Span(start, end) => {
            same("start", start, &io["output.start_logits"]);
            same("end", end, &io["output.end_logits"]);
        }
    }
    // Without recording, the quick path must say the same.
    match (model.forward(&inputs(&io)), &logits) {
        (Logits::Tokens(a), Logits::Tokens(b)) | (Logits::Sequence(a), Logits::Sequence(b)) => {
            same("forward", &a, b);
        }
        (Logits::Span(a, _), Logits::Span(b, _)) => same("forward", &a, b),
        _ => panic!("two kinds of logits"),
    }
}

macro_rules! parity {
    ($($name:ident)*) => { $(#[test] fn $name() { check(stringify!($name), stringify!($name)); })* };
}

parity! {
    lmv2_base lmv2_large lmv2_xlm lmv2_nobias lmv2_r50_nogroups lmv2_seqcls lmv2_qa
    layoutlm_v1 layoutlm_v1_seqcls
}

/// The same weights as a pickle, with the extra keys that older files hold.
#[test]
fn lmv2_legacy_bin() {
    check("lmv2_legacy_bin", "lmv2_nobias");
}

#[test]
fn buckets_are_the_references() {
    let io = read(&golden("buckets").join("io.safetensors"));
    let distances = Vec::<i64>::try_from(&io["distance"]).unwrap();
    for (name, bins, max) in [("bins32_max128", 32, 128), ("bins64_max256", 64, 256)] {
        let theirs = Vec::<i64>::try_from(&io[name]).unwrap();
        for (distance, bucket) in distances.iter().zip(theirs) {
            assert_eq!(relative_bucket(*distance, bins, max), bucket, "{name} at {distance}");
        }
    }
}

#[test]
fn loss_and_gradients_are_the_references() {
    let model = Model::read(&golden("lmv2_base"), Device::Cpu).unwrap();
    let io = read(&golden("lmv2_base").join("io.safetensors"));
    let (logits, _) = model.forward_train(&inputs(&io)); // dropout is 0 in the configuration
    let Logits::Tokens(logits) = logits else { panic!("a token classifier") };
    let classes = logits.size()[2];
    let loss = logits.view([-1, classes]).cross_entropy_loss::<Tensor>(
        &io["train.labels"].view([-1]),
        None,
        tch::Reduction::Mean,
        -100,
        0.0,
    );
    same("loss", &loss.view([1]), &io["train.loss"]);
    loss.backward();
    let variables = model.store().variables();
    let mut seen = 0;
    for (key, theirs) in &io {
        let Some(name) =
            key.strip_prefix("train.grad.").or(key.strip_prefix("train.grad_trainable_bias."))
        else {
            continue;
        };
        let ours = variables[name].grad();
        let scale = theirs.abs().max().double_value(&[]);
        let difference = distance(&ours, theirs);
        assert!(difference <= 1e-3 * scale, "gradient of {name}: {difference:.2e} of {scale:.2e}");
        seen += 1;
    }
    assert_eq!(seen, 13);
}

#[test]
fn saved_model_says_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    Model::read(&golden("lmv2_large"), Device::Cpu).unwrap().save(dir.path()).unwrap();
    let model = Model::load(&golden("lmv2_large"), Device::Cpu).unwrap();
    let refused = model.save(dir.path()).unwrap_err();
    assert!(refused.message.contains("ready for inference"), "{refused}");
    let again = Model::load(dir.path(), Device::Cpu).unwrap();
    let io = read(&golden("lmv2_large").join("io.safetensors"));
    let (Logits::Tokens(a), Logits::Tokens(b)) =
        (model.forward(&inputs(&io)), again.forward(&inputs(&io)))
    else {
        panic!("a token classifier")
    };
    assert_eq!(distance(&a, &b), 0.0);
    let theirs: Vec<String> =
        read(&golden("lmv2_large").join("model.safetensors")).into_keys().collect();
    let ours = read(&dir.path().join("model.safetensors"));
    assert_eq!(ours.len(), theirs.len());
    assert!(theirs.iter().all(|key| ours.contains_key(key)));
}
