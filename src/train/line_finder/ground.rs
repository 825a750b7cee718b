//! What lies around a sheet in a photograph: a table, cloth, a hand, nothing at all.

use super::super::line_reader::augment::Grain;
use crate::synth::dice::Dice;

/// A ground of brightness 0–1, row-major, `side` × `side`.
pub fn ground(side: usize, dice: &mut Dice) -> Vec<f32> {
    let level = dice.real(0.02, 0.95);
    let mut ground = vec![level; side * side];
    for _ in 0..dice.pick(&[0, 1, 2, 2, 3]) {
        clouds(&mut ground, side, dice);
    }
    match dice.index(4) {
        0 => streaks(&mut ground, side, dice),
        1 => weave(&mut ground, side, dice),
        _ => {}
    }
    let noise = dice.real(0.0, 0.12);
    let mut grain = Grain::new(dice);
    ground.iter_mut().for_each(|value| *value += noise * grain.next());
    ground
}

/// Bright and dark patches, a few pixels to half the picture wide.
pub fn clouds(picture: &mut [f32], side: usize, dice: &mut Dice) {
    let patch = (2.0f32).powf(dice.real(2.0, 8.0));
    let strength = dice.real(0.02, 0.3);
    let nodes = (side as f32 / patch) as usize + 2;
    let mut grain = Grain::new(dice);
    let heights: Vec<f32> = (0..nodes * nodes).map(|_| grain.next() * strength).collect();
    for (place, value) in picture.iter_mut().enumerate() {
        let (x, y) = ((place % side) as f32 / patch, (place / side) as f32 / patch);
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let at = |row: usize, column: usize| heights[row * nodes + column];
        let upper = at(row, column) * (1.0 - right) + at(row, column + 1) * right;
        let lower = at(row + 1, column) * (1.0 - right) + at(row + 1, column + 1) * right;
        *value += upper * (1.0 - down) + lower * down;
    }
}

/// Wood: bands along one direction, of uneven width.
fn streaks(ground: &mut [f32], side: usize, dice: &mut Dice) {
    let strength = dice.real(0.05, 0.35);
    let level = dice.chance(0.5);
    let lean = dice.real(-0.15, 0.15);
    let waves: Vec<[f32; 3]> = (0..4)
        .map(|_| [dice.real(2.0, 60.0), dice.real(0.0, std::f32::consts::TAU), dice.real(0.1, 1.0)])
        .collect();
    for (place, value) in ground.iter_mut().enumerate() {
        let (x, y) = ((place % side) as f32, (place / side) as f32);
        let along = if level { y + lean * x } else { x + lean * y };
        let wave = |[length, phase, share]: &[f32; 3]| {
            share * (along * std::f32::consts::TAU / length + phase).sin()
        };
        *value += strength * waves.iter().map(wave).sum::<f32>() / 2.0;
    }
}

/// Cloth: threads in both directions.
fn weave(ground: &mut [f32], side: usize, dice: &mut Dice) {
    let strength = dice.real(0.05, 0.4);
    let (across, down) = (dice.real(3.0, 24.0), dice.real(3.0, 24.0));
    let tau = std::f32::consts::TAU;
    for (place, value) in ground.iter_mut().enumerate() {
        let (x, y) = ((place % side) as f32, (place / side) as f32);
        *value += strength * (x * tau / across).sin() * (y * tau / down).sin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_differ_and_the_same_draw_gives_the_same() {
        let draw = |stream| ground(64, &mut Dice::new(3, stream));
        assert_eq!(draw(1), draw(1));
        assert!((0..8).all(|stream| draw(stream) != draw(stream + 1)));
        assert!((0..40).flat_map(draw).all(|value| (-2.0..3.0).contains(&value)));
    }
}
