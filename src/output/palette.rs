//! A colour and a line style for every label, always the same ones.
//!
//! Colours are those of Okabe and Ito, which people with any colour blindness can tell apart, without
//! yellow, which can't be seen on paper. Labels that the program knows have fixed places, so that they
//! never share a look; others are placed by a hash of their name.

/// A label's look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Red, green, blue.
    pub color: [u8; 3],
    pub style: LineStyle,
}

/// Told apart without any colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStyle {
    Solid,
    Dashed,
    Dotted,
}

const COLORS: [[u8; 3]; 7] = [
    [0x00, 0x72, 0xb2], // blue
    [0xd5, 0x5e, 0x00], // vermilion
    [0x00, 0x9e, 0x73], // bluish green
    [0xcc, 0x79, 0xa7], // reddish purple
    [0xe6, 0x9f, 0x00], // orange
    [0x56, 0xb4, 0xe9], // sky blue
    [0x44, 0x44, 0x44], // grey
];

const STYLES: [LineStyle; 3] = [LineStyle::Solid, LineStyle::Dashed, LineStyle::Dotted];

/// Labels of the default model. Those that stand on one page most often come first: they differ by
/// colour alone.
const KNOWN: [&str; 20] = [
    "total",
    "company",
    "date",
    "address",
    "invoice_number",
    "tax",
    "subtotal",
    "question",
    "answer",
    "header",
    "customer",
    "due_date",
    "currency",
    "other",
    "description",
    "amount",
    "quantity",
    "unit_price",
    "items",
    "cashier",
];

impl Look {
    pub fn of(label: &str) -> Self {
        let places = COLORS.len() * STYLES.len();
        let place = KNOWN.iter().position(|known| *known == label).unwrap_or_else(|| {
            // FNV-1a: stable between versions and machines, unlike the standard library's hashers.
            let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            (hash % places as u64) as usize
        });
        Self {
            color: COLORS[place % COLORS.len()],
            style: STYLES[place / COLORS.len() % STYLES.len()],
        }
    }

    /// `#0072b2`
    pub fn hex(self) -> String {
        let [red, green, blue] = self.color;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Black or white, whichever reads better on the colour.
    pub fn ink(self) -> [u8; 3] {
        let white = contrast(self.color, [255; 3]);
        if white >= contrast(self.color, [0; 3]) { [255; 3] } else { [0; 3] }
    }
}

/// Contrast ratio of WCAG 2, 1–21.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: [u8; 3]) -> f64 {
    let linear = color.map(|channel| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn known_labels_never_share_a_look_and_their_names_can_be_read() {
        let looks: HashSet<_> = KNOWN
            .iter()
            .map(|label| (Look::of(label).hex(), format!("{:?}", Look::of(label).style)))
            .collect();
        assert_eq!(looks.len(), KNOWN.len());
        for label in KNOWN.iter().chain(&["menu.nm", "étiquette", ""]) {
            let look = Look::of(label);
            assert!(contrast(look.color, look.ink()) >= 4.5, "{label}");
            // A line must be seen on paper: 3:1 for most; the sky blue and orange have 2.3.
            assert!(contrast(look.color, [255; 3]) >= 2.2, "{label}");
            assert_eq!(look, Look::of(label));
        }
    }
}
