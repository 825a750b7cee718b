//! `layoutlm man`: manual pages in roff, made from the same definitions as `--help`.

use super::{Cli, Context, ExitCode};
use crate::error::Error;
use crate::output::stdout::Stdout;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  layoutlm man | man -l -                          read it
  layoutlm man extract > layoutlm-extract.1        one verb
  layoutlm man --output-dir ~/.local/share/man/man1";

/// Print the manual page, or write those of all verbs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// Verb to describe; the whole program without it
    pub verb: Option<String>,
    /// Write the pages of the program and of every verb into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub output_dir: Option<PathBuf>,
}

pub fn run(args: ManArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    let mut program = Cli::command();
    program.build();
    if let Some(directory) = &args.output_dir {
        write_all(&program, directory)?;
        return Ok(ExitCode::Success);
    }
    let command = match &args.verb {
        None => program,
        Some(name) => find(&program, name)?,
    };
    let mut stdout = Stdout::open()?;
    stdout.write_all(&page(command)?)?;
    stdout.flush()?;
    Ok(ExitCode::Success)
}

fn find(program: &clap::Command, name: &str) -> crate::Result<clap::Command> {
    program.find_subcommand(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
        Error::usage(format!("there is no verb `{name}`"))
            .hint(format!("the verbs are {}", names.join(", ")))
    })
}

fn write_all(program: &clap::Command, directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)?;
    for command in std::iter::once(program).chain(program.get_subcommands()) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        std::fs::write(directory.join(format!("{name}.1")), page(command.clone())?)?;
    }
    Ok(())
}

fn page(command: clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut roff = Vec::new();
    Man::new(command).render(&mut roff)?;
    Ok(roff)
}
