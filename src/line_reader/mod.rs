//! A small reader of our own: lines of a page → text with word boxes.
//!
//! Path of a line: [`strip`] cuts it out and scales it, [`network`] says for every step which characters
//! may stand there, [`beam`] chooses among them by the letters around ([`ngrams`]), [`decode`] makes words. Trained by `layoutlm reader train` ([`crate::train::line_reader`]);
//! [`LineReader::embedded`] is the one that comes with the program.

pub mod alphabet;
pub mod beam;
pub mod decode;
mod known_words;
pub mod network;
pub mod ngrams;
mod reading;
pub mod settle;
pub mod strip;

pub use reading::{ReadWord, Reading, are_sum_and_cents, sureness};

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::geometry::PixelBox;
use crate::model::precision::{Precision, products_in};
use crate::model::weights::{Checkpoint, Missing, write_8bit, write_safetensors};
use alphabet::Alphabet;
use beam::{BeamOptions, Candidates};
use image::GrayImage;
use network::{Network, STEP, Size, stack};
use ngrams::Ngrams;
use std::path::Path;
use strip::{Region, STRIP_HEIGHT, Strip};
use tch::{Device, Tensor, nn};

/// Steps of all strips of one batch, padding included: bounds memory, fills the processor.
const BATCH_STEPS: usize = 2400;
/// Ink from which a strip's pixel counts when a word's box is drawn close to its letters.
const INK: f32 = 0.35;

/// The reader as `scripts/reproduce-line-reader` makes it; `assets/reader/README.md` is its card.
mod embedded {
    pub const ALPHABET: &str = include_str!("../../assets/reader/alphabet.json");
    pub const WEIGHTS: &[u8] = include_bytes!("../../assets/reader/model.safetensors");
    pub const NGRAMS: &[u8] = include_bytes!("../../assets/reader/ngrams.bin");
}

/// Files of a reader's directory.
const ALPHABET_FILE: &str = "alphabet.json";
const WEIGHTS_FILE: &str = "model.safetensors";
/// May be missing: the best class of each step stands then.
pub const NGRAMS_FILE: &str = "ngrams.bin";

/// The network with its alphabet, and what it knows of letters that follow each other.
pub struct LineReader {
    pub alphabet: Alphabet,
    ngrams: Option<Ngrams>,
    pub(crate) network: Network,
    pub(crate) store: nn::VarStore,
}

impl LineReader {
    /// A reader that has learned nothing yet.
    pub fn fresh(alphabet: Alphabet, size: Size, device: Device) -> Self {
        let store = nn::VarStore::new(device);
        let network = Network::new(&store.root(), alphabet.classes(), size);
        Self { alphabet, ngrams: None, network, store }
    }

    /// The reader inside the program.
    ///
    /// # Errors
    /// `ModelInvalid` only if the program itself is damaged.
    pub fn embedded(device: Device) -> Result<Self> {
        let weights = Checkpoint::embedded("the built-in reader", embedded::WEIGHTS);
        let mut reader = Self::filled(embedded::ALPHABET, &weights, device)?;
        reader.ngrams = Some(Ngrams::of(embedded::NGRAMS)?);
        reader.freeze();
        Ok(reader)
    }

    /// From a directory with `alphabet.json`, `model.safetensors` and, if it is there, `ngrams.bin`.
    ///
    /// # Errors
    /// `ModelMissing`, `ModelInvalid`, `WeightsMismatch`, naming the file.
    pub fn open(dir: &Path, device: Device) -> Result<Self> {
        let mut reader = Self::open_for_training(dir, device)?;
        let path = dir.join(NGRAMS_FILE);
        if path.exists() {
            let bytes = std::fs::read(&path).map_err(|e| {
                Error::model(ErrorCode::ModelInvalid, "the reader's n-grams can't be read")
                    .at(path.display().to_string())
                    .caused_by(e)
            })?;
            reader.ngrams =
                Some(Ngrams::of(bytes).map_err(|error| error.at(path.display().to_string()))?);
        }
        reader.freeze();
        Ok(reader)
    }

    /// As [`Self::open`], to be trained further.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_for_training(dir: &Path, device: Device) -> Result<Self> {
        let path = dir.join(ALPHABET_FILE);
        let json = std::fs::read_to_string(&path).map_err(|e| {
            Error::model(ErrorCode::ModelMissing, "the reader's alphabet can't be read")
                .at(path.display().to_string())
                .hint("name a directory that `layoutlm reader train` has written")
                .caused_by(e)
        })?;
        Self::filled(&json, &Checkpoint::open(dir)?, device)
    }

    /// As wide as its weights are.
    fn filled(alphabet: &str, weights: &Checkpoint, device: Device) -> Result<Self> {
        let size = Size::of(weights)?.unwrap_or(Size::LARGE);
        let reader = Self::fresh(Alphabet::from_json(alphabet)?, size, device);
        weights.fill(&reader.store, Missing::Refuse)?;
        Ok(reader)
    }

    /// Makes the weights final: no gradients, norms folded.
    pub fn freeze(&mut self) {
        self.store.freeze();
        let _guard = tch::no_grad_guard();
        let _products = products_in(Precision::default().products(self.store.device()));
        self.network.fold();
    }

    /// Writes `alphabet.json` and `model.safetensors`.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn save(&self, dir: &Path) -> Result<()> {
        self.save_alphabet(dir)?;
        write_safetensors(&self.store.variables(), &dir.join(WEIGHTS_FILE))
    }

    /// As [`Self::save`], with matrices in 8 bits: a quarter of the size.
    ///
    /// # Errors
    /// `OutputFailed` names the file.
    pub fn save_packed(&self, dir: &Path) -> Result<()> {
        self.save_alphabet(dir)?;
        write_8bit(&self.store.variables(), &dir.join(WEIGHTS_FILE))
    }

    fn save_alphabet(&self, dir: &Path) -> Result<()> {
        let failed = |path: &Path, e| Error::unwritable(Stage::Train, path, e);
        std::fs::create_dir_all(dir).map_err(|e| failed(dir, e))?;
        let path = dir.join(ALPHABET_FILE);
        std::fs::write(&path, self.alphabet.to_json()).map_err(|e| failed(&path, e))
    }

    /// Reads lines of a picture, each given by its box; a reading for each, in the same order.
    ///
    /// # Errors
    /// `Internal`, only where the resizer fails.
    pub fn read(&self, page: &GrayImage, lines: &[PixelBox]) -> Result<Vec<Reading>> {
        self.read_at(page, lines, 1.0)
    }

    /// As [`Self::read`], with lines shown so many times as wide as they are.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_at(
        &self,
        page: &GrayImage,
        lines: &[PixelBox],
        stretch: f32,
    ) -> Result<Vec<Reading>> {
        let mut readings = vec![Reading::default(); lines.len()];
        let mut strips = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            if let Some(strip) = Strip::cut(page, Region::around(*line), stretch)? {
                strips.push((index, strip));
            }
        }
        strips.sort_by_key(|(_, strip)| strip.width);
        let mut rest = strips.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_length(rest));
            rest = later;
            let paths = self.paths(&batch.iter().map(|(_, strip)| strip).collect::<Vec<_>>());
            for ((index, strip), path) in batch.iter().zip(paths) {
                readings[*index] = self.reading(strip, &path);
            }
        }
        Ok(readings)
    }

    /// Class and log-probability of every step, for each strip.
    pub(crate) fn paths(&self, strips: &[&Strip]) -> Vec<Vec<(i64, f32)>> {
        let device = self.store.device();
        let _products = products_in(Precision::default().products(device));
        let output = tch::no_grad(|| self.network.forward(&stack(strips, device), false));
        let path = |steps: &Vec<Candidates>| match &self.ngrams {
            Some(ngrams) => beam::best_path(steps, &self.alphabet, ngrams, BeamOptions::default()),
            None => steps.iter().map(|step| step[0]).collect(),
        };
        candidates(&output, strips).iter().map(path).collect()
    }

    fn reading(&self, strip: &Strip, path: &[(i64, f32)]) -> Reading {
        let words = decode::words(path, &self.alphabet);
        let bounds = bounds(&words, path.len());
        let words = words.into_iter().zip(bounds).map(|(word, (left, right))| ReadWord {
            bbox: ink_box(strip, left * STEP as usize, right * STEP as usize),
            text: word.text,
            confidence: word.confidence,
        });
        Reading { words: words.collect() }.with_cents()
    }
}

/// `output` [batch, steps, classes] → the best classes and their log-probabilities, cut to each strip's
/// steps.
fn candidates(output: &Tensor, strips: &[&Strip]) -> Vec<Vec<Candidates>> {
    let size = |dim| output.size().get(dim).map_or(0, |&size: &i64| size as usize);
    let (steps, classes) = (size(1), size(2).max(1));
    let values = Vec::<f32>::try_from(output.reshape([-1])).unwrap_or_default();
    values
        .chunks(steps.max(1) * classes)
        .zip(strips)
        .map(|(rows, strip)| {
            let steps = network::steps(strip.width) as usize;
            rows.chunks_exact(classes).take(steps).map(beam::likeliest).collect()
        })
        .collect()
}

/// How many strips, sorted by width, go into one batch.
fn batch_length(strips: &[(usize, Strip)]) -> usize {
    let fits = |(count, (_, strip)): (usize, &(usize, Strip))| {
        (count + 1) * network::steps(strip.width) as usize <= BATCH_STEPS
    };
    strips.iter().enumerate().take_while(|&item| fits(item)).count().max(1)
}

/// First step and the one behind the last, for each word: half-way into the gaps between words.
fn bounds(words: &[decode::StepWord], steps: usize) -> Vec<(usize, usize)> {
    (0..words.len())
        .map(|index| {
            let left = match index.checked_sub(1) {
                Some(before) => (words[before].last + words[index].first).div_ceil(2),
                None => words[index].first.saturating_sub(2),
            };
            let right = match words.get(index + 1) {
                Some(after) => (words[index].last + after.first).div_ceil(2),
                None => (words[index].last + 3).min(steps),
            };
            (left, right.max(left + 1))
        })
        .collect()
}

/// The box of the ink between two columns of a strip, on the page; all of it where there is none.
fn ink_box(strip: &Strip, left: usize, right: usize) -> PixelBox {
    let width = strip.width as usize;
    let (left, right) = (left.min(width.saturating_sub(1)), right.min(width).max(1));
    let inked = |x: usize, y: usize| strip.ink[y * width + x] > INK;
    let columns = || (left..right).filter(|&x| (0..STRIP_HEIGHT as usize).any(|y| inked(x, y)));
    let rows = || (0..STRIP_HEIGHT as usize).filter(|&y| (left..right).any(|x| inked(x, y)));
    let across = (columns().next().unwrap_or(left), columns().next_back().unwrap_or(right - 1));
    let down =
        (rows().next().unwrap_or(0), rows().next_back().unwrap_or(STRIP_HEIGHT as usize - 1));
    PixelBox::new(
        strip.page_x(across.0 as f32).floor() as i64,
        strip.page_y(down.0 as f32).floor() as i64,
        strip.page_x(across.1 as f32 + 1.0).ceil() as i64,
        strip.page_y(down.1 as f32 + 1.0).ceil() as i64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn every_line_gets_a_reading_even_where_there_is_nothing() {
        tch::manual_seed(1);
        let mut reader = LineReader::fresh(Alphabet::default(), Size::SMALL, Device::Cpu);
        reader.freeze();
        let page = GrayImage::from_pixel(300, 200, Luma([255]));
        let lines = [
            PixelBox::new(0, 0, 300, 20),
            PixelBox::new(10, 50, 10, 50),
            PixelBox::new(900, 900, 950, 920),
            PixelBox::new(5, 100, 100, 130),
        ];
        assert_eq!(reader.read(&page, &lines).unwrap().len(), 4);
        assert!(reader.read(&page, &[]).unwrap().is_empty());
    }

    #[test]
    fn a_saved_reader_of_either_width_reads_as_before() {
        for size in [Size::SMALL, Size::LARGE] {
            tch::manual_seed(2);
            let mut reader = LineReader::fresh(Alphabet::default(), size, Device::Cpu);
            let dir = tempfile::tempdir().unwrap();
            reader.save(dir.path()).unwrap();
            reader.freeze();
            let again = LineReader::open(dir.path(), Device::Cpu).unwrap();
            let mut page = GrayImage::from_pixel(300, 40, Luma([255]));
            (0..300).step_by(9).for_each(|x| page.put_pixel(x, 20, Luma([0])));
            let line = [PixelBox::new(0, 5, 300, 35)];
            assert_eq!(reader.read(&page, &line).unwrap(), again.read(&page, &line).unwrap());
        }
    }

    #[test]
    fn weights_of_no_reader_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        LineReader::fresh(Alphabet::default(), Size::SMALL, Device::Cpu).save(dir.path()).unwrap();
        let kind = (tch::Kind::Float, Device::Cpu);
        let vast =
            |index: usize| (format!("conv.{index}.weight"), Tensor::zeros([100_000, 1], kind));
        let mut weights: std::collections::HashMap<String, Tensor> = (0..6).map(vast).collect();
        weights.insert("recurrent.0.forward.state".into(), Tensor::zeros([1, 100_000], kind));
        write_safetensors(&weights, &dir.path().join(WEIGHTS_FILE)).unwrap();
        let error = LineReader::open(dir.path(), Device::Cpu).err().unwrap();
        assert_eq!(error.code, ErrorCode::WeightsMismatch);
    }

    #[test]
    fn a_words_box_lies_close_to_its_ink() {
        let mut page = GrayImage::from_pixel(200, 60, Luma([255]));
        for (x, y) in (100..120).flat_map(|x| (20..40).map(move |y| (x, y))) {
            page.put_pixel(x, y, Luma([0]));
        }
        let region = Region { left: 0.0, top: 14.0, width: 200.0, height: 32.0 };
        let strip = Strip::cut(&page, region, 1.0).unwrap().unwrap();
        let bbox = ink_box(&strip, 80, 150);
        assert_eq!(bbox, PixelBox::new(100, 20, 120, 40));
    }

    #[test]
    fn words_share_the_gap_between_them() {
        let word =
            |first, last| decode::StepWord { text: "x".to_string(), first, last, confidence: 1.0 };
        assert_eq!(bounds(&[word(3, 6), word(10, 12)], 20), [(1, 8), (8, 15)]);
        assert_eq!(bounds(&[word(0, 0)], 1), [(0, 1)]);
    }
}
