//! Standard output, kept for data alone.
//!
//! Leptonica, Tesseract and libtorch are C and C++ libraries that may print whenever they like. After
//! [`guard`] whatever anybody writes to descriptor 1 goes to standard error, and the real standard
//! output is reachable through [`Stdout`] only.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;

/// The real standard output, set aside by [`guard`].
static REAL: OnceLock<File> = OnceLock::new();

/// Sends everything written to descriptor 1 to standard error from now on. For the program's start,
/// before other threads exist; a library user has no need of it.
///
/// # Errors
/// When descriptors can't be duplicated (standard output is closed, or none are left).
pub fn guard() -> io::Result<()> {
    let real = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    if REAL.set(real).is_ok() {
        redirect_to_stderr()?;
    }
    Ok(())
}

#[allow(unsafe_code)]
fn redirect_to_stderr() -> io::Result<()> {
    // SAFETY: dup2 takes two numbers and touches no memory of ours. Descriptor 1 stays open
    // throughout, so nobody can hold a stale one.
    let result = unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Buffered standard output. Errors are the caller's: a closed pipe ends the run with success.
#[derive(Debug)]
pub struct Stdout(BufWriter<File>);

impl Stdout {
    /// # Errors
    /// When the descriptor can't be duplicated.
    pub fn open() -> io::Result<Self> {
        let file = match REAL.get() {
            Some(real) => real.try_clone()?,
            None => File::from(io::stdout().as_fd().try_clone_to_owned()?),
        };
        Ok(Self(BufWriter::with_capacity(64 * 1024, file)))
    }

    pub fn is_terminal(&self) -> bool {
        io::IsTerminal::is_terminal(self.0.get_ref())
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
