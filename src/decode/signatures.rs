//! Who signs an invoice, and whose account is to be paid to, sells: `For ACME TRADERS` above the signature of an Indian
//! invoice, `Kontoinhaber: Acme GmbH`, `Make all checks payable to ACME`. Where that name stands elsewhere on the page too, it is
//! the company's there; where it does not and the model is sure of nobody, it is the company where it signs.

use super::field_names::letters;
use super::neighbours::{piece_of, pieces};
use super::page::HeadPrediction;
use super::parties::PARTIES;
use super::surplus::digits;
use crate::document::{Word, letters_and_digits};
use std::ops::Range;

/// What the odds of a company are multiplied by for such a name, and those of a customer.
const SELLS: f32 = 1e5;
const BUYS: f32 = 1e-5;
/// A seller is seen for sure from this probability on.
const SEEN: f32 = 0.8;
/// Words of such a name at most, and letters at least.
const MOST_WORDS: usize = 8;
const FEWEST_LETTERS: usize = 5;
/// Who signs does so in the last part of a page.
const LAST_PART: f32 = 0.5;

/// What stands before the holder of an account by its letters, but for what may be a recipient of goods as well.
#[rustfmt::skip]
const HOLDERS: [&str; 30] = [
    "kontoinhaber", "accountname", "accountholder", "acname", "acholder", "accountholdername", "beneficiaryname",
    "titulaire", "titulaireducompte", "titulardelacuenta", "titulardaconta", "intestatarioconto", "intestatoa",
    "kontohaver", "kontoeier", "kontoinnehavare", "majiteluctu", "wlascicielrachunku", "szamlatulajdonos",
    "rekeninghouder", "tennamevan", "tilinomistaja", "kontoomanik", "vlasnikracuna", "imetnikracuna", "hesapsahibi",
    "titularcont", "titularulcontului", "saaja", "saajannimi",
];

/// Weighs up the company in every place of a name that signs or holds the account, and down the customer.
pub fn heed_signatures(head: &mut HeadPrediction, words: &[Word]) {
    if PARTIES.iter().any(|label| head.labels.entity_index(label).is_none()) {
        return;
    }
    let [company, customer] = PARTIES;
    let Some(lowest) = words.iter().map(|word| word.bbox.bottom()).max() else { return };
    let is_low = |word: &Word| word.bbox.top() as f32 > LAST_PART * lowest as f32;
    let seller = head.labels.entity_index(company);
    let is_seen = seller.is_some_and(|of| (0..words.len()).any(|w| head.given(w, of) >= SEEN));
    for piece in pieces(words) {
        let signs = is_low(&words[piece.start]);
        let named = holder_in(words, &piece).or_else(|| payee_in(words, &piece));
        let Some(name) = named.or_else(|| signatory_in(words, &piece).filter(|_| signs)) else {
            continue;
        };
        let places = other_places(words, &name);
        for place in places.clone() {
            for word in place.clone() {
                head.weigh_label(word, customer, BUYS);
            }
            head.favour(place, company, SELLS);
        }
        // Who is named nowhere else, and nobody else is surely the seller.
        if places.is_empty() && !is_seen && may_be_name(words, &name) {
            head.favour(name, company, SELLS);
        }
    }
}

/// Whether what says who is paid or signs ends right before a word.
pub fn begins_signature(words: &[Word], word: usize) -> bool {
    let piece = piece_of(words, word);
    [holder_in, payee_in, signatory_in]
        .iter()
        .any(|named| named(words, &piece).is_some_and(|name| name.start == word))
}

/// The name behind `Kontoinhaber:` and its like.
fn holder_in(words: &[Word], piece: &Range<usize>) -> Option<Range<usize>> {
    const WORDS: usize = 4;
    let mut key = String::new();
    for word in piece.clone().take(WORDS) {
        key += &letters(&words[word].text);
        if HOLDERS.contains(&key.as_str()) {
            let colon = words.get(word + 1).filter(|next| next.text == ":").map_or(0, |_| 1);
            return Some(word + 1 + colon..piece.end);
        }
    }
    None
}

/// The name behind `payable to` and its like, within a sentence.
fn payee_in(words: &[Word], piece: &Range<usize>) -> Option<Range<usize>> {
    const PAYABLE: [&str; 4] = ["payableto", "tennamevan", "lordrede", "zugunstenvon"];
    const WORDS: usize = 3;
    let ends = |end: &usize| {
        (1..=WORDS.min(end - piece.start)).any(|length| {
            let key: String = (end - length..*end).map(|w| letters(&words[w].text)).collect();
            PAYABLE.contains(&key.as_str())
        })
    };
    let start = (piece.start + 1..piece.end).find(ends)?;
    // A sentence ends behind it.
    let last = (start..piece.end).find(|&word| {
        let text = words[word].text.as_str();
        text.ends_with(['.', ';']) && text.chars().filter(|c| c.is_alphabetic()).count() > 3
    });
    Some(start..last.map_or(piece.end, |last| last + 1))
}

/// The name behind `For` at the beginning of a piece.
fn signatory_in(words: &[Word], piece: &Range<usize>) -> Option<Range<usize>> {
    let is_for =
        matches!(words[piece.start].text.trim_end_matches([':', ',']), "For" | "for" | "FOR");
    is_for.then(|| piece.start + 1..piece.end)
}

/// Whether words behind such a key are a name: few, with letters in each but `&`, and no key themselves.
fn may_be_name(words: &[Word], name: &Range<usize>) -> bool {
    let is_plain = |word: usize| {
        let text = words[word].text.as_str();
        digits(text) == 0 && !text.contains([':', '@', '_'])
    };
    let count = name.clone().map(|word| letters(&words[word].text).chars().count()).sum::<usize>();
    (1..=MOST_WORDS).contains(&name.len())
        && count >= FEWEST_LETTERS
        && name.clone().all(is_plain)
        && words[name.start].text.starts_with(char::is_uppercase)
}

/// Where else on a page the words of a name stand.
fn other_places(words: &[Word], name: &Range<usize>) -> Vec<Range<usize>> {
    let plain = |word: usize| letters_and_digits(&words[word].text);
    let all: String = name.clone().map(plain).collect();
    if !(1..=MOST_WORDS).contains(&name.len()) || all.chars().count() < FEWEST_LETTERS {
        return Vec::new();
    }
    let is_same = |start: &usize| {
        let end = start + name.len();
        end <= words.len()
            && (end <= name.start || *start >= name.end)
            && name.clone().zip(*start..end).all(|(one, other)| plain(one) == plain(other))
    };
    (0..words.len()).filter(is_same).map(|start| start..start + name.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;
    use crate::labels::LabelSet;

    /// The words of the company where the model takes every word for the customer's.
    fn company(lines: &[&[&str]]) -> String {
        let words = page(lines);
        let labels = LabelSet::bio(&PARTIES);
        let of = |name: &String| if name.ends_with("CUSTOMER") { 0.35 } else { 0.1 };
        let row: Vec<f32> = labels.names().iter().map(of).collect();
        let mut head = HeadPrediction { probabilities: vec![row; words.len()], labels };
        heed_signatures(&mut head, &words);
        let named = (0..words.len()).filter(|&word| head.given(word, 0) > 0.5);
        named.map(|word| words[word].text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn who_signs_sells() {
        let invoice: &[&[&str]] = &[
            &["GLOBAL CREATIVE ENGINEERING"],
            &["FOXCONN TECHNOLOGY"],
            &["Total 9440.00"],
            &["_", "For Global Creative Engineering"],
        ];
        assert_eq!(company(invoice), "GLOBAL CREATIVE ENGINEERING");
        let above: &[&[&str]] =
            &[&["For FOXCONN TECHNOLOGY"], &["FOXCONN TECHNOLOGY"], &["x"], &["y"]];
        assert_eq!(company(above), "", "a subject");
    }

    /// As seen on invoices with nothing but a logo at their head.
    #[test]
    fn who_is_paid_sells() {
        let checks: &[&[&str]] = &[&["Susan James"], &["Make all checks payable to CREATE & CO."]];
        assert_eq!(company(checks), "CREATE & CO.");
        let with_head: &[&[&str]] = &[&["BROUR", "INVOICE"], &["Payable to Brour."]];
        assert_eq!(company(with_head), "BROUR");
        assert_eq!(company(&[&["Saaja: Village Newbies Oy"]]), "Village Newbies Oy");
        assert_eq!(company(&[&["payable to us within 30 days"]]), "");
    }

    #[test]
    fn who_holds_the_account_sells() {
        let invoice: &[&[&str]] = &[&["Acme GmbH", "Kunde AG"], &["Kontoinhaber : Acme GmbH"]];
        assert_eq!(company(invoice), "Acme GmbH");
        assert_eq!(company(&[&["Acme GmbH"], &["Empfänger: Acme GmbH"]]), "", "of goods, perhaps");
        assert_eq!(company(&[&["Acme GmbH"], &["Kontoinhaber:"]]), "");
    }
}
