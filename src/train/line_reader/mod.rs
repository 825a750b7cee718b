//! Training the line reader ([`crate::line_reader`]): lines cut out of pages whose text is known,
//! spoiled a little differently in every pass, and CTC's loss.

pub mod augment;
pub mod loss;
pub mod ngrams;
pub(in crate::train) mod photo;
pub mod score;
pub mod sources;
pub mod store;
pub mod trainer;

pub use sources::LineSource;
pub use store::{Line, LineStore};
pub use trainer::{ReaderOptions, ReaderTrainer};
