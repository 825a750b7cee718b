//! Tests of the evaluation as a whole, with predictions made from the truth.

use super::*;
use crate::document::Word;
use crate::error::{Error, ErrorCode};
use crate::geometry::{PageSize, PixelBox};

fn sample(id: &str, words: &[(&str, &str)], truth: &[(&str, &str)]) -> Sample {
    let word = |(index, (text, _)): (usize, &(&str, &str))| Word {
        text: (*text).to_string(),
        bbox: PixelBox::new(60 * index as i64, 0, 60 * index as i64 + 50, 20),
        confidence: 1.0,
        line: 0,
        block: 0,
    };
    let boxes = words.iter().enumerate().map(word).collect();
    let mut sample = Sample::unlabelled(id, "sroie", PageSize::new(1000, 100), boxes);
    sample.tags = words.iter().map(|(_, tag)| (*tag).to_string()).collect();
    sample.annotated = vec!["company".to_string(), "total".to_string()];
    sample.truth = truth.iter().map(|(l, t)| ((*l).to_string(), (*t).to_string())).collect();
    sample
}

/// Sure of these tags, one classifier of company, total and date.
fn prediction(tags: &[&str], probability: f32) -> PagePrediction {
    let labels = LabelSet::bio(&["company", "total", "date"]);
    let rest = (1.0 - probability) / (labels.len() - 1) as f32;
    let row = |tag: &&str| {
        labels.names().iter().map(|n| if n == tag { probability } else { rest }).collect()
    };
    let probabilities = tags.iter().map(row).collect();
    PagePrediction { heads: vec![HeadPrediction { labels, probabilities }], pairs: None }
}

fn tags_of(sample: &Sample) -> Vec<&str> {
    sample.tags.iter().map(String::as_str).collect()
}

fn receipts() -> Vec<Sample> {
    vec![
        sample(
            "a",
            &[("ACME", "B-COMPANY"), ("LTD", "I-COMPANY"), ("RM", "B-TOTAL"), ("5.00", "I-TOTAL")],
            &[("company", "ACME LTD"), ("total", "5.00")],
        ),
        sample(
            "b",
            &[("BOLT", "B-COMPANY"), ("7.00", "B-TOTAL")],
            &[("company", "BOLT"), ("total", "7.00")],
        ),
    ]
}

#[test]
fn a_perfect_model_scores_one() {
    let samples = receipts();
    let report =
        evaluate(&samples, |sample| Ok(prediction(&tags_of(sample), 0.9)), &EvalOptions::default());
    assert_eq!((report.pages, report.documents, report.failures.len()), (2, 2, 0));
    assert_eq!(report.entities.micro.f1(), 1.0);
    assert_eq!(report.entities.micro.truth, 4);
    let fields = report.fields.expect("truth is given");
    // `RM 5.00` is not the string `5.00`, but the same sum.
    assert_eq!((fields.exact.micro.right, fields.typed.micro.right), (3, 4));
    assert_eq!(report.word_accuracy, 1.0);
    assert_eq!(report.links, None);
}

#[test]
fn a_page_that_fails_counts_as_not_found() {
    let samples = receipts();
    let report = evaluate(
        &samples,
        |sample| match sample.id.as_str() {
            "a" => Err(Error::model(ErrorCode::Internal, "broken")),
            _ => Ok(prediction(&tags_of(sample), 0.9)),
        },
        &EvalOptions::default(),
    );
    assert_eq!(report.failures[0].id, "a");
    assert_eq!(report.entities.micro, Counts { right: 2, predicted: 2, truth: 4 });
    assert_eq!(report.fields.expect("given").exact.micro.truth, 4);
}

#[test]
fn labels_that_a_set_does_not_annotate_are_neither_right_nor_wrong() {
    let samples = receipts();
    let report = evaluate(
        &samples[1..],
        |_| Ok(prediction(&["B-COMPANY", "B-DATE"], 0.9)),
        &EvalOptions::default(),
    );
    assert_eq!(report.entities.micro, Counts { right: 1, predicted: 1, truth: 2 });
}

#[test]
fn doubtful_words_are_left_out() {
    let mut samples = receipts();
    samples[1].tags[1] = "O".to_string();
    samples[1].ignore = vec![false, true];
    let report = evaluate(
        &samples[1..],
        |_| Ok(prediction(&["B-COMPANY", "B-TOTAL"], 0.9)),
        &EvalOptions::default(),
    );
    assert_eq!(report.entities.micro, Counts { right: 1, predicted: 1, truth: 1 });
    assert_eq!(report.word_accuracy, 1.0);
}

#[test]
fn pages_of_a_document_answer_together() {
    let mut samples = vec![
        sample("doc#1", &[("ACME", "B-COMPANY")], &[("company", "ACME"), ("total", "7.00")]),
        sample("doc#2", &[("7.00", "B-TOTAL")], &[]),
    ];
    samples[0].dataset = "fcc".to_string();
    samples[1].dataset = "fcc".to_string();
    let report =
        evaluate(&samples, |sample| Ok(prediction(&tags_of(sample), 0.9)), &EvalOptions::default());
    assert_eq!((report.documents, report.pages), (1, 2));
    assert_eq!(report.fields.expect("given").exact.micro.f1(), 1.0);
}

#[test]
fn links_are_scored_where_they_are_annotated() {
    let mut form = sample("f", &[("Name:", "B-QUESTION"), ("Ann", "B-ANSWER")], &[]);
    form.annotated = vec!["question".to_string(), "answer".to_string()];
    form.links = vec![(0, 1)];
    let labels = LabelSet::bio(&["question", "answer"]);
    let head = HeadPrediction {
        probabilities: vec![vec![0.0, 1.0, 0.0, 0.0, 0.0], vec![0.0, 0.0, 0.0, 1.0, 0.0]],
        labels,
    };
    let prediction = PagePrediction { heads: vec![head], pairs: None };
    let report = evaluate(&[form], |_| Ok(prediction.clone()), &EvalOptions::default());
    assert_eq!(report.links, Some(Counts { right: 1, predicted: 1, truth: 1 }));
}

#[test]
fn the_report_is_a_table_and_json() {
    let samples = receipts();
    let report = evaluate(
        &samples,
        |sample| Ok(prediction(&tags_of(sample), 0.9)),
        &EvalOptions { resamples: 100, ..EvalOptions::default() },
    );
    insta::assert_snapshot!(report.to_string(), @"
    sroie: 2 documents, 2 pages, 0 failed

    entities                    precision   recall       F1   truth
    company                        1.0000   1.0000   1.0000       2
    total                          1.0000   1.0000   1.0000       2
    micro                          1.0000   1.0000   1.0000       4
                                F1 1.0000 to 1.0000 with 95 % confidence
    macro                                            1.0000

    fields, F1                      exact  relaxed    typed   truth
    company                        1.0000   1.0000   1.0000       2
    total                          0.5000   0.5000   1.0000       2
    micro                          0.7500   0.7500   1.0000       4
                                F1 0.5000 to 1.0000 with 95 % confidence

    words by true label             words    right  taken for
    company                             3   1.0000
    total                               3   1.0000

    calibration: word accuracy 1.0000, entity score error 0.0833
      6 words of company, …: error 0.1000, 0.0000 at temperature 0.21
    ");
    let json = serde_json::to_value(&report).expect("plain data");
    assert_eq!(json["entities"]["micro"]["f1"], 1.0);
    assert_eq!(json["fields"]["typed"]["labels"]["total"]["right"], 2);
}
