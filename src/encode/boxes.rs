//! Which box stands for a word in the layout embedding: its own, or that of the piece of a line it
//! stands in, the same for all words of the piece (StructuralLM, arXiv 2105.11210; LayoutLMv3, arXiv
//! 2204.08387, §2.1). A model is trained with one of them and says so in its `config.json`.

use crate::document::Word;
use crate::error::{Error, Result};
use crate::geometry::PixelBox;
use crate::ocr::segment::are_apart;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Whose boxes a model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayoutBoxes {
    /// Each word's own, as LayoutLMv2 has it.
    #[default]
    Words,
    /// The annotated line or entity's where a data set has them, else that of the words that stand
    /// close together on a line.
    Segments,
    /// As segments; each annotated one is an entity or none, so that its words are labelled as one
    /// ([`crate::decode::whole`]).
    Entities,
}

impl LayoutBoxes {
    /// All choices, for help and messages.
    pub const NAMES: &'static str = "words|segments|entities";

    /// For serde: models that are shown words say nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// One box a word. `segments` are the annotated ones, one a word; none where they are not known.
    pub fn of(self, words: &[Word], segments: &[PixelBox]) -> Vec<PixelBox> {
        match self {
            Self::Words => words.iter().map(|word| word.bbox).collect(),
            Self::Segments | Self::Entities if segments.len() == words.len() => segments.to_vec(),
            Self::Segments | Self::Entities => {
                words.chunk_by(|a, b| !are_apart(a, b)).flat_map(shared).collect()
            }
        }
    }
}

/// The box of all words, for each of them.
fn shared(piece: &[Word]) -> Vec<PixelBox> {
    let bbox = PixelBox::union_of(piece.iter().map(|word| word.bbox)).unwrap_or_default();
    vec![bbox; piece.len()]
}

impl FromStr for LayoutBoxes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "words" => Ok(Self::Words),
            "segments" => Ok(Self::Segments),
            "entities" => Ok(Self::Entities),
            _ => Err(Error::usage(format!("`{text}` is no choice of boxes"))
                .hint(format!("pass one of {}", Self::NAMES))),
        }
    }
}

impl fmt::Display for LayoutBoxes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Words => "words",
            Self::Segments => "segments",
            Self::Entities => "entities",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(left: i64, line: u32) -> Word {
        let bbox = PixelBox::new(left, 10, left + 30, 20);
        Word { text: "x".into(), bbox, confidence: 1.0, line, block: 0 }
    }

    #[test]
    fn words_of_one_piece_share_its_box() {
        // Two close words, one across a wide gap, one on the next line.
        let words = [word(0, 0), word(35, 0), word(300, 0), word(335, 1)];
        let piece = PixelBox::new(0, 10, 65, 20);
        let found = LayoutBoxes::Segments.of(&words, &[]);
        assert_eq!(found, [piece, piece, words[2].bbox, words[3].bbox]);
        let own: Vec<PixelBox> = words.iter().map(|word| word.bbox).collect();
        assert_eq!(LayoutBoxes::Words.of(&words, &[]), own);
        assert!(LayoutBoxes::Segments.of(&[], &[]).is_empty());
    }

    #[test]
    fn annotated_segments_come_first() {
        let words = [word(0, 0), word(35, 0)];
        let segments = [PixelBox::new(0, 0, 90, 40); 2];
        assert_eq!(LayoutBoxes::Segments.of(&words, &segments), segments);
        assert_eq!(LayoutBoxes::Words.of(&words, &segments)[1], words[1].bbox);
    }

    #[test]
    fn choices_round_trip() {
        for boxes in [LayoutBoxes::Words, LayoutBoxes::Segments, LayoutBoxes::Entities] {
            assert_eq!(boxes.to_string().parse::<LayoutBoxes>().unwrap(), boxes);
        }
        assert!("lines".parse::<LayoutBoxes>().is_err());
    }
}
