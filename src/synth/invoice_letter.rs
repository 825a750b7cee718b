//! Invoices written as letters: number and date in the subject or in a sentence, services told line by
//! line without a table, what is to be paid in running text.

use super::deal::Deal;
use super::letterhead::PartyFields;
use super::mark::{Field, Part, Span};
use super::pairs::{Pair, PairLayout};
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

impl Scribe<'_> {
    /// Sets a whole page.
    pub fn invoice_letter_page(&mut self, deal: &Deal) {
        let margin = self.dice.real(42.0, 80.0);
        let (left, right) = (margin, self.sheet.width - margin);
        let mut y = self.dice.real(28.0, 60.0);
        let window = self.dice.chance(0.4);
        if window {
            y = if self.dice.chance(0.5) { self.logo((left, y), Align::Left) } else { y + 30.0 };
            y = self.sender_line(&deal.seller, (left, y), (right - left) * 0.55);
        } else {
            let (x, align) = self.dice.pick(&[
                (left, Align::Left),
                (left, Align::Left),
                (right, Align::Right),
                ((left + right) / 2.0, Align::Center),
            ]);
            y = self.letterhead(&deal.seller, (x, y), align, (right - left) * 0.8);
            y += self.dice.real(10.0, 36.0);
        }
        let (buyer, at) = (&deal.buyer, (left, y));
        y = self.party_block(None, buyer, PartyFields::BUYER, at, (right - left) * 0.55);
        y += self.dice.real(8.0, 30.0);
        let numbered = self.dice.chance(0.6);
        y = self.dated_line(deal, (left, right), y);
        y = self.subject_line(deal, (left, right), y, numbered) + self.dice.real(6.0, 14.0);
        if self.dice.chance(0.75) {
            let salutation = self.sentence(Term::Salutation, &[]);
            self.sheet.begin_block();
            y = self.sheet.line(left, y, &salutation, self.body, Align::Left);
            y += self.body.size * 0.8;
        }
        if self.dice.chance(0.8) {
            y = self.running_text(Term::Intro, deal, (left, right), y) + self.body.size * 0.8;
        }
        y = self.told_items(deal, (left, right), y) + self.body.size * 0.6;
        y = self.told_sums(deal, (left, right), y) + self.body.size * 0.8;
        for term in [Term::PaySentence, Term::Closing] {
            if self.dice.chance(0.7) {
                y = self.running_text(term, deal, (left, right), y) + self.body.size * 0.6;
            }
        }
        if self.dice.chance(0.4) {
            let text = self.prose(2);
            self.sheet.begin_block();
            let (at, width) = ((left, y), right - left);
            y = self.sheet.paragraph(at, width, &[Span::plain(text)], self.body, Align::Left);
        }
        if self.dice.chance(0.7) {
            y = self.sign_off(&deal.seller.person, (left, y + 8.0), 0.0);
        }
        if window || self.dice.chance(0.5) {
            y += self.dice.real(14.0, 80.0);
            y = self.footer(deal, (left, right), y);
        }
        let margin = self.dice.real(14.0, 30.0);
        self.grow_to(y + margin);
    }

    /// `Lindau, 5 March 2024`, or with a key, at either side.
    fn dated_line(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let date = self.date_field(Field::Date, deal.date);
        let mut spans = vec![date];
        if self.dice.chance(0.35) {
            let town = deal.seller.address.last().map(String::as_str).unwrap_or_default();
            let town: String = town.chars().filter(|c| !c.is_ascii_digit()).collect();
            let town = town.trim().trim_matches([',', '-']).trim().to_string();
            if !town.is_empty() {
                spans.insert(0, Span::plain(format!("{town},")));
            }
        } else if self.dice.chance(0.4) {
            let key = self.key(Term::DateInvoice);
            let (key, value) = self.linked(&key, spans);
            spans = std::iter::once(key).chain(value).collect();
        }
        self.line_at_a_side((left, right), top, &spans) + self.dice.real(6.0, 20.0)
    }

    /// The subject: `Invoice No. 17 dated 3 May 2024`, or a title with the number below or beside.
    fn subject_line(
        &mut self,
        deal: &Deal,
        (left, right): (f32, f32),
        top: f32,
        numbered: bool,
    ) -> f32 {
        let style = self.body.sized(self.dice.pick(&[1.0, 1.1, 1.3])).heavy(true);
        self.sheet.begin_block();
        let mut y = top;
        if numbered {
            let pattern = self.lexicon.pick(Term::TitleNumbered, &mut self.dice);
            let number = self.sheet.field(Field::InvoiceNumber, &deal.number);
            let date = self.date_field(Field::Date, deal.date);
            let mut spans = self.fill(pattern, &[("number", number), ("date", date)]);
            if self.dice.chance(0.3) {
                let service = self.lexicon.pick(Term::Services, &mut self.dice);
                spans.push(Span::plain(format!("- {service}")));
            }
            y = self.sheet.paragraph((left, y), right - left, &spans, style, Align::Left);
        } else {
            let title = self.lexicon.common(deal.paper.title(), &mut self.dice).to_string();
            let title = self.sheet.part(Part::Header, title);
            y = self.sheet.line(left, y, &[title], style, Align::Left) + 3.0;
            let mut pairs = vec![self.number_pair(deal)];
            let key = self.key(Term::NumberCustomer);
            let customer = Span::plain(self.dice.code("K#####"));
            if self.dice.chance(0.4) {
                pairs.insert(self.dice.index(2), Pair::new(key, vec![customer]));
            }
            let layout = self.dice.pick(&[PairLayout::Inline, PairLayout::Columns]);
            y = self.pairs((left, y), (right - left) * 0.6, pairs, layout);
        }
        y
    }

    fn told_items(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        if self.dice.chance(0.15) {
            return self.item_table(deal, (left, right), top);
        }
        let inset = self.dice.pick(&[0.0, 0.0, 14.0, 40.0]);
        let bullet = self.dice.pick(&["", "", "-", "1."]);
        let dotted = self.dice.chance(0.15);
        // Sums right behind the words, or flush right.
        let behind = self.dice.chance(0.3);
        self.sheet.begin_block();
        let mut y = top;
        for item in &deal.items {
            let mut x = left + inset;
            if !bullet.is_empty() {
                self.sheet.line(x, y, &[Span::plain(bullet)], self.body, Align::Left);
                x += self.body.size * 1.4;
            }
            if behind {
                let name = format!("{}:", item.description);
                let mut spans = vec![self.sheet.field(Field::ItemDescription, name)];
                spans.extend(self.sum(item.amount, Some(Field::ItemAmount), true));
                y = self.sheet.paragraph((x, y), right - x, &spans, self.body, Align::Left);
            } else {
                y = self.charge_line(item, (x, right - inset), y, dotted);
            }
        }
        y
    }

    /// The sums as in an invoice, or told in a line of text.
    fn told_sums(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        if self.dice.chance(0.6) {
            return self.totals(deal, (left, right), top);
        }
        let rows = self.sum_rows(deal);
        let between = self.dice.pick(&[",", ";", "", "+"]);
        let mut spans: Vec<Span> = Vec::new();
        for row in rows {
            if !spans.is_empty() && !between.is_empty() {
                spans.push(Span::plain(between));
            }
            spans.push(Span::plain(self.with_colon(&row.name)).bold(row.strong));
            spans.extend(row.value.into_iter().map(|span| span.bold(row.strong)));
        }
        self.sheet.begin_block();
        self.sheet.paragraph((left, top), right - left, &spans, self.body, Align::Left)
    }
}
