//! The currencies, with the signs they are printed with.

use super::super::money::Currency;

macro_rules! currency {
    ($name:ident, $code:literal, [$($sign:literal),*], $decimals:literal, $step:literal, $per_euro:literal) => {
        pub static $name: Currency = Currency {
            code: $code,
            signs: &[$($sign),*],
            decimals: $decimals,
            cash_step: $step,
            per_euro: $per_euro,
        };
    };
}

currency!(EUR, "EUR", ["€", "EUR"], 2, 1, 1.0);
currency!(USD, "USD", ["$", "USD", "US$"], 2, 1, 1.1);
currency!(GBP, "GBP", ["£", "GBP"], 2, 1, 0.85);
currency!(CAD, "CAD", ["$", "CAD", "C$"], 2, 5, 1.5);
currency!(AUD, "AUD", ["$", "AUD", "A$"], 2, 5, 1.6);
currency!(NZD, "NZD", ["$", "NZD", "NZ$"], 2, 10, 1.7);
currency!(SGD, "SGD", ["$", "S$", "SGD"], 2, 5, 1.5);
currency!(MYR, "MYR", ["RM", "MYR", "RM"], 2, 5, 4.8);
currency!(INR, "INR", ["₹", "Rs.", "INR", "Rs"], 2, 100, 85.0);
currency!(ZAR, "ZAR", ["R", "ZAR"], 2, 10, 19.0);
currency!(PHP, "PHP", ["PHP", "P"], 2, 1, 60.0);
currency!(CHF, "CHF", ["CHF", "Fr.", "SFr."], 2, 5, 1.0);
currency!(MXN, "MXN", ["$", "MXN"], 2, 1, 20.0);
currency!(ARS, "ARS", ["$", "ARS"], 2, 1, 300.0);
currency!(COP, "COP", ["$", "COP"], 0, 50, 4300.0);
currency!(CLP, "CLP", ["$", "CLP"], 0, 10, 950.0);
currency!(PEN, "PEN", ["S/", "PEN", "S/."], 2, 10, 4.0);

currency!(SEK, "SEK", ["kr", "SEK"], 2, 100, 11.0);
currency!(DKK, "DKK", ["kr.", "DKK", "kr"], 2, 50, 7.5);
currency!(NOK, "NOK", ["kr", "NOK"], 2, 100, 11.0);
currency!(PLN, "PLN", ["zł", "PLN"], 2, 1, 4.5);
currency!(CZK, "CZK", ["Kč", "CZK"], 2, 100, 25.0);
currency!(BRL, "BRL", ["R$", "R$", "BRL"], 2, 1, 5.5);
currency!(HUF, "HUF", ["Ft", "HUF"], 0, 5, 390.0);
currency!(RON, "RON", ["lei", "RON", "LEI"], 2, 1, 5.0);
currency!(HRK, "HRK", ["kn", "HRK", "Kn"], 2, 1, 7.5);
currency!(TRY, "TRY", ["TL", "₺", "TRY"], 2, 1, 40.0);
currency!(IDR, "IDR", ["Rp", "IDR", "Rp."], 0, 100, 17000.0);
