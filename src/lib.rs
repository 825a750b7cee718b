//! Labelled entities from page images.
//!
//! One path, a module a stage, each knowing only the one before it:
//!
//! ```text
//! input   bytes → pages (RGB image, dpi, page number; PDF text layer if it has one)
//! ocr     page → words {text, pixel bbox, confidence, line, block}
//! encode  words → windows {token ids, 0–1000 boxes, 224×224 image, word of each token}
//! model   windows → logits per token (LayoutLMv2; LayoutLM v1 and LayoutXLM beside it)
//! decode  logits → labels per word → entities → links → fields
//! output  document record → JSON / JSONL / CSV / hOCR / overlay
//! ```

pub mod batch;
pub mod bench;
pub mod cli;
pub mod decode;
pub mod doctor;
pub mod document;
pub mod encode;
pub mod error;
pub mod eval;
pub mod geometry;
pub mod homography;
pub mod input;
pub mod inspect;
pub mod labels;
pub mod lexicon;
pub mod line_finder;
pub mod line_reader;
pub mod model;
pub mod ocr;
pub mod output;
pub mod pipeline;
pub mod predict;
pub mod synth;
pub mod train;

pub use error::{Error, ErrorCode, Result, Stage};
pub use pipeline::Extractor;

/// The examples of the library's guide, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
pub struct Guide;
