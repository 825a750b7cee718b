//! What was bought, as tills print it: one or two lines an item, or columns.

use super::deal::{Deal, Item};
use super::mark::{Field, Part, Span};
use super::money;
use super::receipt::{ItemLook, Till};
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

impl Scribe<'_> {
    pub(super) fn till_items(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
        self.sheet.begin_block();
        let mut y = top;
        let signed = self.dice.chance(0.15);
        if till.items == ItemLook::Columns {
            return self.till_columns(deal, till, y);
        }
        if self.dice.chance(0.2) {
            let name = self.name(Term::ColDescription);
            let amount = self.name(Term::ColAmount);
            self.sheet.line(till.left, y, &[Span::plain(name)], self.body, Align::Left);
            y = self.sheet.line(till.right, y, &[Span::plain(amount)], self.body, Align::Right);
        }
        for item in &deal.items {
            y = self.till_item(till, item, signed, y);
        }
        y
    }

    pub(super) fn till_amount(&mut self, till: &Till, item: &Item, signed: bool) -> Vec<Span> {
        let mut spans = self.sum(item.amount, Some(Field::ItemAmount), signed);
        if till.tax_codes {
            let code = ["A", "B", "C"][item.tax.min(2)];
            spans.push(Span::plain(code));
        }
        spans
    }

    pub(super) fn till_item(&mut self, till: &Till, item: &Item, signed: bool, top: f32) -> f32 {
        let (body, room) = (self.body, till.right - till.left);
        let amount = self.till_amount(till, item, signed);
        let name = self.sheet.field(Field::ItemDescription, &item.description);
        let numbers = self.money.numbers;
        let places = (item.quantity % 1000 != 0).then_some(3);
        let quantity = money::quantity(item.quantity, numbers, places);
        let single = item.quantity == 1000;
        let name_room = room - self.sheet.width_of(&amount, body) - body.size;
        let mut y = top;
        match till.items {
            ItemLook::OneLine | ItemLook::Columns => {
                let quantity = self.sheet.field(Field::ItemQuantity, quantity);
                let spans = vec![quantity, name];
                self.wrapped_beside(till, &spans, &amount, name_room, y)
            }
            ItemLook::NameFirst => {
                y = self.wrapped_beside(till, &[name], &amount, name_room, y);
                if !single {
                    let line = self.times(till, item, quantity);
                    let at = till.left + body.size * 1.2;
                    y = self.sheet.line(at, y, &line, body, Align::Left);
                }
                y
            }
            ItemLook::TwoLines => {
                y = self.sheet.paragraph((till.left, y), room, &[name], body, Align::Left);
                let line = self.times(till, item, quantity);
                self.sheet.line(till.left + body.size, y, &line, body, Align::Left);
                self.sheet.line(till.right, y, &amount, body, Align::Right)
            }
            ItemLook::CodeFirst => {
                let code = Span::plain(&item.sku);
                let (first, mut line) = if till.code_below {
                    (vec![name], vec![code])
                } else {
                    (vec![code, name], vec![])
                };
                y = self.sheet.paragraph((till.left, y), room, &first, body, Align::Left);
                line.extend(self.times(till, item, quantity));
                self.sheet.line(till.left, y, &line, body, Align::Left);
                self.sheet.line(till.right, y, &amount, body, Align::Right)
            }
        }
    }

    /// `2 x 2.20`
    pub(super) fn times(&mut self, till: &Till, item: &Item, quantity: String) -> Vec<Span> {
        let quantity = self.sheet.field(Field::ItemQuantity, quantity);
        let price = self.sum(item.unit_price, Some(Field::ItemUnitPrice), false);
        [vec![quantity, Span::plain(till.times)], price].concat()
    }

    /// A wrapped text with an amount flush right on its first line.
    pub(super) fn wrapped_beside(
        &mut self,
        till: &Till,
        spans: &[Span],
        amount: &[Span],
        room: f32,
        top: f32,
    ) -> f32 {
        let body = self.body;
        let mut y = top;
        for (index, line) in self.sheet.wrap(spans, room.max(40.0), body).iter().enumerate() {
            let bottom = self.sheet.line(till.left, y, line, body, Align::Left);
            if index == 0 {
                self.sheet.line(till.right, y, amount, body, Align::Right);
            }
            y = bottom;
        }
        y
    }

    /// Head and rows with quantity, price and amount in columns; long names take their own line.
    pub(super) fn till_columns(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
        let (body, room) = (self.body, till.right - till.left);
        let own_line = self.dice.chance(0.5);
        let at = [till.left, till.left + room * 0.52, till.left + room * 0.76, till.right];
        let heads = [Term::ColDescription, Term::ColQuantity, Term::ColPrice, Term::ColAmount];
        let mut y = top;
        for (index, term) in heads.into_iter().enumerate() {
            let name = self.name(term);
            let name = name.split_whitespace().next().unwrap_or("").to_string();
            let align = if index == 0 { Align::Left } else { Align::Right };
            let span = self.sheet.part(Part::Question, name);
            y = y.max(self.sheet.line(at[index], top, &[span], body, align));
        }
        y = self.till_rule(till, y);
        for item in &deal.items {
            let name = self.sheet.field(Field::ItemDescription, &item.description);
            let numbers = self.money.numbers;
            let places = (item.quantity % 1000 != 0).then_some(3);
            let quantity = money::quantity(item.quantity, numbers, places);
            let quantity = self.sheet.field(Field::ItemQuantity, quantity);
            let price = self.sum(item.unit_price, Some(Field::ItemUnitPrice), false);
            let amount = self.till_amount(till, item, false);
            let lines = self.sheet.wrap(&[name], if own_line { room } else { room * 0.4 }, body);
            let (first, rest) = if own_line { (lines.len(), 0) } else { (1, lines.len() - 1) };
            for line in &lines[..first] {
                let bottom = self.sheet.line(till.left, y, line, body, Align::Left);
                y = if own_line { bottom } else { y };
            }
            self.sheet.line(at[1], y, &[quantity], body, Align::Right);
            self.sheet.line(at[2], y, &price, body, Align::Right);
            y = self.sheet.line(at[3], y, &amount, body, Align::Right);
            for line in &lines[lines.len() - rest..] {
                y = self.sheet.line(till.left, y, line, body, Align::Left);
            }
        }
        y
    }

    pub(super) fn till_row(
        &mut self,
        till: &Till,
        name: &str,
        value: Vec<Span>,
        top: f32,
        strong: bool,
    ) -> f32 {
        let mut style = self.body;
        if strong {
            style = style.heavy(self.dice.chance(0.7));
            style = style.sized(self.dice.pick(&[1.0, 1.0, 1.2, 1.5]));
            style.stretch *= self.dice.pick(&[1.0, 1.0, 1.4]);
        }
        let name = self.with_colon(name);
        let (key, value) = self.linked(&name, value);
        let widths =
            [std::slice::from_ref(&key), value.as_slice()].map(|s| self.sheet.width_of(s, style));
        let room = till.right - till.left;
        while widths.iter().sum::<f32>() * style.size / self.body.size > room * 1.3
            && style.size > self.body.size
        {
            style = self.body;
        }
        let key_room = (room - self.sheet.width_of(&value, style) - style.size).max(30.0);
        let lines = self.sheet.wrap(&[key], key_room, style);
        let mut y = top;
        for (index, line) in lines.iter().enumerate() {
            self.sheet.line(till.left, y, line, style, Align::Left);
            if index + 1 == lines.len() {
                self.sheet.line(till.right, y, &value, style, Align::Right);
            }
            y += style.line();
        }
        y
    }
}
