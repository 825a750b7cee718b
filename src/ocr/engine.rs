//! What the reading of a page asks of an OCR engine: pictures in, words out, several at once.
//!
//! Tesseract implements it in `ocr::pool`; tests put engines in its place that fail, stall or
//! answer nonsense.

use crate::document::Word;
use crate::error::Result;
use crate::geometry::PixelBox;
use image::GrayImage;
use std::sync::Arc;

/// One picture to be read.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// 8-bit gray, dark text on light ground.
    pub image: Arc<GrayImage>,
    /// Tesseract's page segmentation mode.
    pub psm: u8,
    /// Resolution to declare, in dots per inch.
    pub dpi: u32,
}

/// A line of text that was found and not read.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundLine {
    pub bbox: PixelBox,
    /// The block it stands in, counted from 0 in reading order.
    pub block: u32,
    /// Boxes of what look like its words, from left to right.
    pub words: Vec<PixelBox>,
}

/// Reads pictures, in parallel where it can.
pub trait Engine: Send + Sync {
    /// Reads them all; one answer a request, in the same order. Words are in reading order, boxes in
    /// pixels of the request's picture.
    fn read_all(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<Word>>>;
    /// Finds the lines of text without reading them, at a fraction of the time; answers as
    /// [`Engine::read_all`] gives them.
    fn find_lines(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<FoundLine>>>;
    /// How many requests it works on at once.
    fn width(&self) -> usize;
    /// Name and version: `tesseract 5.3.0`.
    fn name(&self) -> String;
    /// `eng+deu`.
    fn language(&self) -> String;
}
