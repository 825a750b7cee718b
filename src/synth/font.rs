//! Fonts found at run time: which faces there are, what they look like, which letters they have.
//!
//! No font is shipped. Faces are classed by their file names (Debian's packages name them well) and
//! sorted by path, so that the same set of files always gives the same documents.

use crate::error::{Error, ErrorCode, Result, Stage};
use crate::lexicon::Language;
use crate::lexicon::{Lexicon, Term};
use ab_glyph::{Font as _, FontVec, GlyphId};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Index of a face in its [`FontBook`].
pub type FaceId = u16;

/// What a family looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Look {
    Sans,
    Serif,
    /// Fixed pitch: receipts, line printers, typewriters.
    Mono,
    /// Narrow sans.
    Condensed,
}

/// A family with the faces that a document needs.
#[derive(Debug, Clone)]
pub struct Family {
    pub name: String,
    pub look: Look,
    pub regular: FaceId,
    pub bold: FaceId,
    /// Letters that the regular and bold face both have, of those any language here needs.
    covered: String,
}

/// One parsed face with its measures in em.
pub struct Face {
    pub font: FontVec,
    /// Advance in em of the characters up to U+024F, by code point.
    advances: Vec<f32>,
    /// px scale (ab_glyph's unit) for one px of em.
    pub scale_per_em: f32,
    units_per_em: f32,
}

impl Face {
    fn parse(data: Vec<u8>) -> Option<Self> {
        let font = FontVec::try_from_vec(data).ok()?;
        let units_per_em = font.units_per_em()?;
        let scale_per_em = font.height_unscaled() / units_per_em;
        let advances = (0..0x250u32)
            .map(|code| {
                let glyph = char::from_u32(code).map_or(GlyphId(0), |c| font.glyph_id(c));
                font.h_advance_unscaled(glyph) / units_per_em
            })
            .collect();
        Some(Self { font, advances, scale_per_em, units_per_em })
    }

    /// Advance of a character in em.
    pub fn advance(&self, c: char) -> f32 {
        self.advances.get(c as usize).copied().unwrap_or_else(|| {
            self.font.h_advance_unscaled(self.font.glyph_id(c)) / self.units_per_em
        })
    }

    fn has(&self, c: char) -> bool {
        let glyph = self.font.glyph_id(c);
        glyph.0 != 0 && (c.is_whitespace() || self.font.outline(glyph).is_some())
    }
}

/// The usable families, sorted by name, and their faces.
pub struct FontBook {
    families: Vec<Family>,
    faces: Vec<Face>,
}

/// Everything any language here may print; a family is asked only for what its language needs.
const REPERTOIRE: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\
    .,:;/-+#%&()'\"*@!?=_<>|€£$\
    ÄÖÜäöüßÀÂÇÉÈÊËÎÏÔÙÛŸàâçéèêëîïôùûÿœŒæÆÁÍÓÚÑáíóúñ¿¡ìòÌÒãõÃÕåÅøØ\
    ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůýžČĎĚŇŘŠŤŮÝŽőűŐŰăâîșțĂÂÎȘȚğıİşŞĞđĐľĽĺĹŕŔ\
    āĀēĒģĢīĪķĶļĻņŅūŪėĖįĮųŲº°–„“”’«»×²³§·₹₺";

impl FontBook {
    /// Where Debian's font packages and users put their fonts.
    pub fn default_directories() -> Vec<PathBuf> {
        let mut directories =
            vec![PathBuf::from("/usr/share/fonts"), PathBuf::from("/usr/local/share/fonts")];
        if let Some(home) = std::env::var_os("HOME") {
            directories.push(Path::new(&home).join(".local/share/fonts"));
        }
        directories
    }

    /// Reads every usable family below the directories.
    ///
    /// # Errors
    /// Stage `input` when no family with Latin letters is found.
    pub fn load(directories: &[PathBuf]) -> Result<Self> {
        let mut files = Vec::new();
        for directory in directories {
            collect(directory, &mut files);
        }
        files.sort();
        let mut groups: BTreeMap<String, Candidates> = BTreeMap::new();
        for file in files {
            let Some((family, weight)) = classify(&file) else { continue };
            let group = groups.entry(family).or_default();
            let slot = if weight == Weight::Bold { &mut group.bold } else { &mut group.regular };
            slot.get_or_insert(file);
        }
        let mut book = Self { families: Vec::new(), faces: Vec::new() };
        for (name, candidates) in groups {
            book.add(name, &candidates);
        }
        if book.families.is_empty() {
            let hint =
                "install fonts-dejavu and fonts-liberation, or name a directory with --fonts";
            return Err(Error::new(
                Stage::Input,
                ErrorCode::NotFound,
                "no font with Latin letters was found",
            )
            .hint(hint));
        }
        Ok(book)
    }

    fn add(&mut self, name: String, candidates: &Candidates) {
        let read = |path: &Option<PathBuf>| {
            path.as_ref().and_then(|p| std::fs::read(p).ok()).and_then(Face::parse)
        };
        let Some(regular) = read(&candidates.regular) else { return };
        let bold = read(&candidates.bold);
        let covers = |c: &char| regular.has(*c) && bold.as_ref().is_none_or(|b| b.has(*c));
        let covered: String = REPERTOIRE.chars().filter(covers).collect();
        if !"09AZaz.,:/-".chars().all(|c| covered.contains(c)) {
            return;
        }
        let look = look_of(&name, &regular);
        let id = self.faces.len() as FaceId;
        self.faces.push(regular);
        let bold = bold.map_or(id, |face| {
            self.faces.push(face);
            id + 1
        });
        self.families.push(Family { name, look, regular: id, bold, covered });
    }

    /// The families of one look alone; all of them where none has it.
    #[must_use]
    pub fn only(mut self, look: Look) -> Self {
        if self.families.iter().any(|family| family.look == look) {
            self.families.retain(|family| family.look == look);
        }
        self
    }

    pub fn face(&self, id: FaceId) -> &Face {
        &self.faces[usize::from(id)]
    }

    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Checks that some family can write this language.
    ///
    /// # Errors
    /// Stage `input`, naming the language.
    pub fn require(&self, language: Language, lexicon: &Lexicon) -> Result<()> {
        let letters = lexicon.all(Term::Letters).concat();
        if self.families.iter().any(|f| f.covers(&letters)) {
            return Ok(());
        }
        let message = format!("no font has every letter of language `{}`", language.code());
        Err(Error::new(Stage::Input, ErrorCode::NotFound, message)
            .hint("install fonts-dejavu, or leave the language out"))
    }

    /// The families of a look that have every one of these letters.
    pub fn families_with(&self, look: Look, letters: &str) -> Vec<&Family> {
        self.families.iter().filter(|f| f.look == look && f.covers(letters)).collect()
    }
}

impl Family {
    /// Whether both faces have every one of these letters.
    pub fn covers(&self, letters: &str) -> bool {
        letters.chars().all(|c| c.is_whitespace() || self.covered.contains(c))
    }
}

#[derive(Default)]
struct Candidates {
    regular: Option<PathBuf>,
    bold: Option<PathBuf>,
}

#[derive(PartialEq, Eq)]
enum Weight {
    Regular,
    Bold,
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "ttf" || e == "otf") {
            files.push(path);
        }
    }
}

/// Families whose file names tell style by code: ParaType's numbers, Gentium Basic's letters.
fn coded_style(stem: &str) -> Option<Option<(String, Weight)>> {
    if let Some(code) = stem.strip_prefix("PT").and_then(|s| s.strip_suffix('F')) {
        let (look, number) = code.split_at_checked(1)?;
        let weight = match number {
            "55" => Weight::Regular,
            "75" => Weight::Bold,
            _ => return Some(None),
        };
        let family = match look {
            "F" => "PTSerif",
            "M" => "PTMono",
            "S" => "PTSans",
            _ => return Some(None),
        };
        return Some(Some((family.to_string(), weight)));
    }
    let (family, code) = match stem.strip_prefix("GenBkBas") {
        Some(code) => ("GenBkBas", code),
        None => ("GenBas", stem.strip_prefix("GenBas")?),
    };
    let weight = match code {
        "R" => Weight::Regular,
        "B" => Weight::Bold,
        _ => return Some(None),
    };
    Some(Some((family.to_string(), weight)))
}

/// Family and weight from a file name; `None` for slanted and in-between faces, and for scripts
/// and symbol fonts that are not asked for.
fn classify(path: &Path) -> Option<(String, Weight)> {
    const UNWANTED: [&str; 12] = [
        "Italic", "Oblique", "Math", "Symbol", "Initial", "Thin", "Hairline", "Black", "Heavy",
        "Display", "Emoji", "Outline",
    ];
    let stem = path.file_stem()?.to_str()?;
    if let Some(answer) = coded_style(stem) {
        return answer;
    }
    let (family, style) = match stem.rsplit_once(['-', '_']) {
        Some((family, style)) if !style.is_empty() => (family, style),
        _ => match stem.rsplit_once(' ') {
            Some((family, style)) if ["Bold", "B", "I", "BI"].contains(&style) => (family, style),
            _ => (stem.strip_suffix("Bold").unwrap_or(stem), stem),
        },
    };
    let slanted = ["I", "BI", "RI", "RBI", "RZI", "Bold-Italic"].contains(&style);
    if slanted || UNWANTED.iter().any(|w| stem.contains(w)) {
        return None;
    }
    // Noto holds a hundred scripts; only the Latin families are read.
    if stem.starts_with("Noto") && !["NotoSans", "NotoSerif", "NotoSansMono"].contains(&family) {
        return None;
    }
    let weight = match style {
        "Bold" | "B" | "RB" | "R B" => Weight::Bold,
        "Regular" | "R" | "Book" | "Medium" | "Roman" => Weight::Regular,
        s if s == stem && stem.ends_with("Bold") => Weight::Bold,
        s if s == stem => Weight::Regular,
        _ => return None,
    };
    Some((family.to_string(), weight))
}

fn look_of(name: &str, face: &Face) -> Look {
    let lower = name.to_lowercase();
    if (face.advance('i') - face.advance('M')).abs() < 1e-3 {
        return Look::Mono;
    }
    if ["condensed", "narrow", "cond"].iter().any(|w| lower.contains(w)) {
        return Look::Condensed;
    }
    let serif = ["serif", "tinos", "libertine", "caladea", "garamond", "gen", "termes", "bonum"];
    let serif_more = ["pagella", "schola", "ptf", "roman", "chorus", "times"];
    let sans = lower.contains("sansserif");
    if !sans && serif.iter().chain(&serif_more).any(|w| lower.contains(w)) {
        Look::Serif
    } else {
        Look::Sans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_tell_family_and_weight() {
        let case = |name: &str| classify(Path::new(name)).map(|(f, w)| (f, w == Weight::Bold));
        assert_eq!(case("LiberationSans-Regular.ttf"), Some(("LiberationSans".into(), false)));
        assert_eq!(case("LiberationSans-Bold.ttf"), Some(("LiberationSans".into(), true)));
        assert_eq!(case("DejaVuSansMono.ttf"), Some(("DejaVuSansMono".into(), false)));
        assert_eq!(case("FreeSansBold.ttf"), Some(("FreeSans".into(), true)));
        assert_eq!(case("Courier Prime Bold.otf"), Some(("Courier Prime".into(), true)));
        assert_eq!(case("PTS75F.ttf"), Some(("PTSans".into(), true)));
        assert_eq!(case("GenBasR.ttf"), Some(("GenBas".into(), false)));
        assert_eq!(case("GenBkBasBI.ttf"), None);
        assert_eq!(case("Anonymous Pro BI.ttf"), None);
        assert_eq!(case("LiberationSans-Italic.ttf"), None);
        assert_eq!(case("NotoSansTamil-Regular.ttf"), None);
    }
}
