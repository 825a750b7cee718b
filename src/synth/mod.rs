//! Labelled synthetic documents: invoices and receipts with every word's meaning known.
//!
//! A grammar of layouts, not a set of templates: a [`deal`] says what a document states, a [`scribe`]
//! has the hand it is written in, and the layout files choose for every zone how it is set. Layout
//! ([`sheet`]) is separate from painting ([`paint`]). Documents are a pure function of seed, index and
//! the fonts at hand, so they can be made in parallel and resumed anywhere.

mod account_bill;
pub mod calendar;
pub mod countries;
pub mod country;
pub mod deal;
pub mod degrade;
pub mod dice;
pub mod document;
pub mod files;
pub mod flourish;
pub mod font;
pub mod form;
mod heading;
pub mod invoice;
mod invoice_letter;
pub mod letterhead;
pub mod mark;
pub mod money;
pub mod noise;
pub mod paint;
pub mod pairs;
mod parties;
pub mod party;
pub mod prose;
pub mod raster;
pub mod receipt;
pub mod scribe;
pub mod sheet;
pub mod table;
mod till_items;
mod till_sums;
pub mod totals;

#[cfg(test)]
mod tests;

pub use crate::lexicon::Language;
pub use document::SynthDocument;
pub use font::FontBook;

use crate::error::Result;
use crate::lexicon::lexicon_of;
use country::Country;
use deal::{Deal, Paper};
use dice::Dice;
use document::Origin;
use scribe::Scribe;

/// What to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Invoice,
    Receipt,
    /// Orders, credit notes, quotes, delivery notes, statements.
    Business,
    /// Bills of an account: electricity, telephone, insurance.
    AccountBill,
    /// Invoices written as letters.
    InvoiceLetter,
    /// Letters; no fields.
    Letter,
    /// Pages of reports and articles; no fields.
    Article,
    /// Forms with questions and answers; no fields.
    Form,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Invoice,
        Kind::Receipt,
        Kind::Business,
        Kind::AccountBill,
        Kind::InvoiceLetter,
        Kind::Letter,
        Kind::Article,
        Kind::Form,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Kind::Invoice => "invoice",
            Kind::Receipt => "receipt",
            Kind::Business => "business",
            Kind::AccountBill => "account-bill",
            Kind::InvoiceLetter => "invoice-letter",
            Kind::Letter => "letter",
            Kind::Article => "article",
            Kind::Form => "form",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How to make documents.
#[derive(Debug, Clone)]
pub struct SynthOptions {
    pub seed: u64,
    /// Languages with their weights.
    pub languages: Vec<(u32, Language)>,
    /// Kinds with their weights.
    pub kinds: Vec<(u32, Kind)>,
    /// Scan and camera faults.
    pub degrade: bool,
    /// Resolution of the pictures; 100 suffices for a model that sees 224×224.
    pub dpi: f32,
    /// Paint no picture: words and boxes only, for training without the visual part.
    pub picture: bool,
}

impl Default for SynthOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            languages: Language::ALL.iter().map(|language| (share(*language), *language)).collect(),
            kinds: vec![
                (20, Kind::Invoice),
                (14, Kind::Receipt),
                (5, Kind::Business),
                (4, Kind::AccountBill),
                (3, Kind::InvoiceLetter),
                (2, Kind::Letter),
                (2, Kind::Article),
                (3, Kind::Form),
            ],
            degrade: true,
            dpi: 100.0,
            picture: true,
        }
    }
}

/// Makes documents by index.
pub struct Generator {
    options: SynthOptions,
    fonts: FontBook,
}

impl Generator {
    /// # Errors
    /// Stage `input`, when the fonts lack letters of a language asked for.
    pub fn new(options: SynthOptions, fonts: FontBook) -> Result<Self> {
        for (_, language) in &options.languages {
            fonts.require(*language, lexicon_of(*language))?;
        }
        Ok(Self { options, fonts })
    }

    pub fn options(&self) -> &SynthOptions {
        &self.options
    }

    /// Document number `index`: always the same for the same options and fonts.
    pub fn document(&self, index: u64) -> SynthDocument {
        let mut dice = Dice::new(self.options.seed, index);
        let language = dice.weighted(&self.options.languages);
        let country = dice.weighted(&Country::of(language));
        let kind = dice.weighted(&self.options.kinds);
        let lexicon = lexicon_of(language);
        let deal =
            paper_of(kind, &mut dice).map(|paper| Deal::invent(paper, country, lexicon, &mut dice));
        let size = page_size(kind, country, &mut dice);
        let currency = match &deal {
            Some(deal) => deal.currency,
            None => dice.pick(country.currencies),
        };
        let mut scribe = Scribe::new(&self.fonts, lexicon, country, currency, dice, size);
        match &deal {
            Some(deal) => {
                scribe.tax_name = deal.tax_name;
                if kind == Kind::Receipt {
                    scribe.take_till_font(&self.fonts);
                } else if language != Language::English && scribe.dice.chance(0.05) {
                    scribe.second = Some(lexicon_of(Language::English));
                }
                match kind {
                    Kind::Receipt => scribe.till_receipt(deal),
                    Kind::AccountBill => scribe.account_bill_page(deal),
                    Kind::InvoiceLetter => scribe.invoice_letter_page(deal),
                    _ => scribe.business_page(deal),
                }
            }
            None if kind == Kind::Form => scribe.form_page(&self.fonts),
            None if kind == Kind::Letter => scribe.letter_page(),
            None => scribe.article_page(),
        }
        let origin = Origin { index, language, kind };
        document::finish(scribe, &self.fonts, &self.options, origin, deal.as_ref())
    }
}

/// How often documents are in a language where nobody says: as people meet them, roughly.
const fn share(language: Language) -> u32 {
    match language {
        Language::English => 8,
        Language::German => 5,
        Language::French | Language::Spanish => 4,
        Language::Italian | Language::Dutch | Language::Portuguese | Language::Polish => 3,
        _ => 2,
    }
}

/// What a document is about; letters, articles and forms are about nothing.
fn paper_of(kind: Kind, dice: &mut Dice) -> Option<Paper> {
    match kind {
        Kind::Invoice | Kind::AccountBill | Kind::InvoiceLetter => Some(Paper::Invoice),
        Kind::Receipt => Some(Paper::Receipt),
        Kind::Business => Some(dice.pick(&[
            Paper::CreditNote,
            Paper::Order,
            Paper::Order,
            Paper::Proforma,
            Paper::Quote,
            Paper::DeliveryNote,
        ])),
        Kind::Letter | Kind::Article | Kind::Form => None,
    }
}

/// Width and height in points.
fn page_size(kind: Kind, country: &Country, dice: &mut Dice) -> (f32, f32) {
    match kind {
        Kind::Receipt => {
            let width = receipt::paper_width(dice);
            (width, width * 2.0)
        }
        _ if country.letter_paper => (612.0, 792.0),
        _ => (595.0, 842.0),
    }
}
