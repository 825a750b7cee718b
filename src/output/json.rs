//! JSON: indented for people, one line a document for programs.
//!
//! Indented output keeps whatever is short on one line: a box takes one line, not six.

use super::RecordWriter;
use super::record::Record;
use std::io::{self, Write};

/// Indented; several records are one array.
pub struct Indented;

impl RecordWriter for Indented {
    fn start(&mut self, out: &mut dyn Write, several: bool) -> io::Result<()> {
        if several { out.write_all(b"[") } else { Ok(()) }
    }

    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        index: usize,
        several: bool,
    ) -> io::Result<()> {
        if several {
            out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        }
        let mut laid_out = String::new();
        lay_out(&serde_json::to_string(record)?, 0, &mut laid_out);
        out.write_all(laid_out.as_bytes())?;
        if several { Ok(()) } else { out.write_all(b"\n") }
    }

    fn end(&mut self, out: &mut dyn Write, count: usize, several: bool) -> io::Result<()> {
        match (several, count) {
            (false, _) => Ok(()),
            (true, 0) => out.write_all(b"]\n"),
            (true, _) => out.write_all(b"\n]\n"),
        }
    }
}

/// One line a record.
pub struct Lines;

impl RecordWriter for Lines {
    fn record(
        &mut self,
        out: &mut dyn Write,
        record: &Record,
        _index: usize,
        _several: bool,
    ) -> io::Result<()> {
        // In one piece: a line is there or not, also for a reader of the growing file.
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        out.write_all(&line)
    }
}

/// Longest value that stays on one line, with its indentation.
const LINE: usize = 100;

/// Lays out compact JSON. Works on the text, so that numbers stay as they were written.
fn lay_out(json: &str, depth: usize, out: &mut String) {
    let container = json.starts_with(['{', '[']) && json.len() > 2;
    if !container || 2 * depth + json.len() <= LINE && !is_nested(json) {
        return spaced(json, out);
    }
    let (open, close) = (&json[..1], &json[json.len() - 1..]);
    out.push_str(open);
    for (index, item) in items(&json[1..json.len() - 1]).enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        // The key of a member is a string without containers, and ends before the first colon
        // outside of it.
        let value = if open == "{" { end_of_string(item) + 1 } else { 0 };
        if value > 0 {
            out.push_str(&item[..value]);
            out.push(' ');
        }
        lay_out(&item[value..], depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push_str(close);
}

/// Whether containers stand in containers in it: more than one level is hard to read on one line.
fn is_nested(json: &str) -> bool {
    let (mut depth, mut deepest) = (0_u32, 0);
    outside_strings(json, |_, byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    });
    deepest > 2
}

/// On one line, with spaces after commas and colons.
fn spaced(json: &str, out: &mut String) {
    let mut start = 0;
    outside_strings(json, |at, byte| {
        if matches!(byte, b',' | b':') {
            out.push_str(&json[start..=at]);
            out.push(' ');
            start = at + 1;
        }
    });
    out.push_str(&json[start..]);
}

/// The parts between commas at the top level.
fn items(json: &str) -> impl Iterator<Item = &str> {
    let (mut cuts, mut depth) = (Vec::new(), 0_u32);
    outside_strings(json, |at, byte| match byte {
        b'{' | b'[' => depth += 1,
        b'}' | b']' => depth -= 1,
        b',' if depth == 0 => cuts.push(at),
        _ => {}
    });
    cuts.push(json.len());
    let mut start = 0;
    cuts.into_iter().map(move |cut| &json[std::mem::replace(&mut start, cut + 1)..cut])
}

/// Index after the string that `json` begins with.
fn end_of_string(json: &str) -> usize {
    let mut end = 0;
    outside_strings(json, |at, _| {
        if end == 0 {
            end = at;
        }
    });
    end
}

/// Visits the bytes that stand in no string.
fn outside_strings(json: &str, mut visit: impl FnMut(usize, u8)) {
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if !in_string => visit(at, byte),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn laid_out(value: &Value) -> String {
        let mut out = String::new();
        lay_out(&value.to_string(), 0, &mut out);
        out
    }

    #[test]
    fn short_values_stay_on_one_line() {
        let word = json!({"text": "a, \"b\": [c", "bbox": [1, 2, 3, 4], "confidence": 0.5});
        let value = json!({"entities": [word], "fields": {}, "pages": []});
        let expected = r#"{
  "entities": [
    {"text": "a, \"b\": [c", "bbox": [1, 2, 3, 4], "confidence": 0.5}
  ],
  "fields": {},
  "pages": []
}"#;
        assert_eq!(laid_out(&value), expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_layout_changes_no_value(value in any_json()) {
            prop_assert_eq!(serde_json::from_str::<Value>(&laid_out(&value)).unwrap(), value);
        }
    }
}
