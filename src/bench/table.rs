//! A report in Markdown: how many times better first, then what was measured.

use super::ours::STAGES;
use super::report::{FolderCost, PageCost, Program, Report};
use crate::error::Stage;
use std::fmt::{self, Display, Formatter, Write};

/// One measure that programs are compared by.
struct Measure {
    heading: &'static str,
    value: fn(&Program) -> Option<f64>,
    /// Whether more is better.
    more: bool,
}

impl Measure {
    const fn more(heading: &'static str, value: fn(&Program) -> Option<f64>) -> Self {
        Self { heading, value, more: true }
    }

    const fn less(heading: &'static str, value: fn(&Program) -> Option<f64>) -> Self {
        Self { heading, value, more: false }
    }
}

const MEASURES: [Measure; 6] = [
    Measure::more("pages/s of a folder", |p| p.folder.map(|folder| folder.pages_per_second)),
    Measure::less("a page by command", |p| p.command.map(|page| page.median_s)),
    Measure::less("a page, loaded", |p| p.warm.map(|page| page.median_s)),
    Measure::less("processor time of a page", |p| p.folder.map(|folder| folder.cpu_s_per_page)),
    Measure::less("memory", |p| p.folder.map(|folder| folder.peak_mib)),
    Measure::more("training steps/s", |p| p.training_steps_per_second),
];

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let machine = &self.machine;
        write!(f, "{} processors", machine.processors)?;
        if let Some(processor) = &machine.processor {
            write!(f, " ({processor})")?;
        }
        write!(f, ", {} documents, medians of {} runs", self.documents, self.runs)?;
        match machine.load {
            Some(load) => writeln!(f, ", load {load} at the end\n")?,
            None => writeln!(f, "\n")?,
        }
        ratios(f, &self.programs)?;
        absolutes(f, &self.programs)?;
        stages(f, &self.programs)
    }
}

/// `a` of us and `b` of another as "times better".
fn times_better(measure: &Measure, ours: &Program, other: &Program) -> Option<f64> {
    let (a, b) = ((measure.value)(ours)?, (measure.value)(other)?);
    let ratio = if measure.more { a / b } else { b / a };
    ratio.is_finite().then_some(ratio)
}

fn ratios(f: &mut Formatter, programs: &[Program]) -> fmt::Result {
    let (ours, others): (Vec<_>, Vec<_>) = programs.iter().partition(|program| program.ours);
    if ours.is_empty() || others.is_empty() {
        return Ok(());
    }
    let known: Vec<&Measure> = MEASURES
        .iter()
        .filter(|measure| {
            let known = |program: &&Program| (measure.value)(program).is_some();
            ours.iter().any(known) && others.iter().any(known)
        })
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    writeln!(f, "How many times better the first is than the second: above 1 it wins.\n")?;
    let headings: Vec<&str> = known.iter().map(|measure| measure.heading).collect();
    writeln!(f, "| first | second | {} |", headings.join(" | "))?;
    writeln!(f, "|---|---{}|", "|---".repeat(known.len()))?;
    for first in &ours {
        for second in &others {
            write!(f, "| {} | {} |", first.name, second.name)?;
            for measure in &known {
                match times_better(measure, first, second) {
                    Some(ratio) => write!(f, " {ratio:.2} |")?,
                    None => write!(f, " |")?,
                }
            }
            writeln!(f)?;
        }
    }
    writeln!(f)
}

fn absolutes(f: &mut Formatter, programs: &[Program]) -> fmt::Result {
    writeln!(
        f,
        "| program | folder: pages/s | processor s a page | used | MiB | by command: median s | p95 s | \
         processor s | MiB | loaded: median s | p95 s | processor s |"
    )?;
    writeln!(f, "|---{}|", "|---".repeat(11))?;
    for program in programs {
        let mut row = format!("| {} |", program.name);
        folder_cells(&mut row, program.folder);
        page_cells(&mut row, program.command, true);
        page_cells(&mut row, program.warm, false);
        writeln!(f, "{row}")?;
    }
    writeln!(f)
}

// Writing to a string can't fail.
fn folder_cells(row: &mut String, folder: Option<FolderCost>) {
    let Some(folder) = folder else { return row.push_str(" | | | |") };
    let _ = write!(
        row,
        " {:.2} | {:.2} | {:.0} % | {:.0} |",
        folder.pages_per_second,
        folder.cpu_s_per_page,
        folder.utilisation * 100.0,
        folder.peak_mib
    );
}

fn page_cells(row: &mut String, page: Option<PageCost>, with_memory: bool) {
    let Some(page) = page else {
        return row.push_str(if with_memory { " | | | |" } else { " | | |" });
    };
    let _ = write!(row, " {:.2} | {:.2} | {:.2} |", page.median_s, page.p95_s, page.cpu_s);
    if with_memory {
        let peak = page.peak_mib.map_or(String::new(), |peak| format!("{peak:.0}"));
        let _ = write!(row, " {peak} |");
    }
}

fn stages(f: &mut Formatter, programs: &[Program]) -> fmt::Result {
    let timed: Vec<&Program> = programs.iter().filter(|p| !p.stages_ms.is_empty()).collect();
    if !timed.is_empty() {
        let names = STAGES.map(Stage::name);
        writeln!(f, "| milliseconds of a loaded page | {} |", names.join(" | "))?;
        writeln!(f, "|---{}|", "|---".repeat(names.len()))?;
        for program in timed {
            write!(f, "| {} |", program.name)?;
            for stage in names {
                match program.stages_ms.get(stage) {
                    Some(spent) => write!(f, " {spent:.1} |")?,
                    None => write!(f, " |")?,
                }
            }
            writeln!(f)?;
        }
        writeln!(f)?;
    }
    for program in programs {
        if let Some(start) = program.start {
            writeln!(
                f,
                "{} starts in {:.0} ms (`--version`) and is through a blank page with given words in \
                 {:.0} ms.",
                program.name,
                start.version_s * 1e3,
                start.blank_page_s * 1e3
            )?;
        }
        if let Some(rate) = program.training_steps_per_second {
            writeln!(f, "{} trains with {rate:.2} updates a second.", program.name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchOptions;

    fn program(name: &str, ours: bool, pages_per_second: f64, median_s: f64) -> Program {
        Program {
            name: name.into(),
            ours,
            command: Some(PageCost { median_s, ..PageCost::default() }),
            folder: Some(FolderCost { pages_per_second, ..FolderCost::default() }),
            ..Program::default()
        }
    }

    #[test]
    fn above_one_we_win_whichever_way_a_measure_goes() {
        let (ours, other) = (program("ours", true, 3.0, 0.5), program("other", false, 2.0, 1.0));
        let report = Report::new(4, &BenchOptions::default(), vec![ours, other]);
        let text = report.to_string();
        assert!(text.contains("| ours | other | 1.50 | 2.00 |"), "{text}");
    }

    #[test]
    fn rows_have_as_many_cells_as_their_heading() {
        let full = program("full", true, 3.0, 0.5);
        let bare = Program { name: "bare".into(), ..Program::default() };
        let text = Report::new(1, &BenchOptions::default(), vec![full, bare]).to_string();
        for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
            let cells: Vec<usize> = table.lines().map(|row| row.matches('|').count()).collect();
            assert!(cells.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        }
    }
}
