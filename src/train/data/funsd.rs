//! FUNSD (Jaume et al. 2019): scanned English forms; licence forbids commercial use.
//!
//! `annotations/ID.json` holds `form`, the entities; `images/ID.png` the picture, whose size is the
//! page's.

use super::form::{FormEntity, LABELS, from_entities};
use super::json_file::{data_files, invalid, read_json};
use super::{Picture, Sample};
use crate::error::Result;
use crate::geometry::PageSize;
use serde::Deserialize;
use std::path::Path;

/// Entity labels that every form is annotated with.
pub fn labels() -> Vec<String> {
    LABELS.map(String::from).to_vec()
}

#[derive(Deserialize)]
struct FormFile {
    form: Vec<FormEntity>,
}

/// Reads a directory with `annotations` and `images`.
///
/// # Errors
/// `DataInvalid` with the file and the element, when one can't be read.
pub fn read(dir: &Path) -> Result<Vec<Sample>> {
    data_files(&dir.join("annotations"), "json")?.iter().map(|path| read_one(dir, path)).collect()
}

fn read_one(dir: &Path, path: &Path) -> Result<Sample> {
    let file: FormFile = read_json(path)?;
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    let picture = dir.join("images").join(format!("{id}.png"));
    let (width, height) = image::image_dimensions(&picture).map_err(|error| {
        invalid(&picture, format!("no readable picture for this form: {error}"))
            .hint("the page's size comes from its picture; put images/ beside annotations/")
            .caused_by(error)
    })?;
    let mut sample = from_entities(&id, "funsd", PageSize::new(width, height), &file.form, path)?;
    sample.picture = Some(Picture::File(picture));
    Ok(sample)
}
