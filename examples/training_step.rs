//! Updates of a labelling model on made-up batches, for timing alone: what `scripts/peers/steps.py` sets
//! beside the same step of the Python library.
//!
//! ```text
//! cargo run --example training_step -- MODEL ROWS TOKENS STEPS f32|bf16
//! ```
//!
//! Each step is that of `layoutlm finetune`: ROWS windows of TOKENS tokens and a picture each, through the model
//! with dropout, cross-entropy of every token, gradients clipped to norm 1, AdamW. The loss of the last is
//! printed.

use anyhow::Result;
use layoutlm::model::Model;
use layoutlm::model::heads::Logits;
use layoutlm::model::precision::{Precision, products_in};
use layoutlm::model::trunk::Inputs;
use layoutlm::output::stdout::Stdout;
use layoutlm::train::optimizer::{AdamW, OptimizerOptions};
use std::io::Write;
use std::path::Path;
use tch::{Device, Kind, Tensor};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows, tokens, steps, precision] = &arguments[..] else {
        anyhow::bail!("usage: training_step MODEL ROWS TOKENS STEPS f32|bf16");
    };
    let (rows, tokens, steps): (i64, i64, i64) = (rows.parse()?, tokens.parse()?, steps.parse()?);
    let precision: Precision = precision.parse().map_err(anyhow::Error::msg)?;
    tch::manual_seed(1);
    let model = Model::read(Path::new(model), Device::Cpu)?;
    let inputs = batch(&model, rows, tokens);
    let classes = model.config.id2label.len() as i64;
    let targets = Tensor::randint(classes, [rows * tokens], (Kind::Int64, Device::Cpu));
    let mut optimizer = AdamW::new(model.store(), OptimizerOptions::default(), |_| false);
    let mut last = 0.0;
    for _ in 0..steps {
        let loss = {
            let _products = products_in(precision.products(Device::Cpu));
            let (Logits::Tokens(logits), _) = model.forward_train(&inputs) else {
                anyhow::bail!("the model labels no words");
            };
            logits.view([-1, classes]).cross_entropy_for_logits(&targets)
        };
        loss.backward();
        optimizer.update(steps.max(10));
        last = loss.double_value(&[]);
    }
    writeln!(Stdout::open()?, "{last}")?;
    Ok(())
}

/// Random tokens, boxes and pictures.
fn batch(model: &Model, rows: i64, tokens: i64) -> Inputs {
    let integers =
        |high: i64, size: &[i64]| Tensor::randint(high, size, (Kind::Int64, Device::Cpu));
    let corner = integers(700, &[rows, tokens, 2]);
    let size = integers(300, &[rows, tokens, 2]);
    Inputs {
        input_ids: integers(model.config.vocab_size, &[rows, tokens]),
        bbox: Tensor::cat(&[&corner, &(&corner + size)], -1),
        attention_mask: Tensor::ones([rows, tokens], (Kind::Int64, Device::Cpu)),
        token_type_ids: Tensor::zeros([rows, tokens], (Kind::Int64, Device::Cpu)),
        position_ids: None,
        image: Some(integers(256, &[rows, 3, 224, 224]).to_kind(Kind::Float)),
        page_of_window: None,
    }
}
