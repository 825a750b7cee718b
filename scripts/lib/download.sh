# Downloads that can be interrupted: a file has its name only when its size and hash are right.

# Progress for people, silence for logs.
curl_quietness() { if [ -t 2 ]; then printf '%s' --progress-bar; else printf '%s' --silent; fi; }

# fetch URL FILE BYTES SHA256: goes on where an earlier attempt ended. What an earlier attempt left
# may be damaged: then once more from the start. Fails with a message.
fetch() {
    local url=$1 file=$2 bytes=$3 sha256=$4 part=$2.part attempt
    [ ! -f "$file" ] || return 0
    for attempt in first second; do
        say "downloading ${file##*/} ($(megabytes "$bytes")) from $(host_of "$url")"
        if [ "$(size_of "$part")" -ne "$bytes" ]; then
            curl --fail --location --show-error "$(curl_quietness)" --connect-timeout 10 \
                --retry 3 --speed-limit 1000 --speed-time 60 \
                --continue-at - --output "$part" "$url" || return 1
        fi
        if [ "$(size_of "$part")" -eq "$bytes" ] && has_hash "$part" "$sha256"; then
            mv "$part" "$file"
            return 0
        fi
        rm -f "$part"
        say "the $attempt attempt gave another file than expected (size or SHA-256 differ); deleted"
    done
    return 1
}

size_of() { stat -c %s "$1" 2>/dev/null || printf 0; }

has_hash() { printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

# Without the user and password that a private index may have in its address.
host_of() {
    local rest=${1#*://}
    rest=${rest%%/*}
    printf '%s' "${rest##*@}"
}
