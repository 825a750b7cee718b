//! Tolerant search: where in a page's words does a string stand?
//!
//! The words become one stream of folded letters and digits; the string is searched in it by edit
//! distance with a free start and end (Sellers 1980). Two moves are added to the usual three, because
//! values run over lines and columns: a whole word or a whole line of the page may be passed over at
//! a flat price. Case, spaces and punctuation cost nothing, characters that scanners confuse little.

use crate::document::Word;

/// Price of one wrong, missing or surplus character.
pub const EDIT: u32 = 10;
/// Price of a character that is commonly mistaken for the other.
const CONFUSED: u32 = 2;
/// Price of beginning or ending inside a word.
const CUT_WORD: u32 = 2;
/// Price of passing over a word that the value does not hold.
const SKIP_WORD: u32 = 20;
/// Price of passing over a whole line.
const SKIP_LINE: u32 = 15;

/// Letters and digits of a text, folded: lower case, without the accents of western languages.
pub fn fold(text: &str) -> Vec<char> {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .map(|c| match c {
            'à'..='å' => 'a',
            'è'..='ë' => 'e',
            'ì'..='ï' => 'i',
            'ò'..='ö' | 'ø' => 'o',
            'ù'..='ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            other => other,
        })
        .collect()
}

/// Price of reading `a` where `b` is meant; both folded.
fn substitution(a: char, b: char) -> u32 {
    let class = |c: char| match c {
        'o' | '0' | 'q' | 'd' => 1,
        'i' | 'l' | '1' | 'j' | 't' => 2,
        's' | '5' => 3,
        'b' | '8' => 4,
        'z' | '2' => 5,
        'g' | '6' | '9' => 6,
        _ => 0,
    };
    if a == b {
        0
    } else if class(a) != 0 && class(a) == class(b) && !(a.is_ascii_digit() && b.is_ascii_digit()) {
        CONFUSED
    } else {
        EDIT
    }
}

/// Edit distance between two folded texts, in prices of [`EDIT`].
pub fn distance(a: &[char], b: &[char]) -> u32 {
    let mut row: Vec<u32> = (0..=b.len()).map(|i| i as u32 * EDIT).collect();
    for &left in a {
        let mut diagonal = row[0];
        row[0] += EDIT;
        for (i, &right) in b.iter().enumerate() {
            let cost = (diagonal + substitution(left, right)).min(row[i].min(row[i + 1]) + EDIT);
            diagonal = std::mem::replace(&mut row[i + 1], cost);
        }
    }
    row[b.len()]
}

/// 1 for texts that are equal when folded, 0 for those with nothing in common.
pub fn similarity(a: &[char], b: &[char]) -> f32 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    1.0 - distance(a, b) as f32 / (longest as u32 * EDIT) as f32
}

/// A place where a value was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Words that belong to the value, in the order of the page.
    pub words: Vec<usize>,
    /// Sum of the prices paid.
    pub cost: u32,
}

/// A page's words as one stream of folded characters.
#[derive(Debug)]
pub struct WordStream {
    characters: Vec<char>,
    /// Word of every character.
    owner: Vec<usize>,
    /// First character of every word, and the end of the stream last.
    starts: Vec<usize>,
    /// First word of the line each word stands in.
    line_start: Vec<usize>,
    /// Whether each word is the last of its line.
    line_end: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Begin,
    Take,
    /// The value has a character that the page lacks.
    Missing,
    /// The page has a character that the value lacks.
    Surplus,
    /// To the character position given, over everything between.
    Jump(usize),
}

impl WordStream {
    /// The stream of `words`, cut into lines where [`Word::line`] changes.
    pub fn new(words: &[Word]) -> Self {
        let mut stream = Self {
            characters: Vec::new(),
            owner: Vec::new(),
            starts: Vec::with_capacity(words.len() + 1),
            line_start: Vec::with_capacity(words.len()),
            line_end: Vec::with_capacity(words.len()),
        };
        for (index, word) in words.iter().enumerate() {
            stream.starts.push(stream.characters.len());
            stream.characters.extend(fold(&word.text));
            stream.owner.resize(stream.characters.len(), index);
            let begins = index == 0 || words[index - 1].line != word.line;
            stream.line_start.push(if begins { index } else { stream.line_start[index - 1] });
            stream.line_end.push(words.get(index + 1).is_none_or(|next| next.line != word.line));
        }
        stream.starts.push(stream.characters.len());
        stream
    }

    /// Places where `value` stands at a price of at most `limit`, cheapest first, sharing no word.
    /// A word belongs to the match when at least `coverage` of its characters do.
    pub fn find(&self, value: &str, limit: u32, coverage: f32) -> Vec<Match> {
        let value = fold(value);
        if value.is_empty() || self.characters.is_empty() {
            return Vec::new();
        }
        let table = self.fill(&value);
        let mut ends: Vec<(u32, usize)> = (1..=self.characters.len())
            .map(|end| (table.cost(end, value.len()) + self.cut(end), end))
            .filter(|&(cost, _)| cost <= limit)
            .collect();
        ends.sort_unstable();
        let mut taken = vec![false; self.line_end.len()];
        let mut matches = Vec::new();
        for (cost, end) in ends {
            if taken[self.owner[end - 1]] {
                continue;
            }
            let words = self.covered(&self.trace(&table, end, value.len()), coverage);
            if words.is_empty() || words.iter().any(|&word| taken[word]) {
                continue;
            }
            words.iter().for_each(|&word| taken[word] = true);
            matches.push(Match { words, cost });
        }
        matches
    }

    /// Price of beginning or ending a match at a position.
    fn cut(&self, position: usize) -> u32 {
        let between = position == 0
            || position == self.characters.len()
            || self.owner[position - 1] != self.owner[position];
        if between { 0 } else { CUT_WORD }
    }

    fn fill(&self, value: &[char]) -> Table {
        let mut table = Table::new(self.characters.len() + 1, value.len() + 1);
        for position in 0..=self.characters.len() {
            table.set(position, 0, self.cut(position), Step::Begin);
            for taken in 1..=value.len() {
                let mut best = (table.cost(position, taken - 1) + EDIT, Step::Missing);
                if position > 0 {
                    let read = substitution(self.characters[position - 1], value[taken - 1]);
                    let take = table.cost(position - 1, taken - 1) + read;
                    if take <= best.0 {
                        best = (take, Step::Take);
                    }
                    let surplus = table.cost(position - 1, taken) + EDIT;
                    if surplus < best.0 {
                        best = (surplus, Step::Surplus);
                    }
                }
                table.set(position, taken, best.0, best.1);
            }
            self.jump_to(&mut table, position);
        }
        table
    }

    /// Passing over the words, and the line, that end at `position`.
    fn jump_to(&self, table: &mut Table, position: usize) {
        if position == 0 || self.cut(position) != 0 {
            return;
        }
        let word = self.owner[position - 1];
        table.relax(position, self.starts[word], SKIP_WORD);
        // Words without letters or digits may follow the last character of a line.
        let mut last = word;
        while !self.line_end[last] && self.starts[last + 2] == position {
            last += 1;
        }
        if self.line_end[last] {
            table.relax(position, self.starts[self.line_start[word]], SKIP_LINE);
        }
    }

    /// Characters of the page that stand for characters of the value.
    fn trace(&self, table: &Table, end: usize, length: usize) -> Vec<usize> {
        let (mut position, mut taken) = (end, length);
        let mut characters = Vec::with_capacity(length);
        loop {
            match table.step(position, taken) {
                Step::Begin => break,
                Step::Missing => taken -= 1,
                Step::Surplus => position -= 1,
                Step::Jump(from) => position = from,
                Step::Take => {
                    position -= 1;
                    taken -= 1;
                    characters.push(position);
                }
            }
        }
        characters
    }

    /// Words of which enough characters belong, and the punctuation between two of them.
    fn covered(&self, characters: &[usize], coverage: f32) -> Vec<usize> {
        let mut counts = vec![0usize; self.line_end.len()];
        for &character in characters {
            counts[self.owner[character]] += 1;
        }
        let length = |word: usize| self.starts[word + 1] - self.starts[word];
        let enough =
            |word: usize| counts[word] > 0 && counts[word] as f32 >= coverage * length(word) as f32;
        let words: Vec<usize> = (0..counts.len()).filter(|&word| enough(word)).collect();
        let mut filled = Vec::with_capacity(words.len());
        for &word in &words {
            if let Some(&last) = filled.last()
                && (last + 1..word).all(|between| length(between) == 0)
            {
                filled.extend(last + 1..word);
            }
            filled.push(word);
        }
        filled
    }
}

/// Prices and steps of the search; `[positions + 1, length of the value + 1]`.
struct Table {
    costs: Vec<u32>,
    steps: Vec<Step>,
    width: usize,
}

impl Table {
    fn new(height: usize, width: usize) -> Self {
        Self { costs: vec![0; height * width], steps: vec![Step::Begin; height * width], width }
    }
    fn cost(&self, position: usize, taken: usize) -> u32 {
        self.costs[position * self.width + taken]
    }
    fn step(&self, position: usize, taken: usize) -> Step {
        self.steps[position * self.width + taken]
    }
    fn set(&mut self, position: usize, taken: usize, cost: u32, step: Step) {
        self.costs[position * self.width + taken] = cost;
        self.steps[position * self.width + taken] = step;
    }
    /// Reaches `position` from `from` at `price` wherever that is cheaper. Not for an empty or a
    /// finished value: those begin and end where they like.
    fn relax(&mut self, position: usize, from: usize, price: u32) {
        for taken in 1..self.width - 1 {
            let cost = self.cost(from, taken) + price;
            if cost < self.cost(position, taken) {
                self.set(position, taken, cost, Step::Jump(from));
            }
        }
    }
}
