//! Putting an [`Extractor`] together.

use super::{
    Analyzer, BackgroundAnalyzer, Device, Extractor, ModelAnalyzer, Reader, ReportOptions,
};
use crate::error::Result;
use crate::input::InputOptions;
use crate::model::registry;
use crate::ocr::{self, TesseractOptions};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Settings of an [`Extractor`], and parts to put in the place of its own.
///
/// ```no_run
/// use layoutlm::Extractor;
/// use layoutlm::ocr::TesseractOptions;
///
/// let german = TesseractOptions { language: "deu+eng".into(), ..Default::default() };
/// let builder = Extractor::builder().built_in_model()?.tesseract(german).min_score(0.5);
/// let extractor = builder.build()?;
/// let picture = image::RgbImage::new(800, 600);
/// assert!(extractor.extract_image(picture)?.entities.is_empty());
/// # Ok::<(), layoutlm::Error>(())
/// ```
#[derive(Default)]
pub struct ExtractorBuilder {
    input: InputOptions,
    tesseract: TesseractOptions,
    reader: Option<Reader>,
    analyzer: Option<Arc<dyn Analyzer>>,
    report: ReportOptions,
}

impl ExtractorBuilder {
    /// How inputs are opened.
    pub fn input(mut self, options: InputOptions) -> Self {
        self.input = options;
        self
    }
    /// Languages that Tesseract reads, joined by `+`.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.tesseract.language = language.into();
        self
    }
    /// All settings of Tesseract.
    pub fn tesseract(mut self, options: TesseractOptions) -> Self {
        self.tesseract = options;
        self
    }
    /// Another source of words in place of Tesseract.
    pub fn reader(mut self, reader: Reader) -> Self {
        self.reader = Some(reader);
        self
    }
    /// The model inside the program, on the CPU; it is loaded while the first page is read.
    ///
    /// # Errors
    /// `Internal` where no thread can be started for it.
    pub fn built_in_model(self) -> Result<Self> {
        let analyzer = BackgroundAnalyzer::built_in(tch::Device::Cpu, None)?;
        Ok(self.analyzer(Arc::new(analyzer)))
    }
    /// A model directory in the Hugging Face format.
    ///
    /// # Errors
    /// As [`crate::model::registry::from_directory`].
    pub fn model_directory(self, directory: &Path, device: Device) -> Result<Self> {
        let named = registry::from_directory(directory, device.into())?.labelling()?;
        Ok(self.analyzer(Arc::new(ModelAnalyzer::from(named))))
    }
    /// A model of one's own making. Without any only words are read.
    pub fn analyzer(mut self, analyzer: Arc<dyn Analyzer>) -> Self {
        self.analyzer = Some(analyzer);
        self
    }
    /// Leaves out entities with a lower score, 0–1.
    pub fn min_score(mut self, score: f32) -> Self {
        self.report.min_score = score;
        self
    }
    /// What is reported of all that was found.
    pub fn report(mut self, options: ReportOptions) -> Self {
        self.report = options;
        self
    }

    /// Starts what was chosen.
    ///
    /// # Errors
    /// `ocr-language` or `ocr-unavailable` where Tesseract can't start.
    pub fn build(self) -> Result<Extractor> {
        let reader = match self.reader {
            Some(reader) => reader,
            None => Reader::Ocr(Arc::from(ocr::open(&self.tesseract)?)),
        };
        let mut extractor = Extractor {
            input: self.input,
            reader,
            analyzer: self.analyzer,
            report: self.report,
            fingerprint: String::new(),
        };
        extractor.fingerprint = fingerprint(&extractor, self.tesseract);
        Ok(extractor)
    }
}

/// Debug forms are complete by construction; where a new version prints another one, the worst that
/// happens is that a resumed run does its work again.
fn fingerprint(extractor: &Extractor, tesseract: TesseractOptions) -> String {
    // The number of engines changes nothing about what they read.
    let tesseract = TesseractOptions { engines: None, ..tesseract };
    let settings = format!(
        "{} {:?} {:?} {:?} {:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        extractor.input,
        extractor.ocr(),
        tesseract,
        extractor.model(),
        extractor.report,
    );
    // Hashed, because a password may stand in it.
    Sha256::digest(settings).iter().map(|byte| format!("{byte:02x}")).collect()
}
