//! One transformer layer (post-norm, as BERT's), with spatial-aware attention.

use super::attention::{AttentionBias, SelfAttention};
use super::config::{ModelConfig, ModelType};
use super::layers::{LayerNorm, Linear, Scope, linear};
use tch::Tensor;

/// Attention, then feed-forward; each with residual and LayerNorm.
pub struct Layer {
    attention: SelfAttention,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
    dropout: f64,
    relu: bool,
}

impl Layer {
    /// `scope` is `….encoder.layer.N`.
    pub fn new(scope: &Scope, config: &ModelConfig) -> Self {
        let hidden = config.hidden_size;
        let attention = scope / "attention";
        let fused = config.fast_qkv && config.model_type == ModelType::LayoutLmV2;
        let norm = |scope: Scope| LayerNorm::new(&scope, hidden, config.layer_norm_eps);
        Self {
            attention: SelfAttention::new(&(&attention / "self"), config, fused),
            attention_output: linear(&(&attention / "output" / "dense"), hidden, hidden),
            attention_norm: norm(&attention / "output" / "LayerNorm"),
            intermediate: linear(
                &(scope / "intermediate" / "dense"),
                hidden,
                config.intermediate_size,
            ),
            output: linear(&(scope / "output" / "dense"), config.intermediate_size, hidden),
            output_norm: norm(scope / "output" / "LayerNorm"),
            dropout: config.hidden_dropout_prob,
            relu: config.hidden_act == "relu",
        }
    }

    /// `hidden` [batch, seq, hidden] → [batch, seq, hidden].
    pub fn forward(&self, hidden: &Tensor, bias: &AttentionBias, train: bool) -> Tensor {
        let context = self.attention.forward(hidden, bias, train);
        let attended = self.attention_output.forward(&context).dropout(self.dropout, train);
        let attended = self.attention_norm.forward(&(attended + hidden));
        let inner = self.intermediate.forward(&attended);
        // "gelu" is the exact (erf) form in the Python library.
        let inner = if self.relu { inner.relu() } else { inner.gelu("none") };
        let output = self.output.forward(&inner).dropout(self.dropout, train);
        self.output_norm.forward(&(output + attended))
    }
}
