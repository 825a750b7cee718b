//! A directory of small pages, programs to run in it, and snapshots of their whole answers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A fresh directory to run in; paths in arguments are relative to it, so snapshots do not show it.
pub struct Room(tempfile::TempDir);

impl Room {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A page in one shade, which the rehearsal's reader reads as a number.
    pub fn page(&self, name: &str, width: u32, shade: u8) {
        let mut file = format!("P6 {width} 30 255\n").into_bytes();
        file.extend(std::iter::repeat_n(shade, width as usize * 30 * 3));
        self.file(name, &file);
    }

    /// `count` pages `000.ppm`, `001.ppm` … in a directory.
    pub fn pages(&self, directory: &str, count: usize) {
        for number in 0..count {
            let shade = (number % 251) as u8;
            self.page(&format!("{directory}/{number:03}.ppm"), 40 + number as u32 % 7, shade);
        }
    }

    pub fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, bytes).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    /// The program itself.
    pub fn layoutlm(&self, arguments: &str) -> Command {
        self.command(Path::new(env!("CARGO_BIN_EXE_layoutlm")), arguments)
    }

    /// `layoutlm extract` with stand-ins.
    pub fn rehearsal(&self, arguments: &str) -> Command {
        self.command(&rehearsal_path(), arguments)
    }

    /// Any program.
    pub fn program(&self, name: &str) -> Command {
        self.command(Path::new(name), "")
    }

    fn command(&self, program: &Path, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("LAYOUTLM_PASSWORD")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .stdin(Stdio::null());
        command
    }
}

pub fn rehearsal_path() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_layoutlm")).with_file_name("examples/rehearsal");
    assert!(path.exists(), "run `cargo build --example rehearsal` first (plain `cargo test` does)");
    path
}

/// Runs to the end.
pub fn output(mut command: Command) -> Output {
    command.output().expect("the program starts")
}

/// What a run that succeeds writes.
pub fn stdout(command: Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Everything a user sees.
pub fn answer(command: Command) -> String {
    let output = output(command);
    let code = output.status.code().map_or("by a signal".to_string(), |code| code.to_string());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    format!(
        "exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Compares an answer with its snapshot, without what differs between machines and runs.
macro_rules! assert_answer {
    ($name:expr, $command:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(r#"("timings_ms": ?)\{[^}]*\}"#, "$1{[TIMES]}");
        settings.add_filter(r#"("sha256": ?)"[0-9a-f]{64}""#, r#"$1"[SHA256]""#);
        settings.add_filter(r"tesseract \d+\.\d+(\.\d+)?", "tesseract [VERSION]");
        settings.add_filter(r"(input|ocr|encode|model|decode) \d+ ms", "$1 [MS] ms");
        settings.add_filter(r"in \d+\.\d s, \d+\.\d pages/s", "in [SECONDS] s, [RATE] pages/s");
        settings.add_filter(r"one that is there \([^)]*\)", "one that is there ([LANGUAGES])");
        settings.add_filter(r"layoutlm \d+\.\d+\.\d+", "layoutlm [VERSION]");
        // Panics tell line numbers and thread numbers.
        settings.add_filter(r"(?m)^\n?thread '[^\n]*panicked at[^\n]*\n", "[PANIC] ");
        settings.add_filter(r"(?s)stack backtrace:.*?backtrace\.\n", "");
        // Pages that were asked about together are asked again one by one: a second message.
        settings.add_filter(r"(\[PANIC\] [^\n]*\n)(\[PANIC\] [^\n]*\n)+", "$1");
        settings.add_filter(r"note: run with `RUST_BACKTRACE[^\n]*\n", "");
        settings.bind(|| insta::assert_snapshot!($name, $crate::harness::answer($command)));
    }};
}
pub(crate) use assert_answer;

/// A record stream without the times, which differ from run to run.
pub fn without_times(jsonl: &str) -> String {
    let mut rest = jsonl;
    let mut kept = String::new();
    while let Some(start) = rest.find("\"timings_ms\":{") {
        let end = start + rest[start..].find('}').expect("a closing brace") + 1;
        kept.push_str(&rest[..start]);
        rest = &rest[end..];
    }
    kept + rest
}
