//! Batches from shards, as a stream: pages in random order through a buffer, windows of like length
//! together. Memory does not grow with the number of pages.

use super::example::{Objectives, PageWindow, Prepared, prepare};
use super::objective::PretrainingBatch;
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::error::Result;
use crate::train::data::shard::ShardReader;
use crate::train::data::shuffle::ShuffledShards;
use crate::train::data::split::is_held_out;
use crate::train::data::{Sample, document_of};
use crate::train::objective::mvlm::Vocabulary;
use crate::train::trainer::BatchSource;
use crate::train::windows::{STRETCH, cut};
use image::RgbImage;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use tch::Device;

/// Pages held to draw the next one from: 150 kB each.
const BUFFER: usize = 2048;
/// Held-out pages that a score looks at; more would tell the same and take longer.
const MOST_DEV_PAGES: usize = 256;

/// What becomes batches, and how.
pub struct ShardSource<'a> {
    pub shards: Vec<PathBuf>,
    pub tokenizer: &'a WordTokenizer,
    pub window: WindowOptions,
    pub objectives: Objectives,
    pub vocabulary: Vocabulary,
    /// Tokens of a batch, padding and visual ones included.
    pub batch_tokens: usize,
    /// Visual tokens that go with each window.
    pub visual: usize,
    pub seed: u64,
    /// Share of documents kept out for scores.
    pub held_out: f64,
    /// `false` shows white pages only, and asks nothing about them.
    pub has_pictures: bool,
    pub device: Device,
}

/// A window, and the picture of another document should it be exchanged.
pub type Pair = (PageWindow, Option<Arc<RgbImage>>);

impl ShardSource<'_> {
    fn is_dev(&self, sample: &Sample) -> bool {
        is_held_out(document_of(&sample.id), self.held_out, self.seed)
    }

    fn windows(&self, mut sample: Sample) -> Result<Vec<PageWindow>> {
        if !self.has_pictures {
            sample.picture = None;
        }
        PageWindow::of(sample, self.tokenizer, self.window)
    }

    /// Held-out windows in batches, masked by the seed alone.
    ///
    /// # Errors
    /// Of a shard that can't be read.
    pub fn dev(&self) -> Result<Vec<Vec<Prepared>>> {
        let mut windows = Vec::new();
        let mut pages = 0;
        for shard in &self.shards {
            for sample in ShardReader::open(shard)? {
                let sample = sample?;
                if pages < MOST_DEV_PAGES && self.is_dev(&sample) {
                    windows.extend(self.windows(sample)?);
                    pages += 1;
                }
            }
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(u64::MAX);
        let batches = self.batches(windows, &mut random);
        Ok(batches.into_iter().map(|batch| self.draw(batch, &mut random)).collect())
    }

    /// Windows of like length together, each with another document's picture beside it.
    fn batches(&self, mut windows: Vec<PageWindow>, random: &mut ChaCha8Rng) -> Vec<Vec<Pair>> {
        windows.sort_by_key(|window| window.window.len());
        let donors: Vec<Option<Arc<RgbImage>>> =
            windows.iter().map(|window| donor(window, &windows, random)).collect();
        let pairs = windows.into_iter().zip(donors);
        let length = |pair: &Pair| pair.0.window.len() + self.visual;
        let mut batches = cut(pairs, length, self.batch_tokens);
        batches.shuffle(random);
        batches
    }

    fn draw(&self, batch: Vec<Pair>, random: &mut ChaCha8Rng) -> Vec<Prepared> {
        let prepare = |(page, donor): Pair| {
            prepare(&page, donor.as_deref(), self.objectives, self.vocabulary, random)
        };
        batch.into_iter().map(prepare).collect()
    }
}

/// The picture of another document among `windows`; `None` where there is none.
fn donor(
    of: &PageWindow,
    windows: &[PageWindow],
    random: &mut ChaCha8Rng,
) -> Option<Arc<RgbImage>> {
    let first = random.random_range(0..windows.len().max(1));
    (0..windows.len())
        .map(|offset| &windows[(first + offset) % windows.len()])
        .find(|other| other.document != of.document && other.picture.is_some())
        .and_then(|other| other.picture.clone())
}

impl BatchSource for ShardSource<'_> {
    type Job = Vec<Pair>;
    type Batch = PretrainingBatch;

    fn pass(&self, pass: usize) -> Box<dyn Iterator<Item = Result<Vec<Pair>>> + Send + '_> {
        let samples = ShuffledShards::new(self.shards.clone(), BUFFER, self.seed, pass as u64);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        // Not the stream that the shuffling draws from.
        random.set_stream(u64::MAX - 1 - pass as u64);
        Box::new(Stretches { source: self, samples, random, ready: VecDeque::new() })
    }

    fn prepare(&self, batch: Vec<Pair>, random: &mut ChaCha8Rng) -> Result<PretrainingBatch> {
        let prepared = self.draw(batch, random);
        Ok(PretrainingBatch::of(&prepared, self.tokenizer.pad, self.device))
    }
}

/// The batches of a pass, a stretch of pages at a time.
struct Stretches<'a> {
    source: &'a ShardSource<'a>,
    samples: ShuffledShards,
    random: ChaCha8Rng,
    ready: VecDeque<Vec<Pair>>,
}

impl Stretches<'_> {
    fn fill(&mut self) -> Result<()> {
        // Large batches need more pages to find windows of like length among.
        let size = STRETCH.max(self.source.batch_tokens / 64);
        while self.ready.is_empty() {
            let mut stretch = Vec::with_capacity(size);
            for sample in self.samples.by_ref() {
                let sample = sample?;
                if !self.source.is_dev(&sample) {
                    stretch.push(sample);
                }
                if stretch.len() == size {
                    break;
                }
            }
            if stretch.is_empty() {
                return Ok(());
            }
            let windows: Vec<Vec<PageWindow>> = stretch
                .into_par_iter()
                .map(|sample| self.source.windows(sample))
                .collect::<Result<_>>()?;
            self.ready.extend(self.source.batches(windows.concat(), &mut self.random));
        }
        Ok(())
    }
}

impl Iterator for Stretches<'_> {
    type Item = Result<Vec<Pair>>;
    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
