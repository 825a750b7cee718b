//! Pages a second of every program, as bars in an SVG picture.

use super::report::Report;
use crate::output::html::escape;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
/// Room for names at the left, for values at the right, for the heading above.
const NAMES: f64 = 330.0;
const VALUES: f64 = 60.0;
const HEADING: f64 = 34.0;

const OURS: &str = "#1f6feb";
const OTHERS: &str = "#8c959f";
const INK: &str = "#24292f";

/// The chart; without any measured folder it has a heading alone.
pub fn svg(report: &Report) -> String {
    let measured = report.programs.iter().filter_map(|program| Some((program, program.folder?)));
    let bars: Vec<_> = measured.collect();
    let most = bars.iter().map(|(_, folder)| folder.pages_per_second).fold(1e-9, f64::max);
    let height = HEADING + ROW * bars.len() as f64 + 10.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"{INK}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"22\" font-weight=\"bold\">Pages a second, {} documents, {} processors\
         </text>\n",
        report.documents, report.machine.processors
    );
    for (row, (program, folder)) in bars.iter().enumerate() {
        let top = HEADING + ROW * row as f64;
        let length = folder.pages_per_second / most * (WIDTH - NAMES - VALUES);
        let (base, color) = (top + 14.0, if program.ours { OURS } else { OTHERS });
        // Writing to a string can't fail.
        let _ = writeln!(
            out,
            "<text x=\"{:.0}\" y=\"{base:.0}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{NAMES}\" y=\"{top:.0}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{color}\"/>\
             <text x=\"{:.1}\" y=\"{base:.0}\">{:.2}</text>",
            NAMES - 10.0,
            escape(&program.name),
            NAMES + length + 8.0,
            folder.pages_per_second
        );
    }
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchOptions;
    use crate::bench::report::{FolderCost, Program};

    #[test]
    fn bars_are_as_long_as_their_values() {
        let program = |name: &str, pages_per_second| Program {
            name: name.into(),
            folder: Some(FolderCost { pages_per_second, ..FolderCost::default() }),
            ..Program::default()
        };
        let programs = vec![program("a < b", 4.0), program("c", 2.0), Program::default()];
        let svg = svg(&Report::new(1, &BenchOptions::default(), programs));
        assert!(svg.contains("a &lt; b") && svg.contains("width=\"370.0\""), "{svg}");
        assert!(svg.contains("width=\"185.0\"") && svg.matches("<rect").count() == 3, "{svg}");
    }
}
