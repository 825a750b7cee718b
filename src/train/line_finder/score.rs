//! How well lines are found on pages whose lines are known.

use super::store::PageStore;
use crate::error::Result;
use crate::geometry::PixelBox;
use crate::line_finder::LineFinder;
use serde::Serialize;

/// A line is found where one box shares so much of both.
const SHARED: f64 = 0.5;

/// Shares of lines over all pages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FinderScore {
    pub pages: usize,
    /// Known lines whose area is covered by boxes of a line's height for nine tenths.
    pub covered: f64,
    /// Known lines that are one box's.
    pub found: f64,
    /// Boxes that are one known line's.
    pub right: f64,
}

/// Finds the lines of all pages and compares.
///
/// # Errors
/// As finding lines.
pub fn score(finder: &LineFinder, store: &PageStore) -> Result<FinderScore> {
    let (mut known, mut given, mut covered, mut found, mut right) = (0, 0, 0, 0, 0);
    for page in &store.records {
        let boxes = finder.find(&store.picture(page))?;
        let lines: Vec<PixelBox> = page
            .lines
            .iter()
            .map(|line| {
                let [left, top, right, bottom] = line.map(|edge| edge.round() as i64);
                PixelBox::new(left, top, right, bottom)
            })
            .collect();
        known += lines.len();
        given += boxes.len();
        covered += lines.iter().filter(|line| is_covered(**line, &boxes)).count();
        let among = |one: PixelBox, others: &[PixelBox]| {
            others.iter().any(|other| one.iou(*other) >= SHARED)
        };
        found += lines.iter().filter(|line| among(**line, &boxes)).count();
        right += boxes.iter().filter(|found| among(**found, &lines)).count();
    }
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    Ok(FinderScore {
        pages: store.records.len(),
        covered: share(covered, known),
        found: share(found, known),
        right: share(right, given),
    })
}

/// Whether boxes that are no higher than twice a line cover its middle for nine tenths of its length.
fn is_covered(line: PixelBox, boxes: &[PixelBox]) -> bool {
    let middle = line.center_y();
    let covers = |x: u32| {
        boxes.iter().any(|other| {
            other.height() <= 2 * line.height()
                && (other.top() as f32..other.bottom() as f32).contains(&middle)
                && (other.left()..other.right()).contains(&x)
        })
    };
    let columns: Vec<u32> = (line.left()..line.right()).step_by(4).collect();
    let met = columns.iter().filter(|x| covers(**x)).count();
    10 * met >= 9 * columns.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_covered_by_pieces_but_not_by_a_picture_over_it() {
        let line = PixelBox::new(0, 100, 200, 120);
        let pieces = [PixelBox::new(0, 98, 90, 121), PixelBox::new(95, 99, 205, 122)];
        assert!(is_covered(line, &pieces));
        assert!(!is_covered(line, &pieces[..1]));
        assert!(!is_covered(line, &[PixelBox::new(0, 0, 300, 300)]));
    }
}
