# packages - installs the Debian packages that are missing; without root it says which, and ends with 2
# SPDX-License-Identifier: Apache-2.0
import sys

from runner.outcome import ROOT

sys.path.insert(0, str(ROOT))
from lab import build  # noqa: E402


def ensure():
    build.install([build.BUILD_PACKAGES, build.LAB_PACKAGES])
