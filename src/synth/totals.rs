//! The sums below the items: subtotal, discounts, taxes, total, what was paid.

use super::deal::{Deal, Paper};
use super::mark::{Field, Span};
use super::pairs::Pair;
use super::scribe::Scribe;
use super::sheet::{Align, Style};
use crate::lexicon::Term;

/// One line of the sums.
pub struct SumRow {
    pub name: String,
    pub value: Vec<Span>,
    /// The line that states what is to be paid.
    pub strong: bool,
}

impl Scribe<'_> {
    fn sum_row(&mut self, name: String, minor: i64, field: Option<Field>) -> SumRow {
        let signed = self.dice.chance(0.75);
        SumRow { name, value: self.sum(minor, field, signed), strong: false }
    }

    /// The lines of the sums in their order.
    pub fn sum_rows(&mut self, deal: &Deal) -> Vec<SumRow> {
        let mut rows = Vec::new();
        let extras = deal.discount != 0 || deal.shipping != 0;
        let net_row = !deal.gross_prices && (!extras || self.dice.chance(0.6));
        if extras {
            let field = (!net_row && !deal.gross_prices).then_some(Field::Subtotal);
            let name = self.name(Term::Subtotal);
            rows.push(self.sum_row(name, deal.items_sum, field));
            self.extra_rows(deal, &mut rows);
        }
        let taxed = deal.paper != Paper::Quote || self.dice.chance(0.8);
        if net_row && (taxed || deal.tax != 0) {
            let name = self.name(Term::Subtotal);
            rows.push(self.sum_row(name, deal.net, Some(Field::Subtotal)));
        }
        let inner_first = deal.gross_prices && self.dice.chance(0.4);
        if inner_first && self.dice.chance(0.7) {
            let name = self.name(Term::Subtotal);
            rows.push(self.sum_row(name, deal.net, Some(Field::Subtotal)));
        }
        if !deal.gross_prices || inner_first {
            self.tax_rows(deal, Term::Tax, &mut rows);
        }
        rows.push(self.total_row(deal, Term::Total));
        if deal.gross_prices && !inner_first && self.dice.chance(0.85) {
            self.tax_rows(deal, Term::TaxIncluded, &mut rows);
        }
        self.payment_rows(deal, &mut rows);
        rows
    }

    fn total_row(&mut self, deal: &Deal, term: Term) -> SumRow {
        let name = self.name(term);
        let value = self.sum(deal.total, Some(Field::Total), true);
        SumRow { name, value, strong: true }
    }

    fn extra_rows(&mut self, deal: &Deal, rows: &mut Vec<SumRow>) {
        if deal.discount != 0 {
            let name = self.name(Term::Discount);
            let minor = if self.dice.chance(0.8) { -deal.discount } else { deal.discount };
            rows.push(self.sum_row(name, minor, None));
        }
        if deal.shipping != 0 {
            let name = self.name(Term::Shipping);
            rows.push(self.sum_row(name, deal.shipping, None));
        }
    }

    fn tax_rows(&mut self, deal: &Deal, term: Term, rows: &mut Vec<SumRow>) {
        for line in &deal.taxes {
            if line.gross == 0 && deal.taxes.len() > 1 || line.rate == 0 && self.dice.chance(0.5) {
                continue;
            }
            let name = self.name_with_rate(term, *line);
            rows.push(self.sum_row(name, line.tax, Some(Field::Tax)));
        }
    }

    /// What was paid already, and the rest; the total stays the total.
    fn payment_rows(&mut self, deal: &Deal, rows: &mut Vec<SumRow>) {
        if deal.paper != Paper::Invoice {
            return;
        }
        match self.dice.between(0, 19) {
            0 | 1 => {
                // Unpaid: what is due is the total once more.
                let mut row = self.total_row(deal, Term::AmountDue);
                row.strong = self.dice.chance(0.5);
                rows.push(row);
            }
            2 => {
                let (paid, rest) = (self.name(Term::Paid), self.name(Term::AmountDue));
                rows.push(self.sum_row(paid, deal.total, None));
                rows.push(self.sum_row(rest, 0, None));
            }
            3 => {
                let part = deal.total / self.dice.between(2, 5);
                let (paid, rest) = (self.name(Term::Paid), self.name(Term::Balance));
                rows.push(self.sum_row(paid, part, None));
                rows.push(self.sum_row(rest, deal.total - part, None));
            }
            _ => {}
        }
    }

    /// Sets the sums between `left` and `right`; gives the bottom.
    pub fn totals(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let rows = self.sum_rows(deal);
        self.sheet.begin_block();
        let width = (right - left) * self.dice.real(0.34, 0.5);
        match self.dice.between(0, 19) {
            0..=9 => self.sum_block((right - width, right), top, rows),
            10..=12 => self.sum_lines(right, top, rows),
            13 | 14 => self.sum_block((left, right), top, rows),
            15 => self.sum_block((left, left + width), top, rows),
            16 | 17 => self.sum_grid((right - width, right), top, rows),
            _ => {
                let pairs = rows.into_iter().map(|r| Pair::new(r.name, r.value)).collect();
                let layout = super::pairs::PairLayout::Cells;
                self.pairs((left, top), right - left, pairs, layout)
            }
        }
    }

    fn strong_style(&mut self) -> Style {
        let factor = self.dice.pick(&[1.0, 1.0, 1.1, 1.2, 1.35, 1.6]);
        let heavy = self.dice.chance(0.8);
        let style = self.body.sized(factor).heavy(heavy);
        if self.dice.chance(0.12) { style.colored(self.accent) } else { style }
    }

    /// Names at the left edge, values flush right.
    fn sum_block(&mut self, (left, right): (f32, f32), top: f32, rows: Vec<SumRow>) -> f32 {
        let strong = self.strong_style();
        let (banner, rule) = (self.dice.chance(0.2), self.dice.chance(0.55));
        let gap = self.dice.pick(&[0.0, 1.0, 2.0, 4.0]);
        let right_names = self.dice.chance(0.25);
        let value_room = rows
            .iter()
            .map(|r| self.sheet.width_of(&r.value, if r.strong { strong } else { self.body }))
            .fold(0.0, f32::max);
        let mut y = top;
        for row in rows {
            let mut style = if row.strong { strong } else { self.body };
            let name = self.with_colon(&row.name);
            let (key, value) = self.linked(&name, row.value);
            if row.strong && rule {
                self.sheet.rule(left, right, y + 1.0, 0.8, self.body.color);
                y += 2.5;
            }
            if row.strong && banner {
                style = style.colored([255; 3]);
            }
            let inset = if banner { 4.0 } else { 0.0 };
            let room = right - left - value_room - 10.0;
            let value_at = right - inset;
            self.sheet.line(value_at, y, &value, style, Align::Right);
            let words = self.sheet.words.len();
            let bottom = if right_names {
                let at = (left, y);
                self.sheet.paragraph(at, room.max(50.0), &[key], style, Align::Right)
            } else {
                let at = (left + inset, y);
                self.sheet.paragraph(at, room.max(50.0), &[key], style, Align::Left)
            };
            if row.strong && banner {
                // Under all lines that the name takes.
                self.sheet.fill(left, y - 1.0, right - left, bottom - y + 4.0, self.accent);
            }
            // Read as set: the name before its value.
            let first =
                words - value.iter().map(|s| s.text.split_whitespace().count()).sum::<usize>();
            self.sheet.words[first..].rotate_left(words - first);
            y = bottom + gap + if row.strong && banner { 4.0 } else { 0.0 };
        }
        y
    }

    /// Name and value in one run of text, flush right.
    fn sum_lines(&mut self, right: f32, top: f32, rows: Vec<SumRow>) -> f32 {
        let strong = self.strong_style();
        let mut y = top;
        for row in rows {
            let style = if row.strong { strong } else { self.body };
            let name = self.with_colon(&row.name);
            let (key, value) = self.linked(&name, row.value);
            let spans: Vec<Span> = std::iter::once(key).chain(value).collect();
            y = self.sheet.line(right, y, &spans, style, Align::Right);
        }
        y
    }

    fn sum_grid(&mut self, (left, right): (f32, f32), top: f32, rows: Vec<SumRow>) -> f32 {
        let strong = self.strong_style();
        let middle = left + (right - left) * self.dice.real(0.5, 0.62);
        let gray = self.dice.chance(0.4);
        let mut y = top;
        for row in rows {
            let style = if row.strong { strong } else { self.body };
            let name = self.with_colon(&row.name);
            let (key, value) = self.linked(&name, row.value);
            let shapes = self.sheet.shapes.len();
            let at = (left + 4.0, y + 2.0);
            let bottom =
                self.sheet.paragraph(at, middle - left - 8.0, &[key], style, Align::Left) + 2.0;
            self.sheet.line(right - 4.0, y + 2.0, &value, style, Align::Right);
            if gray {
                self.sheet.fill(left, y, middle - left, bottom - y, [232, 232, 232]);
                let fill = self.sheet.shapes.pop();
                self.sheet.shapes.splice(shapes..shapes, fill);
            }
            self.sheet.frame(left, y, right - left, bottom - y, 0.6, [60, 60, 60]);
            self.sheet.upright(middle, y, bottom, 0.6, [60, 60, 60]);
            y = bottom;
        }
        y
    }
}
