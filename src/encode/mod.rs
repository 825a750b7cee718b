//! Words → windows of token ids, 0–1000 boxes and the 224×224 picture.
