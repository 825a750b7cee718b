//! The countries themselves, grouped by language.

mod adriatic;
mod baltic;
mod carpathian;
pub mod currencies;
mod east;
mod english;
mod french;
mod german;
mod indonesian;
mod italian;
mod nordic;
mod north;
mod portuguese;
mod spanish;
mod turkish;

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
    carpathian::COUNTRIES,
    adriatic::COUNTRIES,
    nordic::COUNTRIES,
    baltic::COUNTRIES,
    turkish::COUNTRIES,
    indonesian::COUNTRIES,
];
