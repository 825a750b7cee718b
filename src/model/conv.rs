//! Convolutions of the small networks beside the model: the reader of lines and the finder of lines.

use super::backbone::channels_last;
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

impl ConvShape {
    /// Whether it is the first over a picture of one channel, which it halves.
    fn is_stem(&self) -> bool {
        (self.inputs, self.kernel, self.stride, self.padding) == (1, [5, 5], [2, 2], [2, 2])
    }

    /// The kernel that a weight is for what the convolution runs over.
    fn kernel_of(&self, weight: &Tensor) -> Tensor {
        if self.is_stem() { quartered_weight(weight) } else { weight.shallow_clone() }
    }
}

/// A convolution, batch norm, and ReLU.
pub(crate) struct Conv {
    shape: ConvShape,
    weight: Tensor,
    norm_weight: Tensor,
    norm_bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    /// Kernel and bias with the norm multiplied in.
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

    /// Multiplies the norm into the convolution, and keeps the result as the factor that it is
    /// ([`products_in`](super::precision::products_in)). Call when the weights are final.
    pub fn fold(&mut self) {
        let scale = &self.norm_weight * (&self.running_var + NORM_EPSILON).rsqrt();
        let bias = &self.norm_bias - &self.running_mean * &scale;
        let kernel = self.shape.kernel_of(&(&self.weight * scale.view([-1, 1, 1, 1])));
        self.folded = Some((factor(&kernel), factor(&bias)));
    }

    /// `[batch, inputs, height, width]` → `[batch, outputs, height / stride, width / stride]`
    pub fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let output = match &self.folded {
            Some((kernel, bias)) if !train => self.products(input, kernel, Some(&factor(bias))),
            _ => {
                let output = self.products(input, &self.shape.kernel_of(&self.weight), None);
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
        let mut output = if self.shape.pools { halve(&output) } else { output };
        if train { output.relu() } else { output.relu_() }
    }

    /// The convolution alone, by a kernel as [`ConvShape::kernel_of`] gives it.
    fn products(&self, input: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let (input, kernel) = (factor(input), factor(kernel));
        if self.shape.is_stem() {
            return quartered(&input).conv2d(&kernel, bias, [1, 1], [1, 1], [1, 1], 1);
        }
        input.conv2d(&kernel, bias, self.shape.stride, self.shape.padding, [1, 1], 1)
    }
}

/// Every two by two pixels as the four channels of one: [batch, 1, height, width] → [batch, 4, ⌈height / 2⌉, ⌈width / 2⌉],
/// channels side by side in memory. oneDNN has no kernel for strided convolutions of a single channel that comes near
/// the others': this one is seven times as fast, and sums the same products.
fn quartered(image: &Tensor) -> Tensor {
    let side = |dim| image.size().get(dim).copied().unwrap_or(0);
    let (batch, height, width) = (side(0), side(2) + side(2) % 2, side(3) + side(3) % 2);
    let even = if (height, width) == (side(2), side(3)) {
        image.shallow_clone()
    } else {
        image.constant_pad_nd([0, width - side(3), 0, height - side(2)])
    };
    even.reshape([batch, height / 2, 2, width / 2, 2])
        .permute([0, 1, 3, 2, 4])
        .reshape([batch, height / 2, width / 2, 4])
        .permute([0, 3, 1, 2])
}

/// The kernel for [`quartered`] pictures: [outputs, 1, 5, 5] → [outputs, 4, 3, 3].
fn quartered_weight(weight: &Tensor) -> Tensor {
    let outputs = weight.size().first().copied().unwrap_or(0);
    let places = weight.constant_pad_nd([0, 1, 0, 1]).view([outputs, 3, 2, 3, 2]);
    channels_last(&places.permute([0, 2, 4, 1, 3]).reshape([outputs, 4, 3, 3]))
}

/// The greater of every two rows: [batch, channels, height, width] → [batch, channels, height / 2, width].
/// `max_pool2d` gives the same; with bfloat16 on a processor it took as long as a third of the
/// convolutions.
fn halve(map: &Tensor) -> Tensor {
    let height = map.size().get(2).map_or(0, |height| height - height % 2);
    let rows = |first| map.slice(2, first, height, 2);
    rows(0).maximum(&rows(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn a_stem_over_quarters_sums_what_a_strided_one_sums() {
        tch::manual_seed(3);
        let weight = Tensor::rand([6, 1, 5, 5], (Kind::Float, Device::Cpu));
        for (height, width) in [(32, 40), (31, 40), (32, 37), (5, 3)] {
            let image = Tensor::rand([2, 1, height, width], (Kind::Float, Device::Cpu));
            let strided = image.conv2d(&weight, None::<&Tensor>, [2, 2], [2, 2], [1, 1], 1);
            let quarters = quartered(&image).conv2d(
                &quartered_weight(&weight),
                None::<&Tensor>,
                [1, 1],
                [1, 1],
                [1, 1],
                1,
            );
            assert_eq!(quarters.size(), strided.size(), "{height} {width}");
            assert!((quarters - strided).abs().max().double_value(&[]) < 1e-5);
        }
    }
}
