//! What the network should say of a shown part, and how wrong it was.

use super::spoil::{SIDE, Shown};
use crate::line_finder::lines::{MIDDLE, SHORTENED};
use crate::line_finder::network::{CELL, DISTANCE_UNIT, HALVES};
use tch::{Kind, Reduction, Tensor};

/// Cells of a shown part, down and across.
pub const CELLS: usize = SIDE / CELL;
/// Share of the distances in the loss.
const DISTANCE_WEIGHT: f64 = 1.0;

/// `[4, CELLS, CELLS]`: middles (0 or 1) of upper and lower halves, distances to top and bottom.
pub fn target(shown: &Shown) -> Vec<f32> {
    let mut target = vec![0f32; (HALVES + 2) * CELLS * CELLS];
    let half_height = (CELL / HALVES) as f32;
    let is_seen = |line: &&[f32; 4]| line[2] > CELL as f32 && line[0] < SIDE as f32;
    for line in shown.lines.iter().filter(is_seen) {
        let height = line[3] - line[1];
        let middle = (line[1] + line[3]) / 2.0;
        let room = SHORTENED * height;
        let first = ((line[0] + room) / CELL as f32).round().max(0.0) as usize;
        let last = (((line[2] - room) / CELL as f32).round().max(0.0) as usize).min(CELLS);
        for column in first..last.max((first + 1).min(CELLS)) {
            let middle = middle + shown.moved[column * CELL + CELL / 2];
            let reach = (MIDDLE * height / 2.0).max(half_height / 2.0);
            let from = ((middle - reach) / half_height).round();
            let to = ((middle + reach) / half_height).round().max(from + 1.0);
            let inside = |half: f32| half.clamp(0.0, (CELLS * HALVES) as f32) as usize;
            for half in inside(from)..inside(to) {
                let row = half / HALVES;
                let place = |channel: usize| (channel * CELLS + row) * CELLS + column;
                target[place(half % HALVES)] = 1.0;
                let centre = (row as f32 + 0.5) * CELL as f32;
                target[place(HALVES)] = (centre - (middle - height / 2.0)) / DISTANCE_UNIT;
                target[place(HALVES + 1)] = (middle + height / 2.0 - centre) / DISTANCE_UNIT;
            }
        }
    }
    target
}

/// Cross entropy and overlap (Dice) of the middles, and how far off the distances are where there are middles.
///
/// `output` and `target` [batch, 4, rows, columns].
pub fn loss(output: &Tensor, target: &Tensor) -> Tensor {
    let split = HALVES as i64;
    let (logits, wanted) = (output.narrow(1, 0, split), target.narrow(1, 0, split));
    let entropy = logits.binary_cross_entropy_with_logits(
        &wanted,
        None::<&Tensor>,
        None::<&Tensor>,
        Reduction::Mean,
    );
    let likely = logits.sigmoid();
    let shared = (&likely * &wanted).sum(Kind::Float);
    let all = likely.sum(Kind::Float) + wanted.sum(Kind::Float);
    let overlap = 1.0 - (2.0 * shared + 1.0) / (all + 1.0);
    let is_middle = wanted.amax([1], true);
    let off = (output.narrow(1, split, 2) - target.narrow(1, split, 2)).abs() * &is_middle;
    let distance = off.sum(Kind::Float) / (2.0 * is_middle.sum(Kind::Float) + 1.0);
    4.0 * entropy + overlap + DISTANCE_WEIGHT * distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_finder::lines::Cells;

    #[test]
    fn lines_beside_the_part_are_not_asked_for() {
        let lines =
            vec![[-300.0, 60.0, -5.0, 80.0], [600.0, 60.0, 700.0, 80.0], [0.0, -90.0, 90.0, -60.0]];
        let target = target(&Shown { dark: Vec::new(), lines, moved: vec![0.0; SIDE] });
        assert!(target.iter().all(|value| *value == 0.0));
    }

    #[test]
    fn what_should_be_said_gives_the_lines_again() {
        let lines =
            vec![[40.0, 60.0, 300.0, 80.0], [40.0, 84.0, 200.0, 98.0], [330.0, 61.0, 460.0, 79.0]];
        let moved = (0..SIDE).map(|x| 0.01 * x as f32).collect();
        let shown = Shown { dark: Vec::new(), lines: lines.clone(), moved };
        let wanted = target(&shown);
        let said: Vec<f32> = wanted
            .iter()
            .enumerate()
            .map(
                |(at, value)| {
                    if at < HALVES * CELLS * CELLS { 20.0 * value - 10.0 } else { *value }
                },
            )
            .collect();
        let found = Cells { values: &said, rows: CELLS, columns: CELLS }.lines();
        assert_eq!(found.len(), 3, "{found:?}");
        for (line, found) in lines.iter().zip([0, 2, 1].map(|n| found[n])) {
            let room = 0.1 * (line[3] - line[1]);
            assert!((line[0] - room - found.left).abs() < 4.0);
            assert!((line[2] + room - found.right).abs() < 4.0);
            let lean = 0.01 * (line[2] - line[0]);
            assert!(
                (line[1] + 0.01 * line[0] - found.top).abs() < lean + 1.0,
                "{line:?} {found:?}"
            );
            assert!((line[3] + 0.01 * line[2] - found.bottom).abs() < lean + 1.0);
        }
        let shape = [1, 4, CELLS as i64, CELLS as i64];
        let (said, wanted) =
            (Tensor::from_slice(&said).view(shape), Tensor::from_slice(&wanted).view(shape));
        let right = loss(&said, &wanted).double_value(&[]);
        let wrong = loss(&said.zeros_like(), &wanted).double_value(&[]);
        assert!(right < 0.01 && wrong > 1.0, "{right} {wrong}");
    }
}
