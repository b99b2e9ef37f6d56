"""test_list - every reason of docs/reasons.md has a lab which shows it, or stands here with why it has none"""
# SPDX-License-Identifier: Apache-2.0
import glob
import importlib
import os
import re

from conftest import HERE, ROOT

WITHOUT_LAB = {  # all of them are no fault: doctor is silent about them
    "none": "the service has what it wants",
    "notOurs": "a class of another controller; one that nobody serves is classUnserved, which has a lab",
    "standby": "said by the controllers that do not lead",
    "notSynced": "between a start and the API's first answer, for as long as the answer takes",
    "notAdvertisedHere": "nodeSelectors that leave the node out were meant so, another node answers",
    "noLocalEndpointHere": "another node has the pod, and answers",
    "taking": "under a second long, until the former owner has let go",
    "notOwner": "another node answers",
    "oneFamilyOnly": "the service has an address, and a second one was only preferred",
}


def documented():
    with open(os.path.join(ROOT, "docs/reasons.md"), encoding="utf-8") as file:
        return set(re.findall(r"^\| `(\w+)` \|", file.read(), re.M))


def shown():
    names = [os.path.basename(path)[:-3] for path in glob.glob(os.path.join(HERE, "test_*.py"))]
    modules = [importlib.import_module(name) for name in names]
    return set().union(*(scenario.reasons for module in modules for scenario in getattr(module, "SCENARIOS", ())))


def test_the_reasons_without_a_lab_are_those_that_are_no_fault():
    assert documented() - shown() == set(WITHOUT_LAB)


def test_labs_show_no_other_reasons_than_those_documented():
    assert shown() - documented() == set()
