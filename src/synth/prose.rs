//! Running text with names, dates and sums in it, none of which is a field of the page: letters,
//! articles, notices. What such pages teach is silence.

use super::calendar;
use super::letterhead::PartyFields;
use super::mark::Span;
use super::party::Registry;
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

impl Scribe<'_> {
    /// A few sentences; now and then one that mentions a date, a sum, a number or a person.
    pub fn prose(&mut self, sentences: i64) -> String {
        let mut text = String::new();
        for _ in 0..sentences {
            let sentence = self.lexicon.pick(Term::Body, &mut self.dice);
            text.push_str(sentence);
            text.push(' ');
            if self.dice.chance(0.3) {
                let aside = self.mention();
                // Into the sentence's last gap, as an aside in brackets.
                let end = text.trim_end().len().saturating_sub(1);
                text.insert_str(end, &format!(" ({aside})"));
            }
        }
        text
    }

    /// Something that looks like a field's value.
    fn mention(&mut self) -> String {
        let registry = Registry { lexicon: self.lexicon, country: self.country };
        match self.dice.between(0, 5) {
            0 => {
                let date = calendar::any(&mut self.dice);
                self.date(date)
            }
            1 => {
                let minor = self.dice.between(500, 9_000_000);
                self.money.full(minor)
            }
            2 => self.dice.code("##.#%"),
            3 => registry.person(&mut self.dice),
            4 => registry.firm(&mut self.dice, false),
            _ => self.dice.code("@@-#####"),
        }
    }

    /// A letter, from a firm or from a person.
    pub fn letter_page(&mut self) {
        let registry = Registry { lexicon: self.lexicon, country: self.country };
        let sender = if self.dice.chance(0.7) {
            registry.firm_party(&mut self.dice, false)
        } else {
            registry.private_party(&mut self.dice)
        };
        let recipient = registry.private_party(&mut self.dice);
        let margin = self.dice.real(48.0, 78.0);
        let (left, right) = (margin, self.sheet.width - margin);
        let mut y = self.dice.real(30.0, 60.0);
        let (x, align) = self.dice.pick(&[
            (left, Align::Left),
            (right, Align::Right),
            ((left + right) / 2.0, Align::Center),
        ]);
        y = self.letterhead(&sender, (x, y), align, (right - left) * 0.8);
        y += self.dice.real(10.0, 40.0);
        y = self.party_block(
            None,
            &recipient,
            PartyFields::default(),
            (left, y),
            (right - left) * 0.5,
        );
        y += self.dice.real(8.0, 30.0);
        y = self.letter_date(&sender.address, (left, right), y);
        if self.dice.chance(0.6) {
            let text = self.lexicon.pick(Term::Subject, &mut self.dice).replace("{number}", "");
            y = self.heading(left, y, text.trim(), self.body.heavy(true), Align::Left) + 10.0;
        }
        let salutation = self.sentence(Term::Salutation, &[]);
        self.sheet.begin_block();
        y = self.sheet.line(left, y, &salutation, self.body, Align::Left) + self.body.size;
        for _ in 0..self.dice.between(2, 6) {
            y = self.prose_block((left, y), right - left) + self.body.size * 0.8;
        }
        y = self.sign_off(&sender.person, (left, y), 4.0);
        self.grow_to(y + 30.0);
        self.silence();
    }

    fn letter_date(&mut self, address: &[String], (left, right): (f32, f32), top: f32) -> f32 {
        let date = calendar::any(&mut self.dice);
        let mut text = self.date(date);
        if self.dice.chance(0.4)
            && let Some(town) = address.last()
        {
            let town: String = town.chars().filter(|c| !c.is_ascii_digit()).collect();
            text = format!("{}, {text}", town.trim().trim_end_matches(','));
        }
        self.line_at_a_side((left, right), top, &[Span::plain(text)]) + 14.0
    }

    /// A line by itself at the left or right edge, as letters have their date; gives its bottom.
    pub(super) fn line_at_a_side(
        &mut self,
        (left, right): (f32, f32),
        top: f32,
        spans: &[Span],
    ) -> f32 {
        self.sheet.begin_block();
        let right_hand = self.dice.chance(0.6);
        let (x, align) = if right_hand { (right, Align::Right) } else { (left, Align::Left) };
        self.sheet.line(x, top, spans, self.body, align)
    }

    fn prose_block(&mut self, at: (f32, f32), width: f32) -> f32 {
        self.sheet.begin_block();
        let count = self.dice.between(1, 5);
        let text = self.prose(count);
        self.sheet.paragraph(at, width, &[Span::plain(text)], self.body, Align::Left)
    }

    /// A page of a report, manual or article in one to three columns.
    pub fn article_page(&mut self) {
        let margin = self.dice.real(40.0, 72.0);
        let (left, right) = (margin, self.sheet.width - margin);
        let end = self.sheet.height - self.dice.real(40.0, 70.0);
        let mut y = self.dice.real(36.0, 60.0);
        if self.dice.chance(0.5) {
            let style = self.body.sized(0.8);
            let text = self.mention();
            self.sheet.begin_block();
            self.sheet.line(left, y - 18.0, &[Span::plain(text)], style, Align::Left);
        }
        if self.dice.chance(0.6) {
            let factor = self.dice.pick(&[1.6, 2.0, 2.6]);
            let text = self.lexicon.pick(Term::Headline, &mut self.dice);
            y = self.heading(left, y, text, self.display.sized(factor).heavy(true), Align::Left);
            y += 10.0;
        }
        let columns = self.dice.pick(&[1, 1, 2, 2, 3]);
        let gap = 16.0;
        let width = (right - left - gap * (columns - 1) as f32) / columns as f32;
        for column in 0..columns {
            let x = left + (width + gap) * column as f32;
            self.article_column((x, y), width, end);
        }
        if self.dice.chance(0.6) {
            let number = Span::plain(self.dice.between(1, 200).to_string());
            self.sheet.begin_block();
            self.sheet.line((left + right) / 2.0, end + 12.0, &[number], self.body, Align::Center);
        }
        self.silence();
    }

    fn article_column(&mut self, (x, top): (f32, f32), width: f32, end: f32) {
        let mut y = top;
        let lines = self.body.line() * 6.0;
        while y + lines < end {
            y = match self.dice.between(0, 11) {
                0 | 1 => {
                    let text = self.lexicon.pick(Term::Headline, &mut self.dice);
                    let style = self.body.sized(self.dice.pick(&[1.0, 1.2])).heavy(true);
                    self.heading(x, y + 6.0, text, style, Align::Left) + 2.0
                }
                2 if y + 120.0 < end => self.figure((x, y), width),
                3 => self.number_table((x, y), width),
                4 => self.bullets((x, y), width),
                _ => self.prose_block((x, y), width) + self.body.size * 0.6,
            };
        }
    }

    fn bullets(&mut self, (x, top): (f32, f32), width: f32) -> f32 {
        let sign = self.dice.pick(&["-", "*", "1.", "a)"]);
        let mut y = top;
        for _ in 0..self.dice.between(2, 4) {
            self.sheet.begin_block();
            let text = self.prose(1);
            self.sheet.line(x, y, &[Span::plain(sign)], self.body, Align::Left);
            let at = (x + self.body.size * 1.5, y);
            let room = width - self.body.size * 1.5;
            y = self.sheet.paragraph(at, room, &[Span::plain(text)], self.body, Align::Left);
        }
        y + 4.0
    }

    /// A drawing's place with a caption.
    fn figure(&mut self, (x, top): (f32, f32), width: f32) -> f32 {
        let height = self.dice.real(60.0, 100.0);
        let shade = self.dice.between(150, 235) as u8;
        self.sheet.fill(x, top, width, height, [shade, shade, shade.saturating_sub(10)]);
        let bars = self.dice.between(3, 9);
        for bar in 0..bars {
            let tall = height * self.dice.real(0.1, 0.8);
            let step = width / bars as f32;
            let left = x + step * bar as f32 + step * 0.2;
            self.sheet.fill(left, top + height - tall, step * 0.6, tall, self.accent);
        }
        let style = self.body.sized(0.85);
        let caption = self.prose(1);
        self.sheet.begin_block();
        let at = (x, top + height + 3.0);
        self.sheet.paragraph(at, width, &[Span::plain(caption)], style, Align::Left) + 6.0
    }

    /// Figures in columns that add up to nothing.
    fn number_table(&mut self, (x, top): (f32, f32), width: f32) -> f32 {
        let most = (width / (self.body.size * 9.0)) as i64;
        let columns = self.dice.between(2, 4).min(most - 1).max(1) as usize;
        let step = width / (columns + 1) as f32;
        let mut y = top + 4.0;
        self.sheet.begin_block();
        self.sheet.rule(x, x + width, y, 0.7, [0; 3]);
        for _ in 0..self.dice.between(3, 8) {
            let name = self.lexicon.pick(Term::Trades, &mut self.dice);
            let mut bottom = self.sheet.line(x, y, &[Span::plain(name)], self.body, Align::Left);
            for column in 1..=columns {
                let minor = self.dice.between(100, 2_000_000);
                let value = Span::plain(self.money.number(minor));
                let at = x + step * (column + 1) as f32;
                bottom = self.sheet.line(at, y, &[value], self.body, Align::Right);
            }
            y = bottom;
        }
        self.sheet.rule(x, x + width, y + 1.0, 0.7, [0; 3]);
        y + 6.0
    }

    /// Takes the fields off everything written so far: the page states none.
    ///
    /// Fields are those of business papers. A letter's sender and date are no vendor and no date of
    /// invoice, and whoever extracts invoices from a mixed pile wants letters to stay silent.
    pub fn silence(&mut self) {
        for word in &mut self.sheet.words {
            word.mark.field = None;
        }
    }
}
