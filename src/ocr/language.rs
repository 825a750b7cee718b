//! Where Tesseract's language data lies, and which package brings what is missing.
//!
//! Deliberately different from Tesseract, which looks in one compiled-in directory or the one that
//! `TESSDATA_PREFIX` names, and answers a missing file with four lines about opening data files.

use crate::error::{Error, ErrorCode, Result};
use std::path::{Path, PathBuf};

const SUFFIX: &str = ".traineddata";

/// Directories that may hold language data, most wanted first; those that exist.
pub fn data_directories(explicit: Option<&Path>) -> Vec<PathBuf> {
    let mut candidates = Vec::new();
    if let Some(directory) = explicit {
        candidates.extend([directory.to_path_buf(), directory.join("tessdata")]);
    } else {
        if let Some(prefix) = std::env::var_os("TESSDATA_PREFIX").filter(|p| !p.is_empty()) {
            let prefix = PathBuf::from(prefix);
            candidates.extend([prefix.clone(), prefix.join("tessdata")]);
        }
        for root in ["/usr/share", "/usr/local/share", "/opt/homebrew/share", "/opt/local/share"] {
            let root = Path::new(root);
            candidates.extend(versioned_directories(&root.join("tesseract-ocr")));
            candidates.push(root.join("tesseract-ocr/tessdata"));
            candidates.push(root.join("tessdata"));
        }
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for candidate in candidates {
        if candidate.is_dir() && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

/// `ROOT/5/tessdata`, `ROOT/4.00/tessdata`: the newest version first.
fn versioned_directories(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut versions: Vec<(f64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("tessdata")))
        })
        .collect();
    versions.sort_by(|a, b| b.0.total_cmp(&a.0));
    versions.into_iter().map(|(_, path)| path).collect()
}

/// Languages with data in a directory, sorted; scripts as `script/Latin`.
pub fn languages_in(directory: &Path) -> Vec<String> {
    let names = |directory: &Path, prefix: &str| -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
        entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some(format!("{prefix}{}", name.strip_suffix(SUFFIX)?))
            })
            .collect()
    };
    let mut languages = names(directory, "");
    languages.extend(names(&directory.join("script"), "script/"));
    languages.sort();
    languages
}

/// The directory that has all the languages of `language` (`eng+deu`).
///
/// # Errors
/// `ocr-language`, with a hint that names the packages to install.
pub fn find_data(language: &str, explicit: Option<&Path>) -> Result<PathBuf> {
    let wanted: Vec<&str> = language.split('+').map(str::trim).collect();
    for name in &wanted {
        check_name(name)?;
    }
    let directories = data_directories(explicit);
    let missing_in = |directory: &Path| -> Vec<&str> {
        let has = |name: &str| directory.join(format!("{name}{SUFFIX}")).is_file();
        wanted.iter().copied().filter(|name| !has(name)).collect()
    };
    let mut best: Option<Vec<&str>> = None;
    for directory in &directories {
        let missing = missing_in(directory);
        if missing.is_empty() {
            return Ok(directory.clone());
        }
        if best.as_ref().is_none_or(|fewest| missing.len() < fewest.len()) {
            best = Some(missing);
        }
    }
    Err(missing_error(&best.unwrap_or(wanted.clone()), &directories, explicit))
}

fn missing_error(missing: &[&str], directories: &[PathBuf], explicit: Option<&Path>) -> Error {
    let quoted: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    let message = match quoted.as_slice() {
        [one] => format!("language {one} is not installed"),
        many => format!("languages {} are not installed", many.join(", ")),
    };
    let packages: Vec<String> = missing.iter().map(|name| format!("`{}`", package(name))).collect();
    let mut hint = match explicit {
        Some(directory) => format!(
            "put {} into {}, or leave out `--tessdata-dir`",
            missing.iter().map(|name| format!("`{name}{SUFFIX}`")).collect::<Vec<_>>().join(", "),
            directory.display(),
        ),
        None => format!("install {}", packages.join(" and ")),
    };
    let mut there: Vec<String> = directories.iter().flat_map(|d| languages_in(d)).collect();
    there.retain(|name| !matches!(name.as_str(), "osd" | "equ" | "snum"));
    there.sort();
    there.dedup();
    if !there.is_empty() && explicit.is_none() {
        there.truncate(12);
        hint.push_str(&format!(", or pass `-l` with one that is there ({})", there.join(", ")));
    }
    Error::ocr(ErrorCode::OcrLanguage, message).hint(hint)
}

/// Names go into paths, so only what language names are made of may pass.
fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
    let script_only = !name.contains('/') || name.starts_with("script/");
    if !name.is_empty() && name.chars().all(plain) && !name.contains("..") && script_only {
        return Ok(());
    }
    Err(Error::ocr(ErrorCode::OcrLanguage, format!("`{name}` is no language name"))
        .hint("pass names as Tesseract has them, joined by `+`: `-l eng+deu`"))
}

/// Debian's package of a language: `chi_sim` → `tesseract-ocr-chi-sim`.
pub fn package(language: &str) -> String {
    if let Some(script) = language.strip_prefix("script/") {
        return format!("tesseract-ocr-script-{}", script_code(script));
    }
    format!("tesseract-ocr-{}", language.to_ascii_lowercase().replace('_', "-"))
}

/// Debian names script packages by ISO 15924 code; the rest go by their first four letters.
fn script_code(script: &str) -> String {
    let code = match script {
        "Latin" => "latn",
        "Cyrillic" => "cyrl",
        "Greek" => "grek",
        "Arabic" => "arab",
        "HanS" => "hans",
        "HanT" => "hant",
        "Japanese" => "jpan",
        "Devanagari" => "deva",
        "Fraktur" => "frak",
        other => return other.chars().take(4).collect::<String>().to_ascii_lowercase(),
    };
    code.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn directory_with(names: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in names {
            let path = directory.path().join(format!("{name}{SUFFIX}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        directory
    }

    #[test]
    fn directory_with_all_languages_is_found() {
        let data = directory_with(&["eng", "deu", "script/Latin"]);
        assert_eq!(find_data("eng+deu", Some(data.path())).unwrap(), data.path());
        assert_eq!(find_data("script/Latin", Some(data.path())).unwrap(), data.path());
    }

    #[test]
    fn tessdata_below_the_given_directory_is_found() {
        let data = directory_with(&["tessdata/eng"]);
        assert_eq!(find_data("eng", Some(data.path())).unwrap(), data.path().join("tessdata"));
    }

    #[test]
    fn missing_language_names_its_package() {
        let error = find_data("eng+zzz_old", None).unwrap_err();
        assert_eq!(error.code, ErrorCode::OcrLanguage);
        assert!(error.message.contains("`zzz_old`"), "{}", error.message);
        let hint = error.hint.unwrap();
        assert!(hint.contains("`tesseract-ocr-zzz-old`"), "{hint}");
    }

    #[test]
    fn missing_language_in_a_given_directory_names_the_file() {
        let data = directory_with(&["eng"]);
        let error = find_data("deu", Some(data.path())).unwrap_err();
        assert!(error.hint.unwrap().contains("deu.traineddata"));
    }

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for name in ["../eng", "/etc/passwd", "eng+", "", "a b", "script/../../x"] {
            assert_eq!(find_data(name, None).unwrap_err().code, ErrorCode::OcrLanguage, "{name}");
        }
    }

    #[test]
    fn newest_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["4.00", "5", "old"] {
            fs::create_dir_all(root.path().join(version).join("tessdata")).unwrap();
        }
        let found = versioned_directories(root.path());
        assert_eq!(found, [root.path().join("5/tessdata"), root.path().join("4.00/tessdata")]);
    }

    #[test]
    fn packages_follow_the_distribution() {
        assert_eq!(package("deu"), "tesseract-ocr-deu");
        assert_eq!(package("chi_sim"), "tesseract-ocr-chi-sim");
        assert_eq!(package("script/Latin"), "tesseract-ocr-script-latn");
    }
}
