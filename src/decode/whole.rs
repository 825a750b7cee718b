//! Words that are known to belong together are labelled together: where a page comes with segments of
//! which each is an entity or none (FUNSD, XFUND and CORD say so), the model's words vote, and where an
//! entity begins and ends is not left to it.

use crate::geometry::PixelBox;
use crate::labels::{LabelSet, Tag};

/// Least probability in a vote: one word that is dead certain does not outvote all others.
const FLOOR: f32 = 1e-3;

/// Gives the words of each segment, which are neighbours with one box, the label that they agree on most:
/// the first begins it, the others continue it. `probabilities` [words][classes] and `segments` [words]
/// go together; rows stay distributions.
pub fn label_wholes(probabilities: &mut [Vec<f32>], segments: &[PixelBox], labels: &LabelSet) {
    let mut rest = probabilities;
    for segment in segments.chunk_by(|a, b| a == b) {
        let (words, after) = rest.split_at_mut(segment.len().min(rest.len()));
        let votes = votes(words, labels);
        for (place, word) in words.iter_mut().enumerate() {
            *word = row(&votes, place == 0, labels);
        }
        rest = after;
    }
}

/// What the words of a segment say together: for `O` and each entity the geometric mean of what each of
/// them gives it, [1 + entities], adding up to one.
fn votes(words: &[Vec<f32>], labels: &LabelSet) -> Vec<f32> {
    let mut sums = vec![0.0; 1 + labels.entities().len()];
    for word in words {
        let mut shares = vec![0.0; sums.len()];
        for (id, share) in word.iter().enumerate() {
            shares[labels.tag(id).map_or(0, vote_of)] += share;
        }
        for (sum, share) in sums.iter_mut().zip(shares) {
            *sum += share.max(FLOOR).ln();
        }
    }
    let means: Vec<f32> = sums.iter().map(|sum| (sum / words.len().max(1) as f32).exp()).collect();
    let total: f32 = means.iter().sum();
    means.into_iter().map(|mean| mean / total).collect()
}

fn vote_of(tag: Tag) -> usize {
    match tag {
        Tag::Outside => 0,
        Tag::Begin(entity) | Tag::Inside(entity) => 1 + entity,
    }
}

/// The votes as classes of a word that begins or continues. A label set without `B-` has `I-` for both.
fn row(votes: &[f32], begins: bool, labels: &LabelSet) -> Vec<f32> {
    (0..labels.len())
        .map(|id| match labels.tag(id) {
            Some(Tag::Begin(entity)) if begins => votes[1 + entity],
            Some(Tag::Inside(entity)) if !begins || labels.id_of(Tag::Begin(entity)).is_none() => {
                votes[1 + entity]
            }
            Some(Tag::Outside) => votes[0],
            _ => 0.0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::sequence::argmax;
    use proptest::prelude::*;

    fn segment(number: i64) -> PixelBox {
        PixelBox::new(number * 100, 0, number * 100 + 90, 10)
    }

    #[test]
    fn a_segment_is_labelled_by_most_of_its_words_and_begins_once() {
        let labels = LabelSet::bio(&["question", "answer"]);
        // O, B-QUESTION, I-QUESTION, B-ANSWER, I-ANSWER
        let mut rows = vec![
            vec![0.1, 0.6, 0.1, 0.1, 0.1],
            vec![0.1, 0.1, 0.2, 0.5, 0.1],
            vec![0.0, 0.1, 0.8, 0.1, 0.0],
            vec![0.0, 0.0, 0.1, 0.2, 0.7],
        ];
        label_wholes(&mut rows, &[segment(0), segment(0), segment(0), segment(1)], &labels);
        let classes: Vec<usize> = rows.iter().map(|row| argmax(row)).collect();
        assert_eq!(classes, [1, 2, 2, 3]);
    }

    proptest! {
        #[test]
        fn rows_stay_distributions(
            words in proptest::collection::vec((0i64..4, proptest::collection::vec(0.01f32..1.0, 5)), 0..30),
        ) {
            let labels = LabelSet::bio(&["question", "answer"]);
            let segments: Vec<PixelBox> = words.iter().map(|(number, _)| segment(*number)).collect();
            let mut rows: Vec<Vec<f32>> = words
                .into_iter()
                .map(|(_, row)| {
                    let sum: f32 = row.iter().sum();
                    row.into_iter().map(|p| p / sum).collect()
                })
                .collect();
            label_wholes(&mut rows, &segments, &labels);
            for row in rows {
                prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            }
        }
    }
}
