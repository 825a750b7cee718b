//! Files, directories and lists → the inputs of a run, in a stable order, one at a time.
//!
//! Directories are walked with the `ignore` crate, ripgrep's own: hidden files are left out and
//! symbolic links are not followed unless asked for. Deliberately different from ripgrep: `.gitignore`
//! does not apply unless asked for, because scans often lie in ignored folders; and only files whose
//! name ends like a page's are taken from a directory. A file named by the user is always tried.
//! Nothing is collected beforehand, so that the first of 100,000 files is read at once.

use super::Source;
use crate::error::{Error, ErrorCode, Result};
use ignore::overrides::{Override, OverrideBuilder};
use ignore::{Walk, WalkBuilder};
use sha2::{Digest, Sha256};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Endings, in lower case, of the files that are taken from a directory.
pub const EXTENSIONS: [&str; 18] = [
    "pdf", "png", "apng", "jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "webp", "bmp", "dib", "gif",
    "pnm", "pbm", "pgm", "ppm", "pam",
];

/// Which members of directories are inputs. The one place of these defaults.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Globs; if there are any, a file must match one, and then its ending does not matter.
    pub include: Vec<String>,
    /// Globs of files and directories to leave out.
    pub exclude: Vec<String>,
    /// Take hidden files and directories too.
    pub hidden: bool,
    /// Follow symbolic links within directories.
    pub follow_links: bool,
    /// Respect `.gitignore` and `.ignore`.
    pub respect_ignore_files: bool,
    /// Only this part of all inputs.
    pub shard: Option<Shard>,
}

/// One of several parts into which inputs are divided by a hash of their names: the same file comes
/// into the same part in every run, whatever other files there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    index: u64,
    count: u64,
}

impl Shard {
    /// Part `index`, counted from 1, of `count`.
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (1..=count).contains(&index).then_some(Self { index, count })
    }

    pub fn contains(self, name: &Path) -> bool {
        let digest = Sha256::digest(name.as_os_str().as_encoded_bytes());
        let hash = digest.iter().take(8).fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        hash % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.split_once('/')
            .and_then(|(index, count)| Self::new(index.parse().ok()?, count.parse().ok()?))
            .ok_or_else(|| {
                Error::input(ErrorCode::Usage, format!("`{text}` is no part of a whole"))
                    .hint("write `1/4` for the first of four parts, up to `4/4`")
            })
    }
}

/// One document to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub source: Source,
    /// Its path below the directory in which it was found; the file's name if it was named itself.
    pub relative: PathBuf,
}

/// How the entries of a list are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    #[default]
    Newline,
    /// As `find -print0` writes.
    Nul,
}

/// The inputs of a run: an iterator that walks while it is asked.
///
/// What can't be entered is an error among the inputs, and the walk goes on. If there is no input at
/// all, the only item is an error with code `no-inputs`.
pub struct Inputs {
    arguments: Box<dyn Iterator<Item = Result<Source>> + Send>,
    options: WalkOptions,
    directory: Option<Directory>,
    /// Nothing came yet.
    empty: bool,
}

/// A directory being walked.
struct Directory {
    root: PathBuf,
    walk: Walk,
}

impl Inputs {
    /// # Errors
    /// Code `usage` for a glob that can't be understood.
    pub fn new<A>(arguments: A, options: WalkOptions) -> Result<Self>
    where
        A: IntoIterator<Item = Result<Source>>,
        A::IntoIter: Send + 'static,
    {
        globs(Path::new("."), &options)?;
        let arguments = Box::new(arguments.into_iter());
        Ok(Self { arguments, options, directory: None, empty: true })
    }

    /// The next input, before the choice of a shard.
    fn advance(&mut self) -> Option<Result<Input>> {
        loop {
            if let Some(directory) = &mut self.directory {
                match directory.next_file(&self.options) {
                    Some(found) => return Some(found),
                    None => self.directory = None,
                }
            }
            let source = match self.arguments.next()? {
                Ok(source) => source,
                Err(error) => return Some(Err(error)),
            };
            match source {
                Source::Path(root) if root.is_dir() => match Directory::open(root, &self.options) {
                    Ok(directory) => self.directory = Some(directory),
                    Err(error) => return Some(Err(error)),
                },
                source => return Some(Ok(named(source))),
            }
        }
    }
}

impl Iterator for Inputs {
    type Item = Result<Input>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(found) = self.advance() else {
                return std::mem::take(&mut self.empty).then(|| Err(no_inputs()));
            };
            self.empty = false;
            match (&found, self.options.shard) {
                (Ok(input), Some(shard)) if !shard.contains(&input.relative) => {}
                _ => return Some(found),
            }
        }
    }
}

impl Directory {
    fn open(root: PathBuf, options: &WalkOptions) -> Result<Self> {
        let walk = WalkBuilder::new(&root)
            .standard_filters(false)
            .hidden(!options.hidden)
            .follow_links(options.follow_links)
            .ignore(options.respect_ignore_files)
            .parents(options.respect_ignore_files)
            .git_ignore(options.respect_ignore_files)
            .require_git(false)
            .overrides(globs(&root, options)?)
            .sort_by_file_name(|a, b| a.cmp(b))
            .build();
        Ok(Self { root, walk })
    }

    fn next_file(&mut self, options: &WalkOptions) -> Option<Result<Input>> {
        loop {
            let entry = match self.walk.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(unreadable(error, &self.root))),
            };
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            if is_file && (!options.include.is_empty() || is_page_name(entry.path())) {
                let path = entry.into_path();
                let relative = path.strip_prefix(&self.root).unwrap_or(&path).to_path_buf();
                return Some(Ok(Input { source: Source::Path(path), relative }));
            }
        }
    }
}

/// An input that the user named.
fn named(source: Source) -> Input {
    let relative = match &source {
        Source::Path(path) => path.file_name().map_or_else(|| path.clone(), PathBuf::from),
        other => PathBuf::from(other.name()),
    };
    Input { source, relative }
}

fn is_page_name(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| {
        EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    })
}

/// The globs of the options, relative to a directory.
fn globs(root: &Path, options: &WalkOptions) -> Result<Override> {
    let mut builder = OverrideBuilder::new(root);
    let exclude = options.exclude.iter().map(|glob| format!("!{glob}"));
    for glob in options.include.iter().cloned().chain(exclude) {
        builder.add(&glob).map_err(|error| bad_glob(&glob, error))?;
    }
    builder.build().map_err(|error| bad_glob("", error))
}

/// Reads the paths of a list as they come, for `--files-from`. Empty entries are passed over; `-` is
/// a file of that name.
pub fn listed(
    reader: impl BufRead + Send + 'static,
    separator: Separator,
) -> impl Iterator<Item = Result<Source>> + Send {
    let end = match separator {
        Separator::Newline => b'\n',
        Separator::Nul => 0,
    };
    reader.split(end).filter_map(move |entry| match entry {
        Ok(mut bytes) => {
            if separator == Separator::Newline && bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
            (!bytes.is_empty()).then(|| path_of(bytes).map(Source::Path))
        }
        Err(error) => Some(Err(Error::input(
            ErrorCode::Unreadable,
            format!("the list of files can't be read: {error}"),
        )
        .caused_by(error))),
    })
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf> {
    String::from_utf8(bytes).map(PathBuf::from).map_err(|error| {
        Error::input(ErrorCode::Unreadable, "an entry of the list of files is not UTF-8")
            .caused_by(error)
    })
}

fn no_inputs() -> Error {
    Error::input(ErrorCode::NoInputs, "there are no page images or PDFs to read").hint(
        "name files, or directories that hold them; hidden files, links and files with other endings \
         are taken from a directory only when asked for",
    )
}

fn bad_glob(glob: &str, error: ignore::Error) -> Error {
    Error::input(
        ErrorCode::Usage,
        format!("the glob `{}` is wrong: {error}", glob.trim_start_matches('!')),
    )
    .hint("write globs as for ripgrep, in quotes: `'*.pdf'`, `'scans/**'`")
    .caused_by(error)
}

fn unreadable(error: ignore::Error, root: &Path) -> Error {
    let place = place_of(&error).unwrap_or(root).display().to_string();
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Error::input(ErrorCode::Unreadable, format!("it can't be searched: {reason}"))
        .at(place)
        .caused_by(error)
}

fn place_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place_of(err)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::io::Cursor;

    const FILES: [&str; 12] = [
        "b.png",
        "a.PDF",
        "notes.txt",
        "scan",
        ".hidden.png",
        ".cache/x.png",
        "sub/z.tif",
        "sub/a.jpeg",
        "sub/deep/m.webp",
        "sub2/c.gif",
        "ignored/i.png",
        ".gitignore",
    ];

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in FILES {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, if file == ".gitignore" { "ignored/\n" } else { "" }).unwrap();
        }
        root
    }

    fn found(paths: &[&Path], options: WalkOptions) -> Vec<String> {
        let arguments: Vec<_> = paths.iter().map(|path| Ok(Source::from_argument(*path))).collect();
        Inputs::new(arguments, options)
            .unwrap()
            .map(|input| input.unwrap().relative.display().to_string())
            .collect()
    }

    #[test]
    fn directories_are_walked_in_the_order_of_names() {
        let root = tree();
        assert_eq!(
            found(&[root.path()], WalkOptions::default()),
            [
                "a.PDF",
                "b.png",
                "ignored/i.png",
                "sub/a.jpeg",
                "sub/deep/m.webp",
                "sub/z.tif",
                "sub2/c.gif"
            ]
        );
    }

    #[test]
    fn arguments_keep_their_order_and_named_files_are_always_tried() {
        let root = tree();
        let paths = ["sub2", "notes.txt", "missing.png", "sub"].map(|name| root.path().join(name));
        let mut paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        paths.push(Path::new("-"));
        assert_eq!(
            found(&paths, WalkOptions::default()),
            ["c.gif", "notes.txt", "missing.png", "a.jpeg", "deep/m.webp", "z.tif", "-"]
        );
        let last = Inputs::new([Ok(Source::from_argument("-"))], WalkOptions::default());
        assert_eq!(last.unwrap().next().unwrap().unwrap().source, Source::Stdin);
    }

    #[test]
    fn globs_hidden_files_and_ignore_files_are_respected_when_asked_for() {
        let root = tree();
        let options = |change: fn(&mut WalkOptions)| {
            let mut options = WalkOptions::default();
            change(&mut options);
            found(&[root.path()], options)
        };
        let included = options(|o| o.include = vec!["scan".into(), "sub/*.tif".into()]);
        assert_eq!(included, ["scan", "sub/z.tif"]);
        let excluded = options(|o| o.exclude = vec!["sub".into(), "*.png".into()]);
        assert_eq!(excluded, ["a.PDF", "sub2/c.gif"]);
        let hidden = options(|o| o.hidden = true);
        assert_eq!(hidden[..2], [".cache/x.png", ".hidden.png"]);
        let respectful = options(|o| o.respect_ignore_files = true);
        assert!(!respectful.contains(&"ignored/i.png".to_string()));
    }

    #[test]
    fn a_glob_that_is_wrong_is_refused_at_once() {
        let options = WalkOptions { include: vec!["a{b".into()], ..WalkOptions::default() };
        let error = Inputs::new([], options).err().unwrap();
        assert_eq!(error.code, ErrorCode::Usage);
        assert!(error.message.contains("a{b"));
    }

    #[test]
    fn a_directory_without_pages_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("notes.txt"), "").unwrap();
        let arguments = [Ok(Source::Path(root.path().into()))];
        let inputs: Vec<_> = Inputs::new(arguments, WalkOptions::default()).unwrap().collect();
        assert_eq!(inputs.len(), 1);
        let error = inputs[0].as_ref().unwrap_err();
        assert_eq!(error.code, ErrorCode::NoInputs);
        assert!(error.hint.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_when_asked_for_and_circles_are_errors() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("in");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("a.png"), "").unwrap();
        std::os::unix::fs::symlink(inside.join("a.png"), root.path().join("link.png")).unwrap();
        std::os::unix::fs::symlink(&inside, inside.join("circle")).unwrap();
        assert_eq!(found(&[root.path()], WalkOptions::default()), ["in/a.png"]);
        let options = WalkOptions { follow_links: true, ..WalkOptions::default() };
        let arguments = [Ok(Source::Path(root.path().into()))];
        let inputs: Vec<_> = Inputs::new(arguments, options).unwrap().collect();
        let names: Vec<_> = inputs.iter().flatten().map(|input| &input.relative).collect();
        assert_eq!(names, [Path::new("in/a.png"), Path::new("link.png")]);
        let errors: Vec<_> = inputs.iter().filter_map(|input| input.as_ref().err()).collect();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].input.as_ref().unwrap().ends_with("circle"));
    }

    #[test]
    fn lists_are_separated_by_lines_or_nul() {
        let paths = |text: &'static str, separator| -> Vec<String> {
            listed(Cursor::new(text), separator).map(|source| source.unwrap().name()).collect()
        };
        assert_eq!(paths("a.png\r\n\nb c.pdf\n-", Separator::Newline), ["a.png", "b c.pdf", "-"]);
        assert_eq!(paths("a\n.png\0b.pdf\0", Separator::Nul), ["a\n.png", "b.pdf"]);
    }

    #[test]
    fn a_list_may_name_directories() {
        let root = tree();
        let list = format!("{0}/sub2\n{0}/a.PDF\n", root.path().display());
        let inputs =
            Inputs::new(listed(Cursor::new(list), Separator::Newline), WalkOptions::default());
        let names: Vec<_> = inputs.unwrap().map(|input| input.unwrap().relative).collect();
        assert_eq!(names, [Path::new("c.gif"), Path::new("a.PDF")]);
    }

    #[test]
    fn shards_are_written_as_parts_of_a_whole() {
        assert_eq!("2/3".parse::<Shard>().unwrap(), Shard { index: 2, count: 3 });
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"] {
            assert_eq!(text.parse::<Shard>().unwrap_err().code, ErrorCode::Usage);
        }
    }

    #[test]
    fn an_empty_shard_is_no_error() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.png"), "").unwrap();
        let found: usize = (1..=5)
            .map(|index| {
                let options = WalkOptions { shard: Shard::new(index, 5), ..WalkOptions::default() };
                found(&[root.path()], options).len()
            })
            .sum();
        assert_eq!(found, 1);
    }

    proptest! {
        #[test]
        fn every_name_is_in_exactly_one_shard(name in "\\PC{1,20}", count in 1u64..20) {
            let holders = (1..=count)
                .filter_map(|index| Shard::new(index, count))
                .filter(|shard| shard.contains(Path::new(&name)))
                .count();
            prop_assert_eq!(holders, 1);
        }
    }
}
