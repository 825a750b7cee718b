//! The small pieces every part is made of, and [`Scope`], which names their weights.
//!
//! A scope mirrors the checkpoint's key tree: `&scope / "attention" / "self"` holds
//! `…attention.self.…`, so that the struct tree and the key tree are one.

use super::precision::factor;
use std::ops::Div;
use tch::{Device, Tensor, nn};

/// A place in the checkpoint's key tree, and how new weights are drawn there.
pub struct Scope<'a> {
    path: nn::Path<'a>,
    /// Standard deviation of new weights; 0 leaves them undefined, for those that are read right after.
    initializer_range: f64,
}

impl<'a> Scope<'a> {
    pub fn new(path: nn::Path<'a>, initializer_range: f64) -> Self {
        Self { path, initializer_range }
    }

    pub fn device(&self) -> Device {
        self.path.device()
    }

    /// A trainable weight drawn from a normal distribution.
    pub fn weight(&self, name: &str, dims: &[i64]) -> Tensor {
        self.weight_with_stdev(name, dims, self.initializer_range)
    }

    /// A trainable weight drawn with a standard deviation of its own (undefined in a scope that is
    /// about to be read from a file).
    pub fn weight_with_stdev(&self, name: &str, dims: &[i64], stdev: f64) -> Tensor {
        if self.initializer_range == 0.0 {
            return self.unwritten(name, dims);
        }
        if stdev == 0.0 {
            return self.zeros(name, dims);
        }
        self.path.var(name, dims, nn::Init::Randn { mean: 0.0, stdev })
    }

    /// Memory that is not touched before the file is: writing zeros to it takes as long as reading.
    fn unwritten(&self, name: &str, dims: &[i64]) -> Tensor {
        let mut variable = self.path.zeros(name, &[0]);
        tch::no_grad(|| {
            variable.set_data(&Tensor::empty(dims, (tch::Kind::Float, self.path.device())));
        });
        variable
    }

    pub fn zeros(&self, name: &str, dims: &[i64]) -> Tensor {
        self.path.zeros(name, dims)
    }

    pub fn ones(&self, name: &str, dims: &[i64]) -> Tensor {
        self.path.ones(name, dims)
    }

    /// A stored constant: saved with the weights, not trained unless a recipe asks for it.
    pub fn buffer(&self, name: &str, dims: &[i64], value: BufferValue) -> Tensor {
        match value {
            BufferValue::Zeros => self.path.zeros_no_train(name, dims),
            BufferValue::Ones => self.path.ones_no_train(name, dims),
        }
    }
}

/// What a new buffer holds.
#[derive(Debug, Clone, Copy)]
pub enum BufferValue {
    Zeros,
    Ones,
}

impl<'a> Div<&str> for &Scope<'a> {
    type Output = Scope<'a>;
    fn div(self, name: &str) -> Scope<'a> {
        Scope { path: &self.path / name, initializer_range: self.initializer_range }
    }
}

impl<'a> Div<&str> for Scope<'a> {
    type Output = Scope<'a>;
    fn div(self, name: &str) -> Scope<'a> {
        &self / name
    }
}

impl<'a> Div<i64> for &Scope<'a> {
    type Output = Scope<'a>;
    fn div(self, index: i64) -> Scope<'a> {
        self / index.to_string().as_str()
    }
}

/// `y = x·Wᵀ + b`
pub struct Linear {
    /// `[out, in]`
    pub weight: Tensor,
    /// `[out]`
    pub bias: Option<Tensor>,
}

impl Linear {
    /// `[…, in]` → `[…, out]`, in the kind that products are computed in.
    pub fn forward(&self, input: &Tensor) -> Tensor {
        factor(input).linear(&factor(&self.weight), self.bias.as_ref().map(factor))
    }
}

pub fn linear(scope: &Scope, inputs: i64, outputs: i64) -> Linear {
    Linear {
        weight: scope.weight("weight", &[outputs, inputs]),
        bias: Some(scope.zeros("bias", &[outputs])),
    }
}

pub fn linear_without_bias(scope: &Scope, inputs: i64, outputs: i64) -> Linear {
    Linear { weight: scope.weight("weight", &[outputs, inputs]), bias: None }
}

/// Rows by index.
pub struct Embedding {
    /// `[rows, size]`
    weight: Tensor,
}

impl Embedding {
    pub fn new(scope: &Scope, rows: i64, size: i64) -> Self {
        Self { weight: scope.weight("weight", &[rows, size]) }
    }

    /// `[…]` i64 → `[…, size]`
    pub fn forward(&self, index: &Tensor) -> Tensor {
        Tensor::embedding(&self.weight, index, -1, false, false)
    }

    pub fn weight(&self) -> &Tensor {
        &self.weight
    }
}

/// Normalises the last axis.
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    size: i64,
    epsilon: f64,
}

impl LayerNorm {
    pub fn new(scope: &Scope, size: i64, epsilon: f64) -> Self {
        Self {
            weight: scope.ones("weight", &[size]),
            bias: scope.zeros("bias", &[size]),
            size,
            epsilon,
        }
    }

    /// `[…, size]` → `[…, size]`
    pub fn forward(&self, input: &Tensor) -> Tensor {
        input.layer_norm([self.size], Some(&self.weight), Some(&self.bias), self.epsilon, true)
    }
}
