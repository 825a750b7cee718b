//! Windows of pages, each with the class of its page, in batches.

use crate::encode::Window;
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::model::trunk::Inputs;
use crate::predict::classify::Classifier;
use crate::train::data::Sample;
use crate::train::finetune::pictures;
use crate::train::trainer::BatchSource;
use crate::train::windows::Batching;
use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

/// One window.
#[derive(Debug, Clone)]
pub struct ClassExample {
    pub window: Window,
    pub class: usize,
    /// Index into [`ClassSet::pictures`].
    pub picture: usize,
}

/// Examples of many pages.
#[derive(Debug, Default)]
pub struct ClassSet {
    pub examples: Vec<ClassExample>,
    /// 224×224 each.
    pub pictures: Vec<RgbImage>,
}

impl ClassSet {
    /// # Errors
    /// Of the first sample that can't be used, with its id.
    pub fn of(samples: &[Sample], classifier: &Classifier) -> Result<Self> {
        let mut set = Self::default();
        for (sample, picture) in samples.iter().zip(pictures(samples)) {
            let class = class_index(sample, &classifier.classes)?;
            let picture = picture.map_err(|e| e.at(&sample.id))?;
            let windows = classifier.encode(&sample.question(&picture));
            for window in windows.map_err(|e| e.at(&sample.id))? {
                set.examples.push(ClassExample { window, class, picture: set.pictures.len() });
            }
            set.pictures.push(picture);
        }
        Ok(set)
    }
}

/// Id of a page's class.
///
/// # Errors
/// `DataInvalid` for a page of no class that the model has.
pub fn class_index(sample: &Sample, classes: &[String]) -> Result<usize> {
    let class = sample.class.as_ref();
    class.and_then(|class| classes.iter().position(|known| known == class)).ok_or_else(|| {
        let class = class.map_or("no class", String::as_str);
        let message = format!("the page has `{class}`, which the model does not know");
        Error::new(Stage::Train, ErrorCode::DataInvalid, message)
            .at(&sample.id)
            .hint(format!("classes of the model: {}", classes.join(", ")))
    })
}

/// Batches of such windows.
pub struct ClassWindows<'a> {
    set: &'a ClassSet,
    batching: Batching,
}

impl<'a> ClassWindows<'a> {
    pub fn new(set: &'a ClassSet, batching: Batching) -> Self {
        Self { set, batching }
    }
}

/// Inputs, and the class of each row, `[batch]` i64.
pub struct ClassBatch {
    pub inputs: Inputs,
    pub classes: Tensor,
}

impl BatchSource for ClassWindows<'_> {
    type Job = Vec<usize>;
    type Batch = ClassBatch;

    fn pass(&self, pass: usize) -> Box<dyn Iterator<Item = Result<Vec<usize>>> + Send + '_> {
        let windows = self.set.examples.iter().map(|example| &example.window);
        Box::new(self.batching.pass(windows, pass).into_iter().map(Ok))
    }

    fn prepare(&self, batch: Vec<usize>, random: &mut ChaCha8Rng) -> Result<ClassBatch> {
        let examples: Vec<&ClassExample> = batch.iter().map(|&i| &self.set.examples[i]).collect();
        let windows: Vec<&Window> = examples.iter().map(|e| &e.window).collect();
        let pictures: Vec<&RgbImage> =
            examples.iter().map(|e| &self.set.pictures[e.picture]).collect();
        let classes: Vec<i64> = examples.iter().map(|e| e.class as i64).collect();
        Ok(ClassBatch {
            inputs: self.batching.inputs(&windows, &pictures, random),
            classes: Tensor::from_slice(&classes).to_device(self.batching.device),
        })
    }
}
