#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep over several machines by GNU parallel and ssh; limpet is installed on each of them:
#   parallel.sh SHARDS RESULTS SWEEP.yaml SCENARIO.yaml [HOST...]      without HOST: this machine
#   limpet sweep --merge --json all.json RESULTS/shard-*.json
# The files are copied there and the results back. A machine that fails: the shard is tried again, on another one.
set -euo pipefail
shards=$1 results=$2 sweep=$3 scenario=$4
shift 4
mkdir -p "$results"
hosts=()
for host in "$@"; do
    hosts+=(--sshlogin "$host" --transferfile "$sweep" --transferfile "$scenario" --return "$results/shard-{}.json" --cleanup)
done
# 1: points failed, which is a result; 2: the shard is lost
parallel --will-cite --retries 2 "${hosts[@]}" \
    "mkdir -p $results; limpet sweep --quiet --jobs 1 --shard {}/$shards --json $results/shard-{}.json $sweep || [ \$? -eq 1 ]" \
    ::: $(seq "$shards")
