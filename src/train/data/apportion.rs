//! Words from a line: the line's box is shared out by the widths its characters are likely to have.
//!
//! Data sets that annotate whole lines (SROIE) or paragraphs (DocLayNet) give no word boxes. The
//! share of a word is the sum of its characters' usual widths in a proportional face, which lies
//! near enough to the truth for a box in thousandths of the page.

use crate::geometry::PixelBox;

/// Width of a space, in widths of a digit.
pub const SPACE: f32 = 0.6;

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

/// Cuts a word where a label, a value and a number are glued together: `DATE:25/12/2018`,
/// `TOTAL:$6.90`, `BHD(728384-M)`, `21/05/2018TIME:`. Times (`8:13`) and codes (`U13/X`) stay whole.
pub fn cut_glued(word: &str) -> Vec<&str> {
    let characters: Vec<(usize, char)> = word.char_indices().collect();
    let mut pieces = Vec::new();
    let mut begun = 0;
    for index in 1..characters.len() {
        let (offset, here) = characters[index];
        let before = characters[index - 1].1;
        let next = characters.get(index + 1).map(|&(_, c)| c);
        let after_colon = before == ':'
            && index >= 3
            && characters[index - 2].1.is_alphabetic()
            && characters[index - 3].1.is_alphabetic()
            && (here.is_alphanumeric() || matches!(here, '$' | '(' | '-'));
        let before_number =
            here == '(' && before.is_alphanumeric() && next.is_some_and(|c| c.is_ascii_digit());
        let before_label = before.is_ascii_digit()
            && here.is_alphabetic()
            && word.ends_with(':')
            && characters[index..characters.len() - 1].iter().all(|(_, c)| c.is_alphabetic())
            && characters.len() - index > 3;
        if after_colon || before_number || before_label {
            pieces.push(&word[begun..offset]);
            begun = offset;
        }
    }
    pieces.push(&word[begun..]);
    pieces
}

/// The words of a line, each with its share of the line's box: inside it, in order, not overlapping.
/// Words end at white space only.
pub fn split_line(text: &str, bbox: PixelBox) -> Vec<(String, PixelBox)> {
    place(&text.split_whitespace().map(|word| vec![word]).collect::<Vec<_>>(), bbox)
}

/// As [`split_line`], with glued words cut by [`cut_glued`].
pub fn split_line_and_cut(text: &str, bbox: PixelBox) -> Vec<(String, PixelBox)> {
    place(&text.split_whitespace().map(cut_glued).collect::<Vec<_>>(), bbox)
}

/// Shares out a box among words; the pieces of one word have no space between them.
fn place(words: &[Vec<&str>], bbox: PixelBox) -> Vec<(String, PixelBox)> {
    let total = words.iter().flatten().map(|piece| text_width(piece)).sum::<f32>()
        + SPACE * words.len().saturating_sub(1) as f32;
    if total <= 0.0 {
        return Vec::new();
    }
    let unit = bbox.width() as f32 / total;
    let mut reached = 0.0;
    let mut placed = Vec::with_capacity(words.len());
    let pieces = words.iter().flat_map(|word| {
        word.iter().enumerate().map(|(index, piece)| {
            let space = if index + 1 == word.len() { SPACE } else { 0.0 };
            (*piece, text_width(piece), space)
        })
    });
    for (word, share, space) in pieces {
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
        reached += share + space;
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
    fn glued_words_are_cut_where_label_and_value_meet() {
        let cases: &[(&str, &[&str])] = &[
            ("DATE:25/12/2018", &["DATE:", "25/12/2018"]),
            ("TOTAL:$6.90", &["TOTAL:", "$6.90"]),
            ("BHD(728384-M)", &["BHD", "(728384-M)"]),
            ("NO/DATE:K074-001096(06/12/2016)", &["NO/DATE:", "K074-001096", "(06/12/2016)"]),
            ("21/05/2018TIME:", &["21/05/2018", "TIME:"]),
            ("8:13:39", &["8:13:39"]),
            ("U13/X", &["U13/X"]),
            ("K(TAMAN", &["K(TAMAN"]),
            ("É:é", &["É:é"]),
        ];
        for (word, pieces) in cases {
            assert_eq!(cut_glued(word), *pieces);
        }
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
            let words = split_line_and_cut(&text, line);
            let together: String = words.iter().map(|(word, _)| word.as_str()).collect();
            prop_assert_eq!(together, text.split_whitespace().collect::<String>());
            let mut reached = line.left();
            for (_, bbox) in &words {
                prop_assert!(bbox.left() >= reached && bbox.right() <= line.right());
                prop_assert_eq!((bbox.top(), bbox.bottom()), (line.top(), line.bottom()));
                reached = bbox.right();
            }
        }
    }
}
