//! From `--model` and `--device` to a model that is ready to answer.

use super::Context;
use super::options::ModelArgs;
use super::progress_hub::DownloadBar;
use crate::error::{Error, ErrorCode, Result};
use crate::model::hub::{Hub, HubName, HubSettings};
use crate::model::registry::{self, Found, Named, Place};
use crate::pipeline::{Analyzer, BackgroundAnalyzer, Device, ModelAnalyzer};
use std::path::PathBuf;
use std::sync::Arc;

/// The built-in model is loaded while the first pages are read. One that the user names may be
/// wrong, which is to be told before anything is done.
///
/// # Errors
/// Stage `model`: the model is missing, damaged or does not fit this program.
pub fn open(args: &ModelArgs, context: &Context) -> Result<Arc<dyn Analyzer>> {
    if args.model.is_none() {
        return Ok(Arc::new(BackgroundAnalyzer::built_in(checked(args.device)?)?));
    }
    Ok(Arc::new(ModelAnalyzer::from(load(args, context)?)))
}

/// # Errors
/// As [`open`]; `DeviceUnavailable` without the GPU that was asked for.
pub fn load(args: &ModelArgs, context: &Context) -> Result<Named> {
    find(args, context)?.labelling()
}

/// A model of any task.
///
/// # Errors
/// As [`load`].
pub fn find(args: &ModelArgs, context: &Context) -> Result<Found> {
    let device = checked(args.device)?;
    match args.model.as_deref().map(Place::of) {
        None => registry::default_model(device),
        Some(Place::Directory(directory)) => registry::from_directory(&directory, device),
        Some(Place::Hub(name)) => registry::from_hub(&name, &downloaded(&name, context)?, device),
    }
}

/// Directory of a model that is named by its path or its name on the hub.
///
/// # Errors
/// `HubFailed` where it can't be downloaded.
pub fn directory(text: &str, context: &Context) -> Result<PathBuf> {
    match Place::of(text) {
        Place::Directory(directory) => Ok(directory),
        Place::Hub(name) => downloaded(&name, context),
    }
}

fn downloaded(name: &HubName, context: &Context) -> Result<PathBuf> {
    Hub::new(HubSettings::from_environment()?).directory(name, &mut DownloadBar::new(context))
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
