//! Downloads, by `hf-hub`.
//!
//! That client waits for ever, so it runs on a thread of its own and is given up when it stays silent;
//! it checks no sums and downloads what it has, so both are looked after here. An interrupted file goes
//! on where it stopped.

use super::{DownloadWatch, HubName, HubSettings, cache, hub_failed};
use crate::error::{Error, Result};
use crate::model::weights::{HEADS_FILE, WEIGHT_FILES, indexed_names};
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo, Metadata};
use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// Tries of one file.
const TRIES: u32 = 3;

/// What a model needs beside its weights, as far as the repository has it.
const SMALL_FILES: [&str; 10] = [
    "README.md",
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer_config.json",
    "vocab.txt",
    "sentencepiece.bpe.model",
    "tokenizer.json",
];

/// What the download thread tells.
enum Event<T> {
    File(String, u64),
    Bytes(u64),
    Done(Result<T, ApiError>),
}

/// A name with the client for it.
struct Remote<'a> {
    settings: &'a HubSettings,
    name: &'a HubName,
    api: Api,
    repository: Repo,
    kept: CacheRepo,
}

/// Brings a model into the cache; weights come last, so that what has them has everything.
pub fn fetch(
    settings: &HubSettings,
    name: &HubName,
    watch: &mut dyn DownloadWatch,
) -> Result<PathBuf> {
    let kept = Cache::new(settings.cache.clone());
    let repository =
        Repo::with_revision(name.repository.clone(), RepoType::Model, name.revision.clone());
    let api = ApiBuilder::from_cache(kept.clone())
        .with_endpoint(settings.endpoint.clone())
        .with_token(settings.token.clone())
        .with_progress(false)
        .with_user_agent("layoutlm", env!("CARGO_PKG_VERSION"))
        .build()
        .map_err(|e| hub_failed("the hub's client can't start").caused_by(e))?;
    let kept = kept.repo(repository.clone());
    let remote = Remote { settings, name, api, repository, kept };
    let result = remote.fetch(watch);
    watch.end();
    result
}

impl Remote<'_> {
    fn fetch(&self, watch: &mut dyn DownloadWatch) -> Result<PathBuf> {
        let info = self.patiently(watch, |repo, _| repo.info())?;
        let present: BTreeSet<&str> = info.siblings.iter().map(|f| f.rfilename.as_str()).collect();
        if !present.contains("config.json") {
            return Err(hub_failed(format!("`{}` has no config.json", self.name))
                .hint("name a model repository of the LayoutLM family"));
        }
        let mut directory = None;
        // Heads that the Python library does not have are small, too.
        let small = SMALL_FILES.into_iter().chain([HEADS_FILE]);
        for file in small.filter(|file| present.contains(file)) {
            let path = self.file(file, watch)?;
            directory = directory.or(path.parent().map(Path::to_path_buf));
        }
        for file in WEIGHT_FILES {
            if !present.contains(file) {
                continue;
            }
            let path = self.file(file, watch)?;
            if file.ends_with(".index.json") {
                for shard in indexed_names(&path)? {
                    self.file(&shard, watch)?;
                }
            }
            break;
        }
        directory.ok_or_else(|| hub_failed(format!("`{}` has no files", self.name)))
    }

    /// One file, tried again where that may help.
    fn file(&self, file: &str, watch: &mut dyn DownloadWatch) -> Result<PathBuf> {
        let mut tries = 1;
        loop {
            match self.try_file(file, watch) {
                Err(failure) if failure.passing && tries < TRIES => {
                    std::thread::sleep(Duration::from_millis(400) * tries);
                    tries += 1;
                }
                result => return result.map_err(|failure| failure.error),
            }
        }
    }

    fn try_file(&self, file: &str, watch: &mut dyn DownloadWatch) -> Result<PathBuf, Failure> {
        let owned = file.to_string();
        let api = self.api.clone();
        let meta = self.try_patiently(watch, move |repo, _| api.metadata(&repo.url(&owned)))?;
        if !is_plain(meta.etag()) || !is_plain(meta.commit_hash()) {
            return Err(hub_failed("the hub's answer can't be understood").into());
        }
        let blob = self.kept.blob_path(meta.etag());
        let pointer = self.kept.pointer_path(meta.commit_hash()).join(file);
        let whole = |path: &Path| path.metadata().is_ok_and(|m| m.len() == meta.size() as u64);
        if whole(&blob) {
            self.point(&blob, &pointer, meta.commit_hash())?;
            return Ok(pointer);
        }
        self.tidy(&blob, &pointer, meta.size() as u64);
        let owned = file.to_string();
        let path = self.try_patiently(watch, move |repo, events| {
            repo.download_with_progress(&owned, Reporter(events))
        })?;
        if matches_sum(&blob, &meta) {
            return Ok(path);
        }
        for damaged in [&path, &blob] {
            // Were it left, it would count as downloaded.
            std::fs::remove_file(damaged)
                .map_err(|e| Error::unwritable(crate::Stage::Model, damaged, e))?;
        }
        Err(Failure {
            passing: true,
            error: hub_failed(format!("`{file}` of `{}` was damaged on its way", self.name))
                .hint("try again; where it happens again, a proxy may be changing files"),
        })
    }

    /// Removes what would stop the client: the rest of a file that is longer than the whole, and a
    /// link to nothing.
    fn tidy(&self, blob: &Path, pointer: &Path, size: u64) {
        let part = blob.with_extension("part");
        if part.metadata().is_ok_and(|m| m.len() >= size) {
            let _ = std::fs::remove_file(&part);
        }
        if pointer.is_symlink() && !pointer.exists() {
            let _ = std::fs::remove_file(pointer);
        }
    }

    /// Lets a snapshot have a file that is here already.
    fn point(&self, blob: &Path, pointer: &Path, commit: &str) -> Result<()> {
        let unwritable = |e| Error::unwritable(crate::Stage::Model, pointer, e);
        if !pointer.exists() {
            let _ = std::fs::remove_file(pointer);
            if let Some(parent) = pointer.parent() {
                std::fs::create_dir_all(parent).map_err(unwritable)?;
            }
            cache::link(blob, pointer).map_err(unwritable)?;
        }
        self.kept.create_ref(commit).map_err(unwritable)
    }

    fn patiently<T: Send + 'static>(
        &self,
        watch: &mut dyn DownloadWatch,
        work: impl FnOnce(&ApiRepo, Sender<Event<T>>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T> {
        self.try_patiently(watch, work).map_err(|failure| failure.error)
    }

    /// Runs a request on another thread; gives up when nothing is heard of it any more.
    fn try_patiently<T: Send + 'static>(
        &self,
        watch: &mut dyn DownloadWatch,
        work: impl FnOnce(&ApiRepo, Sender<Event<T>>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, events) = mpsc::channel();
        let repo = self.api.repo(self.repository.clone());
        let run = move || {
            let result = work(&repo, sender.clone());
            // Nobody listens once the request was given up.
            let _ = sender.send(Event::Done(result));
        };
        std::thread::Builder::new()
            .name("download".to_string())
            .spawn(run)
            .map_err(|e| hub_failed("no thread for the download").caused_by(e))?;
        loop {
            match events.recv_timeout(self.settings.patience) {
                Ok(Event::File(name, size)) => watch.file(&name, size),
                Ok(Event::Bytes(count)) => watch.bytes(count),
                Ok(Event::Done(result)) => return result.map_err(|e| self.failure(e)),
                Err(RecvTimeoutError::Timeout) => return Err(self.silent().into()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(hub_failed("the hub's answer can't be understood")
                        .hint("check HF_ENDPOINT: it may not be a hub")
                        .into());
                }
            }
        }
    }

    fn silent(&self) -> Error {
        let (endpoint, patience) = (&self.settings.endpoint, self.settings.patience.as_secs());
        hub_failed(format!("{endpoint} has been silent for {patience} s")).hint(
            "try again, the download goes on where it stopped; HF_HUB_DOWNLOAD_TIMEOUT sets the seconds",
        )
    }

    fn failure(&self, error: ApiError) -> Failure {
        use ureq::Error as Request;
        let (name, endpoint) = (self.name, &self.settings.endpoint);
        let said = error.to_string();
        let (passing, told) = match &error {
            ApiError::RequestError(request) => match request.as_ref() {
                Request::StatusCode(status) => (*status >= 500, self.refused(*status)),
                Request::BadUri(_) | Request::Http(_) | Request::InvalidProxyUrl => {
                    (false, unreachable_hub(endpoint, &said))
                }
                _ => (true, unreachable_hub(endpoint, &said)),
            },
            ApiError::IoError(io) if io.kind() == std::io::ErrorKind::StorageFull => (
                false,
                hub_failed(format!("no room for `{name}`"))
                    .hint("free space, or move the cache with HF_HOME; the download then goes on"),
            ),
            ApiError::IoError(io) if io.kind() == std::io::ErrorKind::PermissionDenied => (
                false,
                hub_failed(format!("the cache can't be written: {io}"))
                    .at(self.settings.cache.display().to_string())
                    .hint("give write permission, or move the cache with HF_HOME"),
            ),
            ApiError::IoError(_) => (true, unreachable_hub(endpoint, &said)),
            ApiError::LockAcquisition(_) => (
                false,
                hub_failed(format!("another process is downloading `{name}`"))
                    .hint("wait for it, then try again"),
            ),
            _ => (
                false,
                hub_failed(format!("the hub's answer can't be understood: {said}"))
                    .hint("check HF_ENDPOINT: it may not be a hub"),
            ),
        };
        Failure { passing, error: told.caused_by(error) }
    }

    /// What a status of the hub means for the user.
    fn refused(&self, status: u16) -> Error {
        let (name, endpoint) = (self.name, &self.settings.endpoint);
        match status {
            401 | 403 if self.settings.token.is_none() => hub_failed(format!(
                "{endpoint} lets nobody see `{name}` without a token ({status})"
            ))
            .hint("check the name; for a private or gated model, accept its terms there and set HF_TOKEN"),
            401 | 403 => hub_failed(format!("{endpoint} refuses `{name}` to this token ({status})"))
                .hint("check the name, and that HF_TOKEN is valid and its owner accepted the model's terms"),
            404 => hub_failed(format!("{endpoint} has no `{name}` (404)"))
                .hint("check owner, name and revision; for a directory, check its path"),
            429 => hub_failed(format!("{endpoint} has been asked too often (429)"))
                .hint("wait some minutes; with HF_TOKEN more is allowed"),
            _ => hub_failed(format!("{endpoint} answers with status {status}"))
                .hint("try again later, the download goes on where it stopped"),
        }
    }
}

fn unreachable_hub(endpoint: &str, said: &str) -> Error {
    hub_failed(format!("{endpoint} can't be reached: {said}")).hint(
        "check the network, HTTPS_PROXY and HF_ENDPOINT; or bring the model from elsewhere and pass its directory",
    )
}

/// An error, and whether it may pass.
struct Failure {
    passing: bool,
    error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { passing: false, error }
    }
}

/// Passes the client's progress on to the thread that waits.
struct Reporter<T>(Sender<Event<T>>);

impl<T> hf_hub::api::Progress for Reporter<T> {
    fn init(&mut self, size: usize, filename: &str) {
        let _ = self.0.send(Event::File(filename.to_string(), size as u64));
    }
    fn update(&mut self, size: usize) {
        let _ = self.0.send(Event::Bytes(size as u64));
    }
    fn finish(&mut self) {}
}

/// Fit for a file name: hashes are.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The hub's ETag is the file's SHA-256 for large files and git's SHA-1 for small ones; of other
/// hubs only the size can be relied on.
fn matches_sum(blob: &Path, meta: &Metadata) -> bool {
    let size = meta.size() as u64;
    if !blob.metadata().is_ok_and(|m| m.len() == size) {
        return false;
    }
    let etag = meta.etag();
    let is_hex = etag.chars().all(|c| c.is_ascii_hexdigit());
    let sum = match etag.len() {
        64 if is_hex => digest(Sha256::new(), blob),
        40 if is_hex => digest(Sha1::new_with_prefix(format!("blob {size}\0")), blob),
        _ => return true,
    };
    sum.is_some_and(|sum| sum.eq_ignore_ascii_case(etag))
}

fn digest(mut hash: impl Digest, path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let mut piece = vec![0; 1 << 18];
    loop {
        match file.read(&mut piece).ok()? {
            0 => return Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => hash.update(&piece[..count]),
        }
    }
}
