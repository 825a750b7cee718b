//! Which of several equal amounts or dates is meant: the words beside and above it decide.
//!
//! A receipt shows its total up to five times (subtotal, total, rounded total, cash, tax summary).
//! Each occurrence is scored by the label that stands in its row, or over it where the row has none.

use super::stream::fold;
use crate::document::Word;
use crate::train::data::rows::{Rows, find_rows, shared_width};

/// Scores of this and above mark a plausible place of the total.
pub const PLAUSIBLE: i32 = 50;
/// An occurrence that nothing speaks for or against: an item's price, a column of figures.
const UNLABELLED: i32 = 10;

/// What a label near an amount says of it, most telling first. Folded: no spaces, lower case.
const TOTAL_LABELS: &[(&str, i32)] = &[
    ("change", 2),
    ("baki", 2),
    ("excl", 12),
    ("beforegst", 12),
    ("beforetax", 12),
    ("subtotal", 25),
    ("totalsubtotal", 25),
    ("totalqty", 1),
    ("totalquantity", 1),
    ("totalitem", 1),
    ("totaldisc", 1),
    ("totalsaving", 1),
    ("totalpaid", 40),
    ("totalpayment", 60),
    ("cashtotal", 60),
    ("totalrounded", 100),
    ("roundedtotal", 100),
    ("totalafterround", 100),
    ("totalround", 100),
    ("grandtotal", 98),
    ("grosstotal", 98),
    ("actualgross", 96),
    ("totaldue", 97),
    ("amountdue", 97),
    ("amtdue", 97),
    ("balancedue", 95),
    ("nettotal", 96),
    ("netttotal", 96),
    ("totalnet", 96),
    ("totalamountpayable", 97),
    ("totalpayable", 97),
    ("amountpayable", 96),
    ("totalamount", 94),
    ("totalamt", 94),
    ("totalincl", 92),
    ("totalwithgst", 92),
    ("totalwgst", 92),
    ("totalsalesincl", 92),
    ("inclusive", 85),
    ("incl", 80),
    ("totalgst", 3),
    ("totaltax", 3),
    ("gsttotal", 3),
    ("taxtotal", 3),
    ("totalsales", 88),
    ("total", 90),
    ("jumlah", 85),
    ("bilamount", 80),
    ("billamount", 80),
    ("nettamount", 80),
    ("netamount", 80),
    ("netamt", 80),
    ("amountrm", 60),
    ("nett", 70),
    ("grossamount", 70),
    ("grossamt", 70),
    ("grossbilling", 70),
    ("gross", 60),
    ("amount", 60),
    ("rounding", 3),
    ("cash", 20),
    ("tunai", 20),
    ("tender", 18),
    ("visa", 20),
    ("master", 20),
    ("card", 20),
    ("paid", 20),
    ("payment", 22),
    ("gst", 4),
    ("tax", 4),
];

/// The rows of a page and what stands in them.
#[derive(Debug)]
pub struct Context<'a> {
    words: &'a [Word],
    rows: Rows,
    members: Vec<Vec<usize>>,
}

impl<'a> Context<'a> {
    pub fn new(words: &'a [Word]) -> Self {
        let boxes: Vec<_> = words.iter().map(|word| word.bbox).collect();
        let rows = find_rows(&boxes);
        let count = rows.row_of.iter().max().map_or(0, |&last| last as usize + 1);
        let mut members = vec![Vec::new(); count];
        for &index in &rows.order {
            members[rows.row_of[index] as usize].push(index);
        }
        Self { words, rows, members }
    }

    /// How well a word's surroundings fit the total, 0–100.
    pub fn total_score(&self, word: usize) -> i32 {
        let row = self.rows.row_of[word] as usize;
        let left: Vec<usize> =
            self.members[row].iter().copied().take_while(|&other| other != word).collect();
        // What follows the last figure before this one labels it.
        let figure = |&other: &usize| {
            let text = &self.words[other].text;
            !text.ends_with('%') && amount_in_cents(text).is_some()
        };
        let last_figure = left.iter().rposition(figure);
        let nearest = &left[last_figure.map_or(0, |at| at + 1)..];
        let own = fold(&self.words[word].text).into_iter().collect::<String>();
        if let Some(score) = label_score(&format!("{}{own}", self.folded(nearest))) {
            return score;
        }
        let label = self.folded(&left);
        if last_figure.is_some()
            && let Some(score) = label_score(&label)
        {
            return score / 3; // a later column of a labelled row, as in the tax summary
        }
        if label.chars().filter(|c| c.is_alphabetic()).count() > 3 {
            return 5; // an item's name
        }
        // The label over a column, at half its weight.
        label_score(&self.folded(&self.above(word))).map_or(UNLABELLED, |score| score / 2)
    }

    /// Higher for a date that is labelled as the document's own.
    pub fn date_score(&self, first: usize) -> i32 {
        let beside = self.beside(first);
        if ["print", "due", "expir", "delivery"].iter().any(|no| beside.contains(no)) {
            -1
        } else {
            self.label_rank(first, &["date", "tarikh"])
        }
    }

    /// 3 for a word whose row names one of `labels` before it, 2 where the row above does over it.
    pub fn label_rank(&self, first: usize, labels: &[&str]) -> i32 {
        let labelled = |text: &str| labels.iter().any(|label| text.contains(label));
        if labelled(&self.beside(first)) {
            3
        } else if labelled(&self.folded(&self.above(first))) {
            2
        } else {
            0
        }
    }

    /// What stands before a word in its row, and in the word itself, folded.
    pub fn beside(&self, word: usize) -> String {
        let row = self.rows.row_of[word] as usize;
        let mut row: Vec<usize> =
            self.members[row].iter().copied().take_while(|&other| other != word).collect();
        row.push(word);
        self.folded(&row)
    }

    /// What stands over a word in the row above, folded.
    pub fn over(&self, word: usize) -> String {
        self.folded(&self.above(word))
    }

    /// Words of the row above that stand over this one.
    fn above(&self, word: usize) -> Vec<usize> {
        let Some(above) = (self.rows.row_of[word] as usize).checked_sub(1) else {
            return Vec::new();
        };
        let bbox = self.words[word].bbox;
        let over = |&other: &usize| shared_width(self.words[other].bbox, bbox) > 0.0;
        self.members[above].iter().copied().filter(over).collect()
    }

    fn folded(&self, words: &[usize]) -> String {
        words.iter().flat_map(|&word| fold(&self.words[word].text)).collect()
    }
}

fn label_score(label: &str) -> Option<i32> {
    TOTAL_LABELS.iter().find(|(text, _)| label.contains(text)).map(|&(_, score)| score)
}

/// An amount of money written in one word, in hundredths: `RM1,234.50`, `9.00`, `$8.90`, `-0.02`.
/// `None` for words that hold something else, and for whole numbers.
pub fn amount_in_cents(text: &str) -> Option<i64> {
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let negative = text[..first].ends_with('-') || text[..first].ends_with("-$");
    let body = &text[first..=last];
    let point = body.rfind(['.', ','])?;
    let (whole, part) = (&body[..point], &body[point + 1..]);
    if !(1..=2).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut groups = whole.split(['.', ',']);
    let lead = groups.next().unwrap_or_default();
    let well_formed = !lead.is_empty() && lead.bytes().all(|b| b.is_ascii_digit());
    if !well_formed || !groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let units: i64 = digits.parse().ok()?;
    let cents: i64 = part.parse().ok()?;
    let cents = if part.len() == 1 { cents * 10 } else { cents };
    let value = units.checked_mul(100)?.checked_add(cents)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_through_currency_and_grouping() {
        let cases = [
            ("9.00", Some(900)),
            ("RM1,234.50", Some(123_450)),
            ("$8.9", Some(890)),
            ("-0.02", Some(-2)),
            ("TOTAL:$8.90", Some(890)),
            ("60.000", None),
            ("12", None),
            ("19.03.2018", None),
            ("", None),
            ("99999999999999999999.00", None),
        ];
        for (text, cents) in cases {
            assert_eq!(amount_in_cents(text), cents, "{text}");
        }
    }

    #[test]
    fn labels_rank_the_total_over_cash_and_subtotal() {
        let score = |label: &str| label_score(label).unwrap_or(UNLABELLED);
        assert!(score("totalrounded") > score("total"));
        assert!(score("total") > score("subtotal"));
        assert!(score("subtotal") > score("cash"));
        assert!(score("totalinclusiveofgst6") > score("totalexcludinggst"));
        assert!(score("totalgst6") < PLAUSIBLE);
    }
}
