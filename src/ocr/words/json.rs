//! Words as JSON: a list of words, a list of pages, or a document record as this program writes it.
//!
//! A word is `{"text", "bbox": [left, top, right, bottom], "confidence"?, "line"?, "block"?, "page"?}`;
//! a page is `{"page"?, "width"?, "height"?, "words": […]}`. A record without words on its pages gives
//! those of its entities.

use super::{WordsPage, invalid, pixel};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// More pages than any document; a page number beyond is a mistake.
const LAST_PAGE: u64 = 1_000_000;

pub fn parse(text: &str) -> Result<Vec<WordsPage>> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| invalid(format!("no valid JSON: {error}")).caused_by(error))?;
    match &value {
        Value::Array(items) if items.iter().any(|item| item.get("words").is_some()) => {
            items.iter().enumerate().map(|(n, page)| page_of(page, &format!("[{n}]"))).collect()
        }
        Value::Array(words) => by_page(words, ""),
        Value::Object(record) => record_pages(record),
        _ => Err(invalid("the JSON is neither a list of words nor a record")),
    }
}

fn record_pages(record: &Map<String, Value>) -> Result<Vec<WordsPage>> {
    if record.contains_key("words") {
        return Ok(vec![page_of(&Value::Object(record.clone()), "")?]);
    }
    let pages = match record.get("pages") {
        Some(Value::Array(pages)) => pages
            .iter()
            .enumerate()
            .map(|(n, page)| page_of(page, &format!("pages[{n}]")))
            .collect::<Result<Vec<_>>>()?,
        Some(_) => return Err(invalid("`pages` is not a list")),
        None => Vec::new(),
    };
    if pages.iter().any(|page| !page.words.is_empty()) {
        return Ok(pages);
    }
    match record.get("entities") {
        Some(Value::Array(entities)) => entity_pages(pages, entities),
        _ if !pages.is_empty() => Ok(pages),
        _ => Err(invalid("the record has neither `words`, `pages` nor `entities`")),
    }
}

/// Pages that take their words from entities. A word in two entities is one word.
fn entity_pages(pages: Vec<WordsPage>, entities: &[Value]) -> Result<Vec<WordsPage>> {
    let mut found: BTreeMap<u32, WordsPage> =
        (1..).zip(pages).map(|(n, page)| (page.number.unwrap_or(n), page)).collect();
    for (index, entity) in entities.iter().enumerate() {
        let place = format!("entities[{index}]");
        let number = page_number(entity, &place)?.unwrap_or(1);
        let page = found
            .entry(number)
            .or_insert_with(|| WordsPage { number: Some(number), ..WordsPage::default() });
        for word in list(entity.get("words"), &place)? {
            let Some(word) = word_of(word, &place)? else { continue };
            let known = |own: &Word| own.bbox == word.bbox && own.text == word.text;
            if !page.words.iter().rev().take(RECENT).any(known) {
                page.words.push(word);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// How far back a word's double is looked for: entities that share words stand close together.
const RECENT: usize = 500;

/// A flat list of words, each of which may say its page.
fn by_page(words: &[Value], place: &str) -> Result<Vec<WordsPage>> {
    let mut pages: BTreeMap<u32, WordsPage> = BTreeMap::new();
    for (index, value) in words.iter().enumerate() {
        let place = format!("{place}[{index}]");
        let number = page_number(value, &place)?.unwrap_or(1);
        let page = pages
            .entry(number)
            .or_insert_with(|| WordsPage { number: Some(number), ..WordsPage::default() });
        page.words.extend(word_of(value, &place)?);
    }
    let finish = |(_, mut page): (u32, WordsPage)| {
        number_lines(&mut page.words, words);
        page
    };
    Ok(pages.into_iter().map(finish).collect())
}

/// Numbers the lines where the file does not: a word begins one when it stands below the word before
/// it, or back to its left.
fn number_lines(words: &mut [Word], values: &[Value]) {
    if values.iter().any(|value| value.get("line").is_some()) {
        return;
    }
    let (mut line, mut before) = (0, None::<PixelBox>);
    for word in words {
        let begins = before.is_some_and(|b| {
            word.bbox.center_y() > b.bottom() as f32 || word.bbox.right() <= b.left()
        });
        line += u32::from(begins);
        word.line = line;
        before = Some(word.bbox);
    }
}

fn page_of(value: &Value, place: &str) -> Result<WordsPage> {
    let side = |name: &str| value.get(name).and_then(Value::as_f64).and_then(pixel);
    let size = match (side("width"), side("height")) {
        (Some(width @ 1..), Some(height @ 1..)) => Some(PageSize::new(width as u32, height as u32)),
        _ => None,
    };
    let values = list(value.get("words"), place)?;
    let mut words = Vec::with_capacity(values.len());
    for (index, word) in values.iter().enumerate() {
        words.extend(word_of(word, &format!("{place}.words[{index}]"))?);
    }
    number_lines(&mut words, values);
    Ok(WordsPage { number: page_number(value, place)?, size, words })
}

fn list<'a>(value: Option<&'a Value>, place: &str) -> Result<&'a [Value]> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(invalid(format!("{place}: `words` is not a list"))),
    }
}

fn page_number(value: &Value, place: &str) -> Result<Option<u32>> {
    match value.get("page") {
        None | Some(Value::Null) => Ok(None),
        Some(number) => match number.as_u64() {
            Some(number @ 1..=LAST_PAGE) => Ok(Some(number as u32)),
            _ => Err(invalid(format!("{place}: `page` is no page number"))),
        },
    }
}

/// A word; none where its text is empty.
fn word_of(value: &Value, place: &str) -> Result<Option<Word>> {
    let Some(text) = value.get("text").and_then(Value::as_str) else {
        return Err(invalid(format!("{place}: `text` is missing or no string")));
    };
    let corners: Option<Vec<i64>> = value
        .get("bbox")
        .and_then(Value::as_array)
        .and_then(|list| list.iter().map(|number| number.as_f64().and_then(pixel)).collect());
    let Some([x0, y0, x1, y1]) = corners.as_deref() else {
        return Err(invalid(format!("{place}: `bbox` is not four numbers")));
    };
    let count = |name: &str| {
        value.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((!text.is_empty()).then(|| Word {
        text,
        bbox: PixelBox::new(*x0, *y0, *x1, *y1),
        confidence: super::confidence(value.get("confidence").and_then(Value::as_f64), 1.0),
        line: count("line"),
        block: count("block"),
    }))
}
