//! A model's logits for inputs that are tensors already: what `scripts/interchange` compares with the Python
//! library.
//!
//! ```text
//! cargo run --example logits -- MODEL in.safetensors out.safetensors [f32|bf16|f16] [PASSES]
//! ```
//!
//! `in.safetensors` holds `input.input_ids`, `input.bbox`, `input.attention_mask`, `input.token_type_ids` and,
//! for models that look, `input.image`; the other file gets `output.logits`, or `output.start_logits` and
//! `output.end_logits`. Seconds (of the last pass) and memory are told on standard error, as one line of JSON.
//! More passes than one tell processor seconds a pass from those of loading: `scripts/peers/quantise.py`.

use anyhow::{Context, Result};
use layoutlm::model::Model;
use layoutlm::model::heads::Logits;
use layoutlm::model::precision::Arithmetic;
use layoutlm::model::trunk::Inputs;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;
use tch::{Device, Tensor};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, from, to, rest @ ..] = &arguments[..] else {
        anyhow::bail!("usage: logits MODEL in.safetensors out.safetensors [f32|bf16|f16] [PASSES]");
    };
    let passes: usize = rest.get(1).map_or(Ok(1), |passes| passes.parse())?;
    let started = Instant::now();
    let mut model = Model::load(Path::new(model), Device::Cpu)?;
    if let Some(arithmetic) = rest.first() {
        model.arithmetic = arithmetic.parse::<Arithmetic>().map_err(anyhow::Error::msg)?;
    }
    let loaded = started.elapsed().as_secs_f64();
    let peak_loaded = most_memory();
    let inputs = inputs(&Tensor::read_safetensors(from)?.into_iter().collect())?;
    // The first pass makes its kernels ready, on both sides of the comparison.
    (0..passes.max(1)).for_each(|_| drop(model.forward(&inputs)));
    let started = Instant::now();
    let logits = model.forward(&inputs);
    let ran = started.elapsed().as_secs_f64();
    let named = match &logits {
        Logits::Tokens(logits) | Logits::Sequence(logits) => vec![("output.logits", logits)],
        Logits::Span(start, end) => {
            vec![("output.start_logits", start), ("output.end_logits", end)]
        }
    };
    let named: Vec<_> = named.into_iter().map(|(name, it)| (name, it.contiguous())).collect();
    Tensor::write_safetensors(&named, to)?;
    eprintln!(
        "{}",
        serde_json::json!({
            "load_s": loaded, "run_s": ran, "load_mib": peak_loaded, "mib": most_memory(),
        })
    );
    Ok(())
}

fn inputs(given: &HashMap<String, Tensor>) -> Result<Inputs> {
    let get = |name: &str| {
        let tensor = given.get(&format!("input.{name}")).map(Tensor::shallow_clone);
        tensor.with_context(|| format!("input.{name} is missing"))
    };
    Ok(Inputs {
        input_ids: get("input_ids")?,
        bbox: get("bbox")?,
        attention_mask: get("attention_mask")?,
        token_type_ids: get("token_type_ids")?,
        position_ids: None,
        image: get("image").ok(),
        page_of_window: None,
    })
}

/// Most memory the process ever had, in MiB; 0 where the system does not tell.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
