//! Words as OCR reads them: confused letters, words split, joined, lost or invented, boxes askew.
//!
//! For training on any data set whose words are the truth's: what the model will meet are an engine's
//! words. Tags, links, segments and doubt follow their words; key values stay as they are.

use crate::document::Word;
use crate::geometry::PixelBox;
use crate::train::data::Sample;
use rand::{Rng, RngExt};

/// How often what goes wrong; chances per word unless said otherwise.
#[derive(Debug, Clone, Copy)]
pub struct NoiseOptions {
    /// A letter is taken for another, per letter.
    pub confuse: f64,
    /// A letter is lost or doubled, per letter.
    pub slip: f64,
    pub split: f64,
    /// Joined with the next word of its line.
    pub join: f64,
    pub lose: f64,
    /// A speck read as a word follows.
    pub invent: f64,
    /// Edges move by up to this share of the word's height.
    pub jitter: f32,
    /// Two neighbouring lines change places, per line.
    pub swap_lines: f64,
    /// Every block with a white stripe from top to bottom is read as two columns, per page: engines
    /// read all keys first and then all values.
    pub columns: f64,
    /// The whole page is left as it is, per page: clean text layers exist.
    pub spare: f64,
}

impl Default for NoiseOptions {
    fn default() -> Self {
        Self {
            confuse: 0.015,
            slip: 0.003,
            split: 0.012,
            join: 0.015,
            lose: 0.008,
            invent: 0.006,
            jitter: 0.08,
            swap_lines: 0.01,
            columns: 0.15,
            spare: 0.3,
        }
    }
}

/// What engines take for each other, both ways.
const CONFUSIONS: &[(&str, &str)] = &[
    ("0", "O"),
    ("1", "l"),
    ("1", "I"),
    ("l", "I"),
    ("5", "S"),
    ("8", "B"),
    ("2", "Z"),
    ("6", "G"),
    ("rn", "m"),
    ("cl", "d"),
    ("vv", "w"),
    (",", "."),
    (":", "."),
    ("c", "e"),
    ("o", "0"),
    ("i", "l"),
    ("u", "ü"),
    ("a", "ä"),
    ("o", "ö"),
    ("é", "e"),
    ("à", "a"),
    ("ß", "B"),
    ("€", "E"),
    ("n", "ñ"),
    ("4", "A"),
    ("7", "1"),
    ("3", "8"),
    ("9", "g"),
    ("t", "f"),
    ("h", "b"),
    ("-", "~"),
    ("/", "1"),
    ("|", "I"),
    ("$", "S"),
    ("%", "9"),
    ("f", "r"),
    ("ç", "c"),
    ("í", "i"),
    ("ó", "6"),
    ("N", "M"),
];

const SPECKS: &[&str] =
    &[".", "|", "-", "~", "'", "_", ":", "—", "i", ",", "*", "‘", "=", "oe", "a"];

/// A word of the page being worked on, with all that belongs to it.
#[derive(Clone)]
struct Entry {
    word: Word,
    tag: Option<String>,
    segment: Option<PixelBox>,
    ignore: bool,
    /// Indices of the words it was made of.
    from: Vec<usize>,
}

/// The sample as an engine might have read it.
pub fn corrupt<R: Rng + ?Sized>(sample: &Sample, rng: &mut R, options: &NoiseOptions) -> Sample {
    if rng.random::<f64>() < options.spare {
        return sample.clone();
    }
    let mut out = Vec::with_capacity(sample.words.len());
    // Label of an entity whose first word was lost: its next word begins it.
    let mut orphan: Option<String> = None;
    for mut entry in entries(sample) {
        adopt(&mut entry, &mut orphan);
        if rng.random::<f64>() < options.lose {
            orphan = entry.tag.and_then(|tag| tag.strip_prefix("B-").map(str::to_string));
            continue;
        }
        step(entry, &mut out, rng, options);
    }
    swap_lines(&mut out, rng, options.swap_lines);
    if rng.random::<f64>() < options.columns {
        out.chunk_by_mut(|a, b| a.word.block == b.word.block).for_each(read_columns);
    }
    mend_tags(&mut out);
    assemble(sample, out)
}

fn entries(sample: &Sample) -> impl Iterator<Item = Entry> + '_ {
    sample.words.iter().enumerate().map(|(index, word)| Entry {
        word: word.clone(),
        tag: sample.tags.get(index).cloned(),
        segment: sample.segments.get(index).copied(),
        ignore: sample.ignore.get(index).copied().unwrap_or(false),
        from: vec![index],
    })
}

/// Lets the word begin its entity if the word that began it is gone.
fn adopt(entry: &mut Entry, orphan: &mut Option<String>) {
    let Some(name) = orphan.take() else { return };
    if entry.tag.as_deref().and_then(|tag| tag.strip_prefix("I-")) == Some(&name) {
        entry.tag = Some(format!("B-{name}"));
    }
}

/// The fate of a word that was seen at all.
fn step<R: Rng + ?Sized>(
    mut entry: Entry,
    out: &mut Vec<Entry>,
    rng: &mut R,
    options: &NoiseOptions,
) {
    let text = misread(&entry.word.text, rng, options);
    if text != entry.word.text {
        entry.word.confidence *= 0.6 + 0.4 * rng.random::<f32>();
        entry.word.text = text;
    }
    entry.word.bbox = jitter(entry.word.bbox, rng, options.jitter);
    let speck = (rng.random::<f64>() < options.invent).then(|| speck_after(&entry, rng));
    let joined = rng.random::<f64>() < options.join
        && out.last_mut().is_some_and(|before| join(before, &entry));
    if !joined {
        match split(&entry, rng, options.split) {
            Some((first, second)) => out.extend([first, second]),
            None => out.push(entry),
        }
    }
    out.extend(speck);
}

fn misread<R: Rng + ?Sized>(text: &str, rng: &mut R, options: &NoiseOptions) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let roll = rng.random::<f64>();
        if roll < options.confuse
            && let Some((length, other)) = confusion(rest, rng)
        {
            out.push_str(other);
            rest = &rest[length..];
            continue;
        }
        match roll {
            r if r < options.confuse + options.slip * 0.6 && r >= options.confuse => {}
            r if r < options.confuse + options.slip && r >= options.confuse => {
                out.extend([letter, letter]);
            }
            _ => out.push(letter),
        }
        rest = &rest[letter.len_utf8()..];
    }
    if out.is_empty() { text.to_string() } else { out }
}

/// One of the confusions that start here: how much text it takes, and what is read instead.
fn confusion<R: Rng + ?Sized>(rest: &str, rng: &mut R) -> Option<(usize, &'static str)> {
    let both = CONFUSIONS.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
    let fitting: Vec<_> = both.filter(|(seen, _)| rest.starts_with(seen)).collect();
    if fitting.is_empty() {
        return None;
    }
    let (seen, read) = fitting[rng.random_range(0..fitting.len())];
    Some((seen.len(), read))
}

fn jitter<R: Rng + ?Sized>(bbox: PixelBox, rng: &mut R, share: f32) -> PixelBox {
    let reach = bbox.height() as f32 * share;
    let mut edge =
        |value: u32| i64::from(value) + ((rng.random::<f32>() * 2.0 - 1.0) * reach).round() as i64;
    let moved = [edge(bbox.left()), edge(bbox.top()), edge(bbox.right()), edge(bbox.bottom())];
    if moved[2] <= moved[0] || moved[3] <= moved[1] {
        return bbox;
    }
    PixelBox::new(moved[0], moved[1], moved[2], moved[3])
}

/// Joins a word to the one before it on the same line, unless they are two different entities.
fn join(before: &mut Entry, entry: &Entry) -> bool {
    let (a, b) = (before.word.bbox, entry.word.bbox);
    let gap = i64::from(b.left()) - i64::from(a.right());
    let beside = gap >= 0
        && gap < i64::from(a.height().max(1))
        && (a.center_y() - b.center_y()).abs() < a.height() as f32 * 0.5;
    let label = |tag: &Option<String>| tag.as_deref().and_then(|t| t.get(2..)).map(str::to_string);
    let (first, second) = (label(&before.tag), label(&entry.tag));
    let fresh = entry.tag.as_deref().is_some_and(|t| t.starts_with("B-"));
    if !beside || first.is_some() && second.is_some() && (first != second || fresh) {
        return false;
    }
    if first.is_none() && second.is_some() {
        before.tag = entry.tag.clone();
    }
    before.word.text.push_str(&entry.word.text);
    before.word.bbox = a.union(b);
    before.word.confidence = before.word.confidence.min(entry.word.confidence);
    before.segment = match (before.segment, entry.segment) {
        (Some(one), Some(two)) => Some(one.union(two)),
        (one, two) => one.or(two),
    };
    before.ignore |= entry.ignore;
    before.from.extend(&entry.from);
    true
}

fn split<R: Rng + ?Sized>(entry: &Entry, rng: &mut R, chance: f64) -> Option<(Entry, Entry)> {
    let letters = entry.word.text.chars().count();
    if letters < 4 || rng.random::<f64>() >= chance {
        return None;
    }
    let at = rng.random_range(1..letters);
    let cut = entry.word.text.char_indices().nth(at)?.0;
    let bbox = entry.word.bbox;
    let middle = bbox.left() + (u64::from(bbox.width()) * at as u64 / letters as u64) as u32;
    let (mut first, mut second) = (entry.clone(), entry.clone());
    second.word.text = entry.word.text[cut..].to_string();
    first.word.text.truncate(cut);
    let [left, top, right, bottom]: [u32; 4] = bbox.into();
    let edges = |a: u32, b: u32| [a, top, b, bottom].map(i64::from);
    first.word.bbox = edges(left, middle.max(left + 1)).into();
    second.word.bbox = edges(middle.min(right.saturating_sub(1)), right).into();
    second.tag = entry.tag.as_ref().map(|tag| match tag.strip_prefix("B-") {
        Some(name) => format!("I-{name}"),
        None => tag.clone(),
    });
    second.from.clear();
    Some((first, second))
}

/// A few pixels right of the word, read as a sign.
fn speck_after<R: Rng + ?Sized>(entry: &Entry, rng: &mut R) -> Entry {
    let bbox = entry.word.bbox;
    let side = i64::from((bbox.height() / 3).max(2));
    let left = i64::from(bbox.right()) + side + rng.random_range(0..4 * side);
    let top = i64::from(bbox.top()) + rng.random_range(0..=i64::from(bbox.height()));
    Entry {
        word: Word {
            text: SPECKS[rng.random_range(0..SPECKS.len())].to_string(),
            bbox: PixelBox::new(left, top, left + side, top + side),
            confidence: 0.1 + 0.4 * rng.random::<f32>(),
            ..entry.word
        },
        tag: entry.tag.as_ref().map(|_| "O".to_string()),
        segment: entry.segment,
        ignore: false,
        from: Vec::new(),
    }
}

/// Swaps whole neighbouring lines now and then: engines disagree about columns.
fn swap_lines<R: Rng + ?Sized>(entries: &mut [Entry], rng: &mut R, chance: f64) {
    let key = |entry: &Entry| (entry.word.block, entry.word.line);
    let mut starts: Vec<usize> = vec![0];
    starts.extend((1..entries.len()).filter(|&i| key(&entries[i]) != key(&entries[i - 1])));
    starts.push(entries.len());
    for window in starts.windows(3) {
        if rng.random::<f64>() < chance {
            entries[window[0]..window[2]].rotate_left(window[1] - window[0]);
            break;
        }
    }
}

/// Puts what stands left of a block's widest white stripe before what stands right of it.
fn read_columns(block: &mut [Entry]) {
    let mut spans: Vec<(u32, u32)> =
        block.iter().map(|e| (e.word.bbox.left(), e.word.bbox.right())).collect();
    spans.sort_unstable();
    let height = block.iter().map(|e| e.word.bbox.height()).max().unwrap_or(0);
    let (mut reached, mut widest) = (u32::MAX, None);
    for (left, right) in spans {
        let gap = left.saturating_sub(reached);
        if gap > widest.map_or(height, |(gap, _)| gap) {
            widest = Some((gap, left));
        }
        reached = if reached == u32::MAX { right } else { reached.max(right) };
    }
    if let Some((_, start)) = widest {
        block.sort_by_key(|entry| entry.word.bbox.left() >= start);
    }
}

/// An entity that lost its first word begins with its next one.
fn mend_tags(entries: &mut [Entry]) {
    let mut seen = std::collections::HashSet::new();
    for entry in entries {
        let Some(tag) = &mut entry.tag else { continue };
        match tag.split_at_checked(2) {
            Some(("B-", name)) => {
                seen.insert(name.to_string());
            }
            Some(("I-", name)) if seen.insert(name.to_string()) => *tag = format!("B-{name}"),
            _ => {}
        }
    }
}

fn assemble(sample: &Sample, entries: Vec<Entry>) -> Sample {
    let mut place = vec![None; sample.words.len()];
    for (index, entry) in entries.iter().enumerate() {
        for &from in &entry.from {
            place[from].get_or_insert(index);
        }
    }
    let links = sample
        .links
        .iter()
        .filter_map(|&(a, b)| Some((*place.get(a)?.as_ref()?, *place.get(b)?.as_ref()?)))
        .filter(|(a, b)| a != b)
        .collect();
    let mut out = Sample { links, ..sample.clone() };
    if !sample.tags.is_empty() {
        out.tags = entries.iter().filter_map(|e| e.tag.clone()).collect();
    }
    if !sample.segments.is_empty() {
        out.segments = entries.iter().map(|e| e.segment.unwrap_or(e.word.bbox)).collect();
    }
    if !sample.ignore.is_empty() {
        out.ignore = entries.iter().map(|e| e.ignore).collect();
    }
    out.words = entries
        .into_iter()
        .map(|e| Word { bbox: e.word.bbox.clamp_to(sample.size), ..e.word })
        .collect();
    out
}

#[cfg(test)]
#[path = "noise_tests.rs"]
mod tests;
