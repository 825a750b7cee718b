//! Boxes and the two frames they live in: pixels of a page, and the 0–1000 page the model reads.
//!
//! The frames are separate types, so that a pixel box can't be handed to the model by mistake.
//! [`PixelBox::normalize`] is the only way from one to the other; it follows the reference processor
//! (`int(1000 · x / width)`, truncated) and, unlike it, clamps to 0–1000.

use serde::{Deserialize, Serialize};

/// The model's page is this many units wide and high (arXiv 2012.14740, §2.1).
pub const NORM_SIDE: u16 = 1000;

/// Width and height of a page in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageSize {
    pub width: u32,
    pub height: u32,
}

impl PageSize {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// The box that covers the whole page.
    pub fn bounds(self) -> PixelBox {
        PixelBox { left: 0, top: 0, right: self.width, bottom: self.height }
    }
}

/// An axis-parallel box in pixels of the page as read; ordered, never negative.
///
/// Serialised as `[left, top, right, bottom]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(from = "[i64; 4]", into = "[u32; 4]")]
pub struct PixelBox {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl PixelBox {
    /// Orders the corners and cuts what lies left of or above the page.
    pub fn new(x0: i64, y0: i64, x1: i64, y1: i64) -> Self {
        let pixel = |v: i64| u32::try_from(v.max(0)).unwrap_or(u32::MAX);
        Self {
            left: pixel(x0.min(x1)),
            top: pixel(y0.min(y1)),
            right: pixel(x0.max(x1)),
            bottom: pixel(y0.max(y1)),
        }
    }

    pub fn left(self) -> u32 {
        self.left
    }
    pub fn top(self) -> u32 {
        self.top
    }
    pub fn right(self) -> u32 {
        self.right
    }
    pub fn bottom(self) -> u32 {
        self.bottom
    }
    pub fn width(self) -> u32 {
        self.right - self.left
    }
    pub fn height(self) -> u32 {
        self.bottom - self.top
    }
    pub fn area(self) -> u64 {
        u64::from(self.width()) * u64::from(self.height())
    }
    /// Horizontal centre, in pixels.
    pub fn center_x(self) -> f32 {
        (self.left as f32 + self.right as f32) / 2.0
    }
    /// Vertical centre, in pixels.
    pub fn center_y(self) -> f32 {
        (self.top as f32 + self.bottom as f32) / 2.0
    }

    /// The part of this box that lies on the page.
    pub fn clamp_to(self, page: PageSize) -> Self {
        Self {
            left: self.left.min(page.width),
            top: self.top.min(page.height),
            right: self.right.min(page.width),
            bottom: self.bottom.min(page.height),
        }
    }

    /// The smallest box that holds both.
    pub fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// With paper around it on all sides, as wide as so many of the box's heights.
    pub fn with_margin(self, heights: f32) -> Self {
        let margin = (heights * self.height() as f32).ceil() as i64;
        let [left, top, right, bottom] = <[u32; 4]>::from(self).map(i64::from);
        Self::new(left - margin, top - margin, right + margin, bottom + margin)
    }

    /// The smallest box that holds all of them; `None` without any.
    pub fn union_of(boxes: impl IntoIterator<Item = PixelBox>) -> Option<Self> {
        boxes.into_iter().reduce(PixelBox::union)
    }

    /// Pixels that both boxes cover.
    pub fn intersection_area(self, other: Self) -> u64 {
        let width = self.right.min(other.right).saturating_sub(self.left.max(other.left));
        let height = self.bottom.min(other.bottom).saturating_sub(self.top.max(other.top));
        u64::from(width) * u64::from(height)
    }

    /// Intersection over union, 0–1; 0 when both are empty.
    pub fn iou(self, other: Self) -> f64 {
        let shared = self.intersection_area(other);
        let all = self.area() + other.area() - shared;
        if all == 0 { 0.0 } else { shared as f64 / all as f64 }
    }

    /// Into the model's 0–1000 frame: truncated as the reference does, and clamped.
    pub fn normalize(self, page: PageSize) -> NormBox {
        let scale = |v: u32, side: u32| -> u16 {
            if side == 0 {
                return 0;
            }
            // f64 as the reference computes it: integer division differs where 1000·v/side is
            // just below a whole number.
            let scaled = (f64::from(NORM_SIDE) * (f64::from(v) / f64::from(side))) as u64;
            scaled.min(u64::from(NORM_SIDE)) as u16
        };
        NormBox {
            left: scale(self.left, page.width),
            top: scale(self.top, page.height),
            right: scale(self.right, page.width),
            bottom: scale(self.bottom, page.height),
        }
    }
}

impl From<[i64; 4]> for PixelBox {
    fn from(b: [i64; 4]) -> Self {
        Self::new(b[0], b[1], b[2], b[3])
    }
}

impl From<PixelBox> for [u32; 4] {
    fn from(b: PixelBox) -> Self {
        [b.left, b.top, b.right, b.bottom]
    }
}

/// A box on the model's page: 0 ≤ left ≤ right ≤ 1000, likewise top and bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(from = "[i64; 4]", into = "[u16; 4]")]
pub struct NormBox {
    left: u16,
    top: u16,
    right: u16,
    bottom: u16,
}

impl NormBox {
    /// Box of [CLS] and [PAD], and of [SEP] in models trained here (§2.1 of the paper).
    pub const ZERO: Self = Self { left: 0, top: 0, right: 0, bottom: 0 };
    /// Box that the reference tokenizer gives [SEP].
    pub const FULL_CORNER: Self =
        Self { left: NORM_SIDE, top: NORM_SIDE, right: NORM_SIDE, bottom: NORM_SIDE };

    /// Orders and clamps.
    pub fn new(x0: i64, y0: i64, x1: i64, y1: i64) -> Self {
        let unit = |v: i64| v.clamp(0, i64::from(NORM_SIDE)) as u16;
        Self {
            left: unit(x0.min(x1)),
            top: unit(y0.min(y1)),
            right: unit(x0.max(x1)),
            bottom: unit(y0.max(y1)),
        }
    }

    /// `[left, top, right, bottom]`, the order of the model's `bbox` input.
    pub fn to_array(self) -> [i64; 4] {
        [self.left.into(), self.top.into(), self.right.into(), self.bottom.into()]
    }
}

impl From<[i64; 4]> for NormBox {
    fn from(b: [i64; 4]) -> Self {
        Self::new(b[0], b[1], b[2], b[3])
    }
}

impl From<NormBox> for [u16; 4] {
    fn from(b: NormBox) -> Self {
        [b.left, b.top, b.right, b.bottom]
    }
}
