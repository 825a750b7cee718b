//! Shards: samples with their pictures already shrunk, in one compact file.
//!
//! Training reads them without OCR, PDF or picture files, and they travel to other machines. A shard
//! is `LAYOUTLM`, a version, and blocks of samples, each a zstd frame with its own checksum; an end
//! mark with the count tells a whole file from a cut one. A sample is its JSON record
//! ([`super::record`]) and its picture's bytes, one channel where the picture is gray.

use super::json_file::invalid;
use super::record::Record;
use super::{Picture, Sample};
use crate::error::{Error, ErrorCode, Result, Stage};
use image::{Rgb, RgbImage};
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"LAYOUTLM";
/// Changes whenever older readers can't read what is written.
const VERSION: u32 = 1;
/// Samples a block: enough for words to compress well, few enough to hold several blocks.
const BLOCK_SAMPLES: usize = 32;
/// A block beyond this is taken for damage. 32 pictures of 224×224 need 5 MiB.
const MAX_BLOCK_BYTES: u32 = 1 << 28;
const COMPRESSION_LEVEL: i32 = 7;

/// Writes samples to a shard. `shrink` gives the picture that the model will look at; it runs on all
/// cores. The file appears under its name only when it is whole.
///
/// # Errors
/// What `shrink` and [`Picture::load`] say; `OutputFailed` where the file can't be written.
pub fn write_shard(
    path: &Path,
    samples: &[Sample],
    shrink: impl Fn(&RgbImage) -> Result<RgbImage> + Sync,
) -> Result<()> {
    let mut writer = ShardWriter::create(path)?;
    for block in samples.chunks(BLOCK_SAMPLES) {
        let encoded: Vec<Vec<u8>> = block
            .par_iter()
            .map(|sample| {
                let picture = sample.picture.as_ref().map(Picture::load).transpose()?;
                let small = picture.as_ref().map(&shrink).transpose()?;
                encode(sample, small.as_ref())
            })
            .collect::<Result<_>>()?;
        writer.push_block(&encoded)?;
    }
    writer.finish()
}

/// Writes a shard sample by sample, for makers of samples that come one at a time.
pub struct ShardWriter {
    file: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
    waiting: Vec<Vec<u8>>,
    written: u64,
}

impl ShardWriter {
    /// # Errors
    /// `OutputFailed` where no file can be made beside `path`.
    pub fn create(path: &Path) -> Result<Self> {
        let failed = |error| write_failed(path, error);
        let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(directory).map_err(failed)?);
        file.write_all(MAGIC).map_err(failed)?;
        file.write_all(&VERSION.to_le_bytes()).map_err(failed)?;
        Ok(Self { file, path: path.to_path_buf(), waiting: Vec::new(), written: 0 })
    }

    /// Adds a sample with the picture as the model will see it.
    ///
    /// # Errors
    /// `OutputFailed` where the disk takes no more.
    pub fn push(&mut self, sample: &Sample, small: Option<&RgbImage>) -> Result<()> {
        self.waiting.push(encode(sample, small)?);
        if self.waiting.len() == BLOCK_SAMPLES { self.flush() } else { Ok(()) }
    }

    /// Writes what waits and gives the file its name.
    ///
    /// # Errors
    /// `OutputFailed` where the disk takes no more.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        let failed = |error| write_failed(&self.path, error);
        self.file.write_all(&0u32.to_le_bytes()).map_err(failed)?;
        self.file.write_all(&self.written.to_le_bytes()).map_err(failed)?;
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.push_block(&waiting)
    }

    fn push_block(&mut self, samples: &[Vec<u8>]) -> Result<()> {
        if samples.is_empty() {
            return Ok(());
        }
        let failed = |error| write_failed(&self.path, error);
        let raw = samples.concat();
        let raw_length = u32::try_from(raw.len()).ok().filter(|&n| n <= MAX_BLOCK_BYTES);
        let raw_length = raw_length.ok_or_else(|| {
            failed(io::Error::other(format!("{} samples are {} bytes", samples.len(), raw.len())))
        })?;
        let frame = compress(&raw).map_err(failed)?;
        for number in [samples.len() as u32, raw_length, frame.len() as u32] {
            self.file.write_all(&number.to_le_bytes()).map_err(failed)?;
        }
        self.file.write_all(&frame).map_err(failed)?;
        self.written += samples.len() as u64;
        Ok(())
    }
}

fn compress(raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), COMPRESSION_LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(raw)?;
    encoder.finish()
}

fn write_failed(path: &Path, error: io::Error) -> Error {
    Error::unwritable(Stage::Train, path, error)
}

/// JSON length, JSON, channels, width, height, pixels; numbers in little-endian order.
fn encode(sample: &Sample, small: Option<&RgbImage>) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(&Record::of(sample)).map_err(|error| {
        let message = format!("sample {} has no JSON form: {error}", sample.id);
        Error::new(Stage::Train, ErrorCode::Internal, message)
    })?;
    let mut bytes = Vec::with_capacity(json.len() + 16);
    bytes.extend((json.len() as u32).to_le_bytes());
    bytes.extend(json);
    let Some(image) = small else {
        bytes.extend([0; 9]);
        return Ok(bytes);
    };
    let gray = image.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]);
    bytes.push(if gray { 1 } else { 3 });
    bytes.extend(image.width().to_le_bytes());
    bytes.extend(image.height().to_le_bytes());
    if gray {
        bytes.extend(image.pixels().map(|p| p.0[0]));
    } else {
        bytes.extend(image.as_raw());
    }
    Ok(bytes)
}

/// Reads a shard sample by sample; pictures come as [`Picture::Image`].
pub struct ShardReader {
    file: BufReader<File>,
    path: PathBuf,
    /// The block being read, and how far.
    block: Vec<u8>,
    position: usize,
    left_in_block: u32,
    read: u64,
    done: bool,
}

impl ShardReader {
    /// # Errors
    /// `NotFound`, `Unreadable`, or `DataInvalid` for a file that is no shard, or one of another
    /// version.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| super::json_file::cannot_read(path, error))?;
        let mut file = BufReader::new(file);
        let mut head = [0; 12];
        let complete = file.read_exact(&mut head).is_ok();
        if !complete || &head[..8] != MAGIC {
            return Err(invalid(path, "this is no shard").hint("`layoutlm convert` writes shards"));
        }
        let version = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
        if version != VERSION {
            let message = format!("a shard of version {version}; this program reads {VERSION}");
            return Err(invalid(path, message).hint("write it anew with `layoutlm convert`"));
        }
        Ok(Self {
            file,
            path: path.to_path_buf(),
            block: Vec::new(),
            position: 0,
            left_in_block: 0,
            read: 0,
            done: false,
        })
    }

    fn next_sample(&mut self) -> Result<Option<Sample>> {
        if self.left_in_block == 0 && !self.next_block()? {
            return Ok(None);
        }
        self.left_in_block -= 1;
        self.read += 1;
        let number = self.read;
        let broken = |what: &str| invalid(&self.path, format!("sample {number}: {what}"));
        let mut bytes = &self.block[self.position..];
        let before = bytes.len();
        let json_length = take_u32(&mut bytes).ok_or_else(|| broken("cut short"))?;
        let json = take(&mut bytes, json_length as usize).ok_or_else(|| broken("cut short"))?;
        let record: Record =
            serde_json::from_slice(json).map_err(|error| broken(&error.to_string()))?;
        let picture = take_picture(&mut bytes).ok_or_else(|| broken("its picture is cut short"))?;
        self.position += before - bytes.len();
        let mut sample =
            record.into_sample(Path::new("")).map_err(|error| broken(&error.message))?;
        sample.picture = picture.map(Picture::Image);
        Ok(Some(sample))
    }

    /// Brings the next block into memory; `false` at the end mark.
    fn next_block(&mut self) -> Result<bool> {
        let cut = |path: &Path, read: u64| {
            invalid(path, format!("the file ends in the middle, after sample {read}"))
                .hint("copy it again, or write it anew with `layoutlm convert`")
        };
        let mut numbers = [0; 4];
        let mut number = |file: &mut BufReader<File>| -> Result<u32> {
            file.read_exact(&mut numbers).map_err(|_| cut(&self.path, self.read))?;
            Ok(u32::from_le_bytes(numbers))
        };
        let count = number(&mut self.file)?;
        if count == 0 {
            let mut total = [0; 8];
            self.file.read_exact(&mut total).map_err(|_| cut(&self.path, self.read))?;
            let total = u64::from_le_bytes(total);
            if total != self.read {
                let message = format!("{} samples, but its end mark says {total}", self.read);
                return Err(invalid(&self.path, message));
            }
            return Ok(false);
        }
        let (raw_length, frame_length) = (number(&mut self.file)?, number(&mut self.file)?);
        let damaged = |what: String| {
            invalid(&self.path, format!("damaged after sample {}: {what}", self.read))
                .hint("copy it again, or write it anew with `layoutlm convert`")
        };
        if raw_length > MAX_BLOCK_BYTES || frame_length > MAX_BLOCK_BYTES {
            return Err(damaged(format!("a block of {} bytes", raw_length.max(frame_length))));
        }
        let mut frame = vec![0; frame_length as usize];
        self.file.read_exact(&mut frame).map_err(|_| cut(&self.path, self.read))?;
        // One byte more than announced tells a block that is too long, at no great price.
        let mut raw = Vec::with_capacity(raw_length as usize);
        zstd::Decoder::new(frame.as_slice())
            .and_then(|decoder| decoder.take(u64::from(raw_length) + 1).read_to_end(&mut raw))
            .map_err(|error| damaged(error.to_string()))?;
        if raw.len() != raw_length as usize {
            return Err(damaged("a block has not the length it announces".to_string()));
        }
        self.block = raw;
        self.position = 0;
        self.left_in_block = count;
        Ok(true)
    }
}

impl Iterator for ShardReader {
    type Item = Result<Sample>;
    /// Nothing comes after an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.next_sample().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes, 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// The picture in RGB; `Some(None)` for a sample without one.
fn take_picture(bytes: &mut &[u8]) -> Option<Option<RgbImage>> {
    let channels = take(bytes, 1)?[0];
    let (width, height) = (take_u32(bytes)?, take_u32(bytes)?);
    let count = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    match channels {
        0 => Some(None),
        1 => {
            let gray = take(bytes, count)?;
            let pixels = gray.iter().flat_map(|&value| Rgb([value; 3]).0).collect();
            RgbImage::from_raw(width, height, pixels).map(Some)
        }
        3 => {
            let pixels = take(bytes, count.checked_mul(3)?)?.to_vec();
            RgbImage::from_raw(width, height, pixels).map(Some)
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "shard_tests.rs"]
mod tests;
