//! Files of a data set: listing them in a stable order, reading JSON, and errors that name the place.

use crate::error::{Error, ErrorCode, Result, Stage};
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};

/// `DataInvalid` in `path`.
pub fn invalid(path: &Path, message: impl Into<String>) -> Error {
    Error::new(Stage::Train, ErrorCode::DataInvalid, message).at(path.display().to_string())
}

/// Files of a directory with this extension, sorted by name.
///
/// # Errors
/// `NotFound` or `Unreadable` for the directory, `DataInvalid` when it holds none.
pub fn data_files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).map_err(|error| cannot_read(dir, error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| cannot_read(dir, error))?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension)) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(invalid(dir, format!("no .{extension} files in this directory"))
            .hint("name the directory that holds the data set's files; see docs/data.md"));
    }
    files.sort();
    Ok(files)
}

/// The text of a file.
///
/// # Errors
/// `NotFound`, `Unreadable`, or `DataInvalid` when it is no UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(|error| cannot_read(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        invalid(path, format!("not UTF-8 from byte {}", error.utf8_error().valid_up_to()))
            .hint("convert the file to UTF-8")
    })
}

/// A JSON file as `T`.
///
/// # Errors
/// As [`read_text`]; `DataInvalid` with line, column and element when the content does not fit.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?).map_err(|error| {
        invalid(path, error.to_string()).hint("the expected fields are described in docs/data.md")
    })
}

/// `NotFound` or `Unreadable` for `path`.
pub fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    let code = if error.kind() == std::io::ErrorKind::NotFound {
        ErrorCode::NotFound
    } else {
        ErrorCode::Unreadable
    };
    Error::new(Stage::Train, code, format!("cannot be read: {error}"))
        .at(path.display().to_string())
        .hint("check the path and its permissions")
        .caused_by(error)
}
