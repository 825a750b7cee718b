//! Inputs at fault: every fault of issue 3 §7 that concerns a file, and bytes at random. All files are
//! made here.

use super::tests::{
    encoded, fault, jpeg, only_page, open_bytes, picture, png_chunk, source, tiff_by_hand,
    tiff_pages,
};
use super::*;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageFormat, Rgb};
use proptest::prelude::*;

#[test]
fn a_broken_page_does_not_hide_its_neighbours() {
    let mut bytes = tiff_pages(&[30, 10, 20]);
    // The second page's data is said to lie beyond the end: its StripOffsets entry is patched.
    let entry = [0x11u8, 0x01]; // tag 273, little-endian
    let places: Vec<usize> =
        (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(&entry)).collect();
    let second = places[1];
    bytes[second + 8..second + 12].copy_from_slice(&0x00ff_ffffu32.to_le_bytes());
    let pages: Vec<_> = open_bytes(bytes).unwrap().collect();
    assert_eq!(pages.len(), 3);
    assert!(pages[0].is_ok() && pages[2].is_ok());
    let error = pages[1].as_ref().unwrap_err();
    assert_eq!((error.code, error.page), (ErrorCode::CorruptInput, Some(2)));
}

#[test]
fn directories_that_form_a_circle_end() {
    let mut bytes = tiff_pages(&[30, 10]);
    let first = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let entries = u16::from_le_bytes(bytes[first..first + 2].try_into().unwrap()) as usize;
    let next = first + 2 + 12 * entries;
    bytes.copy_within(4..8, next);
    assert_eq!(open_bytes(bytes).unwrap().page_count(), 1);
}

#[test]
fn an_empty_file_says_so() {
    assert_eq!(fault(Vec::new()).code, ErrorCode::EmptyInput);
}

#[test]
fn text_named_png_says_that_it_is_text() {
    let error = fault(b"Dear Sir,\nplease find attached".to_vec());
    assert_eq!(error.code, ErrorCode::UnsupportedFormat);
    assert!(error.message.contains("plain text"), "{}", error.message);
}

#[test]
fn a_truncated_file_is_an_error_in_every_format() {
    let noise = RgbImage::from_fn(64, 64, |x, y| {
        let value = (x * 7919 + y * 104_729 + x * y * 31) as u8;
        Rgb([value, value.wrapping_mul(3), value.wrapping_add(y as u8)])
    });
    let mut files = vec![("JPEG", jpeg(&noise)), ("TIFF", tiff_pages(&[200]))];
    let image = DynamicImage::ImageRgb8(noise);
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Pnm] {
        files.push((format.extensions_str()[0], encoded(&image, format)));
    }
    files.push(("gif", encoded(&image, ImageFormat::Gif)));
    for (name, bytes) in files {
        for percent in [30, 60, 95] {
            let error = fault(bytes[..bytes.len() * percent / 100].to_vec());
            assert_eq!(error.code, ErrorCode::CorruptInput, "{name} at {percent} %: {error}");
        }
    }
}

#[test]
fn a_thumbnail_in_the_metadata_does_not_hide_a_truncation() {
    let raw = jpeg(&picture(64, 64));
    let thumbnail = jpeg(&picture(8, 8));
    let mut bytes = raw[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend((thumbnail.len() as u16 + 2).to_be_bytes());
    bytes.extend(thumbnail);
    bytes.extend(&raw[2..]);
    assert!(only_page(bytes.clone()).is_ok());
    bytes.truncate(bytes.len() - 40);
    assert_eq!(fault(bytes).code, ErrorCode::CorruptInput);
}

/// A PNG whose header declares this size and whose data is nothing of the kind.
fn declared_png(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(png_chunk(b"IHDR", &header));
    bytes.extend(png_chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]));
    bytes.extend(png_chunk(b"IEND", &[]));
    bytes
}

#[test]
fn a_huge_picture_is_refused_on_its_header() {
    let error = fault(declared_png(20_000, 20_000));
    assert_eq!(error.code, ErrorCode::TooLarge);
    assert_eq!(error.message, "the picture is 20000×20000 pixels; the limit is 100 million pixels");
    let gray = GrayImage::new(300, 400);
    let mut bytes = Vec::new();
    JpegEncoder::new(&mut bytes).encode(&gray, 300, 400, ExtendedColorType::L8).unwrap();
    let small = InputOptions { max_pixels: 100_000, ..InputOptions::default() };
    for bytes in [bytes, tiff_by_hand(8, 1, (300, 400), &[0; 10], &[])] {
        let mut result = open(&source(bytes), &small);
        if let Ok(pages) = &mut result {
            result = pages.next().unwrap().map(|_| unreachable!());
        }
        assert_eq!(result.unwrap_err().code, ErrorCode::TooLarge);
    }
}

#[test]
fn missing_unreadable_and_oversized_files_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let missing = Source::Path(directory.path().join("no.png"));
    let options = InputOptions::default();
    assert_eq!(open(&missing, &options).unwrap_err().code, ErrorCode::NotFound);
    let folder = Source::Path(directory.path().into());
    assert_eq!(open(&folder, &options).unwrap_err().code, ErrorCode::Unreadable);
    let file = directory.path().join("large.png");
    std::fs::write(&file, [0; 2000]).unwrap();
    let tight = InputOptions { max_bytes: 1999, ..InputOptions::default() };
    assert_eq!(open(&Source::Path(file), &tight).unwrap_err().code, ErrorCode::TooLarge);
}

#[cfg(unix)]
#[test]
fn a_file_without_read_permission_is_unreadable() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret.png");
    std::fs::write(&file, encoded(&DynamicImage::ImageRgb8(picture(4, 4)), ImageFormat::Png))
        .unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything; then there is nothing to see.
    if std::fs::read(&file).is_err() {
        let error = open(&Source::Path(file), &InputOptions::default()).unwrap_err();
        assert_eq!(error.code, ErrorCode::Unreadable);
        assert!(error.hint.unwrap().contains("chmod"));
    }
}

#[test]
fn a_panic_in_a_decoder_is_an_error() {
    let error = guarded::<()>(|| panic!("index out of bounds")).unwrap_err();
    assert_eq!(error.code, ErrorCode::CorruptInput);
    assert!(error.message.contains("index out of bounds"));
}

const MAGICS: [&[u8]; 9] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
    b"RIFF\x20\0\0\0WEBPVP8L",
    b"GIF89a",
    b"P6 3 3 255\n",
    b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
];

/// Decodes all pages; whatever is not a picture must be a well-formed error.
fn survive(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let options = InputOptions { max_pixels: 1_000_000, ..InputOptions::default() };
    let check = |error: Error| {
        prop_assert!(!error.message.is_empty() && error.input.is_some() && error.hint.is_some());
        // A panic would have come through the last net: none may be needed.
        prop_assert!(!error.message.starts_with("the decoder gave up"), "{}", error);
        Ok(())
    };
    match open(&source(bytes), &options) {
        Err(error) => check(error)?,
        Ok(pages) => {
            for page in pages.take(20) {
                match page {
                    Ok(page) => prop_assert!(page.image.width() > 0),
                    Err(error) => check(error)?,
                }
            }
        }
    }
    Ok(())
}

/// One whole file of every kind, small, with more of its features than the formats need: several
/// pages, metadata, a palette.
fn whole_files() -> Vec<Vec<u8>> {
    let image = DynamicImage::ImageRgb8(picture(24, 16));
    let with_alpha = DynamicImage::ImageRgba8(image.to_rgba8());
    let mut files: Vec<Vec<u8>> = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Pnm,
        ImageFormat::Tiff,
    ]
    .map(|format| encoded(&image, format))
    .to_vec();
    files.push(encoded(&with_alpha, ImageFormat::Png));
    files.push(encoded(&DynamicImage::ImageLuma16(image.to_luma16()), ImageFormat::Tiff));
    files.push(tiff_pages(&[12, 7, 9]));
    files.push(tiff_by_hand(4, 3, (3, 1), &[0x21, 0x20], &[0x1100; 48]));
    let jpeg = encoded(&image, ImageFormat::Jpeg);
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    files.push([&jpeg[..2], &[0xff, 0xe1, 0, exif.len() as u8 + 2], exif, &jpeg[2..]].concat());
    files
}

/// A change to a file: bytes overwritten, inserted, repeated or cut out.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Overwrite(prop::sample::Index, Vec<u8>),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, usize),
    Cut(prop::sample::Index, usize),
}

impl Change {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &prop::sample::Index, bytes: &Vec<u8>| index.index(bytes.len() + 1);
        match self {
            Self::Overwrite(index, new) => {
                let start = at(index, bytes);
                let end = (start + new.len()).min(bytes.len());
                bytes[start..end].copy_from_slice(&new[..end - start]);
            }
            Self::Insert(index, new) => {
                let start = at(index, bytes);
                bytes.splice(start..start, new.iter().copied());
            }
            Self::Repeat(index, length) => {
                let start = at(index, bytes);
                let end = (start + length).min(bytes.len());
                let again = bytes[start..end].to_vec();
                bytes.splice(start..start, again);
            }
            Self::Cut(index, length) => {
                let start = at(index, bytes);
                let end = (start + length).min(bytes.len());
                bytes.drain(start..end);
            }
        }
    }
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    // Values that break arithmetic come more often than chance would bring them.
    let byte = prop_oneof![Just(0u8), Just(1), Just(0x7f), Just(0x80), Just(0xff), any::<u8>()];
    let bytes = prop::collection::vec(byte, 1..5);
    prop_oneof![
        4 => (index(), bytes.clone()).prop_map(|(at, new)| Change::Overwrite(at, new)),
        1 => (index(), bytes).prop_map(|(at, new)| Change::Insert(at, new)),
        1 => (index(), 1..40usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => (index(), 1..200usize).prop_map(|(at, length)| Change::Cut(at, length)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn damaged_files_give_pages_or_an_error(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        thread_local!(static FILES: Vec<Vec<u8>> = whole_files());
        let mut bytes = FILES.with(|files| files[which.index(files.len())].clone());
        for change in changes {
            change.apply(&mut bytes);
        }
        survive(bytes)?;
    }
}

proptest! {
    #[test]
    fn any_bytes_give_pages_or_an_error(
        magic in prop::sample::select(MAGICS.to_vec()),
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        survive([magic, &tail].concat())?;
        survive(tail)?;
    }

    #[test]
    fn directories_of_any_content_give_pages_or_an_error(
        entries in prop::collection::vec((250u16..340, 1u16..13, 0u32..9, any::<u32>()), 0..14),
        data in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            bytes.extend([count.to_le_bytes(), (value % 400).to_le_bytes()].concat());
        }
        bytes.extend([0; 4]);
        bytes.extend(data);
        survive(bytes)?;
    }
}
