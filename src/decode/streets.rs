//! Lines of an address that read like names: `1264 E Harden St`, `3 Huntrise Lane`, `Gasstraße 33`,
//! `ul. Prosta 5`. A model that has to find a party's name in an address it has not seen before takes
//! the street for it now and then; a word for streets with a house number beside it speaks against that.

use super::field_names::letters;
use super::page::HeadPrediction;
use super::parties::PARTIES;
use super::surplus::digits;
use crate::document::Word;

/// What the odds of a party's name are multiplied by in such a line.
const DOWN: f32 = 0.05;
/// Words of a street's name between its number and `Street` at most.
const NAME_WORDS: usize = 4;

/// Last words of a street, folded as all here, whose number stands before the name.
#[rustfmt::skip]
const BEHIND: [&str; 33] = [
    "street", "st", "avenue", "ave", "road", "rd", "drive", "dr", "lane", "ln", "court", "ct",
    "boulevard", "blvd", "highway", "hwy", "parkway", "pkwy", "place", "pl", "circle", "cir",
    "terrace", "square", "sq", "way", "pike", "crescent", "close", "row", "trail", "broadway",
    "plaza",
];

/// First words of a street, whose number stands behind the name or before it.
#[rustfmt::skip]
const BEFORE: [&str; 26] = [
    "rue", "avenue", "boulevard", "bd", "chemin", "impasse", "quai", "via", "viale", "piazza",
    "corso", "calle", "avenida", "avda", "av", "plaza", "paseo", "rua", "travessa", "ul",
    "ulica", "al", "aleja", "str", "strada", "jalan",
];

/// Ends of compounds whose number stands behind them.
#[rustfmt::skip]
const COMPOUND: [&str; 16] = [
    "strasse", "weg", "platz", "allee", "gasse", "ufer", "damm", "straat", "laan", "plein",
    "gracht", "gatan", "vagen", "gade", "vej", "katu",
];

/// Weighs down the parties' names in lines that are streets.
pub fn doubt_streets(head: &mut HeadPrediction, words: &[Word]) {
    for line in lines(words) {
        for at in line.clone() {
            if let Some(street) = street_at(words, &line, at) {
                for word in street {
                    head.weigh(word, |label, _| if PARTIES.contains(&label) { DOWN } else { 1.0 });
                }
            }
        }
    }
}

/// Runs of words of one line.
fn lines(words: &[Word]) -> Vec<std::ops::Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in 1..=words.len() {
        let of = |word: usize| (words[word].line, words[word].block);
        if end == words.len() || of(end) != of(start) {
            lines.push(start..end);
            start = end;
        }
    }
    lines
}

/// The words of a street, if the word at `at` is what it is known by.
fn street_at(
    words: &[Word],
    line: &std::ops::Range<usize>,
    at: usize,
) -> Option<std::ops::RangeInclusive<usize>> {
    let key = letters(&words[at].text);
    let is_number = |index: usize| is_house_number(&words[index].text);
    if BEHIND.contains(&key.as_str()) {
        let first = at.saturating_sub(NAME_WORDS + 1).max(line.start);
        if let Some(number) = (first..at.saturating_sub(1)).rev().find(|&index| is_number(index)) {
            return Some(number..=at);
        }
    }
    if BEFORE.contains(&key.as_str()) {
        let last = (at + NAME_WORDS + 1).min(line.end - 1);
        if at > line.start && is_number(at - 1) {
            return Some(at - 1..=last);
        }
        if let Some(number) = (at + 2..=last).find(|&index| is_number(index)) {
            return Some(at..=number);
        }
    }
    let compound = COMPOUND.iter().any(|end| key.len() > end.len() + 2 && key.ends_with(end));
    (compound && at + 1 < line.end && is_number(at + 1)).then_some(at..=at + 1)
}

/// `33`, `12a`, `100-102`, `5/7`: one to five figures to begin with.
fn is_house_number(text: &str) -> bool {
    let text = text.trim_end_matches([',', '.']);
    let figures = text.chars().take_while(char::is_ascii_digit).count();
    let rest = text.chars().skip(figures);
    (1..=5).contains(&figures)
        && rest.clone().count() <= 6
        && rest.filter(|c| c.is_alphabetic()).count() <= 1
        && digits(text) <= 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    /// Which words of a line are thought less of as a party's name.
    fn doubted(line: &str) -> Vec<&str> {
        let texts: Vec<&str> = line.split(' ').collect();
        let word = |(index, text): (usize, &&str)| Word {
            text: (*text).to_string(),
            bbox: PixelBox::new(60 * index as i64, 0, 60 * index as i64 + 50, 20),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        let words: Vec<Word> = texts.iter().enumerate().map(word).collect();
        let labels = LabelSet::bio(&["customer"]);
        let even = vec![1.0 / labels.names().len() as f32; labels.names().len()];
        let mut head = HeadPrediction { labels, probabilities: vec![even.clone(); words.len()] };
        doubt_streets(&mut head, &words);
        let fell = |&(row, _): &(&Vec<f32>, &str)| *row != even;
        head.probabilities.iter().zip(texts).filter(fell).map(|(_, text)| text).collect()
    }

    #[test]
    fn streets_with_their_numbers_are_no_names() {
        assert_eq!(doubted("1264 E Harden St"), ["1264", "E", "Harden", "St"]);
        assert_eq!(doubted("52 ADDISON AVE"), ["52", "ADDISON", "AVE"]);
        assert_eq!(doubted("Gasstraße 33 Musterstadt"), ["Gasstraße", "33"]);
        assert_eq!(doubted("12 rue de la Paix"), ["12", "rue", "de", "la", "Paix"]);
        assert_eq!(doubted("Via Giuseppe Verdi 4/a Milano"), ["Via", "Giuseppe", "Verdi", "4/a"]);
    }

    #[test]
    fn names_with_words_for_streets_stay() {
        for name in ["Park Lane Hotel", "Wall Street Journal", "Norge 7", "St Mary 4 Hospital"] {
            assert!(doubted(name).is_empty(), "{name}");
        }
    }
}
