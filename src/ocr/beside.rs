//! What stands on a page beside its text layer: logos and heads that are pictures, text that is drawn in outlines. Our own
//! networks find and read it; what they are not sure of is left out, for the text layer is sure.

use super::engine::Engine;
use super::fit;
use super::frame::Turn;
use super::ink::{self, Blob};
use super::read::PageReader;
use super::reread::{Reread, Rereader};
use super::segment::{self, Segment};
use super::untold::{self, is_untold};
use super::upright::Upright;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use crate::input::PageImage;
use crate::line_reader::Reading;
use image::{GrayImage, Luma, imageops};

/// Fewer pieces of ink than this are no text.
const FEWEST_BLOBS: usize = 3;
/// Ink is darker than this, of 255.
const FAINTEST: u8 = 200;
/// Fewer letters and digits than this are read into a mark or a picture.
const FEWEST_LETTERS: usize = 3;
/// What may be text has a word that is right with this probability; all of it has to be with that one on the whole.
const LIKELY: f32 = 0.3;
const SURE: f32 = 0.7;
/// Logos are of any shape: what has a word less likely to be right than this is read by the engine, too.
const READ_BY_BOTH: f32 = 0.8;
/// Paper is looked at, and laid over a word, so many of its heights beyond its box.
const MARGIN: f32 = 0.15;

impl<E: Engine> PageReader<E> {
    /// The words of a page's text layer and those read beside them, in reading order.
    ///
    /// # Errors
    /// As reading a page.
    pub(super) fn with_words_beside(
        &self,
        page: &PageImage,
        mut known: Vec<Word>,
    ) -> Result<Vec<Word>> {
        let Some(lead) = self.lead().filter(|lead| lead.mode() != Reread::Never) else {
            return Ok(known);
        };
        let picture = imageops::grayscale(&page.image);
        untold::fill_in(&mut known, &picture, lead)?;
        let told: Vec<Word> = known.iter().filter(|word| !is_untold(word)).cloned().collect();
        let rest = without_words(picture, &told);
        let rest = Upright::new(&rest, Turn::none(page.size()));
        let found = self.read_rest(&rest, lead)?;
        if found.is_empty() {
            return Ok(known);
        }
        Ok(segment::in_order(segment::segments(told), found))
    }

    /// The lines of what is left of a page, where they are read well, as pieces without a place yet.
    fn read_rest(&self, page: &Upright, lead: &Rereader) -> Result<Vec<Segment>> {
        if !may_have_text(page) {
            return Ok(Vec::new());
        }
        let lines = fit::fitted(&lead.find_lines(&page.picture)?, page);
        if lines.len() > lead.options().most_pieces {
            return Ok(Vec::new());
        }
        let readings = lead.read(&page.picture, &lines)?;
        // Pictures and patterns have what looks like lines from afar.
        let is_likely = |(_, reading): &(PixelBox, Reading)| lead.may_be_right(reading, LIKELY);
        let (lines, readings): (Vec<PixelBox>, Vec<Reading>) =
            lines.into_iter().zip(readings).filter(is_likely).unzip();
        let outline = |bbox| Word::outline(bbox, 0, 0);
        let mut pieces: Vec<Segment> =
            lines.into_iter().filter_map(|bbox| Segment::of(vec![outline(bbox)])).collect();
        self.settle(page, lead, READ_BY_BOTH, &mut pieces, &readings)?;
        let read_well = |piece: &Segment| {
            let text = piece.words.iter().flat_map(|word| word.text.chars());
            let letters = text.filter(|letter| letter.is_alphanumeric()).count();
            letters >= FEWEST_LETTERS && piece.confidence() >= SURE
        };
        let words = pieces.into_iter().map(|piece| piece.words);
        Ok(words.filter_map(Segment::of).filter(read_well).collect())
    }
}

/// Whether anything is of the shape of letters; a picture that is darker makes faint ones pass for paper.
fn may_have_text(page: &Upright) -> bool {
    let are_enough = |blobs: &[Blob]| {
        let letters = blobs.iter().filter(|b| ink::is_letter_like(**b, page.picture.height()));
        letters.take(FEWEST_BLOBS).count() == FEWEST_BLOBS
    };
    are_enough(&page.blobs) || are_enough(&ink::blobs(&page.picture, FAINTEST))
}

/// The page with paper laid over words.
fn without_words(mut page: GrayImage, words: &[Word]) -> GrayImage {
    let size = PageSize::new(page.width(), page.height());
    for word in words {
        let bbox = word.bbox.with_margin(MARGIN).clamp_to(size);
        let paper = paper_around(&page, bbox);
        for (x, y) in (bbox.top()..bbox.bottom())
            .flat_map(|y| (bbox.left()..bbox.right()).map(move |x| (x, y)))
        {
            page.put_pixel(x, y, paper);
        }
    }
    page
}

/// The level that is the middle one of a box's edge.
fn paper_around(page: &GrayImage, bbox: PixelBox) -> Luma<u8> {
    let columns = bbox.left()..bbox.right();
    let rows = bbox.top()..bbox.bottom();
    if columns.is_empty() || rows.is_empty() {
        return Luma([u8::MAX]);
    }
    let last = |range: &std::ops::Range<u32>| range.end - 1;
    let along = columns.clone().flat_map(|x| [(x, rows.start), (x, last(&rows))]);
    let down = rows.clone().flat_map(|y| [(columns.start, y), (last(&columns), y)]);
    let mut levels: Vec<u8> = along.chain(down).map(|(x, y)| page.get_pixel(x, y)[0]).collect();
    let middle = levels.len() / 2;
    Luma([*levels.select_nth_unstable(middle).1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ocr::engine::{FoundLine, ReadRequest};
    use crate::ocr::options::TesseractOptions;
    use crate::ocr::reread::{Networks, RereadOptions};
    use image::{DynamicImage, RgbImage};
    use std::sync::Arc;

    /// Reads nothing.
    struct Blind;

    impl Engine for Blind {
        fn read_all(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<Word>>> {
            requests.iter().map(|_| Ok(Vec::new())).collect()
        }
        fn find_lines(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<FoundLine>>> {
            requests.iter().map(|_| Ok(Vec::new())).collect()
        }
        fn width(&self) -> usize {
            1
        }
        fn name(&self) -> String {
            "blind".into()
        }
        fn language(&self) -> String {
            "eng".into()
        }
    }

    fn read_beside(image: RgbImage, known: &[Word], mode: Reread) -> Vec<Word> {
        let networks = Networks::embedded().unwrap();
        let ours = Rereader::new(networks, mode, RereadOptions::default());
        let reader = PageReader::new(Blind, TesseractOptions::default()).led_by(Arc::new(ours));
        let page = PageImage { number: 1, image, dpi: None, text_layer: None };
        reader.with_words_beside(&page, known.to_vec()).unwrap()
    }

    fn known(text: &str, bbox: PixelBox, line: u32) -> Word {
        Word { text: text.into(), bbox, confidence: 1.0, line, block: 0 }
    }

    /// The receipt's head is a picture here, and what stands below is known.
    #[test]
    fn what_the_layer_does_not_tell_is_read_and_put_in_its_place() {
        const HEAD: i64 = 452;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/samples/receipt.jpg");
        let receipt = image::open(path).unwrap().to_rgb8();
        let (width, height) = (i64::from(receipt.width()), i64::from(receipt.height()));
        let tops = (HEAD..height).step_by(20);
        let layer: Vec<Word> = (0..)
            .zip(tops)
            .map(|(line, top)| known("known", PixelBox::new(0, top, width, top + 20), line))
            .collect();
        let words = read_beside(receipt.clone(), &layer, Reread::Auto);
        let (new, old) = words.split_at(words.len() - layer.len());
        assert!(new.len() >= 12, "{new:?}");
        let is_in_head = |word: &Word| i64::from(word.bbox.top()) < HEAD && word.confidence < 1.0;
        assert!(new.iter().all(is_in_head), "{new:?}");
        let lines: Vec<u32> = old.iter().map(|word| word.line).collect();
        let first = new.last().unwrap().line + 1;
        assert_eq!(lines, (first..).take(layer.len()).collect::<Vec<_>>());
        // As well where the layer has the place, but not the letters.
        let unread = known("\u{fffd}\u{fffd}\u{fffd}", PixelBox::new(0, 0, width, HEAD), 0);
        let with_unread: Vec<Word> = std::iter::once(unread).chain(layer.clone()).collect();
        assert_eq!(read_beside(receipt.clone(), &with_unread, Reread::Auto), words);
        assert_eq!(read_beside(receipt, &layer, Reread::Never), layer);
    }

    #[test]
    fn a_page_that_is_told_of_stays_as_it_is() {
        let layer = [known("all", PixelBox::new(20, 20, 60, 40), 0)];
        let mut page = RgbImage::from_pixel(200, 100, image::Rgb([255; 3]));
        image::imageops::replace(&mut page, &RgbImage::new(40, 20), 20, 20);
        assert_eq!(read_beside(page, &layer, Reread::Auto), layer);
    }

    #[test]
    fn words_are_covered_with_the_paper_around_them() {
        let gray = DynamicImage::ImageRgb8(RgbImage::from_fn(60, 40, |x, y| {
            let is_print = (20..40).contains(&x) && (10..30).contains(&y);
            image::Rgb([if is_print { 250 } else { 40 }; 3])
        }));
        let words = [known("light on dark", PixelBox::new(20, 10, 40, 30), 0)];
        let rest = without_words(gray.to_luma8(), &words);
        assert!(rest.pixels().all(|pixel| pixel[0] == 40));
        assert_eq!(without_words(GrayImage::new(0, 0), &words), GrayImage::new(0, 0));
    }
}
