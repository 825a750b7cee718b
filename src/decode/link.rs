//! Scores of question–answer pairs → links.
//!
//! The scores come from a learned relation head, or, for models without one, from how the two boxes
//! lie to each other: forms put an answer to the right of its question or below it.

use crate::document::{Entity, Relation};
use crate::geometry::PixelBox;

/// The label of links between questions and answers.
pub const QUESTION_ANSWER: &str = "question-answer";

/// How likely it is that an answer belongs to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairScore {
    /// Index of the question among the entities.
    pub question: usize,
    /// Index of the answer.
    pub answer: usize,
    /// 0–1.
    pub score: f32,
}

/// Rules of linking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkOptions {
    /// Pairs below this score are not linked.
    pub min_score: f32,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self { min_score: 0.5 }
    }
}

/// Every pair of a question and an answer on one page, (question, answer): what a learned scorer is
/// asked about.
pub fn candidate_pairs(entities: &[Entity]) -> Vec<(usize, usize)> {
    let of = |label: &'static str| {
        entities.iter().enumerate().filter(move |(_, entity)| entity.label == label)
    };
    of("question")
        .flat_map(|(question, asked)| {
            of("answer")
                .filter(move |(_, given)| given.page == asked.page)
                .map(move |(answer, _)| (question, answer))
        })
        .collect()
}

/// Links every answer to its best question; a question may have several answers. The result is in
/// the order of the answers.
pub fn link(entities: &[Entity], pairs: &[PairScore], options: LinkOptions) -> Vec<Relation> {
    let mut best: Vec<Option<PairScore>> = vec![None; entities.len()];
    for pair in pairs {
        let known = pair.question < entities.len() && pair.answer < entities.len();
        if known
            && pair.score >= options.min_score
            && best[pair.answer].is_none_or(|held| pair.score > held.score)
        {
            best[pair.answer] = Some(*pair);
        }
    }
    best.into_iter()
        .flatten()
        .map(|pair| Relation {
            head: entities[pair.question].id,
            tail: entities[pair.answer].id,
            label: QUESTION_ANSWER.to_string(),
            score: pair.score.clamp(0.0, 1.0),
        })
        .collect()
}

/// Scores from geometry alone.
pub fn geometric_pairs(entities: &[Entity]) -> Vec<PairScore> {
    let boxes: Vec<(usize, u32, PixelBox)> = entities
        .iter()
        .enumerate()
        .filter(|(_, entity)| matches!(entity.label.as_str(), "question" | "header"))
        .map(|(index, entity)| (index, entity.page, entity.bbox))
        .collect();
    candidate_pairs(entities)
        .into_iter()
        .filter_map(|(question, answer)| {
            let (asked, given) = (&entities[question], &entities[answer]);
            let others = boxes
                .iter()
                .filter(|(index, page, _)| *index != question && *page == asked.page)
                .map(|(_, _, bbox)| *bbox);
            let cost = cost(asked.bbox, line_height(asked), given, others)?;
            Some(PairScore { question, answer, score: 1.0 / (1.0 + cost / COST_AT_HALF) })
        })
        .collect()
}

/// Cost at which a pair's score has fallen to a half.
const COST_AT_HALF: f32 = 60.0;
/// What another question between the two costs.
const BLOCKED: f32 = 20.0;
/// An answer below its question is less common than one beside it.
const BELOW: f32 = 2.0;
/// One to the left is rare: boxes to tick.
const LEFT: f32 = 10.0;
/// So is one above: lines to sign on, with a caption under them.
const ABOVE: f32 = 12.0;
/// One to the right that begins on a later or an earlier line.
const ASKEW: f32 = 25.0;
/// A height down counts as much as this many across.
const DOWN: f32 = 4.0;

/// How unlikely a pair is, in heights of the question's lines; `None` where the two lie askew.
fn cost(
    asked: PixelBox,
    height: f32,
    answer: &Entity,
    others: impl Iterator<Item = PixelBox>,
) -> Option<f32> {
    // An answer over several lines begins on its first one.
    let given = answer.bbox;
    let start = answer.words.first().map_or(given, |word| word.bbox);
    let shared = |a0: u32, a1: u32, b0: u32, b1: u32| a1.min(b1) as f32 - a0.max(b0) as f32;
    let lines = shared(asked.top(), asked.bottom(), start.top(), start.bottom());
    let beside = lines > 0.4 * asked.height().min(start.height()).max(1) as f32;
    let columns = shared(asked.left(), asked.right(), given.left(), given.right());
    let (base, corridor) = if beside && start.center_x() >= asked.center_x() {
        let gap = (f32_gap(start.left(), asked.right()) / height).max(0.0);
        (gap, between_columns(asked, start))
    } else if beside {
        let gap = (f32_gap(asked.left(), given.right()) / height).max(0.0);
        (LEFT + gap, between_columns(given, asked))
    } else if columns > -2.0 * height {
        let aside = ((start.left() as f32 - asked.left() as f32).abs() / height).min(8.0);
        let below = given.center_y() > asked.center_y();
        let (upper, lower) = if below { (asked, given) } else { (given, asked) };
        let gap = (f32_gap(lower.top(), upper.bottom()) / height).max(0.0);
        let base = if below { BELOW } else { ABOVE };
        (base + DOWN * gap + aside, between_rows(upper, lower))
    } else if start.left() >= asked.right() {
        let across = f32_gap(start.left(), asked.right()) / height;
        let down = (start.center_y() - asked.center_y()).abs() / height;
        (ASKEW + across + DOWN * down, None)
    } else {
        return None;
    };
    let blocked = others.filter(|other| corridor.is_some_and(|c| covers(c, *other))).count();
    Some(base + BLOCKED * blocked as f32)
}

fn f32_gap(after: u32, before: u32) -> f32 {
    after as f32 - before as f32
}

/// The space between two boxes side by side, as high as the left one.
fn between_columns(left: PixelBox, right: PixelBox) -> Option<PixelBox> {
    let edges = [left.right(), left.top(), right.left(), left.bottom()].map(i64::from);
    (edges[2] > edges[0]).then(|| PixelBox::from(edges))
}

/// The space between two boxes one above the other, where both stand.
fn between_rows(above: PixelBox, below: PixelBox) -> Option<PixelBox> {
    let left = above.left().max(below.left()).min(above.right().min(below.right()));
    let right = above.right().min(below.right()).max(left + 1);
    let edges = [left, above.bottom(), right, below.top()].map(i64::from);
    (edges[3] > edges[1]).then(|| PixelBox::from(edges))
}

/// Whether another question's middle lies in the way.
fn covers(corridor: PixelBox, other: PixelBox) -> bool {
    let shared = corridor.intersection_area(other);
    let high =
        corridor.top() as f32 <= other.center_y() && other.center_y() <= corridor.bottom() as f32;
    let wide =
        corridor.left() as f32 <= other.center_x() && other.center_x() <= corridor.right() as f32;
    shared > 0 && (high || wide)
}

/// Mean height of an entity's words.
fn line_height(entity: &Entity) -> f32 {
    let total: u32 = entity.words.iter().map(|word| word.bbox.height()).sum();
    (total as f32 / entity.words.len().max(1) as f32).max(1.0)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
