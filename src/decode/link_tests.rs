//! Tests of links: entities are written as (label, left, top, right, bottom).

use super::*;
use crate::document::Word;

fn entity(id: usize, label: &str, edges: [i64; 4]) -> Entity {
    let bbox = PixelBox::from(edges);
    Entity {
        id,
        label: label.to_string(),
        text: String::new(),
        value: None,
        score: 1.0,
        ocr_confidence: 1.0,
        page: 1,
        bbox,
        words: vec![Word { text: "w".to_string(), bbox, confidence: 1.0, line: 0, block: 0 }],
    }
}

fn linked(entities: &[Entity]) -> Vec<(usize, usize)> {
    let relations = link(entities, &geometric_pairs(entities), LinkOptions::default());
    relations.into_iter().map(|relation| (relation.head, relation.tail)).collect()
}

#[test]
fn an_answer_belongs_to_the_question_on_its_left() {
    let entities = [
        entity(10, "question", [0, 0, 100, 20]),
        entity(11, "answer", [120, 0, 300, 20]),
        entity(12, "question", [0, 30, 100, 50]),
        entity(13, "answer", [120, 30, 300, 50]),
        entity(14, "question", [400, 0, 500, 20]),
        entity(15, "answer", [520, 0, 600, 20]),
    ];
    assert_eq!(linked(&entities), [(10, 11), (12, 13), (14, 15)]);
}

#[test]
fn an_answer_may_stand_below_its_question() {
    let entities = [
        entity(0, "question", [0, 0, 100, 20]),
        entity(1, "question", [300, 0, 400, 20]),
        entity(2, "answer", [0, 24, 120, 44]),
        entity(3, "answer", [310, 24, 420, 44]),
    ];
    assert_eq!(linked(&entities), [(0, 2), (1, 3)]);
}

#[test]
fn another_question_in_between_parts_a_pair() {
    let entities = [
        entity(0, "question", [0, 0, 100, 20]),
        entity(1, "question", [150, 0, 250, 20]),
        entity(2, "answer", [260, 0, 400, 20]),
    ];
    assert_eq!(linked(&entities), [(1, 2)]);
}

#[test]
fn a_question_may_have_several_answers_but_not_the_reverse() {
    let entities = [
        entity(0, "question", [0, 0, 100, 20]),
        entity(1, "answer", [0, 24, 100, 44]),
        entity(2, "answer", [0, 48, 100, 68]),
        entity(3, "question", [500, 500, 600, 520]),
    ];
    let pairs = [
        PairScore { question: 0, answer: 1, score: 0.9 },
        PairScore { question: 0, answer: 2, score: 0.8 },
        PairScore { question: 3, answer: 2, score: 0.7 },
        PairScore { question: 3, answer: 1, score: 0.2 },
        PairScore { question: 9, answer: 9, score: 1.0 },
    ];
    let relations = link(&entities, &pairs, LinkOptions::default());
    let found: Vec<_> = relations.iter().map(|r| (r.head, r.tail, r.score)).collect();
    assert_eq!(found, [(0, 1, 0.9), (0, 2, 0.8)]);
}

#[test]
fn pairs_stay_on_their_page() {
    let mut entities =
        [entity(0, "question", [0, 0, 100, 20]), entity(1, "answer", [120, 0, 300, 20])];
    entities[1].page = 2;
    assert!(candidate_pairs(&entities).is_empty());
}
