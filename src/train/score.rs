//! Scores on the dev split while training: what `eval` measures, from words to fields.

use super::data::Sample;
use super::trainer::Score;
use crate::decode::page::PagePrediction;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::metrics::Counts;
use crate::eval::report::Report;
use crate::eval::run::{EvalOptions, evaluate};
use crate::predict::{Predictor, Question};
use image::RgbImage;
use serde_json::{Map, json};

/// A page to be scored on.
pub struct DevPage {
    pub sample: Sample,
    /// 224×224
    pub picture: RgbImage,
}

/// Pages asked about at once.
const PAGES_AT_ONCE: usize = 16;

/// Asks the model about every page.
///
/// # Errors
/// From the model; the first.
pub fn score(predictor: &Predictor, pages: &[DevPage]) -> Result<Score> {
    // The intervals are for reports.
    let options = EvalOptions { resamples: 0, ..EvalOptions::default() };
    // Links guessed from places don't get better by training.
    let counts_links = predictor.model.relation.is_some();
    Ok(summary(&report(predictor, pages, &options)?, counts_links))
}

/// As [`score`], with all that `eval` says.
///
/// # Errors
/// From the model; the first.
pub fn report(predictor: &Predictor, pages: &[DevPage], options: &EvalOptions) -> Result<Report> {
    let mut predictions: Vec<PagePrediction> = Vec::with_capacity(pages.len());
    for chunk in pages.chunks(PAGES_AT_ONCE) {
        let questions: Vec<Question> =
            chunk.iter().map(|page| page.sample.question(&page.picture)).collect();
        for prediction in predictor.predict(&questions) {
            predictions.push(prediction?);
        }
    }
    let samples: Vec<Sample> = pages.iter().map(|page| page.sample.clone()).collect();
    let mut predictions = predictions.into_iter();
    let next = |_: &Sample| {
        predictions
            .next()
            .ok_or_else(|| Error::model(ErrorCode::Internal, "the page got no answer"))
    };
    Ok(evaluate(&samples, next, options))
}

/// F1 of entities with exactly the true words; F1 of key values without case, spaces and punctuation,
/// where the data set gives them; F1 of links, where the model learns them. What decides is the mean of
/// those that are known.
fn summary(report: &Report, counts_links: bool) -> Score {
    let entity_f1 = report.entities.micro.f1();
    let relaxed = report.fields.as_ref().map(|fields| &fields.relaxed);
    let field_f1 = relaxed.map(|scores| scores.micro.f1());
    let fields: Map<String, serde_json::Value> = relaxed
        .iter()
        .flat_map(|scores| &scores.labels)
        .map(|(label, counts)| (label.clone(), json!(counts.f1())))
        .collect();
    let link_f1 = report.links.map(Counts::f1).filter(|_| counts_links);
    let known: Vec<f64> = [Some(entity_f1), field_f1, link_f1].into_iter().flatten().collect();
    let overall = known.iter().sum::<f64>() / known.len() as f64;
    let mut text = format!("entity F1 {entity_f1:.4}");
    if let (Some(field_f1), Some(scores)) = (field_f1, relaxed) {
        let part = |(label, counts): (&String, &Counts)| format!("{label} {:.3}", counts.f1());
        let parts: Vec<String> = scores.labels.iter().map(part).collect();
        text += &format!(", field F1 {field_f1:.4} ({})", parts.join(", "));
    }
    if let Some(link_f1) = link_f1 {
        text += &format!(", link F1 {link_f1:.4}");
    }
    let mut values = Map::new();
    values.insert("entity_f1".into(), json!(entity_f1));
    values.insert("field_f1".into(), json!(field_f1));
    values.insert("fields".into(), fields.into());
    values.extend(link_f1.map(|link_f1| ("link_f1".to_string(), json!(link_f1))));
    Score { overall, values, text }
}
