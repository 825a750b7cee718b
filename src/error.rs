//! One error type for the library: what failed, where (input, page, stage) and what to do about it.

use serde::Serialize;
use std::any::Any;
use std::fmt;

/// The stages of the data flow; the same names in errors, timings, logs and documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Input,
    Ocr,
    Encode,
    Model,
    Decode,
    Output,
    Train,
}

impl Stage {
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Input => "input",
            Stage::Ocr => "ocr",
            Stage::Encode => "encode",
            Stage::Model => "model",
            Stage::Decode => "decode",
            Stage::Output => "output",
            Stage::Train => "train",
        }
    }
}

/// Stable machine-readable reasons; documented in `docs/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    NotFound,
    Unreadable,
    EmptyInput,
    UnsupportedFormat,
    CorruptInput,
    TooLarge,
    Encrypted,
    NoSuchPage,
    NoInputs,
    OcrUnavailable,
    OcrLanguage,
    OcrFailed,
    WordsInvalid,
    ModelMissing,
    ModelInvalid,
    WeightsMismatch,
    TokenizerMismatch,
    LabelsMismatch,
    DeviceUnavailable,
    HubFailed,
    DataInvalid,
    OutputFailed,
    Usage,
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 24] = [
        Self::NotFound,
        Self::Unreadable,
        Self::EmptyInput,
        Self::UnsupportedFormat,
        Self::CorruptInput,
        Self::TooLarge,
        Self::Encrypted,
        Self::NoSuchPage,
        Self::NoInputs,
        Self::OcrUnavailable,
        Self::OcrLanguage,
        Self::OcrFailed,
        Self::WordsInvalid,
        Self::ModelMissing,
        Self::ModelInvalid,
        Self::WeightsMismatch,
        Self::TokenizerMismatch,
        Self::LabelsMismatch,
        Self::DeviceUnavailable,
        Self::HubFailed,
        Self::DataInvalid,
        Self::OutputFailed,
        Self::Usage,
        Self::Internal,
    ];

    /// As records and documentation spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Unreadable => "unreadable",
            Self::EmptyInput => "empty-input",
            Self::UnsupportedFormat => "unsupported-format",
            Self::CorruptInput => "corrupt-input",
            Self::TooLarge => "too-large",
            Self::Encrypted => "encrypted",
            Self::NoSuchPage => "no-such-page",
            Self::NoInputs => "no-inputs",
            Self::OcrUnavailable => "ocr-unavailable",
            Self::OcrLanguage => "ocr-language",
            Self::OcrFailed => "ocr-failed",
            Self::WordsInvalid => "words-invalid",
            Self::ModelMissing => "model-missing",
            Self::ModelInvalid => "model-invalid",
            Self::WeightsMismatch => "weights-mismatch",
            Self::TokenizerMismatch => "tokenizer-mismatch",
            Self::LabelsMismatch => "labels-mismatch",
            Self::DeviceUnavailable => "device-unavailable",
            Self::HubFailed => "hub-failed",
            Self::DataInvalid => "data-invalid",
            Self::OutputFailed => "output-failed",
            Self::Usage => "usage",
            Self::Internal => "internal",
        }
    }
}

/// An error with its place and its remedy.
#[derive(Debug)]
pub struct Error {
    pub code: ErrorCode,
    pub stage: Stage,
    /// File (or `-`) that it happened in.
    pub input: Option<String>,
    /// Page, counted from 1.
    pub page: Option<u32>,
    /// What is wrong, in one sentence, without the place.
    pub message: String,
    /// What the user can do.
    pub hint: Option<String>,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(stage: Stage, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            stage,
            input: None,
            page: None,
            message: message.into(),
            hint: None,
            source: None,
        }
    }
    /// The command line, or an option given to the library, makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Stage::Input, ErrorCode::Usage, message)
    }
    pub fn input(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(Stage::Input, code, message)
    }
    pub fn ocr(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(Stage::Ocr, code, message)
    }
    pub fn model(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(Stage::Model, code, message)
    }
    /// A file that can't be written, of whatever stage.
    pub fn unwritable(
        stage: Stage,
        path: &std::path::Path,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let cause = cause.into();
        Self::new(stage, ErrorCode::OutputFailed, format!("can't write: {cause}"))
            .at(path.display().to_string())
            .hint("check free space and permissions")
            .caused_by(cause)
    }
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// Names the file, unless one is named already.
    pub fn at(mut self, input: impl Into<String>) -> Self {
        self.input.get_or_insert_with(|| input.into());
        self
    }
    /// Names the page, unless one is named already.
    pub fn on_page(mut self, page: u32) -> Self {
        self.page.get_or_insert(page);
        self
    }
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// What a caught panic says. libtorch's own words come with C++ stack traces, which help no user: they are cut off.
pub(crate) fn panic_reason(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    // In `Debug` form, as `unwrap` gives it, the line's end is two characters.
    let traces = ["\nException raised from", "\\nException raised from"];
    let end = traces.iter().filter_map(|trace| text.find(trace)).min();
    end.map_or(text, |end| &text[..end]).to_owned()
}

impl fmt::Display for Error {
    /// `scan.pdf, page 3, ocr: language …` — the hint is printed apart, on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(input) = &self.input {
            write!(f, "{input}, ")?;
        }
        if let Some(page) = self.page {
            write!(f, "page {page}, ")?;
        }
        // What was asked for wrongly happened in no stage.
        if self.code == ErrorCode::Usage {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.stage.name(), self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_codes_are_those_that_serde_writes() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }

    #[test]
    fn a_panic_is_told_without_the_stack_trace_of_libtorch() {
        let panic = std::panic::catch_unwind(|| {
            tch::no_grad(|| tch::Tensor::from_slice(&[1f32, 2.0]).reshape([3]))
        });
        let reason = panic_reason(&*panic.unwrap_err());
        assert!(reason.contains("invalid for input of size 2"), "{reason}");
        assert!(!reason.contains("frame #"), "{reason}");
        let told = std::panic::catch_unwind(|| panic!("index out of bounds")).unwrap_err();
        assert_eq!(panic_reason(&*told), "index out of bounds");
    }
}
