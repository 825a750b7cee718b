//! Training the finder of lines ([`crate::line_finder`]): pages whose lines are known, shown in part, spoiled a little
//! differently each time.

pub mod ground;
pub mod loss;
pub mod score;
pub mod sources;
pub mod spoil;
pub mod store;
pub mod trainer;

pub use store::PageStore;
pub use trainer::{FinderOptions, FinderTrainer};
