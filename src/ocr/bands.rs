//! A page cut into bands at blank rows, so that its halves are read side by side.
//!
//! A cut goes only where no letter stands in any column, and only through white that is wide enough
//! that no line's accents or tails reach over it; words are never cut.

use super::ink;
use super::upright::Upright;
use crate::geometry::PixelBox;

/// What the choice of cuts rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct BandOptions {
    /// Blank rows wanted at a cut, in letter heights.
    pub blank: f32,
    /// A cut may leave its ideal place by this share of the page's ink.
    pub slack: f32,
    /// Fewer letters in a band are not worth an engine.
    pub fewest_letters: usize,
}

impl Default for BandOptions {
    fn default() -> Self {
        Self { blank: 0.5, slack: 0.15, fewest_letters: 60 }
    }
}

/// A run of blank rows, and the share of the page's ink above it.
struct Blank {
    middle: u32,
    share: f32,
}

impl BandOptions {
    /// At most `width` bands of about equal ink, from the top; together they are the whole page.
    pub fn bands(&self, page: &Upright, width: usize) -> Vec<PixelBox> {
        let letters = page
            .blobs
            .iter()
            .filter(|blob| ink::is_letter_like(**blob, page.size().height))
            .count();
        let wanted = width.min(letters / self.fewest_letters.max(1)).max(1);
        let blanks = match page.letter_height {
            Some(height) if wanted > 1 => self.blanks(page, height),
            _ => Vec::new(),
        };
        let mut cuts = vec![0];
        for number in 1..wanted {
            let ideal = number as f32 / wanted as f32;
            let slack = self.slack * 2.0 / wanted as f32;
            let nearest = blanks
                .iter()
                .filter(|blank| (blank.share - ideal).abs() <= slack)
                .min_by(|a, b| (a.share - ideal).abs().total_cmp(&(b.share - ideal).abs()));
            if let Some(blank) = nearest.filter(|blank| Some(&blank.middle) > cuts.last()) {
                cuts.push(blank.middle);
            }
        }
        cuts.push(page.size().height);
        let right = page.size().width.into();
        cuts.windows(2).map(|c| PixelBox::new(0, c[0].into(), right, c[1].into())).collect()
    }

    /// Blank rows between inked ones. Specks do not count as ink; all else does, pictures and rules
    /// included, because a cut through a frame would make two broken frames of it.
    fn blanks(&self, page: &Upright, letter_height: f32) -> Vec<Blank> {
        let speck = (letter_height / 4.0).max(2.0) as u32;
        let rows = page.size().height as usize;
        // Differences first: one pass over the blobs, however high they are.
        let mut change = vec![0i64; rows + 1];
        for blob in &page.blobs {
            if blob.height() > speck || blob.width() > speck {
                change[blob.top as usize] += i64::from(blob.width());
                change[blob.bottom as usize] -= i64::from(blob.width());
            }
        }
        let mut ink = 0;
        let profile: Vec<i64> = change[..rows]
            .iter()
            .map(|step| {
                ink += step;
                ink
            })
            .collect();
        let all: i64 = profile.iter().sum();
        let narrowest = (self.blank * letter_height).ceil().max(2.0) as usize;
        let (mut blanks, mut above, mut start) = (Vec::new(), 0i64, None);
        for (row, ink) in profile.iter().enumerate() {
            if *ink == 0 {
                start.get_or_insert(row);
                continue;
            }
            if let Some(from) = start.take().filter(|from| row - from >= narrowest && above > 0) {
                let share = above as f32 / all.max(1) as f32;
                blanks.push(Blank { middle: ((from + row) / 2) as u32, share });
            }
            above += ink;
        }
        blanks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use crate::ocr::frame::Turn;
    use image::{GrayImage, Luma};
    use proptest::prelude::*;

    /// Lines of letters, 8 wide and 12 high, at the given tops.
    fn page(tops: &[u32], height: u32) -> Upright {
        let picture = GrayImage::from_fn(600, height, |x, y| {
            let inked = x % 12 < 8 && tops.iter().any(|top| (*top..top + 12).contains(&y));
            Luma([if inked { 0 } else { 255 }])
        });
        Upright::new(&picture, Turn::none(PageSize::new(600, height)))
    }

    #[test]
    fn page_is_cut_between_its_middle_lines() {
        let page = page(&[20, 50, 80, 110], 200);
        let bands = BandOptions::default().bands(&page, 2);
        assert_eq!(bands.len(), 2);
        assert!((62..80).contains(&bands[0].bottom()), "{bands:?}");
    }

    #[test]
    fn few_letters_or_one_engine_leave_the_page_whole() {
        let (full, sparse) = (page(&[20, 50, 80, 110], 200), page(&[20], 200));
        assert_eq!(BandOptions::default().bands(&full, 1).len(), 1);
        assert_eq!(BandOptions::default().bands(&sparse, 8).len(), 1);
    }

    #[test]
    fn page_without_blank_rows_stays_whole() {
        let mut page = page(&[20, 50, 80, 110], 200);
        page.blobs.push(ink::Blob { left: 0, top: 0, right: 3, bottom: 200, ink: 600 });
        assert_eq!(BandOptions::default().bands(&page, 2).len(), 1);
    }

    proptest! {
        #[test]
        fn bands_cover_the_page_and_cut_no_line(
            gaps in prop::collection::vec(1u32..40, 1..25), width in 1usize..6,
        ) {
            let mut top = 5;
            let mut tops = Vec::new();
            for gap in gaps {
                tops.push(top);
                top += 12 + gap;
            }
            let page = page(&tops, top + 5);
            let bands = BandOptions::default().bands(&page, width);
            prop_assert!(bands.len() <= width);
            prop_assert_eq!(bands[0].top(), 0);
            prop_assert_eq!(bands[bands.len() - 1].bottom(), top + 5);
            for pair in bands.windows(2) {
                prop_assert_eq!(pair[0].bottom(), pair[1].top());
                let cut = pair[0].bottom();
                prop_assert!(tops.iter().all(|line| cut <= *line || cut >= line + 12), "{}", cut);
            }
        }
    }
}
