//! Every record is valid under the schema that is shipped.

use crate::harness::{Room, output};
use serde_json::{Value, json};

fn validator() -> jsonschema::Validator {
    let schema = include_str!("../../assets/schema/layoutlm-1.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).expect("a valid schema")
}

#[test]
fn records_of_all_kinds_are_valid() {
    let room = Room::new();
    room.pages("scans", 5);
    room.file("scans/bad.png", b"text");
    room.file("scans/empty.png", b"");
    let validator = validator();
    for arguments in [
        "scans",
        "scans --page-words",
        "scans --reader-fails-at 41 --model-panics-at 42",
        "scans --min-score 1",
        "scans no-such-file.png",
    ] {
        let answer = output(room.rehearsal(arguments));
        let lines = String::from_utf8(answer.stdout).unwrap();
        assert!(lines.lines().count() >= 7);
        for line in lines.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<_> = validator.iter_errors(&record).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} in {line}");
        }
    }
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let validator = validator();
    let error = json!({"code": "x", "stage": "input", "message": "m"});
    let good = json!({"schema": "layoutlm/1", "input": "a", "status": "error", "error": error});
    assert!(validator.is_valid(&good));
    for (key, value) in [
        ("schema", json!("layoutlm/2")),
        ("status", json!("ok")),
        ("error", json!({"code": "x"})),
        ("pages", json!([])),
        ("sha256", json!("abc")),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}
