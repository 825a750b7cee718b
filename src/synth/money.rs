//! Sums of money: whole minor units inside, every country's way of writing outside.

/// A currency with the signs it is printed with; the first sign is the usual one.
#[derive(Debug)]
pub struct Currency {
    pub code: &'static str,
    pub signs: &'static [&'static str],
    /// Digits after the decimal mark.
    pub decimals: u32,
    /// Cash is rounded to this many minor units.
    pub cash_step: i64,
    /// How many of it a euro buys, roughly: keeps prices plausible.
    pub per_euro: f64,
}

/// Marks of thousands and of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyle {
    pub thousands: &'static str,
    pub decimal: &'static str,
}

pub const POINT: NumberStyle = NumberStyle { thousands: ",", decimal: "." };
pub const POINT_PLAIN: NumberStyle = NumberStyle { thousands: "", decimal: "." };
pub const COMMA: NumberStyle = NumberStyle { thousands: ".", decimal: "," };
pub const COMMA_PLAIN: NumberStyle = NumberStyle { thousands: "", decimal: "," };
pub const COMMA_SPACE: NumberStyle = NumberStyle { thousands: " ", decimal: "," };
pub const APOSTROPHE: NumberStyle = NumberStyle { thousands: "'", decimal: "." };

/// Where the currency sign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Nowhere,
    /// `$12.00`
    BeforeGlued,
    /// `RM 12.00`
    Before,
    /// `12,00 €`
    After,
    /// `12,00€`
    AfterGlued,
}

/// How one document writes money.
#[derive(Debug, Clone, Copy)]
pub struct MoneyStyle {
    pub numbers: NumberStyle,
    pub decimals: u32,
    pub sign: &'static str,
    pub place: Place,
    /// Swiss and some others print round sums as `120.–`; off for nearly all.
    pub minus_behind: bool,
}

impl MoneyStyle {
    /// The number alone.
    pub fn number(&self, minor: i64) -> String {
        let digits = write(minor.unsigned_abs(), self.decimals, self.numbers);
        match (minor < 0, self.minus_behind) {
            (false, _) => digits,
            (true, false) => format!("-{digits}"),
            (true, true) => format!("{digits}-"),
        }
    }

    /// The number with the currency sign where this document puts it.
    pub fn full(&self, minor: i64) -> String {
        let number = self.number(minor);
        match self.place {
            Place::Nowhere => number,
            Place::BeforeGlued => match number.strip_prefix('-') {
                Some(rest) => format!("-{}{rest}", self.sign),
                None => format!("{}{number}", self.sign),
            },
            Place::Before => format!("{} {number}", self.sign),
            Place::After => format!("{number} {}", self.sign),
            Place::AfterGlued => format!("{number}{}", self.sign),
        }
    }
}

/// Plain decimal notation of minor units: `1234.56`.
pub fn plain(minor: i64, decimals: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}", write(minor.unsigned_abs(), decimals, POINT_PLAIN))
}

fn write(minor: u64, decimals: u32, style: NumberStyle) -> String {
    let unit = 10u64.pow(decimals);
    let whole = (minor / unit).to_string();
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push_str(style.thousands);
        }
        out.push(digit);
    }
    if decimals > 0 {
        out.push_str(style.decimal);
        out.push_str(&format!("{:0width$}", minor % unit, width = decimals as usize));
    }
    out
}

/// A quantity in thousandths, without needless zeros: `2`, `1,5`, `0.350`.
pub fn quantity(thousandths: i64, style: NumberStyle, fixed: Option<usize>) -> String {
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    match fixed {
        Some(places) if places > 0 => {
            let digits = format!("{part:03}");
            format!("{whole}{}{}", style.decimal, &digits[..places.min(3)])
        }
        _ if part == 0 => whole.to_string(),
        _ => {
            let digits = format!("{part:03}");
            format!("{whole}{}{}", style.decimal, digits.trim_end_matches('0'))
        }
    }
}

/// How one document writes rates.
#[derive(Debug, Clone, Copy)]
pub struct PercentStyle {
    pub spaced: bool,
    /// `19,00%` instead of `19%`.
    pub full: bool,
}

/// A rate in hundredths of a per cent: `19%`, `19 %`, `7,70%`, `19,00 %`.
pub fn percent(basis_points: i64, style: NumberStyle, look: PercentStyle) -> String {
    let number = if look.full {
        write(basis_points.unsigned_abs(), 2, style)
    } else {
        quantity(basis_points * 10, style, None)
    };
    if look.spaced { format!("{number} %") } else { format!("{number}%") }
}

/// `amount · rate / 100 %`, rounded half away from zero.
pub fn share(amount: i64, basis_points: i64) -> i64 {
    divide(amount * basis_points, 10_000)
}

/// Division rounded half away from zero.
pub fn divide(dividend: i64, divisor: i64) -> i64 {
    let half = divisor / 2;
    if dividend >= 0 { (dividend + half) / divisor } else { (dividend - half) / divisor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_as_each_country_does() {
        let style = |numbers, place, sign| MoneyStyle {
            numbers,
            decimals: 2,
            sign,
            place,
            minus_behind: false,
        };
        let cases = [
            (style(COMMA, Place::After, "€"), 123_456, "1.234,56 €"),
            (style(POINT, Place::BeforeGlued, "$"), -123_456, "-$1,234.56"),
            (style(COMMA_SPACE, Place::After, "zł"), 123_456_700, "1 234 567,00 zł"),
            (style(APOSTROPHE, Place::Before, "CHF"), 100_005, "CHF 1'000.05"),
            (style(POINT_PLAIN, Place::Nowhere, ""), 5, "0.05"),
        ];
        for (style, minor, expected) in cases {
            assert_eq!(style.full(minor), expected);
        }
    }

    #[test]
    fn quantities_drop_needless_zeros() {
        assert_eq!(quantity(2000, COMMA, None), "2");
        assert_eq!(quantity(1500, COMMA, None), "1,5");
        assert_eq!(quantity(350, POINT, Some(3)), "0.350");
    }

    proptest::proptest! {
        #[test]
        fn rounding_is_never_off_by_more_than_a_half(
            amount in -10_000_000i64..10_000_000, rate in 0i64..3000,
        ) {
            let exact = amount as f64 * rate as f64 / 10_000.0;
            proptest::prop_assert!((share(amount, rate) as f64 - exact).abs() <= 0.5);
        }
    }
}
