//! Patches drawn into pictures: sheets turned any way, torn and curled ones, and what is none.

use super::*;
use image::Luma;
use proptest::prelude::*;

const SIZE: (u32, u32) = (300, 400);

/// A sheet on darker ground, told by what is inside of it.
fn picture(inside: impl Fn(f32, f32) -> bool) -> Shrunk {
    let picture = GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let grain = ((x * 7 + y * 13) % 9) as u8;
        Luma([if inside(x as f32 + 0.5, y as f32 + 0.5) { 215 + grain } else { 90 + grain }])
    });
    Shrunk::of(&picture).unwrap()
}

/// Whether a point lies in a rectangle of this size, turned clockwise about the picture's middle.
fn turned(width: f32, height: f32, degrees: f32) -> impl Fn(f32, f32) -> bool {
    let (sin, cos) = degrees.to_radians().sin_cos();
    move |x, y| {
        let (dx, dy) = (x - SIZE.0 as f32 / 2.0, y - SIZE.1 as f32 / 2.0);
        let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
        along.abs() <= width / 2.0 && across.abs() <= height / 2.0
    }
}

fn length(a: Point, b: Point) -> f32 {
    (b.0 - a.0).hypot(b.1 - a.1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sheets_are_found_however_they_are_turned(
        degrees in -40f32..40.0, width in 90f32..150.0, height in 180f32..260.0,
    ) {
        let found = corners(&picture(turned(width, height, degrees)), 0.1).unwrap();
        // From the top left, along the lines and down.
        let (a, b) = (found[0], found[1]);
        let lean = (b.1 - a.1).atan2(b.0 - a.0).to_degrees();
        prop_assert!((lean - degrees).abs() < 2.0, "{lean} is {degrees}");
        prop_assert!((length(a, b) - width).abs() < 6.0, "{found:?}");
        prop_assert!((length(a, found[3]) - height).abs() < 6.0, "{found:?}");
    }

    #[test]
    fn the_quadrangle_around_a_hull_holds_it(
        points in prop::collection::vec((0f32..300.0, 0f32..400.0), 6..40),
    ) {
        let mut right: Vec<Point> = points.clone();
        right.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)));
        let mut hull = chain(right.iter().copied());
        hull.extend(chain(right.into_iter().rev()));
        hull.dedup();
        hull.pop();
        if let Some(corners) = quadrangle(&hull) {
            for point in points {
                for at in 0..4 {
                    let (a, b) = (corners[at], corners[(at + 1) % 4]);
                    prop_assert!(cross(a, b, point) >= -0.01 * length(a, b).max(1.0));
                }
            }
        }
    }
}

#[test]
fn torn_edges_and_a_finger_do_not_hide_a_sheet() {
    let sheet = turned(130.0, 260.0, 12.0);
    let torn = |x: f32, y: f32| sheet(x, y) && y > 80.0 + 2.0 * (x / 5.0).sin();
    assert!(corners(&picture(torn), 0.1).is_some());
    let finger = |x: f32, y: f32| sheet(x, y) && (x - 60.0).hypot(y - 220.0) >= 22.0;
    assert!(corners(&picture(finger), 0.1).is_some());
}

#[test]
fn what_is_no_sheet_is_left_alone() {
    let round = |x: f32, y: f32| (x - 150.0).hypot(y - 200.0) < 120.0;
    assert_eq!(corners(&picture(round), 0.1), None, "a plate");
    let half = |_: f32, y: f32| y < 200.0;
    assert_eq!(corners(&picture(half), 0.1), None, "a shadow has one border");
    assert_eq!(corners(&picture(turned(60.0, 80.0, 20.0)), 0.1), None, "a card");
    let two = |x: f32, y: f32| {
        (20.0..130.0).contains(&x) && (30.0..370.0).contains(&y)
            || (150.0..280.0).contains(&x) && (40.0..350.0).contains(&y)
    };
    assert_eq!(corners(&picture(two), 0.1), None, "two sheets");
    for level in [0, 255] {
        let blank = Shrunk::of(&GrayImage::from_pixel(SIZE.0, SIZE.1, Luma([level]))).unwrap();
        assert_eq!(corners(&blank, 0.1), None);
    }
    // Light that fades has no edge.
    let fading = GrayImage::from_fn(SIZE.0, SIZE.1, |x, _| Luma([(x * 200 / SIZE.0) as u8 + 40]));
    assert_eq!(corners(&Shrunk::of(&fading).unwrap(), 0.1), None);
}

/// As seen: a bill on a table whose edges swing, and a receipt held before a street.
#[test]
fn a_sheet_that_is_not_seen_well_is_worth_a_trial() {
    let wavy = |x: f32, y: f32| {
        let swing = 5.0 * (y / 40.0).sin();
        (95.0 + swing..205.0 + swing).contains(&x)
    };
    assert_eq!(corners(&picture(wavy), 0.1), None);
    let bent = trial(&picture(wavy)).unwrap();
    assert!(bent.is_likely);
    assert!(bent.corners[0].0 < 98.0 && bent.corners[1].0 > 202.0, "{:?}", bent.corners);

    let paper = turned(70.0, 110.0, 8.0);
    let street = GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let (right, down) = (x as f32 + 0.5, y as f32 + 0.5);
        let ground = if y < 150 { 60 + (x / 30 % 4) as u8 * 30 } else { 170 };
        Luma([if paper(right, down) { 235 } else { ground }])
    });
    let street = Shrunk::of(&street).unwrap();
    assert_eq!(corners(&street, 0.1), None);
    let held = trial(&street).unwrap();
    assert!((area(held.corners) / (76.0 * 116.0) - 1.0).abs() < 0.1, "{:?}", held.corners);

    let blank = Shrunk::of(&GrayImage::from_pixel(SIZE.0, SIZE.1, Luma([255]))).unwrap();
    assert!(trial(&blank).is_none());
}
