//! A name that a web or e-mail address on the page spells: `Gtech Fitness` where `www.gtechfitness.com`
//! stands too, `Example, LLC` beside `support@example.com`.
//!
//! Who issues a document prints its address on it, whatever the layout and the language, so such a name is
//! hardly anything else. Where the model takes it for the customer's it stays that: his e-mail address may be
//! the only one.

use super::months::fold;
use super::neighbours::goes_on;
use super::page::HeadPrediction;
use crate::document::Word;
use std::ops::Range;

/// What the odds of a company are multiplied by for such a name.
const SPELLED: f32 = 3000.0;
/// Letters of a name that is known by its address at least.
const FEWEST_LETTERS: usize = 4;
/// Words of such a name at most.
const MOST_WORDS: usize = 6;
/// What the model gives the name as a customer's at most.
const CUSTOMER: f32 = 0.3;

/// Ends of web addresses; of what looks like one and has none of them, little is known.
#[rustfmt::skip]
const TOP_LEVELS: [&str; 48] = [
    "com", "net", "org", "info", "biz", "eu", "io", "co", "shop", "store", "online", "app",
    "de", "at", "ch", "fr", "it", "es", "pt", "nl", "be", "lu", "pl", "cz", "sk", "hu", "ro",
    "se", "dk", "no", "fi", "ee", "lv", "lt", "si", "hr", "uk", "ie", "us", "ca", "au", "nz",
    "in", "sg", "my", "za", "mx", "br",
];

/// Second levels that name no one: `co.uk`, `com.br`.
const SECOND_LEVELS: [&str; 6] = ["co", "com", "org", "net", "gov", "ac"];

/// Who keeps the mail of others.
#[rustfmt::skip]
const MAIL_PROVIDERS: [&str; 45] = [
    "gmail", "googlemail", "hotmail", "outlook", "live", "yahoo", "ymail", "icloud", "mail", "email",
    "gmx", "tonline", "freenet", "arcor", "orange", "wanadoo", "free", "laposte", "libero", "alice",
    "virgilio", "tiscali", "terra", "uol", "telenet", "skynet", "planet", "ziggo", "home", "seznam",
    "centrum", "volny", "interia", "onet", "poczta", "azet", "zoznam", "freemail", "citromail",
    "proton", "protonmail", "comcast", "verizon", "bigpond", "btinternet",
];

/// Weighs up the company in the first name that an address on the page spells, or in the one of them that the
/// model gives most.
pub fn heed_web_names(head: &mut HeadPrediction, words: &[Word]) {
    let Some(company) = head.labels.entity_index("company") else { return };
    let customer = head.labels.entity_index("customer");
    let hosts: Vec<String> = words.iter().filter_map(|word| host(&word.text)).collect();
    if hosts.is_empty() {
        return;
    }
    let given = |name: &Range<usize>, label: usize| head.given(name.start, label);
    let names = (0..words.len()).filter_map(|start| spelled_at(words, start, &hosts));
    let names: Vec<Range<usize>> = names.collect();
    let is_customer =
        |name: &Range<usize>| customer.is_some_and(|label| given(name, label) > CUSTOMER);
    if names.iter().any(is_customer) {
        return;
    }
    let likeliest = names.iter().map(|name| given(name, company)).fold(0.0, f32::max);
    let Some(name) = names.into_iter().find(|name| given(name, company) >= likeliest) else {
        return;
    };
    let name = name.start..end_of_name(words, name.end);
    head.favour(name, "company", SPELLED);
}

/// The words from `start` on that spell a host.
fn spelled_at(words: &[Word], start: usize, hosts: &[String]) -> Option<Range<usize>> {
    let mut spellings = [String::new(), String::new()];
    for end in start..words.len().min(start + MOST_WORDS) {
        let text = words[end].text.as_str();
        let apart = end > start && !goes_on(words[end - 1].bbox, words[end].bbox);
        if apart || text.contains('@') || host(text).is_some() {
            return None;
        }
        for (spelling, part) in spellings.iter_mut().zip([fold(text), fold(&written_out(text))]) {
            spelling.extend(part.chars().filter(|c| c.is_alphanumeric()));
        }
        if hosts.iter().any(|host| spellings.contains(host)) {
            return Some(start..end + 1);
        }
        if !hosts.iter().any(|host| spellings.iter().any(|begun| host.starts_with(begun))) {
            return None;
        }
    }
    None
}

/// Where the piece of line ends in which a name was found: `Gtech Fitness Ltd.`, `Acme Services, Inc.`
fn end_of_name(words: &[Word], end: usize) -> usize {
    /// More words than this are running text.
    const MOST_ADDED: usize = 3;
    /// Letters of a legal form that stands behind a comma.
    const LONGEST_FORM: usize = 6;
    let is_plain = |text: &str| {
        let strange = |c: char| c.is_numeric() || ":@".contains(c);
        text == "&" || (text.contains(char::is_alphabetic) && !text.contains(strange))
    };
    let goes_on_with = |next: usize| {
        let (before, text) = (words[next - 1].text.as_str(), words[next].text.as_str());
        goes_on(words[next - 1].bbox, words[next].bbox)
            && is_plain(text)
            && !before.ends_with([';', ':'])
            && (!before.ends_with(',') || text.chars().count() <= LONGEST_FORM)
    };
    let more = (end..words.len()).take_while(|&next| goes_on_with(next)).count();
    if more <= MOST_ADDED { end + more } else { end }
}

/// Umlauts as addresses spell them.
fn written_out(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ø', "oe")
}

/// The name in a web or e-mail address, without what is around it: `www.acme-shop.co.uk/de` → `acmeshop`.
fn host(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let text = text.rsplit("://").next().unwrap_or(&text);
    let text = text.rsplit('@').next().unwrap_or(text);
    let text = text.split(['/', '?', ',', ';', ')']).next().unwrap_or(text);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let mut parts = text.split('.').rev();
    let top = parts.next()?;
    let mut name = parts.next()?;
    if SECOND_LEVELS.contains(&name) {
        name = parts.next()?;
    }
    let key: String = fold(name).chars().filter(|c| *c != '-').collect();
    let is_name = TOP_LEVELS.contains(&top)
        && key.chars().all(char::is_alphanumeric)
        && key.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST_LETTERS
        && !MAIL_PROVIDERS.contains(&key.as_str());
    is_name.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::sequence::Evidence;
    use crate::geometry::PixelBox;
    use crate::labels::LabelSet;

    fn words(lines: &[&str]) -> Vec<Word> {
        let mut words = Vec::new();
        for (row, line) in lines.iter().enumerate() {
            let mut left = 0;
            for text in line.split(' ') {
                let right = left + 10 * text.chars().count() as i64;
                let top = 40 * row as i64;
                let bbox = PixelBox::new(left, top, right, top + 20);
                let line = row as u32;
                words.push(Word { text: text.into(), bbox, confidence: 1.0, line, block: 0 });
                left = right + 8;
            }
        }
        words
    }

    /// The words that are most likely a company's, where the model has no idea and gives customers in
    /// braces much.
    fn companies(lines: &[&str]) -> String {
        let mut words = words(lines);
        let labels = LabelSet::bio(&["company", "customer"]);
        let row = |word: &Word| {
            let customer = word.text.starts_with('{');
            let share = |name: &String| match name.as_str() {
                "O" if customer => 0.2,
                "O" => 0.96,
                "B-CUSTOMER" if customer => 0.77,
                _ => 0.01,
            };
            labels.names().iter().map(share).collect::<Vec<f32>>()
        };
        let probabilities = words.iter().map(row).collect();
        words.iter_mut().for_each(|word| word.text = word.text.replace('{', ""));
        let mut head = HeadPrediction { labels, probabilities };
        heed_web_names(&mut head, &words);
        let company = head.labels.entity_index("company").expect("a label");
        let likely = |row: &Vec<f32>| Evidence::new(row, &head.labels).best() == Some(company);
        let found = words.iter().zip(&head.probabilities).filter(|(_, row)| likely(row));
        found.map(|(word, _)| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_that_an_address_spells_are_companies() {
        for (name, address) in [
            ("Gtech Fitness", "www.gtechfitness.com"),
            ("EXAMPLE", "support@example.com"),
            ("British Gas", "britishgas.co.uk/bill"),
            ("Müller Söhne", "info@mueller-soehne.de,"),
            ("Café Odéon", "https://cafe-odeon.fr"),
        ] {
            let lines = ["Invoice 42", &format!("{name} Ltd."), "1 High St", address];
            assert_eq!(companies(&lines), format!("{name} Ltd."), "{address}");
        }
    }

    #[test]
    fn what_no_address_spells_stays_as_it_is() {
        for lines in [
            ["Gmail Services", "me@gmail.com"],
            ["Fitness Gtech", "www.gtechfitness.com"],
            ["{Example Ltd.", "billing@example.com"],
            ["www.example.com", "mail@example.com"],
            ["Total 12.50", "Version 1.com.50"],
        ] {
            assert_eq!(companies(&lines), "", "{lines:?}");
        }
        let twice = ["Acme Widget", "Acme Ltd.", "acme.com"];
        assert_eq!(companies(&twice), "Acme Widget", "the first of them");
    }

    #[test]
    fn hosts_are_named_without_what_is_around_them() {
        let name = |text: &str| host(text).unwrap_or_default();
        assert_eq!(name("www.Acme-Shop.co.uk/de"), "acmeshop");
        assert_eq!(name("Web:www.acme.com.br"), "acme");
        assert_eq!(name("(info@acme.de)"), "acme");
        for text in ["wm.com", "12.50", "e.V.", "someone@hotmail.com", "S.p.A.", "co.uk", ""] {
            assert_eq!(host(text), None, "{text}");
        }
    }
}
