//! Logits → labels per word → entities → links → fields.

pub mod amount;
pub mod bio;
pub mod context;
mod currency;
pub mod date;
mod lookalike;
pub mod merge;
mod months;
mod number;
pub mod value;

pub use bio::{Aggregation, BioOptions, Span};
pub use context::ValueContext;
pub use merge::{WindowProbabilities, merge_windows};
