//! Bills of an account: electricity, water, telephone, insurance. What was open and paid before, new
//! charges line by line, what is due by when, and often a slip to pay with at the page's foot.
//!
//! Such pages name more numbers (account, contract, meter) and more sums (last bill, payments) than
//! invoices do, and say twice or three times what is due.

use super::calendar;
use super::deal::{Deal, Item};
use super::letterhead::PartyFields;
use super::mark::{Field, Part, Span};
use super::pairs::{Pair, PairLayout};
use super::scribe::Scribe;
use super::sheet::{Align, Shape};
use crate::lexicon::Term;

impl Scribe<'_> {
    /// Sets a whole page.
    pub fn account_bill_page(&mut self, deal: &Deal) {
        let margin = self.dice.real(32.0, 64.0);
        let (left, right) = (margin, self.sheet.width - margin);
        let mut y = self.dice.real(24.0, 50.0);
        y = self.account_head(deal, (left, right), y) + self.dice.real(8.0, 24.0);
        if self.dice.chance(0.25) {
            y = self.notice((left, y), right - left) + self.dice.real(4.0, 10.0);
        }
        let summary_first = self.dice.chance(0.55);
        if summary_first {
            y = self.account_summary(deal, (left, right), y) + self.dice.real(8.0, 18.0);
        }
        y = self.charges(deal, (left, right), y) + self.dice.real(4.0, 12.0);
        y = self.totals(deal, (left, right), y) + self.dice.real(6.0, 16.0);
        if !summary_first && self.dice.chance(0.5) {
            y = self.account_summary(deal, (left, right), y) + self.dice.real(8.0, 18.0);
        }
        if self.dice.chance(0.5) {
            y = self.running_text(Term::PaySentence, deal, (left, right), y) + 4.0;
        }
        if self.dice.chance(0.6) {
            y = self.notice((left, y), right - left) + self.dice.real(4.0, 10.0);
        }
        if self.dice.chance(0.5) {
            y += self.dice.real(8.0, 40.0);
            y = self.payment_slip(deal, (left, right), y);
        } else {
            y += self.dice.real(8.0, 60.0);
            y = self.footer(deal, (left, right), y);
        }
        let margin = self.dice.real(14.0, 30.0);
        self.grow_to(y + margin);
    }

    /// Who bills whom, with the bill's numbers and dates beside or below.
    fn account_head(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let half = (right - left) * self.dice.real(0.46, 0.56);
        let beside = left + half + 14.0;
        let room = right - beside;
        let seller_right = self.dice.chance(0.25);
        let (x, align, width) =
            if seller_right { (right, Align::Right, room) } else { (left, Align::Left, half) };
        let seller_end = self.letterhead(&deal.seller, (x, top), align, width);
        let recipient_top = seller_end + self.dice.real(10.0, 40.0);
        let at = (left, recipient_top);
        let headed = self.dice.chance(0.25).then_some(Term::BillTo);
        let recipient_end =
            self.party_block(headed, &deal.buyer, PartyFields::BUYER, at, half - 8.0);
        let pairs = self.account_pairs(deal);
        let mut y = if seller_right { seller_end + 6.0 } else { top };
        let title = self.lexicon.common(deal.paper.title(), &mut self.dice).to_string();
        let style = self.display.sized(self.dice.pick(&[1.1, 1.4, 1.8, 2.3])).heavy(true);
        self.sheet.begin_block();
        let title = self.sheet.part(Part::Header, title);
        y = self.sheet.paragraph((beside, y), room, &[title], style, Align::Left) + 6.0;
        let layout = self.dice.weighted(&PairLayout::BLOCK);
        recipient_end.max(self.pairs((beside, y), room, pairs, layout))
    }

    /// The bill's number and dates among those of account, contract and period.
    fn account_pairs(&mut self, deal: &Deal) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let customer = self.dice.pick(&["########", "## #### ####", "###-####-#", "##########"]);
        let customer = self.dice.code(customer);
        let key = self.key(Term::NumberCustomer);
        pairs.push(Pair::new(key, vec![Span::plain(customer)]));
        if self.dice.chance(0.8) {
            pairs.push(self.number_pair(deal));
        }
        pairs.push(self.date_pair(deal));
        if self.dice.chance(0.6) {
            pairs.push(self.due_pair(deal));
        }
        let contract = self.dice.pick(&["##.###.###.#", "@########", "#######-##", "######"]);
        let others = [
            (Term::NumberContract, self.dice.code(contract)),
            (Term::Period, self.period(deal)),
            (Term::DateOther, self.date(calendar::after(deal.date, 31))),
            (Term::Reference, self.dice.code("## ##### #####")),
        ];
        for (term, text) in others {
            if self.dice.chance(0.5) {
                let key = self.key(term);
                let at = self.dice.index(pairs.len() + 1);
                pairs.insert(at, Pair::new(key, vec![Span::plain(text)]));
            }
        }
        if self.dice.chance(0.3) {
            self.dice.shuffle(&mut pairs);
        }
        if self.dice.chance(0.25) {
            pairs.push(self.amount_due_pair(deal));
        }
        pairs
    }

    fn amount_due_pair(&mut self, deal: &Deal) -> Pair {
        let key = self.key(Term::AmountDue);
        let value = self.sum(deal.total, Some(Field::Total), true);
        Pair::new(key, value)
    }

    fn period(&self, deal: &Deal) -> String {
        let begin = calendar::after(deal.date, -31);
        format!("{} - {}", self.date(begin), self.date(calendar::after(deal.date, -1)))
    }

    /// What was due last time and paid since, and what is due now: a table or a row of boxes.
    fn account_summary(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let last = (deal.total as f64 * f64::from(self.dice.real(0.6, 1.5))) as i64 + 1;
        let mut pairs = Vec::new();
        if self.dice.chance(0.7) {
            for (term, minor) in [(Term::Balance, last), (Term::Paid, -last)] {
                let key = self.key(term);
                let value = self.sum(minor, None, true);
                pairs.push(Pair::new(key, value));
            }
        }
        pairs.push(self.amount_due_pair(deal));
        if self.dice.chance(0.5) {
            pairs.push(self.due_pair(deal));
        }
        let layout = self.dice.pick(&[
            PairLayout::Cells,
            PairLayout::Cells,
            PairLayout::ColumnsRight,
            PairLayout::Grid,
            PairLayout::Boxes,
        ]);
        let wide = layout == PairLayout::Cells || self.dice.chance(0.3);
        let width = if wide { right - left } else { (right - left) * 0.55 };
        let x = if !wide && self.dice.chance(0.4) { right - width } else { left };
        self.pairs((x, top), width, pairs, layout)
    }

    /// The items as lines of text under headings, each with its sum at the right edge.
    fn charges(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let dotted = self.dice.chance(0.15);
        let mut y = top;
        self.sheet.begin_block();
        for (index, item) in deal.items.iter().enumerate() {
            if index == 0 || self.dice.chance(0.15) {
                let section = self.lexicon.pick(Term::Sections, &mut self.dice);
                y = self.heading(left, y + 3.0, section, self.body.heavy(true), Align::Left) + 1.0;
                if self.dice.chance(0.5) {
                    self.sheet.rule(left, right, y, 0.6, self.accent);
                    y += 2.0;
                }
            }
            y = self.charge_line(item, (left, right), y, dotted);
        }
        y
    }

    /// `Electricity 312 kWh x 0,2512 ........ 78,37`
    pub(super) fn charge_line(
        &mut self,
        item: &Item,
        (left, right): (f32, f32),
        top: f32,
        dotted: bool,
    ) -> f32 {
        let signed = self.dice.chance(0.4);
        let value = self.sum(item.amount, Some(Field::ItemAmount), signed);
        let mut spans = vec![self.sheet.field(Field::ItemDescription, &item.description)];
        if item.quantity != 1000 && item.quantity % 1000 == 0 && self.dice.chance(0.7) {
            let quantity = (item.quantity / 1000).to_string();
            spans.push(self.sheet.field(Field::ItemQuantity, quantity));
            spans.push(Span::plain(item.unit));
            spans.push(Span::plain(self.dice.pick(&["x", "x", "*", "a", "@"])));
            let price = self.money.number(item.unit_price);
            spans.push(self.sheet.field(Field::ItemUnitPrice, price));
        }
        let room = right - left - self.sheet.width_of(&value, self.body) - 14.0;
        if dotted {
            let dot = self.sheet.width_of(&[Span::plain(".")], self.body).max(1.0);
            let rest = room - self.sheet.width_of(&spans, self.body) - 10.0;
            let count = (rest / dot) as usize;
            if count > 3 {
                spans.push(Span::plain(".".repeat(count)));
            }
        }
        let bottom = self.sheet.paragraph((left, top), room, &spans, self.body, Align::Left);
        let last = bottom - self.body.line();
        self.sheet.line(right, last, &value, self.body, Align::Right);
        bottom
    }

    /// A few sentences to the customer, framed or not.
    fn notice(&mut self, (x, top): (f32, f32), width: f32) -> f32 {
        self.sheet.begin_block();
        let count = self.dice.between(1, 3);
        let text = self.prose(count);
        let style = self.body.sized(self.dice.pick(&[0.85, 1.0]));
        let framed = self.dice.chance(0.25);
        let inset = if framed { 5.0 } else { 0.0 };
        let at = (x + inset, top + inset);
        let room = width - 2.0 * inset;
        let bottom = self.sheet.paragraph(at, room, &[Span::plain(text)], style, Align::Left);
        if framed {
            self.sheet.frame(x, top, width, bottom - top + inset, 0.7, self.accent);
        }
        bottom + inset
    }

    /// The part to tear off: who pays whom what, for which account, by when.
    fn payment_slip(&mut self, deal: &Deal, (left, right): (f32, f32), top: f32) -> f32 {
        let stroke = Shape::Stroke {
            x0: left,
            y0: top,
            x1: right,
            y1: top,
            weight: 0.7,
            color: self.body.color,
            dash: 4.0,
        };
        self.sheet.shapes.push(stroke);
        let half = (right - left) / 2.0;
        self.sheet.begin_block();
        let seller = self.sheet.field(Field::Company, &deal.seller.name);
        let mut y = top + self.dice.real(6.0, 14.0);
        let start = y;
        y = self.sheet.paragraph((left, y), half - 10.0, &[seller], self.body, Align::Left);
        for line in deal.seller.address.clone() {
            y = self.sheet.line(left, y, &[Span::plain(line)], self.body, Align::Left);
        }
        let mut pairs = Vec::new();
        let number = self.dice.code("########");
        let key = self.key(Term::NumberCustomer);
        pairs.push(Pair::new(key, vec![Span::plain(number)]));
        if self.dice.chance(0.5) {
            pairs.push(self.number_pair(deal));
        }
        if self.dice.chance(0.7) {
            pairs.push(self.due_pair(deal));
        }
        pairs.push(self.amount_due_pair(deal));
        let layout = self.dice.weighted(&PairLayout::BLOCK);
        let mut bottom = self.pairs((left + half, start), half, pairs, layout).max(y);
        if self.dice.chance(0.5) {
            let lines = self.bank_lines(&deal.seller);
            bottom = self.lines((left, bottom + 4.0), &lines, self.body, Align::Left);
        }
        if self.dice.chance(0.4) {
            bottom = self.bar_code((left, bottom + 6.0), half, 24.0);
        }
        bottom
    }
}
