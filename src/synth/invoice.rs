//! Full-page business documents: a grammar of zones, each set in one of many ways.
//!
//! Head (who, title, numbers) → parties → items → sums → payment → foot. What a zone holds depends on
//! what the zones before it have already said, so that nothing is missing and little is said twice.

use super::deal::{Deal, Paper};
use super::mark::{Field, Span};
use super::pairs::{Pair, PairLayout};
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    Left,
    Right,
    Center,
    /// A filled band over the whole width.
    Banner,
    /// Only a sender line and the foot name the company.
    SenderLine,
    /// The company has a block like the customer's, under a heading: `Seller`, `Buyer`.
    Parties,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TitleAt {
    /// Beside the letterhead.
    Head,
    /// Above everything.
    Top,
    /// Between parties and items.
    Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetaAt {
    /// Beside the letterhead, below the title there.
    Head,
    /// Beside the recipient.
    Recipient,
    /// A row of cells above the items.
    Cells,
    /// Lines below the title.
    Title,
}

pub(super) struct Plan {
    pub(super) head: Head,
    pub(super) title: TitleAt,
    pub(super) meta: MetaAt,
    /// The title line names the number, perhaps the date: `Invoice No. {number} dated {date}`.
    pub(super) numbered_title: Option<&'static str>,
    /// Foot with company, contacts, bank.
    pub(super) foot: bool,
    pub(super) left: f32,
    pub(super) right: f32,
}

impl Scribe<'_> {
    fn plan(&mut self, paper: Paper) -> Plan {
        let dice = &mut self.dice;
        let margin = dice.real(30.0, 68.0);
        let head = dice.weighted(&[
            (8, Head::Left),
            (6, Head::Right),
            (3, Head::Center),
            (2, Head::Banner),
            (3, Head::SenderLine),
            (6, Head::Parties),
        ]);
        let beside = matches!(head, Head::Left | Head::Right);
        let title = match dice.between(0, 9) {
            0..=3 if beside => TitleAt::Head,
            0..=4 if head != Head::Banner => TitleAt::Top,
            _ => TitleAt::Table,
        };
        let meta = match dice.between(0, 9) {
            0..=2 if beside => MetaAt::Head,
            0..=6 => MetaAt::Recipient,
            7 => MetaAt::Title,
            _ => MetaAt::Cells,
        };
        Plan {
            head,
            title,
            meta,
            numbered_title: (paper.has_invoice_number() && dice.chance(0.3))
                .then(|| self.lexicon.pick(Term::TitleNumbered, dice)),
            foot: head == Head::SenderLine || dice.chance(0.55),
            left: margin,
            right: self.sheet.width - margin,
        }
    }

    /// Sets a whole page.
    pub fn business_page(&mut self, deal: &Deal) {
        let plan = self.plan(deal.paper);
        let mut y = self.dice.real(24.0, 56.0);
        if plan.title == TitleAt::Top {
            let center = (plan.left + plan.right) / 2.0;
            let (x, align) = self.dice.pick(&[
                (plan.left, Align::Left),
                (center, Align::Center),
                (plan.right, Align::Right),
            ]);
            y = self.title(deal, &plan, (x, y), align) + self.dice.real(4.0, 16.0);
        }
        let mut meta = Some(self.meta_pairs(deal, &plan));
        y = self.head_zone(deal, &plan, &mut meta, y) + self.dice.real(10.0, 34.0);
        y = self.party_zone(deal, &plan, &mut meta, y) + self.dice.real(10.0, 28.0);
        if plan.title == TitleAt::Table {
            let center = (plan.left + plan.right) / 2.0;
            let (x, align) = self.dice.pick(&[
                (plan.left, Align::Left),
                (plan.left, Align::Left),
                (center, Align::Center),
            ]);
            y = self.title(deal, &plan, (x, y), align) + self.dice.real(4.0, 12.0);
        }
        if let Some(pairs) = meta.take() {
            let layout =
                if plan.meta == MetaAt::Cells { PairLayout::Cells } else { PairLayout::Inline };
            y = self.pairs((plan.left, y), plan.right - plan.left, pairs, layout);
            y += self.dice.real(4.0, 14.0);
        }
        if self.dice.chance(0.35) {
            y = self.running_text(Term::Intro, deal, (plan.left, plan.right), y)
                + self.dice.real(4.0, 12.0);
        }
        y = self.item_table(deal, (plan.left, plan.right), y) + self.dice.real(3.0, 14.0);
        if deal.paper != Paper::DeliveryNote {
            y = self.totals(deal, (plan.left, plan.right), y) + self.dice.real(8.0, 24.0);
        }
        y = self.payment_zone(deal, &plan, y);
        self.foot_zone(deal, &plan, y);
    }

    fn head_zone(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        meta: &mut Option<Vec<Pair>>,
        top: f32,
    ) -> f32 {
        let (left, right) = (plan.left, plan.right);
        let half = (right - left) * self.dice.real(0.46, 0.54);
        match plan.head {
            Head::Center => {
                let center = (left + right) / 2.0;
                let y = self.letterhead(&deal.seller, (center, top), Align::Center, right - left);
                if self.dice.chance(0.5) {
                    self.sheet.rule(left, right, y + 3.0, 0.8, self.accent);
                }
                y + 5.0
            }
            Head::Banner => self.banner(deal, top),
            Head::SenderLine => {
                let align = self.dice.pick(&[Align::Left, Align::Right]);
                let x = if align == Align::Left { left } else { right };
                if self.dice.chance(0.6) { self.logo((x, top), align) } else { top + 20.0 }
            }
            Head::Parties => {
                if self.dice.chance(0.3) {
                    self.logo((left, top), Align::Left)
                } else {
                    top
                }
            }
            Head::Left | Head::Right => {
                let own_left = plan.head == Head::Left;
                let align = match (own_left, self.dice.chance(0.6)) {
                    (false, true) => Align::Right,
                    _ => Align::Left,
                };
                let x = match (own_left, align) {
                    (true, _) => left,
                    (false, Align::Left) => left + half + 12.0,
                    (false, _) => right,
                };
                let other = if own_left { left + half + 12.0 } else { left };
                let room = right - left - half - 12.0;
                let own =
                    |scribe: &mut Self| scribe.letterhead(&deal.seller, (x, top), align, half);
                let beside_first = !own_left || self.dice.chance(0.15);
                let mut bottom = if beside_first { top } else { own(self) };
                let beside = self.beside_head(deal, plan, meta, (other, top), room, own_left);
                if beside_first {
                    bottom = own(self);
                }
                bottom.max(beside)
            }
        }
    }

    /// Title and numbers on the free side of the head.
    fn beside_head(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        meta: &mut Option<Vec<Pair>>,
        (x, top): (f32, f32),
        room: f32,
        on_right: bool,
    ) -> f32 {
        let mut y = top;
        if plan.title == TitleAt::Head {
            let flush = on_right && self.dice.chance(0.55);
            let (at, align) = if flush { (x + room, Align::Right) } else { (x, Align::Left) };
            y = self.title(deal, plan, (at, y), align) + self.dice.real(4.0, 12.0);
        }
        if plan.meta == MetaAt::Head
            && let Some(pairs) = meta.take()
        {
            let layout = self.dice.weighted(&PairLayout::BLOCK);
            y = self.pairs((x, y), room, pairs, layout);
        }
        y
    }

    fn banner(&mut self, deal: &Deal, top: f32) -> f32 {
        let width = self.sheet.width;
        let height = self.dice.real(40.0, 70.0);
        let y = if self.dice.chance(0.6) { 0.0 } else { top };
        self.sheet.fill(0.0, y, width, height, self.accent);
        let style = self.display.sized(self.dice.real(1.4, 2.2)).heavy(true).colored([255; 3]);
        self.sheet.begin_block();
        let company = self.sheet.field(Field::Company, &deal.seller.name);
        let at = (36.0, y + height / 2.0 - style.line() / 2.0);
        self.sheet.paragraph(at, width - 72.0, &[company], style, Align::Left);
        let mut bottom = y + height + 6.0;
        let address: Vec<Span> = {
            let id = self.sheet.entity();
            let text = deal.seller.address.join(", ");
            vec![Span::plain(text).field(Field::Address, id)]
        };
        let contact = self.contact_lines(&deal.seller, 3).concat();
        let line: Vec<Span> = address.into_iter().chain(contact).collect();
        bottom = self.sheet.paragraph((36.0, bottom), width - 72.0, &line, self.body, Align::Left);
        bottom
    }

    /// A sentence of this kind as a paragraph, with the deal's values in its blanks.
    pub(super) fn running_text(
        &mut self,
        term: Term,
        deal: &Deal,
        (left, right): (f32, f32),
        top: f32,
    ) -> f32 {
        self.sheet.begin_block();
        let blanks = self.blanks(deal);
        let text = self.sentence(term, &blanks);
        self.sheet.paragraph((left, top), right - left, &text, self.body, Align::Left)
    }

    /// What sentences may mention, labelled as what it is.
    fn blanks(&mut self, deal: &Deal) -> Vec<(&'static str, Span)> {
        let total = self.sheet.entity();
        let mut amount = self.money.full(deal.total);
        if amount.contains(' ') {
            // A free-standing sign would be labelled with the number.
            amount = self.money.number(deal.total);
        }
        let due = self.date_field(Field::DueDate, deal.due);
        let number = if deal.paper.has_invoice_number() {
            self.sheet.field(Field::InvoiceNumber, &deal.number)
        } else {
            Span::plain(&deal.number)
        };
        vec![
            ("amount", Span::plain(amount).field(Field::Total, total)),
            ("date", due),
            ("days", Span::plain(deal.due_days.to_string())),
            ("number", number),
        ]
    }

    fn payment_zone(&mut self, deal: &Deal, plan: &Plan, top: f32) -> f32 {
        let mut y = top;
        let payable = matches!(deal.paper, Paper::Invoice | Paper::Proforma);
        if payable && self.dice.chance(0.55) {
            y = self.running_text(Term::PaySentence, deal, (plan.left, plan.right), y) + 4.0;
        }
        if payable && self.dice.chance(0.45) {
            let style = self.body;
            let text = self.name(Term::BankDetails);
            let heavy = self.dice.chance(0.6);
            y = self.heading(plan.left, y, &text, style.heavy(heavy), Align::Left);
            let lines = self.bank_lines(&deal.seller);
            y = self.lines((plan.left, y), &lines, style, Align::Left) + 6.0;
        }
        if self.dice.chance(0.15) {
            y = self.running_text(Term::TaxNote, deal, (plan.left, plan.right), y) + 4.0;
        }
        if self.dice.chance(0.6) {
            y = self.running_text(Term::Closing, deal, (plan.left, plan.right), y) + 4.0;
        }
        if self.dice.chance(0.12) {
            y = self.sign_off(&deal.seller.person, (plan.left, y + 6.0), 0.0);
        }
        y
    }

    /// The foot at the page's end; a page that is too short for its content grows in proportion.
    fn foot_zone(&mut self, deal: &Deal, plan: &Plan, y: f32) {
        let (words, shapes) = (self.sheet.words.len(), self.sheet.shapes.len());
        let mut bottom = y + 10.0;
        let mut foot = 0.0;
        if plan.foot {
            bottom = self.footer(deal, (plan.left, plan.right), y + 12.0);
            foot = bottom - y;
        }
        if self.dice.chance(0.3) {
            self.sheet.begin_block();
            let text = self.sentence(
                Term::PageOf,
                &[
                    ("n", Span::plain("1")),
                    ("m", Span::plain(self.dice.clone().pick(&["1", "1", "2"]))),
                ],
            );
            let style = self.body.sized(0.8);
            bottom = self.sheet.line(plan.right, bottom + 2.0, &text, style, Align::Right);
            foot = bottom - y;
        }
        let margin = self.dice.real(14.0, 30.0);
        self.grow_to(bottom + margin);
        if foot > 0.0 {
            let space = self.sheet.height - bottom - margin;
            self.sheet.shift_since(words, shapes, 0.0, space.max(0.0));
        }
    }

    /// Makes the page at least this high, keeping its proportions and its content centred.
    pub fn grow_to(&mut self, height: f32) {
        if height > self.sheet.height {
            let width = self.sheet.width * height / self.sheet.height;
            let aside = (width - self.sheet.width) / 2.0;
            self.sheet.shift_since(0, 0, aside, 0.0);
            self.sheet.width = width;
            self.sheet.height = height;
        }
    }
}
