//! Our networks first. They find the lines and read them all, and the engine reads only the pieces that ours is not
//! sure of: layout and recognition are nearly all of the engine's time. A page that stands on its head shows in a
//! sample of its lines (docs/ocr.md).

use super::again;
use super::engine::{Engine, FoundLine, ReadRequest};
use super::found;
use super::frame::{Cut, Turn};
use super::leaders::without_leaders;
use super::read::PageReader;
use super::reread::Rereader;
use super::segment::{self, Segment};
use super::upright::Upright;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::PixelBox;
use crate::line_reader::Reading;
use std::sync::Arc;

/// When ours is believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeadOptions {
    /// Pieces all of whose words are right with this probability need no second reading.
    pub sure: f32,
    /// Pieces none of whose words is right with this probability are not shown to ours again …
    pub legible: f32,
    /// … and none of whose words is so with this, not to the engine: of handwriting and logos it makes words that are none.
    pub legible_to_engine: f32,
    /// Pieces that are read first, spread over the page.
    pub sample: usize,
    /// Where more than this share of them is doubtful, the page may stand on its head.
    pub most_doubtful: f32,
}

impl Default for LeadOptions {
    fn default() -> Self {
        Self { sure: 0.5, legible: 0.15, legible_to_engine: 0.5, sample: 16, most_doubtful: 0.5 }
    }
}

/// Tesseract's modes for the picture of one line and of one word; as a line, a lone letter passes for
/// a speck.
const LINE_PSM: u8 = 7;
const WORD_PSM: u8 = 8;
/// Pieces wider than this many heights may be more than a word.
const WIDEST_WORD: u32 = 3;
/// Where our finder finds fewer lines, the engine looks for some.
const FEWEST_LINES: usize = 3;
/// What is so many times as high as the page's letters, and as its neighbour, is a logo beside text.
const LOGO: [f32; 2] = [2.2, 1.8];
/// Paper left around a piece that the engine reads, in heights of the piece.
const MARGIN: f32 = 0.3;

/// The pieces of a page's lines, and how some of them read.
pub(super) struct Sampled {
    pieces: Vec<Segment>,
    /// Lines that the engine passed over.
    unread: Vec<PixelBox>,
    /// Whether the lines are our finder's.
    are_found: bool,
    /// The pieces that were read, spread over the page.
    places: Vec<usize>,
    readings: Vec<Reading>,
}

impl Sampled {
    /// Whether the page stands on its head: many pieces are doubtful, and turned round all together are read this many times
    /// as surely.
    ///
    /// # Errors
    /// As reading lines.
    pub(super) fn reads_better_turned(
        &self,
        page: &Upright,
        lead: &Rereader,
        margin: f32,
    ) -> Result<bool> {
        let doubtful = self.readings.iter().filter(|reading| !lead.is_sure(reading)).count();
        if doubtful as f32 <= lead.options().lead.most_doubtful * self.readings.len() as f32 {
            return Ok(false);
        }
        let half = Turn::new(page.size(), 2, 0.0);
        let boxes: Vec<PixelBox> =
            self.places.iter().map(|&n| half.to_page(self.pieces[n].bbox)).collect();
        let turned = lead.read(&half.apply(&page.picture), &boxes)?;
        let sureness = |readings: &[Reading]| readings.iter().map(Reading::sureness).sum::<f32>();
        Ok(sureness(&turned) > margin * sureness(&self.readings))
    }

    /// Our reading of every piece.
    fn all(self, page: &Upright, lead: &Rereader) -> Result<(Vec<Segment>, Vec<Reading>)> {
        let Self { pieces, places, readings: sampled, .. } = self;
        let mut readings = vec![None; pieces.len()];
        for (n, reading) in places.into_iter().zip(sampled) {
            readings[n] = Some(reading);
        }
        let unread = |(piece, reading): (&Segment, &Option<Reading>)| {
            reading.is_none().then_some(piece.bbox)
        };
        let boxes: Vec<PixelBox> = pieces.iter().zip(&readings).filter_map(unread).collect();
        let mut others = lead.read(&page.picture, &boxes)?.into_iter();
        let readings = readings
            .into_iter()
            .map(|reading| reading.or_else(|| others.next()).unwrap_or_default())
            .collect();
        Ok((pieces, readings))
    }
}

impl<E: Engine> PageReader<E> {
    /// A page's pieces and our reading of a sample of them; `None` where the engine should read the page. `found` are the
    /// lines as our finder found them; where there are hardly any, the engine looks for some.
    ///
    /// # Errors
    /// As reading a page.
    pub(super) fn sampled(
        &self,
        page: &Upright,
        lead: &Rereader,
        found: &[PixelBox],
    ) -> Result<Option<Sampled>> {
        if !lead.reads_first() {
            return Ok(None);
        }
        let are_found = found.len() >= FEWEST_LINES;
        let (outlines, unread) = if are_found {
            (found::in_rows(found.to_vec()), Vec::new())
        } else {
            let outlines = outlines(self.lines_of(page)?);
            let unread = segment::unread_lines_of(page, &outlines);
            (outlines, unread)
        };
        let pieces = pieces(outlines, page.letter_height);
        if pieces.is_empty() || pieces.len() + unread.len() > lead.options().most_pieces {
            return Ok(None);
        }
        let every = pieces.len().div_ceil(lead.options().lead.sample.max(1)).max(1);
        let places: Vec<usize> = (0..pieces.len()).filter(|n| n % every == every / 2).collect();
        let boxes: Vec<PixelBox> = places.iter().map(|&n| pieces[n].bbox).collect();
        let readings = lead.read(&page.picture, &boxes)?;
        Ok(Some(Sampled { pieces, unread, are_found, places, readings }))
    }

    /// The words of a page that ours reads first.
    ///
    /// # Errors
    /// As reading a page.
    pub(super) fn led(
        &self,
        page: &Upright,
        lead: &Rereader,
        found: &[PixelBox],
        mut sampled: Sampled,
    ) -> Result<Vec<Word>> {
        let (are_found, unread) = (sampled.are_found, std::mem::take(&mut sampled.unread));
        let (mut pieces, mut readings) = sampled.all(page, lead)?;
        again::read_in_other_proportions(page, lead, &pieces, &mut readings)?;
        let rows = again::rows_read_better(page, lead, &mut pieces, &mut readings)?;
        let sure = lead.options().lead.sure;
        self.settle(page, lead, sure, &mut pieces, &readings)?;
        pieces.retain(|piece| !piece.words.is_empty() && !is_rule(&piece.words));
        let settle = lead.options().settle;
        let others = [rows, lead.read(&page.picture, &unread)?].concat();
        let others = others.iter().filter_map(|reading| Segment::of(settle.alone(reading, 0, 0)));
        if are_found && !self.is_receipt(page, found) {
            pieces.extend(others);
            return Ok(found::in_columns(pieces));
        }
        Ok(segment::in_order(pieces, others.collect()))
    }

    /// Gives pieces their words: as ours reads them, and where any word is right with less than `sure` and some word is
    /// legible, as both do.
    ///
    /// # Errors
    /// As reading a page.
    pub(super) fn settle(
        &self,
        page: &Upright,
        lead: &Rereader,
        sure: f32,
        pieces: &mut [Segment],
        readings: &[Reading],
    ) -> Result<()> {
        let legible = lead.options().lead.legible_to_engine;
        let is_asked = |reading: &Reading| {
            !lead.is_as_sure(reading, sure) && lead.may_be_right(reading, legible)
        };
        let doubtful: Vec<usize> = (0..pieces.len()).filter(|&n| is_asked(&readings[n])).collect();
        let boxes: Vec<PixelBox> = doubtful.iter().map(|&n| pieces[n].bbox).collect();
        let mut seconds = vec![Vec::new(); pieces.len()];
        for (n, words) in doubtful.into_iter().zip(self.read_pieces(page, &boxes)?) {
            seconds[n] = words;
        }
        let settle = lead.options().settle;
        for ((piece, reading), second) in pieces.iter_mut().zip(readings).zip(seconds) {
            let (line, block) = piece.place();
            piece.words = if second.is_empty() {
                settle.alone(reading, line, block)
            } else {
                let place = |word: Word| Word { line, block, ..word };
                settle.settle(second.into_iter().map(place).collect(), reading)
            };
        }
        Ok(())
    }

    /// The engine's reading of pieces of lines, in pixels of the upright picture.
    fn read_pieces(&self, page: &Upright, boxes: &[PixelBox]) -> Result<Vec<Vec<Word>>> {
        let plan = self.plan(page);
        let cuts: Vec<Option<Cut>> = boxes
            .iter()
            .map(|bbox| Cut::new(page.for_engine(), bbox.with_margin(MARGIN), plan.scale))
            .collect();
        let request = |(bbox, cut): (&PixelBox, &Option<Cut>)| {
            let image = Arc::clone(&cut.as_ref()?.image);
            let is_word = bbox.width() <= WIDEST_WORD * bbox.height();
            let psm = if is_word { WORD_PSM } else { LINE_PSM };
            Some(ReadRequest { image, psm, dpi: plan.dpi })
        };
        let requests = boxes.iter().zip(&cuts).filter_map(request).collect();
        let mut read = self.engine.read_all(requests).into_iter();
        cuts.iter()
            .map(|cut| {
                let Some(cut) = cut else { return Ok(Vec::new()) };
                let words = read.next().unwrap_or(Ok(Vec::new()))?;
                let mut words = cut.words_to_picture(without_leaders(words));
                words.sort_by_key(|word| word.bbox.left());
                Ok(words)
            })
            .collect()
    }
}

/// Outlines in pieces of lines; what stands in one line's box at another height is a piece of its own.
fn pieces(outlines: Vec<Word>, letter_height: Option<f32>) -> Vec<Segment> {
    let [of_letters, of_neighbour] = LOGO;
    let logo = letter_height.map_or(f32::INFINITY, |height| of_letters * height);
    let level = |a: &Word, b: &Word| {
        let [lower, higher] = match [a.bbox.height() as f32, b.bbox.height() as f32] {
            [a, b] if a > b => [b, a],
            heights => heights,
        };
        let shared = i64::from(a.bbox.bottom().min(b.bbox.bottom()))
            - i64::from(a.bbox.top().max(b.bbox.top()));
        shared as f32 >= lower / 2.0 && !(higher > logo && higher > of_neighbour * lower)
    };
    let runs = outlines.chunk_by(|a, b| level(a, b));
    runs.flat_map(|run| segment::segments(run.to_vec())).collect()
}

/// Whether all that was read is a row of stars or dashes between two parts of a receipt.
fn is_rule(words: &[Word]) -> bool {
    const DRAWN: &str = "*-=_.~+#:";
    let mut letters = words.iter().flat_map(|word| word.text.chars()).peekable();
    letters.peek().is_some() && letters.all(|letter| DRAWN.contains(letter))
}

/// The words of found lines, not read yet: places without text.
fn outlines(lines: Vec<FoundLine>) -> Vec<Word> {
    let numbered = lines.into_iter().zip(0u32..);
    let words = numbered.flat_map(|(line, number)| {
        let block = line.block;
        line.words.into_iter().map(move |bbox| Word::outline(bbox, number, block))
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use crate::ocr::frame::Turn;
    use crate::ocr::options::TesseractOptions;
    use crate::ocr::reread::{Networks, Reread, RereadOptions};
    use image::GrayImage;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Finds the lines that it is told of, reads each picture as one word, and counts the pictures.
    struct Told {
        lines: Vec<PixelBox>,
        read: AtomicUsize,
    }

    impl Engine for &Told {
        fn read_all(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<Word>>> {
            self.read.fetch_add(requests.len(), Ordering::Relaxed);
            let word = |request: ReadRequest| {
                let bbox = PageSize::new(request.image.width(), request.image.height()).bounds();
                Ok(vec![Word { text: "engine".into(), bbox, confidence: 0.99, line: 0, block: 0 }])
            };
            requests.into_iter().map(word).collect()
        }
        fn find_lines(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<FoundLine>>> {
            let found = |&bbox: &PixelBox| FoundLine { bbox, block: 0, words: vec![bbox] };
            requests.iter().map(|_| Ok(self.lines.iter().map(found).collect())).collect()
        }
        fn width(&self) -> usize {
            1
        }
        fn name(&self) -> String {
            "told".into()
        }
        fn language(&self) -> String {
            "eng".into()
        }
    }

    fn receipt() -> GrayImage {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/samples/receipt.jpg");
        image::open(path).unwrap().to_luma8()
    }

    /// Reads the receipt's uppermost lines.
    fn led(options: LeadOptions) -> (Option<Vec<Word>>, usize) {
        led_in(Reread::Auto, options)
    }

    fn led_in(mode: Reread, options: LeadOptions) -> (Option<Vec<Word>>, usize) {
        read_with(uppermost(), &[], mode, options)
    }

    /// The uppermost lines of the receipt.
    fn uppermost() -> Vec<PixelBox> {
        let mut lines = Networks::embedded().unwrap().finder.find(&receipt()).unwrap();
        lines.sort_by_key(|line| line.top());
        lines.truncate(6);
        lines
    }

    /// `lines` are the engine's, `found` our finder's.
    fn read_with(
        lines: Vec<PixelBox>,
        found: &[PixelBox],
        mode: Reread,
        options: LeadOptions,
    ) -> (Option<Vec<Word>>, usize) {
        let picture = receipt();
        let engine = Told { lines, read: AtomicUsize::new(0) };
        let reader = PageReader::new(&engine, TesseractOptions::default());
        let page =
            Upright::new(&picture, Turn::none(PageSize::new(picture.width(), picture.height())));
        let options = RereadOptions { lead: options, ..RereadOptions::default() };
        let lead = Rereader::new(Networks::embedded().unwrap(), mode, options);
        let sampled = reader.sampled(&page, &lead, found).unwrap();
        let words = sampled.map(|sampled| reader.led(&page, &lead, found, sampled).unwrap());
        (words, engine.read.load(Ordering::Relaxed))
    }

    #[test]
    fn the_engine_reads_only_what_ours_is_not_sure_of() {
        let surely = LeadOptions { sure: 2.0, legible_to_engine: 0.0, ..LeadOptions::default() };
        let (words, pieces) = led(surely);
        assert_eq!(pieces, 6, "nothing is sure enough: every piece, once");
        assert!(words.unwrap().iter().any(|word| word.text == "engine"));
        let nothing = LeadOptions { legible_to_engine: 2.0, ..surely };
        assert_eq!(led(nothing).1, 0, "nothing is legible");
        let anything = LeadOptions { sure: 0.0, most_doubtful: 1.0, ..LeadOptions::default() };
        let (words, pieces) = led(anything);
        let words = words.unwrap();
        assert!(pieces < 6 && words.iter().any(|word| word.text != "engine"), "{pieces}");
    }

    #[test]
    fn a_receipts_lines_are_those_that_were_found() {
        let anything = LeadOptions { sure: 0.0, most_doubtful: 1.0, ..LeadOptions::default() };
        let read = |lines, found: &[PixelBox]| read_with(lines, found, Reread::Auto, anything).0;
        let lines = uppermost();
        let words = read(Vec::new(), &lines).unwrap();
        let inside = |word: &Word| lines.iter().any(|line| line.intersection_area(word.bbox) > 0);
        assert!(words.len() >= 4 && words.iter().all(inside), "{words:?}");
        assert_eq!(read(Vec::new(), &lines[..2]), None, "of two lines the engine knows more");
    }

    #[test]
    fn rows_of_stars_are_no_words() {
        let word = |text: &str| Word {
            text: text.into(),
            bbox: PixelBox::new(0, 0, 9, 9),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        assert!(is_rule(&[word("*****"), word("--")]) && !is_rule(&[]));
        assert!(!is_rule(&[word("***"), word("COPY")]) && !is_rule(&[word("€")]));
    }

    #[test]
    fn a_page_on_its_head_shows_in_a_sample_of_its_lines() {
        let picture = receipt();
        let size = PageSize::new(picture.width(), picture.height());
        let engine = Told { lines: Vec::new(), read: AtomicUsize::new(0) };
        let reader = PageReader::new(&engine, TesseractOptions::default());
        let reads_better_turned = |turn: Turn, sure| {
            let page = Upright::new(&picture, turn);
            let lead = LeadOptions { sure, ..LeadOptions::default() };
            let options = RereadOptions { lead, ..RereadOptions::default() };
            let lead = Rereader::new(Networks::embedded().unwrap(), Reread::Auto, options);
            let lines = lead.find_lines(&page.picture).unwrap();
            let sampled = reader.sampled(&page, &lead, &lines).unwrap().unwrap();
            sampled.reads_better_turned(&page, &lead, 1.25).unwrap()
        };
        assert!(reads_better_turned(Turn::new(size, 2, 0.0), 2.0));
        assert!(!reads_better_turned(Turn::none(size), 2.0));
        assert!(!reads_better_turned(Turn::new(size, 2, 0.0), 0.0), "sure lines are not asked");
    }

    #[test]
    fn a_logo_and_the_line_below_are_no_part_of_the_line_beside() {
        let word =
            |left, top, right, bottom| Word::outline(PixelBox::new(left, top, right, bottom), 0, 0);
        let logo = word(0, 0, 100, 80);
        let beside = [word(110, 5, 160, 25), word(165, 5, 220, 25)];
        let below = word(222, 40, 260, 60);
        let outlines = vec![logo.clone(), beside[0].clone(), beside[1].clone(), below.clone()];
        let found: Vec<Vec<Word>> =
            pieces(outlines, Some(18.0)).into_iter().map(|piece| piece.words).collect();
        assert_eq!(found, [vec![logo], beside.to_vec(), vec![below]]);
    }

    #[test]
    fn only_auto_lets_ours_read_first() {
        let anything = LeadOptions { sure: 0.0, most_doubtful: 1.0, ..LeadOptions::default() };
        assert!(led_in(Reread::Auto, anything).0.is_some());
        for mode in [Reread::Always, Reread::Never] {
            assert_eq!(led_in(mode, anything), (None, 0), "{mode}");
        }
    }
}
