//! Parse, run, error → exit code. The program is [`layoutlm::cli`].

/// Serves the C and C++ libraries as well, by taking the place of their `malloc`. Pictures and feature
/// maps of many megabytes come and go with every page: glibc either gives each back to the system at
/// once, which then clears every page of memory anew (a fifth of all processor time), or keeps holes in
/// the heap of every thread, which grows. docs/performance.md has the figures.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// jemalloc's options, which it looks for under this name: free pages go back to the system after five seconds
/// instead of ten: sooner, and a folder's pages have them cleared anew (a second instead of five costs 3 % of the time).
/// Blocks over 8 MiB are kept so long as well, else each tensor of a full window is cleared anew. Large pages spare a
/// single page of text a tenth of its time, which went into 60,000 small ones.
// A name of the linker's, where C code reads it as `const char *`: the first word of a slice is that pointer.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
#[unsafe(export_name = "malloc_conf")]
pub static MALLOC_CONF: &[u8] =
    b"thp:always,dirty_decay_ms:5000,muzzy_decay_ms:0,oversize_threshold:0\0";

fn main() {
    layoutlm::cli::main(std::env::args_os()).leave();
}
