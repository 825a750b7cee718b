//! Help, completions, manual pages, and words read by the real engine.

use crate::harness::{Room, answer, assert_answer, output, stdout};
use clap::CommandFactory;
use layoutlm::cli::Cli;

const RECEIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages/receipt.png");

fn room_with_receipt() -> Room {
    let room = Room::new();
    std::fs::create_dir(room.path("scans")).unwrap();
    std::fs::copy(RECEIPT, room.path("scans/receipt.png")).unwrap();
    room
}

#[test]
fn help_of_the_program_and_of_its_first_verb() {
    let room = Room::new();
    assert_answer!("help", room.layoutlm("--help"));
    assert_answer!("help_extract", room.layoutlm("extract --help"));
    assert_answer!("help_ocr", room.layoutlm("ocr --help"));
}

#[test]
fn help_of_every_verb_has_examples() {
    for verb in Cli::command().get_subcommands_mut() {
        let help = verb.render_help().to_string();
        assert!(help.contains("Examples:"), "{}", verb.get_name());
    }
}

#[test]
fn completions_exist_for_every_shell() {
    let room = Room::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let answer = answer(room.layoutlm(&format!("completions {shell}")));
        assert!(answer.starts_with("exit code: 0"), "{answer}");
        assert!(answer.contains("--output-dir") || answer.contains("output-dir"), "{shell}");
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let room = Room::new();
    let page = answer(room.layoutlm("man extract"));
    assert!(page.contains(".TH") && page.contains("files\\-from"), "{page}");
    assert_answer!("man_no_such_verb", room.layoutlm("man frobnicate"));
    assert!(output(room.layoutlm("man --output-dir man1")).status.success());
    for name in ["layoutlm.1", "layoutlm-extract.1", "layoutlm-ocr.1"] {
        assert!(room.read(&format!("man1/{name}")).contains(".SH NAME"), "{name}");
    }
}

#[test]
fn words_of_a_real_page_come_in_every_form_and_can_be_brought_back() {
    let room = room_with_receipt();
    let stdout = |arguments: &str| stdout(room.layoutlm(arguments));
    let tsv = stdout("ocr scans/receipt.png");
    assert!(tsv.starts_with("level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\t"));
    let words = tsv.lines().filter(|line| line.starts_with("5\t")).count();
    assert!(words > 10, "{tsv}");
    assert_eq!(stdout("ocr scans/receipt.png -f hocr").matches("ocrx_word\" title").count(), words);
    let json: serde_json::Value =
        serde_json::from_str(&stdout("ocr scans/receipt.png -f json")).unwrap();
    assert_eq!(json["pages"][0]["words"].as_array().unwrap().len(), words);
    assert!(json.get("model").is_none());

    stdout("ocr scans --output-dir words");
    let direct = output(room.rehearsal("scans/receipt.png --words words/receipt.png.tsv -f hocr"));
    let by_directory = output(room.rehearsal("scans --words words -f hocr"));
    assert_eq!(direct.stdout, by_directory.stdout);
    let hocr = String::from_utf8(direct.stdout).unwrap();
    assert_eq!(hocr.matches("ocrx_word\" title").count(), words);
}

#[test]
fn inspect_tells_what_the_model_saw_of_every_word() {
    let room = room_with_receipt();
    let stdout = |arguments: &str| stdout(room.layoutlm(arguments));
    let page = stdout("inspect scans/receipt.png -f json --picture seen");
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    let words = page["words"].as_array().unwrap();
    assert!(words.len() > 10 && page["input"] == "scans/receipt.png", "{page}");
    assert_eq!(page["windows"][0]["last_word"], words.len() - 1);
    for word in words {
        assert!(word["pieces"][0].is_string() && word["labels"][2]["score"].is_number(), "{word}");
        assert!(word["without_picture"]["label"].is_string(), "{word}");
    }
    let seen = image::open(room.path("seen/receipt.1.png")).unwrap();
    assert_eq!((seen.width(), seen.height()), (224, 224));

    let table = stdout("inspect scans/receipt.png --all");
    assert!(table.starts_with("scans/receipt.png, model layoutlm-compact "), "{table}");
    assert!(table.lines().count() > words.len(), "{table}");
    let missing = answer(room.layoutlm("inspect nothing.png"));
    assert!(missing.starts_with("exit code: 3"), "{missing}");
}

#[test]
fn a_language_that_is_missing_names_its_package_and_has_code_5() {
    assert_answer!("missing_language", Room::new().layoutlm("ocr scans/receipt.png -l xyz"));
}

#[test]
fn the_built_in_model_finds_the_same_fields_in_sixteen_bits() {
    let room = room_with_receipt();
    let fields = |precision: &str| {
        let arguments = format!("extract scans/receipt.png -f json --precision {precision}");
        let records: serde_json::Value =
            serde_json::from_str(&stdout(room.layoutlm(&arguments))).unwrap();
        records.pointer("/0/fields").or(records.get("fields")).cloned().unwrap()
    };
    let expected = fields("f32");
    assert_eq!(expected["total"], "49.94");
    for precision in ["bf16", "f16"] {
        let found = fields(precision);
        for label in ["total", "date"] {
            assert_eq!(found[label], expected[label], "{precision}");
        }
    }
}

/// As seen on photographs: the model was given boxes of a page that lies on its side.
#[test]
fn a_page_on_its_side_is_understood_as_the_upright_one() {
    let room = Room::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/samples/receipt.jpg");
    let upright = image::open(sample).unwrap();
    upright.save(room.path("upright.png")).unwrap();
    upright.rotate90().save(room.path("side.png")).unwrap();
    let answer = stdout(room.layoutlm("extract -f jsonl upright.png side.png"));
    let records: Vec<serde_json::Value> =
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for field in ["company", "date", "total", "tax", "invoice_number"] {
        let [upright, side] = [0, 1].map(|record: usize| &records[record]["fields"][field]);
        assert!(upright.is_string() && upright == side, "{field}: {upright} and {side}");
    }
    // Found upright, told where it stands.
    let total = |record: usize| {
        let entities = records[record]["entities"].as_array().unwrap().iter();
        let mut totals = entities.filter(|entity| entity["label"] == "total");
        let sides = totals.next().unwrap()["bbox"].as_array().unwrap().clone();
        sides.iter().map(|side| side.as_i64().unwrap()).collect::<Vec<_>>()
    };
    let [left, top, right, bottom]: [i64; 4] = total(0).try_into().unwrap();
    let side = total(1);
    let height = i64::from(upright.height());
    let turned = [height - bottom, left, height - top, right];
    assert!(turned.iter().zip(&side).all(|(a, b)| (a - b).abs() <= 3), "{turned:?} and {side:?}");
}
