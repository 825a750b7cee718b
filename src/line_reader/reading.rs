//! What the reader has read: words of a line, how sure they are, sums and their cents.

use crate::geometry::PixelBox;

/// One word as the reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadWord {
    pub text: String,
    /// Pixels of the picture.
    pub bbox: PixelBox,
    /// Geometric mean of its letters' probabilities, 0–1.
    pub confidence: f32,
}

/// One line as the reader sees it; no words where there is nothing to read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub words: Vec<ReadWord>,
}

impl Reading {
    /// The words joined by single spaces.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// Sums that wide print parts from their cents made whole, before one part is doubted alone.
    pub(super) fn with_cents(self) -> Self {
        let mut words: Vec<ReadWord> = Vec::with_capacity(self.words.len());
        for word in self.words {
            match words.last_mut() {
                Some(sum) if are_sum_and_cents(&sum.text, &word.text) => {
                    sum.confidence = (sum.confidence * word.confidence).sqrt();
                    sum.text.push_str(&word.text);
                    sum.bbox = sum.bbox.union(word.bbox);
                }
                _ => words.push(word),
            }
        }
        Self { words }
    }

    /// Letters and digits read, weighed by how surely; doubtful ones count little, so that much nonsense
    /// does not outweigh few good words.
    pub fn sureness(&self) -> f32 {
        self.words.iter().map(|word| sureness(&word.text, word.confidence)).sum()
    }
}

/// Whether two texts that stand side by side are a sum up to its point, and its cents.
pub fn are_sum_and_cents(sum: &str, cents: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let whole = sum.strip_suffix(['.', ',']).unwrap_or_default();
    // A sign or a letter that was a sign may stand before the figures.
    let figures = whole.trim_start_matches(|c: char| !c.is_ascii_digit());
    whole.chars().count() - figures.chars().count() <= 3
        && digits(figures)
        && figures.len() <= 5
        && cents.len() == 2
        && digits(cents)
}

/// As [`Reading::sureness`], of one word of any reader.
pub fn sureness(text: &str, confidence: f32) -> f32 {
    text.chars().filter(|c| c.is_alphanumeric()).count() as f32 * confidence * confidence
}
