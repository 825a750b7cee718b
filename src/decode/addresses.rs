//! Parties by their postal addresses. A name stands above its street and town, whatever the layout; and what
//! letters with windows print above the recipient in one line (`Acme GmbH · Hauptstr. 1 · 54321 Stadt`), as
//! other letters do at their foot, begins with the sender's name.
//!
//! Where the model sees one of the two parties only, and its address, the other is who has another.

use super::caption_words::caption_at;
use super::field_names::{is_heading, letters};
use super::fill_in::has;
use super::neighbours::{bbox_of, pieces};
use super::page::HeadPrediction;
use super::parties::{PARTIES, is_form_of_address};
use super::surplus::digits;
use super::value::ValueKind;
use crate::document::{Word, letters_and_digits};
use crate::geometry::PixelBox;
use std::ops::Range;

/// What the odds of a sender in one line with his address are multiplied by, as the company.
const SENDER: f32 = 1000.0;
/// What those of the other party are multiplied by where the model sees one only.
const OTHER_PARTY: f32 = 1e6;
/// A name is one that the model sees as a party's from this probability on.
const SEEN: f32 = 0.3;
/// Lines of an address from its name to its town at most.
const MOST_LINES: usize = 6;
/// Words of a name at most.
const NAME_WORDS: usize = 7;

/// Weighs the odds of names that have an address. Where there is nothing else of an invoice, and behind the
/// first page, only senders' lines are heeded.
pub fn heed_addresses(head: &mut HeadPrediction, words: &[Word], is_first: bool) {
    let labels = PARTIES.map(|label| head.labels.entity_index(label));
    let [Some(company), Some(customer)] = labels else { return };
    let pieces = pieces(words);
    for piece in &pieces {
        let sender = sender_in(words, piece);
        if let Some(name) = sender.filter(|name| head.given(name.start, customer) < SEEN) {
            head.favour(name, "company", SENDER);
        }
    }
    let is_invoice = ["invoice_number", "date", "due_date", "subtotal", "total"];
    let [company_seen, customer_seen] = PARTIES.map(|label| has(head, label));
    let is_invoice = is_invoice.iter().any(|label| has(head, label));
    if company_seen == customer_seen || !is_first || !is_invoice {
        return;
    }
    let (seen, lacking) = if company_seen { (company, PARTIES[1]) } else { (customer, PARTIES[0]) };
    // Every word that is the seen party's: its name may be written in several ways.
    let known: Vec<String> = (0..words.len())
        .filter(|&word| head.given(word, seen) >= SEEN)
        .map(|word| letters_and_digits(&words[word].text))
        .filter(|text| text.chars().count() > 2)
        .collect();
    let is_known = |name: &Range<usize>| {
        words[name.clone()].iter().any(|word| known.contains(&letters_and_digits(&word.text)))
    };
    // One address alone may be of the party that is seen, its name somewhere else.
    let (own, others): (Vec<_>, Vec<_>) =
        addressees(words, &pieces).into_iter().partition(is_known);
    if let (false, Some(name)) = (own.is_empty(), others.into_iter().next()) {
        head.favour(name, lacking, OTHER_PARTY);
    }
}

/// The name at the head of a line that has its street and town as well, with signs between them.
fn sender_in(words: &[Word], piece: &Range<usize>) -> Option<Range<usize>> {
    let is_separator = |text: &str| {
        matches!(text, "-" | "–" | "•" | "·" | "|" | "*" | "/" | "●" | "∙" | "◦" | "■" | "»")
    };
    let text = |word: usize| words[word].text.as_str();
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut start = piece.start;
    for word in piece.clone() {
        let separates = is_separator(text(word));
        if separates || text(word).ends_with(['•', '·', '|']) {
            let end = if separates { word } else { word + 1 };
            parts.push(start..end);
            start = word + 1;
        }
    }
    parts.push(start..piece.end);
    parts.retain(|part| !part.is_empty());
    let [name, rest @ ..] = &parts[..] else { return None };
    let has_town = rest.len() >= 2 && rest.iter().any(|part| is_town(words, part));
    (has_town && is_name(words, name)).then(|| name.clone())
}

/// The names above towns, in the order in which they stand, each once.
fn addressees(words: &[Word], pieces: &[Range<usize>]) -> Vec<Range<usize>> {
    let boxes: Vec<PixelBox> = pieces.iter().map(|piece| bbox_of(words, piece)).collect();
    let mut names: Vec<Range<usize>> = Vec::new();
    for town in (0..pieces.len()).filter(|&piece| is_town(words, &pieces[piece])) {
        let mut name = None;
        let mut line = town;
        for _ in 1..MOST_LINES {
            let Some(above) = piece_above(&boxes, line) else { break };
            line = above;
            match caption_at(words, pieces[line].start) {
                // Where goods are sent to is another matter.
                Some((_, announced))
                    if announced.kind == ValueKind::Text && announced.label.is_none() =>
                {
                    name = None;
                    break;
                }
                Some((length, _)) if length == pieces[line].len() => break,
                _ => {}
            }
            if is_name(words, &pieces[line]) {
                name = Some(pieces[line].clone());
            }
        }
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names.sort_by_key(|name| name.start);
    names
}

/// The piece right above one that begins where it begins.
fn piece_above(boxes: &[PixelBox], at: usize) -> Option<usize> {
    /// In heights of the line.
    const ALIGNED: f32 = 0.8;
    const APART: f32 = 1.5;
    let own = boxes[at];
    let height = own.height().max(1) as f32;
    let above = |other: &PixelBox| {
        let gap = own.top() as f32 - other.bottom() as f32;
        let aside = (own.left() as f32 - other.left() as f32).abs();
        (-0.4 * height..APART * height).contains(&gap)
            && other.top() < own.top()
            && aside < ALIGNED * height
    };
    let candidates = boxes.iter().enumerate().filter(|(index, other)| *index != at && above(other));
    candidates.max_by_key(|(_, other)| other.bottom()).map(|(index, _)| index)
}

/// Whether a piece may be the name of somebody.
fn is_name(words: &[Word], piece: &Range<usize>) -> bool {
    /// `Payment address`, `Lieferadresse`
    const ADDRESS: [&str; 6] = ["address", "adress", "adres", "indirizzo", "direccion", "endereco"];
    let texts: Vec<&str> = words[piece.clone()].iter().map(|word| word.text.as_str()).collect();
    let joined = texts.join(" ");
    let key = letters(&joined);
    texts.len() <= NAME_WORDS
        && key.chars().count() >= 3
        && digits(&joined) == 0
        && !joined.contains([':', '@', '?', '!'])
        && !ADDRESS.iter().any(|word| key.contains(word))
        && joined.starts_with(char::is_alphanumeric)
        && !is_heading(&joined)
        && !is_form_of_address(&joined)
}

/// Whether a piece is a town with its postal code, and nothing that is hardly one.
fn is_town(words: &[Word], piece: &Range<usize>) -> bool {
    const MOST_WORDS: usize = 8;
    let texts: Vec<&str> = words[piece.clone()]
        .iter()
        .map(|word| word.text.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|text| !text.is_empty())
        .collect();
    let is_word = |text: &&&str| text.chars().filter(|c| c.is_alphabetic()).count() >= 3;
    let strange = |word: &Word| word.text.contains([':', '@', '%', '€', '$', '=']);
    texts.len() <= MOST_WORDS
        && !words[piece.clone()].iter().any(strange)
        && texts.iter().any(|text| is_word(&text))
        && (0..texts.len()).any(|at| is_postal_code(&texts[at..]))
}

/// Whether texts begin with a postal code: `54321`, `D-54321`, `1010`, `00-950`, `4000-123`, `117 58`, `7534 GC`,
/// `SW1A 1AA`, `K1A 0B1`.
fn is_postal_code(texts: &[&str]) -> bool {
    /// Numbers of four digits that are years.
    const YEARS: std::ops::RangeInclusive<u32> = 1990..=2035;
    let shape = |text: &str| -> String {
        let kind = |c: char| match c {
            '0'..='9' => '9',
            'A'..='Z' => 'A',
            other => other,
        };
        text.chars().map(kind).collect()
    };
    let first = texts[0];
    // `D-54321`, `CH-8000`: a country and no hyphen of the code's own.
    let first = match first.split_once('-') {
        Some((country, rest))
            if country.len() <= 3 && country.chars().all(|c| c.is_ascii_uppercase()) =>
        {
            rest
        }
        _ => first,
    };
    let second = texts.get(1).map(|text| shape(text)).unwrap_or_default();
    match shape(first).as_str() {
        "9999" => !first.parse().is_ok_and(|year: u32| YEARS.contains(&year)),
        "99999" | "999999" | "99-999" | "9999-999" | "99999-999" | "99999-9999" => true,
        "999" => second == "99",
        "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A" => second == "9AA" || second == "9A9",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::sequence::Evidence;
    use crate::labels::LabelSet;

    /// Words of lines that stand below each other, each from its column (in characters) on.
    fn words(lines: &[(usize, usize, &str)]) -> Vec<Word> {
        let mut words = Vec::new();
        for &(row, column, text) in lines {
            let mut left = 10 * column as i64;
            for text in text.split(' ') {
                let right = left + 10 * text.chars().count() as i64;
                let top = 30 * row as i64;
                words.push(Word {
                    text: text.replace(['{', '['], ""),
                    bbox: PixelBox::new(left, top, right, top + 20),
                    confidence: 1.0,
                    line: row as u32,
                    block: 0,
                });
                left = right + 10;
            }
        }
        words
    }

    /// Company and customer of a page where the model is sure of companies in brackets, customers in braces and
    /// the total.
    fn parties(lines: &[(usize, usize, &str)]) -> [String; 2] {
        let labels = LabelSet::bio(&["company", "customer", "total"]);
        let all = lines.iter().flat_map(|(_, _, text)| text.split(' '));
        let row = |text: &str| {
            let sure = match text.chars().next() {
                Some('[') => "B-COMPANY",
                Some('{') => "B-CUSTOMER",
                _ if text == "9.99" => "B-TOTAL",
                _ => "O",
            };
            let share = |name: &String| if name == sure { 0.94 } else { 0.01 };
            labels.names().iter().map(share).collect::<Vec<f32>>()
        };
        let probabilities = all.map(row).collect();
        let words = words(lines);
        let mut head = HeadPrediction { labels, probabilities };
        heed_addresses(&mut head, &words, true);
        PARTIES.map(|label| {
            let index = head.labels.entity_index(label);
            let best = |row: &&Vec<f32>| Evidence::new(row, &head.labels).best() == index;
            let found = words.iter().zip(&head.probabilities).filter(|(_, row)| best(row));
            found.map(|(word, _)| word.text.as_str()).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn the_other_party_is_who_has_another_address() {
        let page = [
            (0, 0, "[Acme"),
            (1, 0, "Yritystie 11"),
            (2, 0, "40000 JYVÄSKYLÄ"),
            (5, 0, "Matti Meikäläinen"),
            (6, 0, "Meikäläisenkatu 5"),
            (7, 0, "00790 HELSINKI"),
            (9, 0, "Total"),
            (9, 20, "9.99"),
        ];
        assert_eq!(parties(&page), ["Acme", "Matti Meikäläinen"]);
        let mut swapped = page;
        swapped[0].2 = "{Acme";
        assert_eq!(parties(&swapped), ["Matti Meikäläinen", "Acme"]);
        let mut both = page;
        both[3].2 = "Matti [Meikäläinen";
        assert_eq!(parties(&both)[1], "", "his own name in another place");
        assert_eq!(parties(&page[3..])[1], "", "one address alone");
        let letter = &page[..6];
        assert_eq!(parties(letter)[1], "", "nothing of an invoice");
    }

    #[test]
    fn senders_in_one_line_with_their_address_are_companies() {
        for line in [
            "Acme GmbH - Hauptstr. 1 - 54321 Stadt",
            "Acme GmbH • Diani Plaza, Beach Road • P.O. Box 1 • 80400 Ukunda",
            "Acme GmbH | Hauptstr. 1 | D-54321 Stadt",
        ] {
            assert_eq!(parties(&[(0, 0, line)])[0], "Acme GmbH", "{line}");
        }
        // The lines of an address as receipts have them.
        for line in [
            "Taman Daya, Jalan 5, 81100 Johor",
            "Gala - Dinner - 54321",
            "Bitte bis 12345 Stadt, dann 1, weiter",
            "A - 1 - 2",
        ] {
            assert_eq!(parties(&[(0, 0, line)])[0], "", "{line}");
        }
    }

    #[test]
    fn towns_have_postal_codes() {
        let town = |text: &str| {
            let words = words(&[(0, 0, text)]);
            is_town(&words, &(0..words.len()))
        };
        for text in [
            "54321 Stadt",
            "D-54321 Stadt",
            "00-950 Warszawa",
            "4000-123 Porto",
            "117 58 Liljeholmen",
            "7534 GC ENSCHEDE",
            "London SW1A 1AA",
            "Ottawa ON K1A 0B1",
            "Mebane, NC 27302-8216",
            "Chennai 600056",
            "8000 Zürich",
        ] {
            assert!(town(text), "{text}");
        }
        for text in
            ["March 2024", "Invoice: 54321", "54321", "12.50 EUR", "Item 5", "info@a.de 54321"]
        {
            assert!(!town(text), "{text}");
        }
    }
}
