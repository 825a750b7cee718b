//! Forms annotated as FUNSD and XFUND have it: entities of words, links between entities.
//!
//! Words come in the order of the file, entity by entity, as published scores take them. Entities
//! labelled `other` are `O`. Of the links, those between a question and an answer are kept, turned
//! question first whichever way they are written; header links are left out.

use super::Sample;
use super::json_file::invalid;
use super::rows::shared_height;
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Entity labels of both data sets.
pub const LABELS: [&str; 3] = ["header", "question", "answer"];
const OTHER: &str = "other";

/// One entity as annotated.
#[derive(Debug, Deserialize)]
pub struct FormEntity {
    id: i64,
    #[serde(rename = "box")]
    bbox: PixelBox,
    label: String,
    words: Vec<FormWord>,
    #[serde(default)]
    linking: Vec<(i64, i64)>,
}

#[derive(Debug, Deserialize)]
struct FormWord {
    #[serde(rename = "box")]
    bbox: PixelBox,
    text: String,
}

/// A form's entities as a sample without a picture.
///
/// # Errors
/// `DataInvalid` naming `path` and the entity whose label is unknown.
pub fn from_entities(
    id: &str,
    dataset: &str,
    size: PageSize,
    entities: &[FormEntity],
    path: &Path,
) -> Result<Sample> {
    let mut sample = Sample::unlabelled(id, dataset, size, Vec::new());
    sample.annotated = LABELS.map(String::from).to_vec();
    let mut first_words: BTreeMap<i64, (usize, &str)> = BTreeMap::new();
    let mut line = 0;
    for (block, entity) in entities.iter().enumerate() {
        let label = entity.label.to_lowercase();
        if label != OTHER && !LABELS.contains(&label.as_str()) {
            let message = format!("{id}: entity {} has the unknown label `{label}`", entity.id);
            return Err(invalid(path, message).hint("known are header, question, answer, other"));
        }
        let begin = sample.words.len();
        push_words(&mut sample, entity, &label, block, &mut line);
        if sample.words.len() > begin {
            first_words.insert(entity.id, (begin, entity.label.as_str()));
        }
    }
    sample.links = question_answer_links(entities, &first_words);
    Ok(sample)
}

fn push_words(sample: &mut Sample, entity: &FormEntity, label: &str, block: usize, line: &mut u32) {
    let mut previous: Option<PixelBox> = None;
    for word in entity.words.iter().filter(|word| !word.text.trim().is_empty()) {
        let bbox = word.bbox.clamp_to(sample.size);
        if previous.is_some_and(|last| shared_height(last, bbox) < 0.5) {
            *line += 1;
        }
        sample.tags.push(match (label, previous) {
            (OTHER, _) => "O".to_string(),
            (_, None) => format!("B-{}", label.to_uppercase()),
            (_, Some(_)) => format!("I-{}", label.to_uppercase()),
        });
        sample.segments.push(entity.bbox.clamp_to(sample.size));
        sample.words.push(Word {
            text: word.text.trim().to_string(),
            bbox,
            confidence: 1.0,
            line: *line,
            block: u32::try_from(block).unwrap_or(u32::MAX),
        });
        previous = Some(bbox);
    }
    if previous.is_some() {
        *line += 1;
    }
}

fn question_answer_links(
    entities: &[FormEntity],
    first_words: &BTreeMap<i64, (usize, &str)>,
) -> Vec<(usize, usize)> {
    let mut links = BTreeSet::new();
    for (from, to) in entities.iter().flat_map(|entity| &entity.linking) {
        let (Some(&(from, from_label)), Some(&(to, to_label))) =
            (first_words.get(from), first_words.get(to))
        else {
            continue; // a link to an entity without text
        };
        match (from_label.to_lowercase().as_str(), to_label.to_lowercase().as_str()) {
            ("question", "answer") => links.insert((from, to)),
            ("answer", "question") => links.insert((to, from)),
            _ => false,
        };
    }
    links.into_iter().collect()
}
