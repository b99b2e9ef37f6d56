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
