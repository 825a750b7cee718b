//! Models by name from a hub, which is played by the test itself.

use super::server::{Fault, Hub, REPOSITORY};
use layoutlm::ErrorCode;
use layoutlm::model::hub::{DownloadWatch, Hub as Client, HubName, HubSettings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/lmv2_nobias").join(name)
}

/// A tiny model with a vocabulary of its own, so that it can be run.
fn files() -> BTreeMap<String, Vec<u8>> {
    let mut vocabulary = String::from("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    (0..195).for_each(|n| vocabulary.push_str(&format!("word{n}\n")));
    let card = "---\nlicense: mit\n---\n# Tiny\n";
    BTreeMap::from([
        ("README.md".to_string(), card.into()),
        ("config.json".to_string(), std::fs::read(golden("config.json")).unwrap()),
        ("model.safetensors".to_string(), std::fs::read(golden("model.safetensors")).unwrap()),
        // An empty set of tensors: what counts is that it comes along.
        ("heads.safetensors".to_string(), b"\x02\0\0\0\0\0\0\0{}".to_vec()),
        ("vocab.txt".to_string(), vocabulary.into_bytes()),
        ("training_args.bin".to_string(), b"not wanted".to_vec()),
    ])
}

struct Room {
    hub: Hub,
    cache: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        Self { hub: Hub::start(files()), cache: tempfile::tempdir().unwrap() }
    }

    fn settings(&self) -> HubSettings {
        HubSettings {
            endpoint: self.hub.endpoint.clone(),
            cache: self.cache.path().to_path_buf(),
            token: None,
            offline: false,
            patience: Duration::from_secs(10),
        }
    }

    fn client(&self) -> Client {
        Client::new(self.settings())
    }

    /// The program itself, with the hub of the test.
    fn layoutlm(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_layoutlm"))
            .args(arguments)
            .env("HF_ENDPOINT", &self.hub.endpoint)
            .env("HF_HUB_CACHE", self.cache.path())
            .env("HF_HOME", self.cache.path())
            .env_remove("HF_HUB_OFFLINE")
            .env_remove("HF_TOKEN")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

fn name() -> HubName {
    REPOSITORY.parse().unwrap()
}

#[track_caller]
fn refused(settings: HubSettings, name: &str, said: &[&str], hinted: &str) {
    let error = Client::new(settings).directory(&name.parse().unwrap(), &mut ()).unwrap_err();
    assert_eq!(error.code, ErrorCode::HubFailed);
    let message = error.to_string();
    assert!(said.iter().all(|part| message.contains(part)), "{message}");
    let hint = error.hint.expect("a hint");
    assert!(hint.contains(hinted), "{hint}");
}

/// Adds up what it hears.
#[derive(Default)]
struct Heard(BTreeMap<String, u64>, u64);

impl DownloadWatch for Heard {
    fn file(&mut self, name: &str, size: u64) {
        self.0.insert(name.to_string(), size);
    }
    fn bytes(&mut self, count: u64) {
        self.1 += count;
    }
}

#[test]
fn model_is_downloaded_once_and_only_what_is_needed() {
    let room = Room::new();
    let mut heard = Heard::default();
    let directory = room.client().directory(&name(), &mut heard).unwrap();
    assert!(directory.starts_with(room.cache.path().join("models--tester--tiny/snapshots")));
    for (file, content) in files() {
        let path = directory.join(&file);
        if file == "training_args.bin" {
            assert!(!path.exists());
        } else {
            assert_eq!(std::fs::read(path).unwrap(), content, "{file}");
            assert_eq!(heard.0[&file], content.len() as u64);
        }
    }
    assert_eq!(heard.1, heard.0.values().sum::<u64>());
    assert!(!room.hub.requests().is_empty());
    assert_eq!(room.client().directory(&name(), &mut ()).unwrap(), directory);
    assert_eq!(room.hub.requests(), Vec::<String>::new(), "the cache needs no hub");
}

#[test]
fn download_that_breaks_off_goes_on_where_it_stopped() {
    let room = Room::new();
    let whole = files()["model.safetensors"].len();
    room.hub.set_fault(Fault::BreakOff(whole / 5));
    refused(room.settings(), REPOSITORY, &["can't be reached"], "network");
    let weights = |requests: Vec<String>| -> Vec<usize> {
        let from = |request: &String| {
            let range =
                request.strip_prefix("/tester/tiny/resolve/main/model.safetensors bytes=")?;
            range.strip_suffix('-')?.parse().ok()
        };
        requests.iter().filter_map(from).collect()
    };
    let starts = weights(room.hub.requests());
    assert_eq!(starts, [0, whole / 5, 2 * (whole / 5)], "tried three times, each further on");
    room.hub.set_fault(Fault::None);
    let directory = room.client().directory(&name(), &mut ()).unwrap();
    assert_eq!(weights(room.hub.requests()), [3 * (whole / 5)]);
    let content = std::fs::read(directory.join("model.safetensors")).unwrap();
    assert!(content == files()["model.safetensors"]);
}

#[test]
fn damaged_file_is_noticed_and_downloaded_again() {
    let room = Room::new();
    room.hub.set_fault(Fault::DamageOnce);
    let directory = room.client().directory(&name(), &mut ()).unwrap();
    let content = std::fs::read(directory.join("model.safetensors")).unwrap();
    assert!(content == files()["model.safetensors"]);
}

#[test]
fn rest_of_another_file_under_the_name_is_noticed() {
    let room = Room::new();
    let blobs = room.cache.path().join("models--tester--tiny/blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    let content = files().remove("model.safetensors").unwrap();
    let hash: String = <sha2::Sha256 as sha2::Digest>::digest(&content)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    for length in [100, content.len(), content.len() + 5] {
        std::fs::write(blobs.join(format!("{hash}.part")), vec![7; length]).unwrap();
        let directory = room.client().fetch(&name(), &mut ()).unwrap();
        assert!(std::fs::read(directory.join("model.safetensors")).unwrap() == content);
        std::fs::remove_file(blobs.join(&hash)).unwrap();
    }
}

#[test]
fn fetch_finds_a_newer_revision_and_keeps_what_has_not_changed() {
    let room = Room::new();
    let old = room.client().directory(&name(), &mut ()).unwrap();
    room.hub.publish("2", "README.md", b"---\nlicense: apache-2.0\n---\n");
    assert_eq!(room.client().directory(&name(), &mut ()).unwrap(), old, "runs repeat");
    room.hub.requests();
    let mut heard = Heard::default();
    let new = room.client().fetch(&name(), &mut heard).unwrap();
    assert_ne!(new, old);
    assert_eq!(heard.0.keys().collect::<Vec<_>>(), ["README.md"]);
    assert!(new.join("model.safetensors").exists() && old.join("model.safetensors").exists());
    let at = |commit: &str| format!("{REPOSITORY}@{}", commit.repeat(40)).parse().unwrap();
    assert_eq!(room.client().directory(&at("1"), &mut ()).unwrap(), old);
    assert_eq!(room.client().directory(&at("2"), &mut ()).unwrap(), new);
}

#[test]
fn what_the_hub_refuses_is_told_with_a_remedy() {
    let room = Room::new();
    refused(room.settings(), "tester/other", &["tester/other", "404"], "owner, name");
    refused(room.settings(), "tester/tiny@v9", &["tester/tiny@v9", "404"], "revision");
    for (status, said, hint) in [
        (401, "without a token", "HF_TOKEN"),
        (403, "without a token", "HF_TOKEN"),
        (429, "too often", "wait"),
        (500, "500", "later"),
    ] {
        room.hub.set_fault(Fault::Status(status));
        refused(room.settings(), REPOSITORY, &[said], hint);
    }
    let with_token = HubSettings { token: Some("t".into()), ..room.settings() };
    room.hub.set_fault(Fault::Status(403));
    refused(with_token, REPOSITORY, &["to this token"], "HF_TOKEN");
}

#[test]
fn silent_hub_is_given_up() {
    let room = Room::new();
    room.hub.set_fault(Fault::Silence);
    let impatient = HubSettings { patience: Duration::from_secs(1), ..room.settings() };
    refused(impatient, REPOSITORY, &["silent for 1 s"], "HF_HUB_DOWNLOAD_TIMEOUT");
}

#[test]
fn hub_that_is_not_there_is_told() {
    let room = Room::new();
    let nowhere = HubSettings { endpoint: "http://127.0.0.1:9".into(), ..room.settings() };
    refused(nowhere, REPOSITORY, &["127.0.0.1:9", "can't be reached"], "HF_ENDPOINT");
}

#[test]
fn offline_the_cache_is_used_and_nothing_asked() {
    let room = Room::new();
    let offline = || HubSettings { offline: true, ..room.settings() };
    refused(offline(), REPOSITORY, &["forbidden"], "HF_HUB_OFFLINE");
    assert_eq!(room.hub.requests(), Vec::<String>::new());
    let directory = room.client().directory(&name(), &mut ()).unwrap();
    assert_eq!(Client::new(offline()).directory(&name(), &mut ()).unwrap(), directory);
}

#[test]
fn private_model_needs_the_token() {
    let room = Room::new();
    room.hub.require_token("secret");
    refused(room.settings(), REPOSITORY, &["without a token", "401"], "HF_TOKEN");
    let with_token = HubSettings { token: Some("secret".into()), ..room.settings() };
    assert!(Client::new(with_token).directory(&name(), &mut ()).is_ok());
}

#[test]
fn repository_of_another_kind_is_refused() {
    let room =
        Room { hub: Hub::start(BTreeMap::from([("a.txt".into(), b"a".to_vec())])), ..Room::new() };
    refused(room.settings(), REPOSITORY, &["config.json"], "LayoutLM");
    let mut without_weights = files();
    without_weights.remove("model.safetensors");
    let room = Room { hub: Hub::start(without_weights), ..Room::new() };
    refused(room.settings(), REPOSITORY, &["no model that can be run"], "weights");
}

#[test]
fn program_fetches_lists_shows_and_removes() {
    let room = Room::new();
    let (code, stdout, stderr) = room.layoutlm(&["models", "show", "--model", REPOSITORY]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let shown: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(shown["name"], REPOSITORY);
    assert_eq!(shown["revision"], "111111111111");
    let (code, stdout, _) = room.layoutlm(&["models"]);
    assert_eq!(code, 0);
    let row: Vec<&str> = stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..3], [REPOSITORY, "111111111111", "LayoutLMv2ForTokenClassification"]);
    assert_eq!(row.last(), Some(&"mit"));
    let (_, stdout, _) = room.layoutlm(&["models", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(listed["complete"], true);
    let (code, _, stderr) = room.layoutlm(&["models", "remove", REPOSITORY]);
    assert_eq!(code, 0, "{stderr}");
    for list in [&["models"][..], &["models", "list", "--json"]] {
        let (code, stdout, stderr) = room.layoutlm(list);
        assert_eq!((code, stdout.as_str()), (0, ""), "results alone go to standard output");
        assert!(stderr.starts_with("no models in ") && stderr.contains("models fetch"), "{stderr}");
    }
    assert_eq!(room.layoutlm(&["-q", "models"]).2, "");
    let (code, _, stderr) = room.layoutlm(&["models", "remove", REPOSITORY]);
    assert_eq!(code, 4);
    assert!(stderr.contains("not in the cache") && stderr.contains("hint:"), "{stderr}");
    assert_eq!(room.layoutlm(&["models", "fetch", "nonsense"]).0, 2);
}
