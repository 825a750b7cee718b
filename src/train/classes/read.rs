//! Pages with classes: a directory with one of pages for each class, or a data set whose lines say it.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::train::data::Sample;
use crate::train::data::kind::read_dataset;
use crate::train::data::shard::ShardReader;
use crate::train::pretrain::cache::{Origin, Watcher, pages_in_memory, shards_of};
use crate::train::pretrain::pages::PageReading;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The pages of an origin. Those of directories have the class that the first directory of their path
/// names; they are read once, into shards in `cache`, as for pre-training, or each time without it.
///
/// # Errors
/// Of data that can't be read; `DataInvalid` names a page that lies in no directory of a class.
pub fn pages_of(
    origin: &Origin,
    cache: Option<&Path>,
    reading: &PageReading,
    watcher: &dyn Watcher,
) -> Result<Vec<Sample>> {
    let root = match origin {
        Origin::Dataset(kind, path) => return read_dataset(*kind, path),
        Origin::Pages(root) => root,
    };
    let mut samples = match cache {
        None => pages_in_memory(root, reading, watcher)?,
        Some(cache) => {
            let mut samples = Vec::new();
            for shard in shards_of(origin, cache, reading, watcher)? {
                samples.extend(ShardReader::open(&shard)?.collect::<Result<Vec<_>>>()?);
            }
            samples
        }
    };
    for sample in &mut samples {
        let class = class_of(&sample.id).ok_or_else(|| {
            invalid(format!("the page `{}` lies in no directory of a class", sample.id))
                .at(root.display().to_string())
                .hint("put the pages of each class into a directory that bears its name")
        })?;
        sample.class = Some(class.to_string());
    }
    Ok(samples)
}

/// `letter` for `letter/2020/a.pdf#1`.
fn class_of(id: &str) -> Option<&str> {
    id.split_once('/').map(|(class, _)| class).filter(|class| !class.is_empty())
}

/// Classes to learn, and the pages that belong to one of them.
#[derive(Debug)]
pub struct ClassifiedPages {
    pub classes: Vec<String>,
    pub samples: Vec<Sample>,
    /// Pages without a class, or of another one.
    pub left_out: usize,
}

impl ClassifiedPages {
    /// With `wanted` those classes in that order, else all that occur, by name.
    ///
    /// # Errors
    /// `DataInvalid` where fewer than two classes are left, or a wanted one has no page.
    pub fn choose(samples: Vec<Sample>, wanted: &[String]) -> Result<Self> {
        let found: BTreeSet<&str> = samples.iter().filter_map(|s| s.class.as_deref()).collect();
        if let Some(missing) = wanted.iter().find(|class| !found.contains(class.as_str())) {
            let found: Vec<&str> = found.into_iter().collect();
            return Err(invalid(format!("no page has the class `{missing}`"))
                .hint(format!("classes of the data: {}", found.join(", "))));
        }
        let classes: Vec<String> = if wanted.is_empty() {
            found.into_iter().map(str::to_string).collect()
        } else {
            wanted.to_vec()
        };
        if classes.len() < 2 {
            return Err(invalid(format!("there is nothing to tell apart: {}", count(&classes)))
                .hint(
                    "name a directory with one of pages for each class, or lines with `class`; \
                     docs/data.md shows both",
                ));
        }
        Ok(Self::of(samples, classes))
    }

    /// The pages of these classes.
    pub fn of(samples: Vec<Sample>, classes: Vec<String>) -> Self {
        let all = samples.len();
        let is_chosen = |s: &Sample| s.class.as_ref().is_some_and(|class| classes.contains(class));
        let samples: Vec<Sample> = samples.into_iter().filter(is_chosen).collect();
        Self { left_out: all - samples.len(), classes, samples }
    }

    /// Pages of each class, for people: `form 12, letter 20`.
    pub fn summary(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for class in self.samples.iter().filter_map(|sample| sample.class.as_deref()) {
            *counts.entry(class).or_default() += 1;
        }
        let part = |class: &String| {
            format!("{class} {}", counts.get(class.as_str()).copied().unwrap_or(0))
        };
        self.classes.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

fn count(classes: &[String]) -> String {
    match classes {
        [] => "no page has a class".to_string(),
        [class, ..] => format!("all pages have the class `{class}`"),
    }
}

fn invalid(message: String) -> Error {
    Error::new(Stage::Train, ErrorCode::DataInvalid, message)
}
