//! Which kind of number matrix products are computed in.
//!
//! Mixed precision in the manner of autocast: weights, residuals, norms and softmax stay in 32 bits,
//! products take both factors in fewer bits while a guard is held: processors with AVX-512 BF16 and GPUs
//! do twice the products a second so.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use tch::{Kind, Tensor};

thread_local! {
    static PRODUCTS: Cell<Kind> = const { Cell::new(Kind::Float) };
}

/// What a finished model computes its products in: the choices of `--precision` where one is used.
/// Nothing but `F32` gives the reference's numbers; docs/models.md says how far the others are off. A
/// model takes `F32` by itself, the one inside the program what is [native](Self::native).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    #[default]
    F32,
    Bf16,
    F16,
}

impl Arithmetic {
    /// The names on the command line.
    pub const NAMES: [&str; 3] = ["f32", "bf16", "f16"];

    const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::F16];

    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub const fn kind(self) -> Kind {
        match self {
            Self::F32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
            Self::F16 => Kind::Half,
        }
    }

    /// bfloat16 where the device computes it, 32 bits elsewhere.
    pub fn native(device: tch::Device) -> Self {
        if computes_bfloat16(device) { Self::Bf16 } else { Self::F32 }
    }

    /// For records, which tell it only where it is not the default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl std::str::FromStr for Arithmetic {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        by_name(Self::ALL, Self::name, name)
    }
}

impl std::fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How to train: the choices of `--precision` there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// bfloat16 where the device computes it natively, 32 bits elsewhere.
    #[default]
    Auto,
    /// 32 bits throughout.
    Full,
    /// bfloat16 products, whatever the device.
    Mixed,
}

impl Precision {
    /// The names on the command line.
    pub const NAMES: [&str; 3] = ["auto", "f32", "bf16"];

    pub const fn name(self) -> &'static str {
        match self {
            Precision::Auto => Self::NAMES[0],
            Precision::Full => Self::NAMES[1],
            Precision::Mixed => Self::NAMES[2],
        }
    }

    /// The kind that products are computed in on this machine.
    pub fn products(self, device: tch::Device) -> Kind {
        match self {
            Precision::Mixed => Kind::BFloat16,
            Precision::Auto if computes_bfloat16(device) => Kind::BFloat16,
            _ => Kind::Float,
        }
    }
}

impl std::str::FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        by_name([Self::Auto, Self::Full, Self::Mixed], Self::name, name)
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The choice that is called so.
fn by_name<T: Copy, const N: usize>(
    all: [T; N],
    name_of: fn(T) -> &'static str,
    name: &str,
) -> Result<T, String> {
    let found = all.into_iter().find(|choice| name_of(*choice) == name);
    found.ok_or_else(|| format!("choose one of {}", all.map(name_of).join(", ")))
}

/// Whether the device has instructions for it.
fn computes_bfloat16(device: tch::Device) -> bool {
    match device {
        tch::Device::Cpu => cpu_has_bfloat16(),
        _ => true,
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_has_bfloat16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_has_bfloat16() -> bool {
    false
}

/// While it lives, products on this thread are computed in its kind.
#[must_use]
pub struct ProductGuard(Kind);

/// Computes products in `kind` until the guard is dropped.
pub fn products_in(kind: Kind) -> ProductGuard {
    ProductGuard(PRODUCTS.replace(kind))
}

/// As [`products_in`], for what leaves the range of f16 (up to 65,504): in 32 bits instead.
pub fn products_in_range() -> ProductGuard {
    let kind = PRODUCTS.get();
    products_in(if kind == Kind::Half { Kind::Float } else { kind })
}

impl Drop for ProductGuard {
    fn drop(&mut self) {
        PRODUCTS.set(self.0);
    }
}

/// A factor of a product, in the kind that products are computed in.
pub fn factor(tensor: &Tensor) -> Tensor {
    let kind = PRODUCTS.get();
    if tensor.kind() == kind { tensor.shallow_clone() } else { tensor.to_kind(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_halved_only_under_the_guard() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]);
        {
            let _guard = products_in(Kind::BFloat16);
            assert_eq!(factor(&x).kind(), Kind::BFloat16);
        }
        assert_eq!(factor(&x).kind(), Kind::Float);
    }

    #[test]
    fn what_leaves_the_range_of_f16_is_computed_in_32_bits() {
        for (asked, kind) in [(Kind::Half, Kind::Float), (Kind::BFloat16, Kind::BFloat16)] {
            let _guard = products_in(asked);
            assert_eq!(
                {
                    let _range = products_in_range();
                    PRODUCTS.get()
                },
                kind
            );
            assert_eq!(PRODUCTS.get(), asked);
        }
    }

    #[test]
    fn names_round_trip() {
        for name in Precision::NAMES {
            assert_eq!(name.parse::<Precision>().unwrap().to_string(), name);
        }
        assert!("f16".parse::<Precision>().is_err());
        for name in Arithmetic::NAMES {
            assert_eq!(name.parse::<Arithmetic>().unwrap().to_string(), name);
            assert_eq!(serde_json::to_value(name.parse::<Arithmetic>().unwrap()).unwrap(), name);
        }
    }
}
