//! What glibc's allocator does with large blocks in a long run.
//!
//! Left to itself it raises, whenever a large block is freed, the size from which blocks get a mapping of
//! their own, up to 32 MiB. Pictures of pages of many sizes then lie in the heaps of every thread, which
//! fill with holes and never shrink. With that size held fixed, what a page needed goes back to the
//! system when the page is done; docs/performance.md tells what that saves.

/// Blocks from this size on are given back at once: pictures are larger, what the model computes for a
/// page mostly smaller.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 1 << 20;

/// Said once, before much has been allocated.
#[allow(unsafe_code)]
pub fn give_back_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number inside the allocator, under its own lock; a refusal changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
