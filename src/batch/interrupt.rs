//! Ctrl-C in two steps: the first asks for a clean end, the second ends at once.

use crate::error::{Error, ErrorCode, Result, Stage};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a clean end was asked for. Clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Set by Ctrl-C, SIGTERM and SIGHUP from now on; the same one whenever it is asked for. After the
    /// first of these signals the next one has its ordinary, deadly effect again. What whoever started
    /// the process wanted ignored (`nohup`, a script's `&`) stays ignored.
    ///
    /// # Errors
    /// `internal` when signals are handled by this crate's user already.
    pub fn from_signals() -> Result<Self> {
        static SHARED: Mutex<Option<Interrupt>> = Mutex::new(None);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*shared {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let in_handler = interrupt.clone();
        let (ignored, heeded) = SIGNALS.into_iter().partition::<Vec<_>, _>(|&it| is_ignored(it));
        ctrlc::set_handler(move || {
            in_handler.set();
            dispose(&heeded, libc::SIG_DFL);
        })
        .map_err(|error| {
            Error::new(Stage::Input, ErrorCode::Internal, "signals can't be handled")
                .caused_by(error)
        })?;
        dispose(&ignored, libc::SIG_IGN);
        Ok(shared.insert(interrupt).clone())
    }

    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

const SIGNALS: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

#[allow(unsafe_code)]
fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: asks only; the structure is plain data, written by the call, and the number is valid.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}

#[allow(unsafe_code)]
fn dispose(signals: &[libc::c_int], disposition: libc::sighandler_t) {
    for &signal in signals {
        // SAFETY: installs a standard disposition, no handler of ours; the numbers are valid. Runs on an
        // ordinary thread, not inside a signal handler.
        unsafe { libc::signal(signal, disposition) };
    }
}
