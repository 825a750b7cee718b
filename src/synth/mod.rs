//! Labelled synthetic documents.
