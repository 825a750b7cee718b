//! Which documents a run reads: files, directories, lists, one shard of them. Lazy and in a stable
//! order, so that a hundred thousand files need no more memory than one directory's names.
//!
//! Hidden files are left out and symbolic links are not followed, as ripgrep does; unlike it, ignore
//! files are not read: scans often lie in ignored directories. In a directory only names that look like
//! pages count; a file that is named itself is always tried.

use super::Task;
use crate::error::{Error, ErrorCode, Result};
use crate::input::Source;
use data_encoding::BASE64;
use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Name endings, in lower case, that a directory is searched for.
pub const PAGE_EXTENSIONS: [&str; 18] = [
    "pdf", "png", "apng", "jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "webp", "bmp", "dib", "gif",
    "pnm", "pbm", "pgm", "ppm", "pam",
];

/// One part of all documents, by a hash of their names: every part is the same whatever else is in the
/// directory, so parts can run on different machines at different times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Counted from 1.
    index: u64,
    count: u64,
}

impl Shard {
    fn contains(self, name: &str) -> bool {
        let digest = Sha256::digest(name.as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        number % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            Some(Self { index: index.parse().ok()?, count: count.parse().ok()? })
        });
        match parts {
            Some(shard) if (1..=shard.count).contains(&shard.index) => Ok(shard),
            _ => Err("expected I/N with I from 1 to N, such as 3/10".to_string()),
        }
    }
}

/// What of the given paths is read.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Names in directories must match one of these globs instead of [`PAGE_EXTENSIONS`].
    pub include: Vec<String>,
    /// Names and directories that match one of these globs are left out.
    pub exclude: Vec<String>,
    pub hidden: bool,
    pub follow_links: bool,
    pub shard: Option<Shard>,
}

impl Selection {
    /// # Errors
    /// `usage` for a glob that can't be understood.
    pub fn check(&self) -> Result<()> {
        self.globs(Path::new(".")).map(|_| ())
    }

    /// The documents behind these paths, in the order of the paths and of the names in them.
    pub fn tasks(self, paths: Vec<PathBuf>) -> impl Iterator<Item = Task> + Send + 'static {
        let selection = self.clone();
        paths
            .into_iter()
            .flat_map(move |path| selection.expand(path))
            .filter(move |task| self.shard.is_none_or(|shard| shard.contains(&name_of(task))))
    }

    /// The documents that a list names, drawn from it as they are asked for.
    pub fn listed(
        self,
        list: Box<dyn BufRead + Send>,
        name: String,
        separator: u8,
    ) -> impl Iterator<Item = Task> + Send + 'static {
        let selection = self.clone();
        List { list, name, separator, line: 0, ended: false }
            .flat_map(move |entry| match entry {
                Ok(Source::Path(path)) => selection.expand(path),
                other => Box::new(std::iter::once(other)),
            })
            .filter(move |task| self.shard.is_none_or(|shard| shard.contains(&name_of(task))))
    }

    /// A file is itself; a directory is the pages in it.
    fn expand(&self, path: PathBuf) -> Box<dyn Iterator<Item = Task> + Send> {
        if !path.is_dir() {
            return Box::new(std::iter::once(Ok(Source::from_argument(path))));
        }
        match self.walk(&path) {
            Ok(found) => {
                let mut found = found.peekable();
                if found.peek().is_none() {
                    return Box::new(std::iter::once(Err(no_pages(&path, &self.include))));
                }
                Box::new(found)
            }
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn walk(&self, root: &Path) -> Result<impl Iterator<Item = Task> + Send + use<>> {
        // The walker's own rule for hidden files gives way to globs, which match every page here.
        let with_hidden = self.hidden;
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .filter_entry(move |entry| {
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                with_hidden || !hidden || entry.depth() == 0
            })
            .follow_links(self.follow_links)
            .overrides(self.globs(root)?)
            .sort_by_file_name(|a, b| a.cmp(b))
            .build();
        Ok(walk.filter_map(|entry| match entry {
            Ok(entry) => {
                let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                is_file.then(|| Ok(Source::Path(entry.into_path())))
            }
            Err(error) => Some(Err(unreadable_entry(&error))),
        }))
    }

    fn globs(&self, root: &Path) -> Result<Override> {
        let wrong = |error: ignore::Error| {
            Error::usage(format!("a glob can't be understood: {error}"))
                .hint("examples of globs: '*.pdf', '2024-*/**', '{a,b}*.png'")
        };
        let mut globs = OverrideBuilder::new(root);
        if self.include.is_empty() {
            globs.case_insensitive(true).map_err(wrong)?;
            globs.add(&format!("*.{{{}}}", PAGE_EXTENSIONS.join(","))).map_err(wrong)?;
            globs.case_insensitive(false).map_err(wrong)?;
        }
        for glob in &self.include {
            globs.add(glob).map_err(wrong)?;
        }
        for glob in &self.exclude {
            globs.add(&format!("!{glob}")).map_err(wrong)?;
        }
        globs.build().map_err(wrong)
    }
}

fn name_of(task: &Task) -> String {
    match task {
        Ok(source) => source.name(),
        Err(error) => error.input.clone().unwrap_or_default(),
    }
}

fn no_pages(directory: &Path, include: &[String]) -> Error {
    let hint = if include.is_empty() {
        format!(
            "pages are files that end in {}; name files of another kind themselves or with \
             `--include`",
            PAGE_EXTENSIONS.join(", ")
        )
    } else {
        "no name matches `--include`".to_string()
    };
    Error::input(ErrorCode::NoInputs, "the directory holds no pages")
        .at(directory.display().to_string())
        .hint(hint)
}

fn unreadable_entry(error: &ignore::Error) -> Error {
    Error::input(ErrorCode::Unreadable, format!("it can't be listed: {error}"))
        .at(place_of(error).map_or(String::new(), |path| path.display().to_string()))
        .hint("check its permissions, and where its links lead")
}

fn place_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } => place_of(err),
        _ => None,
    }
}

/// Entries of a list: a path each, or a JSON object `{"input": NAME, "image": BASE64}`; without
/// `image`, the input is a path.
struct List {
    list: Box<dyn BufRead + Send>,
    name: String,
    separator: u8,
    line: usize,
    ended: bool,
}

#[derive(Deserialize)]
struct Entry {
    input: String,
    image: Option<String>,
}

impl List {
    fn entry(&self, bytes: &[u8]) -> Task {
        // A path may begin with a brace as well; such a line is no JSON object and stays a path.
        if bytes.starts_with(b"{")
            && let Ok(entry) = serde_json::from_slice::<Entry>(bytes)
        {
            return match entry.image {
                None => Ok(Source::from_argument(entry.input)),
                Some(image) => self.picture(entry.input, &image),
            };
        }
        Ok(Source::Path(path_of(bytes)))
    }

    fn picture(&self, name: String, image: &str) -> Task {
        // `data:image/png;base64,…` as browsers write it is taken too.
        let digits = image.rsplit_once("base64,").map_or(image, |(_, digits)| digits);
        let bytes = BASE64.decode(digits.trim().as_bytes()).map_err(|error| {
            Error::input(ErrorCode::CorruptInput, format!("the image is no base64: {error}"))
                .at(name.clone())
                .hint(format!("see entry {} of {}", self.line, self.name))
        })?;
        Ok(Source::Bytes { name, bytes })
    }
}

impl Iterator for List {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        while !self.ended {
            let mut bytes = Vec::new();
            match self.list.read_until(self.separator, &mut bytes) {
                Ok(0) => self.ended = true,
                Ok(_) => {
                    self.line += 1;
                    if bytes.last() == Some(&self.separator) {
                        bytes.pop();
                    }
                    if self.separator == b'\n' && bytes.last() == Some(&b'\r') {
                        bytes.pop();
                    }
                    if !bytes.is_empty() {
                        return Some(self.entry(&bytes));
                    }
                }
                Err(error) => {
                    self.ended = true;
                    let message = format!("the list can't be read: {error}");
                    return Some(Err(Error::input(ErrorCode::Unreadable, message)
                        .at(self.name.clone())
                        .caused_by(error)));
                }
            }
        }
        None
    }
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "b/2.png",
            "b/10.PNG",
            "b/notes.txt",
            "a.pdf",
            ".hidden/x.png",
            ".y.png",
            "c/deep/z.tiff",
        ] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        root
    }

    fn names(selection: &Selection, root: &Path) -> Vec<String> {
        let tasks = selection.clone().tasks(vec![root.to_path_buf()]);
        tasks
            .map(|task| {
                let name = task.unwrap().name();
                name.strip_prefix(&format!("{}/", root.display())).unwrap().to_string()
            })
            .collect()
    }

    #[test]
    fn directories_give_their_pages_in_a_stable_order() {
        let root = tree();
        let found = names(&Selection::default(), root.path());
        assert_eq!(found, ["a.pdf", "b/10.PNG", "b/2.png", "c/deep/z.tiff"]);
        let hidden = Selection { hidden: true, ..Selection::default() };
        assert_eq!(names(&hidden, root.path()).len(), 6);
    }

    #[test]
    fn globs_take_in_and_leave_out() {
        let root = tree();
        let globs = |include: &[&str], exclude: &[&str]| Selection {
            include: include.iter().map(ToString::to_string).collect(),
            exclude: exclude.iter().map(ToString::to_string).collect(),
            ..Selection::default()
        };
        assert_eq!(names(&globs(&["*.txt"], &[]), root.path()), ["b/notes.txt"]);
        assert_eq!(names(&globs(&[], &["b"]), root.path()), ["a.pdf", "c/deep/z.tiff"]);
        assert_eq!(names(&globs(&["*.pdf", "*.txt"], &["n*"]), root.path()), ["a.pdf"]);
        assert_eq!(globs(&["[a"], &[]).check().unwrap_err().code, ErrorCode::Usage);
    }

    #[test]
    fn a_directory_without_pages_is_an_error_with_its_name() {
        let root = tempfile::tempdir().unwrap();
        let tasks: Vec<_> = Selection::default().tasks(vec![root.path().to_path_buf()]).collect();
        let [Err(error)] = &tasks[..] else { panic!("{tasks:?}") };
        assert_eq!(error.code, ErrorCode::NoInputs);
        assert_eq!(error.input.as_deref(), Some(&*root.path().display().to_string()));
    }

    #[test]
    fn shards_are_disjoint_and_leave_nothing_out() {
        let paths: Vec<PathBuf> = (0..200).map(|n| format!("{n}.png").into()).collect();
        let mut all = BTreeSet::new();
        for index in 1..=7 {
            let shard = Some(format!("{index}/7").parse().unwrap());
            let selection = Selection { shard, ..Selection::default() };
            for task in selection.tasks(paths.clone()) {
                assert!(all.insert(task.unwrap().name()));
            }
        }
        assert_eq!(all.len(), 200);
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lists_hold_paths_and_pictures() {
        let list = "a b.png\r\n\n{\"input\": \"x.pdf\"}\n{\"input\":\"pic\",\"image\":\"aGk=\"}\n\
                    {odd}.png\n{\"input\":\"bad\",\"image\":\"*\"}";
        let tasks: Vec<_> =
            Selection::default().listed(Box::new(list.as_bytes()), "list".into(), b'\n').collect();
        let path = |name: &str| Source::Path(name.into());
        assert_eq!(tasks[0].as_ref().unwrap(), &path("a b.png"));
        assert_eq!(tasks[1].as_ref().unwrap(), &path("x.pdf"));
        let picture = Source::Bytes { name: "pic".into(), bytes: b"hi".to_vec() };
        assert_eq!(tasks[2].as_ref().unwrap(), &picture);
        assert_eq!(tasks[3].as_ref().unwrap(), &path("{odd}.png"));
        assert_eq!(tasks[4].as_ref().unwrap_err().input.as_deref(), Some("bad"));
        assert_eq!(tasks.len(), 5);
        let tasks: Vec<_> = Selection::default()
            .listed(Box::new(&b"line\nbreak.png\0second.png\0"[..]), "list".into(), b'\0')
            .collect();
        assert_eq!(tasks[0].as_ref().unwrap(), &path("line\nbreak.png"));
        assert_eq!(tasks.len(), 2);
    }
}
