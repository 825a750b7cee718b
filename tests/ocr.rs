//! Reading pages with the real engine. Needs Tesseract and its English data, nothing else.
#![cfg(feature = "ocr")]

use image::{Rgb, RgbImage};
use layoutlm::ErrorCode;
use layoutlm::homography::Homography;
use layoutlm::input::PageImage;
use layoutlm::ocr::pool::TesseractPool;
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

/// A letter whose head is a picture, with these words in its text layer.
#[cfg(feature = "pdf")]
fn letter_with_picture(text: &str) -> Vec<u8> {
    const POINTS: f64 = 72.0 / 200.0;
    let head = image::imageops::crop_imm(&receipt().image, 0, 0, 640, 160).to_image();
    let head = image::imageops::grayscale(&head);
    let hexadecimal: String = head.as_raw().iter().map(|level| format!("{level:02x}")).collect();
    let (width, height) = head.dimensions();
    let content = format!(
        "q {} 0 0 {} 72 640 cm BI /W {width} /H {height} /BPC 8 /CS /G /F /AHx ID {hexadecimal}> EI Q \
         BT /F1 12 Tf 72 500 Td ({text}) Tj ET",
        f64::from(width) * POINTS,
        f64::from(height) * POINTS,
    );
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 << \
         /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
            .to_string(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = String::new();
    for (object, number) in objects.iter().zip(1..) {
        places += &format!("{:010} 00000 n \n", bytes.len());
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let table = format!(
        "xref\n0 5\n0000000000 65535 f \n{places}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n",
        bytes.len()
    );
    bytes.extend(table.bytes());
    bytes
}

#[cfg(feature = "pdf")]
#[test]
fn a_picture_beside_a_text_layer_is_read_and_only_where_that_is_wanted() {
    use layoutlm::input::{InputOptions, Source, TextLayerMode, open};
    let read = |text_layer| {
        let options = InputOptions { text_layer, ..InputOptions::default() };
        let bytes = letter_with_picture("Dear reader, your books are ready.");
        let source = Source::Bytes { name: "letter.pdf".into(), bytes };
        let mut page = open(&source, &options).unwrap().next().unwrap().unwrap();
        ocr::words_of(&mut page, || Ok(recognizer())).unwrap().0
    };
    let words = read(TextLayerMode::Auto);
    assert!(text(&words).starts_with("HARBOUR BOOKS LTD 14 Quayside"), "{}", text(&words));
    assert!(text(&words).ends_with("Dear reader, your books are ready."), "{}", text(&words));
    let of_layer = words.words.iter().filter(|word| word.confidence == 1.0);
    assert_eq!(of_layer.count(), 6, "what was read is not as sure as what stands in the file");
    assert_eq!(text(&read(TextLayerMode::Only)), "Dear reader, your books are ready.");
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
