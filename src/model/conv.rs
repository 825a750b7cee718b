//! Convolutions of the small networks beside the model: the reader of lines and the finder of lines.

use super::precision::factor;
use tch::{Kind, Tensor, nn};

/// Of PyTorch's batch norm.
const NORM_EPSILON: f64 = 1e-5;
const NORM_MOMENTUM: f64 = 0.1;

/// Shape of one convolution.
pub(crate) struct ConvShape {
    pub inputs: i64,
    pub outputs: i64,
    /// Down, across.
    pub kernel: [i64; 2],
    pub stride: [i64; 2],
    pub padding: [i64; 2],
    /// Whether the height is halved behind it.
    pub pools: bool,
}

/// Three by three, at the same scale.
pub(crate) const fn conv(inputs: i64, outputs: i64) -> ConvShape {
    ConvShape { inputs, outputs, kernel: [3, 3], stride: [1, 1], padding: [1, 1], pools: false }
}

/// A convolution, batch norm, and ReLU.
pub(crate) struct Conv {
    shape: ConvShape,
    weight: Tensor,
    norm_weight: Tensor,
    norm_bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    /// Weight and bias with the norm multiplied in.
    folded: Option<(Tensor, Tensor)>,
}

impl Conv {
    pub fn new(path: &nn::Path, shape: ConvShape) -> Self {
        let [down, across] = shape.kernel;
        let stdev = (2.0 / (shape.inputs * down * across) as f64).sqrt();
        let dims = [shape.outputs, shape.inputs, down, across];
        let channels = [shape.outputs];
        let norm = path / "norm";
        Self {
            weight: path.var("weight", &dims, nn::Init::Randn { mean: 0.0, stdev }),
            norm_weight: norm.ones("weight", &channels),
            norm_bias: norm.zeros("bias", &channels),
            running_mean: norm.zeros_no_train("running_mean", &channels),
            running_var: norm.ones_no_train("running_var", &channels),
            shape,
            folded: None,
        }
    }

    /// Multiplies the norm into the convolution. Call when the weights are final.
    pub fn fold(&mut self) {
        let scale = &self.norm_weight * (&self.running_var + NORM_EPSILON).rsqrt();
        let bias = &self.norm_bias - &self.running_mean * &scale;
        self.folded = Some((&self.weight * scale.view([-1, 1, 1, 1]), bias));
    }

    /// Channels of what comes out.
    pub fn outputs(&self) -> i64 {
        self.shape.outputs
    }

    /// `[batch, inputs, height, width]` → `[batch, outputs, height / stride, width / stride]`
    pub fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let ConvShape { stride, padding, .. } = self.shape;
        let output = match &self.folded {
            Some((weight, bias)) if !train => factor(input).conv2d(
                &factor(weight),
                Some(factor(bias)),
                stride,
                padding,
                [1, 1],
                1,
            ),
            _ => {
                let weight = factor(&self.weight);
                let output =
                    factor(input).conv2d(&weight, None::<&Tensor>, stride, padding, [1, 1], 1);
                output.to_kind(Kind::Float).batch_norm(
                    Some(&self.norm_weight),
                    Some(&self.norm_bias),
                    Some(&self.running_mean),
                    Some(&self.running_var),
                    train,
                    NORM_MOMENTUM,
                    NORM_EPSILON,
                    false,
                )
            }
        };
        if self.shape.pools { halve(&output).relu() } else { output.relu() }
    }
}

/// The greater of every two rows: [batch, channels, height, width] → [batch, channels, height / 2, width].
/// `max_pool2d` gives the same; with bfloat16 on a processor it took as long as a third of the
/// convolutions.
fn halve(map: &Tensor) -> Tensor {
    let height = map.size().get(2).map_or(0, |height| height - height % 2);
    let rows = |first| map.slice(2, first, height, 2);
    rows(0).maximum(&rows(1))
}
