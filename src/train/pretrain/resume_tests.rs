//! A run that is stopped and goes on ends with the same weights, to the last bit.

use super::example::Objectives;
use super::objective::Pretraining;
use super::source::ShardSource;
use super::{fixture, starting_model, vocabulary};
use crate::encode::window::WindowOptions;
use crate::train::checkpoint;
use crate::train::trainer::{
    Length, Observer, Outcome, ScoreReport, StepReport, TrainOptions, Trainer,
};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tch::Device;

const OBJECTIVES: Objectives = Objectives { mvlm: true, tia: true, tim: true };

/// Stops once, after an update.
struct StopAfter(Option<i64>, Cell<i64>);

impl Observer for StopAfter {
    fn step(&mut self, report: &StepReport) {
        assert!(report.loss.is_finite());
        self.1.set(report.step);
    }
    fn score(&mut self, _report: &ScoreReport) {}
    fn should_stop(&self) -> bool {
        self.0 == Some(self.1.get())
    }
}

fn run(
    base: &Path,
    shards: &[PathBuf],
    run_dir: &Path,
    workers: usize,
    stop: Option<i64>,
) -> Outcome {
    let (model, tokenizer) = starting_model(base, OBJECTIVES, Device::Cpu, 5).unwrap();
    let source = ShardSource {
        shards: shards.to_vec(),
        tokenizer: &tokenizer,
        window: WindowOptions::default(),
        objectives: OBJECTIVES,
        vocabulary: vocabulary(&model, &tokenizer).unwrap(),
        batch_tokens: 400,
        visual: model.config.visual_tokens() as usize,
        seed: 5,
        held_out: 0.1,
        has_pictures: true,
        device: Device::Cpu,
    };
    let dev = source.dev().unwrap();
    let objective = Pretraining { model: &model, dev, pad: tokenizer.pad };
    let options = TrainOptions {
        seed: 5,
        length: Length::Steps(9),
        accumulate: 2,
        workers,
        patience: 0,
        score_every: Some(4),
        checkpoint_every: Duration::ZERO,
        ..TrainOptions::default()
    };
    let trainer =
        Trainer { model: &model, source: &source, objective: &objective, run_dir, options };
    let from = checkpoint::find(run_dir);
    trainer.run(|_| false, from.as_deref(), &mut StopAfter(stop, Cell::new(0))).unwrap()
}

/// Dropout draws from libtorch's one generator, which tests on other threads of this process seed and
/// draw from too: so the test proper runs in a process of its own.
#[test]
fn stopped_and_resumed_is_the_same_to_the_last_bit() {
    let name = "train::pretrain::resume_tests::stopped_and_resumed_alone_in_the_process";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn stopped_and_resumed_alone_in_the_process() {
    let room = tempfile::tempdir().unwrap();
    let base = room.path().join("base");
    fixture::base(&base);
    let shards = fixture::shards(room.path(), 24, 10);
    let (whole, parts) = (room.path().join("whole"), room.path().join("parts"));
    let outcome = run(&base, &shards, &whole, 1, None);
    assert_eq!((outcome.progress.step, outcome.interrupted), (9, false));
    // Within a pass, at a score, and with another number of threads.
    for stop in [Some(2), Some(4), Some(7), None] {
        let outcome = run(&base, &shards, &parts, 3, stop);
        assert_eq!(outcome.interrupted, stop.is_some());
    }
    for file in [
        "checkpoint/model.safetensors",
        "checkpoint/optimizer/model.safetensors",
        "best/model.safetensors",
    ] {
        let read = |run: &Path| std::fs::read(run.join(file)).unwrap();
        assert!(read(&whole) == read(&parts), "{file}");
    }
    let steps = |run: &Path| -> Vec<i64> {
        let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
        let step =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].as_i64();
        text.lines().filter_map(step).collect()
    };
    assert_eq!(steps(&whole), [1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 9]);
    assert_eq!(steps(&parts), steps(&whole));
    assert!(std::fs::read_to_string(whole.join("loss.svg")).unwrap().contains("<polyline"));
}
