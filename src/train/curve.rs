//! The loss curve of a run as a picture, `loss.svg` beside its checkpoint, drawn from `metrics.jsonl`.

use super::metrics;
use crate::error::{Error, Result, Stage};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
/// Room for the numbers: left, top, right, bottom.
const MARGIN: [f64; 4] = [64.0, 40.0, 56.0, 48.0];
/// A line of more points than pixels only gets slower to draw.
const MOST_POINTS: usize = 300;

const LOSS_COLOR: &str = "#1f6feb";
const DEV_COLOR: &str = "#d1242f";

/// Points of a line: update, value.
type Points = Vec<(f64, f64)>;

/// What a run's metrics hold.
#[derive(Debug, Default, PartialEq)]
struct Series {
    loss: Points,
    /// Loss on held-out pages, on the same axis.
    dev_loss: Points,
    /// 0–1, on an axis of its own; where there is no loss on held-out pages.
    dev_score: Points,
}

/// Draws what the run's metrics say so far.
///
/// # Errors
/// `OutputFailed` names the file.
pub fn draw(run_dir: &Path) -> Result<()> {
    let text = std::fs::read_to_string(metrics::path_in(run_dir)).unwrap_or_default();
    let path = run_dir.join("loss.svg");
    let partial = run_dir.join("loss.svg.partial");
    std::fs::write(&partial, svg(&Series::of(&text)))
        .and_then(|()| std::fs::rename(&partial, &path))
        .map_err(|e| Error::unwritable(Stage::Train, &path, e))
}

impl Series {
    /// From the lines of `metrics.jsonl`; what can't be read is left out.
    fn of(text: &str) -> Self {
        let mut series = Self::default();
        for line in text.lines() {
            let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
            let Some(step) = value["step"].as_f64() else { continue };
            let dev = &value["dev"];
            if let Some(loss) = value["loss"].as_f64() {
                series.loss.push((step, loss));
            } else if let Some(loss) = dev["loss"].as_f64() {
                series.dev_loss.push((step, loss));
            } else if let Some(score) = dev["overall"].as_f64() {
                series.dev_score.push((step, score));
            }
        }
        series.loss = means(&series.loss, MOST_POINTS);
        series
    }
}

/// At most `count` points, each the mean of as many.
fn means(points: &[(f64, f64)], count: usize) -> Points {
    let size = points.len().div_ceil(count).max(1);
    let mean = |chunk: &[(f64, f64)]| {
        let length = chunk.len() as f64;
        let sum = chunk.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        (sum.0 / length, sum.1 / length)
    };
    points.chunks(size).map(mean).collect()
}

/// Maps values to the drawing.
struct Axes {
    steps: f64,
    loss: f64,
}

impl Axes {
    fn x(&self, step: f64) -> f64 {
        MARGIN[0] + step / self.steps * (WIDTH - MARGIN[0] - MARGIN[2])
    }
    /// `share` of the height, from below.
    fn y(share: f64) -> f64 {
        HEIGHT - MARGIN[3] - share.clamp(0.0, 1.0) * (HEIGHT - MARGIN[1] - MARGIN[3])
    }
}

fn svg(series: &Series) -> String {
    let all = || series.loss.iter().chain(&series.dev_loss);
    let steps = all().chain(&series.dev_score).map(|p| p.0).fold(1.0, f64::max);
    let axes = Axes { steps, loss: rounded_up(all().map(|p| p.1).fold(1e-6, f64::max)) };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    grid(&mut out, &axes, !series.dev_score.is_empty());
    let scaled = |points: &Points, full: f64| -> Points {
        points.iter().map(|(step, value)| (axes.x(*step), Axes::y(value / full))).collect()
    };
    line(&mut out, &scaled(&series.loss, axes.loss), LOSS_COLOR, false);
    line(&mut out, &scaled(&series.dev_loss, axes.loss), DEV_COLOR, true);
    line(&mut out, &scaled(&series.dev_score, 1.0), DEV_COLOR, true);
    legend(&mut out, series);
    out + "</svg>\n"
}

fn grid(out: &mut String, axes: &Axes, has_scores: bool) {
    let (left, right) = (axes.x(0.0), axes.x(axes.steps));
    for tick in 0..=5 {
        let share = f64::from(tick) / 5.0;
        let y = Axes::y(share);
        let loss = short(axes.loss * share);
        let _ = writeln!(
            out,
            "<line x1=\"{left:.1}\" y1=\"{y:.1}\" x2=\"{right:.1}\" y2=\"{y:.1}\" stroke=\"#d8dee4\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{LOSS_COLOR}\">{loss}</text>",
            left - 8.0,
            y + 4.0
        );
        if has_scores {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{DEV_COLOR}\">{share:.1}</text>",
                right + 8.0,
                y + 4.0
            );
        }
        let step = short(axes.steps * share);
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#57606a\">{step}</text>",
            axes.x(axes.steps * share),
            HEIGHT - MARGIN[3] + 18.0
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#57606a\">update</text>",
        (left + right) / 2.0,
        HEIGHT - 10.0
    );
}

fn line(out: &mut String, points: &Points, color: &str, has_marks: bool) {
    if points.is_empty() {
        return;
    }
    let list: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"/>",
        list.join(" ")
    );
    for (x, y) in points.iter().filter(|_| has_marks) {
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{color}\"/>");
    }
}

fn legend(out: &mut String, series: &Series) {
    let entries = [
        ("training loss", LOSS_COLOR, !series.loss.is_empty()),
        ("loss on held-out pages", DEV_COLOR, !series.dev_loss.is_empty()),
        ("score on held-out pages", DEV_COLOR, !series.dev_score.is_empty()),
    ];
    let mut x = MARGIN[0];
    for (name, color, _) in entries.into_iter().filter(|(.., shown)| *shown) {
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"20\" x2=\"{:.1}\" y2=\"20\" stroke=\"{color}\" stroke-width=\"3\"/>\
             <text x=\"{:.1}\" y=\"24\" fill=\"#24292f\">{name}</text>",
            x + 18.0,
            x + 24.0
        );
        x += 200.0;
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn rounded_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|r| *r >= value).unwrap_or(value)
}

/// A number with as many digits as a label has room for.
fn short(value: f64) -> String {
    let text = if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_and_scores_become_lines() {
        let text = "{\"step\":1,\"loss\":4.0}\n{\"step\":2,\"loss\":3.0}\n\
                    {\"step\":2,\"mean_loss\":3.5,\"dev\":{\"overall\":0.25}}\n{\"step\":3,\"lo";
        let series = Series::of(text);
        assert_eq!(series.loss, [(1.0, 4.0), (2.0, 3.0)]);
        assert_eq!(series.dev_score, [(2.0, 0.25)]);
        let drawn = svg(&series);
        assert_eq!(drawn.matches("<polyline").count(), 2, "{drawn}");
        assert!(drawn.contains("score on held-out pages"));
        assert!(!drawn.contains("NaN"));
    }

    #[test]
    fn a_run_without_metrics_is_an_empty_drawing() {
        let drawn = svg(&Series::default());
        assert!(!drawn.contains("<polyline") && !drawn.contains("NaN") && !drawn.contains("inf"));
    }

    #[test]
    fn long_runs_are_drawn_with_few_points() {
        let points: Points = (0..10_007).map(|step| (f64::from(step), 2.0)).collect();
        let few = means(&points, 300);
        assert!(few.len() <= 300 && few.iter().all(|p| (p.1 - 2.0).abs() < 1e-9));
    }
}
