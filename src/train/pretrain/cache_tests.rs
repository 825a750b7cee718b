//! Pages are read once; a page that can't be read is said and passed over.

use super::*;
use crate::document::Word;
use crate::geometry::PixelBox;
use crate::input::PageImage;
use crate::ocr::{Recognition, Recognizer};
use crate::train::data::shard::ShardReader;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
struct Heard {
    failed: Mutex<Vec<String>>,
    done: AtomicUsize,
}

impl Watcher for Heard {
    fn begin(&self, _documents: usize) {}
    fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
    fn failed(&self, error: &Error) {
        self.failed.lock().unwrap().push(error.to_string());
    }
}

struct Fake;

impl Recognizer for Fake {
    fn recognize(&self, _page: &PageImage) -> Result<Recognition> {
        let bbox = PixelBox::new(2, 2, 20, 10);
        let word = Word { text: "word".into(), bbox, confidence: 0.9, line: 0, block: 0 };
        Ok(Recognition { words: vec![word], ..Recognition::default() })
    }
    fn engine(&self) -> String {
        "fake".into()
    }
    fn language(&self) -> String {
        "eng".into()
    }
}

fn picture(path: &Path) {
    image::RgbImage::from_pixel(60, 40, image::Rgb([200; 3])).save(path).unwrap();
}

#[test]
fn pages_are_read_once_and_a_broken_one_is_passed_over() {
    let room = tempfile::tempdir().unwrap();
    let (scans, cache) = (room.path().join("scans"), room.path().join("cache"));
    std::fs::create_dir_all(scans.join("below")).unwrap();
    picture(&scans.join("a.png"));
    picture(&scans.join("below/b.png"));
    std::fs::write(scans.join("c.png"), b"no picture").unwrap();
    let opened = AtomicUsize::new(0);
    let open = || -> Result<Box<dyn Recognizer>> {
        opened.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Fake))
    };
    let origin = Origin::parse(scans.to_str().unwrap()).unwrap();
    assert_eq!(origin, Origin::Pages(scans.clone()));
    let heard = Heard::default();
    let reading = PageReading::new(&open, "eng");
    let shards = shards_of(&origin, &cache, &reading, &heard).unwrap();
    let samples: Vec<Sample> =
        ShardReader::open(&shards[0]).unwrap().map(|sample| sample.unwrap()).collect();
    let ids: Vec<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
    assert_eq!(ids, ["a.png#1", "below/b.png#1"]);
    assert_eq!(heard.failed.lock().unwrap().len(), 1);
    assert_eq!(heard.done.load(Ordering::Relaxed), 3);
    // Again, with a reader that would fail.
    let none = || -> Result<Box<dyn Recognizer>> { Err(Error::usage("OCR was asked for")) };
    let again = shards_of(&origin, &cache, &PageReading::new(&none, "eng"), &heard).unwrap();
    assert_eq!(again, shards);
    // Another language reads other words.
    let other = fingerprint("deu", &pages::list(&scans).unwrap());
    assert!(!cache.join(format!("{other}.shard")).exists());
}

#[test]
fn a_labelled_data_set_becomes_shards_with_small_pictures() {
    let cache = tempfile::tempdir().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/funsd");
    let none = || -> Result<Box<dyn Recognizer>> { Err(Error::usage("OCR was asked for")) };
    let reading = PageReading::new(&none, "");
    let origin = Origin::parse(path.to_str().unwrap()).unwrap();
    let heard = Heard::default();
    let shards = shards_of(&origin, cache.path(), &reading, &heard).unwrap();
    assert_eq!(shards_of(&origin, cache.path(), &reading, &heard).unwrap(), shards);
    let sample = ShardReader::open(&shards[0]).unwrap().next().unwrap().unwrap();
    let Some(Picture::Image(image)) = &sample.picture else { panic!("a picture") };
    assert_eq!(image.dimensions(), (224, 224));
    // The shards are a data set of their own.
    let written = Origin::parse(shards[0].to_str().unwrap()).unwrap();
    assert_eq!(shards_of(&written, cache.path(), &reading, &heard).unwrap(), shards);
}
