//! Synthetic documents as files: a shard, or a directory of pictures with a line of JSON each.

use super::noise::{NoiseOptions, corrupt};
use super::{Generator, SynthDocument};
use crate::encode::image::shrink;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::train::data::Sample;
use crate::train::data::record::Record;
use crate::train::data::shard::ShardWriter;
use image::RgbImage;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

/// Documents held in memory at once.
const BATCH: u64 = 32;

/// Which labels the samples carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Typed fields.
    Typed,
    /// Form parts and links.
    Form,
    /// Two samples a document.
    Both,
}

/// How pictures are stored in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    Png,
    Jpeg,
}

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct FileOptions {
    pub task: Task,
    pub format: PictureFormat,
    /// Words as OCR would read them.
    pub noise: Option<NoiseOptions>,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self { task: Task::Typed, format: PictureFormat::Png, noise: None }
    }
}

/// Writes the documents of a range to `target`: a shard if it ends in `.shard`, else a directory with
/// `samples.jsonl` and `images/`. `done` hears the number of finished documents.
///
/// # Errors
/// `OutputFailed` where a file can't be written.
pub fn write(
    generator: &Generator,
    range: Range<u64>,
    target: &Path,
    options: FileOptions,
    done: impl Fn(u64),
) -> Result<()> {
    if target.extension().is_some_and(|e| e == "shard") {
        write_shard(generator, range, target, options, done)
    } else {
        write_directory(generator, range, target, options, done)
    }
}

fn batches(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let end = range.end;
    range.step_by(BATCH as usize).map(move |start| start..(start + BATCH).min(end))
}

fn samples_of(
    document: &SynthDocument,
    seed: u64,
    index: u64,
    options: FileOptions,
) -> Vec<Sample> {
    let mut samples = match options.task {
        Task::Typed => vec![document.to_typed_sample()],
        Task::Form => vec![document.to_form_sample()],
        Task::Both => vec![document.to_typed_sample(), document.to_form_sample()],
    };
    if let Some(second) = samples.get_mut(1) {
        second.id.push_str("-form");
    }
    if let Some(noise) = options.noise {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6e6f_6973_6521);
        rng.set_stream(index);
        samples = samples.iter().map(|sample| corrupt(sample, &mut rng, &noise)).collect();
    }
    samples
}

fn write_shard(
    generator: &Generator,
    range: Range<u64>,
    target: &Path,
    options: FileOptions,
    done: impl Fn(u64),
) -> Result<()> {
    let mut writer = ShardWriter::create(target)?;
    let start = range.start;
    for batch in batches(range) {
        let end = batch.end;
        let made: Vec<(Vec<Sample>, Option<RgbImage>)> = batch
            .into_par_iter()
            .map(|index| {
                let document = generator.document(index);
                let small = document.picture.as_ref().map(shrink).transpose()?;
                Ok((samples_of(&document, generator.options().seed, index, options), small))
            })
            .collect::<Result<_>>()?;
        for (samples, small) in &made {
            for sample in samples {
                writer.push(sample, small.as_ref())?;
            }
        }
        done(end - start);
    }
    writer.finish()
}

fn write_directory(
    generator: &Generator,
    range: Range<u64>,
    target: &Path,
    options: FileOptions,
    done: impl Fn(u64),
) -> Result<()> {
    let images = target.join("images");
    std::fs::create_dir_all(&images).map_err(|error| failed(&images, error))?;
    let list = target.join("samples.jsonl");
    let mut file = BufWriter::new(File::create(&list).map_err(|error| failed(&list, error))?);
    let start = range.start;
    for batch in batches(range) {
        let end = batch.end;
        let lines: Vec<String> = batch
            .into_par_iter()
            .map(|index| {
                let document = generator.document(index);
                let name = save_picture(&document, target, options.format)?;
                let samples = samples_of(&document, generator.options().seed, index, options);
                samples.iter().map(|sample| line_of(sample, name.as_deref())).collect()
            })
            .collect::<Result<_>>()?;
        for line in lines {
            file.write_all(line.as_bytes()).map_err(|error| failed(&list, error))?;
        }
        done(end - start);
    }
    file.flush().map_err(|error| failed(&list, error))
}

fn line_of(sample: &Sample, picture: Option<&str>) -> Result<String> {
    let mut record = Record::of(sample);
    if let Some(name) = picture {
        record = record.with_image(name.to_string(), None);
    }
    let json = serde_json::to_string(&record).map_err(|error| {
        Error::new(Stage::Output, ErrorCode::Internal, "a sample can't be written as JSON")
            .caused_by(error)
    })?;
    Ok(json + "\n")
}

/// Writes the picture below `images/`; gives its path as seen from `directory`.
fn save_picture(
    document: &SynthDocument,
    directory: &Path,
    format: PictureFormat,
) -> Result<Option<String>> {
    let Some(picture) = &document.picture else { return Ok(None) };
    let extension = match format {
        PictureFormat::Png => "png",
        PictureFormat::Jpeg => "jpg",
    };
    let name = format!("images/{}.{extension}", document.id);
    let path = directory.join(&name);
    picture.save(&path).map_err(|error| failed(&path, error))?;
    Ok(Some(name))
}

fn failed(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::unwritable(Stage::Output, path, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{FontBook, SynthOptions};
    use crate::train::data::{DatasetKind, Picture, read_dataset};

    #[test]
    fn directory_and_shard_hold_the_same_samples() {
        let Ok(fonts) = FontBook::load(&FontBook::default_directories()) else { return };
        let options = SynthOptions { dpi: 50.0, ..SynthOptions::default() };
        let generator = Generator::new(options, fonts).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let shard = directory.path().join("a.shard");
        let folder = directory.path().join("pages");
        let files = FileOptions {
            task: Task::Both,
            noise: Some(NoiseOptions::default()),
            ..FileOptions::default()
        };
        write(&generator, 3..7, &shard, files, |_| ()).unwrap();
        write(&generator, 3..7, &folder, files, |_| ()).unwrap();
        let one = read_dataset(DatasetKind::Shard, &shard).unwrap();
        let two = read_dataset(DatasetKind::Jsonl, &folder.join("samples.jsonl")).unwrap();
        assert_eq!(one.len(), 8);
        assert_eq!(one.len(), two.len());
        for (a, b) in one.iter().zip(&two) {
            assert_eq!((&a.id, &a.words, &a.tags, &a.links), (&b.id, &b.words, &b.tags, &b.links));
            assert!(matches!(&b.picture, Some(Picture::File(path)) if path.exists()));
        }
    }
}
