//! The project's own plain format: a JSON object a line, a page each; pictures beside it.
//!
//! For one's own data and for carrying labels between tools. [`super::record`] has the fields.

use super::json_file::{invalid, read_text};
use super::record::Record;
use super::{Picture, Sample};
use crate::error::{Error, ErrorCode, Result, Stage};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Reads a `.jsonl` file, or every one of a directory.
///
/// A record without `annotated` counts as annotated with all labels that occur in its file.
///
/// # Errors
/// `DataInvalid` with file, line and field.
pub fn read(path: &Path) -> Result<Vec<Sample>> {
    let files = if path.is_dir() {
        super::json_file::data_files(path, "jsonl")?
    } else {
        vec![path.into()]
    };
    let mut samples = Vec::new();
    for file in files {
        samples.extend(read_file(&file)?);
    }
    Ok(samples)
}

fn read_file(path: &Path) -> Result<Vec<Sample>> {
    let text = read_text(path)?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let mut samples: Vec<(Sample, bool)> = Vec::new();
    let mut ids = BTreeSet::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at_line = |message: String| {
            invalid(path, format!("line {}: {message}", number + 1))
                .hint("docs/data.md shows the fields of a line")
        };
        let value: serde_json::Value =
            serde_json::from_str(line).map_err(|error| at_line(error.to_string()))?;
        let says_annotated = value.get("annotated").is_some();
        let record: Record =
            serde_json::from_value(value).map_err(|error| at_line(error.to_string()))?;
        let sample = record.into_sample(directory).map_err(|error| at_line(error.message))?;
        if !ids.insert(sample.id.clone()) {
            return Err(at_line(format!("the id `{}` is used twice", sample.id)));
        }
        samples.push((sample, says_annotated));
    }
    let all: BTreeSet<String> =
        samples.iter().flat_map(|(sample, _)| sample.annotated.iter().cloned()).collect();
    Ok(samples
        .into_iter()
        .map(|(mut sample, says_annotated)| {
            if !says_annotated && !sample.tags.is_empty() {
                sample.annotated = all.iter().cloned().collect();
            }
            sample
        })
        .collect())
}

/// Writes samples to `path`. Pictures are named relative to its directory where they lie below it;
/// pictures in memory are written to `images/` beside it.
///
/// # Errors
/// `OutputFailed` where a file can't be written.
pub fn write(path: &Path, samples: &[Sample]) -> Result<()> {
    let failed = |error: std::io::Error| Error::unwritable(Stage::Train, path, error);
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    for sample in samples {
        let record = with_picture(Record::of(sample), sample, path)?;
        let line = serde_json::to_string(&record).map_err(|error| failed(error.into()))?;
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)
}

fn with_picture(record: Record, sample: &Sample, path: &Path) -> Result<Record> {
    let directory = path.parent().unwrap_or(Path::new(""));
    Ok(match &sample.picture {
        None => record,
        Some(Picture::File(image)) => record.with_image(relative(image, directory), None),
        Some(Picture::PdfPage(pdf, page)) => {
            record.with_image(relative(pdf, directory), Some(*page))
        }
        Some(Picture::Image(image)) => {
            let name = format!("images/{}.png", file_name_of(&sample.id));
            let target = directory.join(&name);
            let saved = std::fs::create_dir_all(directory.join("images"))
                .map_err(image::ImageError::from)
                .and_then(|()| image.save(&target));
            saved.map_err(|error| {
                Error::new(Stage::Train, ErrorCode::OutputFailed, format!("not saved: {error}"))
                    .at(target.display().to_string())
                    .hint("check the directory, its permissions and the space left")
                    .caused_by(error)
            })?;
            record.with_image(name, None)
        }
    })
}

/// `file` as seen from `directory`, where it lies below it or beside it; otherwise as it is.
fn relative(file: &Path, directory: &Path) -> String {
    let absolute = |path: &Path| -> PathBuf {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
    };
    let (file, directory) = (absolute(file), absolute(directory));
    let mut up = PathBuf::new();
    for ancestor in directory.ancestors() {
        if let Ok(rest) = file.strip_prefix(ancestor)
            && ancestor.parent().is_some()
        {
            return up.join(rest).to_string_lossy().into_owned();
        }
        up.push("..");
    }
    file.to_string_lossy().into_owned()
}

/// An id as a file name: letters, digits, `.`, `-` and `_` stay.
pub fn file_name_of(id: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    id.chars().map(|c| if keep(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::data::{DatasetKind, read_dataset};

    fn write_and_read(text: &str) -> Result<Vec<Sample>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    const LINE: &str = r#"{"id":"a","width":100,"height":50,"words":[{"text":"TOTAL","bbox":[0,0,40,10]},{"text":"9.00","bbox":[50,0,90,10]}]"#;

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.jsonl");
        for kind in [DatasetKind::Sroie, DatasetKind::Funsd, DatasetKind::CordTyped] {
            let name = if kind == DatasetKind::CordTyped { "cord" } else { kind.name() };
            let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
            let samples = read_dataset(kind, &fixture).unwrap();
            write(&path, &samples).unwrap();
            let again = read(&path).unwrap();
            assert_eq!(
                format!("{:?}", Record::of(&again[0])),
                format!("{:?}", Record::of(&samples[0]))
            );
            assert_eq!(again[0].picture.is_some(), samples[0].picture.is_some());
        }
    }

    #[test]
    fn pictures_in_memory_are_written_beside_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.jsonl");
        let mut sample = write_and_read(&format!("{LINE}}}")).unwrap().remove(0);
        sample.id = "a/b#2".to_string();
        sample.picture = Some(Picture::Image(image::RgbImage::new(100, 50)));
        write(&path, &[sample]).unwrap();
        let again = read(&path).unwrap();
        let Some(Picture::File(image)) = &again[0].picture else { panic!("no picture") };
        assert_eq!(image::image_dimensions(image).unwrap(), (100, 50));
    }

    #[test]
    fn values_without_places_are_searched_in_the_words() {
        let samples = write_and_read(&format!(r#"{LINE},"truth":{{"total":"9.00"}}}}"#)).unwrap();
        assert_eq!(samples[0].tags, ["O", "B-TOTAL"]);
        assert_eq!(samples[0].annotated, ["total"]);
    }

    #[test]
    fn labels_of_the_whole_file_count_as_annotated() {
        let second = LINE.replace(r#""id":"a""#, r#""id":"b""#);
        let text = format!(
            "{LINE},\"tags\":[\"O\",\"B-TOTAL\"]}}\n\n{second},\"tags\":[\"B-KEY\",\"O\"]}}\n"
        );
        let samples = write_and_read(&text).unwrap();
        assert!(samples.iter().all(|sample| sample.annotated == ["key", "total"]));
    }

    #[test]
    fn broken_lines_are_named_with_their_field() {
        let cases = [
            (r#"{"id":"a"}"#.to_string(), "line 1: missing field `width`"),
            (
                format!("{LINE}}}\n{LINE},\"tags\":[\"O\"]}}"),
                "line 2: sample a: 1 tags for 2 words",
            ),
            (format!("{LINE}}}\n{LINE}}}"), "line 2: the id `a` is used twice"),
            (format!("{LINE},\"lables\":[]}}"), "unknown field `lables`"),
            (format!("{LINE},\"ignore\":[7]}}"), "`ignore` names word 7, of 2"),
            (format!("{LINE},\"links\":[[0,2]]}}"), "a link from word 0 to word 2, of 2"),
            (
                format!("{LINE},\"tags\":[\"O\",\"TOTAL\"],\"annotated\":[\"total\"]}}"),
                "word 1 has the tag `TOTAL`",
            ),
        ];
        for (text, expected) in cases {
            let error = write_and_read(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
