//! One self-contained page for a document: pictures with boxes to hover over, fields, search. It loads
//! nothing from anywhere (and its content policy forbids it to), so it works offline, in a mail, on a
//! phone.

use super::naming::Naming;
use super::palette::{LineStyle, Look};
use super::picture::PagePicture;
use super::record::Record;
use super::sink::write_whole;
use crate::batch::Exhibit;
use crate::error::{Error, ErrorCode, Result, Stage};
use data_encoding::BASE64;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const PAGE: &str = include_str!("../../assets/html/viewer.html");
const STYLE: &str = include_str!("../../assets/html/viewer.css");
const SCRIPT: &str = include_str!("../../assets/html/viewer.js");

/// Longest side of a picture in the page: print can be read, and ten pages still go into a mail.
const PICTURE_SIDE: u32 = 1600;

/// Where pages go.
#[derive(Debug)]
pub enum HtmlPages {
    /// One file, for the only document.
    File { path: PathBuf, written: AtomicBool },
    /// A file for each document, at its relative path.
    Directory { path: PathBuf, naming: Naming },
}

impl HtmlPages {
    /// A path that ends in `.html` is a file, any other a directory.
    pub fn new(path: &Path, naming: Naming) -> Self {
        let path = path.to_path_buf();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("html" | "htm") => Self::File { path, written: AtomicBool::new(false) },
            _ => Self::Directory { path, naming },
        }
    }
}

impl Exhibit for HtmlPages {
    fn show(&self, record: &Record, pictures: &[PagePicture]) -> Result<()> {
        let path = match self {
            Self::File { path, written } => {
                if written.swap(true, Ordering::Relaxed) {
                    return Err(Error::new(
                        Stage::Output,
                        ErrorCode::OutputFailed,
                        "one HTML file can hold one document",
                    )
                    .at(path.display().to_string())
                    .hint("give `--html` a directory for several documents"));
                }
                path.clone()
            }
            Self::Directory { path, naming } => naming.path(path, &record.input, "html"),
        };
        write_whole(&path, page(record, pictures)?.as_bytes())
    }
}

/// The whole page.
///
/// # Errors
/// `output-failed` or `internal` when a picture can't be made ready.
pub fn page(record: &Record, pictures: &[PagePicture]) -> Result<String> {
    let mut embedded = Map::new();
    for picture in pictures {
        let jpeg = picture.jpeg_within(PICTURE_SIDE)?;
        embedded.insert(picture.page.to_string(), Value::String(BASE64.encode(&jpeg)));
    }
    let record_json = serde_json::to_string(record).map_err(|error| {
        Error::new(Stage::Output, ErrorCode::Internal, "the record can't be written")
            .caused_by(error)
    })?;
    let looks: Map<String, Value> = record
        .entities()
        .iter()
        .map(|entity| (entity.label.clone(), look(&entity.label)))
        .collect();
    // The record goes in as text, so that its numbers stay as they are in the JSON output.
    let data = format!(
        "{{\"record\":{record_json},\"looks\":{},\"pictures\":{}}}",
        Value::Object(looks),
        Value::Object(embedded)
    );
    Ok(filled(&[
        ("TITLE", &escape(&record.input)),
        ("STYLE", STYLE),
        // Inside of JSON strings only; nothing in it can end the script element then.
        ("DATA", &data.replace('<', "\\u003c")),
        ("SCRIPT", SCRIPT),
    ]))
}

fn look(label: &str) -> Value {
    let look = Look::of(label);
    let style = match look.style {
        LineStyle::Solid => "solid",
        LineStyle::Dashed => "dashed",
        LineStyle::Dotted => "dotted",
    };
    let ink = if look.ink() == [0; 3] { "#000" } else { "#fff" };
    json!({"color": look.hex(), "style": style, "ink": ink})
}

/// Puts the parts into the template, each once and in its order, so that a part that contains
/// something like a placeholder stays as it is.
fn filled(parts: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = PAGE;
    for (name, text) in parts {
        if let Some((before, after)) = rest.split_once(&format!("{{{{{name}}}}}")) {
            page.push_str(before);
            page.push_str(text);
            rest = after;
        }
    }
    page + rest
}

/// Text as markup shows it.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_stay_data_whatever_they_are() {
        let name = "</script><script>alert(1)</script> {{DATA}} {{SCRIPT}}";
        let error = Error::input(ErrorCode::CorruptInput, "<!-- <script>");
        let record = Record::failed(name.into(), None, &error, None);
        let html = page(&record, &[]).unwrap();
        assert_eq!(html.matches("<script").count(), 2);
        assert_eq!(html.matches("</script>").count(), 2);
        let data =
            html.split_once("application/json\">").unwrap().1.split_once("</script>").unwrap();
        let value: Value = serde_json::from_str(data.0).unwrap();
        assert_eq!(value["record"]["input"], name);
        assert!(html.contains("<title>&lt;/script&gt;"));
        for link in ["http:", "https:", "src=", "@import", "url("] {
            let outside = html.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains(link), "{link}");
        }
    }
}
