//! PDFs written by hand: what each page must give, and that no damage does harm.

use crate::document::Word;
use crate::error::{Error, ErrorCode, Result};
use crate::geometry::PixelBox;
use crate::input::fault_tests::change;
use crate::input::{
    DocumentPages, InputOptions, PageImage, Source, TextLayer, TextLayerMode, open,
};
use proptest::prelude::*;

/// A letter page at 200 dpi: 72 points are 200 pixels.
const LETTER: &str = "/MediaBox [0 0 612 792]";
const FONT: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";
/// Character codes that stand for glyphs without a meaning.
const NAMELESS_FONT: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding \
     << /Differences [97 /g1 /g2 /g3 /g4 /g5 /g6 /g7 /g8 /g9 /g10 /g11 /g12 /g13 /g14 /g15] >> >>";
/// A picture of black lines over the whole page: what a scanner makes.
const SCAN: &str = "q 612 0 0 792 0 0 cm BI /W 4 /H 40 /CS /G /BPC 8 /F /AHx ID \
     FF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFF\
     FF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFF\
     FF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFF\
     FF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFFFF000000FFFFFFFF> EI Q ";

/// A file of numbered objects, the first of which is the catalogue.
fn file(objects: &[String]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let start = bytes.len();
    let size = objects.len() + 1;
    bytes.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for offset in offsets {
        bytes.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    bytes.extend(trailer.bytes());
    bytes
}

/// Pages of these contents, each with its page attributes.
fn pdf(pages: &[(&str, &str)]) -> Vec<u8> {
    let first = 5;
    let kids: Vec<String> = (0..pages.len()).map(|i| format!("{} 0 R", first + 2 * i)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        FONT.to_string(),
        NAMELESS_FONT.to_string(),
    ];
    for (index, (attributes, content)) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R {attributes} /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            first + 2 * index + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    file(&objects)
}

fn open_with(bytes: Vec<u8>, options: &InputOptions) -> Result<DocumentPages> {
    open(&Source::Bytes { name: "paper.pdf".into(), bytes }, options)
}

fn page_in_mode(attributes: &str, content: &str, text_layer: TextLayerMode) -> PageImage {
    let options = InputOptions { text_layer, ..InputOptions::default() };
    let mut pages = open_with(pdf(&[(attributes, content)]), &options).unwrap();
    pages.next().unwrap().unwrap()
}

fn page(content: &str) -> PageImage {
    page_in_mode(LETTER, content, TextLayerMode::Auto)
}

fn words(content: &str) -> Vec<Word> {
    page(content).text_layer.expect("a sound text layer").words
}

fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

fn near(found: PixelBox, wanted: [u32; 4], tolerance: u32) -> bool {
    <[u32; 4]>::from(found).iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

#[test]
fn words_have_the_boxes_of_their_ink() {
    let page = page("BT /F1 36 Tf 72 720 Td (Hill mown) Tj ET");
    assert_eq!((page.size().width, page.size().height, page.dpi), (1700, 2200, Some(200)));
    let words = page.text_layer.unwrap().words;
    assert_eq!(texts(&words), ["Hill", "mown"]);
    // Helvetica at 100 pixels an em: capitals are .72 high; H, i, l, l are .72 + .22 · 3 wide.
    assert!(near(words[0].bbox, [208, 128, 333, 200], 4), "{:?}", words[0].bbox);
    assert_eq!((words[0].line, words[1].line, words[0].confidence), (0, 0, 1.0));
    // The boxes hold the dark pixels and nothing else is dark.
    for (x, y, pixel) in page.image.enumerate_pixels() {
        let inside = words.iter().any(|word| {
            let bbox = word.bbox;
            (bbox.left()..bbox.right()).contains(&x) && (bbox.top()..bbox.bottom()).contains(&y)
        });
        assert!(inside || pixel.0[0] > 200, "ink outside of words at {x}, {y}");
    }
}

#[test]
fn words_set_without_spaces_are_told_apart_by_their_distance() {
    let content = "BT /F1 12 Tf 72 700 Td [(Net) -400 (to) 20 (tal) -4000 (11.00)] TJ ET \
         BT /F1 12 Tf 72 680 Td (Ta) Tj (x) Tj 100 0 Td (2.00) Tj ET";
    let words = words(content);
    assert_eq!(texts(&words), ["Net", "total", "11.00", "Tax", "2.00"]);
    let lines: Vec<u32> = words.iter().map(|word| word.line).collect();
    assert_eq!(lines, [0, 0, 0, 1, 1]);
}

#[test]
fn words_come_in_reading_order_whatever_the_order_of_the_file() {
    let content = "BT /F1 12 Tf 72 100 Td (last) Tj ET BT /F1 12 Tf 300 700 Td (second) Tj ET \
         BT /F1 12 Tf 72 700 Td (first) Tj ET";
    assert_eq!(texts(&words(content)), ["first", "second", "last"]);
}

#[test]
fn text_printed_twice_to_look_bold_is_read_once() {
    let content =
        "BT /F1 12 Tf 72 700 Td (Total aa) Tj ET BT /F1 12 Tf 72.3 700 Td (Total aa) Tj ET";
    assert_eq!(texts(&words(content)), ["Total", "aa"]);
}

#[test]
fn accents_set_apart_are_joined_with_their_letters() {
    // In Helvetica's standard encoding 310 is the dieresis and 302 the acute. TeX sets the accent first
    // and the letter under it; others set it over the letter.
    let content = "BT /F1 12 Tf 72 700 Td [(M) (\\310) 333 (u) 10 (ller caf) (e) 500 (\\302) ( ) (2^3)] TJ ET";
    assert_eq!(texts(&words(content)), ["Müller", "café", "2^3"]);
}

#[test]
fn leaders_do_not_join_a_label_with_its_value() {
    let content = "BT /F1 12 Tf 72 700 Td (Total........12.00) Tj ET \
         BT /F1 12 Tf 72 650 Td (Name:_________ etc... M------ v1...2) Tj ET";
    assert_eq!(
        texts(&words(content)),
        ["Total", "........", "12.00", "Name:", "_________", "etc...", "M------", "v1...2"]
    );
}

#[test]
fn points_within_a_date_a_sum_or_a_name_part_nothing() {
    let content =
        "BT /F1 12 Tf 72 700 Td (05.03.2014 1.234.567,89 jo.mustermann@web.de a_variable) Tj ET";
    assert_eq!(
        texts(&words(content)),
        ["05.03.2014", "1.234.567,89", "jo.mustermann@web.de", "a_variable"]
    );
}

#[test]
fn text_outside_of_page_or_clip_is_not_seen() {
    let content = "BT /F1 12 Tf 72 700 Td (seen) Tj ET BT /F1 12 Tf 72 900 Td (above) Tj ET \
         q 72 500 30 20 re W n BT /F1 12 Tf 74 505 Td (in) Tj 200 0 Td (out) Tj ET Q \
         BT /F1 12 Tf 300 505 Td (after) Tj ET";
    assert_eq!(texts(&words(content)), ["seen", "in", "after"]);
}

#[test]
fn a_turned_page_is_upright_and_its_words_with_it() {
    // Text runs upwards on the sheet, which the viewer turns clockwise.
    let content = "BT /F1 36 Tf 0 1 -1 0 100 72 Tm (Hill mown) Tj ET";
    let page = page_in_mode(&format!("{LETTER} /Rotate 90"), content, TextLayerMode::Auto);
    assert_eq!((page.size().width, page.size().height), (2200, 1700));
    let words = page.text_layer.unwrap().words;
    assert_eq!(texts(&words), ["Hill", "mown"]);
    assert!(words[0].bbox.width() > words[0].bbox.height());
    assert!(near(words[0].bbox, [208, 206, 333, 278], 4), "{:?}", words[0].bbox);
}

#[test]
fn text_that_runs_upwards_keeps_its_own_order() {
    let content = "BT /F1 12 Tf 72 700 Td (An upright line of words) Tj ET \
         BT /F1 12 Tf 0 1 -1 0 40 300 Tm (received today) Tj ET";
    let words = words(content);
    assert_eq!(texts(&words), ["An", "upright", "line", "of", "words", "received", "today"]);
    assert!(words[5].bbox.top() > words[6].bbox.top());
    assert!(words[5].bbox.height() > words[5].bbox.width());
    assert_ne!(words[4].block, words[5].block);
}

#[test]
fn a_scan_is_left_to_ocr() {
    assert_eq!(page(SCAN).text_layer, None);
    assert_eq!(page("").text_layer, None);
}

#[test]
fn pages_for_ocr_are_rendered_as_finely_as_their_scan() {
    // 1275 pixels on 8.5 inches are 150 dpi, 2550 are 300, 5100 are 600.
    let scan = |width: u32, text: &str| {
        let (height, content) = (width * 11 / 85, "q 612 0 0 792 0 0 cm /Im Do Q");
        let resources = "/Resources << /XObject << /Im 7 0 R >> /Font << /F1 3 0 R >> >>";
        let length = content.len() + text.len();
        let image = format!(
            "<< /Type /XObject /Subtype /Image /Width {width} /Height {} /ColorSpace /DeviceGray \
             /BitsPerComponent 1 /Length 0 >>\nstream\n\nendstream",
            height * 10
        );
        file(&[
            "<< /Type /Catalog /Pages 2 0 R >>".into(),
            "<< /Type /Pages /Kids [5 0 R] /Count 1 >>".into(),
            FONT.into(),
            NAMELESS_FONT.into(),
            format!("<< /Type /Page /Parent 2 0 R {LETTER} /Contents 6 0 R {resources} >>"),
            format!("<< /Length {length} >>\nstream\n{content}{text}\nendstream"),
            image,
        ])
    };
    let dpi = |bytes: Vec<u8>, options: &InputOptions| {
        open_with(bytes, options).unwrap().next().unwrap().unwrap().dpi
    };
    let options = InputOptions::default();
    assert_eq!(dpi(scan(1275, ""), &options), Some(200));
    assert_eq!(dpi(scan(2550, ""), &options), Some(300));
    assert_eq!(dpi(scan(2125, ""), &options), Some(250));
    assert_eq!(dpi(scan(5100, ""), &options), Some(300));
    // Outlines instead of letters, and letters without a meaning.
    assert_eq!(page("0 0 50 50 re f").dpi, Some(300));
    assert_eq!(page("BT /F2 12 Tf 72 700 Td (abc) Tj ET").dpi, Some(300));
    assert_eq!(page("").dpi, Some(200));
    let fixed = InputOptions { dpi: 100, ocr_dpi: 100, ..InputOptions::default() };
    assert_eq!(dpi(scan(2550, ""), &fixed), Some(100));
}

#[test]
fn pages_that_ask_for_endless_drawing_are_refused() {
    let dashes = "[0.00001] 0 d 0 0 m 612 792 l S";
    // Eight forms, each of which draws the next ten times.
    let form = |next: usize, content: &str| {
        format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /F {next} \
             0 R >> >> /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        )
    };
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        format!(
            "<< /Type /Page /Parent 2 0 R {LETTER} /Contents 4 0 R /Resources << /XObject << /F 5 0 R \
             >> >> >>"
        ),
        "<< /Length 5 >>\nstream\n/F Do\nendstream".to_string(),
    ];
    objects.extend((6..13).map(|next| form(next, &"/F Do ".repeat(10))));
    objects.push(form(5, "0 0 5 5 re f"));
    for bytes in [pdf(&[(LETTER, dashes)]), file(&objects)] {
        let mut pages = open_with(bytes, &InputOptions::default()).unwrap();
        let error = pages.next().unwrap().unwrap_err();
        assert_eq!((error.code, error.page), (ErrorCode::TooLarge, Some(1)), "{error}");
    }
}

#[test]
fn invisible_text_is_used_only_when_asked_for() {
    let content = format!("{SCAN} BT /F1 12 Tf 3 Tr 72 700 Td (left by another OCR) Tj ET");
    assert_eq!(page(&content).text_layer, None);
    let only = page_in_mode(LETTER, &content, TextLayerMode::Only);
    assert_eq!(texts(&only.text_layer.unwrap().words), ["left", "by", "another", "OCR"]);
}

#[test]
fn a_stamp_on_a_scan_does_not_replace_the_scan() {
    let stamp = format!("{SCAN} BT /F1 8 Tf 72 780 Td (Received by fax 3 March 2020) Tj ET");
    assert_eq!(page(&stamp).text_layer, None);
}

#[test]
fn words_that_cannot_be_seen_are_left_out() {
    let hidden = "BT /F1 12 Tf 72 700 Td (seen) Tj ET 1 g BT /F1 12 Tf 72 650 Td (white) Tj ET \
         0 g BT /F1 12 Tf 72 600 Td (covered) Tj ET 1 g 60 590 200 30 re f \
         0 g BT /F1 12 Tf 72 550 Td (barred) Tj ET 60 540 200 30 re f";
    assert_eq!(texts(&words(hidden)), ["seen"]);
    let all = page_in_mode(LETTER, hidden, TextLayerMode::Only).text_layer.unwrap().words;
    assert_eq!(texts(&all), ["seen", "white", "covered", "barred"]);
    assert_eq!(page("1 g BT /F1 12 Tf 72 650 Td (white) Tj ET").text_layer, None);
}

#[test]
fn shuffled_letters_are_left_to_ocr() {
    let line = "gur gbgny bs guvf vaibvpr vf qhr jvguva guvegl qnlf bs gur qngr";
    let content: String =
        (0..3).map(|at| format!("BT /F1 12 Tf 72 {} Td ({line}) Tj ET ", 700 - 20 * at)).collect();
    assert_eq!(page(&content).text_layer, None);
}

#[test]
fn broken_encodings_are_left_to_ocr() {
    let content = "BT /F2 12 Tf 72 700 Td (abc def ghi) Tj ET";
    assert_eq!(page(content).text_layer, None);
}

#[test]
fn the_text_layer_can_be_refused() {
    let content = "BT /F1 12 Tf 72 700 Td (words) Tj ET";
    assert_eq!(page_in_mode(LETTER, content, TextLayerMode::Never).text_layer, None);
    let empty = page_in_mode(LETTER, SCAN, TextLayerMode::Only);
    assert_eq!(empty.text_layer, Some(TextLayer { words: Vec::new(), is_all: true }));
}

#[test]
fn every_page_is_judged_for_itself() {
    let born = "BT /F1 12 Tf 72 700 Td (born digital) Tj ET";
    let bytes = pdf(&[(LETTER, born), (LETTER, SCAN), (LETTER, born)]);
    let pages = open_with(bytes, &InputOptions::default()).unwrap();
    assert_eq!(pages.page_count(), 3);
    let sources: Vec<(u32, bool)> = pages
        .map(|page| page.unwrap())
        .map(|page| (page.number, page.text_layer.is_some()))
        .collect();
    assert_eq!(sources, [(1, true), (2, false), (3, true)]);
}

#[test]
fn a_page_too_large_for_the_limit_is_rendered_coarser() {
    let options = InputOptions { max_pixels: 1_000_000, ..InputOptions::default() };
    let bytes = pdf(&[(LETTER, ""), ("/MediaBox [0 0 14400 14400]", "")]);
    for page in open_with(bytes, &options).unwrap() {
        let page = page.unwrap();
        assert!(page.dpi.unwrap() < 200);
        assert!(u64::from(page.size().width) * u64::from(page.size().height) <= 1_010_000);
    }
}

#[test]
fn encrypted_files_ask_for_their_password() {
    let bytes = include_bytes!("../../../tests/pages/encrypted.pdf").to_vec();
    let with = |password: Option<&str>| InputOptions {
        password: password.map(String::from),
        ..InputOptions::default()
    };
    for password in [None, Some("wrong")] {
        let error = open_with(bytes.clone(), &with(password)).unwrap_err();
        assert_eq!(error.code, ErrorCode::Encrypted);
        assert!(error.hint.unwrap().contains("--password"));
    }
    let mut pages = open_with(bytes, &with(Some("sesame"))).unwrap();
    let words = pages.next().unwrap().unwrap().text_layer.unwrap().words;
    assert_eq!(texts(&words), ["Open", "sesame", "42"]);
}

#[test]
fn a_file_that_is_no_pdf_inside_is_damaged() {
    let error =
        open_with(b"%PDF-1.7\nnothing else".to_vec(), &InputOptions::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::CorruptInput);
    assert_eq!(error.input.as_deref(), Some("paper.pdf"));
    assert!(error.hint.is_some());
}

/// Whatever the bytes, pages or errors come out, without the help of the last net.
fn survive(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let options = InputOptions { dpi: 20, max_pixels: 200_000, ..InputOptions::default() };
    let check = |error: Error| {
        prop_assert!(error.input.is_some() && error.hint.is_some());
        prop_assert!(!error.message.starts_with("the decoder gave up"), "{}", error);
        Ok(())
    };
    match open_with(bytes, &options) {
        Err(error) => check(error)?,
        Ok(pages) => {
            for page in pages.take(5) {
                page.map_or_else(check, |_| Ok(()))?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_give_pages_or_an_error(
        changes in prop::collection::vec(change(), 1..6),
        end in 0.5..1.5f64,
    ) {
        let text = "BT /F1 12 Tf 72 700 Td [(Net) -400 (total)] TJ ET 0 0 m 9 9 l S";
        let mut bytes = pdf(&[(LETTER, text), (LETTER, SCAN)]);
        for change in changes {
            change.apply(&mut bytes);
        }
        // Half of the files are cut off as well.
        bytes.truncate((bytes.len() as f64 * end) as usize);
        survive(bytes)?;
    }

    #[test]
    fn any_drawing_instructions_give_a_page(
        content in "([-0-9.]{1,5} |[a-zA-Z*']{1,2} |\\(\\PC{0,5}\\) |/F1 |/F2 |\\[|\\] |<<|>> ){0,40}",
    ) {
        survive(pdf(&[(LETTER, &format!("BT /F1 12 Tf {content}"))]))?;
    }
}

/// As an electricity company's bills have it.
#[test]
fn a_blank_behind_the_keyword_of_a_stream_costs_no_text() {
    let mut bytes = pdf(&[(LETTER, "BT /F1 36 Tf 72 720 Td (Hill mown) Tj ET")]);
    let (written, as_seen) = (b">>\nstream\n", b">>stream \n");
    let starts = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(written));
    for start in starts.collect::<Vec<_>>() {
        bytes[start..start + as_seen.len()].copy_from_slice(as_seen);
    }
    assert!(bytes.windows(as_seen.len()).any(|window| window == as_seen));
    let page = open_with(bytes, &InputOptions::default()).unwrap().next().unwrap().unwrap();
    assert_eq!(texts(&page.text_layer.unwrap().words), ["Hill", "mown"]);
}
