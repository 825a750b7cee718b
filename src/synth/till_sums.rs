//! Sums, tender and taxes of a till receipt.

use super::deal::Deal;
use super::mark::{Field, Part, Span};
use super::receipt::Till;
use super::scribe::Scribe;
use super::sheet::Align;
use crate::lexicon::Term;

impl Scribe<'_> {
    pub(super) fn till_sums(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
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
    pub(super) fn tender_rows(
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
    pub(super) fn till_taxes(&mut self, deal: &Deal, till: &Till, top: f32) -> f32 {
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
}
