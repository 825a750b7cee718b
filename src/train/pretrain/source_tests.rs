//! Streams of batches: every page once a pass, the same again for the same seed.

use super::*;
use crate::train::pretrain::fixture;
use std::collections::BTreeSet;

fn tokenizer() -> WordTokenizer {
    let json = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model/tokenizer.json"));
    WordTokenizer::from_bytes(&json.unwrap(), b"", 30_522).unwrap()
}

fn source(tokenizer: &WordTokenizer, shards: Vec<PathBuf>) -> ShardSource<'_> {
    ShardSource {
        shards,
        tokenizer,
        window: WindowOptions::default(),
        objectives: Objectives { mvlm: true, tia: true, tim: true },
        vocabulary: Vocabulary { mask: 103, size: 30_522 },
        batch_tokens: 400,
        visual: 49,
        seed: 4,
        held_out: 0.2,
        has_pictures: true,
        device: Device::Cpu,
    }
}

fn documents(batches: &[Vec<Pair>]) -> Vec<String> {
    batches.iter().flatten().map(|(page, _)| page.document.to_string()).collect()
}

fn pass(source: &ShardSource, number: usize) -> Vec<Vec<Pair>> {
    source.pass(number).map(|batch| batch.unwrap()).collect()
}

#[test]
fn a_pass_holds_every_page_once_but_the_held_out_ones() {
    let dir = tempfile::tempdir().unwrap();
    let tokenizer = tokenizer();
    let source = source(&tokenizer, fixture::shards(dir.path(), 90, 40));
    let first = documents(&pass(&source, 0));
    let (second, again) = (documents(&pass(&source, 1)), documents(&pass(&source, 0)));
    assert_eq!(first, again);
    assert_ne!(first, second);
    let seen: BTreeSet<&String> = first.iter().collect();
    assert_eq!(seen.len(), first.len(), "a page stands in one batch");
    assert_eq!(seen, second.iter().collect());
    let held = (0..90).filter(|n| is_held_out(&format!("doc{n}"), 0.2, 4)).count();
    assert_eq!(first.len() + held, 90);
    assert!(held > 5);
    let dev = source.dev().unwrap();
    assert_eq!(dev.iter().flatten().count(), held);
}

#[test]
fn batches_fit_and_a_donor_is_another_document() {
    let dir = tempfile::tempdir().unwrap();
    let tokenizer = tokenizer();
    let source = source(&tokenizer, fixture::shards(dir.path(), 90, 40));
    for batch in pass(&source, 0) {
        let longest = batch.iter().map(|(page, _)| page.window.len()).max().unwrap();
        assert!((longest + 49) * batch.len() <= 400);
        for (page, donor) in &batch {
            let donor = donor.as_ref().unwrap();
            assert_ne!(donor.get_pixel(0, 0), page.picture.as_ref().unwrap().get_pixel(0, 0));
        }
    }
}

#[test]
fn white_pages_are_asked_nothing_about_their_picture() {
    let dir = tempfile::tempdir().unwrap();
    let tokenizer = tokenizer();
    let plain = source(&tokenizer, fixture::shards(dir.path(), 30, 40));
    let source = ShardSource { has_pictures: false, ..plain };
    let batch = source.pass(0).next().unwrap().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let batch = source.prepare(batch, &mut random).unwrap();
    let ignored = crate::train::example::IGNORED;
    assert!(bool::try_from(batch.tim.eq(ignored).all()).unwrap());
    assert!(bool::try_from(batch.tia.eq(ignored).all()).unwrap());
    assert!(bool::try_from(batch.mvlm.ne(ignored).any()).unwrap());
}

#[test]
fn a_damaged_shard_is_an_error_not_a_short_pass() {
    let dir = tempfile::tempdir().unwrap();
    let tokenizer = tokenizer();
    let shards = fixture::shards(dir.path(), 40, 40);
    let bytes = std::fs::read(&shards[0]).unwrap();
    std::fs::write(&shards[0], &bytes[..bytes.len() / 2]).unwrap();
    let source = source(&tokenizer, shards);
    assert!(source.pass(0).any(|batch| batch.is_err()));
}
