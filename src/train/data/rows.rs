//! Visual rows: which boxes stand beside each other, and the order a reader takes them in.
//!
//! Annotated receipts list their lines in no dependable order (a column at a time, leftovers at the
//! end), and an OCR engine may cut one row into several lines. Rows are found from the boxes alone.
//! Meant for receipts and the like, which have one column of text; not for pages set in columns.

use crate::geometry::PixelBox;

/// Boxes in reading order, with the row of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Indices of the boxes, row by row, left to right.
    pub order: Vec<usize>,
    /// Row of every box, by the box's own index; counted from 0 from the top.
    pub row_of: Vec<u32>,
}

/// Share of the lower box's height that must be common for two boxes to stand in one row.
const SHARED_HEIGHT: f32 = 0.5;
/// Share of the narrower box's width above which two boxes stand under, not beside each other.
const SHARED_WIDTH: f32 = 0.4;

/// Groups boxes into rows. A box joins the row whose nearest member it overlaps most in height, so
/// that a skewed row holds together although its ends share no height.
pub fn find_rows(boxes: &[PixelBox]) -> Rows {
    let mut by_height: Vec<usize> = (0..boxes.len()).collect();
    by_height.sort_by(|&a, &b| {
        boxes[a]
            .center_y()
            .total_cmp(&boxes[b].center_y())
            .then(boxes[a].left().cmp(&boxes[b].left()))
    });
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for index in by_height {
        match best_row(&rows, boxes, boxes[index]) {
            Some(row) => rows[row].push(index),
            None => rows.push(vec![index]),
        }
    }
    rows.sort_by(|a, b| mean_center_y(a, boxes).total_cmp(&mean_center_y(b, boxes)));
    let mut row_of = vec![0; boxes.len()];
    let mut order = Vec::with_capacity(boxes.len());
    for (number, row) in rows.iter_mut().enumerate() {
        row.sort_by_key(|&i| (boxes[i].left(), boxes[i].right(), i));
        for &index in row.iter() {
            row_of[index] = u32::try_from(number).unwrap_or(u32::MAX);
            order.push(index);
        }
    }
    Rows { order, row_of }
}

fn best_row(rows: &[Vec<usize>], boxes: &[PixelBox], candidate: PixelBox) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (number, row) in rows.iter().enumerate() {
        if row.iter().any(|&i| shared_width(boxes[i], candidate) > SHARED_WIDTH) {
            continue;
        }
        let Some(&nearest) = row.iter().min_by_key(|&&i| gap(boxes[i], candidate)) else {
            continue;
        };
        let shared = shared_height(boxes[nearest], candidate);
        if shared >= SHARED_HEIGHT && best.is_none_or(|(most, _)| shared > most) {
            best = Some((shared, number));
        }
    }
    best.map(|(_, row)| row)
}

fn mean_center_y(row: &[usize], boxes: &[PixelBox]) -> f32 {
    row.iter().map(|&i| boxes[i].center_y()).sum::<f32>() / row.len().max(1) as f32
}

/// Height in common, as a share of the lower box's.
pub fn shared_height(a: PixelBox, b: PixelBox) -> f32 {
    let shared = a.bottom().min(b.bottom()).saturating_sub(a.top().max(b.top()));
    shared as f32 / a.height().min(b.height()).max(1) as f32
}

/// Width in common, as a share of the narrower box's.
pub fn shared_width(a: PixelBox, b: PixelBox) -> f32 {
    let shared = a.right().min(b.right()).saturating_sub(a.left().max(b.left()));
    shared as f32 / a.width().min(b.width()).max(1) as f32
}

/// Horizontal distance between two boxes; 0 where they overlap.
fn gap(a: PixelBox, b: PixelBox) -> u32 {
    a.left().saturating_sub(b.right()).max(b.left().saturating_sub(a.right()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn skewed_row_holds_together() {
        // Each box 6 px lower than its left neighbour: the ends share no height.
        let boxes: Vec<PixelBox> =
            (0..5).map(|i| PixelBox::new(i * 100, i * 6, i * 100 + 80, i * 6 + 20)).collect();
        let rows = find_rows(&boxes);
        assert_eq!(rows.row_of, vec![0; 5]);
        assert_eq!(rows.order, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn leftovers_at_the_end_of_the_file_return_to_their_row() {
        let boxes = [
            PixelBox::new(10, 10, 60, 30),
            PixelBox::new(10, 40, 60, 60),
            PixelBox::new(100, 42, 160, 61),
            PixelBox::new(100, 9, 160, 29),
        ];
        let rows = find_rows(&boxes);
        assert_eq!(rows.order, [0, 3, 1, 2]);
        assert_eq!(rows.row_of, [0, 1, 1, 0]);
    }

    proptest! {
        #[test]
        fn order_is_a_permutation_and_rows_never_decrease(
            corners in prop::collection::vec((0i64..500, 0i64..500, 0i64..90, 0i64..40), 0..40)
        ) {
            let boxes: Vec<PixelBox> =
                corners.iter().map(|&(x, y, w, h)| PixelBox::new(x, y, x + w, y + h)).collect();
            let rows = find_rows(&boxes);
            let mut seen = rows.order.clone();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..boxes.len()).collect::<Vec<_>>());
            let numbers: Vec<u32> = rows.order.iter().map(|&i| rows.row_of[i]).collect();
            prop_assert!(numbers.is_sorted());
        }
    }
}
