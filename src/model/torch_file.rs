//! `pytorch_model.bin`: a zip of a pickle that describes tensors, and of their bytes.
//!
//! torch writes the bytes uncompressed, so they are used where they lie in the mapped file: a `.bin`
//! needs no more memory than safetensors do.

use super::pickle::{descriptions, refuse};
use super::weights::map_file;
use crate::error::Result;
use memmap2::Mmap;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// Longest pickle that is read: names and shapes of a large model take well under a megabyte.
const LONGEST_PICKLE: u64 = 64 << 20;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// An opened file.
pub struct TorchFile {
    map: Mmap,
    tensors: Vec<Placed>,
}

struct Placed {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    storage: Storage,
    /// Within the storage.
    range: Range<usize>,
}

/// Bytes that one or more tensors share.
#[derive(Clone)]
enum Storage {
    /// Of the mapped file.
    Mapped(Range<usize>),
    /// Of an entry that somebody packed again.
    Unpacked(Arc<Vec<u8>>),
}

impl Storage {
    fn len(&self) -> usize {
        match self {
            Self::Mapped(range) => range.len(),
            Self::Unpacked(bytes) => bytes.len(),
        }
    }
}

impl TorchFile {
    /// # Errors
    /// `ModelInvalid`: a damaged file, one in the format before PyTorch 1.6, or one that asks for
    /// anything but tensors.
    pub fn open(path: &Path) -> Result<Self> {
        let map = map_file(path)?;
        let tensors = placed(&map).map_err(|e| e.at(path.display().to_string()))?;
        Ok(Self { map, tensors })
    }

    /// The file, in which the tensors' bytes lie.
    pub fn map(&self) -> &Mmap {
        &self.map
    }

    /// Every tensor, by the name in the file.
    pub fn tensors(&self) -> impl Iterator<Item = Result<(&str, TensorView<'_>)>> {
        self.tensors.iter().map(|placed| {
            let storage = match &placed.storage {
                Storage::Mapped(range) => self.map.get(range.clone()).unwrap_or_default(),
                Storage::Unpacked(bytes) => bytes,
            };
            let bytes = storage.get(placed.range.clone()).unwrap_or_default();
            let view = TensorView::new(placed.dtype, placed.shape.clone(), bytes)
                .map_err(|e| refuse(format!("tensor `{}`: {e}", placed.name)))?;
            Ok((placed.name.as_str(), view))
        })
    }
}

fn placed(file: &[u8]) -> Result<Vec<Placed>> {
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|e| {
        refuse(format!("it is no zip archive ({e})")).hint(
            "files written before PyTorch 1.6 are not supported: save it again as safetensors",
        )
    })?;
    let (prefix, pickle) = pickle_of(&mut archive)?;
    let mut storages: HashMap<String, Storage> = HashMap::new();
    descriptions(&pickle)?
        .into_iter()
        .map(|(name, description)| {
            let key = description.storage();
            let storage = match storages.get(key) {
                Some(storage) => storage.clone(),
                None => {
                    let storage = storage(&mut archive, file.len(), &format!("{prefix}data/{key}"))
                        .map_err(|why| refuse(format!("the bytes of `{name}`: {why}")))?;
                    storages.insert(key.to_string(), storage.clone());
                    storage
                }
            };
            let range = description.range(&name, storage.len())?;
            Ok(Placed {
                dtype: description.dtype(),
                shape: description.shape(),
                storage,
                range,
                name,
            })
        })
        .collect()
}

/// The description, and the folder it stands in.
fn pickle_of(archive: &mut Archive) -> Result<(String, Vec<u8>)> {
    let name = (0..archive.len())
        .filter_map(|i| archive.name_for_index(i)?.ok().map(|name| name.into_owned()))
        .find(|name| name.ends_with("/data.pkl") || name == "data.pkl")
        .ok_or_else(|| refuse("it holds no data.pkl"))?;
    let entry = archive.by_name(&name).map_err(|e| refuse(e.to_string()))?;
    if entry.size() > LONGEST_PICKLE {
        return Err(refuse("its description is implausibly long"));
    }
    let mut bytes = Vec::new();
    entry.take(LONGEST_PICKLE).read_to_end(&mut bytes).map_err(|e| refuse(e.to_string()))?;
    Ok((name.trim_end_matches("data.pkl").to_string(), bytes))
}

fn storage(archive: &mut Archive, file: usize, name: &str) -> Result<Storage, String> {
    let mut entry = archive.by_name(name).map_err(|e| format!("they are missing: {e}"))?;
    if entry.compression() != CompressionMethod::Stored {
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        return Ok(Storage::Unpacked(Arc::new(bytes)));
    }
    let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
    let length = usize::try_from(entry.size()).ok();
    let range = start.zip(length).and_then(|(start, length)| {
        start.checked_add(length).filter(|&end| end <= file).map(|end| start..end)
    });
    range.map(Storage::Mapped).ok_or_else(|| "they lie outside of the file".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    const WRITTEN_BY_TORCH: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/lmv2_legacy_bin/pytorch_model.bin");

    fn all(file: &TorchFile) -> Vec<(String, Dtype, Vec<usize>, Vec<u8>)> {
        let tensors = file.tensors().map(Result::unwrap);
        tensors.map(|(n, v)| (n.into(), v.dtype(), v.shape().to_vec(), v.data().to_vec())).collect()
    }

    /// The file with every entry packed by `method`, and cut to `longest` bytes.
    fn packed_again(method: CompressionMethod, longest: usize) -> tempfile::NamedTempFile {
        let bytes = std::fs::read(WRITTEN_BY_TORCH).unwrap();
        let mut from = ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let target = tempfile::NamedTempFile::new().unwrap();
        let mut to = zip::ZipWriter::new(target.reopen().unwrap());
        for index in 0..from.len() {
            let mut entry = from.by_index(index).unwrap();
            let name = entry.name().unwrap().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            if !name.ends_with(".pkl") {
                content.truncate(longest);
            }
            let options = SimpleFileOptions::default().compression_method(method);
            to.start_file(name, options).unwrap();
            to.write_all(&content).unwrap();
        }
        to.finish().unwrap();
        target
    }

    #[test]
    fn tensors_are_used_where_they_lie_in_the_file() {
        let file = TorchFile::open(Path::new(WRITTEN_BY_TORCH)).unwrap();
        assert!(file.tensors.iter().all(|t| matches!(t.storage, Storage::Mapped(_))));
        let map = file.map().as_ptr_range();
        for (name, view) in file.tensors().map(Result::unwrap) {
            assert!(view.data().is_empty() || map.contains(&view.data().as_ptr()), "{name}");
        }
    }

    #[test]
    fn a_file_that_was_packed_again_says_the_same() {
        let plain = all(&TorchFile::open(Path::new(WRITTEN_BY_TORCH)).unwrap());
        assert!(plain.len() > 50);
        let packed = packed_again(CompressionMethod::Deflated, usize::MAX);
        let packed = TorchFile::open(packed.path()).unwrap();
        assert!(packed.tensors.iter().any(|t| matches!(t.storage, Storage::Unpacked(_))));
        assert_eq!(all(&packed), plain);
    }

    #[test]
    fn a_tensor_longer_than_its_bytes_is_refused() {
        let cut = packed_again(CompressionMethod::Stored, 64);
        let error = TorchFile::open(cut.path()).err().unwrap();
        assert!(error.message.contains("reaches beyond its bytes"), "{error}");
    }
}
