//! What the network says of every cell → boxes of lines.

use super::network::{CELL, DISTANCE_UNIT, HALVES};

/// A middle is one from this probability on.
const LIKELY: f32 = 0.5;
/// A line's middle ends so many heights before the line does.
pub const SHORTENED: f32 = 0.1;
/// A line's box goes on so many heights behind the last cell of its middle: a reader does better with some paper than
/// with half of a letter.
const ROOM: f32 = 0.25;
/// Share of a line's height that its middle takes up.
pub const MIDDLE: f32 = 0.4;
/// Lines lower than this, or with fewer cells, are specks.
const LEAST_HEIGHT: f32 = 4.0;
const FEWEST_CELLS: usize = 2;
/// Of the tops and bottoms along a line that is not level, so many lie outside its box on each side.
const OUTSIDE: f32 = 0.1;

/// A line on the picture that the network saw, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundBox {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// The network's answer for one picture.
pub struct Cells<'a> {
    /// `[4, rows, columns]`: see [`super::network::Network::forward`].
    pub values: &'a [f32],
    pub rows: usize,
    pub columns: usize,
}

impl Cells<'_> {
    fn at(&self, channel: usize, row: usize, column: usize) -> f32 {
        self.values[(channel * self.rows + row) * self.columns + column]
    }

    /// Probability that a line's middle runs through a half of a cell.
    fn probability(&self, half: usize, column: usize) -> f32 {
        let logit = self.at(half % HALVES, half / HALVES, column);
        1.0 / (1.0 + (-logit).exp())
    }

    /// Lines from top to bottom: middles that hang together.
    pub fn lines(&self) -> Vec<FoundBox> {
        let halves = self.rows * HALVES;
        let mut open: Vec<bool> = (0..halves)
            .flat_map(|half| {
                (0..self.columns).map(move |column| self.probability(half, column) >= LIKELY)
            })
            .collect();
        let mut lines = Vec::new();
        for start in 0..open.len() {
            if !open[start] {
                continue;
            }
            open[start] = false;
            let (mut cells, mut next) = (vec![start], 0);
            while let Some(&cell) = cells.get(next) {
                next += 1;
                let (half, column) = (cell / self.columns, cell % self.columns);
                for half in half.saturating_sub(1)..(half + 2).min(halves) {
                    for column in column.saturating_sub(1)..(column + 2).min(self.columns) {
                        let other = half * self.columns + column;
                        if open[other] {
                            open[other] = false;
                            cells.push(other);
                        }
                    }
                }
            }
            lines.extend(self.line(&cells));
        }
        lines
    }

    fn line(&self, cells: &[usize]) -> Option<FoundBox> {
        let place = |cell: usize| (cell / self.columns / HALVES, cell % self.columns);
        let edges = |channel: usize, sign: f32| -> Vec<f32> {
            let edge = |&cell: &usize| {
                let (row, column) = place(cell);
                let centre = (row as f32 + 0.5) * CELL as f32;
                centre + sign * DISTANCE_UNIT * self.at(channel, row, column)
            };
            let mut edges: Vec<f32> = cells.iter().map(edge).collect();
            edges.sort_unstable_by(f32::total_cmp);
            edges
        };
        let outside = (OUTSIDE * cells.len() as f32) as usize;
        let top = edges(HALVES, -1.0)[outside];
        let bottom = edges(HALVES + 1, 1.0)[cells.len() - 1 - outside];
        let columns = cells.iter().map(|&cell| cell % self.columns);
        let (first, last) = (columns.clone().min()?, columns.max()?);
        let height = bottom - top;
        if height < LEAST_HEIGHT || last + 1 - first < FEWEST_CELLS {
            return None;
        }
        let room = ROOM * height;
        Some(FoundBox {
            left: (first * CELL) as f32 - room,
            top,
            right: ((last + 1) * CELL) as f32 + room,
            bottom,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lines of 12 pixels, 16 apart, told as the network would.
    #[test]
    fn middles_that_hang_together_are_lines_with_their_heights() {
        let (rows, columns) = (16, 20);
        let mut values = vec![-9.0f32; 4 * rows * columns];
        for (middle, across) in [(10.0, 2..12), (26.0, 4..18)] {
            for column in across {
                let half = (middle / 2.0) as usize;
                let row = half / HALVES;
                values[((half % HALVES) * rows + row) * columns + column] = 9.0;
                let centre = (row as f32 + 0.5) * CELL as f32;
                for (channel, distance) in
                    [(2, centre - (middle - 6.0)), (3, middle + 6.0 - centre)]
                {
                    values[(channel * rows + row) * columns + column] = distance / DISTANCE_UNIT;
                }
            }
        }
        let lines = Cells { values: &values, rows, columns }.lines();
        let edges = lines.iter().map(|line| [line.left, line.top, line.right, line.bottom]);
        let places: Vec<[f32; 4]> =
            edges.map(|edges| edges.map(|at| (10.0 * at).round() / 10.0)).collect();
        assert_eq!(places, [[5.0, 4.0, 51.0, 16.0], [13.0, 20.0, 75.0, 32.0]]);
    }
}
