//! What the parser does not take and viewers do, put right without moving anything that the file's table of places points to.

/// Writers that end the line of `stream` with a blank leave pages empty: the blank goes before the word.
pub(super) fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    const KEYWORD: &[u8] = b"stream";
    let mut from = 0;
    while let Some(found) = find(&bytes[from..], KEYWORD) {
        let start = from + found;
        let end = start + KEYWORD.len();
        let blanks = bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let ends_line = matches!(bytes.get(end + blanks), Some(b'\r' | b'\n'));
        // `endstream` is another word.
        let is_word = start == 0 || !bytes[start - 1].is_ascii_alphabetic();
        if blanks > 0 && ends_line && is_word {
            bytes[start..end + blanks].rotate_right(blanks);
        }
        from = end;
    }
    bytes
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_behind_the_keyword_go_before_it_and_nothing_else_moves() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"<< /Length 3 >> stream \r\nabc", b"<< /Length 3 >>  stream\r\nabc"),
            (b">>stream\t \nabc", b">>\t stream\nabc"),
            (b"stream\r\nabc\nendstream \r\n", b"stream\r\nabc\nendstream \r\n"),
            (b"(a stream of data)", b"(a stream of data)"),
            (b"stream ", b"stream "),
            (b"", b""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(repaired(bytes.to_vec()), expected);
        }
    }
}
