//! Keys with values: the many ways in which documents set them.

use super::mark::{Part, Span};
use super::scribe::Scribe;
use super::sheet::{Align, Style};

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Pair {
    pub key: String,
    pub value: Vec<Span>,
}

impl Pair {
    pub fn new(key: impl Into<String>, value: Vec<Span>) -> Self {
        Self { key: key.into(), value }
    }
}

/// How a list of pairs is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairLayout {
    /// Keys in one column, values in the next.
    Columns,
    /// The same, values flush right.
    ColumnsRight,
    /// Keys flush right against the values.
    KeysRight,
    /// Key and value in one run of text.
    Inline,
    /// The same, flush right.
    InlineRight,
    /// Value below its key.
    Stacked,
    /// A row of cells, key above value, ruled or not.
    Cells,
    /// A two-column table with rules.
    Grid,
    /// Ruled boxes, one below the other: a small key in the upper corner, the value at the foot.
    Boxes,
}

impl PairLayout {
    /// Layouts for a block beside others, with their weights.
    pub const BLOCK: [(u32, PairLayout); 8] = [
        (6, PairLayout::Columns),
        (3, PairLayout::ColumnsRight),
        (1, PairLayout::KeysRight),
        (3, PairLayout::Inline),
        (2, PairLayout::InlineRight),
        (1, PairLayout::Stacked),
        (3, PairLayout::Grid),
        (2, PairLayout::Boxes),
    ];
}

impl Scribe<'_> {
    /// Sets the pairs into a block of this width; gives its bottom.
    pub fn pairs(
        &mut self,
        (x, top): (f32, f32),
        width: f32,
        pairs: Vec<Pair>,
        layout: PairLayout,
    ) -> f32 {
        self.sheet.begin_block();
        match layout {
            PairLayout::Cells => self.pair_cells((x, top), width, pairs),
            PairLayout::Grid => self.pair_grid((x, top), width, pairs),
            PairLayout::Stacked => self.pair_stack((x, top), width, pairs),
            PairLayout::Boxes => self.pair_boxes((x, top), width, pairs),
            PairLayout::Inline | PairLayout::InlineRight => {
                let align = if layout == PairLayout::Inline { Align::Left } else { Align::Right };
                self.pair_lines((x, top), width, pairs, align)
            }
            _ => self.pair_columns((x, top), width, pairs, layout),
        }
    }

    fn pair_columns(
        &mut self,
        (x, top): (f32, f32),
        width: f32,
        pairs: Vec<Pair>,
        layout: PairLayout,
    ) -> f32 {
        let style = self.body;
        let widest = pairs
            .iter()
            .map(|p| self.sheet.width_of(&[Span::plain(&p.key).bold(self.bold_keys)], style))
            .fold(0.0, f32::max);
        let split = x + widest + self.dice.real(5.0, 18.0);
        let room = (x + width - split).max(60.0);
        // Colons in a column of their own, as printed lists have them.
        let colons = layout == PairLayout::Columns && self.dice.chance(0.2);
        let mut y = top;
        for pair in pairs {
            let name = if colons { pair.key.trim_end_matches([':', ' ']) } else { &pair.key };
            let (key, mut value) = self.linked(name, pair.value);
            if colons {
                value.insert(0, Span::plain(":"));
            }
            let mut bottom = match layout {
                PairLayout::KeysRight => {
                    self.sheet.line(x + widest, y, &[key], style, Align::Right)
                }
                _ => self.sheet.line(x, y, &[key], style, Align::Left),
            };
            let align = if layout == PairLayout::ColumnsRight { Align::Right } else { Align::Left };
            bottom = bottom.max(self.sheet.paragraph((split, y), room, &value, style, align));
            y = bottom;
        }
        y
    }

    fn pair_lines(
        &mut self,
        (x, top): (f32, f32),
        width: f32,
        pairs: Vec<Pair>,
        align: Align,
    ) -> f32 {
        let style = self.body;
        let mut y = top;
        for pair in pairs {
            let (key, value) = self.linked(&pair.key, pair.value);
            let spans: Vec<Span> = std::iter::once(key).chain(value).collect();
            y = self.sheet.paragraph((x, y), width, &spans, style, align);
        }
        y
    }

    fn pair_stack(&mut self, (x, top): (f32, f32), width: f32, pairs: Vec<Pair>) -> f32 {
        let style = self.body;
        let small = style.sized(self.dice.pick(&[0.8, 0.9, 1.0]));
        let mut y = top;
        for pair in pairs {
            let (key, value) = self.linked(&pair.key, pair.value);
            y = self.sheet.line(x, y, &[key], small, Align::Left);
            y = self.sheet.paragraph((x, y), width, &value, style, Align::Left);
            y += style.size * 0.35;
        }
        y
    }

    fn pair_boxes(&mut self, (x, top): (f32, f32), width: f32, pairs: Vec<Pair>) -> f32 {
        let style = self.body;
        let small = style.sized(self.dice.pick(&[0.6, 0.65, 0.7])).heavy(false);
        let value_style = style.heavy(self.dice.chance(0.5));
        let height = style.line() + small.line() * self.dice.real(0.25, 1.0);
        let (pad, right) = (2.0, self.dice.chance(0.7));
        let mut y = top;
        for pair in pairs {
            let (key, value) = self.linked(&pair.key, pair.value);
            self.sheet.line(x + pad, y + 0.5, &[key], small, Align::Left);
            let wide = self.sheet.width_of(&value, value_style) > width * 0.55;
            let base = y + height - value_style.line();
            let at = if wide { y + small.line() } else { base };
            let align = if right { Align::Right } else { Align::Left };
            let left = x + if right || wide { pad } else { width * 0.4 };
            let room = x + width - pad - left;
            let bottom = self.sheet.paragraph((left, at), room, &value, value_style, align);
            let bottom = bottom.max(y + height) + 1.0;
            self.sheet.frame(x, y, width, bottom - y, 0.6, [60, 60, 60]);
            y = bottom;
        }
        y + 2.0
    }

    /// Key above value, side by side over the whole width; long lists take several rows.
    fn pair_cells(&mut self, (x, top): (f32, f32), width: f32, pairs: Vec<Pair>) -> f32 {
        let style = self.body;
        let small = style.sized(self.dice.pick(&[0.8, 0.9, 1.0]));
        let columns = pairs.len().min(self.dice.pick(&[3, 4, 5, 6])).max(1);
        let cell = width / columns as f32;
        let (ruled, filled) = (self.dice.chance(0.5), self.dice.chance(0.4));
        let align = self.dice.pick(&[Align::Left, Align::Left, Align::Center]);
        let pad = 4.0;
        let mut y = top;
        for row in pairs.chunks(columns) {
            let head = small.line() + 3.0;
            if filled {
                self.sheet.fill(x, y, cell * row.len() as f32, head, [228, 228, 228]);
            }
            let linked: Vec<_> = row.iter().map(|p| self.linked(&p.key, p.value.clone())).collect();
            for (index, (key, _)) in linked.iter().enumerate() {
                let anchor = cell_anchor(x + cell * index as f32, cell, pad, align);
                self.sheet.line(anchor, y + 1.5, std::slice::from_ref(key), small, align);
            }
            let mut bottom = y + head;
            for (index, (_, value)) in linked.iter().enumerate() {
                let left = x + cell * index as f32 + pad;
                let at = (left, y + head + 1.5);
                let end = self.sheet.paragraph(at, cell - 2.0 * pad, value, style, align);
                bottom = bottom.max(end + 2.0);
            }
            if ruled {
                for index in 0..row.len() {
                    let left = x + cell * index as f32;
                    self.sheet.frame(left, y, cell, bottom - y, 0.6, [90, 90, 90]);
                }
            }
            y = bottom + if ruled { 0.0 } else { 3.0 };
        }
        y + 2.0
    }

    fn pair_grid(&mut self, (x, top): (f32, f32), width: f32, pairs: Vec<Pair>) -> f32 {
        let style = self.body;
        let key_width = width * self.dice.real(0.4, 0.52);
        let gray = self.dice.chance(0.5);
        let upright = self.dice.chance(0.7);
        let right = self.dice.chance(0.3);
        let (pad, mut y) = (3.5, top);
        for pair in pairs {
            let (key, value) = self.linked(&pair.key, pair.value);
            let shapes = self.sheet.shapes.len();
            let left = self.sheet.paragraph(
                (x + pad, y + 2.0),
                key_width - 2.0 * pad,
                &[key],
                style,
                Align::Left,
            );
            let align = if right { Align::Right } else { Align::Left };
            let room = width - key_width - 2.0 * pad;
            let at = (x + key_width + pad, y + 2.0);
            let bottom = self.sheet.paragraph(at, room, &value, style, align).max(left) + 2.0;
            if gray {
                self.sheet.fill(x, y, key_width, bottom - y, [235, 235, 235]);
                let fill = self.sheet.shapes.pop();
                self.sheet.shapes.splice(shapes..shapes, fill);
            }
            self.sheet.frame(x, y, width, bottom - y, 0.6, [80, 80, 80]);
            if upright {
                self.sheet.upright(x + key_width, y, bottom, 0.6, [80, 80, 80]);
            }
            y = bottom;
        }
        y + 2.0
    }

    /// A heading that is a form header.
    pub fn heading(&mut self, x: f32, top: f32, text: &str, style: Style, align: Align) -> f32 {
        let span = self.sheet.part(Part::Header, text);
        self.sheet.begin_block();
        self.sheet.line(x, top, &[span], style, align)
    }
}

fn cell_anchor(left: f32, width: f32, pad: f32, align: Align) -> f32 {
    match align {
        Align::Left => left + pad,
        Align::Center => left + width / 2.0,
        Align::Right => left + width - pad,
    }
}
