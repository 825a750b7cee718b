//! Scores: entities, fields, words.
