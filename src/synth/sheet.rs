//! A page being laid out: words and shapes in points (1/72 inch), y downward, nothing painted yet.
//!
//! Layout knows fonts only by their advances; [`super::paint`] turns the list into pixels at any
//! resolution, so that one layout serves training pictures and printed files alike.

use super::font::{FaceId, FontBook};
use super::mark::{EntityId, Field, Mark, Part, Span};

pub type Color = [u8; 3];
pub const BLACK: Color = [0, 0, 0];

/// How text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub regular: FaceId,
    pub bold: FaceId,
    /// Size of the em in points.
    pub size: f32,
    pub color: Color,
    /// Line height in em.
    pub leading: f32,
    /// Horizontal stretch: receipt printers set totals twice as wide.
    pub stretch: f32,
    /// Sets everything in the bold face.
    pub heavy: bool,
}

impl Style {
    pub fn sized(self, factor: f32) -> Self {
        Self { size: self.size * factor, ..self }
    }
    pub fn heavy(self, heavy: bool) -> Self {
        Self { heavy, ..self }
    }
    pub fn colored(self, color: Color) -> Self {
        Self { color, ..self }
    }
    /// Height of a line in points.
    pub fn line(self) -> f32 {
        self.size * self.leading
    }
    fn face(self, bold: bool) -> FaceId {
        if bold || self.heavy { self.bold } else { self.regular }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// A word where it stands.
#[derive(Debug, Clone)]
pub struct PlacedWord {
    pub text: String,
    pub mark: Mark,
    pub x: f32,
    pub baseline: f32,
    pub width: f32,
    pub face: FaceId,
    pub size: f32,
    pub stretch: f32,
    pub color: Color,
    pub line: u32,
    pub block: u32,
}

/// Ink that isn't text.
#[derive(Debug, Clone)]
pub enum Shape {
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        color: Color,
    },
    /// A level or upright stroke; `dash` is the length of dashes and gaps, 0 for a solid one.
    Stroke {
        x0: f32,
        y0: f32,
        x1: f32,
        y1: f32,
        weight: f32,
        color: Color,
        dash: f32,
    },
    Disc {
        x: f32,
        y: f32,
        radius: f32,
        hole: f32,
        color: Color,
    },
    /// A scribble through these points.
    Curve {
        points: Vec<(f32, f32)>,
        weight: f32,
        color: Color,
    },
}

/// The page so far.
pub struct Sheet<'f> {
    fonts: &'f FontBook,
    pub width: f32,
    pub height: f32,
    /// Painted first, below the words.
    pub shapes: Vec<Shape>,
    /// Painted last: stamps, scribbles.
    pub overlays: Vec<Shape>,
    pub words: Vec<PlacedWord>,
    /// Question → answer, by entity.
    pub links: Vec<(EntityId, EntityId)>,
    entities: EntityId,
    block: u32,
    line: u32,
    last_baseline: f32,
}

impl<'f> Sheet<'f> {
    pub fn new(fonts: &'f FontBook, width: f32, height: f32) -> Self {
        Self {
            fonts,
            width,
            height,
            shapes: Vec::new(),
            overlays: Vec::new(),
            words: Vec::new(),
            links: Vec::new(),
            entities: 0,
            block: 0,
            line: 0,
            last_baseline: f32::NEG_INFINITY,
        }
    }

    /// A number for a new entity.
    pub fn entity(&mut self) -> EntityId {
        self.entities += 1;
        self.entities
    }

    /// A span that is a new entity of this field.
    pub fn field(&mut self, field: Field, text: impl Into<String>) -> Span {
        let id = self.entity();
        Span::plain(text).field(field, id)
    }

    /// A span that is a new entity of this form part.
    pub fn part(&mut self, part: Part, text: impl Into<String>) -> Span {
        let id = self.entity();
        Span::plain(text).part(part, id)
    }

    /// Makes a key and its value question and answer, linked.
    pub fn pair(&mut self, key: Span, value: Span) -> (Span, Span) {
        let question = self.entity();
        let answer = self.entity();
        self.links.push((question, answer));
        (key.part(Part::Question, question), value.part(Part::Answer, answer))
    }

    /// What is placed next stands apart from what was placed before: another column or paragraph.
    pub fn begin_block(&mut self) {
        self.block += 1;
        self.last_baseline = f32::NEG_INFINITY;
    }

    /// Width of a line in points.
    pub fn width_of(&self, spans: &[Span], style: Style) -> f32 {
        let words = spans.iter().flat_map(|s| s.text.split_whitespace().map(move |w| (w, s.bold)));
        let mut width = 0.0;
        for (count, (word, bold)) in words.enumerate() {
            let gap = if count == 0 { 0.0 } else { self.space(style) };
            width += gap + self.word_width(word, bold, style);
        }
        width
    }

    fn space(&self, style: Style) -> f32 {
        self.fonts.face(style.regular).advance(' ') * style.size * style.stretch
    }

    fn word_width(&self, word: &str, bold: bool, style: Style) -> f32 {
        let face = self.fonts.face(style.face(bold));
        let em: f32 = word.chars().map(|c| face.advance(c)).sum();
        em * style.size * style.stretch
    }

    /// Sets one line whose top is at `top`; `x` is its left end, centre or right end. Gives the
    /// bottom of the line.
    pub fn line(&mut self, x: f32, top: f32, spans: &[Span], style: Style, align: Align) -> f32 {
        let left = match align {
            Align::Left => x,
            Align::Center => x - self.width_of(spans, style) / 2.0,
            Align::Right => x - self.width_of(spans, style),
        };
        let baseline = top + (style.leading - 1.0) * style.size / 2.0 + 0.8 * style.size;
        self.set(left, baseline, spans, style);
        top + style.line()
    }

    fn set(&mut self, left: f32, baseline: f32, spans: &[Span], style: Style) {
        if (baseline - self.last_baseline).abs() > 1.5 {
            self.line += 1;
            self.last_baseline = baseline;
        }
        let mut x = left;
        for span in spans {
            for text in span.text.split_whitespace() {
                let width = self.word_width(text, span.bold, style);
                self.words.push(PlacedWord {
                    text: text.to_string(),
                    mark: span.mark,
                    x,
                    baseline,
                    width,
                    face: style.face(span.bold),
                    size: style.size,
                    stretch: style.stretch,
                    color: style.color,
                    line: self.line,
                    block: self.block,
                });
                x += width + self.space(style);
            }
        }
    }

    /// Breaks spans into lines no wider than `width`.
    pub fn wrap(&self, spans: &[Span], width: f32, style: Style) -> Vec<Vec<Span>> {
        let mut lines: Vec<Vec<Span>> = Vec::new();
        let mut current: Vec<Span> = Vec::new();
        let mut used = 0.0;
        for span in spans {
            for text in span.text.split_whitespace() {
                let word = self.word_width(text, span.bold, style);
                let gap = if current.is_empty() { 0.0 } else { self.space(style) };
                if !current.is_empty() && used + gap + word > width {
                    lines.push(std::mem::take(&mut current));
                    used = 0.0;
                }
                used += if current.is_empty() { word } else { gap + word };
                current.push(Span { text: text.to_string(), ..span.clone() });
            }
        }
        if !current.is_empty() {
            lines.push(current);
        }
        lines
    }

    /// Sets spans as a paragraph; gives its bottom.
    pub fn paragraph(
        &mut self,
        (x, top): (f32, f32),
        width: f32,
        spans: &[Span],
        style: Style,
        align: Align,
    ) -> f32 {
        let anchor = match align {
            Align::Left => x,
            Align::Center => x + width / 2.0,
            Align::Right => x + width,
        };
        let mut y = top;
        for line in self.wrap(spans, width, style) {
            y = self.line(anchor, y, &line, style, align);
        }
        y
    }

    pub fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        self.shapes.push(Shape::Fill { x, y, width, height, color });
    }

    /// A level stroke.
    pub fn rule(&mut self, x0: f32, x1: f32, y: f32, weight: f32, color: Color) {
        self.shapes.push(Shape::Stroke { x0, y0: y, x1, y1: y, weight, color, dash: 0.0 });
    }

    /// An upright stroke.
    pub fn upright(&mut self, x: f32, y0: f32, y1: f32, weight: f32, color: Color) {
        self.shapes.push(Shape::Stroke { x0: x, y0, x1: x, y1, weight, color, dash: 0.0 });
    }

    pub fn frame(&mut self, x: f32, y: f32, width: f32, height: f32, weight: f32, color: Color) {
        self.rule(x, x + width, y, weight, color);
        self.rule(x, x + width, y + height, weight, color);
        self.upright(x, y, y + height, weight, color);
        self.upright(x + width, y, y + height, weight, color);
    }

    /// Moves everything placed since `words` and `shapes` counted so many.
    pub fn shift_since(&mut self, words: usize, shapes: usize, dx: f32, dy: f32) {
        for word in &mut self.words[words..] {
            word.x += dx;
            word.baseline += dy;
        }
        for shape in &mut self.shapes[shapes..] {
            shape.shift(dx, dy);
        }
    }
}

impl Shape {
    fn shift(&mut self, dx: f32, dy: f32) {
        match self {
            Shape::Fill { x, y, .. } | Shape::Disc { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
            Shape::Stroke { x0, y0, x1, y1, .. } => {
                *x0 += dx;
                *x1 += dx;
                *y0 += dy;
                *y1 += dy;
            }
            Shape::Curve { points, .. } => {
                for point in points {
                    point.0 += dx;
                    point.1 += dy;
                }
            }
        }
    }
}
