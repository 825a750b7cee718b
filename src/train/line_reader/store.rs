//! Lines on disk with their texts. A crop holds some of the page around the line: training moves the line's box about
//! in it.

use super::super::pictures::{PictureStore, PictureWriter, Pictured, Place};
use serde::{Deserialize, Serialize};

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    /// Where it comes from: `sroie/X00016469612`.
    pub source: String,
    /// The text is right but for upper and lower case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub caseless: bool,
    /// Of the crop, in pixels.
    pub width: u32,
    pub height: u32,
    /// The line within its crop: left, top, right, bottom.
    pub inner: [f32; 4],
    /// Where its pixels begin in the file of pixels.
    pub offset: u64,
}

impl Pictured for Line {
    const INDEX: &'static str = "lines.jsonl";
    const REMEDY: &'static str = "cut the lines again";

    fn place(&self) -> Place {
        Place { width: self.width, height: self.height, offset: self.offset }
    }

    fn at(self, place: Place) -> Self {
        let Place { width, height, offset } = place;
        Self { width, height, offset, ..self }
    }
}

/// A directory of lines, open for reading.
pub type LineStore = PictureStore<Line>;
/// Writes lines.
pub type LineWriter = PictureWriter<Line>;

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    #[test]
    fn lines_come_back_with_their_pixels() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = LineWriter::create(dir.path()).unwrap();
        for (index, text) in ["TOTAL", "RM 23.60"].into_iter().enumerate() {
            let line = Line {
                text: text.to_string(),
                source: "test/1".to_string(),
                caseless: index == 0,
                width: 0,
                height: 0,
                inner: [1.0, 2.0, 9.0, 6.0],
                offset: 0,
            };
            let crop = GrayImage::from_pixel(10 + index as u32, 8, Luma([index as u8 * 50]));
            writer.add(&line, &crop).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 2);
        let store = LineStore::open(dir.path()).unwrap();
        assert_eq!(store.records[1].text, "RM 23.60");
        assert!(store.records[0].caseless && !store.records[1].caseless);
        assert_eq!(store.picture(&store.records[1]), GrayImage::from_pixel(11, 8, Luma([50])));
    }

    #[test]
    fn a_cut_off_file_of_pixels_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let line =
            r#"{"text":"A","source":"s","width":10,"height":10,"inner":[0,0,1,1],"offset":0}"#;
        std::fs::write(dir.path().join("lines.jsonl"), line).unwrap();
        std::fs::write(dir.path().join("pixels.bin"), [0u8; 50]).unwrap();
        let Err(error) = LineStore::open(dir.path()) else { panic!("it must be refused") };
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
