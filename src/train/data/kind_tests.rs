//! Every reader on a tiny hand-made data set under `tests/data`.

use super::*;
use crate::geometry::PixelBox;
use crate::train::data::report::tagged_text;
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn read(kind: DatasetKind, name: &str) -> Sample {
    let samples = read_dataset(kind, &fixture(name)).unwrap();
    assert_eq!(samples.len(), 1);
    let sample = samples.into_iter().next().unwrap();
    sample.check().unwrap();
    sample
}

#[test]
fn every_kind_is_recognised_by_its_files() {
    for kind in [
        DatasetKind::Sroie,
        DatasetKind::Funsd,
        DatasetKind::Xfund,
        DatasetKind::Cord,
        DatasetKind::Fcc,
        DatasetKind::Doclaynet,
    ] {
        assert_eq!(DatasetKind::detect(&fixture(kind.name())).unwrap(), kind);
        assert_eq!(kind.name().parse::<DatasetKind>().unwrap(), kind);
    }
    assert!(DatasetKind::detect(&fixture("nothing-here")).is_err());
}

#[test]
fn sroie_receipt_has_its_four_keys_tagged() {
    let sample = read(DatasetKind::Sroie, "sroie");
    assert_eq!(tagged_text(&sample, "company"), "BLUE LAMP TRADING SDN BHD");
    assert_eq!(tagged_text(&sample, "address"), "NO 7, JALAN MERAH 2, 81100 KOTA BAHARU");
    assert_eq!(tagged_text(&sample, "date"), "14/02/2018");
    assert_eq!(tagged_text(&sample, "total"), "12.50");
    let total = sample.tags.iter().position(|tag| tag == "B-TOTAL").unwrap();
    assert_eq!(sample.words[total].bbox.top(), 184);
    assert!(sample.picture.is_none());
}

#[test]
fn funsd_form_keeps_entities_lines_and_question_answer_links() {
    let sample = read(DatasetKind::Funsd, "funsd");
    assert_eq!(sample.tags, ["B-HEADER", "I-HEADER", "B-QUESTION", "B-ANSWER", "I-ANSWER", "O"]);
    assert_eq!(sample.links, [(2, 3)]);
    assert_eq!((sample.size.width, sample.size.height), (100, 120));
    assert_eq!(sample.segments[4], PixelBox::new(40, 30, 95, 52));
    let lines: Vec<u32> = sample.words.iter().map(|word| word.line).collect();
    assert_eq!(lines, [0, 0, 1, 2, 3, 4]);
}

#[test]
fn xfund_form_is_read_without_its_picture() {
    let sample = read(DatasetKind::Xfund, "xfund");
    assert_eq!(sample.tags, ["B-QUESTION", "B-ANSWER", "I-ANSWER"]);
    assert_eq!(sample.links, [(0, 1)]);
    assert!(sample.picture.is_none());
}

#[test]
fn cord_as_published_labels_keys_and_keeps_the_order_of_the_file() {
    let sample = read(DatasetKind::Cord, "cord");
    assert_eq!(sample.tags[..2], ["B-TOTAL.TOTAL_PRICE", "I-TOTAL.TOTAL_PRICE"]);
    assert_eq!(sample.words[0].bbox, PixelBox::new(20, 200, 91, 224));
    assert_eq!(sample.words[5].bbox.right(), 500, "boxes are cut at the page's edge");
    assert_eq!(sample.annotated.len(), 30);
}

#[test]
fn cord_typed_labels_values_in_reading_order() {
    let sample = read(DatasetKind::CordTyped, "cord");
    assert_eq!(
        sample.tags,
        [
            "B-ITEM_QUANTITY",
            "B-ITEM_DESCRIPTION",
            "I-ITEM_DESCRIPTION",
            "B-ITEM_AMOUNT",
            "O",
            "B-TOTAL"
        ]
    );
    assert_eq!(sample.truth["total"], "45.000");
}

#[cfg(feature = "pdf")]
#[test]
fn fcc_paper_is_a_sample_a_page_with_its_total_labelled_once() {
    let samples = read_dataset(DatasetKind::Fcc, &fixture("fcc")).unwrap();
    let ids: Vec<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
    assert_eq!(ids, ["p1#1", "p1#2"]);
    for sample in &samples {
        sample.check().unwrap();
        assert_eq!(tagged_text(sample, "customer"), "Friends of Ada Lovelace");
        assert_eq!(tagged_text(sample, "invoice_number"), "950-1");
    }
    assert_eq!(tagged_text(&samples[0], "total"), "");
    assert_eq!(tagged_text(&samples[1], "total"), "$1,250.00");
    let picture = samples[1].picture.as_ref().unwrap().load().unwrap();
    assert_eq!(picture.dimensions(), (300, 200));
}

#[test]
fn doclaynet_page_is_unlabelled_words_in_reading_order() {
    let sample = read(DatasetKind::Doclaynet, "doclaynet");
    assert!(sample.tags.is_empty() && sample.annotated.is_empty());
    assert_eq!(sample.words[0].text, "Opening");
    assert_eq!(sample.words.len(), 3 + 12);
}

#[test]
fn broken_files_are_named_with_the_place() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("box")).unwrap();
    std::fs::write(dir.path().join("box/bad.json"), r#"{"id": "x", "width": "wide"}"#).unwrap();
    let error = read_dataset(DatasetKind::Sroie, dir.path()).unwrap_err();
    assert_eq!(error.code, ErrorCode::DataInvalid);
    assert!(error.to_string().contains("bad.json"), "{error}");
    assert!(error.to_string().contains("line 1"), "{error}");
    let missing = read_dataset(DatasetKind::Sroie, &dir.path().join("none")).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
}

/// Counts on a whole data set:
/// `LAYOUTLM_DATA=cord:DIR cargo test --lib data::kind -- --ignored --nocapture`.
#[test]
#[ignore = "needs the data set"]
fn counts_of_a_whole_set() {
    let Ok(named) = std::env::var("LAYOUTLM_DATA") else { return };
    let (kind, dir) = named.split_once(':').unwrap();
    let samples = read_dataset(kind.parse().unwrap(), Path::new(dir)).unwrap();
    let mut tags = std::collections::BTreeMap::<&str, usize>::new();
    for sample in &samples {
        sample.check().unwrap();
        for tag in &sample.tags {
            *tags.entry(tag).or_default() += 1;
        }
    }
    let words: usize = samples.iter().map(|sample| sample.words.len()).sum();
    let links: usize = samples.iter().map(|sample| sample.links.len()).sum();
    eprintln!("{} pages, {words} words, {links} links\n{tags:#?}", samples.len());
    eprintln!("{}", crate::train::data::report::AlignmentReport::of(&samples));
}

#[test]
fn a_table_of_answers_teaches_where_its_values_stand() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("answers.csv");
    let pdf = fixture("fcc/p1.pdf");
    let fcc = &read_dataset(DatasetKind::Fcc, &fixture("fcc")).unwrap()[0];
    let number = tagged_text(fcc, "invoice_number");
    let text = format!("file,invoice_number,tax\n{},{number},\n", pdf.display());
    std::fs::write(&table, text).unwrap();
    assert_eq!(DatasetKind::detect(&table).unwrap(), DatasetKind::Answers);
    let sample = read_dataset(DatasetKind::Answers, &table).unwrap().remove(0);
    sample.check().unwrap();
    assert_eq!(tagged_text(&sample, "invoice_number"), number);
    assert_eq!(sample.annotated, ["invoice_number", "tax"]);
    assert_eq!(sample.words.len(), fcc.words.len());
}
