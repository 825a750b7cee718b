//! Text embedding: token + 1-D position + segment + layout (arXiv 2012.14740, §2.1), for LayoutLMv2
//! (layout parts concatenated) and LayoutLM v1 (summed).

use super::config::{ModelConfig, ModelType};
use super::layers::{Embedding, LayerNorm, Scope};
use tch::{Kind, Tensor};

/// The four 2-D position tables.
pub struct LayoutEmbedding {
    x: Embedding,
    y: Embedding,
    height: Embedding,
    width: Embedding,
    concatenate: bool,
}

impl LayoutEmbedding {
    fn new(scope: &Scope, config: &ModelConfig) -> Self {
        let rows = config.max_2d_position_embeddings;
        let (coordinate, shape) = match config.model_type {
            ModelType::LayoutLmV2 => (config.coordinate_size, config.shape_size),
            ModelType::LayoutLm => (config.hidden_size, config.hidden_size),
        };
        Self {
            x: Embedding::new(&(scope / "x_position_embeddings"), rows, coordinate),
            y: Embedding::new(&(scope / "y_position_embeddings"), rows, coordinate),
            height: Embedding::new(&(scope / "h_position_embeddings"), rows, shape),
            width: Embedding::new(&(scope / "w_position_embeddings"), rows, shape),
            concatenate: config.model_type == ModelType::LayoutLmV2,
        }
    }

    /// `bbox` [batch, seq, 4] i64, 0–1000, ordered → [batch, seq, hidden].
    ///
    /// Left, top, right, bottom, height, width: the order of published weights (the paper has
    /// another).
    pub fn forward(&self, bbox: &Tensor) -> Tensor {
        let side = |index: i64| bbox.select(2, index);
        let parts = [
            self.x.forward(&side(0)),
            self.y.forward(&side(1)),
            self.x.forward(&side(2)),
            self.y.forward(&side(3)),
            self.height.forward(&(side(3) - side(1))),
            self.width.forward(&(side(2) - side(0))),
        ];
        if self.concatenate {
            Tensor::cat(&parts, -1)
        } else {
            parts
                .into_iter()
                .reduce(|sum, part| sum + part)
                .unwrap_or_else(|| unreachable!("six parts"))
        }
    }
}

/// Embeds text tokens, and gives visual tokens the tables they share.
pub struct TextEmbedding {
    words: Embedding,
    positions: Embedding,
    segments: Embedding,
    pub layout: LayoutEmbedding,
    norm: LayerNorm,
    dropout: f64,
}

impl TextEmbedding {
    /// `scope` is `….embeddings`.
    pub fn new(scope: &Scope, config: &ModelConfig) -> Self {
        let hidden = config.hidden_size;
        Self {
            words: Embedding::new(&(scope / "word_embeddings"), config.vocab_size, hidden),
            positions: Embedding::new(
                &(scope / "position_embeddings"),
                config.max_position_embeddings,
                hidden,
            ),
            segments: Embedding::new(
                &(scope / "token_type_embeddings"),
                config.type_vocab_size,
                hidden,
            ),
            layout: LayoutEmbedding::new(scope, config),
            norm: LayerNorm::new(&(scope / "LayerNorm"), hidden, config.layer_norm_eps),
            dropout: config.hidden_dropout_prob,
        }
    }

    /// `input_ids`, `token_type_ids`, `position_ids` [batch, seq] i64, `bbox` [batch, seq, 4] i64
    /// → [batch, seq, hidden].
    pub fn forward(
        &self,
        input_ids: &Tensor,
        bbox: &Tensor,
        token_type_ids: &Tensor,
        position_ids: &Tensor,
        train: bool,
    ) -> Tensor {
        let sum = self.words.forward(input_ids)
            + self.positions.forward(position_ids)
            + self.layout.forward(bbox)
            + self.segments.forward(token_type_ids);
        self.norm.forward(&sum).dropout(self.dropout, train)
    }

    /// 1-D position embeddings 0…count−1: [1, count, hidden]. Visual tokens use the text's table.
    pub fn positions_up_to(&self, count: i64) -> Tensor {
        let index = Tensor::arange(count, (Kind::Int64, self.positions.weight().device()));
        self.positions.forward(&index).unsqueeze(0)
    }

    /// `[vocab, hidden]`, for a masked-language head tied to it.
    pub fn word_table(&self) -> &Tensor {
        self.words.weight()
    }
}
