//! How well a reader reads lines whose text is known.

use super::store::LineStore;
use crate::error::Result;
use crate::eval::ocr::edit_distance;
use crate::line_reader::strip::{Region, Strip};
use crate::line_reader::{LineReader, decode};
use rayon::prelude::*;
use serde::Serialize;

/// Strips of one batch of the network.
const BATCH: usize = 32;

/// Scores over lines; texts without case where the truth has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ReaderScore {
    pub lines: usize,
    /// Share of lines read without any mistake.
    pub exact: f64,
    /// Wrong, missing and superfluous characters for each true one.
    pub character_error_rate: f64,
}

/// Reads every line of a store.
///
/// # Errors
/// `Internal`, only where the resizer fails.
pub fn score(reader: &LineReader, store: &LineStore) -> Result<ReaderScore> {
    let mut strips: Vec<(usize, Strip)> = store
        .records
        .par_iter()
        .enumerate()
        .map(|(index, line)| {
            let region = Region::with_room(line.inner);
            Ok(Strip::cut(&store.picture(line), region, 1.0)?.map(|strip| (index, strip)))
        })
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    strips.sort_by_key(|(_, strip)| strip.width);
    let (mut right, mut wrong_characters, mut characters) = (0, 0, 0);
    for batch in strips.chunks(BATCH) {
        let paths = reader.paths(&batch.iter().map(|(_, strip)| strip).collect::<Vec<_>>());
        for ((index, _), path) in batch.iter().zip(paths) {
            let line = &store.records[*index];
            let fold =
                |text: &str| if line.caseless { text.to_uppercase() } else { text.to_string() };
            let read = fold(&decode::text(&path, &reader.alphabet));
            let truth = fold(&line.text);
            right += usize::from(read == truth);
            let [read, truth] = [read, truth].map(|text| text.chars().collect::<Vec<char>>());
            wrong_characters += edit_distance(&read, &truth);
            characters += truth.len();
        }
    }
    Ok(ReaderScore {
        lines: store.records.len(),
        exact: right as f64 / store.records.len().max(1) as f64,
        character_error_rate: wrong_characters as f64 / characters.max(1) as f64,
    })
}
