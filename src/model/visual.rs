//! Visual embedding (arXiv 2012.14740, §2.1): page picture → backbone → 7×7 means → projection, plus
//! 1-D position, the layout of each grid cell and, where configured, the visual segment.

use super::backbone::{Backbone, NormMode, Trace};
use super::config::ModelConfig;
use super::layers::{LayerNorm, Linear, Scope, linear};
use super::precision::products_in_range;
use super::text::TextEmbedding;
use crate::error::Result;
use crate::geometry::NORM_SIDE;
use tch::{Device, Kind, Tensor};

/// Picture → visual tokens.
pub struct VisualEmbedding {
    backbone: Backbone,
    /// `[1, 3, 1, 1]`, B G R.
    pixel_mean: Tensor,
    pixel_std: Tensor,
    projection: Linear,
    /// `[hidden]`
    segment: Option<Tensor>,
    norm: LayerNorm,
    dropout: f64,
    grid: [i64; 2],
    /// `[1, 49, 4]` i64: the same for every page.
    grid_boxes: Tensor,
}

impl VisualEmbedding {
    /// `scope` is `layoutlmv2`: the parts stand directly below it.
    ///
    /// # Errors
    /// `ModelInvalid` from the backbone's configuration.
    pub fn new(scope: &Scope, config: &ModelConfig) -> Result<Self> {
        let backbone_config = config.backbone()?;
        let device = scope.device();
        let channel = |values: [f64; 3]| {
            Tensor::from_slice(&values).to_kind(Kind::Float).view([1, 3, 1, 1]).to_device(device)
        };
        let [rows, columns, channels] = config.image_feature_pool_shape;
        Ok(Self {
            backbone: Backbone::new(&(scope / "visual" / "backbone"), &backbone_config)?,
            pixel_mean: channel(backbone_config.pixel_mean),
            pixel_std: channel(backbone_config.pixel_std),
            projection: linear(&(scope / "visual_proj"), channels, config.hidden_size),
            segment: config
                .has_visual_segment_embedding
                .then(|| scope.weight("visual_segment_embedding", &[config.hidden_size])),
            norm: LayerNorm::new(
                &(scope / "visual_LayerNorm"),
                config.hidden_size,
                config.layer_norm_eps,
            ),
            dropout: config.hidden_dropout_prob,
            grid: [rows, columns],
            grid_boxes: grid_boxes([rows, columns], device),
        })
    }

    /// Makes inference quicker; call after the weights are final.
    pub fn fold(&mut self) {
        self.backbone.fold();
    }

    /// Whether [`Self::fold`] was called.
    pub fn is_folded(&self) -> bool {
        self.backbone.is_folded()
    }

    /// Stores the norms' statistics on this batch of pictures (see [`NormMode::Calibrate`]).
    pub fn calibrate(&self, image: &Tensor) {
        let _guard = tch::no_grad_guard();
        let _ = self.backbone.forward(&self.normalize(image), NormMode::Calibrate, None);
    }

    fn normalize(&self, image: &Tensor) -> Tensor {
        (image.to_kind(Kind::Float) - &self.pixel_mean) / &self.pixel_std
    }

    /// `image` [batch, 3, 224, 224], BGR 0–255 → [batch, 49, channels], row-major.
    pub fn pooled(&self, image: &Tensor, trace: Option<Trace>) -> Tensor {
        // Sums over residuals grow: trained narrow backbones leave f16's range on ordinary pages.
        let _range = products_in_range();
        let p2 = self.backbone.forward(&self.normalize(image), NormMode::Frozen, trace);
        p2.adaptive_avg_pool2d(self.grid).flatten(2, 3).transpose(1, 2)
    }

    /// `pooled` [batch, 49, channels] → [batch, 49, hidden].
    pub fn embed(&self, pooled: &Tensor, text: &TextEmbedding, train: bool) -> Tensor {
        let count = self.grid[0] * self.grid[1];
        let projected = {
            let _range = products_in_range();
            self.projection.forward(pooled)
        };
        let mut sum =
            projected + text.positions_up_to(count) + text.layout.forward(&self.grid_boxes);
        if let Some(segment) = &self.segment {
            sum += segment;
        }
        self.norm.forward(&sum).dropout(self.dropout, train)
    }

    /// Boxes of the grid's cells: [1, 49, 4] i64.
    pub fn grid_boxes(&self) -> &Tensor {
        &self.grid_boxes
    }
}

/// Row-major, [1, rows·columns, 4] i64. Edges are ⌊1000·k/7⌋.
fn grid_boxes([rows, columns]: [i64; 2], device: Device) -> Tensor {
    let side = i64::from(NORM_SIDE);
    let mut boxes = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            boxes.extend([
                side * column / columns,
                side * row / rows,
                side * (column + 1) / columns,
                side * (row + 1) / rows,
            ]);
        }
    }
    Tensor::from_slice(&boxes).view([1, rows * columns, 4]).to_device(device)
}
