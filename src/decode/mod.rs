//! Logits → labels per word → entities → links → fields.

pub mod bio;
pub mod date;
mod lookalike;
pub mod merge;
mod months;

pub use bio::{Aggregation, BioOptions, Span};
pub use merge::{WindowProbabilities, merge_windows};
