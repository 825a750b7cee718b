//! Logits → labels per word → entities → links → fields.
