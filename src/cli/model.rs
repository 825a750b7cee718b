//! From `--model` and `--device` to a model that is ready to answer.

use super::Context;
use super::options::ModelArgs;
use super::progress_hub::DownloadBar;
use crate::error::{Error, ErrorCode, Result};
use crate::model::hub::{Hub, HubName, HubSettings};
use crate::model::registry::{self, Found, Named, Place};
use crate::pipeline::{Analyzer, BackgroundAnalyzer, Device, ModelAnalyzer, ModelIdentity};
use std::path::PathBuf;
use std::sync::Arc;

/// The built-in model is loaded while the first pages are read. One that the user names may be
/// wrong, which is to be told before anything is done.
///
/// # Errors
/// Stage `model`: the model is missing, damaged or does not fit this program.
pub fn open(args: &ModelArgs, context: &Context) -> Result<Arc<dyn Analyzer>> {
    if args.model.is_none() {
        return Ok(Arc::new(BackgroundAnalyzer::built_in(usable(args.device)?, args.precision)?));
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
    let device = usable(args.device)?;
    let mut found = match args.model.as_deref().map(Place::of) {
        None => registry::default_model(device),
        Some(Place::Directory(directory)) => registry::from_directory(&directory, device),
        Some(Place::Hub(name)) => registry::from_hub(&name, &downloaded(&name, context)?, device),
    }?;
    if let Some(arithmetic) = args.precision {
        found.model.arithmetic = arithmetic;
    }
    Ok(found)
}

/// A model for a task that the built-in one does not know, `class` being one that does; and what
/// records call it.
///
/// # Errors
/// As [`load`]; `ModelMissing` where none is named.
pub fn named(
    args: &ModelArgs,
    lack: &str,
    class: &str,
    context: &Context,
) -> Result<(Found, ModelIdentity)> {
    if args.model.is_none() {
        return Err(Error::model(ErrorCode::ModelMissing, format!("the built-in model {lack}"))
            .hint(format!("name a {class} model with --model: a directory or owner/name")));
    }
    let found = find(args, context)?;
    let identity = ModelIdentity {
        name: found.name.clone(),
        revision: found.revision.clone(),
        precision: found.model.arithmetic,
    };
    Ok((found, identity))
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

/// The device that was asked for.
///
/// # Errors
/// `DeviceUnavailable` where this machine, or its libtorch, has none.
pub(super) fn usable(device: Device) -> Result<tch::Device> {
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
