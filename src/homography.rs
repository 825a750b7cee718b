//! Plane perspective: where points of a sheet land in its picture.

/// A 3×3 matrix over homogeneous points, row-major.
#[derive(Debug, Clone, Copy)]
pub struct Homography([f64; 9]);

impl Homography {
    /// Maps the rectangle `0,0 … width,height` onto these corners (clockwise from the top left);
    /// `None` where they span no proper quadrangle.
    pub fn to_quad(width: f32, height: f32, corners: [(f32, f32); 4]) -> Option<Self> {
        let from = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let mut rows = [[0.0f64; 9]; 8];
        for (index, ((x, y), (u, v))) in from.into_iter().zip(corners).enumerate() {
            let [x, y, u, v] = [x, y, u, v].map(f64::from);
            rows[2 * index] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            rows[2 * index + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
        }
        let solution = solve(rows)?;
        let mut matrix = [1.0; 9];
        matrix[..8].copy_from_slice(&solution);
        Some(Self(matrix))
    }

    /// The way back.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
        if determinant.abs() < 1e-12 {
            return None;
        }
        let adjugate = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        Some(Self(adjugate.map(|v| v / determinant)))
    }

    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
    }

    /// Numerators and denominator at a point, and their steps to the right: a row is walked with
    /// three additions a pixel.
    pub fn row(&self, y: f64) -> ([f64; 3], [f64; 3]) {
        let m = &self.0;
        ([m[1] * y + m[2], m[4] * y + m[5], m[7] * y + m[8]], [m[0], m[3], m[6]])
    }

    /// The upright box (left, top, right, bottom) around a box's image.
    pub fn carry(&self, [left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        let moved = corners.map(|(x, y)| self.apply(f64::from(x), f64::from(y)));
        let fold = |pick: fn(&(f64, f64)) -> f64, join: fn(f64, f64) -> f64, start: f64| {
            moved.iter().map(pick).fold(start, join) as f32
        };
        [
            fold(|p| p.0, f64::min, f64::INFINITY),
            fold(|p| p.1, f64::min, f64::INFINITY),
            fold(|p| p.0, f64::max, f64::NEG_INFINITY),
            fold(|p| p.1, f64::max, f64::NEG_INFINITY),
        ]
    }
}

/// Gauss elimination with pivots; eight unknowns, right side in the ninth column.
fn solve(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-9 {
            return None;
        }
        let lead = rows[column];
        for (index, row) in rows.iter_mut().enumerate() {
            let factor = row[column] / lead[column];
            if index != column && factor != 0.0 {
                for (cell, value) in row.iter_mut().zip(lead) {
                    *cell -= factor * value;
                }
            }
        }
    }
    let mut solution = [0.0; 8];
    for (index, value) in solution.iter_mut().enumerate() {
        *value = rows[index][8] / rows[index][index];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn corners_land_where_asked_and_come_back(
            jitter in proptest::array::uniform8(-20.0f32..20.0),
        ) {
            let j = jitter;
            let corners = [
                (j[0], j[1]), (200.0 + j[2], j[3]), (200.0 + j[4], 300.0 + j[5]), (j[6], 300.0 + j[7]),
            ];
            let map = Homography::to_quad(200.0, 300.0, corners).unwrap();
            let back = map.inverse().unwrap();
            let from = [(0.0, 0.0), (200.0, 0.0), (200.0, 300.0), (0.0, 300.0)];
            for ((x, y), (u, v)) in from.into_iter().zip(corners) {
                let (px, py) = map.apply(x, y);
                prop_assert!((px - f64::from(u)).abs() < 1e-3 && (py - f64::from(v)).abs() < 1e-3);
                let (bx, by) = back.apply(px, py);
                prop_assert!((bx - x).abs() < 1e-3 && (by - y).abs() < 1e-3);
            }
        }
    }
}
