//! Till receipts: narrow paper, centred or flush heads, items in one to three lines, cash and change.

use super::deal::{Deal, Item};
use super::dice::Dice;
use super::font::{FontBook, Look};
use super::mark::{Field, Part, Span};
use super::money;
use super::scribe::{Scribe, family, style_of};
use super::sheet::{Align, BLACK, Shape};
use crate::lexicon::Term;

/// How items are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ItemLook {
    /// `2 Coffee … 4.40`
    OneLine,
    /// `Coffee … 4.40`, with `2 x 2.20` below where there is more than one.
    NameFirst,
    /// Description, below it `2 x 2.20 … 4.40`.
    TwoLines,
    /// Article number, description, then the numbers.
    CodeFirst,
    /// Columns with a head.
    Columns,
}

struct Till {
    left: f32,
    right: f32,
    center: f32,
    head: Align,
    items: ItemLook,
    /// Letter behind an amount that names its tax rate.
    tax_codes: bool,
    /// The article number stands on the line of the amount.
    code_below: bool,
    times: &'static str,
    rule: Rule,
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    Dashes,
    Line,
    Signs(&'static str),
    None,
}

/// Narrow paper of a till, in points; its height grows with its content.
pub fn paper_width(dice: &mut Dice) -> f32 {
    dice.pick(&[164.0, 204.0, 227.0, 227.0, 227.0, 260.0, 300.0])
}

impl Scribe<'_> {
    /// Chooses a till's fonts: mostly fixed pitch.
    pub fn take_till_font(&mut self, fonts: &FontBook) {
        let letters = self.lexicon.all(Term::Letters).concat() + self.money.sign;
        let look = self.dice.weighted(&[
            (6, Look::Mono),
            (3, Look::Sans),
            (2, Look::Condensed),
            (1, Look::Serif),
        ]);
        let face = family(fonts, look, &letters, &mut self.dice);
        let columns = self.dice.real(30.0, 46.0);
        let pitch = if look == Look::Mono { 0.6 } else { 0.5 };
        let size = self.sheet.width * 0.92 / columns / pitch;
        self.body = style_of(face, size.clamp(5.5, 12.0), self.dice.real(1.05, 1.35), BLACK);
        self.body.heavy = self.dice.chance(0.12);
        self.body.stretch = self.dice.pick(&[1.0, 1.0, 1.0, 0.9, 1.1]);
        self.display = self.body;
        self.accent = BLACK;
    }

    /// Sets a whole receipt and cuts the paper below it.
    pub fn till_receipt(&mut self, deal: &Deal) {
        let margin = self.sheet.width * self.dice.real(0.03, 0.09);
        let (left, right) = (margin, self.sheet.width - margin);
        let till = Till {
            left,
            right,
            center: (left + right) / 2.0,
            head: self.dice.pick(&[Align::Center, Align::Center, Align::Center, Align::Left]),
            items: self.dice.weighted(&[
                (5, ItemLook::OneLine),
                (5, ItemLook::NameFirst),
                (5, ItemLook::TwoLines),
                (2, ItemLook::CodeFirst),
                (4, ItemLook::Columns),
            ]),
            tax_codes: self.dice.chance(0.25),
            code_below: self.dice.chance(0.5),
            times: self.dice.pick(&["x", "X", "*", "@", "x"]),
            rule: self.dice.pick(&[
                Rule::Dashes,
                Rule::Dashes,
                Rule::Line,
                Rule::Signs("-"),
                Rule::Signs("="),
                Rule::Signs("*"),
                Rule::None,
            ]),
        };
        let mut y = self.dice.real(8.0, 40.0);
        y = self.till_head(deal, &till, y);
        let late_meta = self.dice.chance(0.25);
        if !late_meta {
            y = self.till_meta(deal, &till, y);
        }
        y = self.till_rule(&till, y);
        y = self.till_items(deal, &till, y);
        y = self.till_rule(&till, y);
        y = self.till_sums(deal, &till, y);
        if self.dice.chance(0.45) {
            y = self.till_rule(&till, y);
            y = self.till_taxes(deal, &till, y);
        }
        if late_meta {
            y = self.till_rule(&till, y);
            y = self.till_meta(deal, &till, y);
        }
        y = self.till_foot(&till, y);
        self.sheet.height = y + self.dice.real(8.0, 50.0);
    }

    fn till_rule(&mut self, till: &Till, y: f32) -> f32 {
        let gap = self.body.size * 0.35;
        match till.rule {
            Rule::Dashes => self.sheet.shapes.push(Shape::Stroke {
                x0: till.left,
                y0: y + gap,
                x1: till.right,
                y1: y + gap,
                weight: 0.7,
                color: BLACK,
                dash: self.body.size * 0.4,
            }),
            Rule::Line => self.sheet.rule(till.left, till.right, y + gap, 0.7, BLACK),
            Rule::Signs(sign) => {
                let one = self.sheet.width_of(&[Span::plain(sign)], self.body).max(1.0);
                let count = ((till.right - till.left) / one) as usize;
                self.sheet.begin_block();
                let text = Span::plain(sign.repeat(count.max(1)));
                return self.sheet.line(till.left, y, &[text], self.body, Align::Left);
            }
            Rule::None => {}
        }
        y + 2.0 * gap
    }

    fn till_head(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
        let (mut y, align) = (top, till.head);
        let (left, room) = (till.left, till.right - till.left);
        let x = if align == Align::Center { till.center } else { left };
        let title_first = self.dice.chance(0.12);
        if title_first {
            y = self.till_title(till, y);
        }
        if self.dice.chance(0.25) {
            y = self.logo((x, y), align);
        }
        let seller = &deal.seller;
        self.sheet.begin_block();
        let mut style = self.body.heavy(self.dice.clone().chance(0.6));
        style = style.sized(self.dice.pick(&[1.0, 1.0, 1.2, 1.4, 1.7]));
        style.stretch *= self.dice.pick(&[1.0, 1.0, 1.0, 1.3]);
        let company = self.sheet.field(Field::Company, &seller.name);
        y = self.sheet.paragraph((left, y), room, &[company], style, align);
        let body = self.body;
        if self.dice.chance(0.3) {
            let text = self.till_register_text(&seller.register);
            y = self.sheet.paragraph((left, y), room, &[Span::plain(text)], body, align);
        }
        if self.dice.chance(0.94) {
            let id = self.sheet.entity();
            let upper = self.dice.chance(0.35);
            let comma = self.dice.chance(0.3);
            for line in &seller.address {
                let mut text = if upper { line.to_uppercase() } else { line.clone() };
                if comma && Some(line) != seller.address.last() {
                    text.push(',');
                }
                let span = Span::plain(text).field(Field::Address, id);
                y = self.sheet.paragraph((left, y), room, &[span], body, align);
            }
        }
        let most = self.dice.between(0, 4);
        for line in self.contact_lines(seller, most) {
            y = self.sheet.paragraph((left, y), room, &line, body, align);
        }
        if !title_first && self.dice.chance(0.6) {
            y = self.till_title(till, y + body.size * 0.4);
        }
        y + body.size * self.dice.real(0.2, 1.0)
    }

    fn till_register_text(&mut self, register: &str) -> String {
        match self.dice.between(0, 2) {
            0 => format!("({register})"),
            1 => register.to_string(),
            _ => {
                let key = self.lexicon.common(Term::CompanyRegister, &mut self.dice);
                format!("{key} {register}")
            }
        }
    }

    fn till_title(&mut self, till: &Till, top: f32) -> f32 {
        let text = self.lexicon.common(Term::TitleReceipt, &mut self.dice).to_string();
        let text = match self.dice.between(0, 5) {
            0 => format!("*** {text} ***"),
            1 => format!("-{text}-"),
            _ => text,
        };
        let heavy = self.dice.chance(0.5);
        let style = self.body.heavy(heavy).sized(self.dice.pick(&[1.0, 1.0, 1.2]));
        let x = if till.head == Align::Center { till.center } else { till.left };
        self.heading(x, top, &text, style, till.head) + style.size * 0.2
    }

    /// Number, date and who served: as lines, in two columns, or run together.
    fn till_meta(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
        self.sheet.begin_block();
        let mut lines: Vec<Vec<Span>> = Vec::new();
        let time = format!("{:02}:{:02}", self.dice.between(7, 22), self.dice.between(0, 59));
        let time = if self.dice.chance(0.4) {
            format!("{time}:{}", self.dice.code("^#").replace(['6', '7', '8', '9'], "3"))
        } else {
            time
        };
        let date = self.date_field(Field::Date, deal.date);
        let date_line = match self.dice.between(0, 3) {
            0 => vec![date, Span::plain(time)],
            1 => {
                let key = self.key(Term::Time);
                let (key, value) = self.linked(&key, vec![Span::plain(time)]);
                let own = self.key(Term::DateReceipt);
                let (own, date) = self.linked(&own, vec![date]);
                [vec![own], date, vec![key], value].concat()
            }
            2 => vec![Span::plain(time), date],
            _ => {
                let own = self.key(Term::DateReceipt);
                let (own, date) = self.linked(&own, vec![date]);
                let tail = if self.dice.chance(0.7) { vec![Span::plain(time)] } else { Vec::new() };
                [vec![own], date, tail].concat()
            }
        };
        lines.push(date_line);
        if self.dice.chance(0.85) {
            let key = self.key(Term::NumberReceipt);
            let number = self.sheet.field(Field::InvoiceNumber, &deal.number);
            let (key, value) = self.linked(&key, vec![number]);
            let at = self.dice.index(lines.len() + 1);
            lines.insert(at, [vec![key], value].concat());
        }
        let staff = self.lexicon.pick(Term::FirstNames, &mut self.dice).to_string();
        let others = [
            (Term::Cashier, 0.5, staff.clone()),
            (Term::Register, 0.35, self.dice.code("0#")),
            (Term::Table, 0.15, self.dice.code("^#")),
            (Term::Guests, 0.08, self.dice.code("^")),
            (Term::Store, 0.12, self.dice.code("####")),
            (Term::NumberCustomer, 0.08, self.dice.code("########")),
            (Term::Salesperson, 0.08, staff),
            (Term::NumberOrder, 0.08, self.dice.code("####")),
        ];
        for (term, chance, value) in others {
            if self.dice.chance(chance) {
                let key = self.key(term);
                let (key, value) = self.linked(&key, vec![Span::plain(value)]);
                let at = self.dice.index(lines.len() + 1);
                lines.insert(at, [vec![key], value].concat());
            }
        }
        self.till_lines(till, lines, top)
    }

    fn till_lines(&mut self, till: &Till, lines: Vec<Vec<Span>>, top: f32) -> f32 {
        let (body, room) = (self.body, till.right - till.left);
        let (paired, centered) = (self.dice.chance(0.35), self.dice.chance(0.12));
        let mut y = top;
        let mut queue = lines.into_iter().peekable();
        while let Some(line) = queue.next() {
            let width = self.sheet.width_of(&line, body);
            let partner = queue.next_if(|next| {
                paired && width + self.sheet.width_of(next, body) < room - body.size
            });
            if let Some(partner) = partner {
                self.sheet.line(till.left, y, &line, body, Align::Left);
                y = self.sheet.line(till.right, y, &partner, body, Align::Right);
            } else {
                let align = if centered { Align::Center } else { Align::Left };
                y = self.sheet.paragraph((till.left, y), room, &line, body, align);
            }
        }
        y
    }

    fn till_items(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
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

    fn till_amount(&mut self, till: &Till, item: &Item, signed: bool) -> Vec<Span> {
        let mut spans = self.sum(item.amount, Some(Field::ItemAmount), signed);
        if till.tax_codes {
            let code = ["A", "B", "C"][item.tax.min(2)];
            spans.push(Span::plain(code));
        }
        spans
    }

    fn till_item(&mut self, till: &Till, item: &Item, signed: bool, top: f32) -> f32 {
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
    fn times(&mut self, till: &Till, item: &Item, quantity: String) -> Vec<Span> {
        let quantity = self.sheet.field(Field::ItemQuantity, quantity);
        let price = self.sum(item.unit_price, Some(Field::ItemUnitPrice), false);
        [vec![quantity, Span::plain(till.times)], price].concat()
    }

    /// A wrapped text with an amount flush right on its first line.
    fn wrapped_beside(
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
    fn till_columns(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
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

    fn till_row(
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

    fn till_sums(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
        self.sheet.begin_block();
        let mut rows: Vec<(String, Vec<Span>, bool)> = Vec::new();
        let signed = self.dice.chance(0.45);
        let mut add = |scribe: &mut Self, term, minor, field: Option<Field>, strong| {
            let name = scribe.name(term);
            let value = scribe.sum(minor, field, signed || strong);
            rows.push((name, value, strong));
        };
        let extras = deal.discount != 0 || deal.service != 0;
        if extras || !deal.gross_prices || deal.rounding != 0 || self.dice.chance(0.35) {
            add(self, Term::Subtotal, deal.items_sum, Some(Field::Subtotal), false);
        }
        if deal.discount != 0 {
            add(self, Term::Discount, -deal.discount, None, false);
        }
        if deal.service != 0 {
            add(self, Term::Service, deal.service, None, false);
        }
        let taxes_shown = !deal.gross_prices || self.dice.chance(0.25);
        let tax_first = !deal.gross_prices || self.dice.chance(0.5);
        let mut tax_rows: Vec<(String, Vec<Span>, bool)> = Vec::new();
        for line in deal.taxes.iter().filter(|t| taxes_shown && t.gross != 0) {
            let term = if deal.gross_prices && !tax_first { Term::TaxIncluded } else { Term::Tax };
            let name = self.name_with_rate(term, *line);
            let value = self.sum(line.tax, Some(Field::Tax), signed);
            tax_rows.push((name, value, false));
        }
        if tax_first {
            rows.append(&mut tax_rows);
        }
        let mut add = |scribe: &mut Self, term, minor, field: Option<Field>, strong| {
            let name = scribe.name(term);
            let value = scribe.sum(minor, field, signed || strong);
            rows.push((name, value, strong));
        };
        if deal.rounding != 0 || self.dice.chance(0.04) {
            add(self, Term::Rounding, deal.rounding, None, false);
        }
        add(self, Term::TotalReceipt, deal.total, Some(Field::Total), true);
        rows.append(&mut tax_rows);
        self.tender_rows(deal, signed, &mut rows);
        let mut y = top;
        for (name, value, strong) in rows {
            if strong && self.dice.chance(0.25) {
                y = self.till_rule(till, y);
            }
            y = self.till_row(till, &name, value, y, strong);
        }
        y
    }

    /// Cash and change, card, counts, savings: amounts that are not the total.
    fn tender_rows(
        &mut self,
        deal: &Deal,
        signed: bool,
        rows: &mut Vec<(String, Vec<Span>, bool)>,
    ) {
        let unit = 10i64.pow(deal.currency.decimals);
        if self.dice.chance(0.3) {
            let name = self.name(Term::ItemCount);
            let count = Span::plain(deal.items.len().to_string());
            let at = if self.dice.chance(0.5) { 0 } else { rows.len() };
            rows.insert(at, (name, vec![count], false));
        }
        if self.dice.chance(0.5) {
            let step = unit * self.dice.pick(&[1, 5, 10, 20, 50, 100]);
            let given = (deal.total + step - 1) / step * step;
            let name = self.name(Term::Cash);
            let value = self.sum(given, None, signed);
            rows.push((name, value, false));
            let name = self.name(Term::Change);
            let value = self.sum(given - deal.total, None, signed);
            rows.push((name, value, false));
        } else if self.dice.chance(0.7) {
            let name = self.name(Term::Card);
            let value = self.sum(deal.total, None, signed);
            rows.push((name, value, false));
        }
        if deal.discount != 0 && self.dice.chance(0.4) {
            let name = self.name(Term::Saved);
            let value = self.sum(deal.discount, None, signed);
            rows.push((name, value, false));
        }
    }

    /// Rates with net, tax and gross in columns.
    fn till_taxes(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
        self.sheet.begin_block();
        let (body, room) = (self.body, till.right - till.left);
        let mut y = top;
        if self.dice.chance(0.5) {
            let title = self.name(Term::TaxSummary);
            y = self.heading(till.left, y, &title, body, Align::Left);
        }
        let narrow = room / body.size / body.stretch < 17.0;
        let gross_column = self.dice.chance(0.5) && !narrow;
        let columns = if gross_column { 4 } else { 3 };
        let at = |index: usize| till.left + room * index as f32 / (columns - 1) as f32;
        let terms = [Term::TaxRate, Term::NetAmount, Term::TaxAmount, Term::GrossAmount];
        let mut bottom = y;
        for (index, term) in terms.into_iter().take(columns).enumerate() {
            let name = self.name(term);
            let align = if index == 0 { Align::Left } else { Align::Right };
            let name = self.sheet.part(Part::Question, name);
            bottom = self.sheet.line(at(index), y, &[name], body, align);
        }
        y = bottom;
        let single = deal.taxes.len() == 1;
        for (index, line) in deal.taxes.iter().enumerate().filter(|(_, t)| t.gross != 0) {
            let rate = self.percent(line.rate);
            let code = ["A", "B", "C"][index.min(2)];
            let rate = if till.tax_codes && !narrow { format!("{code} {rate}") } else { rate };
            self.sheet.line(at(0), y, &[Span::plain(rate)], body, Align::Left);
            let net = self.sum(line.net, single.then_some(Field::Subtotal), false);
            self.sheet.line(at(1), y, &net, body, Align::Right);
            let tax = self.sum(line.tax, Some(Field::Tax), false);
            bottom = self.sheet.line(at(2), y, &tax, body, Align::Right);
            if gross_column {
                let gross = self.sum(line.gross, None, false);
                self.sheet.line(at(3), y, &gross, body, Align::Right);
            }
            y = bottom;
        }
        y
    }

    fn till_foot(&mut self, till: &Till, top: f32) -> f32 {
        let mut y = top + self.body.size * self.dice.real(0.3, 1.5);
        let (room, body) = (till.right - till.left, self.body);
        for _ in 0..self.dice.between(0, 3) {
            self.sheet.begin_block();
            let text = self.sentence(Term::NoteReceipt, &[]);
            y = self.sheet.paragraph((till.left, y), room, &text, body, Align::Center);
        }
        if self.dice.chance(0.75) {
            self.sheet.begin_block();
            let text = self.sentence(Term::ThanksReceipt, &[]);
            y = self.sheet.paragraph((till.left, y), room, &text, body, Align::Center);
        }
        if self.dice.chance(0.15) {
            y = self.bar_code((till.left + room * 0.15, y + 4.0), room * 0.7, 26.0);
            let code = Span::plain(self.dice.code("#############"));
            y = self.sheet.line(till.center, y, &[code], body, Align::Center);
        } else if self.dice.chance(0.1) {
            y = self.square_code((till.center - 28.0, y + 4.0), 56.0);
        }
        if self.dice.chance(0.06) {
            let at = (till.center + self.dice.bell(40.0), y * self.dice.real(0.5, 0.9));
            self.pen_mark(at, (50.0, 30.0));
        }
        y
    }
}
