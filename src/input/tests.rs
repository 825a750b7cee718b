//! Inputs as they come, in every format. All files are made here; `fault_tests.rs` has the faults.

use super::*;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, Rgba, RgbaImage};
use std::io::Cursor;

/// A page with a dark left-top quarter, so that turns and flips show.
pub(super) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 2 && y < height / 2 { Rgb([10, 20, 30]) } else { Rgb([250, 240, 230]) }
    })
}

pub(super) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(super) fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(image).unwrap();
    bytes
}

pub(super) fn source(bytes: Vec<u8>) -> Source {
    Source::Bytes { name: "page.png".into(), bytes }
}

pub(super) fn open_bytes(bytes: Vec<u8>) -> Result<DocumentPages> {
    open(&source(bytes), &InputOptions::default())
}

pub(super) fn only_page(bytes: Vec<u8>) -> Result<PageImage> {
    let mut pages = open_bytes(bytes)?;
    assert_eq!(pages.page_count(), 1);
    pages.next().unwrap()
}

pub(super) fn fault(bytes: Vec<u8>) -> Error {
    let error = only_page(bytes).unwrap_err();
    assert_eq!(error.input.as_deref(), Some("page.png"));
    assert!(error.hint.is_some(), "an error without a remedy: {error}");
    error
}

/// A TIFF of several pages, each of its own width.
pub(super) fn tiff_pages(widths: &[u32]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = ::tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
    for &width in widths {
        let page = picture(width, 20);
        let mut image = encoder.new_image::<::tiff::encoder::colortype::RGB8>(width, 20).unwrap();
        image.resolution(
            ::tiff::tags::ResolutionUnit::Inch,
            ::tiff::encoder::Rational { n: 300, d: 1 },
        );
        image.write_data(&page).unwrap();
    }
    bytes.into_inner()
}

#[test]
fn every_format_gives_the_same_pixels() {
    let original = picture(40, 30);
    let image = DynamicImage::ImageRgb8(original.clone());
    for (format, expected) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Tiff, Format::Tiff),
        (ImageFormat::WebP, Format::WebP),
        (ImageFormat::Bmp, Format::Bmp),
        (ImageFormat::Gif, Format::Gif),
        (ImageFormat::Pnm, Format::Pnm),
    ] {
        let mut pages = open_bytes(encoded(&image, format)).unwrap();
        assert_eq!(pages.format(), expected);
        let page = pages.next().unwrap().unwrap();
        assert_eq!((page.number, page.text_layer), (1, None));
        assert_eq!(page.image, original, "{format:?}");
        assert!(pages.next().is_none());
    }
}

#[test]
fn jpeg_is_read_close_to_the_original() {
    let original = picture(64, 48);
    let page = only_page(jpeg(&original)).unwrap();
    for (read, wanted) in page.image.iter().zip(original.iter()) {
        assert!(read.abs_diff(*wanted) < 12);
    }
}

#[test]
fn documents_are_known_by_the_hash_of_their_bytes() {
    let bytes = b"P6\n2 2\n255\n\x0a\x14\x1e\xfa\xf0\xe6\xfa\xf0\xe6\xfa\xf0\xe6".to_vec();
    assert_eq!(
        open_bytes(bytes).unwrap().sha256(),
        "9e089c3b20d85677393bad3efb7f6007c4554c5d83783d48487449ff8f87a55d"
    );
}

#[test]
fn transparency_lies_on_white_paper() {
    let image = RgbaImage::from_fn(3, 1, |x, _| Rgba([0, 100, 200, [0, 128, 255][x as usize]]));
    let page = only_page(encoded(&DynamicImage::ImageRgba8(image), ImageFormat::Png)).unwrap();
    let pixels: Vec<_> = page.image.pixels().map(|pixel| pixel.0).collect();
    assert_eq!(pixels, [[255, 255, 255], [127, 177, 227], [0, 100, 200]]);
}

#[test]
fn sixteen_bits_and_gray_become_eight_bit_rgb() {
    let deep = image::ImageBuffer::from_fn(2, 1, |x, _| image::Luma([[0u16, 0xffff][x as usize]]));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let page = only_page(encoded(&DynamicImage::ImageLuma16(deep.clone()), format)).unwrap();
        assert_eq!(page.image.as_raw(), &[0, 0, 0, 255, 255, 255]);
    }
}

#[test]
fn orientation_of_the_camera_is_applied() {
    // The raw picture is wide; orientation 6 says: turn it by 90° clockwise.
    let raw = jpeg(&picture(60, 40));
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut bytes = raw[..2].to_vec();
    bytes.extend([0xff, 0xe1, 0, exif.len() as u8 + 2]);
    bytes.extend(exif);
    bytes.extend(&raw[2..]);
    let page = only_page(bytes).unwrap();
    assert_eq!(page.image.dimensions(), (40, 60));
    // Left-top came to right-top.
    assert!(page.image.get_pixel(35, 5).0[0] < 60);
    assert!(page.image.get_pixel(5, 5).0[0] > 200);
}

#[test]
fn resolution_is_read_from_the_metadata() {
    assert_eq!(open_bytes(tiff_pages(&[5])).unwrap().next().unwrap().unwrap().dpi, Some(300));
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(150));
    encoder.encode_image(&picture(8, 8)).unwrap();
    assert_eq!(only_page(bytes).unwrap().dpi, Some(150));
    // 11811 pixels a metre, inserted before the picture's data.
    let plain = encoded(&DynamicImage::ImageRgb8(picture(8, 8)), ImageFormat::Png);
    assert_eq!(only_page(plain.clone()).unwrap().dpi, None);
    const AFTER_HEADER: usize = 33;
    let mut png = plain[..AFTER_HEADER].to_vec();
    png.extend(png_chunk(b"pHYs", b"\0\0\x2e\x23\0\0\x2e\x23\x01"));
    png.extend(&plain[AFTER_HEADER..]);
    assert_eq!(only_page(png).unwrap().dpi, Some(300));
}

pub(super) fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = !0u32;
    for &byte in kind.iter().chain(data) {
        checksum ^= u32::from(byte);
        for _ in 0..8 {
            checksum = checksum >> 1 ^ if checksum & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &(!checksum).to_be_bytes()].concat()
}

#[test]
fn a_tiff_of_many_pages_gives_them_in_order() {
    let widths = [30, 10, 20, 40];
    let pages = open_bytes(tiff_pages(&widths)).unwrap();
    assert_eq!((pages.page_count(), pages.len()), (4, 4));
    for ((page, width), number) in pages.zip(widths).zip(1..) {
        let page = page.unwrap();
        assert_eq!((page.number, page.image), (number, picture(width, 20)));
    }
}

#[test]
fn wanted_pages_only_are_decoded() {
    let options = InputOptions { pages: "2,4-".parse().unwrap(), ..InputOptions::default() };
    let pages = open(&source(tiff_pages(&[30, 10, 20, 40])), &options).unwrap();
    let numbers: Vec<u32> = pages.map(|page| page.unwrap().number).collect();
    assert_eq!(numbers, [2, 4]);
    let error = open(&source(tiff_pages(&[30])), &options).unwrap_err();
    assert_eq!(error.code, ErrorCode::NoSuchPage);
}

/// A gray TIFF by hand: one strip, uncompressed, with the entries given in addition.
pub(super) fn tiff_by_hand(
    bits: u16,
    photometric: u16,
    size: (u32, u32),
    data: &[u8],
    map: &[u16],
) -> Vec<u8> {
    let count = if map.is_empty() { 8 } else { 9 };
    let data_at = 8 + 2 + 12 * count as u32 + 4;
    let map_at = data_at + data.len() as u32;
    let mut entries = vec![
        (256u16, 4u16, 1, size.0),
        (257, 4, 1, size.1),
        (258, 3, 1, u32::from(bits)),
        (259, 3, 1, 1),
        (262, 3, 1, u32::from(photometric)),
        (273, 4, 1, data_at),
        (278, 4, 1, size.1),
        (279, 4, 1, data.len() as u32),
    ];
    if !map.is_empty() {
        entries.push((320, 3, map.len() as u32, map_at));
    }
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes.extend(data);
    bytes.extend(map.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[test]
fn bilevel_and_palette_tiffs_are_read() {
    let white_is_zero = tiff_by_hand(1, 0, (10, 1), &[0b1010_0000, 0b0100_0000], &[]);
    let page = only_page(white_is_zero).unwrap();
    let row: Vec<u8> = page.image.pixels().map(|pixel| pixel.0[0]).collect();
    assert_eq!(row, [0, 255, 0, 255, 255, 255, 255, 255, 255, 0]);

    let mut map = [0u16; 48];
    (map[2], map[16 + 2], map[32 + 2]) = (0x1100, 0x2200, 0x3300);
    map[1] = 0xff00;
    let palette = tiff_by_hand(4, 3, (3, 1), &[0x21, 0x20], &map);
    let page = only_page(palette).unwrap();
    assert_eq!(page.image.as_raw(), &[0x11, 0x22, 0x33, 0xff, 0, 0, 0x11, 0x22, 0x33]);

    let outside = tiff_by_hand(4, 3, (2, 1), &[0xf1], &map[..6]);
    assert_eq!(fault(outside).code, ErrorCode::CorruptInput);
}

#[test]
fn one_pixel_is_a_page() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff, ImageFormat::Gif] {
        let page = only_page(encoded(&DynamicImage::ImageRgb8(picture(1, 1)), format)).unwrap();
        assert_eq!(page.size(), PageSize::new(1, 1));
    }
}

#[test]
fn a_picture_of_the_limit_is_read() {
    let options = InputOptions { max_pixels: 40 * 30, ..InputOptions::default() };
    let bytes = encoded(&DynamicImage::ImageRgb8(picture(40, 30)), ImageFormat::Png);
    assert!(open(&source(bytes), &options).unwrap().next().unwrap().is_ok());
}

#[test]
fn without_ocr_a_picture_has_no_words() {
    let options = InputOptions { text_layer: TextLayerMode::Only, ..InputOptions::default() };
    let bytes = encoded(&DynamicImage::ImageRgb8(picture(4, 4)), ImageFormat::Png);
    let page = open(&source(bytes), &options).unwrap().next().unwrap().unwrap();
    assert_eq!(page.text_layer, Some(TextLayer { words: Vec::new(), is_all: true }));
}
