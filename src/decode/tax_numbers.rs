//! Numbers that tax authorities give to firms: told by their form and, where they have one, their check figure. None is the
//! number of a paper.

use super::surplus::is_figures;

/// Countries of the European Union with the figures of their numbers for value added tax, the prefix left out.
const VALUE_ADDED_TAX: [(&str, usize, usize); 22] = [
    ("ATU", 8, 8),
    ("BE", 10, 10),
    ("BG", 9, 10),
    ("CZ", 8, 10),
    ("DE", 9, 9),
    ("DK", 8, 8),
    ("EE", 9, 9),
    ("EL", 9, 9),
    ("ESA", 8, 8),
    ("ESB", 8, 8),
    ("FI", 8, 8),
    ("FR", 11, 11),
    ("HR", 11, 11),
    ("HU", 8, 8),
    ("IT", 11, 11),
    ("LT", 9, 12),
    ("LU", 8, 8),
    ("LV", 11, 11),
    ("PL", 10, 10),
    ("PT", 9, 9),
    ("SE", 12, 12),
    ("SK", 10, 10),
];

/// Whether a text is a firm's number: `81.094.100-6` (Chile), `30-71031609-7` (Argentina), `12.345.678/0001-95` (Brazil),
/// `527-10-37-727` (Poland), `0112038-9` or `Y-0112038-9` (Finland), `DE123456789`.
pub fn is_tax_number(text: &str) -> bool {
    is_of_union(text) || is_of_chile(text) || is_grouped(text.trim_start_matches("Y-"))
}

fn is_of_union(text: &str) -> bool {
    let joined: String = text.chars().filter(|c| !" .-".contains(*c)).collect();
    VALUE_ADDED_TAX.iter().any(|(prefix, least, most)| {
        joined
            .strip_prefix(prefix)
            .is_some_and(|figures| (*least..=*most).contains(&figures.len()) && is_figures(figures))
    })
}

fn is_of_chile(text: &str) -> bool {
    const FIGURES: std::ops::RangeInclusive<usize> = 7..=8;
    let Some((number, check)) = text.rsplit_once('-') else { return false };
    let number: String = number.chars().filter(|c| *c != '.').collect();
    if !FIGURES.contains(&number.len()) || !is_figures(&number) {
        return false;
    }
    let weights = [2, 3, 4, 5, 6, 7].into_iter().cycle();
    let sum: u32 =
        figures(&number).rev().zip(weights).map(|(figure, weight)| figure * weight).sum();
    let expected = match 11 - sum % 11 {
        11 => "0".to_string(),
        10 => "K".to_string(),
        figure => figure.to_string(),
    };
    check.eq_ignore_ascii_case(&expected)
}

/// Numbers that are told by their groups of figures.
fn is_grouped(text: &str) -> bool {
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let marks: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let number = groups.concat();
    // What the weighted figures leave, divided by 11.
    let rest = |weights: &[u32]| {
        figures(&number).zip(weights).map(|(figure, weight)| figure * weight).sum::<u32>() % 11
    };
    match (lengths.as_slice(), marks.as_str()) {
        ([2, 3, 3, 4, 2], "../-") => true,
        ([2, 8, 1], "--") => rest(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) == 0,
        ([3, 3, 2, 2] | [3, 2, 2, 3], "---") => rest(&[6, 5, 7, 2, 3, 4, 5, 6, 7, 10]) == 0,
        ([7, 1], "-") => rest(&[7, 9, 10, 5, 8, 4, 2, 1]) == 0,
        _ => false,
    }
}

fn figures(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.chars().filter_map(|c| c.to_digit(10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn firms_are_told_from_papers() {
        let firms = [
            "81094100-6",
            "77.965.620-9",
            "96.587.380-5",
            "30-71031609-7",
            "12.345.678/0001-95",
            "526-025-09-95",
            "0112038-9",
            "Y-0187614-3",
            "LV40003053029",
            "DE 123456789",
            "ATU12345678",
        ];
        for number in firms {
            assert!(is_tax_number(number), "{number}");
        }
        let papers = [
            "81094100-7",
            "77965620",
            "2024-0001",
            "30-71031609-8",
            "001-002-000012345",
            "R12345678",
            "0112038-8",
            "INV-81094100-6",
            "DE-2024-17",
            "526-025-09-96",
            "",
            "-",
            "FT 12/2024",
        ];
        for number in papers {
            assert!(!is_tax_number(number), "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_about(text in "[0-9A-Z./ -]{0,24}") {
            let _ = is_tax_number(&text);
        }

        /// Of eleven check figures one is right.
        #[test]
        fn one_check_figure_in_eleven_is_right(number in 1_000_000u32..99_999_999) {
            let checks = "0123456789K".chars().filter(|c| is_of_chile(&format!("{number}-{c}")));
            prop_assert_eq!(checks.count(), 1);
        }
    }
}
