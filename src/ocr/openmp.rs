//! The one switch that keeps Tesseract's parallel regions on the thread that calls them.

use std::sync::OnceLock;

type SetLevels = extern "C" fn(libc::c_int);
type GetLevels = extern "C" fn() -> libc::c_int;

/// Keeps Tesseract's parallel regions on the calling thread, for the rest of that thread's life.
///
/// The runtime is looked up rather than linked: it is the one that Tesseract loaded, and a Tesseract
/// built without OpenMP needs nothing done. Older runtimes, such as the one that libtorch brings along, have one
/// switch for the whole process: it is left alone there, as the model's products in bf16 lose rows by it.
#[allow(unsafe_code)]
pub(super) fn limit_openmp_on_this_thread() {
    static BELONGS_TO_THREAD: [OnceLock<bool>; 4] = [const { OnceLock::new() }; 4];
    let libraries = [c"libgomp.so.1", c"libomp.so.5", c"libomp.so", c"libomp.dylib"];
    for (library, belongs) in libraries.into_iter().zip(&BELONGS_TO_THREAD) {
        // SAFETY: RTLD_NOLOAD only asks for a library that is loaded already; the name is a C
        // string. The handle is kept open on purpose, as the library stays loaded anyway.
        let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
        if handle.is_null() {
            continue;
        }
        // SAFETY: the handle is not null and the names are C strings.
        let [set, get] = [c"omp_set_max_active_levels", c"omp_get_max_active_levels"]
            .map(|name| unsafe { libc::dlsym(handle, name.as_ptr()) });
        if set.is_null() || get.is_null() {
            continue;
        }
        // SAFETY: the OpenMP standard (§3.2.15 and §3.2.16 of version 4.5) gives these functions the
        // signatures `void (int)` and `int (void)`, and the pointers are not null.
        let (set, get) = unsafe {
            (
                std::mem::transmute::<*mut libc::c_void, SetLevels>(set),
                std::mem::transmute::<*mut libc::c_void, GetLevels>(get),
            )
        };
        if *belongs.get_or_init(|| belongs_to_thread(set, get)) {
            set(0);
        }
    }
}

/// Whether what a thread sets is seen by no other.
fn belongs_to_thread(set: SetLevels, get: GetLevels) -> bool {
    let before = get();
    set(0);
    let elsewhere = std::thread::spawn(move || get()).join();
    set(before);
    before == 0 || elsewhere.is_ok_and(|levels| levels != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicI32, Ordering};

    static OF_PROCESS: AtomicI32 = AtomicI32::new(1);
    thread_local! {
        static OF_THREAD: Cell<i32> = const { Cell::new(1) };
    }

    extern "C" fn set_of_process(levels: libc::c_int) {
        OF_PROCESS.store(levels, Ordering::SeqCst);
    }
    extern "C" fn of_process() -> libc::c_int {
        OF_PROCESS.load(Ordering::SeqCst)
    }
    extern "C" fn set_of_thread(levels: libc::c_int) {
        OF_THREAD.set(levels);
    }
    extern "C" fn of_thread() -> libc::c_int {
        OF_THREAD.get()
    }

    /// As seen: with libtorch's runtime in the place of the system's, half of a page's words got no label.
    #[test]
    fn a_switch_of_the_whole_process_is_told_from_a_threads_own_and_left_as_it_was() {
        assert!(!belongs_to_thread(set_of_process, of_process));
        assert!(belongs_to_thread(set_of_thread, of_thread));
        assert_eq!((of_process(), of_thread()), (1, 1));
    }
}
