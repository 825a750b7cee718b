//! Order, streams, signals, pipes.

use crate::harness::{Room, answer, assert_answer, output, rehearsal_path, without_times};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `SIGINT`, as Ctrl-C sends it.
fn interrupt(child: &Child) {
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
}

#[test]
fn any_number_of_workers_gives_the_same_output() {
    let room = Room::new();
    room.pages("scans", 40);
    let outputs: Vec<_> = ["-j 1", "-j 2", "-j 7"]
        .map(|jobs| output(room.rehearsal(&format!("scans {jobs} --page-time 2"))))
        .map(|output| without_times(&String::from_utf8(output.stdout).unwrap()))
        .into();
    assert_eq!(outputs[0].lines().count(), 40);
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
}

#[test]
fn shards_together_are_the_whole() {
    let room = Room::new();
    room.pages("scans", 30);
    let lines = |arguments: &str| -> Vec<String> {
        let output = output(room.rehearsal(arguments));
        let text = without_times(&String::from_utf8(output.stdout).unwrap());
        text.lines().map(String::from).collect()
    };
    let mut parts: Vec<_> =
        (1..=3).flat_map(|index| lines(&format!("scans --shard {index}/3"))).collect();
    parts.sort();
    assert_eq!(parts, lines("scans"));
}

/// GNU parallel's example took the code of the one failing document of a part for a failed run.
#[test]
fn a_part_or_a_list_of_one_failing_document_has_the_code_of_batches() {
    let room = Room::new();
    room.file("scans/bad.png", b"text");
    room.file("list.txt", b"scans/bad.png\n");
    let code = |arguments: &str| output(room.rehearsal(arguments)).status.code();
    assert_eq!(code("scans"), Some(3));
    assert_eq!(code("scans --shard 1/1"), Some(7));
    assert_eq!(code("--files-from list.txt"), Some(7));
}

#[test]
fn a_list_streams_line_by_line_through_a_pipe_that_stays_open() {
    let room = Room::new();
    room.pages("scans", 2);
    let mut command = room.rehearsal("--files-from -");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut list = child.stdin.take().unwrap();
    let mut records = BufReader::new(child.stdout.take().unwrap());
    for name in ["scans/000.ppm", "scans/001.ppm", "scans/nothing.ppm"] {
        writeln!(list, "{name}").unwrap();
        // The answer comes before the next question.
        let mut line = String::new();
        records.read_line(&mut line).unwrap();
        assert!(line.contains(name), "{line}");
    }
    drop(list);
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn a_list_may_hold_pictures_and_nul_separated_names() {
    let room = Room::new();
    room.page("odd\nname.ppm", 40, 9);
    let picture = data_encoding::BASE64.encode(&std::fs::read(room.path("odd\nname.ppm")).unwrap());
    let list = format!("{{\"input\": \"inline\", \"image\": \"{picture}\"}}\n");
    room.file("list.jsonl", list.as_bytes());
    room.file("list0", b"odd\nname.ppm\0");
    assert_answer!("inline_picture", room.rehearsal("--files-from list.jsonl -f csv"));
    assert_answer!("nul_separated", room.rehearsal("--files-from list0 -0 -f csv"));
}

#[test]
fn a_reader_that_goes_away_is_success() {
    let room = Room::new();
    room.pages("scans", 200);
    let mut command = room.rehearsal("scans --page-time 2");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut byte = [0];
    child.stdout.take().unwrap().read_exact(&mut byte).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Starts a run and waits until its first records are there.
fn started(room: &Room, arguments: &str) -> Child {
    let mut command = room.program("env");
    // The tests themselves may have been started by something that ignores Ctrl-C.
    command.arg("--default-signal=INT").arg(rehearsal_path()).args(arguments.split_whitespace());
    wait_for_records(room, command)
}

fn wait_for_records(room: &Room, mut command: Command) -> Child {
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while std::fs::metadata(room.path("out.jsonl")).map_or(0, |data| data.len()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "no record came");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn ctrl_c_finishes_what_is_in_hand_and_resume_does_the_rest() {
    let room = Room::new();
    room.pages("scans", 100);
    let whole = output(room.rehearsal("scans"));
    let whole = without_times(&String::from_utf8(whole.stdout).unwrap());

    let child = started(&room, "scans -o out.jsonl --page-time 40 -j 2");
    interrupt(&child);
    let stopped = child.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130));
    let said = String::from_utf8(stopped.stderr).unwrap();
    assert!(said.starts_with("interrupted after ") && said.contains("--resume"), "{said}");
    let part = without_times(&room.read("out.jsonl"));
    assert!(part.ends_with('\n') && whole.starts_with(&part) && part.len() < whole.len());

    // A new run must not throw the work away by mistake.
    assert_answer!("unfinished_work", room.rehearsal("scans -o out.jsonl"));
    let resumed = answer(room.rehearsal("scans -o out.jsonl --resume"));
    assert!(resumed.starts_with("exit code: 0"), "{resumed}");
    assert!(resumed.contains("are done already"), "{resumed}");
    assert_eq!(without_times(&room.read("out.jsonl")), whole);
}

/// `nohup layoutlm extract …` and `layoutlm extract … &` in a script failed at their start.
#[test]
fn signals_ignored_from_the_start_stay_ignored() {
    let room = Room::new();
    room.pages("scans", 20);
    let mut command = room.program("sh");
    command.args(["-c", "trap '' INT HUP; exec \"$0\" scans -o out.jsonl -j 1 --page-time 20"]);
    command.arg(rehearsal_path());
    let child = wait_for_records(&room, command);
    interrupt(&child);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(room.read("out.jsonl").lines().count(), 20);
}

#[test]
fn an_input_that_is_deleted_meanwhile_is_a_record() {
    let room = Room::new();
    room.pages("scans", 30);
    let child = started(&room, "scans -o out.jsonl -j 1 --page-time 20");
    std::fs::remove_file(room.path("scans/029.ppm")).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(7));
    let records = room.read("out.jsonl");
    assert_eq!(records.matches("\"status\":\"ok\"").count(), 29);
    let last = records.lines().last().unwrap();
    assert!(last.contains("scans/029.ppm") && last.contains("\"not-found\""), "{last}");
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let room = Room::new();
    room.pages("scans", 4);
    let mut child = started(&room, "scans -o out.jsonl -j 1 --reader-stalls-at 41");
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the page in hand takes a minute");
    let start = Instant::now();
    interrupt(&child);
    let status = child.wait().unwrap();
    assert!(!status.success());
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_resumed_run_keeps_its_journal_for_a_folder_that_grows() {
    let room = Room::new();
    room.pages("scans", 3);
    let run = |arguments: &str| answer(room.rehearsal(arguments));
    run("scans -o out.jsonl --resume");
    assert_eq!(room.read("out.jsonl").lines().count(), 3);
    room.pages("scans", 5);
    let second = run("scans -o out.jsonl --resume");
    assert!(second.contains("resuming: 3 documents"), "{second}");
    assert_eq!(room.read("out.jsonl").lines().count(), 5);
    // Other options, other results: nothing is taken from the journal.
    run("scans -o out.jsonl --resume --min-score 0.8");
    assert!(!room.read("out.jsonl").contains("question\",\"text"));
    // A changed file is read again.
    room.page("scans/000.ppm", 40, 77);
    run("scans -o out.jsonl --resume");
    assert!(room.read("out.jsonl").lines().next().unwrap().contains("77.00"));
    // A clean run without --resume leaves no journal.
    run("scans -o out.jsonl --restart");
    assert!(!room.path("out.jsonl.journal").exists());
}
