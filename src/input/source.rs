//! Where a document's bytes come from, and how failing to get them is reported.

use crate::error::{Error, ErrorCode, Result};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A document before it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Path(PathBuf),
    /// Standard input, to its end; its name is `-`.
    Stdin,
    /// Already in memory.
    Bytes {
        name: String,
        bytes: Vec<u8>,
    },
}

impl Source {
    /// As the command line means it: `-` is standard input.
    pub fn from_argument(argument: impl Into<PathBuf>) -> Self {
        let path = argument.into();
        if path.as_os_str() == "-" { Self::Stdin } else { Self::Path(path) }
    }

    /// As errors and the output name it.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Stdin => "-".to_string(),
            Self::Bytes { name, .. } => name.clone(),
        }
    }

    /// All bytes, at most `limit` of them.
    pub(super) fn read(&self, limit: u64) -> Result<Vec<u8>> {
        match self {
            Self::Path(path) => {
                let file = open_file(path)?;
                read_all(file, limit)
            }
            Self::Stdin => read_all(io::stdin().lock(), limit),
            Self::Bytes { bytes, .. } => read_all(bytes.as_slice(), limit),
        }
    }
}

fn open_file(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::input(ErrorCode::NotFound, "no such file")
            .hint("check the path; a relative one starts at the current directory")
            .caused_by(error),
        io::ErrorKind::PermissionDenied => {
            Error::input(ErrorCode::Unreadable, "permission to read it is denied")
                .hint("give yourself read permission, for example with `chmod u+r`")
                .caused_by(error)
        }
        _ => unreadable(error),
    })?;
    let is_directory = file.metadata().map_err(unreadable)?.is_dir();
    if is_directory {
        return Err(Error::input(ErrorCode::Unreadable, "it is a directory, not a file"));
    }
    Ok(file)
}

fn read_all(reader: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells "too long" from "just fits", for pipes as well.
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        let mebibytes = limit >> 20;
        return Err(Error::input(
            ErrorCode::TooLarge,
            format!("the file has more than {mebibytes} MiB, the limit"),
        )
        .hint("split the document"));
    }
    Ok(bytes)
}

fn unreadable(error: io::Error) -> Error {
    Error::input(ErrorCode::Unreadable, format!("it can't be read: {error}")).caused_by(error)
}
