//! Where the hub and its cache are, from the environment variables that all Hugging Face tools share
//! (huggingface_hub's `constants.py`).

use crate::error::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::hub_failed;

/// Where models come from and where they are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// Address of the hub, without a slash at its end.
    pub endpoint: String,
    /// Directory of `models--owner--name`; absolute.
    pub cache: PathBuf,
    pub token: Option<String>,
    /// Never ask the hub.
    pub offline: bool,
    /// How long the hub may be silent.
    pub patience: Duration,
}

const ENDPOINT: &str = "https://huggingface.co";
/// The Python client waits 10 s, which slow disks at the other end do not always meet.
const PATIENCE: Duration = Duration::from_secs(30);

impl HubSettings {
    /// # Errors
    /// `HubFailed` where no directory for the cache can be found, or the endpoint is no address.
    pub fn from_environment() -> Result<Self> {
        Self::from_variables(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// As [`Self::from_environment`], with another source of the variables.
    ///
    /// # Errors
    /// As [`Self::from_environment`].
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let home = home(variable)?;
        let cache = variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE"));
        let cache = cache.map_or_else(|| home.join("hub"), PathBuf::from);
        let cache = std::path::absolute(&cache)
            .map_err(|e| hub_failed("the current directory can't be found").caused_by(e))?;
        let switched_on = |name: &str| {
            variable(name).is_some_and(|value| {
                ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str())
            })
        };
        let patience = variable("HF_HUB_DOWNLOAD_TIMEOUT").and_then(|value| value.parse().ok());
        Ok(Self {
            endpoint: endpoint(variable)?,
            cache,
            token: token(variable, &home),
            offline: switched_on("HF_HUB_OFFLINE") || switched_on("TRANSFORMERS_OFFLINE"),
            patience: patience.map_or(PATIENCE, Duration::from_secs),
        })
    }
}

/// Nobody wants to see the token in a log.
impl std::fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubSettings")
            .field("endpoint", &self.endpoint)
            .field("cache", &self.cache)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("patience", &self.patience)
            .finish()
    }
}

fn home(variable: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf> {
    if let Some(home) = variable("HF_HOME") {
        return Ok(home.into());
    }
    let cache = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")));
    cache.map(|cache| cache.join("huggingface")).ok_or_else(|| {
        hub_failed("there is no place for downloaded models: neither HF_HOME nor HOME is set")
            .hint("set HF_HOME to a directory, or pass a model directory")
    })
}

fn endpoint(variable: &dyn Fn(&str) -> Option<String>) -> Result<String> {
    let Some(given) = variable("HF_ENDPOINT") else { return Ok(ENDPOINT.to_string()) };
    let address = given.trim_end_matches('/');
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    if host.is_some_and(|host| !host.is_empty() && !address.contains(char::is_whitespace)) {
        return Ok(address.to_string());
    }
    Err(hub_failed(format!("HF_ENDPOINT `{given}` is no address of a hub"))
        .hint(format!("unset it, or write it as {ENDPOINT}")))
}

/// `HF_TOKEN`, or what a login left behind.
fn token(variable: &dyn Fn(&str) -> Option<String>, home: &Path) -> Option<String> {
    let given = variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN"));
    let stored = || {
        let path = variable("HF_TOKEN_PATH").map_or_else(|| home.join("token"), PathBuf::from);
        std::fs::read_to_string(path).ok()
    };
    let token = given.or_else(stored)?.trim().to_string();
    // Anything else could not stand in a request.
    (!token.is_empty() && token.chars().all(|c| c.is_ascii_graphic())).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<HubSettings> {
        HubSettings::from_variables(&|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn cache_is_found_as_the_python_client_finds_it() {
        for (variables, expected) in [
            (&[("HOME", "/h")][..], "/h/.cache/huggingface/hub"),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "/f")], "/f/hub"),
            (&[("HF_HOME", "/f"), ("HF_HUB_CACHE", "/c")], "/c"),
        ] {
            assert_eq!(settings(variables).unwrap().cache, Path::new(expected));
        }
        assert!(settings(&[]).is_err());
    }

    #[test]
    fn token_is_given_or_left_by_a_login_and_never_printed() {
        let home = tempfile::tempdir().unwrap();
        let home_name = home.path().to_str().unwrap();
        assert_eq!(settings(&[("HF_HOME", home_name)]).unwrap().token, None);
        std::fs::write(home.path().join("token"), "stored\n").unwrap();
        let stored = settings(&[("HF_HOME", home_name)]).unwrap();
        assert_eq!(stored.token.as_deref(), Some("stored"));
        let given = settings(&[("HF_HOME", home_name), ("HF_TOKEN", "given")]).unwrap();
        assert_eq!(given.token.as_deref(), Some("given"));
        assert!(!format!("{given:?}").contains("given"));
    }

    #[test]
    fn endpoint_is_an_address_without_slash() {
        let with = |endpoint| settings(&[("HOME", "/h"), ("HF_ENDPOINT", endpoint)]);
        assert_eq!(with("http://localhost:1234/").unwrap().endpoint, "http://localhost:1234");
        for wrong in ["huggingface.co", "https://", "ftp://x", "http://a b"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn offline_is_switched_by_either_variable() {
        for (name, value, expected) in [
            ("HF_HUB_OFFLINE", "1", true),
            ("TRANSFORMERS_OFFLINE", "yes", true),
            ("HF_HUB_OFFLINE", "0", false),
        ] {
            assert_eq!(settings(&[("HOME", "/h"), (name, value)]).unwrap().offline, expected);
        }
    }
}
