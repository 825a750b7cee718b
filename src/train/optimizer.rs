//! AdamW (Loshchilov and Hutter, 2019) with parameter groups, clipping and a linear schedule.
//!
//! Our own because libtorch's optimisers can't be saved from Rust, and a run that was killed must go
//! on exactly where it was.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::weights::Checkpoint;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use tch::{Kind, Tensor, nn};

/// Settings of the optimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptimizerOptions {
    /// Highest learning rate, reached after the warm-up.
    pub rate: f64,
    pub weight_decay: f64,
    /// Share of all steps over which the rate rises from 0.
    pub warmup: f64,
    /// Gradients are scaled down to this norm.
    pub clip_norm: f64,
    /// Multiplies the rate of what starts from nothing: visual backbone, layout tables, biases, heads.
    pub fresh_factor: f64,
}

impl Default for OptimizerOptions {
    fn default() -> Self {
        Self { rate: 2e-4, weight_decay: 0.01, warmup: 0.1, clip_norm: 1.0, fresh_factor: 1.0 }
    }
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

struct Parameter {
    name: String,
    value: Tensor,
    /// Running means of gradient and squared gradient, shaped as the value.
    first: Tensor,
    second: Tensor,
    decay: f64,
    rate_factor: f64,
}

/// The optimiser over all trainable weights of a model.
pub struct AdamW {
    parameters: Vec<Parameter>,
    options: OptimizerOptions,
    /// Updates made.
    pub step: i64,
}

impl AdamW {
    /// `is_fresh` says which weights start from nothing.
    pub fn new(
        store: &nn::VarStore,
        options: OptimizerOptions,
        is_fresh: impl Fn(&str) -> bool,
    ) -> Self {
        let sorted: BTreeMap<String, Tensor> = store.variables().into_iter().collect();
        let parameters = sorted
            .into_iter()
            .filter(|(_, value)| value.requires_grad())
            .map(|(name, value)| Parameter {
                first: value.zeros_like(),
                second: value.zeros_like(),
                // Biases and norms are not decayed.
                decay: if value.dim() >= 2 { options.weight_decay } else { 0.0 },
                rate_factor: if is_fresh(&name) { options.fresh_factor } else { 1.0 },
                name,
                value,
            })
            .collect();
        Self { parameters, options, step: 0 }
    }

    /// Learning rate of the next step: linear up, linear down to 0 at `total`.
    pub fn rate(&self, total: i64) -> f64 {
        schedule(self.step, total, self.options.warmup) * self.options.rate
    }

    /// One update from the gradients at hand, which are cleared. Returns their norm.
    pub fn update(&mut self, total: i64) -> f64 {
        let _guard = tch::no_grad_guard();
        let rate = self.rate(total);
        self.step += 1;
        let gradients: Vec<Option<Tensor>> =
            self.parameters.iter().map(|p| Some(p.value.grad()).filter(Tensor::defined)).collect();
        let norms: Vec<Tensor> = gradients.iter().flatten().map(Tensor::norm).collect();
        // One number to wait for, where the device works on its own.
        let norm = match norms.as_slice() {
            [] => 0.0,
            norms => Tensor::stack(norms, 0).to_kind(Kind::Double).norm().double_value(&[]),
        };
        if norm.is_finite() {
            let scale = (self.options.clip_norm / (norm + 1e-6)).min(1.0);
            let correction1 = 1.0 - BETA1.powi(self.step as i32);
            let correction2 = (1.0 - BETA2.powi(self.step as i32)).sqrt();
            for (parameter, gradient) in self.parameters.iter_mut().zip(&gradients) {
                let Some(gradient) = gradient else { continue };
                parameter.update(gradient, scale, rate, correction1, correction2);
            }
        }
        for mut gradient in gradients.into_iter().flatten() {
            let _ = gradient.zero_();
        }
        norm
    }

    /// Writes the running means.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut state = HashMap::new();
        for p in &self.parameters {
            state.insert(format!("first.{}", p.name), p.first.shallow_clone());
            state.insert(format!("second.{}", p.name), p.second.shallow_clone());
        }
        crate::model::weights::write_safetensors(&state, path)
    }

    /// Reads what [`Self::save`] wrote, in a directory of its own.
    ///
    /// # Errors
    /// `ModelInvalid`, or `DataInvalid` when the state belongs to another model.
    pub fn load(&mut self, dir: &Path, step: i64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let state = Checkpoint::open(dir)?.tensors()?;
        for p in &mut self.parameters {
            for (role, slot) in [("first", &mut p.first), ("second", &mut p.second)] {
                let name = format!("{role}.{}", p.name);
                let stored =
                    state.get(&name).filter(|t| t.size() == slot.size()).ok_or_else(|| {
                        Error::new(
                            Stage::Train,
                            ErrorCode::DataInvalid,
                            format!("no optimiser state `{name}`"),
                        )
                        .at(dir.display().to_string())
                        .hint("the checkpoint belongs to another model: start again without it")
                    })?;
                slot.copy_(stored);
            }
        }
        self.step = step;
        Ok(())
    }
}

impl Parameter {
    fn update(
        &mut self,
        gradient: &Tensor,
        scale: f64,
        rate: f64,
        correction1: f64,
        correction2: f64,
    ) {
        let gradient = if scale < 1.0 { gradient * scale } else { gradient.shallow_clone() };
        let rate = rate * self.rate_factor;
        let _ = self.first.g_mul_scalar_(BETA1).g_add_(&(&gradient * (1.0 - BETA1)));
        let _ = self.second.g_mul_scalar_(BETA2).addcmul_(&gradient, &(&gradient * (1.0 - BETA2)));
        if self.decay > 0.0 {
            let _ = self.value.g_mul_scalar_(1.0 - rate * self.decay);
        }
        let denominator = self.second.sqrt() / correction2 + EPSILON;
        let _ = self.value.addcdiv_(&(&self.first * (-rate / correction1)), &denominator);
    }
}

/// 0–1: linear warm-up over the first share of steps, then linear decay to 0.
pub fn schedule(step: i64, total: i64, warmup: f64) -> f64 {
    let total = total.max(1) as f64;
    let position = (step as f64 + 1.0) / total;
    if position < warmup { position / warmup } else { ((1.0 - position) / (1.0 - warmup)).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_rises_then_falls_to_zero() {
        assert!(schedule(0, 100, 0.1) < schedule(5, 100, 0.1));
        assert!(schedule(9, 100, 0.1) > 0.99);
        assert!(schedule(50, 100, 0.1) > schedule(90, 100, 0.1));
        assert_eq!(schedule(99, 100, 0.1), 0.0);
    }

    #[test]
    fn a_quadratic_is_minimised() {
        let store = nn::VarStore::new(tch::Device::Cpu);
        let x = store.root().var("x", &[2], nn::Init::Const(3.0));
        let options = OptimizerOptions { rate: 0.1, weight_decay: 0.0, ..Default::default() };
        let mut adam = AdamW::new(&store, options, |_| false);
        for _ in 0..200 {
            x.pow_tensor_scalar(2).sum(tch::Kind::Float).backward();
            adam.update(200);
        }
        assert!(x.abs().max().double_value(&[]) < 0.05);
    }
}
