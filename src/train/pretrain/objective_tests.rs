//! The summed loss and its heads, on a small model.

use super::*;
use crate::encode::boxes::LayoutBoxes;
use crate::encode::image::white_page;
use crate::geometry::NormBox;
use crate::labels::LabelSet;
use crate::model::heads::Task;
use crate::train::example::IGNORED;
use crate::train::finetune::{Beside, Start};
use crate::train::pretrain::fixture;

const PAD: PlacedToken = PlacedToken { id: 0, bbox: NormBox::ZERO };

fn model() -> Model {
    tch::manual_seed(3);
    let mut config = fixture::config(200);
    config.id2label.clear();
    Model::fresh(config, Task::PreTraining, Device::Cpu).unwrap()
}

/// Two windows of unlike length; each objective's targets as given for both.
fn batch(mvlm: i64, tia: i64, tim: i64) -> PretrainingBatch {
    let prepared = |length: usize| {
        let words = (0..length).map(|token| (token > 0 && token + 1 < length).then_some(token));
        let mut asked = Prepared {
            window: Window {
                token_ids: (0..length as i64).map(|id| 5 + id).collect(),
                token_types: vec![0; length],
                boxes: vec![NormBox::new(10, 10, 90, 20); length],
                word_of_token: words.collect(),
            },
            picture: white_page(),
            mvlm: vec![IGNORED; length],
            tia: vec![IGNORED; length],
            tim,
        };
        (asked.mvlm[1], asked.tia[2]) = (mvlm, tia);
        asked
    };
    PretrainingBatch::of(&[prepared(6), prepared(9)], PAD, Device::Cpu)
}

fn objective(model: &Model) -> Pretraining<'_> {
    Pretraining { model, dev: Vec::new(), pad: PAD }
}

fn gradient(model: &Model, name: &str) -> f64 {
    let gradient = model.store().variables()[name].grad();
    if gradient.defined() { gradient.abs().sum(tch::Kind::Float).double_value(&[]) } else { 0.0 }
}

const HEADS: [(&str, &str); 3] = [
    ("mvlm", "cls.predictions.transform.dense.weight"),
    ("tia", "cls.text_image_alignment.weight"),
    ("tim", "cls.text_image_matching.weight"),
];

#[test]
fn the_loss_is_the_sum_of_three_and_reaches_every_head() {
    let model = model();
    let loss = objective(&model).loss(&batch(7, 1, 1)).unwrap();
    let names: Vec<&str> = loss.parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["mvlm", "tia", "tim"]);
    let total = loss.total.unwrap();
    let sum: f64 = loss.parts.iter().map(|(_, value)| value).sum();
    assert!((total.double_value(&[]) - sum).abs() < 1e-4);
    total.backward();
    for (_, weight) in HEADS {
        assert!(gradient(&model, weight) > 0.0, "{weight}");
    }
    let table = "layoutlmv2.embeddings.word_embeddings.weight";
    assert!(gradient(&model, table) > 0.0);
    // Through the decoder, also rows of pieces that the batch does not show.
    let unseen = model.store().variables()[table].grad().get(150).abs().sum(tch::Kind::Float);
    assert!(unseen.double_value(&[]) > 0.0, "the decoder is the word table");
}

#[test]
fn what_is_not_asked_costs_nothing() {
    for (asked, _) in HEADS {
        let model = model();
        let targets = |name: &str| if name == asked { 1 } else { IGNORED };
        let batch = batch(targets("mvlm"), targets("tia"), targets("tim"));
        let loss = objective(&model).loss(&batch).unwrap();
        assert_eq!(loss.parts.len(), 1);
        loss.total.unwrap().backward();
        for (name, weight) in HEADS {
            assert_eq!(gradient(&model, weight) > 0.0, name == asked, "{name} asked {asked}");
        }
    }
    let model = model();
    let nothing = objective(&model).loss(&batch(IGNORED, IGNORED, IGNORED)).unwrap();
    assert!(nothing.total.is_none() && nothing.tokens > 0);
}

#[test]
fn padding_and_neighbours_do_not_change_what_is_asked() {
    // The state of [CLS] decides on the match: the first row of each window, not another token's.
    let model = model();
    let heads = model.pretraining().unwrap();
    let states = Tensor::zeros([2, 4, 48], tch::kind::FLOAT_CPU);
    let _ = states.select(1, 0).fill_(0.3);
    let targets = Tensor::from_slice(&[1i64, 0]);
    let (before, _) = tim::loss(heads, &states, &targets).unwrap();
    let _ = states.narrow(1, 1, 3).fill_(9.0);
    let (after, _) = tim::loss(heads, &states, &targets).unwrap();
    assert_eq!(before.double_value(&[]), after.double_value(&[]));
    let _ = states.select(1, 0).fill_(-0.7);
    let (moved, _) = tim::loss(heads, &states, &targets).unwrap();
    assert_ne!(before.double_value(&[]), moved.double_value(&[]));
}

#[test]
fn a_pretrained_directory_is_a_base_for_fine_tuning_and_holds_the_word_table_once() {
    let dir = tempfile::tempdir().unwrap();
    fixture::base(dir.path());
    let labels = LabelSet::from_names(Vec::new());
    let pretrain = Start {
        task: Task::PreTraining,
        labels: &labels,
        beside: Beside::default(),
        boxes: LayoutBoxes::Words,
        device: Device::Cpu,
        seed: 1,
    };
    let (model, _) = pretrain.from(dir.path()).unwrap();
    model.save(dir.path()).unwrap();
    let stored = crate::model::weights::Checkpoint::open(dir.path()).unwrap().tensors().unwrap();
    let tables = stored.values().filter(|tensor| tensor.size() == [30_522, 48]).count();
    assert_eq!(tables, 1);
    assert!(stored.contains_key("cls.predictions.bias"));
    // Goes on where it was, heads included.
    let (again, _) = pretrain.from(dir.path()).unwrap();
    for (name, tensor) in again.store().variables() {
        assert!(tensor.equal(&stored[&name]), "{name}");
    }
    let labels = LabelSet::bio(&["total"]);
    let finetune = Start {
        task: Task::TokenClassification,
        labels: &labels,
        beside: Beside::default(),
        boxes: LayoutBoxes::Words,
        device: Device::Cpu,
        seed: 2,
    };
    let (tuned, _) = finetune.from(dir.path()).unwrap();
    for (name, tensor) in tuned.store().variables() {
        let kept = stored.get(&name).is_some_and(|stored| stored.equal(&tensor));
        assert!(kept || name.starts_with("classifier."), "{name}");
    }
}
