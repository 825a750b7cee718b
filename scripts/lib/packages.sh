# System packages: looks for what the build needs, not for package names, so that a Tesseract or a
# compiler of another origin is honoured. Only what is missing is installed, by apt-get.

have() { command -v "$1" >/dev/null 2>&1; }

have_libclang() {
    # bindgen loads it at build time, from these places among others, under these names:
    # libclang-cpp.so, which other packages bring along, is another library.
    [ -z "${LIBCLANG_PATH:-}" ] || return 0
    local place name
    for place in '/usr/lib/llvm-*/lib' '/usr/lib*/*' '/usr/lib*' /usr/local/lib; do
        for name in 'libclang.so*' 'libclang-[0-9]*.so*'; do
            ! compgen -G "$place/$name" >/dev/null || return 0
        done
    done
    return 1
}

# The default language must be there. Others are the user's choice.
have_english() {
    local directory
    for directory in "${TESSDATA_PREFIX:-/nonexistent}"{,/tessdata} \
        /usr/share/tesseract-ocr/*/tessdata /usr/share/tesseract-ocr/tessdata \
        /usr/{,local/}share/{tessdata,tesseract/tessdata}; do
        [ ! -f "$directory/eng.traineddata" ] || return 0
    done
    return 1
}

# Sets `missing` to the Debian packages that would fill the gaps.
find_missing_packages() {
    missing=()
    have c++ && have cc || missing+=(g++)
    have make || missing+=(make)
    have pkg-config || missing+=(pkg-config)
    have pkg-config && pkg-config --exists 'tesseract >= 4.1' || missing+=(libtesseract-dev)
    have pkg-config && pkg-config --exists lept || missing+=(libleptonica-dev)
    have_libclang || missing+=(libclang-dev)
    have_english || missing+=(tesseract-ocr tesseract-ocr-eng)
}

as_root() {
    if [ "$EUID" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Its output is for the log, which is shown where it fails.
run_apt() {
    as_root env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >>"$apt_log" 2>&1
}

# install_packages PACKAGE…
install_packages() {
    local packages="$*" apt_log size
    [ "$(uname -s)" = Linux ] && have apt-get || stop \
        "this system has no apt-get, and these are missing: $packages (Debian's names)" \
        "install a C++ compiler, make, pkg-config, libclang, the development files of Tesseract 4.1 or later and Leptonica, and Tesseract's English data; then run this again"
    [ "$EUID" -eq 0 ] || have sudo || stop \
        "not root, no sudo, and these are missing: $packages" \
        "let someone who may run: apt-get install --no-install-recommends $packages"
    apt_log=$(mktemp)
    say "system packages are missing: $packages; reading the package lists"
    # An interrupted installation wants to be ended first (one that runs is waited for, below). A
    # list that cannot be read may belong to a source that is not needed: the installation decides.
    run_apt dpkg --configure -a || true
    run_apt apt-get update || true
    size=$(apt-get -o Debug::NoLocking=1 install --assume-no --no-install-recommends "$@" 2>/dev/null |
        sed -n 's/^Need to get \(.*\) of archives.*/\1/p') || true
    say "installing them (download: ${size:-unknown})"
    run_apt apt-get -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "$@" || {
        tail -n 5 "$apt_log" >&2
        rm -f "$apt_log"
        stop "could not install $packages" \
            "is there a network? Or install these packages by hand, then run this again"
    }
    rm -f "$apt_log"
}

# On a new machine the downloads come next: their tools are installed in the same run of apt-get.
ensure_packages() {
    local missing tool
    find_missing_packages
    [ ${#missing[@]} -gt 0 ] || return 0
    for tool in curl unzip; do have "$tool" || missing+=("$tool"); done
    [ -f /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
    install_packages "${missing[@]}"
}

# ensure_tools COMMAND…: small tools that only a download needs, named as their packages are.
ensure_tools() {
    local tool absent=()
    for tool in "$@"; do have "$tool" || absent+=("$tool"); done
    [ ${#absent[@]} -eq 0 ] || install_packages "${absent[@]}" ca-certificates
}
