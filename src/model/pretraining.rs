//! Heads for pre-training (arXiv 2012.14740, §2.3): the masked word piece, whether a token's line is
//! covered in the picture, whether picture and text belong together.
//!
//! The paper's own code was never published. Names are those of BERT's pre-training head where it
//! has such a part; the decoder is the word table itself and is stored once.

use super::config::ModelConfig;
use super::layers::{LayerNorm, Linear, Scope, linear};
use super::precision::factor;
use tch::{Kind, Tensor};

/// Heads of the three objectives; all read the trunk's final states. Logits are in 32 bits, whatever
/// products were computed in.
pub struct PretrainingHeads {
    transform: Linear,
    norm: LayerNorm,
    /// `[vocab]`
    bias: Tensor,
    covered: Linear,
    matches: Linear,
}

impl PretrainingHeads {
    /// `root` is the top of the key tree.
    pub fn new(root: &Scope, config: &ModelConfig) -> Self {
        let hidden = config.hidden_size;
        let heads = root / "cls";
        let predictions = &heads / "predictions";
        let transform = &predictions / "transform";
        Self {
            transform: linear(&(&transform / "dense"), hidden, hidden),
            norm: LayerNorm::new(&(&transform / "LayerNorm"), hidden, config.layer_norm_eps),
            bias: predictions.zeros("bias", &[config.vocab_size]),
            covered: linear(&(&heads / "text_image_alignment"), hidden, 1),
            matches: linear(&(&heads / "text_image_matching"), hidden, 1),
        }
    }

    /// MVLM: `states` [n, hidden], `word_table` [vocab, hidden] → [n, vocab].
    pub fn word_pieces(&self, states: &Tensor, word_table: &Tensor) -> Tensor {
        let states = self.transform.forward(states).to_kind(Kind::Float).gelu("none");
        let states = factor(&self.norm.forward(&states));
        states.linear(&factor(word_table), Some(factor(&self.bias))).to_kind(Kind::Float)
    }

    /// TIA: `states` [n, hidden] → [n], a logit above 0 for covered.
    pub fn covered(&self, states: &Tensor) -> Tensor {
        self.covered.forward(states).squeeze_dim(-1).to_kind(Kind::Float)
    }

    /// TIM: `states` of [CLS], [batch, hidden] → [batch], a logit above 0 for a match.
    pub fn matches(&self, states: &Tensor) -> Tensor {
        self.matches.forward(states).squeeze_dim(-1).to_kind(Kind::Float)
    }
}
