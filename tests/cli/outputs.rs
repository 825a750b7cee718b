//! Every form of output, and where it goes.

use crate::harness::{Room, answer, assert_answer, output};

fn three_inputs() -> Room {
    let room = Room::new();
    room.page("scans/a.ppm", 40, 12);
    room.page("scans/sub/b, \"c\" & <d>.ppm", 41, 200);
    room.file("scans/broken.png", b"not a picture");
    room
}

#[test]
fn json_of_one_document() {
    let room = three_inputs();
    assert_answer!("json_one", room.rehearsal("scans/a.ppm -f json"));
}

#[test]
fn json_of_several_documents_is_an_array() {
    let room = three_inputs();
    let answer = output(room.rehearsal("scans -f json"));
    let value: serde_json::Value = serde_json::from_slice(&answer.stdout).expect("one JSON value");
    let statuses: Vec<_> = value.as_array().unwrap().iter().map(|r| &r["status"]).collect();
    assert_eq!(statuses, ["ok", "error", "ok"]);
}

#[test]
fn jsonl_keeps_the_order_and_has_failures_in_the_stream() {
    assert_answer!("jsonl", three_inputs().rehearsal("scans -j 3"));
}

#[test]
fn csv_has_a_row_for_every_entity_and_every_failure() {
    assert_answer!("csv", three_inputs().rehearsal("scans -f csv"));
}

#[test]
fn tsv_is_the_same_with_tabs() {
    assert_answer!("tsv", three_inputs().rehearsal("scans -f tsv"));
}

#[test]
fn hocr_names_the_entity_of_each_word() {
    assert_answer!("hocr", three_inputs().rehearsal("scans -f hocr"));
}

#[test]
fn label_studio_gets_tasks_with_predictions() {
    assert_answer!("label_studio", three_inputs().rehearsal("scans -f label-studio"));
}

#[test]
fn the_output_name_chooses_the_form() {
    let room = three_inputs();
    for (name, start) in [
        ("o.csv", "input,"),
        ("o.tsv", "input\t"),
        ("o.json", "{\n"),
        ("o.hocr", "<!DOCTYPE"),
        ("o", "{\""),
    ] {
        let answer = answer(room.rehearsal(&format!("scans/a.ppm -o {name}")));
        assert!(answer.starts_with("exit code: 0"), "{answer}");
        assert!(room.read(name).starts_with(start), "{name}");
    }
}

#[test]
fn an_output_directory_keeps_relative_paths() {
    let room = three_inputs();
    assert_answer!("output_dir", room.rehearsal("scans --output-dir found/deep"));
    for name in ["a.ppm.json", "sub/b, \"c\" & <d>.ppm.json", "broken.png.json"] {
        let text = room.read(&format!("found/deep/{name}"));
        assert!(text.contains("\"schema\": \"layoutlm/1\""), "{text}");
    }
}

#[test]
fn scores_and_labels_choose_what_is_reported() {
    let room = three_inputs();
    let labels = |arguments: &str| -> Vec<String> {
        let answer = output(room.rehearsal(&format!("scans/a.ppm {arguments}")));
        let value: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
        let entities = value["entities"].as_array().unwrap();
        // Ids are counted through whatever was left out, and links go with their ends.
        assert!(entities.iter().enumerate().all(|(n, entity)| entity["id"] == n));
        assert_eq!(value["relations"].as_array().unwrap().len(), entities.len() / 2);
        entities.iter().map(|entity| entity["label"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(labels(""), ["question", "total"]);
    assert_eq!(labels("--min-score 0.8"), ["total"]);
    assert_eq!(labels("--labels Question,other"), ["question"]);
    assert_eq!(labels("--min-score 1"), [""; 0]);
}

#[test]
fn all_words_come_when_asked_for() {
    let room = three_inputs();
    let answer = output(room.rehearsal("scans/a.ppm --page-words"));
    let value: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(value["pages"][0]["words"].as_array().unwrap().len(), 4);
}

#[test]
fn a_library_that_writes_to_descriptor_1_does_not_spoil_the_data() {
    let room = three_inputs();
    let quiet = output(room.rehearsal("scans/a.ppm -f csv"));
    let shouted = output(room.rehearsal("scans/a.ppm -f csv --reader-shouts"));
    assert_eq!(shouted.stdout, quiet.stdout);
    assert!(String::from_utf8_lossy(&shouted.stderr).contains("diacritics"));
}

#[test]
fn standard_input_is_read_and_dev_stdout_is_standard_output() {
    let room = three_inputs();
    let mut command = room.rehearsal("- -f csv -o /dev/stdout");
    command.stdin(std::fs::File::open(room.path("scans/a.ppm")).unwrap());
    assert_answer!("stdin", command);
}

#[test]
fn verbose_says_what_is_done_and_quiet_only_what_failed() {
    let room = three_inputs();
    for (name, flag) in [("quiet", "-q"), ("verbose", "-vv")] {
        let mut command = room.rehearsal(&format!("scans -j 1 -o out.jsonl {flag}"));
        command.env("TERM", "dumb");
        assert_answer!(name, command);
    }
}

#[test]
fn given_words_take_the_place_of_ocr() {
    let room = Room::new();
    room.page("scans/a.ppm", 40, 12);
    room.page("scans/b.ppm", 40, 13);
    let words = r#"{"words": [{"text": "Sum", "bbox": [1, 2, 9, 8]}, {"text": "7.5", "bbox": [12, 2, 20, 8]}]}"#;
    room.file("words/a.ppm.json", words.as_bytes());
    room.file("bad.json", b"{\"words\": 3}");
    assert_answer!("words_file", room.rehearsal("scans/a.ppm --words words/a.ppm.json -f csv"));
    assert_answer!("words_directory", room.rehearsal("scans --words words -f csv"));
    assert_answer!("words_invalid", room.rehearsal("scans --words bad.json"));
}

#[test]
fn an_overlay_and_a_page_to_look_at_are_written_for_every_page() {
    let room = three_inputs();
    assert_answer!("show", room.rehearsal("scans --overlay drawn --html pages -o out.jsonl"));
    let drawn = image::open(room.path("drawn/a.ppm.page-1.jpg")).unwrap();
    assert_eq!(drawn.width(), 40);
    assert!(drawn.height() > 30, "with a legend");
    assert!(room.read("pages/a.ppm.html").contains("\"pictures\":{\"1\":\"/9j/"));
    assert!(room.read("pages/broken.png.html").contains("unsupported-format"));
    assert_answer!("html_file_for_several", room.rehearsal("scans --html one.html"));
}
