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
/// (class `outside`) may stand for on each page.
pub fn loss(logits: &Tensor, targets: &Tensor, open: &Tensor, outside: i64) -> Option<Tensor> {
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
    Some(losses.mean(Kind::Float))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fully_annotated_is_cross_entropy() {
        let logits = Tensor::from_slice(&[1.0f32, -0.5, 0.2, 0.0, 2.0, 1.0]).view([1, 2, 3]);
        let targets = Tensor::from_slice(&[0i64, 2]).view([1, 2]);
        let open = Tensor::from_slice(&[true, false, false]).view([1, 3]);
        let ours = loss(&logits, &targets, &open, 0).unwrap();
        let theirs = logits.view([2, 3]).cross_entropy_for_logits(&targets.view([2]));
        assert!((ours - theirs).abs().double_value(&[]) < 1e-6);
    }

    #[test]
    fn open_classes_get_no_gradient_against_them() {
        let logits =
            Tensor::from_slice(&[0.0f32, 3.0, 0.0]).view([1, 1, 3]).set_requires_grad(true);
        let targets = Tensor::from_slice(&[0i64]).view([1, 1]);
        let open = Tensor::from_slice(&[true, true, false]).view([1, 3]);
        loss(&logits, &targets, &open, 0).unwrap().backward();
        let gradient = Vec::<f32>::try_from(logits.grad().view([-1])).unwrap();
        assert!(gradient[1] <= 0.0, "an unannotated class is not pushed down: {gradient:?}");
        assert!(gradient[2] > 0.0, "an annotated class is");
    }

    #[test]
    fn nothing_labelled_is_no_loss() {
        let targets = Tensor::full([1, 2], IGNORED, (Kind::Int64, tch::Device::Cpu));
        let logits = Tensor::zeros([1, 2, 3], tch::kind::FLOAT_CPU);
        let open = Tensor::ones([1, 3], (Kind::Bool, tch::Device::Cpu));
        assert!(loss(&logits, &targets, &open, 0).is_none());
    }
}
