//! Models by hub name: `owner/name[@revision]` → a directory in the cache that all Hugging Face tools
//! share. Downloads go through the client `hf-hub`; around it stand what it lacks: an end to waiting,
//! checksums, a second try, and the environment variables beyond `HF_HOME`.
//!
//! A model that is in the cache is used as it is, without asking the hub: runs repeat, and need no
//! network. [`Hub::fetch`] looks for a newer revision.

mod cache;
mod client;
mod settings;

pub use cache::{CachedModel, list, remove};
pub use settings::HubSettings;

use crate::error::{Error, ErrorCode, Result};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The branch that a name without a revision means.
pub const MAIN: &str = "main";

/// A model on the hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HubName {
    /// `owner/name`
    pub repository: String,
    /// Branch, tag or commit.
    pub revision: String,
}

impl FromStr for HubName {
    type Err = Error;

    /// # Errors
    /// `Usage` where the text can't be a name: those go into paths and addresses.
    fn from_str(text: &str) -> Result<Self> {
        let (repository, revision) = text.split_once('@').unwrap_or((text, MAIN));
        let part = |part: &str| {
            !part.is_empty()
                && !part.starts_with(['.', '-'])
                && !part.contains("..")
                && !part.contains("--")
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let named =
            repository.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name));
        if !named || !revision.split('/').all(part) {
            return Err(Error::usage(format!("`{text}` is no model name of the hub"))
                .hint("names have the form owner/name or owner/name@revision"));
        }
        Ok(Self { repository: repository.to_string(), revision: revision.to_string() })
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if self.revision == MAIN { Ok(()) } else { write!(f, "@{}", self.revision) }
    }
}

/// Hears how a download goes on.
pub trait DownloadWatch {
    /// A file of `size` bytes begins, or goes on.
    fn file(&mut self, name: &str, size: u64);
    /// `count` more bytes of it are here.
    fn bytes(&mut self, count: u64);
    fn end(&mut self) {}
}

/// For those who do not care.
impl DownloadWatch for () {
    fn file(&mut self, _name: &str, _size: u64) {}
    fn bytes(&mut self, _count: u64) {}
}

/// The hub, as far as models to run are concerned.
pub struct Hub {
    settings: HubSettings,
}

impl Hub {
    pub fn new(settings: HubSettings) -> Self {
        Self { settings }
    }

    /// Directory of a model: from the cache, or downloaded now.
    ///
    /// # Errors
    /// `HubFailed`, with what to do about it.
    pub fn directory(&self, name: &HubName, watch: &mut dyn DownloadWatch) -> Result<PathBuf> {
        match self.cached(name) {
            Some(directory) => Ok(directory),
            None => self.fetch(name, watch),
        }
    }

    /// As [`Self::directory`], but the hub is asked whether the revision has moved on. Files that are
    /// in the cache are not downloaded again.
    ///
    /// # Errors
    /// `HubFailed`, with what to do about it.
    pub fn fetch(&self, name: &HubName, watch: &mut dyn DownloadWatch) -> Result<PathBuf> {
        if self.settings.offline {
            return Err(hub_failed(format!(
                "`{name}` is not whole in the cache, and downloading is forbidden"
            ))
            .hint(format!(
                "unset HF_HUB_OFFLINE, or bring the model into {}",
                self.settings.cache.display()
            )));
        }
        let directory = client::fetch(&self.settings, name, watch)?;
        if cache::is_whole(&directory) {
            return Ok(directory);
        }
        Err(hub_failed(format!("`{name}` holds no model that can be run")).hint(
            "needed: config.json, weights (safetensors or pytorch_model.bin) and a tokenizer",
        ))
    }

    /// Directory of a model that is whole in the cache.
    pub fn cached(&self, name: &HubName) -> Option<PathBuf> {
        cache::snapshot(&self.settings.cache, name).filter(|directory| cache::is_whole(directory))
    }

    pub fn cache_directory(&self) -> &Path {
        &self.settings.cache
    }
}

fn hub_failed(message: impl Into<String>) -> Error {
    Error::model(ErrorCode::HubFailed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_owner_name_and_perhaps_revision() {
        let name: HubName = "microsoft/layoutlmv2-base-uncased".parse().unwrap();
        assert_eq!(
            (name.repository.as_str(), name.revision.as_str()),
            (name.to_string().as_str(), MAIN)
        );
        let name: HubName = "a.b/c_d@refs/pr/7".parse().unwrap();
        assert_eq!((name.repository.as_str(), name.revision.as_str()), ("a.b/c_d", "refs/pr/7"));
        assert_eq!(name.to_string(), "a.b/c_d@refs/pr/7");
    }

    #[test]
    fn what_could_lead_out_of_the_cache_is_no_name() {
        for text in [
            "",
            "a",
            "/a",
            "a/",
            "a/b/c",
            "../a",
            "a/..",
            "./a",
            "a/b@",
            "a/b@../../x",
            "a/b@/x",
            "a/b@x//y",
            "a--b/c",
            "a/b c",
            "a/b?c",
            "-a/b",
            "a\\b/c",
            "a/b@.hidden",
        ] {
            assert!(text.parse::<HubName>().is_err(), "{text}");
        }
    }
}
