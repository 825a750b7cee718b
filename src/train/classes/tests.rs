use super::objective::Classifying;
use super::read::{ClassifiedPages, pages_of};
use super::windows::{ClassSet, ClassWindows, class_index};
use crate::document::Word;
use crate::error::ErrorCode;
use crate::geometry::{PageSize, PixelBox};
use crate::input::PageImage;
use crate::labels::LabelSet;
use crate::model::heads::Task;
use crate::ocr::{Recognition, Recognizer};
use crate::predict::classify::Classifier;
use crate::train::data::Sample;
use crate::train::finetune::{Beside, Start, dev_pages, is_fresh};
use crate::train::pretrain::cache::{Origin, Watcher};
use crate::train::pretrain::fixture;
use crate::train::pretrain::pages::PageReading;
use crate::train::trainer::{Length, Objective, Observer, TrainOptions, Trainer};
use crate::train::windows::Batching;
use image::{Rgb, RgbImage};
use tch::Device;

struct Silent;
impl Watcher for Silent {
    fn begin(&self, _: usize) {}
    fn done(&self) {}
    fn failed(&self, error: &crate::Error) {
        panic!("{error}");
    }
}
impl Observer for Silent {
    fn step(&mut self, _: &crate::train::trainer::StepReport) {}
    fn score(&mut self, _: &crate::train::trainer::ScoreReport) {}
}

/// Reads one word on every page.
struct OneWord;
impl Recognizer for OneWord {
    fn recognize(&self, _: &PageImage) -> crate::Result<Recognition> {
        let bbox = PixelBox::new(1, 1, 20, 10);
        let word = Word { text: "total".into(), bbox, confidence: 1.0, line: 0, block: 0 };
        Ok(Recognition { words: vec![word], ..Recognition::default() })
    }
    fn engine(&self) -> String {
        "one word".into()
    }
    fn language(&self) -> String {
        "eng".into()
    }
}

fn read(root: &std::path::Path, cache: Option<&std::path::Path>) -> crate::Result<Vec<Sample>> {
    let open = || -> crate::Result<Box<dyn Recognizer>> { Ok(Box::new(OneWord)) };
    let reading = PageReading::new(&open, "eng");
    pages_of(&Origin::Pages(root.to_path_buf()), cache, &reading, &Silent)
}

#[test]
fn the_first_directory_names_the_class_whatever_lies_below() {
    let room = tempfile::tempdir().unwrap();
    let pages = room.path().join("sorted");
    for name in ["form/a.png", "letter/2020/b.png", "letter/c.png"] {
        let path = pages.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        RgbImage::from_pixel(60, 40, Rgb([200; 3])).save(path).unwrap();
    }
    let cache = room.path().join("cache");
    let classes = |samples: Vec<Sample>| -> Vec<(String, String)> {
        samples.into_iter().map(|s| (s.id, s.class.unwrap())).collect()
    };
    let found = classes(read(&pages, Some(&cache)).unwrap());
    let of = |id: &str, class: &str| (id.to_string(), class.to_string());
    let wanted = [
        of("form/a.png#1", "form"),
        of("letter/2020/b.png#1", "letter"),
        of("letter/c.png#1", "letter"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(classes(read(&pages, None).unwrap()), wanted, "the same without shards");

    std::fs::copy(pages.join("letter/c.png"), pages.join("stray.png")).unwrap();
    let error = read(&pages, None).unwrap_err();
    assert!(error.message.contains("`stray.png#1` lies in no directory"), "{error}");
}

fn sample(number: usize) -> Sample {
    let class = if number.is_multiple_of(2) { "form" } else { "letter" };
    let mut sample = fixture::sample(number);
    // What tells the classes apart: the words of one, and the shade of the page.
    for word in &mut sample.words {
        word.text = if class == "form" { "amount" } else { "street" }.to_string();
    }
    sample.size = PageSize::new(224, 224);
    Sample { class: Some(class.to_string()), ..sample }
}

#[test]
fn classes_are_all_that_occur_or_those_that_are_wanted() {
    let mut samples: Vec<Sample> = (0..6).map(sample).collect();
    samples[5].class = None;
    samples[4].class = Some("invoice".to_string());
    let pages = ClassifiedPages::choose(samples.clone(), &[]).unwrap();
    assert_eq!(pages.classes, ["form", "invoice", "letter"]);
    assert_eq!((pages.samples.len(), pages.left_out), (5, 1));
    assert_eq!(pages.summary(), "form 2, invoice 1, letter 2");
    let wanted = ["letter", "form"].map(String::from);
    let pages = ClassifiedPages::choose(samples.clone(), &wanted).unwrap();
    assert_eq!((pages.classes.as_slice(), pages.left_out), (&wanted[..], 2));
    assert_eq!(class_index(&samples[0], &pages.classes).unwrap(), 1);
    assert_eq!(class_index(&samples[4], &pages.classes).unwrap_err().code, ErrorCode::DataInvalid);
    for (wanted, said) in
        [("memo", "no page has the class `memo`"), ("form", "nothing to tell apart")]
    {
        let error = ClassifiedPages::choose(samples.clone(), &[wanted.to_string()]).unwrap_err();
        assert!(error.message.contains(said), "{error}");
    }
}

fn classifier(base: &std::path::Path) -> Classifier {
    fixture::base(base);
    let labels = LabelSet::from_names(["form", "letter"].map(String::from).to_vec());
    let start = Start {
        task: Task::SequenceClassification,
        labels: &labels,
        beside: Beside::default(),
        boxes: Default::default(),
        device: Device::Cpu,
        seed: 1,
    };
    start.classifier(base).unwrap()
}

#[test]
fn classes_that_words_tell_apart_are_learned() {
    let room = tempfile::tempdir().unwrap();
    let classifier = classifier(&room.path().join("base"));
    let train: Vec<Sample> = (0..24).map(sample).collect();
    let set = ClassSet::of(&train, &classifier).unwrap();
    assert!(set.examples.iter().all(|example| example.class == example.picture % 2));
    let dev = dev_pages((24..34).map(sample).collect()).unwrap();
    let source = ClassWindows::new(
        &set,
        Batching::new(&classifier.model, &classifier.tokenizer, 600, 1, false),
    );
    let objective = Classifying { classifier: &classifier, dev: &dev, class_weights: None };
    let options = TrainOptions {
        length: Length::Passes(12),
        patience: 0,
        optimizer: crate::train::optimizer::OptimizerOptions { rate: 3e-3, ..Default::default() },
        ..TrainOptions::default()
    };
    let run = room.path().join("run");
    let trainer = Trainer {
        model: &classifier.model,
        source: &source,
        objective: &objective,
        run_dir: &run,
        options,
    };
    trainer.run(is_fresh(false), None, &mut Silent).unwrap();
    let score = objective.score().unwrap().unwrap();
    assert_eq!(score.values["accuracy"], 1.0, "{}", score.text);
    let likely = score.values["true_probability"].as_f64().unwrap();
    assert!((score.overall - (1.0 + likely) / 2.0).abs() < 1e-9 && likely > 0.6, "{}", score.text);
}
