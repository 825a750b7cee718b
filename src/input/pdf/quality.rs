//! Whether a page's text layer can be trusted, or the picture must be read.
//!
//! Layers that are refused: text that is not drawn (left by some other OCR, of unknown quality), text
//! whose encoding is broken, and text that tells only a part of what is seen, such as the stamp that a
//! fax machine put on a scan. Words that are drawn but can't be seen, white on white or under a
//! rectangle, are left out one by one.

use super::glyphs::{Picture, PlacedGlyph, UNKNOWN};
use crate::document::Word;
use crate::geometry::PageSize;
use image::RgbImage;

/// More of the characters without meaning than this: the encoding is broken.
const MOST_UNKNOWN: f64 = 0.1;
/// Fewer letters and digits among the characters than this: it is no text.
const FEWEST_LETTERS: f64 = 0.5;
/// How often letters are, of a hundred: the most that any of a dozen European languages has of each.
/// Their sum is more than a hundred.
const FREQUENCIES: [f64; 26] = [
    12.5, 2.8, 5.5, 6.0, 17.5, 2.2, 3.5, 6.0, 11.0, 2.5, 5.5, 6.5, 4.7, 10.0, 10.0, 4.0, 1.3, 7.5,
    8.0, 9.0, 7.0, 3.0, 4.5, 0.4, 3.5, 5.5,
];
/// Bits a Latin letter takes in a code made for these frequencies, at most. Languages from Basque to
/// Welsh take 4.2 to 4.6, single pages of forms and receipts up to 4.7; shuffled letters take about 5.
const MOST_BITS: f64 = 4.8;
/// Letters with accents among Latin ones: more are another encoding's.
const MOST_ACCENTED: f64 = 0.4;
/// So many letters are needed for these judgements.
const LETTERS_TO_JUDGE: usize = 100;
/// Gray levels by which a word differs from what is around it, at least.
const FAINTEST: u8 = 8;
/// A page whose pictures cover this much of it may be a scan.
const SCAN_COVER: f64 = 0.5;
/// A picture that covers less of the page than this says nothing of the page's resolution.
const LARGE_PICTURE: f64 = 0.1;
/// Cells of ink outside of all words, as a multiple of those inside, that a scan with a true text
/// layer does not have.
const MOST_UNTOLD: f64 = 1.0;
/// The page is judged on a grid of so many cells across.
const GRID: u32 = 200;
/// Darker than this, of 255, is ink.
const INK: u8 = 128;

/// Whether the characters look like a language.
pub(super) fn is_text(glyphs: &[&PlacedGlyph]) -> bool {
    let (mut all, mut unknown, mut letters) = (0usize, 0usize, 0usize);
    let mut latin = Latin::default();
    for character in glyphs.iter().flat_map(|glyph| glyph.text.chars()) {
        // Rules and leaders made of characters are no sign of anything.
        if " ._-–—=*|·•…".contains(character) {
            continue;
        }
        all += 1;
        unknown += usize::from(is_meaningless(character));
        letters += usize::from(character.is_alphanumeric());
        latin.count(character);
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    all > 0
        && share(unknown, all) <= MOST_UNKNOWN
        && share(letters, all) >= FEWEST_LETTERS
        && latin.is_language()
}

/// What Latin letters there are.
#[derive(Default)]
struct Latin {
    plain: [usize; 26],
    accented: usize,
}

impl Latin {
    fn count(&mut self, character: char) {
        match character.to_ascii_lowercase() {
            letter @ 'a'..='z' => self.plain[usize::from(letter as u8 - b'a')] += 1,
            'À'..='ɏ' => self.accented += 1,
            _ => {}
        }
    }

    /// Whether the letters are as frequent as a language has them. Few letters say nothing.
    fn is_language(&self) -> bool {
        let plain: usize = self.plain.iter().sum();
        let all = plain + self.accented;
        let sum: f64 = FREQUENCIES.iter().sum();
        let bits = |(count, often): (&usize, &f64)| *count as f64 * (sum / often).log2();
        let bits = self.plain.iter().zip(&FREQUENCIES).map(bits).sum::<f64>() / plain.max(1) as f64;
        all < LETTERS_TO_JUDGE
            || (self.accented as f64 <= MOST_ACCENTED * all as f64
                && (plain < LETTERS_TO_JUDGE || bits <= MOST_BITS))
    }
}

/// Whether anything is to be seen at a word's place: not if it is as white as its paper, or lies under a
/// rectangle. Looked at with a margin, because the box of a dash is all ink.
pub(super) fn is_seen(word: &Word, image: &RgbImage) -> bool {
    const MARGIN: u32 = 2;
    let columns = word.bbox.left().saturating_sub(MARGIN)
        ..word.bbox.right().saturating_add(MARGIN).min(image.width());
    let rows = word.bbox.top().saturating_sub(MARGIN)
        ..word.bbox.bottom().saturating_add(MARGIN).min(image.height());
    let (mut darkest, mut brightest) = ([u8::MAX; 3], [0u8; 3]);
    for pixel in rows.flat_map(|y| columns.clone().map(move |x| image.get_pixel(x, y))) {
        for (channel, level) in pixel.0.into_iter().enumerate() {
            darkest[channel] = darkest[channel].min(level);
            brightest[channel] = brightest[channel].max(level);
            if brightest[channel] - darkest[channel] >= FAINTEST {
                return true;
            }
        }
    }
    false
}

fn is_meaningless(character: char) -> bool {
    character == UNKNOWN || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

/// Whether pictures cover so much of the page that it may be a scan.
pub(super) fn may_be_scan(pictures: &[Picture], page: PageSize) -> bool {
    let grid = Grid::over(page);
    let pictured = grid.pictured(pictures);
    let covered = pictured.iter().filter(|&&cell| cell).count();
    covered > 0 && covered as f64 >= SCAN_COVER * pictured.len() as f64
}

/// Pixels of the finest of the large pictures on one pixel of the page. Scans are often a coarse
/// background under a fine mask of the text.
pub(super) fn scan_resolution(pictures: &[Picture], page: PageSize) -> f64 {
    let page = f64::from(page.width) * f64::from(page.height);
    pictures
        .iter()
        .filter(|picture| picture.area.area() >= LARGE_PICTURE * page)
        .map(|picture| picture.resolution)
        .fold(0.0, f64::max)
}

/// Whether the words explain the ink that is seen in the pictures.
pub(super) fn tells_all(pictures: &[Picture], words: &[Word], image: &RgbImage) -> bool {
    let grid = Grid::over(PageSize::new(image.width(), image.height()));
    let pictured = grid.pictured(pictures);
    let mut told = vec![false; grid.len()];
    for word in words {
        let margin = f64::from(grid.side);
        grid.mark(
            &mut told,
            f64::from(word.bbox.left()) - margin,
            f64::from(word.bbox.top()) - margin,
            f64::from(word.bbox.right()) + margin,
            f64::from(word.bbox.bottom()) + margin,
        );
    }
    let inked = grid.inked(image);
    let count = |wanted: bool| {
        let cells = inked.iter().zip(&pictured).zip(&told);
        cells.filter(|((ink, pictured), told)| **ink && **pictured && **told == wanted).count()
    };
    count(false) as f64 <= MOST_UNTOLD * count(true) as f64
}

/// Square cells over the page.
#[derive(Debug, Clone, Copy)]
struct Grid {
    /// Of a cell, in pixels.
    side: u32,
    columns: u32,
    rows: u32,
}

impl Grid {
    fn over(page: PageSize) -> Self {
        let side = page.width.div_ceil(GRID).max(1);
        Self { side, columns: page.width.div_ceil(side), rows: page.height.div_ceil(side) }
    }

    /// Cells that a picture touches.
    fn pictured(self, pictures: &[Picture]) -> Vec<bool> {
        let mut cells = vec![false; self.len()];
        for Picture { area, .. } in pictures {
            self.mark(&mut cells, area.x0, area.y0, area.x1, area.y1);
        }
        cells
    }

    fn len(self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// Marks the cells that an area in pixels touches.
    fn mark(self, cells: &mut [bool], x0: f64, y0: f64, x1: f64, y1: f64) {
        let side = f64::from(self.side);
        // The casts saturate at 0; the ends are cut to the grid.
        let first = |v: f64| (v / side).floor() as u32;
        let after = |v: f64, most: u32| ((v / side).ceil() as u32).min(most);
        for row in first(y0)..after(y1, self.rows) {
            let start = (row * self.columns) as usize;
            let columns = first(x0)..after(x1, self.columns);
            for column in columns {
                cells[start + column as usize] = true;
            }
        }
    }

    /// Cells with a dark pixel.
    fn inked(self, image: &RgbImage) -> Vec<bool> {
        let mut cells = vec![false; self.len()];
        for (x, y, pixel) in image.enumerate_pixels() {
            if pixel.0[1] < INK {
                cells[(y / self.side * self.columns + x / self.side) as usize] = true;
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use hayro_interpret::kurbo::{Point, Rect, Vec2};
    use image::Rgb;

    fn sounds(text: &str) -> bool {
        let glyphs: Vec<PlacedGlyph> = text
            .chars()
            .map(|character| PlacedGlyph {
                text: character.to_string(),
                origin: Point::ORIGIN,
                end: Point::ORIGIN,
                direction: Vec2::new(1.0, 0.0),
                size: 10.0,
                ink: Rect::ZERO,
                visible: true,
            })
            .collect();
        is_text(&glyphs.iter().collect::<Vec<_>>())
    }

    #[test]
    fn languages_and_codes_are_text() {
        for text in [
            "Invoice No. 17/2020, total 1,234.50",
            "Rechnung für Müller & Söhne: 17,00 €",
            "WXYZ-TV 1A2B3C 11:30p 30s",
            "合計 1,234円",
            "________________ Sign here ________________",
            "Итого 12 500,00 руб.",
        ] {
            assert!(sounds(text), "{text}");
        }
    }

    #[test]
    fn broken_encodings_are_no_text() {
        // Glyph numbers taken for characters: `a` becomes `D`, and so on.
        let text = "the total of this invoice is due within thirty days of the date ".repeat(3);
        let changed = |change: fn(u8) -> u32| -> String {
            let letters = text.bytes().filter(|&byte| byte != b' ');
            letters.filter_map(|byte| char::from_u32(change(byte))).collect()
        };
        assert!(sounds(&text));
        let shifted = changed(|byte| u32::from(byte) - 29);
        let turned = changed(|byte| u32::from(b'a' + (byte - b'a' + 13) % 26));
        let high = changed(|byte| u32::from(byte) + 128);
        for text in ["", "\u{fffd}nvo\u{fffd}ce", "\u{e001}\u{e002}\u{e003}", "#$%&/()!\"?+~"]
            .into_iter()
            .chain([&shifted, &turned, &high].map(String::as_str))
        {
            assert!(!sounds(text), "{text}");
        }
    }

    #[test]
    fn words_of_the_colour_of_their_paper_are_not_seen() {
        let mut image = RgbImage::from_pixel(100, 60, Rgb([250, 240, 230]));
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            // A dash: its box is all ink.
            if (10..30).contains(&x) && (10..13).contains(&y) {
                *pixel = Rgb([250, 200, 230]);
            }
        }
        assert!(is_seen(&word(PixelBox::new(10, 10, 30, 13)), &image));
        assert!(!is_seen(&word(PixelBox::new(40, 10, 60, 20)), &image));
        assert!(!is_seen(&word(PixelBox::new(90, 50, 400, 300)), &image));
    }

    fn word(bbox: PixelBox) -> Word {
        Word { text: "x".into(), bbox, confidence: 1.0, line: 0, block: 0 }
    }

    #[test]
    fn a_stamp_does_not_speak_for_the_scan_under_it() {
        let mut image = RgbImage::from_pixel(400, 400, Rgb([255; 3]));
        for y in (20..380).step_by(20) {
            for x in 20..380 {
                image.put_pixel(x, y, Rgb([0; 3]));
            }
        }
        let scan = [Picture { area: Rect::new(0.0, 0.0, 400.0, 400.0), resolution: 1.0 }];
        let stamp = [word(PixelBox::new(20, 15, 380, 25))];
        let all: Vec<Word> =
            (20..380).step_by(20).map(|y| word(PixelBox::new(20, y - 5, 380, y + 5))).collect();
        assert!(!tells_all(&scan, &stamp, &image));
        assert!(tells_all(&scan, &all, &image));
        // Without a picture, lines are lines.
        assert!(tells_all(&[], &stamp, &image));
        let page = PageSize::new(400, 400);
        assert!(may_be_scan(&scan, page) && !may_be_scan(&[], page));
    }
}
