//! Month names of the languages written in Latin script, in full, inflected and cut short.
//!
//! Compared without accents and case. A bar marks where an abbreviation may end: `jan|uary` is met
//! by `jan`, `janu`, … `january`. Names that mean different months in different languages
//! (`listopad`: November in Polish and Czech, October in Croatian) stand under the more spoken one.

use std::sync::LazyLock;

#[rustfmt::skip]
const NAMES: [&str; 12] = [
    "jan|uary jan|uar jan|vier ene|ro gen|naio jan|eiro jan|uari tammi|kuuta jan|uarie sty|cznia \
     sty|czen led|na leden sijecn|ja sijecanj sij oca|k jaan|uar janv|aris saus|io sausis gen|er \
     jan|uaris urt|arrila ian|uarie jan|uarja",
    "feb|ruary feb|ruar fev|rier feb|rero feb|braio fev|ereiro feb|ruari helmi|kuuta feb|ruarie \
     lut|ego luty uno|ra unor velj|aca velj|ace sub|at veeb|ruar feb|ruaris vas|ario vasaris \
     febr|er ots|aila feb|ruarja",
    "mar|ch mar|z mrz maer|z mar|s mar|zo mar|co maa|rt mrt maalis|kuuta mar|cius mar|tie mar|ca \
     marzec brez|na brezen ozuj|ka ozujak ozu mar|t mar|ts kov|o kovas mar|et mac mar|c mar|ta",
    "apr|il avr|il abr|il apr|ile huhti|kuuta apr|ilis apr|ilie kwi|etnia kwiecien dub|na duben \
     trav|nja travanj tra nis|an apr|ill balan|dzio balandis apr|ila",
    "may mai mag|gio mayo maio mei maj maja touko|kuuta maj|us kve|tna kveten svib|nja svibanj svi \
     mayis maijs geg|uzes geguze maig mai|atza",
    "jun|e jun|i juin jun|io giu|gno jun|ho kesa|kuuta jun|ius iun|ie cze|rwca czerwiec cerv|na \
     cerven lip|nja lipanj haz|iran juun|i jun|ijs birz|elio birzelis juny jun|ija",
    "jul|y jul|i juil|let jul|io lug|lio jul|ho heina|kuuta jul|ius iul|ie lip|ca lipiec cerven|ce \
     cervenec srp|nja srpanj tem|muz juul|i jul|ijs liep|os liepa jul|iol jul|ai jul|ija",
    "aug|ust aou|t ago|sto elo|kuuta aug|usztus sier|pnia sierpien srp|na srpen kol|ovoza kolovoz \
     agu|stos agu|stus agt aug|usts rugp|jucio rugpjutis ag|ost ogos aug|usti avg|ust avg|usta \
     aug|ustus ago",
    "sep|tember sept|embre sep|tiembre set|tembre set|embro syys|kuuta szept|ember sep|tembrie \
     wrz|esnia wrzesien zari ruj|na rujan eyl|ul sep|tembris rugs|ejo rugsejis set|embre \
     sept|emberis sep|tembra sep|tembrja",
    "oct|ober okt|ober oct|obre oct|ubre ott|obre out|ubro loka|kuuta oct|ombrie okt|obris \
     paz|dziernika pazdziernik rij|na rijen eki|m okt|oober spal|io spalis okt|obra",
    "nov|ember nov|embre nov|iembre nov|embro marras|kuuta noi|embrie lis|topada listopad stud|enoga \
     studeni kas|im nov|embris lapkr|icio lapkritis nop|ember nov|embra",
    "dec|ember dez|ember dec|embre dic|iembre dic|embre dez|embro joulu|kuuta dec|embrie gru|dnia \
     grudzien pros|ince prosinec pro|sinca ara|lik det|sember dec|embris gruod|zio gruodis \
     des|ember des|embre dis|ember dec|embra",
];

/// (name, shortest abbreviation in bytes, month).
static TABLE: LazyLock<Vec<(String, usize, u32)>> = LazyLock::new(|| {
    let mut table = Vec::new();
    for (names, month) in NAMES.iter().zip(1u32..) {
        for entry in names.split_whitespace() {
            let (start, rest) = entry.split_once('|').unwrap_or((entry, ""));
            table.push((format!("{start}{rest}"), start.len(), month));
        }
    }
    table
});

/// The month that a folded word names.
pub fn month_of(word: &str) -> Option<u32> {
    find(|name, shortest| word.len() >= shortest && name.starts_with(word), word)
}

/// The month that a folded word names when look-alike characters count as the same: `0ct`, `5ep`.
pub fn month_of_lookalikes(word: &str) -> Option<u32> {
    let seen = one_shape(word);
    find(|name, shortest| seen.len() >= shortest && one_shape(name).starts_with(&seen), &seen)
}

/// A whole name counts before an abbreviation: Czech `cerven` is June, not short for `cervence`.
fn find(matches: impl Fn(&str, usize) -> bool, word: &str) -> Option<u32> {
    let mut abbreviated = None;
    for (name, shortest, month) in TABLE.iter() {
        if matches(name, *shortest) {
            if name.len() == word.len() {
                return Some(*month);
            }
            abbreviated = abbreviated.or(Some(*month));
        }
    }
    abbreviated
}

fn one_shape(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' | '|' | '!' => 'l',
            '2' => 'z',
            '5' | '$' => 's',
            '6' => 'g',
            '8' => 'b',
            other => other,
        })
        .collect()
}

/// Lower case without accents: `Février` → `fevrier`, `März` → `marz`, `Kč` → `kc`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{300}'..='\u{36f}' => {}
            'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' => folded.push('a'),
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => folded.push('c'),
            'ď' | 'đ' | 'ð' => folded.push('d'),
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => folded.push('e'),
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => folded.push('g'),
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => folded.push('i'),
            'ĺ' | 'ļ' | 'ľ' | 'ł' => folded.push('l'),
            'ñ' | 'ń' | 'ņ' | 'ň' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' => folded.push('o'),
            'ŕ' | 'ŗ' | 'ř' => folded.push('r'),
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => folded.push('s'),
            'ţ' | 'ť' | 'ț' => folded.push('t'),
            'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ß' => folded.push_str("ss"),
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_many_languages() {
        let cases = [
            ("January", 1),
            ("janv", 1),
            ("enero", 1),
            ("gennaio", 1),
            ("styczeń", 1),
            ("ledna", 1),
            ("Feb", 2),
            ("Févr", 2),
            ("únor", 2),
            ("luty", 2),
            ("Şubat", 2),
            ("helmikuu", 2),
            ("März", 3),
            ("Mrz", 3),
            ("mars", 3),
            ("marzo", 3),
            ("março", 3),
            ("maart", 3),
            ("března", 3),
            ("Mac", 3),
            ("maaliskuuta", 3),
            ("marraskuuta", 11),
            ("avril", 4),
            ("kwietnia", 4),
            ("Mai", 5),
            ("maggio", 5),
            ("mei", 5),
            ("května", 5),
            ("juin", 6),
            ("juni", 6),
            ("června", 6),
            ("červen", 6),
            ("července", 7),
            ("czerwca", 6),
            ("lipca", 7),
            ("lipnja", 6),
            ("juillet", 7),
            ("Julai", 7),
            ("août", 8),
            ("agosto", 8),
            ("srpen", 8),
            ("srpnja", 7),
            ("Sept", 9),
            ("szeptember", 9),
            ("září", 9),
            ("wrzesień", 9),
            ("Okt", 10),
            ("ottobre", 10),
            ("outubro", 10),
            ("října", 10),
            ("listopadu", 11),
            ("Noiembrie", 11),
            ("Kasım", 11),
            ("Dez", 12),
            ("déc", 12),
            ("diciembre", 12),
            ("grudnia", 12),
            ("Aralık", 12),
            ("Disember", 12),
            ("prosinec", 12),
        ];
        for (name, month) in cases {
            let folded = fold(name);
            // Inflection may add a letter to the name in the table.
            let found = month_of(&folded).or_else(|| month_of(&folded[..folded.len() - 1]));
            assert_eq!(found, Some(month), "{name}");
        }
    }

    #[test]
    fn other_words_are_no_months() {
        for word in ["market", "total", "ma", "juice", "decor", "octopus", "sum", "to", ""] {
            assert_eq!(month_of(word), None, "{word}");
        }
    }

    #[test]
    fn every_name_of_the_table_means_one_month() {
        for (name, _, month) in TABLE.iter() {
            assert_eq!(month_of(name), Some(*month), "{name}");
        }
    }

    #[test]
    fn lookalike_characters_name_the_same_month() {
        for (word, month) in [("0ct", 10), ("5ep", 9), ("n0v", 11), ("ju1", 7), ("au6", 8)] {
            assert_eq!(month_of_lookalikes(word), Some(month), "{word}");
        }
    }
}
