//! Writes the place of libtorch into every binary, so that none needs LD_LIBRARY_PATH.
//!
//! torch-sys decides which libtorch is used: `LIBTORCH` in the environment, else in
//! `.cargo/config.toml`, which `scripts/setup` writes. It passes the directory on as
//! `DEP_TCH_LIBTORCH_LIB` (its `links` key is `tch`), so it is not searched for a second time here.

use std::env;

fn main() {
    // Without this line cargo would run the script again after every change in the package.
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    if let Ok(library_dir) = env::var("DEP_TCH_LIBTORCH_LIB") {
        // RUNPATH, not RPATH: LD_LIBRARY_PATH still wins, so the same binary can be pointed at
        // another libtorch of this version, such as one with CUDA.
        println!("cargo:rustc-link-arg=-Wl,--enable-new-dtags,-rpath,{library_dir}");
    }
    // libtorch registers its operators when it is loaded. The linker must not drop it because no
    // symbol of it is named.
    println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo:rustc-link-arg=-ltorch");
}
