//! What is done already, so that a run that was killed at any moment can go on.
//!
//! The journal is a file that only grows: a header, then a line per finished document:
//!
//! ```text
//! <16 hex digits: checksum of the rest> <64 hex digits: key> <the record as JSON>
//! ```
//!
//! A line counts when its checksum fits. A kill can only tear the last one, which is then cut off and
//! its document done again. A resumed run goes through all inputs in order and takes the records of
//! finished ones from here, so its output is written anew from the first line on and can't miss or
//! repeat one, whatever state the old output was in. The price is that records are on the disk twice.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::output::record::Record;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const HEADER: &[u8] = b"layoutlm-journal 1\n";
/// A lock that was let go can live on for a moment: a process that is just being started holds copies
/// of its parent's open files until it becomes another program.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// Hexadecimal digits of a line's checksum.
const CHECKSUM: usize = 16;
/// Hexadecimal digits of a key.
const KEY: usize = 64;

/// Identifies a document together with everything that shapes its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// `settings` names model, reader and options; see [`crate::pipeline::Extractor::fingerprint`].
    pub fn new(input: &str, sha256: &str, settings: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [input, sha256, settings] {
            // With lengths, so that no two triples run together to the same bytes.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }

    fn hex(self) -> String {
        hex(&self.0)
    }
}

/// Where a record lies in the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    length: usize,
}

/// An open journal; nobody else can have it open at the same time.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
    done: HashMap<[u8; 32], Place>,
}

impl Journal {
    /// Whether finished documents are recorded at this path.
    pub fn holds_work(path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|data| data.len() > HEADER.len() as u64)
    }

    /// An empty journal, whatever was there.
    ///
    /// # Errors
    /// `output-failed` when the file can't be written, `usage` when another run has it.
    pub fn create(path: &Path) -> Result<Self> {
        let mut journal = Self::lock(path)?;
        journal
            .check_header()
            .and_then(|_| journal.restart())
            .map_err(|error| journal.broken(error))?;
        Ok(journal)
    }

    /// The journal as an earlier run left it, with a torn end cut off; an empty one if there is none.
    ///
    /// # Errors
    /// As [`Journal::create`], and when the file is no journal.
    pub fn resume(path: &Path) -> Result<Self> {
        let mut journal = Self::lock(path)?;
        journal.load().map_err(|error| journal.broken(error))?;
        Ok(journal)
    }

    fn lock(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| {
            Error::new(Stage::Output, ErrorCode::OutputFailed, format!("no journal: {error}"))
                .at(path.display().to_string())
                .hint("pass `--no-journal` to do without one")
                .caused_by(error)
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let mut patience = LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if !patience.is_zero() => {
                    std::thread::sleep(LOCK_PAUSE);
                    patience = patience.saturating_sub(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::usage(format!(
                        "another run is writing the journal {}",
                        path.display()
                    ))
                    .hint("wait for it, or give this run another output"));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Ok(Self { path: path.to_path_buf(), file, end: 0, done: HashMap::new() })
    }

    /// Leaves the file after a whole header (true), or tells that it has at most a part of one, as a
    /// kill right after its making leaves it.
    ///
    /// # Errors
    /// When the file is something else, which must not be overwritten.
    fn check_header(&mut self) -> io::Result<bool> {
        let mut start = Vec::new();
        (&self.file).take(HEADER.len() as u64).read_to_end(&mut start)?;
        if start == HEADER || HEADER.starts_with(&start) {
            return Ok(start == HEADER);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "the file is no journal of layoutlm"))
    }

    fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(HEADER)?;
        self.end = HEADER.len() as u64;
        self.done.clear();
        Ok(())
    }

    fn load(&mut self) -> io::Result<()> {
        if !self.check_header()? {
            return self.restart();
        }
        let mut reader = BufReader::with_capacity(1 << 20, &self.file);
        let mut line = Vec::new();
        self.end = HEADER.len() as u64;
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            let Some(key) = checked_key(&line) else { break };
            let start = (CHECKSUM + 1 + KEY + 1) as u64;
            let place = Place { offset: self.end + start, length: line.len() - start as usize - 1 };
            self.done.insert(key, place);
            self.end += line.len() as u64;
        }
        self.file.set_len(self.end)
    }

    /// Documents that are done.
    pub fn len(&self) -> usize {
        self.done.len()
    }
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// The record of a finished document.
    ///
    /// # Errors
    /// `output-failed` when the file can't be read any more.
    pub fn get(&mut self, key: Key) -> Result<Option<Record>> {
        let Some(place) = self.done.get(&key.0).copied() else { return Ok(None) };
        let mut json = vec![0; place.length];
        let read = self
            .file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| self.file.read_exact(&mut json));
        read.map_err(|error| self.broken(error))?;
        serde_json::from_slice(&json).map(Some).map_err(|error| self.broken(error.into()))
    }

    /// Remembers a finished document. When this returns, no kill can lose it.
    ///
    /// # Errors
    /// `output-failed`: disk full, for example. The journal stays good up to the line before.
    pub fn append(&mut self, key: Key, record: &Record) -> Result<()> {
        let json = serde_json::to_string(record).map_err(|error| self.broken(error.into()))?;
        let rest = format!("{} {json}", key.hex());
        let line = format!("{} {rest}\n", checksum(rest.as_bytes()));
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(line.as_bytes()));
        written.map_err(|error| self.broken(error))?;
        let offset = self.end + (CHECKSUM + 1 + KEY + 1) as u64;
        self.done.insert(key.0, Place { offset, length: json.len() });
        self.end += line.len() as u64;
        Ok(())
    }

    /// Deletes it: the run is over and there is nothing to resume.
    ///
    /// # Errors
    /// `output-failed` when the file can't be deleted.
    pub fn remove(self) -> Result<()> {
        std::fs::remove_file(&self.path).map_err(|error| self.broken(error))
    }

    fn broken(&self, error: io::Error) -> Error {
        Error::new(Stage::Output, ErrorCode::OutputFailed, format!("the journal failed: {error}"))
            .at(self.path.display().to_string())
            .hint("free some space or mend the disk, then go on with `--resume`")
            .caused_by(error)
    }
}

/// The key of a whole and undamaged line.
fn checked_key(line: &[u8]) -> Option<[u8; 32]> {
    let line = line.strip_suffix(b"\n")?;
    let (sum, rest) = line.split_at_checked(CHECKSUM)?;
    let rest = rest.strip_prefix(b" ")?;
    if checksum(rest).as_bytes() != sum || rest.get(KEY) != Some(&b' ') {
        return None;
    }
    let digits = std::str::from_utf8(&rest[..KEY]).ok()?;
    let mut key = [0; 32];
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(key)
}

fn checksum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..CHECKSUM / 2])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: usize) -> (Key, Record) {
        let input = format!("page {number}.png");
        let error = Error::input(ErrorCode::CorruptInput, "with a\nline break and \u{1F9FE}");
        let record = Record::failed(input.clone(), Some(format!("{number:064x}")), &error, None);
        (Key::new(&input, "00", "settings"), record)
    }

    #[test]
    fn what_was_appended_is_found_after_reopening() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl.journal");
        let mut journal = Journal::create(&path).unwrap();
        for number in 0..5 {
            let (key, record) = record(number);
            journal.append(key, &record).unwrap();
        }
        drop(journal);
        let mut journal = Journal::resume(&path).unwrap();
        assert_eq!(journal.len(), 5);
        for number in 0..5 {
            let (key, record) = record(number);
            assert_eq!(journal.get(key).unwrap(), Some(record));
        }
        assert_eq!(journal.get(Key::new("page 0.png", "01", "settings")).unwrap(), None);
    }

    #[test]
    fn a_journal_cut_at_any_byte_keeps_all_whole_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut ends = vec![HEADER.len() as u64];
        let mut journal = Journal::create(&path).unwrap();
        for number in 0..3 {
            let (key, record) = record(number);
            journal.append(key, &record).unwrap();
            ends.push(journal.end);
        }
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::resume(&path).unwrap();
            let expected = ends.iter().filter(|end| **end <= cut as u64).count().saturating_sub(1);
            assert_eq!(journal.len(), expected, "cut at {cut}");
            // The torn end does not spoil what comes after it.
            let (key, record) = record(7);
            journal.append(key, &record).unwrap();
            drop(journal);
            let mut journal = Journal::resume(&path).unwrap();
            assert_eq!(journal.len(), expected + 1, "cut at {cut}");
            assert_eq!(journal.get(key).unwrap(), Some(record));
        }
    }

    #[test]
    fn a_changed_byte_ends_what_is_believed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut journal = Journal::create(&path).unwrap();
        for number in 0..3 {
            let (key, record) = record(number);
            journal.append(key, &record).unwrap();
        }
        drop(journal);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Journal::resume(&path).unwrap().len(), 1);
    }

    #[test]
    fn processes_that_are_started_meanwhile_keep_no_journal_from_being_resumed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        drop(Journal::create(&path).unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..40 {
                    let _ = std::process::Command::new("true").status();
                }
            });
            for _ in 0..400 {
                Journal::resume(&path).unwrap();
            }
        });
    }

    #[test]
    fn a_second_run_on_the_same_journal_is_refused_and_other_files_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let first = Journal::create(&path).unwrap();
        assert_eq!(Journal::resume(&path).unwrap_err().code, ErrorCode::Usage);
        drop(first);
        std::fs::write(&path, "my novel\n").unwrap();
        assert_eq!(Journal::resume(&path).unwrap_err().code, ErrorCode::OutputFailed);
        assert_eq!(Journal::create(&path).unwrap_err().code, ErrorCode::OutputFailed);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "my novel\n");
    }
}
