//! Scores: entities, fields, links, words.

pub mod classes;
pub mod fields;
pub mod metrics;
pub mod ocr;
pub mod ocr_pages;
pub mod ocr_report;
pub mod ocr_truth;
pub mod report;
pub mod run;

pub use report::Report;
pub use run::{EvalOptions, evaluate};
