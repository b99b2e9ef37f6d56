# kubectl - builds the current one, where there is none, before tests are timed beside which the compiler would run
# SPDX-License-Identifier: Apache-2.0
import sys

from runner.outcome import run

BUILD_S = 900
NOT_TO_BE_HAD = 3  # the tests that want it are skipped, and say why


def prepare():
    return run([sys.executable, "-m", "lab.real.programs", "kubectl"], BUILD_S, capture=False).code in (0, NOT_TO_BE_HAD)
