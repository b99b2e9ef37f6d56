"""elect_vectors - the product's own election, asked for orders of nodes"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess

PROGRAM = "tests/conformance/elect_order"


def orders(build, keys, nodes):
    """For each key: [(digest, node)], best first."""
    done = subprocess.run([os.path.join(build, PROGRAM), *nodes], input="\n".join(keys) + "\n", capture_output=True,
                          text=True, check=True)
    return [[tuple(entry.split(" ", 1)) for entry in line.split("\t")] for line in done.stdout.splitlines()]
