//! Links of questions and answers: each pair in a window is told linked or not.

use crate::model::relation::RelationHead;
use crate::train::example::Pair;
use tch::{Device, Kind, Reduction, Tensor};

/// How much the links count beside the labels. Few of a form's pairs are linked, so their mean loss
/// is soon a tenth of that of labels.
const WEIGHT: f64 = 10.0;

/// The pairs of a batch.
pub struct PairBatch {
    /// `[n]` i64: row·seq + token, of questions and of answers.
    questions: Tensor,
    answers: Tensor,
    /// `[n]` f32: 1 where they belong together.
    linked: Tensor,
}

impl PairBatch {
    /// `rows` are the pairs of each window; `None` where there are none at all.
    pub fn of(rows: &[&[Pair]], seq: i64, device: Device) -> Option<Self> {
        let all =
            || rows.iter().enumerate().flat_map(|(row, pairs)| pairs.iter().map(move |p| (row, p)));
        let index = |token: fn(&Pair) -> usize| {
            let places: Vec<i64> =
                all().map(|(row, p)| row as i64 * seq + token(p) as i64).collect();
            Tensor::from_slice(&places).to_device(device)
        };
        let linked: Vec<f32> = all().map(|(_, pair)| f32::from(u8::from(pair.linked))).collect();
        (!linked.is_empty()).then(|| Self {
            questions: index(|pair| pair.question),
            answers: index(|pair| pair.answer),
            linked: Tensor::from_slice(&linked).to_device(device),
        })
    }
}

/// Weighted binary cross-entropy over the pairs. `text` [batch, seq, hidden], `bbox` [batch, seq, 4].
pub fn loss(head: &RelationHead, text: &Tensor, bbox: &Tensor, pairs: &PairBatch) -> Tensor {
    let (text, bbox) = (text.flatten(0, 1), bbox.flatten(0, 1));
    let of = |index: &Tensor| (text.index_select(0, index), bbox.index_select(0, index));
    let ((questions, question_boxes), (answers, answer_boxes)) =
        (of(&pairs.questions), of(&pairs.answers));
    let logits = head.forward([&questions, &answers], [&question_boxes, &answer_boxes], true); // [n]
    let none = None::<Tensor>;
    logits.to_kind(Kind::Float).binary_cross_entropy_with_logits(
        &pairs.linked,
        none.as_ref(),
        none.as_ref(),
        Reduction::Mean,
    ) * WEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::ModelConfig;
    use crate::model::layers::Scope;
    use tch::nn;

    fn pair(question: usize, answer: usize, linked: bool) -> Pair {
        Pair { question, answer, linked }
    }

    #[test]
    fn pairs_are_found_in_their_own_row() {
        let rows: [&[Pair]; 3] = [&[pair(1, 4, true)], &[], &[pair(2, 3, false), pair(1, 3, true)]];
        let batch = PairBatch::of(&rows, 10, Device::Cpu).unwrap();
        let numbers = |tensor: &Tensor| Vec::<i64>::try_from(tensor).unwrap();
        assert_eq!(numbers(&batch.questions), [1, 22, 21]);
        assert_eq!(numbers(&batch.answers), [4, 23, 23]);
        assert_eq!(Vec::<f32>::try_from(&batch.linked).unwrap(), [1.0, 0.0, 1.0]);
        assert!(PairBatch::of(&[&[], &[]], 10, Device::Cpu).is_none());
    }

    #[test]
    fn links_are_learned() {
        tch::manual_seed(4);
        let store = nn::VarStore::new(Device::Cpu);
        let config =
            ModelConfig { hidden_size: 8, hidden_dropout_prob: 0.0, ..ModelConfig::default() };
        let head = RelationHead::new(&Scope::new(store.root(), 0.1), &config);
        let text = Tensor::randn([1, 4, 8], tch::kind::FLOAT_CPU);
        let bbox = Tensor::zeros([1, 4, 4], tch::kind::INT64_CPU);
        let rows: [&[Pair]; 1] =
            [&[pair(0, 1, true), pair(0, 3, false), pair(2, 1, false), pair(2, 3, true)]];
        let pairs = PairBatch::of(&rows, 4, Device::Cpu).unwrap();
        let mut adam = crate::train::optimizer::AdamW::new(&store, Default::default(), |_| false);
        let before = loss(&head, &text, &bbox, &pairs).double_value(&[]);
        for _ in 0..200 {
            loss(&head, &text, &bbox, &pairs).backward();
            adam.update(400);
        }
        let after = loss(&head, &text, &bbox, &pairs).double_value(&[]);
        assert!(after < 0.5 * before, "{before} to {after}");
    }
}
