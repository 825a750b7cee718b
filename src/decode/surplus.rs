//! What stands behind a name or an address on the same line and is none of it: a registration number,
//! a telephone number. `fields` leave it out; the entity's text keeps it.

use crate::document::letters_and_digits;

/// Words that announce a telephone number.
const TELEPHONE: [&str; 9] =
    ["tel", "telephone", "telefon", "telefono", "phone", "ph", "fax", "mobile", "hp"];
/// Words that announce a registration number.
const REGISTRATION: [&str; 6] = ["no", "reg", "co", "roc", "id", "gst"];
/// A number of so many digits behind a name is no part of it.
const REGISTRATION_DIGITS: usize = 5;
/// Numbers behind an address with so many digits together are no house, floor or post code.
const TELEPHONE_DIGITS: usize = 9;

/// A field's text without what is none of it.
pub fn without_surplus<'a>(label: &str, text: &'a str) -> &'a str {
    let kept = match label {
        "company" | "customer" => name_alone(text),
        _ if label.ends_with("address") => address_alone(text),
        _ => text,
    };
    if kept.chars().any(char::is_alphabetic) { kept } else { text }
}

/// `ZHENG HUI JM0325955-V`, `CAKE HOUSE (CO` and `SUPPLIES (001963477-M)` without what follows the name.
fn name_alone(text: &str) -> &str {
    let mut kept = text.trim_end();
    let open = kept.rfind('(').filter(|at| !kept[*at..].contains(')'));
    if let Some(at) = open {
        kept = kept[..at].trim_end();
    }
    let mut had_number = open.is_some();
    while let Some((rest, word)) = kept.rsplit_once(char::is_whitespace) {
        let is_number = digits(word) >= REGISTRATION_DIGITS && 2 * digits(word) > letters(word);
        let announces = had_number && REGISTRATION.contains(&letters_and_digits(word).as_str());
        if !is_number && !announces {
            break;
        }
        had_number = true;
        kept = rest.trim_end();
    }
    kept
}

/// `81750 MASAI, JOHOR 07 3823455` and `IOI MALL PHONE` without the telephone.
fn address_alone(text: &str) -> &str {
    let (mut kept, mut count) = (text.trim_end(), 0);
    let whole = kept;
    while let Some((rest, word)) = kept.rsplit_once(char::is_whitespace) {
        // A comma ends a part of the address, not of a number.
        let ends_a_part = count > 0 && word.ends_with(',');
        if letters(word) > 0 || digits(word) == 0 || ends_a_part || is_long_post_code(word) {
            break;
        }
        count += digits(word);
        kept = rest.trim_end();
    }
    let mut announced = false;
    while let Some((rest, word)) = kept.rsplit_once(char::is_whitespace) {
        if !TELEPHONE.contains(&letters_and_digits(word).as_str()) {
            break;
        }
        announced = true;
        kept = rest.trim_end();
    }
    if announced || count >= TELEPHONE_DIGITS { kept } else { whole }
}

/// `10001-1234`
fn is_long_post_code(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    word.split_once('-').is_some_and(|(code, more)| code.len() == 5 && more.len() == 4)
}

/// How many there are.
pub(super) fn digits(word: &str) -> usize {
    word.chars().filter(char::is_ascii_digit).count()
}

/// Whether a text is nothing but figures.
pub(super) fn is_figures(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn letters(word: &str) -> usize {
    word.chars().filter(|c| c.is_alphabetic()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_before_registration_numbers() {
        for (text, name) in [
            ("PERNIAGAAN ZHENG HUI JM0325955-V", "PERNIAGAAN ZHENG HUI"),
            ("GRANDMA HOMES RESTAURANT (JM0840871-W)", "GRANDMA HOMES RESTAURANT"),
            ("BERRY'S CAKE HOUSE (CO", "BERRY'S CAKE HOUSE"),
            ("AMTECH SUPPLIES (CO. REG NO 001963477-M)", "AMTECH SUPPLIES"),
            ("TRADING SDN BHD CO NO: 123456-X", "TRADING SDN BHD"),
            ("Smith & Co.", "Smith & Co."),
            ("Studio 54", "Studio 54"),
            ("Müller GmbH (Berlin)", "Müller GmbH (Berlin)"),
            ("1234567", "1234567"),
        ] {
            assert_eq!(without_surplus("company", text), name);
        }
    }

    #[test]
    fn addresses_end_before_telephone_numbers() {
        for (text, address) in [
            ("81750 MASAI, JOHOR 07 3823455", "81750 MASAI, JOHOR"),
            ("KUALA SELANGOR. 03-3279 1851,", "KUALA SELANGOR."),
            ("DAISO JAPAN, IOI MALL PHONE", "DAISO JAPAN, IOI MALL"),
            ("12 High St, London Tel: +44 20", "12 High St, London"),
            ("5 Main St, New York NY 10001-1234", "5 Main St, New York NY 10001-1234"),
            ("Rua Augusta 1500, 01310-100", "Rua Augusta 1500, 01310-100"),
            ("Hauptstr. 5, 10115 Berlin", "Hauptstr. 5, 10115 Berlin"),
        ] {
            assert_eq!(without_surplus("address", text), address);
        }
    }

    #[test]
    fn other_labels_keep_their_text() {
        assert_eq!(without_surplus("invoice_number", "RE 12345678"), "RE 12345678");
    }
}
