//! The stub of a Brazilian invoice, which who receives the goods signs: it names both parties.

use super::field_names::letters;
use super::parties::PARTIES;
use super::party_sections::{NAME_WORDS, is_name};
use crate::document::Word;

/// Whether a word is the end of `RECEBEMOS DE`, with which the stub of a Brazilian invoice begins.
pub fn is_receipt_of(words: &[Word], word: usize) -> bool {
    let is = |word: usize, text: &str| letters(&words[word].text) == text;
    word > 0 && is(word, "de") && is(word - 1, "recebemos")
}

/// The parties that the stub of a Brazilian invoice names: `RECEBEMOS DE … OS PRODUTOS`, `DESTINATÁRIO: … - RUA …`.
pub fn on_stub(words: &[Word]) -> Vec<(&'static str, Vec<usize>)> {
    const END: [&str; 4] = ["os", "as", "o", "a"];
    const GOODS: [&str; 5] = ["produtos", "produto", "mercadorias", "servicos", "bens"];
    let is = |word: usize, names: &[&str]| {
        words.get(word).is_some_and(|word| {
            let text = word.text.split('/').next().unwrap_or_default();
            names.contains(&letters(text).as_str())
        })
    };
    let is_dash = |word: usize| matches!(words[word].text.as_str(), "-" | "–" | "—");
    let Some(first) = (2..words.len()).find(|&at| is_receipt_of(words, at - 1)) else {
        return Vec::new();
    };
    let reach = words.len().min(first + 2 * NAME_WORDS);
    let Some(end) = (first..reach).find(|&at| is(at, &END) && is(at + 1, &GOODS)) else {
        return Vec::new();
    };
    let upto = |first: usize, reach: usize| -> Vec<usize> {
        (first..reach).take_while(|&word| !is_dash(word)).collect()
    };
    let mut found = vec![(PARTIES[0], upto(first, end))];
    let addressee = (end..words.len().min(end + 40))
        .find(|&at| is(at, &["destinatario"]) && words[at].text.ends_with(':'));
    if let Some(at) = addressee {
        let reach = words.len().min(at + 1 + NAME_WORDS);
        let name = upto(at + 1, reach);
        if name.len() < NAME_WORDS {
            found.push((PARTIES[1], name));
        }
    }
    found.retain(|(_, name)| is_name(words, name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    #[test]
    fn a_stub_names_both() {
        let names = |lines: &[&[&str]]| -> Vec<String> {
            let words = page(lines);
            let text = |name: &Vec<usize>| {
                name.iter().map(|&word| words[word].text.as_str()).collect::<Vec<_>>().join(" ")
            };
            on_stub(&words).iter().map(|(_, name)| text(name)).collect()
        };
        let stub = "RECEBEMOS DE GRANJAS SAO JOSE SA OS PRODUTOS CONSTANTES DA NOTA FISCAL";
        let addressee = "DESTINATÁRIO: PANIFICADORA M & M LTDA - RUA CESARIO 735";
        assert_eq!(
            names(&[&[stub], &[addressee]]),
            ["GRANJAS SAO JOSE SA", "PANIFICADORA M & M LTDA"]
        );
        assert!(names(&[&["RECEBEMOS DE volta OS LIVROS"]]).is_empty());
    }
}
