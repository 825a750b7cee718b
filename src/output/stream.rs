//! Records one after the other into one writer, flushed after each so that a pipe streams.

use super::record::Record;
use super::{Format, RecordWriter};
use std::io::{self, Write};

/// A started output in one form.
pub struct RecordStream<W> {
    out: W,
    writer: Box<dyn RecordWriter>,
    several: bool,
    count: usize,
}

impl<W: Write> RecordStream<W> {
    /// `several`: more than one record may come, which some forms put into an array.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn start(format: Format, several: bool, mut out: W) -> io::Result<Self> {
        let mut writer = format.writer();
        writer.start(&mut out, several)?;
        Ok(Self { out, writer, several, count: 0 })
    }

    /// # Errors
    /// Those of the writer.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        self.writer.record(&mut self.out, record, self.count, self.several)?;
        self.count += 1;
        self.out.flush()
    }

    /// Closes what the form opened and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end(mut self) -> io::Result<W> {
        self.writer.end(&mut self.out, self.count, self.several)?;
        self.out.flush()?;
        Ok(self.out)
    }
}
