//! Exit codes: the one table that maps what went wrong to what a script sees. Documented in
//! `docs/errors.md`.

use crate::error::{Error, ErrorCode, Stage};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything asked for was done.
    Success = 0,
    /// A bug, or a failure that has no code of its own.
    Failure = 1,
    /// The command line makes no sense. clap uses the same number.
    Usage = 2,
    /// The only input could not be read.
    Input = 3,
    /// The model is missing, damaged or does not fit.
    Model = 4,
    /// Tesseract or one of its languages is missing, or it failed on the only input.
    Ocr = 5,
    /// The output could not be written: disk full, no permission.
    Output = 6,
    /// Some of several inputs failed; each has its record in the output.
    SomeFailed = 7,
    /// Stopped by Ctrl-C or SIGTERM: 128 + SIGINT, as shells count.
    Interrupted = 130,
}

impl ExitCode {
    /// What an error means for the exit code when nothing else was to be done.
    pub fn of(error: &Error) -> Self {
        match (error.code, error.stage) {
            (ErrorCode::Usage | ErrorCode::NoSuchPage, _) => Self::Usage,
            (ErrorCode::Internal, _) => Self::Failure,
            (ErrorCode::OutputFailed, _) => Self::Output,
            (_, Stage::Input) => Self::Input,
            (_, Stage::Ocr) => Self::Ocr,
            (_, Stage::Encode | Stage::Model | Stage::Decode) => Self::Model,
            (_, Stage::Output) => Self::Output,
            (_, Stage::Train) => Self::Failure,
        }
    }

    /// The code of whatever typed error stands in the chain; [`ExitCode::Failure`] without one.
    pub fn of_chain(error: &anyhow::Error) -> Self {
        error
            .chain()
            .find_map(|cause| cause.downcast_ref::<Error>())
            .map_or(Self::Failure, Self::of)
    }
}

impl ExitCode {
    /// Ends the process here and now, without the destructors of the C++ libraries: libtorch takes
    /// tens of milliseconds to take its tables of operators apart, for nobody.
    #[allow(unsafe_code)]
    pub fn leave(self) -> ! {
        use std::io::Write;
        // Help is written through the standard library's buffer; a closed pipe is no failure.
        let _ = std::io::stdout().flush();
        // SAFETY: _exit takes a number, touches no memory of ours and does not return. Files are
        // flushed by their owners, which are gone by now.
        unsafe { libc::_exit(self as i32) }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_output_whatever_the_stage() {
        let error = |stage| Error::unwritable(stage, "run".as_ref(), std::io::Error::other("full"));
        for stage in [Stage::Train, Stage::Model, Stage::Output] {
            assert_eq!(ExitCode::of(&error(stage)), ExitCode::Output);
        }
    }

    #[test]
    fn a_typed_error_keeps_its_code_under_context() {
        let error = anyhow::Error::from(Error::model(ErrorCode::ModelMissing, "no model"))
            .context("while starting");
        assert_eq!(ExitCode::of_chain(&error), ExitCode::Model);
        assert_eq!(ExitCode::of_chain(&anyhow::anyhow!("odd")), ExitCode::Failure);
    }
}
