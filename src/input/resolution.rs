//! The resolution that a picture's metadata declare: JFIF and EXIF in JPEG (EXIF also in PNG and
//! WebP), `pHYs` in PNG, the header of BMP.
//!
//! JFIF first, EXIF where JFIF gives only an aspect ratio: cameras write a meaningless 72 into EXIF
//! more often than scanners write a wrong JFIF density.

use super::Format;

/// Declared values outside of this are mistakes (0, 1, or units mixed up) and count as undeclared.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 20.0..=9600.0;
const CENTIMETRES_PER_INCH: f64 = 2.54;
const METRES_PER_INCH: f64 = 0.0254;

/// Dots per inch as the file declares them.
pub(super) fn declared(format: Format, bytes: &[u8], exif: Option<&[u8]>) -> Option<u32> {
    let own = match format {
        Format::Jpeg => jfif_density(bytes),
        Format::Png => png_physical(bytes),
        Format::Bmp => bitmap_physical(bytes),
        _ => None,
    };
    own.or_else(|| exif.and_then(exif_resolution))
}

/// A plausible resolution, rounded.
pub(super) fn plausible(dots_per_inch: f64) -> Option<u32> {
    // The range keeps the cast lossless but for rounding; NaN is in no range.
    PLAUSIBLE.contains(&dots_per_inch).then_some(dots_per_inch.round() as u32)
}

fn big_endian(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let value = bytes.get(at..at.checked_add(length)?)?;
    Some(value.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
}

/// The density of the JFIF segment, which must be the first.
fn jfif_density(bytes: &[u8]) -> Option<u32> {
    if bytes.get(2..4)? != [0xff, 0xe0] || bytes.get(6..11)? != b"JFIF\0" {
        return None;
    }
    let unit = match bytes.get(13)? {
        1 => 1.0,
        2 => CENTIMETRES_PER_INCH,
        _ => return None,
    };
    plausible(f64::from(big_endian(bytes, 14, 2)?) * unit)
}

/// The `pHYs` chunk, which comes before the picture's data.
fn png_physical(bytes: &[u8]) -> Option<u32> {
    const SIGNATURE: usize = 8;
    let mut at = SIGNATURE;
    loop {
        let length = big_endian(bytes, at, 4)? as usize;
        match bytes.get(at + 4..at + 8)? {
            b"pHYs" => {
                let per_metre = bytes.get(at + 16)? == &1;
                let pixels = f64::from(big_endian(bytes, at + 8, 4)?);
                return per_metre.then(|| plausible(pixels * METRES_PER_INCH)).flatten();
            }
            b"IDAT" => return None,
            // Length, type and checksum are four bytes each.
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
}

fn bitmap_physical(bytes: &[u8]) -> Option<u32> {
    const HEADER_WITH_RESOLUTION: u8 = 40;
    if *bytes.get(14)? < HEADER_WITH_RESOLUTION {
        return None;
    }
    let per_metre = bytes.get(38..42)?.first_chunk().copied().map(u32::from_le_bytes)?;
    plausible(f64::from(per_metre) * METRES_PER_INCH)
}

/// XResolution and ResolutionUnit of the first directory (EXIF 2.3, §4.6.4). The chunk begins with
/// the TIFF header.
fn exif_resolution(chunk: &[u8]) -> Option<u32> {
    const X_RESOLUTION: u32 = 0x011a;
    const RESOLUTION_UNIT: u32 = 0x0128;
    const ENTRY: usize = 12;
    let little = match chunk.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let read = |at: usize, length: usize| -> Option<u32> {
        let value = big_endian(chunk, at, length)?;
        Some(if little { value.swap_bytes() >> (32 - 8 * length) } else { value })
    };
    let directory = read(4, 4)? as usize;
    let mut resolution = None;
    // Inches where the unit is missing, as the standard says.
    let mut unit = 1.0;
    for index in 0..read(directory, 2)? as usize {
        let entry = directory + 2 + index * ENTRY;
        match read(entry, 2)? {
            X_RESOLUTION => {
                let at = read(entry + 8, 4)? as usize;
                let (numerator, denominator) = (read(at, 4)?, read(at.checked_add(4)?, 4)?);
                resolution = Some(f64::from(numerator) / f64::from(denominator));
            }
            RESOLUTION_UNIT => match read(entry + 8, 2)? {
                1 => return None,
                3 => unit = CENTIMETRES_PER_INCH,
                _ => {}
            },
            _ => {}
        }
    }
    plausible(resolution? * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A directory with one rational and one short.
    fn exif(little: bool, resolution: (u32, u32), unit: u16) -> Vec<u8> {
        let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let short = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut chunk = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        chunk.extend(long(8));
        chunk.extend(short(2));
        chunk.extend([short(0x011a), short(5)].concat());
        chunk.extend([long(1), long(38)].concat());
        chunk.extend([short(0x0128), short(3)].concat());
        chunk.extend(long(1));
        chunk.extend([short(unit), short(0)].concat());
        chunk.extend(long(0));
        chunk.extend([long(resolution.0), long(resolution.1)].concat());
        chunk
    }

    #[test]
    fn exif_gives_dots_per_inch_in_both_byte_orders() {
        for little in [true, false] {
            assert_eq!(exif_resolution(&exif(little, (600, 2), 2)), Some(300));
            assert_eq!(exif_resolution(&exif(little, (11811, 100), 3)), Some(300));
            assert_eq!(exif_resolution(&exif(little, (300, 1), 1)), None);
            assert_eq!(exif_resolution(&exif(little, (300, 0), 2)), None);
        }
    }

    #[test]
    fn jfif_density_needs_a_unit() {
        let jfif = |unit: u8, density: u16| {
            let [high, low] = density.to_be_bytes();
            let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02".to_vec();
            bytes.extend([unit, high, low, high, low, 0, 0]);
            declared(Format::Jpeg, &bytes, None)
        };
        assert_eq!(jfif(1, 200), Some(200));
        assert_eq!(jfif(2, 118), Some(300));
        assert_eq!(jfif(0, 200), None);
        assert_eq!(jfif(1, 1), None);
    }

    proptest! {
        #[test]
        fn any_metadata_give_a_plausible_resolution_or_none(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
            exif in prop::collection::vec(any::<u8>(), 0..80),
            little in any::<bool>(),
        ) {
            let header = if little { b"II*\0\x08\0\0\0" } else { b"MM\0*\0\0\0\x08" };
            let exif = [&header[..], &exif].concat();
            for format in [Format::Jpeg, Format::Png, Format::Bmp, Format::WebP] {
                if let Some(dpi) = declared(format, &bytes, Some(&exif)) {
                    prop_assert!((20..=9600).contains(&dpi));
                }
            }
        }
    }
}
