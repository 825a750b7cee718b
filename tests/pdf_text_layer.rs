//! How well text layers are read, against poppler's tools: the figures of `docs/inputs.md`.
//!
//! Not part of the ordinary tests, because it needs a directory of PDFs and `pdftotext`, `pdftoppm`:
//!
//! ```sh
//! LAYOUTLM_PDFS=DIR cargo test --release --test pdf_text_layer -- --ignored --nocapture
//! ```
#![cfg(feature = "pdf")]

use layoutlm::document::Word;
use layoutlm::input::{InputOptions, PageImage, Source, TextLayer, TextLayerMode, open};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Words further apart, in pixels at 200 dpi, are not the same word.
const SAME_PLACE: f64 = 60.0;

/// A word of `pdftotext -bbox`, in pixels of the rendered page.
struct Reference {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

fn attributes(tag: &str) -> BTreeMap<&str, f64> {
    let parts: Vec<&str> = tag.split('"').collect();
    parts
        .chunks_exact(2)
        .filter_map(|pair| {
            let name = pair[0].trim_end_matches('=').rsplit(' ').next()?;
            Some((name, pair[1].parse().ok()?))
        })
        .collect()
}

/// Words of every page of a file.
fn references(path: &Path, pages: &[PageImage]) -> Vec<Vec<Reference>> {
    let output = Command::new("pdftotext").arg("-bbox").arg(path).arg("-").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let sheets = text.split("<page ").skip(1).zip(pages);
    sheets.map(|(sheet, page)| words_of(sheet, page)).collect()
}

fn words_of(sheet: &str, page: &PageImage) -> Vec<Reference> {
    let size = attributes(sheet.split('>').next().unwrap());
    let (mut width, mut height) = (size["width"], size["height"]);
    let (pixels_wide, pixels_high) = (f64::from(page.size().width), f64::from(page.size().height));
    // It gives the sheet's size as it was before the page was turned.
    if (width < height) != (pixels_wide < pixels_high) {
        std::mem::swap(&mut width, &mut height);
    }
    let (x, y) = (pixels_wide / width, pixels_high / height);
    sheet
        .split("<word ")
        .skip(1)
        .filter_map(|word| {
            let (tag, rest) = word.split_once('>')?;
            let text = rest.split("</word>").next()?;
            let text = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
                .iter()
                .fold(text.to_string(), |text, (entity, plain)| text.replace(entity, plain));
            let at = attributes(tag);
            Some(Reference {
                text,
                left: at["xMin"] * x,
                right: at["xMax"] * x,
                top: at["yMin"] * y,
                bottom: at["yMax"] * y,
            })
        })
        .collect()
}

/// Distances of the left and right edges of the words that both have.
fn matched(words: &[Word], references: &[Reference]) -> Vec<(f64, f64)> {
    let mut by_text: HashMap<&str, Vec<&Word>> = HashMap::new();
    for word in words {
        by_text.entry(&word.text).or_default().push(word);
    }
    let mut edges = Vec::new();
    for reference in references {
        let Some(candidates) = by_text.get_mut(reference.text.as_str()) else { continue };
        let distance = |word: &Word| {
            (f64::from(word.bbox.center_x()) - (reference.left + reference.right) / 2.0).abs()
                + (f64::from(word.bbox.center_y()) - (reference.top + reference.bottom) / 2.0).abs()
        };
        let nearest = (0..candidates.len())
            .min_by(|&a, &b| distance(candidates[a]).total_cmp(&distance(candidates[b])));
        if let Some(nearest) = nearest.filter(|&nearest| distance(candidates[nearest]) < SAME_PLACE)
        {
            let bbox = candidates.swap_remove(nearest).bbox;
            let edge = |own: u32, its: f64| (f64::from(own) - its).abs();
            edges.push((edge(bbox.left(), reference.left), edge(bbox.right(), reference.right)));
        }
    }
    edges
}

/// CPU seconds of this process and of its children so far.
fn cpu_seconds() -> (f64, f64) {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name, in brackets, may hold spaces; user and system time are fields 14 to 17.
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    ((fields[11] + fields[12]) / TICKS_A_SECOND, (fields[13] + fields[14]) / TICKS_A_SECOND)
}

fn read_all(path: &Path, text_layer: TextLayerMode) -> Vec<PageImage> {
    let options = InputOptions { text_layer, ocr_dpi: 200, ..InputOptions::default() };
    let pages = open(&Source::Path(path.into()), &options).unwrap();
    pages.map(|page| page.unwrap()).collect()
}

#[test]
#[ignore = "needs a directory of PDFs and poppler's tools"]
fn words_agree_with_pdftotext() {
    let directory = std::env::var_os("LAYOUTLM_PDFS").expect("LAYOUTLM_PDFS names a directory");
    let mut papers: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    papers.retain(|path| path.extension().is_some_and(|extension| extension == "pdf"));
    papers.sort();
    let (mut pages, mut for_ocr, mut own, mut its, mut edges) = (0, 0, 0, 0, Vec::new());
    let (mut rendering, mut reading) = (0.0, 0.0);
    let scratch = tempfile::tempdir().unwrap();
    for path in &papers {
        let start = cpu_seconds().0;
        read_all(path, TextLayerMode::Never);
        let middle = cpu_seconds().0;
        let read = read_all(path, TextLayerMode::Auto);
        rendering += middle - start;
        reading += cpu_seconds().0 - middle;
        let root = scratch.path().join("page");
        Command::new("pdftoppm").args(["-r", "200"]).arg(path).arg(&root).status().unwrap();
        for file in std::fs::read_dir(scratch.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        for (page, references) in read.iter().zip(references(path, &read)) {
            pages += 1;
            match &page.text_layer {
                None => for_ocr += 1,
                Some(TextLayer { words, .. }) => {
                    own += words.len();
                    its += references.len();
                    edges.extend(matched(words, &references));
                }
            }
        }
    }
    let share = |whole: usize| edges.len() as f64 / whole as f64;
    let milliseconds = |seconds: f64| 1000.0 * seconds / f64::from(pages);
    let mut distances: Vec<f64> = edges.iter().flat_map(|&(left, right)| [left, right]).collect();
    distances.sort_by(f64::total_cmp);
    let quantile = |part: f64| distances[(distances.len() as f64 * part) as usize];
    eprintln!("{} papers, {pages} pages, {for_ocr} of them left to OCR", papers.len());
    eprintln!("its words found {:.4}, ours that it has {:.4}", share(its), share(own));
    eprintln!("edges apart: median {:.1}, .9 within {:.1} px", quantile(0.5), quantile(0.9));
    eprintln!("CPU ms a page: rendering {:.0}", milliseconds(rendering));
    eprintln!("  rendering and words {:.0}", milliseconds(reading));
    eprintln!("  pdftoppm and pdftotext {:.0}", milliseconds(cpu_seconds().1));
    assert!(share(its) > 0.98 && share(own) > 0.98);
}
