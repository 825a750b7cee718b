//! A page's drawing instructions → its glyphs with their text and their places, and the areas that
//! pictures cover.
//!
//! A device of `hayro-interpret` that draws nothing. It runs before the renderer, so it is also the place
//! where a page that asks for more drawing than any real one is stopped.
//!
//! Boxes of glyphs are those of their ink, as in the
//! words that OCR reads, not the font's line height; glyphs without ink (the fonts of OCR layers have
//! none) get the usual part of their em.

use hayro_interpret::font::{Glyph, GlyphRun, PositionedGlyph, Type3Glyph};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint,
    SoftMask,
};
use std::collections::{HashMap, HashSet};

/// Glyph space has so many units to the em, whatever the font says.
const EM: f64 = 1000.0;
/// Ascent and descent, in ems, of glyphs without ink.
const ASCENT: f64 = 0.75;
const DESCENT: f64 = -0.2;
/// A glyph drawn again within one to two of these parts of its size makes it bold, and is not a second
/// letter. The narrowest letters advance by more than .15.
const OVERPRINT: f64 = 0.05;
/// Stands for a glyph whose meaning the file does not tell.
pub(super) const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// More drawing operations than this are no page but an attack: forms that draw forms that draw forms.
/// Detailed maps have some hundred thousand.
const MOST_OPERATIONS: u64 = 1_000_000;
/// The same for the dashes of one line, which the renderer makes one by one.
const MOST_DASHES: f64 = 1e6;

/// One glyph on the page, in pixels.
#[derive(Debug, Clone)]
pub(super) struct PlacedGlyph {
    /// Usually one character; a ligature has more, white space is one space.
    pub text: String,
    pub origin: Point,
    /// Where the next glyph would stand.
    pub end: Point,
    /// Unit vector of the writing direction.
    pub direction: Vec2,
    /// Length of an em across the writing direction.
    pub size: f64,
    pub ink: Rect,
    /// Drawn to be seen.
    pub visible: bool,
}

/// A picture on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    /// What is seen of it, in pixels of the page.
    pub area: Rect,
    /// Its own pixels on one pixel of the page, along a side.
    pub resolution: f64,
}

/// Thrown by the collector to leave the interpreter, which has no other way out.
pub(super) struct TooMuchDrawing;

/// What a page draws, as far as its text is concerned.
#[derive(Default)]
pub(super) struct Collector {
    /// In the order of the file.
    pub glyphs: Vec<PlacedGlyph>,
    pub pictures: Vec<Picture>,
    /// Drawing operations so far.
    pub operations: u64,
    /// The clip of each level, already cut to the level around it.
    clips: Vec<Rect>,
    ink_of: HashMap<u128, Option<Rect>>,
    drawn: HashSet<(String, [i64; 3])>,
}

impl Collector {
    /// Counts an operation that costs as much as `weight` ordinary ones.
    fn count(&mut self, weight: u64) {
        self.operations = self.operations.saturating_add(weight);
        if self.operations > MOST_OPERATIONS {
            std::panic::resume_unwind(Box::new(TooMuchDrawing));
        }
    }

    fn is_clipped(&self, place: Rect) -> bool {
        let center = place.center();
        self.clips.last().is_some_and(|clip| {
            center.x < clip.x0 || center.x > clip.x1 || center.y < clip.y0 || center.y > clip.y1
        })
    }

    /// Whether the same glyph stands at nearly the same place already.
    fn is_overprint(&mut self, glyph: &PlacedGlyph) -> bool {
        let cell = (glyph.size * OVERPRINT).max(1e-3);
        let (x, y) = ((glyph.origin.x / cell).round(), (glyph.origin.y / cell).round());
        let size = (glyph.size * 4.0).round();
        // The casts saturate; coordinates so far out are clipped anyway.
        let key = |dx: i64, dy: i64| {
            (
                glyph.text.clone(),
                [(x as i64).saturating_add(dx), (y as i64).saturating_add(dy), size as i64],
            )
        };
        let near = (-1..=1).any(|dx| (-1..=1).any(|dy| self.drawn.contains(&key(dx, dy))));
        self.drawn.insert(key(0, 0));
        near
    }

    /// The box of a glyph's ink in glyph space.
    fn ink<'a>(&mut self, glyph: &Glyph<'a>, paint: &Paint<'a>) -> Option<Rect> {
        match glyph {
            Glyph::Outline(outline) => {
                *self.ink_of.entry(outline.identifier().cache_key()).or_insert_with(|| {
                    let path = outline.outline();
                    path.segments().next().map(|_| path.bounding_box())
                })
            }
            Glyph::Type3(drawing) => {
                let key = drawing.cache_key();
                *self.ink_of.entry(key).or_insert_with(|| ink_of_drawing(drawing, paint))
            }
        }
    }

    /// `advance` is in glyph space, which `transform` takes to the page.
    fn place<'a>(
        &mut self,
        glyph: &Glyph<'a>,
        transform: Affine,
        advance: f64,
        props: &DrawProps<'a>,
        visible: bool,
    ) {
        let [along_x, along_y, across_x, across_y, ..] = transform.as_coeffs();
        let along = Vec2::new(along_x, along_y);
        let size = Vec2::new(across_x, across_y).hypot() * EM;
        let text = text_of(glyph);
        if along.hypot() < 1e-9 || !size.is_finite() || size < 1e-6 || text.is_empty() {
            return;
        }
        let direction = along.normalize();
        let origin = transform * Point::ORIGIN;
        let end = transform * Point::new(advance, 0.0);
        let space = text == " ";
        let ink = if space { None } else { self.ink(glyph, &props.paint) };
        let ink = ink.unwrap_or(Rect::new(0.0, DESCENT * EM, advance, ASCENT * EM));
        let ink = transform.transform_rect_bbox(ink);
        let placed = PlacedGlyph { text, origin, end, direction, size, ink, visible };
        if ink.is_finite() && !self.is_clipped(ink) && (space || !self.is_overprint(&placed)) {
            self.glyphs.push(placed);
        }
    }
}

impl<'a> Device<'a> for Collector {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.count(run.glyphs().len() as u64);
        let visible = !matches!(mode, DrawMode::Invisible);
        let scale = advance_scale(run);
        for glyph in run.glyphs() {
            let length = unit_length(glyph.transform());
            let shrink = scale.filter(|_| length > 0.0).map_or(1.0, |scale| scale / length);
            let advance = shrink * advance_of(glyph);
            self.place(glyph, props.transform * glyph.transform(), advance, &props, visible);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count(1);
        let own = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        let placed = props.transform.transform_rect_bbox(own);
        let seen = self.clips.last().map_or(placed, |clip| placed.intersect(*clip));
        if placed.is_finite() && seen.area() > 0.0 {
            let resolution = (own.area() / placed.area()).sqrt();
            self.pictures.push(Picture { area: seen, resolution });
        }
    }

    fn push_clip_path(&mut self, clip_path: &ClipPath) {
        self.push_clip_rect(&clip_path.path.bounding_box());
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        let outer = self.clips.last().copied();
        self.clips.push(outer.map_or(*rect, |outer| outer.intersect(*rect)));
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, mode: &DrawMode) {
        let dashes = match mode {
            DrawMode::Stroke(stroke) | DrawMode::FillAndStroke(_, stroke) => {
                dashes(path, &stroke.dash_array)
            }
            DrawMode::Fill(_) | DrawMode::Invisible => 0.0,
        };
        self.count(if dashes > MOST_DASHES { u64::MAX } else { 1 });
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_transparency_group(&mut self) {}
}

/// About how many dashes a line is drawn with.
fn dashes(path: &BezPath, pattern: &[f32]) -> f64 {
    let period: f64 = pattern.iter().map(|&length| f64::from(length.abs())).sum();
    if period == 0.0 {
        return 0.0;
    }
    path.perimeter(1.0) / period
}

/// Length of the unit of the writing direction.
fn unit_length(transform: Affine) -> f64 {
    let [x, y, ..] = transform.as_coeffs();
    Vec2::new(x, y).hypot()
}

/// Width of the glyph in units of 1/1000 em, as the PDF declares it.
fn advance_of(glyph: &Glyph<'_>) -> f64 {
    let advance = match glyph {
        Glyph::Outline(outline) => outline.advance_width(),
        Glyph::Type3(drawing) => drawing.advance_width(),
    };
    advance.map_or(EM / 2.0, f64::from)
}

/// Length of one unit of advance in the run's space, where it can't be taken from the glyphs' own
/// transforms: a font that is not in the file is replaced, and each glyph stretched to the width that
/// the PDF declares, so its transform measures the replacement. The origins of the glyphs then tell.
fn advance_scale(run: &GlyphRun<'_, '_>) -> Option<f64> {
    let glyphs = run.glyphs();
    let first = unit_length(glyphs.first()?.transform());
    let differs =
        |glyph: &PositionedGlyph<'_>| (unit_length(glyph.transform()) - first).abs() > 1e-3 * first;
    let stretched = glyphs.iter().any(differs);
    if !stretched {
        return None;
    }
    let mut scales: Vec<f64> = glyphs
        .windows(2)
        .filter_map(|pair| {
            let step = pair[1].transform() * Point::ORIGIN - pair[0].transform() * Point::ORIGIN;
            let advance = advance_of(&pair[0]);
            (advance > 0.0).then(|| step.hypot() / advance)
        })
        .collect();
    scales.sort_by(f64::total_cmp);
    scales.get(scales.len() / 2).copied()
}

/// The text of a glyph: white space as one space, ligatures spelt out, nothing for marks that only
/// steer the setting.
fn text_of(glyph: &Glyph<'_>) -> String {
    let text = match glyph.as_unicode() {
        Some(BfString::Char(character)) => character.to_string(),
        Some(BfString::String(text)) => text,
        None => return UNKNOWN.to_string(),
    };
    if !text.is_empty() && text.chars().all(char::is_whitespace) {
        return " ".to_string();
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{fb00}' => plain.push_str("ff"),
            '\u{fb01}' => plain.push_str("fi"),
            '\u{fb02}' => plain.push_str("fl"),
            '\u{fb03}' => plain.push_str("ffi"),
            '\u{fb04}' => plain.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => plain.push_str("st"),
            // A soft hyphen that is drawn is a hyphen.
            '\u{ad}' => plain.push('-'),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => {}
            _ if character.is_whitespace() => {}
            _ if character.is_control() => plain.push(UNKNOWN),
            _ => plain.push(character),
        }
    }
    plain
}

/// What a glyph made of drawing instructions (Type 3) covers, in glyph space.
fn ink_of_drawing<'a>(glyph: &Type3Glyph<'a>, paint: &Paint<'a>) -> Option<Rect> {
    let mut extent = Extent::default();
    glyph.interpret(&mut extent, Affine::IDENTITY, Affine::IDENTITY, paint);
    extent.0
}

/// The box around everything that is drawn.
#[derive(Default)]
struct Extent(Option<Rect>);

impl Extent {
    fn add(&mut self, area: Rect) {
        if area.is_finite() {
            self.0 = Some(self.0.map_or(area, |extent| extent.union(area)));
        }
    }
}

impl<'a> Device<'a> for Extent {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        self.add(props.transform.transform_rect_bbox(path.bounding_box()));
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let area = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        self.add(props.transform.transform_rect_bbox(area));
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
