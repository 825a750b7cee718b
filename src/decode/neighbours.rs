//! Words beside each other.

use crate::geometry::PixelBox;

/// Words of one phrase or value stand closer than this many heights.
const CLOSE: f32 = 1.0;

/// Whether two words stand side by side on one line.
pub fn goes_on(left: PixelBox, right: PixelBox) -> bool {
    let gap = i64::from(right.left()) - i64::from(left.right());
    let height = left.height().max(right.height()) as f32;
    on_one_line(left, right) && gap as f32 > -0.5 * height && (gap as f32) < CLOSE * height
}

/// Whether two boxes share two fifths of the lower one's height.
pub fn on_one_line(a: PixelBox, b: PixelBox) -> bool {
    let shared = i64::from(a.bottom().min(b.bottom())) - i64::from(a.top().max(b.top()));
    shared as f32 > 0.4 * a.height().min(b.height()).max(1) as f32
}
