//! What goes wrong is said with its place and its remedy, and has its exit code.

use crate::harness::{Room, assert_answer, output};
use layoutlm::cli::ExitCode;
use layoutlm::{Error, ErrorCode, Stage};

#[test]
fn a_missing_file_has_code_3() {
    assert_answer!("missing_file", Room::new().rehearsal("no/such.png"));
}

#[test]
fn an_empty_directory_has_code_3() {
    let room = Room::new();
    room.file("scans/readme.txt", b"nothing to see");
    assert_answer!("empty_directory", room.rehearsal("scans"));
}

#[test]
fn a_failing_reader_has_code_5_for_one_input_and_7_for_several() {
    let room = Room::new();
    room.pages("scans", 2);
    assert_answer!("reader_fails_one", room.rehearsal("scans/000.ppm --reader-fails-at 40"));
    assert_answer!("reader_fails_several", room.rehearsal("scans --reader-fails-at 40 -f csv"));
}

#[test]
fn a_panic_costs_one_page_and_is_reported_as_a_bug() {
    let room = Room::new();
    room.pages("scans", 3);
    assert_answer!("reader_panics", room.rehearsal("scans -j 1 --reader-panics-at 41 -f csv"));
    assert_answer!("model_panics", room.rehearsal("scans -j 1 --model-panics-at 41 -f csv"));
}

#[test]
fn output_that_cannot_be_written_has_code_6() {
    let room = Room::new();
    room.pages("scans", 2);
    assert_answer!("no_output_directory", room.rehearsal("scans/000.ppm -o no/such/out.json"));
    assert_answer!("disk_full", room.rehearsal("scans -o /dev/full"));
}

#[test]
fn a_wrong_command_line_has_code_2() {
    let room = Room::new();
    room.pages("scans", 2);
    for (name, arguments) in [
        ("usage_no_input", ""),
        ("usage_score", "scans --min-score 2"),
        ("usage_pages", "scans --pages 3-1"),
        ("usage_format", "scans -f xml"),
        ("usage_shard", "scans --shard 4/3"),
        ("usage_glob", "scans --include [a"),
        ("usage_resume_to_stdout", "scans --resume"),
        ("usage_stdin_twice", "- -"),
        ("usage_device", "scans --device tpu"),
    ] {
        let command = room.layoutlm(&format!("extract {arguments}"));
        let output = output(command);
        assert_eq!(output.status.code(), Some(2), "{name}");
        // With the stand-ins, so that no model has to be found first.
        assert_answer!(name, room.rehearsal(arguments));
    }
}

#[test]
fn two_inputs_for_one_output_file_are_refused() {
    let room = Room::new();
    room.page("a.ppm", 40, 1);
    assert_answer!("same_output", room.rehearsal("a.ppm ./a.ppm --output-dir found"));
}

#[test]
fn a_failed_page_leaves_the_others_of_its_document() {
    let room = Room::new();
    room.file("two.tiff", &two_page_tiff());
    assert_answer!("failed_page", room.rehearsal("two.tiff --reader-fails-at 41 -f json"));
}

/// Pages of 40 and 41 pixels' width.
pub fn two_page_tiff() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut tiff = tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
    for width in [40_u32, 41] {
        let pixels = vec![width as u8; width as usize * 30 * 3];
        tiff.write_image::<tiff::encoder::colortype::RGB8>(width, 30, &pixels).unwrap();
    }
    bytes.into_inner()
}

#[test]
fn every_error_code_is_in_the_documentation_with_its_exit_code() {
    let page = include_str!("../../docs/errors.md");
    let stages = [
        Stage::Input,
        Stage::Ocr,
        Stage::Encode,
        Stage::Model,
        Stage::Decode,
        Stage::Output,
        Stage::Train,
    ];
    for code in ErrorCode::ALL {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", code.name())));
        let row = row.unwrap_or_else(|| panic!("`{}` is missing", code.name()));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let stage = stages.into_iter().find(|stage| stage.name() == cells[2]).expect(row);
        let exit = ExitCode::of(&Error::new(stage, code, "")) as i32;
        assert_eq!(cells[3], exit.to_string(), "{row}");
        assert!(cells[4..6].iter().all(|text| !text.is_empty()), "{row}");
    }
}
