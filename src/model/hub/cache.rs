//! The cache that Hugging Face tools share: `models--owner--name/{blobs, refs, snapshots}`, files in
//! snapshots being links to blobs. Other kinds of models in it are left alone.

use super::{HubName, MAIN};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::config::ModelConfig;
use crate::model::weights::weight_paths;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A revision of a model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedModel {
    pub name: HubName,
    pub commit: String,
    /// Class name from `config.json`; `None` where this program can't run it.
    pub architecture: Option<String>,
    /// Bytes of its files.
    pub size: u64,
    /// From the front matter of its README.
    pub licence: Option<String>,
    /// Whether everything needed to run it is there.
    pub whole: bool,
    pub directory: PathBuf,
}

/// Models of this family in the cache, by name and revision.
pub fn list(cache: &Path) -> Vec<CachedModel> {
    let mut models: Vec<CachedModel> = entries(cache)
        .into_iter()
        .filter_map(|(folder, path)| Some((repository(&folder)?, path)))
        .flat_map(|(repository, path)| snapshots(&repository, &path))
        .collect();
    models.sort_by(|a, b| (&a.name, &a.commit).cmp(&(&b.name, &b.commit)));
    models
}

/// Removes a model: all of it, or one revision where the name tells it; the bytes that became free.
///
/// # Errors
/// `ModelMissing` where it is not in the cache, `OutputFailed` where it can't be removed.
pub fn remove(cache: &Path, name: &HubName, whole_model: bool) -> Result<u64> {
    let folder = folder(cache, name);
    let missing = || {
        Error::model(ErrorCode::ModelMissing, format!("`{name}` is not in the cache"))
            .at(cache.display().to_string())
            .hint("`layoutlm models` lists what is there")
    };
    if whole_model {
        let size = blob_size(&folder);
        std::fs::metadata(&folder).map_err(|_| missing())?;
        std::fs::remove_dir_all(&folder)
            .map_err(|e| Error::unwritable(Stage::Model, &folder, e))?;
        return Ok(size);
    }
    let snapshot = snapshot(cache, name).ok_or_else(missing)?;
    let before = blob_size(&folder);
    std::fs::remove_dir_all(&snapshot)
        .map_err(|e| Error::unwritable(Stage::Model, &snapshot, e))?;
    for (reference, commit) in references(&folder) {
        if snapshot.ends_with(&commit) {
            let _ = std::fs::remove_file(folder.join("refs").join(reference));
        }
    }
    if entries(&folder.join("snapshots")).is_empty() {
        std::fs::remove_dir_all(&folder)
            .map_err(|e| Error::unwritable(Stage::Model, &folder, e))?;
        return Ok(before);
    }
    remove_unused_blobs(&folder)?;
    Ok(before.saturating_sub(blob_size(&folder)))
}

/// Directory of a revision, whether whole or not.
pub fn snapshot(cache: &Path, name: &HubName) -> Option<PathBuf> {
    let folder = folder(cache, name);
    let commit = references(&folder).remove(&name.revision).unwrap_or(name.revision.clone());
    let directory = folder.join("snapshots").join(commit);
    directory.is_dir().then_some(directory)
}

/// Whether a directory has all that running a model needs.
pub fn is_whole(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).is_file();
    let weights = weight_paths(directory);
    has("config.json")
        && ["tokenizer.json", "vocab.txt", "sentencepiece.bpe.model"].into_iter().any(has)
        && weights.is_ok_and(|paths| paths.iter().all(|path| path.is_file()))
}

/// A relative link, so that the cache may be moved; a copy where the file system knows no links.
pub fn link(blob: &Path, pointer: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        // snapshots/COMMIT/FILE → ../../blobs/HASH; files that are wanted lie at the top.
        let name = blob.file_name().unwrap_or_default();
        std::os::unix::fs::symlink(Path::new("../../blobs").join(name), pointer)
    }
    #[cfg(not(unix))]
    {
        std::fs::copy(blob, pointer).map(|_| ())
    }
}

fn folder(cache: &Path, name: &HubName) -> PathBuf {
    cache.join(format!("models--{}", name.repository.replace('/', "--")))
}

fn repository(folder: &str) -> Option<String> {
    let (owner, name) = folder.strip_prefix("models--")?.split_once("--")?;
    Some(format!("{owner}/{name}"))
}

/// Names and paths in a directory; nothing where it can't be read.
fn entries(directory: &Path) -> Vec<(String, PathBuf)> {
    let Ok(read) = std::fs::read_dir(directory) else { return Vec::new() };
    read.flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect()
}

/// Branches and tags → commits. Names may hold slashes: `refs/pr/7`.
fn references(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), folder.join("refs"))];
    while let Some((prefix, directory)) = open.pop() {
        for (name, path) in entries(&directory) {
            if path.is_dir() {
                open.push((format!("{prefix}{name}/"), path));
            } else if let Ok(commit) = std::fs::read_to_string(&path) {
                found.insert(format!("{prefix}{name}"), commit.trim().to_string());
            }
        }
    }
    found
}

fn snapshots(repository: &str, folder: &Path) -> Vec<CachedModel> {
    let references = references(folder);
    let name_of = |commit: &str| -> String {
        let names = || references.iter().filter(|(_, c)| *c == commit).map(|(name, _)| name);
        let best = names().find(|name| *name == MAIN).or_else(|| names().next());
        best.map_or(commit, String::as_str).to_string()
    };
    entries(&folder.join("snapshots"))
        .into_iter()
        .filter_map(|(commit, directory)| {
            let text = std::fs::read_to_string(directory.join("config.json")).ok()?;
            let family: serde_json::Value = serde_json::from_str(&text).ok()?;
            if !family["model_type"].as_str().is_some_and(|t| t.starts_with("layoutlm")) {
                return None;
            }
            let architecture =
                ModelConfig::parse(&text).ok().map(|config| config.architectures.join(", "));
            let revision = name_of(&commit);
            Some(CachedModel {
                name: HubName { repository: repository.to_string(), revision },
                architecture,
                size: entries(&directory).iter().map(|(_, path)| size_of(path)).sum(),
                licence: licence(&directory),
                whole: is_whole(&directory),
                commit,
                directory,
            })
        })
        .collect()
}

fn size_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

fn blob_size(folder: &Path) -> u64 {
    entries(&folder.join("blobs")).iter().map(|(_, path)| size_of(path)).sum()
}

fn remove_unused_blobs(folder: &Path) -> Result<()> {
    let used: BTreeSet<PathBuf> = entries(&folder.join("snapshots"))
        .iter()
        .flat_map(|(_, snapshot)| entries(snapshot))
        .filter_map(|(_, pointer)| pointer.canonicalize().ok())
        .collect();
    for (_, blob) in entries(&folder.join("blobs")) {
        if blob.canonicalize().is_ok_and(|path| !used.contains(&path)) {
            std::fs::remove_file(&blob).map_err(|e| Error::unwritable(Stage::Model, &blob, e))?;
        }
    }
    Ok(())
}

/// `license:` in the YAML front matter of a model card.
fn licence(directory: &Path) -> Option<String> {
    let card = std::fs::read_to_string(directory.join("README.md")).ok()?;
    let mut lines = card.lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let front = lines.take_while(|line| line.trim_end() != "---");
    let line = front.filter_map(|line| line.strip_prefix("license:")).next()?;
    let licence = line.trim().trim_matches(['"', '\'']).to_string();
    (!licence.is_empty()).then_some(licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str =
        r#"{"model_type": "layoutlm", "architectures": ["LayoutLMForTokenClassification"]}"#;

    /// A model with one file of its own and one that all its revisions share.
    fn put(cache: &Path, folder: &str, commit: &str, own: &str) {
        let folder = cache.join(folder);
        let snapshot = folder.join("snapshots").join(commit);
        std::fs::create_dir_all(folder.join("blobs")).unwrap();
        std::fs::create_dir_all(&snapshot).unwrap();
        for (blob, name, text) in [("shared", "config.json", CONFIG), (own, "vocab.txt", own)] {
            std::fs::write(folder.join("blobs").join(blob), text).unwrap();
            link(&folder.join("blobs").join(blob), &snapshot.join(name)).unwrap();
        }
    }

    fn refer(cache: &Path, folder: &str, reference: &str, commit: &str) {
        let path = cache.join(folder).join("refs").join(reference);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, commit).unwrap();
    }

    #[test]
    fn licence_stands_in_the_front_matter() {
        let dir = tempfile::tempdir().unwrap();
        for (card, expected) in [
            ("---\nlanguage: en\nlicense: cc-by-nc-sa-4.0\n---\n# x", Some("cc-by-nc-sa-4.0")),
            ("---\nlicense: \"mit\"\n---\n", Some("mit")),
            ("---\nlanguage: en\n---\nlicense: mit", None),
            ("# x\nlicense: mit", None),
        ] {
            std::fs::write(dir.path().join("README.md"), card).unwrap();
            assert_eq!(licence(dir.path()).as_deref(), expected, "{card}");
        }
    }

    #[test]
    fn revisions_are_listed_under_their_names_and_other_families_are_not() {
        let cache = tempfile::tempdir().unwrap();
        put(cache.path(), "models--a--b", "c1", "one");
        put(cache.path(), "models--a--b", "c2", "two");
        refer(cache.path(), "models--a--b", "main", "c2");
        refer(cache.path(), "models--a--b", "refs/pr/7", "c1");
        let other = cache.path().join("models--x--bert/snapshots/c3");
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(other.join("config.json"), r#"{"model_type": "bert"}"#).unwrap();
        let found = list(cache.path());
        let names: Vec<String> = found.iter().map(|model| model.name.to_string()).collect();
        assert_eq!(names, ["a/b", "a/b@refs/pr/7"]);
        assert_eq!(found[0].size, CONFIG.len() as u64 + 3);
        assert!(!found[0].whole, "it has no weights");
    }

    #[test]
    fn removing_a_revision_leaves_what_others_share() {
        let cache = tempfile::tempdir().unwrap();
        put(cache.path(), "models--a--b", "c1", "one");
        put(cache.path(), "models--a--b", "c2", "other");
        refer(cache.path(), "models--a--b", "main", "c2");
        let name: HubName = "a/b@c1".parse().unwrap();
        assert_eq!(remove(cache.path(), &name, false).unwrap(), 3);
        let left = list(cache.path());
        assert_eq!(left.len(), 1);
        assert!(left[0].directory.join("config.json").exists());
        assert_eq!(remove(cache.path(), &name, false).unwrap_err().code, ErrorCode::ModelMissing);
        let name: HubName = "a/b".parse().unwrap();
        assert_eq!(remove(cache.path(), &name, true).unwrap(), CONFIG.len() as u64 + 5);
        assert!(list(cache.path()).is_empty());
    }
}
