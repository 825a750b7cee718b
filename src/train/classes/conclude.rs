//! The end of such a run: the best model measured on the pages held out, calibrated, and written.

use super::objective::report;
use crate::error::Result;
use crate::eval::classes::ClassReport;
use crate::eval::run::EvalOptions;
use crate::model::Model;
use crate::model::config::LayoutLmExtras;
use crate::predict::classify::Classifier;
use crate::train::conclude::{plausible_temperature, write_report};
use crate::train::finetune::{processor_of, tokenizer_of, write_model};
use crate::train::score::DevPage;
use std::path::Path;
use tch::Device;

/// As [`crate::train::conclude::conclude`], for classes.
///
/// # Errors
/// As loading a model; `OutputFailed` names the file.
pub fn conclude(
    run_dir: &Path,
    best: &Path,
    base: &Path,
    mut extras: LayoutLmExtras,
    dev: &[DevPage],
    device: Device,
) -> Result<Option<ClassReport>> {
    let mut model = Model::load(best, device)?;
    model.config.layoutlm = Some(extras.clone());
    let vocabulary = model.config.vocab_size;
    let classifier = Classifier::new(model, tokenizer_of(base, vocabulary)?)?;
    let found = match dev {
        [] => None,
        pages => Some(report(&classifier, pages, &EvalOptions::default())?),
    };
    if let Some(found) = &found {
        write_report(run_dir, found)?;
        extras.temperature = Some(plausible_temperature(&found.calibration));
    }
    // Not the model that was measured: its weights are changed for inference.
    drop(classifier);
    let model = Model::read(best, device)?;
    write_model(&model, &processor_of(base)?, extras, &run_dir.join("model"))?;
    Ok(found)
}
