//! Ink that isn't print: signatures, stamps, handwritten ticks, bar codes.

use super::mark::Span;
use super::scribe::Scribe;
use super::sheet::{Align, Color, Shape};
use crate::lexicon::Term;

impl Scribe<'_> {
    /// Farewell, signature `space` below it, and the name of who signs; gives its bottom.
    pub fn sign_off(&mut self, person: &str, (x, top): (f32, f32), space: f32) -> f32 {
        let farewell = self.lexicon.pick(Term::Farewell, &mut self.dice);
        self.sheet.begin_block();
        let y = self.sheet.line(x, top, &[Span::plain(farewell)], self.body, Align::Left);
        let y = self.signature((x, y + space));
        self.sheet.line(x, y, &[Span::plain(person)], self.body, Align::Left)
    }

    /// A scribbled name; gives its bottom.
    pub fn signature(&mut self, (x, top): (f32, f32)) -> f32 {
        let (width, height) = (self.dice.real(60.0, 120.0), self.dice.real(16.0, 30.0));
        let color: Color = self.dice.pick(&[[20, 30, 120], [10, 10, 10], [40, 40, 90]]);
        let points = self.scribble((x, top), (width, height), 40);
        self.sheet.overlays.push(Shape::Curve { points, weight: 1.0, color });
        top + height + 4.0
    }

    fn scribble(
        &mut self,
        (x, top): (f32, f32),
        (width, height): (f32, f32),
        count: usize,
    ) -> Vec<(f32, f32)> {
        let (wave, phase) = (self.dice.real(8.0, 18.0), self.dice.real(0.0, 6.0));
        (0..=count)
            .map(|step| {
                let t = step as f32 / count as f32;
                let sway = (t * wave * 2.0 + phase).sin() * 0.35 + self.dice.bell(0.08);
                let fade = 1.0 - 0.6 * t;
                let back = (t * wave + phase).cos() * width * 0.03;
                (x + t * width + back, top + height * (0.5 + sway * fade))
            })
            .collect()
    }

    /// A circle or tick by hand around a place, as people mark receipts.
    pub fn pen_mark(&mut self, (x, y): (f32, f32), (width, height): (f32, f32)) {
        let color: Color = self.dice.pick(&[[30, 40, 140], [20, 20, 20], [170, 30, 30]]);
        let points = if self.dice.chance(0.5) {
            let start = self.dice.real(0.0, 6.0);
            (0..=36)
                .map(|step| {
                    let angle = start + step as f32 / 36.0 * 6.7;
                    let wobble = 1.0 + self.dice.bell(0.03);
                    (
                        x + angle.cos() * width * wobble / 2.0,
                        y + angle.sin() * height * wobble / 2.0,
                    )
                })
                .collect()
        } else {
            vec![(x, y), (x + 5.0, y + 8.0), (x + 16.0, y - 12.0)]
        };
        self.sheet.overlays.push(Shape::Curve { points, weight: 1.1, color });
    }

    /// A bar code without text; gives its bottom.
    pub fn bar_code(&mut self, (left, top): (f32, f32), width: f32, height: f32) -> f32 {
        let mut x = left;
        while x < left + width {
            let bar = self.dice.pick(&[0.7, 0.7, 1.4, 2.1]);
            self.sheet.fill(x, top, bar, height, [0; 3]);
            x += bar + self.dice.pick(&[0.7, 0.7, 1.4, 2.1]);
        }
        top + height + 2.0
    }

    /// A square code; gives its bottom.
    pub fn square_code(&mut self, (left, top): (f32, f32), size: f32) -> f32 {
        let cells = 25;
        let cell = size / cells as f32;
        for row in 0..cells {
            for column in 0..cells {
                let corner = |a: i32, b: i32| a < 7 && b < 7;
                let (r, c) = (row, column);
                let finder = corner(r, c) || corner(r, cells - 1 - c) || corner(cells - 1 - r, c);
                if !finder && self.dice.chance(0.48) {
                    self.sheet.fill(
                        left + c as f32 * cell,
                        top + r as f32 * cell,
                        cell,
                        cell,
                        [0; 3],
                    );
                }
            }
        }
        for (dx, dy) in [(0, 0), (cells - 7, 0), (0, cells - 7)] {
            let (x, y) = (left + dx as f32 * cell, top + dy as f32 * cell);
            self.sheet.fill(x, y, 7.0 * cell, 7.0 * cell, [0; 3]);
            self.sheet.fill(x + cell, y + cell, 5.0 * cell, 5.0 * cell, [255; 3]);
            self.sheet.fill(x + 2.0 * cell, y + 2.0 * cell, 3.0 * cell, 3.0 * cell, [0; 3]);
        }
        top + size + 3.0
    }
}
