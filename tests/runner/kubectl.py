# kubectl - builds the current one, where there is none, before tests are timed beside which the compiler would run
# SPDX-License-Identifier: Apache-2.0
import sys

from runner.outcome import run

BUILD_S = 900


def prepare():
    """True: where it is not to be had, the tests that want it say why."""
    run([sys.executable, "-m", "lab.real.programs", "kubectl"], BUILD_S, capture=False)
    return True
