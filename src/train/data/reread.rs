//! Annotated pages read again by OCR, their labels moved to the words it found.

use super::{Picture, Sample, transfer_labels};
use crate::document::Word;
use crate::error::Result;
use crate::geometry::{PageSize, PixelBox};
use crate::input::{InputOptions, PageImage, PageRange, Source, open};
use crate::ocr::Recognizer;
use rayon::prelude::*;

/// Reads the pictures of `samples` and gives each the words of its picture. Samples without a picture
/// stay as they are. `done` is told after each sample.
///
/// # Errors
/// What opening a picture and `recognizer` say, with the sample's file.
pub fn reread(
    samples: Vec<Sample>,
    recognizer: &dyn Recognizer,
    done: impl Fn() + Sync,
) -> Result<Vec<Sample>> {
    let read = |sample: Sample| {
        let moved = read_again(&sample, recognizer)?;
        done();
        Ok(moved.unwrap_or(sample))
    };
    samples.into_par_iter().map(read).collect()
}

fn read_again(sample: &Sample, recognizer: &dyn Recognizer) -> Result<Option<Sample>> {
    let Some(page) = page_of(sample)? else { return Ok(None) };
    let read = recognizer.recognize(&page).map_err(|error| error.at(&sample.id))?;
    // The picture may be larger or smaller than the page that was annotated.
    let scale = |word: Word| Word { bbox: rescale(word.bbox, page.size(), sample.size), ..word };
    let words: Vec<Word> = read.words.into_iter().map(scale).collect();
    Ok(Some(transfer_labels(sample, &words)))
}

/// The page's picture as OCR wants it: at full resolution.
fn page_of(sample: &Sample) -> Result<Option<PageImage>> {
    let (path, number) = match &sample.picture {
        None => return Ok(None),
        Some(Picture::Image(image)) => {
            let page = PageImage { number: 1, image: image.clone(), dpi: None, text_layer: None };
            return Ok(Some(page));
        }
        Some(Picture::File(path)) => (path, 1),
        Some(Picture::PdfPage(path, number)) => (path, *number),
    };
    let options = InputOptions { pages: PageRange::single(number), ..InputOptions::default() };
    open(&Source::Path(path.clone()), &options)?.next().transpose()
}

fn rescale(bbox: PixelBox, from: PageSize, to: PageSize) -> PixelBox {
    let scale = |v: u32, from: u32, to: u32| {
        (f64::from(v) * f64::from(to) / f64::from(from.max(1))).round() as i64
    };
    PixelBox::new(
        scale(bbox.left(), from.width, to.width),
        scale(bbox.top(), from.height, to.height),
        scale(bbox.right(), from.width, to.width),
        scale(bbox.bottom(), from.height, to.height),
    )
    .clamp_to(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ocr::Recognition;

    struct Fixed(Vec<Word>);

    impl Recognizer for Fixed {
        fn recognize(&self, _page: &PageImage) -> Result<Recognition> {
            Ok(Recognition { words: self.0.clone(), ..Recognition::default() })
        }
        fn engine(&self) -> String {
            "fixed".to_string()
        }
        fn language(&self) -> String {
            "eng".to_string()
        }
    }

    fn word(text: &str, left: i64, right: i64) -> Word {
        let bbox = PixelBox::new(left, 10, right, 30);
        Word { text: text.to_string(), bbox, confidence: 0.9, line: 0, block: 0 }
    }

    #[test]
    fn words_of_a_larger_picture_are_scaled_to_the_annotated_page() {
        let mut sample = Sample::unlabelled(
            "a",
            "test",
            PageSize::new(100, 50),
            vec![Word { bbox: PixelBox::new(50, 5, 80, 15), ..word("9.00", 50, 80) }],
        );
        sample.annotated = vec!["total".to_string()];
        sample.tags = vec!["B-TOTAL".to_string()];
        sample.picture = Some(Picture::Image(image::RgbImage::new(200, 100)));
        let without = Sample { picture: None, ..sample.clone() };
        let recognizer = Fixed(vec![word("TOTAL", 0, 80), word("9.0O", 100, 160)]);
        let read = reread(vec![sample, without], &recognizer, || ()).unwrap();
        assert_eq!(read[0].tags, ["O", "B-TOTAL"]);
        assert_eq!(read[0].words[1].bbox, PixelBox::new(50, 5, 80, 15));
        assert_eq!(read[1].words[0].text, "9.00");
    }
}
