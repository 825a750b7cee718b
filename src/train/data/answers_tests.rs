use super::*;
use crate::geometry::PixelBox;
use image::RgbImage;

fn table(text: &str) -> Result<Vec<Row>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("answers.csv");
    std::fs::write(&path, text).unwrap();
    rows(&path)
}

#[test]
fn empty_cells_are_known_and_question_marks_are_not() {
    let rows = table("File,page,Total,date\na.pdf,2,9.00,?\nb.jpg,,,2024-03-12\n").unwrap();
    assert_eq!((rows[0].file.as_str(), rows[0].page), ("a.pdf", 2));
    let nine = Answer::Value("9.00".into());
    assert_eq!(rows[0].answers, BTreeMap::from([("total".into(), nine)]));
    assert_eq!(rows[1].page, 1);
    let date = Answer::Value("2024-03-12".into());
    let known = [("date", date), ("total", Answer::NotShown)];
    assert_eq!(rows[1].answers, known.map(|(k, v)| (k.to_string(), v)).into());
}

/// As a spreadsheet writes it in Germany.
#[test]
fn semicolons_and_byte_order_marks_are_understood() {
    let rows = table("\u{feff}file;Total;company\r\na.pdf;1.234,50;Café, Nord\r\n").unwrap();
    let [total, company] = ["1.234,50", "Café, Nord"].map(|v| Answer::Value(v.to_string()));
    assert_eq!(rows[0].answers["total"], total);
    assert_eq!(rows[0].answers["company"], company);
}

#[test]
fn broken_tables_are_named_with_their_line() {
    let cases = [
        ("total,date\n9.00,\n", "line 1: the table needs the column `file`"),
        ("file,page\na.pdf,1\n", "line 1: the table needs the column `file`"),
        ("file,total\n,9.00\n", "line 2: no file is named"),
        ("file,page,total\na.pdf,0,9.00\n", "line 2: `0` is no page number"),
        ("file,total\na.pdf,1\na.pdf,2\n", "line 3: page 1 of `a.pdf` comes twice"),
        ("file,total\na.pdf,1,2\n", "line 2"),
        ("file,total\na.pdf,\"@1,2,3\"\n", "line 2: `1,2,3` is no place"),
    ];
    for (text, expected) in cases {
        let error = table(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let missing = rows(Path::new("nowhere.csv")).unwrap_err().to_string();
    assert!(missing.contains("nowhere.csv"), "{missing}");
}

#[test]
fn what_is_not_found_is_not_taught() {
    let word = |text: &str, left| Word {
        text: text.to_string(),
        bbox: PixelBox::new(left, 10, left + 30, 20),
        confidence: 1.0,
        line: 0,
        block: 0,
    };
    let words = vec![word("Bar", 0), word("9.00", 40)];
    let sample = Sample::unlabelled("", DATASET, PageSize::new(100, 50), words);
    let page = Read { sample, centres: vec![(150.0, 300.0), (550.0, 300.0)] };
    let text = "file,total,date,tax,company,customer\n\
                a.jpg,9,2024-03-12,,\"@0,0,300,400 0,400,300,500\",\"@600,0,700,400\"\n";
    let sample = label(page, table(text).unwrap().remove(0));
    assert_eq!(sample.tags, ["B-COMPANY", "B-TOTAL"]);
    assert_eq!(sample.annotated, ["company", "tax", "total"]);
    assert_eq!(sample.truth["company"], "Bar");
    assert_eq!((&*sample.truth["total"], &*sample.truth["date"]), ("9.00", "2024-03-12"));
    assert_eq!(sample.truth.len(), 3);
    sample.check().unwrap();
}

#[test]
fn a_logo_is_not_taught_to_be_none() {
    let word = |text: &str, confidence: f32| Word {
        text: text.to_string(),
        bbox: PixelBox::new(0, 10, 30, 20),
        confidence,
        line: 0,
        block: 0,
    };
    let ignored = |texts: [(&str, f32); 4]| {
        let words = texts.map(|(text, confidence)| word(text, confidence)).to_vec();
        let sample = Sample::unlabelled("", DATASET, PageSize::new(100, 50), words);
        let page = Read { sample, centres: vec![(150.0, 300.0); 4] };
        label(page, table("file,company\na.pdf,Café Nord GmbH\n").unwrap().remove(0)).ignore
    };
    let layer = [("Café", 1.0), ("Nord", 1.0), ("GmbH", 1.0)];
    assert_eq!(ignored([("CAFE", 0.9), layer[0], layer[1], layer[2]]), [true, false, false, false]);
    assert!(ignored([("MENU", 0.9), layer[0], layer[1], layer[2]]).is_empty());
    assert!(ignored([("CAFE", 0.9), layer[0], layer[1], ("GmbH", 0.9)]).is_empty());
}

#[test]
fn a_document_that_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("answers.csv");
    std::fs::write(&path, "file,total\ngone.jpg,9.00\n").unwrap();
    let error = read(&path, &AnswersOptions::default()).unwrap_err();
    assert!(error.to_string().contains("gone.jpg"), "{error}");
    assert!(error.hint.is_some_and(|hint| hint.contains("answers.csv")));
    RgbImage::new(20, 10).save(dir.path().join("small.png")).unwrap();
    std::fs::write(&path, "file,page,total\nsmall.png,3,9.00\n").unwrap();
    let error = read(&path, &AnswersOptions::default()).unwrap_err().to_string();
    assert!(error.contains("small.png"), "{error}");
}
