//! Key values of documents against the truth.
//!
//! Three measures. *Exact* is the protocol of SROIE's third task: the strings are equal, character by
//! character, and the answer's string is its text as read. *Relaxed* ignores case, spaces and
//! punctuation. *Typed* compares sums as numbers and dates as days, and all else as relaxed does.

use super::metrics::{Counts, Scores};
use crate::decode::ValueContext;
use crate::decode::fields::Answer;
use crate::decode::value::typed_value;
use crate::document::Value;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Scores of fields by each measure.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FieldScores {
    pub exact: Scores,
    pub relaxed: Scores,
    pub typed: Scores,
}

impl FieldScores {
    /// Adds what another document gave.
    pub fn add_all(&mut self, other: &Self) {
        self.exact.add_all(&other.exact);
        self.relaxed.add_all(&other.relaxed);
        self.typed.add_all(&other.typed);
    }
}

/// Scores the answers of one document. A label without truth counts as wrong where it is answered,
/// but only among `labels`, those that the data set gives values for.
pub fn field_scores(
    answers: &BTreeMap<String, Answer>,
    truth: &BTreeMap<String, String>,
    labels: &BTreeSet<String>,
    context: &ValueContext,
) -> FieldScores {
    let mut scores = FieldScores::default();
    for label in labels {
        let wanted = truth.get(label).map(|text| text.trim()).filter(|text| !text.is_empty());
        let given = answers.get(label);
        let count = |right: bool| Counts {
            right: usize::from(right),
            predicted: usize::from(given.is_some()),
            truth: usize::from(wanted.is_some()),
        };
        let both = wanted.zip(given);
        let exact = both.is_some_and(|(text, answer)| answer.text == text);
        let relaxed = both.is_some_and(|(text, answer)| relax(&answer.text) == relax(text));
        let typed = both.is_some_and(|(text, answer)| same_value(label, answer, text, context));
        scores.exact.add(label, count(exact));
        scores.relaxed.add(label, count(relaxed));
        scores.typed.add(label, count(typed));
    }
    scores
}

/// Letters and digits alone, lower case.
pub fn relax(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn same_value(label: &str, answer: &Answer, truth: &str, context: &ValueContext) -> bool {
    match (&answer.value, typed_value(label, truth, context)) {
        (Some(Value::Amount { amount: given, .. }), Some(Value::Amount { amount, .. })) => {
            shortest(given) == shortest(&amount)
        }
        (Some(Value::Date { date: given }), Some(Value::Date { date })) => *given == date,
        (Some(Value::Text { text: given }), Some(Value::Text { text })) => {
            relax(given) == relax(&text)
        }
        _ => relax(&answer.text) == relax(truth),
    }
}

/// An amount without zeros behind the point: `8.20` and `8.2` are the same.
fn shortest(amount: &str) -> &str {
    if amount.contains('.') { amount.trim_end_matches('0').trim_end_matches('.') } else { amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(label: &str, given: &str, truth: &str) -> [usize; 3] {
        let context = ValueContext::default();
        let answer = Answer {
            entities: vec![0],
            text: given.to_string(),
            value: typed_value(label, given, &context),
            score: 1.0,
        };
        let answers = BTreeMap::from([(label.to_string(), answer)]);
        let truth = BTreeMap::from([(label.to_string(), truth.to_string())]);
        let labels = BTreeSet::from([label.to_string()]);
        let scores = field_scores(&answers, &truth, &labels, &context);
        [scores.exact.micro.right, scores.relaxed.micro.right, scores.typed.micro.right]
    }

    #[test]
    fn the_measures_forgive_more_and_more() {
        let cases = [
            ("company", "ACME SDN BHD", "ACME SDN BHD", [1, 1, 1]),
            ("company", "ACME SDN. BHD.", "ACME SDN BHD", [0, 1, 1]),
            ("company", "ACME", "ACME SDN BHD", [0, 0, 0]),
            ("address", "12, HIGH ST 1234 TOWN", "12,HIGH ST, 1234 TOWN.", [0, 1, 1]),
            ("total", "RM 23.60", "23.60", [0, 0, 1]),
            ("total", "1,007.50", "1007.50", [0, 1, 1]),
            ("total", "43.70", "43.7", [0, 0, 1]),
            ("total", "23.6O", "23.60", [0, 0, 1]),
            ("total", "2360", "23.60", [0, 1, 0]),
            ("date", "12 MAR 2018", "12/03/2018", [0, 0, 1]),
            ("date", "12/03/2018", "12/03/2018", [1, 1, 1]),
            ("date", "12/03/2018", "13/03/2018", [0, 0, 0]),
        ];
        for (label, given, truth, expected) in cases {
            assert_eq!(outcome(label, given, truth), expected, "{given} / {truth}");
        }
    }

    #[test]
    fn missing_and_needless_answers_are_counted() {
        let context = ValueContext::default();
        let labels = BTreeSet::from(["total".to_string(), "date".to_string()]);
        let answer =
            Answer { entities: vec![0], text: "1.00".to_string(), value: None, score: 1.0 };
        let answers = BTreeMap::from([
            ("total".to_string(), answer.clone()),
            ("company".to_string(), answer),
        ]);
        let truth = BTreeMap::from([("date".to_string(), "12/03/2018".to_string())]);
        let scores = field_scores(&answers, &truth, &labels, &context);
        assert_eq!(scores.exact.micro, Counts { right: 0, predicted: 1, truth: 1 });
        assert!(!scores.exact.labels.contains_key("company"), "no truth is known for it");
    }
}
