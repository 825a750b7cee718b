//! A small finder of lines of our own: a page → the boxes of its lines, whatever the light and the ground.
//!
//! Path of a page: it is brought to a size, [`network`] says of every cell whether the middle of a line runs through
//! it, [`lines`] makes boxes. Trained by `layoutlm finder train` ([`crate::train::line_finder`]);
//! [`LineFinder::embedded`] is the one that comes with the program.

pub mod lines;
pub mod network;

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PixelBox;
use crate::model::precision::{Precision, products_in};
use crate::model::weights::{Checkpoint, Missing, write_8bit, write_safetensors};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::GrayImage;
use lines::{Cells, FoundBox};
use network::{Network, SIDE_STEP};
use std::path::Path;
use tch::{Device, Tensor, nn};

/// The finder as `scripts/reproduce-line-finder` makes it; `assets/finder/README.md` is its card.
const EMBEDDED: &[u8] = include_bytes!("../../assets/finder/model.safetensors");
/// Of a finder's directory.
const WEIGHTS_FILE: &str = "model.safetensors";

/// How large pages are shown to the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FinderOptions {
    /// Pixels of a page, at most; smaller pages are shown as they are.
    pub most_pixels: f32,
    /// Where lines turn out lower than this, the page is shown again with them this high.
    pub least_height: f32,
    /// Pixels of a page with small print, at most.
    pub most_pixels_again: f32,
}

impl Default for FinderOptions {
    fn default() -> Self {
        Self { most_pixels: 0.8e6, least_height: 11.0, most_pixels_again: 2.0e6 }
    }
}

/// The network and how pages are shown to it.
pub struct LineFinder {
    pub(crate) network: Network,
    pub(crate) store: nn::VarStore,
    options: FinderOptions,
}

impl LineFinder {
    /// A finder that has learned nothing yet.
    pub fn fresh(device: Device) -> Self {
        let store = nn::VarStore::new(device);
        let network = Network::new(&store.root());
        Self { network, store, options: FinderOptions::default() }
    }

    /// The finder inside the program.
    ///
    /// # Errors
    /// `ModelInvalid` only if the program itself is damaged.
    pub fn embedded(device: Device) -> Result<Self> {
        let mut finder = Self::fresh(device);
        Checkpoint::embedded("the built-in finder of lines", EMBEDDED)
            .fill(&finder.store, Missing::Refuse)?;
        finder.freeze();
        Ok(finder)
    }

    /// From a directory with `model.safetensors`.
    ///
    /// # Errors
    /// `ModelMissing`, `ModelInvalid`, `WeightsMismatch`, naming the file.
    pub fn open(dir: &Path, device: Device) -> Result<Self> {
        let mut finder = Self::open_for_training(dir, device)?;
        finder.freeze();
        Ok(finder)
    }

    /// As [`Self::open`], to be trained further.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_for_training(dir: &Path, device: Device) -> Result<Self> {
        let finder = Self::fresh(device);
        Checkpoint::open(dir)?.fill(&finder.store, Missing::Refuse)?;
        Ok(finder)
    }

    /// Makes the weights final: no gradients, norms folded.
    pub fn freeze(&mut self) {
        self.store.freeze();
        let _guard = tch::no_grad_guard();
        let _products = products_in(Precision::default().products(self.store.device()));
        self.network.fold();
    }

    /// Writes `model.safetensors`.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn save(&self, dir: &Path) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(|e| Error::unwritable(Stage::Train, dir, e))?;
        write_safetensors(&self.store.variables(), &dir.join(WEIGHTS_FILE))
    }

    /// As [`Self::save`], with matrices in 8 bits: a quarter of the size.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn save_packed(&self, dir: &Path) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(|e| Error::unwritable(Stage::Train, dir, e))?;
        write_8bit(&self.store.variables(), &dir.join(WEIGHTS_FILE))
    }

    /// The boxes of a page's lines, in its pixels, from top to bottom. A line with wide gaps is several.
    ///
    /// # Errors
    /// `Internal`, only where the resizer fails.
    pub fn find(&self, page: &GrayImage) -> Result<Vec<PixelBox>> {
        let FinderOptions { most_pixels, least_height, most_pixels_again } = self.options;
        let pixels = page.width() as f32 * page.height() as f32;
        let scale = (most_pixels / pixels.max(1.0)).sqrt().min(1.0);
        let found = self.find_at(page, scale)?;
        let mut heights: Vec<f32> = found.iter().map(|line| line.bottom - line.top).collect();
        heights.sort_unstable_by(f32::total_cmp);
        let height = heights.get(heights.len() / 2).copied().unwrap_or(least_height);
        let most = (most_pixels_again / pixels.max(1.0)).sqrt().min(1.0);
        let larger = (scale * least_height / height.max(1.0)).min(most);
        let (found, scale) = if height < least_height && larger > 1.1 * scale {
            (self.find_at(page, larger)?, larger)
        } else {
            (found, scale)
        };
        Ok(found.iter().map(|line| to_page(line, scale, page)).collect())
    }

    /// Lines on the page at another scale, in pixels of that scale.
    fn find_at(&self, page: &GrayImage, scale: f32) -> Result<Vec<FoundBox>> {
        let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
        let small = scaled(page, side(page.width()), side(page.height()))?;
        let device = self.store.device();
        let _products = products_in(Precision::default().products(device));
        let pictures = picture(&small).to_device(device);
        let output = tch::no_grad(|| self.network.forward(&pictures, false));
        let size = output.size();
        let values = Vec::<f32>::try_from(output.reshape([-1])).unwrap_or_default();
        let (rows, columns) = (size[2] as usize, size[3] as usize);
        let lines = Cells { values: &values, rows, columns }.lines();
        let inside =
            |line: &FoundBox| line.left < small.width() as f32 && line.top < small.height() as f32;
        Ok(lines.into_iter().filter(inside).collect())
    }
}

/// A picture as the network takes it: [1, 1, height, width], black 1, filled up with paper.
fn picture(gray: &GrayImage) -> Tensor {
    let whole = |length: u32| (length as usize).div_ceil(SIDE_STEP) * SIDE_STEP;
    let (width, height) = (whole(gray.width()), whole(gray.height()));
    let mut pixels = vec![0f32; width * height];
    for (row, target) in gray.rows().zip(pixels.chunks_exact_mut(width)) {
        for (pixel, target) in row.zip(target) {
            *target = 1.0 - f32::from(pixel[0]) / 255.0;
        }
    }
    Tensor::from_slice(&pixels).view([1, 1, height as i64, width as i64])
}

/// A gray picture in another size.
///
/// # Errors
/// `Internal`, only where the resizer fails.
pub(crate) fn scaled(page: &GrayImage, width: u32, height: u32) -> Result<GrayImage> {
    let mut small = GrayImage::new(width, height);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(page, &mut small, &options).map_err(|e| {
        Error::new(Stage::Ocr, ErrorCode::Internal, "a page can't be scaled").caused_by(e)
    })?;
    Ok(small)
}

fn to_page(line: &FoundBox, scale: f32, page: &GrayImage) -> PixelBox {
    let pixel = |at: f32, most: u32| (f64::from(at / scale).round() as i64).clamp(0, most.into());
    PixelBox::new(
        pixel(line.left, page.width()),
        pixel(line.top, page.height()),
        pixel(line.right, page.width()),
        pixel(line.bottom, page.height()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn receipt() -> GrayImage {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/samples/receipt.jpg");
        image::open(path).unwrap().to_luma8()
    }

    #[test]
    fn lines_are_found_in_any_light_and_on_any_ground() {
        let finder = LineFinder::embedded(Device::Cpu).unwrap();
        let plain = receipt();
        let lines = finder.find(&plain).unwrap();
        assert!((35..80).contains(&lines.len()), "{}", lines.len());
        // A shadow over it, on a table with dark and bright stripes.
        let (border, wide) = (60, plain.width() + 120);
        let dim = GrayImage::from_fn(wide, plain.height(), |x, y| {
            let inside = (border..border + plain.width()).contains(&x);
            let value = if inside {
                f32::from(plain.get_pixel(x - border, y)[0])
            } else {
                60.0 + 50.0 * (y as f32 / 9.0).sin()
            };
            Luma([(value * (0.35 + 0.4 * x as f32 / wide as f32)) as u8])
        });
        let moved = |line: &PixelBox| {
            let [left, top, right, bottom] = <[u32; 4]>::from(*line).map(i64::from);
            let border = i64::from(border);
            PixelBox::new(left + border, top, right + border, bottom)
        };
        let dim = finder.find(&dim).unwrap();
        let again = lines.iter().filter(|line| dim.iter().any(|it| it.iou(moved(line)) > 0.5));
        let again = again.count();
        assert!(10 * again >= 9 * lines.len(), "{again} of {}", lines.len());
        assert!(dim.len() <= lines.len() + 4, "nothing is seen on the table: {}", dim.len());
    }

    #[test]
    fn a_saved_finder_finds_as_before() {
        let finder = LineFinder::embedded(Device::Cpu).unwrap();
        let dir = tempfile::tempdir().unwrap();
        LineFinder::fresh(Device::Cpu).save_packed(dir.path()).unwrap();
        let fresh = LineFinder::open(dir.path(), Device::Cpu).unwrap();
        fresh.find(&receipt()).unwrap();
        finder.save(dir.path()).unwrap();
        let again = LineFinder::open(dir.path(), Device::Cpu).unwrap();
        assert_eq!(finder.find(&receipt()).unwrap(), again.find(&receipt()).unwrap());
    }

    #[test]
    fn blank_and_tiny_pages_have_no_lines() {
        let finder = LineFinder::embedded(Device::Cpu).unwrap();
        for (width, height) in [(1, 1), (1, 900), (900, 1), (300, 200)] {
            let page = GrayImage::from_pixel(width, height, Luma([255]));
            assert!(finder.find(&page).unwrap().is_empty(), "{width} x {height}");
        }
    }
}
