//! Page ranges as typed: `1-3,7`, `5-`, `-2`, `last`.

use crate::error::{Error, ErrorCode, Result};
use std::fmt;
use std::str::FromStr;

/// Which pages of a document are wanted. Order and repetition in the text do not matter: pages come
/// once, in the document's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRange {
    spans: Vec<Span>,
}

/// Both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: Bound,
    last: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Page(u32),
    Last,
}

impl Bound {
    fn resolve(self, page_count: u32) -> u32 {
        match self {
            Bound::Page(number) => number,
            Bound::Last => page_count,
        }
    }
}

impl PageRange {
    pub fn all() -> Self {
        Self { spans: vec![Span { first: Bound::Page(1), last: Bound::Last }] }
    }

    /// One page, counted from 1.
    pub fn single(number: u32) -> Self {
        let page = Bound::Page(number.max(1));
        Self { spans: vec![Span { first: page, last: page }] }
    }

    pub fn contains(&self, number: u32, page_count: u32) -> bool {
        (1..=page_count).contains(&number)
            && self.spans.iter().any(|span| {
                (span.first.resolve(page_count)..=span.last.resolve(page_count)).contains(&number)
            })
    }

    /// The wanted pages of a document with `page_count` pages, ascending. Pages it does not have are
    /// passed over, because one range serves documents of different lengths; having none of them is
    /// an error.
    pub fn select(&self, page_count: u32) -> Result<Vec<u32>> {
        let pages: Vec<u32> =
            (1..=page_count).filter(|&page| self.contains(page, page_count)).collect();
        if pages.is_empty() {
            let has = if page_count == 1 { "1 page".into() } else { format!("{page_count} pages") };
            return Err(Error::input(
                ErrorCode::NoSuchPage,
                format!("the document has {has}, none of them in `{self}`"),
            )
            .hint("choose other pages with `--pages`"));
        }
        Ok(pages)
    }
}

impl Default for PageRange {
    fn default() -> Self {
        Self::all()
    }
}

impl FromStr for PageRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let spans = text
            .split(',')
            .map(|part| {
                parse_span(part.trim()).ok_or_else(|| {
                    Error::input(ErrorCode::Usage, format!("`{text}` is no page range"))
                        .hint("write pages from 1 like `1-3,7`, `5-` or `last`")
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { spans })
    }
}

fn parse_span(part: &str) -> Option<Span> {
    let span = match part.split_once('-') {
        None => {
            let page = parse_bound(part)?;
            Span { first: page, last: page }
        }
        Some(("", "")) => return None,
        Some((first, last)) => Span {
            first: if first.trim().is_empty() { Bound::Page(1) } else { parse_bound(first)? },
            last: if last.trim().is_empty() { Bound::Last } else { parse_bound(last)? },
        },
    };
    match (span.first, span.last) {
        (Bound::Page(first), Bound::Page(last)) if first > last => None,
        _ => Some(span),
    }
}

fn parse_bound(text: &str) -> Option<Bound> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("last") {
        return Some(Bound::Last);
    }
    // `u32::from_str` takes a sign, a page range does not.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&number: &u32| number > 0).map(Bound::Page)
}

impl fmt::Display for PageRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, span) in self.spans.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match (span.first, span.last) {
                (first, last) if first == last => write!(f, "{first}")?,
                (first, Bound::Last) => write!(f, "{first}-")?,
                (first, last) => write!(f, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Page(number) => write!(f, "{number}"),
            Bound::Last => f.write_str("last"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn selected(text: &str, page_count: u32) -> Vec<u32> {
        text.parse::<PageRange>().unwrap().select(page_count).unwrap()
    }

    #[test]
    fn ranges_select_pages_in_document_order() {
        assert_eq!(selected("1-3,7", 10), [1, 2, 3, 7]);
        assert_eq!(selected("7, 2-3, 2", 10), [2, 3, 7]);
        assert_eq!(selected("4-", 6), [4, 5, 6]);
        assert_eq!(selected("-2", 6), [1, 2]);
        assert_eq!(selected("last", 6), [6]);
        assert_eq!(selected("5-last", 6), [5, 6]);
        assert_eq!(selected("1-3,7", 2), [1, 2]);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", ",", "0", "3-1", "a", "1,,2", "-", "1-2-3", "+1", "99999999999"] {
            let error = text.parse::<PageRange>().expect_err(text);
            assert_eq!(error.code, ErrorCode::Usage);
        }
    }

    #[test]
    fn pages_the_document_does_not_have_are_named() {
        let error = "7-9".parse::<PageRange>().unwrap().select(3).unwrap_err();
        assert_eq!(error.code, ErrorCode::NoSuchPage);
        assert_eq!(error.message, "the document has 3 pages, none of them in `7-9`");
    }

    prop_compose! {
        fn span()(first in 1u32..40, length in 0u32..9, form in 0u8..5) -> (String, u32, u32) {
            let last = first + length;
            match form {
                0 => (format!("{first}"), first, first),
                1 => (format!("{first}-"), first, u32::MAX),
                2 => (format!("-{last}"), 1, last),
                3 => (format!(" {first} - {last} "), first, last),
                _ => (format!("{first}-{last}"), first, last),
            }
        }
    }

    proptest! {
        #[test]
        fn selection_is_what_the_spans_say(
            spans in prop::collection::vec(span(), 1..6),
            page_count in 1u32..60,
        ) {
            let text = spans.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>().join(",");
            let range: PageRange = text.parse().unwrap();
            let expected: Vec<u32> = (1..=page_count)
                .filter(|page| spans.iter().any(|(_, first, last)| first <= page && page <= last))
                .collect();
            match range.select(page_count) {
                Ok(pages) => prop_assert_eq!(pages, expected),
                Err(_) => prop_assert!(expected.is_empty()),
            }
        }

        #[test]
        fn printed_ranges_parse_to_themselves(spans in prop::collection::vec(span(), 1..6)) {
            let text = spans.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>().join(",");
            let range: PageRange = text.parse().unwrap();
            prop_assert_eq!(range.to_string().parse::<PageRange>().unwrap(), range);
        }

        #[test]
        fn any_text_is_a_range_or_an_error(text in "\\PC{0,12}|[-0-9,last ]{0,12}") {
            if let Ok(range) = text.parse::<PageRange>() {
                let _ = range.select(30);
            }
        }
    }
}
