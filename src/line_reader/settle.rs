//! Two readings of one line → one, the engine's and ours or two of ours: where they agree, both are right more
//! often than either says; where they differ, the surer one stays.
//!
//! The line is taken apart into clusters of words that lie over each other, so that a line may take
//! its words from both. Each reader's confidence is first turned into the share of words that are
//! right at that confidence ([`Calibration`], fitted on dev pages; docs/ocr.md).

use super::known_words::makes_words;
use super::{ReadWord, Reading};
use crate::document::Word;

/// Confidence → probability of being right: logistic in the confidence's log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    pub slope: f32,
    pub intercept: f32,
}

impl Calibration {
    pub fn probability(self, confidence: f32) -> f32 {
        logistic(self.slope * log_odds(confidence) + self.intercept)
    }
}

fn log_odds(probability: f32) -> f32 {
    let p = probability.clamp(0.001, 0.999);
    (p / (1.0 - p)).ln()
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// How two readings become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SettleOptions {
    pub engine: Calibration,
    pub reader: Calibration,
    /// Nothing is surer than this: two readers that agree are wrong together now and then.
    pub surest: f32,
    /// The share of the surer reading's probability that is left where the other one differs.
    pub dispute: f32,
    /// What speaks for a reading that makes words ([`makes_words`]) against one that does not, in
    /// log-odds.
    pub known: f32,
    /// What is added to a word's confidence where our reader, shown the line in two ways, reads it the same twice, in
    /// log-odds.
    pub agreed: f32,
    /// Words that only our reader sees have to be right with this probability.
    pub alone: f32,
    /// Words less likely to be right than this are left out: what neither reader makes sense of is a
    /// logo, a stamp or a stain nine times out of ten.
    pub least: f32,
}

impl Default for SettleOptions {
    fn default() -> Self {
        Self {
            engine: Calibration { slope: 1.0, intercept: -0.25 },
            reader: Calibration { slope: 1.2, intercept: -2.6 },
            surest: 0.985,
            dispute: 0.9,
            known: 3.0,
            agreed: 1.0,
            alone: 0.4,
            least: 0.2,
        }
    }
}

/// Words of two readings that lie over each other.
#[derive(Default)]
struct Cluster<'a> {
    first: Vec<&'a ReadWord>,
    second: Vec<&'a ReadWord>,
}

impl SettleOptions {
    /// The words of a line, from left to right. `engine` are the engine's words of one line, sorted
    /// likewise; line and block numbers are theirs. Empty where neither reading is worth keeping.
    pub fn settle(&self, engine: Vec<Word>, reading: &Reading) -> Vec<Word> {
        let Some(&Word { line, block, .. }) = engine.first() else { return Vec::new() };
        let engine: Vec<ReadWord> = engine
            .into_iter()
            .map(|Word { text, bbox, confidence, .. }| ReadWord { text, bbox, confidence })
            .collect();
        let mut words = Vec::with_capacity(engine.len());
        for cluster in clusters(&engine, &reading.words) {
            let ours = self.reader.probability(confidence(&cluster.second));
            let theirs = self.engine.probability(confidence(&cluster.first));
            let (takes_ours, confidence) = if cluster.first.is_empty() {
                if ours < self.alone {
                    continue;
                }
                (true, ours)
            } else if cluster.second.is_empty() {
                (false, theirs * self.dispute)
            } else if cluster.agrees() {
                let confidence = logistic(log_odds(ours) + log_odds(theirs)).min(self.surest);
                // Where they differ in spaces alone, ours has learned where these stand.
                (cluster.first.len() != cluster.second.len(), confidence)
            } else {
                let takes_ours = self.speaks_for(&cluster.second, ours)
                    > self.speaks_for(&cluster.first, theirs);
                (takes_ours, (if takes_ours { ours } else { theirs }) * self.dispute)
            };
            let word = |read: &ReadWord| Word {
                text: read.text.clone(),
                bbox: read.bbox,
                confidence,
                line,
                block,
            };
            words.extend(cluster.take(takes_ours).into_iter().map(word));
        }
        words.retain(|word| word.confidence >= self.least);
        words
    }

    /// Two readings by our reader, shown the same line in two ways → one: word by word the likelier, and surer where they
    /// agree.
    pub fn of_two_showings(&self, first: &Reading, second: &Reading) -> Reading {
        let mut words = Vec::with_capacity(first.words.len());
        for cluster in clusters(&first.words, &second.words) {
            let probability = |words: &[&ReadWord]| self.reader.probability(confidence(words));
            let [once, again] = [probability(&cluster.first), probability(&cluster.second)];
            let agree = cluster.agrees();
            let takes_second = if cluster.first.is_empty() || cluster.second.is_empty() {
                cluster.first.is_empty()
            } else if agree {
                again > once
            } else {
                self.speaks_for(&cluster.second, again) > self.speaks_for(&cluster.first, once)
            };
            let agreed = if agree { self.agreed } else { 0.0 };
            let word = |read: &ReadWord| {
                let confidence = logistic(log_odds(read.confidence) + agreed);
                ReadWord { confidence, ..read.clone() }
            };
            words.extend(cluster.take(takes_second).into_iter().map(word));
        }
        Reading { words }
    }

    /// What speaks for words that are right with this probability, in log-odds.
    fn speaks_for(&self, words: &[&ReadWord], probability: f32) -> f32 {
        let makes_words = makes_words(words.iter().map(|word| word.text.as_str()));
        log_odds(probability) + if makes_words { self.known } else { 0.0 }
    }

    /// The words of a line that only our reader has read.
    pub fn alone(&self, reading: &Reading, line: u32, block: u32) -> Vec<Word> {
        let sure = |read: &ReadWord| {
            let confidence = self.reader.probability(read.confidence);
            (confidence >= self.alone).then(|| Word {
                text: read.text.clone(),
                bbox: read.bbox,
                confidence,
                line,
                block,
            })
        };
        reading.words.iter().filter_map(sure).collect()
    }
}

/// The words' mean.
fn confidence(words: &[&ReadWord]) -> f32 {
    words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32
}

impl<'a> Cluster<'a> {
    /// Whether both say the same but for case and the spaces between words. Word by word the engine's case
    /// stands: our reader learned much of its text from transcriptions in capitals.
    fn agrees(&self) -> bool {
        let text = |words: &[&ReadWord]| -> String {
            words.iter().map(|word| word.text.to_lowercase()).collect()
        };
        text(&self.first) == text(&self.second)
    }

    fn take(self, second: bool) -> Vec<&'a ReadWord> {
        if second { self.second } else { self.first }
    }
}

/// Joins words that share more than half of the narrower one's width.
fn clusters<'a>(first: &'a [ReadWord], second: &'a [ReadWord]) -> Vec<Cluster<'a>> {
    let mut all: Vec<(&'a ReadWord, bool)> = first
        .iter()
        .map(|word| (word, false))
        .chain(second.iter().map(|word| (word, true)))
        .collect();
    all.sort_by_key(|(word, _)| (word.bbox.left(), word.bbox.right()));
    let mut clusters: Vec<Cluster> = Vec::new();
    // Both edges of the open cluster.
    let (mut start, mut reach) = (0, 0);
    for (word, is_second) in all {
        let bbox = word.bbox;
        let shared = reach.min(bbox.right()).saturating_sub(bbox.left());
        if clusters.is_empty() || 2 * shared <= bbox.width().min(reach - start) {
            clusters.push(Cluster::default());
            (start, reach) = (bbox.left(), bbox.right());
        }
        reach = reach.max(bbox.right());
        if let Some(cluster) = clusters.last_mut() {
            let words = if is_second { &mut cluster.second } else { &mut cluster.first };
            words.push(word);
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use proptest::prelude::*;

    fn engine(words: &[(&str, i64, i64, f32)]) -> Vec<Word> {
        let word = |&(text, left, right, confidence): &(&str, i64, i64, f32)| Word {
            text: text.to_string(),
            bbox: PixelBox::new(left, 10, right, 30),
            confidence,
            line: 3,
            block: 1,
        };
        words.iter().map(word).collect()
    }

    fn reading(words: &[(&str, i64, i64, f32)]) -> Reading {
        let word = |&(text, left, right, confidence): &(&str, i64, i64, f32)| ReadWord {
            text: text.to_string(),
            bbox: PixelBox::new(left, 10, right, 30),
            confidence,
        };
        Reading { words: words.iter().map(word).collect() }
    }

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn agreement_makes_sure_and_keeps_the_engines_case() {
        let options = SettleOptions::default();
        let settled =
            options.settle(engine(&[("Total", 10, 60, 0.8)]), &reading(&[("TOTAL", 11, 61, 0.97)]));
        assert_eq!(texts(&settled), ["Total"]);
        let alone = options.engine.probability(0.8).max(options.reader.probability(0.97));
        assert!(settled[0].confidence > alone, "{} {alone}", settled[0].confidence);
    }

    #[test]
    fn the_surer_of_two_stays_and_is_less_sure_than_alone() {
        let options = SettleOptions::default();
        let settled = options.settle(
            engine(&[("RM", 0, 20, 0.96), ("2S.6O", 30, 80, 0.35)]),
            &reading(&[("RW", 0, 20, 0.3), ("23.60", 31, 79, 0.97)]),
        );
        assert_eq!(texts(&settled), ["RM", "23.60"]);
        assert!(settled[1].confidence < options.reader.probability(0.97));
        assert_eq!((settled[1].line, settled[1].block), (3, 1));
    }

    #[test]
    fn where_only_spaces_differ_the_readers_stand() {
        let settled = SettleOptions::default().settle(
            engine(&[("11/02/2011/08/20", 0, 110, 0.9)]),
            &reading(&[("11/02/20", 0, 50, 0.99), ("11/08/20", 58, 110, 0.99)]),
        );
        assert_eq!(texts(&settled), ["11/02/20", "11/08/20"]);
    }

    #[test]
    fn a_word_cut_in_two_by_one_reader_is_one_cluster() {
        let settled = SettleOptions::default().settle(
            engine(&[("23", 0, 20, 0.3), (".60", 22, 50, 0.4)]),
            &reading(&[("23.60", 0, 50, 0.95)]),
        );
        assert_eq!(texts(&settled), ["23.60"]);
    }

    #[test]
    fn what_neither_makes_sense_of_is_left_out() {
        let settled = SettleOptions::default()
            .settle(engine(&[("~;", 0, 20, 0.05)]), &reading(&[("J", 0, 20, 0.2)]));
        assert!(settled.is_empty(), "{settled:?}");
    }

    #[test]
    fn what_only_one_saw_stays_if_it_is_sure() {
        let options = SettleOptions::default();
        let seen = reading(&[("A", 0, 20, 0.9), ("zz", 100, 130, 0.05), ("B", 200, 220, 0.98)]);
        let settled = options.settle(engine(&[("A", 0, 20, 0.9)]), &seen);
        assert_eq!(texts(&settled), ["A", "B"]);
        assert_eq!(texts(&options.alone(&seen, 7, 2)), ["A", "B"]);
        let unseen = options.settle(engine(&[("A", 0, 20, 0.9)]), &Reading::default());
        assert_eq!(texts(&unseen), ["A"]);
    }

    #[test]
    fn of_two_showings_the_likelier_word_stays_and_what_both_say_is_surer() {
        let options = SettleOptions::default();
        let once = reading(&[("Total", 0, 50, 0.9), ("2S.6O", 60, 110, 0.4), ("x", 200, 210, 0.3)]);
        let again =
            reading(&[("TOTAL", 1, 51, 0.8), ("23.60", 61, 110, 0.9), ("RM", 130, 150, 0.7)]);
        for (first, second) in [(&once, &again), (&again, &once)] {
            let read = options.of_two_showings(first, second);
            let words: Vec<&str> = read.words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, ["Total", "23.60", "RM", "x"]);
            let sure: Vec<f32> = read.words.iter().map(|word| word.confidence).collect();
            assert!(sure[0] > 0.9, "{sure:?}");
            assert!(sure[1..].iter().zip([0.9, 0.7, 0.3]).all(|(a, b)| (a - b).abs() < 1e-4));
        }
        assert_eq!(options.of_two_showings(&Reading::default(), &Reading::default()).words, []);
    }

    proptest! {
        #[test]
        fn settled_words_come_from_a_reader_and_are_probabilities(
            theirs in prop::collection::vec((0i64..300, 1i64..60, 0f32..=1.0), 1..8),
            ours in prop::collection::vec((0i64..300, 1i64..60, 0f32..=1.0), 0..8),
        ) {
            let place = |list: &[(i64, i64, f32)]| -> Vec<(&'static str, i64, i64, f32)> {
                list.iter().map(|&(left, width, sure)| ("w", left, left + width, sure)).collect()
            };
            let (theirs, ours) = (place(&theirs), place(&ours));
            let settled = SettleOptions::default().settle(engine(&theirs), &reading(&ours));
            prop_assert!(settled.len() <= theirs.len() + ours.len());
            prop_assert!(settled.iter().all(|w| (0.0..=1.0).contains(&w.confidence)));
            let sorted = settled.windows(2).all(|p| p[0].bbox.left() <= p[1].bbox.left());
            prop_assert!(sorted || settled.len() < 2);
        }
    }
}
