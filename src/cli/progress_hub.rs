//! How far a download is: a bar where somebody sees it, else a line for each large file.

use super::Context;
use crate::model::hub::DownloadWatch;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg} {bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
/// Smaller files are not worth a line.
const LARGE: u64 = 10 << 20;

pub struct DownloadBar<'a> {
    context: &'a Context,
    bar: ProgressBar,
    said: String,
}

impl<'a> DownloadBar<'a> {
    pub fn new(context: &'a Context) -> Self {
        Self { context, bar: ProgressBar::hidden(), said: String::new() }
    }
}

impl DownloadWatch for DownloadBar<'_> {
    fn file(&mut self, name: &str, size: u64) {
        if self.context.shows_progress() {
            self.bar.finish_and_clear();
            self.bar = ProgressBar::new(size).with_message(name.to_string());
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                self.bar.set_style(style);
            }
        } else if self.said != name && size >= LARGE {
            self.context.note(format_args!("downloading {name}, {}", HumanBytes(size)));
            self.said = name.to_string();
        }
    }

    fn bytes(&mut self, count: u64) {
        self.bar.inc(count);
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_is_understood() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
