//! Who sells is not who buys. A model that is unsure of a layout takes the seller's name for the buyer's
//! where both stand alike; a name that it takes for both is the seller's, and the buyer is another. Of one
//! name it sometimes makes two.

use super::bio::Span;
use super::field_names::letters;
use super::months::fold;
use super::neighbours::goes_on;
use super::page::{HeadPrediction, PageDecoding};
use super::receipts::is_narrow;
use crate::document::{Page, Word, letters_and_digits};

/// Labels of those who deal.
pub const PARTIES: [&str; 2] = ["company", "customer"];

impl PageDecoding {
    /// Whether an entity is the name of a party.
    pub(super) fn is_name(&self, entity: usize) -> bool {
        PARTIES.contains(&self.entities[entity].label.as_str())
    }

    /// Leaves words out of parties' names: `kept` tells of a name's words, given by their indices, those that stay.
    pub(super) fn shorten_names(
        &mut self,
        page: &Page,
        kept: impl Fn(&[usize], &[Word]) -> Vec<usize>,
    ) {
        for entity in 0..self.entities.len() {
            if !self.is_name(entity) {
                continue;
            }
            let stays = kept(&self.words[entity], &page.words);
            if stays.len() < self.words[entity].len() {
                self.set_words(entity, page, stays);
            }
        }
    }
}

/// What is written before a name, or alone above it, by its letters.
#[rustfmt::skip]
const FORMS_OF_ADDRESS: [&str; 14] = [
    "herr", "herrn", "frau", "firma", "an", "to", "mr", "mrs", "ms", "m", "mme", "messrs", "attn", "dear",
];

/// Whether a text is a form of address and no name: `Herrn`, `M/s`.
pub fn is_form_of_address(text: &str) -> bool {
    FORMS_OF_ADDRESS.contains(&letters(text).as_str())
}

/// Legal forms by their letters and digits.
#[rustfmt::skip]
const LEGAL_FORMS: [&str; 40] = [
    "gmbh", "ag", "kg", "gmbhcokg", "ohg", "ug", "ek", "ltd", "limited", "llc", "inc", "plc", "corp", "pvtltd", "pteltd",
    "sdnbhd", "sa", "sas", "sarl", "sarlau", "srl", "spa", "sl", "slu", "sau", "sadecv", "decv", "ltda", "eireli", "bv",
    "nv", "ab", "as", "aps", "oy", "doo", "sro", "kft", "spzoo", "spolkaakcyjna",
];

/// Whether a text is a legal form and no name: `SA`, `DE C.V.`
pub fn is_legal_form(text: &str) -> bool {
    LEGAL_FORMS.contains(&fold(&letters_and_digits(text)).as_str())
}

/// A name is the seller's from this share of what the model gives it as the buyer's.
const SHARE: f32 = 0.5;

/// Customers of the same name as a company become companies, so that another customer is looked for.
pub fn relabel_sellers(spans: &mut [Span], head: &HeadPrediction, words: &[Word]) {
    let labels = PARTIES.map(|label| head.labels.entity_index(label));
    let [Some(company), Some(customer)] = labels else { return };
    let name = |span: &Span| {
        let texts: Vec<&str> = span.words.iter().map(|word| words[*word].text.as_str()).collect();
        texts.join(" ")
    };
    let sellers: Vec<(String, f32)> = spans
        .iter()
        .filter(|span| span.label == company)
        .map(|span| (name(span), span.score))
        .collect();
    for span in spans.iter_mut().filter(|span| span.label == customer) {
        let own = name(span);
        if sellers.iter().any(|(seller, score)| sells((seller, *score), (&own, span.score))) {
            span.label = company;
        }
    }
}

/// Where the model sees no buyer, another firm beside the one that surely sells is it: two firms, told by their legal
/// forms, on the upper half of a page that is no receipt, without a word in common.
pub fn relabel_buyers(spans: &mut [Span], head: &HeadPrediction, words: &[Word]) {
    const SURE: f32 = 0.95;
    const LETTERS: usize = 4;
    let labels = PARTIES.map(|label| head.labels.entity_index(label));
    let [Some(company), Some(customer)] = labels else { return };
    let is_of = |label: usize| move |span: &&Span| span.label == label;
    let seller = spans.iter().filter(is_of(company)).max_by(|a, b| a.score.total_cmp(&b.score));
    let Some(seller) = seller.filter(|seller| seller.score >= SURE) else { return };
    if spans.iter().any(|span| span.label == customer) || is_narrow(words) {
        return;
    }
    let plain = |word: &usize| fold(&letters_and_digits(&words[*word].text));
    let known: Vec<String> = seller.words.iter().map(plain).collect();
    let is_other = |span: &Span| {
        let mut texts = span.words.iter().map(plain).filter(|t| t.chars().count() >= LETTERS);
        texts.all(|text| !known.contains(&text) && !known.concat().contains(&text))
    };
    let has_form = |span: &Span| {
        let last = span.words.len() - 1;
        (1..=last)
            .any(|from| is_legal_form(&span.words[from..].iter().map(plain).collect::<String>()))
    };
    let lowest = words.iter().map(|word| word.bbox.bottom()).max().unwrap_or_default();
    let is_high = |span: &Span| words[span.words[0]].bbox.top() < lowest / 2;
    for span in spans.iter_mut() {
        let is_firm = span.label == company && !span.words.is_empty();
        if is_firm && is_high(span) && has_form(span) && is_other(span) {
            span.label = customer;
        }
    }
}

/// Joins a name that was found in two parts side by side: `Pi/4` and `Conseil et formation`.
pub fn join_names(spans: &mut Vec<Span>, head: &HeadPrediction, words: &[Word]) {
    let labels = PARTIES.map(|label| head.labels.entity_index(label));
    spans.dedup_by(|next, span| {
        let joint = span.words.last().zip(next.words.first());
        let beside = joint.is_some_and(|(&left, &right)| {
            right == left + 1
                && !words[left].text.ends_with([',', ';', ':'])
                && goes_on(words[left].bbox, words[right].bbox)
        });
        let is_name = span.label == next.label && labels.contains(&Some(span.label));
        if beside && is_name {
            let [own, others] = [span.words.len() as f32, next.words.len() as f32];
            span.score = (span.score * own + next.score * others) / (own + others);
            span.words.append(&mut next.words);
        }
        beside && is_name
    });
}

/// Whether a customer is the company under another label: the same name, case, spaces and punctuation
/// aside, and not scored much less as company. Both with their scores.
pub fn sells(company: (&str, f32), customer: (&str, f32)) -> bool {
    letters_and_digits(company.0) == letters_and_digits(customer.0)
        && company.1 >= SHARE * customer.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    fn labels_of(spans: &[(usize, f32, &str)]) -> Vec<usize> {
        let text = spans.iter().map(|(_, _, name)| *name);
        let word = |text: &str| Word {
            text: text.to_string(),
            bbox: PixelBox::new(0, 0, 50, 10),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        let words: Vec<Word> = text.map(word).collect();
        let labels = LabelSet::bio(&["company", "customer"]);
        let head = HeadPrediction { labels, probabilities: Vec::new() };
        let span = |(index, (label, score, _)): (usize, &(usize, f32, &str))| Span {
            label: *label,
            words: vec![index],
            score: *score,
        };
        let mut spans: Vec<Span> = spans.iter().enumerate().map(span).collect();
        relabel_sellers(&mut spans, &head, &words);
        spans.into_iter().map(|span| span.label).collect()
    }

    #[test]
    fn parts_of_a_name_side_by_side_are_joined() {
        let word = |(index, text): (usize, &str)| Word {
            text: text.to_string(),
            bbox: PixelBox::new(60 * index as i64, 0, 60 * index as i64 + 55, 10),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        let words: Vec<Word> =
            ["Pi/4", "Conseil", "et", "Est,", "Ouest"].into_iter().enumerate().map(word).collect();
        let head = HeadPrediction {
            labels: LabelSet::bio(&["company", "customer"]),
            probabilities: Vec::new(),
        };
        let span = |label, words: &[usize], score| Span { label, words: words.to_vec(), score };
        let mut spans =
            vec![span(1, &[0], 0.9), span(1, &[1, 2], 0.6), span(0, &[3], 0.6), span(0, &[4], 0.6)];
        join_names(&mut spans, &head, &words);
        let found: Vec<_> = spans.iter().map(|span| span.words.as_slice()).collect();
        assert_eq!(found, [&[0, 1, 2][..], &[3], &[4]], "a comma parts two names");
        assert!((spans[0].score - 0.7).abs() < 1e-6);
    }

    /// As seen on a Swedish invoice and an Indian one.
    #[test]
    fn another_firm_beside_the_seller_buys() {
        let labels_of = |names: &[(&str, f32)]| {
            let mut words = Vec::new();
            let mut spans = Vec::new();
            for (row, (name, score)) in names.iter().enumerate() {
                let first = words.len();
                for (column, text) in name.split(' ').enumerate() {
                    let (left, top) = (column as i64 * 100, row as i64 * 30);
                    let bbox = PixelBox::new(left, top, left + 90, top + 20);
                    let text = text.to_string();
                    words.push(Word { text, bbox, confidence: 1.0, line: 0, block: 0 });
                }
                spans.push(Span { label: 0, words: (first..words.len()).collect(), score: *score });
            }
            let foot = PixelBox::new(0, 900, 600, 920);
            let text = "foot".to_string();
            words.push(Word { text, bbox: foot, confidence: 1.0, line: 0, block: 0 });
            let labels = LabelSet::bio(&["company", "customer"]);
            let head = HeadPrediction { labels, probabilities: Vec::new() };
            relabel_buyers(&mut spans, &head, &words);
            spans.iter().map(|span| span.label).collect::<Vec<_>>()
        };
        assert_eq!(labels_of(&[("MixCont AB", 0.99), ("Compounds AG", 0.8)]), [0, 1]);
        assert_eq!(labels_of(&[("MixCont AB", 0.9), ("Compounds AG", 0.8)]), [0, 0], "unsure");
        assert_eq!(labels_of(&[("MixCont AB", 0.99), ("MIXCONT", 0.8)]), [0, 0]);
        assert_eq!(labels_of(&[("MixCont AB", 0.99), ("Containers", 0.8)]), [0, 0]);
    }

    #[test]
    fn forms_of_address_are_no_names() {
        assert!(["M/S", "Herrn", "Mr.", "Firma"].into_iter().all(is_form_of_address));
        assert!(!["Herrmann", "An Post"].into_iter().any(is_form_of_address));
    }

    #[test]
    fn a_legal_form_alone_is_no_name() {
        assert!(["SA", "DE C.V.", "SPÓŁKA AKCYJNA", "S.à r.l."].into_iter().all(is_legal_form));
        assert!(!["SAP", "Ag Services"].into_iter().any(is_legal_form));
    }

    #[test]
    fn a_name_taken_for_both_is_the_sellers() {
        let same = [(1, 0.94, "Lieferant"), (1, 0.92, "Kunden"), (0, 0.94, "LIEFERANT,")];
        assert_eq!(labels_of(&same), [0, 1, 0]);
        let hardly = [(1, 0.94, "Lieferant"), (0, 0.3, "Lieferant")];
        assert_eq!(labels_of(&hardly), [1, 0], "the model is much surer of the buyer");
        let apart = [(1, 0.94, "Kunden"), (0, 0.94, "Lieferant")];
        assert_eq!(labels_of(&apart), [1, 0]);
    }
}
