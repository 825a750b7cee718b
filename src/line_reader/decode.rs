//! Log-probabilities of steps → text, words with their columns, confidence.
//!
//! The best class of each step, repeated ones joined, blanks dropped (greedy CTC decoding). The steps
//! tell where on the strip each character stands.

use super::alphabet::{Alphabet, BLANK};

/// A word of a line, in steps of the strip.
#[derive(Debug, Clone, PartialEq)]
pub struct StepWord {
    pub text: String,
    /// First and last step of its letters.
    pub first: usize,
    pub last: usize,
    /// Geometric mean of its letters' probabilities.
    pub confidence: f32,
}

/// Best class and its log-probability, for each step of a line.
pub type BestPath<'a> = &'a [(i64, f32)];

/// The words of a line.
pub fn words(path: BestPath, alphabet: &Alphabet) -> Vec<StepWord> {
    let mut words: Vec<StepWord> = Vec::new();
    let mut letters: Vec<f32> = Vec::new();
    let mut open = false;
    let mut previous = BLANK;
    for (step, &(class, log_probability)) in path.iter().enumerate() {
        let repeats = class == previous;
        previous = class;
        let Some(character) = alphabet.character(class) else { continue };
        if character == ' ' {
            open = false;
            continue;
        }
        if !open {
            close(&mut words, &mut letters);
            words.push(StepWord { text: String::new(), first: step, last: step, confidence: 0.0 });
            open = true;
        }
        let Some(word) = words.last_mut() else { continue };
        word.last = step;
        match letters.last_mut() {
            Some(best) if repeats && !word.text.is_empty() => *best = best.max(log_probability),
            _ => {
                word.text.push(character);
                letters.push(log_probability);
            }
        }
    }
    close(&mut words, &mut letters);
    words
}

fn close(words: &mut [StepWord], letters: &mut Vec<f32>) {
    if let Some(word) = words.last_mut()
        && !letters.is_empty()
    {
        word.confidence = (letters.iter().sum::<f32>() / letters.len() as f32).exp();
        letters.clear();
    }
}

/// The text of a line, words joined by single spaces.
pub fn text(path: BestPath, alphabet: &Alphabet) -> String {
    let words: Vec<String> = words(path, alphabet).into_iter().map(|word| word.text).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str, alphabet: &Alphabet) -> Vec<(i64, f32)> {
        let class = |c: char| match c {
            '_' => BLANK,
            c => alphabet.encode(&c.to_string()).unwrap()[0],
        };
        text.chars().map(|c| (class(c), 0.5f32.ln())).collect()
    }

    #[test]
    fn repeats_join_unless_a_blank_parts_them() {
        let alphabet = Alphabet::default();
        let steps = path("__hhee_l_ll__o", &alphabet);
        assert_eq!(text(&steps, &alphabet), "hello");
    }

    #[test]
    fn words_know_their_steps_and_confidence() {
        let alphabet = Alphabet::default();
        let steps = path("_RM__  _2_3.", &alphabet);
        let words = words(&steps, &alphabet);
        assert_eq!(words.len(), 2);
        assert_eq!((words[0].text.as_str(), words[0].first, words[0].last), ("RM", 1, 2));
        assert_eq!((words[1].text.as_str(), words[1].first, words[1].last), ("23.", 8, 11));
        assert!((words[1].confidence - 0.5).abs() < 1e-6);
    }

    #[test]
    fn blanks_and_spaces_alone_are_no_words() {
        let alphabet = Alphabet::default();
        assert!(words(&path("__ _ ", &alphabet), &alphabet).is_empty());
        assert!(words(&[], &alphabet).is_empty());
    }

    #[test]
    fn the_same_letter_at_the_end_of_one_word_and_the_start_of_the_next_is_two() {
        let alphabet = Alphabet::default();
        assert_eq!(text(&path("aa a", &alphabet), &alphabet), "a a");
        assert_eq!(text(&path("a_a a", &alphabet), &alphabet), "aa a");
    }
}
