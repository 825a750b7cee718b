//! Samples as Label Studio tasks: their labels as predictions, to be corrected and read back.
//!
//! A task carries the page's words in `data.words`, which Label Studio keeps and exports again; the
//! labels are rectangles round the words of an entity, one a line, so that none takes in words that
//! stand beside its last line. Rectangles after the first are told by [`CONTINUED`] in their ids.

use super::{Item, ItemValue, Labelling, Task, TaskData, Text};
use crate::error::{Error, Result, Stage};
use crate::geometry::{PageSize, PixelBox};
use crate::train::data::{Picture, Sample};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Parts the id of an entity's further rectangles: `w4`, `w4+1`, `w4+2`.
pub(super) const CONTINUED: char = '+';

/// How tasks are written.
#[derive(Debug, Clone)]
pub struct TaskOptions {
    /// Put before every picture's file name; Label Studio's local storage wants this form.
    pub image_prefix: String,
    /// Name of what made the labels.
    pub model_version: String,
}

impl Default for TaskOptions {
    fn default() -> Self {
        Self {
            image_prefix: "/data/local-files/?d=".to_string(),
            model_version: concat!("layoutlm ", env!("CARGO_PKG_VERSION")).to_string(),
        }
    }
}

/// Writes samples to `path` as a JSON array of tasks.
///
/// # Errors
/// `OutputFailed` where the file can't be written.
pub fn write(path: &Path, samples: &[Sample], options: &TaskOptions) -> Result<()> {
    let failed = |error: std::io::Error| Error::unwritable(Stage::Train, path, error);
    let tasks: Vec<Task> = samples.iter().map(|sample| task_of(sample, options)).collect();
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    serde_json::to_writer_pretty(&mut file, &tasks).map_err(|error| failed(error.into()))?;
    file.flush().map_err(failed)
}

/// The labelling set-up that fits the tasks: paste it into the project's settings.
pub fn labelling_config(samples: &[Sample]) -> String {
    let labels: BTreeSet<&String> = samples.iter().flat_map(|s| &s.annotated).collect();
    let mut config = String::from(
        "<View>\n  <Image name=\"image\" value=\"$image\" zoom=\"true\"/>\n  \
         <RectangleLabels name=\"label\" toName=\"image\">\n",
    );
    for label in labels {
        config.push_str(&format!("    <Label value=\"{}\"/>\n", quick_xml::escape::escape(label)));
    }
    config.push_str(
        "  </RectangleLabels>\n  <TextArea name=\"transcription\" toName=\"image\" \
         perRegion=\"true\" editable=\"true\" displayMode=\"region-list\"/>\n</View>\n",
    );
    config
}

fn task_of(sample: &Sample, options: &TaskOptions) -> Task {
    let entities = entities(sample);
    let mut result: Vec<Item> =
        entities.iter().flat_map(|entity| items_of(entity, sample)).collect();
    result.extend(sample.links.iter().filter_map(|&(from, to)| {
        let id = |word: usize| {
            entities.iter().find(|entity| entity.words.first() == Some(&word)).map(Entity::id)
        };
        Some(Item {
            kind: "relation".to_string(),
            from_id: Some(id(from)?),
            to_id: Some(id(to)?),
            direction: Some("right".to_string()),
            ..Item::default()
        })
    }));
    let file_name = match &sample.picture {
        Some(Picture::File(path) | Picture::PdfPage(path, _)) => {
            path.file_name().map(|name| name.to_string_lossy().into_owned())
        }
        _ => None,
    };
    Task {
        id: None,
        data: TaskData {
            image: file_name.map(|name| format!("{}{name}", options.image_prefix)),
            sample: Some(sample.id.clone()),
            width: Some(sample.size.width),
            height: Some(sample.size.height),
            words: sample.words.clone(),
            annotated: sample.annotated.clone(),
        },
        annotations: Vec::new(),
        predictions: vec![Labelling {
            result,
            model_version: Some(options.model_version.clone()),
            ..Labelling::default()
        }],
    }
}

/// The words of one entity.
struct Entity {
    label: String,
    words: Vec<usize>,
}

impl Entity {
    fn id(&self) -> String {
        format!("w{}", self.words.first().copied().unwrap_or_default())
    }
}

fn entities(sample: &Sample) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for (index, tag) in sample.tags.iter().enumerate() {
        let Some(name) = tag.get(2..) else { continue };
        let label = name.to_lowercase();
        let open = entities.iter_mut().rev().find(|entity| entity.label == label);
        match open {
            Some(entity) if tag.starts_with("I-") => entity.words.push(index),
            _ => entities.push(Entity { label, words: vec![index] }),
        }
    }
    entities
}

/// Rectangles with label and transcription, one for each run of words in a line.
fn items_of(entity: &Entity, sample: &Sample) -> Vec<Item> {
    let follows =
        |a: &usize, b: &usize| *b == *a + 1 && sample.words[*a].line == sample.words[*b].line;
    let runs = entity.words.chunk_by(follows).enumerate();
    runs.flat_map(|(number, run)| {
        let id = match number {
            0 => entity.id(),
            _ => format!("{}{CONTINUED}{number}", entity.id()),
        };
        rectangle(id, &entity.label, run, sample)
    })
    .collect()
}

fn rectangle(id: String, label: &str, words: &[usize], sample: &Sample) -> [Item; 2] {
    let boxes = words.iter().map(|&word| sample.words[word].bbox);
    let place = to_percent(PixelBox::union_of(boxes).unwrap_or_default(), sample.size);
    let text: Vec<&str> = words.iter().map(|&word| sample.words[word].text.as_str()).collect();
    let item = |kind: &str, from: &str, value: ItemValue| Item {
        id: Some(id.clone()),
        kind: kind.to_string(),
        from_name: Some(from.to_string()),
        to_name: Some("image".to_string()),
        original_width: Some(sample.size.width),
        original_height: Some(sample.size.height),
        value: Some(value),
        ..Item::default()
    };
    let labels = vec![label.to_string()];
    let transcription = Text::Many(vec![text.join(" ")]);
    [
        item("rectanglelabels", "label", ItemValue { rectanglelabels: labels, ..place.clone() }),
        item("textarea", "transcription", ItemValue { text: transcription, ..place }),
    ]
}

fn to_percent(bbox: PixelBox, size: PageSize) -> ItemValue {
    let share = |pixels: u32, side: u32| f64::from(pixels) * 100.0 / f64::from(side.max(1));
    ItemValue {
        x: share(bbox.left(), size.width),
        y: share(bbox.top(), size.height),
        width: share(bbox.width(), size.width),
        height: share(bbox.height(), size.height),
        ..ItemValue::default()
    }
}
