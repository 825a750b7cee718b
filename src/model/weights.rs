//! Checkpoint files ↔ named tensors, in the Python library's key layout.
//!
//! Reads `model.safetensors`, `pytorch_model.bin` ([`super::torch_file`]), either in shards with an
//! index, and files stored in 8 bits by this program. All are memory-mapped, and tensors are read
//! straight into the network ([`super::stored`]), so that loading needs no second copy of the model.

use super::stored::{Stored, row_scales};
use super::torch_file::TorchFile;
use super::write_error;
use crate::error::{Error, ErrorCode, Result};
use memmap2::Mmap;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use tch::{Kind, Tensor, nn};

/// What to do about tensors that the network has and the file lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing<'a> {
    /// An error that names the first.
    Refuse,
    /// Leave those below one of these prefixes as they are, and those that the file has in another
    /// shape: a new head on an old trunk.
    Keep(&'a [&'a str]),
}

/// Heads that the Python classes know nothing of stand in a file of their own, so that these find no
/// key in `model.safetensors` that they don't expect.
pub const HEADS_FILE: &str = "heads.safetensors";

/// Suffix of the row scales that accompany a matrix stored in 8 bits.
const SCALE_SUFFIX: &str = ".row_scale";

/// An opened checkpoint.
pub struct Checkpoint {
    files: Vec<WeightFile>,
}

struct WeightFile {
    name: String,
    content: Content,
}

enum Content {
    Mapped(Mmap),
    Static(&'static [u8]),
    Torch(TorchFile),
}

impl Checkpoint {
    /// Finds and maps the weight files of a model directory.
    ///
    /// # Errors
    /// `ModelMissing` when there are none, `ModelInvalid` when one can't be opened.
    pub fn open(dir: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let heads = Some(dir.join(HEADS_FILE)).filter(|path| path.is_file());
        for path in weight_paths(dir)?.into_iter().chain(heads) {
            let is_pickle = path.extension().is_some_and(|extension| extension == "bin");
            let content = if is_pickle {
                Content::Torch(TorchFile::open(&path)?)
            } else {
                Content::Mapped(map_file(&path)?)
            };
            files.push(WeightFile { name: path.display().to_string(), content });
        }
        Ok(Self { files })
    }

    /// Weights that are part of the program.
    pub fn embedded(name: &str, bytes: &'static [u8]) -> Self {
        Self { files: vec![WeightFile { name: name.to_string(), content: Content::Static(bytes) }] }
    }

    /// Copies every tensor of the network from the file.
    ///
    /// # Errors
    /// `WeightsMismatch` names the tensor and both shapes; `ModelInvalid` for a damaged file.
    pub fn fill(&self, store: &nn::VarStore, missing: Missing) -> Result<()> {
        let variables: BTreeMap<String, Tensor> = store.variables().into_iter().collect();
        let prefix = variables
            .keys()
            .find_map(|k| {
                k.split_once('.').map(|(p, _)| p.to_string()).filter(|p| p.starts_with("layoutlm"))
            })
            .unwrap_or_default();
        let mut filled = BTreeSet::new();
        let kept = |name: &str| match missing {
            Missing::Refuse => false,
            Missing::Keep(prefixes) => prefixes.iter().any(|p| name.starts_with(p)),
        };
        let _guard = tch::no_grad_guard();
        for file in &self.files {
            file.for_each(&mut |name, stored| {
                let key = current_name(name, &prefix);
                if let Some(variable) = variables.get(key.as_ref()) {
                    if kept(&key) && stored.size() != variable.size() {
                        return Ok(());
                    }
                    copy_checked(&key, stored, variable).map_err(|e| e.at(&file.name))?;
                    filled.insert(key.into_owned());
                }
                Ok(())
            })?;
        }
        match variables.keys().find(|name| !filled.contains(*name) && !kept(name)) {
            None => Ok(()),
            Some(name) => Err(mismatch(format!(
                "tensor `{name}` {:?} is missing from the weights",
                variables[name].size()
            ))
            .at(self.files.first().map_or("", |f| f.name.as_str()))
            .hint("the weights do not belong to this config.json, or the file is incomplete")),
        }
    }

    /// Copies the tensors below `from` to those of the same names below `to`, where the network has them.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn fill_as(&self, store: &nn::VarStore, from: &str, to: &str) -> Result<()> {
        let variables = store.variables();
        let _guard = tch::no_grad_guard();
        for file in &self.files {
            file.for_each(&mut |name, stored| {
                let target = name.strip_prefix(from).map(|rest| format!("{to}{rest}"));
                match target.and_then(|name| Some((variables.get(&name)?, name))) {
                    Some((variable, name)) => {
                        copy_checked(&name, stored, variable).map_err(|e| e.at(&file.name))
                    }
                    None => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    /// Name and shape of every tensor.
    ///
    /// # Errors
    /// `ModelInvalid` for a damaged file.
    pub fn for_each_shape(&self, visit: &mut dyn FnMut(&str, &[i64])) -> Result<()> {
        self.files.iter().try_for_each(|file| {
            file.for_each(&mut |name, stored| {
                visit(name, &stored.size());
                Ok(())
            })
        })
    }

    /// Every tensor, by the name in the file.
    ///
    /// # Errors
    /// `ModelInvalid` for a damaged file.
    pub fn tensors(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut all = BTreeMap::new();
        for file in &self.files {
            file.for_each(&mut |name, stored| {
                all.insert(name.to_string(), stored.tensor()?);
                Ok(())
            })?;
        }
        Ok(all)
    }
}

impl WeightFile {
    fn for_each(&self, visit: &mut dyn FnMut(&str, &Stored) -> Result<()>) -> Result<()> {
        let bytes: &[u8] = match &self.content {
            Content::Torch(file) => {
                return file.tensors().try_for_each(|tensor| {
                    let (name, values) = tensor?;
                    visit(name, &Stored { name, values: &values, scale: None })?;
                    give_back(file.map(), values.data());
                    Ok(())
                });
            }
            Content::Mapped(map) => map,
            Content::Static(bytes) => bytes,
        };
        let file = SafeTensors::deserialize(bytes).map_err(|e| damaged(&self.name, e))?;
        for (name, values) in file.tensors() {
            if name.ends_with(SCALE_SUFFIX) {
                continue;
            }
            let scale = if values.dtype() == Dtype::I8 {
                let scale_name = format!("{name}{SCALE_SUFFIX}");
                let scale = file.tensor(&scale_name).map_err(|e| damaged(&self.name, e))?;
                Some(row_scales(&scale_name, &values, &scale).map_err(|e| e.at(&self.name))?)
            } else {
                None
            };
            visit(&name, &Stored { name: &name, values: &values, scale })
                .map_err(|e| e.at(&self.name))?;
            if let Content::Mapped(map) = &self.content {
                give_back(map, values.data());
            }
        }
        Ok(())
    }
}

/// Gives back the memory of a part of the file that was read, so that loading a model takes its own
/// size and not twice that.
fn give_back(map: &Mmap, part: &[u8]) {
    let start = (part.as_ptr() as usize).checked_sub(map.as_ptr() as usize);
    let Some(start) = start.filter(|start| start + part.len() <= map.len()) else { return };
    #[cfg(unix)]
    // SAFETY: the mapping is of a file, read-only and never written: dropped pages are read from the
    // file again, with the same content. A refusal changes nothing.
    #[allow(unsafe_code)]
    let _ = unsafe {
        map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, part.len())
    };
}

/// Rounds a matrix to 8 bits with one scale a row: values `[rows, …]` i8, scales `[rows]` f32.
fn round_rows(tensor: &Tensor) -> (Tensor, Tensor) {
    let rows = tensor.size()[0];
    let flat = tensor.to_kind(Kind::Float).view([rows, -1]);
    let scale = flat.abs().amax([1i64].as_slice(), false).clamp_min(1e-12) / 127.0;
    let values = (flat / scale.unsqueeze(1)).round().clamp(-127.0, 127.0);
    (values.to_kind(Kind::Int8).view(tensor.size().as_slice()), scale)
}

/// Files that weights may be in, in the order of preference: each alone, or an index of several.
pub(super) const WEIGHT_FILES: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// Weight files of a model directory, the first kind there is.
pub(super) fn weight_paths(dir: &Path) -> Result<Vec<PathBuf>> {
    match WEIGHT_FILES.iter().map(|name| dir.join(name)).find(|path| path.is_file()) {
        Some(index) if index.extension().is_some_and(|it| it == "json") => indexed_paths(&index),
        Some(single) => Ok(vec![single]),
        None => Err(Error::model(ErrorCode::ModelMissing, "the model has no weights")
            .at(dir.display().to_string())
            .hint(format!("expected one of {}", WEIGHT_FILES.join(", ")))),
    }
}

/// Files that an index names, each once, none outside the directory.
fn indexed_paths(index: &Path) -> Result<Vec<PathBuf>> {
    let dir = index.parent().unwrap_or(Path::new("."));
    Ok(indexed_names(index)?.into_iter().map(|shard| dir.join(shard)).collect())
}

/// Names of the files that an index names, each once; all are plain file names.
pub(super) fn indexed_names(index: &Path) -> Result<BTreeSet<String>> {
    let name = index.display().to_string();
    let text = std::fs::read_to_string(index).map_err(|e| damaged(&name, e))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| damaged(&name, e))?;
    let map = value
        .get("weight_map")
        .and_then(|m| m.as_object())
        .ok_or_else(|| damaged(&name, "it has no weight_map"))?;
    let shards: BTreeSet<String> =
        map.values().filter_map(|v| v.as_str()).map(str::to_string).collect();
    for shard in &shards {
        if Path::new(shard).components().count() != 1 || shard == ".." {
            return Err(damaged(&name, format!("shard `{shard}` lies outside the directory")));
        }
    }
    Ok(shards)
}

/// # Errors
/// `ModelInvalid` where it can't be opened, or is empty.
pub(super) fn map_file(path: &Path) -> Result<Mmap> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|e| damaged(&name, e))?;
    if file.metadata().map(|m| m.len()).unwrap_or(0) == 0 {
        return Err(damaged(&name, "the file is empty"));
    }
    // SAFETY: the mapping is read-only and lives as long as it is read; a file that another process
    // shortens meanwhile would fault, as with every memory-mapped checkpoint.
    #[allow(unsafe_code)]
    unsafe { Mmap::map(&file) }.map_err(|e| damaged(&name, e))
}

fn copy_checked(name: &str, stored: &Stored, variable: &Tensor) -> Result<()> {
    if stored.size() != variable.size() {
        let error = mismatch(format!(
            "tensor `{name}` has shape {:?}, config.json asks for {:?}",
            stored.size(),
            variable.size()
        ));
        return Err(if name.starts_with("classifier.") {
            Error { code: ErrorCode::LabelsMismatch, ..error }
                .hint("the label map (id2label) does not fit the classifier")
        } else {
            error.hint("the weights do not belong to this config.json")
        });
    }
    stored.write_to(variable)
}

/// The name that a tensor has today: older files spell LayerNorm's weights `gamma` and `beta`, and
/// bare encoders lack the family's prefix.
fn current_name<'a>(name: &'a str, prefix: &str) -> Cow<'a, str> {
    let name = name.strip_prefix("module.").unwrap_or(name);
    let renamed = if let Some(stem) = name.strip_suffix(".gamma") {
        Cow::Owned(format!("{stem}.weight"))
    } else if let Some(stem) = name.strip_suffix(".beta") {
        Cow::Owned(format!("{stem}.bias"))
    } else {
        Cow::Borrowed(name)
    };
    let bare = ["embeddings.", "encoder.", "pooler.", "visual", "visual_"];
    if bare.iter().any(|b| renamed.starts_with(b)) {
        return Cow::Owned(format!("{prefix}.{renamed}"));
    }
    renamed
}

/// Writes tensors as the Python library does.
///
/// # Errors
/// `OutputFailed` names the file.
pub fn write_safetensors(variables: &HashMap<String, Tensor>, path: &Path) -> Result<()> {
    let entries =
        variables.iter().map(|(name, tensor)| (name.clone(), tensor.detach().to_kind(Kind::Float)));
    write_entries(entries.collect(), path)
}

/// Writes tensors with matrices in 8 bits, a scale a row, and the rest in 16: a quarter of the
/// size. Only this program reads such files; `layoutlm convert` makes ordinary ones of them.
///
/// # Errors
/// `OutputFailed` names the file.
pub fn write_8bit(variables: &HashMap<String, Tensor>, path: &Path) -> Result<()> {
    let mut entries = BTreeMap::new();
    for (name, tensor) in variables {
        let tensor = tensor.detach();
        if tensor.dim() >= 2 && tensor.numel() >= 4096 {
            let (values, scale) = round_rows(&tensor);
            entries.insert(format!("{name}{SCALE_SUFFIX}"), scale);
            entries.insert(name.clone(), values);
        } else {
            entries.insert(name.clone(), tensor.to_kind(Kind::Half));
        }
    }
    write_entries(entries, path)
}

fn write_entries(entries: BTreeMap<String, Tensor>, path: &Path) -> Result<()> {
    let mut buffers = Vec::with_capacity(entries.len());
    for (name, tensor) in &entries {
        let tensor = tensor.to_device(tch::Device::Cpu).contiguous();
        let (dtype, width) = match tensor.kind() {
            Kind::Int8 => (Dtype::I8, 1),
            Kind::Half => (Dtype::F16, 2),
            _ => (Dtype::F32, 4),
        };
        let mut bytes = vec![0u8; tensor.numel() * width];
        tensor.f_copy_data_u8(&mut bytes, tensor.numel()).map_err(|e| write_error(path, e))?;
        let shape: Vec<usize> = tensor.size().iter().map(|&d| d as usize).collect();
        buffers.push((name.clone(), dtype, shape, bytes));
    }
    let views: Vec<(&str, TensorView)> = buffers
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes)
                .map(|view| (name.as_str(), view))
                .map_err(|e| write_error(path, e))
        })
        .collect::<Result<_>>()?;
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    // Written beside and renamed: an interrupted save never leaves half a model.
    let partial = path.with_extension("safetensors.partial");
    safetensors::serialize_to_file(views, Some(metadata), &partial)
        .map_err(|e| write_error(path, e))?;
    std::fs::rename(&partial, path).map_err(|e| write_error(path, e))
}

pub(super) fn damaged(
    name: &str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    let cause = cause.into();
    Error::model(ErrorCode::ModelInvalid, format!("the weights can't be read: {cause}"))
        .at(name)
        .hint("the file is damaged or incomplete: fetch it again")
        .caused_by(cause)
}

pub(super) fn mismatch(message: impl Into<String>) -> Error {
    Error::model(ErrorCode::WeightsMismatch, message)
}
