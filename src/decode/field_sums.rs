//! Sums that speak for each other, or against, among the candidates for `fields`.

use super::balance::makes;
use super::fields::{Answer, Candidate, best_of, without_edges};
use super::sums::{amount_units, decimal, one_or_two};
use crate::document::{Entity, Value};
use std::collections::BTreeMap;

/// Candidates by label.
pub type Candidates<'a> = BTreeMap<&'a str, Vec<Candidate>>;

/// For sums that add up.
const ADDS_UP: f32 = 0.25;

/// For what is to pay behind the exact total: settles ties, no more.
const ROUNDED: f32 = 0.02;

/// The sums of a document that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Subtotal,
    Tax,
    Total,
}

impl Role {
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "subtotal" | "net" => Some(Self::Subtotal),
            "tax" | "vat" => Some(Self::Tax),
            "total" | "grand_total" => Some(Self::Total),
            _ => None,
        }
    }

    /// From a label, CORD's among them.
    pub fn of_label(label: &str) -> Option<Self> {
        let last = label.rsplit('.').next().unwrap_or(label);
        Self::of_name(last.strip_suffix("_price").unwrap_or(last))
    }
}

/// Candidates of all labels of a role, each with its value in thousandths.
fn of_role(candidates: &Candidates, entities: &[Entity], role: Role) -> Vec<(Candidate, i128)> {
    let lists = candidates.iter().filter(|(label, _)| Role::of_label(label) == Some(role));
    let all = lists.flat_map(|(_, list)| list.iter().copied());
    all.filter_map(|c| amount_units(entities[c.index].value.as_ref()).map(|units| (c, units)))
        .collect()
}

/// Raises the best candidates for subtotal, tax and total that add up, and returns the taxes of them where several
/// authorities share the tax (India's CGST and SGST; a state, a county and a town): two, or all of a page.
pub fn favour_sums_that_add_up(
    candidates: &mut Candidates,
    entities: &[Entity],
) -> Option<Vec<usize>> {
    let of_role = |role: Role| of_role(candidates, entities, role);
    let (subtotals, taxes, totals) =
        (of_role(Role::Subtotal), of_role(Role::Tax), of_role(Role::Total));
    let mut best: Option<(f32, Vec<usize>)> = None;
    let mut consider = |parts: &[Candidate]| {
        let rank: f32 = parts.iter().map(|part| part.rank).sum::<f32>() / parts.len() as f32;
        if best.as_ref().is_none_or(|(held, _)| rank > *held) {
            best = Some((rank, parts.iter().map(|part| part.index).collect()));
        }
    };
    for (subtotal, net) in &subtotals {
        for (total, gross) in totals.iter().filter(|(_, gross)| *gross != 0) {
            let currency = currency_of(&entities[total.index]);
            for (nth, (tax, share)) in taxes.iter().enumerate() {
                if makes(net + share, *gross, currency) {
                    consider(&[*subtotal, *tax, *total]);
                }
                for (other, rest) in &taxes[nth + 1..] {
                    let beside = entities[tax.index].page == entities[other.index].page;
                    if beside
                        && *share != 0
                        && *rest != 0
                        && makes(net + share + rest, *gross, currency)
                    {
                        consider(&[*subtotal, *tax, *other, *total]);
                    }
                }
            }
            let page = entities[total.index].page;
            let all: Vec<(Candidate, i128)> =
                taxes.iter().filter(|(tax, _)| entities[tax.index].page == page).copied().collect();
            let sum: i128 = all.iter().map(|(_, share)| share).sum();
            if all.len() > 2
                && all.iter().all(|(_, share)| *share > 0)
                && makes(net + sum, *gross, currency)
            {
                let shares = all.iter().map(|(tax, _)| *tax);
                consider(
                    &[*subtotal].into_iter().chain(shares).chain([*total]).collect::<Vec<_>>(),
                );
            }
        }
    }
    let (_, chosen) = best?;
    let rounded = chosen.last().and_then(|total| rounded_total(&totals, *total));
    for candidate in candidates.values_mut().flatten() {
        if chosen.contains(&candidate.index) {
            candidate.rank += ADDS_UP;
        } else if rounded == Some(candidate.index) {
            candidate.rank += ADDS_UP + ROUNDED;
        }
    }
    match &chosen[..] {
        [_, taxes @ .., _] if taxes.len() > 1 => Some(taxes.to_vec()),
        _ => None,
    }
}

/// The total behind an exact one that is rounded to the smallest coin: `48.16`, rounding `-0.01`, `48.15`.
fn rounded_total(totals: &[(Candidate, i128)], exact: usize) -> Option<usize> {
    /// In thousandths.
    const COIN: i128 = 50;
    let (_, units) = totals.iter().find(|(total, _)| total.index == exact)?;
    let is_rounded = |(total, other): &&(Candidate, i128)| {
        total.index > exact && other != units && (other - units).abs() < COIN && other % COIN == 0
    };
    totals.iter().find(is_rounded).map(|(total, _)| total.index)
}

/// Raises the tax that others of the same page make together: `PTU A 8,22`, `PTU C 0,21`, `PTU razem 8,43`.
pub fn favour_tax_of_all(candidates: &mut Candidates, entities: &[Entity]) {
    let taxes = of_role(candidates, entities, Role::Tax);
    let page = |candidate: &Candidate| entities[candidate.index].page;
    let is_of_all = |(whole, units): &&(Candidate, i128)| {
        let others: Vec<i128> = taxes
            .iter()
            .filter(|(other, share)| {
                other.index != whole.index && *share > 0 && page(other) == page(whole)
            })
            .map(|(_, share)| *share)
            .collect();
        *units > 0 && others.len() > 1 && others.iter().sum::<i128>() == *units
    };
    let Some(whole) = taxes.iter().find(is_of_all).map(|(tax, _)| tax.index) else { return };
    for candidate in candidates.values_mut().flatten().filter(|c| c.index == whole) {
        candidate.rank += ADDS_UP;
    }
}

/// Leaves out totals on later pages that are less than one on the first page that the model is sure about: what a
/// bill is made up of adds up as well, and is not the bill.
pub fn leave_out_parts_of_bills(candidates: &mut Candidates, entities: &[Entity]) {
    const SURE: f32 = 0.9;
    let totals = of_role(candidates, entities, Role::Total);
    let page = |candidate: &Candidate| entities[candidate.index].page;
    let Some(first) = totals.iter().map(|(total, _)| page(total)).min() else { return };
    let sure = |(total, _): &&(Candidate, i128)| {
        page(total) == first && entities[total.index].score >= SURE
    };
    let Some(whole) = totals.iter().filter(sure).map(|(_, units)| *units).max() else { return };
    let is_part = |(total, units): &&(Candidate, i128)| page(total) > first && *units < whole;
    let parts: Vec<usize> = totals.iter().filter(is_part).map(|(total, _)| total.index).collect();
    for list in candidates.values_mut() {
        list.retain(|candidate| !parts.contains(&candidate.index));
    }
}

/// The best candidate for the total.
fn best_total(candidates: &Candidates) -> Option<usize> {
    let is_total = |label: &str| Role::of_label(label) == Some(Role::Total);
    let (_, list) = candidates.iter().find(|(label, _)| is_total(label))?;
    best_of(list)
}

/// No tax is as much as the total, unless there is nothing to pay.
pub fn leave_out_taxes_of_all(candidates: &mut Candidates, entities: &[Entity]) {
    let units = |candidate: usize| amount_units(entities[candidate].value.as_ref());
    let Some(total) = best_total(candidates).and_then(units) else { return };
    let is_tax = |label: &str| Role::of_label(label) == Some(Role::Tax);
    for (_, taxes) in candidates.iter_mut().filter(|(label, _)| is_tax(label)) {
        taxes.retain(|tax| units(tax.index).is_none_or(|tax| tax == 0 || tax.abs() < total.abs()));
    }
}

/// Leaves out what is hardly the sum without tax, or the tax: sums without cents where the total has some (numbers of
/// other things), and subtotals of far less than the total that no tax makes it (of one rate, of one item).
pub fn leave_out_unlikely_parts(candidates: &mut Candidates, entities: &[Entity]) {
    /// Of the total; shipping may be much.
    const LEAST: f64 = 0.6;
    /// Times the total; so may what is let off.
    const MOST: i128 = 3;
    let amount = |candidate: usize| match &entities[candidate].value {
        Some(Value::Amount { amount, .. }) => Some(amount.as_str()),
        _ => None,
    };
    let units = |candidate: usize| amount_units(entities[candidate].value.as_ref());
    let Some(total) = best_total(candidates) else { return };
    let Some(gross) = units(total).filter(|gross| *gross > 0) else { return };
    let has_cents = |candidate: usize| amount(candidate).is_some_and(|text| text.contains('.'));
    let counts =
        |candidate: usize| has_cents(total) && !has_cents(candidate) && units(candidate) != Some(0);
    let taxes: Vec<i128> =
        of_role(candidates, entities, Role::Tax).into_iter().map(|(_, units)| units).collect();
    let is_little = |candidate: usize| {
        let net = units(candidate).unwrap_or(gross);
        (net as f64) < LEAST * gross as f64 && !one_or_two(&taxes).any(|tax| net + tax == gross)
    };
    let is_much = |candidate: usize| units(candidate).is_some_and(|net| net > MOST * gross);
    for (label, list) in candidates.iter_mut() {
        match Role::of_label(label) {
            Some(Role::Subtotal) => list
                .retain(|one| !counts(one.index) && !is_little(one.index) && !is_much(one.index)),
            Some(Role::Tax) => list.retain(|one| !counts(one.index)),
            _ => {}
        }
    }
}

/// Of two sums that make the total the smaller is the tax.
pub fn exchange_tax_and_net(answers: &mut BTreeMap<String, Answer>) {
    let of_role = |role: Role| {
        let label = answers.keys().find(|label| Role::of_label(label) == Some(role))?;
        Some((label.clone(), amount_units(answers[label].value.as_ref())?))
    };
    let roles = (of_role(Role::Subtotal), of_role(Role::Tax), of_role(Role::Total));
    let (Some((subtotal, net)), Some((tax, share)), Some((_, gross))) = roles else { return };
    if share <= net || net <= 0 || net + share != gross {
        return;
    }
    exchange(answers, subtotal, tax);
}

/// Of two sums the greater is the total where the other one and one or two taxes make it, or where it stands below:
/// `Zwischensumme 15,95` above `Netto-Umsatz 14,55`, `Total Amount 9909.50` above `Net Amount 11193.00`.
pub fn exchange_total_and_net(answers: &mut BTreeMap<String, Answer>, entities: &[Entity]) {
    /// Tax and service add no more than this share.
    const MOST: f64 = 1.6;
    let of_role = |role: Role| {
        let label = answers.keys().find(|label| Role::of_label(label) == Some(role))?;
        let answer = &answers[label];
        let entity = entities.iter().find(|entity| answer.entities.first() == Some(&entity.id))?;
        Some((label.clone(), amount_units(answer.value.as_ref())?, entity))
    };
    let (Some((subtotal, net, below)), Some((total, gross, above))) =
        (of_role(Role::Subtotal), of_role(Role::Total))
    else {
        return;
    };
    if gross <= 0 || net <= gross || net as f64 > MOST * gross as f64 {
        return;
    }
    let is_tax = |entity: &&Entity| Role::of_label(&entity.label) == Some(Role::Tax);
    let taxes: Vec<i128> = entities
        .iter()
        .filter(is_tax)
        .filter_map(|entity| amount_units(entity.value.as_ref()))
        .collect();
    let adds_up = one_or_two(&taxes).any(|tax| gross + tax == net);
    let is_below = below.page == above.page && below.bbox.top() >= above.bbox.bottom();
    if !adds_up && !is_below {
        return;
    }
    exchange(answers, subtotal, total);
}

/// Gives two labels each other's answers.
fn exchange(answers: &mut BTreeMap<String, Answer>, one: String, other: String) {
    if let (Some(of_one), Some(of_other)) = (answers.remove(&one), answers.remove(&other)) {
        answers.insert(one, of_other);
        answers.insert(other, of_one);
    }
}

/// The tax that shares make.
pub fn answer_of_shares(shares: &[usize], entities: &[Entity]) -> Answer {
    let shares: Vec<&Entity> = shares.iter().map(|&share| &entities[share]).collect();
    let units = shares.iter().filter_map(|tax| amount_units(tax.value.as_ref())).sum();
    let currency = shares.first().and_then(|tax| currency_of(tax)).map(str::to_string);
    let texts: Vec<&str> = shares.iter().map(|tax| without_edges(&tax.text)).collect();
    Answer {
        entities: shares.iter().map(|tax| tax.id).collect(),
        text: texts.join(" + "),
        value: Some(Value::Amount { amount: decimal(units), currency }),
        score: shares.iter().map(|tax| tax.score).fold(1.0, f32::min),
    }
}

/// The currency that a sum was read in.
fn currency_of(entity: &Entity) -> Option<&str> {
    match &entity.value {
        Some(Value::Amount { currency, .. }) => currency.as_deref(),
        _ => None,
    }
}
