//! What every verb gets beside its own arguments: how much to say, and how to say it.
//!
//! Messages go to standard error; standard output is data and is opened by [`crate::output`] alone.

use crate::error::Error;
use std::io::IsTerminal;

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    Normal,
    /// What is being done: settings, files chosen.
    Verbose,
    /// Times of every document too.
    Debug,
}

impl Verbosity {
    pub fn from_flags(quiet: bool, verbose: u8) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (false, 0) => Self::Normal,
            (false, 1) => Self::Verbose,
            (false, _) => Self::Debug,
        }
    }
}

/// Passed to every verb.
#[derive(Debug, Clone)]
pub struct Context {
    pub verbosity: Verbosity,
    /// Whether messages may be coloured.
    pub color: bool,
}

impl Context {
    pub fn new(verbosity: Verbosity) -> Self {
        // NO_COLOR counts when present and not empty (no-color.org).
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { verbosity, color: !refused && std::io::stderr().is_terminal() }
    }

    /// Whether a progress bar would be seen.
    pub fn shows_progress(&self) -> bool {
        self.verbosity >= Verbosity::Normal && std::io::stderr().is_terminal()
    }

    /// An error with its hint, in the one form that all errors have.
    pub fn error(&self, error: &anyhow::Error) {
        let typed = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
        self.failure(&chain(error), typed.and_then(|error| error.hint.as_deref()));
    }

    /// One input that failed, while the others go on; said even when quiet.
    pub fn failure(&self, line: &str, hint: Option<&str>) {
        eprintln!("{} {line}", self.paint("error:", "1;31"));
        if let Some(hint) = hint {
            eprintln!("{} {hint}", self.paint("hint:", "1;36"));
        }
    }

    /// Something the user should know though the run goes on.
    pub fn warning(&self, message: impl std::fmt::Display) {
        if self.verbosity >= Verbosity::Normal {
            eprintln!("{} {message}", self.paint("warning:", "1;33"));
        }
    }

    /// A plain line: summaries, where results went.
    pub fn note(&self, message: impl std::fmt::Display) {
        if self.verbosity >= Verbosity::Normal {
            eprintln!("{message}");
        }
    }

    /// A line for `-v`.
    pub fn detail(&self, message: impl std::fmt::Display) {
        if self.verbosity >= Verbosity::Verbose {
            eprintln!("{message}");
        }
    }

    /// A line for `-vv`, made only when it is wanted.
    pub fn trace(&self, line: impl FnOnce() -> String) {
        if self.verbosity >= Verbosity::Debug {
            eprintln!("{}", line());
        }
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// The error and its causes on one line, without causes that the line before says already.
fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    line
}
