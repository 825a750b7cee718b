//! Logits → labels per word → entities → links → fields.

pub mod bio;
pub mod merge;

pub use bio::{Aggregation, BioOptions, Span};
pub use merge::{WindowProbabilities, merge_windows};
