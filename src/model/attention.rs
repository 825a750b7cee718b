//! Spatial-aware self-attention (arXiv 2012.14740, §2.2): relative 1-D and 2-D position biases and
//! the attention that adds them.
//!
//! Different from the reference on purpose: the biases are looked up once per page by gathering
//! (no one-hot products) and shared by all layers, and gradients flow into the tables, as in the
//! paper (the Python library computes them under `no_grad`).

use super::config::ModelConfig;
use super::layers::{Linear, Scope, linear, linear_without_bias};
use super::precision::factor;
use tch::{Device, Kind, Tensor};

/// T5's bucket of a relative distance, both directions: half the buckets for each sign; in each
/// half, one bucket a distance up to a quarter of all, then logarithmically wider ones.
pub fn relative_bucket(distance: i64, buckets: i64, max_distance: i64) -> i64 {
    let half = buckets / 2;
    let sign = if distance > 0 { half } else { 0 };
    let far = distance.abs();
    let exact = half / 2;
    if far < exact {
        return sign + far;
    }
    let ratio = (far as f64 / exact as f64).ln() / (max_distance as f64 / exact as f64).ln();
    let bucket = exact + (ratio * (half - exact) as f64) as i64;
    sign + bucket.min(half - 1)
}

/// Bucket of every distance that can occur, so that a look-up replaces the arithmetic.
struct BucketTable {
    /// `[2·reach + 1]` i64, bucket of distance `index − reach`.
    buckets: Tensor,
    reach: i64,
}

impl BucketTable {
    fn new(bins: i64, max_distance: i64, reach: i64, device: Device) -> Self {
        let buckets: Vec<i64> =
            (-reach..=reach).map(|d| relative_bucket(d, bins, max_distance)).collect();
        Self { buckets: Tensor::from_slice(&buckets).to_device(device), reach }
    }

    /// `positions` [batch, seq] → buckets of key − query, [batch·seq·seq] (query-major).
    fn pairwise(&self, positions: &Tensor) -> Tensor {
        let distance = positions.unsqueeze(1) - positions.unsqueeze(2); // [batch, query, key]
        self.buckets.index_select(0, &(distance + self.reach).reshape([-1]))
    }
}

/// The learned bias tables, one set for all layers.
pub struct RelativeBias {
    /// `[heads, rel_pos_bins]`
    one_d: Option<Tensor>,
    /// `[heads, rel_2d_pos_bins]`, over left edges.
    x: Option<Tensor>,
    /// `[heads, rel_2d_pos_bins]`, over **bottom** edges: published weights were trained so.
    y: Option<Tensor>,
    one_d_buckets: BucketTable,
    two_d_buckets: BucketTable,
    heads: i64,
}

impl RelativeBias {
    pub fn new(scope: &Scope, config: &ModelConfig) -> Self {
        let heads = config.num_attention_heads;
        let table = |name: &str, bins: i64| (scope / name).weight("weight", &[heads, bins]);
        let device = scope.device();
        let spatial = config.has_spatial_attention_bias;
        Self {
            one_d: config
                .has_relative_attention_bias
                .then(|| table("rel_pos_bias", config.rel_pos_bins)),
            x: spatial.then(|| table("rel_pos_x_bias", config.rel_2d_pos_bins)),
            y: spatial.then(|| table("rel_pos_y_bias", config.rel_2d_pos_bins)),
            one_d_buckets: BucketTable::new(
                config.rel_pos_bins,
                config.max_rel_pos,
                config.max_position_embeddings,
                device,
            ),
            two_d_buckets: BucketTable::new(
                config.rel_2d_pos_bins,
                config.max_rel_2d_pos,
                config.max_2d_position_embeddings,
                device,
            ),
            heads,
        }
    }

    /// `[1 or batch, heads, seq, seq]`: 1-D bias from positions `[batch, seq]`; pages that count
    /// alike share one look-up.
    pub fn one_d(&self, position_ids: &Tensor) -> Option<Tensor> {
        let table = self.one_d.as_ref()?;
        Some(self.look_up(table, &self.one_d_buckets, position_ids))
    }

    /// `[batch, heads, seq, seq]`: 2-D bias from boxes `[batch, seq, 4]`.
    pub fn two_d(&self, bbox: &Tensor) -> Option<Tensor> {
        let (x, y) = (self.x.as_ref()?, self.y.as_ref()?);
        let left = bbox.select(2, 0); // [batch, seq]
        let bottom = bbox.select(2, 3);
        let along = self.look_up(x, &self.two_d_buckets, &left);
        Some(added(along, &self.look_up(y, &self.two_d_buckets, &bottom)))
    }

    /// In the kind that products are computed in, as the scores are that it is added to.
    fn look_up(&self, table: &Tensor, buckets: &BucketTable, positions: &Tensor) -> Tensor {
        let (batch, seq) = positions.size2().unwrap_or((1, 0));
        let index = buckets.pairwise(positions); // [batch·seq·seq]
        let bias = if table.requires_grad() {
            gather_with_gradient(table, &index)
        } else {
            factor(table).index_select(1, &index)
        }; // [heads, batch·seq·seq]
        bias.view([self.heads, batch, seq, seq]).transpose(0, 1)
    }
}

/// The sum of two biases, where the first lies if nothing is learned from it: these are the largest tensors
/// of a page.
pub fn added(mut biases: Tensor, others: &Tensor) -> Tensor {
    if biases.requires_grad() || others.requires_grad() {
        biases + others
    } else {
        biases.g_add_(others)
    }
}

/// `table[:, index]` for training: `[heads, bins]`, `[n]` → `[heads, n]`. An embedding look-up, since
/// its backward adds rows up in one pass where `index_select`'s visits every element on its own.
fn gather_with_gradient(table: &Tensor, index: &Tensor) -> Tensor {
    Tensor::embedding(&table.tr(), index, -1, false, false).tr()
}

/// Added to the scores of padding. The reference adds fp32's minimum, which is −∞ in bf16 and f16, and
/// makes kernels that rescale by it return NaN; this leaves a weight of exactly 0 as well.
const MASKED: f64 = -3e4;

/// What a page's attention needs beside the hidden states, shared by all layers.
pub struct AttentionBias {
    /// `[batch, heads, seq, seq]`: biases, with [`MASKED`] where a key is padding; `None`
    /// when there is nothing to add.
    pub scores: Option<Tensor>,
}

impl AttentionBias {
    /// `mask` `[batch, seq]` i64, 1 for tokens, 0 for padding.
    pub fn new(biases: Option<Tensor>, mask: &Tensor) -> Self {
        let padding = mask.eq(0); // [batch, seq]
        let has_padding = bool::try_from(padding.any()).unwrap_or(true);
        let scores = match (biases, has_padding) {
            (biases, false) => biases,
            (Some(biases), true) => {
                let keys = padding.unsqueeze(1).unsqueeze(2);
                Some(biases.masked_fill(&keys, MASKED))
            }
            (None, true) => {
                let keys = padding.unsqueeze(1).unsqueeze(2);
                Some(Tensor::zeros_like(&keys.to_kind(Kind::Float)).masked_fill(&keys, MASKED))
            }
        };
        Self { scores }
    }
}

enum Projection {
    /// One matrix without bias, and biases for query and value only.
    Fused {
        qkv: Linear,
        q_bias: Tensor,
        v_bias: Tensor,
    },
    Separate {
        query: Linear,
        key: Linear,
        value: Linear,
    },
}

/// Self-attention of one layer, without its output projection.
pub struct SelfAttention {
    projection: Projection,
    heads: i64,
    head_size: i64,
    dropout: f64,
}

impl SelfAttention {
    /// `scope` is `…attention.self`.
    pub fn new(scope: &Scope, config: &ModelConfig, fused: bool) -> Self {
        let hidden = config.hidden_size;
        let projection = if fused {
            Projection::Fused {
                qkv: linear_without_bias(&(scope / "qkv_linear"), hidden, 3 * hidden),
                q_bias: scope.zeros("q_bias", &[1, 1, hidden]),
                v_bias: scope.zeros("v_bias", &[1, 1, hidden]),
            }
        } else {
            Projection::Separate {
                query: linear(&(scope / "query"), hidden, hidden),
                key: linear(&(scope / "key"), hidden, hidden),
                value: linear(&(scope / "value"), hidden, hidden),
            }
        };
        Self {
            projection,
            heads: config.num_attention_heads,
            head_size: hidden / config.num_attention_heads,
            dropout: config.attention_probs_dropout_prob,
        }
    }

    /// `hidden` [batch, seq, hidden] → [batch, seq, hidden].
    pub fn forward(&self, hidden: &Tensor, bias: &AttentionBias, train: bool) -> Tensor {
        let (query, key, value) = self.project(hidden);
        let context = if train {
            self.attend_with_gradient(&query, &key, &value, bias)
        } else {
            // Of one kind: a bias of 32 bits may have been added to the query alone.
            Tensor::scaled_dot_product_attention(
                &factor(&query),
                &factor(&key),
                &factor(&value),
                bias.scores.as_ref().map(factor),
                0.0,
                false,
                None,
                false,
            )
        }; // [batch, heads, seq, head_size]
        context.transpose(1, 2).flatten(2, 3)
    }

    /// Fused attention can't differentiate its bias: spelled out for training.
    fn attend_with_gradient(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        bias: &AttentionBias,
    ) -> Tensor {
        let query = factor(query) / (self.head_size as f64).sqrt();
        let scores = query.matmul(&factor(key).transpose(-1, -2)); // [batch, heads, seq, seq]
        let scores = match &bias.scores {
            Some(bias) => scores + bias,
            None => scores,
        };
        let probabilities = scores.softmax(-1, Kind::Float);
        let kept = if self.dropout > 0.0 {
            probabilities.dropout(self.dropout, true)
        } else {
            probabilities
        };
        factor(&kept).matmul(&factor(value))
    }

    /// Each [batch, heads, seq, head_size].
    fn project(&self, hidden: &Tensor) -> (Tensor, Tensor, Tensor) {
        let (query, key, value) = match &self.projection {
            Projection::Fused { qkv, q_bias, v_bias } => {
                let mut parts = qkv.forward(hidden).chunk(3, -1);
                match (parts.pop(), parts.pop(), parts.pop()) {
                    (Some(v), Some(k), Some(q)) => (q + q_bias, k, v + v_bias),
                    _ => unreachable!("chunk(3) of a last axis of 3·hidden gives three parts"),
                }
            }
            Projection::Separate { query, key, value } => {
                (query.forward(hidden), key.forward(hidden), value.forward(hidden))
            }
        };
        (self.split_heads(&query), self.split_heads(&key), self.split_heads(&value))
    }

    fn split_heads(&self, states: &Tensor) -> Tensor {
        let (batch, seq, _) = states.size3().unwrap_or((0, 0, 0));
        states.view([batch, seq, self.heads, self.head_size]).transpose(1, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_has_a_finite_score_and_no_weight_in_every_kind() {
        let mask = Tensor::from_slice(&[1i64, 1, 0]).unsqueeze(0);
        let biases = Tensor::ones([1, 2, 3, 3], (Kind::Float, tch::Device::Cpu));
        for biases in [None, Some(biases)] {
            let scores = AttentionBias::new(biases, &mask).scores.expect("there is padding");
            for kind in [Kind::Float, Kind::BFloat16, Kind::Half] {
                let scores = scores.to_kind(kind);
                assert!(bool::try_from(scores.isfinite().all()).expect("one value"), "{kind:?}");
                let weights = scores.to_kind(Kind::Float).softmax(-1, Kind::Float).select(-1, 2);
                assert_eq!(f64::try_from(weights.max()).expect("one value"), 0.0, "{kind:?}");
            }
        }
    }
}
