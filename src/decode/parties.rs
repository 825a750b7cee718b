//! Who sells is not who buys. A model that is unsure of a layout takes the seller's name for the buyer's
//! where both stand alike; a name that it takes for both is the seller's, and the buyer is another.

use super::bio::Span;
use super::page::HeadPrediction;
use crate::document::{Word, letters_and_digits};

/// A name is the seller's from this share of what the model gives it as the buyer's.
const SHARE: f32 = 0.5;

/// Customers of the same name as a company become companies, so that another customer is looked for.
pub fn relabel_sellers(spans: &mut [Span], head: &HeadPrediction, words: &[Word]) {
    let labels = ["company", "customer"].map(|label| head.labels.entity_index(label));
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
    fn a_name_taken_for_both_is_the_sellers() {
        let same = [(1, 0.94, "Lieferant"), (1, 0.92, "Kunden"), (0, 0.94, "LIEFERANT,")];
        assert_eq!(labels_of(&same), [0, 1, 0]);
        let hardly = [(1, 0.94, "Lieferant"), (0, 0.3, "Lieferant")];
        assert_eq!(labels_of(&hardly), [1, 0], "the model is much surer of the buyer");
        let apart = [(1, 0.94, "Kunden"), (0, 0.94, "Lieferant")];
        assert_eq!(labels_of(&apart), [1, 0]);
    }
}
