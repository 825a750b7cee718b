//! What a file is, by its first bytes; and, for what is not supported, what it looks like, so that
//! the error can say more than "unknown format".

use crate::error::{Error, ErrorCode, Result};

/// Formats that pages are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Png,
    Jpeg,
    Tiff,
    WebP,
    Bmp,
    Gif,
    Pnm,
    Pdf,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Tiff => "TIFF",
            Format::WebP => "WebP",
            Format::Bmp => "BMP",
            Format::Gif => "GIF",
            Format::Pnm => "PNM",
            Format::Pdf => "PDF",
        }
    }
}

/// Names of the supported formats, for messages.
const SUPPORTED: &str = "PDF, PNG, JPEG, TIFF, WebP, BMP, GIF and PNM are read";
/// Viewers accept a PDF whose header is preceded by up to this many bytes of something else.
const PDF_HEADER_WITHIN: usize = 1024;

/// The format of these bytes.
pub(super) fn sniff(bytes: &[u8]) -> Result<Format> {
    known(bytes).ok_or_else(|| {
        let (appearance, hint) = appearance(bytes);
        Error::input(
            ErrorCode::UnsupportedFormat,
            format!("the content is no supported page format: it looks like {appearance}"),
        )
        .hint(hint)
    })
}

fn known(bytes: &[u8]) -> Option<Format> {
    let format = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
        [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Format::Tiff,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Format::WebP,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
        [b'P', b'1'..=b'7', space, ..] if space.is_ascii_whitespace() || *space == b'#' => {
            Format::Pnm
        }
        _ if is_bitmap(bytes) => Format::Bmp,
        _ if has_pdf_header(bytes) => Format::Pdf,
        _ => return None,
    };
    Some(format)
}

/// "BM" alone begins too many words: the size of the second header must be one that exists.
fn is_bitmap(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<18>() else { return false };
    let header_size = u32::from_le_bytes([header[14], header[15], header[16], header[17]]);
    header.starts_with(b"BM") && matches!(header_size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)
}

fn has_pdf_header(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    start.windows(5).any(|window| window == b"%PDF-")
}

/// What unsupported bytes look like, and what to do with such a file.
fn appearance(bytes: &[u8]) -> (&'static str, String) {
    const CONVERT: &str = "convert it to JPEG or PNG first";
    const EXPORT: &str = "export it as PDF first";
    let (appearance, advice) = match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"avif" | b"avis") => ("an AVIF image", CONVERT),
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"heim") => {
                ("a HEIC image", CONVERT)
            }
            _ => ("a video or other MPEG-4 file", SUPPORTED),
        },
        [b'P', b'K', 3, 4, ..] => ("a ZIP archive or an Office document", EXPORT),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => ("an old Office document or e-mail", EXPORT),
        [b'{', b'\\', b'r', b't', b'f', ..] => ("an RTF document", EXPORT),
        [b'%', b'!', b'P', b'S', ..] => ("PostScript", "convert it with `ps2pdf` first"),
        [b'A', b'T', b'&', b'T', ..] => ("a DjVu document", EXPORT),
        [0x1f, 0x8b, ..] => ("gzip-compressed data", "decompress it first"),
        [b'B', b'Z', b'h', ..] => ("bzip2-compressed data", "decompress it first"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("Zstandard-compressed data", "decompress it first"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("xz-compressed data", "decompress it first"),
        [b'7', b'z', 0xbc, 0xaf, ..] => ("a 7-Zip archive", "unpack it first"),
        [b'R', b'a', b'r', b'!', ..] => ("a RAR archive", "unpack it first"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
            ("a JPEG 2000 image", CONVERT)
        }
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => ("a program", SUPPORTED),
        [b'R', b'I', b'F', b'F', ..] => ("audio or video", SUPPORTED),
        _ => text_or_binary(bytes),
    };
    (appearance, advice.to_string())
}

fn text_or_binary(bytes: &[u8]) -> (&'static str, &'static str) {
    const ERROR_PAGE: &str =
        "a download may have saved an error page instead of the document: fetch it again";
    let start = &bytes[..bytes.len().min(4096)];
    if start.iter().all(|&byte| byte == 0) {
        return ("zeros only", "the file is damaged: get it again from its source");
    }
    let Some(text) = as_text(start) else { return ("unknown binary data", SUPPORTED) };
    let trimmed = text.trim_start().to_ascii_lowercase();
    if trimmed.starts_with("<!doctype html") || trimmed.starts_with("<html") {
        ("HTML", ERROR_PAGE)
    } else if trimmed.contains("<svg") {
        ("an SVG drawing", "convert it to PNG first")
    } else if trimmed.starts_with("<?xml") || trimmed.starts_with('<') {
        ("XML", SUPPORTED)
    } else if trimmed.starts_with('{') || trimmed.starts_with('[') {
        ("JSON", SUPPORTED)
    } else if trimmed.starts_with("version https://git-lfs") {
        ("a Git LFS pointer", "fetch the file itself with `git lfs pull`")
    } else {
        ("plain text", SUPPORTED)
    }
}

/// The longest valid start of `bytes` as text, if what follows is only a cut character and no
/// control characters are in it.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |c: char| !c.is_control() || c.is_whitespace() || c == '\u{c}';
    (!text.is_empty() && text.chars().all(is_text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        let cases: [(&[u8], Format); 9] = [
            (b"\x89PNG\r\n\x1a\n....", Format::Png),
            (b"\xff\xd8\xff\xe0", Format::Jpeg),
            (b"II*\0", Format::Tiff),
            (b"MM\0+", Format::Tiff),
            (b"RIFF\0\0\0\0WEBPVP8 ", Format::WebP),
            (b"GIF89a", Format::Gif),
            (b"P5\n1 1\n255\n\0", Format::Pnm),
            (b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0", Format::Bmp),
            (b"\n\njunk%PDF-1.4", Format::Pdf),
        ];
        for (bytes, format) in cases {
            assert_eq!(sniff(bytes).unwrap(), format);
        }
    }

    #[test]
    fn what_is_not_supported_is_named_with_a_remedy() {
        let cases: [(&[u8], &str, &str); 9] = [
            (b"<!DOCTYPE html><html>", "HTML", "fetch it again"),
            (b"BMW invoices of March", "plain text", "are read"),
            (b"{\"a\": 1}", "JSON", "are read"),
            (b"PK\x03\x04", "ZIP", "export it as PDF"),
            (b"\0\0\0\x18ftypheic", "HEIC", "convert it"),
            (b"\0\0\0\0\0", "zeros", "get it again"),
            (b"\x01\x02\xff\xfe", "unknown binary", "are read"),
            ("Gr\u{fc}\u{df}e".as_bytes(), "plain text", "are read"),
            (b"<svg xmlns=\"\">", "SVG", "PNG"),
        ];
        for (bytes, appearance, advice) in cases {
            let error = sniff(bytes).unwrap_err();
            assert_eq!(error.code, ErrorCode::UnsupportedFormat);
            assert!(error.message.contains(appearance), "{}", error.message);
            assert!(error.hint.unwrap().contains(advice));
        }
    }

    #[test]
    fn a_character_cut_at_the_end_is_still_text() {
        assert_eq!(as_text(b"abc\xc3"), Some("abc"));
        assert_eq!(as_text(b"abc\xffdef"), None);
    }
}
