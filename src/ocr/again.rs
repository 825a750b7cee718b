//! What our reader doubts, shown to it in other ways: a little wider and narrower, wide print much narrower, boxes with more
//! than a line in them as rows. Whatever is read more surely counts.

use super::reread::Rereader;
use super::rows::{letters_in, rows_in};
use super::segment::Segment;
use super::upright::Upright;
use crate::error::Result;
use crate::geometry::PixelBox;
use crate::line_reader::Reading;

/// Letters whose median is wider than this share of their height are printed wide: totals of receipts are.
const WIDE: f32 = 0.9;
/// Wide print is shown this much narrower.
const NARROWER: f32 = 0.55;

/// What is doubtful is shown so many times as wide: letters that touch come apart, strokes that faded close.
const STRETCHES: [f32; 2] = [1.2, 0.85];

/// Reads doubtful pieces once more, in other proportions: those in which anything is legible, and much narrower those in wide
/// print.
///
/// # Errors
/// As reading lines.
pub fn read_in_other_proportions(
    page: &Upright,
    lead: &Rereader,
    pieces: &[Segment],
    readings: &mut [Reading],
) -> Result<()> {
    let legible = lead.options().lead.legible;
    let is_legible = |reading: &Reading, _: PixelBox| lead.may_be_right(reading, legible);
    for stretch in STRETCHES {
        read_again_at(stretch, page, lead, pieces, readings, is_legible)?;
    }
    read_again_at(NARROWER, page, lead, pieces, readings, |_, bbox| is_wide(bbox, page))
}

/// Reads doubtful pieces that are worth it once more, shown so many times as wide as they are.
fn read_again_at(
    stretch: f32,
    page: &Upright,
    lead: &Rereader,
    pieces: &[Segment],
    readings: &mut [Reading],
    is_worth_it: impl Fn(&Reading, PixelBox) -> bool,
) -> Result<()> {
    let is_asked =
        |&n: &usize| !lead.is_sure(&readings[n]) && is_worth_it(&readings[n], pieces[n].bbox);
    let asked: Vec<usize> = (0..pieces.len()).filter(is_asked).collect();
    let boxes: Vec<PixelBox> = asked.iter().map(|&n| pieces[n].bbox).collect();
    for (n, reading) in asked.into_iter().zip(lead.read_at(&page.picture, &boxes, stretch)?) {
        readings[n] = lead.options().settle.of_two_showings(&readings[n], &reading);
    }
    Ok(())
}

fn is_wide(line: PixelBox, page: &Upright) -> bool {
    let letters = letters_in(line, page).into_iter();
    let mut shapes: Vec<f32> =
        letters.map(|letter| letter.width() as f32 / letter.height().max(1) as f32).collect();
    shapes.sort_unstable_by(f32::total_cmp);
    shapes.get(shapes.len() / 2).is_some_and(|shape| *shape > WIDE)
}

/// The rows of letters in pieces that are drawn too high, where ours is surer of them than of the piece;
/// these pieces are taken out.
///
/// # Errors
/// As reading lines.
pub fn rows_read_better(
    page: &Upright,
    lead: &Rereader,
    pieces: &mut Vec<Segment>,
    readings: &mut Vec<Reading>,
) -> Result<Vec<Reading>> {
    // What is a piece already is not read twice.
    let is_new = |n: usize, row: PixelBox| {
        let mut others = pieces.iter().enumerate().filter(|(other, _)| *other != n);
        others.all(|(_, other)| 3 * other.bbox.intersection_area(row) <= row.area())
    };
    let rows: Vec<(usize, PixelBox)> = (0..pieces.len())
        .filter(|&n| !lead.is_sure(&readings[n]))
        .flat_map(|n| rows_in(pieces[n].bbox, page).into_iter().map(move |row| (n, row)))
        .filter(|(n, row)| is_new(*n, *row))
        .collect();
    let boxes: Vec<PixelBox> = rows.iter().map(|(_, row)| *row).collect();
    let mut read = lead.read(&page.picture, &boxes)?.into_iter();
    let mut better = Vec::new();
    let mut given_up = vec![false; pieces.len()];
    for of_piece in rows.chunk_by(|a, b| a.0 == b.0) {
        let piece = of_piece[0].0;
        let own: Vec<Reading> = read.by_ref().take(of_piece.len()).collect();
        if own.iter().map(Reading::sureness).sum::<f32>() > readings[piece].sureness() {
            given_up[piece] = true;
            better.extend(own);
        }
    }
    let mut place = 0..;
    pieces.retain(|_| place.next().is_some_and(|n: usize| !given_up[n]));
    let mut place = 0..;
    readings.retain(|_| place.next().is_some_and(|n: usize| !given_up[n]));
    Ok(better)
}
