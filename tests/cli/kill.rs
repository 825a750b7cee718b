//! `kill -9` at random moments: nothing lost, nothing repeated, the output as if nothing had happened.

use crate::harness::{Room, output, without_times};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::process::{Command, Stdio};
use std::time::Instant;

const DOCUMENTS: usize = 60;

/// Kills a run after each of some random times, then lets the last one finish. Gives the number of
/// kills that hit a running process.
fn killed_and_resumed(
    mut run: impl FnMut() -> Command,
    kills: usize,
    moment: &mut ChaCha8Rng,
) -> usize {
    let start = Instant::now();
    let whole = run().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(whole.success());
    let duration = start.elapsed();
    let mut hits = 0;
    for _ in 0..kills {
        let mut child = run().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(duration.mul_f64(moment.random_range(0.0..1.1)));
        hits += usize::from(child.try_wait().unwrap().is_none());
        // SIGKILL; fails where the run is over already.
        let _ = child.kill();
        child.wait().unwrap();
    }
    hits
}

fn lines_survive(rounds: usize, kills: usize) {
    let room = Room::new();
    room.pages("scans", DOCUMENTS);
    let whole = output(room.rehearsal("scans"));
    let whole = without_times(&String::from_utf8(whole.stdout).unwrap());
    let mut moment = ChaCha8Rng::seed_from_u64(6);
    let mut hits = 0;
    for _ in 0..rounds {
        for name in ["out.jsonl", "out.jsonl.journal"] {
            let _ = std::fs::remove_file(room.path(name));
        }
        let mut first = true;
        hits += killed_and_resumed(
            || {
                // The measuring run is the first; the work of the killed ones starts from nothing.
                let restart = std::mem::take(&mut first);
                let mode = if restart { "--restart" } else { "--resume" };
                room.rehearsal(&format!("scans -o out.jsonl -j 2 --page-time 6 {mode}"))
            },
            kills,
            &mut moment,
        );
        let last = output(room.rehearsal("scans -o out.jsonl -j 2 --page-time 6 --resume"));
        assert!(last.status.success());
        assert_eq!(without_times(&room.read("out.jsonl")), whole);
    }
    eprintln!("{hits} kills hit a running process");
    assert!(hits > 0);
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    lines_survive(3, 3);
}

/// The long form: `cargo test --test cli -- --ignored --nocapture hundreds_of_kills`.
#[test]
#[ignore = "takes minutes"]
fn hundreds_of_kills_lose_and_repeat_nothing() {
    lines_survive(40, 5);
}

#[test]
fn a_killed_run_into_a_directory_leaves_only_whole_files() {
    let room = Room::new();
    room.pages("scans", DOCUMENTS);
    let mut moment = ChaCha8Rng::seed_from_u64(66);
    let run = || room.rehearsal("scans --output-dir found -j 2 --page-time 6 --resume");
    let start = Instant::now();
    assert!(output(run()).status.success());
    let duration = start.elapsed();
    std::fs::remove_dir_all(room.path("found")).unwrap();
    for _ in 0..4 {
        let mut child = run().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(duration.mul_f64(moment.random_range(0.1..0.9)));
        let _ = child.kill();
        child.wait().unwrap();
        whole_records(&room);
    }
    assert!(output(run()).status.success());
    assert_eq!(whole_records(&room), DOCUMENTS);
    let leftovers = std::fs::read_dir(room.path("found")).unwrap().flatten();
    let parts = leftovers.filter(|e| e.file_name().to_string_lossy().ends_with(".part")).count();
    assert_eq!(parts, 0, "what a kill left behind is written over");
}

/// The number of records in the directory, all of which must be whole.
fn whole_records(room: &Room) -> usize {
    let entries = std::fs::read_dir(room.path("found")).into_iter().flatten().flatten();
    let records = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".json"));
    records
        .map(|entry| {
            let text = std::fs::read(entry.path()).unwrap();
            serde_json::from_slice::<serde_json::Value>(&text).expect("a whole record")
        })
        .count()
}
