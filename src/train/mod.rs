//! Training: data sets, objectives, optimiser, the loop.

pub mod checkpoint;
pub mod classes;
pub mod conclude;
pub mod curve;
pub mod data;
pub mod example;
pub mod exchange;
pub mod finetune;
pub mod initialise;
pub mod labelling;
pub mod line_finder;
pub mod line_reader;
pub mod metrics;
pub mod objective;
pub mod optimizer;
pub mod pictures;
mod prefetch;
pub mod pretrain;
pub mod score;
pub mod trainer;
mod vary;
pub mod windows;
