//! `layoutlm completions`: the completion script of a shell.

use super::{Cli, Context, ExitCode};
use crate::output::stdout::Stdout;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  layoutlm completions bash > ~/.local/share/bash-completion/completions/layoutlm
  layoutlm completions zsh  > ~/.zfunc/_layoutlm
  layoutlm completions fish > ~/.config/fish/completions/layoutlm.fish";

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// Shell to complete in
    pub shell: Shell,
}

pub fn run(args: CompletionsArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    // Rendered first: clap_complete panics when it can't write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "layoutlm", &mut script);
    let mut stdout = Stdout::open()?;
    stdout.write_all(&script)?;
    stdout.flush()?;
    Ok(ExitCode::Success)
}
