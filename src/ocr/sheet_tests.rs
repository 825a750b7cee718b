//! Sheets drawn into pictures at known corners: found where perspective distorts them, left alone
//! otherwise.

use super::*;
use crate::geometry::PageSize;
use crate::ocr::flat::Flat;
use image::Luma;
use proptest::prelude::*;

const SIZE: PageSize = PageSize::new(900, 1200);
const PAPER: u8 = 225;
const GROUND_LEVEL: u8 = 80;

/// Lines of words on a sheet, in the sheet's own pixels.
fn printed(x: u32, y: u32) -> bool {
    let line = (60..1100).contains(&y) && y % 28 < 11;
    line && (60..800).contains(&x) && x % 60 < 46 && x % 9 < 4
}

/// A printed sheet photographed so that its corners come to lie here.
fn photograph(corners: Corners) -> GrayImage {
    let flat = Flat::new(SIZE, corners).unwrap();
    let back = flat.inverse().unwrap();
    GrayImage::from_fn(SIZE.width, SIZE.height, |x, y| {
        let (u, v) = back.apply(f64::from(x) + 0.5, f64::from(y) + 0.5);
        let (width, height) = (f64::from(flat.size().width), f64::from(flat.size().height));
        if !(0.0..width).contains(&u) || !(0.0..height).contains(&v) {
            return Luma([GROUND_LEVEL + ((x * 7 + y * 13) % 11) as u8]);
        }
        Luma([if printed(u as u32, v as u32) { 40 } else { PAPER }])
    })
}

fn found(picture: &GrayImage) -> Option<Corners> {
    found_by(&SheetOptions::default(), picture)
}

fn found_by(options: &SheetOptions, picture: &GrayImage) -> Option<Corners> {
    let coloured = image::DynamicImage::ImageLuma8(picture.clone()).into_rgb8();
    options.corners(&coloured, picture)
}

const AWAY: Corners = [(190.0, 90.0), (700.0, 70.0), (850.0, 1130.0), (50.0, 1150.0)];

#[test]
fn a_sheet_that_leads_away_is_found_at_its_corners() {
    let corners = found(&photograph(AWAY)).unwrap();
    for (found, true_corner) in corners.iter().zip(AWAY) {
        let off = (found.0 - true_corner.0).hypot(found.1 - true_corner.1);
        assert!(off < 3.0, "{found:?} is {true_corner:?}");
    }
}

#[test]
fn shade_across_the_sheet_does_not_hide_it() {
    let mut picture = photograph(AWAY);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let light = 1.0 - 0.35 * (x as f32 / 900.0 + y as f32 / 1200.0) / 2.0;
        pixel.0[0] = (f32::from(pixel.0[0]) * light) as u8;
    }
    assert!(found(&picture).is_some());
}

#[test]
fn sheets_without_perspective_are_found_by_their_outline() {
    let level = [(60.0, 50.0), (840.0, 50.0), (840.0, 1150.0), (60.0, 1150.0)];
    let turned = [(100.0, 50.0), (860.0, 90.0), (800.0, 1150.0), (40.0, 1110.0)];
    for corners in [level, turned] {
        let found = found(&photograph(corners)).unwrap();
        for (found, corner) in found.iter().zip(corners) {
            assert!((found.0 - corner.0).hypot(found.1 - corner.1) < 8.0, "{found:?} {corner:?}");
        }
    }
    // Cut out along whole pixels.
    let found = found(&photograph(level)).unwrap();
    assert!(found.iter().all(|(x, y)| x.fract() == 0.0 && y.fract() == 0.0));
    assert_eq!((found[0].1, found[0].0), (found[1].1, found[3].0));
}

#[test]
fn bright_ground_of_one_colour_is_told_from_paper() {
    let picture = photograph(AWAY);
    // Skin and wood: as bright as paper in red, dark in blue.
    let coloured = image::RgbImage::from_fn(SIZE.width, SIZE.height, |x, y| {
        let level = picture.get_pixel(x, y).0[0];
        image::Rgb(if level < 100 && level > 60 { [235, 200, 110] } else { [level; 3] })
    });
    let gray = image::imageops::grayscale(&coloured);
    let corners = SheetOptions::default().corners(&coloured, &gray).unwrap();
    for (found, corner) in corners.iter().zip(AWAY) {
        assert!((found.0 - corner.0).hypot(found.1 - corner.1) < 8.0, "{found:?} {corner:?}");
    }
}

#[test]
fn scans_are_left_alone() {
    let scan = GrayImage::from_fn(900, 1200, |x, y| Luma([if printed(x, y) { 20 } else { 250 }]));
    assert_eq!(found(&scan), None);
    // The same with the dark frame that a copier leaves.
    let mut framed = scan.clone();
    for (x, y, pixel) in framed.enumerate_pixels_mut() {
        if x < 40 + y / 60 || y > 1150 {
            *pixel = Luma([5]);
        }
    }
    assert_eq!(found(&framed), None);
    let switched_off = SheetOptions { find: false, ..SheetOptions::default() };
    assert_eq!(found_by(&switched_off, &photograph(AWAY)), None);
}

#[test]
fn small_cards_and_two_sheets_are_not_the_page() {
    let card = [(300.0, 400.0), (560.0, 390.0), (620.0, 700.0), (250.0, 710.0)];
    assert_eq!(found(&photograph(card)), None);
    let left = [(40.0, 80.0), (430.0, 60.0), (480.0, 1150.0), (20.0, 1140.0)];
    let mut two = photograph(left);
    for y in 100..1100 {
        for x in 520..880 {
            two.put_pixel(x, y, Luma([PAPER]));
        }
    }
    assert_eq!(found(&two), None);
}

#[test]
fn pictures_without_anything_have_no_sheet() {
    for (width, height) in [(0, 0), (1, 1), (50, 900), (640, 480)] {
        for level in [0, 128, 255] {
            assert_eq!(found(&GrayImage::from_pixel(width, height, Luma([level]))), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn corners_found_span_a_flat_sheet(
        jitter in proptest::array::uniform8(-40.0f32..40.0), lean in 60.0f32..160.0,
    ) {
        let j = jitter;
        let corners = [
            (60.0 + lean + j[0], 70.0 + j[1]), (840.0 - lean + j[2], 70.0 + j[3]),
            (840.0 + j[4], 1130.0 + j[5]), (60.0 + j[6], 1130.0 + j[7]),
        ];
        let found = found(&photograph(corners));
        prop_assert!(found.is_some(), "{corners:?}");
        for (found, corner) in found.unwrap_or_default().iter().zip(corners) {
            prop_assert!((found.0 - corner.0).hypot(found.1 - corner.1) < 4.0, "{found:?} {corner:?}");
        }
    }

    #[test]
    fn any_picture_is_looked_at_without_harm(
        width in 40u32..90, pixels in prop::collection::vec(any::<u8>(), 40 * 40..90 * 60),
    ) {
        let height = pixels.len() as u32 / width;
        let at = |x: u32, y: u32| pixels[(y * width + x) as usize];
        let picture = GrayImage::from_fn(width, height, |x, y| Luma([at(x, y)]));
        let eager = SheetOptions { least_convergence: 0.0, least_support: 0.0, ..SheetOptions::default() };
        if let Some(corners) = found_by(&eager, &picture) {
            prop_assert!(Flat::new(PageSize::new(width, height), corners).is_some());
        }
    }
}
