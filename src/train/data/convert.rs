//! From one data format to another.

use super::label_studio::write::TaskOptions;
use super::{Sample, jsonl, label_studio, shard};
use crate::encode::image::shrink;
use crate::error::{Error, ErrorCode, Result, Stage};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The formats that samples can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFormat {
    Jsonl,
    LabelStudio,
    Shard,
}

impl DataFormat {
    pub const ALL: [Self; 3] = [Self::Jsonl, Self::LabelStudio, Self::Shard];

    /// The name as written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::LabelStudio => "label-studio",
            Self::Shard => "shard",
        }
    }

    /// By the ending of a file's name: `.jsonl`, `.json` (Label Studio's tasks), `.shard`.
    pub fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "jsonl" => Some(Self::Jsonl),
            "json" => Some(Self::LabelStudio),
            "shard" => Some(Self::Shard),
            _ => None,
        }
    }
}

impl FromStr for DataFormat {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            let message = format!("`{name}` is no form to write data in; use {names}");
            Error::new(Stage::Train, ErrorCode::Usage, message)
        })
    }
}

impl fmt::Display for DataFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Writes samples to `path`.
///
/// # Errors
/// `OutputFailed` where the file can't be written; for shards, what loading a picture says.
pub fn write_dataset(format: DataFormat, path: &Path, samples: &[Sample]) -> Result<()> {
    match format {
        DataFormat::Jsonl => jsonl::write(path, samples),
        DataFormat::LabelStudio => {
            label_studio::write::write(path, samples, &TaskOptions::default())
        }
        DataFormat::Shard => shard::write_shard(path, samples, shrink),
    }
}
