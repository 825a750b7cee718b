//! A page is read and understood with its lines level; what was found goes back to where it stands on the page as
//! it came.

use super::{AnalyzedPage, PageFindings, ReadPage};
use crate::document::{Entity, Page};
use crate::geometry::{PageSize, PixelBox};
use std::collections::HashMap;
use std::time::Duration;

/// The page that a level one was made from.
#[derive(Debug, Clone)]
pub struct AsItCame {
    pub size: PageSize,
    /// Of the level page's words, in this page's pixels.
    pub boxes: Vec<PixelBox>,
}

impl ReadPage {
    /// The page as it came, with its words.
    pub fn into_page(self) -> Page {
        let Some(AsItCame { size, boxes }) = self.as_it_came else { return self.page };
        let mut page = Page { size, ..self.page };
        for (word, bbox) in page.words.iter_mut().zip(boxes) {
            word.bbox = bbox;
        }
        page
    }

    /// The page as it came, with what was found on it.
    pub(crate) fn analyzed(
        self,
        mut findings: PageFindings,
        input: Duration,
        ocr: Duration,
    ) -> AnalyzedPage {
        if let Some(came) = &self.as_it_came {
            let level = self.page.words.iter().map(|word| word.bbox);
            let places: HashMap<PixelBox, PixelBox> =
                level.zip(came.boxes.iter().copied()).collect();
            findings.entities.iter_mut().for_each(|entity| put_back(entity, &places));
        }
        AnalyzedPage { page: self.into_page(), findings, input, ocr }
    }
}

/// Moves an entity and its words to where the words stand.
fn put_back(entity: &mut Entity, places: &HashMap<PixelBox, PixelBox>) {
    for word in &mut entity.words {
        word.bbox = places.get(&word.bbox).copied().unwrap_or(word.bbox);
    }
    if let Some(bbox) = PixelBox::union_of(entity.words.iter().map(|word| word.bbox)) {
        entity.bbox = bbox;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Word, WordSource};
    use image::RgbImage;

    fn word(bbox: PixelBox) -> Word {
        Word { text: "12.50".into(), bbox, confidence: 1.0, line: 0, block: 0 }
    }

    #[test]
    fn what_was_found_goes_back_to_its_place() {
        let (level, came) = (PixelBox::new(10, 20, 60, 40), PixelBox::new(160, 10, 180, 60));
        let entity = Entity {
            id: 0,
            label: "total".into(),
            text: "12.50".into(),
            value: None,
            score: 1.0,
            ocr_confidence: 1.0,
            page: 1,
            bbox: level,
            words: vec![word(level)],
        };
        let page = Page {
            number: 1,
            size: PageSize::new(100, 200),
            dpi: None,
            rotation: 90,
            source: WordSource::Ocr,
            words: vec![word(level)],
        };
        let size = PageSize::new(200, 100);
        let as_it_came = Some(AsItCame { size, boxes: vec![came] });
        let read = ReadPage { page, picture: RgbImage::new(1, 1), as_it_came };
        let findings = PageFindings { entities: vec![entity], ..PageFindings::default() };
        let done = read.analyzed(findings, Duration::ZERO, Duration::ZERO);
        assert_eq!((done.page.size, done.page.words[0].bbox), (size, came));
        let entity = &done.findings.entities[0];
        assert_eq!((entity.bbox, entity.words[0].bbox), (came, came));
    }
}
