# libtorch: one that is there, else the official archive, else the needed parts of PyTorch's wheel.

LIBTORCH_VERSION=2.11.0 # what tch in Cargo.toml is made for

TORCH_WHEEL=torch-2.11.0-cp312-cp312-manylinux_2_28_x86_64.whl
TORCH_BYTES=530712279
TORCH_SHA256=0f68f4ac6d95d12e896c3b7a912b5871619542ec54d3649cf48cc1edd4dd2756
# libtorch_cpu.so of that wheel is linked to these two; nothing of them runs on a CPU.
CUDART_WHEEL=nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl
CUDART_BYTES=2243632
CUDART_SHA256=7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
CUPTI_WHEEL=nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl
CUPTI_BYTES=10715597
CUPTI_SHA256=4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8

cache_dir() { printf '%s' "${LAYOUTLM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/layoutlm}"; }

libtorch_complete() {
    [ -f "$1/include/torch/csrc/api/include/torch/torch.h" ] && [ -f "$1/lib/libtorch.so" ] &&
        [ -f "$1/lib/libtorch_cpu.so" ] && [ -f "$1/lib/libc10.so" ]
}

# Fails at once where the version differs: otherwise it would show as C++ errors minutes later.
check_own_libtorch() {
    local version
    libtorch_complete "$LIBTORCH" || stop \
        "LIBTORCH is $LIBTORCH, but there is no libtorch in it (include/ and lib/ were looked for)" \
        "correct it, or unset it to have libtorch $LIBTORCH_VERSION installed"
    version=$(sed -n 's/^ *"\([0-9.]*\)".*/\1/p;s/^#define TORCH_VERSION "\([0-9.]*\).*/\1/p' \
        "$LIBTORCH"/include/torch/{headeronly/,csrc/api/include/torch/}version.h 2>/dev/null | head -n 1) || true
    [ "${version:-$LIBTORCH_VERSION}" = "$LIBTORCH_VERSION" ] ||
        [ -n "${LIBTORCH_BYPASS_VERSION_CHECK:-}" ] || stop \
        "LIBTORCH is $LIBTORCH, which is version $version; $LIBTORCH_VERSION is needed" \
        "unset LIBTORCH to have the right one installed"
}

# Sets and exports LIBTORCH.
ensure_libtorch() {
    local found
    if [ -n "${LIBTORCH:-}" ]; then
        check_own_libtorch
    else
        [ -n "${LAYOUTLM_CACHE:-}" ] || found=$(configured_libtorch)
        [ -n "${found:-}" ] && libtorch_complete "$found" || found=$(cache_dir)/libtorch-$LIBTORCH_VERSION-cpu
        libtorch_complete "$found" || install_libtorch "$found"
        export LIBTORCH=$found
    fi
    write_cargo_config
}

# --- .cargo/config.toml: how plain cargo commands learn of it ---

cargo_config_mark='# Written by scripts/setup, not tracked: where torch-sys finds libtorch.'

configured_libtorch() {
    sed -n 's/^LIBTORCH = "\(.*\)"$/\1/p' "$root/.cargo/config.toml" 2>/dev/null || true
}

write_cargo_config() {
    local file=$root/.cargo/config.toml wanted quoted=${LIBTORCH//\\/\\\\}
    wanted=$(printf '%s\n[env]\nLIBTORCH = "%s"' "$cargo_config_mark" "${quoted//\"/\\\"}")
    if [ -f "$file" ]; then
        local present
        present=$(<"$file")
        [ "$present" != "$wanted" ] || return 0
        case $present in
        "$cargo_config_mark"*) ;;
        *LIBTORCH*) return 0 ;; # the user's own arrangement
        *)
            say "$file is not mine: left as it is. Plain cargo commands need in it: [env] LIBTORCH = \"$LIBTORCH\""
            return 0
            ;;
        esac
    fi
    mkdir -p "$root/.cargo"
    printf '%s\n' "$wanted" >"$file.$$"
    mv "$file.$$" "$file"
}

# --- installation ---

# install_libtorch DIRECTORY: everything is made in a directory beside it, which is renamed last.
install_libtorch() {
    local target=$1 cache work
    cache=$(cache_dir)
    check_platform
    ensure_tools curl unzip
    mkdir -p "$cache/downloads" || stop "cannot write to $cache" "set LAYOUTLM_CACHE to a directory of yours"
    exec 9>"$cache/.lock"
    if have flock && ! flock --nonblock 9; then
        say "another set-up is at work in $cache; waiting for it"
        flock 9
    fi
    if ! libtorch_complete "$target"; then
        rm -rf "$cache"/.libtorch-making.* # left by an interrupted run; the lock says nobody uses it
        need_space "$cache" 1400 "libtorch"
        work=$(mktemp -d "$cache/.libtorch-making.XXXXXX")
        from_official_archive "$work" || from_wheels "$work" || stop \
            "libtorch $LIBTORCH_VERSION could not be had from download.pytorch.org nor from $(host_of "$(index_url)")" \
            "is there a network? Run this again, and it goes on where it ended; or unpack libtorch $LIBTORCH_VERSION yourself and set LIBTORCH to it"
        check_loads "$work/libtorch"
        rm -rf "$target"
        mv "$work/libtorch" "$target"
        rm -rf "$work" "$cache/downloads"
        say "libtorch $LIBTORCH_VERSION is in $target"
    fi
    exec 9>&-
}

check_platform() {
    local glibc
    [ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || stop \
        "there is no ready libtorch for $(uname -s) on $(uname -m) that this set-up knows" \
        "set LIBTORCH to a libtorch $LIBTORCH_VERSION for this machine"
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || glibc='glibc 0.0'
    [ "$(printf '%s\n2.28\n' "${glibc#glibc }" | sort -V | head -n 1)" = 2.28 ] || stop \
        "libtorch needs the GNU C library 2.28 or later; this system has ${glibc#glibc }" \
        "use Debian 12, Ubuntu 22.04 or later, or the Dockerfile"
}

# A library that cannot find its own would show only when the built program starts.
check_loads() {
    local lost
    lost=$(ldd "$1/lib/libtorch.so" | sed -n 's/^\s*\(\S*\) => not found/\1/p' | sort -u | tr '\n' ' ')
    [ -z "$lost" ] || stop "the libtorch that was downloaded lacks: $lost" "please report this"
}

# The archive has no published hash: its own checksums, its version file and HTTPS must do.
from_official_archive() {
    local work=$1 archive bytes
    local url="https://download.pytorch.org/libtorch/cpu/libtorch-shared-with-deps-$LIBTORCH_VERSION%2Bcpu.zip"
    bytes=$(curl --fail --silent --head --location --connect-timeout 5 --max-time 10 "$url" |
        tr -d '\r' | sed -n 's/^[Cc]ontent-[Ll]ength: *//p' | tail -n 1) || bytes=
    if [ -z "$bytes" ]; then
        say "download.pytorch.org does not answer; taking PyTorch's wheel instead"
        return 1
    fi
    say "downloading libtorch $LIBTORCH_VERSION for CPU ($(megabytes "$bytes")) from download.pytorch.org"
    archive=$(cache_dir)/downloads/libtorch-$LIBTORCH_VERSION-cpu.zip
    if [ "$(size_of "$archive")" -ne "$bytes" ]; then
        curl --fail --location --show-error "$(curl_quietness)" --connect-timeout 5 --retry 2 \
            --speed-limit 1000 --speed-time 60 --continue-at - --output "$archive" "$url" || return 1
    fi
    if [ "$(size_of "$archive")" -ne "$bytes" ] ||
        ! unzip -q "$archive" 'libtorch/include/*' 'libtorch/lib/*.so*' libtorch/build-version -d "$work" ||
        [ "$(cut -d+ -f1 <"$work/libtorch/build-version")" != "$LIBTORCH_VERSION" ] ||
        ! libtorch_complete "$work/libtorch"; then
        rm -rf "$archive" "$work/libtorch"
        say "the archive from download.pytorch.org is damaged; taking PyTorch's wheel instead"
        return 1
    fi
}

# The parts of the wheels that a CPU needs, and a libtorch.so that names them: the wheel's own one
# asks for libtorch_cuda.so, which asks for gigabytes of CUDA libraries.
from_wheels() {
    local work=$1 downloads lib=$1/libtorch/lib
    downloads=$(cache_dir)/downloads
    fetch_wheel torch "$TORCH_WHEEL" "$TORCH_BYTES" "$TORCH_SHA256" &&
        fetch_wheel nvidia-cuda-runtime "$CUDART_WHEEL" "$CUDART_BYTES" "$CUDART_SHA256" &&
        fetch_wheel nvidia-cuda-cupti "$CUPTI_WHEEL" "$CUPTI_BYTES" "$CUPTI_SHA256" || return 1
    mkdir -p "$lib"
    unzip -q "$downloads/$TORCH_WHEEL" 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so \
        'torch/lib/libgomp*.so*' -d "$work" &&
        unzip -q -j "$downloads/$CUDART_WHEEL" '*/libcudart.so.13' -d "$lib" &&
        unzip -q -j "$downloads/$CUPTI_WHEEL" '*/libcupti.so.13' -d "$lib" &&
        mv "$work"/torch/lib/* "$lib" && mv "$work/torch/include" "$work/libtorch" &&
        printf '%s+cpu\n' "$LIBTORCH_VERSION" >"$work/libtorch/build-version" &&
        cc -shared -o "$lib/libtorch.so" -x c /dev/null -Wl,-soname,libtorch.so \
            -Wl,--no-as-needed -L"$lib" -ltorch_cpu -lc10 '-Wl,-rpath,$ORIGIN' ||
        stop "the wheels could not be unpacked into $work" "is the disk full?"
}

# The index that pip would use, so that mirrors are honoured; the hashes above hold for any.
index_url() {
    local url=${PIP_INDEX_URL:-}
    [ -n "$url" ] || url=$(python3 -m pip config get global.index-url 2>/dev/null) || url=
    url=${url:-https://pypi.org/simple}
    printf '%s' "${url%/}"
}

# fetch_wheel PROJECT FILE BYTES SHA256
fetch_wheel() {
    local project=$1 file=$2 page link url
    [ ! -f "$(cache_dir)/downloads/$file" ] || return 0
    url=$(index_url)/$project/
    page=$(curl --fail --silent --show-error --location --connect-timeout 5 --max-time 60 --retry 2 \
        --header 'Accept: text/html' "$url") || return 1
    link=$(tr '<' '\n' <<<"$page" | sed -n "s|^a .*href=\"\([^\"#]*$file\)[\"#].*|\1|p" | head -n 1)
    case $link in
    '') say "$(host_of "$url") does not offer $file" && return 1 ;;
    *://*) ;;
    /*) link=$(sed "s|^\([^:]*://[^/]*\).*|\1|" <<<"$url")$link ;;
    *) link=$url$link ;;
    esac
    fetch "$link" "$(cache_dir)/downloads/$file" "$3" "$4"
}
