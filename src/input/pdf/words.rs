//! Glyphs of a page → words with boxes, lines and blocks.
//!
//! A word ends at white space, and where the next glyph does not stand at the end of the last one:
//! many files place words without any space between them. Words are first built in the order of the
//! file, which keeps overlapping texts apart, and only then put into reading order. Accents that are
//! set as glyphs of their own over a letter (TeX does so) are joined with it, and rows of dots that
//! lead the eye from a label to its value are words of their own.

use super::glyphs::PlacedGlyph;
use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use crate::input::reading_order::{self, Place};
use hayro_interpret::kurbo::{Point, Rect, Vec2};
use unicode_normalization_alignments::UnicodeNormalization;

/// A gap of more ems ends a word. Letters are set closer, spaces are at least .2 wide.
const WORD_GAP: f64 = 0.15;
/// Going back by more ems begins a new word; kerning goes back by less.
const BACK_STEP: f64 = 0.5;
/// A baseline further away, in ems, is another word: super- and subscripts.
const BASELINE_STEP: f64 = 0.25;
/// Types of one word differ in size by at most this factor (small capitals).
const SIZE_FACTOR: f64 = 1.6;

/// So many of these characters in a row are leaders.
const LEADERS: [char; 4] = ['.', '_', '·', '…'];
const LEADER_RUN: usize = 4;

/// The glyphs of one word.
struct Draft<'a> {
    glyphs: Vec<&'a PlacedGlyph>,
}

impl<'a> Draft<'a> {
    fn begin(glyph: &'a PlacedGlyph) -> Self {
        Self { glyphs: vec![glyph] }
    }

    fn continues_with(&self, glyph: &PlacedGlyph) -> bool {
        let Some(last) = self.glyphs.last() else { return true };
        let step = glyph.origin - last.end;
        let size = last.size.max(glyph.size);
        let along = step.dot(last.direction);
        let across = step.cross(last.direction).abs();
        last.direction.dot(glyph.direction) > 0.99
            && size <= SIZE_FACTOR * last.size.min(glyph.size)
            && across <= BASELINE_STEP * size
            && (-BACK_STEP * size..=WORD_GAP * size).contains(&along)
    }

    /// Leaders apart from what they join.
    fn without_leaders(self) -> Vec<Self> {
        let leader = |glyph: &PlacedGlyph| {
            let mut characters = glyph.text.chars();
            characters.next().filter(|first| LEADERS.contains(first) && characters.next().is_none())
        };
        let mut parts: Vec<Vec<&PlacedGlyph>> = Vec::new();
        // Whether the last part is leaders, which nothing joins.
        let mut after_leaders = true;
        // Runs of one leader character each, and single glyphs.
        for run in self.glyphs.chunk_by(|a, b| leader(a).is_some() && leader(a) == leader(b)) {
            let leaders = run.len() >= LEADER_RUN;
            match parts.last_mut() {
                Some(part) if !leaders && !after_leaders => part.extend(run),
                _ => parts.push(run.to_vec()),
            }
            after_leaders = leaders;
        }
        parts.into_iter().map(|glyphs| Self { glyphs }).collect()
    }

    fn text(&self) -> String {
        let text: String = self.glyphs.iter().map(|glyph| glyph.text.as_str()).collect();
        text.nfc().map(|(character, _)| character).collect()
    }

    fn ink(&self) -> Rect {
        let inks = self.glyphs.iter().map(|glyph| glyph.ink);
        inks.reduce(|all, ink| all.union(ink)).unwrap_or_default()
    }

    /// Quarter turns, clockwise, of the writing direction.
    fn quarter(&self) -> usize {
        let Vec2 { x, y } =
            self.glyphs.first().map_or(Vec2::new(1.0, 0.0), |first| first.direction);
        match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
            (true, true, _) => 0,
            (true, false, _) => 2,
            (false, _, true) => 1,
            (false, _, false) => 3,
        }
    }

    /// Where the word stands when its writing direction is turned to the right.
    fn place(&self) -> Place {
        let Rect { x0, y0, x1, y1 } = self.ink();
        let start = self.glyphs.first().map_or(Point::ORIGIN, |first| first.origin);
        let (left, top, right, bottom, baseline) = match self.quarter() {
            0 => (x0, y0, x1, y1, start.y),
            1 => (y0, -x1, y1, -x0, -start.x),
            2 => (-x1, -y1, -x0, -y0, -start.y),
            _ => (-y1, x0, -y0, x1, start.x),
        };
        let size = self.glyphs.iter().map(|glyph| glyph.size).fold(0.0, f64::max);
        Place { left, top, right, bottom, baseline, size }
    }
}

/// Words of the page in reading order; those that lie outside of it are left out.
pub(super) fn words(glyphs: &[&PlacedGlyph], page: PageSize) -> Vec<Word> {
    let glyphs = with_accents(glyphs);
    let mut groups: [Vec<Draft<'_>>; 4] = Default::default();
    for draft in drafts(&glyphs).into_iter().flat_map(Draft::without_leaders) {
        let center = draft.ink().center();
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
                text: draft.text(),
                bbox: pixels(draft.ink()).clamp_to(page),
                confidence: 1.0,
                line: lines + rank.line,
                block: blocks + rank.block,
            }
        }));
    }
    words
}

/// Words in the order of the file.
fn drafts(glyphs: &[PlacedGlyph]) -> Vec<Draft<'_>> {
    let mut drafts = Vec::new();
    let mut current: Option<Draft<'_>> = None;
    for glyph in glyphs {
        match &mut current {
            _ if glyph.text == " " => drafts.extend(current.take()),
            Some(draft) if draft.continues_with(glyph) => draft.glyphs.push(glyph),
            _ => drafts.extend(current.replace(Draft::begin(glyph))),
        }
    }
    drafts.extend(current);
    drafts
}

/// The glyphs, accents joined with the letter that they stand over or under.
fn with_accents(glyphs: &[&PlacedGlyph]) -> Vec<PlacedGlyph> {
    let mut joined: Vec<PlacedGlyph> = Vec::with_capacity(glyphs.len());
    let mut waiting: Option<(char, &PlacedGlyph)> = None;
    for &glyph in glyphs {
        if let Some((accent, mark)) = waiting.take() {
            if stands_on(mark, glyph) {
                joined.push(accented(glyph, accent, mark));
                continue;
            }
            joined.push(mark.clone());
        }
        match combining(&glyph.text) {
            None => joined.push(glyph.clone()),
            Some(accent) => match joined.last_mut() {
                Some(letter) if stands_on(glyph, letter) => {
                    *letter = accented(letter, accent, glyph);
                }
                _ => waiting = Some((accent, glyph)),
            },
        }
    }
    joined.extend(waiting.map(|(_, mark)| mark.clone()));
    joined
}

/// Whether the middle of an accent lies within the width of a letter of the same line.
fn stands_on(mark: &PlacedGlyph, letter: &PlacedGlyph) -> bool {
    let middle = mark.ink.center();
    let (mut start, mut end) = (letter.ink.x0, letter.ink.x1);
    let mut position = middle.x;
    if letter.direction.x.abs() < letter.direction.y.abs() {
        (start, end, position) = (letter.ink.y0, letter.ink.y1, middle.y);
    }
    let distance = (mark.origin - letter.origin).hypot();
    letter.text.chars().all(char::is_alphabetic)
        && (start..=end).contains(&position)
        && distance <= letter.size
}

fn accented(letter: &PlacedGlyph, accent: char, mark: &PlacedGlyph) -> PlacedGlyph {
    let text = format!("{}{accent}", letter.text);
    PlacedGlyph { text, ink: letter.ink.union(mark.ink), ..letter.clone() }
}

/// The combining form of a glyph that is an accent.
fn combining(text: &str) -> Option<char> {
    Some(match text {
        "`" => '\u{300}',
        "\u{b4}" => '\u{301}',
        "^" | "\u{2c6}" => '\u{302}',
        "~" | "\u{2dc}" => '\u{303}',
        "\u{af}" => '\u{304}',
        "\u{2d8}" => '\u{306}',
        "\u{2d9}" => '\u{307}',
        "\u{a8}" => '\u{308}',
        "\u{2da}" | "\u{b0}" => '\u{30a}',
        "\u{2dd}" => '\u{30b}',
        "\u{2c7}" => '\u{30c}',
        "\u{b8}" => '\u{327}',
        "\u{2db}" => '\u{328}',
        _ => return None,
    })
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
