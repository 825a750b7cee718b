//! Where records go: standard output, one file, or a file each in a directory.

use super::naming::Naming;
use super::record::Record;
use super::stdout::Stdout;
use super::{Format, RecordStream};
use crate::error::{Error, ErrorCode, Result, Stage};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where to, as the user chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Stdout,
    File(PathBuf),
    /// A file for each document, at its own relative path.
    Directory(PathBuf),
}

impl Target {
    /// Where the journal of a run with this target lies. Standard output has none: what was read from
    /// it is out of our hands.
    pub fn journal(&self) -> Option<PathBuf> {
        match self {
            Self::Stdout => None,
            // A device or a pipe that happens to have a name.
            Self::File(path) if path.exists() && !path.is_file() => None,
            Self::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".journal");
                Some(name.into())
            }
            Self::Directory(path) => Some(path.join(".layoutlm.journal")),
        }
    }
}

/// An opened [`Target`].
pub enum Sink {
    Stream { stream: RecordStream<Box<dyn Write>>, place: String },
    Directory { directory: PathBuf, naming: Naming, format: Format, written: HashSet<PathBuf> },
}

impl Sink {
    /// # Errors
    /// `output-failed` when it can't be created.
    pub fn open(target: &Target, format: Format, several: bool, naming: Naming) -> Result<Self> {
        let (place, out): (String, Box<dyn Write>) = match target {
            Target::Directory(directory) => {
                create_directory(directory)?;
                return Ok(Self::Directory {
                    directory: directory.clone(),
                    naming,
                    format,
                    written: HashSet::new(),
                });
            }
            Target::Stdout => {
                let place = "standard output".to_string();
                (place.clone(), Box::new(Stdout::open().map_err(|e| failed(&place, e))?))
            }
            Target::File(path) => {
                let place = path.display().to_string();
                let file = File::create(path).map_err(|error| failed(&place, error))?;
                (place, Box::new(BufWriter::new(file)))
            }
        };
        let stream = RecordStream::start(format, several, out).map_err(|e| failed(&place, e))?;
        Ok(Self::Stream { stream, place })
    }

    /// Writes a record; it is out of our hands when this returns.
    ///
    /// # Errors
    /// `output-failed`: disk full, no permission, pipe closed.
    pub fn write(&mut self, record: &Record) -> Result<()> {
        match self {
            Self::Stream { stream, place } => {
                stream.write(record).map_err(|error| failed(place, error))
            }
            Self::Directory { directory, naming, format, written } => {
                let path = naming.path(directory, &record.input, format.extension());
                if !written.insert(path.clone()) {
                    return Err(Error::new(
                        Stage::Output,
                        ErrorCode::OutputFailed,
                        format!("two inputs would be written to {}", path.display()),
                    )
                    .at(record.input.clone())
                    .hint("name each input once, or write one stream with `-o`"));
                }
                let mut bytes = Vec::new();
                RecordStream::start(*format, false, &mut bytes)
                    .and_then(|mut stream| {
                        stream.write(record)?;
                        stream.end().map(|_| ())
                    })
                    .map_err(|error| failed(&path.display().to_string(), error))?;
                write_whole(&path, &bytes)
            }
        }
    }

    /// Closes what the format opened.
    ///
    /// # Errors
    /// `output-failed`, as [`Sink::write`].
    pub fn end(self) -> Result<()> {
        match self {
            Self::Stream { stream, place } => {
                stream.end().map(|_| ()).map_err(|error| failed(&place, error))
            }
            Self::Directory { .. } => Ok(()),
        }
    }
}

/// Writes a file so that it is there whole or not at all, making its directory.
///
/// # Errors
/// `output-failed`.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = path.display().to_string();
    if let Some(parent) = path.parent() {
        create_directory(parent)?;
    }
    // A fixed name, so that what a kill leaves behind is written over by the next run.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.part"));
    std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path)).map_err(
        |error| {
            // The first error is the one to report.
            let _ = std::fs::remove_file(&partial);
            failed(&place, error)
        },
    )
}

fn create_directory(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|error| failed(&path.display().to_string(), error))
}

fn failed(place: &str, error: io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "free some space, then go on with `--resume`",
        io::ErrorKind::PermissionDenied => "choose a place that you may write to",
        io::ErrorKind::NotFound => "its directory does not exist: create it first",
        _ => "choose another place with `-o`",
    };
    Error::new(Stage::Output, ErrorCode::OutputFailed, format!("it can't be written: {error}"))
        .at(place)
        .hint(hint)
        .caused_by(error)
}
