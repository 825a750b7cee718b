//! Glyphs of a page → words with boxes, lines and blocks.
//!
//! A word ends at white space, and where the next glyph does not stand at the end of the last one:
//! many files place words without any space between them. Words are first built in the order of the
//! file, which keeps overlapping texts apart, and only then put into reading order.

use super::glyphs::PlacedGlyph;
use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use crate::input::reading_order::{self, Place};
use hayro_interpret::kurbo::{Point, Rect, Vec2};

/// A gap of more ems ends a word. Letters are set closer, spaces are at least .2 wide.
const WORD_GAP: f64 = 0.15;
/// Going back by more ems begins a new word; kerning goes back by less.
const BACK_STEP: f64 = 0.5;
/// A baseline further away, in ems, is another word: super- and subscripts.
const BASELINE_STEP: f64 = 0.25;
/// Types of one word differ in size by at most this factor (small capitals).
const SIZE_FACTOR: f64 = 1.6;

/// A word being built.
#[derive(Debug, Clone)]
struct Draft {
    text: String,
    ink: Rect,
    /// Origin of the first glyph.
    start: Point,
    /// End of the last glyph.
    end: Point,
    direction: Vec2,
    size: f64,
}

impl Draft {
    fn begin(glyph: &PlacedGlyph) -> Self {
        Self {
            text: glyph.text.clone(),
            ink: glyph.ink,
            start: glyph.origin,
            end: glyph.end,
            direction: glyph.direction,
            size: glyph.size,
        }
    }

    fn continues_with(&self, glyph: &PlacedGlyph) -> bool {
        let step = glyph.origin - self.end;
        let size = self.size.max(glyph.size);
        let along = step.dot(self.direction);
        let across = step.cross(self.direction).abs();
        self.direction.dot(glyph.direction) > 0.99
            && size <= SIZE_FACTOR * self.size.min(glyph.size)
            && across <= BASELINE_STEP * size
            && (-BACK_STEP * size..=WORD_GAP * size).contains(&along)
    }

    fn append(&mut self, glyph: &PlacedGlyph) {
        self.text.push_str(&glyph.text);
        self.ink = self.ink.union(glyph.ink);
        self.end = glyph.end;
        self.size = self.size.max(glyph.size);
    }

    /// Quarter turns, clockwise, of the writing direction.
    fn quarter(&self) -> usize {
        let Vec2 { x, y } = self.direction;
        match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
            (true, true, _) => 0,
            (true, false, _) => 2,
            (false, _, true) => 1,
            (false, _, false) => 3,
        }
    }

    /// Where the word stands when its writing direction is turned to the right.
    fn place(&self) -> Place {
        let Rect { x0, y0, x1, y1 } = self.ink;
        let (left, top, right, bottom, baseline) = match self.quarter() {
            0 => (x0, y0, x1, y1, self.start.y),
            1 => (y0, -x1, y1, -x0, -self.start.x),
            2 => (-x1, -y1, -x0, -y0, -self.start.y),
            _ => (-y1, x0, -y0, x1, self.start.x),
        };
        Place { left, top, right, bottom, baseline, size: self.size }
    }
}

/// Words of the page in reading order; those that lie outside of it are left out.
pub(super) fn words(glyphs: &[&PlacedGlyph], page: PageSize) -> Vec<Word> {
    let drafts = drafts(glyphs);
    let mut groups: [Vec<Draft>; 4] = Default::default();
    for draft in drafts {
        let center = draft.ink.center();
        let on_page = (0.0..f64::from(page.width)).contains(&center.x)
            && (0.0..f64::from(page.height)).contains(&center.y);
        if on_page {
            groups[draft.quarter()].push(draft);
        }
    }
    // The page's own direction first, stray turned text (margins, stamps) after it.
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut words: Vec<Word> = Vec::new();
    for group in groups {
        let (lines, blocks) = words.last().map_or((0, 0), |last| (last.line + 1, last.block + 1));
        let places: Vec<Place> = group.iter().map(Draft::place).collect();
        words.extend(reading_order::order(&places).into_iter().map(|rank| {
            let draft = &group[rank.word];
            Word {
                text: draft.text.clone(),
                bbox: pixels(draft.ink).clamp_to(page),
                confidence: 1.0,
                line: lines + rank.line,
                block: blocks + rank.block,
            }
        }));
    }
    words
}

/// Words in the order of the file.
fn drafts(glyphs: &[&PlacedGlyph]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut current: Option<Draft> = None;
    for glyph in glyphs {
        match &mut current {
            _ if glyph.text == " " => drafts.extend(current.take()),
            Some(draft) if draft.continues_with(glyph) => draft.append(glyph),
            _ => drafts.extend(current.replace(Draft::begin(glyph))),
        }
    }
    drafts.extend(current);
    drafts
}

/// Every pixel that the ink touches.
fn pixels(ink: Rect) -> PixelBox {
    // The casts saturate, and the box is cut to the page.
    PixelBox::new(
        ink.x0.floor() as i64,
        ink.y0.floor() as i64,
        ink.x1.ceil() as i64,
        ink.y1.ceil() as i64,
    )
}
