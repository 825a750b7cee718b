//! The model behind the seam: encode, run, decode.

use super::{Analyzer, ModelIdentity, PageFindings, ReadPage};
use crate::decode::fields::fields;
use crate::decode::page::{DecodeOptions, decode_page};
use crate::document::{Entity, Relation};
use crate::encode::image::shrink_or_white;
use crate::error::{Error, ErrorCode, Result};
use crate::model::registry::Named;
use crate::predict::{Predictor, Question};
use image::RgbImage;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A predictor that answers for whole pages, several threads at once.
pub struct ModelAnalyzer {
    predictor: Shared,
    identity: ModelIdentity,
    decode: DecodeOptions,
}

struct Shared(Predictor);

// SAFETY: a predictor only reads its tensors while it answers: no gradients are recorded, nothing is
// kept in it, what is changed in place it has made itself, and it is never handed out. libtorch lets
// threads read one tensor together and counts references atomically; tch leaves tensors without `Sync`
// because they can also be changed through a shared reference.
#[allow(unsafe_code)]
unsafe impl Sync for Shared {}

impl ModelAnalyzer {
    pub fn new(predictor: Predictor, identity: ModelIdentity, decode: DecodeOptions) -> Self {
        Self { predictor: Shared(predictor), identity, decode }
    }
}

impl From<Named> for ModelAnalyzer {
    fn from(named: Named) -> Self {
        let precision = named.predictor.model.arithmetic;
        let identity = ModelIdentity { name: named.name, revision: named.revision, precision };
        Self::new(named.predictor, identity, DecodeOptions::default())
    }
}

impl Analyzer for ModelAnalyzer {
    fn identity(&self) -> ModelIdentity {
        self.identity.clone()
    }

    fn shrink(&self, picture: &RgbImage) -> RgbImage {
        shrink_or_white(picture)
    }

    fn analyze(&self, pages: &[ReadPage]) -> Vec<Result<PageFindings>> {
        let questions: Vec<Question> = pages
            .iter()
            .map(|read| Question {
                words: &read.page.words,
                size: read.page.size,
                segments: &[],
                picture: &read.picture,
            })
            .collect();
        let Shared(predictor) = &self.predictor;
        // The share of one page in a batch that ran at once.
        let share = |spent: Duration| spent / u32::try_from(pages.len().max(1)).unwrap_or(1);
        let started = Instant::now();
        let windows = predictor.encode(&questions);
        let encode = share(started.elapsed());
        let started = Instant::now();
        let predictions = predictor.answer(&questions, windows);
        let model = share(started.elapsed());
        if predictions.len() != pages.len() {
            let lost = || Error::model(ErrorCode::Internal, "a page of the batch got no answer");
            return pages.iter().map(|_| Err(lost())).collect();
        }
        pages
            .iter()
            .zip(predictions)
            .map(|(read, prediction)| {
                let started = Instant::now();
                let decoding = decode_page(&read.page, &prediction?, &self.decode)?;
                Ok(PageFindings {
                    entities: decoding.entities,
                    relations: decoding.relations,
                    encode,
                    model,
                    decode: started.elapsed(),
                })
            })
            .collect()
    }

    fn limit_processors(&self, most: usize) {
        tch::set_num_threads(i32::try_from(most).unwrap_or(i32::MAX));
    }

    fn fields(
        &self,
        entities: &[Entity],
        _relations: &[Relation],
    ) -> BTreeMap<String, serde_json::Value> {
        fields(entities, self.decode.fields)
    }
}
