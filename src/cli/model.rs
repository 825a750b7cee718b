//! From `--model` and `--device` to a model that is ready to answer.

use super::options::ModelArgs;
use crate::error::{Error, ErrorCode, Result};
use crate::model::registry::{self, Named};
use crate::pipeline::{Analyzer, BackgroundAnalyzer, Device, ModelAnalyzer};
use std::path::Path;
use std::sync::Arc;

/// The built-in model is loaded while the first pages are read. One that the user names may be
/// wrong, which is to be told before anything is done.
///
/// # Errors
/// Stage `model`: the model is missing, damaged or does not fit this program.
pub fn open(args: &ModelArgs) -> Result<Arc<dyn Analyzer>> {
    if args.model.is_none() {
        return Ok(Arc::new(BackgroundAnalyzer::built_in(checked(args.device)?)?));
    }
    Ok(Arc::new(ModelAnalyzer::from(load(args)?)))
}

/// # Errors
/// As [`open`]; `DeviceUnavailable` without the GPU that was asked for.
pub fn load(args: &ModelArgs) -> Result<Named> {
    let device = checked(args.device)?;
    match &args.model {
        None => registry::default_model(device),
        Some(dir) => registry::from_directory(Path::new(dir), device),
    }
}

fn checked(device: Device) -> Result<tch::Device> {
    if let Device::Cuda(number) = device
        && !(tch::Cuda::is_available() && (number as i64) < tch::Cuda::device_count())
    {
        return Err(Error::model(
            ErrorCode::DeviceUnavailable,
            format!("the device {device} can't be used"),
        )
        .hint("leave --device out to run on the CPU; CUDA needs a libtorch built for it"));
    }
    Ok(device.into())
}
