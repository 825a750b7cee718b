//! Records of verbs that ask something of whole pages: `ask` and `classify`. One JSON object a
//! document, beside the records of entities in [`super::record`].

use super::record::{Failure, OcrIdentity, PageRecord, Status, rounded};
use crate::decode::answer::PageAnswers;
use crate::document::{Page, Word};
use crate::error::Error;
use crate::geometry::PixelBox;
use crate::pipeline::ModelIdentity;
use serde::Serialize;

/// What is said of one document.
#[derive(Debug, Serialize)]
pub struct DocumentRecord<T> {
    /// Name of the record's shape.
    pub schema: &'static str,
    pub input: String,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    pub model: ModelIdentity,
    pub ocr: OcrIdentity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<PageRecord>>,
    #[serde(flatten)]
    pub found: Option<T>,
}

impl<T> DocumentRecord<T> {
    pub fn failed(mut self, error: &Error) -> Self {
        self.status = Status::Error;
        self.error = Some(Failure::from(error));
        self
    }
}

/// Answers to the questions about a document.
#[derive(Debug, Serialize)]
pub struct Answers {
    pub questions: Vec<AnsweredQuestion>,
}

#[derive(Debug, Serialize)]
pub struct AnsweredQuestion {
    pub question: String,
    /// The best answer; `null` where "no answer" is likelier.
    pub answer: Option<String>,
    /// The probability that no page answers, 0–1.
    pub no_answer: f32,
    /// Best first.
    pub answers: Vec<FoundAnswer>,
}

#[derive(Debug, Serialize)]
pub struct FoundAnswer {
    pub text: String,
    pub score: f32,
    pub page: u32,
    pub bbox: PixelBox,
    pub words: Vec<Word>,
}

impl AnsweredQuestion {
    /// The best `top` answers of all pages.
    pub fn new(question: String, pages: &[(&Page, &PageAnswers)], top: usize) -> Self {
        let mut answers: Vec<FoundAnswer> = pages
            .iter()
            .flat_map(|(page, found)| {
                found.answers.iter().filter_map(|answer| {
                    let words = page.words.get(answer.words.clone())?.to_vec();
                    Some(FoundAnswer {
                        text: words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" "),
                        score: rounded(answer.score),
                        page: page.number,
                        bbox: PixelBox::union_of(words.iter().map(|word| word.bbox))?,
                        words,
                    })
                })
            })
            .collect();
        // Stable: among equals the earlier page comes first.
        answers.sort_by(|a, b| b.score.total_cmp(&a.score));
        answers.truncate(top);
        let no_answer = pages.iter().map(|(_, found)| found.no_answer).fold(1.0, f32::min);
        let best = answers.first().filter(|answer| answer.score >= no_answer);
        Self {
            question,
            answer: best.map(|answer| answer.text.clone()),
            no_answer: rounded(no_answer),
            answers,
        }
    }
}

/// The class of a document and of its pages.
#[derive(Debug, Serialize)]
pub struct Classes {
    /// The class with the highest mean over the pages.
    pub label: Option<String>,
    pub score: f32,
    /// Best first.
    pub labels: Vec<LabelScore>,
    pub by_page: Vec<PageClass>,
}

#[derive(Debug, Clone, Serialize)]
pub struct LabelScore {
    pub label: String,
    pub score: f32,
}

#[derive(Debug, Serialize)]
pub struct PageClass {
    pub page: u32,
    pub label: String,
    pub score: f32,
}

impl Classes {
    /// From a probability for each class on each page; the best `top` are listed.
    pub fn new(names: &[String], pages: &[(u32, &[f32])], top: usize) -> Self {
        let mean = |class: usize| {
            let sum: f32 = pages.iter().filter_map(|(_, scores)| scores.get(class)).sum();
            sum / pages.len().max(1) as f32
        };
        let mut labels: Vec<LabelScore> = names
            .iter()
            .enumerate()
            .map(|(class, name)| LabelScore { label: name.clone(), score: rounded(mean(class)) })
            .collect();
        labels.sort_by(|a, b| b.score.total_cmp(&a.score));
        labels.truncate(if pages.is_empty() { 0 } else { top });
        let by_page = pages
            .iter()
            .filter_map(|(page, scores)| {
                let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
                let (label, score) = (names.get(best)?.clone(), rounded(scores[best]));
                Some(PageClass { page: *page, label, score })
            })
            .collect();
        let best = labels.first().cloned();
        Self {
            score: best.as_ref().map_or(0.0, |best| best.score),
            label: best.map(|best| best.label),
            labels,
            by_page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::answer::Answer;
    use crate::document::WordSource;
    use crate::geometry::PageSize;

    fn page(number: u32) -> Page {
        let word = |text: &str, x: i64| Word {
            text: text.into(),
            bbox: PixelBox::new(x, 10, x + 8, 20),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        Page {
            number,
            size: PageSize::new(100, 100),
            dpi: None,
            rotation: 0,
            source: WordSource::Given,
            words: vec![word("Total", 0), word("RM", 10), word("9.50", 20)],
        }
    }

    fn answers(score: f32, no_answer: f32) -> PageAnswers {
        PageAnswers { answers: vec![Answer { words: 1..=2, score }], no_answer }
    }

    #[test]
    fn best_page_answers_with_text_and_box() {
        let (one, two) = (page(1), page(2));
        let (weak, strong) = (answers(0.2, 0.7), answers(0.9, 0.05));
        let pages = [(&one, &weak), (&two, &strong)];
        let found = AnsweredQuestion::new("Total?".into(), &pages, 5);
        assert_eq!(found.answer.as_deref(), Some("RM 9.50"));
        assert_eq!(found.no_answer, 0.05);
        assert_eq!(found.answers.len(), 2);
        assert_eq!(found.answers[0].page, 2);
        assert_eq!(found.answers[0].bbox, PixelBox::new(10, 10, 28, 20));
        assert_eq!(AnsweredQuestion::new("Total?".into(), &pages, 1).answers.len(), 1);
    }

    #[test]
    fn no_answer_that_is_likelier_wins_and_the_guess_stays_listed() {
        let (page, unsure) = (page(1), answers(0.2, 0.7));
        let found = AnsweredQuestion::new("Total?".into(), &[(&page, &unsure)], 1);
        assert_eq!(found.answer, None);
        assert_eq!(found.answers.len(), 1);
    }

    #[test]
    fn document_has_the_class_of_its_pages_on_the_mean() {
        let names = ["letter", "invoice", "form"].map(String::from);
        let pages: [(u32, &[f32]); 2] = [(1, &[0.6, 0.4, 0.0]), (2, &[0.1, 0.8, 0.1])];
        let classes = Classes::new(&names, &pages, 2);
        assert_eq!(classes.label.as_deref(), Some("invoice"));
        assert_eq!(classes.labels.len(), 2);
        let by_page: Vec<&str> = classes.by_page.iter().map(|page| page.label.as_str()).collect();
        assert_eq!(by_page, ["letter", "invoice"]);
        assert_eq!(Classes::new(&names, &[], 2).label, None);
    }
}
