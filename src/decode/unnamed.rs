//! Values that stand without a caption: the first day on a receipt, the number right below the title.
//!
//! Where the model sees neither a date nor a number and no caption names one, these are taken.

use super::ValueContext;
use super::caption_value::{VALUE_WORDS, is_mark, line_below, value_at};
use super::date::is_written_date;
use super::field_names::{is_number_mark, is_title, letters};
use super::neighbours::{goes_on, is_within, share_line};
use super::surplus::{digits, is_figures};
use super::value::{ValueKind, typed_value};
use crate::document::{Value, Word};
use crate::geometry::PixelBox;

/// Between a title and the number under it, in heights of the title; one behind a mark (`Nº 113084`) may stand further.
const BELOW_TITLE: f32 = 1.5;
const MARKED_BELOW_TITLE: f32 = 4.0;
/// Figures of such a number at least.
const FEWEST_FIGURES: usize = 4;
/// Words of a title at most: `Factura simplificada`.
const WORDS_OF_TITLE: usize = 3;

/// The words of the first day on a page; `None` where there are more than three, as in lists. `known` are words that
/// are something else.
pub fn first_date(words: &[Word], known: &[usize], context: &ValueContext) -> Option<Vec<usize>> {
    const MOST: usize = 3;
    let mut days: Vec<Value> = Vec::new();
    let mut first = None;
    for (date, day) in dates(words, known, context) {
        first = first.or(Some(date));
        if !days.contains(&day) {
            days.push(day);
        }
    }
    first.filter(|_| days.len() <= MOST)
}

/// Whether a page has another day than the one that these words may be.
pub fn has_other_date(words: &[Word], date: &[usize], context: &ValueContext) -> bool {
    let texts: Vec<&str> = date.iter().map(|&word| words[word].text.as_str()).collect();
    let day = typed_value("date", &texts.join(" "), context);
    dates(words, date, context).any(|(_, other)| Some(other) != day)
}

/// The words of the one day on a page that has no other; `known` as above.
pub fn only_date(words: &[Word], known: &[usize], context: &ValueContext) -> Option<Vec<usize>> {
    let (first, day) = dates(words, known, context).next()?;
    dates(words, known, context).all(|(_, other)| other == day).then_some(first)
}

/// Whether a word is a part of a date.
pub fn is_in_date(words: &[Word], word: usize, context: &ValueContext) -> bool {
    (word.saturating_sub(VALUE_WORDS - 1)..=word).any(|start| {
        let run: Vec<usize> = (start..words.len().min(start + VALUE_WORDS)).collect();
        let date = value_at(words, &run, ValueKind::Date, context);
        // `20.04 7.11.2023`: a time of day before the date is no part of it.
        let is_date =
            |words_of: &[usize]| value_at(words, words_of, ValueKind::Date, context).is_some();
        date.is_some_and(|date| {
            date.contains(&word) && !(date[0] == word && date.len() > 1 && is_date(&date[1..]))
        })
    })
}

/// The words of the first day that stands behind a place: `Jakarta, 02 Agustus 2022`. `known` as above.
pub fn date_behind_place(
    words: &[Word],
    known: &[usize],
    context: &ValueContext,
) -> Option<Vec<usize>> {
    dates(words, known, context).map(|(date, _)| date).find(|date| follows_place(words, date))
}

/// The number and the date of `n. 922400747873 del 19/02/2024` and `Facture F1 du 26-05-2019`, with nothing else before
/// them on their piece of line.
pub fn number_before_date(
    words: &[Word],
    context: &ValueContext,
) -> Option<(Vec<usize>, Vec<usize>)> {
    /// What stands between a number and its date, folded.
    const JOINTS: [&str; 7] = ["del", "du", "dd", "vom", "dated", "dnia", "fra"];
    let back = |word: usize| {
        let before = word.checked_sub(1)?;
        goes_on(words[before].bbox, words[word].bbox).then_some(before)
    };
    let is = |word: usize, names: &[&str]| names.contains(&letters(&words[word].text).as_str());
    (0..words.len()).filter(|&word| is(word, &JOINTS)).find_map(|joint| {
        let run: Vec<usize> = (joint + 1..words.len().min(joint + 1 + VALUE_WORDS)).collect();
        let date = value_at(words, &run, ValueKind::Date, context)?;
        back(*date.first()?)?;
        let joint = back(joint).filter(|&word| is(word, &["z"])).unwrap_or(joint);
        let number = back(joint)?;
        let is_mark = |word: &usize| is_number_mark(&words[*word].text);
        let first = back(number).filter(is_mark).unwrap_or(number);
        let is_number = digits(&words[number].text) > 0 && !is_written_date(&words[number].text);
        let is_bare_title = |title: usize| is_title(&words[title].text) && back(title).is_none();
        let is_first = back(first).is_none_or(is_bare_title);
        (is_number && is_first).then(|| (vec![number], date))
    })
}

/// The dates of a page but for known words, in order.
pub(super) fn dates<'a>(
    words: &'a [Word],
    known: &'a [usize],
    context: &'a ValueContext,
) -> impl Iterator<Item = (Vec<usize>, Value)> + 'a {
    let mut start = 0;
    std::iter::from_fn(move || {
        while start < words.len() {
            let run: Vec<usize> = (start..words.len().min(start + VALUE_WORDS)).collect();
            let Some(found) = value_at(words, &run, ValueKind::Date, context) else {
                start += 1;
                continue;
            };
            start += found.len();
            let found = without_place(words, found, context);
            let texts: Vec<&str> = found.iter().map(|&word| words[word].text.as_str()).collect();
            let text = texts.join(" ");
            if found.iter().any(|word| known.contains(word)) || !has_parts(&text) {
                continue;
            }
            if let Some(day) = typed_value("date", &text, context) {
                return Some((found, day));
            }
        }
        None
    })
}

/// A date without the words before it: of `Jakarta Selatan, 31 Juli 2022` the last three.
fn without_place(words: &[Word], date: Vec<usize>, context: &ValueContext) -> Vec<usize> {
    let day = |words_of: &[usize]| {
        let texts: Vec<&str> = words_of.iter().map(|&word| words[word].text.as_str()).collect();
        typed_value("date", &texts.join(" "), context)
    };
    let whole = day(&date);
    let more = (1..date.len()).take_while(|&from| day(&date[from..]) == whole).count();
    date[more..].to_vec()
}

/// Whether the figures of a date stand apart: `E200615` is a number.
fn has_parts(text: &str) -> bool {
    let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    parts.count() > 1
}

/// Whether the word before a date is a name with a comma.
fn follows_place(words: &[Word], date: &[usize]) -> bool {
    let before = date.first().and_then(|first| first.checked_sub(1)).map(|place| &words[place]);
    before.is_some_and(|place| {
        let name = place.text.trim_end_matches(',');
        place.text.ends_with(',')
            && name.starts_with(char::is_uppercase)
            && name.chars().all(char::is_alphabetic)
    })
}

/// The number that stands alone right below a title, or behind marks: `INVOICE` above `929537`, `FACTURA` above
/// `NRO.: 00004-00017649`.
pub fn number_under_title(words: &[Word], context: &ValueContext) -> Option<Vec<usize>> {
    (0..words.len()).find_map(|start| {
        let length = title_at(words, start, context)?;
        let area = PixelBox::union_of(words[start..start + length].iter().map(|word| word.bbox))?;
        let is_other = |index: &usize| !(start..start + length).contains(index);
        let below = line_below(words, area, BELOW_TITLE, is_other).or_else(|| {
            let line = line_below(words, area, MARKED_BELOW_TITLE, is_other)?;
            is_marked_number(&words[*line.first()?].text).then_some(line)
        })?;
        // Argentina's invoices are of kinds: `A Nº 0003 - 00003435`.
        let is_kind =
            |text: &str| text.len() == 1 && text.starts_with(|c: char| c.is_ascii_uppercase());
        let before =
            |index: usize| is_mark(&words[index].text) || is_number_mark(&words[index].text);
        let kind =
            usize::from(below.len() > 1 && is_kind(&words[below[0]].text) && before(below[1]));
        let marks = kind + below[kind..].iter().take_while(|&&index| before(index)).count();
        let number = value_at(words, &below[marks..], ValueKind::Identifier, context)?;
        let (&last, end) = (number.last()?, marks + number.len());
        let alone = below.get(end).is_none_or(|&next| !goes_on(words[last].bbox, words[next].bbox));
        let text: String = number.iter().map(|&word| words[word].text.as_str()).collect();
        let text = text.as_str();
        let is_number = digits(text) >= FEWEST_FIGURES
            && 2 * digits(text) >= text.chars().count()
            && !text.contains([':', '@'])
            && !(has_parts(text) && typed_value("date", text, context).is_some());
        (alone && is_number).then_some(number)
    })
}

/// `Nº`, `N°12289`: with a sign that stands for the word number.
fn is_marked_number(text: &str) -> bool {
    text.starts_with(['N', 'n']) && text.contains(['°', 'º'])
}

/// The number that says itself what it is: `#INV-2025-001`.
pub fn number_that_says_so(words: &[Word]) -> Option<Vec<usize>> {
    let says_so = |text: &str| {
        let rest = text.trim_start_matches('#').strip_prefix("INV");
        rest.is_some_and(|rest| {
            rest.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && digits(rest) > 0
        })
    };
    words.iter().position(|word| says_so(&word.text)).map(|word| vec![word])
}

/// The number behind a short mark that says enough beside a day on the same line, or a series: `Número 25 - 5469 Fecha
/// 28/11/2025`, `Numero: 000106884 - Serie: 135`.
/// `known` are words that captions name.
pub fn number_behind_mark(
    words: &[Word],
    known: &[usize],
    context: &ValueContext,
) -> Option<Vec<usize>> {
    /// Forms print their numbers in columns.
    const NEAR: f32 = 8.0;
    /// Words between a number and its series.
    const BEHIND: usize = 2;
    let begins = |word: usize| word == 0 || !goes_on(words[word - 1].bbox, words[word].bbox);
    let dates: Vec<Vec<usize>> = dates(words, &[], context).map(|(date, _)| date).collect();
    let has_day = |word: usize| {
        dates.iter().any(|date| !date.contains(&word) && share_line(&words[date[0]], &words[word]))
    };
    (0..words.len()).filter(|&mark| is_number_mark(&words[mark].text) && begins(mark)).find_map(
        |mark| {
            let number = mark + 1;
            let run: Vec<usize> = (number..words.len().min(number + VALUE_WORDS)).collect();
            let value = value_at(words, &run, ValueKind::Identifier, context)?;
            let near = is_within(NEAR, words[mark].bbox, words[number].bbox);
            let is_series =
                |word: &Word| matches!(letters(&word.text).as_str(), "serie" | "series");
            let behind = words.iter().skip(number + 1).take(BEHIND);
            let has_series = behind.into_iter().any(is_series);
            (near
                && (has_day(number) || has_series)
                && !value.iter().any(|word| known.contains(word)))
            .then_some(value)
        },
    )
}

/// The number of a Brazilian nota fiscal, nine figures in groups, on the sheet that goes with it: `Nº 000.043.445`.
pub fn number_of_nota_fiscal(words: &[Word]) -> Option<Vec<usize>> {
    const LENGTH: usize = "000.043.445".len();
    let grouped = |text: &str| text.len() == LENGTH && is_grouped(text);
    let is_sheet = words.iter().any(|word| word.text.eq_ignore_ascii_case("danfe"));
    let number = is_sheet.then(|| words.iter().position(|word| grouped(&word.text)))?;
    number.map(|word| vec![word])
}

/// Whether figures are written in groups as thousands are: `1.450`.
fn is_grouped(text: &str) -> bool {
    let mut groups = text.split('.');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && is_figures(first)
        && groups.all(|g| g.len() == 3 && is_figures(g))
}

/// The number of a Brazilian till's receipt or sheet, which its series follows: `NFC-e n 000313741 Serie 207`.
pub fn number_before_series(words: &[Word]) -> Option<Vec<usize>> {
    const FEWEST: usize = 4;
    let is_receipt =
        words.iter().any(|word| matches!(letters(&word.text).as_str(), "cnpj" | "nfce" | "acesso"));
    let is_series = |word: usize| letters(&words[word].text) == "serie";
    let before = |series: usize| {
        // A dash may part them.
        let number = (0..series).rev().take(2).find(|&word| digits(&words[word].text) > 0)?;
        let text = words[number].text.as_str();
        (text.len() >= FEWEST && (is_figures(text) || is_grouped(text))).then(|| vec![number])
    };
    is_receipt.then(|| (1..words.len()).filter(|&word| is_series(word)).find_map(before))?
}

/// The number behind its series: `Seria HLPM nr. 1387`.
pub fn number_of_series(words: &[Word]) -> Option<Vec<usize>> {
    const LONGEST: usize = 6;
    /// In heights of words.
    const WIDEST_BLANK: f32 = 8.0;
    let is_series = |text: &str| {
        let plain = text.trim_end_matches([',', ':']);
        (1..=LONGEST).contains(&plain.len()) && plain.chars().all(|c| c.is_ascii_uppercase())
    };
    // Both are written into blanks of a form.
    let goes_on_from =
        |word: usize| is_within(WIDEST_BLANK, words[word].bbox, words[word + 1].bbox);
    (0..words.len().saturating_sub(3)).find_map(|start| {
        let text = |word: usize| words[word].text.as_str();
        let is_whole = matches!(letters(text(start)).as_str(), "seria" | "serie")
            && is_series(text(start + 1))
            && is_number_mark(text(start + 2))
            && is_figures(text(start + 3))
            && (start..start + 3).all(goes_on_from);
        is_whole.then(|| vec![start + 3])
    })
}

/// How many words of a title begin with one; nothing but its date goes on with it (`Facture du 29/07/2021`).
fn title_at(words: &[Word], start: usize, context: &ValueContext) -> Option<usize> {
    // Signs beside a title are read as a letter.
    let before = start.checked_sub(1).filter(|&before| words[before].text.chars().count() > 1);
    if before.is_some_and(|before| goes_on(words[before].bbox, words[start].bbox)) {
        return None;
    }
    let on = |at: usize| at + 1 < words.len() && goes_on(words[at].bbox, words[at + 1].bbox);
    let most = WORDS_OF_TITLE + VALUE_WORDS;
    let length = 1 + (start..start + most).take_while(|at| on(*at)).count();
    let texts: Vec<&str> =
        words[start..start + length].iter().map(|word| word.text.as_str()).collect();
    let is_date = |rest: &[&str]| typed_value("date", &rest.join(" "), context).is_some();
    let is_whole = |&of_title: &usize| {
        let (title, rest) = texts.split_at(of_title);
        is_title(&title.join(" ")) && (rest.is_empty() || is_date(rest))
    };
    (1..=length.min(WORDS_OF_TITLE)).find(is_whole).map(|_| length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::test_words::page;

    #[test]
    fn a_date_behind_a_place_is_of_issue() {
        let words = page(&[&["Jakarta, 02 Agustus 2022"], &["Tempo, 3 02.08.2022"]]);
        assert!(follows_place(&words, &[1, 2, 3]));
        assert!(!follows_place(&words, &[6]));
    }

    #[test]
    fn a_nota_fiscals_number_stands_before_its_series() {
        let number = |lines: &[&[&str]]| number_before_series(&page(lines));
        assert_eq!(number(&[&["CHAVE DE ACESSO"], &["Nº 1.450"], &["SÉRIE 001"]]), Some(vec![4]));
        assert_eq!(number(&[&["CHAVE DE ACESSO"], &["Nº 1.45"], &["SÉRIE 001"]]), None);
    }

    fn number(lines: &[&[&str]]) -> Option<String> {
        let words = page(lines);
        let found = number_under_title(&words, &ValueContext::of_words(&words))?;
        Some(words[found[0]].text.clone())
    }

    fn date(lines: &[&[&str]], known: &[usize]) -> Option<Vec<usize>> {
        let words = page(lines);
        first_date(&words, known, &ValueContext::of_words(&words))
    }

    /// As seen on Italian bills; laws are cited so as well.
    #[test]
    fn a_number_that_its_date_follows() {
        let found = |line: &str| {
            let words = page(&[&[line]]);
            number_before_date(&words, &ValueContext::of_words(&words))
        };
        assert_eq!(found("n. 922400747873 del 19/02/2024"), Some((vec![1], vec![3])));
        assert_eq!(found("7 del 25/03/2023"), Some((vec![0], vec![2])));
        assert_eq!(found("Facture F1 du 26-05-2019"), Some((vec![1], vec![3])));
        assert_eq!(found("FV/7/2021 z dnia 25.03.2023"), Some((vec![0], vec![3])));
        assert_eq!(found("Legge n. 205 del 27/12/2017"), None);
        assert_eq!(found("01/02/2024 du 03/02/2024"), None);
    }

    #[test]
    fn numbers_that_are_known_by_their_look() {
        let says_so = |text: &str| number_that_says_so(&page(&[&[text]]));
        assert_eq!(says_so("Acme #INV-2025-001"), Some(vec![1]));
        assert_eq!(says_so("INVOICE INVESTMENT 12"), None);
        let sheet: &[&[&str]] = &[&["DANFE"], &["Nº. 000.043.445"], &["123.456.789"]];
        assert_eq!(number_of_nota_fiscal(&page(sheet)), Some(vec![2]));
        assert_eq!(number_of_nota_fiscal(&page(&sheet[1..])), None);
    }

    /// As seen on a dealer's invoice and an Argentine one.
    #[test]
    fn a_number_right_below_the_title_is_the_papers() {
        assert_eq!(number(&[&["ACME", "INVOICE"], &["LLC", "929537"]]).as_deref(), Some("929537"));
        let marked: &[&[&str]] = &[&["_", "FACTURA"], &["_", "NRO.: 00004-00017649"]];
        assert_eq!(number(marked).as_deref(), Some("00004-00017649"));
        // In the box of a Chilean invoice.
        let boxed: &[&[&str]] = &[&["FACTURA ELECTRONICA"], &["_", "Macul"], &["N° 113084"]];
        assert_eq!(number(boxed).as_deref(), Some("113084"));
    }

    /// As seen on a Romanian invoice.
    #[test]
    fn a_number_stands_behind_its_series() {
        let of_series = |lines: &[&[&str]]| number_of_series(&page(lines));
        assert_eq!(of_series(&[&["Seria HLPM nr. 1387"]]), Some(vec![3]));
        // Written into the blanks of a form.
        let mut words = page(&[&["Seria HLPM nr. 1387"]]);
        let number = words[3].bbox;
        let [left, right] = [number.left(), number.right()].map(|side| i64::from(side) + 120);
        words[3].bbox = PixelBox::new(left, 0, right, 20);
        assert_eq!(number_of_series(&words), Some(vec![3]));
        assert_eq!(of_series(&[&["Seria carte nr. 1387"]]), None);
        assert_eq!(of_series(&[&["Serie A", "nr. 1387"]]), None);
    }

    #[test]
    fn what_else_stands_below_a_title_is_not() {
        assert_eq!(number(&[&["INVOICE"], &["1999 Main Street"]]), None);
        assert_eq!(number(&[&["INVOICE"], &["01/02/2024"]]), None);
        assert_eq!(number(&[&["INVOICE"], &["_", "Macul"], &["929537"]]), None);
        assert_eq!(number(&[&["Our invoice shows"], &["929537"]]), None);
    }

    #[test]
    fn the_first_of_few_days_of_a_page_is_its_date() {
        let lines: &[&[&str]] = &[&["Lidl sp. z o.o."], &["2024-11-16"], &["Suma 5,21"]];
        assert_eq!(date(lines, &[]), Some(vec![4]));
        assert_eq!(date(lines, &[4]), None);
        assert_eq!(date(&[&["02 Agustus 2022"], &["02.08.2022"]], &[]), Some(vec![0, 1, 2]));
        assert_eq!(date(&[&["2024-11-16"], &["2024-11-17"]], &[]), Some(vec![0]));
        let many: &[&[&str]] = &[&["1.2.2024"], &["2.2.2024"], &["3.2.2024"], &["4.2.2024"]];
        assert_eq!(date(many, &[]), None);
        assert_eq!(date(&[&["No E200615"]], &[]), None);
        assert_eq!(date(&[&["FECHA 08 / 02 / 23"]], &[]), Some(vec![1, 2, 3, 4, 5]));
    }
}
