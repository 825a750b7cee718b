//! CORD v1 (Park et al. 2019): Indonesian receipts, words with quads and 30 classes; no pictures.
//!
//! Two readings. As published: every word of a `valid_line` carries the line's category, in the order
//! of the file, the printed key (`TOTAL`) with its value. Typed: the project's own labels, on values
//! only, in reading order, so that CORD can be trained together with other receipts.

use super::Sample;
use super::json_file::{data_files, invalid, read_json};
use super::rows::find_rows;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The 30 classes as published.
pub const LABELS: [&str; 30] = [
    "menu.cnt",
    "menu.discountprice",
    "menu.etc",
    "menu.itemsubtotal",
    "menu.nm",
    "menu.num",
    "menu.price",
    "menu.sub_cnt",
    "menu.sub_etc",
    "menu.sub_nm",
    "menu.sub_price",
    "menu.sub_unitprice",
    "menu.unitprice",
    "menu.vatyn",
    "sub_total.discount_price",
    "sub_total.etc",
    "sub_total.othersvc_price",
    "sub_total.service_price",
    "sub_total.subtotal_price",
    "sub_total.tax_price",
    "total.cashprice",
    "total.changeprice",
    "total.creditcardprice",
    "total.emoneyprice",
    "total.menuqty_cnt",
    "total.menutype_cnt",
    "total.total_etc",
    "total.total_price",
    "void_menu.nm",
    "void_menu.price",
];

/// Published class → label of the project.
const TYPED: [(&str, &str); 7] = [
    ("total.total_price", "total"),
    ("sub_total.subtotal_price", "subtotal"),
    ("sub_total.tax_price", "tax"),
    ("menu.nm", "item_description"),
    ("menu.cnt", "item_quantity"),
    ("menu.unitprice", "item_unit_price"),
    ("menu.price", "item_amount"),
];

/// Which labels words get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Published,
    Typed,
}

impl Reading {
    /// Entity labels of this reading.
    pub fn labels(self) -> Vec<String> {
        match self {
            Reading::Published => LABELS.map(String::from).to_vec(),
            Reading::Typed => TYPED.map(|(_, label)| label.to_string()).to_vec(),
        }
    }
}

#[derive(Deserialize)]
struct Receipt {
    valid_line: Vec<Line>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    image_size: PageSize,
}

#[derive(Deserialize)]
struct Line {
    words: Vec<QuadWord>,
    category: String,
}

#[derive(Deserialize)]
struct QuadWord {
    quad: Quad,
    #[serde(default)]
    is_key: u8,
    text: String,
}

#[derive(Deserialize)]
struct Quad {
    x1: i64,
    y1: i64,
    x2: i64,
    y2: i64,
    x3: i64,
    y3: i64,
    x4: i64,
    y4: i64,
}

impl Quad {
    /// The smallest upright box that holds the four corners.
    fn bounds(&self) -> PixelBox {
        let (x, y) = ([self.x1, self.x2, self.x3, self.x4], [self.y1, self.y2, self.y3, self.y4]);
        let least = |values: [i64; 4]| values.into_iter().fold(i64::MAX, i64::min);
        let most = |values: [i64; 4]| values.into_iter().fold(i64::MIN, i64::max);
        PixelBox::new(least(x), least(y), most(x), most(y))
    }
}

/// Reads a directory of `receipt_*.json`.
///
/// # Errors
/// `DataInvalid` with the file and the line, when one can't be read.
pub fn read(dir: &Path, reading: Reading) -> Result<Vec<Sample>> {
    data_files(dir, "json")?.iter().map(|path| read_one(path, reading)).collect()
}

fn read_one(path: &Path, reading: Reading) -> Result<Sample> {
    let receipt: Receipt = read_json(path)?;
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut sample = Sample::unlabelled(id, "cord", receipt.meta.image_size, Vec::new());
    sample.annotated = reading.labels();
    for (number, line) in receipt.valid_line.iter().enumerate() {
        if !LABELS.contains(&line.category.as_str()) {
            let message = format!("valid_line {number} has the unknown class `{}`", line.category);
            return Err(invalid(path, message).hint("this reader knows CORD version 1"));
        }
        push_line(&mut sample, line, number, reading);
    }
    number_lines(&mut sample);
    if reading == Reading::Typed {
        sample.truth = sums(&receipt.valid_line);
        into_reading_order(&mut sample);
    }
    Ok(sample)
}

fn push_line(sample: &mut Sample, line: &Line, number: usize, reading: Reading) {
    let words: Vec<&QuadWord> =
        line.words.iter().filter(|word| !word.text.trim().is_empty()).collect();
    let boxes: Vec<PixelBox> =
        words.iter().map(|word| word.quad.bounds().clamp_to(sample.size)).collect();
    let Some(segment) = PixelBox::union_of(boxes.iter().copied()) else { return };
    let label = match reading {
        Reading::Published => Some(line.category.as_str()),
        Reading::Typed => {
            TYPED.iter().find(|(class, _)| *class == line.category).map(|&(_, label)| label)
        }
    };
    let mut begun = false;
    for (word, bbox) in words.into_iter().zip(boxes) {
        let labelled = label.filter(|_| reading == Reading::Published || word.is_key == 0);
        sample.tags.push(labelled.map_or("O".to_string(), |label| {
            let prefix = if std::mem::replace(&mut begun, true) { "I" } else { "B" };
            format!("{prefix}-{}", label.to_uppercase())
        }));
        sample.segments.push(segment);
        sample.words.push(Word {
            text: word.text.trim().to_string(),
            bbox,
            confidence: 1.0,
            line: 0,
            block: u32::try_from(number).unwrap_or(u32::MAX),
        });
    }
}

/// The sums that stand on a receipt once; several taxes have no one answer.
fn sums(lines: &[Line]) -> BTreeMap<String, String> {
    let mut sums = BTreeMap::new();
    for (class, label) in &TYPED[..3] {
        let mut values = lines.iter().filter(|line| line.category == *class).map(|line| {
            let words: Vec<&str> =
                line.words.iter().filter(|w| w.is_key == 0).map(|w| w.text.trim()).collect();
            words.join(" ")
        });
        if let (Some(value), None) = (values.next(), values.next())
            && !value.is_empty()
        {
            sums.insert(label.to_string(), value);
        }
    }
    sums
}

/// The visual row of every word; the file groups by field, not by row.
fn number_lines(sample: &mut Sample) {
    let boxes: Vec<PixelBox> = sample.words.iter().map(|word| word.bbox).collect();
    for (word, row) in sample.words.iter_mut().zip(find_rows(&boxes).row_of) {
        word.line = row;
    }
}

fn into_reading_order(sample: &mut Sample) {
    let boxes: Vec<PixelBox> = sample.words.iter().map(|word| word.bbox).collect();
    let order = find_rows(&boxes).order;
    sample.words = order.iter().map(|&i| sample.words[i].clone()).collect();
    sample.segments = order.iter().map(|&i| sample.segments[i]).collect();
    sample.tags = order.iter().map(|&i| sample.tags[i].clone()).collect();
    begin_every_field(sample);
}

/// Reading order may put another field's words inside a field of several rows. The words of a field
/// after such a break begin anew: a tag sequence can't say more.
fn begin_every_field(sample: &mut Sample) {
    for index in 0..sample.tags.len() {
        let Some(name) = sample.tags[index].get(2..).map(str::to_string) else { continue };
        let continues = index > 0
            && sample.tags[index - 1].get(2..) == Some(name.as_str())
            && sample.words[index - 1].block == sample.words[index].block;
        let prefix = if continues { "I" } else { "B" };
        sample.tags[index] = format!("{prefix}-{name}");
    }
}
