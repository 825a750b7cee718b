//! One run over many inputs, as `extract` and `ocr` share it: journal, signals, progress, output and
//! the exit code that sums it all up.

use super::options::{BatchArgs, InputArgs};
use super::progress::Progress;
use super::{Context, ExitCode};
use crate::batch::{Batch, BatchOptions, Exhibit, Interrupt, Journal, Summary, Task};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::output::Format;
use crate::output::record::{OcrIdentity, Record, Status, Timings};
use crate::output::sink::{Sink, Target};
use crate::pipeline::Extractor;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Inputs and journal of a run, checked before anything expensive starts.
pub struct Session {
    inputs: InputArgs,
    batch: BatchArgs,
    target: Target,
    several: bool,
    tasks: Box<dyn Iterator<Item = Task> + Send>,
    journal: Option<Journal>,
}

impl Session {
    /// # Errors
    /// Usage and journal errors.
    pub fn prepare(inputs: InputArgs, batch: BatchArgs, target: Target) -> Result<Self> {
        let several = inputs.several();
        let tasks = tasks(&inputs)?;
        let journal = open_journal(&batch, &target, several)?;
        Ok(Self { inputs, batch, target, several, tasks, journal })
    }

    /// # Errors
    /// Output and journal errors; failing inputs are records and shape the exit code.
    pub fn run(
        self,
        extractor: Extractor,
        format: Format,
        exhibit: Option<Arc<dyn Exhibit>>,
        context: &Context,
    ) -> Result<ExitCode> {
        if let Some(done) = self.journal.as_ref().filter(|journal| !journal.is_empty()) {
            let (count, verb) = (documents(done.len()), if done.len() == 1 { "is" } else { "are" });
            context.note(format_args!("resuming: {count} {verb} done already"));
        }
        context.detail(settings(&extractor, &self.batch));
        let mut sink = Sink::open(&self.target, format, self.several, self.inputs.naming())?;
        let progress = Arc::new(Progress::new(context));
        let batch = Batch {
            extractor,
            options: BatchOptions {
                pictures: exhibit.is_some(),
                // Reading keeps all processors busy where there is much to read.
                model_processors: self.several.then_some(NonZeroUsize::MIN),
                ..self.batch.options()
            },
            interrupt: Interrupt::from_signals()?,
            observer: progress.clone(),
            exhibit,
            journal: self.journal,
        };
        if context.shows_progress() && self.several && self.inputs.files_from.is_none() {
            count_ahead(&self.inputs, &progress);
        }
        let result = batch.run(self.tasks, |record| {
            sink.write(record)?;
            report_failure(record, context, &progress);
            progress.suspend(|| context.trace(|| times(record)));
            Ok(())
        });
        progress.clear();
        let summary = result?;
        if !summary.interrupted {
            sink.end()?;
        }
        if self.several {
            context.detail(progress.rate());
        }
        // A part of a whole, and a list, may happen to hold one document, and are a batch all the same.
        let one = !self.several
            || summary.documents == 1
                && self.inputs.shard.is_none()
                && self.inputs.files_from.is_none();
        finish(summary, &self.target, self.batch.resume, one, context)
    }
}

fn open_journal(batch: &BatchArgs, target: &Target, several: bool) -> Result<Option<Journal>> {
    let path = target.journal().filter(|_| several && !batch.no_journal);
    let Some(path) = path else {
        return if batch.resume {
            Err(Error::usage("`--resume` needs several inputs and a place to look at")
                .hint("pass the same `-o FILE` or `--output-dir DIR` as the interrupted run"))
        } else {
            Ok(None)
        };
    };
    if let Target::Directory(directory) = target {
        std::fs::create_dir_all(directory).map_err(|error| {
            Error::new(
                Stage::Output,
                ErrorCode::OutputFailed,
                format!("the directory can't be made: {error}"),
            )
            .at(directory.display().to_string())
            .hint("choose a place that you may write to")
        })?;
    }
    if batch.resume {
        return Journal::resume(&path).map(Some);
    }
    if Journal::holds_work(&path) && !batch.restart {
        return Err(Error::usage("an interrupted run left finished work behind")
            .at(path.display().to_string())
            .hint("go on with it by `--resume`, or begin again with `--restart`"));
    }
    Journal::create(&path).map(Some)
}

/// The inputs, drawn as they are needed.
pub fn tasks(inputs: &InputArgs) -> Result<Box<dyn Iterator<Item = Task> + Send>> {
    let selection = inputs.selection();
    selection.check()?;
    let Some(list) = &inputs.files_from else {
        let stdin = inputs.paths.iter().filter(|path| path.as_os_str() == "-").count();
        if stdin > 1 {
            return Err(Error::usage("standard input can be read once only")
                .hint("name `-` once, or pass a list with `--files-from -`"));
        }
        return Ok(Box::new(selection.tasks(inputs.paths.clone())));
    };
    let separator = if inputs.null { b'\0' } else { b'\n' };
    Ok(Box::new(selection.listed(open_list(list)?, list.display().to_string(), separator)))
}

fn open_list(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).map_err(|error| {
        Error::input(ErrorCode::NotFound, format!("the list can't be opened: {error}"))
            .at(path.display().to_string())
            .hint("check the path given to `--files-from`")
            .caused_by(error)
    })?;
    Ok(Box::new(BufReader::new(file)))
}

/// Counts the inputs beside the run, so that the bar can tell how much is left.
fn count_ahead(inputs: &InputArgs, progress: &Arc<Progress>) {
    use crate::batch::Observer;
    let (selection, paths, progress) =
        (inputs.selection(), inputs.paths.clone(), Arc::clone(progress));
    // Without the thread the bar has no total; nothing else is lost.
    let _ = std::thread::Builder::new()
        .name("count".to_string())
        .spawn(move || progress.total(selection.tasks(paths).count()));
}

/// Says on standard error, too, what failed: a person does not look for records.
fn report_failure(record: &Record, context: &Context, progress: &Progress) {
    if let (Status::Error, Some(error)) = (record.status, &record.error) {
        let page = error.page.map_or(String::new(), |page| format!(", page {page}"));
        let line = format!("{}{page}, {}: {}", record.input, error.stage, error.message);
        progress.suspend(|| context.failure(&line, error.hint.as_deref()));
    }
}

/// The line of `-v`.
fn settings(extractor: &Extractor, batch: &BatchArgs) -> String {
    let model = extractor
        .model()
        .map_or(String::new(), |model| format!("model {} {}, ", model.name, model.revision));
    let OcrIdentity { engine, lang } = extractor.ocr();
    let workers = batch.options().worker_count();
    format!("{model}words from {engine} {lang}, {workers} pages at a time").replace("  ", " ")
}

/// The line of `-vv`.
fn times(record: &Record) -> String {
    let Some(found) = &record.extraction else { return format!("{}: failed", record.input) };
    let Timings { input, ocr, encode, model, decode } = found.timings_ms;
    format!(
        "{}: {} pages, {} entities; input {input} ms, ocr {ocr} ms, encode {encode} ms, model {model} \
         ms, decode {decode} ms",
        record.input,
        found.pages.len(),
        found.entities.len()
    )
}

fn documents(count: usize) -> String {
    if count == 1 { "1 document".to_string() } else { format!("{count} documents") }
}

fn finish(
    summary: Summary,
    target: &Target,
    resumed: bool,
    one: bool,
    context: &Context,
) -> Result<ExitCode> {
    if summary.interrupted {
        let how = match (target, &summary.journal) {
            (Target::File(_) | Target::Directory(_), Some(_)) => {
                "go on with the same command and `--resume`"
            }
            _ => "a run with `-o FILE` can be resumed",
        };
        context.note(format_args!("interrupted after {}; {how}", documents(summary.documents)));
        return Ok(ExitCode::Interrupted);
    }
    if summary.failed == 0 && !resumed {
        // A later `--resume` over a folder that grew finds the journal of a resumed run.
        if let Some(journal) = summary.journal {
            journal.remove()?;
        }
    }
    Ok(match (one, summary.failed, &summary.first_error) {
        (_, 0, _) => ExitCode::Success,
        // One directory without pages, for example: nothing else was asked for.
        (true, _, Some(error)) => ExitCode::of(error),
        _ => {
            let Summary { failed, documents, .. } = summary;
            context.note(format_args!("{failed} of {documents} inputs failed"));
            ExitCode::SomeFailed
        }
    })
}
