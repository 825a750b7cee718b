//! Holding out a development split, the same on every machine and in every run.
//!
//! Members are ranked by a hash of their id and the seed. By group, whole groups are held out: a shop
//! that the model has seen says little about shops it hasn't.

use super::align::stream::fold;
use super::{Sample, document_of};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What stays together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitBy {
    /// Every page by itself.
    Id,
    /// Pages of one document.
    Document,
    /// Pages of one document; of one company, customer or, where neither is known, one letter head.
    Group,
}

/// `(train, dev)`, both in the order given; `dev` holds about `fraction` of the samples of each data
/// set, and of each class where pages have one, the same ones whatever other sets are there.
pub fn split_dev(
    samples: Vec<Sample>,
    fraction: f64,
    seed: u64,
    by: SplitBy,
) -> (Vec<Sample>, Vec<Sample>) {
    let mut sets: Vec<Vec<Sample>> = Vec::new();
    for sample in samples {
        let alike = |set: &&mut Vec<Sample>| {
            set.first().is_some_and(|s| s.dataset == sample.dataset && s.class == sample.class)
        };
        match sets.iter_mut().find(alike) {
            Some(set) => set.push(sample),
            None => sets.push(vec![sample]),
        }
    }
    let (mut train, mut dev) = (Vec::new(), Vec::new());
    for set in sets {
        let (kept, held) = split_set(set, fraction, seed, by);
        train.extend(kept);
        dev.extend(held);
    }
    (train, dev)
}

/// As [`split_dev`], for samples of one data set.
fn split_set(
    samples: Vec<Sample>,
    fraction: f64,
    seed: u64,
    by: SplitBy,
) -> (Vec<Sample>, Vec<Sample>) {
    let keys: Vec<String> = samples.iter().map(|sample| group_of(sample, by)).collect();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for key in &keys {
        *sizes.entry(key).or_default() += 1;
    }
    let mut ranked: Vec<(&str, usize)> = sizes.into_iter().collect();
    ranked.sort_by_key(|(key, _)| rank(key, seed));
    let wanted = (samples.len() as f64 * fraction.clamp(0.0, 1.0)).round() as usize;
    let mut held: BTreeMap<String, bool> = BTreeMap::new();
    let mut count = 0;
    for (key, size) in ranked {
        // A group that would overshoot by more than it fills stays in training.
        let fits = count < wanted && size <= 2 * (wanted - count);
        if fits {
            count += size;
        }
        held.insert(key.to_string(), fits);
    }
    let mut train = Vec::with_capacity(samples.len() - count);
    let mut dev = Vec::with_capacity(count);
    for (sample, key) in samples.into_iter().zip(keys) {
        if held.get(&key).copied().unwrap_or(false) { dev.push(sample) } else { train.push(sample) }
    }
    (train, dev)
}

/// Whether a document is held out when pages come as a stream: about `fraction` of all ids are, the same
/// in every run.
pub fn is_held_out(document: &str, fraction: f64, seed: u64) -> bool {
    let [a, b, c, d, ..] = rank(document, seed);
    f64::from(u32::from_be_bytes([a, b, c, d])) < fraction * f64::from(u32::MAX)
}

/// What a sample stays together with.
fn group_of(sample: &Sample, by: SplitBy) -> String {
    match by {
        SplitBy::Id => return sample.id.clone(),
        SplitBy::Document => return document_of(&sample.id).to_string(),
        SplitBy::Group => {}
    }
    let named = ["company", "customer"].iter().find_map(|key| sample.truth.get(*key));
    let text = match named {
        Some(name) => name.clone(),
        None if sample.id.contains('#') => return document_of(&sample.id).to_string(),
        None => letter_head(sample),
    };
    let folded: String = fold(&text).into_iter().collect();
    if folded.is_empty() { sample.id.clone() } else { folded }
}

/// The words of the first line: forms of one layout begin alike.
fn letter_head(sample: &Sample) -> String {
    let Some(first) = sample.words.iter().map(|word| word.line).min() else {
        return String::new();
    };
    sample.words.iter().filter(|word| word.line == first).map(|word| word.text.as_str()).collect()
}

fn rank(key: &str, seed: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(key.as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;

    fn samples(count: usize) -> Vec<Sample> {
        let sample = |i: usize| {
            let mut sample =
                Sample::unlabelled(format!("r{i}"), "test", PageSize::new(1, 1), Vec::new());
            sample.truth.insert("company".to_string(), format!("SHOP {}", i % 10));
            sample
        };
        (0..count).map(sample).collect()
    }

    fn ids(samples: &[Sample]) -> Vec<&str> {
        samples.iter().map(|sample| sample.id.as_str()).collect()
    }

    #[test]
    fn same_seed_same_split_and_nothing_is_lost() {
        let (train, dev) = split_dev(samples(100), 0.2, 7, SplitBy::Id);
        let (again, _) = split_dev(samples(100), 0.2, 7, SplitBy::Id);
        let (other, _) = split_dev(samples(100), 0.2, 8, SplitBy::Id);
        assert_eq!((train.len(), dev.len()), (80, 20));
        assert_eq!(ids(&train), ids(&again));
        assert_ne!(ids(&train), ids(&other));
    }

    #[test]
    fn a_company_is_never_in_both_parts() {
        let (train, dev) = split_dev(samples(100), 0.2, 7, SplitBy::Group);
        assert_eq!(dev.len(), 20);
        let company = |sample: &Sample| sample.truth["company"].clone();
        for held in &dev {
            assert!(train.iter().all(|sample| company(sample) != company(held)));
        }
    }

    #[test]
    fn what_is_held_out_of_a_set_does_not_depend_on_the_sets_beside_it() {
        let other = |mut sample: Sample| {
            sample.dataset = "other".to_string();
            sample
        };
        let mixed: Vec<Sample> = samples(40).into_iter().map(other).chain(samples(100)).collect();
        let (_, alone) = split_dev(samples(100), 0.2, 7, SplitBy::Id);
        let (_, beside) = split_dev(mixed, 0.2, 7, SplitBy::Id);
        let beside: Vec<Sample> = beside.into_iter().filter(|s| s.dataset == "test").collect();
        assert_eq!(ids(&alone), ids(&beside));
    }

    #[test]
    fn of_a_stream_about_the_share_is_held_out_by_name_alone() {
        let held = |seed| (0..4000).map(|i| is_held_out(&format!("d{i}"), 0.1, seed)).collect();
        let first: Vec<bool> = held(1);
        assert_eq!(first, held(1));
        assert_ne!(first, held(2));
        let share = first.iter().filter(|h| **h).count() as f64 / 4000.0;
        assert!((share - 0.1).abs() < 0.02, "{share}");
        assert!(!is_held_out("a", 0.0, 1));
    }

    #[test]
    fn every_class_is_held_out_in_its_share_and_pages_of_a_document_stay_together() {
        let page = |i: usize| {
            let class = if i.is_multiple_of(4) { "letter" } else { "form" };
            let id = format!("{class}/{}#{}", i / 8, i % 8);
            let sample = Sample::unlabelled(id, "test", PageSize::new(1, 1), Vec::new());
            Sample { class: Some(class.to_string()), ..sample }
        };
        let (train, dev) = split_dev((0..160).map(page).collect(), 0.2, 7, SplitBy::Document);
        let count = |class: &str| dev.iter().filter(|s| s.class.as_deref() == Some(class)).count();
        assert_eq!((count("letter"), count("form")), (8, 24));
        let document = |sample: &Sample| document_of(&sample.id).to_string();
        assert!(dev.iter().all(|held| train.iter().all(|kept| document(kept) != document(held))));
    }

    #[test]
    fn extremes_hold_out_nothing_or_everything() {
        assert!(split_dev(samples(9), 0.0, 1, SplitBy::Id).1.is_empty());
        assert!(split_dev(samples(9), 1.0, 1, SplitBy::Id).0.is_empty());
        assert!(split_dev(Vec::new(), 0.5, 1, SplitBy::Group).1.is_empty());
    }
}
