//! The end of fine-tuning: the best model measured on the held-out pages, its scores calibrated there,
//! and everything written that is needed to run it.

use super::finetune::{processor_of, tokenizer_of, write_model};
use super::score::{DevPage, report};
use crate::encode::tokenize::WordTokenizer;
use crate::error::{Error, Result, Stage};
use crate::eval::report::{Calibration, Report};
use crate::eval::run::EvalOptions;
use crate::labels::LabelSet;
use crate::model::Model;
use crate::model::config::LayoutLmExtras;
use crate::predict::Predictor;
use serde::Serialize;
use std::fmt::Display;
use std::path::Path;
use tch::Device;

/// Temperatures beyond these come of too few pages, not of the model.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.5..=4.0;

/// Measures the weights in `best`, writes `report.txt` and `report.json` into the run's directory and
/// the model, with the temperature that calibrates its scores, into `model/` there; tokenizer and
/// settings come from `base`.
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
) -> Result<Option<Report>> {
    let (model, tokenizer) = load_best(best, base, &extras, device)?;
    let predictor = Predictor::new(model, tokenizer)?;
    let found = match dev {
        [] => None,
        pages => Some(report(&predictor, pages, &EvalOptions::default())?),
    };
    if let Some(found) = &found {
        write_report(run_dir, found)?;
        extras.temperature = temperature(found, &predictor.labels);
        let form = predictor.form_labels.as_ref();
        extras.form_temperature = form.and_then(|labels| temperature(found, labels));
    }
    drop(predictor);
    write_best(run_dir, best, base, extras, device)?;
    Ok(found)
}

/// The weights in `best` made ready to be measured, and the tokenizer of `base`.
pub(super) fn load_best(
    best: &Path,
    base: &Path,
    extras: &LayoutLmExtras,
    device: Device,
) -> Result<(Model, WordTokenizer)> {
    let mut model = Model::load(best, device)?;
    model.config.layoutlm = Some(extras.clone());
    let tokenizer = tokenizer_of(base, model.config.vocab_size)?;
    Ok((model, tokenizer))
}

/// Writes the weights in `best` to `model/` in the run's directory. They are read again: those of the
/// model that was measured are changed for inference.
pub(super) fn write_best(
    run_dir: &Path,
    best: &Path,
    base: &Path,
    extras: LayoutLmExtras,
    device: Device,
) -> Result<()> {
    let model = Model::read(best, device)?;
    write_model(&model, &processor_of(base)?, extras, &run_dir.join("model"))
}

/// What calibrates the head with these labels; `None` where no page asked it anything.
fn temperature(report: &Report, labels: &LabelSet) -> Option<f64> {
    let fitted = report.calibration.iter().find(|fitted| fitted.labels == labels.entities());
    fitted.map(plausible_temperature)
}

/// The temperature that was fitted, within what a model can need.
pub(super) fn plausible_temperature(fitted: &Calibration) -> f64 {
    fitted.temperature.clamp(*TEMPERATURES.start(), *TEMPERATURES.end())
}

/// `report.txt` and `report.json` in the run's directory.
///
/// # Errors
/// `OutputFailed` names the file.
pub(super) fn write_report(run_dir: &Path, report: &(impl Serialize + Display)) -> Result<()> {
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    for (name, text) in [("report.txt", report.to_string()), ("report.json", json + "\n")] {
        let path = run_dir.join(name);
        std::fs::write(&path, text).map_err(|e| Error::unwritable(Stage::Train, &path, e))?;
    }
    Ok(())
}
