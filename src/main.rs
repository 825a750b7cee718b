//! Parse, run, error → exit code. The program is [`layoutlm::cli`].

/// Serves the C and C++ libraries as well, by taking the place of their `malloc`. Pictures and feature
/// maps of many megabytes come and go with every page: glibc either gives each back to the system at
/// once, which then clears every page of memory anew (a fifth of all processor time), or keeps holes in
/// the heap of every thread, which grows. docs/performance.md has the figures.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    layoutlm::cli::main(std::env::args_os()).leave();
}
