//! Logits → labels per word → entities → links → fields.

mod access_key;
mod addresses;
pub mod amount;
pub mod answer;
mod balance;
mod banks;
pub mod bio;
mod caption;
mod caption_rows;
mod caption_sum;
mod caption_value;
mod caption_words;
mod chains;
mod columns;
pub mod complete;
pub mod context;
mod currency;
mod cut_number;
mod cut_total;
mod danfe;
pub mod date;
mod field_names;
mod field_sums;
pub mod fields;
mod fill_in;
mod head_name;
pub mod items;
pub mod link;
mod lookalike;
mod may_answer;
pub mod merge;
mod months;
mod name_rows;
mod neighbours;
mod number;
mod other_names;
pub mod page;
mod paid;
mod paragon;
mod parties;
mod party_sections;
mod quantities;
mod rate_lines;
mod rates;
mod receipts;
mod scraps;
mod second_choice;
pub mod sequence;
mod several;
mod signatures;
mod streets;
mod stub;
mod sums;
mod surplus;
mod tax_numbers;
#[cfg(test)]
mod test_words;
mod till_line;
mod total_called;
mod total_rows;
mod unnamed;
pub mod value;
mod web_names;
pub mod whole;
mod whole_name;

pub use bio::{Aggregation, BioOptions, Span};
pub use context::ValueContext;
pub use fields::{FieldOptions, fields};
pub use link::{LinkOptions, PairScore};
pub use merge::{WindowProbabilities, merge_windows};
pub use page::{
    DecodeOptions, HeadPrediction, PageDecoding, PagePrediction, WordPair, decode_page,
    words_of_label,
};
