//! The table of goods and services: which columns, in which order, how ruled.

use super::deal::{Deal, Item, Paper};
use super::mark::{EntityId, Field, Part, Span};
use super::money;
use super::scribe::Scribe;
use super::sheet::{Align, Color, Style};
use crate::lexicon::Term;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Position,
    Date,
    Sku,
    Description,
    Quantity,
    Unit,
    Price,
    Discount,
    Tax,
    Amount,
}

struct Column {
    kind: Kind,
    title: String,
    x: f32,
    width: f32,
    align: Align,
    question: EntityId,
}

/// How one table is drawn and what its cells hold.
struct Look {
    pad: f32,
    row_pad: f32,
    head_fill: Option<Color>,
    head_ink: Color,
    head_rules: bool,
    row_rules: bool,
    uprights: bool,
    zebra: bool,
    frame: bool,
    line_color: Color,
    /// Currency signs in the cells.
    signed: bool,
    /// Unit behind the quantity in one cell.
    unit_with_quantity: bool,
    sku_below: bool,
    quantity_places: Option<usize>,
}

impl Scribe<'_> {
    /// Sets the items between `left` and `right`; gives the bottom.
    pub fn item_table(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let look = self.table_look();
        let style = self.body;
        let mut columns = self.columns(deal, &look, (left, right), style);
        self.sheet.begin_block();
        let body_top = self.table_head(&mut columns, &look, (left, right), top);
        let mut y = body_top;
        for (index, item) in deal.items.iter().enumerate() {
            let shapes = self.sheet.shapes.len();
            let bottom = self.table_row(deal, index, item, &columns, &look, y);
            if look.zebra && index % 2 == 0 {
                self.sheet.fill(left, y, right - left, bottom - y, [240, 240, 240]);
                let fill = self.sheet.shapes.pop();
                self.sheet.shapes.splice(shapes..shapes, fill);
            }
            y = bottom;
            if look.row_rules {
                self.sheet.rule(left, right, y, 0.5, look.line_color);
            }
        }
        if look.frame && self.dice.chance(0.3) {
            y += self.dice.real(10.0, 60.0);
        }
        if look.uprights {
            for column in columns.iter().skip(1) {
                self.sheet.upright(column.x, top, y, 0.6, look.line_color);
            }
        }
        if look.frame {
            self.sheet.frame(left, top, right - left, y - top, 0.8, look.line_color);
        } else if !look.row_rules && self.dice.chance(0.6) {
            self.sheet.rule(left, right, y + 1.0, 0.8, look.line_color);
        }
        y + 2.0
    }

    fn table_look(&mut self) -> Look {
        let dice = &mut self.dice;
        let fill = match dice.between(0, 9) {
            0..=3 => None,
            4..=6 => Some([dice.between(205, 240) as u8; 3]),
            _ => Some(self.accent),
        };
        let dark = fill.is_some_and(|c| c.iter().map(|&v| u32::from(v)).sum::<u32>() < 330);
        let frame = dice.chance(0.3);
        let grey = dice.pick(&[0u8, 40, 90, 150]);
        Look {
            pad: dice.real(2.5, 6.0),
            row_pad: dice.pick(&[0.5, 1.0, 2.0, 3.0, 4.5, 6.0]),
            head_fill: fill,
            head_ink: if dark { [255; 3] } else { self.body.color },
            head_rules: fill.is_none() && dice.chance(0.85),
            row_rules: dice.chance(0.35),
            uprights: if frame { dice.chance(0.75) } else { dice.chance(0.05) },
            zebra: dice.chance(0.15),
            frame,
            line_color: [grey; 3],
            signed: dice.chance(0.3),
            unit_with_quantity: dice.chance(0.25),
            sku_below: dice.chance(0.08),
            quantity_places: dice.pick(&[None, None, None, None, Some(2), Some(1), Some(3)]),
        }
    }

    fn kinds(&mut self, deal: &Deal, look: &Look) -> Vec<Kind> {
        let dice = &mut self.dice;
        let priced = deal.paper != Paper::DeliveryNote;
        let quantities = dice.chance(0.9);
        let mut kinds = Vec::new();
        let mut add = |kind, wanted: bool| {
            if wanted {
                kinds.push(kind);
            }
        };
        add(Kind::Position, dice.chance(0.35));
        add(Kind::Date, dice.chance(0.08));
        let first = dice.chance(0.22);
        add(Kind::Quantity, quantities && first);
        add(Kind::Sku, !look.sku_below && dice.chance(0.33));
        add(Kind::Description, true);
        add(Kind::Quantity, quantities && !first);
        add(Kind::Unit, quantities && !look.unit_with_quantity && dice.chance(0.25));
        add(Kind::Price, priced && quantities);
        add(Kind::Discount, priced && dice.chance(0.07));
        add(Kind::Tax, priced && dice.chance(if deal.taxes.len() > 1 { 0.7 } else { 0.25 }));
        add(Kind::Amount, priced);
        kinds
    }

    /// The columns with their places: numbers as wide as they need, the description takes the rest.
    fn columns(
        &mut self,
        deal: &Deal,
        look: &Look,
        (left, right): (f32, f32),
        style: Style,
    ) -> Vec<Column> {
        let mut kinds = self.kinds(deal, look);
        loop {
            let mut columns: Vec<Column> =
                kinds.iter().map(|&kind| self.column(kind, deal, look, style)).collect();
            let others: f32 =
                columns.iter().filter(|c| c.kind != Kind::Description).map(|c| c.width).sum();
            let rest = right - left - others;
            let droppable = [Kind::Discount, Kind::Date, Kind::Sku, Kind::Unit, Kind::Tax];
            if rest < 95.0 && kinds.iter().any(|k| droppable.contains(k)) {
                let drop = droppable.iter().find(|k| kinds.contains(k)).copied();
                kinds.retain(|&k| Some(k) != drop);
                continue;
            }
            let mut x = left;
            for column in &mut columns {
                if column.kind == Kind::Description {
                    column.width = rest.max(60.0);
                }
                column.x = x;
                x += column.width;
            }
            return columns;
        }
    }

    fn column(&mut self, kind: Kind, deal: &Deal, look: &Look, style: Style) -> Column {
        let term = match kind {
            Kind::Position => Term::ColPosition,
            Kind::Date => Term::ColDate,
            Kind::Sku => Term::ColSku,
            Kind::Description => Term::ColDescription,
            Kind::Quantity => Term::ColQuantity,
            Kind::Unit => Term::ColUnit,
            Kind::Price => Term::ColPrice,
            Kind::Discount => Term::ColDiscount,
            Kind::Tax => Term::ColTax,
            Kind::Amount => Term::ColAmount,
        };
        let title = self.name(term);
        let align = match kind {
            Kind::Price | Kind::Amount => Align::Right,
            Kind::Quantity | Kind::Tax | Kind::Discount => {
                self.dice.pick(&[Align::Right, Align::Center, Align::Left])
            }
            Kind::Position => self.dice.pick(&[Align::Left, Align::Center]),
            _ => Align::Left,
        };
        let words = title.split_whitespace().map(|w| Span::plain(w).bold(true));
        let mut width = words.map(|w| self.sheet.width_of(&[w], style)).fold(0.0, f32::max);
        for (index, item) in deal.items.iter().enumerate() {
            let cell = self.cell(kind, deal, index, item, look);
            width = width.max(self.sheet.width_of(&cell, style));
        }
        let width = width + 2.0 * look.pad + self.dice.real(1.0, 14.0);
        let question = self.sheet.entity();
        Column { kind, title, x: 0.0, width, align, question }
    }

    fn table_head(
        &mut self,
        columns: &mut [Column],
        look: &Look,
        (left, right): (f32, f32),
        top: f32,
    ) -> f32 {
        let heavy = self.dice.chance(0.75);
        let style = self.body.heavy(heavy).colored(look.head_ink);
        let shapes = self.sheet.shapes.len();
        let mut bottom = top + style.line();
        for column in columns.iter_mut() {
            let title = Span::plain(&column.title).part(Part::Question, column.question);
            let room = column.width - 2.0 * look.pad + 0.5;
            let at = (column.x + look.pad, top + 2.0);
            bottom = bottom.max(self.sheet.paragraph(at, room, &[title], style, column.align));
        }
        bottom += 2.5;
        if let Some(color) = look.head_fill {
            self.sheet.fill(left, top, right - left, bottom - top, color);
            let fill = self.sheet.shapes.pop();
            self.sheet.shapes.splice(shapes..shapes, fill);
        }
        if look.head_rules {
            self.sheet.rule(left, right, bottom, 0.8, look.line_color);
            if self.dice.chance(0.4) {
                self.sheet.rule(left, right, top, 0.8, look.line_color);
            }
        }
        bottom + 1.0
    }

    fn table_row(
        &mut self,
        deal: &Deal,
        index: usize,
        item: &Item,
        columns: &[Column],
        look: &Look,
        top: f32,
    ) -> f32 {
        let style = self.body;
        let mut cells: Vec<Vec<Vec<Span>>> = Vec::new();
        for column in columns {
            let answer = self.sheet.entity();
            let spans = self.cell(column.kind, deal, index, item, look);
            let spans: Vec<Span> =
                spans.into_iter().map(|s| s.part(Part::Answer, answer)).collect();
            self.sheet.links.push((column.question, answer));
            let mut lines = self.sheet.wrap(&spans, column.width - 2.0 * look.pad + 0.5, style);
            if column.kind == Kind::Description {
                lines.extend(self.description_extras(item, look, column, &spans));
            }
            cells.push(lines);
        }
        let tallest = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let mut y = top + look.row_pad;
        for line in 0..tallest {
            for (column, lines) in columns.iter().zip(&cells) {
                let Some(spans) = lines.get(line) else { continue };
                let anchor = match column.align {
                    Align::Left => column.x + look.pad,
                    Align::Center => column.x + column.width / 2.0,
                    Align::Right => column.x + column.width - look.pad,
                };
                self.sheet.line(anchor, y, spans, style, column.align);
            }
            y += style.line();
        }
        y + look.row_pad
    }

    /// Lines below a description: details, which belong to it, and article numbers, which don't.
    fn description_extras(
        &mut self,
        item: &Item,
        look: &Look,
        column: &Column,
        spans: &[Span],
    ) -> Vec<Vec<Span>> {
        let mut lines = Vec::new();
        if look.sku_below {
            let key = self.key(Term::ColSku);
            lines.push(vec![Span::plain(format!("{key} {}", item.sku))]);
        }
        if let (Some(detail), Some(first)) = (&item.detail, spans.first()) {
            let span = Span::marked(detail.as_str(), first.mark);
            let room = column.width - 2.0 * look.pad;
            lines.extend(self.sheet.wrap(&[span], room, self.body));
        }
        lines
    }

    fn cell(
        &mut self,
        kind: Kind,
        deal: &Deal,
        index: usize,
        item: &Item,
        look: &Look,
    ) -> Vec<Span> {
        let numbers = self.money.numbers;
        match kind {
            Kind::Position => vec![Span::plain((index + 1).to_string())],
            Kind::Date => vec![Span::plain(self.date(item.date))],
            Kind::Sku => vec![Span::plain(&item.sku)],
            Kind::Description => {
                vec![self.sheet.field(Field::ItemDescription, &item.description)]
            }
            Kind::Quantity => {
                let whole = item.quantity % 1000 == 0;
                let places = look.quantity_places.or(if whole { None } else { Some(2) });
                let text = money::quantity(item.quantity, numbers, places);
                let mut spans = vec![self.sheet.field(Field::ItemQuantity, text)];
                if look.unit_with_quantity {
                    spans.push(Span::plain(item.unit));
                }
                spans
            }
            Kind::Unit => vec![Span::plain(item.unit)],
            Kind::Price => self.sum(item.unit_price, Some(Field::ItemUnitPrice), look.signed),
            Kind::Discount => vec![Span::plain(self.money.number(0))],
            Kind::Tax => {
                let rate = deal.taxes.get(item.tax).map_or(0, |t| t.rate);
                vec![Span::plain(self.percent(rate))]
            }
            Kind::Amount => self.sum(item.amount, Some(Field::ItemAmount), look.signed),
        }
    }
}
