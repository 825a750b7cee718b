//! One document through the stages: pages → words → labels → one result. No flags, no printing, no
//! threads of its own; [`crate::batch`] takes the same steps for many documents at once.
//!
//! The model's side is behind [`Analyzer`], so that everything around it can be tested with a fake.

mod analyzer;
mod as_it_came;
mod background;
mod builder;
mod device;
mod given;
mod model_analyzer;

pub use analyzer::{Analyzer, ModelIdentity, PageFindings, ReadPage};
pub use as_it_came::AsItCame;
pub use background::BackgroundAnalyzer;
pub use builder::ExtractorBuilder;
pub use device::Device;
pub use given::GivenWords;
pub use model_analyzer::ModelAnalyzer;

use crate::document::{Entity, Page, Relation, Word, WordSource};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PageSize;
use crate::input::{self, DocumentPages, InputOptions, PageImage, Source};
use crate::ocr::{self, Recognition, Recognizer};
use crate::output::record::{Extraction, OcrIdentity, PageRecord, Timings, rounded};
use image::{DynamicImage, RgbImage};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is reported of all that was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportOptions {
    /// Entities below it are left out, 0–1.
    pub min_score: f32,
    /// Only these labels (lower case); all when empty.
    pub labels: Vec<String>,
    /// Report all words of every page too.
    pub page_words: bool,
}

/// Page images in, labelled entities out. Cheap to clone; shared by any number of threads.
///
/// ```no_run
/// use layoutlm::{Extractor, input::Source};
///
/// let extractor = Extractor::builder().built_in_model()?.language("eng").build()?;
/// let found = extractor.extract(&Source::from_argument("receipt.jpg"))?;
/// for entity in &found.entities {
///     println!("{}: {} ({:.2})", entity.label, entity.text, entity.score);
/// }
/// println!("total: {:?}", found.fields.get("total"));
/// # Ok::<(), layoutlm::Error>(())
/// ```
#[derive(Clone)]
pub struct Extractor {
    input: InputOptions,
    reader: Reader,
    analyzer: Option<Arc<dyn Analyzer>>,
    report: ReportOptions,
    fingerprint: String,
}

/// Who gives the words.
#[derive(Clone)]
pub enum Reader {
    /// They are read from the picture; where the page has a text layer, what that does not tell.
    Ocr(Arc<dyn Recognizer>),
    /// They were brought by the user, and stand above any text layer.
    Given(Arc<GivenWords>),
}

impl Reader {
    /// Words of the page, the turn that makes it upright, and where the words came from.
    fn words(&self, input: &str, page: &mut PageImage) -> Result<(Recognition, WordSource)> {
        match self {
            Self::Given(given) => {
                let words = given.words(input, page)?;
                Ok((Recognition { words, ..Recognition::default() }, WordSource::Given))
            }
            Self::Ocr(recognizer) => ocr::words_of(page, || Ok(&**recognizer)),
        }
    }

    fn identity(&self) -> OcrIdentity {
        match self {
            Self::Ocr(reader) => OcrIdentity { engine: reader.engine(), lang: reader.language() },
            Self::Given(_) => OcrIdentity { engine: "given".into(), lang: String::new() },
        }
    }
}

/// A page after all stages, waiting for the rest of its document.
#[derive(Debug, Clone)]
pub struct AnalyzedPage {
    pub page: Page,
    pub findings: PageFindings,
    pub input: Duration,
    pub ocr: Duration,
}

impl Extractor {
    pub fn builder() -> ExtractorBuilder {
        ExtractorBuilder::default()
    }

    /// All stages on one document, one page after the other.
    ///
    /// # Errors
    /// Of any stage, with the document's name and the page.
    pub fn extract(&self, source: &Source) -> Result<Extraction> {
        let start = Instant::now();
        let pages = self.open(source)?;
        let mut analyzed = Vec::with_capacity(pages.len());
        let mut decoding = start;
        for page in pages {
            let input = decoding.elapsed();
            let page = self
                .extract_page(&source.name(), page?, input)
                .map_err(|error| error.at(source.name()))?;
            analyzed.push(page);
            decoding = Instant::now();
        }
        Ok(self.conclude(analyzed))
    }

    /// All stages on one picture in memory.
    ///
    /// # Errors
    /// Of the stages ocr to decode.
    pub fn extract_image(&self, image: RgbImage) -> Result<Extraction> {
        let page = PageImage { number: 1, image, dpi: None, text_layer: None };
        Ok(self.conclude(vec![self.extract_page("", page, Duration::ZERO)?]))
    }

    fn extract_page(&self, name: &str, page: PageImage, input: Duration) -> Result<AnalyzedPage> {
        let start = Instant::now();
        let read = self.read(name, page)?;
        let ocr = start.elapsed();
        let number = read.page.number;
        let findings = self.analyze(std::slice::from_ref(&read)).pop().unwrap_or_else(no_answer);
        let findings = findings.map_err(|error| error.on_page(number))?;
        Ok(read.analyzed(findings, input, ocr))
    }

    /// Stage input: opens a document; its pages are decoded as they are asked for.
    ///
    /// # Errors
    /// Stage `input`, with the document's name.
    pub fn open(&self, source: &Source) -> Result<DocumentPages> {
        input::open(source, &self.input)
    }

    /// Stage ocr: a page's words, cleaned so that the stages after it may rely on them: on the page,
    /// not blank, confidence 0–1.
    ///
    /// # Errors
    /// Stage `ocr`, with the page's number.
    pub fn read(&self, input: &str, mut page: PageImage) -> Result<ReadPage> {
        let (Recognition { mut words, rotation, level }, source) =
            self.reader.words(input, &mut page).map_err(|error| error.on_page(page.number))?;
        let size = page.size();
        for word in &mut words {
            word.bbox = word.bbox.clamp_to(size);
            let known = if word.confidence.is_nan() { 0.0 } else { word.confidence };
            word.confidence = rounded(known.clamp(0.0, 1.0));
        }
        let shrunk = |picture: &RgbImage| {
            let analyzer = self.analyzer.as_ref();
            analyzer.map_or_else(RgbImage::default, |analyzer| analyzer.shrink(picture))
        };
        let is_text = |word: &Word| !word.text.trim().is_empty();
        let (picture, size, as_it_came) = match level {
            None => {
                words.retain(is_text);
                (shrunk(&page.image), size, None)
            }
            // What finds the lines that the model is to see, and rules to go by, are level.
            Some(level) => {
                let mut boxes = Vec::with_capacity(words.len());
                let placed = words.into_iter().zip(level.boxes).filter(|(word, _)| is_text(word));
                words = placed
                    .map(|(word, bbox)| {
                        boxes.push(word.bbox);
                        Word { bbox, ..word }
                    })
                    .collect();
                let picture = DynamicImage::ImageLuma8(level.picture).to_rgb8();
                let level = PageSize::new(picture.width(), picture.height());
                (shrunk(&picture), level, Some(AsItCame { size, boxes }))
            }
        };
        let page = Page { number: page.number, size, dpi: page.dpi, rotation, source, words };
        Ok(ReadPage { page, picture, as_it_came })
    }

    /// Stages encode, model and decode: one answer per page. Nothing is found without a model.
    pub fn analyze(&self, pages: &[ReadPage]) -> Vec<Result<PageFindings>> {
        match &self.analyzer {
            Some(analyzer) => analyzer.analyze(pages),
            None => pages.iter().map(|_| Ok(PageFindings::default())).collect(),
        }
    }

    /// Of the calling thread's questions to the model, see [`Analyzer::limit_processors`].
    pub fn limit_processors(&self, most: usize) {
        if let Some(analyzer) = &self.analyzer {
            analyzer.limit_processors(most);
        }
    }

    /// Puts the pages of a document together: ids counted through, unwanted entities left out, the best
    /// answer per label chosen over all pages.
    pub fn conclude(&self, pages: Vec<AnalyzedPage>) -> Extraction {
        let start = Instant::now();
        let mut sums = [Duration::ZERO; 5];
        let (mut records, mut entities, mut relations) = (Vec::new(), Vec::new(), Vec::new());
        for page in pages {
            let AnalyzedPage { page, findings, input, ocr } = page;
            let spent = [input, ocr, findings.encode, findings.model, findings.decode];
            sums.iter_mut().zip(spent).for_each(|(sum, spent)| *sum += spent);
            self.append(findings.entities, findings.relations, &mut entities, &mut relations);
            records.push(PageRecord::new(page, self.report.page_words));
        }
        let fields = match &self.analyzer {
            Some(analyzer) => analyzer.fields(&entities, &relations),
            None => Default::default(),
        };
        sums[4] += start.elapsed();
        let [input, ocr, encode, model, decode] = sums.map(Timings::milliseconds);
        Extraction {
            model: self.model(),
            ocr: self.ocr(),
            pages: records,
            entities,
            relations,
            fields,
            timings_ms: Timings { input, ocr, encode, model, decode },
        }
    }

    /// Appends a page's wanted entities and the relations that still have both ends.
    fn append(
        &self,
        found: Vec<Entity>,
        links: Vec<Relation>,
        entities: &mut Vec<Entity>,
        relations: &mut Vec<Relation>,
    ) {
        let mut numbers = HashMap::with_capacity(found.len());
        for mut entity in found.into_iter().filter(|entity| self.wants(entity)) {
            numbers.insert(entity.id, entities.len());
            entity.id = entities.len();
            entity.score = rounded(entity.score);
            entity.ocr_confidence = rounded(entity.ocr_confidence);
            entities.push(entity);
        }
        relations.extend(links.into_iter().filter_map(|relation| {
            let (head, tail) = (*numbers.get(&relation.head)?, *numbers.get(&relation.tail)?);
            Some(Relation { head, tail, score: rounded(relation.score), ..relation })
        }));
    }

    fn wants(&self, entity: &Entity) -> bool {
        let labels = &self.report.labels;
        entity.score >= self.report.min_score
            && (labels.is_empty() || labels.contains(&entity.label))
    }

    /// The model in use.
    pub fn model(&self) -> Option<ModelIdentity> {
        self.analyzer.as_ref().map(|analyzer| analyzer.identity())
    }

    /// The reader in use.
    pub fn ocr(&self) -> OcrIdentity {
        self.reader.identity()
    }

    /// Stands for everything but the document's bytes that shapes its record: model, reader, options,
    /// given words. Equal fingerprints and equal bytes give equal records.
    ///
    /// # Errors
    /// `words-invalid` where words are to be given for the document and are not.
    pub fn fingerprint(&self, input: &str) -> Result<String> {
        match &self.reader {
            Reader::Ocr(_) => Ok(self.fingerprint.clone()),
            Reader::Given(words) => Ok(format!("{} {}", self.fingerprint, words.sha256(input)?)),
        }
    }

    /// Whether there is a model at all.
    pub fn has_model(&self) -> bool {
        self.analyzer.is_some()
    }
}

fn no_answer() -> Result<PageFindings> {
    Err(Error::new(Stage::Model, ErrorCode::Internal, "the model gave no answer for the page")
        .hint("this is a bug; please report it with the page"))
}
