//! Chains of shops, restaurants and filling stations that a receipt names.
//!
//! Their receipts show the name as a logo, which is seldom read, and once more in small print: `Tak fordi du benyttede
//! selvscanning i Netto`. The model, which has seen few of them, takes the town or the branch for the seller.

use super::field_names::letters;
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use super::receipts::is_narrow;
use crate::document::Word;

/// What the odds of a company are multiplied by for such a name.
const NAMED: f32 = 3000.0;
/// Words of a name at most.
const MOST_WORDS: usize = 3;

/// Names by their letters, folded, that mean nothing else.
#[rustfmt::skip]
const CHAINS: [&str; 136] = [
    "aldi", "aldisud", "aldinord", "lidl", "rewe", "edeka", "kaufland", "netto", "nettomarkendiscount", "pennymarkt",
    "rossmann", "dmdrogerie", "mullerdrogerie", "tegut", "hornbach", "bauhaus", "toom", "mediamarkt", "ikea",
    "decathlon", "zara", "primark", "billa", "hofer", "interspar", "eurospar", "migros", "denner", "carrefour",
    "carrefourmarket", "carrefourexpress", "auchan", "leclerc", "eleclerc", "intermarche", "monoprix", "franprix",
    "superu", "hyperu", "leroymerlin", "castorama", "fnac", "picard", "esselunga", "conad", "eurospin",
    "pampanorama", "despar", "mercadona", "eroski", "alcampo", "elcorteingles", "hipercor", "pingodoce",
    "continente", "minipreco", "albertheijn", "jumbosupermarkten", "hema", "kruidvat", "etos", "delhaize", "colruyt",
    "tesco", "tescoexpress", "sainsburys", "asda", "morrisons", "waitrose", "wilko", "superdrug", "poundland",
    "dunnesstores", "supervalu", "willys", "hemkop", "icamaxi", "icakvantum", "icasupermarket", "systembolaget",
    "foetex", "fotex", "bilka", "kmarket", "kcitymarket", "ksupermarket", "smarket", "alepa", "rimi", "zabka",
    "biedronka", "stokrotka", "lewiatan", "hebe", "empik", "pepco", "albertsupermarket", "megaimage", "bimbirlesik",
    "carrefoursa", "walmart", "costco", "costcowholesale", "kroger", "safeway", "traderjoes", "wholefoods", "publix",
    "wegmans", "stopshop", "walgreens", "cvspharmacy", "homedepot", "lowes", "bestbuy", "ihop", "dennys",
    "starbucks", "mcdonalds", "burgerking", "kfc", "wendys", "tacobell", "chipotle", "dunkin", "timhortons",
    "loblaws", "sobeys", "woolworths", "picknpay", "shoprite", "circlek", "oxxo", "soriana", "repsol", "orlen",
];

/// Weighs up the company in the highest name of a chain on a receipt.
pub fn heed_chains(head: &mut HeadPrediction, words: &[Word]) {
    if head.labels.entity_index("company").is_none() || !is_narrow(words) {
        return;
    }
    let names = (0..words.len()).filter_map(|start| chain_at(words, start));
    let highest = names.min_by_key(|name| words[name[0]].bbox.top());
    if let Some(name) = highest {
        head.insist(&name, "company", NAMED);
    }
}

/// The words from `start` on that are the name of a chain; capitals or a first one, as names have.
fn chain_at(words: &[Word], start: usize) -> Option<Vec<usize>> {
    if !words[start].text.starts_with(char::is_uppercase) {
        return None;
    }
    let mut name = String::new();
    let mut longest = None;
    for end in start..words.len().min(start + MOST_WORDS) {
        if end > start && !goes_on(words[end - 1].bbox, words[end].bbox) {
            break;
        }
        let part = letters(&words[end].text);
        if part.is_empty() {
            break;
        }
        name.push_str(&part);
        if CHAINS.contains(&name.as_str()) {
            longest = Some((start..=end).collect());
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;
    use crate::labels::LabelSet;

    /// The words that are more of a company than of anything.
    fn companies(lines: &[&[&str]]) -> Vec<String> {
        let words = page(lines);
        let labels = LabelSet::bio(&["company"]);
        let mut head =
            HeadPrediction { probabilities: vec![vec![0.99, 0.005, 0.005]; words.len()], labels };
        heed_chains(&mut head, &words);
        let is_company = |&word: &usize| head.given(word, 0) > 0.5;
        (0..words.len()).filter(is_company).map(|word| words[word].text.clone()).collect()
    }

    #[test]
    fn a_chain_that_a_receipt_names_is_the_seller() {
        let receipt: &[&[&str]] = &[
            &["Limerick, Caherdavin"],
            &["Lidl - 10 Years in Ireland"],
            &["Bananas 0.64 A"],
            &["TOTAL 43.79 Debit"],
        ];
        assert_eq!(companies(receipt), ["Lidl"]);
        let two = [receipt, &[&["LEROY MERLIN"][..]]].concat();
        assert_eq!(companies(&two), ["Lidl"], "the highest");
    }

    #[test]
    fn wide_pages_and_other_words_name_none() {
        let wide: &[&[&str]] = &[
            &["Schmidt AG", "an Lidl Stiftung", "12.03.2024"],
            &["Hauptstr. 5", "Menge Preis", "Betrag EUR"],
            &["Service", "1 20,00", "20,00"],
        ];
        assert!(companies(wide).is_empty());
        let netto: &[&[&str]] = &[
            &["Summe netto 10,00 EUR"],
            &["Datum 12.03.2024 um 12:00"],
            &["Dank Ihr Team vom Cafe"],
        ];
        assert!(companies(netto).is_empty());
    }
}
