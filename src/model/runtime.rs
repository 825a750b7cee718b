//! Which libtorch this process runs on, and what it may use. For reports; nothing is changed here.

use std::path::{Path, PathBuf};

/// The loaded libtorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Of the loaded `libtorch_cpu`; `None` where the system does not tell.
    pub library: Option<PathBuf>,
    /// As its own files say: `2.11.0`, `2.11.0+cpu`.
    pub version: Option<String>,
    /// Threads that one operation is spread over.
    pub threads: i32,
    /// GPUs that can be used; 0 also where libtorch was built without CUDA.
    pub cuda_devices: i64,
}

impl Runtime {
    pub fn detect() -> Self {
        let library = loaded_library();
        let version = library.as_deref().and_then(version_of);
        let cuda_devices = if tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 };
        Self { library, version, threads: tch::get_num_threads(), cuda_devices }
    }
}

/// Linux lists what is mapped into the process: the one sure answer, since `LD_LIBRARY_PATH` may have
/// put another libtorch before the one of the build.
fn loaded_library() -> Option<PathBuf> {
    library_in(&std::fs::read_to_string("/proc/self/maps").ok()?)
}

/// A line is `address permissions offset device inode      path`; the path may hold spaces.
fn library_in(maps: &str) -> Option<PathBuf> {
    maps.lines()
        .filter_map(|line| line.find('/').map(|start| Path::new(&line[start..])))
        .find(|path| path.file_name().is_some_and(|name| name == "libtorch_cpu.so"))
        .map(Path::to_path_buf)
}

/// libtorch has no function for its version; its archive and its headers say it.
fn version_of(library: &Path) -> Option<String> {
    let root = library.parent()?.parent()?;
    let file = std::fs::read_to_string(root.join("build-version"));
    if let Ok(version) = file {
        return Some(version.trim().to_owned());
    }
    let header = root.join("include/torch/headeronly/version.h");
    version_in_header(&std::fs::read_to_string(header).ok()?)
}

/// `#define TORCH_VERSION \` and the string on the next line.
fn version_in_header(header: &str) -> Option<String> {
    let (_, rest) = header.split_once("#define TORCH_VERSION ")?;
    Some(rest.split('"').nth(1)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaded_libtorch_is_found_in_the_maps_of_the_process() {
        let maps = "\
55d0-55d1 r--p 00000000 fe:00 12  /usr/bin/layoutlm\n\
7f00-7f01 rw-p 00000000 00:00 0\n\
7f02-7f03 r--p 00000000 fe:00 13                 /opt/my torch/lib/libtorch_cpu.so\n";
        assert_eq!(library_in(maps), Some(PathBuf::from("/opt/my torch/lib/libtorch_cpu.so")));
        assert_eq!(library_in("7f00-7f01 rw-p 00000000 00:00 0 [heap]\n"), None);
    }

    #[test]
    fn version_stands_in_the_header_where_no_version_file_is() {
        let header = "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION \\\n  \"2.11.0\"\n";
        assert_eq!(version_in_header(header).as_deref(), Some("2.11.0"));
        assert_eq!(version_in_header("#pragma once\n"), None);
    }

    #[test]
    fn a_test_runs_on_some_libtorch_with_at_least_one_thread() {
        let runtime = Runtime::detect();
        assert!(runtime.threads >= 1);
        if cfg!(target_os = "linux") {
            assert!(runtime.library.is_some_and(|path| path.is_file()));
        }
    }
}
