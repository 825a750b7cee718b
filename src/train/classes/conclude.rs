//! The end of such a run: the best model measured on the pages held out, calibrated, and written.

use super::objective::report;
use crate::error::Result;
use crate::eval::classes::ClassReport;
use crate::eval::run::EvalOptions;
use crate::model::config::LayoutLmExtras;
use crate::predict::classify::Classifier;
use crate::train::conclude::{load_best, plausible_temperature, write_best, write_report};
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
    let (model, tokenizer) = load_best(best, base, &extras, device)?;
    let classifier = Classifier::new(model, tokenizer)?;
    let found = match dev {
        [] => None,
        pages => Some(report(&classifier, pages, &EvalOptions::default())?),
    };
    if let Some(found) = &found {
        write_report(run_dir, found)?;
        extras.temperature = Some(plausible_temperature(&found.calibration));
    }
    drop(classifier);
    write_best(run_dir, best, base, extras, device)?;
    Ok(found)
}
