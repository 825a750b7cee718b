//! The finder's network: a U-Net (Ronneberger, Fischer and Brox 2015, arXiv 1505.04597) that halves the picture
//! five times and comes back to a quarter of it. For every cell it says whether the middle of a line runs through
//! its upper and its lower half, and how far off that line's top and bottom are; lines that touch are told apart
//! by their middles, as in DB (Liao et al. 2019, arXiv 1911.08947).

use crate::model::backbone::channels_last;
use crate::model::conv::{Conv, ConvShape, conv};
use crate::model::precision::factor;
use tch::{Kind, Tensor, nn};

/// Pixels of a cell, down and across.
pub const CELL: usize = 4;
/// Cells that know of a middle separately, one above the other.
pub const HALVES: usize = 2;
/// Sides of a picture are multiples of this.
pub const SIDE_STEP: usize = 32;
/// Distances come in so many pixels.
pub const DISTANCE_UNIT: f32 = 8.0;

/// Channels behind the stem, at a half of the picture.
const STEM: i64 = 16;
/// Channels at a quarter, an eighth, a sixteenth, and a thirty-second.
const LEVELS: [i64; 4] = [32, 48, 64, 96];
/// Of each cell: middles of the upper and the lower half, distances to top and bottom.
const OUTPUTS: i64 = 4;

/// The network with its weights in a store.
pub struct Network {
    stem: Conv,
    /// To each level from the one before, fine to coarse.
    down: Vec<Vec<Conv>>,
    /// From each level to the finer one: narrower, and mixed with what that level saw.
    up: Vec<[Conv; 2]>,
    head: Conv,
    output_weight: Tensor,
    output_bias: Tensor,
}

impl Network {
    /// `root` is the top of the key tree.
    pub fn new(root: &nn::Path) -> Self {
        let halving = |inputs, outputs| ConvShape { stride: [2, 2], ..conv(inputs, outputs) };
        let mut inputs = STEM;
        let down = LEVELS.into_iter().enumerate().map(|(level, channels)| {
            let path = root / "down" / level;
            let mut shapes = vec![halving(inputs, channels), conv(channels, channels)];
            // The coarsest level sees a line as a whole.
            if level + 1 == LEVELS.len() {
                shapes.push(conv(channels, channels));
            }
            inputs = channels;
            let placed = shapes.into_iter().enumerate();
            placed.map(|(place, shape)| Conv::new(&(&path / place), shape)).collect()
        });
        let down = down.collect();
        let up = LEVELS.windows(2).enumerate().map(|(level, pair)| {
            let path = root / "up" / level;
            let narrower = ConvShape { kernel: [1, 1], padding: [0, 0], ..conv(pair[1], pair[0]) };
            [Conv::new(&(&path / 0), narrower), Conv::new(&(&path / 1), conv(pair[0], pair[0]))]
        });
        let up = up.collect();
        let stem = ConvShape { kernel: [5, 5], padding: [2, 2], ..halving(1, STEM) };
        let stdev = (1.0 / LEVELS[0] as f64).sqrt();
        let output = root / "output";
        Self {
            stem: Conv::new(&(root / "stem"), stem),
            down,
            up,
            head: Conv::new(&(root / "head"), conv(LEVELS[0], LEVELS[0])),
            output_weight: output.var(
                "weight",
                &[OUTPUTS, LEVELS[0], 1, 1],
                nn::Init::Randn { mean: 0.0, stdev },
            ),
            output_bias: output.zeros("bias", &[OUTPUTS]),
        }
    }

    /// Multiplies the norms into the convolutions. Call when the weights are final.
    pub fn fold(&mut self) {
        self.stem.fold();
        self.down.iter_mut().flatten().for_each(Conv::fold);
        self.up.iter_mut().flatten().for_each(Conv::fold);
        self.head.fold();
    }

    /// `pictures` [batch, 1, height, width], black 1, sides multiples of [`SIDE_STEP`] →
    /// [batch, 4, height / 4, width / 4]: logits of the upper and the lower middle, distances to top and bottom
    /// from the cell's centre in [`DISTANCE_UNIT`]s.
    pub fn forward(&self, pictures: &Tensor, train: bool) -> Tensor {
        let mut map = self.stem.forward(&channels_last(pictures), train);
        let mut seen = Vec::with_capacity(self.down.len());
        for level in &self.down {
            map = level.iter().fold(map, |map, conv| conv.forward(&map, train));
            seen.push(map.shallow_clone());
        }
        for ([narrower, mixing], finer) in self.up.iter().zip(&seen).rev() {
            let size = finer.size();
            let (height, width) = (size[2], size[3]);
            let above = narrower.forward(&map, train);
            let above = above.upsample_nearest2d([height, width], None, None);
            map = mixing.forward(&(above + finer), train);
        }
        let map = self.head.forward(&map, train);
        let (weight, bias) = (factor(&self.output_weight), factor(&self.output_bias));
        factor(&map).conv2d(&weight, Some(bias), [1, 1], [0, 0], [1, 1], 1).to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_told_of_and_folding_changes_nothing() {
        tch::manual_seed(4);
        let mut store = nn::VarStore::new(tch::Device::Cpu);
        let mut network = Network::new(&store.root());
        let pictures = Tensor::rand([2, 1, 64, 96], (Kind::Float, tch::Device::Cpu));
        // One training pass gives the norms statistics that are not their first ones.
        let _ = network.forward(&pictures, true);
        store.freeze();
        let plain = network.forward(&pictures, false);
        assert_eq!(plain.size(), [2, 4, 16, 24]);
        network.fold();
        let folded = network.forward(&pictures, false);
        assert!((plain - folded).abs().max().double_value(&[]) < 1e-3);
    }
}
