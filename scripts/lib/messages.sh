# What set-up says. Everything goes to stderr: stdout belongs to the program that is started.

say() { printf 'layoutlm set-up: %s\n' "$*" >&2; }

# stop MESSAGE [HINT]: ends with what is wrong and what can be done about it.
stop() {
    printf 'layoutlm set-up: error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'layoutlm set-up: hint: %s\n' "$2" >&2
    exit 1
}

# megabytes BYTES: as people read it.
megabytes() { printf '%d MB' $((($1 + 500000) / 1000000)); }

# need_space DIRECTORY MEGABYTES WHAT: stops before a download or build that cannot fit.
need_space() {
    local free
    free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge "$2" ] || stop "$3 needs about $2 MB in $1, and only $free MB are free" \
        "free some space, or name another place (LAYOUTLM_CACHE for downloads, CARGO_TARGET_DIR for builds)"
}
