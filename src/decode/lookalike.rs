//! Letters that recognition puts in the place of digits, set right where only a number can stand.
//!
//! Used for typed values alone; the text of an entity stays as it was read.

/// The digit that a character is often read for.
pub fn digit_of(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        'O' | 'o' | 'Q' | 'D' | 'Ø' => Some('0'),
        'l' | 'I' | 'i' | '|' | '!' => Some('1'),
        'Z' | 'z' => Some('2'),
        'S' | 's' => Some('5'),
        'B' => Some('8'),
        _ => None,
    }
}

/// Replaces look-alikes in every run of digits and look-alikes that holds a digit, or that is short
/// and stands at one of `separators`, as in `I/S/2018`.
pub fn mend_numbers(text: &str, separators: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let in_run = |c: char| c.is_alphanumeric() || matches!(c, '|' | '!');
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = characters[at..].iter().take_while(|c| in_run(**c)).count();
        if length == 0 {
            mended.push(characters[at]);
            at += 1;
            continue;
        }
        let run = &characters[at..at + length];
        let neighbours = [at.checked_sub(1), Some(at + length)];
        let separated = neighbours
            .iter()
            .flatten()
            .any(|i| characters.get(*i).is_some_and(|c| separators.contains(*c)));
        let numeric = run.iter().any(char::is_ascii_digit) || (length <= 2 && separated);
        match run.iter().map(|c| digit_of(*c)).collect::<Option<String>>() {
            Some(digits) if numeric => mended.push_str(&digits),
            _ => mended.extend(run),
        }
        at += length;
    }
    mended
}

/// Sets right `O`, `l` and `I` that stand between digits of an identifier. Other look-alikes stay:
/// `12S4` may well be meant.
pub fn mend_identifier(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let digit =
        |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(char::is_ascii_digit);
    let mend = |(at, c): (usize, &char)| {
        let between = digit(at.checked_sub(1)) && digit(Some(at + 1));
        match c {
            'O' | 'o' if between => '0',
            'l' | 'I' | '|' if between => '1',
            other => *other,
        }
    };
    characters.iter().enumerate().map(mend).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_with_a_digit_are_mended() {
        assert_eq!(mend_numbers("2O18 IS SO", "/"), "2018 IS SO");
        assert_eq!(mend_numbers("l2/O5/2O18", "/"), "12/05/2018");
        assert_eq!(mend_numbers("I/S/2018", "/"), "1/5/2018");
        assert_eq!(mend_numbers("A4 B2C", "/"), "A4 B2C");
    }

    #[test]
    fn identifiers_keep_their_letters() {
        assert_eq!(mend_identifier("INV-2O18-B12S4"), "INV-2018-B12S4");
        assert_eq!(mend_identifier("O1l2I3"), "O11213");
    }
}
