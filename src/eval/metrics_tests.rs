//! Tests of the scores, against known cases.

use super::*;
use crate::eval::run::groups_of_tags;
use proptest::prelude::*;

fn groups(tags: &[&str]) -> Vec<LabelledWords> {
    groups_of_tags(&tags.iter().map(|tag| (*tag).to_string()).collect::<Vec<_>>())
}

fn scores(predicted: &[&str], truth: &[&str]) -> Scores {
    entity_scores(&groups(predicted), &groups(truth))
}

#[test]
fn entities_are_scored_as_seqeval_does() {
    // The example of seqeval's own documentation: MISC 0, PER 1, micro and macro 0.5.
    let mut all = scores(
        &["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"],
        &["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"],
    );
    all.add_all(&scores(&["B-PER", "I-PER", "O"], &["B-PER", "I-PER", "O"]));
    assert_eq!(all.labels["misc"].f1(), 0.0);
    assert_eq!(all.labels["per"].f1(), 1.0);
    assert_eq!((all.micro.precision(), all.micro.recall(), all.micro.f1()), (0.5, 0.5, 0.5));
    assert_eq!(all.macro_f1(), 0.5);
}

#[test]
fn an_inside_tag_without_a_beginning_counts_as_an_entity() {
    // As in seqeval's default mode; its strict mode would give 0.
    let all = scores(&["O", "I-PER", "I-PER"], &["O", "B-PER", "I-PER"]);
    assert_eq!(all.micro.f1(), 1.0);
}

#[test]
fn a_label_too_long_or_wrong_is_a_miss_and_a_false_alarm() {
    let all = scores(&["B-A", "I-A", "B-B", "O"], &["B-A", "O", "B-A", "B-B"]);
    assert_eq!(all.micro, Counts { right: 0, predicted: 2, truth: 3 });
    assert_eq!(all.labels["a"], Counts { right: 0, predicted: 1, truth: 2 });
}

#[test]
fn nothing_predicted_and_nothing_wanted_is_no_division_by_zero() {
    let none = Counts::default();
    assert_eq!((none.precision(), none.recall(), none.f1()), (0.0, 0.0, 0.0));
    assert_eq!(Scores::default().macro_f1(), 0.0);
    assert_eq!(Confusion::default().accuracy(), 0.0);
}

#[test]
fn links_are_counted_as_pairs() {
    let counts = pair_counts(&[(0, 1), (0, 1), (2, 3)], &[(0, 1), (4, 5)]);
    assert_eq!(counts, Counts { right: 1, predicted: 2, truth: 2 });
}

#[test]
fn the_calibration_error_is_the_gap_between_sure_and_right() {
    // .8 sure and right in 8 of 10: calibrated. 1.0 sure and right in half: gap .5.
    let calibrated: Vec<(f32, bool)> = (0..10).map(|i| (0.8, i < 8)).collect();
    assert!(calibration_error(&calibrated, 10) < 1e-6);
    let overconfident: Vec<(f32, bool)> = (0..10).map(|i| (1.0, i < 5)).collect();
    assert!((calibration_error(&overconfident, 10) - 0.5).abs() < 1e-9);
    let both = [calibrated, overconfident].concat();
    assert!((calibration_error(&both, 10) - 0.25).abs() < 1e-6);
    assert_eq!(calibration_error(&[], 10), 0.0);
}

#[test]
fn the_fitted_temperature_cools_what_was_heated() {
    // Rows whose true class has the probability given, sharpened to temperature 0.5.
    let mut rows = Vec::new();
    for i in 0..100 {
        let honest = [0.7f32, 0.3];
        rows.push((at_temperature(&honest, 0.5), usize::from(i >= 70)));
    }
    let temperature = fit_temperature(&rows);
    assert!((temperature - 2.0).abs() < 0.02, "{temperature}");
    assert!(negative_log_likelihood(&rows, temperature) < negative_log_likelihood(&rows, 1.0));
    assert_eq!(fit_temperature(&[]), 1.0);
}

#[test]
fn the_interval_holds_the_score_and_narrows_with_more_documents() {
    let documents = |n: usize| -> Vec<Counts> {
        (0..n).map(|i| Counts { right: usize::from(i % 4 != 0), predicted: 1, truth: 1 }).collect()
    };
    let few = bootstrap_f1(&documents(40), 500, 7).expect("documents");
    let many = bootstrap_f1(&documents(400), 500, 7).expect("documents");
    assert!(few.low < 0.75 && 0.75 < few.high, "{few:?}");
    assert!(many.high - many.low < few.high - few.low, "{many:?} {few:?}");
    assert_eq!(bootstrap_f1(&documents(40), 500, 7), Some(few), "the seed decides");
    assert_eq!(bootstrap_f1(&[], 500, 7), None);
}

#[test]
fn confusion_counts_words_by_label() {
    let mut confusion = Confusion::default();
    for (truth, predicted) in [("o", "o"), ("o", "total"), ("total", "total"), ("total", "total")] {
        confusion.add(truth, predicted);
    }
    assert_eq!(confusion.counts["o"]["total"], 1);
    assert_eq!(confusion.accuracy(), 0.75);
}

proptest! {
    #[test]
    fn a_perfect_prediction_scores_one(
        tags in prop::collection::vec(prop::sample::select(vec!["O", "B-A", "I-A", "B-B", "I-B"]), 1..30),
    ) {
        let all = scores(&tags, &tags);
        prop_assert_eq!(all.micro.right, all.micro.truth);
        prop_assert_eq!(all.micro.predicted, all.micro.truth);
        let any = tags.iter().any(|tag| *tag != "O");
        prop_assert_eq!(all.micro.f1(), if any { 1.0 } else { 0.0 });
    }

    #[test]
    fn a_temperature_keeps_the_order_and_the_sum(
        raw in prop::collection::vec(0.01f32..1.0, 2..8),
        temperature in 0.2f64..5.0,
    ) {
        let sum: f32 = raw.iter().sum();
        let row: Vec<f32> = raw.iter().map(|p| p / sum).collect();
        let changed = at_temperature(&row, temperature);
        prop_assert!((changed.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        for i in 1..row.len() {
            if row[i] > row[i - 1] * 1.001 {
                prop_assert!(changed[i] >= changed[i - 1]);
            }
        }
    }
}
