# real - the tests that take their control plane from real programs of Kubernetes
# SPDX-License-Identifier: Apache-2.0
import sys

from runner import conformance, pytest_suite
from runner.outcome import Outcome, run

BUILD_S = 2700  # the first time
NOT_TO_BE_HAD = 3
WORKERS = 2  # files at a time
SYSTEM = ["tests/system"]
OWN = ["tests/real"]
REAL = {"TINLB_LAB": "real"}


def exists():
    return bool(pytest_suite.existing(OWN))


def run_suite(build_dir, timeout_s):
    made = run([sys.executable, "-m", "lab.real.programs"], BUILD_S, capture=False)
    if made.code == NOT_TO_BE_HAD:
        return Outcome(skipped=1)  # the reason was printed
    if not made.ok:
        return Outcome(failed=1)
    total = pytest_suite.run_suite(OWN, timeout_s, workers=WORKERS)
    total += pytest_suite.run_suite(SYSTEM, timeout_s, REAL, WORKERS)
    return total + conformance.run_suite(build_dir, timeout_s, REAL)
