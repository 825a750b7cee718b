//! One tensor of a checkpoint file, read straight into its place in the network.
//!
//! The reference reads a tensor and copies it. Here the two kinds that make up nearly all bytes, f32 and
//! 8-bit rows with a scale each, are written to where the network wants them, by all cores: starting
//! up is most of the time of a one-page run.

use super::weights::{damaged, mismatch};
use crate::error::Result;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use tch::{Device, Kind, Tensor};

/// Values that one core writes at a time: enough that handing out work costs nothing.
const PIECE: usize = 1 << 16;

/// A tensor as it lies in the file.
pub struct Stored<'a> {
    pub name: &'a str,
    pub values: &'a TensorView<'a>,
    /// For 8-bit rows: `[rows]`, f32.
    pub scale: Option<Vec<f32>>,
}

impl Stored<'_> {
    pub fn size(&self) -> Vec<i64> {
        dims(self.values)
    }

    /// As a tensor of its own.
    ///
    /// # Errors
    /// `ModelInvalid` for a damaged file, `WeightsMismatch` for types that weights never have.
    pub fn tensor(&self) -> Result<Tensor> {
        if self.scale.is_none() {
            return to_tensor(self.name, self.values);
        }
        let tensor = Tensor::empty(self.size(), (Kind::Float, Device::Cpu));
        self.write_to(&tensor)?;
        Ok(tensor)
    }

    /// Overwrites `variable`, which has the same shape.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn write_to(&self, variable: &Tensor) -> Result<()> {
        let mut variable = variable.shallow_clone();
        if let Some(place) = plain_floats(&mut variable) {
            let bytes = self.values.data();
            match (self.values.dtype(), &self.scale) {
                (Dtype::F32, None) => {
                    copy_floats(bytes, place);
                    return Ok(());
                }
                (Dtype::I8, Some(scale)) => {
                    expand_rows(bytes, scale, place);
                    return Ok(());
                }
                _ => {}
            }
        }
        let tensor = self.tensor()?;
        variable.f_copy_(&tensor).map_err(|e| damaged("weights", e))
    }
}

/// The scales of 8-bit rows.
///
/// # Errors
/// `WeightsMismatch` where there is not one for each row.
pub fn row_scales(name: &str, values: &TensorView, scale: &TensorView) -> Result<Vec<f32>> {
    let rows = values.shape().first().copied().unwrap_or(0);
    let scales = to_tensor(name, scale)?.to_kind(Kind::Float);
    if scales.size() != [rows as i64] {
        return Err(mismatch(format!(
            "row scales {:?} for {:?} 8-bit rows",
            scales.size(),
            values.shape()
        )));
    }
    Vec::try_from(scales).map_err(|e| damaged(name, e))
}

/// The values of a tensor that lies in one piece in memory as f32.
#[allow(unsafe_code)]
fn plain_floats(variable: &mut Tensor) -> Option<&mut [f32]> {
    if variable.device() != Device::Cpu
        || variable.kind() != Kind::Float
        || !variable.is_contiguous()
        || variable.numel() == 0
    {
        return None;
    }
    let start = variable.data_ptr().cast::<f32>();
    // SAFETY: a contiguous CPU tensor of f32 holds `numel` of them from `data_ptr` on; it outlives the
    // slice, which borrows it, and models are filled by one thread before anybody else sees them.
    Some(unsafe { std::slice::from_raw_parts_mut(start, variable.numel()) })
}

fn copy_floats(bytes: &[u8], place: &mut [f32]) {
    let pieces = place.par_chunks_mut(PIECE).zip(bytes.par_chunks(PIECE * 4));
    pieces.for_each(|(place, bytes)| {
        for (value, bytes) in place.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    });
}

/// 8-bit rows times their scales.
fn expand_rows(bytes: &[u8], scales: &[f32], place: &mut [f32]) {
    let width = place.len() / scales.len().max(1);
    if width == 0 {
        return;
    }
    let rows = (PIECE / width).max(1);
    let pieces = place.par_chunks_mut(rows * width).zip(bytes.par_chunks(rows * width));
    pieces.zip(scales.par_chunks(rows)).for_each(|((place, bytes), scales)| {
        let lines = place.chunks_exact_mut(width).zip(bytes.chunks_exact(width));
        for ((place, bytes), scale) in lines.zip(scales) {
            for (value, byte) in place.iter_mut().zip(bytes) {
                *value = f32::from(byte.cast_signed()) * scale;
            }
        }
    });
}

fn dims(view: &TensorView) -> Vec<i64> {
    view.shape().iter().map(|&d| d as i64).collect()
}

fn to_tensor(name: &str, view: &TensorView) -> Result<Tensor> {
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::F64 => Kind::Double,
        Dtype::I64 => Kind::Int64,
        Dtype::I32 => Kind::Int,
        Dtype::BOOL => Kind::Bool,
        Dtype::I8 => Kind::Int8,
        Dtype::U8 => Kind::Uint8,
        other => {
            return Err(mismatch(format!(
                "tensor `{name}` has type {other:?}, which weights never have"
            )));
        }
    };
    Tensor::f_from_data_size(view.data(), &dims(view), kind).map_err(|e| damaged(name, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view<'a>(dtype: Dtype, shape: &[usize], bytes: &'a [u8]) -> TensorView<'a> {
        TensorView::new(dtype, shape.to_vec(), bytes).unwrap()
    }

    #[test]
    fn rows_of_any_length_are_multiplied_by_their_own_scale() {
        for (rows, width) in [(3, 5), (700, 201), (1, PIECE + 7), (PIECE + 3, 1)] {
            let bytes: Vec<u8> = (0..rows * width).map(|i| (i % 251) as u8).collect();
            let scale: Vec<f32> = (0..rows).map(|row| 0.5 + row as f32).collect();
            let values = view(Dtype::I8, &[rows, width], &bytes);
            let stored = Stored { name: "w", values: &values, scale: Some(scale.clone()) };
            let tensor = stored.tensor().unwrap();
            assert_eq!(tensor.size(), [rows as i64, width as i64]);
            let found = Vec::<f32>::try_from(tensor.view([-1])).unwrap();
            for (i, value) in found.iter().enumerate() {
                let wanted = f32::from((i % 251) as u8 as i8) * scale[i / width];
                assert_eq!(*value, wanted, "{rows}×{width}, {i}");
            }
        }
    }

    #[test]
    fn floats_are_written_in_place_and_other_kinds_converted() {
        let floats: Vec<f32> = (0..PIECE + 9).map(|i| i as f32 / 3.0).collect();
        let bytes: Vec<u8> = floats.iter().flat_map(|f| f.to_le_bytes()).collect();
        let values = view(Dtype::F32, &[floats.len()], &bytes);
        let place = Tensor::zeros([floats.len() as i64], (Kind::Float, Device::Cpu));
        Stored { name: "w", values: &values, scale: None }.write_to(&place).unwrap();
        assert_eq!(Vec::<f32>::try_from(&place).unwrap(), floats);

        let half = half::f16::from_f32(1.5).to_le_bytes();
        let values = view(Dtype::F16, &[1], &half);
        let place = Tensor::zeros([1], (Kind::Float, Device::Cpu));
        Stored { name: "w", values: &values, scale: None }.write_to(&place).unwrap();
        assert_eq!(place.double_value(&[0]), 1.5);
    }

    #[test]
    fn scales_that_do_not_fit_the_rows_are_refused() {
        let bytes = [0; 6];
        let scale = [0; 12];
        let values = view(Dtype::I8, &[2, 3], &bytes);
        let error = row_scales("w", &values, &view(Dtype::F32, &[3], &scale)).unwrap_err();
        assert!(error.message.contains("row scales [3] for [2, 3]"), "{}", error.message);
    }
}
