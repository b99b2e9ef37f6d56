"""conftest - the peers' programs, and six mixed rings that the tests share"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from lab import peers, segment  # noqa: E402
from ring import Ring  # noqa: E402

SECRET = "Zm9vYmFyYmF6cXV4MTIzNA"
MIXES = {3: (1, 2), 5: (2, 3), 10: (5, 5)}  # members: ours, memberlist's
KEY_BYTES = {"new": 32, "old": 16}


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="network namespaces need root here"))


@pytest.fixture(scope="session")
def quiet_seconds():
    """How long rings are watched at rest: tests/run --interop-seconds."""
    return float(os.environ.get("INTEROP_SECONDS", "10"))


@pytest.fixture(scope="session")
def programs():
    """By kind; the peers of real memberlist are built, or everything here is skipped."""
    try:
        return {"ours": peers.OURS, **{which: peers.build_memberlist(which) for which in peers.MODULES}}
    except peers.Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def rings(programs):
    """Every mix with both versions, side by side on one LAN; tests leave them complete."""
    mixed = []
    with segment.Segment(2 * sum(MIXES)) as lan:
        first = 1
        for which, key_bytes in KEY_BYTES.items():
            for n, (ours, theirs) in MIXES.items():
                kinds = ["speaker", *["ours"] * (ours - 1), *[which] * theirs]
                mixed.append(Ring(lan, programs, first, kinds, secret=SECRET, key_bytes=key_bytes))
                first += n
        try:
            for ring in mixed:
                ring.start_all()
            yield mixed
        finally:
            for ring in mixed:
                ring.stop()
