"""bench_alloc - what it costs to give a service an address, and whether that grows with their number

Processor time of one thread, ten pools; no API. `alloc_10k_ms` is everything that
is decided for 10 000 services, their events included; `alloc_bare_...` only the
search for a free address; `alloc_one_key_...` all of it again, when all have one
sharing key and the same port; `alloc_one_address_...` when each has a port of its
own, so that they share one address; `reconcile_10k_ms` a controller that reads all
of them.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess

from bench import rig
from lab import build

POOLS = 10


def measure(count):
    output = subprocess.run([os.path.join(rig.ROOT, "build/bench/alloc_bench"), str(count), str(POOLS)],
                            capture_output=True, text=True, check=True).stdout
    return json.loads(output)


def run(quick):
    build.build(targets=["bench/alloc_bench"])
    small, large = [], []
    for _ in range(2 if quick else 7):  # interleaved, so that both meet the same machine
        small.append(measure(10000))
        large.append(measure(100000))

    def milliseconds(runs, key):
        return rig.median([r[key] for r in runs]) / 1000

    ratios = [b["decide_us"] / a["decide_us"] / 10 for a, b in zip(small, large)]
    return {"alloc_10k_ms": milliseconds(small, "decide_us"), "alloc_100k_ms": milliseconds(large, "decide_us"),
            "alloc_scale_ratio": rig.median(ratios), "alloc_bare_10k_ms": milliseconds(small, "alloc_us"),
            "alloc_bare_100k_ms": milliseconds(large, "alloc_us"),
            "alloc_one_key_10k_ms": milliseconds(small, "one_key_us"),
            "alloc_one_key_100k_ms": milliseconds(large, "one_key_us"),
            "alloc_one_address_10k_ms": milliseconds(small, "one_address_us"),
            "alloc_one_address_100k_ms": milliseconds(large, "one_address_us"),
            "reconcile_10k_ms": milliseconds(small, "reconcile_us"),
            "reconcile_100k_ms": milliseconds(large, "reconcile_us")}
