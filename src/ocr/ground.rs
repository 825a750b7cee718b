//! Dark ground around a page: a table in a photograph, the frame of a copier's glass. One threshold for all of a
//! picture parts the table from the paper, and print, which is lighter than many a table, passes for paper.

use super::ink;
use image::GrayImage;

/// Of the picture's edge so much is dark at least, and of the picture so much is ground.
const OF_EDGE: f32 = 0.12;
const OF_PICTURE: std::ops::RangeInclusive<f32> = 0.04..=0.85;
/// Light strokes on ground: a dark heading that reaches the edge has print on it, one run of light pixels in so many.
const PRINT: usize = 120;
/// A longer run of light pixels is no stroke, as a share of the picture's width.
const STROKE: f32 = 0.05;

/// The picture with dark ground that reaches its edge made as light as the paper, if it has any.
pub fn with_light_ground(picture: &GrayImage) -> Option<GrayImage> {
    let threshold = ink::otsu_threshold(picture);
    if dark_of_edge(picture, threshold) < OF_EDGE {
        return None;
    }
    let ground = ground(picture, threshold);
    let area = ground.iter().filter(|is_ground| **is_ground).count();
    let share = area as f32 / ground.len().max(1) as f32;
    let width = picture.width() as usize;
    if !OF_PICTURE.contains(&share) || strokes(&ground, width) * PRINT > area {
        return None;
    }
    let paper = median_of_rest(picture, &ground);
    let mut light = picture.clone();
    for (level, is_ground) in light.iter_mut().zip(&ground) {
        if *is_ground {
            *level = paper;
        }
    }
    Some(light)
}

/// Which share of a picture's outermost pixels is as dark as the threshold.
fn dark_of_edge(picture: &GrayImage, threshold: u8) -> f32 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let edge = edge_of(width, height);
    let (mut dark, mut all) = (0usize, 0usize);
    for place in edge {
        all += 1;
        dark += usize::from(picture.as_raw()[place] <= threshold);
    }
    dark as f32 / all.max(1) as f32
}

/// The outermost pixels, those of corners more than once.
fn edge_of(width: usize, height: usize) -> impl Iterator<Item = usize> {
    let last_row = height.saturating_sub(1) * width;
    let rows = (0..width).flat_map(move |x| [x, last_row + x]);
    let columns = (0..height).flat_map(move |y| [y * width, y * width + width.saturating_sub(1)]);
    rows.chain(columns).filter(move |_| width > 0 && height > 0)
}

/// The dark pixels that are joined with the picture's edge by dark ones.
fn ground(picture: &GrayImage, threshold: u8) -> Vec<bool> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let levels = picture.as_raw();
    let mut ground = vec![false; levels.len()];
    let mut next: Vec<usize> = Vec::new();
    let mut reach = |place: usize, next: &mut Vec<usize>| {
        if !ground[place] && levels[place] <= threshold {
            ground[place] = true;
            next.push(place);
        }
    };
    edge_of(width, height).for_each(|place| reach(place, &mut next));
    while let Some(place) = next.pop() {
        let (x, y) = (place % width, place / width);
        if x > 0 {
            reach(place - 1, &mut next);
        }
        if x + 1 < width {
            reach(place + 1, &mut next);
        }
        if y > 0 {
            reach(place - width, &mut next);
        }
        if y + 1 < height {
            reach(place + width, &mut next);
        }
    }
    ground
}

/// Short runs of light pixels between ground on the same row.
fn strokes(ground: &[bool], width: usize) -> usize {
    let longest = (width as f32 * STROKE) as usize;
    let mut strokes = 0;
    for row in ground.chunks_exact(width.max(1)) {
        let mut last: Option<usize> = None;
        for (x, _) in row.iter().enumerate().filter(|(_, is_ground)| **is_ground) {
            let gap = last.map_or(0, |last| x - last - 1);
            strokes += usize::from((1..=longest).contains(&gap));
            last = Some(x);
        }
    }
    strokes
}

fn median_of_rest(picture: &GrayImage, ground: &[bool]) -> u8 {
    let mut rest: Vec<u8> = picture
        .as_raw()
        .iter()
        .zip(ground)
        .filter_map(|(level, is_ground)| (!is_ground).then_some(*level))
        .collect();
    let middle = rest.len() / 2;
    if rest.is_empty() { u8::MAX } else { *rest.select_nth_unstable(middle).1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// A sheet of gray paper with lighter print than the table below it, which the picture's edge cuts.
    fn on_table(heading: bool) -> GrayImage {
        GrayImage::from_fn(300, 400, |x, y| {
            let on_sheet = y < 300;
            let print = (x / 3) % 5 == 0 && (y / 8) % 3 == 0;
            Luma([match (on_sheet, print) {
                (true, true) => 105,
                (true, false) => 158,
                (false, true) if heading => 240,
                (false, _) => 10,
            }])
        })
    }

    /// As seen: not a word was read on a receipt whose print is lighter than the table.
    #[test]
    fn a_table_around_a_sheet_becomes_paper() {
        let picture = on_table(false);
        assert!(ink::otsu_threshold(&picture) < 105, "its print passes for paper");
        let picture = with_light_ground(&picture).unwrap();
        assert!((105..158).contains(&ink::otsu_threshold(&picture)));
        assert_eq!(picture.get_pixel(150, 390).0[0], 158);
        assert_eq!(picture.get_pixel(0, 1).0[0], 105, "print stays");
    }

    #[test]
    fn a_dark_heading_with_print_on_it_stays() {
        assert_eq!(with_light_ground(&on_table(true)), None);
    }

    #[test]
    fn pages_without_ground_stay() {
        let page = GrayImage::from_fn(200, 200, |x, y| {
            let print = (20..180).contains(&x) && (x / 3) % 5 == 0 && (y / 8) % 3 == 1;
            Luma([if print { 20 } else { 230 }])
        });
        for page in [page, GrayImage::new(0, 0), GrayImage::new(1, 1), GrayImage::new(60, 60)] {
            assert_eq!(with_light_ground(&page), None);
        }
    }
}
