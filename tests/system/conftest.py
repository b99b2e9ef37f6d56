"""conftest - one lab for each file of system tests"""
# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from lab import backend, poll  # noqa: E402

from helpers import apply_config, last_words, pool, rings_are_joined  # noqa: E402


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="network namespaces of the lab need root here"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    lab = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and lab:
        report.sections.append(("what the lab said last", last_words(lab)))


@pytest.fixture(scope="session")
def new_lab():
    """What makes a lab, with the control plane that was chosen."""
    return backend.cluster_class()


@pytest.fixture(scope="module")
def cluster(new_lab):
    """A lab with the product installed and ready, all speakers in one ring; a candidate at once, and not after 30 s."""
    with new_lab() as lab:
        lab.install(("--candidate-after=0",))
        apply_config(lab, pool("192.0.2.1/32"))  # speakers without one enter no ring
        poll.until(lambda: lab.controller_status(), 30, "the controller serves its status")
        poll.until(lambda: rings_are_joined(lab), 30, "every speaker sees all others")
        yield lab
