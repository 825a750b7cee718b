use super::*;
use crate::geometry::PageSize;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn sample(tags: &[&str]) -> Sample {
    let words = (0..tags.len() as i64)
        .map(|i| Word {
            text: format!("word{i}00"),
            bbox: PixelBox::new(10 + 50 * i, 10, 55 + 50 * i, 22),
            confidence: 1.0,
            line: (i / 4) as u32,
            block: 0,
        })
        .collect();
    let size = PageSize::new(60 + 50 * tags.len() as u32, 40);
    let mut sample = Sample::unlabelled("a", "synth", size, words);
    sample.tags = tags.iter().map(|t| t.to_string()).collect();
    sample.annotated = vec!["total".into(), "company".into()];
    sample.segments = sample.words.iter().map(|w| w.bbox).collect();
    sample
}

proptest! {
    #[test]
    fn what_comes_out_is_a_sound_sample(
        tags in proptest::collection::vec(
            proptest::sample::select(vec!["O", "B-TOTAL", "I-TOTAL", "B-COMPANY", "I-COMPANY"]),
            2..40,
        ),
        seed in 0u64..1000,
    ) {
        let mut before = sample(&tags);
        before.links = vec![(0, tags.len() - 1)];
        let heavy = NoiseOptions {
            confuse: 0.2, slip: 0.1, split: 0.3, join: 0.3, lose: 0.2, invent: 0.2,
            swap_lines: 0.5, spare: 0.0, ..NoiseOptions::default()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let after = corrupt(&before, &mut rng, &heavy);
        after.check().unwrap();
        for word in &after.words {
            prop_assert!(!word.text.is_empty());
            prop_assert_eq!(word.bbox, word.bbox.clamp_to(after.size));
        }
    }
}

#[test]
fn a_split_word_keeps_its_entity_and_a_lost_beginning_is_mended() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let entry = entries(&sample(&["B-TOTAL"])).next().unwrap();
    let (first, second) = split(&entry, &mut rng, 1.1).unwrap();
    assert_eq!((first.tag.as_deref(), second.tag.as_deref()), (Some("B-TOTAL"), Some("I-TOTAL")));
    assert_eq!(format!("{}{}", first.word.text, second.word.text), "word000");
    let mut rest: Vec<Entry> = entries(&sample(&["O", "I-TOTAL"])).collect();
    mend_tags(&mut rest);
    assert_eq!(rest[1].tag.as_deref(), Some("B-TOTAL"));
}

#[test]
fn keys_are_read_before_values_where_a_block_is_taken_for_two_columns() {
    let mut keys = sample(&["O", "B-TOTAL", "O", "B-COMPANY", "I-COMPANY"]);
    for (word, (left, top)) in
        keys.words.iter_mut().zip([(0, 0), (200, 0), (0, 20), (200, 20), (260, 20)])
    {
        word.bbox = PixelBox::new(left, top, left + 50, top + 12);
    }
    let mut block: Vec<Entry> = entries(&keys).collect();
    read_columns(&mut block);
    let order: Vec<&str> = block.iter().map(|e| e.word.text.as_str()).collect();
    assert_eq!(order, ["word000", "word200", "word100", "word300", "word400"]);
    // Running text has no white stripe as wide as its letters are high.
    let line = sample(&["O"; 6]);
    let mut block: Vec<Entry> = entries(&line).collect();
    read_columns(&mut block);
    assert!(block.windows(2).all(|pair| pair[0].word.bbox.left() < pair[1].word.bbox.left()));
}

#[test]
fn words_of_two_entities_are_never_joined() {
    let all: Vec<Entry> = entries(&sample(&["B-TOTAL", "B-COMPANY"])).collect();
    assert!(!join(&mut all[0].clone(), &all[1]));
    let all: Vec<Entry> = entries(&sample(&["O", "B-TOTAL"])).collect();
    let mut first = all[0].clone();
    assert!(join(&mut first, &all[1]));
    assert_eq!(first.tag.as_deref(), Some("B-TOTAL"));
}
