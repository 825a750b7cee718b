//! Names that forms give in sections of their own: `EMISOR` above `NOMBRE: …`, `PRESTADOR / FORNECEDOR` above `Nome
//! Empresarial` and the name below that.
//! Tax authorities prescribe such forms, so millions of invoices of a country look alike.

use super::caption_value::{close_together, line_below};
use super::caption_words::caption_at;
use super::field_names::{is_heading, letters};
use super::neighbours::{bbox_of, is_within, on_one_line, pieces};
use super::page::HeadPrediction;
use super::parties::PARTIES;
use super::stub::on_stub;
use super::surplus::digits;
use crate::document::Word;
use crate::geometry::PixelBox;
use std::ops::Range;

/// What the odds of a name in its section are multiplied by.
const NAMED: f32 = 1e6;
/// What those of all other words of the page are multiplied by as the same party.
const OTHERS: f32 = 1e-4;
/// Words of a name at most.
pub const NAME_WORDS: usize = 12;
/// A section reaches so many heights of its heading down.
const SECTION: u32 = 14;
/// Below the key of a cell, in its heights, stands its value.
const BELOW_KEY: f32 = 2.0;

/// Headings of the seller's section by their letters.
#[rustfmt::skip]
const SELLERS: [&str; 42] = [
    "emitente", "prestador", "prestadordeservicos", "prestadordeservico", "prestadordoservico", "fornecedor", "cedente",
    "cedenteprestatore", "prestatore", "fornitore", "emisor", "emissor", "proveedor", "sprzedawca", "podmiot",
    "dodavatel", "seller", "supplier", "vendor", "verkaufer", "lieferant", "leistungserbringer", "furnizor", "vanzator",
    "vendeur", "emetteur", "fournisseur", "satici", "prodavatelj", "izdavatelj", "pardavejas", "tiekejas", "pardevejs",
    "piegadatajs", "muuja", "myyja", "saljare", "saelger", "selger", "verkoper", "elado", "szallito",
];

/// The same of the buyer's.
#[rustfmt::skip]
const BUYERS: [&str; 46] = [
    "destinatario", "tomador", "tomadordeservicos", "tomadordeservico", "tomadordoservico", "adquirente", "cliente",
    "receptor", "cessionario", "cessionariocommittente", "committente", "comprador", "nabywca", "odberatel", "buyer",
    "customer", "client", "billto", "kaufer", "kunde", "empfanger", "leistungsempfanger", "rechnungsempfanger",
    "vevo", "cumparator", "acheteur", "destinataire", "alici", "kupac", "kupec", "pirkejas", "pircejs", "ostja", "ostaja",
    "kopare", "kober", "kjoper", "koper", "afnemer", "klant", "pembeli", "adquiriente", "datosdelcliente",
    "datosdelreceptor", "dadosdotomador", "dadosdocliente",
];

/// What stands before a name or above it, by its letters.
#[rustfmt::skip]
const NAME_KEYS: [&str; 36] = [
    "name", "companyname", "businessname", "legalname", "nome", "nomerazaosocial", "nomenomeempresarial",
    "nomeempresarial", "razaosocial", "razaosocialnome", "nombre", "nombreorazonsocial", "nombrerazonsocial",
    "nombreyorazonsocial", "razonsocial", "denominazione", "ragionesociale", "denominazioneragionesociale", "nazwa",
    "nazwafirmy", "pelnanazwa", "raisonsociale", "nom", "nomouraisonsociale", "denomination", "naam", "navn", "namn",
    "nev", "nume", "denumire", "naziv", "nazev", "obchodnijmeno", "unvan", "nama",
];

/// Short words that name a buyer alone: `An: …`.
const ALONE: [&str; 6] = ["an", "to", "para", "pour", "aan", "kepada"];

/// Short words before the name of who sells and of who buys, as pairs: `Von: … An: …`.
#[rustfmt::skip]
const PAIRS: [(&str, &str); 16] = [
    ("von", "an"), ("from", "to"), ("from", "billto"), ("de", "a"), ("de", "para"), ("de", "pour"), ("da", "a"),
    ("od", "do"), ("od", "pro"), ("van", "aan"), ("fra", "til"), ("fran", "till"), ("od", "za"), ("dari", "kepada"),
    ("from", "for"), ("par", "pour"),
];

/// Weighs the odds of names that stand in the section of their party, behind one of two short words, or on a stub.
pub fn heed_sections(head: &mut HeadPrediction, words: &[Word]) {
    if PARTIES.iter().any(|label| head.labels.entity_index(label).is_none()) {
        return;
    }
    let pieces = pieces(words);
    let sections: Vec<Section> =
        pieces.iter().filter_map(|piece| Section::headed_by(words, piece)).collect();
    let mut found = on_stub(words);
    for key in pieces.iter().filter_map(|piece| NameKey::at(words, piece)) {
        let Some(section) = section_of(&sections, &key) else { continue };
        let known = found.iter().any(|(party, _)| *party == section.party);
        if let Some(name) = key.name(words, &pieces).filter(|_| !known) {
            found.push((section.party, name));
        }
    }
    if !found.iter().any(|(party, _)| *party == PARTIES[0]) {
        found.extend(at_head(words, &pieces, &sections));
    }
    if found.is_empty() {
        found = in_columns(words, &pieces, &sections);
    }
    if found.is_empty() {
        found = in_pairs(words, &pieces);
    }
    for (party, name) in &found {
        let is_other = |word: &usize| !name.contains(word) && !goes_on_below(words, name, *word);
        for word in (0..words.len()).filter(is_other) {
            head.weigh_label(word, party, OTHERS);
        }
    }
    for (party, name) in &found {
        head.insist(name, party, NAMED);
    }
}

/// Whether a word may be of the second line of a name.
fn goes_on_below(words: &[Word], name: &[usize], word: usize) -> bool {
    let [first, bbox] = [words[name[0]].bbox, words[word].bbox];
    let height = first.height();
    bbox.top() + height / 4 >= first.bottom()
        && bbox.top() <= first.bottom() + height
        && bbox.left() + height >= first.left()
        && bbox.left() <= first.left() + 20 * height
}

fn text_of(words: &[Word], range: &Range<usize>) -> String {
    let texts: Vec<&str> = words[range.clone()].iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// A heading of the section that names a party.
struct Section {
    party: &'static str,
    bbox: PixelBox,
}

impl Section {
    fn headed_by(words: &[Word], piece: &Range<usize>) -> Option<Self> {
        let text = text_of(words, piece);
        let text = text.trim_end_matches([':', ' ']);
        // `PRESTADOR / FORNECEDOR`, `Cedente/prestatore (fornitore)`: the first says it.
        let first = text.split(['/', '(']).next().unwrap_or(text);
        let is_of = |names: &[&str]| {
            [first, text].iter().any(|part| names.contains(&letters(part).as_str()))
        };
        let party = match (is_of(&SELLERS), is_of(&BUYERS)) {
            (true, false) => PARTIES[0],
            (false, true) => PARTIES[1],
            _ => return None,
        };
        Some(Self { party, bbox: bbox_of(words, piece) })
    }

    /// How far below this heading something stands; `None` where it is not of its section.
    fn holds(&self, bbox: PixelBox) -> Option<u32> {
        let height = self.bbox.height().max(1);
        let down = bbox.top().checked_sub(self.bbox.top() + height / 2)?;
        (down < SECTION * height).then_some(down)
    }
}

/// The section that a key stands in: of the lowest headings above it the nearest to its side. A key without a colon may
/// head a column, unless it begins where its section does.
fn section_of<'a>(sections: &'a [Section], key: &NameKey) -> Option<&'a Section> {
    let bbox = key.bbox;
    let above = |section: &&Section| section.holds(bbox).is_some();
    let nearest = sections.iter().filter(above).min_by_key(|section| section.holds(bbox))?;
    let beside = |section: &&Section| {
        section.bbox.top().abs_diff(nearest.bbox.top()) <= nearest.bbox.height()
    };
    let aside = |section: &&Section| middle(section.bbox).abs_diff(middle(bbox));
    let section = sections.iter().filter(above).filter(beside).min_by_key(aside)?;
    let begins_there = section.bbox.left().abs_diff(bbox.left()) <= section.bbox.height();
    (key.has_colon || begins_there).then_some(section)
}

fn middle(bbox: PixelBox) -> u32 {
    bbox.left() + bbox.width() / 2
}

/// What announces a name: `Nome / Razão Social`.
struct NameKey {
    words: Range<usize>,
    /// The words behind it on its piece of line.
    behind: Range<usize>,
    has_colon: bool,
    /// Of the whole piece.
    bbox: PixelBox,
}

impl NameKey {
    /// The longest key that a piece begins with. `Nome fantasia` is another, `Name der Bank` no party's.
    fn at(words: &[Word], piece: &Range<usize>) -> Option<Self> {
        const WORDS: usize = 7;
        let mut key = String::new();
        let mut longest = None;
        for (length, word) in words[piece.clone()].iter().take(WORDS).enumerate() {
            key += &letters(&word.text);
            if NAME_KEYS.contains(&key.as_str()) {
                longest = Some(piece.start + length + 1);
            }
        }
        let end = longest?;
        let colons = words[end..piece.end].iter().take_while(|word| word.text == ":").count();
        let has_colon = colons > 0 || words[end - 1].text.ends_with(':');
        (has_colon || end == piece.end).then(|| Self {
            words: piece.start..end,
            behind: end + colons..piece.end,
            has_colon,
            bbox: bbox_of(words, piece),
        })
    }

    /// The name behind the key up to the next key, else below it.
    fn name(&self, words: &[Word], pieces: &[Range<usize>]) -> Option<Vec<usize>> {
        let is_key = |word: &usize| words[*word].text.ends_with(':');
        let behind = || {
            let piece = Some(self.behind.clone()).filter(|behind| !behind.is_empty());
            let piece =
                piece.or_else(|| self.piece_behind(words, pieces).filter(|_| self.has_colon));
            let name: Vec<usize> = piece?.take_while(|word| !is_key(word)).collect();
            is_name(words, &name).then_some(name)
        };
        let below = || {
            let area = bbox_of(words, &self.words);
            let below = line_below(words, area, BELOW_KEY, |word| !self.words.contains(word))?;
            let name = close_together(words, &below);
            is_name(words, name).then(|| name.to_vec())
        };
        behind().or_else(|| below().filter(|_| self.behind.is_empty()))
    }

    /// The next piece on the key's line, as in columns of keys and values.
    fn piece_behind(&self, words: &[Word], pieces: &[Range<usize>]) -> Option<Range<usize>> {
        /// In heights.
        const FAR: u32 = 15;
        let reach = self.bbox.right() + FAR * self.bbox.height();
        let is_behind = |piece: &&Range<usize>| {
            let bbox = words[piece.start].bbox;
            on_one_line(self.bbox, bbox) && (self.bbox.right()..reach).contains(&bbox.left())
        };
        let nearest = pieces.iter().filter(is_behind);
        nearest.min_by_key(|piece| words[piece.start].bbox.left()).cloned()
    }
}

/// The seller's name behind a key of companies that stands in no section, above what names the buyer: `Razón Social: …`
/// above `Cliente: …`.
fn at_head(
    words: &[Word],
    pieces: &[Range<usize>],
    sections: &[Section],
) -> Option<(&'static str, Vec<usize>)> {
    /// Of companies, by their letters: `Nombre` may be anybody's.
    const OF_COMPANIES: [&str; 8] = [
        "razonsocial",
        "razaosocial",
        "ragionesociale",
        "raisonsociale",
        "denominazione",
        "companyname",
        "businessname",
        "legalname",
    ];
    let keys = pieces.iter().filter_map(|piece| NameKey::at(words, piece));
    let key = keys.min_by_key(|key| key.bbox.top())?;
    let is_companys = OF_COMPANIES.contains(&letters(&text_of(words, &key.words)).as_str());
    let names_buyer = |start: usize| {
        words[start].bbox.top() > key.bbox.bottom()
            && caption_at(words, start)
                .is_some_and(|(_, announced)| announced.label == Some(PARTIES[1]))
    };
    let of_seller = key.has_colon
        && is_companys
        && section_of(sections, &key).is_none()
        && (0..words.len()).any(names_buyer);
    let name = of_seller.then(|| key.name(words, pieces))??;
    Some((PARTIES[0], name))
}

/// The first names below a seller's heading and a buyer's that stand on one line, as heads of columns: `ÉMETTEUR
/// DESTINATAIRE`.
fn in_columns(
    words: &[Word],
    pieces: &[Range<usize>],
    sections: &[Section],
) -> Vec<(&'static str, Vec<usize>)> {
    let pairs = sections.iter().flat_map(|one| sections.iter().map(move |other| [one, other]));
    let is_row = |pair: &[&Section; 2]| {
        let [seller, buyer] = pair;
        (seller.party, buyer.party) == (PARTIES[0], PARTIES[1])
            && on_one_line(seller.bbox, buyer.bbox)
    };
    // `GLN`, a number's key, may stand before the name.
    let is_short = |piece: &Range<usize>| letters(&text_of(words, piece)).chars().count() < 4;
    let first_name = |section: &Section| {
        let below = |piece: &&Range<usize>| {
            let bbox = words[piece.start].bbox;
            section.holds(bbox).is_some()
                && bbox.left().abs_diff(section.bbox.left()) <= section.bbox.height()
                && !is_short(piece)
        };
        let first =
            pieces.iter().filter(below).min_by_key(|piece| words[piece.start].bbox.top())?;
        let name: Vec<usize> = (first.start..end_in_fixed_print(words, first)).collect();
        let is_plain = digits(&text_of(words, first)) == 0;
        (is_plain && is_name(words, &name)).then_some((section.party, name))
    };
    let of_row = |pair: [&Section; 2]| -> Option<Vec<(&'static str, Vec<usize>)>> {
        pair.into_iter().map(first_name).collect()
    };
    pairs.filter(is_row).find_map(of_row).unwrap_or_default()
}

/// Where a piece ends with the words behind it that are no farther than fixed print sets them.
fn end_in_fixed_print(words: &[Word], piece: &Range<usize>) -> usize {
    /// In heights.
    const APART: f32 = 1.6;
    let goes_on = |&next: &usize| {
        is_within(APART, words[next - 1].bbox, words[next].bbox) && digits(&words[next].text) == 0
    };
    piece.end + (piece.end..words.len()).take_while(goes_on).count()
}

/// The names behind two short words that are a pair, each at the beginning of its piece and with a colon, up to a comma.
fn in_pairs(words: &[Word], pieces: &[Range<usize>]) -> Vec<(&'static str, Vec<usize>)> {
    let named = |key: &str| {
        let begins = |piece: &&Range<usize>| {
            words[piece.start].text.ends_with(':') && letters(&words[piece.start].text) == key
        };
        let piece = pieces.iter().find(begins)?;
        let rest = piece.start + 1..piece.end;
        let ends = rest.clone().find(|&word| words[word].text.ends_with(','));
        let name: Vec<usize> = (rest.start..ends.map_or(rest.end, |word| word + 1)).collect();
        is_name(words, &name).then_some(name)
    };
    let both = |(seller, buyer): &(&str, &str)| {
        Some(vec![(PARTIES[0], named(seller)?), (PARTIES[1], named(buyer)?)])
    };
    let alone = || {
        let name = ALONE.iter().find_map(|key| named(key))?;
        Some(vec![(PARTIES[1], name)])
    };
    PAIRS.iter().find_map(both).or_else(alone).unwrap_or_default()
}

/// Whether words may be a party's name.
pub fn is_name(words: &[Word], name: &[usize]) -> bool {
    let texts: Vec<&str> = name.iter().map(|&word| words[word].text.as_str()).collect();
    let text = texts.join(" ");
    (1..=NAME_WORDS).contains(&name.len())
        && letters(&text).chars().count() >= 3
        && text.starts_with(char::is_alphanumeric)
        && !text.contains([':', '@'])
        && !is_heading(&text)
        && !NAME_KEYS.contains(&letters(&text).as_str())
        && caption_at(words, name[0]).is_none_or(|(length, _)| length < name.len())
}

#[cfg(test)]
#[path = "party_sections_tests.rs"]
mod tests;
