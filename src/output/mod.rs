//! Findings → records in the formats users ask for.
