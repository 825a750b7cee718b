//! Till receipts: narrow paper, centred or flush heads, items in one to three lines, cash and change.

use super::deal::Deal;
use super::dice::Dice;
use super::font::{FontBook, Look};
use super::mark::{Field, Span};
use super::scribe::{Scribe, family, style_of};
use super::sheet::{Align, BLACK, Shape};
use crate::lexicon::Term;

/// How items are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemLook {
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

pub(super) struct Till {
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) center: f32,
    pub(super) head: Align,
    pub(super) items: ItemLook,
    /// Letter behind an amount that names its tax rate.
    pub(super) tax_codes: bool,
    /// The article number stands on the line of the amount.
    pub(super) code_below: bool,
    pub(super) times: &'static str,
    pub(super) rule: Rule,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
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

    pub(super) fn till_rule(&mut self, till: &Till, y: f32) -> f32 {
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
