//! Cross-entropy of classes, and the score on the pages held out.

use super::windows::{ClassBatch, class_index};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::eval::classes::{ClassReport, PageOutcome};
use crate::eval::run::EvalOptions;
use crate::model::heads::Logits;
use crate::predict::classify::Classifier;
use crate::train::data::document_of;
use crate::train::example::IGNORED;
use crate::train::score::DevPage;
use crate::train::trainer::{Loss, Objective, Score};
use serde_json::{Map, json};
use tch::{Reduction, Tensor};

/// The classes of pages.
pub struct Classifying<'a> {
    pub classifier: &'a Classifier,
    pub dev: &'a [DevPage],
    /// `[classes]`: how much a window of each class counts; alike without it.
    pub class_weights: Option<Tensor>,
}

impl Objective for Classifying<'_> {
    type Batch = ClassBatch;

    fn loss(&self, batch: &ClassBatch) -> Result<Loss> {
        let model = &self.classifier.model;
        let (Logits::Sequence(logits), _) = model.forward_train(&batch.inputs) else {
            let message = "a page head answers per page";
            return Err(Error::new(Stage::Train, ErrorCode::Internal, message));
        };
        let weights = self.class_weights.as_ref();
        let total =
            logits.cross_entropy_loss(&batch.classes, weights, Reduction::Mean, IGNORED, 0.0);
        let (rows, seq) = batch.inputs.size();
        let tokens = (rows * (seq + model.config.visual_tokens())) as usize;
        Ok(Loss { total: Some(total), parts: Vec::new(), tokens })
    }

    fn score(&self) -> Result<Option<Score>> {
        if self.dev.is_empty() {
            return Ok(None);
        }
        // The interval is for reports.
        let options = EvalOptions { resamples: 0, ..EvalOptions::default() };
        Ok(Some(summary(&report(self.classifier, self.dev, &options)?)))
    }
}

/// Asks the model about every page.
///
/// # Errors
/// From the model; `DataInvalid` for a page of a class that it does not know.
pub fn report(
    classifier: &Classifier,
    pages: &[DevPage],
    options: &EvalOptions,
) -> Result<ClassReport> {
    let outcomes =
        pages.iter().map(|page| outcome(classifier, page)).collect::<Result<Vec<_>>>()?;
    Ok(ClassReport::of(&classifier.classes, &outcomes, options))
}

fn outcome(classifier: &Classifier, page: &DevPage) -> Result<PageOutcome> {
    let sample = &page.sample;
    let question = sample.question(&page.picture);
    Ok(PageOutcome {
        document: document_of(&sample.id).to_string(),
        probabilities: classifier.classify(&question).map_err(|e| e.at(&sample.id))?,
        class: class_index(sample, &classifier.classes)?,
    })
}

/// What decides is the mean of accuracy and of the true class's probability: of a few dozen pages held
/// out, many passes get the same number right.
fn summary(report: &ClassReport) -> Score {
    let mut values = Map::new();
    values.insert("accuracy".into(), json!(report.accuracy));
    values.insert("macro_f1".into(), json!(report.classes.macro_f1()));
    values.insert("true_probability".into(), json!(report.true_probability));
    Score {
        overall: f64::midpoint(report.accuracy, report.true_probability),
        values,
        text: format!(
            "accuracy {:.4}, macro F1 {:.4}, mean probability of the true class {:.4}",
            report.accuracy,
            report.classes.macro_f1(),
            report.true_probability
        ),
    }
}
