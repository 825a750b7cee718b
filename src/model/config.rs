//! `config.json` of a checkpoint, with the Python library's defaults (its `LayoutLMv2Config` and
//! `LayoutLMConfig`, and detectron2's for the backbone) in one place.

use crate::encode::boxes::LayoutBoxes;
use crate::error::{Error, ErrorCode, Result};
use crate::labels::LabelSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Architectures that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelType {
    /// LayoutLMv2, and LayoutXLM, which is the same network with another vocabulary.
    #[serde(rename = "layoutlmv2", alias = "layoutxlm")]
    LayoutLmV2,
    /// LayoutLM v1: text and layout, no picture.
    #[serde(rename = "layoutlm")]
    LayoutLm,
}

impl ModelType {
    /// First component of weight names.
    pub const fn prefix(self) -> &'static str {
        match self {
            ModelType::LayoutLmV2 => "layoutlmv2",
            ModelType::LayoutLm => "layoutlm",
        }
    }
}

/// Shape of a model. Fields and defaults as the Python library has them; what is not understood is
/// kept in `extra` and written back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelConfig {
    pub architectures: Vec<String>,
    pub model_type: ModelType,
    pub vocab_size: i64,
    pub hidden_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub intermediate_size: i64,
    pub hidden_act: String,
    pub hidden_dropout_prob: f64,
    pub attention_probs_dropout_prob: f64,
    pub max_position_embeddings: i64,
    pub type_vocab_size: i64,
    pub initializer_range: f64,
    pub layer_norm_eps: f64,
    pub pad_token_id: i64,
    pub max_2d_position_embeddings: i64,
    pub max_rel_pos: i64,
    pub rel_pos_bins: i64,
    pub fast_qkv: bool,
    pub max_rel_2d_pos: i64,
    pub rel_2d_pos_bins: i64,
    pub convert_sync_batchnorm: bool,
    /// `[rows, columns, channels]` of the pooled visual map.
    pub image_feature_pool_shape: [i64; 3],
    pub coordinate_size: i64,
    pub shape_size: i64,
    pub has_relative_attention_bias: bool,
    pub has_spatial_attention_bias: bool,
    pub has_visual_segment_embedding: bool,
    pub detectron2_config_args: Map<String, Value>,
    // The Python library takes an empty map at its word: no classes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id2label: BTreeMap<usize, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub label2id: BTreeMap<String, usize>,
    /// Written by this program only: see [`LayoutLmExtras`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layoutlm: Option<LayoutLmExtras>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What this program stores in `config.json` beyond the Python library's keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutLmExtras {
    /// Name and version under which results report the model.
    pub name: String,
    pub revision: String,
    /// Scores are softmax(logits / temperature), fitted on a dev split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Entity labels that training data annotated; empty means all. The probability of any other
    /// class belongs to `O`: with partial annotation nothing was said against it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taught: Vec<String>,
    /// Class names of the second token head (header, question, answer), if the model has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub form_labels: Vec<String>,
    /// As `temperature`, of the second head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_temperature: Option<f64>,
    /// Whether the model carries a question–answer link head.
    pub links: bool,
    /// Whose boxes the model was shown in training, and must be shown.
    #[serde(skip_serializing_if = "LayoutBoxes::is_default")]
    pub boxes: LayoutBoxes,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            architectures: vec!["LayoutLMv2ForTokenClassification".into()],
            model_type: ModelType::LayoutLmV2,
            vocab_size: 30522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: "gelu".into(),
            hidden_dropout_prob: 0.1,
            attention_probs_dropout_prob: 0.1,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            initializer_range: 0.02,
            layer_norm_eps: 1e-12,
            pad_token_id: 0,
            max_2d_position_embeddings: 1024,
            max_rel_pos: 128,
            rel_pos_bins: 32,
            fast_qkv: true,
            max_rel_2d_pos: 256,
            rel_2d_pos_bins: 64,
            convert_sync_batchnorm: true,
            image_feature_pool_shape: [7, 7, 256],
            coordinate_size: 128,
            shape_size: 128,
            has_relative_attention_bias: true,
            has_spatial_attention_bias: true,
            has_visual_segment_embedding: false,
            detectron2_config_args: default_detectron2_args(),
            id2label: BTreeMap::new(),
            label2id: BTreeMap::new(),
            layoutlm: None,
            extra: Map::new(),
        }
    }
}

/// What `LayoutLMv2Config` uses when a file has no `detectron2_config_args`: ResNeXt-101 32×8d FPN.
fn default_detectron2_args() -> Map<String, Value> {
    let args = serde_json::json!({
        "MODEL.PIXEL_STD": [57.375, 57.120, 58.395],
        "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
        "MODEL.FPN.IN_FEATURES": ["res2", "res3", "res4", "res5"],
        "MODEL.RESNETS.OUT_FEATURES": ["res2", "res3", "res4", "res5"],
        "MODEL.RESNETS.DEPTH": 101,
        "MODEL.RESNETS.NUM_GROUPS": 32,
        "MODEL.RESNETS.WIDTH_PER_GROUP": 8,
        "MODEL.RESNETS.STRIDE_IN_1X1": false,
    });
    match args {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl ModelConfig {
    /// Reads and checks `config.json` in a checkpoint directory.
    ///
    /// # Errors
    /// `ModelMissing` without the file, `ModelInvalid` when it is not a supported configuration.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join("config.json");
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Error::model(ErrorCode::ModelMissing, "the model has no readable config.json")
                .at(&name)
                .hint("name a directory with config.json, tokenizer.json and model.safetensors")
                .caused_by(e)
        })?;
        Self::parse(&text).map_err(|e| e.at(name))
    }

    /// Parses and checks the text of a `config.json`.
    ///
    /// # Errors
    /// `ModelInvalid`: names the key.
    pub fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text)
            .map_err(|e| invalid(format!("config.json is not valid JSON: {e}")))?;
        let declared = value.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let model_type = match declared {
            "layoutlmv2" | "layoutxlm" => ModelType::LayoutLmV2,
            "layoutlm" => ModelType::LayoutLm,
            other => {
                return Err(invalid(format!("model_type `{other}` is not supported"))
                    .hint("supported: layoutlmv2 (LayoutLMv2, LayoutXLM) and layoutlm (v1)"));
            }
        };
        // v1 has no visual part and 2-D tables as wide as the hidden state.
        let has_backbone_args = value.get("detectron2_config_args").is_some();
        let mut config: Self = serde_json::from_value(value)
            .map_err(|e| invalid(format!("config.json does not fit: {e}")))?;
        config.model_type = model_type;
        if model_type == ModelType::LayoutLm && !has_backbone_args {
            config.detectron2_config_args = Map::new();
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let positive = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
            ("max_2d_position_embeddings", self.max_2d_position_embeddings),
        ];
        for (key, value) in positive {
            if !(1..=1 << 24).contains(&value) {
                return Err(invalid(format!("config.json: {key} is {value}")));
            }
        }
        if self.hidden_size % self.num_attention_heads != 0 {
            return Err(invalid(format!(
                "config.json: hidden_size {} is not a multiple of num_attention_heads {}",
                self.hidden_size, self.num_attention_heads
            )));
        }
        if self.max_2d_position_embeddings <= i64::from(crate::geometry::NORM_SIDE) {
            return Err(invalid("config.json: max_2d_position_embeddings must exceed 1000"));
        }
        if self.model_type == ModelType::LayoutLmV2 {
            let layout = 4 * self.coordinate_size + 2 * self.shape_size;
            if layout != self.hidden_size {
                return Err(invalid(format!(
                    "config.json: 4·coordinate_size + 2·shape_size is {layout}, hidden_size {}",
                    self.hidden_size
                )));
            }
            self.backbone()?;
        }
        match self.hidden_act.as_str() {
            "gelu" | "relu" => Ok(()),
            other => Err(invalid(format!("config.json: hidden_act `{other}` is not supported"))
                .hint("supported: gelu, relu")),
        }
    }

    /// The classes of the classifier, by id.
    ///
    /// # Errors
    /// `LabelsMismatch` when ids have gaps.
    pub fn labels(&self) -> Result<LabelSet> {
        let names: Vec<String> = self.id2label.values().cloned().collect();
        if self.id2label.keys().copied().ne(0..names.len()) {
            return Err(Error::model(
                ErrorCode::LabelsMismatch,
                "config.json: the ids of id2label do not count 0, 1, 2 …",
            ));
        }
        Ok(LabelSet::from_names(names))
    }

    /// Sets `id2label` and `label2id`.
    pub fn set_labels(&mut self, labels: &LabelSet) {
        self.id2label = labels.id2label();
        self.label2id = self.id2label.iter().map(|(id, name)| (name.clone(), *id)).collect();
    }

    /// Number of visual tokens: 49 for 7×7, none in v1.
    pub fn visual_tokens(&self) -> i64 {
        match self.model_type {
            ModelType::LayoutLmV2 => {
                self.image_feature_pool_shape[0] * self.image_feature_pool_shape[1]
            }
            ModelType::LayoutLm => 0,
        }
    }

    /// The visual backbone as `detectron2_config_args` describe it over detectron2's defaults.
    ///
    /// # Errors
    /// `ModelInvalid`: names the key.
    pub fn backbone(&self) -> Result<BackboneConfig> {
        BackboneConfig::from_args(&self.detectron2_config_args)
    }
}

/// ResNet-FPN as detectron2 builds it. Defaults: detectron2's own, not the paper's.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneConfig {
    pub depth: i64,
    pub groups: i64,
    pub width_per_group: i64,
    pub stem_channels: i64,
    pub res2_channels: i64,
    /// Stride in the 1×1 convolution of a bottleneck (MSRA) instead of the 3×3.
    pub stride_in_1x1: bool,
    pub res5_dilation: i64,
    pub fpn_channels: i64,
    /// `avg` halves the sum of lateral and top-down maps.
    pub fuse_average: bool,
    /// B, G, R on 0–255.
    pub pixel_mean: [f64; 3],
    pub pixel_std: [f64; 3],
}

impl Default for BackboneConfig {
    fn default() -> Self {
        Self {
            depth: 50,
            groups: 1,
            width_per_group: 64,
            stem_channels: 64,
            res2_channels: 256,
            stride_in_1x1: true,
            res5_dilation: 1,
            fpn_channels: 256,
            fuse_average: false,
            pixel_mean: [103.53, 116.28, 123.675],
            pixel_std: [1.0, 1.0, 1.0],
        }
    }
}

impl BackboneConfig {
    fn from_args(args: &Map<String, Value>) -> Result<Self> {
        let mut config = Self::default();
        let integer = |key: &str, slot: &mut i64| -> Result<()> {
            match args.get(key) {
                None => Ok(()),
                Some(v) => match v.as_i64() {
                    Some(n) if (1..=1 << 14).contains(&n) => {
                        *slot = n;
                        Ok(())
                    }
                    _ => Err(invalid(format!("config.json: {key} is {v}"))),
                },
            }
        };
        integer("MODEL.RESNETS.DEPTH", &mut config.depth)?;
        integer("MODEL.RESNETS.NUM_GROUPS", &mut config.groups)?;
        integer("MODEL.RESNETS.WIDTH_PER_GROUP", &mut config.width_per_group)?;
        integer("MODEL.RESNETS.STEM_OUT_CHANNELS", &mut config.stem_channels)?;
        integer("MODEL.RESNETS.RES2_OUT_CHANNELS", &mut config.res2_channels)?;
        integer("MODEL.RESNETS.RES5_DILATION", &mut config.res5_dilation)?;
        integer("MODEL.FPN.OUT_CHANNELS", &mut config.fpn_channels)?;
        if let Some(v) = args.get("MODEL.RESNETS.STRIDE_IN_1X1").and_then(Value::as_bool) {
            config.stride_in_1x1 = v;
        }
        config.fuse_average =
            args.get("MODEL.FPN.FUSE_TYPE").and_then(Value::as_str) == Some("avg");
        triple(args, "MODEL.PIXEL_MEAN", &mut config.pixel_mean)?;
        triple(args, "MODEL.PIXEL_STD", &mut config.pixel_std)?;
        config.blocks_per_stage()?;
        Ok(config)
    }

    /// Bottleneck blocks in res2…res5; for depth 18 and 34 basic blocks.
    ///
    /// # Errors
    /// `ModelInvalid` for a depth detectron2 does not have, or basic blocks at another width.
    pub fn blocks_per_stage(&self) -> Result<[i64; 4]> {
        if self.has_basic_blocks() && (self.res2_channels != 64 || self.groups != 1) {
            return Err(invalid(
                "config.json: depth 18 and 34 need RES2_OUT_CHANNELS 64 and NUM_GROUPS 1",
            ));
        }
        match self.depth {
            18 => Ok([2, 2, 2, 2]),
            34 | 50 => Ok([3, 4, 6, 3]),
            101 => Ok([3, 4, 23, 3]),
            152 => Ok([3, 8, 36, 3]),
            other => Err(invalid(format!("config.json: MODEL.RESNETS.DEPTH is {other}"))
                .hint("supported depths: 18, 34, 50, 101, 152")),
        }
    }

    pub fn has_basic_blocks(&self) -> bool {
        self.depth < 50
    }
}

fn triple(args: &Map<String, Value>, key: &str, slot: &mut [f64; 3]) -> Result<()> {
    let Some(value) = args.get(key) else { return Ok(()) };
    let numbers: Option<Vec<f64>> =
        value.as_array().map(|list| list.iter().filter_map(Value::as_f64).collect());
    match numbers.as_deref() {
        Some([a, b, c]) => {
            *slot = [*a, *b, *c];
            Ok(())
        }
        _ => Err(invalid(format!("config.json: {key} is {value}, not three numbers"))),
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::model(ErrorCode::ModelInvalid, message)
}
