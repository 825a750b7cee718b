//! Who writes to whom: letterheads, logos, sender lines, recipients, footers.

use super::deal::Deal;
use super::mark::{Field, Part, Span};
use super::party::Party;
use super::scribe::Scribe;
use super::sheet::{Align, Shape, Style};
use crate::lexicon::Term;

/// What a party's name and address are labelled as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PartyFields {
    pub name: Option<Field>,
    pub address: Option<Field>,
}

impl PartyFields {
    pub const SELLER: Self = Self { name: Some(Field::Company), address: Some(Field::Address) };
    pub const BUYER: Self = Self { name: Some(Field::Customer), address: None };
}

impl Scribe<'_> {
    /// Spans of a party's address lines as one entity of this field (or of none).
    fn address_lines(&mut self, party: &Party, field: Option<Field>) -> Vec<Vec<Span>> {
        let id = self.sheet.entity();
        let mut lines = party.address.clone();
        if self.dice.chance(0.2) {
            lines.push(party.country.name.to_string());
        }
        if lines.len() > 1 && self.dice.chance(0.1) {
            lines = vec![lines.join(", ")];
        }
        let span = |line: String| match field {
            Some(field) => vec![Span::plain(line).field(field, id)],
            None => vec![Span::plain(line)],
        };
        lines.into_iter().map(span).collect()
    }

    /// Lines such as `Tel. …`, `E-Mail …`, `VAT No. …`; keys and values linked.
    pub fn contact_lines(&mut self, party: &Party, most: i64) -> Vec<Vec<Span>> {
        let vat_label = if party.country.vat_labels.is_empty() {
            self.lexicon.common(Term::VatId, &mut self.dice)
        } else {
            self.dice.pick(party.country.vat_labels)
        };
        let mut choices: Vec<(String, String)> = vec![
            (self.lexicon.common(Term::Phone, &mut self.dice).into(), party.phone.clone()),
            (self.lexicon.common(Term::Fax, &mut self.dice).into(), party.fax.clone()),
            (self.lexicon.common(Term::Email, &mut self.dice).into(), party.email.clone()),
            (String::new(), party.web.clone()),
            (vat_label.into(), party.vat_id.clone()),
            (self.lexicon.common(Term::TaxNumber, &mut self.dice).into(), party.tax_number.clone()),
            (
                self.lexicon.common(Term::CompanyRegister, &mut self.dice).into(),
                party.register.clone(),
            ),
        ];
        if self.dice.chance(0.3) {
            choices.swap(0, 4);
        }
        let mut lines = Vec::new();
        for (key, value) in choices {
            if (lines.len() as i64) < most && self.dice.chance(0.6) {
                lines.push(self.contact_line(&key, value));
            }
        }
        lines
    }

    fn contact_line(&mut self, key: &str, value: String) -> Vec<Span> {
        if key.is_empty() {
            return vec![Span::plain(value)];
        }
        let key = self.with_colon(key.trim_end_matches(':'));
        let (key, value) = self.linked(&key, vec![Span::plain(value)]);
        std::iter::once(key.bold(false)).chain(value).collect()
    }

    /// Company, address, contacts as a block; `x` is its left end, centre or right end.
    pub fn letterhead(
        &mut self,
        seller: &Party,
        (x, top): (f32, f32),
        align: Align,
        room: f32,
    ) -> f32 {
        self.sheet.begin_block();
        let mut y = top;
        if self.dice.chance(0.4) {
            y = self.logo((x, y), align);
        }
        let name = self.company_style();
        let left = left_of(x, room, align);
        let company = self.sheet.field(Field::Company, &seller.name);
        y = self.sheet.paragraph((left, y), room, &[company], name, align) + 1.0;
        if self.dice.chance(0.15) {
            let slogan = self.lexicon.pick(Term::Slogan, &mut self.dice);
            y = self.sheet.line(x, y, &[Span::plain(slogan)], self.body, align) + 1.0;
        }
        let style = self.body.sized(self.dice.pick(&[0.85, 1.0, 1.0]));
        if self.dice.chance(0.1) {
            let contact = self.contact_lines(seller, 2);
            y = self.lines((x, y), &contact, style, align);
        }
        let address = self.address_lines(seller, Some(Field::Address));
        for line in &address {
            y = self.sheet.paragraph((left, y), room, line, style, align);
        }
        let most = self.dice.between(0, 5);
        let contact = self.contact_lines(seller, most);
        if self.dice.chance(0.25) && !contact.is_empty() {
            let joined: Vec<Span> = contact.concat();
            return self.sheet.paragraph((left, y), room, &joined, style, align);
        }
        self.lines((x, y), &contact, style, align)
    }

    /// How the company's name stands out.
    pub fn company_style(&mut self) -> Style {
        let factor = self.dice.pick(&[1.0, 1.15, 1.3, 1.5, 1.8, 2.2]);
        let heavy = self.dice.chance(0.75);
        let style = self.display.sized(factor).heavy(heavy);
        if self.dice.chance(0.3) { style.colored(self.accent) } else { style }
    }

    /// Sets lines one below the other.
    pub fn lines(
        &mut self,
        (x, top): (f32, f32),
        lines: &[Vec<Span>],
        style: Style,
        align: Align,
    ) -> f32 {
        lines.iter().fold(top, |y, line| self.sheet.line(x, y, line, style, align))
    }

    /// A drawn mark without words; gives its bottom.
    pub fn logo(&mut self, (x, top): (f32, f32), align: Align) -> f32 {
        let size = self.dice.real(18.0, 52.0);
        let left = left_of(x, size, align);
        let color = self.accent;
        let center = (left + size / 2.0, top + size / 2.0);
        match self.dice.between(0, 4) {
            0 => self.sheet.shapes.push(Shape::Disc {
                x: center.0,
                y: center.1,
                radius: size / 2.0,
                hole: size * self.dice.real(0.0, 0.4),
                color,
            }),
            1 => {
                for step in 0..3 {
                    let inset = size * 0.34 * step as f32;
                    self.sheet.fill(
                        left + inset,
                        top + inset * 0.5,
                        size * 0.28,
                        size - inset * 0.5,
                        color,
                    );
                }
            }
            2 => {
                self.sheet.fill(left, top, size, size, color);
                self.sheet.fill(
                    left + size * 0.3,
                    top + size * 0.3,
                    size * 0.4,
                    size * 0.4,
                    [255; 3],
                );
            }
            3 => {
                let points = vec![
                    (left, top + size),
                    (left + size * 0.5, top),
                    (left + size, top + size),
                    (left, top + size),
                ];
                self.sheet.shapes.push(Shape::Curve { points, weight: size * 0.12, color });
            }
            _ => {
                for step in 0..3 {
                    self.sheet.shapes.push(Shape::Disc {
                        x: left + size * (0.25 + 0.25 * step as f32),
                        y: center.1,
                        radius: size * 0.25,
                        hole: size * 0.17,
                        color,
                    });
                }
            }
        }
        top + size + 5.0
    }

    /// The small line above a window envelope's address.
    pub fn sender_line(&mut self, seller: &Party, (x, top): (f32, f32), room: f32) -> f32 {
        self.sheet.begin_block();
        let style = self.body.sized(0.72);
        let company = self.sheet.field(Field::Company, &seller.name);
        let id = self.sheet.entity();
        let dot = self.dice.pick(&["·", "-", ",", "|", "–", "•"]);
        let dot = if "·-,|–".contains(dot) { dot } else { "-" };
        let mut spans = vec![company];
        for line in &seller.address {
            spans.push(Span::plain(dot));
            spans.push(Span::plain(line.as_str()).field(Field::Address, id));
        }
        let bottom = self.sheet.paragraph((x, top), room, &spans, style, Align::Left);
        let width = self.sheet.width_of(&spans, style).min(room);
        self.sheet.rule(x, x + width, bottom + 0.5, 0.5, self.body.color);
        bottom + 4.0
    }

    /// A party's block, with or without a heading.
    pub fn party_block(
        &mut self,
        heading: Option<Term>,
        party: &Party,
        fields: PartyFields,
        (x, top): (f32, f32),
        room: f32,
    ) -> f32 {
        self.sheet.begin_block();
        let style = self.body;
        let question = self.sheet.entity();
        let answer = self.sheet.entity();
        let mut y = top;
        let mut lines: Vec<Vec<Span>> = Vec::new();
        if heading.is_some() && self.dice.chance(0.22) {
            lines.extend(self.numbers_of(party, fields.name));
        }
        let recipient = fields.name == Some(Field::Customer);
        let courtesy = recipient && self.dice.chance(if party.private { 0.4 } else { 0.12 });
        let mut before_name = None;
        if courtesy {
            let courtesy = Span::plain(self.lexicon.pick(Term::Courtesy, &mut self.dice));
            if self.dice.chance(0.6) {
                lines.push(vec![courtesy]);
            } else {
                before_name = Some(courtesy);
            }
        }
        let name = match fields.name {
            Some(field) => self.sheet.field(field, &party.name),
            None => Span::plain(&party.name),
        };
        let heavy = self.dice.chance(0.3);
        lines.push(before_name.into_iter().chain([name]).map(|span| span.bold(heavy)).collect());
        if !party.private && fields.name != Some(Field::Company) && self.dice.chance(0.25) {
            lines.push(vec![Span::plain(self.attention(party))]);
        }
        lines.extend(self.address_lines(party, fields.address));
        if self.dice.chance(if fields.name == Some(Field::Company) { 0.6 } else { 0.25 }) {
            lines.extend(self.contact_lines(party, 3));
        }
        let mut in_line = None;
        if let Some(term) = heading {
            let heavy = self.dice.chance(0.6);
            let key = Span::plain(self.key(term)).part(Part::Question, question);
            self.sheet.links.push((question, answer));
            if self.dice.chance(0.12) {
                in_line = Some(key.bold(heavy));
            } else {
                y = self.sheet.line(x, y, &[key], style.heavy(heavy), Align::Left);
                if self.dice.chance(0.15) {
                    self.sheet.rule(x, x + room, y + 0.5, 0.6, self.body.color);
                    y += 2.5;
                }
            }
        }
        for line in lines {
            let line: Vec<Span> = match heading {
                Some(_) => line.into_iter().map(|s| s.part(Part::Answer, answer)).collect(),
                None => line,
            };
            let line: Vec<Span> = in_line.take().into_iter().chain(line).collect();
            y = self.sheet.paragraph((x, y), room, &line, style, Align::Left);
        }
        y
    }

    /// Numbers of a party, which some print before its name.
    fn numbers_of(&mut self, party: &Party, name: Option<Field>) -> Vec<Vec<Span>> {
        let mut lines = Vec::new();
        if name == Some(Field::Customer) {
            let key = self.lexicon.pick(Term::NumberCustomer, &mut self.dice);
            let number = self.dice.pick(&["######", "#####", "K-####", "@@####"]);
            let number = self.dice.code(number);
            lines.push(self.contact_line(key, number));
        }
        if self.dice.chance(0.25) {
            // Numbers by which trade knows its members.
            let key = self.dice.pick(&["GLN", "ILN", "EAN", "GLN-Nr.", "GTIN", "ID"]);
            let number = self.dice.code("40###########");
            lines.push(self.contact_line(key, number));
        }
        if lines.is_empty() || self.dice.chance(0.5) {
            lines.extend(self.contact_lines(party, 1));
        }
        lines
    }

    fn attention(&mut self, party: &Party) -> String {
        match self.dice.between(0, 5) {
            0..=2 => self.lexicon.pick(Term::Departments, &mut self.dice).to_string(),
            3 => party.person.clone(),
            _ => {
                let word = self.lexicon.pick(Term::Attention, &mut self.dice);
                format!("{word} {}", party.person)
            }
        }
    }

    /// Small print at the foot of the page, in columns or one centred run; gives its height when
    /// set from `top`.
    pub fn footer(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let style = self.body.sized(self.dice.pick(&[0.7, 0.75, 0.8])).heavy(false);
        let seller = &deal.seller;
        let mut blocks: Vec<Vec<Vec<Span>>> = Vec::new();
        let mut first = vec![vec![self.sheet.field(Field::Company, &seller.name)]];
        first.extend(self.address_lines(seller, Some(Field::Address)));
        blocks.push(first);
        blocks.push(self.contact_lines(seller, 4));
        blocks.push(self.bank_lines(seller));
        if self.dice.chance(0.5) {
            let manager = self.lexicon.pick(Term::Manager, &mut self.dice);
            let mut lines = vec![self.contact_line(manager, seller.person.clone())];
            let register = self.lexicon.pick(Term::CompanyRegister, &mut self.dice);
            lines.push(self.contact_line(register, seller.register.clone()));
            blocks.push(lines);
        }
        blocks.retain(|b| !b.is_empty());
        if self.dice.chance(0.7) {
            self.sheet.rule(left, right, top, 0.6, self.accent);
        }
        if self.dice.chance(0.3) {
            self.sheet.begin_block();
            let spans: Vec<Span> = blocks.concat().concat();
            return self.sheet.paragraph(
                (left, top + 4.0),
                right - left,
                &spans,
                style,
                Align::Center,
            );
        }
        let room = (right - left) / blocks.len() as f32;
        let mut bottom = top;
        for (index, lines) in blocks.iter().enumerate() {
            self.sheet.begin_block();
            let x = left + room * index as f32;
            let mut y = top + 4.0;
            for line in lines {
                y = self.sheet.paragraph((x, y), room - 6.0, line, style, Align::Left);
            }
            bottom = bottom.max(y);
        }
        bottom
    }

    /// Bank, account and codes.
    pub fn bank_lines(&mut self, party: &Party) -> Vec<Vec<Span>> {
        let mut lines = Vec::new();
        let term = |scribe: &mut Self, term| scribe.lexicon.common(term, &mut scribe.dice);
        if self.dice.chance(0.6) {
            let key = term(self, Term::Bank);
            lines.push(self.contact_line(key, party.bank.clone()));
        }
        if self.dice.chance(0.2) {
            let key = term(self, Term::AccountHolder);
            let key = self.with_colon(key);
            let name = self.sheet.field(Field::Company, &party.name);
            let (key, value) = self.linked(&key, vec![name]);
            lines.push(std::iter::once(key.bold(false)).chain(value).collect());
        }
        if party.iban.is_empty() {
            let key = term(self, Term::AccountNumber);
            lines.push(self.contact_line(key, party.account.clone()));
        } else {
            let key = term(self, Term::Iban);
            lines.push(self.contact_line(key, party.iban.clone()));
        }
        if self.dice.chance(0.7) {
            let key = term(self, Term::Bic);
            lines.push(self.contact_line(key, party.bic.clone()));
        }
        lines
    }
}

fn left_of(x: f32, room: f32, align: Align) -> f32 {
    match align {
        Align::Left => x,
        Align::Center => x - room / 2.0,
        Align::Right => x - room,
    }
}
