//! Parse, run, error → exit code. The program is [`layoutlm::cli`].

fn main() -> std::process::ExitCode {
    layoutlm::cli::main(std::env::args_os()).into()
}
