//! Everything the model said about a page → its entities and links. Training's scores and `extract`
//! both go through here, so that what is measured is what users get.

use super::addresses::heed_addresses;
use super::balance::{balance_sums, relabel_totals};
use super::banks::doubt_banks;
use super::bio::{self, BioOptions, Span};
use super::caption::heed_captions;
use super::chains::heed_chains;
use super::columns::part_columns;
use super::complete::complete;
use super::context::ValueContext;
use super::cut_number::complete_cut_numbers;
use super::cut_total::complete_cut_totals;
use super::danfe::heed_danfe;
use super::fields::FieldOptions;
use super::link::{LinkOptions, PairScore, geometric_pairs, link};
use super::name_rows::end_names;
use super::parties::{join_names, relabel_buyers, relabel_sellers};
use super::party_sections::heed_sections;
use super::quantities::doubt_quantities;
use super::rates::join_rates;
use super::receipts::doubt_unnamed;
use super::scraps::leave_out_scraps;
use super::second_choice::second_choices;
use super::sequence::Evidence;
use super::signatures::heed_signatures;
use super::streets::doubt_streets;
use super::sums::sums_of;
use super::total_rows::weigh_total_rows;
use super::value::add_values;
use super::web_names::heed_web_names;
use super::whole_name::complete_names;
use crate::document::{Entity, Page, Relation};
use crate::error::Result;
use crate::geometry::PixelBox;
use crate::labels::{LabelSet, Tag};

/// All rules of decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodeOptions {
    pub bio: BioOptions,
    pub links: LinkOptions,
    pub fields: FieldOptions,
    /// Entities below this score are left out.
    pub min_score: f32,
    /// Only these labels, lower case; all without any.
    pub labels: Vec<String>,
    /// Where no word of a page gets a field's label, the one that comes nearest is taken from this
    /// probability on; 1 takes none.
    pub second_choice: f32,
    /// Let field names beside values speak for and against labels.
    pub captions: bool,
}

impl DecodeOptions {
    /// Whether entities of a label are asked for.
    fn wants(&self, label: &str) -> bool {
        self.labels.is_empty() || self.labels.iter().any(|wanted| wanted == label)
    }
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            bio: BioOptions::default(),
            links: LinkOptions::default(),
            fields: FieldOptions::default(),
            min_score: 0.0,
            labels: Vec::new(),
            second_choice: 0.3,
            captions: true,
        }
    }
}

/// One classifier's answer for a page.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadPrediction {
    pub labels: LabelSet,
    /// [words][classes]
    pub probabilities: Vec<Vec<f32>>,
}

impl HeadPrediction {
    /// Multiplies what the model gives a word for each label by `weight(label, begins)`, where `begins`
    /// tells `B-` from `I-`; the word's classes add up to one after it.
    pub(super) fn weigh(&mut self, word: usize, weight: impl Fn(&str, bool) -> f32) {
        let Some(row) = self.probabilities.get_mut(word) else { return };
        let labels = self.labels.entities();
        for (id, probability) in row.iter_mut().enumerate() {
            match self.labels.tag(id) {
                Some(Tag::Begin(label)) => *probability *= weight(&labels[label], true),
                Some(Tag::Inside(label)) => *probability *= weight(&labels[label], false),
                _ => {}
            }
        }
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|probability| *probability /= sum.max(f32::MIN_POSITIVE));
    }

    /// As [`Self::weigh`], of one label alone.
    pub(super) fn weigh_label(&mut self, word: usize, label: &str, weight: f32) {
        self.weigh(word, |of, _| if of == label { weight } else { 1.0 });
    }

    /// Multiplies what the model gives words that follow each other as one entity of a label: the first as its
    /// beginning, the others as what goes on.
    pub(super) fn favour(
        &mut self,
        words: impl IntoIterator<Item = usize>,
        label: &str,
        weight: f32,
    ) {
        for (position, word) in words.into_iter().enumerate() {
            self.weigh(
                word,
                |of, begins| {
                    if of == label && begins == (position == 0) { weight } else { 1.0 }
                },
            );
        }
    }

    /// As [`Self::favour`], also where the model has as good as ruled the label out.
    pub(super) fn insist(&mut self, words: &[usize], label: &str, weight: f32) {
        /// Below this, what a model gives tells nothing.
        const LEAST: f32 = 1e-5;
        for (position, word) in words.iter().enumerate() {
            let tag = |label| if position == 0 { Tag::Begin(label) } else { Tag::Inside(label) };
            let class =
                self.labels.entity_index(label).and_then(|label| self.labels.id_of(tag(label)));
            let row = self.probabilities.get_mut(*word);
            if let Some(given) = class.and_then(|class| row?.get_mut(class)) {
                *given = given.max(LEAST);
            }
        }
        self.favour(words.iter().copied(), label, weight);
    }

    /// What the model gives a word for a label, by its index.
    pub(super) fn given(&self, word: usize, label: usize) -> f32 {
        let row = self.probabilities.get(word);
        row.map_or(0.0, |row| Evidence::new(row, &self.labels).of(label))
    }
}

/// How likely it is that two groups of words belong together, named as samples name them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordPair {
    /// First word of the question.
    pub question: usize,
    /// First word of the answer.
    pub answer: usize,
    /// 0–1.
    pub score: f32,
}

/// What the model said about a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PagePrediction {
    /// A head for fields, a head for form parts: their entities are listed together.
    pub heads: Vec<HeadPrediction>,
    /// From a relation head; `None` without one, and geometry decides.
    pub pairs: Option<Vec<WordPair>>,
}

/// What was found on a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageDecoding {
    /// In order of their first words; ids are counted from 0.
    pub entities: Vec<Entity>,
    /// Words of each entity, by their indices on the page.
    pub words: Vec<Vec<usize>>,
    pub relations: Vec<Relation>,
}

impl PageDecoding {
    /// Takes an entity out, with its words.
    pub(super) fn remove(&mut self, entity: usize) {
        self.entities.remove(entity);
        self.words.remove(entity);
    }

    /// Counts ids from 0 again, after entities came or went.
    pub(super) fn count_ids(&mut self) {
        for (id, entity) in self.entities.iter_mut().enumerate() {
            entity.id = id;
        }
    }

    /// Makes an entity of these words, which are in order: its text, box and confidence follow.
    pub(super) fn set_words(&mut self, entity: usize, page: &Page, indices: Vec<usize>) {
        let words: Vec<_> = indices.iter().map(|word| page.words[*word].clone()).collect();
        let texts: Vec<&str> = words.iter().map(|word| word.text.trim()).collect();
        let found = &mut self.entities[entity];
        found.text = texts.join(" ");
        if let Some(bbox) = PixelBox::union_of(words.iter().map(|word| word.bbox)) {
            found.bbox = bbox;
        }
        let confidence = words.iter().map(|word| word.confidence).sum::<f32>();
        found.ocr_confidence = confidence / words.len() as f32;
        found.words = words;
        self.words[entity] = indices;
    }
}

/// Groups, reads and links one page.
///
/// # Errors
/// When a head's probabilities fit neither the words nor its labels.
pub fn decode_page(
    page: &Page,
    prediction: &PagePrediction,
    options: &DecodeOptions,
) -> Result<PageDecoding> {
    let mut found: Vec<(Span, &LabelSet)> = Vec::new();
    let context = ValueContext::of_page(page);
    // Plain aggregation gives what the Python pipeline gives.
    let is_plain = options.bio.aggregation.is_plain();
    for head in &prediction.heads {
        let labels = &head.labels;
        let mut head = head.clone();
        if options.captions && !is_plain {
            doubt_streets(&mut head, &page.words);
            doubt_quantities(&mut head, &page.words);
            doubt_unnamed(&mut head, &page.words);
            heed_captions(&mut head, &page.words, page.number == 1, &context);
            heed_danfe(&mut head, &page.words);
            heed_web_names(&mut head, &page.words);
            heed_signatures(&mut head, &page.words);
            doubt_banks(&mut head, &page.words);
            heed_sections(&mut head, &page.words);
            heed_chains(&mut head, &page.words);
            heed_addresses(&mut head, &page.words, page.number == 1);
        }
        if options.fields.check_sums && !is_plain {
            let sums = sums_of(&head, &page.words, &context);
            weigh_total_rows(&mut head, &page.words, &sums);
            balance_sums(&mut head, &page.words, &context);
        }
        let mut spans = bio::spans(&page.words, &head.probabilities, &head.labels, options.bio)
            .map_err(|error| error.on_page(page.number))?;
        if !is_plain {
            join_names(&mut spans, &head, &page.words);
            relabel_sellers(&mut spans, &head, &page.words);
            relabel_buyers(&mut spans, &head, &page.words);
            part_columns(&mut spans, &head, &page.words);
        }
        if !is_plain && options.second_choice < 1.0 {
            let least = options.second_choice;
            spans.extend(second_choices(&head, &page.words, &spans, &context, least));
        }
        found.extend(spans.into_iter().map(|span| (span, labels)));
    }
    found.sort_by_key(|(span, _)| span.words.first().copied());
    let mut decoding = PageDecoding::default();
    for (span, labels) in found {
        let Some(entity) = bio::entity(page, &span, labels, decoding.entities.len()) else {
            continue;
        };
        if options.wants(&entity.label)
            && entity.score >= options.min_score
            && !entity.text.is_empty()
        {
            decoding.entities.push(entity);
            decoding.words.push(span.words);
        }
    }
    if !is_plain {
        complete_cut_numbers(&mut decoding, page);
    }
    add_values(&mut decoding.entities, &context);
    complete(&mut decoding, page, &context);
    if options.fields.check_sums && !is_plain {
        complete_cut_totals(&mut decoding.entities);
        relabel_totals(&mut decoding.entities);
        let has_taxes =
            prediction.heads.iter().any(|head| head.labels.entity_index("tax").is_some());
        if has_taxes && options.wants("tax") {
            join_rates(&mut decoding, page, &context);
        }
    }
    if !is_plain {
        complete_names(&mut decoding, page);
        leave_out_scraps(&mut decoding, page);
        end_names(&mut decoding, page);
    }
    let pairs = match &prediction.pairs {
        Some(pairs) => pairs_of_words(&decoding, pairs),
        None => geometric_pairs(&decoding.entities),
    };
    decoding.relations = link(&decoding.entities, &pairs, options.links);
    Ok(decoding)
}

/// The words of every entity of one label, as a relation head is asked about questions and answers.
///
/// # Errors
/// As [`decode_page`].
pub fn words_of_label(
    page: &Page,
    head: &HeadPrediction,
    label: &str,
    options: &DecodeOptions,
) -> Result<Vec<Vec<usize>>> {
    let spans = bio::spans(&page.words, &head.probabilities, &head.labels, options.bio)?;
    let wanted = head.labels.entity_index(label);
    let matching = spans.into_iter().filter(|span| Some(span.label) == wanted);
    Ok(matching.map(|span| span.words).collect())
}

fn pairs_of_words(decoding: &PageDecoding, pairs: &[WordPair]) -> Vec<PairScore> {
    let entity = |word: usize, label: &str| {
        let mut all = decoding.entities.iter().zip(&decoding.words);
        all.position(|(entity, words)| entity.label == label && words.first() == Some(&word))
    };
    pairs
        .iter()
        .filter_map(|pair| {
            Some(PairScore {
                question: entity(pair.question, "question")?,
                answer: entity(pair.answer, "answer")?,
                score: pair.score,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Value, Word, WordSource};
    use crate::geometry::PageSize;

    fn page(texts: &[&str]) -> Page {
        let words = texts.iter().enumerate().map(|(index, text)| Word {
            text: (*text).to_string(),
            bbox: PixelBox::new(100 * index as i64, 0, 100 * index as i64 + 80, 20),
            confidence: 1.0,
            line: 0,
            block: 0,
        });
        Page {
            number: 3,
            size: PageSize::new(1000, 100),
            dpi: None,
            rotation: 0,
            source: WordSource::Given,
            words: words.collect(),
        }
    }

    fn head(labels: &[&str], tags: &[&str]) -> HeadPrediction {
        let labels = LabelSet::bio(labels);
        let row = |tag: &&str| labels.names().iter().map(|n| f32::from(n == tag)).collect();
        HeadPrediction { probabilities: tags.iter().map(row).collect(), labels }
    }

    fn prediction() -> PagePrediction {
        PagePrediction {
            heads: vec![
                head(&["total"], &["O", "B-TOTAL", "I-TOTAL", "O"]),
                head(&["question", "answer"], &["B-QUESTION", "B-ANSWER", "I-ANSWER", "B-ANSWER"]),
            ],
            pairs: None,
        }
    }

    #[test]
    fn heads_are_decoded_side_by_side() {
        let page = page(&["Total:", "RM", "23.60", "paid"]);
        let decoding = decode_page(&page, &prediction(), &DecodeOptions::default()).expect("fits");
        let labels: Vec<&str> = decoding.entities.iter().map(|e| e.label.as_str()).collect();
        assert_eq!(labels, ["question", "total", "answer", "answer"]);
        assert_eq!(decoding.entities.iter().map(|e| e.id).collect::<Vec<_>>(), [0, 1, 2, 3]);
        let expected =
            Value::Amount { amount: "23.60".to_string(), currency: Some("MYR".to_string()) };
        assert_eq!(decoding.entities[1].value, Some(expected));
        assert_eq!((decoding.relations[0].head, decoding.relations[0].tail), (0, 2));
    }

    #[test]
    fn learned_pairs_stand_in_for_geometry() {
        let page = page(&["Total:", "RM", "23.60", "paid"]);
        let mut prediction = prediction();
        prediction.pairs = Some(vec![
            WordPair { question: 0, answer: 3, score: 0.9 },
            WordPair { question: 0, answer: 2, score: 0.9 },
        ]);
        let decoding = decode_page(&page, &prediction, &DecodeOptions::default()).expect("fits");
        let links: Vec<_> = decoding.relations.iter().map(|r| (r.head, r.tail)).collect();
        assert_eq!(links, [(0, 3)]);
    }

    #[test]
    fn labels_and_scores_that_are_not_wanted_are_left_out() {
        let page = page(&["Total:", "RM", "23.60", "paid"]);
        let options =
            DecodeOptions { labels: vec!["total".to_string()], ..DecodeOptions::default() };
        let decoding = decode_page(&page, &prediction(), &options).expect("fits");
        assert_eq!(decoding.entities.len(), 1);
        let strict = DecodeOptions { min_score: 1.1, ..DecodeOptions::default() };
        assert!(decode_page(&page, &prediction(), &strict).expect("fits").entities.is_empty());
    }

    #[test]
    fn form_parts_are_what_a_relation_head_is_asked_about() {
        let page = page(&["Total:", "RM", "23.60", "paid"]);
        let words =
            |label| words_of_label(&page, &prediction().heads[1], label, &DecodeOptions::default());
        assert_eq!(words("question").expect("fits"), [vec![0]]);
        assert_eq!(words("answer").expect("fits"), [vec![1, 2], vec![3]]);
        assert!(words("header").expect("fits").is_empty());
    }

    #[test]
    fn an_empty_page_has_no_entities() {
        let decoding =
            decode_page(&page(&[]), &PagePrediction::default(), &DecodeOptions::default());
        assert_eq!(decoding.expect("fits"), PageDecoding::default());
    }
}
