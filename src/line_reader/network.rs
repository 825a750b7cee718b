//! The reader's network: convolutions squeeze a strip to one row of features, two recurrent layers
//! read it in both directions, and each step names a character or CTC's blank (CRNN: Shi, Bai and
//! Yao 2015, arXiv 1507.05717).
//!
//! Small on purpose: it reads every line of a page beside Tesseract. The first two convolutions
//! stride, so that most of the work is done on a quarter of the width.

use super::strip::STRIP_HEIGHT;
use crate::error::Result;
use crate::model::backbone::channels_last;
use crate::model::conv::{Conv, ConvShape, conv};
use crate::model::precision::factor;
use crate::model::weights::Checkpoint;
use std::borrow::Borrow;
use tch::{Kind, Tensor, nn};

/// Strip pixels of one step.
pub const STEP: u32 = 4;
const RECURRENT_LAYERS: i64 = 2;
const CONVOLUTIONS: usize = 6;
/// What claims to be wider is no reader.
const WIDEST: i64 = 1024;

/// How wide a network is. Its weights tell ([`Size::of`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Channels behind each convolution.
    channels: [i64; CONVOLUTIONS],
    /// Features of a recurrent layer in each direction.
    hidden: i64,
}

impl Size {
    /// What reads pages: 1.28 million weights.
    pub const LARGE: Self = Self { channels: [32, 64, 96, 128, 128, 192], hidden: 128 };
    /// Half of its arithmetic, .79 million weights; docs/ocr.md has what that costs.
    pub const SMALL: Self = Self { channels: [16, 32, 64, 96, 128, 160], hidden: 96 };

    /// Of the network whose weights these are; `None` where they are no reader's.
    ///
    /// # Errors
    /// `ModelInvalid` for a damaged file.
    pub fn of(weights: &Checkpoint) -> Result<Option<Self>> {
        let mut size = Self { channels: [0; CONVOLUTIONS], hidden: 0 };
        weights.for_each_shape(&mut |name, shape| {
            let index = name.strip_prefix("conv.").and_then(|rest| rest.strip_suffix(".weight"));
            let channels = index
                .and_then(|index| index.parse::<usize>().ok())
                .and_then(|index| size.channels.get_mut(index));
            match (channels, shape) {
                (Some(channels), [outputs, ..]) => *channels = *outputs,
                (None, [_, inputs]) if name == "recurrent.0.forward.state" => size.hidden = *inputs,
                _ => {}
            }
        })?;
        let is_known = |width: &i64| (1..=WIDEST).contains(width);
        let known = size.channels.iter().all(is_known) && is_known(&size.hidden);
        Ok(known.then_some(size))
    }

    /// From `[1, 32, width]` to `[channels, 1, width / 4]`.
    fn shapes(&self) -> [ConvShape; CONVOLUTIONS] {
        let [first, second, third, fourth, fifth, sixth] = self.channels;
        [
            ConvShape { kernel: [5, 5], stride: [2, 2], padding: [2, 2], ..conv(1, first) },
            ConvShape { stride: [2, 2], ..conv(first, second) },
            ConvShape { pools: true, ..conv(second, third) },
            conv(third, fourth),
            ConvShape { pools: true, ..conv(fourth, fifth) },
            ConvShape { kernel: [2, 3], padding: [0, 1], ..conv(fifth, sixth) },
        ]
    }
}

/// The network with its weights in a store.
pub struct Network {
    size: Size,
    convs: Vec<Conv>,
    /// In the order that libtorch's LSTM takes them.
    recurrent: Vec<Tensor>,
    output_weight: Tensor,
    output_bias: Tensor,
}

impl Network {
    /// `root` is the top of the key tree.
    pub fn new(root: &nn::Path, classes: i64, size: Size) -> Self {
        let convs = size
            .shapes()
            .into_iter()
            .enumerate()
            .map(|(index, shape)| Conv::new(&(root / "conv" / index), shape))
            .collect::<Vec<_>>();
        let Size { channels: [.., features], hidden } = size;
        let stdev = (1.0 / (2 * hidden) as f64).sqrt();
        let output = root / "output";
        Self {
            size,
            convs,
            recurrent: recurrent_weights(&(root / "recurrent"), features, hidden),
            output_weight: output.var(
                "weight",
                &[classes, 2 * hidden],
                nn::Init::Randn { mean: 0.0, stdev },
            ),
            output_bias: output.zeros("bias", &[classes]),
        }
    }

    /// Multiplies the norms into the convolutions, and turns all weights into the factors that they are
    /// ([`products_in`](crate::model::precision::products_in)). Call when the weights are final.
    pub fn fold(&mut self) {
        self.convs.iter_mut().for_each(Conv::fold);
        let rest = [&mut self.output_weight, &mut self.output_bias];
        self.recurrent.iter_mut().chain(rest).for_each(|weight| *weight = factor(weight));
    }

    /// `strips` [batch, 1, 32, width], ink 1 → log-probabilities [batch, steps(width), classes].
    pub fn forward(&self, strips: &Tensor, train: bool) -> Tensor {
        let map =
            self.convs.iter().fold(channels_last(strips), |map, conv| conv.forward(&map, train));
        // [batch, steps, channels]
        let sequence = map.squeeze_dim(2).transpose(1, 2).contiguous();
        let kind = factor_while(train);
        let (states, weight) = (self.read(&sequence, train), kind(&self.output_weight));
        states.linear(&weight, Some(kind(&self.output_bias))).log_softmax(-1, Kind::Float)
    }

    /// [batch, steps, channels] → [batch, steps, 2 · hidden]
    fn read(&self, sequence: &Tensor, train: bool) -> Tensor {
        let batch = sequence.size().first().copied().unwrap_or(0);
        let kind = factor_while(train);
        let sequence = kind(sequence);
        let shape = [2 * RECURRENT_LAYERS, batch, self.size.hidden];
        let state = Tensor::zeros(shape, (sequence.kind(), sequence.device()));
        let weights: Vec<Tensor> = self.recurrent.iter().map(kind).collect();
        let (states, _, _) = sequence.lstm(
            &[&state, &state],
            &weights.iter().collect::<Vec<_>>(),
            true,
            RECURRENT_LAYERS,
            0.0,
            train,
            true,
            true,
        );
        states
    }
}

/// Long sums over steps are learned in full precision.
fn factor_while(train: bool) -> impl Fn(&Tensor) -> Tensor {
    move |tensor| if train { tensor.to_kind(Kind::Float) } else { factor(tensor) }
}

/// Steps that a strip of this width has.
pub fn steps(width: u32) -> u32 {
    width.div_ceil(2).div_ceil(2)
}

fn recurrent_weights(path: &nn::Path, features: i64, hidden: i64) -> Vec<Tensor> {
    let bound = 1.0 / (hidden as f64).sqrt();
    let uniform = nn::Init::Uniform { lo: -bound, up: bound };
    let mut weights = Vec::new();
    for layer in 0..RECURRENT_LAYERS {
        let inputs = if layer == 0 { features } else { 2 * hidden };
        for direction in ["forward", "backward"] {
            let path = path / layer / direction;
            weights.push(path.var("input", &[4 * hidden, inputs], uniform));
            weights.push(path.var("state", &[4 * hidden, hidden], uniform));
            weights.push(path.var("input_bias", &[4 * hidden], uniform));
            weights.push(path.var("state_bias", &[4 * hidden], uniform));
        }
    }
    weights
}

/// Strips of one batch side by side, filled up with paper: [batch, 1, 32, widest].
pub fn stack<S: Borrow<super::strip::Strip>>(strips: &[S], device: tch::Device) -> Tensor {
    let widest = strips.iter().map(|s| s.borrow().width).max().unwrap_or(STEP) as usize;
    let height = STRIP_HEIGHT as usize;
    let mut pixels = vec![0f32; strips.len() * height * widest];
    for (strip, target) in strips.iter().zip(pixels.chunks_exact_mut(height * widest)) {
        let width = strip.borrow().width as usize;
        let rows = strip.borrow().ink.chunks_exact(width).zip(target.chunks_exact_mut(widest));
        for (row, target) in rows {
            target[..width].copy_from_slice(row);
        }
    }
    Tensor::from_slice(&pixels)
        .view([strips.len() as i64, 1, i64::from(STRIP_HEIGHT), widest as i64])
        .to_device(device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_reader::strip::{Region, Strip};

    fn strip(width: u32) -> Strip {
        let region = Region { left: 0.0, top: 0.0, width: width as f32, height: 32.0 };
        let ink = (0..width * STRIP_HEIGHT).map(|i| (i % 7) as f32 / 7.0).collect();
        Strip { width, ink, region }
    }

    #[test]
    fn a_step_is_named_for_every_four_columns() {
        let store = nn::VarStore::new(tch::Device::Cpu);
        let network = Network::new(&store.root(), 10, Size::SMALL);
        for width in [4, 5, 63, 64, 65, 66] {
            let batch = stack(&[strip(width)], tch::Device::Cpu);
            let output = tch::no_grad(|| network.forward(&batch, false));
            assert_eq!(output.size(), [1, i64::from(steps(width)), 10], "{width}");
        }
    }

    #[test]
    fn folding_the_norms_changes_no_answer() {
        tch::manual_seed(5);
        let mut store = nn::VarStore::new(tch::Device::Cpu);
        let mut network = Network::new(&store.root(), 10, Size::SMALL);
        let batch = stack(&[strip(80), strip(64)], tch::Device::Cpu);
        // One training pass gives the norms statistics that are not their first ones.
        let _ = network.forward(&batch, true);
        store.freeze();
        let plain = network.forward(&batch, false);
        network.fold();
        let folded = network.forward(&batch, false);
        assert!((plain - folded).abs().max().double_value(&[]) < 1e-4);
    }
}
