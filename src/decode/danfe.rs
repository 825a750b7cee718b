//! The box of taxes on a DANFE, the sheet that goes with a Brazilian nota fiscal: two rows of captions, each over a row of
//! sums. A caption begins at the left of its cell, its sum ends at the right, and most are neither tax nor total.

use super::caption_value::is_sum_in_figures;
use super::field_names::letters;
use super::neighbours::share_line;
use super::page::HeadPrediction;
use super::sums::ROLES;
use crate::document::Word;

/// Captions by their letters, with the role of the sum below in [`ROLES`].
const CAPTIONS: [(&str, usize); 7] = [
    ("vtotalprodutos", 0),
    ("vtotaldosprodutos", 0),
    ("valortotaldosprodutos", 0),
    ("valordoicms", 1),
    ("vtotaldanota", 2),
    ("valortotaldanota", 2),
    ("valortotaldanotafiscal", 2),
];
/// What the odds of a sum are multiplied by for its role, and for others.
const IS: f32 = 1e5;
const IS_NOT: f32 = 1e-6;

/// Weighs the odds of the sums in the box by their captions.
pub fn heed_danfe(head: &mut HeadPrediction, words: &[Word]) {
    if !words.iter().any(|word| letters(&word.text) == "danfe") {
        return;
    }
    for (word, caption) in cells(words) {
        let role = CAPTIONS.iter().find(|(name, _)| *name == caption).map(|(_, role)| ROLES[*role]);
        if let Some(role) = role {
            head.insist(&[word], role, IS);
        }
        for label in ROLES.into_iter().filter(|label| Some(*label) != role) {
            head.weigh_label(word, label, IS_NOT);
        }
    }
}

/// The sums of rows below captions of which one is known, each with the letters of its own.
fn cells(words: &[Word]) -> Vec<(usize, String)> {
    let mut cells = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let row = row_from(words, start);
        start = row.last().map_or(start, |last| *last) + 1;
        if row.len() < 2 || !row.iter().all(|&word| is_sum_in_figures(&words[word].text)) {
            continue;
        }
        let Some(above) = row.first().and_then(|first| captions_above(words, *first)) else {
            continue;
        };
        let of_row = captioned(words, &row, &above);
        let is_known = |(_, caption): &(usize, String)| CAPTIONS.iter().any(|(c, _)| c == caption);
        if of_row.iter().any(is_known) {
            cells.extend(of_row);
        }
    }
    cells
}

/// Words from one on that stand on its line.
fn row_from(words: &[Word], start: usize) -> Vec<usize> {
    (start..words.len()).take_while(|&word| share_line(&words[start], &words[word])).collect()
}

/// The words of the line right above a row, in the order of reading.
fn captions_above(words: &[Word], first: usize) -> Option<Vec<usize>> {
    /// In heights of the sums, which are higher than captions.
    const APART: u32 = 2;
    let last = first.checked_sub(1)?;
    let (above, sum) = (words[last].bbox, words[first].bbox);
    let near = sum.top() + sum.height() / 2 >= above.bottom()
        && sum.top() < above.bottom() + APART * sum.height();
    let line: Vec<usize> =
        (0..=last).rev().take_while(|&word| share_line(&words[last], &words[word])).collect();
    near.then(|| line.into_iter().rev().collect())
}

/// Each sum with what is written between the end of the sum before it and its own.
fn captioned(words: &[Word], row: &[usize], above: &[usize]) -> Vec<(usize, String)> {
    let end = |word: usize| words[word].bbox.right();
    let begin = |at: usize| at.checked_sub(1).map_or(0, |before| end(row[before]));
    let text = |at: usize, word: usize| {
        let cell = begin(at)..end(row[at]);
        let captions = above.iter().filter(|&&word| cell.contains(&words[word].bbox.left()));
        (word, captions.map(|&word| letters(&words[word].text)).collect())
    };
    row.iter().enumerate().map(|(at, &word)| text(at, word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    /// Words by their left and right sides.
    fn line(top: i64, placed: &[(&str, i64, i64)]) -> Vec<Word> {
        let word = |(text, left, right): &(&str, i64, i64)| Word {
            text: (*text).to_string(),
            bbox: PixelBox::new(*left, top, *right, top + 12),
            confidence: 1.0,
            line: top as u32,
            block: 0,
        };
        placed.iter().map(word).collect()
    }

    /// As seen: what is let off and the rest make the total of the goods, and passed for tax and net.
    #[test]
    fn captions_at_the_left_name_sums_at_the_right() {
        let mut words = line(0, &[("DANFE", 0, 60)]);
        let captions = [("DESCONTO", 0, 60), ("V.", 210, 222), ("TOTAL", 226, 270)];
        words.extend(line(40, &captions));
        words.extend(line(40, &[("DA", 274, 290), ("NOTA", 294, 330)]));
        words.extend(line(56, &[("927,58", 150, 200), ("3.954,42", 330, 400)]));
        let labels = LabelSet::bio(&ROLES);
        let mut rows = vec![vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]; words.len()];
        rows[6] = vec![0.2, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0];
        rows[7] = vec![0.4, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0];
        let mut head = HeadPrediction { labels, probabilities: rows };
        let plain = head.clone();
        heed_danfe(&mut head, &words);
        assert!(head.given(6, 1) < 0.01, "no tax");
        assert!(head.given(7, 2) > 0.6 && head.given(7, 0) < 0.01, "the total");
        let mut elsewhere = plain.clone();
        heed_danfe(&mut elsewhere, &words[1..]);
        assert_eq!(elsewhere, plain);
    }
}
