//! ResNet / ResNeXt with a feature pyramid, as detectron2's `build_resnet_fpn_backbone` makes it,
//! configured by the checkpoint. Only `p2` is used by LayoutLMv2, so only the path to it is run;
//! `fpn_output3…5` are kept so that a written file is complete.
//!
//! Norms are frozen batch norms (their statistics are buffers). For inference they are folded into
//! the convolutions once ([`Backbone::fold`]), in place: these are half of a base model's weights, and
//! a second copy of them would be a third more memory.

use super::config::BackboneConfig;
use super::layers::{BufferValue, Scope};
use super::precision::factor;
use crate::error::Result;
use tch::{Kind, Tensor};

/// Of detectron2's `FrozenBatchNorm2d`.
const NORM_EPSILON: f64 = 1e-5;

/// How a pass treats the norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormMode {
    /// Use the stored statistics.
    Frozen,
    /// Measure the statistics on this batch, store and use them: once, before a backbone is trained
    /// from scratch, since frozen norms never adapt later.
    Calibrate,
}

#[derive(Clone, Copy)]
struct ConvShape {
    inputs: i64,
    outputs: i64,
    kernel: i64,
    stride: i64,
    dilation: i64,
    groups: i64,
}

impl ConvShape {
    fn new(inputs: i64, outputs: i64, kernel: i64) -> Self {
        Self { inputs, outputs, kernel, stride: 1, dilation: 1, groups: 1 }
    }
    fn stride(self, stride: i64) -> Self {
        Self { stride, ..self }
    }
    fn padding(self) -> i64 {
        self.dilation * (self.kernel - 1) / 2
    }
    fn weight_dims(self) -> [i64; 4] {
        [self.outputs, self.inputs / self.groups, self.kernel, self.kernel]
    }
    /// He initialisation (fan out), as detectron2 draws new backbones.
    fn stdev(self) -> f64 {
        (2.0 / (self.outputs * self.kernel * self.kernel) as f64).sqrt()
    }
    fn run(self, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let (stride, padding, dilation) =
            ([self.stride; 2], [self.padding(); 2], [self.dilation; 2]);
        let bias = bias.map(factor);
        factor(input).conv2d(&factor(weight), bias, stride, padding, dilation, self.groups)
    }
}

/// A convolution followed by a frozen batch norm.
struct ConvNorm {
    shape: ConvShape,
    weight: Tensor,
    norm_weight: Tensor,
    norm_bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    /// The norm's shift, `[outputs]`, once its scale is multiplied into `weight`.
    folded: Option<Tensor>,
}

impl ConvNorm {
    fn new(scope: &Scope, shape: ConvShape) -> Self {
        let norm = scope / "norm";
        let channels = [shape.outputs];
        Self {
            shape,
            weight: scope.weight_with_stdev("weight", &shape.weight_dims(), shape.stdev()),
            norm_weight: norm.buffer("weight", &channels, BufferValue::Ones),
            norm_bias: norm.buffer("bias", &channels, BufferValue::Zeros),
            running_mean: norm.buffer("running_mean", &channels, BufferValue::Zeros),
            running_var: norm.buffer("running_var", &channels, BufferValue::Ones),
            folded: None,
        }
    }

    /// Per channel: `y = x·scale + shift`.
    fn scale_and_shift(&self) -> (Tensor, Tensor) {
        let scale = &self.norm_weight * (&self.running_var + NORM_EPSILON).rsqrt();
        let shift = &self.norm_bias - &self.running_mean * &scale;
        (scale, shift)
    }

    fn fold(&mut self) {
        if self.folded.is_none() {
            let (scale, shift) = self.scale_and_shift();
            let _ = self.weight.g_mul_(&scale.view([-1, 1, 1, 1]));
            self.folded = Some(shift);
        }
    }

    /// [batch, in, h, w] → [batch, out, h/stride, w/stride]
    fn forward(&self, input: &Tensor, mode: NormMode) -> Tensor {
        if let Some(shift) = &self.folded {
            debug_assert_eq!(
                mode,
                NormMode::Frozen,
                "folded norms have no statistics of their own"
            );
            return self.shape.run(input, &self.weight, Some(shift));
        }
        let output = self.shape.run(input, &self.weight, None);
        if mode == NormMode::Calibrate {
            self.measure(&output);
        }
        let (scale, shift) = self.scale_and_shift();
        output * scale.view([1, -1, 1, 1]) + shift.view([1, -1, 1, 1])
    }

    fn measure(&self, output: &Tensor) {
        let _guard = tch::no_grad_guard();
        let axes: &[i64] = &[0, 2, 3];
        self.running_mean.shallow_clone().copy_(&output.mean_dim(axes, false, Kind::Float));
        self.running_var.shallow_clone().copy_(&output.var_dim(axes, false, false));
    }
}

/// A residual block: bottleneck (1×1, 3×3, 1×1) or basic (3×3, 3×3).
struct Block {
    convs: Vec<ConvNorm>,
    shortcut: Option<ConvNorm>,
}

struct BlockShape {
    inputs: i64,
    outputs: i64,
    bottleneck: i64,
    stride: i64,
    dilation: i64,
}

impl Block {
    fn new(scope: &Scope, config: &BackboneConfig, shape: &BlockShape) -> Self {
        let BlockShape { inputs, outputs, bottleneck, stride, dilation } = *shape;
        let shortcut = (inputs != outputs).then(|| {
            let conv = ConvShape::new(inputs, outputs, 1).stride(stride);
            ConvNorm::new(&(scope / "shortcut"), conv)
        });
        let shapes = if config.has_basic_blocks() {
            vec![
                ConvShape::new(inputs, outputs, 3).stride(stride),
                ConvShape::new(outputs, outputs, 3),
            ]
        } else {
            let (first, second) = if config.stride_in_1x1 { (stride, 1) } else { (1, stride) };
            let middle = ConvShape {
                dilation,
                groups: config.groups,
                ..ConvShape::new(bottleneck, bottleneck, 3).stride(second)
            };
            vec![
                ConvShape::new(inputs, bottleneck, 1).stride(first),
                middle,
                ConvShape::new(bottleneck, outputs, 1),
            ]
        };
        let convs = shapes
            .into_iter()
            .zip(["conv1", "conv2", "conv3"])
            .map(|(conv, name)| ConvNorm::new(&(scope / name), conv))
            .collect();
        Self { convs, shortcut }
    }

    fn forward(&self, input: &Tensor, mode: NormMode) -> Tensor {
        let mut output = input.shallow_clone();
        for (index, conv) in self.convs.iter().enumerate() {
            output = conv.forward(&output, mode);
            if index + 1 < self.convs.len() {
                output = output.relu();
            }
        }
        match &self.shortcut {
            Some(shortcut) => (output + shortcut.forward(input, mode)).relu(),
            None => (output + input).relu(),
        }
    }

    fn norms(&mut self) -> impl Iterator<Item = &mut ConvNorm> {
        self.convs.iter_mut().chain(self.shortcut.as_mut())
    }
}

/// A convolution with bias: the pyramid's lateral and output layers.
struct PyramidConv {
    shape: ConvShape,
    weight: Tensor,
    bias: Tensor,
}

impl PyramidConv {
    fn new(scope: &Scope, inputs: i64, outputs: i64, kernel: i64) -> Self {
        let shape = ConvShape::new(inputs, outputs, kernel);
        Self {
            shape,
            weight: scope.weight_with_stdev(
                "weight",
                &shape.weight_dims(),
                (1.0 / (inputs * kernel * kernel) as f64).sqrt(),
            ),
            bias: scope.zeros("bias", &[outputs]),
        }
    }
    fn forward(&self, input: &Tensor) -> Tensor {
        self.shape.run(input, &self.weight, Some(&self.bias))
    }
}

/// Values on the way, for finding where a difference starts.
pub struct Trace<'a>(pub &'a mut dyn FnMut(&str, &Tensor));

/// Picture → `p2`.
pub struct Backbone {
    stem: ConvNorm,
    /// res2…res5
    stages: Vec<Vec<Block>>,
    /// For res2…res5.
    laterals: Vec<PyramidConv>,
    output2: PyramidConv,
    fuse_average: bool,
}

impl Backbone {
    /// `scope` is `layoutlmv2.visual.backbone`.
    ///
    /// # Errors
    /// `ModelInvalid` for a depth that does not exist.
    pub fn new(scope: &Scope, config: &BackboneConfig) -> Result<Self> {
        let bottom_up = scope / "bottom_up";
        let stem_shape = ConvShape::new(3, config.stem_channels, 7).stride(2);
        let stem = ConvNorm::new(&(&bottom_up / "stem" / "conv1"), stem_shape);
        let mut stages = Vec::new();
        let mut laterals = Vec::new();
        let mut outputs = Vec::new();
        let mut inputs = config.stem_channels;
        for (index, blocks) in config.blocks_per_stage()?.into_iter().enumerate() {
            let level = index + 2;
            let channels = config.res2_channels << index;
            let stage = &bottom_up / format!("res{level}").as_str();
            stages.push(build_stage(&stage, config, index, blocks, inputs));
            let fpn = config.fpn_channels;
            laterals.push(PyramidConv::new(
                &(scope / format!("fpn_lateral{level}").as_str()),
                channels,
                fpn,
                1,
            ));
            outputs.push(PyramidConv::new(
                &(scope / format!("fpn_output{level}").as_str()),
                fpn,
                fpn,
                3,
            ));
            inputs = channels;
        }
        Ok(Self {
            stem,
            stages,
            laterals,
            output2: outputs.swap_remove(0),
            fuse_average: config.fuse_average,
        })
    }

    /// Multiplies the norms into the convolutions. Call after the weights are final: they can be neither
    /// saved nor trained afterwards.
    pub fn fold(&mut self) {
        self.stem.fold();
        for conv in self.stages.iter_mut().flatten().flat_map(Block::norms) {
            conv.fold();
        }
    }

    /// Whether the weights are no longer those of a checkpoint.
    pub fn is_folded(&self) -> bool {
        self.stem.folded.is_some()
    }

    /// `image` [batch, 3, 224, 224], normalised → p2 [batch, fpn_channels, 56, 56].
    pub fn forward(&self, image: &Tensor, mode: NormMode, trace: Option<Trace>) -> Tensor {
        let mut ignore = |_: &str, _: &Tensor| {};
        let trace = match trace {
            Some(Trace(f)) => f,
            None => &mut ignore,
        };
        let image = &channels_last(image);
        let stem =
            self.stem.forward(image, mode).relu().max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        trace("stem", &stem);
        let mut maps = Vec::with_capacity(self.stages.len());
        let mut map = stem;
        for (index, stage) in self.stages.iter().enumerate() {
            for block in stage {
                map = block.forward(&map, mode);
            }
            trace(["res2", "res3", "res4", "res5"][index], &map);
            maps.push(map.shallow_clone());
        }
        let p2 = self.output2.forward(&self.merge_top_down(&maps));
        trace("p2", &p2);
        p2
    }

    /// Coarse maps enlarged (nearest) and added to finer ones, down to res2's resolution.
    fn merge_top_down(&self, maps: &[Tensor]) -> Tensor {
        let mut levels =
            maps.iter().zip(&self.laterals).rev().map(|(map, lateral)| lateral.forward(map));
        let coarsest =
            levels.next().unwrap_or_else(|| unreachable!("four stages are always built"));
        levels.fold(coarsest, |coarse, fine| {
            let (_, _, height, width) = fine.size4().unwrap_or((0, 0, 0, 0));
            let sum = coarse.upsample_nearest2d([height, width], None, None) + fine;
            if self.fuse_average { sum / 2.0 } else { sum }
        })
    }
}

/// The same picture with its channels side by side in memory. Convolutions keep the order they are
/// given and need not reorder their factors each time.
pub(crate) fn channels_last(image: &Tensor) -> Tensor {
    image.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

fn build_stage(
    scope: &Scope,
    config: &BackboneConfig,
    index: usize,
    blocks: i64,
    inputs: i64,
) -> Vec<Block> {
    let outputs = config.res2_channels << index;
    let dilation = if index == 3 { config.res5_dilation } else { 1 };
    let first_stride = if index == 0 || dilation > 1 { 1 } else { 2 };
    (0..blocks)
        .map(|block| {
            let shape = BlockShape {
                inputs: if block == 0 { inputs } else { outputs },
                outputs,
                bottleneck: (config.groups * config.width_per_group) << index,
                stride: if block == 0 { first_stride } else { 1 },
                dilation,
            };
            Block::new(&(scope / block), config, &shape)
        })
        .collect()
}
