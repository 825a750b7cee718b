//! Words from a line: the line's box is shared out by the widths its characters are likely to have.
//!
//! Data sets that annotate whole lines (SROIE) or paragraphs (DocLayNet) give no word boxes. The
//! share of a word is the sum of its characters' usual widths in a proportional face, which lies
//! near enough to the truth for a box in thousandths of the page.

use crate::geometry::PixelBox;

/// Width of a space, in widths of a digit.
const SPACE: f32 = 0.6;

/// Usual width of a character, in widths of a digit.
fn character_width(c: char) -> f32 {
    match c {
        'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '`' => 0.5,
        'I' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.65,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '&' => 1.45,
        _ if c.is_uppercase() => 1.15,
        // CJK and other wide scripts fill a square.
        _ if ('\u{2e80}'..='\u{9fff}').contains(&c) || ('\u{ac00}'..='\u{d7a3}').contains(&c) => {
            1.8
        }
        _ => 1.0,
    }
}

/// Width of a word, in widths of a digit.
pub fn text_width(text: &str) -> f32 {
    text.chars().map(character_width).sum()
}

/// The words of a line, each with its share of the line's box: inside it, in order, not overlapping.
pub fn split_line(text: &str, bbox: PixelBox) -> Vec<(String, PixelBox)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let shares: Vec<f32> = words.iter().map(|word| text_width(word)).collect();
    let total = shares.iter().sum::<f32>() + SPACE * words.len().saturating_sub(1) as f32;
    if total <= 0.0 {
        return Vec::new();
    }
    let unit = bbox.width() as f32 / total;
    let mut reached = 0.0;
    let mut placed = Vec::with_capacity(words.len());
    for (word, share) in words.into_iter().zip(shares) {
        let left = i64::from(bbox.left()) + (reached * unit).round() as i64;
        let right = i64::from(bbox.left()) + ((reached + share) * unit).round() as i64;
        let limit = i64::from(bbox.right());
        let word_box = PixelBox::new(
            left.min(limit),
            bbox.top().into(),
            right.min(limit),
            bbox.bottom().into(),
        );
        placed.push((word.to_string(), word_box));
        reached += share + SPACE;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_words_get_equal_shares() {
        let words = split_line("1234 1234", PixelBox::new(0, 0, 860, 10));
        assert_eq!(words[0].1, PixelBox::new(0, 0, 400, 10));
        assert_eq!(words[1].1, PixelBox::new(460, 0, 860, 10));
    }

    #[test]
    fn blank_line_has_no_words() {
        assert!(split_line("  \t", PixelBox::new(0, 0, 10, 10)).is_empty());
    }

    proptest! {
        #[test]
        fn word_boxes_stay_in_the_line_and_keep_order(
            text in "\\PC{0,60}", x in 0i64..5000, y in 0i64..5000, w in 0i64..3000, h in 0i64..200
        ) {
            let line = PixelBox::new(x, y, x + w, y + h);
            let words = split_line(&text, line);
            prop_assert_eq!(words.len(), text.split_whitespace().count());
            let mut reached = line.left();
            for (_, bbox) in &words {
                prop_assert!(bbox.left() >= reached && bbox.right() <= line.right());
                prop_assert_eq!((bbox.top(), bbox.bottom()), (line.top(), line.bottom()));
                reached = bbox.right();
            }
        }
    }
}
