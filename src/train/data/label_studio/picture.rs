//! The file behind the picture's address in a Label Studio task.

use crate::train::data::Picture;
use std::path::{Component, Path, PathBuf};

/// Looks for the picture of a task beside the export (`directory`).
///
/// Local storage gives `/data/local-files/?d=scans/a.jpg`, uploads `/data/upload/3/1f2e3d4c-a.jpg`.
/// Tried are the path after `?d=`, its shorter and shorter ends, and an upload's name without its
/// random prefix. Nothing is fetched from the network, and no path leads out of the directory.
pub fn find(address: &str, directory: Option<&Path>) -> Option<Picture> {
    let directory = directory?;
    let path = address.split_once("?d=").map_or(address, |(_, path)| path);
    let path = percent_decoded(path.split(['?', '#']).next().unwrap_or_default());
    let parts: PathBuf =
        Path::new(&path).components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let parts: Vec<_> = parts.iter().collect();
    let tails = (0..parts.len()).map(|from| parts[from..].iter().collect::<PathBuf>());
    let unprefixed = parts.last().and_then(|name| {
        let name = name.to_string_lossy();
        let (prefix, rest) = name.split_once('-')?;
        let random = prefix.len() == 8 && prefix.bytes().all(|b| b.is_ascii_hexdigit());
        random.then(|| PathBuf::from(rest))
    });
    tails
        .chain(unprefixed)
        .map(|tail| directory.join(tail))
        .find(|path| path.is_file())
        .map(Picture::File)
}

/// `%20` and the like; what is no such code stays.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let code = bytes.get(index + 1..index + 3).and_then(|hex| {
            let hex = std::str::from_utf8(hex).ok()?;
            u8::from_str_radix(hex, 16).ok()
        });
        match (bytes[index], code) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                index += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_by_every_kind_of_address() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("scans")).unwrap();
        std::fs::write(dir.path().join("scans/a b.jpg"), b"").unwrap();
        std::fs::write(dir.path().join("c.png"), b"").unwrap();
        let found = |address: &str| find(address, Some(dir.path())).is_some();
        assert!(found("/data/local-files/?d=scans/a%20b.jpg"));
        assert!(found("/data/local-files/?d=elsewhere/scans/a%20b.jpg"));
        assert!(found("/data/upload/3/1f2e3d4c-c.png"));
        assert!(found("https://host/c.png?sig=1"));
        assert!(!found("/data/upload/3/missing.png"));
        assert!(!found("../../etc/passwd"));
        assert!(!found("%zz%") && !found(""));
    }
}
