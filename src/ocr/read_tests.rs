use super::*;
use crate::ocr::frame::Turn;
use image::{Luma, Rgb, RgbImage};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reads every picture as one word that covers it.
struct OneWord;

impl Engine for OneWord {
    fn read_all(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<Word>>> {
        let word = |request: ReadRequest| {
            let (width, height) = request.image.dimensions();
            let bbox = PixelBox::new(0, 0, width.into(), height.into());
            Ok(vec![Word { text: "word".into(), bbox, confidence: 0.9, line: 0, block: 0 }])
        };
        requests.into_iter().map(word).collect()
    }
    fn find_lines(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<FoundLine>>> {
        let line = |words: Result<Vec<Word>>| {
            let words: Vec<PixelBox> = words?.into_iter().map(|word| word.bbox).collect();
            Ok(vec![FoundLine { bbox: words[0], block: 0, words }])
        };
        self.read_all(requests).into_iter().map(line).collect()
    }
    fn width(&self) -> usize {
        2
    }
    fn name(&self) -> String {
        "one word".into()
    }
    fn language(&self) -> String {
        "eng".into()
    }
}

/// Says how many lines were passed over.
struct Counter;

impl SecondReader for Counter {
    fn look(
        &self,
        _page: &GrayImage,
        words: Vec<Word>,
        unread: Vec<PixelBox>,
    ) -> Result<Vec<Word>> {
        let text = format!("{} beside {}", unread.len(), words.len());
        Ok(words.into_iter().map(|word| Word { text: text.clone(), ..word }).collect())
    }
}

/// Six lines of letters that are 6 wide and 8 high, which is small.
fn page() -> PageImage {
    let image = RgbImage::from_fn(400, 300, |x, y| {
        let inked = x % 9 < 6 && y % 50 >= 20 && y % 50 < 28;
        Rgb([if inked { 0 } else { 255 }; 3])
    });
    PageImage { number: 1, image, dpi: None, text_layer: None }
}

fn reader() -> PageReader<OneWord> {
    PageReader::new(OneWord, TesseractOptions::default())
}

#[test]
fn bands_give_their_words_in_page_pixels_with_lines_counted_on() {
    let page = page();
    let read = reader().recognize(&page).unwrap();
    assert_eq!(read.words.len(), 2, "two engines, two bands");
    assert_eq!((read.words[0].line, read.words[1].line), (0, 1));
    let whole = read.words[0].bbox.union(read.words[1].bbox);
    assert_eq!(whole, page.size().bounds());
    let (_, lines) = reader().find_lines(&page).unwrap();
    let found: Vec<PixelBox> = lines.iter().map(|line| line.words[0]).collect();
    assert_eq!(found, [read.words[0].bbox, read.words[1].bbox]);
}

/// Counts the pixels that it is given to read.
struct Pixels {
    count: AtomicUsize,
    confidence: f32,
}

impl Pixels {
    fn read_with(confidence: f32) -> Self {
        Self { count: AtomicUsize::new(0), confidence }
    }
}

impl Engine for &Pixels {
    fn read_all(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<Word>>> {
        let pixels: usize = requests.iter().map(|request| request.image.as_raw().len()).sum();
        self.count.fetch_add(pixels, Ordering::Relaxed);
        let as_sure = |word: Word| Word { confidence: self.confidence, ..word };
        let read = OneWord.read_all(requests).into_iter();
        read.map(|words| Ok(words?.into_iter().map(as_sure).collect())).collect()
    }
    fn find_lines(&self, requests: Vec<ReadRequest>) -> Vec<Result<Vec<FoundLine>>> {
        OneWord.find_lines(requests)
    }
    fn width(&self) -> usize {
        OneWord.width()
    }
    fn name(&self) -> String {
        OneWord.name()
    }
    fn language(&self) -> String {
        OneWord.language()
    }
}

/// Reading is what a page costs. A clock would tell it only on a quiet machine; this tells it
/// always.
#[test]
fn a_page_that_reads_well_is_read_once() {
    let pixels = Pixels::read_with(0.9);
    for fewest_letters in [60, usize::MAX] {
        let bands = BandOptions { fewest_letters, ..BandOptions::default() };
        let plan = PlanOptions {
            small_letters: 0.0,
            small_receipt_letters: 0.0,
            ..PlanOptions::default()
        };
        let options = ReadOptions { bands, plan, ..ReadOptions::default() };
        let reader = PageReader::with_options(&pixels, TesseractOptions::default(), options);
        let page = page();
        reader.recognize(&page).unwrap();
        let read = pixels.count.swap(0, Ordering::Relaxed);
        assert_eq!(read, page.image.as_raw().len() / 3, "{fewest_letters}");
    }
}

/// As seen: a bill on a table whose edges swing, where the whole picture gave not a word.
#[test]
fn what_may_be_a_sheet_in_a_photograph_is_read_too() {
    let image = image::RgbImage::from_fn(300, 400, |x, y| {
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        let swing = 5.0 * (y / 40.0).sin();
        image::Rgb([if (95.0 + swing..205.0 + swing).contains(&x) { 220 } else { 95 }; 3])
    });
    let table = PageImage { number: 1, image, dpi: None, text_layer: None };
    let pixels = |find: bool| {
        let pixels = Pixels::read_with(0.9);
        let sheet = SheetOptions { find, ..SheetOptions::default() };
        let options = ReadOptions { sheet, ..ReadOptions::default() };
        let reader = PageReader::with_options(&pixels, TesseractOptions::default(), options);
        reader.recognize(&table).unwrap();
        pixels.count.load(Ordering::Relaxed)
    };
    assert!(pixels(true) >= pixels(false) + 110 * 400);
}

#[test]
fn second_reader_has_the_last_word() {
    let reader = reader().with_second_reader(Arc::new(Counter));
    let read = reader.recognize(&page()).unwrap();
    assert_eq!(read.words[0].text, "0 beside 2", "the words cover all letters");
}

#[test]
fn tiny_and_empty_pages_pass_through() {
    for (width, height) in [(1, 1), (1, 900), (900, 1)] {
        let image = RgbImage::new(width, height);
        let page = PageImage { number: 1, image, dpi: None, text_layer: None };
        assert_eq!(reader().recognize(&page).unwrap().words.len(), 1);
    }
    let gray = GrayImage::from_pixel(3, 3, Luma([255]));
    assert!(Upright::new(&gray, Turn::none(PageSize::new(3, 3))).blobs.is_empty());
}
