//! The characters that the line reader can write, and which of them differ in case alone.

use crate::error::{Error, ErrorCode, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Class of CTC's blank: "no new character here".
pub const BLANK: i64 = 0;

/// ASCII, the letters of the European languages with Latin script, currency and typographic signs.
const CHARACTERS: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\
    abcdefghijklmnopqrstuvwxyz{|}~\
    ¡¢£¥§©«®°±²³µ·¹º»¼½¾¿ªÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ\
    ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŒœŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŸŹźŻżŽžȘșȚț\
    –—‘’‚“”„†•…€™₹₺₽";

/// Characters by class, from 1; class 0 is [`BLANK`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alphabet {
    characters: Vec<char>,
    classes: HashMap<char, i64>,
}

#[derive(Serialize, Deserialize)]
struct AlphabetFile {
    characters: String,
}

impl Default for Alphabet {
    fn default() -> Self {
        Self::of(CHARACTERS.chars().collect())
    }
}

impl Alphabet {
    fn of(characters: Vec<char>) -> Self {
        let classes = (1..).zip(&characters).map(|(class, &c)| (c, class)).collect();
        Self { characters, classes }
    }

    /// From the JSON that [`Self::to_json`] writes.
    ///
    /// # Errors
    /// `ModelInvalid` when it is no alphabet, or names a character twice.
    pub fn from_json(text: &str) -> Result<Self> {
        let invalid = |message: String| {
            Error::model(ErrorCode::ModelInvalid, format!("the reader's alphabet: {message}"))
                .hint("the file is damaged: fetch it again")
        };
        let file: AlphabetFile = serde_json::from_str(text).map_err(|e| invalid(e.to_string()))?;
        let alphabet = Self::of(file.characters.chars().collect());
        if alphabet.classes.len() != alphabet.characters.len() {
            return Err(invalid("a character stands in it twice".to_string()));
        }
        Ok(alphabet)
    }

    pub fn to_json(&self) -> String {
        let file = AlphabetFile { characters: self.characters.iter().collect() };
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Classes, the blank included.
    pub fn classes(&self) -> i64 {
        self.characters.len() as i64 + 1
    }

    /// `None` for the blank and for numbers that are no class.
    pub fn character(&self, class: i64) -> Option<char> {
        usize::try_from(class - 1).ok().and_then(|index| self.characters.get(index)).copied()
    }

    /// The classes of a text; `None` when it has a character that the alphabet lacks.
    pub fn encode(&self, text: &str) -> Option<Vec<i64>> {
        text.chars().map(|c| self.classes.get(&c).copied()).collect()
    }

    /// For every class, the class that stands for both of its cases: that of the capital letter.
    pub fn caseless(&self) -> Vec<i64> {
        let capital = |class: i64| {
            let mut upper = self.character(class)?.to_uppercase();
            let first = upper.next()?;
            // `ß` has no capital of its own.
            upper.next().is_none().then_some(())?;
            self.classes.get(&first).copied()
        };
        (0..self.classes()).map(|class| capital(class).unwrap_or(class)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_a_class_of_its_own() {
        let alphabet = Alphabet::default();
        assert_eq!(alphabet.classes.len(), alphabet.characters.len());
        let text = "Ünïversal-Zürich: 1.234,56 €";
        let classes = alphabet.encode(text).unwrap();
        let back: String = classes.iter().filter_map(|&c| alphabet.character(c)).collect();
        assert_eq!(back, text);
        assert_eq!(alphabet.encode("日"), None);
        assert_eq!(alphabet.character(BLANK), None);
    }

    #[test]
    fn cases_fold_together_and_nothing_else_does() {
        let alphabet = Alphabet::default();
        let caseless = alphabet.caseless();
        let class = |c: char| alphabet.classes[&c];
        assert_eq!(caseless[class('a') as usize], class('A'));
        assert_eq!(caseless[class('é') as usize], class('É'));
        assert_eq!(caseless[class('7') as usize], class('7'));
        assert_eq!(caseless[class('ß') as usize], class('ß'));
        assert_eq!(caseless[0], BLANK);
    }

    #[test]
    fn alphabets_survive_their_file() {
        let alphabet = Alphabet::default();
        assert_eq!(Alphabet::from_json(&alphabet.to_json()).unwrap(), alphabet);
        assert!(Alphabet::from_json(r#"{"characters": "aa"}"#).is_err());
        assert!(Alphabet::from_json("{").is_err());
    }
}
