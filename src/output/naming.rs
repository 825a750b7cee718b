//! File names for what is written beside an input: its path below the output directory.
//!
//! Names may come from anywhere (`--files-from`), so a result can never leave the directory: parent
//! steps and roots are taken out of it.

use std::path::{Component, Path, PathBuf};

/// Where results of an input go below an output directory.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    /// Taken off the front of every path: the one directory that was asked for.
    pub base: Option<PathBuf>,
}

impl Naming {
    /// Path of the result: that of the input, with `.ending` added so that `a.png` and `a.pdf` stay
    /// apart.
    pub fn path(&self, directory: &Path, input: &str, ending: &str) -> PathBuf {
        let path = Path::new(if input == "-" { "stdin" } else { input });
        let below = self.base.as_deref().and_then(|base| path.strip_prefix(base).ok());
        let mut clean: PathBuf = below
            .unwrap_or(path)
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .collect();
        if clean.as_os_str().is_empty() {
            clean.push("document");
        }
        let mut named = directory.join(clean).into_os_string();
        named.push(".");
        named.push(ending);
        PathBuf::from(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_are_kept_and_nothing_leaves_the_directory() {
        let naming = Naming { base: Some("scans".into()) };
        let cases = [
            ("scans/2024/a.pdf", "out/2024/a.pdf.json"),
            ("other/a.pdf", "out/other/a.pdf.json"),
            ("../../etc/passwd", "out/etc/passwd.json"),
            ("/data/a.png", "out/data/a.png.json"),
            ("./x/./a.png", "out/x/a.png.json"),
            ("-", "out/stdin.json"),
            ("..", "out/document.json"),
            ("scans", "out/document.json"),
        ];
        for (input, expected) in cases {
            assert_eq!(naming.path(Path::new("out"), input, "json"), Path::new(expected));
        }
    }
}
