//! Label Studio: exports of its JSON read as samples, samples written as tasks to be corrected.
//!
//! Read are exports in the format `JSON` made with an OCR labelling set-up (rectangles with labels,
//! optionally a transcription a region, optionally relations). Boxes there are percentages of the
//! picture. Words are taken from `data.words`, which tasks written here carry; without them, from the
//! transcriptions. Each word takes the label of the region that covers most of it, so a label can be
//! corrected by moving, renaming, adding or deleting rectangles alone.

mod picture;
pub mod write;

use super::Sample;
use super::apportion::split_line;
use super::json_file::{data_files, invalid, read_json};
use super::rows::find_rows;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use write::CONTINUED;

/// Share of a word that a region must cover to label it.
const COVERED: f64 = 0.5;

/// One task as exported.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    #[serde(default)]
    pub(super) id: Option<i64>,
    pub(super) data: TaskData,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) annotations: Vec<Labelling>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) predictions: Vec<Labelling>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct TaskData {
    /// The picture under whichever name the set-up gives it.
    #[serde(alias = "ocr", default)]
    pub(super) image: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sample: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) height: Option<u32>,
    /// The words as read; Label Studio hands them through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) words: Vec<Word>,
    /// Labels that could have been given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) annotated: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Labelling {
    #[serde(default)]
    pub(super) result: Vec<Item>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) was_cancelled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) model_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f64>,
}

/// A rectangle, its label, its transcription (three items that share an id), or a relation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) original_width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) original_height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<ItemValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) direction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f64>,
}

/// Percentages of the picture's width and height.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct ItemValue {
    #[serde(default)]
    pub(super) x: f64,
    #[serde(default)]
    pub(super) y: f64,
    #[serde(default)]
    pub(super) width: f64,
    #[serde(default)]
    pub(super) height: f64,
    #[serde(default)]
    pub(super) rotation: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rectanglelabels: Vec<String>,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub(super) text: Text,
}

/// One text or several, as versions differ.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Text {
    One(String),
    Many(Vec<String>),
}

impl Default for Text {
    fn default() -> Self {
        Text::Many(Vec::new())
    }
}

impl Text {
    fn is_empty(&self) -> bool {
        self.joined().is_empty()
    }
    fn joined(&self) -> String {
        match self {
            Text::One(text) => text.clone(),
            Text::Many(texts) => texts.join(" "),
        }
    }
}

/// A rectangle with all that was said of it.
#[derive(Debug, Default, Clone)]
struct Region {
    bbox: PixelBox,
    label: Option<String>,
    text: String,
}

/// Reads an export, or every `.json` of a directory. Tasks without annotation are passed over.
///
/// # Errors
/// `DataInvalid` with the file, the task and what it lacks.
pub fn read(path: &Path) -> Result<Vec<Sample>> {
    let files = if path.is_dir() { data_files(path, "json")? } else { vec![path.into()] };
    let mut samples = Vec::new();
    for file in files {
        let tasks: Vec<Task> = read_json(&file)?;
        for (number, task) in tasks.iter().enumerate() {
            samples.extend(sample_of(task, number, &file)?);
        }
    }
    let mut all: Vec<String> =
        samples.iter().flat_map(|sample| sample.annotated.iter().cloned()).collect();
    all.sort();
    all.dedup();
    samples.iter_mut().for_each(|sample| sample.annotated.clone_from(&all));
    Ok(samples)
}

fn sample_of(task: &Task, number: usize, file: &Path) -> Result<Option<Sample>> {
    // The last annotation is the newest.
    let Some(labelling) = task.annotations.iter().rev().find(|a| !a.was_cancelled) else {
        return Ok(None);
    };
    let name = task.id.map_or(format!("number {}", number + 1), |id| id.to_string());
    let Some(size) = page_size(task, labelling) else {
        let message = format!("task {name} has no rectangle and no words: its size is unknown");
        return Err(invalid(file, message).hint("export in the format `JSON`, not `JSON-MIN`"));
    };
    let regions = regions(labelling, size);
    if let Some(region) = regions.values().find(|region| region.bbox.area() == 0) {
        let message = format!("task {name} has a rectangle without extent at {:?}", region.bbox);
        return Err(invalid(file, message).hint("delete that rectangle"));
    }
    let image = task.data.image.as_deref().unwrap_or_default();
    let id = task.data.sample.clone().unwrap_or_else(|| picture_name(image, &name));
    let words =
        if task.data.words.is_empty() { transcribed(&regions) } else { task.data.words.clone() };
    let mut sample = Sample::unlabelled(id, "label-studio", size, words);
    label(&mut sample, &regions, labelling);
    sample.annotated = task.data.annotated.clone();
    let given = regions.values().filter_map(|region| region.label.clone());
    sample.annotated.extend(given);
    sample.annotated.sort();
    sample.annotated.dedup();
    sample.picture = picture::find(image, file.parent());
    sample.check().map_err(|error| invalid(file, format!("task {name}: {}", error.message)))?;
    Ok(Some(sample))
}

fn page_size(task: &Task, labelling: &Labelling) -> Option<PageSize> {
    let said = task.data.width.zip(task.data.height);
    let measured = labelling
        .result
        .iter()
        .find_map(|item| item.original_width.zip(item.original_height))
        .filter(|&(width, height)| width > 0 && height > 0);
    said.or(measured).map(|(width, height)| PageSize::new(width, height))
}

/// Regions by id: Label Studio writes box, label and text as items that share one.
fn regions(labelling: &Labelling, size: PageSize) -> BTreeMap<String, Region> {
    let mut regions: BTreeMap<String, Region> = BTreeMap::new();
    for (number, item) in labelling.result.iter().enumerate() {
        let Some(value) = &item.value else { continue };
        let id = item.id.clone().unwrap_or_else(|| format!("#{number}"));
        let region = regions.entry(id).or_default();
        let bbox = from_percent(value, size);
        if bbox.area() > 0 {
            region.bbox = bbox;
        }
        if let Some(label) = value.rectanglelabels.first().or(value.labels.first()) {
            region.label = Some(label.to_lowercase().replace(char::is_whitespace, "_"));
        }
        if !value.text.is_empty() {
            region.text = value.text.joined();
        }
    }
    regions
}

fn from_percent(value: &ItemValue, size: PageSize) -> PixelBox {
    let x = |percent: f64| (percent / 100.0 * f64::from(size.width)).round() as i64;
    let y = |percent: f64| (percent / 100.0 * f64::from(size.height)).round() as i64;
    PixelBox::new(x(value.x), y(value.y), x(value.x + value.width), y(value.y + value.height))
        .clamp_to(size)
}

/// Words from the transcriptions of regions, in reading order.
fn transcribed(regions: &BTreeMap<String, Region>) -> Vec<Word> {
    let regions: Vec<&Region> = regions.values().collect();
    let boxes: Vec<PixelBox> = regions.iter().map(|region| region.bbox).collect();
    let rows = find_rows(&boxes);
    let mut words = Vec::new();
    for &index in &rows.order {
        for (text, bbox) in split_line(&regions[index].text, boxes[index]) {
            let line = rows.row_of[index];
            words.push(Word { text, bbox, confidence: 1.0, line, block: 0 });
        }
    }
    words
}

/// Tags and links from regions.
fn label(sample: &mut Sample, regions: &BTreeMap<String, Region>, labelling: &Labelling) {
    let labelled: Vec<(&str, &Region)> = regions
        .iter()
        .filter(|(_, region)| region.label.is_some())
        .map(|(id, region)| (id.as_str(), region))
        .collect();
    let mut first_word = vec![None; labelled.len()];
    sample.tags = vec!["O".to_string(); sample.words.len()];
    for (word, tag) in sample.tags.iter_mut().enumerate() {
        let owner = owner_of(sample.words[word].bbox, &labelled);
        let Some(entity) = owner.map(|owner| first_rectangle(owner, &labelled)) else { continue };
        let name = labelled[entity].1.label.as_deref().unwrap_or_default().to_uppercase();
        let begins = *first_word[entity].get_or_insert(word) == word;
        *tag = format!("{}-{name}", if begins { "B" } else { "I" });
    }
    let first_of = |id: &Option<String>| {
        let position = labelled.iter().position(|(known, _)| Some(*known) == id.as_deref())?;
        first_word[position]
    };
    for item in labelling.result.iter().filter(|item| item.kind == "relation") {
        if let (Some(from), Some(to)) = (first_of(&item.from_id), first_of(&item.to_id)) {
            let turned = item.direction.as_deref() == Some("left");
            sample.links.push(if turned { (to, from) } else { (from, to) });
        }
    }
}

/// The region that covers most of a word, and enough of it.
fn owner_of(word: PixelBox, labelled: &[(&str, &Region)]) -> Option<usize> {
    let share = |index: usize| {
        let covered = labelled[index].1.bbox.intersection_area(word);
        covered as f64 / word.area().max(1) as f64
    };
    let area = |index: usize| labelled[index].1.bbox.area();
    (0..labelled.len())
        .filter(|&index| share(index) >= COVERED)
        // Nested regions: the smaller says more.
        .max_by(|&a, &b| share(a).total_cmp(&share(b)).then(area(b).cmp(&area(a))))
}

/// A further rectangle of an entity counts as its first one, while their labels agree.
fn first_rectangle(index: usize, labelled: &[(&str, &Region)]) -> usize {
    let (id, region) = labelled[index];
    id.split_once(CONTINUED)
        .and_then(|(first, _)| {
            labelled.iter().position(|(known, r)| *known == first && r.label == region.label)
        })
        .unwrap_or(index)
}

/// The picture's file name without its ending, or the task's number.
fn picture_name(image: &str, task: &str) -> String {
    let name = image.rsplit(['/', '=']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.is_empty() { format!("task-{task}") } else { stem.to_string() }
}

#[cfg(test)]
mod tests;
