//! PDF: pages rendered to pictures, and their text layer as words.
//!
//! With `hayro` (MIT or Apache-2.0): safe Rust without a C library to install, sandbox or keep
//! patched, which matters for files from strangers; it renders scans and print-outs like the common
//! viewers do, and its interpreter gives glyphs with their Unicode and exact outlines. The
//! alternatives were poppler (GPL), MuPDF (AGPL) and PDFium (a binary of tens of megabytes).
//!
//! Words of a text layer are used only where they tell what is seen; see [`quality`].

mod glyphs;
mod quality;
mod repair;
mod words;

use super::{InputOptions, PageDecoder, PageImage, TextLayer, TextLayerMode};
use crate::document::Word;
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::PageSize;
use glyphs::{Collector, PlacedGlyph, TooMuchDrawing};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::util::TransformExt;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};
use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use image::RgbImage;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const POINTS_PER_INCH: f64 = 72.0;

/// An opened PDF.
pub(super) struct PdfPages {
    pdf: Pdf,
    options: InputOptions,
}

impl PdfPages {
    pub(super) fn open(bytes: Vec<u8>, options: &InputOptions) -> Result<Self> {
        let password = options.password.as_deref().unwrap_or_default();
        let pdf = Pdf::new_with_password(repair::repaired(bytes), password)
            .map_err(|error| explain(error, options.password.is_some()))?;
        if pdf.pages().is_empty() {
            return Err(damaged("it has no pages"));
        }
        Ok(Self { pdf, options: options.clone() })
    }

    /// What a page draws, at a resolution.
    fn survey(&self, page: &Page<'_>, dpi: u32) -> Result<Survey> {
        let frame = Frame::of(page, dpi, &self.options)?;
        let drawn = collect(page, &frame)?;
        let mode = self.options.text_layer;
        // Text that is not drawn is taken only where nothing else is wanted.
        let wanted = |glyph: &&PlacedGlyph| glyph.visible || mode == TextLayerMode::Only;
        let glyphs: Vec<&PlacedGlyph> = drawn.glyphs.iter().filter(wanted).collect();
        let readable = match mode {
            TextLayerMode::Never => false,
            TextLayerMode::Only => true,
            TextLayerMode::Auto => quality::is_text(&glyphs),
        };
        let words = if readable { words::words(&glyphs, frame.size) } else { Vec::new() };
        let readable = readable && (mode == TextLayerMode::Only || !words.is_empty());
        let scan = quality::may_be_scan(&drawn.pictures, frame.size);
        Ok(Survey { frame, drawn, words, readable, scan })
    }

    /// The resolution that the page needs, after a survey at the ordinary one.
    fn resolution(&self, survey: &Survey) -> u32 {
        let InputOptions { dpi, ocr_dpi, text_layer, .. } = self.options;
        let blank = survey.drawn.operations == 0;
        if text_layer == TextLayerMode::Only || ocr_dpi <= dpi || blank {
            return dpi;
        }
        if survey.scan {
            let own = quality::scan_resolution(&survey.drawn.pictures, survey.frame.size);
            let own = (own * f64::from(survey.frame.dpi)).round();
            // Within the two bounds, which are whole numbers.
            return own.clamp(dpi.into(), ocr_dpi.into()) as u32;
        }
        if survey.readable { dpi } else { ocr_dpi }
    }
}

/// A page before it is rendered.
struct Survey {
    frame: Frame,
    drawn: Collector,
    words: Vec<Word>,
    /// The words make sense.
    readable: bool,
    /// Pictures cover the page.
    scan: bool,
}

impl PageDecoder for PdfPages {
    fn page_count(&self) -> u32 {
        self.pdf.pages().len().try_into().unwrap_or(u32::MAX)
    }

    fn page(&mut self, number: u32) -> Result<PageImage> {
        let index = (number as usize).wrapping_sub(1);
        let Some(page) = self.pdf.pages().get(index) else {
            return Err(Error::input(ErrorCode::NoSuchPage, "there is no such page"));
        };
        let mut survey = self.survey(page, self.options.dpi)?;
        let dpi = self.resolution(&survey);
        if dpi != self.options.dpi {
            survey = self.survey(page, dpi)?;
        }
        let image = render(page, &survey.frame)?;
        let only = self.options.text_layer == TextLayerMode::Only;
        if !only {
            survey.words.retain(|word| quality::is_seen(word, &image));
            survey.readable &= !survey.words.is_empty();
        }
        let sound = only
            || !survey.scan
            || quality::tells_all(&survey.drawn.pictures, &survey.words, &image);
        let layer = TextLayer { words: survey.words, is_all: only };
        let text_layer = (survey.readable && sound).then_some(layer);
        Ok(PageImage { number, image, dpi: Some(survey.frame.dpi), text_layer })
    }
}

/// The picture that a page becomes.
#[derive(Debug, Clone, Copy)]
struct Frame {
    size: PageSize,
    dpi: u32,
    /// From the page's own space to pixels.
    transform: Affine,
}

impl Frame {
    /// At the wanted resolution, or at the highest at which the page keeps within the pixel limit:
    /// unlike a picture's, a page's number of pixels is our own choice.
    fn of(page: &Page<'_>, dpi: u32, options: &InputOptions) -> Result<Self> {
        let (width, height) = page.render_dimensions();
        let (width, height) = (f64::from(width), f64::from(height));
        let area = width * height / (POINTS_PER_INCH * POINTS_PER_INCH);
        let side = width.max(height) / POINTS_PER_INCH;
        if !(area.is_finite() && area > 0.0) {
            return Err(damaged("the page has no size"));
        }
        let by_area = (options.max_pixels as f64 / area).sqrt();
        // The renderer counts pixels in 16 bits.
        let by_side = f64::from(u16::MAX - 1) / side;
        let dpi = f64::from(dpi).min(by_area).min(by_side).floor().max(1.0);
        let pixels = |points: f64| ((points * dpi / POINTS_PER_INCH).round() as u32).max(1);
        let size = PageSize::new(pixels(width), pixels(height));
        options.check_pixels(size.width.into(), size.height.into())?;
        let transform = Affine::scale_non_uniform(
            f64::from(size.width) / width,
            f64::from(size.height) / height,
        ) * page.initial_transform(true).to_kurbo();
        Ok(Self { size, dpi: dpi as u32, transform })
    }
}

fn render(page: &Page<'_>, frame: &Frame) -> Result<RgbImage> {
    let side = |pixels: u32| {
        u16::try_from(pixels).map_err(|_| {
            Error::input(ErrorCode::TooLarge, "the page is too long to render")
                .hint("choose a lower resolution with `--dpi`")
        })
    };
    let (width, height) = (side(frame.size.width)?, side(frame.size.height)?);
    let mut context = RenderContext::new(width, height);
    render_into(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &mut context,
        frame.transform,
    );
    context.flush();
    let mut pixmap = Pixmap::new(width, height);
    let settings = RasterizerSettings {
        target_init: TargetInit::Clear(WHITE),
        ..RasterizerSettings::default()
    };
    context.render_with(&mut pixmap, &mut Resources::default(), settings);
    // On white paper every pixel is opaque.
    let rgb: Vec<u8> = pixmap.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    RgbImage::from_raw(frame.size.width, frame.size.height, rgb)
        .ok_or_else(|| damaged("the page could not be rendered"))
}

fn collect(page: &Page<'_>, frame: &Frame) -> Result<Collector> {
    let target = Rect::new(0.0, 0.0, frame.size.width.into(), frame.size.height.into());
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let mut context = Context::new(frame.transform, target, &cache, page.xref(), settings);
    let mut collector = Collector::default();
    // The interpreter can't be told to stop; the collector leaves it by unwinding.
    let result = catch_unwind(AssertUnwindSafe(|| {
        interpret_page(page, &mut context, &mut collector);
    }));
    match result {
        Ok(()) => Ok(collector),
        Err(panic) if panic.is::<TooMuchDrawing>() => {
            Err(Error::input(ErrorCode::TooLarge, "the page has more drawing than can be done")
                .hint("print it to a new PDF or to a picture first"))
        }
        Err(panic) => resume_unwind(panic),
    }
}

fn damaged(what: &str) -> Error {
    Error::input(ErrorCode::CorruptInput, format!("the PDF is damaged: {what}"))
        .hint("open it in a viewer and save it again, or get it again from its source")
}

fn explain(error: LoadPdfError, has_password: bool) -> Error {
    let encrypted = |message: &str| Error::input(ErrorCode::Encrypted, message);
    match error {
        LoadPdfError::Invalid => damaged("no page list can be found"),
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) if has_password => {
            encrypted("the PDF is encrypted and the password does not open it")
                .hint("give the right one with `--password`")
        }
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            encrypted("the PDF is encrypted").hint("give its password with `--password`")
        }
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            encrypted("the PDF is encrypted in a way that is not supported")
                .hint("decrypt it first, for example with `qpdf --decrypt`")
        }
        LoadPdfError::Decryption(
            DecryptionError::MissingIDEntry | DecryptionError::InvalidEncryption,
        ) => damaged("its encryption can't be understood"),
    }
}

#[cfg(test)]
mod tests;
