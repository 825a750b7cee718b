//! Pages on disk with the boxes of their lines: a file of pixels and a file of JSON lines.

use super::super::data::json_file::{cannot_read, invalid, read_text};
use crate::error::{Error, Result, Stage};
use image::GrayImage;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

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

/// A directory of pages, open for reading.
pub struct PageStore {
    pub pages: Vec<Page>,
    pixels: memmap2::Mmap,
}

fn paths(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join("pages.jsonl"), dir.join("pixels.bin"))
}

impl PageStore {
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
        let mut pages = Vec::new();
        for (number, text) in read_text(&index)?.lines().enumerate() {
            let page: Page = serde_json::from_str(text)
                .map_err(|e| invalid(&index, format!("line {}: {e}", number + 1)))?;
            let end = page.offset + u64::from(page.width) * u64::from(page.height);
            if end > pixels.len() as u64 {
                let message = format!("line {}: its pixels end behind the file's", number + 1);
                return Err(invalid(&index, message).hint("gather the pages again"));
            }
            pages.push(page);
        }
        Ok(Self { pages, pixels })
    }

    /// The picture of a page.
    pub fn picture(&self, page: &Page) -> GrayImage {
        let start = page.offset as usize;
        let end = start + page.width as usize * page.height as usize;
        let pixels = self.pixels.get(start..end).unwrap_or_default().to_vec();
        GrayImage::from_raw(page.width, page.height, pixels).unwrap_or_default()
    }
}

/// Writes pages.
pub struct PageWriter {
    index: BufWriter<File>,
    pixels: BufWriter<File>,
    dir: PathBuf,
    offset: u64,
    pub count: usize,
}

impl PageWriter {
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

    /// Adds a page; its size and offset are set here.
    ///
    /// # Errors
    /// `OutputFailed` names the directory.
    pub fn add(&mut self, page: &Page, picture: &GrayImage) -> Result<()> {
        let (width, height) = picture.dimensions();
        let page = Page { width, height, offset: self.offset, ..page.clone() };
        let text = serde_json::to_string(&page).unwrap_or_default();
        writeln!(self.index, "{text}")
            .and_then(|()| self.pixels.write_all(picture.as_raw()))
            .map_err(|e| Error::unwritable(Stage::Train, &self.dir, e))?;
        self.offset += picture.as_raw().len() as u64;
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
        assert_eq!(store.picture(&store.pages[1]), GrayImage::from_pixel(10, 8, Luma([90])));
        assert_eq!(store.pages[1].line_height(), 6.0);
        std::fs::write(dir.path().join("pixels.bin"), [0u8; 50]).unwrap();
        let Err(error) = PageStore::open(dir.path()) else { panic!("it must be refused") };
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
