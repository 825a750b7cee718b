//! Forms: headings, questions with answers typed or written in, boxes to tick, tables.
//!
//! Every question knows its answer. Fields are silent: a form's dates and sums are no invoice's.

use super::calendar;
use super::font::{FontBook, Look};
use super::mark::{Part, Span};
use super::party::Registry;
use super::scribe::{Scribe, family, style_of};
use super::sheet::{Align, Color, Style};
use crate::lexicon::Term;

/// How questions and answers are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormLook {
    /// `Name: Smith`, perhaps on a dotted or solid line.
    Lines,
    /// Boxes with a small question at the top.
    Boxes,
    /// Two columns with rules.
    Grid,
}

struct Form {
    left: f32,
    right: f32,
    look: FormLook,
    /// Face of what was filled in.
    answer: Style,
    small: Style,
    ruled: bool,
    /// Share of questions that were answered.
    filled: f64,
    ink: Color,
}

/// A question of the lexicon: what it says, and what kind of answer it wants.
struct Question {
    text: &'static str,
    kind: &'static str,
}

impl Scribe<'_> {
    /// Sets a whole form.
    pub fn form_page(&mut self, fonts: &FontBook) {
        let form = self.new_form(fonts);
        let mut y = self.dice.real(28.0, 56.0);
        if self.dice.chance(0.35) {
            let registry = Registry { lexicon: self.lexicon, country: self.country };
            let party = registry.firm_party(&mut self.dice, false);
            y = self.letterhead(&party, (form.left, y), Align::Left, 240.0) + 8.0;
        }
        y = self.form_title(&form, y);
        let end = self.sheet.height - self.dice.real(40.0, 260.0);
        while y < end {
            if self.dice.chance(0.55) {
                y = self.form_section(&form, y);
            }
            y = match self.dice.between(0, 9) {
                0 => self.form_table(&form, y),
                1 => self.form_choices(&form, y),
                _ => self.form_fields(&form, y),
            };
            y += self.dice.real(4.0, 18.0);
        }
        if self.dice.chance(0.6) {
            y = self.form_note(&form, y);
        }
        if self.dice.chance(0.5) {
            y = self.form_signature(&form, y + 10.0);
        }
        self.grow_to(y + 24.0);
        self.silence();
    }

    fn new_form(&mut self, fonts: &FontBook) -> Form {
        let letters = self.lexicon.all(Term::Letters).concat() + self.money.sign;
        let margin = self.dice.real(34.0, 64.0);
        let ink: Color = self.dice.pick(&[[0; 3], [0; 3], [20, 30, 110], [40, 40, 40]]);
        let answer = if self.dice.chance(0.5) {
            let look = self.dice.pick(&[Look::Mono, Look::Sans, Look::Serif, Look::Mono]);
            let face = family(fonts, look, &letters, &mut self.dice);
            let factor = self.dice.pick(&[1.0, 1.0, 1.15]);
            style_of(face, self.body.size * factor, self.body.leading, ink)
        } else {
            self.body.colored(ink)
        };
        Form {
            left: margin,
            right: self.sheet.width - margin,
            look: self.dice.pick(&[
                FormLook::Lines,
                FormLook::Lines,
                FormLook::Boxes,
                FormLook::Grid,
            ]),
            answer,
            small: self.body.sized(0.8),
            ruled: self.dice.chance(0.5),
            filled: self.dice.pick(&[1.0, 0.9, 0.8, 0.5, 0.0]),
            ink,
        }
    }

    fn form_title(&mut self, form: &Form, top: f32) -> f32 {
        let text = self.lexicon.pick(Term::FormTitle, &mut self.dice).to_string();
        let text = if self.dice.chance(0.4) { text.to_uppercase() } else { text };
        let style = self.display.sized(self.dice.pick(&[1.3, 1.6, 2.0])).heavy(true);
        let center = (form.left + form.right) / 2.0;
        let centered = self.dice.chance(0.6);
        let (x, align) = if centered { (center, Align::Center) } else { (form.left, Align::Left) };
        let mut y = self.heading(x, top, &text, style, align) + 6.0;
        if self.dice.chance(0.4) {
            y = self.form_note(form, y);
        }
        y + self.dice.real(2.0, 12.0)
    }

    fn form_note(&mut self, form: &Form, top: f32) -> f32 {
        let note = self.lexicon.pick(Term::FormNote, &mut self.dice);
        self.sheet.begin_block();
        let width = form.right - form.left;
        let at = (form.left, top);
        self.sheet.paragraph(at, width, &[Span::plain(note)], form.small, Align::Left) + 4.0
    }

    fn form_section(&mut self, form: &Form, top: f32) -> f32 {
        let text = self.lexicon.pick(Term::FormSection, &mut self.dice);
        let style = self.body.heavy(true).sized(self.dice.pick(&[1.0, 1.1, 1.2]));
        let banner = self.dice.chance(0.35);
        if banner {
            let width = form.right - form.left;
            self.sheet.fill(form.left, top, width, style.line() + 3.0, [215, 215, 215]);
        }
        let inset = if banner { 4.0 } else { 0.0 };
        self.heading(form.left + inset, top + 1.5, text, style, Align::Left) + 4.0
    }

    fn question(&mut self) -> Question {
        let entry = self.lexicon.pick(Term::FormLabel, &mut self.dice);
        let (text, kind) = entry.rsplit_once(':').unwrap_or((entry, "word"));
        Question { text, kind }
    }

    /// What somebody would answer.
    fn answer_text(&mut self, kind: &str) -> String {
        let registry = Registry { lexicon: self.lexicon, country: self.country };
        let dice = &mut self.dice;
        match kind {
            "person" => registry.person(dice),
            "first" => self.lexicon.pick(Term::FirstNames, dice).to_string(),
            "last" => registry.last_name(dice),
            "street" => registry.street(dice),
            "town" => registry.town(dice),
            "zip" => registry.zip(dice),
            "company" => registry.firm(dice, false),
            "phone" => {
                let pattern = dice.pick(self.country.phones);
                dice.code(pattern)
            }
            "email" => registry.private_party(dice).email,
            "web" => registry.private_party(dice).web,
            "number" => {
                let pattern =
                    dice.pick(&["######", "##-####-#", "@@ ######", "#### ####", "@####"]);
                dice.code(pattern)
            }
            "small" => dice.between(0, 190).to_string(),
            "time" => format!("{:02}:{:02}", dice.between(0, 23), dice.between(0, 59)),
            "choice" => self.lexicon.pick(Term::FormChoice, dice).to_string(),
            "sentence" => self.prose(1),
            "words" => self.lexicon.pick(Term::Subject, dice).replace("{number}", "").trim().into(),
            "date" => {
                let date = calendar::any(dice);
                self.date(date)
            }
            "amount" => {
                let minor = dice.between(100, 5_000_000);
                self.money.full(minor)
            }
            _ => self.lexicon.pick(Term::Goods, dice).to_string(),
        }
    }

    /// Question and answer as spans, linked; no answer where the form was left blank.
    fn asked(&mut self, form: &Form, question: &Question) -> (Span, Vec<Span>) {
        let text = if form.look == FormLook::Boxes {
            question.text.to_string()
        } else {
            self.with_colon(question.text)
        };
        if question.kind != "sign" && self.dice.chance(form.filled) {
            let answer = Span::plain(self.answer_text(question.kind));
            self.linked(&text, vec![answer])
        } else {
            let heavy = self.bold_keys;
            (self.sheet.part(Part::Question, text).bold(heavy), Vec::new())
        }
    }

    fn form_fields(&mut self, form: &Form, top: f32) -> f32 {
        let mut y = top;
        for _ in 0..self.dice.between(2, 7) {
            let columns = self.dice.pick(&[1, 1, 2, 2, 3]);
            let room = (form.right - form.left) / columns as f32;
            let mut bottom = y;
            let mut cells = Vec::new();
            for column in 0..columns {
                let question = self.question();
                let (key, value) = self.asked(form, &question);
                let x = form.left + room * column as f32;
                let end = match form.look {
                    FormLook::Lines => self.form_line(form, (x, y), room - 10.0, key, value),
                    FormLook::Boxes => self.form_box(form, (x, y), room, key, value),
                    FormLook::Grid => self.form_cell(form, (x, y), room, key, value),
                };
                bottom = bottom.max(end);
                cells.push(x);
            }
            if form.look != FormLook::Lines {
                for x in cells {
                    self.sheet.frame(x, y, room, bottom - y, 0.6, [70, 70, 70]);
                }
            }
            y = bottom;
        }
        y
    }

    fn form_line(
        &mut self,
        form: &Form,
        (x, top): (f32, f32),
        room: f32,
        key: Span,
        value: Vec<Span>,
    ) -> f32 {
        self.sheet.begin_block();
        let style = self.body;
        let used = self.sheet.width_of(std::slice::from_ref(&key), style) + 6.0;
        let wide = used < room * 0.75;
        let below = self.sheet.paragraph((x, top), room, &[key], style, Align::Left);
        let (at, width) = if wide { ((x + used, top), room - used) } else { ((x, below), room) };
        let mut bottom = self.sheet.paragraph(at, width, &value, form.answer, Align::Left);
        bottom = bottom.max(below).max(at.1 + style.line());
        if form.ruled {
            self.sheet.rule(at.0, at.0 + width, bottom - 1.0, 0.5, [60, 60, 60]);
        }
        bottom + style.size * 0.35
    }

    fn form_box(
        &mut self,
        form: &Form,
        (x, top): (f32, f32),
        room: f32,
        key: Span,
        value: Vec<Span>,
    ) -> f32 {
        self.sheet.begin_block();
        let width = room - 6.0;
        let y = self.sheet.paragraph((x + 3.0, top + 1.0), width, &[key], form.small, Align::Left);
        let end = self.sheet.paragraph((x + 5.0, y), width, &value, form.answer, Align::Left);
        end.max(y + form.answer.line()) + 2.0
    }

    fn form_cell(
        &mut self,
        form: &Form,
        (x, top): (f32, f32),
        room: f32,
        key: Span,
        value: Vec<Span>,
    ) -> f32 {
        self.sheet.begin_block();
        let split = room * 0.42;
        let (left, right) = (split - 6.0, room - split - 6.0);
        let a = self.sheet.paragraph((x + 3.0, top + 2.0), left, &[key], self.body, Align::Left);
        let at = (x + split + 3.0, top + 2.0);
        let b = self.sheet.paragraph(at, right, &value, form.answer, Align::Left);
        let bottom = a.max(b) + 2.0;
        self.sheet.upright(x + split, top, bottom, 0.5, [70, 70, 70]);
        bottom
    }

    /// A question with boxes to tick; the options are its answers.
    fn form_choices(&mut self, form: &Form, top: f32) -> f32 {
        let question = self.question();
        self.sheet.begin_block();
        let id = self.sheet.entity();
        let key = Span::plain(self.with_colon(question.text)).part(Part::Question, id);
        let mut x = form.left + self.sheet.width_of(std::slice::from_ref(&key), self.body) + 14.0;
        let bottom = self.sheet.line(form.left, top, &[key], self.body, Align::Left);
        let side = self.body.size * 0.8;
        for _ in 0..self.dice.between(2, 4) {
            let text = self.lexicon.pick(Term::FormChoice, &mut self.dice);
            let answer = self.sheet.part(Part::Answer, text);
            if let Some((_, answer)) = answer.mark.part {
                self.sheet.links.push((id, answer));
            }
            let y = top + self.body.line() * 0.5 - side * 0.5;
            self.sheet.frame(x, y, side, side, 0.7, [30, 30, 30]);
            if self.dice.chance(0.4) {
                let points = vec![(x, y), (x + side, y + side)];
                let other = vec![(x + side, y), (x, y + side)];
                for points in [points, other] {
                    let weight = 0.9;
                    self.sheet.overlays.push(super::sheet::Shape::Curve {
                        points,
                        weight,
                        color: form.ink,
                    });
                }
            }
            x += side + 4.0;
            let width = self.sheet.width_of(std::slice::from_ref(&answer), self.body);
            self.sheet.line(x, top, &[answer], self.body, Align::Left);
            x += width + 16.0;
        }
        bottom + 3.0
    }

    /// Column heads as questions, cells as their answers.
    fn form_table(&mut self, form: &Form, top: f32) -> f32 {
        let columns = self.dice.between(3, 5) as usize;
        let room = (form.right - form.left) / columns as f32;
        let short = ["date", "small", "number", "amount", "first", "last", "town", "time"];
        let mut questions = Vec::new();
        while questions.len() < columns {
            let question = self.question();
            if short.contains(&question.kind) || self.dice.chance(0.05) {
                questions.push((question, self.sheet.entity()));
            }
        }
        let rows = self.dice.between(2, 6);
        self.sheet.begin_block();
        let mut y = top;
        for row in 0..=rows {
            let mut bottom = y + self.body.line();
            for (index, (question, id)) in questions.iter().enumerate() {
                let at = (form.left + room * index as f32 + 3.0, y + 1.5);
                if row == 0 {
                    let key = Span::plain(question.text).part(Part::Question, *id);
                    let style = self.body.heavy(true);
                    let end = self.sheet.paragraph(at, room - 6.0, &[key], style, Align::Left);
                    bottom = bottom.max(end);
                } else if self.dice.chance(form.filled) {
                    let text = self.answer_text(question.kind);
                    let answer = self.sheet.part(Part::Answer, text);
                    if let Some((_, answer)) = answer.mark.part {
                        self.sheet.links.push((*id, answer));
                    }
                    let style = form.answer;
                    let end = self.sheet.paragraph(at, room - 6.0, &[answer], style, Align::Left);
                    bottom = bottom.max(end);
                }
            }
            bottom += 1.5;
            for index in 0..columns {
                let x = form.left + room * index as f32;
                self.sheet.frame(x, y, room, bottom - y, 0.6, [70, 70, 70]);
            }
            y = bottom;
        }
        y + 4.0
    }

    fn form_signature(&mut self, form: &Form, top: f32) -> f32 {
        let width = (form.right - form.left) * 0.4;
        if self.dice.chance(0.7) {
            self.signature((form.left + 10.0, top - 8.0));
        }
        let y = top + 24.0;
        self.sheet.rule(form.left, form.left + width, y, 0.6, [40, 40, 40]);
        let text = self
            .lexicon
            .all(Term::FormLabel)
            .iter()
            .find_map(|entry| entry.strip_suffix(":sign"))
            .unwrap_or("X");
        self.sheet.begin_block();
        let key = self.sheet.part(Part::Question, text);
        self.sheet.line(form.left, y + 2.0, &[key], form.small, Align::Left)
    }
}
