#!/bin/sh
# A directory in N parts by GNU parallel, each with its own output and journal, then one file.
#
#     examples/pipelines/parallel_shards.sh scans/ found.jsonl 4 "layoutlm extract"
#
# Run again after an interruption, it goes on: a part that is done takes no time. For several machines, give
# parallel their names (--sshlogin) or start one part on each.
set -eu

directory=$1
output=$2
parts=${3:-4}
program=${4:-layoutlm extract}

# 7 says that some pages failed; their records tell which, and the other parts are none the worse. A part
# without pages has code 0 and an empty output.
one_part() {
    code=0
    $program "$directory" --shard "$1/$parts" --output "$output.part$1" --jobs 1 --quiet --resume || code=$?
    [ "$code" = 0 ] || [ "$code" = 7 ]
}

if [ "${5:-}" ]; then
    one_part "$5"
    exit
fi
seq "$parts" | parallel --will-cite --jobs "$parts" "$0" "$directory" "$output" "$parts" "'$program'" {}
seq "$parts" | sed "s|.*|$output.part&|" | tr '\n' '\0' | xargs -0 cat > "$output"
