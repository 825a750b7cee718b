//! Medians and percentiles of a few measurements.

/// The value at a share (0–1) of the sorted values, between the two nearest ones; 0 without values.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share.clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f64;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
    let (below, above) = (at(place.floor() as usize), at(place.ceil() as usize));
    below + (above - below) * place.fract()
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_nearest_values() {
        let values = [4.0, 1.0, 3.0, 2.0];
        let cases = [(0.0, 1.0), (0.5, 2.5), (1.0, 4.0), (0.95, 3.85)];
        for (share, expected) in cases {
            assert!((quantile(&values, share) - expected).abs() < 1e-9, "{share}");
        }
        assert_eq!(median(&[7.0]), 7.0);
        assert_eq!((median(&[]), mean(&[])), (0.0, 0.0));
        assert_eq!(mean(&values), 2.5);
    }
}
