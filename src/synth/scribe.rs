//! One document's hand: its fonts, colours, ways of writing dates and money, and the sheet it writes on.
//!
//! Chosen once a document, so that a page is consistent in itself while no two pages are alike.

use super::calendar;
use super::country::Country;
use super::deal::TaxLine;
use super::dice::Dice;
use super::font::{Family, FontBook, Look};
use super::mark::{Field, Mark, Part, Span};
use super::money::{self, Currency, MoneyStyle, PercentStyle, Place};
use super::sheet::{BLACK, Color, Sheet, Style};
use crate::lexicon::{Lexicon, Term};
use chrono::NaiveDate;

/// What follows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colon {
    None,
    Glued,
    Spaced,
}

/// The writer of one document.
pub struct Scribe<'f> {
    pub sheet: Sheet<'f>,
    pub dice: Dice,
    pub lexicon: &'f Lexicon,
    /// A second language beside the first in keys, as on papers for export.
    pub second: Option<&'f Lexicon>,
    pub country: &'static Country,
    /// Running text.
    pub body: Style,
    /// The face of titles; often the body's.
    pub display: Style,
    pub accent: Color,
    pub money: MoneyStyle,
    pub percent_style: PercentStyle,
    pub date_pattern: &'static str,
    pub colon: Colon,
    /// Keys in capitals.
    pub loud: bool,
    /// Keys in bold.
    pub bold_keys: bool,
    pub tax_name: &'static str,
}

impl<'f> Scribe<'f> {
    /// Chooses a hand for a page of this size (points).
    pub fn new(
        fonts: &'f FontBook,
        lexicon: &'f Lexicon,
        country: &'static Country,
        currency: &'static Currency,
        mut dice: Dice,
        (width, height): (f32, f32),
    ) -> Self {
        let money = money_style(country, currency, &mut dice);
        let letters = lexicon.all(Term::Letters).concat() + money.sign;
        let look = dice.weighted(&[
            (11, Look::Sans),
            (3, Look::Serif),
            (1, Look::Mono),
            (2, Look::Condensed),
        ]);
        let body = family(fonts, look, &letters, &mut dice);
        let title = if dice.chance(0.2) {
            let look = dice.pick(&[Look::Serif, Look::Sans, Look::Condensed]);
            family(fonts, look, &letters, &mut dice)
        } else {
            body
        };
        let size = dice.pick(&[7.5, 8.0, 8.5, 9.0, 9.0, 9.5, 10.0, 10.0, 11.0]);
        let leading = dice.pick(&[1.12, 1.2, 1.2, 1.3, 1.4]);
        let ink = if dice.chance(0.75) { BLACK } else { [dice.between(20, 70) as u8; 3] };
        let body = style_of(body, size, leading, ink);
        let display = style_of(title, size, leading, ink);
        Self {
            sheet: Sheet::new(fonts, width, height),
            lexicon,
            second: None,
            country,
            body,
            display,
            accent: accent(&mut dice),
            money,
            percent_style: PercentStyle { spaced: dice.chance(0.35), full: dice.chance(0.2) },
            date_pattern: dice.pick(country.dates),
            colon: dice.pick(&[Colon::None, Colon::Glued, Colon::Glued, Colon::Spaced]),
            loud: dice.chance(0.12),
            bold_keys: dice.chance(0.25),
            tax_name: dice.pick(country.taxes),
            dice,
        }
    }

    /// A name for something, with the tax's name and rate filled in.
    pub fn name(&mut self, term: Term) -> String {
        self.worded(term, None)
    }

    /// A name with a rate in it.
    pub fn name_with_rate(&mut self, term: Term, line: TaxLine) -> String {
        let rate = self.percent(line.rate);
        self.worded(term, Some(&rate))
    }

    fn worded(&mut self, term: Term, rate: Option<&str>) -> String {
        let mut text = self.lexicon.common(term, &mut self.dice).replace("{tax}", self.tax_name);
        if let Some(second) = self.second {
            let other = second.common(term, &mut self.dice).replace("{tax}", "VAT");
            if !other.eq_ignore_ascii_case(&text) && !other.contains('{') {
                text = format!("{text} / {other}");
            }
        }
        if text.contains("{percent}") {
            let rate = self.dice.pick(&[200, 300, 500, 1000, 1500]);
            text = text.replace("{percent}", &self.percent(rate));
        }
        let text = text.replace("{rate}", rate.unwrap_or("")).trim().to_string();
        if self.loud { text.to_uppercase() } else { text }
    }

    /// A key: a name with this document's colon.
    pub fn key(&mut self, term: Term) -> String {
        let name = self.name(term);
        self.with_colon(&name)
    }

    pub fn with_colon(&self, name: &str) -> String {
        let bare = name.trim_end_matches(':').trim_end();
        match self.colon {
            Colon::None => bare.to_string(),
            Colon::Glued => format!("{bare}:"),
            Colon::Spaced => format!("{bare} :"),
        }
    }

    pub fn percent(&self, basis_points: i64) -> String {
        money::percent(basis_points, self.money.numbers, self.percent_style)
    }

    pub fn date(&self, date: NaiveDate) -> String {
        calendar::write(date, self.date_pattern, self.lexicon)
    }

    /// A date that is a new entity of this field.
    pub fn date_field(&mut self, field: Field, date: NaiveDate) -> Span {
        let text = self.date(date);
        self.sheet.field(field, text)
    }

    /// A sum with its currency sign; beside a total the free-standing sign is the currency.
    pub fn sum(&mut self, minor: i64, field: Option<Field>, signed: bool) -> Vec<Span> {
        let mark = field.map_or(Mark::default(), |field| Mark {
            field: Some((field, self.sheet.entity())),
            part: None,
        });
        let alone = Span::marked(self.money.number(minor), mark);
        if !signed {
            return vec![alone];
        }
        match self.money.place {
            Place::Nowhere => vec![alone],
            Place::BeforeGlued | Place::AfterGlued => {
                vec![Span::marked(self.money.full(minor), mark)]
            }
            Place::Before => vec![self.sign(field), alone],
            Place::After => vec![alone, self.sign(field)],
        }
    }

    fn sign(&mut self, field: Option<Field>) -> Span {
        if field == Some(Field::Total) {
            self.sheet.field(Field::Currency, self.money.sign)
        } else {
            Span::plain(self.money.sign)
        }
    }

    /// Makes key and value question and answer; the value may be several spans.
    pub fn linked(&mut self, key: &str, value: Vec<Span>) -> (Span, Vec<Span>) {
        let question = self.sheet.entity();
        let answer = self.sheet.entity();
        self.sheet.links.push((question, answer));
        let key = Span::plain(key).part(Part::Question, question).bold(self.bold_keys);
        (key, value.into_iter().map(|span| span.part(Part::Answer, answer)).collect())
    }

    /// A sentence with its blanks filled: `{days} {date} {amount} {number} {percent} {person}`.
    pub fn sentence(&mut self, term: Term, blanks: &[(&str, Span)]) -> Vec<Span> {
        let text = self.lexicon.pick(term, &mut self.dice);
        self.fill(text, blanks)
    }

    /// Fills the blanks of a text; unknown blanks get a small number.
    pub fn fill(&mut self, text: &str, blanks: &[(&str, Span)]) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (blank, tail) = after.split_once('}').unwrap_or((after, ""));
            let known = blanks.iter().find(|(name, _)| *name == blank);
            let value = known.map(|(_, span)| span.clone()).unwrap_or_else(|| match blank {
                "percent" => Span::plain(self.percent(200)),
                "tax" => Span::plain(self.tax_name),
                "person" => Span::plain(self.lexicon.pick(Term::LastNames, &mut self.dice)),
                _ => Span::plain(self.dice.between(7, 30).to_string()),
            });
            push_words(&mut spans, before);
            // Punctuation right behind a blank belongs to the blank's last word.
            let cut = tail.find([' ', '{']).unwrap_or(tail.len());
            let (glued, tail) = tail.split_at(cut);
            spans.push(Span { text: format!("{}{glued}", value.text), ..value });
            rest = tail;
        }
        push_words(&mut spans, rest);
        spans
    }
}

fn push_words(spans: &mut Vec<Span>, text: &str) {
    if !text.trim().is_empty() {
        spans.push(Span::plain(text.trim()));
    }
}

/// A family of this look with these letters, or of any look if there is none.
pub fn family<'f>(fonts: &'f FontBook, look: Look, letters: &str, dice: &mut Dice) -> &'f Family {
    let fitting = fonts.families_with(look, letters);
    if !fitting.is_empty() {
        return fitting[dice.index(fitting.len())];
    }
    let any: Vec<&Family> = fonts.families().iter().filter(|f| f.covers(letters)).collect();
    if any.is_empty() { &fonts.families()[0] } else { any[dice.index(any.len())] }
}

pub fn style_of(family: &Family, size: f32, leading: f32, color: Color) -> Style {
    Style {
        regular: family.regular,
        bold: family.bold,
        size,
        color,
        leading,
        stretch: 1.0,
        heavy: false,
    }
}

fn accent(dice: &mut Dice) -> Color {
    let palette: &[Color] = &[
        [20, 60, 120],
        [160, 30, 30],
        [20, 110, 60],
        [40, 40, 40],
        [0, 90, 140],
        [200, 90, 10],
        [90, 30, 110],
        [0, 120, 130],
        [120, 80, 30],
        [10, 30, 80],
        [60, 120, 30],
        [0, 0, 0],
    ];
    dice.pick(palette)
}

/// How this document writes money: usually with the common sign, sometimes with code or none.
pub fn money_style(
    country: &'static Country,
    currency: &'static Currency,
    dice: &mut Dice,
) -> MoneyStyle {
    let sign = if dice.chance(0.6) { currency.signs[0] } else { dice.pick(currency.signs) };
    let worded = sign.chars().all(|c| c.is_ascii_alphabetic() || c == '.');
    let comma = country.numbers[0].decimal == ",";
    let place = if worded {
        dice.pick(&[Place::Before, Place::After, Place::Nowhere, Place::Before])
    } else if comma {
        dice.weighted(&[
            (6, Place::After),
            (2, Place::AfterGlued),
            (3, Place::Nowhere),
            (1, Place::Before),
        ])
    } else {
        dice.weighted(&[(6, Place::BeforeGlued), (4, Place::Nowhere), (1, Place::Before)])
    };
    // `RM23.60` and `$23.60` are glued more often than not, `USD 23.60` never.
    let place = match place {
        Place::Before if sign == "RM" && dice.chance(0.4) => Place::BeforeGlued,
        Place::After if worded && !comma => Place::Before,
        other => other,
    };
    MoneyStyle {
        numbers: dice.pick(country.numbers),
        decimals: currency.decimals,
        sign,
        place,
        minus_behind: dice.chance(0.08),
    }
}
