//! TIFF and BigTIFF, every page: scans, faxes and exports of scanners (TIFF 6.0).
//!
//! The `tiff` crate decodes strips and tiles; what is added here: the list of pages is read first and
//! with a guard against cycles, so that any page can be decoded alone and a broken one does not hide
//! its neighbours; thumbnails and masks are no pages; palettes, which the crate refuses, are decoded
//! as indices and looked up; data that lie beyond the end of the file are an error.

use super::{Format, InputOptions, PageDecoder, PageImage, raster, resolution};
use crate::error::{Error, ErrorCode, Result};
use ::tiff::decoder::ifd::Value;
use ::tiff::decoder::{BufferLayoutPreference, Decoder, DecodingResult, Limits};
use ::tiff::tags::Tag;
use ::tiff::{ColorType, TiffError};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};
use std::collections::HashSet;
use std::io::Cursor;

/// A sane bound on pages, far above any real document.
const MOST_PAGES: usize = 100_000;
/// 16-bit RGBA.
const LARGEST_PIXEL: u64 = 8;
const SUBFILE_TYPE: u64 = 254;
const PHOTOMETRIC: u64 = 262;
const PALETTE: u64 = 3;
const BLACK_IS_ZERO: u8 = 1;

/// An opened TIFF: its bytes and where its pages are.
pub(super) struct TiffPages {
    bytes: Vec<u8>,
    layout: Layout,
    pages: Vec<Directory>,
    options: InputOptions,
}

/// Byte order and offset size, from the file's header.
#[derive(Debug, Clone, Copy)]
struct Layout {
    little: bool,
    big_tiff: bool,
}

/// One page's directory.
#[derive(Debug, Clone, Copy)]
struct Directory {
    offset: u64,
    palette: bool,
}

impl Layout {
    fn of(bytes: &[u8]) -> Option<Self> {
        let little = bytes.first()? == &b'I';
        let version = if little { bytes.get(2)? } else { bytes.get(3)? };
        Some(Self { little, big_tiff: *version == 43 })
    }

    fn read(self, bytes: &[u8], at: u64, length: usize) -> Option<u64> {
        let start = usize::try_from(at).ok()?;
        let value = bytes.get(start..start.checked_add(length)?)?;
        let push = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.little {
            value.iter().rev().fold(0, push)
        } else {
            value.iter().fold(0, push)
        })
    }

    fn offset_bytes(self) -> usize {
        if self.big_tiff { 8 } else { 4 }
    }

    /// Where the header holds the offset of the first directory.
    fn first_directory(self) -> usize {
        self.offset_bytes()
    }
}

impl TiffPages {
    pub(super) fn open(mut bytes: Vec<u8>, options: &InputOptions) -> Result<Self> {
        let damaged = || damaged("it has no readable list of pages");
        let layout = Layout::of(&bytes).ok_or_else(damaged)?;
        let pages = directories(&mut bytes, layout).ok_or_else(damaged)?;
        if pages.is_empty() {
            return Err(damaged());
        }
        Ok(Self { bytes, layout, pages, options: options.clone() })
    }

    /// Makes `directory` the first of the file, so that the decoder starts there.
    fn point_header_at(&mut self, directory: Directory) {
        let start = self.layout.first_directory();
        let length = self.layout.offset_bytes();
        let little = directory.offset.to_le_bytes();
        let big = directory.offset.to_be_bytes();
        let value = if self.layout.little { &little[..length] } else { &big[8 - length..] };
        // The header was read when the file was opened, so it is there.
        self.bytes[start..start + length].copy_from_slice(value);
    }
}

impl PageDecoder for TiffPages {
    fn page_count(&self) -> u32 {
        self.pages.len() as u32 // at most MOST_PAGES
    }

    fn page(&mut self, number: u32) -> Result<PageImage> {
        let index = (number as usize).wrapping_sub(1);
        let Some(&directory) = self.pages.get(index) else {
            return Err(Error::input(ErrorCode::NoSuchPage, "there is no such page"));
        };
        self.point_header_at(directory);
        let mut decoder = Decoder::new(Cursor::new(self.bytes.as_slice())).map_err(explain)?;
        let (width, height) = decoder.dimensions().map_err(explain)?;
        self.options.check_pixels(width.into(), height.into())?;
        check_extent(&mut decoder, self.bytes.len() as u64)?;
        let budget = self.options.max_pixels.saturating_mul(LARGEST_PIXEL);
        let mut limits = Limits::default();
        limits.decoding_buffer_size = usize::try_from(budget).unwrap_or(usize::MAX);
        limits.intermediate_buffer_size = limits.decoding_buffer_size;
        let mut decoder = decoder.with_limits(limits);
        let dpi = declared_resolution(&mut decoder);
        let orientation = decoder
            .find_tag_unsigned::<u8>(Tag::Orientation)
            .ok()
            .flatten()
            .and_then(Orientation::from_exif)
            .unwrap_or(Orientation::NoTransforms);
        let image = decode(&mut decoder, directory.palette)?;
        let image = raster::upright_on_white(image, orientation);
        Ok(PageImage { number, image, dpi, text_layer: None })
    }
}

/// Follows the chain of directories. Palette pages are declared gray in `bytes`, and remembered.
fn directories(bytes: &mut [u8], layout: Layout) -> Option<Vec<Directory>> {
    let (count_bytes, entry_bytes) = if layout.big_tiff { (8, 20) } else { (2, 12) };
    let mut pages = Vec::new();
    let mut seen = HashSet::new();
    let mut offset = layout.read(bytes, layout.first_directory() as u64, layout.offset_bytes())?;
    while offset != 0 && seen.insert(offset) && pages.len() < MOST_PAGES {
        let Some(entries) = layout.read(bytes, offset, count_bytes) else { break };
        let first = offset.checked_add(count_bytes as u64)?;
        let mut directory = Directory { offset, palette: false };
        let mut subfile_type = 0;
        for index in 0..entries {
            let entry = first.checked_add(index.checked_mul(entry_bytes)?)?;
            let value_at = entry.checked_add(if layout.big_tiff { 12 } else { 8 })?;
            let Some(tag) = layout.read(bytes, entry, 2) else { break };
            match tag {
                SUBFILE_TYPE => subfile_type = layout.read(bytes, value_at, 4)?,
                PHOTOMETRIC if layout.read(bytes, value_at, 2) == Some(PALETTE) => {
                    directory.palette = true;
                    let low_byte = usize::try_from(value_at).ok()? + usize::from(!layout.little);
                    bytes[low_byte] = BLACK_IS_ZERO;
                }
                _ => {}
            }
        }
        const REDUCED_OR_MASK: u64 = 0b101;
        if subfile_type & REDUCED_OR_MASK == 0 {
            pages.push(directory);
        }
        let after = first.checked_add(entries.checked_mul(entry_bytes)?)?;
        // A chain that leaves the file ends there; the pages before it are good.
        offset = layout.read(bytes, after, layout.offset_bytes()).unwrap_or(0);
    }
    Some(pages)
}

type PageReader<'a> = Decoder<Cursor<&'a [u8]>>;

/// Strips and tiles must lie within the file: the decoders of some compressions fill up silently.
fn check_extent(decoder: &mut PageReader<'_>, file_bytes: u64) -> Result<()> {
    let pairs =
        [(Tag::StripOffsets, Tag::StripByteCounts), (Tag::TileOffsets, Tag::TileByteCounts)];
    for (offsets, counts) in pairs {
        let read = |decoder: &mut PageReader<'_>, tag| {
            decoder.find_tag_unsigned_vec::<u64>(tag).ok().flatten().unwrap_or_default()
        };
        let (offsets, counts) = (read(decoder, offsets), read(decoder, counts));
        let beyond = |(offset, count): (&u64, &u64)| offset.saturating_add(*count) > file_bytes;
        if offsets.iter().zip(&counts).any(beyond) {
            return Err(Error::input(
                ErrorCode::CorruptInput,
                "the TIFF ends before its picture does",
            )
            .hint("the file is cut off: copy or download it again"));
        }
    }
    Ok(())
}

fn declared_resolution(decoder: &mut PageReader<'_>) -> Option<u32> {
    const CENTIMETRE: u16 = 3;
    const NONE: u16 = 1;
    let Value::Rational(dots, units) = decoder.find_tag(Tag::XResolution).ok()?? else {
        return None;
    };
    let per_unit = f64::from(dots) / f64::from(units);
    match decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten() {
        Some(NONE) => None,
        Some(CENTIMETRE) => resolution::plausible(per_unit * 2.54),
        _ => resolution::plausible(per_unit),
    }
}

fn decode(decoder: &mut PageReader<'_>, palette: bool) -> Result<DynamicImage> {
    let (width, height) = decoder.dimensions().map_err(explain)?;
    let color = decoder.colortype().map_err(explain)?;
    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(explain)?;
    let samples = Samples { width: width as usize, height: height as usize, color };
    if palette {
        let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(explain)?;
        let indices = samples.bytes(result, &layout, false)?;
        return look_up(width, height, &indices, &map);
    }
    let bytes = samples.bytes(result, &layout, true)?;
    into_image(width, height, color, bytes)
}

/// What the decoder's buffer holds.
struct Samples {
    width: usize,
    height: usize,
    color: ColorType,
}

impl Samples {
    /// Eight bits a sample, the samples of a pixel side by side. `spread` scales smaller samples to
    /// 0–255; palette indices stay as they are.
    fn bytes(
        &self,
        result: DecodingResult,
        layout: &BufferLayoutPreference,
        spread: bool,
    ) -> Result<Vec<u8>> {
        let channels = usize::from(self.color.num_samples());
        let bytes = match (result, self.color.bit_depth()) {
            (DecodingResult::U8(values), 8) => values,
            (DecodingResult::U8(packed), bits @ (1 | 2 | 4)) if channels == 1 => {
                self.unpack(&packed, bits, spread)
            }
            (DecodingResult::U16(values), 16) => {
                values.into_iter().map(|value| (value >> 8) as u8).collect()
            }
            (DecodingResult::F32(values), 32) => {
                values.into_iter().map(|value| (value.clamp(0.0, 1.0) * 255.0) as u8).collect()
            }
            _ => return Err(unsupported(format!("colour type {:?}", self.color))),
        };
        let pixels = self.width * self.height;
        if bytes.len() < pixels * channels {
            return Err(damaged("it has fewer samples than pixels"));
        }
        Ok(if layout.planes > 1 { interleave(&bytes, pixels, channels) } else { bytes })
    }

    fn unpack(&self, packed: &[u8], bits: u8, spread: bool) -> Vec<u8> {
        let per_byte = usize::from(8 / bits);
        let most = (1u16 << bits) as u8 - 1;
        let factor = if spread { 255 / most } else { 1 };
        let mut bytes = Vec::with_capacity(self.width * self.height);
        for row in packed.chunks_exact(self.width.div_ceil(per_byte)) {
            bytes.extend((0..self.width).map(|x| {
                let shift = 8 - usize::from(bits) * (x % per_byte + 1);
                ((row[x / per_byte] >> shift) & most) * factor
            }));
        }
        bytes
    }
}

fn interleave(planes: &[u8], pixels: usize, channels: usize) -> Vec<u8> {
    (0..pixels)
        .flat_map(|pixel| (0..channels).map(move |channel| planes[channel * pixels + pixel]))
        .collect()
}

/// `map` holds all reds, then all greens, then all blues, 16 bits each.
fn look_up(width: u32, height: u32, indices: &[u8], map: &[u16]) -> Result<DynamicImage> {
    let colors = map.len() / 3;
    let channel = |index: usize, part: usize| map.get(part * colors + index).copied();
    let mut rgb = Vec::with_capacity(indices.len() * 3);
    for &index in indices {
        for part in 0..3 {
            let index = usize::from(index);
            let value = (index < colors).then(|| channel(index, part)).flatten();
            let value = value.ok_or_else(|| damaged("a pixel's colour is not in the palette"))?;
            rgb.push((value >> 8) as u8);
        }
    }
    rgb_image(width, height, rgb)
}

/// To gray, RGB or RGBA, from eight bits a sample.
fn into_image(width: u32, height: u32, color: ColorType, bytes: Vec<u8>) -> Result<DynamicImage> {
    let channels = usize::from(color.num_samples());
    let converted = |convert: fn(&[u8]) -> [u8; 3]| -> Vec<u8> {
        bytes.chunks_exact(channels).flat_map(convert).collect()
    };
    match color {
        ColorType::RGB(_) => rgb_image(width, height, bytes),
        ColorType::RGBA(_) => RgbaImage::from_raw(width, height, bytes)
            .map(DynamicImage::ImageRgba8)
            .ok_or_else(|| damaged("it has fewer samples than pixels")),
        // Further samples of a gray picture are transparency or bands of no meaning here.
        ColorType::Gray(_) | ColorType::GrayA(_) | ColorType::Multiband { .. } => {
            rgb_image(width, height, converted(|sample| [sample[0]; 3]))
        }
        ColorType::CMYK(_) | ColorType::CMYKA(_) => {
            rgb_image(width, height, converted(rgb_from_cmyk))
        }
        ColorType::YCbCr(_) => rgb_image(width, height, converted(rgb_from_ycbcr)),
        other => Err(unsupported(format!("colour type {other:?}"))),
    }
}

fn rgb_image(width: u32, height: u32, bytes: Vec<u8>) -> Result<DynamicImage> {
    RgbImage::from_raw(width, height, bytes)
        .map(DynamicImage::ImageRgb8)
        .ok_or_else(|| damaged("it has fewer samples than pixels"))
}

fn rgb_from_cmyk(ink: &[u8]) -> [u8; 3] {
    let light = |ink: u8| 255 - u32::from(ink);
    let paper = |color: u8| ((light(color) * light(ink[3]) + 127) / 255) as u8;
    [paper(ink[0]), paper(ink[1]), paper(ink[2])]
}

/// Full-range BT.601, the default of TIFF 6.0 §21.
fn rgb_from_ycbcr(sample: &[u8]) -> [u8; 3] {
    let luma = f32::from(sample[0]);
    let (blue, red) = (f32::from(sample[1]) - 128.0, f32::from(sample[2]) - 128.0);
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    [
        byte(luma + 1.402 * red),
        byte(luma - 0.344_136 * blue - 0.714_136 * red),
        byte(luma + 1.772 * blue),
    ]
}

fn damaged(what: &str) -> Error {
    Error::input(ErrorCode::CorruptInput, format!("the TIFF is damaged: {what}"))
        .hint("open it in a viewer and save it again, or get it again from its source")
}

fn unsupported(what: String) -> Error {
    Error::input(
        ErrorCode::UnsupportedFormat,
        format!("this kind of TIFF is not supported: {what}"),
    )
    .hint("save it as a plain PNG or JPEG, or with LZW or Group 4 compression")
}

fn explain(error: TiffError) -> Error {
    match error {
        TiffError::LimitsExceeded => Error::input(
            ErrorCode::TooLarge,
            format!("decoding this {} needs more memory than allowed", Format::Tiff.name()),
        )
        .hint("scale it down, or raise the limit with `--max-pixels`"),
        TiffError::UnsupportedError(ref cause) => unsupported(cause.to_string()),
        ref other => damaged(&other.to_string()),
    }
    .caused_by(error)
}
