//! Shards written, read, shuffled, cut and damaged.

use super::super::shuffle::ShuffledShards;
use super::*;
use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use proptest::prelude::*;

fn sample(number: usize) -> Sample {
    let word = Word {
        text: format!("w{number}"),
        bbox: PixelBox::new(1, 2, 30, 12),
        confidence: 0.5,
        line: 3,
        block: 1,
    };
    let mut sample = Sample::unlabelled(
        format!("s{number}"),
        "test",
        PageSize::new(100, 80),
        vec![word.clone(), word],
    );
    sample.annotated = vec!["total".to_string()];
    sample.tags = vec!["B-TOTAL".to_string(), "O".to_string()];
    sample.ignore = vec![false, true];
    sample.truth.insert("total".to_string(), "9.00".to_string());
    sample.links = vec![(0, 1)];
    sample
}

fn written(count: usize) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.shard");
    let mut writer = ShardWriter::create(&path).unwrap();
    for number in 0..count {
        let gray = RgbImage::from_pixel(8, 6, Rgb([number as u8; 3]));
        let color = RgbImage::from_fn(8, 6, |x, y| Rgb([x as u8, y as u8, number as u8]));
        let picture = [None, Some(&gray), Some(&color)][number % 3];
        writer.push(&sample(number), picture).unwrap();
    }
    writer.finish().unwrap();
    (dir, path)
}

#[test]
fn samples_and_pictures_come_back_as_they_were() {
    let (_dir, path) = written(70);
    let read: Vec<Sample> = ShardReader::open(&path).unwrap().collect::<Result<_>>().unwrap();
    assert_eq!(read.len(), 70);
    for (number, back) in read.iter().enumerate() {
        let expected = sample(number);
        assert_eq!(format!("{:?}", Record::of(back)), format!("{:?}", Record::of(&expected)));
        let Some(Picture::Image(image)) = &back.picture else {
            assert_eq!(number % 3, 0);
            continue;
        };
        let corner = image.get_pixel(7, 5).0;
        let color = if number % 3 == 1 { [number as u8; 3] } else { [7, 5, number as u8] };
        assert_eq!(corner, color);
    }
}

#[test]
fn pictures_are_loaded_and_shrunk_on_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.shard");
    let mut with_picture = sample(0);
    with_picture.picture = Some(Picture::Image(RgbImage::from_pixel(40, 30, Rgb([9, 9, 9]))));
    let half = |image: &RgbImage| {
        Ok(image::imageops::thumbnail(image, image.width() / 2, image.height() / 2))
    };
    write_shard(&path, &[with_picture, sample(1)], half).unwrap();
    let read: Vec<Sample> = ShardReader::open(&path).unwrap().collect::<Result<_>>().unwrap();
    assert!(matches!(&read[0].picture, Some(Picture::Image(i)) if i.dimensions() == (20, 15)));
    assert!(read[1].picture.is_none());
}

#[test]
fn an_interrupted_writer_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.shard");
    let mut writer = ShardWriter::create(&path).unwrap();
    writer.push(&sample(0), None).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_cut_shard_is_an_error_not_a_short_data_set() {
    let (_dir, path) = written(40);
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 5, 12, 20, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let result: Result<Vec<Sample>> =
            ShardReader::open(&path).and_then(|reader| reader.collect());
        assert_eq!(result.unwrap_err().code, ErrorCode::DataInvalid, "cut at {length}");
    }
}

#[test]
fn another_version_is_refused_by_number() {
    let (_dir, path) = written(1);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 9;
    std::fs::write(&path, &bytes).unwrap();
    let error = ShardReader::open(&path).err().unwrap();
    assert!(error.to_string().contains("version 9"), "{error}");
}

#[test]
fn shuffling_loses_nothing_and_follows_seed_and_pass() {
    let (_dir, path) = written(70);
    let pass = |seed: u64, pass: u64| -> Vec<String> {
        let samples = ShuffledShards::new(vec![path.clone()], 16, seed, pass);
        samples.map(|sample| sample.unwrap().id).collect()
    };
    let first = pass(1, 0);
    assert_eq!(first, pass(1, 0));
    assert_ne!(first, pass(1, 1));
    assert_ne!(first, pass(2, 0));
    let mut sorted = first.clone();
    sorted.sort();
    let mut all: Vec<String> = (0..70).map(|number| format!("s{number}")).collect();
    all.sort();
    assert_eq!(sorted, all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_changed_byte_is_noticed_or_harmless(place in 0.0f64..1.0, change in 1u8..=255) {
        let (_dir, path) = written(3);
        let read = |path: &Path| -> Result<Vec<Sample>> {
            ShardReader::open(path).and_then(|reader| reader.collect())
        };
        let before = format!("{:?}", read(&path).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        let index = (place * bytes.len() as f64) as usize;
        bytes[index] ^= change;
        std::fs::write(&path, &bytes).unwrap();
        // Some bits of a zstd frame's header, such as its window size, change nothing that is read.
        if let Ok(after) = read(&path) {
            prop_assert_eq!(format!("{after:?}"), before);
        }
    }
}
