//! How well pages are read: words, characters and key values against the truth of a page.
//!
//! Words are compared ignoring case, because SROIE's transcription is in capitals whatever the print
//! shows; punctuation counts. A word is right when its text stands at its place: a read word answers
//! one truth word at most. Marks without a letter or digit (leaders, boxes, dashes) are neither right
//! nor wrong. Key values are looked for in the page's text ignoring case, spaces and punctuation: the
//! ceiling of anything that extracts fields from that text.

use crate::document::{Word, letters_and_digits};
use crate::geometry::PixelBox;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::AddAssign;
use std::time::Duration;

/// A line that truly stands on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthLine {
    pub bbox: PixelBox,
    pub words: Vec<TruthWord>,
}

/// A word that truly stands on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthWord {
    pub text: String,
    /// Where data sets give boxes of lines only, its share of the line.
    pub bbox: PixelBox,
}

/// What truly stands on a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageTruth {
    pub lines: Vec<TruthLine>,
    /// Values that a reader of the page would want, as the data set writes them, with their labels.
    pub key_values: Vec<(String, String)>,
}

/// Part of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub part: usize,
    pub whole: usize,
}

impl Share {
    pub fn ratio(self) -> f64 {
        ratio(self.part, self.whole)
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}

/// Counts of one page or of many; ratios are taken of sums, so long pages weigh more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OcrScore {
    pub pages: usize,
    pub truth_words: usize,
    pub read_words: usize,
    pub right_words: usize,
    /// Truth words that are not right only because spaces stand elsewhere: `11/25/66` for `11/` `25/66`.
    pub respaced_words: usize,
    /// Lines with any word read in them, and all lines.
    pub met_lines: usize,
    pub lines: usize,
    /// Edits that turn the met lines' readings into their truth, and the truth's characters.
    pub edits: usize,
    pub characters: usize,
    /// Key values that stand in what was read, by label.
    pub values: BTreeMap<String, Share>,
    /// Read words by their confidence: bin `n` of 10 holds those from `n/10` up.
    pub reliability: [ConfidenceBin; CONFIDENCE_BINS],
    /// Wall time of reading.
    pub elapsed: Duration,
}

/// Bins of a reliability diagram.
pub const CONFIDENCE_BINS: usize = 10;

/// Words of about one confidence: calibrated if `right / words` is about `confidence / words`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ConfidenceBin {
    pub words: usize,
    pub right: usize,
    /// Sum of their confidences.
    pub confidence: f64,
}

impl AddAssign for ConfidenceBin {
    fn add_assign(&mut self, other: Self) {
        self.words += other.words;
        self.right += other.right;
        self.confidence += other.confidence;
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl OcrScore {
    pub fn recall(&self) -> f64 {
        ratio(self.right_words, self.truth_words)
    }
    /// Recall where it doesn't matter at which marks words are parted: data sets part them without a
    /// space on the page.
    pub fn recall_spaces_aside(&self) -> f64 {
        ratio(self.right_words + self.respaced_words, self.truth_words)
    }
    pub fn precision(&self) -> f64 {
        ratio(self.right_words, self.read_words)
    }
    pub fn f1(&self) -> f64 {
        ratio(2 * self.right_words, self.truth_words + self.read_words)
    }
    /// Character error rate on the lines that were met at all.
    pub fn character_error_rate(&self) -> f64 {
        ratio(self.edits, self.characters)
    }
    pub fn met_line_share(&self) -> f64 {
        ratio(self.met_lines, self.lines)
    }
    /// Key values found, whatever their label.
    pub fn all_values(&self) -> Share {
        let mut all = Share::default();
        self.values.values().for_each(|share| all += *share);
        all
    }
    /// Expected calibration error: by how much confidence and share of right words differ, mean over
    /// the words.
    pub fn calibration_error(&self) -> f64 {
        let off = |bin: &ConfidenceBin| (bin.confidence - bin.right as f64).abs();
        let words: usize = self.reliability.iter().map(|bin| bin.words).sum();
        self.reliability.iter().map(off).sum::<f64>() / words.max(1) as f64
    }
    pub fn seconds_a_page(&self) -> f64 {
        if self.pages == 0 { 0.0 } else { self.elapsed.as_secs_f64() / self.pages as f64 }
    }
}

impl AddAssign for OcrScore {
    fn add_assign(&mut self, other: Self) {
        self.pages += other.pages;
        self.truth_words += other.truth_words;
        self.read_words += other.read_words;
        self.right_words += other.right_words;
        self.respaced_words += other.respaced_words;
        self.met_lines += other.met_lines;
        self.lines += other.lines;
        self.edits += other.edits;
        self.characters += other.characters;
        for (label, share) in other.values {
            *self.values.entry(label).or_default() += share;
        }
        for (bin, other) in self.reliability.iter_mut().zip(other.reliability) {
            *bin += other;
        }
        self.elapsed += other.elapsed;
    }
}

/// Scores what was read from one page.
pub fn score_page(truth: &PageTruth, read: &[Word]) -> OcrScore {
    let Matches { right, answered } = right_words(truth, read);
    let mut score = OcrScore {
        pages: 1,
        truth_words: truth.lines.iter().flat_map(|l| &l.words).filter(|w| counts(&w.text)).count(),
        read_words: read.iter().filter(|w| counts(&w.text)).count(),
        right_words: right.len(),
        reliability: reliability(read, &right),
        lines: truth.lines.len(),
        ..OcrScore::default()
    };
    let mut first = 0;
    for (line, reading) in truth.lines.iter().zip(readings_of_lines(truth, read)) {
        let numbers = first..first + line.words.iter().filter(|w| counts(&w.text)).count();
        first = numbers.end;
        let Some(reading) = reading else { continue };
        let right = numbers.map(|number| answered.contains(&number)).collect::<Vec<_>>();
        score.respaced_words += respaced(line, &right, &reading);
        let text: Vec<&str> = line.words.iter().map(|w| w.text.as_str()).collect();
        let text: Vec<char> = text.join(" ").to_lowercase().chars().collect();
        score.met_lines += 1;
        score.characters += text.len();
        score.edits += edit_distance(&text, &reading.to_lowercase().chars().collect::<Vec<_>>());
    }
    let page: String = read.iter().map(|w| letters_and_digits(&w.text)).collect();
    for (label, value) in &truth.key_values {
        let found = usize::from(page.contains(&letters_and_digits(value)));
        *score.values.entry(label.clone()).or_default() += Share { part: found, whole: 1 };
    }
    score
}

fn reliability(read: &[Word], right: &HashSet<usize>) -> [ConfidenceBin; CONFIDENCE_BINS] {
    let mut bins = [ConfidenceBin::default(); CONFIDENCE_BINS];
    for (index, word) in read.iter().enumerate().filter(|(_, word)| counts(&word.text)) {
        let confidence = f64::from(word.confidence);
        let bin = ((confidence * CONFIDENCE_BINS as f64) as usize).min(CONFIDENCE_BINS - 1);
        bins[bin] +=
            ConfidenceBin { words: 1, right: usize::from(right.contains(&index)), confidence };
    }
    bins
}

/// Whether a word has anything to be right about.
fn counts(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Which words answer each other.
#[derive(Default)]
struct Matches {
    /// Read words that are right, by their place in what was read.
    right: HashSet<usize>,
    /// Truth words that they answer, counted over the page's words that count.
    answered: HashSet<usize>,
}

/// Read words that are a truth word at its place, each another one: nearest pairs first.
fn right_words(truth: &PageTruth, read: &[Word]) -> Matches {
    let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, word) in read.iter().enumerate().filter(|(_, w)| counts(&w.text)) {
        by_text.entry(word.text.to_lowercase()).or_default().push(index);
    }
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    let words = truth.lines.iter().flat_map(|l| &l.words).filter(|w| counts(&w.text));
    for (number, word) in words.enumerate() {
        for &index in by_text.get(&word.text.to_lowercase()).into_iter().flatten() {
            if let Some(distance) = distance_within_reach(word.bbox, read[index].bbox) {
                pairs.push((distance, number, index));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut matches = Matches::default();
    for (_, number, index) in pairs {
        if !matches.answered.contains(&number) && !matches.right.contains(&index) {
            matches.answered.insert(number);
            matches.right.insert(index);
        }
    }
    matches
}

/// Words of a line without an answer that stand in its reading together with a neighbour, when spaces
/// are left out. `right` tells of each word that counts whether it has one.
fn respaced(line: &TruthLine, right: &[bool], reading: &str) -> usize {
    let fold = |text: &str| -> String {
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
    };
    let reading = fold(reading);
    let words: Vec<String> = line.words.iter().map(|word| fold(&word.text)).collect();
    let joined = |at: usize| {
        let before = at.checked_sub(1).map(|before| words[before].clone() + &words[at]);
        let after = words.get(at + 1).map(|after| words[at].clone() + after);
        let alone = (words.len() == 1).then(|| words[at].clone());
        [before, after, alone].into_iter().flatten().any(|text| reading.contains(&text))
    };
    let counted = (0..words.len()).filter(|&at| counts(&words[at]));
    counted.zip(right).filter(|(at, right)| !**right && joined(*at)).count()
}

/// How far the centre of a read word lies from the truth's, or `None` if it is elsewhere.
///
/// Half a height up or down is the same line; sideways two heights more than the word itself, because
/// words of data sets that give lines only have their place by counting letters.
fn distance_within_reach(truth: PixelBox, read: PixelBox) -> Option<f32> {
    let height = (truth.height() as f32).max(1.0);
    let dx = (truth.center_x() - read.center_x()).abs();
    let dy = (truth.center_y() - read.center_y()).abs();
    let within = dy <= height && dx <= truth.width() as f32 / 2.0 + 2.0 * height;
    within.then_some(dx + dy)
}

/// What was read in each truth line, from left to right; `None` where nothing was.
fn readings_of_lines(truth: &PageTruth, read: &[Word]) -> Vec<Option<String>> {
    let mut words: Vec<Vec<&Word>> = vec![Vec::new(); truth.lines.len()];
    for word in read {
        let (x, y) = (word.bbox.center_x(), word.bbox.center_y());
        let nearest = truth
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| {
                let slack = line.bbox.height() as f32 * 0.25;
                let b = line.bbox;
                (b.left() as f32 - slack..=b.right() as f32 + slack).contains(&x)
                    && (b.top() as f32 - slack..=b.bottom() as f32 + slack).contains(&y)
            })
            .min_by(|a, b| {
                let distance = |line: &TruthLine| (line.bbox.center_y() - y).abs();
                distance(a.1).total_cmp(&distance(b.1))
            });
        if let Some((index, _)) = nearest {
            words[index].push(word);
        }
    }
    words
        .into_iter()
        .map(|mut line| {
            line.sort_by_key(|w| w.bbox.left());
            let texts: Vec<&str> = line.iter().map(|w| w.text.as_str()).collect();
            (!texts.is_empty()).then(|| texts.join(" "))
        })
        .collect()
}

/// Levenshtein's distance.
pub fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replace = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str, left: i64, top: i64) -> Word {
        let right = left + 10 * text.chars().count() as i64;
        Word {
            text: text.into(),
            bbox: PixelBox::new(left, top, right, top + 20),
            confidence: 1.0,
            line: 0,
            block: 0,
        }
    }

    fn truth() -> PageTruth {
        let line = |words: &[Word]| TruthLine {
            bbox: PixelBox::union_of(words.iter().map(|w| w.bbox)).unwrap(),
            words: words.iter().map(|w| TruthWord { text: w.text.clone(), bbox: w.bbox }).collect(),
        };
        PageTruth {
            lines: vec![
                line(&[word("TOTAL", 0, 0), word(":", 60, 0), word("9.00", 200, 0)]),
                line(&[word("CASH", 0, 50), word("9.00", 200, 50)]),
            ],
            key_values: vec![
                ("total".into(), "9.00".into()),
                ("company".into(), "Total Cash".into()),
            ],
        }
    }

    #[test]
    fn perfect_reading_scores_one_whatever_its_case() {
        let read: Vec<Word> = [("Total", 0, 0), (":", 60, 0), ("9.00", 200, 0)]
            .into_iter()
            .chain([("cash", 0, 50), ("9.00", 200, 50)])
            .map(|(t, x, y)| word(t, x, y))
            .collect();
        let score = score_page(&truth(), &read);
        assert_eq!((score.recall(), score.precision(), score.f1()), (1.0, 1.0, 1.0));
        assert_eq!((score.character_error_rate(), score.met_line_share()), (0.0, 1.0));
        assert_eq!(score.truth_words, 4, "a lone colon does not count");
        assert_eq!(score.all_values(), Share { part: 1, whole: 2 });
        assert_eq!((score.values["total"].ratio(), score.values["company"].ratio()), (1.0, 0.0));
    }

    #[test]
    fn right_text_at_the_wrong_place_is_wrong() {
        let score = score_page(&truth(), &[word("9.00", 0, 0), word("9.00", 200, 300)]);
        assert_eq!(score.right_words, 0);
    }

    #[test]
    fn words_are_counted_by_their_confidence() {
        let sure = |text, left, top, confidence| Word { confidence, ..word(text, left, top) };
        let read = [
            sure("Total", 0, 0, 0.97),
            sure("9.00", 200, 0, 1.0),
            sure("CA5H", 0, 50, 0.31),
            sure("---", 0, 90, 0.5),
        ];
        let score = score_page(&truth(), &read);
        let counts = score.reliability.map(|bin| (bin.words, bin.right));
        assert_eq!((counts[9], counts[3], counts[5]), ((2, 2), (1, 0), (0, 0)));
        assert!((score.calibration_error() - (0.03 + 0.31) / 3.0).abs() < 1e-6);
    }

    #[test]
    fn one_read_word_answers_one_truth_word() {
        let score = score_page(&truth(), &[word("9.00", 200, 4), word("9.00", 202, 4)]);
        assert_eq!((score.right_words, score.read_words), (1, 2));
    }

    #[test]
    fn words_parted_elsewhere_are_told_from_wrong_ones() {
        let line = |words: &[&str]| TruthLine {
            bbox: PixelBox::new(0, 0, 300, 20),
            words: words
                .iter()
                .map(|text| TruthWord { text: (*text).into(), bbox: word(text, 0, 0).bbox })
                .collect(),
        };
        let date = PageTruth { lines: vec![line(&["11/", "25/", "66"])], ..PageTruth::default() };
        let score = score_page(&date, &[word("11/25/66", 0, 0)]);
        assert_eq!((score.right_words, score.respaced_words), (0, 3));
        assert_eq!((score.recall(), score.recall_spaces_aside()), (0.0, 1.0));
        let wrong = score_page(&date, &[word("11/26/66", 0, 0)]);
        assert_eq!(wrong.respaced_words, 0);
        let name = PageTruth { lines: vec![line(&["GARDENIA"])], ..PageTruth::default() };
        let score = score_page(&name, &[word("GA", 0, 0), word("RDENIA", 25, 0)]);
        assert_eq!((score.right_words, score.respaced_words), (0, 1));
    }

    #[test]
    fn lines_that_nothing_was_read_in_have_no_character_errors() {
        let score = score_page(&truth(), &[word("T0TAL", 0, 0)]);
        assert_eq!((score.met_lines, score.lines), (1, 2));
        assert_eq!((score.edits, score.characters), (8, 12));
    }

    #[test]
    fn empty_page_scores_nought_without_dividing_by_it() {
        let score = score_page(&PageTruth::default(), &[]);
        assert_eq!((score.recall(), score.f1(), score.seconds_a_page()), (0.0, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn edit_distance_is_a_distance(a in "[a-c]{0,12}", b in "[a-c]{0,12}", c in "[a-c]{0,12}") {
            let chars = |s: &str| s.chars().collect::<Vec<_>>();
            let (a, b, c) = (chars(&a), chars(&b), chars(&c));
            prop_assert_eq!(edit_distance(&a, &b), edit_distance(&b, &a));
            prop_assert_eq!(edit_distance(&a, &b) == 0, a == b);
            prop_assert!(edit_distance(&a, &c) <= edit_distance(&a, &b) + edit_distance(&b, &c));
        }
    }
}
