//! `layoutlm extract` with a stand-in reader and a stand-in model: everything around them is real.
//!
//! For rehearsing a big run (schedulers, resume, output forms) without the time that OCR and model
//! take, and for the tests of the batch. It is also the shortest example of a model of one's own behind
//! [`Analyzer`] and an OCR engine of one's own behind [`Recognizer`].
//!
//! ```text
//! cargo run --example rehearsal -- scans/ -o out.jsonl --page-time 20
//! ```

use clap::{Args, Parser};
use image::RgbImage;
use layoutlm::cli::extract::{self, ExtractArgs, Parts};
use layoutlm::cli::{Context, ExitCode, MessageArgs, Verbosity};
use layoutlm::document::{Entity, Relation, Word};
use layoutlm::error::{Error, ErrorCode, Result};
use layoutlm::geometry::PixelBox;
use layoutlm::input::PageImage;
use layoutlm::model::precision::Arithmetic;
use layoutlm::ocr::{Recognition, Recognizer};
use layoutlm::output::stdout;
use layoutlm::pipeline::{Analyzer, ModelIdentity, PageFindings, ReadPage};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

#[derive(Parser)]
struct Rehearsal {
    #[command(flatten)]
    messages: MessageArgs,
    #[command(flatten)]
    extract: ExtractArgs,
    #[command(flatten)]
    faults: Faults,
}

/// What the stand-ins do to be annoying. A page "is" a fault when its width in pixels is the number.
#[derive(Clone, Args)]
struct Faults {
    /// Milliseconds that reading and the model take for each page, half and half
    #[arg(long, default_value_t = 0)]
    page_time: u64,
    /// The reader panics on pages of this width
    #[arg(long)]
    reader_panics_at: Option<u32>,
    /// The model panics on pages of this width
    #[arg(long)]
    model_panics_at: Option<u32>,
    /// The reader fails on pages of this width
    #[arg(long)]
    reader_fails_at: Option<u32>,
    /// The reader takes a minute for pages of this width
    #[arg(long)]
    reader_stalls_at: Option<u32>,
    /// The reader writes to descriptor 1 like a C library with debug output
    #[arg(long)]
    reader_shouts: bool,
}

fn main() -> std::process::ExitCode {
    let arguments = Rehearsal::parse();
    let MessageArgs { quiet, verbose } = arguments.messages;
    let context = Context::new(Verbosity::from_flags(quiet, verbose));
    if stdout::guard().is_err() {
        return ExitCode::Output.into();
    }
    let parts = Parts {
        recognizer: Some(Arc::new(Blocks(arguments.faults.clone()))),
        analyzer: Some(Arc::new(Rules(arguments.faults))),
    };
    extract::run_with(arguments.extract, parts, &context)
        .unwrap_or_else(|error| layoutlm::cli::ended_by(&error, &context))
        .into()
}

/// Reads the page's size and its mean colour as if they were printed on it.
struct Blocks(Faults);

impl Recognizer for Blocks {
    fn recognize(&self, page: &PageImage) -> Result<Recognition> {
        let width = page.image.width();
        std::thread::sleep(Duration::from_millis(self.0.page_time / 2));
        if self.0.reader_stalls_at == Some(width) {
            std::thread::sleep(Duration::from_secs(60));
        }
        if self.0.reader_shouts {
            // As a C library does it: past Rust's own standard output.
            let _ = std::fs::File::options()
                .write(true)
                .open("/proc/self/fd/1")
                .and_then(|mut file| file.write_all(b"detected 17 diacritics\n"));
        }
        assert!(self.0.reader_panics_at != Some(width), "the reader fell over");
        if self.0.reader_fails_at == Some(width) {
            return Err(Error::ocr(ErrorCode::OcrFailed, "the page can't be read")
                .hint("this is a rehearsal"));
        }
        let bytes = page.image.as_raw();
        let mean = bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>() / bytes.len() as u64;
        let texts = [
            "Total".to_string(),
            format!("{mean}.00"),
            "page".to_string(),
            page.number.to_string(),
        ];
        let words = texts.into_iter().zip(0..).map(|(text, number)| {
            let left = i64::from(number) * 10;
            let line = number / 2;
            let bbox =
                PixelBox::new(left, i64::from(line) * 12, left + 8, i64::from(line) * 12 + 10);
            Word { text, bbox, confidence: 0.9, line, block: 0 }
        });
        Ok(Recognition { words: words.collect(), ..Recognition::default() })
    }

    fn engine(&self) -> String {
        "rehearsal 1".to_string()
    }

    fn language(&self) -> String {
        "eng".to_string()
    }
}

/// Calls every word with a decimal point a total, and the word before it the question to it.
struct Rules(Faults);

impl Analyzer for Rules {
    fn identity(&self) -> ModelIdentity {
        ModelIdentity {
            name: "rules".to_string(),
            revision: "1".to_string(),
            precision: Arithmetic::default(),
        }
    }

    fn shrink(&self, _picture: &RgbImage) -> RgbImage {
        RgbImage::new(1, 1)
    }

    fn analyze(&self, pages: &[ReadPage]) -> Vec<Result<PageFindings>> {
        pages.iter().map(|page| Ok(self.page(page))).collect()
    }

    fn fields(&self, entities: &[Entity], _: &[Relation]) -> BTreeMap<String, serde_json::Value> {
        let best = entities
            .iter()
            .filter(|entity| entity.label == "total")
            .reduce(|best, entity| if entity.score > best.score { entity } else { best });
        best.map(|entity| ("total".to_string(), entity.text.clone().into())).into_iter().collect()
    }
}

impl Rules {
    fn page(&self, read: &ReadPage) -> PageFindings {
        std::thread::sleep(Duration::from_millis(self.0.page_time / 2));
        let page = &read.page;
        assert!(self.0.model_panics_at != Some(page.size.width), "the model fell over");
        let mut found = PageFindings { model: Duration::from_millis(1), ..PageFindings::default() };
        for pair in page.words.windows(2).filter(|pair| pair[1].text.contains('.')) {
            let ids = [found.entities.len(), found.entities.len() + 1];
            for ((word, label), id) in pair.iter().zip(["question", "total"]).zip(ids) {
                found.entities.push(entity(word, label, id, page.number));
            }
            let link = "question-answer".to_string();
            found.relations.push(Relation { head: ids[0], tail: ids[1], label: link, score: 0.75 });
        }
        found
    }
}

fn entity(word: &Word, label: &str, id: usize, page: u32) -> Entity {
    Entity {
        id,
        label: label.to_string(),
        text: word.text.clone(),
        value: None,
        score: if label == "total" { 0.875 } else { 0.5 },
        ocr_confidence: word.confidence,
        page,
        bbox: word.bbox,
        words: vec![word.clone()],
    }
}
