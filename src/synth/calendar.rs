//! Dates as each country prints them.

use super::dice::Dice;
use crate::lexicon::{Lexicon, Term};
use chrono::{Datelike, Days, NaiveDate};

/// Writes a date after a pattern: `d dd m mm MMM MMMM yy yyyy`; text between quotes stands for itself.
pub fn write(date: NaiveDate, pattern: &str, lexicon: &Lexicon) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(first).len();
        let token = &rest[..run];
        rest = &rest[run..];
        match token {
            "'" => {
                let (literal, after) = rest.split_once('\'').unwrap_or((rest, ""));
                out.push_str(literal);
                rest = after;
            }
            "d" => out.push_str(&date.day().to_string()),
            "dd" => out.push_str(&format!("{:02}", date.day())),
            "m" => out.push_str(&date.month().to_string()),
            "mm" => out.push_str(&format!("{:02}", date.month())),
            "MMM" => out.push_str(month(date, Term::MonthsShort, lexicon)),
            "MMMM" => out.push_str(month(date, Term::Months, lexicon)),
            "yy" => out.push_str(&format!("{:02}", date.year() % 100)),
            "yyyy" => out.push_str(&date.year().to_string()),
            other => out.push_str(other),
        }
    }
    out
}

fn month(date: NaiveDate, term: Term, lexicon: &Lexicon) -> &'static str {
    lexicon.all(term).get(date.month0() as usize).copied().unwrap_or("")
}

/// A working date of the last decades, recent ones more often.
pub fn any(dice: &mut Dice) -> NaiveDate {
    let back = dice.between(0, 9000).min(dice.between(0, 9000));
    after(NaiveDate::default(), 20_700 - back)
}

/// The date so many days later (or earlier).
pub fn after(date: NaiveDate, days: i64) -> NaiveDate {
    let step = Days::new(days.unsigned_abs());
    let moved = if days < 0 { date.checked_sub_days(step) } else { date.checked_add_days(step) };
    moved.unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_give_the_printed_forms() {
        let spanish = Lexicon::parse("months = enero|febrero|marzo\nmonths_short = ene|feb|mar");
        let date = NaiveDate::from_ymd_opt(2021, 3, 7).unwrap();
        let cases = [
            ("dd.mm.yyyy", "07.03.2021"),
            ("d/m/yy", "7/3/21"),
            ("d 'de' MMMM 'de' yyyy", "7 de marzo de 2021"),
            ("MMM d, yyyy", "mar 7, 2021"),
            ("yyyy-mm-dd", "2021-03-07"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(write(date, pattern, &spanish), expected, "{pattern}");
        }
    }
}
