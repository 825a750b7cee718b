//! Formats with one picture: PNG, JPEG, WebP, BMP, GIF (first frame), PNM.
//!
//! The `image` crate decodes; what is added here: the size is checked on the header before memory is
//! taken, a cut-off JPEG is an error (the crate fills the missing part with gray and says nothing),
//! transparency is laid on white paper, and orientation and resolution are read from the metadata.

use super::{Format, InputOptions, PageDecoder, PageImage, resolution};
use crate::error::{Error, ErrorCode, Result};
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
};
use std::io::Cursor;

/// Memory for a decoder beside the picture itself (16-bit RGBA takes 8 bytes a pixel).
const DECODER_BYTES: u64 = 64 << 20;
const LARGEST_PIXEL: u64 = 8;

/// A file with one picture, its header checked.
pub(super) struct Picture {
    format: Format,
    bytes: Vec<u8>,
    max_pixels: u64,
}

impl Picture {
    pub(super) fn open(format: Format, bytes: Vec<u8>, options: &InputOptions) -> Result<Self> {
        let picture = Self { format, bytes, max_pixels: options.max_pixels };
        let (width, height) = picture.decoder()?.dimensions();
        options.check_pixels(width.into(), height.into())?;
        if format == Format::Jpeg && !jpeg_has_end(&picture.bytes) {
            return Err(truncated("the JPEG ends before its picture does"));
        }
        Ok(picture)
    }

    fn decoder(&self) -> Result<impl ImageDecoder + '_> {
        let format = match self.format {
            Format::Png => ImageFormat::Png,
            Format::Jpeg => ImageFormat::Jpeg,
            Format::WebP => ImageFormat::WebP,
            Format::Bmp => ImageFormat::Bmp,
            Format::Gif => ImageFormat::Gif,
            Format::Pnm => ImageFormat::Pnm,
            // Opened elsewhere; `image` then reports that it can't.
            Format::Tiff | Format::Pdf => ImageFormat::Avif,
        };
        let mut reader = ImageReader::with_format(Cursor::new(self.bytes.as_slice()), format);
        let mut limits = Limits::default();
        limits.max_alloc =
            Some(self.max_pixels.saturating_mul(LARGEST_PIXEL).saturating_add(DECODER_BYTES));
        reader.limits(limits);
        reader.into_decoder().map_err(|error| explain(error, self.format))
    }
}

impl PageDecoder for Picture {
    fn page_count(&self) -> u32 {
        1
    }

    fn page(&mut self, number: u32) -> Result<PageImage> {
        let mut decoder = self.decoder()?;
        // Metadata that can't be read is no reason to refuse the picture.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let exif = decoder.exif_metadata().ok().flatten();
        let image =
            DynamicImage::from_decoder(decoder).map_err(|error| explain(error, self.format))?;
        let image = upright_on_white(image, orientation);
        let dpi = resolution::declared(self.format, &self.bytes, exif.as_deref());
        Ok(PageImage { number, image, dpi, text_layer: None })
    }
}

/// As a viewer shows it: turned as the metadata say, transparency on white, 8 bits a channel.
pub(super) fn upright_on_white(mut image: DynamicImage, orientation: Orientation) -> RgbImage {
    image.apply_orientation(orientation);
    if image.color().has_alpha() { on_white(&image) } else { image.into_rgb8() }
}

fn on_white(image: &DynamicImage) -> RgbImage {
    let source = image.to_rgba8();
    let mut flat = RgbImage::new(source.width(), source.height());
    for (target, pixel) in flat.pixels_mut().zip(source.pixels()) {
        let [red, green, blue, alpha] = pixel.0.map(u32::from);
        // Rounded division by 255; the sum is at most 255², so the result is a byte.
        let blend = |value: u32| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        *target = Rgb([blend(red), blend(green), blend(blue)]);
    }
    flat
}

/// Whether the end-of-image marker follows the last scan. Markers inside metadata segments (a
/// thumbnail's end, say) are skipped with their segment; bytes after the end do not matter.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[prefix, marker]) = bytes.get(at..at + 2).and_then(|pair| pair.first_chunk()) {
        match (prefix, marker) {
            (0xff, 0xd9) => return true,
            // Fill byte, stuffed byte, restart and other markers without a length.
            (0xff, 0xff) => at += 1,
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, _) => {
                let Some(&[high, low]) =
                    bytes.get(at + 2..at + 4).and_then(|pair| pair.first_chunk())
                else {
                    return false;
                };
                at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
            }
            // Compressed data.
            _ => at += 1,
        }
    }
    false
}

fn truncated(message: &str) -> Error {
    Error::input(ErrorCode::CorruptInput, message)
        .hint("the file is cut off: copy or download it again")
}

/// An error of the `image` crate in our terms.
pub(super) fn explain(error: ImageError, format: Format) -> Error {
    let name = format.name();
    match error {
        ImageError::Limits(_) => Error::input(
            ErrorCode::TooLarge,
            format!("decoding this {name} needs more memory than allowed"),
        )
        .hint("scale it down, or raise the limit with `--max-pixels`"),
        ImageError::Unsupported(_) => Error::input(
            ErrorCode::UnsupportedFormat,
            format!("this kind of {name} is not supported: {error}"),
        )
        .hint("save it as a plain PNG or JPEG"),
        ImageError::IoError(ref cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            truncated(&format!("the {name} ends before its picture does"))
        }
        _ => Error::input(ErrorCode::CorruptInput, format!("the {name} is damaged: {error}"))
            .hint("open it in a viewer and save it again, or get it again from its source"),
    }
    .caused_by(error)
}
