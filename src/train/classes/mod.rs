//! Fine-tuning for document classification: which class a page belongs to, learned from directories of
//! pages or from labelled lines ([`read`]).
//!
//! Every window of a page is an example of the page's class, since a page is judged by the mean of its
//! windows; a document by the mean of its pages.

pub mod conclude;
pub mod objective;
pub mod read;
pub mod windows;

#[cfg(test)]
mod tests;
