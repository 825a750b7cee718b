//! From `--model` and `--device` to a model that is ready to answer.

use super::options::ModelArgs;
use crate::error::{Error, ErrorCode, Result};
use crate::pipeline::Analyzer;
use std::sync::Arc;

/// # Errors
/// Stage `model`: the model is missing, damaged or does not fit this program.
pub fn open(args: &ModelArgs) -> Result<Arc<dyn Analyzer>> {
    let name = args.model.as_deref().unwrap_or("the built-in model");
    Err(Error::model(ErrorCode::ModelMissing, format!("{name} can't be loaded by this build"))
        .hint("build a newer version"))
}
