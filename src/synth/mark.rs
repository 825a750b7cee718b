//! What a printed word means: the typed field it belongs to, and its part in a form.
//!
//! Every word carries both, so that one document gives a sample for either head.

/// The typed fields of the default model (design: typed-field head).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Company,
    Address,
    Date,
    InvoiceNumber,
    DueDate,
    Customer,
    Subtotal,
    Tax,
    Total,
    Currency,
    ItemDescription,
    ItemQuantity,
    ItemUnitPrice,
    ItemAmount,
}

impl Field {
    pub const ALL: [Field; 14] = [
        Field::Company,
        Field::Address,
        Field::Date,
        Field::InvoiceNumber,
        Field::DueDate,
        Field::Customer,
        Field::Subtotal,
        Field::Tax,
        Field::Total,
        Field::Currency,
        Field::ItemDescription,
        Field::ItemQuantity,
        Field::ItemUnitPrice,
        Field::ItemAmount,
    ];

    /// The entity label, as tags and output write it (lower case).
    pub const fn name(self) -> &'static str {
        match self {
            Field::Company => "company",
            Field::Address => "address",
            Field::Date => "date",
            Field::InvoiceNumber => "invoice_number",
            Field::DueDate => "due_date",
            Field::Customer => "customer",
            Field::Subtotal => "subtotal",
            Field::Tax => "tax",
            Field::Total => "total",
            Field::Currency => "currency",
            Field::ItemDescription => "item_description",
            Field::ItemQuantity => "item_quantity",
            Field::ItemUnitPrice => "item_unit_price",
            Field::ItemAmount => "item_amount",
        }
    }

    /// Whether a page has at most one value of it, which `truth` can hold.
    pub const fn is_single(self) -> bool {
        !matches!(
            self,
            Field::Tax
                | Field::ItemDescription
                | Field::ItemQuantity
                | Field::ItemUnitPrice
                | Field::ItemAmount
        )
    }
}

/// The parts of a form (FUNSD's scheme without `other`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    Header,
    Question,
    Answer,
}

impl Part {
    pub const ALL: [Part; 3] = [Part::Header, Part::Question, Part::Answer];

    pub const fn name(self) -> &'static str {
        match self {
            Part::Header => "header",
            Part::Question => "question",
            Part::Answer => "answer",
        }
    }
}

/// Names one entity on a sheet: all words with the same number belong together.
pub type EntityId = u32;

/// The meaning of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    pub field: Option<(Field, EntityId)>,
    pub part: Option<(Part, EntityId)>,
}

/// Text with one meaning; a line is a list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub text: String,
    pub mark: Mark,
    /// Set in the bold face of its style.
    pub bold: bool,
}

impl Span {
    /// Text without meaning.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), mark: Mark::default(), bold: false }
    }

    pub fn marked(text: impl Into<String>, mark: Mark) -> Self {
        Self { text: text.into(), mark, bold: false }
    }

    pub fn bold(mut self, bold: bool) -> Self {
        self.bold = bold;
        self
    }

    /// Gives the span a form part, keeping its field.
    pub fn part(mut self, part: Part, id: EntityId) -> Self {
        self.mark.part = Some((part, id));
        self
    }

    /// Gives the span a field, keeping its form part.
    pub fn field(mut self, field: Field, id: EntityId) -> Self {
        self.mark.field = Some((field, id));
        self
    }
}
