//! What the program knows of a document: pages, words, entities, relations. Data only, no behaviour
//! beyond small constructors; every stage speaks these types and the JSON output is made of them.

use crate::geometry::{PageSize, PixelBox};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a page's words came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordSource {
    /// Read from the picture.
    Ocr,
    /// The text layer of a born-digital PDF.
    TextLayer,
    /// Brought by the user (`--words`).
    Given,
}

/// One word as read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
    /// Pixels of the page as it came.
    pub bbox: PixelBox,
    /// 0–1; 1 for text layers and given words without one.
    pub confidence: f32,
    /// Line on the page, counted from 0 in reading order.
    #[serde(default)]
    pub line: u32,
    /// Block on the page, counted from 0 in reading order.
    #[serde(default)]
    pub block: u32,
}

impl Word {
    /// A place where a word was found that is not read yet.
    pub fn outline(bbox: PixelBox, line: u32, block: u32) -> Self {
        Self { text: String::new(), bbox, confidence: 0.0, line, block }
    }
}

/// One page with its words, without its picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Counted from 1.
    pub number: u32,
    pub size: PageSize,
    pub dpi: Option<u32>,
    /// Clockwise turn, in degrees, that makes the page upright: 0, 90, 180 or 270.
    pub rotation: u16,
    pub source: WordSource,
    /// In reading order.
    pub words: Vec<Word>,
}

/// A labelled group of words on one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Counted from 0 within the document.
    pub id: usize,
    /// Label without its BIO prefix, lower case: `total`, `question`.
    pub label: String,
    /// The words joined by single spaces, as read.
    pub text: String,
    /// The typed form, where the label has one and the text can be understood.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
    /// The model's probability, 0–1.
    pub score: f32,
    /// Mean confidence of the words, 0–1.
    pub ocr_confidence: f32,
    /// Counted from 1.
    pub page: u32,
    pub bbox: PixelBox,
    pub words: Vec<Word>,
}

/// A typed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A sum of money: decimal point, no grouping; ISO 4217 code where known.
    Amount {
        amount: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        currency: Option<String>,
    },
    /// ISO 8601, `YYYY-MM-DD`.
    Date { date: String },
    /// Cleaned text: a number, a name.
    Text { text: String },
}

/// A directed link between two entities, by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub head: usize,
    pub tail: usize,
    pub label: String,
    pub score: f32,
}

/// Everything found in one document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    pub entities: Vec<Entity>,
    pub relations: Vec<Relation>,
    /// Best answer per label; typed form where there is one. Line items are a list under `items`.
    pub fields: BTreeMap<String, serde_json::Value>,
}

/// Lower case, without spaces and punctuation.
pub fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
