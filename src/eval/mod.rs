//! Scores: entities, fields, words.

pub mod ocr;
pub mod ocr_pages;
