//! Parse, run, error → exit code. The program is [`layoutlm::cli`].

fn main() {
    layoutlm::cli::main(std::env::args_os()).leave();
}
