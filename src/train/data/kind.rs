//! The data sets by name: how each is recognised, read, and what it annotates.

use super::answers::AnswersOptions;
use super::cord::Reading;
use super::json_file::invalid;
use super::{
    Sample, answers, cord, doclaynet, fcc, funsd, jsonl, label_studio, predictions, shard,
    shard_files, sroie, xfund,
};
use crate::error::{Error, ErrorCode, Result, Stage};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The data sets that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatasetKind {
    Sroie,
    Funsd,
    Xfund,
    /// The 30 published classes.
    Cord,
    /// CORD with the project's own labels.
    CordTyped,
    Fcc,
    Doclaynet,
    /// The project's own format.
    Jsonl,
    /// An export of Label Studio.
    LabelStudio,
    /// A table of files and values.
    Answers,
    /// What `extract` wrote.
    Predictions,
    /// Samples with shrunken pictures; see [`super::shard`].
    Shard,
}

impl DatasetKind {
    pub const ALL: [Self; 12] = [
        Self::Sroie,
        Self::Funsd,
        Self::Xfund,
        Self::Cord,
        Self::CordTyped,
        Self::Fcc,
        Self::Doclaynet,
        Self::Jsonl,
        Self::LabelStudio,
        Self::Answers,
        Self::Predictions,
        Self::Shard,
    ];

    /// The name as written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sroie => "sroie",
            Self::Funsd => "funsd",
            Self::Xfund => "xfund",
            Self::Cord => "cord",
            Self::CordTyped => "cord-typed",
            Self::Fcc => "fcc",
            Self::Doclaynet => "doclaynet",
            Self::Jsonl => "jsonl",
            Self::LabelStudio => "label-studio",
            Self::Answers => "answers",
            Self::Predictions => "predictions",
            Self::Shard => "shard",
        }
    }

    /// The kind of data set that lies at a path, by its files.
    ///
    /// # Errors
    /// `DataInvalid` when it looks like none.
    pub fn detect(path: &Path) -> Result<Self> {
        let has = |name: &str| path.join(name).exists();
        let holds = |begin: &str, end: &str| {
            std::fs::read_dir(path).is_ok_and(|entries| {
                entries.flatten().any(|entry| {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    name.starts_with(begin) && name.ends_with(end)
                })
            })
        };
        if has("box") && has("img") {
            Ok(Self::Sroie)
        } else if has("annotations") && has("images") {
            Ok(Self::Funsd)
        } else if has("ann") && has("img") {
            Ok(Self::Doclaynet)
        } else if holds("", ".truth.json") {
            Ok(Self::Fcc)
        } else if holds("receipt_", ".json") {
            Ok(Self::Cord)
        } else if holds("", ".train.json") || is_xfund_file(path) {
            Ok(Self::Xfund)
        } else if predictions::is_predictions(path) {
            Ok(Self::Predictions)
        } else if holds("", ".jsonl") || path.extension().is_some_and(|e| e == "jsonl") {
            Ok(Self::Jsonl)
        } else if holds("", ".shard") || path.extension().is_some_and(|e| e == "shard") {
            Ok(Self::Shard)
        } else if path.extension().is_some_and(|e| e == "csv") {
            Ok(Self::Answers)
        } else if path.extension().is_some_and(|e| e == "json") {
            Ok(Self::LabelStudio)
        } else {
            let names = Self::ALL.map(Self::name).join(", ");
            Err(invalid(path, "this is no data set of a known form")
                .hint(format!("name its kind: {names}; docs/data.md shows the files of each")))
        }
    }
}

fn is_xfund_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.is_file() && (name.ends_with(".train.json") || name.ends_with(".val.json"))
}

impl FromStr for DatasetKind {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            let message = format!("`{name}` is no kind of data set; known are {names}");
            Error::new(Stage::Train, ErrorCode::Usage, message)
        })
    }
}

impl fmt::Display for DatasetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a data set, or one of its splits, from its directory or file.
///
/// # Errors
/// `DataInvalid` naming the file and the element that can't be read.
pub fn read_dataset(kind: DatasetKind, path: &Path) -> Result<Vec<Sample>> {
    match kind {
        DatasetKind::Sroie => sroie::read(path),
        DatasetKind::Funsd => funsd::read(path),
        DatasetKind::Xfund => xfund::read(path),
        DatasetKind::Cord => cord::read(path, Reading::Published),
        DatasetKind::CordTyped => cord::read(path, Reading::Typed),
        DatasetKind::Fcc => fcc::read(path),
        DatasetKind::Doclaynet => doclaynet::read(path),
        DatasetKind::Jsonl => jsonl::read(path),
        DatasetKind::LabelStudio => label_studio::read(path),
        DatasetKind::Answers => answers::read(path, &AnswersOptions::default()),
        DatasetKind::Predictions => predictions::read(path),
        DatasetKind::Shard => read_shards(path),
    }
}

/// One shard, or every shard of a directory, wholly in memory.
fn read_shards(path: &Path) -> Result<Vec<Sample>> {
    let files = if path.is_dir() { shard_files(path)? } else { vec![path.into()] };
    let mut samples = Vec::new();
    for file in files {
        for sample in shard::ShardReader::open(&file)? {
            samples.push(sample?);
        }
    }
    Ok(samples)
}

/// Entity labels that a kind annotates, lower case; none for unlabelled data and for kinds whose files
/// say it themselves.
pub fn labels_for(kind: DatasetKind) -> Vec<String> {
    match kind {
        DatasetKind::Sroie => sroie::LABELS.map(String::from).to_vec(),
        DatasetKind::Funsd | DatasetKind::Xfund => funsd::labels(),
        DatasetKind::Cord => Reading::Published.labels(),
        DatasetKind::CordTyped => Reading::Typed.labels(),
        DatasetKind::Fcc => fcc::LABELS.map(String::from).to_vec(),
        DatasetKind::Doclaynet
        | DatasetKind::Jsonl
        | DatasetKind::LabelStudio
        | DatasetKind::Answers
        | DatasetKind::Predictions
        | DatasetKind::Shard => Vec::new(),
    }
}

#[cfg(test)]
#[path = "kind_tests.rs"]
mod tests;
