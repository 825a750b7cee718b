//! A run's state on disk, so that one that was killed goes on where it was.
//!
//! A checkpoint is a directory written beside the last one and renamed over it: at any moment one
//! whole checkpoint exists under one of two names.

use super::optimizer::AdamW;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::weights::{Checkpoint, Missing};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tch::nn;

/// Where a run stands, apart from weights and optimiser.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Updates made.
    pub step: i64,
    /// Updates of the whole run, over which the rate rises and falls.
    #[serde(default)]
    pub total: i64,
    /// Passes begun, counted from 0; with the seed it fixes the order of batches.
    pub epoch: usize,
    /// Batches done in this pass.
    pub batch: usize,
    /// Best score on the dev split so far, and its pass.
    pub best_score: Option<f64>,
    pub best_epoch: usize,
    /// Scores since then.
    #[serde(default)]
    pub waited: usize,
    /// Losses since the last score, for their mean.
    #[serde(default)]
    pub loss_sum: f64,
    #[serde(default)]
    pub loss_count: usize,
    /// Seconds spent training.
    pub seconds: f64,
}

const CURRENT: &str = "checkpoint";
const PREVIOUS: &str = "checkpoint.previous";

/// `weights` writes the model into the directory that it is given.
///
/// # Errors
/// `OutputFailed` names the file.
pub fn save(
    run: &Path,
    weights: impl FnOnce(&Path) -> Result<()>,
    optimizer: &AdamW,
    progress: &Progress,
) -> Result<()> {
    let partial = run.join("checkpoint.partial");
    let _ = std::fs::remove_dir_all(&partial);
    weights(&partial)?;
    let state = partial.join("optimizer");
    std::fs::create_dir_all(&state).map_err(|e| failed(&state, e))?;
    optimizer.save(&state.join("model.safetensors"))?;
    let text = serde_json::to_string_pretty(progress).map_err(|e| failed(&partial, e))?;
    std::fs::write(partial.join("progress.json"), text).map_err(|e| failed(&partial, e))?;
    let (current, previous) = (run.join(CURRENT), run.join(PREVIOUS));
    if current.exists() {
        let _ = std::fs::remove_dir_all(&previous);
        std::fs::rename(&current, &previous).map_err(|e| failed(&current, e))?;
    }
    std::fs::rename(&partial, &current).map_err(|e| failed(&current, e))?;
    let _ = std::fs::remove_dir_all(&previous);
    Ok(())
}

/// The checkpoint of a run, if there is one.
pub fn find(run: &Path) -> Option<PathBuf> {
    [CURRENT, PREVIOUS]
        .map(|name| run.join(name))
        .into_iter()
        .find(|p| p.join("progress.json").is_file())
}

/// Puts a run back to where its checkpoint was made.
///
/// # Errors
/// `DataInvalid`, `WeightsMismatch` when the checkpoint belongs to another model.
pub fn restore(checkpoint: &Path, store: &nn::VarStore, optimizer: &mut AdamW) -> Result<Progress> {
    let path = checkpoint.join("progress.json");
    let unreadable = |cause: String| {
        let message = format!("the checkpoint can't be read: {cause}");
        Error::new(Stage::Train, ErrorCode::DataInvalid, message)
            .at(path.display().to_string())
            .hint("start again in another directory, or without --resume")
    };
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
    let progress: Progress = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
    Checkpoint::open(checkpoint)?.fill(store, Missing::Refuse)?;
    optimizer.load(&checkpoint.join("optimizer"), progress.step)?;
    Ok(progress)
}

fn failed(path: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::unwritable(Stage::Train, path, cause)
}
