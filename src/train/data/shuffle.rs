//! Shards in random order without holding them in memory.
//!
//! The files are shuffled, read one after the other, and mixed in a buffer from which each sample is
//! drawn at random. The order follows from seed and pass alone, so that a resumed run sees what the
//! interrupted one would have seen.

use super::Sample;
use super::shard::ShardReader;
use crate::error::Result;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

/// One pass over some shards.
pub struct ShuffledShards {
    /// Still to be opened, the next one last.
    files: Vec<PathBuf>,
    open: Option<ShardReader>,
    buffer: Vec<Sample>,
    capacity: usize,
    random: ChaCha8Rng,
}

impl ShuffledShards {
    /// `capacity` samples are held to draw from; at 224×224 in RGB each needs 150 kB and its words.
    pub fn new(mut files: Vec<PathBuf>, capacity: usize, seed: u64, pass: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(pass);
        files.sort();
        files.shuffle(&mut random);
        Self { files, open: None, buffer: Vec::new(), capacity: capacity.max(1), random }
    }

    fn fill(&mut self) -> Result<()> {
        while self.buffer.len() < self.capacity {
            match self.open.as_mut().and_then(Iterator::next) {
                Some(sample) => self.buffer.push(sample?),
                None => match self.files.pop() {
                    Some(file) => self.open = Some(ShardReader::open(&file)?),
                    None => break,
                },
            }
        }
        Ok(())
    }
}

impl Iterator for ShuffledShards {
    type Item = Result<Sample>;
    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            // The rest of a damaged shard is passed over; the caller decides whether to go on.
            self.open = None;
            return Some(Err(error));
        }
        if self.buffer.is_empty() {
            return None;
        }
        let drawn = self.random.random_range(0..self.buffer.len());
        Some(Ok(self.buffer.swap_remove(drawn)))
    }
}
