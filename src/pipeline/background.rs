//! A model that is being loaded while the first page is read: whoever asks it waits until it is there.

use super::{Analyzer, ModelAnalyzer, ModelIdentity, PageFindings, ReadPage};
use crate::document::{Entity, Relation};
use crate::encode::image::shrink_or_white;
use crate::error::{Error, ErrorCode, Result};
use crate::model::precision::Arithmetic;
use crate::model::registry;
use image::RgbImage;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

type Loading = JoinHandle<Result<ModelAnalyzer>>;

/// For models whose loading can hardly fail: a failure is told as an error of every page.
pub struct BackgroundAnalyzer {
    identity: ModelIdentity,
    loading: Mutex<Option<Loading>>,
    loaded: OnceLock<Result<ModelAnalyzer, String>>,
}

impl BackgroundAnalyzer {
    /// Begins to load the model inside the program, to compute in `arithmetic` or by its own choice.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn built_in(device: tch::Device, arithmetic: Option<Arithmetic>) -> Result<Self> {
        let (name, revision) = registry::default_identity()?;
        let precision = arithmetic.unwrap_or(Arithmetic::native(device));
        Self::start(ModelIdentity { name, revision, precision }, move || {
            let mut found = registry::default_model(device)?;
            found.model.arithmetic = precision;
            Ok(ModelAnalyzer::from(found.labelling()?))
        })
    }

    /// Begins to load.
    ///
    /// # Errors
    /// `Internal` where no thread can be started.
    pub fn start(
        identity: ModelIdentity,
        load: impl FnOnce() -> Result<ModelAnalyzer> + Send + 'static,
    ) -> Result<Self> {
        let thread = std::thread::Builder::new().name("load".to_string()).spawn(load);
        let loading = thread.map_err(|error| {
            Error::model(ErrorCode::Internal, "no thread could be started")
                .hint("raise the limit of processes")
                .caused_by(error)
        })?;
        Ok(Self { identity, loading: Mutex::new(Some(loading)), loaded: OnceLock::new() })
    }

    fn model(&self) -> Result<&ModelAnalyzer> {
        let loaded = self.loaded.get_or_init(|| match self.take() {
            Some(loading) => match loading.join() {
                Ok(result) => result.map_err(|error| error.message),
                Err(_) => Err("loading it ended in a panic".to_string()),
            },
            None => Err("it was not loaded".to_string()),
        });
        loaded.as_ref().map_err(|reason| {
            Error::model(ErrorCode::ModelInvalid, format!("the model can't be used: {reason}"))
                .hint("the program may be damaged: build or install it again")
        })
    }

    fn take(&self) -> Option<Loading> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for BackgroundAnalyzer {
    /// A thread inside libtorch must not outlive the program's end.
    fn drop(&mut self) {
        if let Some(loading) = self.take() {
            let _ = loading.join();
        }
    }
}

impl Analyzer for BackgroundAnalyzer {
    fn identity(&self) -> ModelIdentity {
        self.identity.clone()
    }

    fn shrink(&self, picture: &RgbImage) -> RgbImage {
        shrink_or_white(picture)
    }

    fn analyze(&self, pages: &[ReadPage]) -> Vec<Result<PageFindings>> {
        // Each page has its own error, so each asks.
        match self.model() {
            Ok(model) => model.analyze(pages),
            Err(_) => pages.iter().map(|_| self.model().map(|_| PageFindings::default())).collect(),
        }
    }

    fn limit_processors(&self, most: usize) {
        if let Ok(model) = self.model() {
            model.limit_processors(most);
        }
    }

    fn fields(
        &self,
        entities: &[Entity],
        relations: &[Relation],
    ) -> BTreeMap<String, serde_json::Value> {
        self.model().map(|model| model.fields(entities, relations)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Page, WordSource};
    use crate::geometry::PageSize;

    #[test]
    fn a_failed_load_is_an_error_of_every_page() {
        let identity = ModelIdentity {
            name: "m".into(),
            revision: "1".into(),
            precision: Arithmetic::default(),
        };
        let broken = || Err(Error::model(ErrorCode::ModelInvalid, "half a file"));
        let analyzer = BackgroundAnalyzer::start(identity.clone(), broken).unwrap();
        assert_eq!(analyzer.identity(), identity);
        let size = PageSize::new(10, 10);
        let page = Page {
            number: 1,
            size,
            dpi: None,
            rotation: 0,
            source: WordSource::Ocr,
            words: Vec::new(),
        };
        let read = ReadPage { page, picture: RgbImage::new(1, 1), as_it_came: None };
        let answers = analyzer.analyze(&[read.clone(), read]);
        assert_eq!(answers.len(), 2);
        for answer in answers {
            let error = answer.unwrap_err();
            assert_eq!(error.code, ErrorCode::ModelInvalid);
            assert!(error.message.contains("half a file"), "{}", error.message);
        }
    }
}
