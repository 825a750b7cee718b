//! Ctrl-C in two steps: the first asks for a clean end, the second ends at once.

use crate::error::{Error, ErrorCode, Result, Stage};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a clean end was asked for. Clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Set by Ctrl-C, SIGTERM and SIGHUP from now on; the same one whenever it is asked for. After the
    /// first of these signals the next one has its ordinary, deadly effect again.
    ///
    /// # Errors
    /// `internal` when someone else handles signals already.
    pub fn from_signals() -> Result<Self> {
        static SHARED: Mutex<Option<Interrupt>> = Mutex::new(None);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*shared {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let in_handler = interrupt.clone();
        ctrlc::try_set_handler(move || {
            in_handler.set();
            let_signals_kill();
        })
        .map_err(|error| {
            Error::new(Stage::Input, ErrorCode::Internal, "signals can't be handled")
                .caused_by(error)
        })?;
        Ok(shared.insert(interrupt).clone())
    }

    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[allow(unsafe_code)]
fn let_signals_kill() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: installs the default disposition, no handler of ours; the numbers are valid. Runs on
        // ctrlc's own thread, not inside a signal handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
