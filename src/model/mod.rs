//! Windows → logits.
