//! Pages on disk with the boxes of their lines.

use super::super::pictures::{PictureStore, PictureWriter, Pictured, Place};
use serde::{Deserialize, Serialize};

/// One page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Where it comes from: `sroie/X00016469612`.
    pub source: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// Its lines in its pixels: left, top, right, bottom.
    pub lines: Vec<[f32; 4]>,
    /// Where its pixels begin in the file of pixels.
    pub offset: u64,
}

impl Page {
    /// Median height of its lines; 0 without any.
    pub fn line_height(&self) -> f32 {
        let mut heights: Vec<f32> = self.lines.iter().map(|line| line[3] - line[1]).collect();
        heights.sort_unstable_by(f32::total_cmp);
        heights.get(heights.len() / 2).copied().unwrap_or(0.0)
    }
}

impl Pictured for Page {
    const INDEX: &'static str = "pages.jsonl";
    const REMEDY: &'static str = "gather the pages again";

    fn place(&self) -> Place {
        Place { width: self.width, height: self.height, offset: self.offset }
    }

    fn at(self, place: Place) -> Self {
        let Place { width, height, offset } = place;
        Self { width, height, offset, ..self }
    }
}

/// A directory of pages, open for reading.
pub type PageStore = PictureStore<Page>;
/// Writes pages.
pub type PageWriter = PictureWriter<Page>;

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    #[test]
    fn pages_come_back_with_their_pixels_and_a_cut_off_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = PageWriter::create(dir.path()).unwrap();
        for value in [50, 90] {
            let lines = vec![[1.0, 2.0, 9.0, 6.0], [1.0, 2.0, 9.0, 8.0]];
            let page = Page { source: "test/1".into(), width: 0, height: 0, lines, offset: 0 };
            writer.add(&page, &GrayImage::from_pixel(10, 8, Luma([value]))).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 2);
        let store = PageStore::open(dir.path()).unwrap();
        assert_eq!(store.picture(&store.records[1]), GrayImage::from_pixel(10, 8, Luma([90])));
        assert_eq!(store.records[1].line_height(), 6.0);
        std::fs::write(dir.path().join("pixels.bin"), [0u8; 50]).unwrap();
        let Err(error) = PageStore::open(dir.path()) else { panic!("it must be refused") };
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
