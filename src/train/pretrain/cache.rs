//! Data of any kind as shards: read once, with OCR where there are only pictures, and kept, so that
//! later passes and runs need neither OCR nor the files.
//!
//! A shard's name is a hash of what it was made from; one that is there is whole and is not made again.
//! A run that was killed while reading goes on with the first shard that is missing.

use super::example::small_picture;
use super::pages::{self, PageReading};
use crate::error::{Error, Result, Stage};
use crate::train::data::kind::{DatasetKind, read_dataset};
use crate::train::data::shard::ShardWriter;
use crate::train::data::{Picture, Sample, shard_files};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Documents a shard of read pages: few enough that a killed run loses minutes.
const DOCUMENTS_A_SHARD: usize = 64;
/// Samples a shard of a labelled data set.
const SAMPLES_A_SHARD: usize = 1024;

/// Where pages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A directory of page pictures and PDFs, or one of these.
    Pages(PathBuf),
    /// A labelled data set, whose labels are not looked at.
    Dataset(DatasetKind, PathBuf),
}

impl Origin {
    /// From `[KIND=]PATH`, where a kind is that of a data set or `pages`.
    ///
    /// # Errors
    /// `DataInvalid` when the path holds neither pages nor a known data set.
    pub fn parse(item: &str) -> Result<Self> {
        if let Some(path) = item.strip_prefix("pages=") {
            return Ok(Self::Pages(path.into()));
        }
        if let Some((kind, path)) = item.split_once('=')
            && let Ok(kind) = kind.parse()
        {
            return Ok(Self::Dataset(kind, path.into()));
        }
        let path = PathBuf::from(item);
        match DatasetKind::detect(&path) {
            Ok(kind) => Ok(Self::Dataset(kind, path)),
            Err(_) if pages::looks_like_pages(&path) => Ok(Self::Pages(path)),
            Err(error) => Err(error),
        }
    }
}

/// Hears how reading goes.
pub trait Watcher: Sync {
    /// So many documents are to be read.
    fn begin(&self, documents: usize);
    /// One more is read.
    fn done(&self);
    /// A document that can't be read; the others go on.
    fn failed(&self, error: &Error);
}

/// The shards of an origin, made where they are missing. Shards themselves are taken where they lie.
///
/// # Errors
/// Of a data set that can't be read; of OCR that can't be had; `OutputFailed` where the cache can't be
/// written.
pub fn shards_of(
    origin: &Origin,
    cache: &Path,
    reading: &PageReading,
    watcher: &dyn Watcher,
) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(cache).map_err(|e| Error::unwritable(Stage::Train, cache, e))?;
    match origin {
        Origin::Pages(path) => shards_of_pages(path, cache, reading, watcher),
        Origin::Dataset(DatasetKind::Shard, path) if path.is_dir() => shard_files(path),
        Origin::Dataset(DatasetKind::Shard, path) => Ok(vec![path.clone()]),
        Origin::Dataset(kind, path) => shards_of_dataset(*kind, path, cache, watcher),
    }
}

fn shards_of_pages(
    root: &Path,
    cache: &Path,
    reading: &PageReading,
    watcher: &dyn Watcher,
) -> Result<Vec<PathBuf>> {
    let files = pages::list(root)?;
    watcher.begin(files.len());
    let mut shards = Vec::new();
    for part in files.chunks(DOCUMENTS_A_SHARD) {
        let name = fingerprint(&reading.settings, part);
        let shard = cache.join(format!("{name}.shard"));
        if shard.is_file() {
            part.iter().for_each(|_| watcher.done());
        } else {
            write_read(&shard, read_documents(root, part, reading, watcher), watcher)?;
        }
        shards.push(shard);
    }
    Ok(shards)
}

/// The pages of each document below `root`.
fn read_documents(
    root: &Path,
    files: &[PathBuf],
    reading: &PageReading,
    watcher: &dyn Watcher,
) -> Vec<Result<Vec<Sample>>> {
    let read = |file: &PathBuf| {
        let read = reading.document(file, &name_in(root, file));
        watcher.done();
        read
    };
    files.par_iter().map(read).collect()
}

/// As [`shards_of`] reads the pages below `root`, but kept in memory alone.
///
/// # Errors
/// Of OCR that can't be had; `NoInputs` where there is no page.
pub fn pages_in_memory(
    root: &Path,
    reading: &PageReading,
    watcher: &dyn Watcher,
) -> Result<Vec<Sample>> {
    let files = pages::list(root)?;
    watcher.begin(files.len());
    let read = read_documents(root, &files, reading, watcher);
    let mut samples = Vec::new();
    each_readable(read, watcher, |pages| {
        samples.extend(pages);
        Ok(())
    })?;
    Ok(samples)
}

/// A shard of what could be read.
fn write_read(shard: &Path, read: Vec<Result<Vec<Sample>>>, watcher: &dyn Watcher) -> Result<()> {
    let mut writer = ShardWriter::create(shard)?;
    each_readable(read, watcher, |pages| {
        pages.into_iter().try_for_each(|sample| push(&mut writer, sample))
    })?;
    writer.finish()
}

fn each_readable(
    read: Vec<Result<Vec<Sample>>>,
    watcher: &dyn Watcher,
    mut take: impl FnMut(Vec<Sample>) -> Result<()>,
) -> Result<()> {
    for document in read {
        match document {
            Ok(samples) => take(samples)?,
            Err(error) if pages::is_fatal(&error) => return Err(error),
            Err(error) => watcher.failed(&error),
        }
    }
    Ok(())
}

fn push(writer: &mut ShardWriter, mut sample: Sample) -> Result<()> {
    let picture = match sample.picture.take() {
        Some(Picture::Image(image)) => Some(image),
        _ => None,
    };
    writer.push(&sample, picture.as_ref())
}

fn shards_of_dataset(
    kind: DatasetKind,
    path: &Path,
    cache: &Path,
    watcher: &dyn Watcher,
) -> Result<Vec<PathBuf>> {
    let files = files_below(path);
    let dir = cache.join(fingerprint(kind.name(), &files));
    if !dir.is_dir() {
        let samples = read_dataset(kind, path)?;
        watcher.begin(samples.len());
        let partial = cache.join(format!("partial-{}", std::process::id()));
        let failed = |e| Error::unwritable(Stage::Train, &partial, e);
        std::fs::create_dir_all(&partial).map_err(failed)?;
        for (index, part) in samples.chunks(SAMPLES_A_SHARD).enumerate() {
            let read = part.par_iter().map(|sample| {
                let read = small_picture(sample.picture.clone()).map(|picture| {
                    vec![Sample { picture: picture.map(Picture::Image), ..sample.clone() }]
                });
                watcher.done();
                read.map_err(|e| e.at(&sample.id))
            });
            write_read(&partial.join(format!("{index:05}.shard")), read.collect(), watcher)?;
        }
        // Under its name only when all of it is there.
        std::fs::rename(&partial, &dir).map_err(failed)?;
    }
    shard_files(&dir)
}

/// A file's name within the directory that was given.
fn name_in(root: &Path, file: &Path) -> String {
    let name = file.strip_prefix(root).ok().filter(|name| !name.as_os_str().is_empty());
    name.or(file.file_name().map(Path::new)).unwrap_or(file).display().to_string()
}

/// All files below a path, in a stable order.
fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_path_buf()];
    }
    let mut walk = ignore::WalkBuilder::new(path);
    let walk = walk.standard_filters(false).sort_by_file_name(|a, b| a.cmp(b)).build();
    let files = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    files.map(|entry| entry.into_path()).collect()
}

/// Stands for settings and for the names, sizes and times of files.
fn fingerprint(settings: &str, files: &[PathBuf]) -> String {
    let mut hash = Sha256::new();
    hash.update(settings.as_bytes());
    for file in files {
        hash.update(file.as_os_str().as_encoded_bytes());
        if let Ok(metadata) = file.metadata() {
            hash.update(metadata.len().to_le_bytes());
            let modified = metadata.modified().ok();
            let since = modified.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            hash.update(since.map_or(0, |since| since.as_nanos()).to_le_bytes());
        }
        hash.update([0]);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..8])
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
