//! The finished document: words with pixel boxes and both their meanings, and the two kinds of
//! sample made of them.

use super::Kind;
use super::SynthOptions;
use super::deal::Deal;
use super::degrade;
use super::font::FontBook;
use super::mark::{EntityId, Field, Mark, Part};
use super::money;
use super::paint;
use super::scribe::Scribe;
use crate::document::Word;
use crate::geometry::{PageSize, PixelBox};
use crate::lexicon::Language;
use crate::train::data::{Picture, Sample};
use image::RgbImage;
use std::collections::{BTreeMap, HashMap};

/// A word with everything known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthWord {
    pub word: Word,
    pub mark: Mark,
}

/// One synthetic page.
#[derive(Debug, Clone)]
pub struct SynthDocument {
    /// `synth-SEED-INDEX`.
    pub id: String,
    pub language: Language,
    pub kind: Kind,
    pub size: PageSize,
    /// In reading order.
    pub words: Vec<SynthWord>,
    /// Question → answer, by entity.
    pub links: Vec<(EntityId, EntityId)>,
    /// Values in their typed form: ISO dates, plain decimals.
    pub values: BTreeMap<String, String>,
    pub picture: Option<RgbImage>,
}

/// Which document it is.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    pub index: u64,
    pub language: Language,
    pub kind: Kind,
}

/// Paints the sheet and joins boxes and meanings.
pub fn finish(
    scribe: Scribe<'_>,
    fonts: &FontBook,
    options: &SynthOptions,
    origin: Origin,
    deal: Option<&Deal>,
) -> SynthDocument {
    let Origin { index, language, kind } = origin;
    let Scribe { sheet, mut dice, .. } = scribe;
    let receipt = kind == Kind::Receipt;
    let (mut image, mut boxes) = paint::paint(&sheet, fonts, options.dpi, [255; 3]);
    if options.degrade {
        let how = degrade::draw_capture(receipt, &mut dice);
        image = degrade::capture(image, &mut boxes, how, receipt, &mut dice);
    }
    let size = PageSize::new(image.width(), image.height());
    let mut words = Vec::new();
    for (placed, ink) in sheet.words.iter().zip(boxes) {
        let Some([left, top, right, bottom]) = ink else { continue };
        let bbox =
            PixelBox::new(left as i64, top as i64, right.ceil() as i64, bottom.ceil() as i64)
                .clamp_to(size);
        if bbox.area() == 0 {
            continue;
        }
        let word = Word {
            text: placed.text.clone(),
            bbox,
            confidence: 1.0,
            line: placed.line,
            block: placed.block,
        };
        words.push(Inked {
            word: SynthWord { word, mark: placed.mark },
            middle: placed.baseline - 0.35 * placed.size,
            size: placed.size,
        });
    }
    if dice.chance(0.4) {
        sort_by_rows(&mut words);
    }
    let words = words.into_iter().map(|inked| inked.word).collect();
    SynthDocument {
        id: format!("synth-{}-{index}", options.seed),
        language,
        kind,
        size,
        words,
        links: sheet.links,
        values: deal.map(values_of).unwrap_or_default(),
        picture: options.picture.then_some(image),
    }
}

/// Into the order of a reader that knows no columns: by rows of the page, then from left to right.
/// OCR engines read some pages so and others by blocks; training sees both.
fn sort_by_rows(words: &mut [Inked]) {
    words.sort_by(|a, b| a.middle.total_cmp(&b.middle));
    let (mut start, mut line) = (0, 0);
    while start < words.len() {
        let first = (words[start].middle, words[start].size);
        let same = |w: &&Inked| w.middle - first.0 < 0.4 * w.size.min(first.1);
        let end = start + words[start..].iter().take_while(same).count().max(1);
        words[start..end].sort_by_key(|w| w.word.word.bbox.left());
        for inked in &mut words[start..end] {
            inked.word.word.line = line;
            inked.word.word.block = 0;
        }
        line += 1;
        start = end;
    }
}

/// A word with the height at which its line runs, in points, before any distortion.
struct Inked {
    word: SynthWord,
    middle: f32,
    size: f32,
}

fn values_of(deal: &Deal) -> BTreeMap<String, String> {
    let decimals = deal.currency.decimals;
    BTreeMap::from([
        ("company".to_string(), deal.seller.name.clone()),
        ("date".to_string(), deal.date.format("%Y-%m-%d").to_string()),
        ("total".to_string(), money::plain(deal.total, decimals)),
        ("currency".to_string(), deal.currency.code.to_string()),
        ("invoice_number".to_string(), deal.number.clone()),
    ])
}

impl SynthDocument {
    /// The page with typed fields as labels, all of them annotated: what is absent really is absent.
    pub fn to_typed_sample(&self) -> Sample {
        let tags = self.tags(|mark| mark.field.map(|(field, id)| (field.name(), id)));
        let mut sample = self.bare_sample(tags, Field::ALL.iter().map(|f| f.name()));
        sample.truth = self.printed_values();
        sample
    }

    /// The page with form parts as labels, and links from questions to answers.
    pub fn to_form_sample(&self) -> Sample {
        let tags = self.tags(|mark| mark.part.map(|(part, id)| (part.name(), id)));
        let mut sample = self.bare_sample(tags, Part::ALL.iter().map(|p| p.name()));
        let mut first: HashMap<EntityId, usize> = HashMap::new();
        for (index, word) in self.words.iter().enumerate() {
            if let Some((_, id)) = word.mark.part {
                first.entry(id).or_insert(index);
            }
        }
        sample.links = self
            .links
            .iter()
            .filter_map(|(question, answer)| Some((*first.get(question)?, *first.get(answer)?)))
            .collect();
        sample
    }

    fn bare_sample<'a>(
        &self,
        tags: Vec<String>,
        annotated: impl Iterator<Item = &'a str>,
    ) -> Sample {
        let words = self.words.iter().map(|w| w.word.clone()).collect();
        let mut sample = Sample::unlabelled(&self.id, "synth", self.size, words);
        sample.tags = tags;
        sample.annotated = annotated.map(str::to_string).collect();
        sample.segments = self.line_boxes();
        sample.picture = self.picture.clone().map(Picture::Image);
        sample
    }

    /// BIO tags. An entity begins once: where other words come between its own (columns read row by
    /// row), what follows goes on as `I-`.
    fn tags(&self, label: impl Fn(Mark) -> Option<(&'static str, EntityId)>) -> Vec<String> {
        let mut begun = std::collections::HashSet::new();
        self.words
            .iter()
            .map(|word| match label(word.mark) {
                None => "O".to_string(),
                Some((name, id)) => {
                    let prefix = if begun.insert(id) { "B" } else { "I" };
                    format!("{prefix}-{}", name.to_uppercase())
                }
            })
            .collect()
    }

    /// Box of the line each word stands on.
    fn line_boxes(&self) -> Vec<PixelBox> {
        let mut lines: HashMap<(u32, u32), PixelBox> = HashMap::new();
        for SynthWord { word, .. } in &self.words {
            let line = lines.entry((word.block, word.line)).or_insert(word.bbox);
            *line = line.union(word.bbox);
        }
        self.words.iter().map(|w| lines[&(w.word.block, w.word.line)]).collect()
    }

    /// Single-valued fields as printed: the words of their first mention.
    fn printed_values(&self) -> BTreeMap<String, String> {
        let mut values: BTreeMap<String, (EntityId, String)> = BTreeMap::new();
        for SynthWord { word, mark } in &self.words {
            let Some((field, id)) = mark.field.filter(|(field, _)| field.is_single()) else {
                continue;
            };
            let entry = values.entry(field.name().to_string()).or_insert((id, String::new()));
            if entry.0 == id {
                if !entry.1.is_empty() {
                    entry.1.push(' ');
                }
                entry.1.push_str(&word.text);
            }
        }
        values.into_iter().map(|(name, (_, text))| (name, text)).collect()
    }
}
