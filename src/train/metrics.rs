//! `metrics.jsonl` of a run: a line an update, a line a score.

use crate::error::{Error, Result, Stage};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The open file.
pub struct Metrics {
    file: File,
    path: PathBuf,
}

impl Metrics {
    /// Begins the file of a run, or goes on with it after update `step`: what a killed run wrote after
    /// its last checkpoint is cut off, since it is going to be done again.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn open(run_dir: &Path, step: i64) -> Result<Self> {
        let path = path_in(run_dir);
        let failed = |e| Error::unwritable(Stage::Train, &path, e);
        std::fs::create_dir_all(run_dir).map_err(failed)?;
        let kept = if step > 0 { lines_up_to(&path, step) } else { String::new() };
        let mut file = File::create(&path).map_err(failed)?;
        file.write_all(kept.as_bytes()).map_err(failed)?;
        Ok(Self { file, path })
    }

    /// # Errors
    /// `OutputFailed` names the file.
    pub fn write(&mut self, report: &impl Serialize) -> Result<()> {
        let line = serde_json::to_string(report).unwrap_or_default();
        writeln!(self.file, "{line}").map_err(|e| Error::unwritable(Stage::Train, &self.path, e))
    }
}

/// Where the metrics of a run are.
pub fn path_in(run_dir: &Path) -> PathBuf {
    run_dir.join("metrics.jsonl")
}

fn lines_up_to(path: &Path, step: i64) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let is_kept = |line: &&str| {
        serde_json::from_str::<serde_json::Value>(line)
            .is_ok_and(|value| value["step"].as_i64().is_some_and(|at| at <= step))
    };
    text.lines().filter(is_kept).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_resumed_run_cuts_off_what_it_does_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut metrics = Metrics::open(dir.path(), 0).unwrap();
        (1..=5).for_each(|step| metrics.write(&json!({ "step": step })).unwrap());
        metrics.file.write_all(b"{\"step\": 6, \"lo").unwrap();
        let mut metrics = Metrics::open(dir.path(), 3).unwrap();
        metrics.write(&json!({ "step": 4, "again": true })).unwrap();
        let text = std::fs::read_to_string(path_in(dir.path())).unwrap();
        assert_eq!(text, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":4,\"again\":true}\n");
    }
}
