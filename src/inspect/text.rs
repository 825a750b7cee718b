//! An inspected page as a table for people: a line a word, what it was taken for, and what the label
//! hangs on. JSON has all of it.

use super::{Inspection, Score, WindowView, WordView};
use std::io::{self, Write};

/// Columns of a word and of its pieces; longer ones end in `…`.
const TEXT_WIDTH: usize = 18;
const PIECES_WIDTH: usize = 24;

/// # Errors
/// Of the writer.
pub fn write_text(to: &mut dyn Write, page: &Inspection, all: bool) -> io::Result<()> {
    let words = page.words.len();
    writeln!(to, "page {}: {}×{} pixels, {words} words", page.page, page.width, page.height)?;
    for (number, window) in (1..).zip(&page.windows) {
        let WindowView { first_word, last_word, tokens } = window;
        if let (Some(first), Some(last)) = (first_word, last_word) {
            writeln!(to, "window {number}: words {first}–{last}, {tokens} tokens")?;
        }
    }
    if words == 0 {
        return Ok(());
    }
    writeln!(
        to,
        "\n{:>5} {:TEXT_WIDTH$} {:19} {:PIECES_WIDTH$} {:18} {:18} without picture, positions",
        "word", "text", "box 0–1000", "pieces", "label", "else"
    )?;
    for (index, word) in page.words.iter().enumerate() {
        if all || matters(word) {
            write_word(to, index, word)?;
        }
    }
    let changed = |other: fn(&WordView) -> &Score| {
        page.words.iter().filter(|word| other(word).label != word.label()).count()
    };
    writeln!(
        to,
        "\nof {words} words, {} would have another label without the picture, {} without positions",
        changed(|word| &word.without_picture),
        changed(|word| &word.without_positions)
    )
}

/// Labelled words, and those that nearly were or would have been.
fn matters(word: &WordView) -> bool {
    let sure = word.labels.first().is_none_or(|score| score.score >= 0.9);
    let outside = |label: &str| label == "O";
    !(outside(word.label())
        && sure
        && outside(&word.without_picture.label)
        && outside(&word.without_positions.label))
}

fn write_word(to: &mut dyn Write, index: usize, word: &WordView) -> io::Result<()> {
    let bbox = <[u16; 4]>::from(word.model_bbox).map(|side| side.to_string()).join(" ");
    let score = |score: Option<&Score>| {
        score.map_or(String::new(), |score| format!("{} {:.2}", score.label, score.score))
    };
    let other = |score: &Score| {
        if score.label == word.label() { "same".to_string() } else { score.label.clone() }
    };
    let line = format!(
        "{index:>5} {} {bbox:19} {} {:18} {:18} {}, {}",
        cut(&word.text, TEXT_WIDTH),
        cut(&word.pieces.join(" "), PIECES_WIDTH),
        score(word.labels.first()),
        score(word.labels.get(1)),
        other(&word.without_picture),
        other(&word.without_positions),
    );
    writeln!(to, "{}", line.trim_end())
}

/// Exactly so many characters.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return format!("{text:width$}");
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{NormBox, PixelBox};
    use image::RgbImage;

    fn word(text: &str, label: &str, blind: &str) -> WordView {
        let score = |label: &str, score| Score { label: label.into(), score };
        WordView {
            text: text.into(),
            bbox: PixelBox::new(1, 2, 3, 4),
            model_bbox: NormBox::new(10, 20, 30, 1000),
            pieces: vec!["rm".into(), "##5".into()],
            windows: vec![0],
            labels: vec![score(label, 0.97), score("B-TAX", 0.02)],
            without_picture: score(blind, 0.9),
            without_positions: score(label, 0.8),
        }
    }

    #[test]
    fn sure_outsiders_are_listed_only_when_all_are_wanted() {
        let page = Inspection {
            page: 2,
            width: 100,
            height: 200,
            windows: vec![WindowView { first_word: Some(0), last_word: Some(2), tokens: 8 }],
            words: vec![
                word("Ünverhältnismäßigkeiten", "B-TOTAL", "O"),
                word("thanks", "O", "O"),
                word("maybe", "O", "B-TAX"),
            ],
            picture: RgbImage::new(1, 1),
        };
        let text = |all| {
            let mut bytes = Vec::new();
            write_text(&mut bytes, &page, all).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let some = text(false);
        assert!(
            some.starts_with("page 2: 100×200 pixels, 3 words\nwindow 1: words 0–2, 8 tokens\n")
        );
        assert!(some.contains("    0 Ünverhältnismäßig… 10 20 30 1000 "), "{some}");
        assert!(some.contains("B-TOTAL 0.97       B-TAX 0.02         O, same"), "{some}");
        assert!(!some.contains("thanks") && some.contains("maybe"));
        assert!(
            some.ends_with("2 would have another label without the picture, 0 without positions\n")
        );
        assert!(text(true).contains("thanks"));
    }
}
