//! What training asks of the model: each objective prepares its targets and scores the answer.

pub mod tagging;
