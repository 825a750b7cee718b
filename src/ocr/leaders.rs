//! Lines that were drawn, not written, and read as characters all the same: the rule that an answer stands
//! on (`__University`, `DATE__3/17/82`), the edge of a box (`|Mean`), dots that lead from a key to its
//! value (`Total.......12.50`). What they hold together comes apart, and what is nothing else is left out.

use crate::document::Word;
use crate::geometry::PixelBox;

/// A character that drawn lines pass for, and when it is taken for one.
struct Leader {
    characters: &'static [char],
    /// A run of so many is a line wherever it stands.
    run: usize,
    /// At the ends of a word one alone is.
    at_ends: bool,
}

const LEADERS: [Leader; 4] = [
    Leader { characters: &['_'], run: 2, at_ends: true },
    Leader { characters: &['|', '¦'], run: 1, at_ends: true },
    // A dash between words is one, and stands alone.
    Leader { characters: &['—'], run: 2, at_ends: true },
    // Hyphens may mean something in a row: `M-W-F--`, `----F--`.
    Leader { characters: &['.', '…', '·', '=', '~'], run: 4, at_ends: false },
];

/// Words without leaders and rules.
pub fn without_leaders(words: Vec<Word>) -> Vec<Word> {
    let mut kept = Vec::with_capacity(words.len());
    for word in words {
        if word.text.contains(|c| LEADERS.iter().any(|leader| leader.characters.contains(&c))) {
            kept.extend(parts(word));
        } else {
            kept.push(word);
        }
    }
    kept
}

/// The written parts of a word, each with its share of the word's width. Behind one line another may come to
/// light.
fn parts(word: Word) -> Vec<Word> {
    let apart = apart(&word);
    if matches!(&apart[..], [one] if one.text == word.text) {
        return apart;
    }
    apart.into_iter().flat_map(parts).collect()
}

fn apart(word: &Word) -> Vec<Word> {
    let text: Vec<char> = word.text.chars().collect();
    let mut written = vec![true; text.len()];
    let mut start = 0;
    while start < text.len() {
        let of = |leader: &&Leader| leader.characters.contains(&text[start]);
        let Some(leader) = LEADERS.iter().find(of) else {
            start += 1;
            continue;
        };
        let more = text[start..].iter().take_while(|c| leader.characters.contains(c)).count();
        let end = start + more;
        let alone = start == 0 && end == text.len();
        let at_end = leader.at_ends && !alone && (start == 0 || end == text.len());
        if more >= leader.run || at_end {
            written[start..end].fill(false);
        }
        start = end;
    }
    let place = |index: usize| {
        let width = f64::from(word.bbox.width()) * index as f64 / text.len() as f64;
        i64::from(word.bbox.left()) + width.round() as i64
    };
    let mut parts = Vec::new();
    let mut from = 0;
    for run in written.chunk_by(|a, b| a == b) {
        let to = from + run.len();
        if run[0] {
            let (top, bottom) = (i64::from(word.bbox.top()), i64::from(word.bbox.bottom()));
            let bbox = PixelBox::new(place(from), top, place(to).max(place(from) + 1), bottom);
            parts.push(Word { text: text[from..to].iter().collect(), bbox, ..word.clone() });
        }
        from = to;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str) -> Word {
        let bbox = PixelBox::new(100, 10, 100 + 10 * text.chars().count() as i64, 30);
        Word { text: text.to_string(), bbox, confidence: 0.9, line: 2, block: 1 }
    }

    fn read(text: &str) -> Vec<String> {
        without_leaders(vec![word(text)]).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn what_lines_hold_together_comes_apart() {
        assert_eq!(read("__University"), ["University"]);
        assert_eq!(read("DATE__3/17/82"), ["DATE", "3/17/82"]);
        assert_eq!(read("Total.......12.50"), ["Total", "12.50"]);
        assert_eq!(read("|Mean|"), ["Mean"]);
        assert_eq!(read("—Tar_"), ["Tar"]);
        for line in ["_______", "|", "........", "——", "=====", "||"] {
            assert!(read(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn what_is_written_stays() {
        for text in [
            "order_number_1",
            "Tel...",
            "-339",
            "—",
            "BW-RT-69-98",
            "3.45***",
            "a--b",
            "----F--",
            "&",
        ] {
            assert_eq!(read(text), [text]);
        }
    }

    #[test]
    fn parts_have_their_share_of_the_box() {
        let parts = without_leaders(vec![word("AB__CDEF")]);
        let edges: Vec<_> = parts.iter().map(|w| (w.bbox.left(), w.bbox.right())).collect();
        assert_eq!(edges, [(100, 120), (140, 180)]);
    }

    proptest! {
        #[test]
        fn nothing_else_is_lost(text in "[a-c_.|—-]{1,24}") {
            let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>();
            let parts = without_leaders(vec![word(&text)]);
            let joined: String = parts.iter().map(|word| word.text.as_str()).collect();
            prop_assert_eq!(letters(&joined), letters(&text));
            prop_assert!(parts.iter().all(|part| part.bbox.width() > 0));
            prop_assert!(parts.windows(2).all(|w| w[0].bbox.right() <= w[1].bbox.left() + 1));
            let again = without_leaders(parts.clone());
            prop_assert_eq!(again, parts);
        }
    }
}
