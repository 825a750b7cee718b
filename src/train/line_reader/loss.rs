//! CTC's loss (Graves et al. 2006), also for texts whose case is not known.
//!
//! SROIE writes every line in capitals, whatever is printed. Such a line is scored on letters without
//! case: the probabilities of `a` and `A` are summed before the loss is taken, so nothing is learned
//! from it about case, and mixed-case lines from elsewhere teach that.

use crate::line_reader::alphabet::BLANK;
use tch::{Kind, Reduction, Tensor};

/// The targets of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Classes of its characters; those of capitals where `caseless`.
    pub classes: Vec<i64>,
    pub caseless: bool,
    /// Steps of its strip.
    pub steps: i64,
}

/// Mean over the lines of each line's loss per character.
///
/// `log_probabilities` [batch, steps, classes]; `caseless` [classes, classes], see [`case_sums`].
pub fn loss(log_probabilities: &Tensor, targets: &[Target], caseless: &Tensor) -> Tensor {
    let flags: Vec<bool> = targets.iter().map(|target| target.caseless).collect();
    let folded = if flags.iter().any(|&flag| flag) {
        let rows = Tensor::from_slice(&flags).to_device(log_probabilities.device()).view([
            targets.len() as i64,
            1,
            1,
        ]);
        without_case(log_probabilities, caseless).where_self(&rows, log_probabilities)
    } else {
        log_probabilities.shallow_clone()
    };
    let classes: Vec<i64> = targets.iter().flat_map(|t| t.classes.iter().copied()).collect();
    let steps: Vec<i64> = targets.iter().map(|target| target.steps).collect();
    let lengths: Vec<i64> = targets.iter().map(|target| target.classes.len() as i64).collect();
    Tensor::ctc_loss(
        &folded.transpose(0, 1),
        &Tensor::from_slice(&classes).to_device(log_probabilities.device()),
        steps.as_slice(),
        lengths.as_slice(),
        BLANK,
        Reduction::Mean,
        // A line with more letters than steps has no path: it teaches nothing.
        true,
    )
}

/// How far what a network says of each step is from what its teacher says (Hinton, Vinyals and Dean 2015, arXiv
/// 1503.02531): Kullback and Leibler's divergence, mean over the steps of the strips. Both see the same strip in the
/// same steps, so a spike of the one can stand where the other's does.
///
/// `log_probabilities` and `teachers` [batch, steps, classes]; `lengths` are the steps of each strip.
pub fn distance(log_probabilities: &Tensor, teachers: &Tensor, lengths: &[i64]) -> Tensor {
    let device = log_probabilities.device();
    let steps = log_probabilities.size().get(1).copied().unwrap_or(0);
    let places = Tensor::arange(steps, (Kind::Int64, device)).unsqueeze(0);
    let ends = Tensor::from_slice(lengths).to_device(device).unsqueeze(1);
    // [batch, steps]
    let inside = places.lt_tensor(&ends).to_kind(Kind::Float);
    let apart = teachers.exp() * (teachers - log_probabilities);
    let apart = apart.sum_dim_intlist([-1i64].as_slice(), false, Kind::Float);
    (apart * &inside).sum(Kind::Float) / inside.sum(Kind::Float).clamp_min(1.0)
}

/// The matrix that adds up the probabilities of a letter's cases: `[classes, classes]`, 1 where the
/// column is the class of both cases ([`Alphabet::caseless`](crate::line_reader::alphabet::Alphabet))
/// of the row.
pub fn case_sums(caseless: &[i64]) -> Tensor {
    Tensor::from_slice(caseless).one_hot(caseless.len() as i64).to_kind(Kind::Float)
}

/// Log-probabilities with those of small letters added to their capitals'.
fn without_case(log_probabilities: &Tensor, caseless: &Tensor) -> Tensor {
    let summed = log_probabilities.exp().matmul(caseless);
    summed.clamp_min(1e-12).log().to_kind(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three classes: blank, `A`, `a`.
    fn log_probabilities(steps: &[[f32; 3]]) -> Tensor {
        Tensor::from_slice(steps.as_flattened()).view([1, steps.len() as i64, 3]).log()
    }

    #[test]
    fn a_sure_reading_costs_nothing_and_a_wrong_one_does() {
        let sure = log_probabilities(&[[0.001, 0.998, 0.001], [0.998, 0.001, 0.001]]);
        let fold = case_sums(&[0, 1, 1]);
        let target = |class| [Target { classes: vec![class], caseless: false, steps: 2 }];
        assert!(loss(&sure, &target(1), &fold).double_value(&[]) < 0.01);
        assert!(loss(&sure, &target(2), &fold).double_value(&[]) > 3.0);
    }

    #[test]
    fn without_case_either_letter_is_right() {
        let small = log_probabilities(&[[0.001, 0.001, 0.998], [0.998, 0.001, 0.001]]);
        let fold = case_sums(&[0, 1, 1]);
        let target = [Target { classes: vec![1], caseless: true, steps: 2 }];
        assert!(loss(&small, &target, &fold).double_value(&[]) < 0.01);
    }

    #[test]
    fn only_the_steps_of_a_strip_are_compared_with_the_teacher() {
        let sure = [[0.998f32, 0.001, 0.001], [0.001, 0.998, 0.001]];
        let (own, same) = (log_probabilities(&sure), log_probabilities(&sure));
        let other = log_probabilities(&[sure[0], [0.1, 0.2, 0.7]]);
        let apart = |teachers, steps| distance(&own, teachers, &[steps]).double_value(&[]);
        assert!(apart(&same, 2).abs() < 1e-6);
        assert!(apart(&other, 1).abs() < 1e-6);
        let step: f64 = [(0.1, 0.001), (0.2, 0.998), (0.7, 0.001)]
            .iter()
            .map(|(teacher, own): &(f64, f64)| teacher * (teacher / own).ln())
            .sum();
        assert!((apart(&other, 2) - step / 2.0).abs() < 1e-4);
    }

    #[test]
    fn more_letters_than_steps_teach_nothing() {
        let steps = log_probabilities(&[[0.4, 0.3, 0.3]]);
        let fold = case_sums(&[0, 1, 1]);
        let target = [Target { classes: vec![1, 2, 1], caseless: false, steps: 1 }];
        assert_eq!(loss(&steps, &target, &fold).double_value(&[]), 0.0);
    }
}
