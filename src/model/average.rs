//! The mean of several models' weights.
//!
//! Models fine-tuned from one another often lie in one basin, where the mean of their weights is better
//! on unseen data than either, at no cost when it is run (Izmailov et al. 2018; Wortsman et al. 2022).

use super::Model;
use crate::error::{Error, ErrorCode, Result};
use tch::Tensor;

/// Moves a model's weights to the mean of its own and the others'.
///
/// # Errors
/// `WeightsMismatch` where another model has other weights, by name or shape; the model is then as it was.
pub fn average_into(model: &Model, others: &[Model]) -> Result<()> {
    let own = model.store().variables();
    let mut all: Vec<(Tensor, Vec<Tensor>)> = Vec::with_capacity(own.len());
    let variables: Vec<_> = others.iter().map(|other| other.store().variables()).collect();
    for (name, tensor) in own {
        let same = |found: &&Tensor| found.size() == tensor.size();
        let theirs = variables.iter().map(|others| {
            others.get(&name).filter(same).map(Tensor::shallow_clone).ok_or_else(|| {
                let message = format!("the models differ in `{name}`");
                Error::model(ErrorCode::WeightsMismatch, message)
                    .hint("average models that were trained from one another")
            })
        });
        let theirs = theirs.collect::<Result<Vec<_>>>()?;
        all.push((tensor, theirs));
    }
    tch::no_grad(|| {
        for (mut own, theirs) in all {
            let sum = theirs.iter().fold(own.shallow_clone(), |sum, tensor| sum + tensor);
            own.copy_(&(sum / (1 + theirs.len()) as f64));
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::LabelSet;
    use crate::model::config::ModelConfig;
    use crate::model::heads::Task;
    use tch::Device;

    fn model(seed: i64, hidden: i64) -> Model {
        tch::manual_seed(seed);
        let mut config = ModelConfig {
            vocab_size: 20,
            hidden_size: hidden,
            num_hidden_layers: 1,
            num_attention_heads: 2,
            intermediate_size: 16,
            ..ModelConfig::default()
        };
        config.set_labels(&LabelSet::bio(&["total"]));
        let model = Model::empty(config, Task::TokenClassification, Device::Cpu).unwrap();
        // Some weights are left as memory had them until a checkpoint fills them.
        tch::no_grad(|| {
            model.store().variables().into_values().for_each(|mut t| drop(t.uniform_(-1.0, 1.0)))
        });
        model
    }

    #[test]
    fn every_weight_is_the_mean() {
        let (one, two) = (model(1, 24), model(2, 24));
        let before: Vec<(String, Tensor)> =
            one.store().variables().into_iter().map(|(name, t)| (name, t.copy())).collect();
        average_into(&one, std::slice::from_ref(&two)).unwrap();
        let (after, theirs) = (one.store().variables(), two.store().variables());
        for (name, before) in before {
            let mean = (before + &theirs[&name]) / 2.0;
            assert!(mean.allclose(&after[&name], 1e-6, 1e-6, false), "{name}");
        }
    }

    #[test]
    fn models_of_other_shapes_are_refused_and_nothing_is_changed() {
        let (one, other) = (model(1, 24), model(1, 48));
        let first = |model: &Model| {
            let variables = model.store().variables();
            let name = variables.keys().min().cloned().unwrap();
            variables[&name].copy()
        };
        let before = first(&one);
        let error = average_into(&one, &[other]).unwrap_err();
        assert_eq!(error.code, ErrorCode::WeightsMismatch);
        assert!(before.allclose(&first(&one), 0.0, 0.0, false));
    }
}
