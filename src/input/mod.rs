//! Bytes → pages: pictures in RGB with their resolution, and a PDF page's text layer where it has one.
//!
//! What a file is, is read from its bytes and never from its name. Pages are made one at a time, as
//! they are asked for, so that a document of many pages needs the memory of one.

#[cfg(feature = "pdf")]
mod pdf;
pub mod range;
mod raster;
pub(crate) mod reading_order;
mod resolution;
mod sniff;
mod source;
mod tiff;

pub use range::PageRange;
pub use sniff::Format;
pub use source::Source;

use crate::document::Word;
use crate::error::{Error, ErrorCode, Result, panic_reason};
use crate::geometry::PageSize;
use image::RgbImage;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One page ready to be read.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// Counted from 1 within its document.
    pub number: u32,
    /// 8-bit RGB, upright as a viewer would show it (EXIF orientation applied).
    pub image: RgbImage,
    /// Resolution the file declares, in dots per inch.
    pub dpi: Option<u32>,
    /// The text that a PDF brings, where it is sound; without it the picture is to be read.
    pub text_layer: Option<TextLayer>,
}

/// The words that a page brings itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextLayer {
    /// In pixels of the page's picture.
    pub words: Vec<Word>,
    /// Nothing else is to be read on the page, even if there are no words.
    pub is_all: bool,
}

impl PageImage {
    pub fn size(&self) -> PageSize {
        PageSize::new(self.image.width(), self.image.height())
    }
}

/// What to do with the text that a PDF page carries beside its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextLayerMode {
    /// Use it where it is sound, and read what stands beside it: logos, text that is a picture. Read the whole
    /// page where it is missing or broken.
    #[default]
    Auto,
    /// Always read the picture.
    Never,
    /// Never read a picture: a page without text has no words.
    Only,
}

impl std::str::FromStr for TextLayerMode {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            "only" => Ok(Self::Only),
            _ => Err(Error::input(ErrorCode::Usage, format!("`{text}` is no text-layer mode"))
                .hint("use `auto`, `never` or `only`")),
        }
    }
}

/// How inputs are opened. The one place of these defaults.
#[derive(Debug, Clone)]
pub struct InputOptions {
    /// Largest picture, in pixels, that is decoded; checked on the header, before any allocation.
    pub max_pixels: u64,
    /// Largest file, in bytes, that is read.
    pub max_bytes: u64,
    /// Dots per inch at which PDF pages are rendered.
    pub dpi: u32,
    /// Most dots per inch at which those PDF pages are rendered that OCR must read: scans at their own
    /// resolution, between `dpi` and this, pages without pictures at this.
    pub ocr_dpi: u32,
    /// Pages wanted of every document.
    pub pages: PageRange,
    /// For encrypted PDFs.
    pub password: Option<String>,
    pub text_layer: TextLayerMode,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self {
            // An A3 sheet at 600 dpi has 70 million.
            max_pixels: 100_000_000,
            max_bytes: 1 << 30,
            dpi: 200,
            // Of the words of seven born-digital pages, Tesseract reads .87 at 200 and .89 at 300.
            ocr_dpi: 300,
            pages: PageRange::all(),
            password: None,
            text_layer: TextLayerMode::Auto,
        }
    }
}

impl InputOptions {
    /// Refuses a picture before memory is taken for it.
    fn check_pixels(&self, width: u64, height: u64) -> Result<()> {
        if width == 0 || height == 0 {
            return Err(Error::input(ErrorCode::CorruptInput, "the picture has no pixels")
                .hint("the file is damaged: get it again from its source"));
        }
        if width.saturating_mul(height) > self.max_pixels {
            let limit = self.max_pixels / 1_000_000;
            return Err(Error::input(
                ErrorCode::TooLarge,
                format!(
                    "the picture is {width}×{height} pixels; the limit is {limit} million pixels"
                ),
            )
            .hint("scale it down, or raise the limit with `--max-pixels`"));
        }
        Ok(())
    }
}

/// Random access to the pages of one opened document.
trait PageDecoder: Send {
    fn page_count(&self) -> u32;
    /// Page `number`, from 1 to `page_count`.
    fn page(&mut self, number: u32) -> Result<PageImage>;
}

/// An opened document: an iterator over its wanted pages, each decoded when asked for.
///
/// A page that cannot be decoded yields an error, and the pages after it still come.
pub struct DocumentPages {
    name: String,
    sha256: String,
    format: Format,
    decoder: Box<dyn PageDecoder>,
    wanted: std::vec::IntoIter<u32>,
    text_layer: TextLayerMode,
}

impl std::fmt::Debug for DocumentPages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocumentPages")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("page_count", &self.page_count())
            .finish_non_exhaustive()
    }
}

impl DocumentPages {
    /// As the output names it: the path, or `-`.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Of the file's bytes, in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
    pub fn format(&self) -> Format {
        self.format
    }
    /// All pages of the document, wanted or not.
    pub fn page_count(&self) -> u32 {
        self.decoder.page_count()
    }
}

impl Iterator for DocumentPages {
    type Item = Result<PageImage>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.wanted.next()?;
        let decoder = &mut self.decoder;
        let page = guarded(|| decoder.page(number)).map(|mut page| {
            // Without OCR, a page without text has no words: say so, or the picture is read.
            if self.text_layer == TextLayerMode::Only && page.text_layer.is_none() {
                page.text_layer = Some(TextLayer { words: Vec::new(), is_all: true });
            }
            page
        });
        Some(page.map_err(|error| error.at(&self.name).on_page(number)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.wanted.size_hint()
    }
}

impl ExactSizeIterator for DocumentPages {}

/// Opens a document: reads its bytes, finds out what it is, counts its pages.
///
/// # Errors
/// Stage `input`, with the document's name: `not-found`, `unreadable`, `empty-input`,
/// `unsupported-format`, `corrupt-input`, `too-large`, `encrypted`, `no-such-page`.
pub fn open(source: &Source, options: &InputOptions) -> Result<DocumentPages> {
    let name = source.name();
    open_unnamed(source, options, name.clone()).map_err(|error| error.at(name))
}

fn open_unnamed(source: &Source, options: &InputOptions, name: String) -> Result<DocumentPages> {
    let bytes = source.read(options.max_bytes)?;
    if bytes.is_empty() {
        return Err(Error::input(ErrorCode::EmptyInput, "the file is empty (0 bytes)")
            .hint("check how it was made or copied"));
    }
    let sha256 = hexadecimal(&Sha256::digest(&bytes));
    let format = sniff::sniff(&bytes)?;
    let decoder = guarded(|| decoder_for(format, bytes, options))?;
    let wanted = options.pages.select(decoder.page_count())?;
    Ok(DocumentPages {
        name,
        sha256,
        format,
        decoder,
        wanted: wanted.into_iter(),
        text_layer: options.text_layer,
    })
}

fn decoder_for(
    format: Format,
    bytes: Vec<u8>,
    options: &InputOptions,
) -> Result<Box<dyn PageDecoder>> {
    match format {
        Format::Tiff => Ok(Box::new(tiff::TiffPages::open(bytes, options)?)),
        #[cfg(feature = "pdf")]
        Format::Pdf => Ok(Box::new(pdf::PdfPages::open(bytes, options)?)),
        #[cfg(not(feature = "pdf"))]
        Format::Pdf => {
            Err(Error::input(ErrorCode::UnsupportedFormat, "this build of layoutlm reads no PDF")
                .hint("build it with `--features pdf`, or convert the file to TIFF"))
        }
        _ => Ok(Box::new(raster::Picture::open(format, bytes, options)?)),
    }
}

/// Runs a decoder so that a panic inside it costs one page and not the program.
///
/// The last net only: every known fault is an error long before. The decoders are other people's
/// code fed with bytes from anywhere, and a batch of 100,000 files must outlive the worst of them.
/// After a panic nothing of the decoder's state is used again but for whole other pages.
fn guarded<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let reason = panic_reason(&*panic);
        Err(Error::input(ErrorCode::CorruptInput, format!("the decoder gave up: {reason}"))
            .hint("the file is probably damaged: open it in a viewer and save it again"))
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;
