//! Lines on disk: a file of pixels and a file of JSON lines that say where each line's are.
//!
//! Cutting lines out of pages takes longer than a pass over them, so it is done once. A crop holds
//! some of the page around the line: training moves the line's box about in it.

use super::super::data::json_file::{cannot_read, invalid, read_text};
use crate::error::{Error, Result, Stage};
use image::GrayImage;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

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

/// A directory of lines, open for reading.
pub struct LineStore {
    pub lines: Vec<Line>,
    pixels: memmap2::Mmap,
}

fn paths(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join("lines.jsonl"), dir.join("pixels.bin"))
}

impl LineStore {
    /// # Errors
    /// `NotFound`, `Unreadable`, or `DataInvalid` where the two files do not fit together.
    pub fn open(dir: &Path) -> Result<Self> {
        let (index, pixels_path) = paths(dir);
        let file = File::open(&pixels_path).map_err(|e| cannot_read(&pixels_path, e))?;
        // SAFETY: the file is written once and then only read; another process that cuts it short
        // meanwhile ends this one, as with every mapped file.
        #[allow(unsafe_code)]
        let pixels =
            unsafe { memmap2::Mmap::map(&file) }.map_err(|e| cannot_read(&pixels_path, e))?;
        let mut lines = Vec::new();
        for (number, text) in read_text(&index)?.lines().enumerate() {
            let line: Line = serde_json::from_str(text)
                .map_err(|e| invalid(&index, format!("line {}: {e}", number + 1)))?;
            let end = line.offset + u64::from(line.width) * u64::from(line.height);
            if end > pixels.len() as u64 {
                let message = format!("line {}: its pixels end behind the file's", number + 1);
                return Err(invalid(&index, message).hint("cut the lines again"));
            }
            lines.push(line);
        }
        Ok(Self { lines, pixels })
    }

    /// The crop of a line.
    pub fn crop(&self, line: &Line) -> GrayImage {
        let start = line.offset as usize;
        let end = start + line.width as usize * line.height as usize;
        let pixels = self.pixels.get(start..end).unwrap_or_default().to_vec();
        GrayImage::from_raw(line.width, line.height, pixels).unwrap_or_default()
    }
}

/// Writes lines.
pub struct LineWriter {
    index: BufWriter<File>,
    pixels: BufWriter<File>,
    dir: PathBuf,
    offset: u64,
    pub count: usize,
}

impl LineWriter {
    /// # Errors
    /// `OutputFailed` names the directory.
    pub fn create(dir: &Path) -> Result<Self> {
        let failed = |e| Error::unwritable(Stage::Train, dir, e);
        std::fs::create_dir_all(dir).map_err(failed)?;
        let (index, pixels) = paths(dir);
        Ok(Self {
            index: BufWriter::new(File::create(index).map_err(failed)?),
            pixels: BufWriter::new(File::create(pixels).map_err(failed)?),
            dir: dir.to_path_buf(),
            offset: 0,
            count: 0,
        })
    }

    /// Adds a line; its size and offset are set here.
    ///
    /// # Errors
    /// `OutputFailed` names the directory.
    pub fn add(&mut self, line: &Line, crop: &GrayImage) -> Result<()> {
        let (width, height) = crop.dimensions();
        let line = Line { width, height, offset: self.offset, ..line.clone() };
        let text = serde_json::to_string(&line).unwrap_or_default();
        writeln!(self.index, "{text}")
            .and_then(|()| self.pixels.write_all(crop.as_raw()))
            .map_err(|e| Error::unwritable(Stage::Train, &self.dir, e))?;
        self.offset += crop.as_raw().len() as u64;
        self.count += 1;
        Ok(())
    }

    /// # Errors
    /// `OutputFailed` names the directory.
    pub fn finish(mut self) -> Result<usize> {
        self.index
            .flush()
            .and_then(|()| self.pixels.flush())
            .map_err(|e| Error::unwritable(Stage::Train, &self.dir, e))?;
        Ok(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

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
        assert_eq!(store.lines[1].text, "RM 23.60");
        assert!(store.lines[0].caseless && !store.lines[1].caseless);
        assert_eq!(store.crop(&store.lines[1]), GrayImage::from_pixel(11, 8, Luma([50])));
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
