//! Where a new model starts: the language side from BERT weights, the rest drawn anew.
//!
//! The key bias of BERT has no place in the fused form; dropping it changes nothing, since it adds the
//! same to all scores of a query.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::Model;
use crate::model::config::{ModelConfig, ModelType};
use crate::model::weights::Checkpoint;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Kind, Tensor};

/// Whether a directory holds a BERT, by its `config.json`.
pub fn is_bert(dir: &Path) -> bool {
    let text = std::fs::read_to_string(dir.join("config.json")).unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|c| c["model_type"] == "bert")
}

/// The compact LayoutLMv2 around a BERT of any size: narrow bottleneck ResNet-50 FPN, which the
/// Python library can build from the configuration too. The biases of spatial-aware attention can be
/// left out, for comparison, by LayoutLMv2's own two keys in the BERT's `config.json`.
///
/// # Errors
/// `ModelInvalid` when the directory holds no BERT.
pub fn compact_config(bert_dir: &Path) -> Result<ModelConfig> {
    let path = bert_dir.join("config.json");
    let text = std::fs::read_to_string(&path).map_err(|e| refuse(bert_dir, &e.to_string()))?;
    let bert: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| refuse(bert_dir, &e.to_string()))?;
    if bert["model_type"] != "bert" {
        return Err(refuse(bert_dir, "its config.json is not BERT's"));
    }
    let size = |key: &str| {
        bert[key].as_i64().ok_or_else(|| refuse(bert_dir, &format!("config.json has no {key}")))
    };
    let flag = |key: &str| bert[key].as_bool().unwrap_or(true);
    let hidden = size("hidden_size")?;
    let args = json!({
        "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
        "MODEL.FPN.IN_FEATURES": ["res2", "res3", "res4", "res5"],
        "MODEL.FPN.OUT_CHANNELS": 64,
        "MODEL.MASK_ON": false,
        "MODEL.PIXEL_STD": [57.375, 57.12, 58.395],
        "MODEL.RESNETS.DEPTH": 50,
        "MODEL.RESNETS.NUM_GROUPS": 1,
        "MODEL.RESNETS.OUT_FEATURES": ["res2", "res3", "res4", "res5"],
        "MODEL.RESNETS.RES2_OUT_CHANNELS": 64,
        "MODEL.RESNETS.STEM_OUT_CHANNELS": 16,
        "MODEL.RESNETS.STRIDE_IN_1X1": false,
        "MODEL.RESNETS.WIDTH_PER_GROUP": 16,
    });
    Ok(ModelConfig {
        model_type: ModelType::LayoutLmV2,
        vocab_size: size("vocab_size")?,
        hidden_size: hidden,
        num_hidden_layers: size("num_hidden_layers")?,
        num_attention_heads: size("num_attention_heads")?,
        intermediate_size: size("intermediate_size")?,
        max_position_embeddings: size("max_position_embeddings")?,
        type_vocab_size: size("type_vocab_size")?,
        coordinate_size: hidden / 6,
        shape_size: (hidden - 4 * (hidden / 6)) / 2,
        has_relative_attention_bias: flag("has_relative_attention_bias"),
        has_spatial_attention_bias: flag("has_spatial_attention_bias"),
        image_feature_pool_shape: [7, 7, 64],
        // Drawing a number for every pair of tokens costs a CPU more than the attention itself.
        attention_probs_dropout_prob: 0.0,
        detectron2_config_args: args.as_object().cloned().unwrap_or_default(),
        ..ModelConfig::default()
    })
}

/// Copies BERT's embeddings and layers into a model made with [`compact_config`].
///
/// # Errors
/// `WeightsMismatch` names a tensor that is missing or of another shape.
pub fn copy_bert(model: &Model, bert_dir: &Path) -> Result<()> {
    let _guard = tch::no_grad_guard();
    let bert: BTreeMap<String, Tensor> = Checkpoint::open(bert_dir)?
        .tensors()?
        .into_iter()
        .map(|(name, tensor)| (name.trim_start_matches("bert.").to_string(), tensor))
        .collect();
    let variables = model.store().variables();
    let get = |name: &str| bert.get(name).ok_or_else(|| missing(bert_dir, name));
    let put = |name: &str, value: &Tensor| copy(&variables, name, value, bert_dir);
    for part in [
        "word_embeddings.weight",
        "position_embeddings.weight",
        "token_type_embeddings.weight",
        "LayerNorm.weight",
        "LayerNorm.bias",
    ] {
        put(&format!("layoutlmv2.embeddings.{part}"), get(&format!("embeddings.{part}"))?)?;
    }
    for layer in 0..model.config.num_hidden_layers {
        let source = format!("encoder.layer.{layer}");
        let target = format!("layoutlmv2.{source}");
        let attention = |name: &str| get(&format!("{source}.attention.self.{name}"));
        let fused = Tensor::cat(
            &[attention("query.weight")?, attention("key.weight")?, attention("value.weight")?],
            0,
        );
        put(&format!("{target}.attention.self.qkv_linear.weight"), &fused)?;
        for (bias, name) in [("q_bias", "query.bias"), ("v_bias", "value.bias")] {
            put(&format!("{target}.attention.self.{bias}"), &attention(name)?.view([1, 1, -1]))?;
        }
        for dense in [
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm",
        ] {
            for kind in ["weight", "bias"] {
                let name = format!("{dense}.{kind}");
                put(&format!("{target}.{name}"), get(&format!("{source}.{name}"))?)?;
            }
        }
    }
    Ok(())
}

/// Whether a weight of the compact model starts from nothing when the language side comes from BERT.
pub fn is_drawn_anew(name: &str) -> bool {
    let layout =
        ["x_position", "y_position", "h_position", "w_position", "rel_pos", "visual", "classifier"];
    layout.iter().any(|part| name.contains(part))
}

fn copy(
    variables: &std::collections::HashMap<String, Tensor>,
    name: &str,
    value: &Tensor,
    dir: &Path,
) -> Result<()> {
    let target = variables.get(name).ok_or_else(|| missing(dir, name))?;
    if target.size() != value.size() {
        return Err(Error::model(
            ErrorCode::WeightsMismatch,
            format!(
                "tensor `{name}` has shape {:?}, config.json asks for {:?}",
                value.size(),
                target.size()
            ),
        )
        .at(dir.display().to_string()));
    }
    target.shallow_clone().copy_(&value.to_kind(Kind::Float));
    Ok(())
}

fn missing(dir: &Path, name: &str) -> Error {
    Error::model(ErrorCode::WeightsMismatch, format!("tensor `{name}` is missing"))
        .at(dir.display().to_string())
}

fn refuse(dir: &Path, why: &str) -> Error {
    Error::new(Stage::Train, ErrorCode::ModelInvalid, format!("no BERT to start from: {why}"))
        .at(dir.display().to_string())
        .hint("name a directory with a BERT's config.json, model.safetensors and tokenizer.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bert_is_told_by_its_model_type_however_the_file_is_spaced() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_bert(dir.path()), "no config.json");
        for (text, expected) in [
            ("{\"model_type\":\"bert\"}", true),
            ("{\n  \"model_type\" : \"bert\"\n}", true),
            ("{\"model_type\": \"layoutlmv2\", \"note\": \"made from bert\"}", false),
            ("bert", false),
        ] {
            std::fs::write(dir.path().join("config.json"), text).unwrap();
            assert_eq!(is_bert(dir.path()), expected, "{text}");
        }
    }
}
