//! Full-page business documents: a grammar of zones, each set in one of many ways.
//!
//! Head (who, title, numbers) → parties → items → sums → payment → foot. What a zone holds depends on
//! what the zones before it have already said, so that nothing is missing and little is said twice.

use super::deal::{Deal, Paper};
use super::letterhead::PartyFields;
use super::mark::{Field, Part, Span};
use super::pairs::{Pair, PairLayout};
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
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
enum TitleAt {
    /// Beside the letterhead.
    Head,
    /// Above everything.
    Top,
    /// Between parties and items.
    Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MetaAt {
    /// Beside the letterhead, below the title there.
    Head,
    /// Beside the recipient.
    Recipient,
    /// A row of cells above the items.
    Cells,
    /// Lines below the title.
    Title,
}

struct Plan {
    head: Head,
    title: TitleAt,
    meta: MetaAt,
    /// The title line names the number, perhaps the date: `Invoice No. {number} dated {date}`.
    numbered_title: Option<&'static str>,
    /// Foot with company, contacts, bank.
    foot: bool,
    left: f32,
    right: f32,
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
            y = self.running_text(Term::Intro, deal, &plan, y) + self.dice.real(4.0, 12.0);
        }
        y = self.item_table(deal, (plan.left, plan.right), y) + self.dice.real(3.0, 14.0);
        if deal.paper != Paper::DeliveryNote {
            y = self.totals(deal, (plan.left, plan.right), y) + self.dice.real(8.0, 24.0);
        }
        y = self.payment_zone(deal, &plan, y);
        self.foot_zone(deal, &plan, y);
    }

    fn title(&mut self, deal: &Deal, plan: &Plan, (x, top): (f32, f32), align: Align) -> f32 {
        let factor = self.dice.pick(&[1.1, 1.3, 1.5, 1.8, 2.2, 2.8]);
        let heavy = self.dice.chance(0.75);
        let mut style = self.display.sized(factor).heavy(heavy);
        if self.dice.chance(0.3) {
            style = style.colored(self.accent);
        }
        self.sheet.begin_block();
        let spans = self.title_spans(deal, plan);
        let room = self.sheet.width * 0.62;
        let left = match align {
            Align::Left => x,
            Align::Center => x - room / 2.0,
            Align::Right => x - room,
        };
        let bottom = self.sheet.paragraph((left, top), room, &spans, style, align);
        if self.dice.chance(0.12) {
            let width = self.sheet.width_of(&spans, style);
            let from = if align == Align::Left { x } else { x - width };
            self.sheet.rule(from, from + width, bottom + 1.0, 0.8, self.body.color);
        }
        bottom
    }

    /// `Invoice`, `Rechnung / Invoice`, `Rechnung Nr. 123 vom 05.03.2024`.
    fn title_spans(&mut self, deal: &Deal, plan: &Plan) -> Vec<Span> {
        if let Some(pattern) = plan.numbered_title {
            let number = self.sheet.field(Field::InvoiceNumber, &deal.number);
            let date = self.date_field(Field::Date, deal.date);
            let part = self.sheet.entity();
            let spans = self.fill(pattern, &[("number", number), ("date", date)]);
            let name = |span: Span| match span.mark.field {
                None => span.part(Part::Header, part),
                Some(_) => span,
            };
            return spans.into_iter().map(name).collect();
        }
        let mut text = self.lexicon.common(deal.paper.title(), &mut self.dice).to_string();
        if let Some(second) = self.second.filter(|_| self.dice.chance(0.6)) {
            text = format!("{text} / {}", second.common(deal.paper.title(), &mut self.dice));
        }
        if self.dice.chance(0.3) {
            text = text.to_uppercase();
        }
        vec![self.sheet.part(Part::Header, &text)]
    }

    /// The numbers and dates of the document, the own ones first, distractors behind.
    fn meta_pairs(&mut self, deal: &Deal, plan: &Plan) -> Vec<Pair> {
        let mut pairs = Vec::new();
        if plan.numbered_title.is_none() || self.dice.chance(0.3) {
            let key = self.key(deal.paper.number());
            let number = if deal.paper.has_invoice_number() {
                self.sheet.field(Field::InvoiceNumber, &deal.number)
            } else {
                Span::plain(&deal.number)
            };
            pairs.push(Pair::new(key, vec![number]));
        }
        let dated = plan.numbered_title.is_some_and(|title| title.contains("{date}"));
        if !dated || self.dice.chance(0.3) {
            let key = self.key(Term::DateInvoice);
            let date = self.date_field(Field::Date, deal.date);
            pairs.push(Pair::new(key, vec![date]));
        }
        if self.dice.chance(0.15) {
            pairs.reverse();
        }
        let mut others = self.other_pairs(deal);
        self.dice.shuffle(&mut others);
        others.truncate(self.dice.pick(&[0, 1, 2, 3, 4, 6, 8]));
        if matches!(deal.paper, Paper::Invoice | Paper::Proforma) && self.dice.chance(0.45) {
            let key = self.key(Term::DateDue);
            let due = self.date_field(Field::DueDate, deal.due);
            others.insert(self.dice.index(others.len() + 1), Pair::new(key, vec![due]));
        }
        if self.dice.chance(0.2) {
            // The own number is not always first.
            for pair in others {
                pairs.insert(self.dice.index(pairs.len() + 1), pair);
            }
        } else {
            pairs.extend(others);
        }
        pairs
    }

    /// Numbers and dates that are not the document's own.
    fn other_pairs(&mut self, deal: &Deal) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let codes = [
            (Term::NumberCustomer, "#####"),
            (Term::NumberPo, "PO-####"),
            (Term::NumberProject, "P##-###"),
            (Term::NumberContract, "########"),
            (Term::NumberDelivery, "LS######"),
            (Term::Reference, "@@/####"),
        ];
        for (term, usual) in codes {
            let pattern = self.dice.pick(&[usual, "######", "@@####", "##-####", "########"]);
            let code = self.dice.code(pattern);
            let key = self.key(term);
            pairs.push(Pair::new(key, vec![Span::plain(code)]));
        }
        if deal.paper != Paper::Order {
            let code = self.dice.code("######");
            let key = self.key(Term::NumberOrder);
            pairs.push(Pair::new(key, vec![Span::plain(code)]));
        }
        let dates = [
            (Term::DateOrder, deal.order_date),
            (Term::DateDelivery, deal.delivery_date),
            (Term::DatePrint, deal.date),
        ];
        for (term, date) in dates {
            let key = self.key(term);
            let text = self.date(date);
            pairs.push(Pair::new(key, vec![Span::plain(text)]));
        }
        let key = self.key(Term::Period);
        let period = format!("{} - {}", self.date(deal.order_date), self.date(deal.delivery_date));
        pairs.push(Pair::new(key, vec![Span::plain(period)]));
        let key = self.key(Term::Contact);
        pairs.push(Pair::new(key, vec![Span::plain(&deal.seller.person)]));
        let key = self.key(Term::Terms);
        let terms = self.sentence(Term::TermsValue, &[]);
        pairs.push(Pair::new(key, terms));
        let key = self.key(Term::VatId);
        pairs.push(Pair::new(key, vec![Span::plain(&deal.buyer.vat_id)]));
        let key = self.key(Term::CurrencyLabel);
        let code = self.sheet.field(Field::Currency, deal.currency.code);
        pairs.push(Pair::new(key, vec![code]));
        pairs
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

    /// Recipient, perhaps a delivery address, perhaps the numbers beside them.
    fn party_zone(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        meta: &mut Option<Vec<Pair>>,
        top: f32,
    ) -> f32 {
        if plan.head == Head::Parties {
            return self.both_parties(deal, plan, meta, top);
        }
        let (left, right) = (plan.left, plan.right);
        let meta_here = plan.meta == MetaAt::Recipient;
        let ship = !meta_here && self.dice.chance(0.45) || self.dice.chance(0.1);
        let columns = 1 + usize::from(meta_here) + usize::from(ship);
        let room =
            if columns == 1 { (right - left) * 0.5 } else { (right - left) / columns as f32 };
        let swap = columns == 2 && self.dice.chance(0.2);
        let slot = |index: usize| left + room * index as f32;
        let (recipient_slot, last_slot) = if swap { (1, 0) } else { (0, columns - 1) };
        let mut y = top;
        if plan.head == Head::SenderLine {
            y = self.sender_line(&deal.seller, (slot(recipient_slot), y), room - 10.0);
        }
        let heading = if plan.head == Head::SenderLine || self.dice.chance(0.25) {
            None
        } else {
            Some(Term::BillTo)
        };
        let at = (slot(recipient_slot), y);
        let mut bottom =
            self.party_block(heading, &deal.buyer, PartyFields::BUYER, at, room - 14.0);
        if ship {
            let at = (slot(if meta_here { 1 } else { last_slot }), top);
            let same = self.dice.chance(0.5);
            let fields = if same { PartyFields::BUYER } else { PartyFields::default() };
            let mut party = deal.buyer.clone();
            if !same {
                party.name = deal.buyer.person.clone();
            }
            let heading = Some(Term::ShipTo);
            bottom = bottom.max(self.party_block(heading, &party, fields, at, room - 14.0));
        }
        if meta_here && let Some(pairs) = meta.take() {
            let layout = self.dice.weighted(&PairLayout::BLOCK);
            let x = slot(last_slot);
            let width = if last_slot == 0 { room - 14.0 } else { right - x };
            bottom = bottom.max(self.pairs((x, top), width, pairs, layout));
        }
        bottom
    }

    /// Seller and buyer in blocks alike, beside or below each other.
    fn both_parties(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        meta: &mut Option<Vec<Pair>>,
        top: f32,
    ) -> f32 {
        let room = (plan.right - plan.left) / 2.0;
        let beside = self.dice.chance(0.6);
        let headed = self.dice.chance(0.93);
        let seller_first = self.dice.chance(0.8);
        let (mut at, mut bottom) = ((plan.left, top), top);
        for is_seller in [seller_first, !seller_first] {
            let (heading, party, fields) = if is_seller {
                (Term::From, &deal.seller, PartyFields::SELLER)
            } else {
                (Term::BillTo, &deal.buyer, PartyFields::BUYER)
            };
            let end = self.party_block(headed.then_some(heading), party, fields, at, room - 14.0);
            bottom = bottom.max(end);
            at = if beside {
                (plan.left + room, top)
            } else {
                (plan.left, end + self.dice.real(6.0, 16.0))
            };
        }
        if !beside
            && plan.meta == MetaAt::Recipient
            && let Some(pairs) = meta.take()
        {
            let layout = self.dice.weighted(&PairLayout::BLOCK);
            bottom = bottom.max(self.pairs((plan.left + room, top), room, pairs, layout));
        }
        bottom
    }

    fn running_text(&mut self, term: Term, deal: &Deal, plan: &Plan, top: f32) -> f32 {
        self.sheet.begin_block();
        let blanks = self.blanks(deal);
        let text = self.sentence(term, &blanks);
        let at = (plan.left, top);
        self.sheet.paragraph(at, plan.right - plan.left, &text, self.body, Align::Left)
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
            y = self.running_text(Term::PaySentence, deal, plan, y) + 4.0;
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
            y = self.running_text(Term::TaxNote, deal, plan, y) + 4.0;
        }
        if self.dice.chance(0.6) {
            y = self.running_text(Term::Closing, deal, plan, y) + 4.0;
        }
        if self.dice.chance(0.12) {
            let farewell = self.lexicon.pick(Term::Farewell, &mut self.dice);
            self.sheet.begin_block();
            y = self.sheet.line(
                plan.left,
                y + 6.0,
                &[Span::plain(farewell)],
                self.body,
                Align::Left,
            );
            y = self.signature((plan.left, y));
            let name = Span::plain(&deal.seller.person);
            y = self.sheet.line(plan.left, y, &[name], self.body, Align::Left);
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
