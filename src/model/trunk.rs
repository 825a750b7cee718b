//! Embeddings and transformer: what all heads stand on.
//!
//! LayoutLM v1 is the same trunk without picture and relative biases.

use super::attention::{AttentionBias, RelativeBias, added};
use super::backbone::Trace;
use super::config::{ModelConfig, ModelType};
use super::layer::Layer;
use super::layers::{Linear, Scope, linear};
use super::text::TextEmbedding;
use super::visual::VisualEmbedding;
use crate::error::Result;
use tch::{Kind, Tensor};

/// A batch of windows. All on the model's device.
pub struct Inputs {
    /// `[batch, seq]` i64
    pub input_ids: Tensor,
    /// `[batch, seq, 4]` i64: 0–1000, ordered
    pub bbox: Tensor,
    /// `[batch, seq]` i64: 1 for tokens, 0 for padding
    pub attention_mask: Tensor,
    /// `[batch, seq]` i64
    pub token_type_ids: Tensor,
    /// `[batch, seq]` i64; `None` counts 0, 1, 2 …
    pub position_ids: Option<Tensor>,
    /// `[pages, 3, 224, 224]`: BGR 0–255. Not used by LayoutLM v1.
    pub image: Option<Tensor>,
    /// `[batch]` i64: the page of each window, where several windows share a picture; `None` when
    /// windows and pictures go one to one.
    pub page_of_window: Option<Tensor>,
}

impl Inputs {
    /// `(batch, seq)`
    pub fn size(&self) -> (i64, i64) {
        self.input_ids.size2().unwrap_or((0, 0))
    }
}

/// What the trunk says about a batch.
pub struct Encoded {
    /// `[batch, seq, hidden]`
    pub text: Tensor,
    /// `[batch, 49, hidden]`; `None` in v1
    pub visual: Option<Tensor>,
    /// Visual tokens before the first layer, `[batch, 49, hidden]`.
    pub visual_initial: Option<Tensor>,
}

/// Values on the way, kept when asked for (tests, `inspect`).
#[derive(Default)]
pub struct Recording {
    /// `[batch, seq + 49, hidden]`: input of the first layer, then the output of each.
    pub hidden: Vec<Tensor>,
    /// `[pages, 49, channels]`
    pub pooled: Option<Tensor>,
    /// Biases added to the scores: `[batch, heads, seq + 49, seq + 49]`.
    pub one_d: Option<Tensor>,
    pub two_d: Option<Tensor>,
    /// Backbone stages by name.
    pub visual: Vec<(String, Tensor)>,
}

/// The network below the heads.
pub struct Trunk {
    pub text: TextEmbedding,
    pub visual: Option<VisualEmbedding>,
    bias: Option<RelativeBias>,
    layers: Vec<Layer>,
    pooler: Linear,
}

impl Trunk {
    /// `scope` is `layoutlmv2` or `layoutlm`.
    ///
    /// # Errors
    /// `ModelInvalid` from the backbone's configuration.
    pub fn new(scope: &Scope, config: &ModelConfig) -> Result<Self> {
        let encoder = scope / "encoder";
        let is_v2 = config.model_type == ModelType::LayoutLmV2;
        let text = TextEmbedding::new(&(scope / "embeddings"), config);
        let visual = if is_v2 { Some(VisualEmbedding::new(scope, config)?) } else { None };
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::new(&(&(&encoder / "layer") / index), config))
            .collect();
        Ok(Self {
            text,
            visual,
            bias: is_v2.then(|| RelativeBias::new(&encoder, config)),
            layers,
            pooler: linear(&(scope / "pooler" / "dense"), config.hidden_size, config.hidden_size),
        })
    }

    /// Makes inference quicker; call after the weights are final: they can be neither saved nor trained
    /// afterwards.
    pub fn fold(&mut self) {
        if let Some(visual) = &mut self.visual {
            visual.fold();
        }
    }

    /// Whether [`Self::fold`] changed weights.
    pub fn is_folded(&self) -> bool {
        self.visual.as_ref().is_some_and(VisualEmbedding::is_folded)
    }

    /// The states of a batch, with dropout and gradients where `train`.
    pub fn forward(&self, inputs: &Inputs, train: bool) -> Encoded {
        self.run(inputs, train, None)
    }

    /// As [`Self::forward`], keeping the values on the way.
    pub fn record(&self, inputs: &Inputs, recording: &mut Recording) -> Encoded {
        self.run(inputs, false, Some(recording))
    }

    /// tanh of a projection of [CLS]: `[batch, seq, hidden]` → `[batch, hidden]`.
    pub fn pool(&self, text: &Tensor) -> Tensor {
        self.pooler.forward(&text.select(1, 0)).tanh()
    }

    fn run(&self, inputs: &Inputs, train: bool, mut recording: Option<&mut Recording>) -> Encoded {
        let (batch, seq) = inputs.size();
        let positions = self.positions(inputs); // [1 or batch, seq]
        let text = self.text.forward(
            &inputs.input_ids,
            &inputs.bbox,
            &inputs.token_type_ids,
            &positions,
            train,
        );
        let visual = self.visual_tokens(inputs, train, recording.as_deref_mut()); // [batch, 49, hidden]
        let (hidden, bias) = match (&visual, &self.visual) {
            (Some(tokens), Some(part)) => {
                let grid = part.grid_boxes(); // [1, 49, 4]
                let count = grid.size()[1];
                let bbox = Tensor::cat(&[&inputs.bbox, &grid.expand([batch, -1, -1], false)], 1);
                let visual_positions = Tensor::arange(count, (Kind::Int64, bbox.device()))
                    .expand([positions.size()[0], -1], false);
                let positions = Tensor::cat(&[&positions, &visual_positions], 1);
                let visible = Tensor::ones([batch, count], (Kind::Int64, bbox.device()));
                let mask = Tensor::cat(&[&inputs.attention_mask, &visible], 1);
                let biases = self.biases(&positions, &bbox, recording.as_deref_mut());
                (Tensor::cat(&[&text, tokens], 1), AttentionBias::new(biases, &mask))
            }
            _ => (text, AttentionBias::new(None, &inputs.attention_mask)),
        };
        let hidden = self.transform(hidden, &bias, train, recording);
        Encoded {
            text: hidden.narrow(1, 0, seq),
            visual: visual.as_ref().map(|tokens| hidden.narrow(1, seq, tokens.size()[1])),
            visual_initial: visual,
        }
    }

    fn positions(&self, inputs: &Inputs) -> Tensor {
        match &inputs.position_ids {
            Some(positions) => positions.shallow_clone(),
            None => {
                let (_, seq) = inputs.size();
                Tensor::arange(seq, (Kind::Int64, inputs.input_ids.device())).unsqueeze(0)
            }
        }
    }

    fn visual_tokens(
        &self,
        inputs: &Inputs,
        train: bool,
        recording: Option<&mut Recording>,
    ) -> Option<Tensor> {
        let (visual, image) = (self.visual.as_ref()?, inputs.image.as_ref()?);
        let pooled = match recording {
            Some(recording) => {
                let stages = &mut recording.visual;
                let mut keep =
                    |name: &str, map: &Tensor| stages.push((name.to_string(), map.copy()));
                let pooled = visual.pooled(image, Some(Trace(&mut keep)));
                recording.pooled = Some(pooled.copy());
                pooled
            }
            None => visual.pooled(image, None),
        }; // [pages, 49, channels]
        let pooled = match &inputs.page_of_window {
            Some(page) => pooled.index_select(0, page),
            None => pooled,
        };
        Some(visual.embed(&pooled, &self.text, train))
    }

    fn biases(
        &self,
        positions: &Tensor,
        bbox: &Tensor,
        recording: Option<&mut Recording>,
    ) -> Option<Tensor> {
        let bias = self.bias.as_ref()?;
        let one_d = bias.one_d(positions);
        let two_d = bias.two_d(bbox);
        if let Some(recording) = recording {
            recording.one_d = one_d.as_ref().map(Tensor::copy);
            recording.two_d = two_d.as_ref().map(Tensor::copy);
        }
        let sum = match (one_d, two_d) {
            // The first may be one for all pages of a batch.
            (Some(one_d), Some(two_d)) => Some(added(two_d, &one_d)),
            (a, b) => a.or(b),
        };
        // Once here, not strided in every layer: heads come out of the look-up innermost.
        sum.map(|bias| bias.contiguous())
    }

    fn transform(
        &self,
        mut hidden: Tensor,
        bias: &AttentionBias,
        train: bool,
        mut recording: Option<&mut Recording>,
    ) -> Tensor {
        for layer in &self.layers {
            if let Some(recording) = recording.as_deref_mut() {
                recording.hidden.push(hidden.copy());
            }
            hidden = layer.forward(&hidden, bias, train);
        }
        if let Some(recording) = recording {
            recording.hidden.push(hidden.copy());
        }
        hidden
    }
}
