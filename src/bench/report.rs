//! What was measured, as JSON holds it. Programs measured elsewhere write the same form.

use super::BenchOptions;
use crate::error::{Error, ErrorCode, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the report's shape.
pub const SCHEMA: &str = "layoutlm-bench/1";

/// Everything that was measured on one machine with one set of pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema: String,
    pub machine: Machine,
    pub documents: usize,
    /// Of which medians are reported.
    pub runs: usize,
    pub programs: Vec<Program>,
}

/// Where it was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub processors: usize,
    /// As the system calls it, where it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub processor: Option<String>,
    /// Processes that wanted to run when the measurement ended; well above `processors`, the clock
    /// says little.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load: Option<f64>,
}

/// One program, or one way of running it. Parts that were not measured are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub name: String,
    /// Whether it is this program, which the others are compared with.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub ours: bool,
    /// A process for every page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<PageCost>,
    /// A page once everything is loaded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warm: Option<PageCost>,
    /// Milliseconds of each stage of a warm page: means.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub stages_ms: BTreeMap<String, f64>,
    /// All pages in one go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folder: Option<FolderCost>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub start: Option<StartCost>,
    /// Updates a second while training.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub training_steps_per_second: Option<f64>,
}

/// Pages read one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PageCost {
    pub median_s: f64,
    pub p95_s: f64,
    /// Processor seconds of a page: the mean.
    pub cpu_s: f64,
    /// The largest of all pages.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peak_mib: Option<f64>,
}

/// All pages at once, start and end included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct FolderCost {
    pub processes: usize,
    pub pages_per_second: f64,
    pub cpu_s_per_page: f64,
    /// Share of the processors' time that was used, 0–1.
    pub utilisation: f64,
    /// Of all processes together.
    pub peak_mib: f64,
}

/// How long the program takes before it can read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StartCost {
    /// `--version`: nothing is done but what the loader does.
    pub version_s: f64,
    /// A blank page with given words: everything is loaded, nothing is read.
    pub blank_page_s: f64,
}

impl Report {
    pub fn new(documents: usize, options: &BenchOptions, programs: Vec<Program>) -> Self {
        let machine = Machine::this();
        Self { schema: SCHEMA.into(), machine, documents, runs: options.runs, programs }
    }

    /// # Errors
    /// `DataInvalid` names a file that is no report.
    pub fn read(path: &Path) -> Result<Self> {
        let invalid = |message: String| {
            Error::input(ErrorCode::DataInvalid, message)
                .at(path.display().to_string())
                .hint("join what `layoutlm bench -f json` has written")
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| invalid(format!("the report can't be read: {error}")))?;
        let report: Self = serde_json::from_str(&text)
            .map_err(|error| invalid(format!("it is no report of a measurement: {error}")))?;
        if report.schema != SCHEMA {
            return Err(invalid(format!("its form is `{}`, not `{SCHEMA}`", report.schema)));
        }
        Ok(report)
    }

    /// Adds the programs of other reports, which ought to be about the same pages.
    pub fn join(&mut self, others: impl IntoIterator<Item = Self>) {
        self.programs.extend(others.into_iter().flat_map(|other| other.programs));
        // This program's own ways first; the order is kept otherwise.
        self.programs.sort_by_key(|program| !program.ours);
    }
}

impl Machine {
    fn this() -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        Self {
            processors: processors(),
            processor: std::fs::read_to_string("/proc/cpuinfo").ok().as_deref().and_then(model),
            load: load.and_then(|text| text.split(' ').next()?.parse().ok()),
        }
    }
}

/// The number of processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_come_back_as_they_were_written() {
        let program = Program {
            name: "x".into(),
            ours: true,
            command: Some(PageCost { median_s: 0.5, ..PageCost::default() }),
            stages_ms: BTreeMap::from([("ocr".into(), 3.0)]),
            ..Program::default()
        };
        let report = Report::new(3, &BenchOptions::default(), vec![program]);
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("report.json");
        std::fs::write(&path, serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!(Report::read(&path).unwrap(), report);
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(Report::read(&path).unwrap_err().code, ErrorCode::DataInvalid);
    }

    #[test]
    fn joined_programs_stand_behind_our_own() {
        let named = |name: &str, ours| Program { name: name.into(), ours, ..Program::default() };
        let report = |programs| Report::new(1, &BenchOptions::default(), programs);
        let mut whole = report(vec![named("ours", true), named("tesseract", false)]);
        whole
            .join([report(vec![named("ours, large", true)]), report(vec![named("python", false)])]);
        let names: Vec<&str> = whole.programs.iter().map(|program| program.name.as_str()).collect();
        assert_eq!(names, ["ours", "ours, large", "tesseract", "python"]);
    }
}
