//! The path of one page through OCR: lay it flat, make it upright, read it in parallel bands, have what was read
//! looked at again, put the words back onto the page as it came.

use super::bands::BandOptions;
use super::engine::{Engine, FoundLine, ReadRequest};
use super::fit;
use super::flat::Flat;
use super::found;
use super::frame::Cut;
use super::leaders::without_leaders;
use super::level::{Level, Reading, surer};
use super::light;
use super::options::{SegmentationMode, TesseractOptions};
use super::orient::OrientOptions;
use super::outline::Trial;
use super::plan::{PageKind, Plan, PlanOptions};
use super::reread::{Reread, Rereader};
use super::segment;
use super::sheet::{Corners, SheetOptions};
use super::upright::Upright;
use super::{Recognition, Recognizer};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use crate::input::PageImage;
use image::{GrayImage, imageops};
use std::sync::Arc;

/// How pages are read; the defaults are what measurement chose (docs/ocr.md).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    pub sheet: SheetOptions,
    pub orient: OrientOptions,
    pub plan: PlanOptions,
    pub bands: BandOptions,
}

/// A page that was turned on its side and reads less surely than this is read as it came, too.
const SURELY_TURNED: f32 = 0.85;
/// A page that reads so surely is hardly bent, and has no folds that matter.
const SURELY: f32 = 0.9;
/// Lines that depart from their level by fewer heights of letters are read as they are: in photographs and on what reads
/// less surely, and elsewhere.
const LEAST_BEND: f32 = 0.3;
const LEAST_BEND_OF_SCANS: f32 = 0.8;
/// A photograph that reads less surely than this and shows no sheet for sure is read by its brightest patch, too.
const POORLY: f32 = 0.75;

/// Looks at a page again after the engine: another reader of lines, or one that mends what was read.
pub trait SecondReader: Send + Sync {
    /// The page's words as they shall stand. `words` are the engine's in reading order, `unread` the
    /// boxes of lines that it passed over; all in pixels of `page`, which is upright.
    ///
    /// # Errors
    /// Those of its reading; the page then fails.
    fn look(&self, page: &GrayImage, words: Vec<Word>, unread: Vec<PixelBox>) -> Result<Vec<Word>>;
}

/// Reads pages with an engine.
pub struct PageReader<E> {
    pub(super) engine: E,
    asked: TesseractOptions,
    options: ReadOptions,
    second: Option<Arc<dyn SecondReader>>,
    lead: Option<Arc<Rereader>>,
}

impl<E: Engine> PageReader<E> {
    pub fn new(engine: E, asked: TesseractOptions) -> Self {
        Self::with_options(engine, asked, ReadOptions::default())
    }

    /// With other choices than the measured ones.
    pub fn with_options(engine: E, asked: TesseractOptions, options: ReadOptions) -> Self {
        Self { engine, asked, options, second: None, lead: None }
    }

    /// Has every page looked at again.
    pub fn with_second_reader(self, reader: Arc<dyn SecondReader>) -> Self {
        Self { second: Some(reader), ..self }
    }

    /// Has every page read by our reader first where its mode says so, and looked at again by it
    /// elsewhere.
    pub fn led_by(self, reader: Arc<Rereader>) -> Self {
        Self { lead: Some(Arc::clone(&reader)), ..self.with_second_reader(reader) }
    }

    /// Our reader, where it takes part.
    pub(super) fn lead(&self) -> Option<&Rereader> {
        self.lead.as_deref()
    }

    fn read(&self, page: &PageImage) -> Result<Recognition> {
        let (gray, flat) = self.sheet(page);
        let sheet = &self.options.sheet;
        let trial = if flat.is_none() { sheet.trial(&page.image, &gray) } else { None };
        let first = self.reading(self.level(page, gray, flat)?)?;
        let is_worth_it =
            |trial: &Trial| trial.is_likely || segment::mean_confidence(&first.words) < POORLY;
        let trial = trial.filter(is_worth_it);
        let cut_out = |trial: Trial| laid_flat(&imageops::grayscale(&page.image), trial.corners);
        let Some((gray, flat)) = trial.and_then(cut_out) else { return Ok(first.recognition()) };
        let of_patch = self.reading(self.level(page, gray, Some(flat))?)?;
        Ok(surer(first, of_patch).recognition())
    }

    /// What is read on a page that lies level, however it was photographed.
    fn reading(&self, mut level: Level) -> Result<Reading> {
        let words = self.words(&mut level)?;
        if level.lies_on_its_side() && segment::mean_confidence(&words) < SURELY_TURNED {
            // Cloth and wood have rows as well, and a sample of them tells nothing.
            let mut as_it_came = level.not_turned();
            let others = self.words(&mut as_it_came)?;
            return Ok(surer(
                Reading { level, words },
                Reading { level: as_it_came, words: others },
            ));
        }
        let mut reading = Reading { level, words };
        // A table that is darker than print makes print pass for paper.
        let mut is_sure = segment::mean_confidence(&reading.words) >= SURELY;
        if !is_sure
            && !reading.level.photographed
            && let Some(mut light) = reading.level.on_light_ground()
        {
            let words = self.words(&mut light)?;
            reading = surer(reading, Reading { level: light, words });
            is_sure = segment::mean_confidence(&reading.words) >= SURELY;
        }
        let least =
            if reading.level.photographed || !is_sure { LEAST_BEND } else { LEAST_BEND_OF_SCANS };
        if let Some(mut straight) = reading.level.straightened(least) {
            let words = self.words(&mut straight)?;
            reading = surer(reading, Reading { level: straight, words });
        }
        if !reading.level.photographed || segment::mean_confidence(&reading.words) >= SURELY {
            return Ok(reading);
        }
        // Paper in a photograph is seldom as flat as on a scanner's glass; but on small or faint print less
        // is seen without the shadows, and which page is which shows in what was read.
        let mut smooth = reading.level.without_folds();
        let words = self.words(&mut smooth)?;
        Ok(surer(reading, Reading { level: smooth, words }))
    }

    /// The words of the upright picture, which is turned round where it stands on its head.
    fn words(&self, level: &mut Level) -> Result<Vec<Word>> {
        let orient = &self.options.orient;
        let mut found = self.found_lines(level)?;
        if let Some(lead) = self.lead() {
            let mut sampled = self.sampled(&level.upright, lead, &found)?;
            if orient.turn
                && let Some(first) = &sampled
                && first.reads_better_turned(&level.upright, lead, orient.margin)?
            {
                level.turned(orient.turned_round(&level.gray, &level.upright));
                found = self.found_lines(level)?;
                sampled = self.sampled(&level.upright, lead, &found)?;
            }
            if let Some(sampled) = sampled {
                return self.led(&level.upright, lead, &found, sampled);
            }
        }
        let mut words = self.first_look(&level.upright)?;
        if orient.reads_badly(&level.upright, &words) {
            let sample = |cuts: &[Cut]| self.read_sample(cuts);
            if let Some(turn) = orient.upside_down(&level.gray, &level.upright, sample)? {
                level.turned(turn);
                words = self.first_look(&level.upright)?;
                found = self.found_lines(level)?;
            }
        }
        if let Some(second) = &self.second {
            let unread = if found.is_empty() {
                segment::unread_lines_of(&level.upright, &words)
            } else {
                found::passed_over(&found, &words)
            };
            words = second.look(&level.upright.picture, words, unread)?;
        }
        Ok(words)
    }

    /// The lines as our finder finds them; none where ours does not read, or where the engine was told how to find lines.
    fn found_lines(&self, level: &Level) -> Result<Vec<PixelBox>> {
        match &self.lead {
            Some(lead)
                if self.asked.psm == SegmentationMode::Auto && lead.mode() != Reread::Never =>
            {
                let page = &level.upright;
                let mut lines = fit::fitted(&lead.find_lines(&page.picture)?, page);
                if !self.is_receipt(page, &lines) {
                    lines.extend(fit::alone_beside(&lines, page));
                }
                Ok(lines)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Whether a page is as narrow as a receipt, by its letters or by its lines.
    pub(super) fn is_receipt(&self, page: &Upright, lines: &[PixelBox]) -> bool {
        self.plan(page).kind == PageKind::Receipt || found::are_narrow(lines)
    }

    /// The page's gray levels: of a photograph only the sheet, laid flat, with the way back.
    fn sheet(&self, page: &PageImage) -> (GrayImage, Option<Flat>) {
        let gray = imageops::grayscale(&page.image);
        let corners = self.options.sheet.corners(&page.image, &gray);
        match corners.and_then(|corners| laid_flat(&gray, corners)) {
            Some((sheet, flat)) => (sheet, Some(flat)),
            None => (gray, None),
        }
    }

    /// The page, or the sheet on it, with its lines level; which of two such ways round is told later, by how it reads.
    fn level(&self, page: &PageImage, gray: GrayImage, flat: Option<Flat>) -> Result<Level> {
        let mut level = Level::of(gray, flat);
        level.photographed = flat.is_some();
        let orient = &self.options.orient;
        if flat.is_none()
            && let Some(cut) =
                orient.aslant(&level.upright).and_then(|at| Flat::new(page.size(), at))
        {
            level = Level::of(cut.apply(&level.gray), Some(cut));
        }
        let turn = orient.turn(&level.gray, &level.upright, |cuts| self.read_sample(cuts))?;
        if let Some(turn) = turn {
            level.turned(turn);
        }
        Ok(level)
    }

    pub(super) fn plan(&self, page: &Upright) -> Plan {
        self.options.plan.plan(page, &self.asked)
    }

    /// Reads the whole page, band by band.
    fn first_look(&self, page: &Upright) -> Result<Vec<Word>> {
        let plan = self.plan(page);
        let cuts = self.cuts(page, plan);
        let mut words: Vec<Word> = Vec::new();
        for (cut, band) in cuts.iter().zip(self.read_cuts(&cuts, plan.psm, plan.dpi)?) {
            let next = |last: Option<u32>| last.map_or(0, |number| number + 1);
            let line = next(words.last().map(|word| word.line));
            let block = next(words.last().map(|word| word.block));
            let placed =
                |word: Word| Word { line: word.line + line, block: word.block + block, ..word };
            words.extend(cut.words_to_picture(band).into_iter().map(placed));
        }
        Ok(words)
    }

    /// The page's bands at the scale they are read at.
    fn cuts(&self, page: &Upright, plan: Plan) -> Vec<Cut> {
        let bands = self.options.bands.bands(page, self.engine.width());
        bands.iter().filter_map(|band| Cut::new(page.for_engine(), *band, plan.scale)).collect()
    }

    /// Reads cuts at once; words in the cuts' pixels.
    fn read_cuts(&self, cuts: &[Cut], psm: u8, dpi: u32) -> Result<Vec<Vec<Word>>> {
        let read = self.engine.read_all(requests(cuts, psm, dpi)).into_iter();
        read.map(|words| Ok(without_leaders(words?))).collect()
    }

    /// Reads samples of a page that may lie any way: as one block of lines each, or, where ours reads first, line by line.
    fn read_sample(&self, cuts: &[Cut]) -> Result<Vec<Vec<Word>>> {
        if let Some(lead) = self.lead().filter(|lead| lead.reads_first()) {
            return cuts.iter().map(|cut| lead.words_on(&cut.image)).collect();
        }
        self.read_cuts(cuts, self.options.plan.receipt_psm, self.options.plan.dpi)
    }

    /// The lines of a page, found and not read, with the upright picture whose pixels they are in. For
    /// readers that read all lines themselves.
    ///
    /// # Errors
    /// Stage `ocr`, with the page's number.
    pub fn find_lines(&self, page: &PageImage) -> Result<(GrayImage, Vec<FoundLine>)> {
        self.lines(page).map_err(|error| error.on_page(page.number))
    }

    fn lines(&self, page: &PageImage) -> Result<(GrayImage, Vec<FoundLine>)> {
        let (gray, flat) = self.sheet(page);
        let upright = self.level(page, gray, flat)?.upright;
        let lines = self.lines_of(&upright)?;
        Ok((upright.picture, lines))
    }

    /// The lines of an upright page, in its pixels.
    pub(super) fn lines_of(&self, page: &Upright) -> Result<Vec<FoundLine>> {
        let plan = self.plan(page);
        let cuts = self.cuts(page, plan);
        let found = self.engine.find_lines(requests(&cuts, plan.psm, plan.dpi));
        let mut lines: Vec<FoundLine> = Vec::new();
        for (cut, band) in cuts.iter().zip(found) {
            let block = lines.iter().map(|line| line.block + 1).max().unwrap_or(0);
            lines.extend(band?.into_iter().map(|line| FoundLine {
                bbox: cut.to_picture(line.bbox),
                block: line.block + block,
                words: line.words.into_iter().map(|word| cut.to_picture(word)).collect(),
            }));
        }
        Ok(lines)
    }
}

/// The sheet between corners of a page, laid flat and its light made even.
fn laid_flat(gray: &GrayImage, corners: Corners) -> Option<(GrayImage, Flat)> {
    let flat = Flat::new(PageSize::new(gray.width(), gray.height()), corners)?;
    Some((light::evened(flat.apply(gray)), flat))
}

fn requests(cuts: &[Cut], psm: u8, dpi: u32) -> Vec<ReadRequest> {
    cuts.iter().map(|cut| ReadRequest { image: Arc::clone(&cut.image), psm, dpi }).collect()
}

impl<E: Engine> Recognizer for PageReader<E> {
    fn recognize(&self, page: &PageImage) -> Result<Recognition> {
        self.read(page).map_err(|error| error.on_page(page.number))
    }

    fn read_beside(&self, page: &PageImage, known: Vec<Word>) -> Result<Vec<Word>> {
        self.with_words_beside(page, known).map_err(|error| error.on_page(page.number))
    }

    fn engine(&self) -> String {
        self.engine.name()
    }

    fn language(&self) -> String {
        self.engine.language()
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
