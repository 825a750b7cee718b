//! The plain `tesseract` command at its best: one OpenMP thread, which is set in the children's
//! environment alone; more make it slower.

use super::ours::{pages_as_commands, room, whole_folder};
use super::report::{Program, processors};
use super::{BenchOptions, Subject};
use crate::error::{Error, Result, Stage};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The command's name.
pub const TESSERACT: &str = "tesseract";

/// Endings of the pictures that it reads.
const PICTURES: [&str; 9] = ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "gif", "ppm"];

/// The command's own first line, where it is installed: `tesseract 5.3.0`.
pub fn version() -> Option<String> {
    let output = Command::new(TESSERACT).arg("--version").output().ok()?;
    // Old versions write it to standard error.
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).lines().next()?.trim().to_string())
}

/// The first document that the command can't read.
pub fn unreadable(documents: &[PathBuf]) -> Option<&Path> {
    let is_picture = |path: &&PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| PICTURES.contains(&ending.as_str()))
    };
    documents.iter().find(|path| !is_picture(path)).map(PathBuf::as_path)
}

pub fn measure(
    subject: &Subject,
    options: &BenchOptions,
    note: &impl Fn(&str),
) -> Result<Vec<Program>> {
    let name = version().unwrap_or_else(|| TESSERACT.to_string());
    note(&format!("{name}: a process for each page"));
    let command = pages_as_commands(options, subject.documents.len(), |index| {
        command(subject, &subject.documents[index])
    })?;
    let room = room()?;
    let mut programs = Vec::new();
    let most = options.workers.min(processors());
    for processes in if most > 1 { vec![1, most] } else { vec![1] } {
        note(&format!("{name}: all pages, {processes} at a time"));
        let lists = lists(subject, processes, room.path())?;
        let pages = subject.documents.len();
        let folder = whole_folder(options, pages, processes, || {
            lists.iter().map(|list| self::command(subject, list)).collect()
        })?;
        let noun = if processes == 1 { "process" } else { "processes" };
        programs.push(Program {
            name: format!("{name}, {processes} {noun}"),
            command: (processes == 1).then_some(command),
            folder: Some(folder),
            ..Program::default()
        });
    }
    Ok(programs)
}

/// `what`: a picture, or a list of pictures, which spares the command a start for each.
fn command(subject: &Subject, what: &Path) -> Command {
    let mut command = Command::new(TESSERACT);
    command.arg(what).arg("stdout").args(&subject.tesseract_flags).env("OMP_THREAD_LIMIT", "1");
    command
}

/// The documents dealt to as many lists, the largest files first, so that all end at about one time.
fn lists(subject: &Subject, count: usize, room: &Path) -> Result<Vec<PathBuf>> {
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |data| data.len());
    let mut documents: Vec<&PathBuf> = subject.documents.iter().collect();
    documents.sort_by_key(|path| std::cmp::Reverse(size(path)));
    let mut lists = vec![(0, String::new()); count.min(documents.len())];
    for document in documents {
        if let Some(list) = lists.iter_mut().min_by_key(|list| list.0) {
            list.0 += size(document).max(1);
            list.1.push_str(&format!("{}\n", document.display()));
        }
    }
    let write = |(number, (_, names)): (usize, &(u64, String))| {
        let path = room.join(format!("{count}-{number}.txt"));
        std::fs::write(&path, names)
            .map_err(|error| Error::unwritable(Stage::Output, &path, error))?;
        Ok(path)
    };
    lists.iter().enumerate().map(write).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_given_to_tesseract() {
        let documents = ["a.png", "b.JPG", "c.pdf"].map(PathBuf::from);
        assert_eq!(unreadable(&documents), Some(Path::new("c.pdf")));
        assert_eq!(unreadable(&documents[..2]), None);
    }
}
