//! Each format says the same two lines; whatever else is in a file is an error with a place.

use super::*;
use proptest::prelude::*;

const HOCR: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title></title>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8">
</head><body>
<div class='ocr_page' id='page_1' title='image "a.png"; bbox 0 0 200 100; ppageno 0'>
 <div class='ocr_carea' title="bbox 10 5 180 60"><p class='ocr_par'>
  <span class='ocr_line' title="bbox 10 5 180 20; baseline 0 0">
   <span class='ocrx_word' title='bbox 10 5 60 20; x_wconf 96'><strong>R&amp;D</strong></span>
   <span class='ocrx_word' title='bbox 100 5 180 20; x_wconf 50'>9&#46;00</span></span>
  <span class='ocr_line' title="bbox 10 40 60 60"><span class='ocrx_word' title='bbox 10 40 60 60'>Caf&#xe9;</span></span>
 </p></div></div></body></html>"#;

const ALTO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Description><MeasurementUnit>pixel</MeasurementUnit></Description>
<Layout><Page ID="p" PHYSICAL_IMG_NR="1" WIDTH="200" HEIGHT="100"><PrintSpace><TextBlock>
<TextLine><String CONTENT="R&amp;D" HPOS="10" VPOS="5" WIDTH="50" HEIGHT="15" WC="0.96"/><SP/>
<String CONTENT="9.00" HPOS="100" VPOS="5" WIDTH="80" HEIGHT="15" WC="0.50"/></TextLine>
<TextLine><String CONTENT="Café" HPOS="10" VPOS="40" WIDTH="50" HEIGHT="20"/></TextLine>
</TextBlock></PrintSpace></Page></Layout></alto>"#;

const PAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<pc:PcGts xmlns:pc="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
<pc:Page imageFilename="a.png" imageWidth="200" imageHeight="100"><pc:TextRegion><pc:Coords points="0,0 9,9"/>
<pc:TextLine><pc:Coords points="10,5 180,5 180,20 10,20"/>
<pc:Word><pc:Coords points="10,5 60,5 60,20 10,20"/>
 <pc:Glyph><pc:Coords points="10,5 20,20"/><pc:TextEquiv conf="0.1"><pc:Unicode>R</pc:Unicode></pc:TextEquiv></pc:Glyph>
 <pc:TextEquiv index="0" conf="0.96"><pc:Unicode>R&amp;D</pc:Unicode></pc:TextEquiv>
 <pc:TextEquiv index="1" conf="0.2"><pc:Unicode>RED</pc:Unicode></pc:TextEquiv></pc:Word>
<pc:Word><pc:Coords points="100,5 180,20"/><pc:TextEquiv conf="0.5"><pc:Unicode>9.00</pc:Unicode></pc:TextEquiv></pc:Word>
<pc:TextEquiv><pc:Unicode>R&amp;D 9.00</pc:Unicode></pc:TextEquiv></pc:TextLine>
<pc:TextLine><pc:Coords points="10,40 60,60"/><pc:TextEquiv><pc:Unicode>Café</pc:Unicode></pc:TextEquiv></pc:TextLine>
</pc:TextRegion></pc:Page></pc:PcGts>"#;

const TSV: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t\n\
5\t1\t1\t1\t1\t1\t10\t5\t50\t15\t96\tR&D\n\
5\t1\t1\t1\t1\t2\t100\t5\t80\t15\t50.0\t9.00\n\
5\t1\t1\t1\t2\t1\t10\t40\t50\t20\t100\tCafé\n";

const JSON: &str = r#"{"pages": [{"page": 1, "width": 200, "height": 100, "words": [
{"text": "R&D", "bbox": [10, 5, 60, 20], "confidence": 0.96},
{"text": "9.00", "bbox": [100, 5, 180, 20], "confidence": 0.5},
{"text": "Café", "bbox": [10, 40, 60, 60]}]}]}"#;

const SAMPLES: [(WordsFormat, &str); 5] = [
    (WordsFormat::Hocr, HOCR),
    (WordsFormat::Alto, ALTO),
    (WordsFormat::PageXml, PAGE),
    (WordsFormat::Tsv, TSV),
    (WordsFormat::Json, JSON),
];

fn expected() -> WordsPage {
    let word = |text: &str, bbox: [i64; 4], confidence: f32, line: u32| Word {
        text: text.into(),
        bbox: bbox.into(),
        confidence,
        line,
        block: 0,
    };
    WordsPage {
        number: Some(1),
        size: Some(PageSize::new(200, 100)),
        words: vec![
            word("R&D", [10, 5, 60, 20], 0.96, 0),
            word("9.00", [100, 5, 180, 20], 0.5, 0),
            word("Café", [10, 40, 60, 60], 1.0, 1),
        ],
    }
}

#[test]
fn every_format_is_recognised_and_says_the_same() {
    for (format, text) in SAMPLES {
        assert_eq!(detect(text), Some(format));
        let mut pages = parse(text.as_bytes()).unwrap();
        // PAGE XML does not number its page.
        pages[0].number.get_or_insert(1);
        assert_eq!(pages, [expected()], "{format}");
    }
}

#[test]
fn byte_order_mark_is_no_obstacle() {
    let marked = format!("\u{feff}{TSV}");
    assert_eq!(parse(marked.as_bytes()).unwrap(), [expected()]);
}

#[test]
fn errors_name_their_line() {
    let cases = [
        (ALTO.replace(r#"HPOS="100""#, r#"HPOS="a""#), "line 5, element `String`: HPOS"),
        (ALTO.replace(r#" VPOS="40""#, ""), "line 6, element `String`: VPOS is missing"),
        (ALTO.replace("</TextBlock>", ""), "line 7"),
        (HOCR.replace("bbox 10 5 60 20", "bbox 10 5"), "line 9, element `span`: bbox"),
        (HOCR.replace("bbox 10 5 60 20", "x 1"), "line 9, element `span`: the title has no bbox"),
        (PAGE.replace("100,5 180,20", "100"), "line 9, element `Coords`: `100` is no point"),
        (PAGE.replace(r#"<pc:Coords points="10,40 60,60"/>"#, ""), "line 11: `Café` has no"),
        (TSV.replace("\t80\t", "\tx\t"), "line 4, column 9: `x` is not a number"),
        (TSV.replace("\t96\tR&D", ""), "line 3: 10 columns"),
        (JSON.replace(", 180, 20]", "]"), "pages[0].words[1]: `bbox`"),
        (JSON.replace("]}]}", "]}"), "no valid JSON"),
        ("{}".to_owned(), "neither"),
        ("hello".to_owned(), "not recognised"),
        (String::new(), "not recognised"),
    ];
    for (text, expected) in cases {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.code, ErrorCode::WordsInvalid);
        assert!(error.message.contains(expected), "{} lacks {expected}", error.message);
    }
    let error = parse(b"{\n\xff").unwrap_err();
    assert!(error.message.starts_with("line 2:"), "{}", error.message);
}

#[test]
fn boxes_of_another_resolution_are_scaled_to_the_page() {
    let words = expected().fit(PageSize::new(400, 50));
    assert_eq!(words[1].bbox, PixelBox::new(200, 3, 360, 10));
    let unsized_page = WordsPage { size: None, ..expected() };
    assert_eq!(unsized_page.fit(PageSize::new(150, 100))[1].bbox, PixelBox::new(100, 5, 150, 20));
}

#[test]
fn entities_of_a_record_give_their_words_once() {
    let record = r#"{"schema": "layoutlm/1", "pages": [{"page": 1, "width": 9, "height": 9}],
        "entities": [{"page": 1, "words": [{"text": "a", "bbox": [0, 0, 1, 1]}]},
                     {"page": 1, "words": [{"text": "a", "bbox": [0, 0, 1, 1]}]},
                     {"page": 2, "words": [{"text": "b", "bbox": [0, 0, 1, 1]}]}]}"#;
    let pages = parse(record.as_bytes()).unwrap();
    let counts: Vec<(Option<u32>, usize)> =
        pages.iter().map(|page| (page.number, page.words.len())).collect();
    assert_eq!(counts, [(Some(1), 1), (Some(2), 1)]);
}

#[test]
fn flat_lists_may_name_pages_and_lines() {
    let list = r#"[{"text": "a", "bbox": [0, 0, 1.4, 1], "page": 2, "line": 7},
                   {"text": "b", "bbox": [0, 0, 1, 1], "page": 1}]"#;
    let pages = parse(list.as_bytes()).unwrap();
    assert_eq!((pages[0].number, pages[1].number), (Some(1), Some(2)));
    assert_eq!(pages[1].words[0].line, 7);
}

#[test]
fn several_pages_of_hocr_count_lines_anew() {
    let body = "<p class='ocr_page' title='bbox 0 0 9 9; ppageno 4'>\
        <i class='ocrx_word' title='bbox 0 0 1 1'>a</i></p>";
    let pages = parse(format!("<html>{body}{body}<br></html>").as_bytes()).unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!((pages[1].number, pages[1].words[0].line), (Some(5), 0));
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = format!("<alto>{}", "<a>".repeat(100_000));
    assert!(parse(deep.as_bytes()).unwrap_err().message.contains("nested"));
}

#[test]
fn entity_declarations_are_not_expanded() {
    let bomb = r#"<!DOCTYPE alto [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>
        <alto><Page><String CONTENT="&b;" HPOS="0" VPOS="0" WIDTH="1" HEIGHT="1"/></Page></alto>"#;
    assert_eq!(parse(bomb.as_bytes()).unwrap()[0].words[0].text, "&b;");
}

fn any_format() -> impl Strategy<Value = (WordsFormat, &'static str)> {
    prop::sample::select(SAMPLES.to_vec())
}

proptest! {
    #[test]
    fn any_bytes_give_words_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in WordsFormat::ALL {
            if let Err(error) = parse_as(&bytes, format) {
                prop_assert_eq!(error.code, ErrorCode::WordsInvalid);
            }
        }
    }

    #[test]
    fn damaged_files_give_words_or_an_error(
        (format, text) in any_format(),
        cut in any::<prop::sample::Index>(),
        length in 0usize..12,
        patch in "[<>/&;\"'=a0-9., \t{}\\[\\]-]{0,8}",
    ) {
        let mut bytes = text.as_bytes().to_vec();
        let start = cut.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, patch.bytes());
        if let Err(error) = parse_as(&bytes, format) {
            prop_assert_eq!(error.code, ErrorCode::WordsInvalid);
        }
        if let Ok(pages) = parse(&bytes) {
            for page in pages {
                let size = PageSize::new(300, 300);
                for word in page.fit(size) {
                    prop_assert_eq!(word.bbox.clamp_to(size), word.bbox);
                    prop_assert!((0.0..=1.0).contains(&word.confidence));
                    prop_assert!(!word.text.trim().is_empty());
                }
            }
        }
    }
}
