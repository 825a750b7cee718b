//! Labelled pages → what a training step reads: windows, the class of each token, the picture.

use super::data::{Picture, Sample};
use crate::encode::boxes::LayoutBoxes;
use crate::encode::image::{shrink, white_page};
use crate::encode::tokenize::WordTokenizer;
use crate::encode::window::WindowOptions;
use crate::encode::{Window, encode_page};
use crate::error::{Error, ErrorCode, Result, Stage};
use crate::eval::run::groups_of_tags;
use crate::input::{InputOptions, Source, open};
use crate::labels::{LabelSet, Tag};
use image::RgbImage;
use std::path::Path;

/// Tokens without a loss.
pub const IGNORED: i64 = -100;

/// One window with its classes.
#[derive(Debug, Clone)]
pub struct Example {
    pub window: Window,
    pub labels: HeadTargets,
    /// Of the form head, where there is one.
    pub form: Option<HeadTargets>,
    /// Index into [`ExampleSet::pictures`].
    pub picture: usize,
    /// Questions and answers that stand here together, where the data set links them.
    pub pairs: Vec<Pair>,
}

/// What one head is told about a window.
#[derive(Debug, Clone)]
pub struct HeadTargets {
    /// Class of each token: on the first piece of a word, [`IGNORED`] elsewhere, and throughout where the
    /// page annotates none of the head's labels.
    pub classes: Vec<i64>,
    /// Index into [`ExampleSet::open_classes`].
    pub open: usize,
}

/// A question and an answer by their first tokens, and whether they belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub question: usize,
    pub answer: usize,
    pub linked: bool,
}

/// Examples of many pages.
#[derive(Debug, Default)]
pub struct ExampleSet {
    pub examples: Vec<Example>,
    /// 224×224 each.
    pub pictures: Vec<RgbImage>,
    /// Per head and kind of annotation: the classes that `O` may stand for there, since the data set does
    /// not annotate them.
    pub open_classes: Vec<Vec<bool>>,
}

impl ExampleSet {
    /// # Errors
    /// `DataInvalid` naming the sample whose tags don't fit its words; input errors of pictures.
    pub fn add(
        &mut self,
        sample: &Sample,
        picture: RgbImage,
        labels: HeadLabels,
        tokenizer: &WordTokenizer,
        boxes: LayoutBoxes,
        options: WindowOptions,
    ) -> Result<()> {
        let taught = self.taught(sample, labels.labels)?;
        let form = labels.form.map(|form| self.taught(sample, form)).transpose()?;
        self.pictures.push(picture);
        let picture = self.pictures.len() - 1;
        let boxes = boxes.of(&sample.words, &sample.segments);
        for window in encode_page(&sample.words, &boxes, sample.size, tokenizer, options)? {
            let labels = taught.in_window(&window);
            let form = form.as_ref().map(|form| form.in_window(&window));
            let pairs = pairs_of(sample, &window);
            self.examples.push(Example { window, labels, form, picture, pairs });
        }
        Ok(())
    }

    /// What a page teaches a head.
    fn taught(&mut self, sample: &Sample, labels: &LabelSet) -> Result<PageTargets> {
        let classes = word_classes(sample, labels)?;
        let open = self.open_index(open_classes(&sample.annotated, labels));
        Ok(PageTargets { classes, open })
    }

    fn open_index(&mut self, open: Vec<bool>) -> usize {
        self.open_classes.iter().position(|known| *known == open).unwrap_or_else(|| {
            self.open_classes.push(open);
            self.open_classes.len() - 1
        })
    }
}

/// As [`HeadTargets`], of each word of a page.
struct PageTargets {
    classes: Vec<i64>,
    open: usize,
}

impl PageTargets {
    fn in_window(&self, window: &Window) -> HeadTargets {
        HeadTargets { classes: first_piece_targets(window, &self.classes), open: self.open }
    }
}

/// The classes that a model learns.
#[derive(Debug, Clone, Copy)]
pub struct HeadLabels<'a> {
    pub labels: &'a LabelSet,
    /// Of the form head, where there is one.
    pub form: Option<&'a LabelSet>,
}

/// Class of every word; a label that the head does not have is `O`, a doubtful word [`IGNORED`], and
/// so is every word of a page on which none of the head's labels is annotated.
fn word_classes(sample: &Sample, labels: &LabelSet) -> Result<Vec<i64>> {
    if sample.tags.len() != sample.words.len() {
        return Err(Error::new(
            Stage::Train,
            ErrorCode::DataInvalid,
            format!("{} tags for {} words", sample.tags.len(), sample.words.len()),
        )
        .at(&sample.id)
        .hint("give every word a tag, `O` where it has no label"));
    }
    if !labels.entities().iter().any(|label| sample.annotated.contains(label)) {
        return Ok(vec![IGNORED; sample.words.len()]);
    }
    let outside = labels.id_of(Tag::Outside).unwrap_or(0);
    let class = |(index, tag): (usize, &String)| {
        if sample.ignore.get(index).copied().unwrap_or(false) {
            return IGNORED;
        }
        let upper = tag.to_uppercase();
        labels.names().iter().position(|name| *name == upper).unwrap_or(outside) as i64
    };
    Ok(sample.tags.iter().enumerate().map(class).collect())
}

/// Which classes `O` may hide: `O` itself and every label that is not annotated.
fn open_classes(annotated: &[String], labels: &LabelSet) -> Vec<bool> {
    (0..labels.len())
        .map(|id| match labels.tag(id) {
            Some(Tag::Begin(entity) | Tag::Inside(entity)) => {
                !annotated.contains(&labels.entities()[entity])
            }
            _ => true,
        })
        .collect()
}

fn first_piece_targets(window: &Window, classes: &[i64]) -> Vec<i64> {
    let mut previous = None;
    window
        .word_of_token
        .iter()
        .map(|&word| {
            let first = word.is_some() && word != previous;
            previous = word;
            match word {
                Some(word) if first => classes[word],
                _ => IGNORED,
            }
        })
        .collect()
}

/// Every question with every answer in the window.
fn pairs_of(sample: &Sample, window: &Window) -> Vec<Pair> {
    let is_linked = |label: &str| sample.annotated.iter().any(|known| known == label);
    if !is_linked("question") || !is_linked("answer") {
        return Vec::new();
    }
    let tokens = window.first_tokens();
    let groups = groups_of_tags(&sample.tags);
    let firsts = |label: &'static str| {
        let of_label = groups.iter().filter(move |(of, _)| of == label);
        of_label.filter_map(|(_, words)| words.first().copied())
    };
    let mut pairs = Vec::new();
    for (question, answer) in firsts("question").flat_map(|q| firsts("answer").map(move |a| (q, a)))
    {
        if let (Some(&q), Some(&a)) = (tokens.get(&question), tokens.get(&answer)) {
            let linked = sample.links.contains(&(question, answer));
            pairs.push(Pair { question: q, answer: a, linked });
        }
    }
    pairs
}

/// The 224×224 picture of a sample; a white page where the data set has none.
///
/// # Errors
/// As [`full_picture_of`], but for pages without a picture.
pub fn picture_of(sample: &Sample) -> Result<RgbImage> {
    if sample.picture.is_none() {
        return Ok(white_page());
    }
    shrink(&full_picture_of(sample)?)
}

/// The picture of a sample at its own size.
///
/// # Errors
/// As reading any page: stage `input`, with the file; `NoSuchPage` where there is no picture.
pub fn full_picture_of(sample: &Sample) -> Result<RgbImage> {
    match &sample.picture {
        None => {
            Err(Error::input(ErrorCode::NoSuchPage, "the data set has no picture of this page")
                .at(&sample.id))
        }
        Some(Picture::Image(image)) => Ok(image.clone()),
        Some(Picture::File(path)) => page_of_file(path, 1),
        Some(Picture::PdfPage(path, number)) => page_of_file(path, *number),
    }
}

fn page_of_file(path: &Path, number: u32) -> Result<RgbImage> {
    let pages = open(&Source::Path(path.to_path_buf()), &InputOptions::default())?;
    for page in pages {
        let page = page?;
        if page.number == number {
            return Ok(page.image);
        }
    }
    Err(Error::input(ErrorCode::NoSuchPage, format!("there is no page {number}"))
        .at(path.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::data::{DatasetKind, read_dataset};

    #[test]
    fn every_question_of_a_form_is_paired_with_every_answer_and_the_true_ones_are_linked() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sample =
            read_dataset(DatasetKind::Funsd, &root.join("tests/data/funsd")).unwrap().remove(0);
        let json = std::fs::read(root.join("assets/model/tokenizer.json")).unwrap();
        let tokenizer = WordTokenizer::from_bytes(&json, b"", 30_522).unwrap();
        let labels = LabelSet::bio(&["header", "question", "answer"]);
        let mut set = ExampleSet::default();
        let labels = HeadLabels { labels: &labels, form: None };
        set.add(
            &sample,
            white_page(),
            labels,
            &tokenizer,
            LayoutBoxes::Words,
            WindowOptions::default(),
        )
        .unwrap();
        let (window, pairs) = (&set.examples[0].window, &set.examples[0].pairs);
        let groups = groups_of_tags(&sample.tags);
        let count = |label: &str| groups.iter().filter(|(of, _)| of == label).count();
        assert_eq!(pairs.len(), count("question") * count("answer"));
        let word = |token: usize| window.word_of_token[token].unwrap();
        let linked: Vec<(usize, usize)> = pairs
            .iter()
            .filter(|pair| pair.linked)
            .map(|pair| (word(pair.question), word(pair.answer)))
            .collect();
        assert_eq!(linked, sample.links);
        assert!(!linked.is_empty());
    }

    #[test]
    fn a_page_teaches_only_the_head_whose_labels_it_annotates() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let json = std::fs::read(root.join("assets/model/tokenizer.json")).unwrap();
        let tokenizer = WordTokenizer::from_bytes(&json, b"", 30_522).unwrap();
        let labels = LabelSet::bio(&["company", "total"]);
        let form = LabelSet::bio(&["header", "question", "answer"]);
        let heads = HeadLabels { labels: &labels, form: Some(&form) };
        let mut set = ExampleSet::default();
        for (kind, dir) in [(DatasetKind::Funsd, "funsd"), (DatasetKind::Sroie, "sroie")] {
            let sample = read_dataset(kind, &root.join("tests/data").join(dir)).unwrap().remove(0);
            set.add(
                &sample,
                white_page(),
                heads,
                &tokenizer,
                LayoutBoxes::Words,
                WindowOptions::default(),
            )
            .unwrap();
        }
        let teaches = |targets: &[i64]| targets.iter().any(|class| *class != IGNORED);
        let taught: Vec<_> = [0, set.examples.len() - 1]
            .map(|index| &set.examples[index])
            .map(|example| {
                let form = example.form.as_ref().unwrap();
                (teaches(&example.labels.classes), teaches(&form.classes))
            })
            .to_vec();
        assert_eq!(taught, [(false, true), (true, false)]);
        let open = |example: &Example| &set.open_classes[example.form.as_ref().unwrap().open];
        assert_eq!(open(&set.examples[0]).len(), form.len());
        assert_eq!(open(&set.examples[0])[..2], [true, false], "headers are annotated");
    }
}
