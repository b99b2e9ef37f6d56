"""conftest - labs that are broken in one way after the other, and mended again"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
for folder in (ROOT, os.path.join(ROOT, "tests/system"), HERE):
    sys.path.insert(0, folder)

from lab.cluster import Cluster  # noqa: E402

import patient  # noqa: E402
from helpers import last_words  # noqa: E402


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="network namespaces of the lab need root here"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and lab:
        report.sections.append(("what the lab said last", last_words(lab)))


@pytest.fixture(scope="module", name="lab")
def lab_fixture():
    """A healthy lab: the product, a pool of ten addresses, and a service that has one of them."""
    with Cluster() as lab:
        patient.make_healthy(lab)
        yield lab
