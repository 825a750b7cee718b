//! The examples of `docs/pipelines.md`, where what they drive is installed.

use crate::harness::{Room, answer, rehearsal_path};
use std::process::Command;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/pipelines");

fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("{program} is not installed: nothing was tested");
    }
    found
}

#[test]
fn gnu_parallel_reads_a_directory_in_shards() {
    if !is_installed("parallel") {
        return;
    }
    let room = Room::new();
    room.pages("scans", 20);
    room.file("scans/bad.png", b"text");
    let run = || {
        let mut command = room.program(&format!("{EXAMPLES}/parallel_shards.sh"));
        command.args(["scans", "found.jsonl", "3", rehearsal_path().to_str().unwrap()]);
        answer(command)
    };
    for _ in 0..2 {
        // The second run finds everything done and gives the same.
        let answer = run();
        assert!(answer.starts_with("exit code: 0"), "{answer}");
        let found = room.read("found.jsonl");
        assert_eq!(found.lines().count(), 21);
        assert_eq!(found.matches("\"status\":\"ok\"").count(), 20);
    }
}

/// Runs where Java and the PyPI package pyspark are. `PYSPARK_PYTHON`, Spark's own variable, names the
/// Python that has it: `PYSPARK_PYTHON=venv/bin/python cargo test --test cli spark`.
#[test]
fn spark_pipes_its_partitions_through_the_program() {
    let python = std::env::var("PYSPARK_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let has_spark = Command::new(&python).args(["-c", "import pyspark"]).output();
    if !has_spark.is_ok_and(|asked| asked.status.success()) || !is_installed("java") {
        eprintln!("pyspark is not installed for {python}: nothing was tested");
        return;
    }
    let room = Room::new();
    room.pages("scans", 20);
    room.file("scans/bad.png", b"text");
    let mut command = room.program(&python);
    command.args([&format!("{EXAMPLES}/spark_extract.py"), "scans", "found.json"]);
    command.args(["--partitions", "3", "--command", rehearsal_path().to_str().unwrap()]);
    command.env("PYSPARK_PYTHON", &python);
    let answer = answer(command);
    assert!(answer.contains("{\"error\": 1, \"ok\": 20}"), "{answer}");
}
