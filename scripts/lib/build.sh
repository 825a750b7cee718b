# What the scripts that build have in common.

# Where cargo builds: its own answer, because configuration files may move it.
cargo_target_dir() {
    local answer
    answer=$(cargo metadata --format-version 1 --no-deps 2>/dev/null) || answer=
    answer=${answer#*\"target_directory\":\"}
    printf '%s' "${answer%%\"*}"
}

# announce_build DIRECTORY: says how long a first build takes and sees that it fits.
announce_build() {
    [ ! -d "$1/release/deps" ] || return 0
    mkdir -p "$1"
    need_space "$1" 2500 "the build"
    say "building for the first time: about 10 minutes on two cores"
}
