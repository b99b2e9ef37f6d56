# packages - installs the Debian packages that are missing; without root it says which, and ends with 2 if they are needed
# SPDX-License-Identifier: Apache-2.0
import os
import sys

from runner.outcome import ROOT

sys.path.insert(0, str(ROOT))
from lab import build  # noqa: E402

OPTIONAL = str(ROOT / "tests/optional-packages.txt")


def ensure():
    wanted = [build.BUILD_PACKAGES, build.LAB_PACKAGES]
    if os.geteuid() == 0:
        build.install([*wanted, OPTIONAL])
        return
    build.install(wanted)
    missing = build.missing_packages([OPTIONAL])
    if missing:
        print(f"Some tests are skipped without the Debian packages {' '.join(missing)}", flush=True)
