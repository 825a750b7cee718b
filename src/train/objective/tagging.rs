//! Token labelling with partial annotation.
//!
//! `O` in a data set that doesn't annotate due dates may well hide a due date. So the loss of such a
//! token is −log of the *summed* probability of `O` and every class that the set leaves open: nothing
//! is learned about labels nobody looked for.

use crate::train::example::IGNORED;
use tch::{Kind, Tensor};

/// Added to the logits of classes that are no possible answer: far below any logit, and finite.
const IMPOSSIBLE: f64 = -1e4;

/// Mean loss over the labelled tokens; `None` when there are none.
///
/// `logits` [batch, seq, classes]; `targets` [batch, seq] i64; `open` [batch, classes] bool: what `O`
/// (class `outside`) may stand for on each page; `weights` [classes]: how much a token of each class
/// counts, alike without it.
pub fn loss(
    logits: &Tensor,
    targets: &Tensor,
    open: &Tensor,
    outside: i64,
    weights: Option<&Tensor>,
) -> Option<Tensor> {
    let (batch, seq, classes) = logits.size3().unwrap_or((0, 0, 0));
    let targets = targets.reshape([-1]);
    let labelled = targets.ne(IGNORED).nonzero().squeeze_dim(1); // [n]
    if labelled.numel() == 0 {
        return None;
    }
    let targets = targets.index_select(0, &labelled); // [n]
    let logits = logits.reshape([-1, classes]).index_select(0, &labelled); // [n, classes]
    let open = open
        .unsqueeze(1)
        .expand([batch, seq, classes], false)
        .reshape([-1, classes])
        .index_select(0, &labelled); // [n, classes]
    let exact = targets.one_hot(classes).to_kind(Kind::Bool);
    let is_outside = targets.eq(outside).unsqueeze(1);
    let possible = exact.logical_or(&open.logical_and(&is_outside));
    let barrier = possible.logical_not().to_kind(Kind::Float) * IMPOSSIBLE;
    let axis = [1i64];
    let losses = logits.logsumexp(axis.as_slice(), false)
        - (logits + barrier).logsumexp(axis.as_slice(), false);
    Some(match weights {
        None => losses.mean(Kind::Float),
        Some(weights) => {
            let weights = weights.index_select(0, &targets); // [n]
            (losses * &weights).sum(Kind::Float) / weights.sum(Kind::Float)
        }
    })
}

/// A class counts at most so much more than the mean, however rare it is.
const HIGHEST_WEIGHT: f64 = 10.0;

/// Weights under which every class that occurs counts alike, up to [`HIGHEST_WEIGHT`]; 1 for classes
/// that do not occur.
pub fn balanced_weights<'a>(targets: impl Iterator<Item = &'a [i64]>, classes: usize) -> Vec<f32> {
    let mut counts = vec![0usize; classes];
    for class in targets.flatten().filter_map(|class| usize::try_from(*class).ok()) {
        if let Some(count) = counts.get_mut(class) {
            *count += 1;
        }
    }
    let all: usize = counts.iter().sum();
    let occurring = counts.iter().filter(|count| **count > 0).count().max(1);
    let weight = |count: &usize| match count {
        0 => 1.0,
        count => (all as f64 / occurring as f64 / *count as f64).min(HIGHEST_WEIGHT) as f32,
    };
    counts.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fully_annotated_is_cross_entropy() {
        let logits = Tensor::from_slice(&[1.0f32, -0.5, 0.2, 0.0, 2.0, 1.0]).view([1, 2, 3]);
        let targets = Tensor::from_slice(&[0i64, 2]).view([1, 2]);
        let open = Tensor::from_slice(&[true, false, false]).view([1, 3]);
        let ours = loss(&logits, &targets, &open, 0, None).unwrap();
        let theirs = logits.view([2, 3]).cross_entropy_for_logits(&targets.view([2]));
        assert!((ours - theirs).abs().double_value(&[]) < 1e-6);
    }

    #[test]
    fn open_classes_get_no_gradient_against_them() {
        let logits =
            Tensor::from_slice(&[0.0f32, 3.0, 0.0]).view([1, 1, 3]).set_requires_grad(true);
        let targets = Tensor::from_slice(&[0i64]).view([1, 1]);
        let open = Tensor::from_slice(&[true, true, false]).view([1, 3]);
        loss(&logits, &targets, &open, 0, None).unwrap().backward();
        let gradient = Vec::<f32>::try_from(logits.grad().view([-1])).unwrap();
        assert!(gradient[1] <= 0.0, "an unannotated class is not pushed down: {gradient:?}");
        assert!(gradient[2] > 0.0, "an annotated class is");
    }

    #[test]
    fn weighted_classes_count_as_in_weighted_cross_entropy() {
        let logits = Tensor::from_slice(&[1.0f32, -0.5, 0.2, 0.0, 2.0, 1.0]).view([1, 2, 3]);
        let targets = Tensor::from_slice(&[0i64, 2]).view([1, 2]);
        let open = Tensor::from_slice(&[true, false, false]).view([1, 3]);
        let weights = Tensor::from_slice(&[0.5f32, 1.0, 3.0]);
        let ours = loss(&logits, &targets, &open, 0, Some(&weights)).unwrap();
        let theirs = logits.view([2, 3]).cross_entropy_loss(
            &targets.view([2]),
            Some(&weights),
            tch::Reduction::Mean,
            IGNORED,
            0.0,
        );
        assert!((ours - theirs).abs().double_value(&[]) < 1e-6);
    }

    #[test]
    fn rare_classes_weigh_more_but_not_without_end() {
        let targets = [vec![0; 990], vec![1; 10], vec![IGNORED; 50]].concat();
        let weights = balanced_weights([targets.as_slice()].into_iter(), 3);
        assert!((weights[0] - 1000.0 / 2.0 / 990.0).abs() < 1e-6);
        assert_eq!(weights[1..], [10.0, 1.0], "50 would be its share; the third never occurs");
    }

    #[test]
    fn nothing_labelled_is_no_loss() {
        let targets = Tensor::full([1, 2], IGNORED, (Kind::Int64, tch::Device::Cpu));
        let logits = Tensor::zeros([1, 2, 3], tch::kind::FLOAT_CPU);
        let open = Tensor::ones([1, 3], (Kind::Bool, tch::Device::Cpu));
        assert!(loss(&logits, &targets, &open, 0, None).is_none());
    }
}
