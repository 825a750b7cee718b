//! Titles of business documents, and the numbers and dates that stand with them.

use super::deal::{Deal, Paper};
use super::invoice::Plan;
use super::mark::{Field, Part, Span};
use super::pairs::Pair;
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

impl Scribe<'_> {
    pub(super) fn title(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        (x, top): (f32, f32),
        align: Align,
    ) -> f32 {
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
    pub(super) fn title_spans(&mut self, deal: &Deal, plan: &Plan) -> Vec<Span> {
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
    pub(super) fn meta_pairs(&mut self, deal: &Deal, plan: &Plan) -> Vec<Pair> {
        let mut pairs = Vec::new();
        if plan.numbered_title.is_none() || self.dice.chance(0.3) {
            pairs.push(self.number_pair(deal));
        }
        let dated = plan.numbered_title.is_some_and(|title| title.contains("{date}"));
        if !dated || self.dice.chance(0.3) {
            pairs.push(self.date_pair(deal));
        }
        if self.dice.chance(0.15) {
            pairs.reverse();
        }
        let mut others = self.other_pairs(deal);
        self.dice.shuffle(&mut others);
        others.truncate(self.dice.pick(&[0, 1, 2, 3, 4, 6, 8]));
        if matches!(deal.paper, Paper::Invoice | Paper::Proforma) && self.dice.chance(0.45) {
            let due = self.due_pair(deal);
            others.insert(self.dice.index(others.len() + 1), due);
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

    /// The document's own number, labelled where users call it the invoice's.
    pub(super) fn number_pair(&mut self, deal: &Deal) -> Pair {
        let key = self.key(deal.paper.number());
        let number = if deal.paper.has_invoice_number() {
            self.sheet.field(Field::InvoiceNumber, &deal.number)
        } else {
            Span::plain(&deal.number)
        };
        Pair::new(key, vec![number])
    }

    pub(super) fn date_pair(&mut self, deal: &Deal) -> Pair {
        let key = self.key(Term::DateInvoice);
        let date = self.date_field(Field::Date, deal.date);
        Pair::new(key, vec![date])
    }

    pub(super) fn due_pair(&mut self, deal: &Deal) -> Pair {
        let key = self.key(Term::DateDue);
        let due = self.date_field(Field::DueDate, deal.due);
        Pair::new(key, vec![due])
    }

    /// Numbers and dates that are not the document's own.
    pub(super) fn other_pairs(&mut self, deal: &Deal) -> Vec<Pair> {
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
}
