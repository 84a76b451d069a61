#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep or a judgement over several machines by GNU parallel and ssh; limpet is installed on each of them:
#   FILES="SWEEP.yaml SCENARIO.yaml" parallel.sh SHARDS RESULTS 'sweep SWEEP.yaml' [HOST...]   without HOST: this machine
#   limpet sweep --merge --json all.json RESULTS/shard-*.json
#   FILES=mine.elf parallel.sh SHARDS RESULTS 'judge mine.elf' [HOST...]
#   limpet judge mine.elf --merge RESULTS/shard-*.json
# FILES are copied there and the results back. A machine that fails: the shard is tried again, on another one.
set -euo pipefail
shards=$1 results=$2 command=$3
shift 3
mkdir -p "$results"
hosts=()
for host in "$@"; do
    hosts+=(--sshlogin "$host" --return "$results/shard-{}.json" --cleanup)
    for file in ${FILES:-}; do
        hosts+=(--transferfile "$file")
    done
done
# 1: points failed, which is a result; 2: the shard is lost
parallel --will-cite --retries 2 "${hosts[@]}" \
    "mkdir -p $results; limpet $command --quiet --jobs 1 --shard {}/$shards --json $results/shard-{}.json || [ \$? -eq 1 ]" \
    ::: $(seq "$shards")
