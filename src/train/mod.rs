//! Training: data sets, objectives, optimiser, the loop.

pub mod data;
