//! Pictures on disk with what is known of each: a file of pixels and a file of JSON lines that say where each
//! picture's are. Cutting pictures out of pages takes longer than a pass over them, so it is done once.

use super::data::json_file::{cannot_read, invalid, read_text};
use crate::error::{Error, Result, Stage};
use image::GrayImage;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Where the pixels of a picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// Where they begin in the file of pixels.
    pub offset: u64,
}

/// What is known of a picture.
pub trait Pictured: Clone + Serialize + DeserializeOwned {
    /// The file of JSON lines.
    const INDEX: &'static str;
    /// What to do where the two files do not fit together.
    const REMEDY: &'static str;

    fn place(&self) -> Place;
    /// The same with its picture somewhere else.
    fn at(self, place: Place) -> Self;
}

/// A directory of pictures, open for reading.
pub struct PictureStore<T> {
    pub records: Vec<T>,
    pixels: memmap2::Mmap,
}

fn paths<T: Pictured>(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join(T::INDEX), dir.join("pixels.bin"))
}

impl<T: Pictured> PictureStore<T> {
    /// # Errors
    /// `NotFound`, `Unreadable`, or `DataInvalid` where the two files do not fit together.
    pub fn open(dir: &Path) -> Result<Self> {
        let (index, pixels_path) = paths::<T>(dir);
        let file = File::open(&pixels_path).map_err(|e| cannot_read(&pixels_path, e))?;
        // SAFETY: the file is written once and then only read; another process that cuts it short
        // meanwhile ends this one, as with every mapped file.
        #[allow(unsafe_code)]
        let pixels =
            unsafe { memmap2::Mmap::map(&file) }.map_err(|e| cannot_read(&pixels_path, e))?;
        let mut records = Vec::new();
        for (number, text) in read_text(&index)?.lines().enumerate() {
            let record: T = serde_json::from_str(text)
                .map_err(|e| invalid(&index, format!("line {}: {e}", number + 1)))?;
            let Place { width, height, offset } = record.place();
            if offset + u64::from(width) * u64::from(height) > pixels.len() as u64 {
                let message = format!("line {}: its pixels end behind the file's", number + 1);
                return Err(invalid(&index, message).hint(T::REMEDY));
            }
            records.push(record);
        }
        Ok(Self { records, pixels })
    }

    pub fn picture(&self, record: &T) -> GrayImage {
        let Place { width, height, offset } = record.place();
        let start = offset as usize;
        let end = start + width as usize * height as usize;
        let pixels = self.pixels.get(start..end).unwrap_or_default().to_vec();
        GrayImage::from_raw(width, height, pixels).unwrap_or_default()
    }
}

/// Writes pictures.
pub struct PictureWriter<T> {
    index: BufWriter<File>,
    pixels: BufWriter<File>,
    dir: PathBuf,
    offset: u64,
    pub count: usize,
    of: PhantomData<T>,
}

impl<T: Pictured> PictureWriter<T> {
    /// # Errors
    /// `OutputFailed` names the directory.
    pub fn create(dir: &Path) -> Result<Self> {
        let failed = |e| Error::unwritable(Stage::Train, dir, e);
        std::fs::create_dir_all(dir).map_err(failed)?;
        let (index, pixels) = paths::<T>(dir);
        Ok(Self {
            index: BufWriter::new(File::create(index).map_err(failed)?),
            pixels: BufWriter::new(File::create(pixels).map_err(failed)?),
            dir: dir.to_path_buf(),
            offset: 0,
            count: 0,
            of: PhantomData,
        })
    }

    /// Adds a picture; where its pixels are is set here.
    ///
    /// # Errors
    /// `OutputFailed` names the directory.
    pub fn add(&mut self, record: &T, picture: &GrayImage) -> Result<()> {
        let (width, height) = picture.dimensions();
        let record = record.clone().at(Place { width, height, offset: self.offset });
        let text = serde_json::to_string(&record).unwrap_or_default();
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
