"""bench_config - many pools, advertisements and services at once: time and memory, beside half as many

Processor time of a controller's cores: reading N pools and N advertisements,
giving 10 N services an address, and doing both again after a change. What is
linear takes twice as long for twice as many.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import statistics
import subprocess

from bench import rig

PROGRAM = os.path.join(rig.ROOT, "build/bench/config_scale")
PARTS = ("read", "give", "again")


def measure(size, rounds):
    runs = [[float(word) for word in subprocess.run([PROGRAM, str(size)], capture_output=True, text=True, check=True,
                                                    timeout=300).stdout.split()] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*runs)]


def run(quick):
    half, whole = (100, 200) if quick else (500, 1000)
    rounds = 1 if quick else 5
    small, large = measure(half, rounds), measure(whole, rounds)
    results = {"config_pools": whole, "config_services": 10 * whole, "config_resident_mb": large[3]}
    for at, part in enumerate(PARTS):
        results[f"config_{part}_cpu_ms"] = large[at]
        results[f"config_{part}_ratio_to_half"] = large[at] / max(small[at], 0.1)
    return results
