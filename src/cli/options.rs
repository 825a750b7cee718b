//! Groups of flags that several verbs share. Each is what was typed; `resolve` turns it into the
//! library's own options, which hold every default.

use clap::Args;

/// Which model, and where it runs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Model directory in the Hugging Face format, or a hub name [default: the built-in model]
    #[arg(short, long, value_name = "DIR|NAME")]
    pub model: Option<String>,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value_t = Device::default())]
    pub device: Device,
}

pub use crate::pipeline::Device;
