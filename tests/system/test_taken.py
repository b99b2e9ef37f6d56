"""test_taken - what a status holds already: which of it stays, which is taken back, and how page and log tell it"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from conftest import ROOT  # noqa: F401  pylint: disable=unused-import
from lab import poll
from lab.solo import Solo


@pytest.fixture
def solo():
    with Solo(validate=False) as lab:
        yield lab


def holding(*ips):
    return {"loadBalancer": {"ingress": [{"ip": ip} for ip in ips]}}


def test_what_cannot_be_read_as_an_address_is_none_on_the_page(solo):
    solo.add_service("a", status=holding("nonsense", "192.0.2.9"))
    controller = solo.start()
    service = poll.until(lambda: controller.leads() and controller.status()["services"], 10, "the service is known")[0]
    assert service["addresses"] == ["192.0.2.9"]
    assert [a["ip"] for a in controller.status()["addresses"]] == ["192.0.2.9"]
    assert solo.addresses("a") == ["nonsense", "192.0.2.9"]


def test_the_log_names_the_rule_that_took_an_address_by_metallbs_word(solo):
    solo.configure("address-pools: [{name: p, protocol: layer2, addresses: [192.0.2.0/30]}]\n")
    solo.add_service("a", clusterIP="10.96.0.10", clusterIPs=["10.96.0.10"], status=holding("198.51.100.1"))
    controller = solo.start()
    poll.until(lambda: solo.addresses("a") == ["192.0.2.0"], 10, "another address is given")
    line = next(line for line in controller.lines() if line.get("event") == "clearAssignment")
    assert line["service"] == "default/a" and line["reason"] == "notAllowedByConfig"
    assert "198.51.100.1" in line["error"] and line["msg"]
