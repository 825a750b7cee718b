//! Two readings of one line → one: where the engine and our reader agree, both are right more often
//! than either says; where they differ, the surer one stays.
//!
//! The line is taken apart into clusters of words that lie over each other, so that a line may take
//! its words from both. Each reader's confidence is first turned into the share of words that are
//! right at that confidence ([`Calibration`], fitted on dev pages; docs/ocr.md).

use super::known_words::makes_words;
use super::{ReadWord, Reading};
use crate::document::Word;
use crate::geometry::PixelBox;

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
            alone: 0.5,
            least: 0.2,
        }
    }
}

/// Words of either reading that lie over each other.
#[derive(Default)]
struct Cluster {
    engine: Vec<Word>,
    reader: Vec<ReadWord>,
}

impl SettleOptions {
    /// The words of a line, from left to right. `engine` are the engine's words of one line, sorted
    /// likewise; line and block numbers are theirs. Empty where neither reading is worth keeping.
    pub fn settle(&self, engine: Vec<Word>, reading: &Reading) -> Vec<Word> {
        let Some(first) = engine.first() else { return Vec::new() };
        let (line, block) = (first.line, first.block);
        let word = |read: &ReadWord, confidence: f32| Word {
            text: read.text.clone(),
            bbox: read.bbox,
            confidence,
            line,
            block,
        };
        let mut words = Vec::with_capacity(engine.len());
        for cluster in clusters(engine, &reading.words) {
            let ours = self.reader.probability(mean(cluster.reader.iter().map(|w| w.confidence)));
            if cluster.engine.is_empty() {
                if ours >= self.alone {
                    words.extend(cluster.reader.iter().map(|read| word(read, ours)));
                }
                continue;
            }
            let theirs = self.engine.probability(mean(cluster.engine.iter().map(|w| w.confidence)));
            let (takes_ours, confidence) = if cluster.reader.is_empty() {
                (false, theirs * self.dispute)
            } else if same(&cluster) {
                let confidence = logistic(log_odds(ours) + log_odds(theirs)).min(self.surest);
                // Where they differ in spaces alone, ours has learned where these stand.
                (cluster.engine.len() != cluster.reader.len(), confidence)
            } else {
                let reader = makes_words(cluster.reader.iter().map(|word| word.text.as_str()));
                let engine = makes_words(cluster.engine.iter().map(|word| word.text.as_str()));
                let favour = |makes: bool| if makes { self.known } else { 0.0 };
                let takes_ours =
                    log_odds(ours) + favour(reader) > log_odds(theirs) + favour(engine);
                (takes_ours, (if takes_ours { ours } else { theirs }) * self.dispute)
            };
            if takes_ours {
                words.extend(cluster.reader.iter().map(|read| word(read, confidence)));
            } else {
                words.extend(cluster.engine.into_iter().map(|w| Word { confidence, ..w }));
            }
        }
        words.retain(|word| word.confidence >= self.least);
        words
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

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f32 }
}

/// Whether both say the same but for case and the spaces between words. Word by word the engine's case
/// stands: our reader learned much of its text from transcriptions in capitals.
fn same(cluster: &Cluster) -> bool {
    let fold = |text: &str| text.to_lowercase();
    let theirs: String = cluster.engine.iter().map(|word| fold(&word.text)).collect();
    let ours: String = cluster.reader.iter().map(|word| fold(&word.text)).collect();
    theirs == ours
}

/// Joins words that share more than half of the narrower one's width.
fn clusters(engine: Vec<Word>, reader: &[ReadWord]) -> Vec<Cluster> {
    let mut all: Vec<(PixelBox, Option<Word>, Option<ReadWord>)> = engine
        .into_iter()
        .map(|word| (word.bbox, Some(word), None))
        .chain(reader.iter().map(|word| (word.bbox, None, Some(word.clone()))))
        .collect();
    all.sort_by_key(|(bbox, _, _)| (bbox.left(), bbox.right()));
    let mut clusters: Vec<Cluster> = Vec::new();
    // Both edges of the open cluster.
    let (mut start, mut reach) = (0, 0);
    for (bbox, theirs, ours) in all {
        let shared = reach.min(bbox.right()).saturating_sub(bbox.left());
        if clusters.is_empty() || 2 * shared <= bbox.width().min(reach - start) {
            clusters.push(Cluster::default());
            (start, reach) = (bbox.left(), bbox.right());
        }
        reach = reach.max(bbox.right());
        if let Some(cluster) = clusters.last_mut() {
            cluster.engine.extend(theirs);
            cluster.reader.extend(ours);
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;
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
