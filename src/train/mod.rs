//! Training: data sets, objectives, optimiser, the loop.

pub mod checkpoint;
pub mod data;
pub mod example;
pub mod finetune;
pub mod initialise;
pub mod line_reader;
pub mod objective;
pub mod optimizer;
pub mod score;
pub mod trainer;
