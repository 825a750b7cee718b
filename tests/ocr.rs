//! Reading pages with the real engine. Needs Tesseract and its English data, nothing else.
#![cfg(feature = "ocr")]

use image::{Rgb, RgbImage};
use layoutlm::ErrorCode;
use layoutlm::homography::Homography;
use layoutlm::input::PageImage;
use layoutlm::ocr::tesseract::TesseractPool;
use layoutlm::ocr::{self, PageReader, Recognition, Recognizer, TesseractOptions};
use std::sync::OnceLock;

/// One recogniser for all tests: engines are slow to start.
fn recognizer() -> &'static dyn Recognizer {
    static SHARED: OnceLock<Box<dyn Recognizer>> = OnceLock::new();
    SHARED.get_or_init(|| ocr::open(&TesseractOptions::default()).unwrap()).as_ref()
}

fn page(image: RgbImage) -> PageImage {
    PageImage { number: 1, image, dpi: None, text_layer: None }
}

fn receipt() -> PageImage {
    page(image::open("tests/pages/receipt.png").unwrap().to_rgb8())
}

fn text(recognition: &Recognition) -> String {
    recognition.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn receipt_is_read_with_boxes_on_the_page() {
    let page = receipt();
    let read = recognizer().recognize(&page).unwrap();
    let text = text(&read);
    for part in ["HARBOUR BOOKS", "12/03/2018", "Winter Stories 9.95", "TOTAL 49.94"] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    for word in &read.words {
        assert!(word.bbox.area() > 0 && word.bbox.clamp_to(page.size()) == word.bbox, "{word:?}");
        assert!((0.0..=1.0).contains(&word.confidence), "{word:?}");
    }
    let total = read.words.iter().find(|w| w.text == "TOTAL").unwrap();
    let amount = read.words.iter().find(|w| w.text == "49.94").unwrap();
    assert_eq!(total.line, amount.line);
    assert!(read.words.is_sorted_by_key(|w| w.line));
    assert!(read.words.is_sorted_by_key(|w| w.block));
}

#[test]
fn same_page_reads_the_same_from_many_threads() {
    let expected = recognizer().recognize(&receipt()).unwrap().words;
    std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| recognizer().recognize(&receipt()).unwrap())).collect();
        for reader in readers {
            assert_eq!(reader.join().unwrap().words, expected);
        }
    });
}

#[test]
fn blank_page_has_no_words() {
    let blank = page(RgbImage::from_pixel(600, 800, Rgb([255; 3])));
    assert!(recognizer().recognize(&blank).unwrap().words.is_empty());
}

#[test]
fn pages_of_a_few_pixels_have_no_words() {
    for (width, height) in [(1, 1), (2, 900), (900, 2), (7, 7)] {
        let tiny = page(RgbImage::from_pixel(width, height, Rgb([0; 3])));
        assert!(recognizer().recognize(&tiny).unwrap().words.is_empty(), "{width}×{height}");
    }
}

#[test]
fn missing_language_is_an_error_that_names_the_package() {
    let options = TesseractOptions { language: "eng+zzz".into(), ..Default::default() };
    let error = ocr::open(&options).err().unwrap();
    assert_eq!(error.code, ErrorCode::OcrLanguage);
    assert!(error.hint.unwrap().contains("tesseract-ocr-zzz"));
}

#[test]
fn broken_language_data_is_an_error_not_a_crash() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("eng.traineddata"), b"not a model").unwrap();
    let options = TesseractOptions {
        tessdata_dir: Some(data.path().to_path_buf()),
        // The engine is asked for the lines; those of this page it would not be asked for else.
        psm: ocr::SegmentationMode::Fixed(6),
        ..Default::default()
    };
    let error = ocr::open(&options).unwrap().recognize(&receipt()).unwrap_err();
    assert_eq!(error.code, ErrorCode::OcrUnavailable);
    assert_eq!(error.page, Some(1));
}

/// The receipt turned clockwise by quarters before it was scanned.
fn turned(quarters: u32) -> PageImage {
    let mut page = receipt();
    for _ in 0..quarters {
        page.image = image::imageops::rotate90(&page.image);
    }
    page
}

#[test]
fn pages_on_their_side_or_head_are_read_and_boxes_stay_in_their_pixels() {
    for quarters in 1..4 {
        let page = turned(quarters);
        let read = recognizer().recognize(&page).unwrap();
        assert_eq!(u32::from(read.rotation), (4 - quarters) * 90);
        let total = read.words.iter().find(|w| w.text == "TOTAL").unwrap();
        assert!(total.bbox.clamp_to(page.size()) == total.bbox, "{total:?}");
        let tall = total.bbox.height() > total.bbox.width();
        assert_eq!(tall, quarters % 2 == 1, "{quarters}: {total:?}");
    }
}

/// The receipt on a dark table, photographed from its foot and a little from the left.
fn photograph() -> (PageImage, Homography) {
    let receipt = receipt().image;
    let (width, height) = (receipt.width() as f32, receipt.height() as f32);
    let corners = [(0.20, 0.10), (0.88, 0.06), (1.12, 1.14), (0.06, 1.02)]
        .map(|(x, y)| (x * width, y * height));
    let lens = Homography::to_quad(width, height, corners).unwrap();
    let back = lens.inverse().unwrap();
    let (wide, high) = ((1.2 * width) as u32, (1.2 * height) as u32);
    let image = RgbImage::from_fn(wide, high, |x, y| {
        let (u, v) = back.apply(f64::from(x) + 0.5, f64::from(y) + 0.5);
        let (u, v) = ((u - 0.5) as f32, (v - 0.5) as f32);
        let table = Rgb([70 + (x % 5) as u8, 60, 50 + (y % 7) as u8]);
        image::imageops::interpolate_bilinear(&receipt, u, v).filter(|_| u >= 0.0).unwrap_or(table)
    });
    (page(image), lens)
}

#[test]
fn a_receipt_photographed_at_an_angle_is_read_with_boxes_in_the_photograph() {
    let (page, lens) = photograph();
    let read = recognizer().recognize(&page).unwrap();
    let text = text(&read);
    for part in ["HARBOUR BOOKS", "12/03/2018", "Winter Stories 9.95", "TOTAL 49.94"] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    let plain = recognizer().recognize(&receipt()).unwrap();
    let of = |read: &Recognition| read.words.iter().find(|w| w.text == "TOTAL").unwrap().bbox;
    let [left, top, right, bottom] =
        lens.carry(<[u32; 4]>::from(of(&plain)).map(|side| side as f32)).map(|v| v as i64);
    let wanted = layoutlm::geometry::PixelBox::new(left, top, right, bottom);
    assert!(of(&read).iou(wanted) > 0.6, "{:?} should be {wanted:?}", of(&read));
}

#[test]
fn pages_that_need_no_flattening_read_as_without_it() {
    let options = TesseractOptions::default();
    let never = ocr::SheetOptions { find: false, ..Default::default() };
    let read = |sheet: ocr::SheetOptions, page: &PageImage| {
        let engine = TesseractPool::new(&options).unwrap();
        let how = ocr::ReadOptions { sheet, ..Default::default() };
        PageReader::with_options(engine, options.clone(), how).recognize(page).unwrap().words
    };
    let scan = receipt();
    assert_eq!(read(ocr::SheetOptions::default(), &scan), read(never.clone(), &scan));
    let (photograph, _) = photograph();
    assert_ne!(read(ocr::SheetOptions::default(), &photograph), read(never, &photograph));
}

#[test]
fn white_print_on_black_is_read() {
    let mut page = receipt();
    image::imageops::invert(&mut page.image);
    assert!(text(&recognizer().recognize(&page).unwrap()).contains("TOTAL 49.94"));
}

#[test]
fn lines_are_found_without_reading_them() {
    let options = TesseractOptions::default();
    let reader = PageReader::new(TesseractPool::new(&options).unwrap(), options);
    let page = receipt();
    let (picture, lines) = reader.find_lines(&page).unwrap();
    assert_eq!(picture.dimensions(), page.image.dimensions());
    for word in reader.recognize(&page).unwrap().words {
        let line = lines.iter().find(|line| {
            line.words.iter().any(|found| found.intersection_area(word.bbox) * 2 > word.bbox.area())
        });
        assert!(line.is_some(), "no line holds {word:?}");
    }
}
