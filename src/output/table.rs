//! CSV and TSV: one row an entity.
//!
//! A document without entities, or one that failed, has one row that says so: no input vanishes.
//! Cells that a spreadsheet would run as formulas stay as they are: the file is data, and quoting them
//! away would change amounts such as `-5.00`.

use super::RecordWriter;
use super::record::Record;
use crate::document::{Entity, Value};
use csv::{QuoteStyle, WriterBuilder};
use std::io::{self, Write};

const COLUMNS: [&str; 15] = [
    "input",
    "status",
    "page",
    "id",
    "label",
    "text",
    "value",
    "currency",
    "score",
    "ocr_confidence",
    "x0",
    "y0",
    "x1",
    "y1",
    "error",
];

pub struct Table {
    pub delimiter: u8,
}

impl Table {
    fn rows(&self, out: &mut dyn Write, rows: &[Vec<String>]) -> io::Result<()> {
        let mut table = WriterBuilder::new()
            .delimiter(self.delimiter)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(Vec::new());
        for row in rows {
            table.write_record(row)?;
        }
        let bytes = table.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        out.write_all(&bytes)
    }
}

impl RecordWriter for Table {
    fn start(&mut self, out: &mut dyn Write, _several: bool) -> io::Result<()> {
        self.rows(out, &[COLUMNS.map(String::from).to_vec()])
    }

    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        _index: usize,
        _several: bool,
    ) -> io::Result<()> {
        let mut rows: Vec<_> =
            record.entities().iter().map(|entity| entity_row(record, entity)).collect();
        if let Some(error) = &record.error {
            let mut row = empty_row(record, "error");
            row[14] = format!("{}: {}: {}", error.code, error.stage, error.message);
            rows.push(row);
        } else if rows.is_empty() {
            rows.push(empty_row(record, "ok"));
        }
        self.rows(out, &rows)
    }
}

fn empty_row(record: &Record, status: &str) -> Vec<String> {
    let mut row = vec![String::new(); COLUMNS.len()];
    row[0] = record.input.clone();
    row[1] = status.to_string();
    row
}

fn entity_row(record: &Record, entity: &Entity) -> Vec<String> {
    let (value, currency) = match &entity.value {
        None => (String::new(), String::new()),
        Some(Value::Amount { amount, currency }) => {
            (amount.clone(), currency.clone().unwrap_or_default())
        }
        Some(Value::Date { date }) => (date.clone(), String::new()),
        Some(Value::Text { text }) => (text.clone(), String::new()),
    };
    let corners: [u32; 4] = entity.bbox.into();
    let mut row = vec![
        record.input.clone(),
        "ok".to_string(),
        entity.page.to_string(),
        entity.id.to_string(),
        entity.label.clone(),
        entity.text.clone(),
        value,
        currency,
        entity.score.to_string(),
        entity.ocr_confidence.to_string(),
    ];
    row.extend(corners.map(|corner| corner.to_string()));
    row.push(String::new());
    row
}
