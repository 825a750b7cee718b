//! This program: as a command for each page, warm inside this process, as a run over all pages, and
//! its start.

use super::child::{self, Cost};
use super::report::{FolderCost, PageCost, Program, StartCost, processors};
use super::statistics::{mean, median, quantile};
use super::{BenchOptions, Subject};
use crate::error::{Error, Result, Stage};
use crate::input::Source;
use crate::pipeline::Extractor;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Stages of a page, in order.
pub const STAGES: [Stage; 5] =
    [Stage::Input, Stage::Ocr, Stage::Encode, Stage::Model, Stage::Decode];

/// A picture with nothing on it.
const BLANK_SIDE: usize = 40;

pub fn measure(subject: &Subject, options: &BenchOptions, note: &impl Fn(&str)) -> Result<Program> {
    let name = name(&subject.extractor);
    let room = room()?;
    note(&format!("{name}: start-up"));
    let start = start(subject, options, &room)?;
    note(&format!("{name}: a process for each page"));
    let command = pages_as_commands(options, subject.documents.len(), |index| {
        let mut command = subject.command("extract");
        command.arg("--quiet").arg(&subject.documents[index]);
        command
    })?;
    note(&format!("{name}: a page at a time, loaded"));
    let (warm, stages_ms) = warm(&subject.extractor, options, &subject.documents)?;
    note(&format!("{name}: all pages, {} at a time", options.workers));
    let folder = folder(subject, options, &room)?;
    Ok(Program {
        name,
        ours: true,
        command: Some(command),
        warm: Some(warm),
        stages_ms,
        folder: Some(folder),
        start: Some(start),
        training_steps_per_second: None,
    })
}

/// With the numbers that its products are computed in, where they are not the usual ones.
fn name(extractor: &Extractor) -> String {
    match extractor.model() {
        Some(model) if model.precision.is_default() => format!("layoutlm, {}", model.name),
        Some(model) => format!("layoutlm, {}, {}", model.name, model.precision),
        None => "layoutlm".to_string(),
    }
}

impl Subject {
    /// A call of the program with the flags that all calls get.
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(verb).args(&self.flags);
        command
    }
}

/// A process for each page, one after the other; page by page the median of the runs, so that one slow
/// moment doesn't count.
pub fn pages_as_commands(
    options: &BenchOptions,
    count: usize,
    command: impl Fn(usize) -> Command,
) -> Result<PageCost> {
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); count];
    for run in 0..options.warm_up + options.runs {
        for (index, costs) in costs.iter_mut().enumerate() {
            let cost = child::run(vec![command(index)])?;
            if run >= options.warm_up {
                costs.push(cost);
            }
        }
    }
    let each = |part: fn(&Cost) -> f64| -> Vec<f64> {
        costs.iter().map(|runs| median(&runs.iter().map(part).collect::<Vec<_>>())).collect()
    };
    let mut page = page_cost(&each(|cost| cost.seconds), mean(&each(|cost| cost.cpu_seconds)));
    page.peak_mib = Some(quantile(&each(|cost| cost.peak_mib), 1.0));
    Ok(page)
}

fn page_cost(seconds: &[f64], cpu_s: f64) -> PageCost {
    PageCost { median_s: median(seconds), p95_s: quantile(seconds, 0.95), cpu_s, peak_mib: None }
}

/// Pages through the loaded program, one after the other, and the stages' means in milliseconds.
fn warm(
    extractor: &Extractor,
    options: &BenchOptions,
    documents: &[std::path::PathBuf],
) -> Result<(PageCost, BTreeMap<String, f64>)> {
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); documents.len()];
    let mut stages: [Vec<f64>; 5] = Default::default();
    let mut cpu = 0.0;
    for run in 0..options.warm_up + options.runs {
        let before = child::own_cpu_seconds();
        for (document, seconds) in documents.iter().zip(&mut seconds) {
            let start = Instant::now();
            let spent = staged(extractor, document)?;
            if run >= options.warm_up {
                seconds.push(start.elapsed().as_secs_f64());
                for (stage, spent) in stages.iter_mut().zip(spent) {
                    stage.push(spent.as_secs_f64() * 1e3);
                }
            }
        }
        if run >= options.warm_up {
            cpu += child::own_cpu_seconds() - before;
        }
    }
    let seconds: Vec<f64> = seconds.iter().map(|runs| median(runs)).collect();
    let cpu_s = cpu / (options.runs * documents.len()).max(1) as f64;
    let stages = STAGES.iter().zip(&stages);
    let stages = stages.map(|(stage, spent)| (stage.name().to_string(), mean(spent))).collect();
    Ok((page_cost(&seconds, cpu_s), stages))
}

/// A document through all stages, and what each took.
fn staged(extractor: &Extractor, document: &Path) -> Result<[Duration; 5]> {
    let source = Source::Path(document.to_path_buf());
    let mut spent = [Duration::ZERO; 5];
    let mut mark = Instant::now();
    let pages = extractor.open(&source)?;
    for page in pages {
        let page = page.map_err(|error| error.at(source.name()))?;
        spent[0] += mark.elapsed();
        mark = Instant::now();
        let read = extractor.read(&source.name(), page)?;
        spent[1] += mark.elapsed();
        for findings in extractor.analyze(std::slice::from_ref(&read)) {
            let findings = findings?;
            spent[2] += findings.encode;
            spent[3] += findings.model;
            spent[4] += findings.decode;
        }
        mark = Instant::now();
    }
    Ok(spent)
}

/// All documents in one run of the program.
fn folder(subject: &Subject, options: &BenchOptions, room: &TempDir) -> Result<FolderCost> {
    let list = room.path().join("pages.txt");
    let names = subject.documents.iter().map(|path| format!("{}\n", path.display()));
    std::fs::write(&list, names.collect::<String>()).map_err(unwritable)?;
    whole_folder(options, subject.documents.len(), 1, || {
        let mut command = subject.command("extract");
        command.arg("--files-from").arg(&list).arg("--no-journal").arg("--quiet");
        command.arg("-j").arg(options.workers.to_string());
        command.arg("-o").arg(room.path().join("found.jsonl"));
        vec![command]
    })
}

/// Several runs over all pages.
pub fn whole_folder(
    options: &BenchOptions,
    pages: usize,
    processes: usize,
    commands: impl Fn() -> Vec<Command>,
) -> Result<FolderCost> {
    for _ in 0..options.warm_up {
        child::run(commands())?;
    }
    let costs: Vec<Cost> =
        (0..options.runs).map(|_| child::run(commands())).collect::<Result<_>>()?;
    let middle = |part: fn(&Cost) -> f64| median(&costs.iter().map(part).collect::<Vec<_>>());
    let (seconds, cpu) = (middle(|cost| cost.seconds), middle(|cost| cost.cpu_seconds));
    let used = options.workers.min(processors()) as f64;
    Ok(FolderCost {
        processes,
        pages_per_second: pages as f64 / seconds,
        cpu_s_per_page: cpu / pages as f64,
        utilisation: cpu / seconds / used,
        peak_mib: middle(|cost| cost.peak_mib),
    })
}

fn start(subject: &Subject, options: &BenchOptions, room: &TempDir) -> Result<StartCost> {
    let (picture, words) = (room.path().join("blank.ppm"), room.path().join("none.json"));
    let mut blank = format!("P6 {BLANK_SIDE} {BLANK_SIDE} 255\n").into_bytes();
    blank.resize(blank.len() + BLANK_SIDE * BLANK_SIDE * 3, 255);
    std::fs::write(&picture, blank).map_err(unwritable)?;
    std::fs::write(&words, r#"{"words": []}"#).map_err(unwritable)?;
    let version = pages_as_commands(options, 1, |_| {
        let mut command = Command::new(&subject.program);
        command.arg("--version");
        command
    })?;
    let blank_page = pages_as_commands(options, 1, |_| {
        let mut command = subject.command("extract");
        command.arg("--quiet").arg(&picture).arg("--words").arg(&words);
        command
    })?;
    Ok(StartCost { version_s: version.median_s, blank_page_s: blank_page.median_s })
}

/// A place for what programs are given and write.
pub fn room() -> Result<TempDir> {
    tempfile::tempdir().map_err(unwritable)
}

fn unwritable(error: std::io::Error) -> Error {
    Error::unwritable(Stage::Output, &std::env::temp_dir(), error)
}
