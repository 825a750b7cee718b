//! FCC ad-buy papers: PDFs of broadcasters' invoices, orders and contracts, with checked answers.
//!
//! `ID.pdf` and `ID.truth.json`. The words are those of the PDF's text layer; papers without one are
//! passed over. Each page is a sample of its own, `ID#2`. Number and customer stand on every page and
//! are labelled on each; the total is labelled once in the document, where its label fits best. Flight
//! dates are left out: annotators typed them in forms of their own.

use super::align::{Alignment, align_keys};
use super::json_file::{data_files, read_json};
use super::{Picture, Sample};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::PixelBox;
use crate::input::{InputOptions, PageImage, Source, TextLayerMode, open};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Keys that every paper is annotated with.
pub const LABELS: [&str; 3] = ["invoice_number", "customer", "total"];
/// Where pages are rendered only to place their words: enough to tell letters apart.
const PAGE_DPI: u32 = 100;

#[derive(Deserialize)]
struct TruthFile {
    invoice_number: Option<String>,
    advertiser: Option<String>,
    total: Option<f64>,
    #[serde(default)]
    has_text_layer: bool,
}

impl TruthFile {
    fn keys(&self) -> BTreeMap<String, String> {
        let total = self.total.map(|total| format!("{total:.2}"));
        let values = [&self.invoice_number, &self.advertiser, &total];
        LABELS
            .iter()
            .zip(values)
            .filter_map(|(label, value)| Some((label.to_string(), value.clone()?)))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect()
    }
}

/// Reads a directory of `ID.pdf` with `ID.truth.json`.
///
/// # Errors
/// `DataInvalid` for a truth file that can't be read; what [`open`] says of a PDF.
pub fn read(dir: &Path) -> Result<Vec<Sample>> {
    let papers: Vec<Vec<Sample>> =
        data_files(dir, "pdf")?.par_iter().map(|path| read_paper(path)).collect::<Result<_>>()?;
    Ok(papers.into_iter().flatten().collect())
}

fn read_paper(path: &Path) -> Result<Vec<Sample>> {
    let truth: TruthFile = read_json(&path.with_extension("truth.json"))?;
    if !truth.has_text_layer {
        return Ok(Vec::new());
    }
    let options =
        InputOptions { dpi: PAGE_DPI, text_layer: TextLayerMode::Only, ..InputOptions::default() };
    let pages: Vec<PageImage> =
        open(&Source::Path(path.to_path_buf()), &options)?.collect::<Result<_>>()?;
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut samples: Vec<Sample> = pages
        .into_iter()
        .map(|page| {
            let (number, size) = (page.number, page.size());
            let words = page.text_layer.unwrap_or_default().words;
            let mut sample = Sample::unlabelled(format!("{id}#{number}"), "fcc", size, words);
            sample.picture = Some(Picture::PdfPage(path.to_path_buf(), number));
            sample
        })
        .collect();
    label(&mut samples, &truth.keys());
    samples.retain(|sample| !sample.words.is_empty());
    Ok(samples)
}

/// Labels the pages of one document.
fn label(pages: &mut [Sample], truth: &BTreeMap<String, String>) {
    let mut page_keys = truth.clone();
    let total: BTreeMap<String, String> = page_keys.remove_entry("total").into_iter().collect();
    let total = align_document(pages, &total);
    for (page, mut total) in pages.iter_mut().zip(total) {
        let mut alignment = align_keys(&page.words, &page_keys);
        alignment.words.append(&mut total.words);
        alignment.doubtful.append(&mut total.doubtful);
        page.tags = alignment.tags(page.words.len());
        page.ignore = alignment.ignore(&page.tags);
        page.annotated = LABELS.map(String::from).to_vec();
        page.truth = truth.clone();
        page.truth.retain(|key, _| alignment.words.contains_key(key));
    }
}

/// Searches the whole document as if its pages stood one under the other; an alignment a page.
fn align_document(pages: &[Sample], truth: &BTreeMap<String, String>) -> Vec<Alignment> {
    let mut column: Vec<Word> = Vec::new();
    let mut begins = Vec::with_capacity(pages.len());
    let (mut top, mut line) = (0i64, 0);
    for page in pages {
        begins.push(column.len());
        column.extend(page.words.iter().map(|word| {
            let b = word.bbox;
            let down = |y: u32| i64::from(y) + top;
            let bbox =
                PixelBox::new(b.left().into(), down(b.top()), b.right().into(), down(b.bottom()));
            Word { bbox, line: word.line + line, ..word.clone() }
        }));
        top += i64::from(page.size.height);
        line += page.words.iter().map(|word| word.line + 1).max().unwrap_or(0);
    }
    let whole = align_keys(&column, truth);
    let page_of = |word: usize| begins.partition_point(|&begin| begin <= word) - 1;
    let mut alignments = vec![Alignment::default(); pages.len()];
    for (key, words) in &whole.words {
        for &word in words {
            let page = page_of(word);
            alignments[page].words.entry(key.clone()).or_default().push(word - begins[page]);
        }
    }
    for &word in &whole.doubtful {
        let page = page_of(word);
        alignments[page].doubtful.push(word - begins[page]);
    }
    alignments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;

    fn page(number: u32, texts: &[&str]) -> Sample {
        let words = texts.iter().enumerate().map(|(index, text)| Word {
            text: text.to_string(),
            bbox: PixelBox::new(10, index as i64 * 20, 110, index as i64 * 20 + 15),
            confidence: 1.0,
            line: index as u32,
            block: 0,
        });
        Sample::unlabelled(format!("p#{number}"), "fcc", PageSize::new(200, 100), words.collect())
    }

    #[test]
    fn number_is_labelled_on_every_page_and_the_total_once() {
        let mut pages = [page(1, &["950-1", "$5.00"]), page(2, &["950-1", "$5.00", "Total$5.00"])];
        let truth = BTreeMap::from([
            ("invoice_number".to_string(), "950-1".to_string()),
            ("total".to_string(), "5.00".to_string()),
        ]);
        label(&mut pages, &truth);
        assert_eq!(pages[0].tags, ["B-INVOICE_NUMBER", "O"]);
        assert_eq!(pages[1].tags, ["B-INVOICE_NUMBER", "O", "B-TOTAL"]);
        assert!(!pages[0].truth.contains_key("total"));
        assert_eq!(pages[1].truth.len(), 2);
    }
}
