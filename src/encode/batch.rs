//! Windows → tensors. The only place in `encode` that knows them.

use super::Window;
use super::image::{PICTURE_SIDE, bgr_planes};
use super::tokenize::PlacedToken;
use crate::model::trunk::Inputs;
use image::RgbImage;
use tch::{Device, Tensor};

/// Pads windows to the longest and stacks them; `pictures` are 224×224, `page_of_window[i]` is the
/// index of window i's picture.
pub fn stack(
    windows: &[&Window],
    pictures: &[&RgbImage],
    page_of_window: &[usize],
    pad: PlacedToken,
    device: Device,
) -> Inputs {
    let seq = windows.iter().map(|window| window.token_ids.len()).max().unwrap_or(0);
    let batch = windows.len();
    let mut ids = Vec::with_capacity(batch * seq);
    let mut boxes = Vec::with_capacity(batch * seq * 4);
    let mut mask = Vec::with_capacity(batch * seq);
    let mut types = Vec::with_capacity(batch * seq);
    for window in windows {
        let padding = seq - window.token_ids.len();
        ids.extend(&window.token_ids);
        ids.extend(std::iter::repeat_n(pad.id, padding));
        boxes.extend(window.boxes.iter().flat_map(|b| b.to_array()));
        boxes.extend(std::iter::repeat_n(pad.bbox.to_array(), padding).flatten());
        mask.extend(std::iter::repeat_n(1i64, window.token_ids.len()));
        mask.extend(std::iter::repeat_n(0i64, padding));
        types.extend(&window.token_types);
        types.extend(std::iter::repeat_n(0i64, padding));
    }
    let dims = [batch as i64, seq as i64];
    let planes: Vec<u8> = pictures.iter().flat_map(|picture| bgr_planes(picture)).collect();
    let side = i64::from(PICTURE_SIDE);
    let pages: Vec<i64> = page_of_window.iter().map(|&page| page as i64).collect();
    let one_to_one = pages.iter().copied().eq(0..pictures.len() as i64);
    Inputs {
        input_ids: Tensor::from_slice(&ids).view(dims).to_device(device),
        bbox: Tensor::from_slice(&boxes).view([dims[0], dims[1], 4]).to_device(device),
        attention_mask: Tensor::from_slice(&mask).view(dims).to_device(device),
        token_type_ids: Tensor::from_slice(&types).view(dims).to_device(device),
        position_ids: None,
        image: Some(
            Tensor::from_slice(&planes)
                .view([pictures.len() as i64, 3, side, side])
                .to_device(device),
        ),
        page_of_window: (!one_to_one).then(|| Tensor::from_slice(&pages).to_device(device)),
    }
}
