"""conftest - a lab with a real control plane for each file of tests"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, "tests/system")]

from lab import poll  # noqa: E402
from lab.real import programs  # noqa: E402
from lab.real.cluster import RealCluster  # noqa: E402


def pytest_collection_modifyitems(items):
    why = None if os.geteuid() == 0 else "network namespaces of the lab need root here"
    try:
        for name in programs.ALL:
            programs.get(name)
    except programs.Missing as missing:
        why = str(missing)
    for item in items if why else ():
        item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="module")
def bare():
    """A lab with nothing of ours installed."""
    with RealCluster() as lab:
        yield lab


@pytest.fixture(scope="module")
def cluster(bare):
    """A lab with the product installed and ready."""
    bare.install()
    poll.until(lambda: bare.controller_status(), 30, "the controller serves its status")
    poll.until(lambda: all(bare.speaker_status(n) for n in bare.network.nodes), 30, "every speaker does")
    return bare
