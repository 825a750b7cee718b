//! One run of a verb that asks something of whole pages: documents are read page by page, and each
//! gives a record. A failing document never stops the others.

use super::options::OutputArgs;
use super::{Context, ExitCode};
use crate::batch::Task;
use crate::document::Page;
use crate::encode::image::shrink;
use crate::error::{Error, Result, Stage};
use crate::input::Source;
use crate::output::page_answers::DocumentRecord;
use crate::output::record::{PageRecord, Status};
use crate::output::sink::Target;
use crate::output::stdout::Stdout;
use crate::pipeline::{Extractor, ModelIdentity};
use crate::predict::Question;
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};

/// How the pages are read and where records go.
pub struct PageByPage<'a> {
    pub reader: Extractor,
    pub model: ModelIdentity,
    pub schema: &'static str,
    pub output: &'a OutputArgs,
    pub several: bool,
    pub context: &'a Context,
}

impl PageByPage<'_> {
    /// Asks about every page, and makes one finding of a document's pages.
    ///
    /// # Errors
    /// Of the output; failing documents are records and shape the exit code.
    pub fn run<A, T: Serialize>(
        &self,
        documents: impl Iterator<Item = Task>,
        ask: impl Fn(&Question) -> Result<A>,
        conclude: impl Fn(&[(Page, A)]) -> T,
    ) -> anyhow::Result<ExitCode> {
        let (mut out, indented) = self.open()?;
        let mut failures: Vec<Error> = Vec::new();
        let mut count = 0;
        for document in documents {
            count += 1;
            let mut record = DocumentRecord {
                schema: self.schema,
                input: String::new(),
                status: Status::Ok,
                error: None,
                model: self.model.clone(),
                ocr: self.reader.ocr(),
                pages: None,
                found: None,
            };
            match document.and_then(|source| Ok((source.name(), self.pages(&source, &ask)?))) {
                Ok((input, pages)) => {
                    record.input = input;
                    record.found = Some(conclude(&pages));
                    let records = pages.into_iter().map(|(page, _)| PageRecord::new(page, false));
                    record.pages = Some(records.collect());
                }
                Err(error) => {
                    record.input = error.input.clone().unwrap_or_default();
                    record = record.failed(&error);
                    self.context.failure(&error.to_string(), error.hint.as_deref());
                    failures.push(error);
                }
            }
            let text = if indented {
                serde_json::to_string_pretty(&record)?
            } else {
                serde_json::to_string(&record)?
            };
            writeln!(out, "{text}")?;
            out.flush()?;
        }
        Ok(match failures.first() {
            None => ExitCode::Success,
            Some(error) if count == 1 => ExitCode::of(error),
            Some(_) => ExitCode::SomeFailed,
        })
    }

    fn pages<A>(
        &self,
        source: &Source,
        ask: &impl Fn(&Question) -> Result<A>,
    ) -> Result<Vec<(Page, A)>> {
        let name = source.name();
        let mut answered = Vec::new();
        for page in self.reader.open(source).map_err(|e| e.at(&name))? {
            let page = page.map_err(|e| e.at(&name))?;
            let number = page.number;
            let picture = shrink(&page.image).map_err(|e| e.at(&name).on_page(number))?;
            let page = self.reader.read(&name, page).map_err(|e| e.at(&name))?.into_page();
            let question =
                Question { words: &page.words, size: page.size, segments: &[], picture: &picture };
            let answer = ask(&question).map_err(|e| e.at(&name).on_page(number))?;
            answered.push((page, answer));
        }
        Ok(answered)
    }

    /// Where to write, and whether for a person.
    fn open(&self) -> Result<(Box<dyn Write>, bool)> {
        match self.output.target() {
            Target::File(path) => {
                let file =
                    File::create(&path).map_err(|e| Error::unwritable(Stage::Output, &path, e))?;
                Ok((Box::new(BufWriter::new(file)), !self.several))
            }
            Target::Directory(_) => {
                Err(Error::usage("this verb writes into one file").hint("use `-o FILE`"))
            }
            Target::Stdout => {
                let stdout = Stdout::open().map_err(|e| {
                    Error::new(Stage::Output, crate::ErrorCode::OutputFailed, e.to_string())
                })?;
                let indented = !self.several && stdout.is_terminal();
                Ok((Box::new(stdout), indented))
            }
        }
    }
}
