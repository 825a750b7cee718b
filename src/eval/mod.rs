//! Scores: entities, fields, links, words.

pub mod fields;
pub mod metrics;
pub mod ocr;
pub mod ocr_pages;
pub mod report;
pub mod run;

pub use report::Report;
pub use run::{EvalOptions, evaluate};
