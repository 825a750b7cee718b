//! The countries themselves, grouped by language.

pub mod currencies;
mod east;
mod english;
mod french;
mod german;
mod italian;
mod north;
mod portuguese;
mod spanish;

use super::country::Country;

/// Every group, in a fixed order.
pub static GROUPS: &[&[Country]] = &[
    english::COUNTRIES,
    german::COUNTRIES,
    french::COUNTRIES,
    spanish::COUNTRIES,
    italian::COUNTRIES,
    north::COUNTRIES,
    portuguese::COUNTRIES,
    east::COUNTRIES,
];
