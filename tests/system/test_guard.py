"""test_guard - nodes' own addresses inside pools, and roles that allow less"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from conftest import ROOT  # noqa: F401  pylint: disable=unused-import
from lab import poll
from lab.solo import Solo

POOL = "address-pools: [{name: p, protocol: layer2, addresses: [192.0.2.0/30]}]\n"


@pytest.fixture
def solo():
    with Solo() as lab:
        lab.configure(POOL)
        yield lab


def add_node(solo, name, ip):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "status": {"addresses": [{"type": "InternalIP", "address": ip}]}}
    solo.client.create("nodes", node)
    solo.client.merge("nodes", None, name, {"status": node["status"]}, "status")


def assigned(solo, name, seconds=10):
    return poll.until(lambda: solo.addresses(name), seconds, f"{name} has an address")[0]


def reported(controller, ip):
    return [line for line in controller.lines() if line.get("event") == "nodeAddressInPool" and line["ip"] == ip]


def notes(controller):
    return " ".join(controller.status().get("notes", []))


def test_addresses_of_nodes_are_kept_out_as_nodes_come_and_go(solo):
    add_node(solo, "one", "192.0.2.0")
    controller = solo.start()
    solo.add_service("a")
    assert assigned(solo, "a") == "192.0.2.1"
    add_node(solo, "two", "192.0.2.2")
    poll.until(lambda: "192.0.2.2" in notes(controller), 10, "the new node is reported")
    solo.add_service("b")
    assert assigned(solo, "b") == "192.0.2.3"
    solo.client.delete("nodes", None, "one")
    poll.until(lambda: "192.0.2.0 " not in notes(controller), 10, "the node is gone")
    solo.add_service("c")
    assert assigned(solo, "c") == "192.0.2.0"
    assert len(reported(controller, "192.0.2.0")) == len(reported(controller, "192.0.2.2")) == 1


def test_a_role_that_only_lists_nodes_is_enough(solo):
    solo.lab("deny", [{"resource": "nodes", "verbs": ["watch"]}])
    add_node(solo, "one", "192.0.2.0")
    controller = solo.start()
    solo.add_service("a")
    assert assigned(solo, "a") == "192.0.2.1"
    assert "not kept" not in notes(controller)


def test_a_role_without_nodes_says_once_that_the_guard_is_off(solo):
    add_node(solo, "one", "192.0.2.0")
    solo.lab("deny", [{"resource": "nodes"}])
    controller = solo.start()
    solo.add_service("a")
    assert assigned(solo, "a", 20) == "192.0.2.0", "once nodes have been refused for five seconds"
    assert "not kept" in notes(controller)
    assert len([line for line in controller.lines() if line.get("resource") == "nodes"]) == 1


def test_a_refusal_that_passes_does_not_turn_the_guard_off(solo):
    add_node(solo, "one", "192.0.2.0")
    solo.lab("deny", [{"resource": "nodes"}])
    controller = solo.start()
    solo.add_service("a")
    poll.until(lambda: solo.requests().get(("list", "nodes")), 10, "nodes were refused")
    poll.until(lambda: controller.status().get("config", {}).get("loaded"), 10, "all else was read")
    solo.lab("deny", [])
    assert assigned(solo, "a") == "192.0.2.1"
    assert "192.0.2.0" not in str(solo.events("a")) and "not kept" not in notes(controller)


def test_the_guard_can_be_turned_off(solo):
    add_node(solo, "one", "192.0.2.0")
    solo.start("--allow-node-addresses")
    solo.add_service("a")
    assert assigned(solo, "a") == "192.0.2.0"


def test_a_server_that_is_busy_is_left_alone_and_then_served(solo):
    controller = solo.start()
    poll.until(controller.leads, 10, "it leads")
    solo.lab("faults", {"verb": "PUT", "path": "/status", "codes": [429, 401, 503]})
    for name in ("a", "b", "c"):
        solo.add_service(name)
    assert len({assigned(solo, name) for name in ("a", "b", "c")}) == 3


def test_a_refused_configuration_is_named_with_its_line_in_event_and_status(solo):
    controller = solo.start()
    poll.until(controller.leads, 10, "it leads")
    solo.configure(POOL + "unknown-key: 1\n")
    solo.add_service("a", loadBalancerIP="198.51.100.1")
    poll.until(lambda: any("line 2" in e["message"] for e in solo.events("a")), 10, "the event has the line")
    assert "line 2" in next(s for s in controller.status()["services"] if s["service"] == "default/a")["message"]


def test_a_restart_tells_nothing_twice(solo):
    first = solo.start()
    solo.add_service("a", loadBalancerIP="198.51.100.1")
    poll.until(lambda: solo.events("a"), 10, "there is an event")
    first.stop()
    second = solo.start()
    poll.until(lambda: second.status().get("role") == "leader" and second.status()["services"]
               and second.status()["services"][0]["reason"] == "outsidePools", 10, "the second one has decided")
    solo.add_service("b")
    assigned(solo, "b")
    poll.until(lambda: solo.events("b"), 10, "events go on")
    assert len(solo.events("a")) == 1
