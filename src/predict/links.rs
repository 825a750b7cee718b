//! Questions and answers that the model found → how likely each pair belongs together.

use crate::decode::bio::{BioOptions, spans};
use crate::decode::page::WordPair;
use crate::document::Word;
use crate::encode::Window;
use crate::error::{Error, ErrorCode, Result};
use crate::labels::LabelSet;
use crate::model::relation::RelationHead;
use std::collections::BTreeSet;
use tch::{Device, Tensor};

/// A window with the states of its tokens, [tokens, hidden].
pub type StatedWindow<'a> = (&'a Window, Tensor);

/// Asks the head about every question and answer that stand in one window together.
///
/// # Errors
/// As [`spans`].
pub fn pairs(
    head: &RelationHead,
    words: &[Word],
    probabilities: &[Vec<f32>],
    labels: &LabelSet,
    windows: &[StatedWindow],
) -> Result<Vec<WordPair>> {
    let found = spans(words, probabilities, labels, BioOptions::default())?;
    let firsts = |label: &str| -> Vec<usize> {
        let wanted = labels.entity_index(label);
        let matching = found.iter().filter(|span| Some(span.label) == wanted);
        matching.filter_map(|span| span.words.first().copied()).collect()
    };
    let (questions, answers) = (firsts("question"), firsts("answer"));
    let mut asked: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut all = Vec::new();
    for (window, states) in windows {
        let tokens = window.first_tokens();
        let mut here = Vec::new();
        for (&question, &answer) in
            questions.iter().flat_map(|q| answers.iter().map(move |a| (q, a)))
        {
            if let (Some(&q), Some(&a)) = (tokens.get(&question), tokens.get(&answer))
                && asked.insert((question, answer))
            {
                here.push(((question, answer), (q, a)));
            }
        }
        let places: Vec<(usize, usize)> = here.iter().map(|(_, place)| *place).collect();
        let scores = scores(head, window, states, &places)?;
        all.extend(here.into_iter().zip(scores).map(|(((question, answer), _), score)| WordPair {
            question,
            answer,
            score,
        }));
    }
    Ok(all)
}

fn scores(
    head: &RelationHead,
    window: &Window,
    states: &Tensor,
    places: &[(usize, usize)],
) -> Result<Vec<f32>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let device = states.device();
    let boxes: Vec<i64> = window.boxes.iter().flat_map(|b| b.to_array()).collect();
    let boxes = Tensor::from_slice(&boxes).view([-1, 4]).to_device(device); // [tokens, 4]
    let index = |of: fn(&(usize, usize)) -> usize| {
        let tokens: Vec<i64> = places.iter().map(|place| of(place) as i64).collect();
        Tensor::from_slice(&tokens).to_device(device)
    };
    let (questions, answers) = (index(|place| place.0), index(|place| place.1));
    let logits = tch::no_grad(|| {
        let of = |tokens: &Tensor| (states.index_select(0, tokens), boxes.index_select(0, tokens));
        let ((q, q_boxes), (a, a_boxes)) = (of(&questions), of(&answers));
        head.forward([&q, &a], [&q_boxes, &a_boxes], false)
    });
    Vec::<f32>::try_from(logits.sigmoid().to_device(Device::Cpu)).map_err(|e| {
        Error::model(ErrorCode::Internal, "scores of links can't be read back").caused_by(e)
    })
}
