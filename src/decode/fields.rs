//! Entities of a document → the best answer per label, the thing a script wants.
//!
//! Candidates of one label are ranked by the model's score, by whether their text can be understood
//! as the label demands, by how often their value occurs, and, where all that is level, by place:
//! sums stand at the end of a document, names and numbers at its head. Sums that add up
//! (subtotal + tax = total) speak for each other; but for the sum of a tax's shares, no value is made
//! up that was not read.

use super::date::is_written_date;
use super::field_names::is_heading;
use super::field_sums::{
    Role, answer_of_shares, exchange_tax_and_net, exchange_total_and_net, favour_sums_that_add_up,
    favour_tax_of_all, leave_out_parts_of_bills, leave_out_taxes_of_all, leave_out_unlikely_parts,
};
use super::items::{is_item_label, line_items};
use super::may_answer::may_answer;
use super::parties::{PARTIES, is_form_of_address, sells};
use super::several::of_first_invoice;
use super::sums::amount_units;
use super::surplus::without_surplus;
use super::value::{ValueKind, plain};
use crate::document::{Entity, Value, letters_and_digits};
use crate::geometry::PixelBox;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What counts as an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldOptions {
    /// Entities below this score are no candidates.
    pub min_score: f32,
    /// Let sums that add up speak for each other.
    pub check_sums: bool,
}

impl Default for FieldOptions {
    fn default() -> Self {
        Self { min_score: 0.0, check_sums: true }
    }
}

/// The chosen answer of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Ids of its entities: one, or several that go on with each other.
    pub entities: Vec<usize>,
    /// As read, without the punctuation around it.
    pub text: String,
    pub value: Option<Value>,
    /// The model's score of the (first) entity.
    pub score: f32,
}

impl Answer {
    /// What `fields` shows: the typed form where there is one, else the text.
    pub fn plain(&self) -> String {
        plain(self.value.as_ref(), &self.text)
    }
}

/// The `fields` of a document: one string per label, `items` for its lines, `currency` from the sums
/// where no entity names it. Of several invoices in one file, those of the first.
pub fn fields(entities: &[Entity], options: FieldOptions) -> BTreeMap<String, Json> {
    let entities = &*of_first_invoice(entities);
    let answers = answers_of(entities, options);
    let mut fields: BTreeMap<String, Json> = answers
        .iter()
        .map(|(label, answer)| (label.clone(), Json::String(answer.plain())))
        .collect();
    let currency = ["total", "subtotal", "tax"].iter().find_map(|role| {
        let answer =
            answers.iter().find(|(label, _)| Role::of_label(label) == Role::of_name(role))?;
        match &answer.1.value {
            Some(Value::Amount { currency: Some(code), .. }) => Some(code.clone()),
            _ => None,
        }
    });
    if let Some(code) = currency {
        fields.entry("currency".to_string()).or_insert(Json::String(code));
    }
    let items = line_items(entities, options.min_score);
    if !items.is_empty() {
        fields.insert(
            "items".to_string(),
            Json::Array(items.into_iter().map(Json::Object).collect()),
        );
    }
    fields
}

/// The best answer of every label that is a field; questions, answers and headers of forms and the
/// parts of line items are none. Of several invoices in one file, those of the first.
pub fn answers(entities: &[Entity], options: FieldOptions) -> BTreeMap<String, Answer> {
    answers_of(&of_first_invoice(entities), options)
}

/// As [`answers`], from the entities of one invoice.
fn answers_of(entities: &[Entity], options: FieldOptions) -> BTreeMap<String, Answer> {
    let mut candidates: BTreeMap<&str, Vec<Candidate>> = BTreeMap::new();
    for (index, entity) in entities.iter().enumerate() {
        let label = entity.label.as_str();
        if is_field_label(label) && entity.score >= options.min_score && may_answer(entity) {
            candidates.entry(label).or_default().push(Candidate { index, rank: 0.0 });
        }
    }
    for (label, list) in &mut candidates {
        rank(label, list, entities);
    }
    let company = candidates.get("company").and_then(|list| best_of(list)).map(|c| &entities[c]);
    if let (Some(company), Some(customers)) = (company, candidates.get_mut("customer")) {
        customers.retain(|candidate| {
            let customer = &entities[candidate.index];
            !sells((&company.text, company.score), (&customer.text, customer.score))
        });
    }
    doubt_due_dates_of_issue(&mut candidates, entities);
    let mut shares = None;
    if options.check_sums {
        leave_out_parts_of_bills(&mut candidates, entities);
        shares = favour_sums_that_add_up(&mut candidates, entities);
        favour_tax_of_all(&mut candidates, entities);
        leave_out_taxes_of_all(&mut candidates, entities);
        leave_out_unlikely_parts(&mut candidates, entities);
    }
    let mut answers: BTreeMap<String, Answer> = candidates
        .into_iter()
        .filter_map(|(label, list)| {
            let best = best_of(&list)?;
            let answer = match &shares {
                Some(shares) if shares.contains(&best) => answer_of_shares(shares, entities),
                _ => answer(label, best, &list, entities),
            };
            Some((label.to_string(), answer))
        })
        .collect();
    if options.check_sums {
        exchange_tax_and_net(&mut answers);
        exchange_total_and_net(&mut answers, entities);
    }
    answers
}

/// Whether a document has one answer of a label: parts of forms and of line items it has any number of.
pub fn is_field_label(label: &str) -> bool {
    !is_form_part(label) && !is_item_label(label)
}

pub(super) fn is_form_part(label: &str) -> bool {
    matches!(label, "question" | "answer" | "header" | "other")
}

/// An entity in the running for its label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) index: usize,
    pub(super) rank: f32,
}

/// The highest rank, the first of equals.
pub(super) fn best_of(list: &[Candidate]) -> Option<usize> {
    let mut best: Option<Candidate> = None;
    for candidate in list {
        if best.is_none_or(|held| candidate.rank > held.rank) {
            best = Some(*candidate);
        }
    }
    best.map(|candidate| candidate.index)
}

/// What a text that can't be understood is worth against one that can.
const IMPLAUSIBLE: f32 = 0.3;
/// Nothing to pay is rare, a change of 0.00 is not.
const NOTHING: f32 = 0.7;
/// A sum without cents where others have them.
const WITHOUT_CENTS: f32 = 0.85;
/// What is told to more than a thousandth is the price of a piece, what is told to a tenth a rate (`7.7`).
const PRICE: f32 = 0.5;
/// For every further candidate with the same value, up to three.
const REPEATED: f32 = 0.05;
/// For what a letterhead tells, on the first page: later ones have headings of tables and small print there.
const FIRST_PAGE: f32 = 0.1;
/// Between the first and the last place in the document: settles ties, no more.
const PLACE: f32 = 0.02;
/// Between nothing and the greatest total of a document: those of its parts are totals too.
const GREATEST: f32 = 0.05;

fn rank(label: &str, list: &mut [Candidate], entities: &[Entity]) {
    let kind = ValueKind::of_label(label);
    let said = |c: &Candidate| plain(entities[c.index].value.as_ref(), &entities[c.index].text);
    let all: Vec<String> = list.iter().map(said).collect();
    let cents = list.iter().any(|candidate| has_cents(&entities[candidate.index]));
    let last = (list.len().max(2) - 1) as f32;
    let is_total = Role::of_label(label) == Some(Role::Total);
    let units = |c: &Candidate| amount_units(entities[c.index].value.as_ref());
    let greatest = list.iter().filter_map(units).max().filter(|units| is_total && *units > 0);
    let first = entities.iter().map(|entity| entity.page).min().unwrap_or_default();
    for (position, candidate) in list.iter_mut().enumerate() {
        let entity = &entities[candidate.index];
        let repeats = all.iter().filter(|other| **other == all[position]).count() - 1;
        let place = position as f32 / last;
        let place = if kind == ValueKind::Amount { place } else { 1.0 - place };
        candidate.rank = entity.score * plausibility(kind, entity, cents)
            + REPEATED * repeats.min(3) as f32
            + if kind != ValueKind::Amount && entity.page == first { FIRST_PAGE } else { 0.0 }
            + PLACE * place
            + match (units(candidate), greatest) {
                (Some(units), Some(greatest)) => GREATEST * (units as f32 / greatest as f32),
                _ => 0.0,
            };
    }
}

/// `cents`: whether other candidates have them.
fn plausibility(kind: ValueKind, entity: &Entity, cents: bool) -> f32 {
    let letters = entity.text.chars().filter(|c| c.is_alphanumeric()).count();
    match (kind, &entity.value) {
        (ValueKind::Identifier, _) if is_written_date(&entity.text) => IMPLAUSIBLE,
        (ValueKind::Text, _) if letters >= 2 && !is_no_name(&entity.text) => legibility(entity),
        (ValueKind::Text, _) | (_, None) => IMPLAUSIBLE,
        (_, Some(Value::Amount { amount, .. })) => {
            let nothing = !amount.contains(|c| ('1'..='9').contains(&c));
            let bare = cents && !amount.contains('.');
            let short = cents && amount.split_once('.').is_some_and(|(_, cents)| cents.len() == 1);
            let price = amount.split_once('.').is_some_and(|(_, cents)| cents.len() > 3);
            (if nothing { NOTHING } else { 1.0 })
                * (if bare { WITHOUT_CENTS } else { 1.0 })
                * (if price || short { PRICE } else { 1.0 })
        }
        _ => 1.0,
    }
}

/// How far a name can be read: a logo that was misread is a few letters, read unsurely.
fn legibility(entity: &Entity) -> f32 {
    const SHORT: usize = 3;
    /// What a short name is worth against another.
    const OF_SHORT: f32 = 0.6;
    if !PARTIES.contains(&entity.label.as_str()) {
        return 1.0;
    }
    let read = 0.5 + 0.5 * entity.ocr_confidence;
    read * if letters_and_digits(&entity.text).chars().count() <= SHORT { OF_SHORT } else { 1.0 }
}

/// Whether a text is a document's title, a form of address, points to something else, or ends as sentences do and no legal form
/// does (`Ltd.`, `s.r.o.`, `spol.`).
fn is_no_name(text: &str) -> bool {
    const LONGEST_FORM: usize = 4;
    let last = text.split_whitespace().last().unwrap_or_default();
    let ends_sentence =
        |word: &str| word.chars().count() > LONGEST_FORM && word.chars().all(char::is_lowercase);
    is_heading(text)
        || is_form_of_address(text)
        || last.ends_with(':')
        || last.strip_suffix('.').is_some_and(ends_sentence)
}

fn has_cents(entity: &Entity) -> bool {
    matches!(&entity.value, Some(Value::Amount { amount, .. }) if amount.contains('.'))
}

/// What is due on the day of issue is rare: another day that may be meant is taken first. Before that day nothing is due.
fn doubt_due_dates_of_issue(candidates: &mut BTreeMap<&str, Vec<Candidate>>, entities: &[Entity]) {
    const DOUBT: f32 = 0.2;
    let day = |index: usize| match entities[index].value.as_ref() {
        Some(Value::Date { date }) => Some(date.as_str()),
        _ => None,
    };
    let issued = candidates.get("date").and_then(|list| best_of(list));
    let Some(issued) = issued.and_then(day) else { return };
    let Some(due) = candidates.get_mut("due_date") else { return };
    due.retain(|due| day(due.index).is_none_or(|due| due >= issued));
    for due in due.iter_mut().filter(|due| day(due.index) == Some(issued)) {
        due.rank -= DOUBT;
    }
}

/// The answer that an entity gives, with those that go on with it where the label runs over lines.
fn answer(label: &str, best: usize, list: &[Candidate], entities: &[Entity]) -> Answer {
    let first = &entities[best];
    let mut parts = vec![best];
    if label.ends_with("address") {
        let mut bbox = first.bbox;
        for candidate in list {
            let other = &entities[candidate.index];
            if candidate.index > best && other.page == first.page && goes_on(bbox, other.bbox) {
                bbox = bbox.union(other.bbox);
                parts.push(candidate.index);
            }
        }
    }
    let texts: Vec<&str> = parts.iter().map(|part| entities[*part].text.as_str()).collect();
    Answer {
        entities: parts.iter().map(|part| entities[*part].id).collect(),
        text: without_edges(without_surplus(label, without_edges(&texts.join(" ")))).to_string(),
        value: first.value.clone(),
        score: first.score,
    }
}

/// A text without what separates it from its surroundings: `: 19/03/2018`, `(19/03/2018)`,
/// `KUALA LUMPUR,`. Brackets go in pairs only.
pub(super) fn without_edges(text: &str) -> &str {
    let edge = |c: char| c.is_whitespace() || ":;,*|=_~•·".contains(c);
    let trimmed = text.trim_matches(edge);
    for (open, close) in [('(', ')'), ('[', ']')] {
        let inner = trimmed.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains([open, close])) {
            return inner.trim_matches(edge);
        }
    }
    trimmed
}

/// Whether a box stands right under another, in its column.
fn goes_on(above: PixelBox, below: PixelBox) -> bool {
    let shared = above.right().min(below.right()) > above.left().max(below.left());
    let gap = f64::from(below.top()) - f64::from(above.bottom());
    let height = f64::from(below.height().min(above.height()));
    shared && gap > -0.5 * height && gap < height
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
