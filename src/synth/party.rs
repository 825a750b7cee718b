//! People, firms and their addresses, made up: lists of real names and syllables, so that a model
//! can't learn them by heart.

use super::country::Country;
use super::dice::Dice;
use crate::lexicon::Language;
use crate::lexicon::{Lexicon, Term};

/// A firm or person on a document.
#[derive(Debug, Clone)]
pub struct Party {
    pub name: String,
    /// Street, town line and perhaps more, without the country.
    pub address: Vec<String>,
    pub country: &'static Country,
    pub phone: String,
    pub fax: String,
    pub email: String,
    pub web: String,
    pub vat_id: String,
    pub tax_number: String,
    pub register: String,
    pub person: String,
    pub bank: String,
    pub iban: String,
    pub bic: String,
    pub account: String,
    /// A private person, not a firm.
    pub private: bool,
}

/// Makes names and addresses in one language.
pub struct Registry<'a> {
    pub lexicon: &'a Lexicon,
    pub country: &'static Country,
}

impl Registry<'_> {
    /// A word that no dictionary has.
    pub fn invented(&self, term: Term, dice: &mut Dice) -> String {
        let count = dice.weighted(&[(5, 2), (4, 3), (1, 1)]);
        let mut word: String = (0..count).map(|_| self.lexicon.pick(term, dice)).collect();
        if word.chars().count() < 4 {
            word.push_str(self.lexicon.pick(term, dice));
        }
        capitalized(&word)
    }

    pub fn last_name(&self, dice: &mut Dice) -> String {
        if dice.chance(0.3) {
            self.invented(Term::Syllables, dice)
        } else {
            self.lexicon.pick(Term::LastNames, dice).to_string()
        }
    }

    pub fn person(&self, dice: &mut Dice) -> String {
        let first = self.lexicon.pick(Term::FirstNames, dice);
        let last = self.last_name(dice);
        match dice.between(0, 11) {
            0 => format!("{}. {last}", first.chars().next().unwrap_or('A')),
            1 => format!("{last}, {first}"),
            2 => format!("{first} {}-{last}", self.last_name(dice)),
            _ => format!("{first} {last}"),
        }
    }

    pub fn town(&self, dice: &mut Dice) -> String {
        if self.country.language != Language::English && dice.chance(0.45)
            || self.country.code == "GB" && dice.chance(0.4)
            || dice.chance(0.2)
        {
            self.invented(Term::TownSyllables, dice)
        } else {
            dice.pick(self.country.towns).to_string()
        }
    }

    /// A firm's name with its legal form.
    pub fn firm(&self, dice: &mut Dice, shop: bool) -> String {
        let trade = Term::Trades;
        let kind = if shop && dice.chance(0.75) { Term::Shops } else { trade };
        let kind = self.lexicon.pick(kind, dice);
        let core = match dice.between(0, 13) {
            0..=2 => format!("{} {kind}", self.invented(Term::Syllables, dice)),
            3 => format!("{kind} {}", self.last_name(dice)),
            4 => format!("{} {kind}", self.last_name(dice)),
            5 => format!("{} & {}", self.last_name(dice), self.last_name(dice)),
            6 => format!("{kind} {}", self.invented(Term::Syllables, dice)),
            7 => self.invented(Term::Syllables, dice),
            8 => format!("{} & {} {kind}", self.last_name(dice), self.last_name(dice)),
            9 => format!("{} {}", self.town(dice), kind),
            10 => format!("{} {kind}", dice.code("@@@").chars().take(3).collect::<String>()),
            11 => format!("{} {}", self.lexicon.pick(Term::FirstNames, dice), self.last_name(dice)),
            12 => format!(
                "{} {} {kind}",
                self.invented(Term::Syllables, dice),
                self.lexicon.pick(trade, dice)
            ),
            _ => format!("{kind} {}", self.town(dice)),
        };
        let form = if shop && dice.chance(0.45) { "" } else { dice.pick(self.country.forms) };
        // Most countries put the legal form behind the name.
        let name = if form.contains("{name}") {
            form.replace("{name}", &core)
        } else {
            format!("{core} {form}").trim().to_string()
        };
        if dice.chance(if shop { 0.4 } else { 0.12 }) { name.to_uppercase() } else { name }
    }

    pub fn street(&self, dice: &mut Dice) -> String {
        let mut text = dice.pick(self.country.streets).to_string();
        while text.contains("{name}") {
            let name = if dice.chance(0.5) {
                self.last_name(dice)
            } else {
                self.invented(Term::TownSyllables, dice)
            };
            text = text.replacen("{name}", &name, 1);
        }
        while text.contains("{n}") {
            let high = dice.pick(&[9, 99, 99, 400, 9000]);
            text = text.replacen("{n}", &dice.between(1, high).to_string(), 1);
        }
        text
    }

    pub fn zip(&self, dice: &mut Dice) -> String {
        dice.code(self.country.zip)
    }

    /// The lines of an address, without name and country.
    pub fn address(&self, dice: &mut Dice) -> Vec<String> {
        let town_line = dice
            .pick(self.country.town_line)
            .replace("{zip}", &self.zip(dice))
            .replace("{town}", &self.town(dice))
            .replace("{state}", dice.pick(self.country.states));
        let mut lines = vec![self.street(dice)];
        if dice.chance(0.1) {
            lines
                .insert(0, format!("{} {}", self.town(dice), self.lexicon.pick(Term::Shops, dice)));
        }
        lines.extend(town_line.split('\n').map(str::to_string));
        lines
    }

    pub fn firm_party(&self, dice: &mut Dice, shop: bool) -> Party {
        let name = self.firm(dice, shop);
        self.party(name, false, dice)
    }

    pub fn private_party(&self, dice: &mut Dice) -> Party {
        let name = self.person(dice);
        self.party(name, true, dice)
    }

    fn party(&self, name: String, private: bool, dice: &mut Dice) -> Party {
        let host = host_of(&name, dice);
        let country = self.country;
        let user = dice.pick(&["info", "office", "contact", "sales", "mail", "accounts", "hello"]);
        let iban = if country.iban.is_empty() {
            String::new()
        } else {
            let text = dice.code(&format!("{}## {}", country.code, country.iban));
            if dice.chance(0.25) { text.replace(' ', "") } else { text }
        };
        let bank_names = ["Bank", "Sparbank", "Credit", "Savings", "Banco", "Banque"];
        Party {
            address: self.address(dice),
            country,
            phone: coded(dice, country.phones),
            fax: coded(dice, country.phones),
            email: format!("{user}@{host}.{}", dice.pick(&[country.domain, "com", "net", "eu"])),
            web: format!("www.{host}.{}", dice.pick(&[country.domain, "com", country.domain])),
            vat_id: coded(dice, country.vat_ids),
            tax_number: coded(dice, country.tax_numbers),
            register: coded(dice, country.registers),
            person: self.person(dice),
            bank: format!("{} {}", self.town(dice), dice.pick(&bank_names)),
            iban,
            bic: dice.code(&format!("@@@@{}~~", country.code)),
            account: dice.code("########"),
            name,
            private,
        }
    }
}

fn host_of(name: &str, dice: &mut Dice) -> String {
    let plain = |c: char| match c {
        'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ö' | 'ó' | 'ô' | 'ò' | 'õ' | 'ø' => 'o',
        'ü' | 'ú' | 'ů' | 'û' | 'ù' => 'u',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        other => other,
    };
    let words: Vec<String> = name
        .to_lowercase()
        .split_whitespace()
        .map(|w| w.chars().map(plain).filter(char::is_ascii_alphanumeric).collect())
        .filter(|w: &String| w.len() > 2)
        .collect();
    match words.as_slice() {
        [] => "example".to_string(),
        [first] => first.clone(),
        [first, second, ..] => match dice.between(0, 2) {
            0 => first.clone(),
            1 => format!("{first}-{second}"),
            _ => format!("{first}{second}"),
        },
    }
}

/// The word with a capital first letter.
pub fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn coded(dice: &mut Dice, patterns: &[&str]) -> String {
    let pattern = dice.pick(patterns);
    dice.code(pattern)
}
