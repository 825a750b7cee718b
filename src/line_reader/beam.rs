//! The likeliest way through a line, by what the network sees at every step and by which letters follow
//! each other ([`super::ngrams`]): a beam search over CTC paths.
//!
//! Paths that end alike (the same last letters, the same last class) are one from there on, and the
//! better one stays. Where the network is sure of a step, and only one path is left, nothing is looked
//! up: most of a clean line costs no more than taking the best class of each step.

use super::alphabet::{Alphabet, BLANK};
use super::ngrams::{EDGE, History, Ngrams};

/// Classes of a step that are looked at.
pub const CANDIDATES: usize = 6;

/// Best classes of a step with their log-probabilities, the best first.
pub type Candidates = [(i64, f32); CANDIDATES];

/// Classes with a lower log-probability are not looked at.
const LEAST: f32 = -6.0;

/// The best of a step's `log_probabilities` [classes], those above [`LEAST`].
pub fn likeliest(log_probabilities: &[f32]) -> Candidates {
    let mut best = [(BLANK, f32::NEG_INFINITY); CANDIDATES];
    let mut bar = LEAST;
    for (class, &log_probability) in log_probabilities.iter().enumerate() {
        if log_probability > bar {
            let place = best.iter().take_while(|(_, better)| *better >= log_probability).count();
            best[place..].rotate_right(1);
            best[place] = (class as i64, log_probability);
            bar = bar.max(best[CANDIDATES - 1].1);
        }
    }
    best
}

/// How paths are weighed and how many are kept.
#[derive(Debug, Clone, Copy)]
pub struct BeamOptions {
    /// What the n-grams' `-ln p` of a letter counts beside the network's.
    pub weight: f32,
    /// Added for each letter: n-grams alone would favour few.
    pub bonus: f32,
    /// Paths kept at each step.
    pub width: usize,
    /// Of a step whose best class has a higher log-probability, nothing else is looked at.
    pub sure: f32,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self { weight: 0.25, bonus: 0.5, width: 8, sure: -0.005 }
    }
}

/// A path up to some step.
#[derive(Clone, Copy)]
struct Path {
    history: History,
    last: i64,
    score: f32,
    /// Index of its last step.
    node: usize,
}

/// A step of a path: the class taken there, and the step before.
struct Node {
    before: usize,
    class: i64,
    log_probability: f32,
}

/// The best path: a class for every step, with the log-probability of a letter where it begins weighed by
/// the n-grams among the step's classes.
pub fn best_path(
    steps: &[Candidates],
    alphabet: &Alphabet,
    ngrams: &Ngrams,
    options: BeamOptions,
) -> Vec<(i64, f32)> {
    let mut nodes: Vec<Node> = Vec::with_capacity(steps.len() * 2);
    let start = Path { history: History::start(), last: BLANK, score: 0.0, node: usize::MAX };
    let (mut paths, mut next) = (vec![start], Vec::new());
    for step in steps {
        let choices = choices(step, options);
        let looked_up = choices.len() > 1 || paths.len() > 1;
        next.clear();
        for path in &paths {
            // Each choice with the letter that it adds to the path, and what speaks for that one.
            let mut weighed = [(None, 0.0f32); CANDIDATES];
            for (place, &(class, _)) in weighed.iter_mut().zip(choices) {
                let letter = new_letter(path, class, alphabet);
                let favour = letter.filter(|_| looked_up).map_or(0.0, |letter| {
                    options.bonus - options.weight * ngrams.cost(&path.history, letter)
                });
                *place = (letter, favour);
            }
            let weighed = || choices.iter().zip(&weighed);
            let all = (choices.len() > 1).then(|| {
                weighed().map(|((_, p), (_, favour))| (p + favour).exp()).sum::<f32>().ln()
            });
            for (&(class, log_probability), &(letter, favour)) in weighed() {
                let sureness = match (letter, all) {
                    (Some(_), Some(all)) => log_probability + favour - all,
                    _ => log_probability,
                };
                nodes.push(Node { before: path.node, class, log_probability: sureness });
                let grown = Path {
                    history: letter.map_or(path.history, |letter| path.history.and(letter)),
                    last: class,
                    score: path.score + log_probability + favour,
                    node: nodes.len() - 1,
                };
                add(&mut next, grown);
            }
        }
        next.sort_by(|a, b| b.score.total_cmp(&a.score));
        next.truncate(options.width.max(1));
        std::mem::swap(&mut paths, &mut next);
    }
    let ended = |path: &Path| path.score - options.weight * ngrams.cost(&path.history, EDGE);
    let best = paths.iter().max_by(|a, b| ended(a).total_cmp(&ended(b)));
    traced(&nodes, best.map_or(usize::MAX, |path| path.node))
}

/// The classes of a step that are worth a look.
fn choices(step: &Candidates, options: BeamOptions) -> &[(i64, f32)] {
    if step[0].1 > options.sure {
        return &step[..1];
    }
    let likely = step.iter().take_while(|(_, log_probability)| *log_probability > LEAST);
    &step[..likely.count().max(1)]
}

/// The letter that a class adds to a path, if any: neither a blank nor the class before goes on with it.
fn new_letter(path: &Path, class: i64, alphabet: &Alphabet) -> Option<char> {
    (class != path.last).then(|| alphabet.character(class)).flatten()
}

/// Keeps of two paths that end alike the better one.
fn add(paths: &mut Vec<Path>, path: Path) {
    let alike = |other: &&mut Path| other.last == path.last && other.history == path.history;
    match paths.iter_mut().find(alike) {
        Some(other) if other.score >= path.score => {}
        Some(other) => *other = path,
        None => paths.push(path),
    }
}

fn traced(nodes: &[Node], last: usize) -> Vec<(i64, f32)> {
    let mut path = Vec::new();
    let mut at = last;
    while let Some(node) = nodes.get(at) {
        path.push((node.class, node.log_probability));
        at = node.before;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::*;
    use crate::train::line_reader::ngrams::{NgramOptions, table};

    /// Steps of which each is sure of a letter but where a second one is given with its share.
    fn steps(letters: &[(char, Option<(char, f32)>)], alphabet: &Alphabet) -> Vec<Candidates> {
        let class = |c: char| alphabet.encode(&c.to_string()).unwrap()[0];
        let mut steps = Vec::new();
        for (first, second) in letters {
            let mut step = [(BLANK, -20.0); CANDIDATES];
            let share = second.map_or(0.001, |(_, share)| share);
            step[0] = (class(*first), (1.0 - share).ln());
            if let Some((second, share)) = second {
                step[1] = (class(*second), share.ln());
            }
            steps.push(step);
            let mut blank = [(BLANK, -20.0); CANDIDATES];
            blank[0] = (BLANK, -0.0001);
            steps.push(blank);
        }
        steps
    }

    fn read(steps: &[Candidates], text: &str) -> (String, f32) {
        let alphabet = Alphabet::default();
        let ngrams = Ngrams::of(table(text.lines(), NgramOptions::default()).unwrap()).unwrap();
        let path = best_path(steps, &alphabet, &ngrams, BeamOptions::default());
        assert_eq!(path.len(), steps.len());
        let words = decode::words(&path, &alphabet);
        let confidence = words.first().map_or(0.0, |word| word.confidence);
        (decode::text(&path, &alphabet), confidence)
    }

    #[test]
    fn a_doubtful_letter_is_taken_from_words_that_are_known() {
        let alphabet = Alphabet::default();
        let doubt = [('K', Some(('R', 0.4))), ('A', None), ('T', None), ('E', None)];
        let text = "rate\n".repeat(50);
        let (word, confidence) = read(&steps(&doubt, &alphabet), &text);
        assert_eq!(word, "RATE");
        assert!(confidence > 0.7, "{confidence}");
        assert_eq!(read(&steps(&doubt, &alphabet), "kate\nkate").0, "KATE");
    }

    #[test]
    fn a_letter_that_is_sure_stays() {
        let alphabet = Alphabet::default();
        let sure = [('K', Some(('R', 0.002))), ('A', None), ('T', None), ('E', None)];
        assert_eq!(read(&steps(&sure, &alphabet), &"rate\n".repeat(50)).0, "KATE");
    }

    #[test]
    fn digits_are_never_chosen_by_the_letters_around() {
        let alphabet = Alphabet::default();
        let digits = [('1', Some(('7', 0.45))), ('2', None)];
        assert_eq!(read(&steps(&digits, &alphabet), &"72\n".repeat(50)).0, "12");
    }

    #[test]
    fn the_likeliest_classes_come_first_and_hopeless_ones_not_at_all() {
        let step = [-3.0, -7.0, -0.2, -5.9, -4.0, -3.0, -2.5, -5.0, -4.5];
        let best = likeliest(&step).map(|(class, _)| class);
        assert_eq!(best, [2, 6, 0, 5, 4, 8]);
        let best = likeliest(&[-0.1, -8.0, -3.0]);
        assert_eq!(best[..2], [(0, -0.1), (2, -3.0)]);
        assert_eq!(best[2].1, f32::NEG_INFINITY);
    }

    #[test]
    fn a_line_without_steps_has_no_path() {
        assert_eq!(read(&[], "a").0, "");
    }
}
