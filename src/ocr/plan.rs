//! How a page is to be read: the kind of page by its shape and letters, and from that the engine's
//! segmentation mode, the scale, and the resolution to declare. What each choice gains is measured in
//! docs/ocr.md.

use super::options::{SegmentationMode, TesseractOptions};
use super::upright::Upright;
use crate::geometry::PixelBox;

/// What the choices rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOptions {
    /// Pages with fewer letters across are receipts: one column, prices far from their items.
    pub receipt_letters: f32,
    /// Segmentation modes of receipts and of other pages.
    pub receipt_psm: u8,
    pub page_psm: u8,
    /// Letters lower than this many pixels are enlarged, on receipts and on other pages …
    pub small_receipt_letters: f32,
    pub small_letters: f32,
    /// … to this height.
    pub letter_height: f32,
    /// No page is enlarged more than this, nor beyond this many pixels.
    pub largest_scale: f32,
    pub most_pixels: f32,
    /// Letters higher than this are made smaller: they read no better and take longer.
    pub large_letters: f32,
    /// Declared where the user does not say: the engine's layout rules of thumb fit it.
    pub dpi: u32,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            receipt_letters: 60.0,
            receipt_psm: 6,
            page_psm: 3,
            // Receipts in larger print read no better enlarged.
            small_receipt_letters: 8.0,
            small_letters: 14.0,
            letter_height: 18.0,
            largest_scale: 3.5,
            most_pixels: 40e6,
            large_letters: 60.0,
            dpi: 200,
        }
    }
}

/// What kind of page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// Few letters across.
    Receipt,
    /// Anything else with text.
    Page,
}

/// How a page is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    pub kind: PageKind,
    pub psm: u8,
    /// Pixels that the engine sees per pixel of the page.
    pub scale: f32,
    pub dpi: u32,
}

impl PlanOptions {
    pub fn plan(&self, page: &Upright, asked: &TesseractOptions) -> Plan {
        let narrow = page.letters_across().is_some_and(|across| across < self.receipt_letters);
        let kind = if narrow { PageKind::Receipt } else { PageKind::Page };
        let psm = match (asked.psm, kind) {
            (SegmentationMode::Fixed(mode), _) => mode,
            (SegmentationMode::Auto, PageKind::Receipt) => self.receipt_psm,
            (SegmentationMode::Auto, PageKind::Page) => self.page_psm,
        };
        let scale = self.scale(kind, page.letter_height, page.size().bounds());
        Plan { kind, psm, scale, dpi: asked.dpi.unwrap_or(self.dpi) }
    }

    /// The scale that brings letters of a region to a height that reads well.
    fn scale(&self, kind: PageKind, letter_height: Option<f32>, region: PixelBox) -> f32 {
        let small = match kind {
            PageKind::Receipt => self.small_receipt_letters,
            PageKind::Page => self.small_letters,
        };
        let wanted = match letter_height {
            Some(height) if height < small => self.letter_height / height,
            Some(height) if height > self.large_letters => self.large_letters / height,
            _ => 1.0,
        };
        let room = (self.most_pixels / (region.area().max(1) as f32)).sqrt();
        wanted.min(self.largest_scale).min(room.max(f32::MIN_POSITIVE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters_are_enlarged_within_bounds() {
        let options = PlanOptions::default();
        let page = PixelBox::new(0, 0, 1000, 1000);
        let cases = [
            (None, 1.0),
            (Some(9.0), 2.0),
            (Some(1.0), options.largest_scale),
            (Some(20.0), 1.0),
            (Some(120.0), 0.5),
        ];
        for (height, expected) in cases {
            assert_eq!(options.scale(PageKind::Page, height, page), expected, "{height:?}");
        }
        assert_eq!(options.scale(PageKind::Receipt, Some(6.0), page), 3.0);
        assert_eq!(options.scale(PageKind::Receipt, Some(9.0), page), 1.0);
        let huge = PixelBox::new(0, 0, 20_000, 20_000);
        assert!(
            options.scale(PageKind::Page, Some(9.0), huge).powi(2) * 4e8
                <= options.most_pixels * 1.01
        );
    }
}
