//! Sums that wide print parts from their cents: `88. 80` is one word.
//!
//! Totals of receipts are printed twice as wide as the rest, with a gap behind the point that passes for
//! a space.

use crate::document::Word;
use crate::line_reader::are_sum_and_cents;

/// Between a point and the cents behind it, in heights.
const CLOSE: f32 = 1.2;

/// Words of one line, with cents put to the sum before them.
pub fn with_cents(words: Vec<Word>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(sum) if belongs(sum, &word) => {
                sum.text.push_str(&word.text);
                sum.bbox = sum.bbox.union(word.bbox);
                sum.confidence = sum.confidence.min(word.confidence);
            }
            _ => joined.push(word),
        }
    }
    joined
}

fn belongs(sum: &Word, cents: &Word) -> bool {
    let gap = cents.bbox.left() as f32 - sum.bbox.right() as f32;
    let close = gap < CLOSE * sum.bbox.height().max(cents.bbox.height()) as f32;
    sum.line == cents.line && close && are_sum_and_cents(&sum.text, &cents.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;

    fn joined(line: &[(&str, i64)]) -> Vec<String> {
        let word = |(text, left): &(&str, i64)| Word {
            text: (*text).to_string(),
            bbox: PixelBox::new(*left, 0, left + 10 * text.len() as i64, 20),
            confidence: 0.9,
            line: 0,
            block: 0,
        };
        with_cents(line.iter().map(word).collect()).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn cents_behind_a_gap_belong_to_their_sum() {
        assert_eq!(joined(&[("TOTAL", 0), ("88.", 100), ("80", 145)]), ["TOTAL", "88.80"]);
        assert_eq!(joined(&[("$9,", 0), ("22", 45)]), ["$9,22"]);
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        assert_eq!(joined(&[("88.", 0), ("80", 90)]).len(), 2, "far away");
        assert_eq!(joined(&[("No.", 0), ("12", 40)]).len(), 2, "no figures");
        assert_eq!(joined(&[("3.", 0), ("100", 30)]).len(), 2, "no cents");
        assert_eq!(joined(&[("88", 0), ("80", 30)]).len(), 2, "no point");
    }
}
