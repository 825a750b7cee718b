//! XFUND (Xu et al. 2022): forms in seven languages, annotated as FUNSD; no commercial use.
//!
//! One file a language and split, `de.train.json`: `documents`, each with its entities in `document`
//! and the size of its picture in `img`. A directory is read as its `*.train.json`, so that a
//! validation split is never trained on by accident; name the file to read another.

use super::form::{FormEntity, from_entities};
use super::json_file::{data_files, invalid, read_json};
use super::{Picture, Sample};
use crate::error::Result;
use crate::geometry::PageSize;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct XfundFile {
    documents: Vec<Form>,
}

#[derive(Deserialize)]
struct Form {
    id: String,
    document: Vec<FormEntity>,
    img: Image,
}

#[derive(Deserialize)]
struct Image {
    fname: String,
    width: u32,
    height: u32,
}

/// Reads one file, or every `*.train.json` of a directory.
///
/// # Errors
/// `DataInvalid` with the file and the element, when one can't be read.
pub fn read(path: &Path) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for file in train_files(path)? {
        let forms: XfundFile = read_json(&file)?;
        for form in &forms.documents {
            samples.push(sample_of(form, &file)?);
        }
    }
    Ok(samples)
}

fn train_files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = data_files(path, "json")?;
    files.retain(|file| file.to_string_lossy().ends_with(".train.json"));
    if files.is_empty() {
        return Err(invalid(path, "no *.train.json in this directory")
            .hint("name the file itself to read another split"));
    }
    Ok(files)
}

fn sample_of(form: &Form, file: &Path) -> Result<Sample> {
    let size = PageSize::new(form.img.width, form.img.height);
    let mut sample = from_entities(&form.id, "xfund", size, &form.document, file)?;
    let picture = file.parent().unwrap_or(Path::new("")).join(&form.img.fname);
    sample.picture = picture.is_file().then_some(Picture::File(picture));
    Ok(sample)
}
