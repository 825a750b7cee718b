# Rust: the one that is there if it is new enough, else by rustup.

RUSTUP_VERSION=1.29.0
RUSTUP_BYTES=20838840
RUSTUP_SHA256=4acc9acc76d5079515b46346a485974457b5a79893cfb01112423c89aeb5aa10

# The oldest that will do stands in Cargo.toml.
rust_wanted() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml"; }

rust_fits() {
    local line version wanted
    line=$(cd "$root" && cargo --version 2>/dev/null) || return 1
    version=${line#cargo } version=${version%% *}
    wanted=$(rust_wanted)
    local major=${version%%.*} minor=${version#*.}
    [ "$major" -gt "${wanted%%.*}" ] || [ "${minor%%.*}" -ge "${wanted#*.}" ]
}

ensure_rust() {
    ! rust_fits || return 0
    # Installed, but this shell was opened before: or an older one of the system stands in front.
    export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    hash -r
    ! rust_fits || return 0
    if have rustup; then update_rust; else install_rust; fi
    hash -r
    rust_fits || stop "Rust was installed, but cargo does not answer as version $(rust_wanted) or later" \
        "see what \`cargo --version\` says in $root"
}

# The user's default toolchain stays what it is; only this directory gets the newer one.
update_rust() {
    say "Rust here is older than $(rust_wanted): installing the stable toolchain for this directory by rustup (about 120 MB)"
    rustup toolchain install stable --profile minimal --no-self-update >&2 </dev/null &&
        rustup override set stable --path "$root" >&2 </dev/null ||
        stop "rustup could not install the stable toolchain" "is there a network? Then run this again"
}

install_rust() {
    ensure_tools curl
    local directory program log
    directory=$(cache_dir)/downloads
    mkdir -p "$directory" || stop "cannot write to $(cache_dir)" "set LAYOUTLM_CACHE to a directory of yours"
    program=$directory/rustup-init-$RUSTUP_VERSION
    log=$directory/rustup.log
    say "installing Rust by rustup into ${CARGO_HOME:-$HOME/.cargo} (about 120 MB)"
    fetch "https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/x86_64-unknown-linux-gnu/rustup-init" \
        "$program" "$RUSTUP_BYTES" "$RUSTUP_SHA256" ||
        stop "could not download rustup" "is there a network? Or install Rust $(rust_wanted) or later by hand"
    chmod +x "$program"
    RUSTUP_INIT_SKIP_PATH_CHECK=yes "$program" -y --quiet --profile minimal >"$log" 2>&1 </dev/null || {
        tail -n 5 "$log" >&2
        stop "rustup could not install Rust" "is there a network? Is there space? Then run this again"
    }
    rm -f "$program" "$log"
    say "for plain cargo commands open a new shell, or run: . ${CARGO_HOME:-$HOME/.cargo}/env"
}
