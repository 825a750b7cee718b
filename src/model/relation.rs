//! Which answer belongs to which question: a score for pairs of words.
//!
//! Question and answer are projected apart and compared by a bilinear form (Dozat and Manning, 2017,
//! §2.2), with the distance of the two boxes beside it. LayoutLMv2's Python classes have no such head
//! and pass over its weights.

use super::config::ModelConfig;
use super::layers::{Linear, Scope, linear};
use crate::geometry::NORM_SIDE;
use tch::{Kind, Tensor};

/// Width of the projections.
const SIZE: i64 = 128;
/// Numbers that tell how two boxes lie to each other.
const PLACES: i64 = 4;

/// The head; stands beside the task's own.
pub struct RelationHead {
    question: Linear,
    answer: Linear,
    /// `[SIZE, SIZE]`
    bilinear: Tensor,
    place: Linear,
    place_score: Linear,
    dropout: f64,
}

impl RelationHead {
    /// Begins the names of its weights.
    pub const NAME: &'static str = "relation";

    /// `root` is the top of the key tree.
    pub fn new(root: &Scope, config: &ModelConfig) -> Self {
        let scope = root / Self::NAME;
        Self {
            question: linear(&(&scope / "question"), config.hidden_size, SIZE),
            answer: linear(&(&scope / "answer"), config.hidden_size, SIZE),
            bilinear: scope.weight("bilinear", &[SIZE, SIZE]),
            place: linear(&(&scope / "place"), PLACES, SIZE),
            place_score: linear(&(&scope / "place_score"), SIZE, 1),
            dropout: config.hidden_dropout_prob,
        }
    }

    /// Logits above 0 for pairs that belong together: [n].
    ///
    /// `questions`, `answers` [n, hidden]: states of the pairs' first tokens; their boxes [n, 4] i64.
    pub fn forward(
        &self,
        [questions, answers]: [&Tensor; 2],
        [question_boxes, answer_boxes]: [&Tensor; 2],
        train: bool,
    ) -> Tensor {
        let dropped = |states: &Tensor| states.dropout(self.dropout, train);
        // In 32 bits from here on, whatever products are computed in: it is little.
        let full = |states: Tensor| states.to_kind(Kind::Float).gelu("none");
        let questions = full(self.question.forward(&dropped(questions))); // [n, SIZE]
        let answers = full(self.answer.forward(&dropped(answers))); // [n, SIZE]
        let fit = (questions.matmul(&self.bilinear) * answers).sum_dim_intlist(
            [1i64].as_slice(),
            false,
            Kind::Float,
        ); // [n]
        let side = f64::from(NORM_SIDE);
        let places = (answer_boxes - question_boxes).to_kind(Kind::Float) / side; // [n, 4]
        let place = self.place_score.forward(&full(self.place.forward(&places))); // [n, 1]
        fit + place.squeeze_dim(1).to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn};

    #[test]
    fn a_pair_is_scored_by_states_places_and_direction() {
        tch::manual_seed(2);
        let store = nn::VarStore::new(Device::Cpu);
        let config = ModelConfig { hidden_size: 16, ..ModelConfig::default() };
        let head = RelationHead::new(&Scope::new(store.root(), 0.5), &config);
        let (a, b) = (
            Tensor::randn([1, 16], tch::kind::FLOAT_CPU),
            Tensor::ones([1, 16], tch::kind::FLOAT_CPU),
        );
        let (left, right) = (
            Tensor::from_slice(&[10i64, 10, 90, 20]).view([1, 4]),
            Tensor::from_slice(&[200i64, 10, 260, 20]).view([1, 4]),
        );
        let score = |states: [&Tensor; 2], boxes: [&Tensor; 2]| {
            head.forward(states, boxes, false).double_value(&[0])
        };
        let plain = score([&a, &b], [&left, &right]);
        assert_eq!(plain, score([&a, &b], [&left, &right]));
        assert_ne!(plain, score([&b, &a], [&left, &right]));
        assert_ne!(plain, score([&a, &b], [&right, &left]));
        head.forward([&a, &b], [&left, &right], true).sum(Kind::Float).backward();
        for (name, weight) in store.variables() {
            assert!(
                weight.grad().abs().sum(Kind::Float).double_value(&[]) > 0.0
                    || name.contains("bias"),
                "{name}"
            );
        }
    }
}
