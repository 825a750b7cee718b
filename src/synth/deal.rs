//! What a business document states: who sold what to whom, for how much; all sums add up.

use super::calendar;
use super::country::Country;
use super::dice::Dice;
use super::money::{Currency, divide, share};
use super::party::{Party, Registry};
use crate::lexicon::{Lexicon, Term};
use chrono::{Datelike, NaiveDate};

/// What kind of paper it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Paper {
    Invoice,
    Receipt,
    CreditNote,
    Order,
    Proforma,
    Quote,
    DeliveryNote,
    Statement,
}

impl Paper {
    pub const fn title(self) -> Term {
        match self {
            Paper::Invoice => Term::TitleInvoice,
            Paper::Receipt => Term::TitleReceipt,
            Paper::CreditNote => Term::TitleCredit,
            Paper::Order => Term::TitleOrder,
            Paper::Proforma => Term::TitleProforma,
            Paper::Quote => Term::TitleQuote,
            Paper::DeliveryNote => Term::TitleDelivery,
            Paper::Statement => Term::TitleStatement,
        }
    }

    pub const fn number(self) -> Term {
        match self {
            Paper::Invoice | Paper::Proforma => Term::NumberInvoice,
            Paper::Receipt => Term::NumberReceipt,
            Paper::CreditNote => Term::NumberCredit,
            Paper::Order => Term::NumberOrder,
            Paper::Quote => Term::NumberQuote,
            Paper::DeliveryNote => Term::NumberDelivery,
            Paper::Statement => Term::NumberCustomer,
        }
    }

    /// Whether its own number is what users call the invoice number. Orders count (the FCC papers
    /// label theirs so); quotes, delivery notes and statements don't.
    pub const fn has_invoice_number(self) -> bool {
        matches!(
            self,
            Paper::Invoice | Paper::Receipt | Paper::CreditNote | Paper::Order | Paper::Proforma
        )
    }
}

/// One line of goods or services. Money in minor units, quantities in thousandths.
#[derive(Debug, Clone)]
pub struct Item {
    pub description: String,
    pub detail: Option<String>,
    pub sku: String,
    pub quantity: i64,
    pub unit: &'static str,
    pub unit_price: i64,
    pub amount: i64,
    /// Index into [`Deal::taxes`].
    pub tax: usize,
    pub date: NaiveDate,
}

/// The sums of one tax rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxLine {
    /// Hundredths of a per cent.
    pub rate: i64,
    pub net: i64,
    pub tax: i64,
    pub gross: i64,
}

/// Everything a business document states.
#[derive(Debug, Clone)]
pub struct Deal {
    pub paper: Paper,
    pub country: &'static Country,
    pub currency: &'static Currency,
    pub seller: Party,
    pub buyer: Party,
    pub items: Vec<Item>,
    pub taxes: Vec<TaxLine>,
    /// Item prices include the tax.
    pub gross_prices: bool,
    /// Sum of the items, as priced.
    pub items_sum: i64,
    /// Taken off the items, as priced.
    pub discount: i64,
    /// Added, as priced.
    pub shipping: i64,
    pub service: i64,
    pub net: i64,
    pub tax: i64,
    /// Net + tax, before rounding.
    pub gross: i64,
    pub rounding: i64,
    /// What is to be paid.
    pub total: i64,
    pub date: NaiveDate,
    pub due: NaiveDate,
    pub due_days: i64,
    pub order_date: NaiveDate,
    pub delivery_date: NaiveDate,
    pub number: String,
    pub tax_name: &'static str,
}

impl Deal {
    /// Makes up a deal of this kind.
    pub fn invent(
        paper: Paper,
        country: &'static Country,
        lexicon: &Lexicon,
        dice: &mut Dice,
    ) -> Self {
        let registry = Registry { lexicon, country };
        let shop = paper == Paper::Receipt;
        let storefront = shop || dice.chance(0.1);
        let seller = registry.firm_party(dice, storefront);
        let buyer = if dice.chance(0.25) {
            registry.private_party(dice)
        } else {
            registry.firm_party(dice, false)
        };
        let currency = dice.pick(country.currencies);
        let date = calendar::any(dice);
        let due_days = dice.pick(&[7, 8, 10, 14, 14, 15, 20, 21, 30, 30, 30, 45, 60]);
        let mut deal = Self {
            paper,
            country,
            currency,
            seller,
            buyer,
            items: Vec::new(),
            taxes: rates(country, shop, dice),
            gross_prices: dice.chance(if shop { 0.85 } else { 0.15 }),
            items_sum: 0,
            discount: 0,
            shipping: 0,
            service: 0,
            net: 0,
            tax: 0,
            gross: 0,
            rounding: 0,
            total: 0,
            date,
            due: calendar::after(date, due_days),
            due_days,
            order_date: calendar::after(date, -dice.between(0, 40)),
            delivery_date: calendar::after(date, -dice.between(0, 12)),
            number: number(date.year(), shop, dice),
            tax_name: dice.pick(country.taxes),
        };
        deal.add_items(lexicon, dice);
        deal.add_extras(dice);
        deal.add_up(dice);
        if paper == Paper::CreditNote && dice.chance(0.4) {
            deal.negate();
        }
        deal
    }

    /// Turns every sum round, as some print what they give back.
    fn negate(&mut self) {
        self.items.iter_mut().for_each(|item| item.amount = -item.amount);
        for line in &mut self.taxes {
            *line = TaxLine { net: -line.net, tax: -line.tax, gross: -line.gross, ..*line };
        }
        let sums = [
            &mut self.items_sum,
            &mut self.discount,
            &mut self.shipping,
            &mut self.service,
            &mut self.net,
            &mut self.tax,
            &mut self.gross,
            &mut self.rounding,
            &mut self.total,
        ];
        sums.into_iter().for_each(|sum| *sum = -*sum);
    }

    fn add_items(&mut self, lexicon: &Lexicon, dice: &mut Dice) {
        let shop = self.paper == Paper::Receipt;
        let theme = if shop {
            dice.weighted(&[(7, Term::Food), (3, Term::Goods), (1, Term::Services)])
        } else {
            dice.weighted(&[(1, Term::Food), (5, Term::Goods), (5, Term::Services)])
        };
        let most = dice.pick(if shop { &[3, 6, 10, 20][..] } else { &[1, 3, 6, 12, 22][..] });
        let scale = self.currency.per_euro * 10f64.powi(self.currency.decimals as i32);
        for _ in 0..dice.between(1, most) {
            self.items.push(item(theme, scale, self, lexicon, dice));
        }
    }

    fn add_extras(&mut self, dice: &mut Dice) {
        let sum: i64 = self.items.iter().map(|i| i.amount).sum();
        let shop = self.paper == Paper::Receipt;
        self.items_sum = sum;
        if dice.chance(0.18) {
            let rate = dice.pick(&[200, 300, 500, 1000, 1500, 2000]);
            self.discount = share(sum, rate);
        }
        if !shop && dice.chance(0.25) {
            let scale = self.currency.per_euro * 10f64.powi(self.currency.decimals as i32);
            let price = dice.pick(&[3.9, 4.95, 5.0, 6.5, 8.0, 12.5, 25.0, 89.0]);
            self.shipping = (price * scale).round() as i64;
        }
        if shop && dice.chance(0.12) {
            self.service = share(sum - self.discount, dice.pick(&[1000, 1000, 500, 1250]));
        }
    }

    /// Taxes, net, gross and total from items and extras.
    fn add_up(&mut self, dice: &mut Dice) {
        let extras = self.shipping + self.service - self.discount;
        for index in 0..self.taxes.len() {
            let items: i64 = self.items.iter().filter(|i| i.tax == index).map(|i| i.amount).sum();
            let base = if index == 0 { items + extras } else { items };
            let line = &mut self.taxes[index];
            if self.gross_prices {
                line.gross = base;
                line.tax = base - divide(base * 10_000, 10_000 + line.rate);
                line.net = base - line.tax;
            } else {
                line.net = base;
                line.tax = share(base, line.rate);
                line.gross = base + line.tax;
            }
        }
        self.net = self.taxes.iter().map(|t| t.net).sum();
        self.tax = self.taxes.iter().map(|t| t.tax).sum();
        self.gross = self.taxes.iter().map(|t| t.gross).sum();
        let step = self.currency.cash_step;
        let rounds = step > 1 && self.paper == Paper::Receipt && dice.chance(0.6);
        let rounded = if rounds { divide(self.gross, step) * step } else { self.gross };
        self.rounding = rounded - self.gross;
        self.total = rounded;
    }
}

fn rates(country: &Country, shop: bool, dice: &mut Dice) -> Vec<TaxLine> {
    let line = |rate| TaxLine { rate, net: 0, tax: 0, gross: 0 };
    let main = if dice.chance(0.75) { country.rates[0] } else { dice.pick(country.rates) };
    let mut lines = vec![line(main)];
    if dice.chance(if shop { 0.3 } else { 0.12 }) {
        let second = dice.pick(country.rates);
        if second != main {
            lines.push(line(second));
        }
    }
    lines
}

fn item(theme: Term, scale: f64, deal: &Deal, lexicon: &Lexicon, dice: &mut Dice) -> Item {
    let mut description = lexicon.pick(theme, dice).to_string();
    if dice.chance(0.35) {
        description = format!("{description} {}", lexicon.pick(Term::Adjectives, dice));
    }
    if dice.chance(0.15) {
        let pattern = dice.pick(&["@@##", "@-###", "####", "##x##", "@@@ ##", "##ML", "###G"]);
        description = format!("{description} {}", dice.code(pattern));
    }
    let detail = dice.chance(0.2).then(|| {
        let code = dice.code("@@####");
        lexicon.pick(Term::Details, dice).replace("{number}", &code)
    });
    let ceiling = match theme {
        Term::Food => 12.0,
        Term::Goods => dice.pick(&[20.0, 80.0, 600.0]),
        _ => dice.pick(&[60.0, 150.0, 900.0, 5000.0]),
    };
    // Prices crowd at the low end, and most end in a round digit.
    let price = ceiling * f64::from(dice.real(0.03, 1.0) * dice.real(0.3, 1.0));
    let step = dice.pick(&[1i64, 1, 5, 10, 50, 100]);
    let step = if scale >= 2000.0 { step.max(50) } else { step };
    let unit_price = (divide((price * scale) as i64, step) * step).max(step);
    let quantity = match dice.between(0, 9) {
        0..=4 => 1000,
        5..=7 => 1000 * dice.between(2, 12),
        8 => 1000 * dice.between(2, 200),
        _ if theme == Term::Food => dice.between(120, 2500),
        _ => 250 * dice.between(1, 60),
    };

    let quantity = if theme == Term::Food { quantity.min(9000) } else { quantity };
    Item {
        description,
        detail,
        sku: sku(dice),
        quantity,
        unit: lexicon.pick(Term::Units, dice),
        unit_price,
        amount: divide(unit_price * quantity, 1000),
        tax: dice.index(deal.taxes.len()),
        date: calendar::after(deal.date, -dice.between(0, 30)),
    }
}

fn sku(dice: &mut Dice) -> String {
    let pattern = dice.pick(&[
        "#####",
        "@@-####",
        "######",
        "############",
        "@##-##",
        "##.###.##",
        "@@@####",
        "A-####",
        "#############",
        "####-@",
    ]);
    dice.code(pattern)
}

/// The document's own number.
fn number(year: i32, shop: bool, dice: &mut Dice) -> String {
    let invoice: &[&str] = &[
        "#####",
        "######",
        "YYYY-####",
        "YYYY/####",
        "INV-#####",
        "INV####",
        "RE-YYYY-####",
        "RE######",
        "YYYY####",
        "#######",
        "##-#####",
        "F##/####",
        "@@-####-##",
        "YYYY-##-###",
        "YYYYMMDD-##",
        "@@@-######",
        "R-####",
        "##########",
        "A-#####",
        "####",
        "###",
        "FA####",
        "#/YYYY",
        "##/YYYY",
        "VF##-#####",
        "INV/YYYY/##/####",
        "@######",
        "###-###-####",
        "FV-###/##/YYYY",
        "@#-##-###",
        "######-#",
        "INV-YYYY-###",
        "20#####",
        "YY-####",
        "YY/####",
    ];
    let receipt: &[&str] = &[
        "######",
        "####",
        "CS########",
        "#######",
        "T-#####",
        "##-####",
        "########",
        "#####",
        "##########",
        "@##-######",
        "TD########",
        "#-######",
        "###",
        "############",
        "OR####",
        "####/###/#####",
        "1-#####",
        "INV#####",
        "@####-##",
        "R######",
    ];
    let pattern = dice.pick(if shop { receipt } else { invoice });
    let month = dice.between(1, 12);
    let filled = pattern
        .replace("YYYYMMDD", &format!("{year}{month:02}15"))
        .replace("YYYY", &year.to_string())
        .replace("YY", &format!("{:02}", year % 100));
    dice.code(&filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::lexicon_of;

    #[test]
    fn sums_add_up_in_every_country() {
        for (index, country) in Country::all().enumerate() {
            for stream in 0..40u64 {
                let mut dice = Dice::new(index as u64, stream);
                let paper = if stream % 2 == 0 { Paper::Invoice } else { Paper::Receipt };
                let deal = Deal::invent(paper, country, lexicon_of(country.language), &mut dice);
                let items: i64 = deal.items.iter().map(|i| i.amount).sum();
                assert_eq!(items, deal.items_sum);
                let priced = items - deal.discount + deal.shipping + deal.service;
                assert_eq!(priced, if deal.gross_prices { deal.gross } else { deal.net });
                assert_eq!(deal.net + deal.tax, deal.gross);
                assert_eq!(deal.gross + deal.rounding, deal.total);
                assert!(deal.total > 0, "{deal:?}");
            }
        }
    }
}
