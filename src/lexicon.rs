//! The words of each language, read from `lexicon/*.txt`: field names with their synonyms, item
//! names, people, sentences. Synthetic documents are written with them ([`crate::synth`]), and what a
//! value's caption says is looked up among them ([`crate::decode`]).
//!
//! A line of such a file is `key = choice | choice | …`; a line that starts with `|` goes on with the
//! list above it. All files have all keys, which a test checks, so look-ups can't fail later.

use std::sync::LazyLock;

macro_rules! languages {
    ($($name:ident $code:literal,)*) => {
        /// Languages that documents are written in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Language { $($name,)* }

        impl Language {
            pub const ALL: &'static [Language] = &[$(Language::$name,)*];

            /// ISO 639-1.
            pub const fn code(self) -> &'static str {
                match self { $(Language::$name => $code,)* }
            }

            /// The text of its lexicon.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Language::$name => include_str!(concat!("lexicon/", $code, ".txt")),)*
                }
            }
        }
    };
}

languages! {
    English "en",
    German "de",
    French "fr",
    Spanish "es",
    Italian "it",
    Dutch "nl",
    Portuguese "pt",
    Swedish "sv",
    Danish "da",
    Polish "pl",
    Czech "cs",
    Hungarian "hu",
    Romanian "ro",
    Slovak "sk",
    Croatian "hr",
    Slovenian "sl",
    Turkish "tr",
    Finnish "fi",
    Norwegian "nb",
    Estonian "et",
    Lithuanian "lt",
    Latvian "lv",
    Indonesian "id",
}

impl Language {
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.code() == code)
    }
}

macro_rules! terms {
    ($($variant:ident $key:literal,)*) => {
        /// What can be looked up.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Term { $($variant,)* }

        impl Term {
            pub const ALL: &'static [Term] = &[$(Term::$variant,)*];

            /// Its key in the files.
            pub const fn key(self) -> &'static str {
                match self { $(Term::$variant => $key,)* }
            }
        }
    };
}

terms! {
    // Letters beyond ASCII that a font must have.
    Letters "letters",
    Months "months", MonthsShort "months_short",
    // Titles.
    TitleInvoice "title_invoice", TitleReceipt "title_receipt", TitleCredit "title_credit",
    TitleOrder "title_order", TitleQuote "title_quote", TitleDelivery "title_delivery",
    TitleStatement "title_statement", TitleProforma "title_proforma",
    // Sentences that give number and date, with the blanks {number} and {date}.
    TitleNumbered "title_numbered",
    // Numbers.
    NumberInvoice "number_invoice", NumberReceipt "number_receipt", NumberCredit "number_credit",
    NumberOrder "number_order", NumberQuote "number_quote", NumberDelivery "number_delivery",
    NumberCustomer "number_customer", NumberPo "number_po", NumberProject "number_project",
    NumberContract "number_contract", Reference "reference",
    // Dates.
    DateInvoice "date_invoice", DateReceipt "date_receipt", DateDue "date_due",
    DateOrder "date_order", DateDelivery "date_delivery", DatePrint "date_print",
    DateOther "date_other", Period "period", Time "time",
    // People and places.
    Contact "contact", Cashier "cashier", Salesperson "salesperson", Table "table",
    Register "register", Store "store", Guests "guests", Manager "manager",
    BillTo "bill_to", ShipTo "ship_to", From "from", Attention "attention",
    Courtesy "courtesy",
    Phone "phone", Fax "fax", Email "email", Web "web",
    VatId "vat_id", TaxNumber "tax_number", CompanyRegister "company_register",
    BankDetails "bank_details", Bank "bank", Iban "iban", Bic "bic",
    AccountHolder "account_holder", AccountNumber "account_number",
    // Columns.
    ColPosition "col_position", ColSku "col_sku", ColDescription "col_description",
    ColQuantity "col_quantity", ColUnit "col_unit", ColPrice "col_price",
    ColDiscount "col_discount", ColTax "col_tax", ColAmount "col_amount", ColDate "col_date",
    // Sums.
    Subtotal "subtotal", Discount "discount", Shipping "shipping", Service "service", Tip "tip",
    Tax "tax", Total "total", TotalReceipt "total_receipt", AmountDue "amount_due",
    Paid "paid", Balance "balance", Rounding "rounding", Cash "cash", Card "card",
    Change "change", Saved "saved", ItemCount "item_count", QuantityCount "quantity_count",
    TaxSummary "tax_summary", TaxRate "tax_rate", NetAmount "net_amount",
    TaxAmount "tax_amount", GrossAmount "gross_amount", TaxIncluded "tax_included",
    CurrencyLabel "currency_label", CarriedOver "carried_over",
    // Payment.
    Terms "terms", TermsValue "terms_value", PaymentMethod "payment_method",
    PaymentMethodValue "payment_method_value", PaySentence "pay_sentence",
    // Sentences.
    Intro "intro", Closing "closing", ThanksReceipt "thanks_receipt", NoteReceipt "note_receipt",
    PageOf "page_of", Subject "subject", Slogan "slogan", TaxNote "tax_note",
    Salutation "salutation", Body "body", Farewell "farewell", Headline "headline",
    // Things.
    Units "units", Goods "goods", Food "food", Services "services", Adjectives "adjectives",
    Details "details", Sections "sections",
    // Names.
    FirstNames "first_names", LastNames "last_names", Trades "trades", Shops "shops",
    Departments "departments", Syllables "syllables", TownSyllables "town_syllables",
    // Forms.
    FormTitle "form_title", FormSection "form_section", FormLabel "form_label",
    FormChoice "form_choice", FormNote "form_note",
}

/// Something that picks one of so many: the dice of [`crate::synth`].
pub trait Chance {
    fn index(&mut self, count: usize) -> usize;
}

/// The choices of one language.
pub struct Lexicon {
    lists: Vec<Vec<&'static str>>,
}

impl Lexicon {
    /// Reads a file's text; keys it doesn't know or that are missing are left empty (tested).
    pub fn parse(text: &'static str) -> Self {
        let mut lists = vec![Vec::new(); Term::ALL.len()];
        let mut current = None;
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with(';')) {
            let choices = if line.starts_with('|') {
                line
            } else if let Some((key, rest)) = line.split_once(" =") {
                current = Term::ALL.iter().position(|t| t.key() == key.trim());
                rest
            } else {
                continue;
            };
            if let Some(index) = current {
                let choices = choices.split('|').map(str::trim).filter(|c| !c.is_empty());
                lists[index].extend(choices);
            }
        }
        Self { lists }
    }

    pub fn all(&self, term: Term) -> &[&'static str] {
        &self.lists[term as usize]
    }

    /// One of the choices.
    pub fn pick(&self, term: Term, dice: &mut impl Chance) -> &'static str {
        let choices = self.all(term);
        if choices.is_empty() { "" } else { choices[dice.index(choices.len())] }
    }

    /// One of the choices, the first ones more often: files list common words first.
    pub fn common(&self, term: Term, dice: &mut impl Chance) -> &'static str {
        let choices = self.all(term);
        if choices.is_empty() {
            return "";
        }
        let skewed = dice.index(choices.len()).min(dice.index(choices.len()));
        choices[skewed]
    }
}

/// The words of a language; read once.
pub fn lexicon_of(language: Language) -> &'static Lexicon {
    static ALL: LazyLock<Vec<Lexicon>> =
        LazyLock::new(|| Language::ALL.iter().map(|l| Lexicon::parse(l.words())).collect());
    &ALL[language as usize]
}
