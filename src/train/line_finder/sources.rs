//! Where pages with known lines come from: SROIE's receipts, PDFs with text layers, synthetic documents. The same
//! pages are kept for tuning as with the reader of lines.

use super::super::line_reader::augment::shrunk;
use super::super::line_reader::sources::{
    LinePart, LineSource, RESOLUTIONS, chosen, generator, runs, sroie_receipt, with_text_layer,
};
use super::store::{Page, PageWriter};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::PixelBox;
use crate::input::{Source, open};
use image::GrayImage;
use rayon::prelude::*;
use std::path::Path;

/// Pages whose lines are higher than this are stored smaller.
const STORED_HEIGHT: f32 = 24.0;
/// Pages of a PDF that are taken.
const MOST_PAGES: usize = 3;
/// Pages with fewer lines teach little.
const FEWEST_LINES: usize = 4;

/// A page and its picture, on the way to the store.
type Gathered = (Page, GrayImage);

/// Gathers the pages of a source and adds them to the store.
///
/// # Errors
/// What reading the source says; `OutputFailed` for the store.
pub fn gather(
    source: &LineSource,
    part: LinePart,
    seed: u64,
    writer: &mut PageWriter,
) -> Result<()> {
    let mut keep = |pages: Vec<Vec<Gathered>>| {
        pages.iter().flatten().try_for_each(|(page, picture)| writer.add(page, picture))
    };
    match source {
        LineSource::Sroie(dir) => {
            for batch in chosen(&dir.join("box"), "json", part)?.chunks(16) {
                keep(batch.par_iter().map(|path| receipt(dir, path)).collect::<Result<_>>()?)?;
            }
        }
        LineSource::Pdf(dir) => {
            let numbered: Vec<_> = chosen(dir, "pdf", part)?.into_iter().enumerate().collect();
            for batch in numbered.chunks(8) {
                let pages = batch
                    .par_iter()
                    .map(|(number, path)| pdf_pages(path, RESOLUTIONS[number % RESOLUTIONS.len()]));
                keep(pages.collect::<Result<_>>()?)?;
            }
        }
        LineSource::Synth(count) | LineSource::Typed(count) => {
            let typed = matches!(source, LineSource::Typed(_));
            for resolution in RESOLUTIONS {
                let share = (*count / RESOLUTIONS.len() as u64).max(1);
                let generator = generator(resolution, part, seed, typed)?;
                for first in (0..share).step_by(16) {
                    let pages = (first..share.min(first + 16)).into_par_iter().map(|index| {
                        let document = generator.document(index * 1000 + u64::from(resolution));
                        let Some(picture) = document.picture else { return Vec::new() };
                        let words: Vec<Word> =
                            document.words.into_iter().map(|word| word.word).collect();
                        let gray = image::imageops::grayscale(&picture);
                        stored(gray, lines_of(&words), document.id).into_iter().collect()
                    });
                    keep(pages.collect())?;
                }
            }
        }
    }
    Ok(())
}

fn receipt(dir: &Path, path: &Path) -> Result<Vec<Gathered>> {
    let Some((page, file)) = sroie_receipt(dir, path)? else { return Ok(Vec::new()) };
    let lines = file.lines.iter().map(|line| line.bbox).collect();
    Ok(stored(page, lines, format!("sroie/{}", file.id)).into_iter().collect())
}

fn pdf_pages(path: &Path, resolution: u32) -> Result<Vec<Gathered>> {
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut pages = Vec::new();
    for page in
        open(&Source::Path(path.to_path_buf()), &with_text_layer(resolution))?.take(MOST_PAGES)
    {
        let page = page?;
        let words = page.text_layer.unwrap_or_default().words;
        let gray = image::imageops::grayscale(&page.image);
        pages.extend(stored(gray, lines_of(&words), format!("pdf/{id}#{}", page.number)));
    }
    Ok(pages)
}

fn lines_of(words: &[Word]) -> Vec<PixelBox> {
    runs(words).filter_map(|run| PixelBox::union_of(run.iter().map(|word| word.bbox))).collect()
}

fn stored(picture: GrayImage, lines: Vec<PixelBox>, source: String) -> Option<Gathered> {
    let lines: Vec<[f32; 4]> = lines
        .into_iter()
        .filter(|bbox| bbox.width() > 1 && bbox.height() > 1)
        .map(|bbox| <[u32; 4]>::from(bbox).map(|edge| edge as f32))
        .collect();
    let mut page = Page { source, width: 0, height: 0, lines, offset: 0 };
    let height = page.line_height();
    if page.lines.len() < FEWEST_LINES || height <= 0.0 {
        return None;
    }
    let scale = STORED_HEIGHT / height;
    if scale >= 1.0 {
        return Some((page, picture));
    }
    let small = shrunk(&picture, scale)?;
    for line in &mut page.lines {
        *line = line.map(|edge| edge * scale);
    }
    Some((page, small))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn large_pages_are_stored_small_with_their_lines() {
        let picture = GrayImage::from_pixel(800, 1000, Luma([255]));
        let line = |top: i64| PixelBox::new(100, top, 300, top + 48);
        let lines: Vec<PixelBox> = (0..5).map(|n| line(n * 60)).collect();
        let (page, small) = stored(picture.clone(), lines, "s".into()).unwrap();
        assert_eq!(small.dimensions(), (400, 500));
        assert_eq!(page.lines[1], [50.0, 30.0, 150.0, 54.0]);
        assert!(stored(picture, vec![line(0)], "s".into()).is_none(), "too few lines");
    }
}
